/* Preparing, parameters, arrays of parameters, data at execution. */
#include "rules.h"

#define BIND "SQLBindParameter / "
#define ARRAYS "Statements / Using Arrays of Parameters; SQLExecute"
#define DAE "SQLParamData, SQLPutData / Sending Long Data"

static void bind_id(struct run *r, const SQLINTEGER *v, const SQLLEN *ind) {
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, (SQLPOINTER)(uintptr_t)v, 0,
                        (SQLLEN *)(uintptr_t)ind));
}
static void prepare(struct run *r, const char *sql) {
    char call[120];
    snprintf(call, sizeof call, "SQLPrepare(%s)", sql);
    judge(r, "S", SQLPrepare(r->stmt, (SQLCHAR *)sql, SQL_NTS), call);
}
static long long count_of(struct run *r, const char *where) {
    char sql[200];
    SQLINTEGER n = -1;
    if (!r->stmt2) more(r);
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM rules_in WHERE %s", where);
    MUST(SQLExecDirect(r->stmt2, (SQLCHAR *)sql, SQL_NTS) == SQL_SUCCESS, "cannot count");
    OK(SQLFetch(r->stmt2));
    OK(SQLGetData(r->stmt2, 1, SQL_C_SLONG, &n, 0, NULL));
    OK(SQLFreeStmt(r->stmt2, SQL_CLOSE));
    return n;
}

/* ---- preparing ---- */

RULE(prepare_null_hy009, "SQLPrepare / Diagnostics / HY009", "a NULL statement gives HY009") { ERR(SQLPrepare(r->stmt,
     NULL, SQL_NTS), "HY009"); }
RULE(prepare_zero_length_hy090, "SQLPrepare / Diagnostics / HY090", "a length of 0 gives HY090") {
    ERR(SQLPrepare(r->stmt, (SQLCHAR *)"SELECT 1", 0), "HY090");
}
RULE(execdirect_null_hy009, "SQLExecDirect / Diagnostics / HY009",
     "a NULL statement gives HY009") { ERR(SQLExecDirect(r->stmt, NULL, SQL_NTS), "HY009"); }
RULE(execdirect_zero_length_hy090, "SQLExecDirect / Diagnostics / HY090", "a length of 0 gives HY090") {
    ERR(SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT 1", 0), "HY090");
}
RULE(prepare_length_given, "SQLPrepare / TextLength", "a length that is given is obeyed, not the NUL") {
    SQLSMALLINT n = 0;
    OK(SQLPrepare(r->stmt, (SQLCHAR *)"SELECT 1 garbage ( [", 8));
    OK(SQLExecute(r->stmt));
    OK(SQLNumResultCols(r->stmt, &n));
    EQ(n, 1);
}
RULE(prepare_many_executes, "SQLPrepare / Comments",
     "a statement is prepared once and executed many times with other values") {
    SQLINTEGER id = 0, v = 0;
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    bind_id(r, &id, NULL);
    for (id = 1; id <= 3; id++) {
        OK(SQLExecute(r->stmt));
        OK(SQLFetch(r->stmt));
        OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
        EQ(v, id);
        OK(SQLCloseCursor(r->stmt));
    }
}
RULE(num_params_counts, "SQLNumParams / Comments", "counts the markers") {
    SQLSMALLINT n = -1;
    prepare(r, "SELECT id FROM rules_rows WHERE id = ? AND name = ? AND id < ?");
    OK(SQLNumParams(r->stmt, &n));
    EQ(n, 3);
}
RULE(num_params_none, "SQLNumParams / Comments", "is 0 for a statement without markers") {
    SQLSMALLINT n = -1;
    prepare(r, "SELECT id FROM rules_rows");
    OK(SQLNumParams(r->stmt, &n));
    EQ(n, 0);
}
struct marker_line { struct row row; const char *sql; SQLSMALLINT n; };
#define K(id, sql, n, text) { { "markers_" #id, "SQLNumParams / Comments; Statement Parameters", text }, sql, n }
static const struct marker_line MARKERS[] = {
    K(in_string, "SELECT '?' FROM rules_rows WHERE id = ?", 1, "a question mark in a string is no marker"),
    K(in_doubled_quote, "SELECT 'it''s ?' FROM rules_rows WHERE id = ?", 1, "nor behind a doubled quote in one"),
    K(in_line_comment, "SELECT id -- why?\nFROM rules_rows WHERE id = ?", 1, "nor in a comment to the end of the line"),
    K(in_block_comment, "SELECT id /* why? */ FROM rules_rows WHERE id = ?", 1, "nor in a bracketed comment"),
};
static void check_markers(struct run *r, const void *arg) {
    const struct marker_line *line = arg;
    SQLSMALLINT n = -1;
    SQLINTEGER id = 3;
    prepare(r, line->sql);
    OK(SQLNumParams(r->stmt, &n));
    EQ(n, line->n);
    bind_id(r, &id, NULL);
    OK(SQLExecute(r->stmt));
    OK(SQLFetch(r->stmt));
}
RULE_TABLE(MARKERS, check_markers)

RULE(num_result_cols_prepared, "SQLNumResultCols / Comments", "is known after SQLPrepare") {
    SQLSMALLINT n = -1;
    prepare(r, "SELECT id, name FROM rules_rows WHERE id = 1");
    OK(SQLNumResultCols(r->stmt, &n));
    EQ(n, 2);
}
RULE(describe_param_type, "SQLDescribeParam / Comments", "describes a parameter: a known type, size and nullability") {
    SQLSMALLINT type = -999, digits = -1, nullable = -1;
    SQLULEN size = 0;
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    MAY(has_function(r, SQL_API_SQLDESCRIBEPARAM), SQLDescribeParam(r->stmt, 1, &type, &size, &digits, &nullable),
        "IM001 HYC00");
    MUST(type != -999 && nullable >= 0 && nullable <= 2, "type %d, nullable %d", type, nullable);
}
RULE(describe_param_number_07009, "SQLDescribeParam / Diagnostics / 07009",
     "a number behind the last marker gives 07009") {
    SQLSMALLINT type, digits, nullable;
    SQLULEN size;
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    SQLRETURN rc = SQLDescribeParam(r->stmt, 2, &type, &size, &digits, &nullable);
    char state[6] = "";
    if (state_of(r, SQL_HANDLE_STMT, r->stmt, state) && !strcmp(state, "IM001")) unsupported(r, state,
        "no SQLDescribeParam");
    ERR(rc, "07009");
}
RULE(describe_param_zero_07009, "SQLDescribeParam / Diagnostics / 07009", "number 0 gives 07009") {
    SQLSMALLINT type, digits, nullable;
    SQLULEN size;
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    ERR(SQLDescribeParam(r->stmt, 0, &type, &size, &digits, &nullable), "07009 IM001");
}

/* ---- binding ---- */

RULE(param_number_0_07009, BIND "Diagnostics / 07009", "number 0 gives 07009") {
    SQLINTEGER v = 1;
    ERR(SQLBindParameter(r->stmt, 0, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, 0, NULL), "07009");
}
RULE(param_bad_c_type_hy003, BIND "Diagnostics / HY003", "a C type that is none gives HY003") {
    SQLINTEGER v = 1;
    ERR(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, 7777, SQL_INTEGER, 0, 0, &v, 0, NULL), "HY003");
}
RULE(param_bad_sql_type_hy004, BIND "Diagnostics / HY004", "a SQL type that is none gives HY004") {
    SQLINTEGER v = 1;
    ERR(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, 7777, 0, 0, &v, 0, NULL), "HY004 HYC00");
}
RULE(param_bad_io_hy105, BIND "Diagnostics / HY105", "an input-output type that is none gives HY105") {
    SQLINTEGER v = 1;
    ERR(SQLBindParameter(r->stmt, 1, 99, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v, 0, NULL), "HY105");
}
RULE(param_negative_length_hy090, BIND "Diagnostics / HY090", "a negative BufferLength gives HY090") {
    char v[4] = "a";
    ERR(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 3, 0, v, -5, NULL), "HY090");
}
RULE(param_no_value_no_indicator_hy009, BIND "Diagnostics / HY009",
     "an input parameter with neither value nor indicator gives HY009") {
    ERR(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, NULL, 0, NULL), "HY009");
}
RULE(param_unbound_07002, "SQLExecute / Diagnostics / 07002",
     "executing with fewer parameters bound than markers gives 07002") {
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    ERR(SQLExecute(r->stmt), "07002");
}
RULE(param_second_unbound_07002, "SQLExecDirect / Diagnostics / 07002",
     "the second of two parameters unbound gives 07002") {
    SQLINTEGER v = 1;
    bind_id(r, &v, NULL);
    ERR(SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT id FROM rules_rows WHERE id = ? AND name = ?", SQL_NTS), "07002");
}
RULE(param_more_bound_than_markers, "SQLBindParameter / Comments", "parameters bound beyond the markers do no harm") {
    SQLINTEGER v = 1;
    bind_id(r, &v, NULL);
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
}
RULE(param_bad_indicator_hy090, "SQLExecute / Diagnostics / HY090",
     "a length that is negative and means nothing gives HY090") {
    char v[4] = "a";
    SQLLEN ind = -66;
    prepare(r, "SELECT id FROM rules_rows WHERE name = ?");
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 3, 0, v, sizeof v, &ind));
    ERR(SQLExecute(r->stmt), "HY090");
}
RULE(param_read_at_execute, BIND "Comments", "the value is read when the statement is executed, not when bound") {
    SQLINTEGER v = 9, got = 0;
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    bind_id(r, &v, NULL);
    v = 4;
    OK(SQLExecute(r->stmt));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &got, 0, NULL));
    EQ(got, 4);
}
RULE(param_reset_forgets, "SQLFreeStmt / SQL_RESET_PARAMS", "after it nothing is bound (07002)") {
    SQLINTEGER v = 1;
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    bind_id(r, &v, NULL);
    OK(SQLFreeStmt(r->stmt, SQL_RESET_PARAMS));
    ERR(SQLExecute(r->stmt), "07002");
}
RULE(param_survives_prepare, BIND "Comments", "bindings stay for the next statement") {
    SQLINTEGER v = 2;
    bind_id(r, &v, NULL);
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    OK(SQLExecute(r->stmt));
    OK(SQLFetch(r->stmt));
}
RULE(param_null_inserts_null, BIND "StrLen_or_IndPtr / SQL_NULL_DATA", "SQL_NULL_DATA inserts NULL") {
    SQLINTEGER v = 0;
    SQLLEN ind = SQL_NULL_DATA;
    prepare(r, "INSERT INTO rules_in VALUES (?, 'null here')");
    bind_id(r, &v, &ind);
    OK(SQLExecute(r->stmt));
    EQ(count_of(r, "id IS NULL AND name = 'null here'"), 1);
}
RULE(param_offset, BIND "Rebinding Parameters with Offsets", "the offset is added to value and indicator") {
    struct { SQLINTEGER v; SQLLEN ind; } both[2] = { { 1, 0 }, { 2, 0 } };
    SQLULEN offset = sizeof both[0];
    SQLINTEGER got = 0;
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_PARAM_BIND_OFFSET_PTR, &offset, 0));
    prepare(r, "SELECT id FROM rules_rows WHERE id = ?");
    bind_id(r, &both[0].v, &both[0].ind);
    OK(SQLExecute(r->stmt));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &got, 0, NULL));
    EQ(got, 2);
}
RULE(execute_no_rows_update, "SQLExecDirect / Returns",
     "a searched DELETE that meets no row gives SQL_NO_DATA to an ODBC 3 application") {
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)"DELETE FROM rules_in WHERE id = -77", SQL_NTS);
    judge(r, "N", rc, "SQLExecDirect(DELETE ... no rows)");
}
RULE(execute_delete_count, "SQLRowCount / Comments", "is the number of rows a DELETE removed") {
    SQLLEN n = -1;
    query(r, "INSERT INTO rules_in VALUES (610, 'd'), (610, 'd')");
    query(r, "DELETE FROM rules_in WHERE id = 610");
    OK(SQLRowCount(r->stmt, &n));
    EQ(n, 2);
}

/* ---- arrays ---- */

struct set { SQLINTEGER id[3]; SQLLEN ind[3]; SQLUSMALLINT status[3], operation[3]; SQLULEN done; };
static void bind_set(struct run *r, struct set *s, int base) {
    memset(s, 0, sizeof *s);
    for (int i = 0; i < 3; i++) {
        s->id[i] = base + i;
        s->status[i] = 77;
    }
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)3, 0), "HYC00 01S02 HY092");
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_PARAM_STATUS_PTR, s->status, 0));
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &s->done, 0));
    prepare(r, "INSERT INTO rules_in VALUES (?, 'array')");
    bind_id(r, s->id, s->ind);
}
RULE(array_inserts_all, ARRAYS, "every set is executed") {
    struct set s;
    bind_set(r, &s, 1000);
    OK(SQLExecute(r->stmt));
    EQ(count_of(r, "id >= 1000 AND id <= 1002"), 3);
}
RULE(array_processed, "SQLSetStmtAttr / SQL_ATTR_PARAMS_PROCESSED_PTR", "is the number of sets processed") {
    struct set s;
    bind_set(r, &s, 1010);
    OK(SQLExecute(r->stmt));
    EQ(s.done, 3);
}
RULE(array_status, "SQLSetStmtAttr / SQL_ATTR_PARAM_STATUS_PTR", "each set that worked is SQL_PARAM_SUCCESS") {
    struct set s;
    bind_set(r, &s, 1020);
    OK(SQLExecute(r->stmt));
    for (int i = 0; i < 3; i++)
        MUST(s.status[i] == SQL_PARAM_SUCCESS || s.status[i] == SQL_PARAM_DIAG_UNAVAILABLE, "status %d is %u", i,
            s.status[i]);
}
RULE(array_row_count, "SQLRowCount / Comments; SQL_PARC_NO_BATCH",
     "without separate counts the count is the sum of all sets") {
    struct set s;
    SQLLEN n = -1;
    if (info_u32(r, SQL_PARAM_ARRAY_ROW_COUNTS) != SQL_PARC_NO_BATCH) unsupported(r, "", "a count per set");
    bind_set(r, &s, 1030);
    OK(SQLExecute(r->stmt));
    OK(SQLRowCount(r->stmt, &n));
    EQ(n, 3);
}
RULE(array_ignore, "SQLSetStmtAttr / SQL_ATTR_PARAM_OPERATION_PTR",
     "SQL_PARAM_IGNORE leaves a set out: SQL_PARAM_UNUSED") {
    struct set s;
    bind_set(r, &s, 1040);
    s.operation[1] = SQL_PARAM_IGNORE;
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_PARAM_OPERATION_PTR, s.operation, 0));
    OK(SQLExecute(r->stmt));
    EQ(count_of(r, "id >= 1040 AND id <= 1042"), 2);
    EQ(s.status[1], SQL_PARAM_UNUSED);
}
RULE(array_rows, "SQLBindParameter / Row-Wise Parameter Binding",
     "with a structure's size as bind type each set is one structure") {
    struct { SQLINTEGER id; char name[10]; SQLLEN ind; } row[2] = { { 1050, "first", SQL_NTS }, { 1051, "second",
        SQL_NTS } };
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)2, 0), "HYC00 01S02 HY092");
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_PARAM_BIND_TYPE, (SQLPOINTER)sizeof row[0], 0));
    prepare(r, "INSERT INTO rules_in VALUES (?, ?)");
    bind_id(r, &row[0].id, NULL);
    OK(SQLBindParameter(r->stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 20, 0, row[0].name, sizeof row[0].name,
        &row[0].ind));
    OK(SQLExecute(r->stmt));
    EQ(count_of(r, "id = 1051 AND name = 'second'"), 1);
}
RULE(array_error_in_one, "SQLExecute / Comments; SQL_ATTR_PARAM_STATUS_PTR",
     "a set that cannot be converted is SQL_PARAM_ERROR; the call does not say plain success") {
    char text[3][12] = { "1060", "wrong", "1062" };
    struct set s;
    bind_set(r, &s, 0);
    SQLLEN ind[3] = { SQL_NTS, SQL_NTS, SQL_NTS };
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_INTEGER, 0, 0, text, sizeof text[0], ind));
    judge(r, "EI", SQLExecute(r->stmt), "SQLExecute with a bad value in set 2");
    EQ(s.status[1], SQL_PARAM_ERROR);
    MUST(s.status[0] != SQL_PARAM_ERROR, "set 1 is an error as well");
}

/* ---- data at execution ---- */

static SQLCHAR token[] = "token";
static void need_name(struct run *r, SQLLEN *ind, SQLSMALLINT c_type, const char *sql) {
    prepare(r, sql);
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, c_type, SQL_VARCHAR, 100, 0, token, 0, ind));
    NEED(SQLExecute(r->stmt));
}
#define NAME_SQL "INSERT INTO rules_in VALUES (1100, ?)"
RULE(dae_token, "SQLParamData / Comments", "SQLParamData returns the pointer the parameter was bound with") {
    SQLLEN ind = SQL_LEN_DATA_AT_EXEC(10);
    SQLPOINTER at = NULL;
    need_name(r, &ind, SQL_C_CHAR, NAME_SQL);
    NEED(SQLParamData(r->stmt, &at));
    MUST(at == token, "another pointer");
    OK(SQLPutData(r->stmt, (SQLPOINTER)"x", 1));
    OK(SQLParamData(r->stmt, &at));
}
RULE(dae_in_parts, DAE, "parts are put together in order") {
    SQLLEN ind = SQL_LEN_DATA_AT_EXEC(10);
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_CHAR, "INSERT INTO rules_in VALUES (1101, ?)");
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, (SQLPOINTER)"one ", 4));
    OK(SQLPutData(r->stmt, (SQLPOINTER)"two", SQL_NTS));
    OK(SQLPutData(r->stmt, (SQLPOINTER)" three!!!", 6));
    OK(SQLParamData(r->stmt, &at));
    EQ(count_of(r, "name = 'one two three'"), 1);
}
RULE(dae_data_at_exec, DAE, "SQL_DATA_AT_EXEC works without a length where SQL_NEED_LONG_DATA_LEN is \"N\"") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_CHAR, "INSERT INTO rules_in VALUES (1102, ?)");
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, (SQLPOINTER)"late", 4));
    OK(SQLParamData(r->stmt, &at));
    EQ(count_of(r, "id = 1102 AND name = 'late'"), 1);
}
RULE(dae_null, "SQLPutData / StrLen_or_Ind", "SQL_NULL_DATA puts NULL") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_CHAR, "INSERT INTO rules_in VALUES (1103, ?)");
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, NULL, SQL_NULL_DATA));
    OK(SQLParamData(r->stmt, &at));
    EQ(count_of(r, "id = 1103 AND name IS NULL"), 1);
}
RULE(dae_null_in_parts_hy020, "SQLPutData / Diagnostics / HY020",
     "NULL as a second part gives HY020 (unixODBC says HY011)") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_CHAR, NAME_SQL);
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, (SQLPOINTER)"a", 1));
    ERR(SQLPutData(r->stmt, NULL, SQL_NULL_DATA), "HY020 HY011");
    SQLCancel(r->stmt);
}
RULE(dae_fixed_in_parts_hy019, "SQLPutData / Diagnostics / HY019", "fixed-length data in two parts gives HY019") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLINTEGER v = 1104;
    SQLPOINTER at;
    prepare(r, "INSERT INTO rules_in VALUES (?, 'fixed')");
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, token, 0, &ind));
    NEED(SQLExecute(r->stmt));
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, &v, 0));
    ERR(SQLPutData(r->stmt, &v, 0), "HY019");
    SQLCancel(r->stmt);
}
RULE(dae_fixed, DAE, "fixed-length data is sent in one piece") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLINTEGER v = 1105;
    SQLPOINTER at;
    prepare(r, "INSERT INTO rules_in VALUES (?, 'fixed')");
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, token, 0, &ind));
    NEED(SQLExecute(r->stmt));
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, &v, 0));
    OK(SQLParamData(r->stmt, &at));
    EQ(count_of(r, "id = 1105"), 1);
}
RULE(dae_bad_length_hy090, "SQLPutData / Diagnostics / HY090", "a negative length that means nothing gives HY090") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_CHAR, NAME_SQL);
    NEED(SQLParamData(r->stmt, &at));
    ERR(SQLPutData(r->stmt, (SQLPOINTER)"a", -66), "HY090");
    SQLCancel(r->stmt);
}
RULE(dae_null_pointer_hy009, "SQLPutData / Diagnostics / HY009", "a NULL pointer with a length gives HY009") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_CHAR, NAME_SQL);
    NEED(SQLParamData(r->stmt, &at));
    ERR(SQLPutData(r->stmt, NULL, 4), "HY009");
    SQLCancel(r->stmt);
}
RULE(dae_wide_parts, DAE, "wide text comes in parts as well") {
    static const SQLWCHAR A[] = { 'w', 'i' }, B[] = { 'd', 'e' };
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_WCHAR, "INSERT INTO rules_in VALUES (1106, ?)");
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, (SQLPOINTER)(uintptr_t)A, sizeof A));
    OK(SQLPutData(r->stmt, (SQLPOINTER)(uintptr_t)B, sizeof B));
    OK(SQLParamData(r->stmt, &at));
    EQ(count_of(r, "id = 1106 AND name = 'wide'"), 1);
}
RULE(dae_two_parameters, "SQLParamData / Comments",
     "several parameters are asked for one after the other, in any order") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLINTEGER v = 1107;
    SQLPOINTER at = NULL;
    prepare(r, "INSERT INTO rules_in VALUES (?, ?)");
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, (SQLPOINTER)1, 0, &ind));
    OK(SQLBindParameter(r->stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 20, 0, (SQLPOINTER)2, 0, &ind));
    NEED(SQLExecute(r->stmt));
    SQLRETURN rc;
    for (int i = 0; (rc = SQLParamData(r->stmt, &at)) == SQL_NEED_DATA && i < 3; i++) {
        if (at == (SQLPOINTER)1) OK(SQLPutData(r->stmt, &v, 0));
        else OK(SQLPutData(r->stmt, (SQLPOINTER)"both", 4));
    }
    judge(r, "S", rc, "SQLParamData");
    EQ(count_of(r, "id = 1107 AND name = 'both'"), 1);
}
RULE(dae_execdirect, "SQLExecDirect / Returns", "SQLExecDirect asks for data as well") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 20, 0, token, 0, &ind));
    NEED(SQLExecDirect(r->stmt, (SQLCHAR *)"INSERT INTO rules_in VALUES (1108, ?)", SQL_NTS));
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, (SQLPOINTER)"direct", 6));
    OK(SQLParamData(r->stmt, &at));
    EQ(count_of(r, "id = 1108 AND name = 'direct'"), 1);
}
RULE(dae_empty, "SQLPutData / StrLen_or_Ind", "a length of 0 puts an empty string") {
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER at;
    need_name(r, &ind, SQL_C_CHAR, "INSERT INTO rules_in VALUES (1109, ?)");
    NEED(SQLParamData(r->stmt, &at));
    OK(SQLPutData(r->stmt, (SQLPOINTER)"", 0));
    OK(SQLParamData(r->stmt, &at));
    EQ(count_of(r, "id = 1109 AND name = ''"), 1);
}
