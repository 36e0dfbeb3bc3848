/* Cells on their way to the application: what only descriptors, attributes and the session can say. */
#include "conform.h"

#include <stdio.h>
#include <stdlib.h>

static void one_row(struct conn *c, const char *sql) {
    SQLFreeStmt(c->stmt, SQL_CLOSE);
    exec(c, sql);
    CHECK('S', SQLFetch(c->stmt));
}

/* ---- SQL_C_NUMERIC ------------------------------------------------------------------------------------------------ */

static long long numeric_value(const SQL_NUMERIC_STRUCT *n) {
    long long v = 0;
    for (int i = 7; i >= 0; i--) v = v * 256 + n->val[i];
    return n->sign ? v : -v;
}

static void describe_numeric(struct conn *c, SQLSMALLINT precision, SQLSMALLINT scale, SQL_NUMERIC_STRUCT *data) {
    SQLHDESC ard = NULL;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_TYPE, (SQLPOINTER)SQL_C_NUMERIC, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_PRECISION, (SQLPOINTER)(intptr_t)precision, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_SCALE, (SQLPOINTER)(intptr_t)scale, 0));
    CHECK('S', SQLSetDescField(ard, 1, SQL_DESC_DATA_PTR, data, 0));
}

static void numeric_takes_precision_and_scale_from_the_ard(void **state) {
    struct conn *c = *state;
    SQL_NUMERIC_STRUCT bound = { 0 }, got = { 0 };
    SQLLEN ind = 0;
    exec(c, "SELECT CAST(-123.456 AS DECIMAL(10,3))");
    describe_numeric(c, 10, 3, &bound);
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(bound.precision, 10);
    assert_int_equal(bound.scale, 3);
    assert_int_equal(numeric_value(&bound), -123456);
    CHECK('S', SQLGetData(c->stmt, 1, SQL_ARD_TYPE, &got, sizeof got, &ind));
    assert_memory_equal(&got, &bound, sizeof got);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_UNBIND));
    one_row(c, "SELECT CAST(-123.456 AS DECIMAL(10,3))");
    CHECK('I', SQLGetData(c->stmt, 1, SQL_C_NUMERIC, &got, sizeof got, &ind));     /* "default scale 0" */
    assert_state(SQL_HANDLE_STMT, c->stmt, "01S07");
    assert_int_equal(numeric_value(&got), -123);
    SQLFreeStmt(c->stmt, SQL_CLOSE);
    exec(c, "SELECT CAST(-123.456 AS DECIMAL(10,3))");
    describe_numeric(c, 4, 3, &bound);
    CHECK('E', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22003");
}

/* ---- lengths and indicators ------------------------------------------------------------------------------------------ */

static void length_and_indicator_may_lie_apart(void **state) {
    struct conn *c = *state;
    char text[8];
    SQLLEN length = 77, indicator = 77;
    SQLHDESC ard = NULL;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    exec(c, "SELECT * FROM VALUES (1, 'abc'), (2, NULL), (3, 'd') AS t(n, s) ORDER BY n");
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_CHAR, text, sizeof text, &length));
    CHECK('S', SQLSetDescField(ard, 2, SQL_DESC_INDICATOR_PTR, &indicator, 0));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(length, 3);
    assert_int_equal(indicator, 0);
    length = 77;
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(indicator, SQL_NULL_DATA);
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(length, 1);
    SQLFreeStmt(c->stmt, SQL_CLOSE);
    exec(c, "SELECT * FROM VALUES (1, 'abc'), (2, NULL) AS t(n, s) ORDER BY n");
    CHECK('S', SQLSetDescField(ard, 2, SQL_DESC_INDICATOR_PTR, NULL, 0));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('E', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22002");
}

static void max_length_cuts_text_and_bytes_without_a_word(void **state) {
    struct conn *c = *state;
    char text[32];
    SQLLEN ind = 0;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_MAX_LENGTH, (SQLPOINTER)4, 0));
    one_row(c, "SELECT 'abcdefgh', X'0102030405060708', 123456789");
    CHECK('S', SQLGetData(c->stmt, 1, SQL_C_CHAR, text, sizeof text, &ind));
    assert_string_equal(text, "abcd");
    assert_int_equal(ind, 4);       /* "the value of this attribute instead of the actual length" */
    CHECK('S', SQLGetData(c->stmt, 2, SQL_C_BINARY, text, sizeof text, &ind));
    assert_int_equal(ind, 4);
    CHECK('S', SQLGetData(c->stmt, 3, SQL_C_CHAR, text, sizeof text, &ind));
    assert_string_equal(text, "123456789");     /* neither character nor binary */
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_MAX_LENGTH, (SQLPOINTER)0, 0));
}

/* ---- parts ----------------------------------------------------------------------------------------------------------- */

static void parts_fill_the_buffer_unless_characters_are_to_stay_whole(void **state) {
    struct conn whole;
    struct conn *c = *state;
    char part[4];
    SQLLEN ind = 0;
    one_row(c, "SELECT 'ab\xe2\x82\xac'");
    CHECK('I', SQLGetData(c->stmt, 1, SQL_C_CHAR, part, 4, &ind));
    assert_memory_equal(part, "ab\xe2", 4);
    CHECK('S', SQLGetData(c->stmt, 1, SQL_C_CHAR, part, 4, &ind));
    assert_memory_equal(part, "\x82\xac", 3);
    open_conn_with(&whole, "WholeCharacterParts=1;", SQL_OV_ODBC3_80);
    one_row(&whole, "SELECT 'ab\xe2\x82\xac'");
    CHECK('I', SQLGetData(whole.stmt, 1, SQL_C_CHAR, part, 4, &ind));
    assert_string_equal(part, "ab");
    assert_int_equal(ind, 5);
    CHECK('E', SQLGetData(whole.stmt, 1, SQL_C_CHAR, part, 3, &ind));
    assert_state(SQL_HANDLE_STMT, whole.stmt, "HY090");
    CHECK('S', SQLGetData(whole.stmt, 1, SQL_C_CHAR, part, 4, &ind));
    assert_string_equal(part, "\xe2\x82\xac");
    CHECK('N', SQLGetData(whole.stmt, 1, SQL_C_CHAR, part, 4, &ind));
    SQLFreeHandle(SQL_HANDLE_STMT, whole.stmt);
    SQLDisconnect(whole.dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, whole.dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, whole.env);
}

/* ---- zones ------------------------------------------------------------------------------------------------------------- */

static void check_stamps(struct conn *c, const char *zoned, const char *unzoned) {
    one_row(c, "SELECT CAST('2024-06-15T12:00:00Z' AS TIMESTAMP), TIMESTAMP_NTZ'2024-06-15 12:00:00'");
    assert_string_equal(get_text(c->stmt, 1), zoned);
    assert_string_equal(get_text(c->stmt, 2), unzoned);
    SQLFreeStmt(c->stmt, SQL_CLOSE);
}

static void stamps_follow_the_sessions_zone_and_those_without_zone_do_not(void **state) {
    struct conn *plain = *state;
    static const char *const KEYS[] = { "", "EnableArrow=0;" };
    for (size_t i = 0; i < COUNT(KEYS); i++) {
        struct conn c;
        open_conn_with(&c, KEYS[i], SQL_OV_ODBC3_80);
        exec(&c, "SET TIME ZONE 'Asia/Kolkata'");
        check_stamps(&c, "2024-06-15 17:30:00", "2024-06-15 12:00:00");
        exec(&c, "SET TIME ZONE 'America/New_York'");
        check_stamps(&c, "2024-06-15 08:00:00", "2024-06-15 12:00:00");
        SQLFreeHandle(SQL_HANDLE_STMT, c.stmt);
        SQLDisconnect(c.dbc);
        SQLFreeHandle(SQL_HANDLE_DBC, c.dbc);
        SQLFreeHandle(SQL_HANDLE_ENV, c.env);
    }
    (void)plain;
}

/* ---- GUID, defaults ------------------------------------------------------------------------------------------------------- */

static void text_becomes_a_guid_or_is_22018(void **state) {
    struct conn *c = *state;
    SQLGUID g = { 0 };
    SQLLEN ind = 0;
    one_row(c, "SELECT '00112233-4455-6677-8899-aabbccddeeff', 'no guid'");
    CHECK('S', SQLGetData(c->stmt, 1, SQL_C_GUID, &g, sizeof g, &ind));
    assert_int_equal(g.Data1, 0x00112233);
    assert_int_equal(g.Data4[7], 0xff);
    assert_int_equal(ind, sizeof g);
    CHECK('E', SQLGetData(c->stmt, 2, SQL_C_GUID, &g, sizeof g, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22018");
}

static void default_is_the_type_that_the_column_is_described_as(void **state) {
    struct conn *c = *state;
    static const struct { const char *sql; SQLLEN size; } ROWS[] = {
        { "true", 1 }, { "1Y", 1 }, { "1S", 2 }, { "1", 4 }, { "1L", 8 }, { "1.5F", 4 }, { "1.5D", 8 }, { "1.5", 3 },
        { "'abcd'", 4 }, { "X'010203'", 3 }, { "DATE'2024-01-01'", sizeof(SQL_DATE_STRUCT) },
        { "TIMESTAMP'2024-01-01 00:00:00'", sizeof(SQL_TIMESTAMP_STRUCT) },
        { "TIMESTAMP_NTZ'2024-01-01 00:00:00'", sizeof(SQL_TIMESTAMP_STRUCT) }, { "array(1,2)", 5 },
        { "map('a', 1)", 7 }, { "named_struct('a', 1)", 7 }, { "NULL", SQL_NULL_DATA },
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        char sql[100], place[64];
        SQLLEN ind = 0;
        snprintf(sql, sizeof sql, "SELECT %s", ROWS[i].sql);
        one_row(c, sql);
        CHECK('S', SQLGetData(c->stmt, 1, SQL_C_DEFAULT, place, sizeof place, &ind));
        if (ind != ROWS[i].size) fail_msg("%s: %ld bytes instead of %ld", ROWS[i].sql, (long)ind, (long)ROWS[i].size);
    }
}

static void a_pair_that_does_not_convert_is_07006_and_a_code_that_is_none_HY003(void **state) {
    struct conn *c = *state;
    char place[64];
    SQLLEN ind = 0;
    one_row(c, "SELECT DATE'2024-01-01', X'01', 1.5D");
    CHECK('E', SQLGetData(c->stmt, 1, SQL_C_SLONG, place, sizeof place, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07006");
    CHECK('E', SQLGetData(c->stmt, 2, SQL_C_DOUBLE, place, sizeof place, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07006");
    CHECK('E', SQLGetData(c->stmt, 3, SQL_C_INTERVAL_DAY, place, sizeof place, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07006");
    CHECK('E', SQLGetData(c->stmt, 1, 4711, place, sizeof place, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY003");
}

const struct CMUnitTest CELL_TESTS[] = {
    TEST(numeric_takes_precision_and_scale_from_the_ard),
    TEST(length_and_indicator_may_lie_apart),
    TEST(max_length_cuts_text_and_bytes_without_a_word),
    TEST(parts_fill_the_buffer_unless_characters_are_to_stay_whole),
    TEST(stamps_follow_the_sessions_zone_and_those_without_zone_do_not),
    TEST(text_becomes_a_guid_or_is_22018),
    TEST(default_is_the_type_that_the_column_is_described_as),
    TEST(a_pair_that_does_not_convert_is_07006_and_a_code_that_is_none_HY003),
};
const size_t N_CELL_TESTS = COUNT(CELL_TESTS);
