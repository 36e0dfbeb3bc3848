/* Connecting, attributes, information, functions, diagnostics. */
#include "conform.h"

static void a_closed_port_is_08001_and_an_empty_credential_28000(void **state) {
    struct conn *c = *state;
    SQLHDBC dbc;
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, c->env, &dbc));
    CHECK('E',
          SQLDriverConnect(dbc, NULL, (SQLCHAR *)"Driver=dbx-odbc;Host=127.0.0.1;Port=1;SSL=0;PWD=x;LoginTimeout=3;"
                                "HTTPPath=/sql/1.0/warehouses/0", SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
    assert_state(SQL_HANDLE_DBC, dbc, "08001");
    CHECK('E', SQLDriverConnect(dbc, NULL, (SQLCHAR *)"Driver=dbx-odbc;Host=127.0.0.1;Port=1;SSL=0;"
                                "HTTPPath=/sql/1.0/warehouses/0", SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
    assert_state(SQL_HANDLE_DBC, dbc, "28000");
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static void missing_keys_are_08001_and_named(void **state) {
    struct conn *c = *state;
    SQLHDBC dbc;
    SQLCHAR text[1000], sqlstate[6];
    SQLINTEGER native = 0;
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, c->env, &dbc));
    CHECK('E', SQLDriverConnect(dbc, NULL, (SQLCHAR *)"Driver=dbx-odbc;PWD=x", SQL_NTS, NULL, 0, NULL,
                                SQL_DRIVER_NOPROMPT));
    CHECK('S', SQLGetDiagRec(SQL_HANDLE_DBC, dbc, 1, sqlstate, &native, text, sizeof text, NULL));
    assert_string_equal((char *)sqlstate, "08001");
    assert_int_equal(native, 11570);
    assert_non_null(strstr((char *)text, "Host"));
    assert_non_null(strstr((char *)text, "HTTPPath"));
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static void the_completed_string_connects_again_and_a_short_buffer_is_01004(void **state) {
    struct conn *c = *state;
    SQLHDBC dbc;
    SQLCHAR out[2048], small[8];
    SQLSMALLINT len = 0, again = 0;
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, c->env, &dbc));
    CHECK('S', SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn_string(""), SQL_NTS, out, sizeof out, &len,
                                SQL_DRIVER_NOPROMPT));
    assert_int_equal(len, strlen((char *)out));
    CHECK('S', SQLDisconnect(dbc));
    CHECK('I', SQLDriverConnect(dbc, NULL, out, SQL_NTS, small, sizeof small, &again, SQL_DRIVER_NOPROMPT));
    assert_state(SQL_HANDLE_DBC, dbc, "01004");
    assert_true(again >= (SQLSMALLINT)sizeof small);
    CHECK('S', SQLDisconnect(dbc));
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static void browsing_asks_for_what_is_missing_and_then_connects(void **state) {
    struct conn *c = *state;
    SQLHDBC dbc;
    SQLCHAR out[1024];
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, c->env, &dbc));
    CHECK('D', SQLBrowseConnect(dbc, (SQLCHAR *)"Driver=dbx-odbc", SQL_NTS, out, sizeof out, NULL));
    assert_non_null(strstr((char *)out, "HOST:"));
    assert_non_null(strstr((char *)out, "PWD:"));
    CHECK('S', SQLBrowseConnect(dbc, (SQLCHAR *)conn_string(""), SQL_NTS, out, sizeof out, NULL));
    CHECK('S', SQLDisconnect(dbc));
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static void info_numbers_have_their_width_and_texts_their_bytes(void **state) {
    struct conn *c = *state;
    SQLUSMALLINT u16[4] = { 0xbeef, 0xbeef, 0xbeef, 0xbeef };
    SQLUINTEGER u32[2] = { 0xdeadbeef, 0xdeadbeef };
    SQLWCHAR two[2];
    SQLCHAR text[64];
    SQLSMALLINT len = 0;
    CHECK('S', SQLGetInfo(c->dbc, SQL_TXN_CAPABLE, u16, 0, &len));
    assert_int_equal(u16[0], SQL_TC_NONE);
    assert_int_equal(u16[1], 0xbeef);
    assert_int_equal(len, 2);
    CHECK('S', SQLGetInfo(c->dbc, SQL_GETDATA_EXTENSIONS, u32, 0, &len));
    assert_int_equal(u32[0], 0xf);
    assert_int_equal(u32[1], 0xdeadbeef);
    assert_int_equal(len, 4);
    CHECK('S', SQLGetInfoW(c->dbc, SQL_MULT_RESULT_SETS, two, sizeof two, &len));
    assert_int_equal(two[0], 'N');
    assert_int_equal(len, 2);
    CHECK('S', SQLGetInfo(c->dbc, SQL_DBMS_NAME, text, sizeof text, &len));
    assert_string_equal((char *)text, "Spark SQL");
    CHECK('S', SQLGetInfo(c->dbc, 180, u32, 0, NULL));
    CHECK('S', SQLGetInfo(c->dbc, 1750, u32, 0, NULL));
    CHECK('E', SQLGetInfo(c->dbc, 9999, u32, 0, NULL));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY096");
    CHECK('S', SQLGetInfo(c->dbc, SQL_DATABASE_NAME, text, sizeof text, &len));
    assert_string_equal((char *)text, "main");
}

static void functions_say_what_is_here(void **state) {
    struct conn *c = *state;
    SQLUSMALLINT all[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE], one = 7;
    CHECK('S', SQLGetFunctions(c->dbc, SQL_API_ODBC3_ALL_FUNCTIONS, all));
    assert_true(SQL_FUNC_EXISTS(all, SQL_API_SQLFETCHSCROLL));
    assert_true(SQL_FUNC_EXISTS(all, SQL_API_SQLEXTENDEDFETCH));
    assert_true(SQL_FUNC_EXISTS(all, SQL_API_SQLBINDPARAMETER));
    CHECK('S', SQLGetFunctions(c->dbc, SQL_API_SQLBULKOPERATIONS, &one));
    assert_int_equal(one, SQL_FALSE);
}

static void connection_attributes_follow_their_rules(void **state) {
    struct conn *c = *state;
    SQLUINTEGER v = 7;
    SQLCHAR name[100];
    SQLINTEGER len = 0;
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0));
    CHECK('S', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_ROLLBACK));
    CHECK('S', SQLGetConnectAttr(c->dbc, SQL_ATTR_CONNECTION_DEAD, &v, 0, NULL));
    assert_int_equal(v, SQL_CD_FALSE);
    CHECK('S', SQLGetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, name, sizeof name, &len));
    assert_string_equal((char *)name, "main");
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER)"samples", SQL_NTS));
    CHECK('S', SQLGetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, name, sizeof name, &len));
    assert_string_equal((char *)name, "samples");
    CHECK('E', SQLSetConnectAttr(c->dbc, 31999, (SQLPOINTER)1, SQL_IS_UINTEGER));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY092");
    CHECK('E', SQLSetConnectAttr(c->dbc, SQL_ATTR_TXN_ISOLATION, (SQLPOINTER)SQL_TXN_SERIALIZABLE, 0));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HYC00");
}

static void a_cursor_type_that_is_not_there_is_replaced_visibly(void **state) {
    struct conn *c = *state;
    SQLULEN v = 7;
    CHECK('I', SQLSetStmtAttr(c->stmt, SQL_ATTR_CURSOR_TYPE, (SQLPOINTER)SQL_CURSOR_DYNAMIC, 0));
    assert_state(SQL_HANDLE_STMT, c->stmt, "01S02");
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_CURSOR_TYPE, &v, 0, NULL));
    assert_int_equal(v, SQL_CURSOR_STATIC);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)30, 0));
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, &v, 0, NULL));
    assert_int_equal(v, 30);
}

static void a_long_error_is_read_again_in_full(void **state) {
    struct conn *c = *state;
    SQLCHAR small[20], large[4000], sqlstate[6];
    SQLSMALLINT len = 0, again = 0;
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT * FROM no_such_table", SQL_NTS));
    CHECK('I', SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, 1, sqlstate, NULL, small, sizeof small, &len));
    assert_string_equal((char *)sqlstate, "42S02");
    assert_int_equal(strlen((char *)small), sizeof small - 1);
    CHECK('S', SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, 1, sqlstate, NULL, large, sizeof large, &again));
    assert_int_equal(len, again);
    assert_int_equal(strlen((char *)large), (size_t)again);
    assert_non_null(strstr((char *)large, "no_such_table"));
    CHECK('N', SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, 2, sqlstate, NULL, large, sizeof large, &again));
    exec(c, "SELECT 1");
    CHECK('N', SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, 1, sqlstate, NULL, large, sizeof large, &again));
}

static void server_errors_have_the_sqlstate_programs_look_for(void **state) {
    struct conn *c = *state;
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELEC 1", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "42000");
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT nope FROM samples.tpch.region", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "42S22");
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07002");
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)" ; ", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "42000");
}

const struct CMUnitTest CONNECT_TESTS[] = {
    TEST(a_closed_port_is_08001_and_an_empty_credential_28000), TEST(missing_keys_are_08001_and_named),
    TEST(the_completed_string_connects_again_and_a_short_buffer_is_01004),
    TEST(browsing_asks_for_what_is_missing_and_then_connects),
    TEST(info_numbers_have_their_width_and_texts_their_bytes), TEST(functions_say_what_is_here),
    TEST(connection_attributes_follow_their_rules), TEST(a_cursor_type_that_is_not_there_is_replaced_visibly),
    TEST(a_long_error_is_read_again_in_full), TEST(server_errors_have_the_sqlstate_programs_look_for),
};
const size_t N_CONNECT_TESTS = COUNT(CONNECT_TESTS);
