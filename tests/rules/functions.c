/* SQLGetFunctions: its three forms agree, conformance levels are kept, and what it denies answers IM001. */
#include "rules.h"

struct function_line {
    struct row row;
    SQLUSMALLINT id;
    SQLUINTEGER level;   /* the interface conformance level that asks for it; 0 = none */
};

#define F(name, level) { { "function_" #name, "SQLGetFunctions / Comments; Interface Conformance Levels", \
    "SQLGetFunctions says the same of SQL" #name " alone and in the list, and TRUE where " \
        "SQL_ODBC_INTERFACE_CONFORMANCE asks for it" }, \
    SQL_API_SQL##name, level }
#define CORE SQL_OIC_CORE
#define L1 SQL_OIC_LEVEL1
#define L2 SQL_OIC_LEVEL2

static const struct function_line LINES[] = {
    F(ALLOCHANDLE, CORE), F(BINDCOL, CORE), F(BINDPARAMETER, CORE), F(CANCEL, CORE), F(CLOSECURSOR, CORE),
    F(COLATTRIBUTE, CORE), F(COLUMNS, CORE), F(CONNECT, CORE), F(COPYDESC, CORE), F(DESCRIBECOL, CORE),
    F(DISCONNECT, CORE), F(DRIVERCONNECT, CORE), F(ENDTRAN, CORE), F(EXECDIRECT, CORE), F(EXECUTE, CORE),
    F(FETCH, CORE), F(FETCHSCROLL, CORE), F(FREEHANDLE, CORE), F(FREESTMT, CORE), F(GETCONNECTATTR, CORE),
    F(GETCURSORNAME, CORE), F(GETDATA, CORE), F(GETDESCFIELD, CORE), F(GETDESCREC, CORE), F(GETDIAGFIELD, CORE),
    F(GETDIAGREC, CORE), F(GETENVATTR, CORE), F(GETFUNCTIONS, CORE), F(GETINFO, CORE), F(GETSTMTATTR, CORE),
    F(GETTYPEINFO, CORE), F(NATIVESQL, CORE), F(NUMPARAMS, CORE), F(NUMRESULTCOLS, CORE), F(PARAMDATA, CORE),
    F(PREPARE, CORE), F(PUTDATA, CORE), F(ROWCOUNT, CORE), F(SETCONNECTATTR, CORE), F(SETCURSORNAME, CORE),
    F(SETDESCFIELD, CORE), F(SETDESCREC, CORE), F(SETENVATTR, CORE), F(SETSTMTATTR, CORE), F(SPECIALCOLUMNS, CORE),
    F(STATISTICS, CORE), F(TABLES, CORE),
    F(BROWSECONNECT, L1), F(BULKOPERATIONS, L1), F(MORERESULTS, L1), F(PRIMARYKEYS, L1), F(PROCEDURECOLUMNS, L1),
    F(PROCEDURES, L1), F(SETPOS, L1),
    F(COLUMNPRIVILEGES, L2), F(DESCRIBEPARAM, L2), F(FOREIGNKEYS, L2), F(TABLEPRIVILEGES, L2), F(EXTENDEDFETCH, 0),
};

static void check_function(struct run *r, const void *arg) {
    const struct function_line *line = arg;
    SQLUSMALLINT one = 77;
    SQLUINTEGER level = info_u32(r, SQL_ODBC_INTERFACE_CONFORMANCE);
    OK(SQLGetFunctions(r->dbc, line->id, &one));
    MUST(one == SQL_TRUE || one == SQL_FALSE, "%u is neither SQL_TRUE nor SQL_FALSE", one);
    EQ(has_function(r, line->id), one == SQL_TRUE);
    if (line->level && line->level <= level) MUST(one == SQL_TRUE, "missing at conformance level %u", (unsigned)level);
}
RULE_TABLE(LINES, check_function)

RULE(functions_odbc2_array, "SQLGetFunctions / Comments / SQL_API_ALL_FUNCTIONS",
     "the list of 100 agrees with single answers for ODBC 2 functions") {
    SQLUSMALLINT all[100] = { 0 }, one = 0;
    OK(SQLGetFunctions(r->dbc, SQL_API_ALL_FUNCTIONS, all));
    for (SQLUSMALLINT id = 1; id < 73; id++) {
        if (id > 23 && id < 40) continue;
        OK(SQLGetFunctions(r->dbc, id, &one));
        MUST((all[id] != 0) == (one != 0), "function %u: %u in the list, %u alone", id, all[id], one);
    }
}

RULE(functions_invalid_hy095, "SQLGetFunctions / Diagnostics / HY095", "a FunctionId that is not valid gives HY095") {
    SQLUSMALLINT one = 0;
    DBC_ERR(SQLGetFunctions(r->dbc, 3333, &one), "HY095");
}

RULE(functions_unconnected_hy010, "SQLGetFunctions / Diagnostics / HY010",
     "before a connection is open the call is out of sequence") {
    SQLUSMALLINT one = 0;
    unconnected(r);
    DBC_ERR(SQLGetFunctions(r->dbc, SQL_API_SQLFETCH, &one), "HY010 08003");
}

/* ---- claimed means callable, denied means IM001 ---- */

struct call_line {
    struct row row;
    SQLUSMALLINT id;
    SQLRETURN (*call)(struct run *r);
};

static SQLRETURN call_bulk(struct run *r) { return SQLBulkOperations(r->stmt, SQL_ADD); }
static SQLRETURN call_set_pos(struct run *r) { return SQLSetPos(r->stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE); }
static SQLRETURN call_more(struct run *r) { return SQLMoreResults(r->stmt); }
static SQLRETURN call_native(struct run *r) {
    SQLCHAR out[40];
    return SQLNativeSql(r->dbc, (SQLCHAR *)"SELECT 1", SQL_NTS, out, sizeof out, NULL);
}
static SQLRETURN call_param(struct run *r) {
    SQLSMALLINT t, d, n;
    SQLULEN size;
    SQLFreeStmt(r->stmt, SQL_CLOSE);
    SQLPrepare(r->stmt, (SQLCHAR *)"SELECT id FROM rules_rows WHERE id = ?", SQL_NTS);
    return SQLDescribeParam(r->stmt, 1, &t, &size, &d, &n);
}
static SQLRETURN call_extended(struct run *r) {
    SQLULEN rows;
    SQLUSMALLINT status[1];
    return SQLExtendedFetch(r->stmt, SQL_FETCH_NEXT, 0, &rows, status);
}
static SQLRETURN call_cursor_name(struct run *r) {
    SQLCHAR name[40];
    return SQLGetCursorName(r->stmt, name, sizeof name, NULL);
}
static SQLRETURN call_row_count(struct run *r) {
    SQLLEN n;
    return SQLRowCount(r->stmt, &n);
}
#define CATALOG_CALL(NAME, CALL) static SQLRETURN NAME(struct run *r) { SQLFreeStmt(r->stmt, SQL_CLOSE); return CALL; \
    }
#define TBL (SQLCHAR *)"rules_keyed", SQL_NTS
CATALOG_CALL(call_pk, SQLPrimaryKeys(r->stmt, NULL, 0, NULL, 0, TBL))
CATALOG_CALL(call_fk, SQLForeignKeys(r->stmt, NULL, 0, NULL, 0, TBL, NULL, 0, NULL, 0, NULL, 0))
CATALOG_CALL(call_procs, SQLProcedures(r->stmt, NULL, 0, NULL, 0, NULL, 0))
CATALOG_CALL(call_proc_cols, SQLProcedureColumns(r->stmt, NULL, 0, NULL, 0, NULL, 0, NULL, 0))
CATALOG_CALL(call_tab_priv, SQLTablePrivileges(r->stmt, NULL, 0, NULL, 0, TBL))
CATALOG_CALL(call_col_priv, SQLColumnPrivileges(r->stmt, NULL, 0, NULL, 0, TBL, (SQLCHAR *)"%", SQL_NTS))
CATALOG_CALL(call_stats, SQLStatistics(r->stmt, NULL, 0, NULL, 0, TBL, SQL_INDEX_ALL, SQL_QUICK))
CATALOG_CALL(call_special, SQLSpecialColumns(r->stmt, SQL_BEST_ROWID, NULL, 0, NULL, 0, TBL, SQL_SCOPE_CURROW,
    SQL_NULLABLE))

#define C(name, fn) { { "callable_" #name, "SQLGetFunctions / Comments; IM001", \
    "SQL" #name " works where SQLGetFunctions says TRUE, and answers IM001 where it says FALSE" }, SQL_API_SQL##name, \
        fn }
static const struct call_line CALLS[] = {
    C(BULKOPERATIONS, call_bulk), C(SETPOS, call_set_pos), C(MORERESULTS, call_more), C(NATIVESQL, call_native),
    C(DESCRIBEPARAM, call_param), C(EXTENDEDFETCH, call_extended), C(GETCURSORNAME, call_cursor_name),
    C(ROWCOUNT, call_row_count), C(PRIMARYKEYS, call_pk), C(FOREIGNKEYS, call_fk), C(PROCEDURES, call_procs),
    C(PROCEDURECOLUMNS, call_proc_cols), C(TABLEPRIVILEGES, call_tab_priv), C(COLUMNPRIVILEGES, call_col_priv),
    C(STATISTICS, call_stats), C(SPECIALCOLUMNS, call_special),
};

static void check_call(struct run *r, const void *arg) {
    const struct call_line *line = arg;
    bool claimed = has_function(r, line->id);
    char state[6] = "";
    query(r, rows_sql(r, 3));
    if (line->id != SQL_API_SQLEXTENDEDFETCH) OK(SQLFetch(r->stmt));
    SQLRETURN rc = line->call(r);
    if (rc == SQL_ERROR && !state_of(r, SQL_HANDLE_STMT, r->stmt, state)) state_of(r, SQL_HANDLE_DBC, r->dbc, state);
    if (!claimed && rc == SQL_ERROR && has_word("IM001 HYC00", state)) unsupported(r, state, "says FALSE");
    MUST(!claimed || strcmp(state, "IM001"), "claimed, but IM001");
    if (line->id == SQL_API_SQLBULKOPERATIONS && claimed) MUST(rc != SQL_ERROR || !has_word("HYC00", state),
        "claimed, but HYC00");
    else if (claimed) MUST(rc != SQL_ERROR, "claimed, but fails with %s", state);
    else MUST(rc == SQL_ERROR, "works, but SQLGetFunctions says FALSE");
}
RULE_TABLE(CALLS, check_call)
