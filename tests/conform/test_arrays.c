/* Arrays of parameters: what the server refuses, row by row; what the driver refuses before. */
#include "conform.h"

#include <stdio.h>

enum { MANY = 40 };

static const char TABLE[] = "main.default.conform_arrays";

static void fresh_table(struct conn *c, const char *columns) {
    char sql[300];
    snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS %s", TABLE);
    exec(c, sql);
    snprintf(sql, sizeof sql, "CREATE TABLE %s (%s)", TABLE, columns);
    exec(c, sql);
}

static SQLLEN count_of(struct conn *c, const char *where) {
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s", TABLE, where);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0));
    exec(c, sql);
    CHECK('S', SQLFetch(c->stmt));
    SQLLEN n = get_long(c->stmt, 1);
    CHECK('S', SQLCloseCursor(c->stmt));
    return n;
}

static void set_array(struct conn *c, SQLULEN n, SQLUSMALLINT *status, SQLULEN *processed) {
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)n, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, processed, 0));
}

static void bind_long(struct conn *c, int number, SQLINTEGER *v) {
    CHECK('S', SQLBindParameter(c->stmt, (SQLUSMALLINT)number, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, v, 0, NULL));
}

static void bind_text(struct conn *c, int number, SQLSMALLINT sql_type, void *v, SQLLEN cap) {
    CHECK('S', SQLBindParameter(c->stmt, (SQLUSMALLINT)number, SQL_PARAM_INPUT, SQL_C_CHAR, sql_type, 0, 0, v, cap, NULL));
}

static void what_the_server_refuses_of_a_chunk_is_found_and_the_rest_is_inserted(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[MANY], small[MANY];
    SQLUSMALLINT status[MANY];
    SQLULEN processed = 0;
    SQLLEN rows = 0, row = 0;
    char sql[200];
    fresh_table(c, "id INT, small TINYINT");
    for (int i = 0; i < MANY; i++) {
        id[i] = i;
        small[i] = i == 7 || i == 30 ? 1000 : i;        /* too large for the column: only the server knows */
    }
    set_array(c, MANY, status, &processed);
    bind_long(c, 1, id);
    bind_long(c, 2, small);
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, ?)", TABLE);
    CHECK('I', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22003");
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, c->stmt, 1, SQL_DIAG_ROW_NUMBER, &row, 0, NULL));
    assert_int_equal(row, 8);
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, MANY - 2);
    assert_int_equal(processed, MANY);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(status[i], i == 7 || i == 30 ? SQL_PARAM_ERROR : SQL_PARAM_SUCCESS);
    assert_int_equal(count_of(c, "id = small"), MANY - 2);
    assert_int_equal(count_of(c, "id IN (7, 30)"), 0);
}

static void when_every_row_is_refused_the_call_is_an_error_and_the_table_is_empty(void **state) {
    struct conn *c = *state;
    SQLINTEGER small[MANY];
    SQLUSMALLINT status[MANY];
    SQLULEN processed = 0;
    char sql[200];
    fresh_table(c, "small TINYINT");
    for (int i = 0; i < MANY; i++) small[i] = 1000 + i;
    set_array(c, MANY, status, &processed);
    bind_long(c, 1, small);
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?)", TABLE);
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    for (int i = 0; i < MANY; i++) assert_int_equal(status[i], SQL_PARAM_ERROR);
    assert_int_equal(count_of(c, "true"), 0);
}

/* A list of values has one type per column; 38 whole digits and 38 decimals have none in common. */
static void decimals_of_different_shape_stay_exact(void **state) {
    struct conn *c = *state;
    char value[4][48] = { "99999999999999999999999999999999999999", "1.1234567890123456789012345678901234567", "-7.5",
        "1000000000000000000000000000000000000.5" };
    SQLINTEGER id[4] = { 0, 1, 2, 3 };
    SQLUSMALLINT status[4];
    SQLULEN processed = 0;
    char sql[200];
    fresh_table(c, "id INT, s STRING");
    set_array(c, 4, status, &processed);
    bind_long(c, 1, id);
    bind_text(c, 2, SQL_DECIMAL, value, sizeof value[0]);
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, CAST(? AS STRING))", TABLE);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0));
    snprintf(sql, sizeof sql, "SELECT s FROM %s ORDER BY id", TABLE);
    exec(c, sql);
    for (int i = 0; i < 4; i++) {
        CHECK('S', SQLFetch(c->stmt));
        assert_string_equal(get_text(c->stmt, 1), value[i]);
    }
}

static void a_set_that_is_ignored_is_not_even_read(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[3] = { 1, 2, 3 };
    SQLLEN ind[3] = { 0, -99999, 0 };       /* hostile where it must not matter */
    SQLUSMALLINT status[3], operation[3] = { SQL_PARAM_PROCEED, SQL_PARAM_IGNORE, SQL_PARAM_PROCEED };
    SQLULEN processed = 0;
    char text[3][4] = { "a", "b", "c" };
    char sql[200];
    fresh_table(c, "id INT, s STRING");
    ind[0] = ind[2] = SQL_NTS;
    set_array(c, 3, status, &processed);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_OPERATION_PTR, operation, 0));
    bind_long(c, 1, id);
    CHECK('S', SQLBindParameter(c->stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, text, 4, ind));
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, ?)", TABLE);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    assert_int_equal(status[1], SQL_PARAM_UNUSED);
    assert_int_equal(processed, 3);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_OPERATION_PTR, NULL, 0));
    assert_int_equal(count_of(c, "true"), 2);
}

static void an_array_of_ignored_sets_does_nothing(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[2] = { 1, 2 };
    SQLUSMALLINT status[2] = { 77, 77 }, operation[2] = { SQL_PARAM_IGNORE, SQL_PARAM_IGNORE };
    SQLULEN processed = 99;
    char sql[200];
    fresh_table(c, "id INT");
    set_array(c, 2, status, &processed);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_OPERATION_PTR, operation, 0));
    bind_long(c, 1, id);
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?)", TABLE);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    for (int i = 0; i < 2; i++) assert_int_equal(status[i], SQL_PARAM_UNUSED);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_OPERATION_PTR, NULL, 0));
    assert_int_equal(count_of(c, "true"), 0);
}

static void more_bound_than_markers_is_fine_also_for_arrays(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[2] = { 1, 2 };
    SQLUSMALLINT status[2];
    SQLULEN processed = 0;
    char sql[200];
    fresh_table(c, "id INT");
    set_array(c, 2, status, &processed);
    bind_long(c, 1, id);
    bind_long(c, 2, id);
    bind_long(c, 5, id);
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?)", TABLE);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    assert_int_equal(count_of(c, "true"), 2);
}

/* Several parameters of several sets, and both pointers apart by descriptors. */
static void data_at_execution_asks_for_each_parameter_of_each_set_in_order(void **state) {
    struct conn *c = *state;
    SQLLEN a_ind[2] = { SQL_DATA_AT_EXEC, SQL_LEN_DATA_AT_EXEC(4) }, b_ind[2] = { SQL_DATA_AT_EXEC, SQL_NULL_DATA };
    char a[2][4] = { "", "" }, b[2][4] = { "", "" }, sql[200];
    SQLUSMALLINT status[2];
    SQLULEN processed = 0;
    SQLPOINTER token = NULL, want[] = { a[0], b[0], a[1] };
    fresh_table(c, "a STRING, b STRING");
    set_array(c, 2, status, &processed);
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, a, 4, a_ind));
    CHECK('S', SQLBindParameter(c->stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, b, 4, b_ind));
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, ?)", TABLE);
    CHECK('D', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    for (int i = 0; i < 3; i++) {
        char text[8];
        CHECK('D', SQLParamData(c->stmt, &token));
        assert_ptr_equal(token, want[i]);
        snprintf(text, sizeof text, "v%d", i);
        CHECK('S', SQLPutData(c->stmt, text, SQL_NTS));
    }
    CHECK('S', SQLParamData(c->stmt, &token));
    assert_int_equal(count_of(c, "(a = 'v0' AND b = 'v1') OR (a = 'v2' AND b IS NULL)"), 2);
}

static void length_and_indicator_apart_mean_what_each_says(void **state) {
    struct conn *c = *state;
    char text[] = "abcdef";
    SQLLEN length = 3, indicator = 0;
    SQLHDESC apd = NULL;
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, text, sizeof text, &length));
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_PARAM_DESC, &apd, 0, NULL));
    CHECK('S', SQLSetDescField(apd, 1, SQL_DESC_INDICATOR_PTR, &indicator, 0));
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "abc");
    CHECK('S', SQLCloseCursor(c->stmt));
    indicator = SQL_NULL_DATA;
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "<NULL>");
}

static void hostile_lengths_are_HY090(void **state) {
    struct conn *c = *state;
    static const SQLLEN BAD[] = { -4, -7, -50, -99 };
    char text[8] = "x";
    SQLLEN ind = 0;
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, text, sizeof text, &ind));
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    for (size_t i = 0; i < COUNT(BAD); i++) {
        ind = BAD[i];
        CHECK('E', SQLExecute(c->stmt));
        assert_state(SQL_HANDLE_STMT, c->stmt, "HY090");
    }
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_VARBINARY, 10, 0, text, sizeof text, &ind));
    ind = SQL_NTS;
    CHECK('E', SQLExecute(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY090");
    ind = 1;
    CHECK('S', SQLExecute(c->stmt));
}

static void no_value_can_become_sql(void **state) {
    struct conn *c = *state;
    static const char *const HOSTILE[] = {
        "'", "\\", "\\'", "''", "'; DROP TABLE t; --", "' OR '1'='1", "/*", "*/", "--", "?", ":a", "{fn now()}", "${x}",
        "$$", "r'", "\\\\'", "\n'\r", "\x01\x7f", "\xe2\x80\x98", "`", "\"", "%_\\%", "\\u0027", "\\047", "x' || 'y",
    };
    char array[2][64];
    SQLUSMALLINT status[2];
    SQLULEN processed = 0;
    char sql[200];
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?)", TABLE);
    for (size_t i = 0; i < COUNT(HOSTILE); i++) {
        fresh_table(c, "s STRING");
        snprintf(array[0], sizeof array[0], "%s", HOSTILE[i]);
        snprintf(array[1], sizeof array[1], "%s%s", HOSTILE[i], HOSTILE[i]);
        set_array(c, 2, status, &processed);
        bind_text(c, 1, SQL_VARCHAR, array, sizeof array[0]);
        CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
        CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0));
        exec(c, "SELECT s FROM main.default.conform_arrays ORDER BY length(s)");
        for (int row = 0; row < 2; row++) {
            CHECK('S', SQLFetch(c->stmt));
            assert_string_equal(get_text(c->stmt, 1), array[row]);
        }
        CHECK('N', SQLFetch(c->stmt));
        CHECK('S', SQLCloseCursor(c->stmt));
    }
}

const struct CMUnitTest ARRAY_TESTS[] = {
    TEST(what_the_server_refuses_of_a_chunk_is_found_and_the_rest_is_inserted),
    TEST(when_every_row_is_refused_the_call_is_an_error_and_the_table_is_empty),
    TEST(decimals_of_different_shape_stay_exact),
    TEST(a_set_that_is_ignored_is_not_even_read),
    TEST(an_array_of_ignored_sets_does_nothing),
    TEST(more_bound_than_markers_is_fine_also_for_arrays),
    TEST(data_at_execution_asks_for_each_parameter_of_each_set_in_order),
    TEST(length_and_indicator_apart_mean_what_each_says),
    TEST(hostile_lengths_are_HY090),
    TEST(no_value_can_become_sql),
};
const size_t N_ARRAY_TESTS = COUNT(ARRAY_TESTS);
