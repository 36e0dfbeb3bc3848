/* Diagnostics: header and record fields, their lengths, their life. */
#include "rules.h"

#define FIELDS "SQLGetDiagField / "
#define RECS "SQLGetDiagRec / "

static void provoke(struct run *r) {
    judge(r, "E", SQLExecDirect(r->stmt, (SQLCHAR *)sql_of(r, "no_such_table"), SQL_NTS),
        "SELECT from a table that is not there");
}

static void diag_text(struct run *r, SQLSMALLINT rec, SQLSMALLINT id, char *to, SQLSMALLINT size) {
    SQLSMALLINT len = -1;
    to[0] = 0;
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, rec, id, to, size, &len));
    EQ(len, strlen(to));
}

RULE(diag_no_record_no_data, RECS "Returns", "without records the answer is SQL_NO_DATA") {
    SQLCHAR state[6], text[20];
    query(r, "SELECT 1");
    NODATA(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, text, sizeof text, NULL));
}
RULE(diag_record_0_error, RECS "Returns", "RecNumber 0 or less is an error") {
    SQLCHAR state[6], text[20];
    provoke(r);
    judge(r, "E", SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 0, state, NULL, text, sizeof text, NULL), "SQLGetDiagRec(0)");
}
RULE(diag_negative_record_error, RECS "Returns", "a negative RecNumber is an error") {
    SQLCHAR state[6], text[20];
    provoke(r);
    judge(r, "E", SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, -1, state, NULL, text, sizeof text, NULL),
        "SQLGetDiagRec(-1)");
}
RULE(diag_negative_length_error, RECS "Returns", "a negative BufferLength is an error") {
    SQLCHAR state[6], text[20];
    provoke(r);
    judge(r, "E", SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, text, -1, NULL), "SQLGetDiagRec");
}
RULE(diag_behind_last_no_data, RECS "Returns", "RecNumber behind the last record gives SQL_NO_DATA") {
    SQLCHAR state[6], text[20];
    provoke(r);
    NODATA(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 99, state, NULL, text, sizeof text, NULL));
}
RULE(diag_invalid_handle, RECS "Returns", "a handle that is none gives SQL_INVALID_HANDLE") {
    SQLCHAR state[6], text[20];
    INVALID(SQLGetDiagRec(SQL_HANDLE_STMT, NULL, 1, state, NULL, text, sizeof text, NULL));
}
RULE(diag_text_cut_info, RECS "Returns",
     "a message too long for the buffer gives SQL_SUCCESS_WITH_INFO and its full length") {
    SQLCHAR state[6], part[10], whole[4000];
    SQLSMALLINT len = 0, full = 0;
    provoke(r);
    OK(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, whole, sizeof whole, &full));
    judge(r, "I", SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, part, sizeof part, &len),
        "SQLGetDiagRec(10 bytes)");
    EQ(len, full);
    MUST(strlen((char *)part) == 9 && !strncmp((char *)part, (char *)whole, 9), "\"%s\"", (char *)part);
}
RULE(diag_null_text_gives_length, RECS "Arguments", "the length can be asked without a buffer") {
    SQLCHAR state[6], whole[4000];
    SQLSMALLINT len = 0, full = 0;
    provoke(r);
    OK(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, whole, sizeof whole, &full));
    judge(r, "SI", SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, NULL, 0, &len), "SQLGetDiagRec(NULL)");
    EQ(len, full);
    EQ(full, strlen((char *)whole));
}
RULE(diag_reading_keeps, RECS "Comments", "reading a record does not remove it") {
    SQLCHAR a[6] = "", b[6] = "", text[400];
    provoke(r);
    OKI(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, a, NULL, text, sizeof text, NULL));
    OKI(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, b, NULL, text, sizeof text, NULL));
    TEXT(a, (char *)b);
}
RULE(diag_next_call_clears, RECS "Comments", "the next call on the handle removes the records") {
    SQLCHAR state[6], text[20];
    provoke(r);
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_OFF, 0));
    NODATA(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, text, sizeof text, NULL));
}
RULE(diag_other_handle_keeps, RECS "Comments", "a call on another handle leaves them") {
    SQLCHAR state[6], text[400];
    more(r);
    provoke(r);
    OK(SQLExecDirect(r->stmt2, (SQLCHAR *)"SELECT 1", SQL_NTS));
    OKI(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, text, sizeof text, NULL));
}
RULE(diag_number, FIELDS "SQL_DIAG_NUMBER", "is the number of records") {
    SQLINTEGER n = -1;
    SQLCHAR state[6], text[400];
    provoke(r);
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 0, SQL_DIAG_NUMBER, &n, 0, NULL));
    MUST(n >= 1, "%d", (int)n);
    OKI(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, (SQLSMALLINT)n, state, NULL, text, sizeof text, NULL));
    NODATA(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, (SQLSMALLINT)(n + 1), state, NULL, text, sizeof text, NULL));
}
RULE(diag_number_zero, FIELDS "SQL_DIAG_NUMBER", "is 0 after a success") {
    SQLINTEGER n = -1;
    query(r, "SELECT 1");
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 0, SQL_DIAG_NUMBER, &n, 0, NULL));
    EQ(n, 0);
}
RULE(diag_returncode_error, FIELDS "SQL_DIAG_RETURNCODE", "is what the call returned: SQL_ERROR") {
    SQLRETURN rc = 55;
    provoke(r);
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 0, SQL_DIAG_RETURNCODE, &rc, 0, NULL));
    EQ(rc, SQL_ERROR);
}
RULE(diag_returncode_success, FIELDS "SQL_DIAG_RETURNCODE", "is what the call returned: SQL_SUCCESS") {
    SQLRETURN rc = 55;
    query(r, "SELECT 1");
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 0, SQL_DIAG_RETURNCODE, &rc, 0, NULL));
    EQ(rc, SQL_SUCCESS);
}
RULE(diag_row_count, FIELDS "SQL_DIAG_ROW_COUNT", "is the number of rows an INSERT wrote") {
    SQLLEN n = -9;
    query(r, "INSERT INTO rules_in VALUES (301, 'a'), (302, 'b')");
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 0, SQL_DIAG_ROW_COUNT, &n, 0, NULL));
    EQ(n, 2);
}
RULE(diag_cursor_row_count, FIELDS "SQL_DIAG_CURSOR_ROW_COUNT",
     "can be asked after a SELECT: the rows of the cursor, 0 or -1 where unknown") {
    SQLLEN n = -9;
    query(r, rows_sql(r, 3));
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 0, SQL_DIAG_CURSOR_ROW_COUNT, &n, 0, NULL));
    MUST(n == 3 || n == 0 || n == -1, "%ld", (long)n);
}
struct function_line { struct row row; const char *sql, *text; SQLINTEGER code; };
#define DF(id, sql, text, code) { { "diag_function_" #id, \
    FIELDS "SQL_DIAG_DYNAMIC_FUNCTION, SQL_DIAG_DYNAMIC_FUNCTION_CODE", \
    "after " sql " they are \"" text "\" and " #code ", or \"\" and SQL_DIAG_UNKNOWN_STATEMENT" }, sql, text, code }
static const struct function_line FUNCTIONS[] = {
    DF(select, "SELECT id FROM rules_rows", "SELECT CURSOR", SQL_DIAG_SELECT_CURSOR),
    DF(insert, "INSERT INTO rules_in VALUES (303, 'c')", "INSERT", SQL_DIAG_INSERT),
    DF(create, "CREATE TABLE rules_made (a INT)", "CREATE TABLE", SQL_DIAG_CREATE_TABLE),
    DF(drop, "DROP TABLE rules_made", "DROP TABLE", SQL_DIAG_DROP_TABLE),
};
static void check_function(struct run *r, const void *arg) {
    const struct function_line *line = arg;
    char text[80];
    SQLINTEGER code = -77;
    query(r, line->sql);
    diag_text(r, 0, SQL_DIAG_DYNAMIC_FUNCTION, text, sizeof text);
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 0, SQL_DIAG_DYNAMIC_FUNCTION_CODE, &code, 0, NULL));
    if (!text[0] && code == SQL_DIAG_UNKNOWN_STATEMENT) return;
    TEXT(text, line->text);
    EQ(code, line->code);
}
RULE_TABLE(FUNCTIONS, check_function)

RULE(diag_sqlstate_field, FIELDS "SQL_DIAG_SQLSTATE", "is the SQLSTATE of SQLGetDiagRec") {
    char field[10], state[6] = "";
    provoke(r);
    diag_text(r, 1, SQL_DIAG_SQLSTATE, field, sizeof field);
    state_of(r, SQL_HANDLE_STMT, r->stmt, state);
    TEXT(field, state);
}
RULE(diag_message_field, FIELDS "SQL_DIAG_MESSAGE_TEXT", "is the text of SQLGetDiagRec") {
    char field[4000];
    SQLCHAR state[6], text[4000] = "";
    provoke(r);
    diag_text(r, 1, SQL_DIAG_MESSAGE_TEXT, field, sizeof field);
    OK(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, text, sizeof text, NULL));
    TEXT(field, (char *)text);
}
RULE(diag_native_field, FIELDS "SQL_DIAG_NATIVE", "is the native error of SQLGetDiagRec") {
    SQLINTEGER field = -5, native = -6;
    SQLCHAR state[6], text[400];
    provoke(r);
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, SQL_DIAG_NATIVE, &field, 0, NULL));
    OKI(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, &native, text, sizeof text, NULL));
    EQ(field, native);
}
#define ORIGIN(id, field, text) RULE(diag_##id, FIELDS #field, text)
ORIGIN(class_origin, SQL_DIAG_CLASS_ORIGIN, "\"ISO 9075\" for a class of the standard, \"ODBC 3.0\" for IM") {
    char v[40];
    provoke(r);
    diag_text(r, 1, SQL_DIAG_CLASS_ORIGIN, v, sizeof v);
    TEXT(v, "ISO 9075");
}
ORIGIN(subclass_origin_odbc, SQL_DIAG_SUBCLASS_ORIGIN, "\"ODBC 3.0\" for a subclass ODBC defined, such as 42S02") {
    char v[40], state[6] = "";
    provoke(r);
    state_of(r, SQL_HANDLE_STMT, r->stmt, state);
    diag_text(r, 1, SQL_DIAG_SUBCLASS_ORIGIN, v, sizeof v);
    TEXT(v, !strncmp(state, "42S", 3) || !strcmp(state, "HYC00") ? "ODBC 3.0" : "ISO 9075");
}
ORIGIN(server_name, SQL_DIAG_SERVER_NAME, "a string, that of SQL_DATA_SOURCE_NAME or empty") {
    char v[300];
    provoke(r);
    diag_text(r, 1, SQL_DIAG_SERVER_NAME, v, sizeof v);
}
ORIGIN(connection_name, SQL_DIAG_CONNECTION_NAME, "a string, empty where the driver has no such names") {
    char v[300];
    provoke(r);
    diag_text(r, 1, SQL_DIAG_CONNECTION_NAME, v, sizeof v);
}
ORIGIN(row_number, SQL_DIAG_ROW_NUMBER, "SQL_NO_ROW_NUMBER, SQL_ROW_NUMBER_UNKNOWN or a row") {
    SQLLEN n = -77;
    provoke(r);
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, SQL_DIAG_ROW_NUMBER, &n, 0, NULL));
    MUST(n >= 1 || n == SQL_NO_ROW_NUMBER || n == SQL_ROW_NUMBER_UNKNOWN, "%ld", (long)n);
}
ORIGIN(column_number, SQL_DIAG_COLUMN_NUMBER, "SQL_NO_COLUMN_NUMBER, SQL_COLUMN_NUMBER_UNKNOWN or a column") {
    SQLINTEGER n = -77;
    provoke(r);
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, SQL_DIAG_COLUMN_NUMBER, &n, 0, NULL));
    MUST(n >= 1 || n == SQL_NO_COLUMN_NUMBER || n == SQL_COLUMN_NUMBER_UNKNOWN, "%d", (int)n);
}
RULE(diag_column_number_of_warning, FIELDS "SQL_DIAG_COLUMN_NUMBER",
     "a truncation in SQLFetch names its column, or says unknown") {
    char v[3];
    SQLINTEGER n = -77;
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, v, sizeof v, NULL));
    query(r, rows_sql(r, 1));
    INFO(SQLFetch(r->stmt), "01004");
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, SQL_DIAG_COLUMN_NUMBER, &n, 0, NULL));
    MUST(n == 2 || n == SQL_COLUMN_NUMBER_UNKNOWN, "%d", (int)n);
}
RULE(diag_row_number_of_warning, FIELDS "SQL_DIAG_ROW_NUMBER",
     "a truncation in SQLFetch names its row, or says unknown") {
    char v[3];
    SQLLEN n = -77;
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, v, sizeof v, NULL));
    query(r, rows_sql(r, 1));
    INFO(SQLFetch(r->stmt), "01004");
    OK(SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, SQL_DIAG_ROW_NUMBER, &n, 0, NULL));
    MUST(n == 1 || n == SQL_ROW_NUMBER_UNKNOWN, "%ld", (long)n);
}
RULE(diag_unknown_field_error, FIELDS "Returns", "a field that is none is an error") {
    char v[20];
    provoke(r);
    judge(r, "E", SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, 999, v, sizeof v, NULL), "SQLGetDiagField(999)");
}
RULE(diag_row_count_wrong_handle, FIELDS "Returns", "SQL_DIAG_ROW_COUNT of a handle that is no statement is an error") {
    SQLLEN n;
    judge(r, "E", SQLGetDiagField(SQL_HANDLE_DBC, r->dbc, 0, SQL_DIAG_ROW_COUNT, &n, 0, NULL), "SQLGetDiagField(DBC)");
}
RULE(diag_field_cut, FIELDS "Returns", "a text too long for the buffer gives SQL_SUCCESS_WITH_INFO and its length") {
    char part[8];
    SQLSMALLINT len = 0;
    provoke(r);
    judge(r, "I", SQLGetDiagField(SQL_HANDLE_STMT, r->stmt, 1, SQL_DIAG_MESSAGE_TEXT, part, sizeof part, &len),
        "SQLGetDiagField(8 bytes)");
    MUST(len > 8 && strlen(part) == 7, "length %d, text \"%s\"", len, part);
}
RULE(diag_message_prefix, "Diagnostics / Message Text", "the text begins with [vendor] and the component in brackets") {
    SQLCHAR state[6], text[400] = "";
    provoke(r);
    OKI(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, 1, state, NULL, text, sizeof text, NULL));
    const char *second = strstr((char *)text, "][");
    MUST(text[0] == '[' && second && strchr(second + 2, ']'), "\"%.60s\"", (char *)text);
}
RULE(diag_error_before_warning, "Diagnostics / Sequence of Status Records", "records of errors come before warnings") {
    SQLCHAR state[6] = "", text[300];
    char v[3];
    SQLSMALLINT rec = 1;
    bool warned = false;
    SQLINTEGER number;
    OK(SQLBindCol(r->stmt, 2, SQL_C_CHAR, v, sizeof v, NULL));
    OK(SQLBindCol(r->stmt, 1, SQL_C_TYPE_DATE, &number, 0, NULL));
    query(r, rows_sql(r, 1));
    judge(r, "EI", SQLFetch(r->stmt), "SQLFetch");
    while (SQL_SUCCEEDED(SQLGetDiagRec(SQL_HANDLE_STMT, r->stmt, rec++, state, NULL, text, sizeof text, NULL))) {
        bool warning = !strncmp((char *)state, "01", 2);
        MUST(!warned || warning, "%s behind a warning", (char *)state);
        warned = warned || warning;
    }
}

/* ---- SQLSTATEs of common mistakes ---- */

struct mistake_line { struct row row; const char *key, *states; };
#define M(key, states, text) { { "diag_mistake_" #key, "Appendix A: ODBC Error Codes", text }, #key, states }
static const struct mistake_line MISTAKES[] = {
    M(no_such_table, "42S02", "a table that is not there gives 42S02"),
    M(syntax_error, "42000 37000", "a syntax error gives 42000"),
    M(divide_by_zero, "22012", "a division by zero gives 22012"),
};
static void check_mistake(struct run *r, const void *arg) {
    const struct mistake_line *line = arg;
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)sql_of(r, line->key), SQL_NTS);
    if (rc == SQL_SUCCESS) rc = SQLFetch(r->stmt);
    ERR(rc, line->states);
}
RULE_TABLE(MISTAKES, check_mistake)

RULE(diag_unknown_column_42s22, "Appendix A: ODBC Error Codes", "a column that is not there gives 42S22") {
    ERR(SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT no_such_column FROM rules_rows", SQL_NTS), "42S22");
}
RULE(diag_table_exists_42s01, "Appendix A: ODBC Error Codes", "creating a table that is there gives 42S01") {
    ERR(SQLExecDirect(r->stmt, (SQLCHAR *)"CREATE TABLE rules_rows (id INT)", SQL_NTS), "42S01");
}
RULE(diag_prepare_reports_late_or_now, "SQLPrepare / Comments",
     "a mistake in a prepared statement is reported by SQLPrepare or SQLExecute") {
    SQLRETURN rc = SQLPrepare(r->stmt, (SQLCHAR *)sql_of(r, "no_such_table"), SQL_NTS);
    if (rc == SQL_SUCCESS) rc = SQLExecute(r->stmt);
    ERR(rc, "42S02");
}
RULE(diag_handle_usable_after_error, "Diagnostics / Using SQLGetDiagRec and SQLGetDiagField",
     "after an error the statement can be used at once") {
    SQLINTEGER v = 0;
    provoke(r);
    SQLFreeStmt(r->stmt, SQL_CLOSE);
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    EQ(v, 1);
}
