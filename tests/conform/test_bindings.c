/* Bindings that change between fetches, in every way that ODBC has for it, and types that change between calls of
 * SQLGetData: what was made of them for the last row must not be used for the next. */
#include "conform.h"

#include <stdio.h>

enum { GUARD = -7777 };

/* Rows 0, 1, 2, … in two columns; the second as text with an x in front. */
static void open_rows(struct conn *c) { exec(c, "SELECT id, concat('x', id) AS s FROM range(1000) ORDER BY id"); }

static void rebinding_takes_effect_with_the_next_row(void **state) {
    struct conn *c = *state;
    SQLBIGINT a = GUARD, b = GUARD;
    SQLINTEGER small = GUARD;
    char text[16] = "";
    SQLLEN ind = 0;
    open_rows(c);
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &a, 0, NULL));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(a, 1);
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &b, 0, NULL));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(a, 1);
    assert_int_equal(b, 2);
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &small, 0, NULL));
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_CHAR, text, sizeof text, &ind));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(b, 2);
    assert_int_equal(small, 3);
    assert_string_equal(text, "x3");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, NULL, 0, NULL));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(small, 3);
    assert_string_equal(text, "x4");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_UNBIND));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(text, "x4");
    CHECK('S', SQLBindCol(c->stmt, 3, SQL_C_SLONG, &small, 0, NULL));
    CHECK('E', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07009");
}

static void fields_of_the_ard_take_effect_with_the_next_row(void **state) {
    struct conn *c = *state;
    SQLHDESC ard;
    SQLBIGINT v[2] = {GUARD, GUARD};
    SQLLEN offset = sizeof v[0];
    open_rows(c);
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &v[0], 0, NULL));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, &v[1], 0));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[0], 0);
    assert_int_equal(v[1], 1);
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, &v[0], 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset, 0));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[0], 0);
    assert_int_equal(v[1], 2);
    offset = 0;                 /* read anew at every fetch */
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[0], 3);
    offset = sizeof v[0];
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[0], 3);
    assert_int_equal(v[1], 4);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_RETRIEVE_DATA, (SQLPOINTER)SQL_RD_OFF, 0));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[1], 4);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_RETRIEVE_DATA, (SQLPOINTER)SQL_RD_ON, 0));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[1], 6);
}

/* The descriptor is changed by itself, through another statement, by SQLCopyDesc, and taken away. */
static void a_shared_descriptor_takes_effect_with_the_next_row(void **state) {
    struct conn *c = *state;
    SQLHDESC own, source;
    SQLHSTMT other;
    SQLBIGINT v[5] = {GUARD, GUARD, GUARD, GUARD, GUARD};
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DESC, c->dbc, &own));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &other));
    CHECK('S', SQLGetStmtAttr(other, SQL_ATTR_APP_ROW_DESC, &source, 0, NULL));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &v[0], 0, NULL));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, own, 0));
    CHECK('S', SQLSetStmtAttr(other, SQL_ATTR_APP_ROW_DESC, own, 0));
    open_rows(c);
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &v[1], 0, NULL));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLBindCol(other, 1, SQL_C_SBIGINT, &v[2], 0, NULL));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLSetDescField(own, 1, SQL_DESC_DATA_PTR, &v[3], 0));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLBindCol(other, 1, SQL_C_SBIGINT, &v[1], 0, NULL));
    CHECK('S', SQLSetStmtAttr(other, SQL_ATTR_APP_ROW_DESC, SQL_NULL_HDESC, 0));
    CHECK('S', SQLBindCol(other, 1, SQL_C_SBIGINT, &v[4], 0, NULL));
    CHECK('S', SQLCopyDesc(source, own));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[1], 0);
    assert_int_equal(v[2], 1);
    assert_int_equal(v[3], 2);
    assert_int_equal(v[4], 3);
    CHECK('S', SQLFreeHandle(SQL_HANDLE_DESC, own));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(v[0], 4);
    SQLFreeHandle(SQL_HANDLE_STMT, other);
}

/* Arrays that grow and shrink between fetches, across the words of a bitmap. */
static void the_rowset_may_change_its_size_and_its_shape(void **state) {
    static const SQLULEN SIZES[] = {1, 63, 64, 65, 1, 2, 128, 1, 129, 1};
    struct conn *c = *state;
    struct row { SQLBIGINT id; SQLLEN ind; char text[8]; SQLLEN text_ind; } rows[130];
    SQLUSMALLINT status[130];
    SQLULEN fetched = 0;
    SQLBIGINT next = 0;
    exec(c, "SELECT id, "
            "CASE WHEN id % 64 IN (0, 63) THEN NULL ELSE concat('x', id) END AS s FROM range(1000) ORDER BY id");
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_BIND_TYPE, (SQLPOINTER)sizeof rows[0], 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, &rows[0].id, 0, &rows[0].ind));
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_CHAR, rows[0].text, sizeof rows[0].text, &rows[0].text_ind));
    for (size_t i = 0; i < COUNT(SIZES); i++) {
        CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)SIZES[i], 0));
        CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, i % 2 ? status : NULL, 0));
        CHECK('S', SQLFetch(c->stmt));
        assert_int_equal(fetched, SIZES[i]);
        for (SQLULEN k = 0; k < SIZES[i]; k++, next++) {
            char want[24];
            assert_int_equal(rows[k].id, next);
            snprintf(want, sizeof want, "x%ld", (long)next);
            if (next % 64 == 0 || next % 64 == 63) assert_int_equal(rows[k].text_ind, SQL_NULL_DATA);
            else assert_string_equal(rows[k].text, want);
            if (i % 2) assert_int_equal(status[k], SQL_ROW_SUCCESS);
        }
    }
}

static void getdata_follows_type_buffer_and_limit(void **state) {
    struct conn *c = *state;
    SQLBIGINT number = 0;
    char text[32] = "";
    SQLWCHAR wide[32] = {0};
    SQLLEN ind = 0;
    exec(c, "SELECT id, concat('abcdefgh', id) AS s, "
            "CASE WHEN id = 2 THEN NULL ELSE id END AS n FROM range(10) ORDER BY id");
    for (int i = 0; i < 6; i++) {
        CHECK('S', SQLFetch(c->stmt));
        CHECK('S', SQLGetData(c->stmt, 1, SQL_C_SBIGINT, &number, 0, &ind));
        assert_int_equal(number, i);
        CHECK('N', SQLGetData(c->stmt, 1, SQL_C_SBIGINT, &number, 0, &ind));
        CHECK('S', SQLGetData(c->stmt, 1, SQL_C_CHAR, text, sizeof text, &ind));   /* from the beginning */
        assert_int_equal(text[0], '0' + i);
        CHECK('I', SQLGetData(c->stmt, 2, SQL_C_CHAR, text, 5, &ind));
        assert_string_equal(text, "abcd");
        assert_int_equal(ind, 9);
        CHECK('S', SQLGetData(c->stmt, 2, SQL_C_WCHAR, wide, sizeof wide, &ind));
        assert_int_equal(ind, 18);
        assert_int_equal(wide[8], '0' + i);
        CHECK('I', SQLGetData(c->stmt, 2, SQL_C_CHAR, text, 5, &ind));
        CHECK('S', SQLGetData(c->stmt, 2, SQL_C_CHAR, text, sizeof text, &ind));
        assert_int_equal(text[4], '0' + i);
        CHECK('N', SQLGetData(c->stmt, 2, SQL_C_CHAR, text, sizeof text, &ind));
        CHECK(i == 2 ? 'E' : 'S', SQLGetData(c->stmt, 3, SQL_C_SBIGINT, &number, 0, NULL));
        if (i == 2) assert_state(SQL_HANDLE_STMT, c->stmt, "22002");
        CHECK('S', SQLGetData(c->stmt, 1, SQL_C_CHAR, text, sizeof text, NULL));
        CHECK('E', SQLGetData(c->stmt, 4, SQL_C_CHAR, text, sizeof text, &ind));
        assert_state(SQL_HANDLE_STMT, c->stmt, "07009");
        CHECK('E', SQLGetData(c->stmt, 1, SQL_C_TYPE_DATE, text, sizeof text, &ind));
        assert_state(SQL_HANDLE_STMT, c->stmt, "07006");
        CHECK('E', SQLGetData(c->stmt, 1, SQL_C_CHAR, text, 1, &ind));
        assert_state(SQL_HANDLE_STMT, c->stmt, "22003");
    }
    CHECK('N', (SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)100, 0), SQLFetch(c->stmt),
                SQLFetch(c->stmt)));
    CHECK('E', SQLGetData(c->stmt, 1, SQL_C_SBIGINT, &number, 0, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "24000");
}

const struct CMUnitTest BINDING_TESTS[] = {
    TEST(rebinding_takes_effect_with_the_next_row), TEST(fields_of_the_ard_take_effect_with_the_next_row),
    TEST(a_shared_descriptor_takes_effect_with_the_next_row), TEST(the_rowset_may_change_its_size_and_its_shape),
    TEST(getdata_follows_type_buffer_and_limit),
};
const size_t N_BINDING_TESTS = COUNT(BINDING_TESTS);
