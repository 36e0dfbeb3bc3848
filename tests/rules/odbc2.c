/* ODBC 2 applications: the old functions, mapped; old states; old datetime types. */
#include "rules.h"

#define DEP "Appendix G: Driver Guidelines for Backward Compatibility / "

static void old(struct run *r) { fresh_as(r, SQL_OV_ODBC2); }

RULE(odbc2_alloc_functions, DEP "Mapping Deprecated Functions",
     "SQLAllocEnv, SQLAllocConnect, SQLAllocStmt and their ends work") {
    SQLHENV env = NULL;
    SQLHDBC dbc = NULL;
    SQLHSTMT stmt = NULL;
    OK(SQLAllocEnv(&env));
    OK(SQLAllocConnect(env, &dbc));
    OKI(SQLDriverConnect(dbc, NULL, (SQLCHAR *)(uintptr_t)conn_string(), SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
    OK(SQLAllocStmt(dbc, &stmt));
    OK(SQLFreeStmt(stmt, SQL_DROP));
    OK(SQLDisconnect(dbc));
    OK(SQLFreeConnect(dbc));
    OK(SQLFreeEnv(env));
}
RULE(odbc2_error, DEP "Mapping Deprecated Functions", "SQLError gives each record once") {
    SQLCHAR state[6] = "", text[500];
    SQLINTEGER native;
    old(r);
    judge(r, "E", SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, "no_such_table"), SQL_NTS), "SQLExecDirect");
    OKI(SQLError(r->env, r->dbc, r->stmt, state, &native, text, sizeof text, NULL));
    while (SQL_SUCCEEDED(SQLError(r->env, r->dbc, r->stmt, state, &native, text, sizeof text, NULL))) {}
    NODATA(SQLError(r->env, r->dbc, r->stmt, state, &native, text, sizeof text, NULL));
}
struct state_line { struct row row; const char *key, *state; };
#define S(id, key, state, text) { { "odbc2_state_" #id, "Appendix A: SQLSTATE Mappings", text }, key, state }
static const struct state_line STATES[] = {
    S(no_table, "no_such_table", "S0002", "42S02 is S0002 for an ODBC 2 application"),
    S(syntax, "syntax_error", "37000", "42000 of a syntax error is 37000 for an ODBC 2 application"),
};
static void check_state(struct run *r, const void *arg) {
    const struct state_line *line = arg;
    old(r);
    ERR(SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, line->key), SQL_NTS), line->state);
}
RULE_TABLE(STATES, check_state)

RULE(odbc2_state_sequence, "Appendix A: SQLSTATE Mappings", "HY010 is S1010 for an ODBC 2 application") {
    old(r);
    ERR(SQLExecute(r->stmt), "S1010");
}
RULE(odbc2_state_no_table_column, "Appendix A: SQLSTATE Mappings", "42S22 is S0022 for an ODBC 2 application") {
    old(r);
    ERR(SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT no_such_column FROM rules_rows", SQL_NTS), "S0022");
}
RULE(odbc2_date_type, DEP "Datetime Data Type Changes", "SQLDescribeCol gives the old type of a date, 9") {
    SQLSMALLINT type = 0;
    old(r);
    query(r, "SELECT day FROM rules_keyed");
    OK(SQLDescribeCol(r->stmt, 1, NULL, 0, NULL, &type, NULL, NULL, NULL));
    EQ(type, SQL_DATE);
}
RULE(odbc2_date_attribute, DEP "Datetime Data Type Changes", "SQLColAttributes gives the old type of a date, 9") {
    SQLLEN type = 0;
    old(r);
    query(r, "SELECT day FROM rules_keyed");
    OK(SQLColAttributes(r->stmt, 1, SQL_COLUMN_TYPE, NULL, 0, NULL, &type));
    EQ(type, SQL_DATE);
}
RULE(odbc2_date_c_type, DEP "Datetime Data Type Changes", "the old SQL_C_DATE gets a date") {
    SQL_DATE_STRUCT d = { 0, 0, 0 };
    old(r);
    select_typed(r, "date", "2024-02-29");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_DATE, &d, sizeof d, NULL));
    MUST(d.year == 2024 && d.month == 2 && d.day == 29, "%d-%u-%u", d.year, d.month, d.day);
}
RULE(odbc2_timestamp_c_type, DEP "Datetime Data Type Changes", "the old SQL_C_TIMESTAMP gets a timestamp") {
    SQL_TIMESTAMP_STRUCT t;
    memset(&t, 0, sizeof t);
    old(r);
    select_typed(r, "timestamp", "2024-02-29 12:30:05");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_TIMESTAMP, &t, sizeof t, NULL));
    MUST(t.year == 2024 && t.second == 5, "%d, %u", t.year, t.second);
}
RULE(odbc2_type_info_date, DEP "Datetime Data Type Changes",
     "SQLGetTypeInfo takes the old SQL_DATE and answers with it") {
    SQLSMALLINT type = 0;
    old(r);
    OK(SQLGetTypeInfo(r->stmt, SQL_DATE));
    if (SQLFetch(r->stmt) == SQL_NO_DATA) skip(r, "the data source has no DATE");
    OK(SQLGetData(r->stmt, 2, SQL_C_SSHORT, &type, 0, NULL));
    EQ(type, SQL_DATE);
}
RULE(odbc2_columns_date, DEP "Datetime Data Type Changes", "SQLColumns gives the old type of a date, 9") {
    SQLSMALLINT type = 0;
    old(r);
    OK(SQLColumns(r->stmt, NULL, 0, NULL, 0, (SQLCHAR *)"rules_keyed", SQL_NTS, (SQLCHAR *)"day", SQL_NTS));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 5, SQL_C_SSHORT, &type, 0, NULL));
    EQ(type, SQL_DATE);
}
RULE(odbc2_stmt_option, DEP "Mapping Deprecated Functions", "SQLSetStmtOption and SQLGetStmtOption work") {
    SQLULEN v = 0;
    old(r);
    OK(SQLSetStmtOption(r->stmt, SQL_MAX_ROWS, 2));
    OK(SQLGetStmtOption(r->stmt, SQL_MAX_ROWS, &v));
    EQ(v, 2);
}
RULE(odbc2_connect_option, DEP "Mapping Deprecated Functions", "SQLGetConnectOption works") {
    SQLULEN v = 77;
    old(r);
    OK(SQLGetConnectOption(r->dbc, SQL_AUTOCOMMIT, &v));
    EQ((SQLUINTEGER)v, SQL_AUTOCOMMIT_ON);
}
RULE(odbc2_transact, DEP "Mapping Deprecated Functions", "SQLTransact commits") {
    old(r);
    OK(SQLTransact(r->env, r->dbc, SQL_COMMIT));
}
RULE(odbc2_set_param, DEP "Mapping Deprecated Functions", "SQLSetParam binds an input parameter") {
    SQLINTEGER v = 3, got = 0;
    SQLLEN ind = 0;
    old(r);
    OK(SQLPrepare(r->stmt, (SQLCHAR *)"SELECT id FROM rules_rows WHERE id = ?", SQL_NTS));
    OK(SQLSetParam(r->stmt, 1, SQL_C_LONG, SQL_INTEGER, 0, 0, &v, &ind));
    OK(SQLExecute(r->stmt));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_LONG, &got, 0, NULL));
    EQ(got, 3);
}
RULE(odbc2_extended_fetch, "SQLExtendedFetch / Comments",
     "fetches a rowset of SQL_ROWSET_SIZE rows with its own count and status") {
    SQLINTEGER v[3] = { 0, 0, 0 };
    SQLULEN rows = 0;
    SQLUSMALLINT status[3] = { 77, 77, 77 };
    old(r);
    OK(SQLSetStmtOption(r->stmt, SQL_ROWSET_SIZE, 3));
    OK(SQLBindCol(r->stmt, 1, SQL_C_LONG, v, 0, NULL));
    query(r, rows_sql(r, 4));
    OK(SQLExtendedFetch(r->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    EQ(rows, 3);
    EQ(v[2], 3);
    EQ(status[2], SQL_ROW_SUCCESS);
    OK(SQLExtendedFetch(r->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    EQ(rows, 1);
    EQ(status[1], SQL_ROW_NOROW);
}
RULE(odbc2_extended_then_fetch, "SQLExtendedFetch / Comments",
     "SQLFetch cannot be mixed with SQLExtendedFetch: S1010") {
    SQLULEN rows = 0;
    SQLUSMALLINT status[1];
    old(r);
    query(r, rows_sql(r, 4));
    OK(SQLExtendedFetch(r->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    ERR(SQLFetch(r->stmt), "S1010");
}
RULE(odbc2_rowset_size_apart, "SQLSetStmtAttr / SQL_ATTR_ROW_ARRAY_SIZE", "SQL_ROWSET_SIZE does not concern SQLFetch") {
    SQLINTEGER v[3] = { 0, 0, 0 };
    OK(SQLSetStmtAttr(r->stmt, SQL_ROWSET_SIZE, (SQLPOINTER)3, 0));
    OK(SQLBindCol(r->stmt, 1, SQL_C_LONG, v, 0, NULL));
    query(r, rows_sql(r, 4));
    OK(SQLFetch(r->stmt));
    EQ(v[1], 0);
}
RULE(odbc2_cancel_closes_cursor, "SQLCancel / Comments",
     "for an ODBC 2 application SQLCancel with nothing running is SQLFreeStmt(SQL_CLOSE)") {
    old(r);
    query(r, rows_sql(r, 4));
    OK(SQLCancel(r->stmt));
    query(r, rows_sql(r, 1));
}
RULE(odbc2_update_no_rows, "SQLExecDirect / Returns",
     "a searched DELETE that meets no row gives SQL_SUCCESS to an ODBC 2 application") {
    old(r);
    OK(SQLExecDirect(r->stmt, (SQLCHAR *)"DELETE FROM rules_in WHERE id = -77", SQL_NTS));
}
RULE(odbc2_version_read_back, "SQLGetEnvAttr / SQL_ATTR_ODBC_VERSION", "the environment says SQL_OV_ODBC2") {
    SQLINTEGER v = 0;
    old(r);
    OK(SQLGetEnvAttr(r->env, SQL_ATTR_ODBC_VERSION, &v, 0, NULL));
    EQ(v, SQL_OV_ODBC2);
}
