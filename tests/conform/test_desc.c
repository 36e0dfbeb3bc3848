/* Descriptors, handles, cursor names. */
#include "conform.h"

static void an_ard_record_binds_as_bindcol_does(void **state) {
    struct conn *c = *state;
    SQLHDESC ard;
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    SQLSMALLINT count = 0;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_TYPE, (SQLPOINTER)SQL_C_SLONG, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_INDICATOR_PTR, &ind, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_OCTET_LENGTH_PTR, &ind, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, &v, 0));
    CHECK('S', SQLGetDescField(ard, 0, SQL_DESC_COUNT, &count, 0, NULL));
    assert_int_equal(count, 1);
    exec(c, "SELECT 42");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v, 42);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_UNBIND));
    CHECK('S', SQLGetDescField(ard, 0, SQL_DESC_COUNT, &count, 0, NULL));
    assert_int_equal(count, 0);
}

static void numeric_uses_the_scale_of_the_ard(void **state) {
    struct conn *c = *state;
    SQLHDESC ard;
    SQL_NUMERIC_STRUCT n;
    SQLLEN ind = 0;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    exec(c, "SELECT CAST(123.45 AS DECIMAL(10,2))");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_NUMERIC, &n, sizeof n, &ind));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_PRECISION, (SQLPOINTER)10, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_SCALE, (SQLPOINTER)2, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, &n, 0));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(n.val[0] + n.val[1] * 256, 12345);
    assert_int_equal(n.scale, 2);
}

static void the_ird_describes_and_cannot_be_changed(void **state) {
    struct conn *c = *state;
    SQLHDESC ird;
    SQLCHAR name[32];
    SQLSMALLINT type = 0, sub = 0, precision = 0, scale = 0, nullable = 0, len = 0;
    SQLLEN length = 0;
    exec(c, "SELECT CAST(1 AS DECIMAL(10,2)) AS price");
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_IMP_ROW_DESC, &ird, 0, NULL));
    CHECK('S', SQLGetDescRec(ird, 1, name, sizeof name, &len, &type, &sub, &length, &precision, &scale, &nullable));
    assert_string_equal((char *)name, "price");
    assert_int_equal(type, SQL_DECIMAL);
    assert_int_equal(precision, 10);
    assert_int_equal(scale, 2);
    CHECK('N', SQLGetDescRec(ird, 2, name, sizeof name, &len, &type, &sub, &length, &precision, &scale, &nullable));
    CHECK('E', SQLSetDescField(ird, 1, SQL_DESC_SCALE, (SQLPOINTER)3, 0));
    assert_state(SQL_HANDLE_DESC, ird, "HY016");
}

static void an_explicit_descriptor_serves_until_it_is_freed(void **state) {
    struct conn *c = *state;
    SQLHDESC own, first, now;
    SQLINTEGER v = 0;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &first, 0, NULL));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DESC, c->dbc, &own));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, own, 0));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    exec(c, "SELECT 7");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v, 7);
    CHECK('S', SQLCopyDesc(own, first));
    CHECK('S', SQLFreeHandle(SQL_HANDLE_DESC, own));
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &now, 0, NULL));
    assert_ptr_equal(now, first);
    CHECK('S', SQLCloseCursor(c->stmt));
    v = 0;
    exec(c, "SELECT 8");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v, 8);
}

static void cursor_names_are_unique_on_a_connection(void **state) {
    struct conn *c = *state;
    SQLHSTMT other;
    SQLCHAR name[64];
    SQLSMALLINT len = 0;
    CHECK('S', SQLGetCursorName(c->stmt, name, sizeof name, &len));
    assert_int_equal(strncmp((char *)name, "SQL_CUR", 7), 0);
    CHECK('S', SQLSetCursorName(c->stmt, (SQLCHAR *)"mine", SQL_NTS));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &other));
    CHECK('E', SQLSetCursorName(other, (SQLCHAR *)"MINE", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, other, "3C000");
    CHECK('E', SQLSetCursorName(other, (SQLCHAR *)"SQL_CURx", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, other, "34000");
    SQLFreeHandle(SQL_HANDLE_STMT, other);
}

static void disconnecting_ends_open_statements(void **state) {
    struct conn *c = *state;
    exec(c, "SELECT * FROM samples.tpch.lineitem");
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLDisconnect(c->dbc));
    c->stmt = NULL;
    CHECK('S', SQLDriverConnect(c->dbc, NULL, (SQLCHAR *)conn_string(""), SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
}

static void an_odbc_2_program_sees_the_old_codes(void **state) {
    struct conn *c = *state, old = { .env = NULL };
    SQLSMALLINT type = 0;
    open_conn_with(&old, "", SQL_OV_ODBC2);
    exec(&old, "SELECT DATE'2024-01-02'");
    CHECK('S', SQLDescribeCol(old.stmt, 1, NULL, 0, NULL, &type, NULL, NULL, NULL));
    assert_int_equal(type, SQL_DATE);
    SQLFreeHandle(SQL_HANDLE_STMT, old.stmt);
    SQLDisconnect(old.dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, old.dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, old.env);
    (void)c;
}

const struct CMUnitTest DESC_TESTS[] = {
    TEST(an_ard_record_binds_as_bindcol_does), TEST(numeric_uses_the_scale_of_the_ard),
    TEST(the_ird_describes_and_cannot_be_changed), TEST(an_explicit_descriptor_serves_until_it_is_freed),
    TEST(cursor_names_are_unique_on_a_connection), TEST(disconnecting_ends_open_statements),
    TEST(an_odbc_2_program_sees_the_old_codes),
};
const size_t N_DESC_TESTS = COUNT(DESC_TESTS);
