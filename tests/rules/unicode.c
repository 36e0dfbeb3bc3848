/* The W functions: lengths in characters or bytes as each function has them, and what is cut where. */
#include "rules.h"

#include <sqlucode.h>

#define WSIZE(a) ((SQLSMALLINT)(sizeof (a) / sizeof *(a)))

static void narrow(const SQLWCHAR *w, char *to, size_t size) {
    size_t i = 0;
    for (; w[i] && i + 1 < size; i++) to[i] = (char)w[i];
    to[i] = 0;
}
static SQLWCHAR *wide(const char *s) {
    static SQLWCHAR text[4][400];
    static int turn;
    SQLWCHAR *to = text[turn++ % 4];
    size_t i = 0;
    for (; s[i] && i < 399; i++) to[i] = (unsigned char)s[i];
    to[i] = 0;
    return to;
}
static size_t wlen(const SQLWCHAR *w) {
    size_t n = 0;
    while (w[n]) n++;
    return n;
}

RULE(wide_info_bytes, "SQLGetInfo / StringLengthPtr; Unicode Function Arguments",
     "SQLGetInfoW gives the length in bytes") {
    SQLWCHAR w[200] = { 0 };
    SQLSMALLINT len = 0;
    char text[200];
    OK(SQLGetInfoW(r->dbc, SQL_DBMS_NAME, w, sizeof w, &len));
    narrow(w, text, sizeof text);
    TEXT(text, info_text(r, SQL_DBMS_NAME));
    EQ(len, strlen(text) * 2);
}
RULE(wide_info_cut, "SQLGetInfo / Diagnostics / 01004",
     "SQLGetInfoW cuts at whole characters within BufferLength bytes") {
    SQLWCHAR w[4] = { '#', '#', '#', '#' };
    SQLSMALLINT len = 0;
    INFO_ON(SQL_HANDLE_DBC, r->dbc, SQLGetInfoW(r->dbc, SQL_DBMS_NAME, w, 6, &len), "01004");
    EQ(wlen(w), 2);
    EQ(w[3], '#');
}
RULE(wide_info_odd_hy090, "SQLGetInfo / Diagnostics / HY090", "an odd BufferLength for wide text gives HY090") {
    SQLWCHAR w[40];
    DBC_ERR(SQLGetInfoW(r->dbc, SQL_DBMS_NAME, w, 7, NULL), "HY090");
}
RULE(wide_describe_characters, "SQLDescribeCol / NameLengthPtr", "SQLDescribeColW gives the length in characters") {
    SQLWCHAR w[40] = { 0 };
    SQLSMALLINT len = 0;
    query(r, "SELECT amount FROM rules_keyed");
    OK(SQLDescribeColW(r->stmt, 1, w, WSIZE(w), &len, NULL, NULL, NULL, NULL));
    EQ(len, 6);
    EQ(wlen(w), 6);
}
RULE(wide_describe_cut, "SQLDescribeCol / BufferLength", "SQLDescribeColW counts its buffer in characters") {
    SQLWCHAR w[8] = { 0 };
    SQLSMALLINT len = 0;
    query(r, "SELECT amount FROM rules_keyed");
    INFO(SQLDescribeColW(r->stmt, 1, w, 4, &len, NULL, NULL, NULL, NULL), "01004");
    EQ(wlen(w), 3);
    EQ(len, 6);
}
RULE(wide_attribute_bytes, "SQLColAttribute / StringLengthPtr", "SQLColAttributeW gives the length in bytes") {
    SQLWCHAR w[40] = { 0 };
    SQLSMALLINT len = 0;
    query(r, "SELECT amount FROM rules_keyed");
    OK(SQLColAttributeW(r->stmt, 1, SQL_DESC_NAME, w, sizeof w, &len, NULL));
    EQ(len, 12);
    EQ(wlen(w), 6);
}
RULE(wide_attribute_cut, "SQLColAttribute / BufferLength", "SQLColAttributeW counts its buffer in bytes") {
    SQLWCHAR w[8] = { 0 };
    SQLSMALLINT len = 0;
    query(r, "SELECT amount FROM rules_keyed");
    INFO(SQLColAttributeW(r->stmt, 1, SQL_DESC_NAME, w, 8, &len, NULL), "01004");
    EQ(wlen(w), 3);
}
RULE(wide_attribute_odd, "SQLColAttribute / Diagnostics / HY090",
     "an odd BufferLength for wide text gives HY090, or is rounded down") {
    SQLWCHAR w[8] = { 0 };
    SQLSMALLINT len = 0;
    query(r, "SELECT amount FROM rules_keyed");
    SQLRETURN rc = SQLColAttributeW(r->stmt, 1, SQL_DESC_NAME, w, 9, &len, NULL);
    if (rc == SQL_ERROR) ERR(rc, "HY090");
    else EQ(wlen(w), 3);
}
RULE(wide_diag_characters, "SQLGetDiagRec / TextLengthPtr", "SQLGetDiagRecW gives the length in characters") {
    SQLWCHAR state[6] = { 0 }, w[2000] = { 0 };
    SQLSMALLINT len = 0;
    SQLINTEGER native;
    SQLExecDirect(r->stmt, (SQLCHAR *)sql_of(r, "no_such_table"), SQL_NTS);
    OK(SQLGetDiagRecW(SQL_HANDLE_STMT, r->stmt, 1, state, &native, w, WSIZE(w), &len));
    EQ(len, wlen(w));
    EQ(wlen(state), 5);
}
RULE(wide_cursor_name_characters, "SQLGetCursorName / NameLengthPtr",
     "SQLGetCursorNameW gives the length in characters") {
    SQLWCHAR w[40] = { 0 };
    SQLSMALLINT len = 0;
    OK(SQLSetCursorNameW(r->stmt, wide("mine"), SQL_NTS));
    OK(SQLGetCursorNameW(r->stmt, w, WSIZE(w), &len));
    EQ(len, 4);
}
RULE(wide_native_characters, "SQLNativeSql / TextLength2Ptr", "SQLNativeSqlW gives the length in characters") {
    SQLWCHAR w[40] = { 0 };
    SQLINTEGER len = 0;
    OK(SQLNativeSqlW(r->dbc, wide("SELECT 1"), SQL_NTS, w, WSIZE(w), &len));
    EQ(len, 8);
}
RULE(wide_connect_attr_bytes, "SQLGetConnectAttr / StringLengthPtr", "SQLGetConnectAttrW gives the length in bytes") {
    SQLWCHAR w[200] = { 0 };
    SQLINTEGER len = -1;
    if (info_text(r, SQL_CATALOG_NAME)[0] == 'N') unsupported(r, "", "no catalogs");
    OK(SQLGetConnectAttrW(r->dbc, SQL_ATTR_CURRENT_CATALOG, w, sizeof w, &len));
    EQ(len, wlen(w) * 2);
}
RULE(wide_desc_field_bytes, "SQLGetDescField / StringLengthPtr", "SQLGetDescFieldW gives the length in bytes") {
    SQLWCHAR w[40] = { 0 };
    SQLINTEGER len = -1;
    query(r, "SELECT amount FROM rules_keyed");
    OK(SQLGetDescFieldW(desc_of(r, SQL_ATTR_IMP_ROW_DESC), 1, SQL_DESC_NAME, w, sizeof w, &len));
    EQ(len, 12);
}
RULE(wide_desc_rec_characters, "SQLGetDescRec / StringLengthPtr", "SQLGetDescRecW gives the length in characters") {
    SQLWCHAR w[40] = { 0 };
    SQLSMALLINT len = -1;
    query(r, "SELECT amount FROM rules_keyed");
    OK(SQLGetDescRecW(desc_of(r, SQL_ATTR_IMP_ROW_DESC), 1, w, WSIZE(w), &len, NULL, NULL, NULL, NULL, NULL, NULL));
    EQ(len, 6);
}
RULE(wide_out_connection_string, "SQLDriverConnect / StringLength2Ptr",
     "SQLDriverConnectW gives the length in characters") {
    SQLWCHAR out[2000] = { 0 }, in[2000] = { 0 };
    SQLSMALLINT len = -1;
    for (size_t i = 0; conn_string()[i] && i < 1999; i++) in[i] = (unsigned char)conn_string()[i];
    unconnected(r);
    OKI(SQLDriverConnectW(r->dbc, NULL, in, SQL_NTS, out, WSIZE(out), &len, SQL_DRIVER_NOPROMPT));
    EQ(len, wlen(out));
}
RULE(wide_exec, "SQLExecDirect / TextLength", "SQLExecDirectW takes its length in characters") {
    OK(SQLExecDirectW(r->stmt, wide("SELECT 1 garbage ( ["), 8));
    OK(SQLFetch(r->stmt));
}
RULE(wide_prepare, "SQLPrepare / TextLength", "SQLPrepareW takes its length in characters") {
    OK(SQLPrepareW(r->stmt, wide("SELECT 1 garbage ( ["), 8));
    OK(SQLExecute(r->stmt));
}
RULE(wide_tables, "SQLTables / Arguments", "SQLTablesW takes its lengths in characters") {
    OK(SQLTablesW(r->stmt, NULL, 0, NULL, 0, wide("rules_keyed and more"), 11, NULL, 0));
    OK(SQLFetch(r->stmt));
}
RULE(wide_columns, "SQLColumns / Arguments", "SQLColumnsW takes its lengths in characters") {
    OK(SQLColumnsW(r->stmt, NULL, 0, NULL, 0, wide("rules_keyed"), SQL_NTS, wide("amount and more"), 6));
    OK(SQLFetch(r->stmt));
    NODATA(SQLFetch(r->stmt));
}
RULE(wide_text_whole, "Unicode Data", "text beyond the Basic Multilingual Plane arrives as surrogate pairs") {
    static const SQLWCHAR WANT[] = { 'a', 0x20AC, 0xDF, 0xD83D, 0xDE00, 'z', 0 };
    SQLWCHAR w[20] = { 0 };
    SQLLEN ind = 0;
    query(r, sql_of(r, "unicode_text"));
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_WCHAR, w, sizeof w, &ind));
    EQ(ind, 12);
    MUST(!memcmp(w, WANT, sizeof WANT), "other characters");
}
RULE(wide_text_bound, "Unicode Data", "bound wide text has its length in bytes") {
    SQLWCHAR w[20] = { 0 };
    SQLLEN ind = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_WCHAR, w, sizeof w, &ind));
    query(r, sql_of(r, "unicode_text"));
    OK(SQLFetch(r->stmt));
    EQ(ind, 12);
}
RULE(wide_parameter, "Unicode Data", "wide parameters beyond ASCII arrive unchanged") {
    static const SQLWCHAR V[] = { 0x20AC, 0xD83D, 0xDE00, 0 };
    SQLWCHAR w[20] = { 0 };
    SQLLEN ind = SQL_NTS;
    OK(SQLPrepare(r->stmt, (SQLCHAR *)"INSERT INTO rules_in VALUES (1200, ?)", SQL_NTS));
    OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_WCHAR, SQL_WVARCHAR, 10, 0, (SQLPOINTER)(uintptr_t)V, 0,
        &ind));
    OK(SQLExecute(r->stmt));
    OK(SQLFreeStmt(r->stmt, SQL_CLOSE));
    query(r, "SELECT name FROM rules_in WHERE id = 1200");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_WCHAR, w, sizeof w, NULL));
    MUST(!memcmp(w, V, sizeof V), "other characters");
}
RULE(wide_column_name, "Unicode Data", "a column name beyond ASCII arrives unchanged") {
    SQLWCHAR w[20] = { 0 }, sql[60] = { 0 };
    const char *q = info_text(r, SQL_IDENTIFIER_QUOTE_CHAR);
    SQLWCHAR *end = wide("SELECT 1 AS ");
    size_t n = wlen(end);
    memcpy(sql, end, n * sizeof *sql);
    sql[n++] = (SQLWCHAR)q[0];
    sql[n++] = 0xE9;
    sql[n++] = 0x416;
    sql[n++] = (SQLWCHAR)q[0];
    OK(SQLExecDirectW(r->stmt, sql, (SQLINTEGER)n));
    OK(SQLDescribeColW(r->stmt, 1, w, WSIZE(w), NULL, NULL, NULL, NULL, NULL));
    MUST(w[0] == 0xE9 && w[1] == 0x416 && !w[2], "other characters");
}
