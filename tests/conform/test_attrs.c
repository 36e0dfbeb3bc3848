/* Attributes of environments, connections and statements. */
#include "conform.h"

#include <stdbool.h>

static void set_number(SQLHDBC dbc, SQLINTEGER attr, SQLULEN v) {
    CHECK('S', SQLSetConnectAttr(dbc, attr, (SQLPOINTER)v, 0));
}

static SQLUINTEGER get_number(SQLHDBC dbc, SQLINTEGER attr) {
    SQLULEN v = 0;
    CHECK('S', SQLGetConnectAttr(dbc, attr, &v, 0, NULL));
    return (SQLUINTEGER)v;
}

static const char *catalog_of(SQLHDBC dbc) {
    static SQLCHAR name[300];
    SQLINTEGER len = 0;
    CHECK('S', SQLGetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, name, sizeof name, &len));
    assert_int_equal(len, strlen((char *)name));
    return (char *)name;
}

static void the_current_catalog_follows_use(void **state) {
    struct conn *c = *state;
    SQLCHAR info[100], tiny[4];
    SQLWCHAR wide[100];
    SQLINTEGER len = 0;
    assert_string_equal(catalog_of(c->dbc), "main");
    exec(c, "USE CATALOG samples");
    assert_string_equal(catalog_of(c->dbc), "samples");
    CHECK('S', SQLGetInfo(c->dbc, SQL_DATABASE_NAME, info, sizeof info, NULL));
    assert_string_equal((char *)info, "samples");
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER)"main", 4));
    exec(c, "SELECT current_catalog()");
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "main");
    CHECK('S', SQLGetConnectAttrW(c->dbc, SQL_ATTR_CURRENT_CATALOG, wide, sizeof wide, &len));
    assert_int_equal(len, 8);
    CHECK('I', SQLGetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, tiny, sizeof tiny, &len));
    assert_state(SQL_HANDLE_DBC, c->dbc, "01004");
    assert_string_equal((char *)tiny, "mai");
    assert_int_equal(len, 4);
}

static void a_catalog_that_is_not_there_is_refused_and_the_old_one_stays(void **state) {
    struct conn *c = *state;
    CHECK('E', SQLSetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER)"no_such_catalog", SQL_NTS));
    assert_state(SQL_HANDLE_DBC, c->dbc, "3D000");
    assert_string_equal(catalog_of(c->dbc), "main");
    CHECK('E', SQLSetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER)"", SQL_NTS));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY024");
}

static void a_rollback_after_a_write_says_that_nothing_was_undone(void **state) {
    struct conn *c = *state;
    SQLRETURN rc = SQLExecDirect(c->stmt, (SQLCHAR *)"DROP TABLE IF EXISTS main.default.attrs_t", SQL_NTS);
    assert_true(SQL_SUCCEEDED(rc));
    rc = SQLExecDirect(c->stmt, (SQLCHAR *)"CREATE TABLE main.default.attrs_t (a INT)", SQL_NTS);
    assert_true(SQL_SUCCEEDED(rc));
    CHECK('S', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_ROLLBACK));      /* autocommit is on */
    set_number(c->dbc, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF);
    exec(c, "SELECT 1");
    CHECK('S', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_ROLLBACK));      /* nothing to undo */
    CHECK('S', SQLCloseCursor(c->stmt));
    exec(c, "INSERT INTO main.default.attrs_t VALUES (1)");
    CHECK('S', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_COMMIT));
    CHECK('S', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_ROLLBACK));
    exec(c, "INSERT INTO main.default.attrs_t VALUES (2)");
    CHECK('E', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_ROLLBACK));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HYC00");
    CHECK('E', SQLEndTran(SQL_HANDLE_DBC, c->dbc, 17));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY012");
    exec(c, "DROP TABLE main.default.attrs_t");
    set_number(c->dbc, SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_ON);
    CHECK('S', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_ROLLBACK));      /* switching committed */
}

static void connection_attributes_have_their_defaults_and_keep_what_is_set(void **state) {
    struct conn *c = *state;
    static const struct { SQLINTEGER attr; SQLULEN dflt, other; char set; const char *why; } ROWS[] = {
        { SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_WRITE, SQL_MODE_READ_ONLY, 'S', NULL },
        { SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_ON, SQL_AUTOCOMMIT_OFF, 'S', NULL },
        { SQL_ATTR_CONNECTION_TIMEOUT, 0, 300, 'S', NULL },
        { SQL_ATTR_METADATA_ID, SQL_FALSE, SQL_TRUE, 'S', NULL },
        { SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_ONLY, 99, 'E', "HY024" },
        { SQL_ATTR_AUTOCOMMIT, SQL_AUTOCOMMIT_OFF, 99, 'E', "HY024" },
        { SQL_ATTR_TXN_ISOLATION, 0, SQL_TXN_SERIALIZABLE, 'E', "HYC00" },
        { SQL_ATTR_LOGIN_TIMEOUT, 0, 5, 'E', "HY011" }, { SQL_ATTR_PACKET_SIZE, 0, 4096, 'E', "HY011" },
        { SQL_ATTR_AUTO_IPD, SQL_FALSE, SQL_TRUE, 'E', "HY092" },
        { SQL_ATTR_CONNECTION_DEAD, SQL_CD_FALSE, 1, 'E', "HY092" },
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        SQLUINTEGER v = get_number(c->dbc, ROWS[i].attr);
        if (v != ROWS[i].dflt) fail_msg("attribute %d is %u", (int)ROWS[i].attr, v);
        SQLRETURN rc = SQLSetConnectAttr(c->dbc, ROWS[i].attr, (SQLPOINTER)ROWS[i].other, 0);
        if (letter(rc) != ROWS[i].set) fail_msg("attribute %d: setting gave %c", (int)ROWS[i].attr, letter(rc));
        if (ROWS[i].why) assert_state(SQL_HANDLE_DBC, c->dbc, ROWS[i].why);
        else assert_int_equal(get_number(c->dbc, ROWS[i].attr), ROWS[i].other);
    }
}

static void what_cannot_be_done_says_so(void **state) {
    struct conn *c = *state;
    int window = 0;
    void *back = NULL;
    CHECK('E', SQLSetConnectAttr(c->dbc, SQL_ATTR_ENLIST_IN_DTC, &window, SQL_IS_POINTER));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HYC00");
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_ENLIST_IN_DTC, NULL, SQL_IS_POINTER));
    CHECK('E', SQLSetConnectAttr(c->dbc, SQL_ATTR_TRANSLATE_OPTION, (SQLPOINTER)1, 0));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HYC00");
    CHECK('E', SQLSetConnectAttr(c->dbc, SQL_ATTR_TRANSLATE_LIB, (SQLPOINTER)"libx.so", SQL_NTS));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HYC00");
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_QUIET_MODE, &window, SQL_IS_POINTER));
    CHECK('S', SQLGetConnectAttr(c->dbc, SQL_ATTR_QUIET_MODE, &back, 0, NULL));
    assert_ptr_equal(back, &window);
    CHECK('E', SQLGetConnectAttr(c->dbc, 1256, &back, 0, NULL));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY092");
}

static void attributes_set_before_connecting_count(void **state) {
    struct conn *c = *state;
    SQLHDBC dbc;
    SQLHSTMT stmt;
    SQLULEN v = 0;
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, c->env, &dbc));
    CHECK('S', SQLSetConnectAttr(dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER)"samples", SQL_NTS));
    set_number(dbc, SQL_ATTR_LOGIN_TIMEOUT, 50);
    set_number(dbc, SQL_ATTR_METADATA_ID, SQL_TRUE);
    set_number(dbc, SQL_ATTR_QUERY_TIMEOUT, 77);
    CHECK('S', SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn_string(""), SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
    assert_string_equal(catalog_of(dbc), "samples");
    assert_int_equal(get_number(dbc, SQL_ATTR_LOGIN_TIMEOUT), 50);
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt));
    CHECK('S', SQLGetStmtAttr(stmt, SQL_ATTR_METADATA_ID, &v, 0, NULL));
    assert_int_equal(v, SQL_TRUE);
    CHECK('S', SQLGetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, &v, 0, NULL));
    assert_int_equal(v, 77);
    SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
}

static void statement_attributes_on_a_connection_reach_old_and_new_statements(void **state) {
    struct conn *c = *state;
    SQLHSTMT later;
    SQLULEN v = 0;
    set_number(c->dbc, SQL_ATTR_QUERY_TIMEOUT, 55);
    set_number(c->dbc, SQL_ATTR_MAX_ROWS, 3);
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, &v, 0, NULL));
    assert_int_equal(v, 55);
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &later));
    CHECK('S', SQLGetStmtAttr(later, SQL_ATTR_MAX_ROWS, &v, 0, NULL));
    assert_int_equal(v, 3);
    SQLFreeHandle(SQL_HANDLE_STMT, later);
}

static void a_reset_connection_is_as_new_and_its_statements_can_still_be_used(void **state) {
    struct conn *c = *state;
    SQLINTEGER v = 0;
    SQLULEN timeout = 9;
    exec(c, "USE SCHEMA information_schema");
    set_number(c->dbc, SQL_ATTR_QUERY_TIMEOUT, 60);
    set_number(c->dbc, SQL_ATTR_ACCESS_MODE, SQL_MODE_READ_ONLY);
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_RESET_CONNECTION, (SQLPOINTER)SQL_RESET_CONNECTION_YES, 0));
    assert_int_equal(get_number(c->dbc, SQL_ATTR_ACCESS_MODE), SQL_MODE_READ_WRITE);
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, &timeout, 0, NULL));
    assert_int_equal(timeout, 0);
    exec(c, "SELECT current_schema()");
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "default");
    CHECK('E', SQLSetConnectAttr(c->dbc, SQL_ATTR_RESET_CONNECTION, (SQLPOINTER)9, 0));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY024");
}

static void statement_attributes_refuse_what_is_not_there(void **state) {
    struct conn *c = *state;
    SQLULEN v = 0;
    static const struct { SQLINTEGER attr; SQLULEN value; const char *why; } ROWS[] = {
        { SQL_ATTR_ROW_ARRAY_SIZE, 0, "HY024" }, { SQL_ATTR_PARAMSET_SIZE, 0, "HY024" },
        { SQL_ATTR_NOSCAN, 9, "HY024" }, { SQL_ATTR_RETRIEVE_DATA, 9, "HY024" }, { SQL_ATTR_METADATA_ID, 9, "HY024" },
        { SQL_ATTR_ENABLE_AUTO_IPD, SQL_TRUE, "HYC00" }, { 31999, 1, "HY092" }, { SQL_ATTR_ROW_NUMBER, 1, "HY092" },
        { SQL_ATTR_IMP_ROW_DESC, 0, "HY017" },
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        SQLRETURN rc = SQLSetStmtAttr(c->stmt, ROWS[i].attr, (SQLPOINTER)ROWS[i].value, 0);
        if (rc != SQL_ERROR) fail_msg("attribute %d: setting gave %c", (int)ROWS[i].attr, letter(rc));
        assert_state(SQL_HANDLE_STMT, c->stmt, ROWS[i].why);
    }
    CHECK('E', SQLGetStmtAttr(c->stmt, 31999, &v, 0, NULL));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY092");
}

static void header_fields_of_descriptors_are_statement_attributes(void **state) {
    struct conn *c = *state;
    SQLHDESC ard, ipd;
    SQLULEN size = 0, done = 0, *place = NULL;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_IMP_PARAM_DESC, &ipd, 0, NULL));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)12, 0));
    CHECK('S', SQLGetDescField(ard, 0, SQL_DESC_ARRAY_SIZE, &size, 0, NULL));
    assert_int_equal(size, 12);
    CHECK('S', SQLSetDescField(ipd, 0, SQL_DESC_ROWS_PROCESSED_PTR, &done, 0));
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &place, 0, NULL));
    assert_ptr_equal(place, &done);
}

static void the_environment_keeps_its_version_and_pooling(void **state) {
    struct conn *c = *state;
    SQLINTEGER v = 0;
    CHECK('S', SQLGetEnvAttr(c->env, SQL_ATTR_ODBC_VERSION, &v, 0, NULL));
    assert_int_equal(v, SQL_OV_ODBC3_80);
    CHECK('S', SQLGetEnvAttr(c->env, SQL_ATTR_OUTPUT_NTS, &v, 0, NULL));
    assert_int_equal(v, SQL_TRUE);
    CHECK('E', SQLSetEnvAttr(c->env, SQL_ATTR_OUTPUT_NTS, (SQLPOINTER)SQL_FALSE, 0));
}

const struct CMUnitTest ATTR_TESTS[] = {
    TEST(the_current_catalog_follows_use), TEST(a_catalog_that_is_not_there_is_refused_and_the_old_one_stays),
    TEST(a_rollback_after_a_write_says_that_nothing_was_undone),
    TEST(connection_attributes_have_their_defaults_and_keep_what_is_set), TEST(what_cannot_be_done_says_so),
    TEST(attributes_set_before_connecting_count),
    TEST(statement_attributes_on_a_connection_reach_old_and_new_statements),
    TEST(a_reset_connection_is_as_new_and_its_statements_can_still_be_used),
    TEST(statement_attributes_refuse_what_is_not_there), TEST(header_fields_of_descriptors_are_statement_attributes),
    TEST(the_environment_keeps_its_version_and_pooling),
};
const size_t N_ATTR_TESTS = COUNT(ATTR_TESTS);
