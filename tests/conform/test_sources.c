/* Where connections come from: data sources, files, browsing; and whether what is claimed is what is exported. */
#include "conform.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static SQLHDBC new_dbc(struct conn *c) {
    SQLHDBC dbc = NULL;
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, c->env, &dbc));
    return dbc;
}

static void end_dbc(SQLHDBC dbc) {
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static const char *catalog_of(SQLHDBC dbc) {
    static SQLCHAR name[100];
    CHECK('S', SQLGetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, name, sizeof name, NULL));
    return (char *)name;
}

static SQLRETURN drive(SQLHDBC dbc, const char *in, SQLCHAR *out, SQLSMALLINT cap) {
    return SQLDriverConnect(dbc, NULL, (SQLCHAR *)in, SQL_NTS, out, cap, NULL, SQL_DRIVER_NOPROMPT);
}

static void data_sources_of_the_user_and_of_the_system_connect(void **state) {
    struct conn *c = *state;
    static const char *const NAMES[] = { "user-dsn", "system-dsn" };
    for (int i = 0; i < 2; i++) {
        char text[100], name[100];
        SQLCHAR out[500];
        SQLHDBC dbc = new_dbc(c);
        CHECK('S', SQLConnect(dbc, (SQLCHAR *)NAMES[i], SQL_NTS, NULL, 0, NULL, 0));
        assert_string_equal(catalog_of(dbc), "samples");
        CHECK('S', SQLGetInfo(dbc, SQL_DATA_SOURCE_NAME, name, sizeof name, NULL));
        assert_string_equal(name, NAMES[i]);
        CHECK('S', SQLDisconnect(dbc));
        snprintf(text, sizeof text, "DSN=%s;Catalog=main", NAMES[i]);
        CHECK('S', drive(dbc, text, out, sizeof out));
        assert_string_equal(catalog_of(dbc), "main");
        assert_int_equal(strncmp((char *)out, "DSN=", 4), 0);
        assert_non_null(strstr((char *)out, "Catalog=main"));
        end_dbc(dbc);
    }
}

static void a_file_is_saved_and_connects_again(void **state) {
    struct conn *c = *state;
    char path[500], text[2500];
    SQLCHAR out[2500];
    SQLHDBC dbc = new_dbc(c);
    snprintf(path, sizeof path, "%s/saved.dsn", getenv("ODBCSYSINI"));
    snprintf(text, sizeof text, "SAVEFILE=%s;%s", path, conn_string(""));
    assert_true(SQL_SUCCEEDED(drive(dbc, text, out, sizeof out)));
    CHECK('S', SQLDisconnect(dbc));
    snprintf(text, sizeof text, "FILEDSN=%s;PWD=dapi-sandbox-alice", path);
    CHECK('S', drive(dbc, text, out, sizeof out));
    assert_string_equal(catalog_of(dbc), "main");
    end_dbc(dbc);
}

static void a_completed_string_keeps_braces_and_what_needs_them(void **state) {
    struct conn *c = *state;
    SQLCHAR out[2500], again[2500];
    SQLHDBC dbc = new_dbc(c);
    CHECK('S', drive(dbc, conn_string("UserAgentEntry={a;b}}c=d};Description= 'x y' ;NoSuchKey=1;"), out, sizeof out));
    assert_non_null(strstr((char *)out, "UserAgentEntry={a;b}}c=d};"));
    assert_non_null(strstr((char *)out, "PWD=dapi-sandbox-alice;"));
    assert_null(strstr((char *)out, "NoSuchKey"));
    CHECK('S', SQLDisconnect(dbc));
    CHECK('S', drive(dbc, (char *)out, again, sizeof again));
    assert_string_equal((char *)again, (char *)out);
    end_dbc(dbc);
}

static void every_way_of_completing_connects_when_nothing_is_missing(void **state) {
    struct conn *c = *state;
    static const SQLUSMALLINT WAYS[] = { SQL_DRIVER_NOPROMPT, SQL_DRIVER_COMPLETE, SQL_DRIVER_COMPLETE_REQUIRED };
    for (size_t i = 0; i < COUNT(WAYS); i++) {
        SQLHDBC dbc = new_dbc(c);
        CHECK('S', SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn_string(""), SQL_NTS, NULL, 0, NULL, WAYS[i]));
        end_dbc(dbc);
    }
    SQLHDBC dbc = new_dbc(c);
    CHECK('E', SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn_string(""), SQL_NTS, NULL, 0, NULL, 9));
    assert_state(SQL_HANDLE_DBC, dbc, "HY110");
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

/* The keys one after the other; each answer asks for what is still missing and for nothing else. */
static void browsing_goes_on_until_everything_is_there(void **state) {
    struct conn *c = *state;
    SQLCHAR out[1000];
    char text[300];
    const char *host = strstr(conn_string(""), "Host="), *path = strstr(conn_string(""), "HTTPPath=");
    SQLHDBC dbc = new_dbc(c);
    CHECK('D', SQLBrowseConnect(dbc, (SQLCHAR *)"DRIVER=dbx-odbc", SQL_NTS, out, sizeof out, NULL));
    assert_string_equal((char *)out, "HOST:Server={?};HTTPPATH:HTTP Path={?};PWD:Token={?};*UID:User={?};"
                        "*PORT:Port={?};*SSL:SSL={1,0};*CATALOG:Catalog={?};*SCHEMA:Schema={?}");
    snprintf(text, sizeof text, "%.*s", (int)(strstr(host, "HTTPPath") - host), host);
    CHECK('D', SQLBrowseConnect(dbc, (SQLCHAR *)text, SQL_NTS, out, sizeof out, NULL));
    assert_null(strstr((char *)out, "HOST"));
    assert_null(strstr((char *)out, "PORT"));
    assert_int_equal(strncmp((char *)out, "HTTPPATH:", 9), 0);
    snprintf(text, sizeof text, "%.*s;NoSuchKey=1", (int)strcspn(path, ";"), path);
    CHECK('D', SQLBrowseConnect(dbc, (SQLCHAR *)text, SQL_NTS, out, sizeof out, NULL));
    assert_state(SQL_HANDLE_DBC, dbc, "01S00");
    assert_int_equal(strncmp((char *)out, "PWD:", 4), 0);
    CHECK('S', SQLBrowseConnect(dbc, (SQLCHAR *)"PWD=dapi-sandbox-alice", SQL_NTS, out, sizeof out, NULL));
    assert_non_null(strstr((char *)out, "DRIVER=dbx-odbc;"));
    assert_non_null(strstr((char *)out, "PWD=dapi-sandbox-alice;"));
    end_dbc(dbc);
}

static void browsing_can_be_given_up_and_a_wrong_answer_ends_it(void **state) {
    struct conn *c = *state;
    SQLCHAR out[1000], tiny[6];
    SQLSMALLINT len = 0;
    SQLHDBC dbc = new_dbc(c);
    CHECK('D', SQLBrowseConnect(dbc, (SQLCHAR *)"DRIVER=dbx-odbc", SQL_NTS, tiny, sizeof tiny, &len));
    assert_state(SQL_HANDLE_DBC, dbc, "01004");
    assert_true(len > (SQLSMALLINT)sizeof tiny);
    CHECK('S', SQLDisconnect(dbc));
    char *text = strdup(conn_string(""));
    char *token = strstr(text, "alice");
    memcpy(token, "nobod", 5);
    CHECK('E', SQLBrowseConnect(dbc, (SQLCHAR *)text, SQL_NTS, out, sizeof out, NULL));
    assert_state(SQL_HANDLE_DBC, dbc, "28000");
    free(text);
    CHECK('D', SQLBrowseConnect(dbc, (SQLCHAR *)"DRIVER=dbx-odbc", SQL_NTS, out, sizeof out, NULL));
    CHECK('S', SQLDisconnect(dbc));
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

/* ---- claims --------------------------------------------------------------------------------------------------------- */

static SQLUINTEGER info_number(SQLHDBC dbc, SQLUSMALLINT id) {
    SQLUINTEGER v = 0;
    SQLSMALLINT len = 0;
    CHECK('S', SQLGetInfo(dbc, id, &v, sizeof v, &len));
    return len == 2 ? (SQLUSMALLINT)v : v;
}

static bool has(SQLHDBC dbc, SQLUSMALLINT function) {
    SQLUSMALLINT v = 9;
    CHECK('S', SQLGetFunctions(dbc, function, &v));
    return v == SQL_TRUE;
}

static bool says(SQLHDBC dbc, SQLUSMALLINT id, const char *text) {
    SQLCHAR got[64] = "";
    CHECK('S', SQLGetInfo(dbc, id, got, sizeof got, NULL));
    return strcmp((char *)got, text) == 0;
}

static void information_functions_and_behaviour_agree(void **state) {
    struct conn *c = *state;
    SQLHDBC d = c->dbc;
    SQLUINTEGER ca1 = info_number(d, SQL_STATIC_CURSOR_ATTRIBUTES1) | info_number(d, SQL_FORWARD_ONLY_CURSOR_ATTRIBUTES1);
    SQLUINTEGER bulk = SQL_CA1_BULK_ADD | SQL_CA1_BULK_UPDATE_BY_BOOKMARK | SQL_CA1_BULK_DELETE_BY_BOOKMARK |
                       SQL_CA1_BULK_FETCH_BY_BOOKMARK;
    SQLUINTEGER positioned = SQL_CA1_POSITIONED_UPDATE | SQL_CA1_POSITIONED_DELETE | SQL_CA1_POS_UPDATE |
                             SQL_CA1_POS_DELETE | SQL_CA1_SELECT_FOR_UPDATE;
    assert_int_equal((ca1 & bulk) != 0, has(d, SQL_API_SQLBULKOPERATIONS));
    assert_int_equal(ca1 & positioned, 0);
    assert_true(has(d, SQL_API_SQLSETPOS) || !(ca1 & SQL_CA1_POS_POSITION));
    assert_int_equal(info_number(d, SQL_POSITIONED_STATEMENTS), 0);
    assert_int_equal(info_number(d, SQL_FETCH_DIRECTION) & ~(SQLUINTEGER)SQL_FD_FETCH_NEXT ? 1 : 0,
                     (info_number(d, SQL_SCROLL_OPTIONS) & SQL_SO_STATIC) != 0);
    assert_int_equal(info_number(d, SQL_BOOKMARK_PERSISTENCE) != 0, (ca1 & SQL_CA1_BOOKMARK) != 0);
    assert_int_equal(says(d, SQL_DESCRIBE_PARAMETER, "Y"), has(d, SQL_API_SQLDESCRIBEPARAM));
    assert_int_equal(info_number(d, SQL_TXN_CAPABLE), SQL_TC_NONE);
    assert_int_equal(info_number(d, SQL_TXN_ISOLATION_OPTION), 0);
    assert_true(says(d, SQL_MULT_RESULT_SETS, "N"));
    assert_true(says(d, SQL_PROCEDURES, "N"));
    assert_true(says(d, SQL_CATALOG_NAME, "Y"));
    assert_true(info_number(d, SQL_CATALOG_USAGE) != 0);
    assert_true(says(d, SQL_OUTER_JOINS, "Y"));
    assert_true(info_number(d, SQL_OJ_CAPABILITIES) != 0);
    assert_true(says(d, SQL_DRIVER_ODBC_VER, "03.80"));
}

/* Every entry point that SQLGetFunctions claims is in the library, and the library's own answer is the same. */
static void functions_are_claimed_as_they_are_exported(void **state) {
    struct conn *c = *state;
    static const struct { SQLUSMALLINT id; const char *name; bool wide; } ROWS[] = {
        { SQL_API_SQLALLOCHANDLE, "SQLAllocHandle", false }, { SQL_API_SQLBINDCOL, "SQLBindCol", false },
        { SQL_API_SQLBINDPARAMETER, "SQLBindParameter", false }, { SQL_API_SQLBROWSECONNECT, "SQLBrowseConnect", true },
        { SQL_API_SQLBULKOPERATIONS, "SQLBulkOperations", false }, { SQL_API_SQLCANCEL, "SQLCancel", false },
        { SQL_API_SQLCANCELHANDLE, "SQLCancelHandle", false }, { SQL_API_SQLCLOSECURSOR, "SQLCloseCursor", false },
        { SQL_API_SQLCOLATTRIBUTE, "SQLColAttribute", true },
        { SQL_API_SQLCOLUMNPRIVILEGES, "SQLColumnPrivileges", true }, { SQL_API_SQLCOLUMNS, "SQLColumns", true },
        { SQL_API_SQLCONNECT, "SQLConnect", true }, { SQL_API_SQLCOPYDESC, "SQLCopyDesc", false },
        { SQL_API_SQLDESCRIBECOL, "SQLDescribeCol", true }, { SQL_API_SQLDESCRIBEPARAM, "SQLDescribeParam", false },
        { SQL_API_SQLDISCONNECT, "SQLDisconnect", false }, { SQL_API_SQLDRIVERCONNECT, "SQLDriverConnect", true },
        { SQL_API_SQLENDTRAN, "SQLEndTran", false }, { SQL_API_SQLEXECDIRECT, "SQLExecDirect", true },
        { SQL_API_SQLEXECUTE, "SQLExecute", false }, { SQL_API_SQLEXTENDEDFETCH, "SQLExtendedFetch", false },
        { SQL_API_SQLFETCH, "SQLFetch", false }, { SQL_API_SQLFETCHSCROLL, "SQLFetchScroll", false },
        { SQL_API_SQLFOREIGNKEYS, "SQLForeignKeys", true }, { SQL_API_SQLFREEHANDLE, "SQLFreeHandle", false },
        { SQL_API_SQLFREESTMT, "SQLFreeStmt", false }, { SQL_API_SQLGETCONNECTATTR, "SQLGetConnectAttr", true },
        { SQL_API_SQLGETCURSORNAME, "SQLGetCursorName", true }, { SQL_API_SQLGETDATA, "SQLGetData", false },
        { SQL_API_SQLGETDESCFIELD, "SQLGetDescField", true }, { SQL_API_SQLGETDESCREC, "SQLGetDescRec", true },
        { SQL_API_SQLGETDIAGFIELD, "SQLGetDiagField", true }, { SQL_API_SQLGETDIAGREC, "SQLGetDiagRec", true },
        { SQL_API_SQLGETENVATTR, "SQLGetEnvAttr", false }, { SQL_API_SQLGETFUNCTIONS, "SQLGetFunctions", false },
        { SQL_API_SQLGETINFO, "SQLGetInfo", true }, { SQL_API_SQLGETSTMTATTR, "SQLGetStmtAttr", true },
        { SQL_API_SQLGETTYPEINFO, "SQLGetTypeInfo", true }, { SQL_API_SQLMORERESULTS, "SQLMoreResults", false },
        { SQL_API_SQLNATIVESQL, "SQLNativeSql", true }, { SQL_API_SQLNUMPARAMS, "SQLNumParams", false },
        { SQL_API_SQLNUMRESULTCOLS, "SQLNumResultCols", false }, { SQL_API_SQLPARAMDATA, "SQLParamData", false },
        { SQL_API_SQLPREPARE, "SQLPrepare", true }, { SQL_API_SQLPRIMARYKEYS, "SQLPrimaryKeys", true },
        { SQL_API_SQLPROCEDURECOLUMNS, "SQLProcedureColumns", true }, { SQL_API_SQLPROCEDURES, "SQLProcedures", true },
        { SQL_API_SQLPUTDATA, "SQLPutData", false }, { SQL_API_SQLROWCOUNT, "SQLRowCount", false },
        { SQL_API_SQLSETCONNECTATTR, "SQLSetConnectAttr", true }, { SQL_API_SQLSETCURSORNAME, "SQLSetCursorName", true },
        { SQL_API_SQLSETDESCFIELD, "SQLSetDescField", true }, { SQL_API_SQLSETDESCREC, "SQLSetDescRec", false },
        { SQL_API_SQLSETENVATTR, "SQLSetEnvAttr", false }, { SQL_API_SQLSETPOS, "SQLSetPos", false },
        { SQL_API_SQLSETSTMTATTR, "SQLSetStmtAttr", true }, { SQL_API_SQLSPECIALCOLUMNS, "SQLSpecialColumns", true },
        { SQL_API_SQLSTATISTICS, "SQLStatistics", true }, { SQL_API_SQLTABLEPRIVILEGES, "SQLTablePrivileges", true },
        { SQL_API_SQLTABLES, "SQLTables", true },
    };
    SQLUSMALLINT all[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE];
    void *library = dlopen(getenv("DBX_LIBRARY"), RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    CHECK('S', SQLGetFunctions(c->dbc, SQL_API_ODBC3_ALL_FUNCTIONS, all));
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char wide[64];
        snprintf(wide, sizeof wide, "%sW", ROWS[i].name);
        bool claimed = SQL_FUNC_EXISTS(all, ROWS[i].id), exported = dlsym(library, ROWS[i].name) != NULL;
        if (claimed && !exported) fail_msg("%s is claimed and not exported", ROWS[i].name);
        /* the driver manager takes the number of SQLCancelHandle in the list of all only */
        if (ROWS[i].id != SQL_API_SQLCANCELHANDLE && claimed != has(c->dbc, ROWS[i].id)) fail_msg("%s: two answers", ROWS[i].name);
        if (!claimed && ROWS[i].id != SQL_API_SQLBULKOPERATIONS) fail_msg("%s is not claimed", ROWS[i].name);
        if (exported && (dlsym(library, wide) != NULL) != ROWS[i].wide) fail_msg("%s: wrong doors", ROWS[i].name);
    }
    dlclose(library);
}

const struct CMUnitTest SOURCE_TESTS[] = {
    TEST(data_sources_of_the_user_and_of_the_system_connect), TEST(a_file_is_saved_and_connects_again),
    TEST(a_completed_string_keeps_braces_and_what_needs_them),
    TEST(every_way_of_completing_connects_when_nothing_is_missing), TEST(browsing_goes_on_until_everything_is_there),
    TEST(browsing_can_be_given_up_and_a_wrong_answer_ends_it), TEST(information_functions_and_behaviour_agree),
    TEST(functions_are_claimed_as_they_are_exported),
};
const size_t N_SOURCE_TESTS = COUNT(SOURCE_TESTS);
