/* Applications of ODBC 2: SQLExtendedFetch, SQLSetStmtOption, SQLSetScrollOptions, the old type codes, SQL_UB_ON. */
#include "conform.h"

#include <stdbool.h>

SQLRETURN SQLSetStmtOption(SQLHSTMT, SQLUSMALLINT, SQLULEN);
SQLRETURN SQLGetStmtOption(SQLHSTMT, SQLUSMALLINT, SQLPOINTER);
SQLRETURN SQLSetScrollOptions(SQLHSTMT, SQLUSMALLINT, SQLLEN, SQLUSMALLINT);

static int open_odbc2(void **state) {
    static struct conn c;
    memset(&c, 0, sizeof c);
    open_conn_with(&c, "", SQL_OV_ODBC2);
    *state = &c;
    return 0;
}

static int close_odbc2(void **state) {
    struct conn *c = *state;
    SQLFreeHandle(SQL_HANDLE_STMT, c->stmt);
    SQLDisconnect(c->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, c->env);
    return 0;
}

static void extended_fetch_scrolls_with_its_own_size_and_arrays(void **state) {
    struct conn *c = *state;
    SQLBIGINT id[4];
    SQLLEN ind[4];
    SQLUSMALLINT status[4];
    SQLULEN rows = 0, v = 0;
    CHECK('I', SQLSetStmtOption(c->stmt, SQL_CURSOR_TYPE, SQL_CURSOR_DYNAMIC));
    CHECK('S', SQLSetStmtOption(c->stmt, SQL_ROWSET_SIZE, 4));
    exec(c, "SELECT id FROM range(10) ORDER BY id");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, id, 0, ind));
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_LAST, 0, &rows, status));
    assert_int_equal(id[0], 6);
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_ABSOLUTE, 9, &rows, status));
    assert_int_equal(rows, 2);
    assert_int_equal(status[1], SQL_ROW_SUCCESS);
    assert_int_equal(status[2], SQL_ROW_NOROW);
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_PRIOR, 0, &rows, status));
    assert_int_equal(id[0], 4);
    CHECK('S', SQLSetPos(c->stmt, 3, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    assert_int_equal(get_long(c->stmt, 1), 6);
    CHECK('S', SQLGetStmtOption(c->stmt, SQL_ROW_NUMBER, &v));
    assert_int_equal(v, 7);
    CHECK('I', SQLExtendedFetch(c->stmt, SQL_FETCH_ABSOLUTE, 2, &rows, status) == SQL_SUCCESS
               ? SQLExtendedFetch(c->stmt, SQL_FETCH_PRIOR, 0, &rows, status) : SQL_ERROR);
    assert_state(SQL_HANDLE_STMT, c->stmt, "01S06");
    assert_int_equal(id[0], 0);
    CHECK('N', SQLExtendedFetch(c->stmt, SQL_FETCH_PRIOR, 0, &rows, status));
    assert_int_equal(rows, 0);
}

static void a_row_with_an_error_is_01S01_and_the_others_are_there(void **state) {
    struct conn *c = *state;
    SQLINTEGER v[3];
    SQLLEN ind[3];
    SQLUSMALLINT status[3];
    SQLULEN rows = 0;
    CHECK('S', SQLSetStmtOption(c->stmt, SQL_ROWSET_SIZE, 3));
    exec(c, "SELECT * FROM VALUES ('1'), ('x'), ('3') AS t(s)");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, v, 0, ind));
    CHECK('I', SQLExtendedFetch(c->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    assert_int_equal(rows, 3);
    assert_int_equal(status[0], SQL_ROW_SUCCESS);
    assert_int_equal(status[1], SQL_ROW_ERROR);
    assert_int_equal(v[2], 3);
    SQLCHAR sqlstate[6] = "", text[300];
    bool found = false;
    for (SQLSMALLINT i = 1; i < 9; i++) {
        if (!SQL_SUCCEEDED(SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, i, sqlstate, NULL, text, 300, NULL))) break;
        found = found || strcmp((char *)sqlstate, "01S01") == 0;
    }
    assert_true(found);
}

static void dates_have_the_old_type_codes_in_both_directions(void **state) {
    struct conn *c = *state;
    SQLSMALLINT type = 0;
    SQL_DATE_STRUCT d;
    SQL_TIMESTAMP_STRUCT t;
    SQLLEN ind = 0;
    exec(c, "SELECT DATE'2024-02-29' AS d, TIMESTAMP_NTZ'2024-02-29 01:02:03' AS t");
    CHECK('S', SQLDescribeCol(c->stmt, 1, NULL, 0, NULL, &type, NULL, NULL, NULL));
    assert_int_equal(type, SQL_DATE);
    CHECK('S', SQLDescribeCol(c->stmt, 2, NULL, 0, NULL, &type, NULL, NULL, NULL));
    assert_int_equal(type, SQL_TIMESTAMP);
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_DATE, &d, sizeof d, &ind));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(d.day, 29);
    CHECK('S', SQLGetData(c->stmt, 2, SQL_C_TIMESTAMP, &t, sizeof t, &ind));
    assert_int_equal(t.second, 3);
}

static void scroll_options_choose_kind_and_size(void **state) {
    struct conn *c = *state;
    SQLULEN v = 0, rows = 0;
    SQLUSMALLINT status[5];
    CHECK('S', SQLSetScrollOptions(c->stmt, SQL_CONCUR_READ_ONLY, SQL_SCROLL_STATIC, 5));
    CHECK('S', SQLGetStmtOption(c->stmt, SQL_CURSOR_TYPE, &v));
    assert_int_equal(v, SQL_CURSOR_STATIC);
    exec(c, "SELECT id FROM range(12) ORDER BY id");
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_LAST, 0, &rows, status));
    assert_int_equal(rows, 5);
    assert_int_equal(get_long(c->stmt, 1), 7);
}

static void a_fixed_bookmark_is_a_number_that_extended_fetch_takes(void **state) {
    struct conn *c = *state;
    SQLUSMALLINT status[1];
    SQLULEN rows = 0, mark = 0, other = 0;
    SQLLEN ind = 0;
    CHECK('S', SQLSetStmtOption(c->stmt, SQL_CURSOR_TYPE, SQL_CURSOR_STATIC));
    CHECK('S', SQLSetStmtOption(c->stmt, SQL_USE_BOOKMARKS, SQL_UB_ON));
    exec(c, "SELECT id FROM range(30) ORDER BY id");
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_ABSOLUTE, 13, &rows, status));
    CHECK('S', SQLGetData(c->stmt, 0, SQL_C_BOOKMARK, &mark, sizeof mark, &ind));
    CHECK('S', SQLGetStmtOption(c->stmt, SQL_GET_BOOKMARK, &other));
    assert_int_equal(other, mark);
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_FIRST, 0, &rows, status));
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_BOOKMARK, (SQLLEN)mark, &rows, status));
    assert_int_equal(get_long(c->stmt, 1), 12);
}

static void the_two_ways_to_fetch_do_not_mix(void **state) {
    struct conn *c = *state;
    SQLUSMALLINT status[1];
    SQLULEN rows = 0;
    exec(c, "SELECT id FROM range(3)");
    CHECK('S', SQLFetch(c->stmt));
    CHECK('E', SQLExtendedFetch(c->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    assert_state(SQL_HANDLE_STMT, c->stmt, "S1010");
}

#define TEST2(f) cmocka_unit_test_setup_teardown(f, open_odbc2, close_odbc2)

const struct CMUnitTest CURSOR2_TESTS[] = {
    TEST2(extended_fetch_scrolls_with_its_own_size_and_arrays),
    TEST2(a_row_with_an_error_is_01S01_and_the_others_are_there),
    TEST2(dates_have_the_old_type_codes_in_both_directions), TEST2(scroll_options_choose_kind_and_size),
    TEST2(a_fixed_bookmark_is_a_number_that_extended_fetch_takes), TEST2(the_two_ways_to_fetch_do_not_mix),
};
const size_t N_CURSOR2_TESTS = COUNT(CURSOR2_TESTS);
