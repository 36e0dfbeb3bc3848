/* Escape sequences through the driver manager: SQLNativeSql, SQL_ATTR_NOSCAN, what SQLGetInfo claims. */
#include "conform.h"

static const char SQL[] = "SELECT {fn UCASE('ä')}, {d '2020-02-29'}", NATIVE[] = "SELECT ucase('ä'), DATE'2020-02-29'";

static SQLUINTEGER info(struct conn *c, SQLUSMALLINT type) {
    SQLUINTEGER bits = 0;
    CHECK('S', SQLGetInfo(c->dbc, type, &bits, sizeof bits, NULL));
    return bits;
}

static void nativesql_gives_the_translation_and_its_whole_length(void **state) {
    struct conn *c = *state;
    SQLCHAR out[200];
    SQLINTEGER len = -1;
    CHECK('S', SQLNativeSql(c->dbc, (SQLCHAR *)SQL, SQL_NTS, out, sizeof out, &len));
    assert_string_equal((char *)out, NATIVE);
    assert_int_equal(len, (int)strlen(NATIVE));
    len = -1;
    CHECK('S', SQLNativeSql(c->dbc, (SQLCHAR *)SQL, (SQLINTEGER)strlen(SQL), NULL, 0, &len));
    assert_int_equal(len, (int)strlen(NATIVE));
    CHECK('S', SQLNativeSql(c->dbc, (SQLCHAR *)"SELECT 1 /* {fn X()} */", SQL_NTS, out, sizeof out, NULL));
    assert_string_equal((char *)out, "SELECT 1 /* {fn X()} */");
}

static void nativesql_cut_is_01004_with_the_whole_length(void **state) {
    struct conn *c = *state;
    SQLCHAR out[10];
    SQLINTEGER len = -1;
    CHECK('I', SQLNativeSql(c->dbc, (SQLCHAR *)"{fn CURRENT_TIMESTAMP}", SQL_NTS, out, sizeof out, &len));
    assert_state(SQL_HANDLE_DBC, c->dbc, "01004");
    assert_string_equal((char *)out, "current_t");
    assert_int_equal(len, 19);
}

static void nativesql_wide_counts_characters(void **state) {
    struct conn *c = *state;
    SQLWCHAR sql[] = { '{', 'f', 'n', ' ', 'U', 'C', 'A', 'S', 'E', '(', '\'', 0xd83d, 0xde00, '\'', ')', '}', 0 };
    SQLWCHAR out[40], want[] = { 'u', 'c', 'a', 's', 'e', '(', '\'', 0xd83d, 0xde00, '\'', ')', 0 };
    SQLINTEGER len = -1;
    CHECK('S', SQLNativeSqlW(c->dbc, sql, SQL_NTS, out, 40, &len));
    assert_int_equal(len, 11);
    assert_memory_equal(out, want, sizeof want);
    len = -1;
    CHECK('S', SQLNativeSqlW(c->dbc, sql, SQL_NTS, NULL, 0, &len));
    assert_int_equal(len, 11);
}

static void nativesql_and_prepare_tell_what_is_no_escape(void **state) {
    static const struct { const char *sql, *state; } ROWS[] = {
        { "SELECT {fn NOSUCH(1)}", "42000" }, { "SELECT {nosuch}", "42000" }, { "SELECT {fn NOW()", "42000" },
        { "SELECT {d 'x'}", "22007" }, { "SELECT {d '2020-02-30'}", "22008" }, { "{? = call p}", "HYC00" },
        { "SELECT 'a' LIKE 'b' {escape 'cd'}", "22019" }, { "{call}", "42000" },
    };
    struct conn *c = *state;
    SQLCHAR out[200];
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        CHECK('E', SQLNativeSql(c->dbc, (SQLCHAR *)ROWS[i].sql, SQL_NTS, out, sizeof out, NULL));
        assert_state(SQL_HANDLE_DBC, c->dbc, ROWS[i].state);
        CHECK('E', SQLPrepare(c->stmt, (SQLCHAR *)ROWS[i].sql, SQL_NTS));
        assert_state(SQL_HANDLE_STMT, c->stmt, ROWS[i].state);
        CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)ROWS[i].sql, SQL_NTS));
        assert_state(SQL_HANDLE_STMT, c->stmt, ROWS[i].state);
    }
    exec(c, "SELECT 1");
}

static void escapes_are_translated_before_describe_and_execute(void **state) {
    struct conn *c = *state;
    SQLSMALLINT columns = 0, type = 0;
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT {d '2020-02-29'} AS d, {fn LENGTH('ab  ')} AS n", SQL_NTS));
    CHECK('S', SQLNumResultCols(c->stmt, &columns));
    assert_int_equal(columns, 2);
    CHECK('S', SQLDescribeCol(c->stmt, 1, NULL, 0, NULL, &type, NULL, NULL, NULL));
    assert_int_equal(type, SQL_TYPE_DATE);
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "2020-02-29");
    assert_int_equal(get_long(c->stmt, 2), 2);
}

static void noscan_sends_the_text_as_it_is(void **state) {
    struct conn *c = *state;
    SQLULEN noscan = 99;
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_NOSCAN, &noscan, 0, NULL));
    assert_int_equal(noscan, SQL_NOSCAN_OFF);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_ON, 0));
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT {nosuch}", SQL_NTS));
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT {d '2020-02-29'}", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "42000");
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_OFF, 0));
    exec(c, "SELECT {d '2020-02-29'}");
}

static void markers_inside_escapes_are_markers(void **state) {
    struct conn *c = *state;
    SQLSMALLINT n = 0;
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT {fn INSERT(?, ?, ?, '?')}, {fn TRUNCATE(?, 2)}", SQL_NTS));
    CHECK('S', SQLNumParams(c->stmt, &n));
    assert_int_equal(n, 4);
}

static void every_function_is_claimed(void **state) {
    struct conn *c = *state;
    assert_int_equal(info(c, SQL_STRING_FUNCTIONS), 0xFFFFFF);
    assert_int_equal(info(c, SQL_NUMERIC_FUNCTIONS), 0xFFFFFF);
    assert_int_equal(info(c, SQL_TIMEDATE_FUNCTIONS), 0x1FFFFF);
    assert_int_equal(info(c, SQL_SYSTEM_FUNCTIONS), 7);
    assert_int_equal(info(c, SQL_TIMEDATE_ADD_INTERVALS), 0x1FF);
    assert_int_equal(info(c, SQL_TIMEDATE_DIFF_INTERVALS), 0x1FF);
    assert_int_equal(info(c, SQL_CONVERT_FUNCTIONS), SQL_FN_CVT_CAST | SQL_FN_CVT_CONVERT);
    assert_int_equal(info(c, SQL_SQL92_DATETIME_FUNCTIONS), SQL_SDF_CURRENT_DATE | SQL_SDF_CURRENT_TIMESTAMP);
    assert_true(info(c, SQL_CONVERT_INTEGER) & SQL_CVT_WVARCHAR);
    assert_false(info(c, SQL_CONVERT_DATE) & SQL_CVT_INTEGER);
}

const struct CMUnitTest ESCAPE_TESTS[] = {
    TEST(nativesql_gives_the_translation_and_its_whole_length), TEST(nativesql_cut_is_01004_with_the_whole_length),
    TEST(nativesql_wide_counts_characters), TEST(nativesql_and_prepare_tell_what_is_no_escape),
    TEST(escapes_are_translated_before_describe_and_execute), TEST(noscan_sends_the_text_as_it_is),
    TEST(markers_inside_escapes_are_markers), TEST(every_function_is_claimed),
};
const size_t N_ESCAPE_TESTS = COUNT(ESCAPE_TESTS);
