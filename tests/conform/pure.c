/* The parts of the ODBC rooms that decide without a handle: reading statements, matching names, describing types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "driver/api/pattern.h"
#include "driver/api/typefacts.h"
#include "driver/conf/options.h"
#include "driver/sql/insert.h"
#include "driver/sql/markers.h"
#include "driver/sql/scan.h"

static void statements_are_told_apart(void **state) {
    static const struct { const char *sql; enum scan_kind kind; int markers; } ROWS[] = {
        { "", SCAN_EMPTY, 0 }, { " -- nothing\n /* at /* all */ */ ;", SCAN_EMPTY, 0 },
        { "select 1", SCAN_QUERY, 0 }, { "(SELECT ?) UNION ALL (SELECT ?)", SCAN_QUERY, 2 },
        { "/* hint */ With t AS (SELECT 1) SELECT * FROM t", SCAN_QUERY, 0 },
        { "WITH t AS (SELECT 1) INSERT INTO u SELECT * FROM t", SCAN_WRITE, 0 },
        { "FROM t INSERT INTO u SELECT *", SCAN_WRITE, 0 }, { "FROM t SELECT a", SCAN_QUERY, 0 },
        { "WITH t AS (SELECT 'insert' AS x) SELECT replace(x, 'i', 'o') FROM t", SCAN_QUERY, 0 },
        { "insert into t values (?, '?', \"?\", `?`, r'\\', ?) -- ?", SCAN_WRITE, 2 },
        { "SELECT 'it''s ?', 'a\\'?', \"\\\"?\"", SCAN_QUERY, 0 },
        { "SELECT bar'?', r'a\\', ?", SCAN_QUERY, 1 },
        { "SELECT 'a' -- ? \\\n ?\n, ?", SCAN_QUERY, 1 }, { "SELECT /*+ X(?) */ ?, a::int, `b``?`, R\"?\"", SCAN_QUERY, 1 },
        { "SELECT /* /* ? */ ? */ ?::int, raw:items[0].x, $$?$$, $t$ ? $$ $t$, $ ?", SCAN_QUERY, 2 },
        { "describe t", SCAN_SHOW, 0 }, { "CREATE TABLE t AS SELECT ?", SCAN_DDL, 1 },
            { "USE CATALOG x", SCAN_SESSION, 0 },
        { "call p()", SCAN_OTHER, 0 }, { "'", SCAN_OTHER, 0 }, { "`", SCAN_OTHER, 0 }, { "/*", SCAN_EMPTY, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct scan s;
        scan_sql(sv_of(ROWS[i].sql), &s);
        if (s.kind != ROWS[i].kind || s.n_markers != ROWS[i].markers)
            fail_msg("%s: kind %d, %d markers", ROWS[i].sql, (int)s.kind, s.n_markers);
    }
}

static void the_function_of_a_statement_is_named(void **state) {
    static const char *const ROWS[][2] = {
        { "SELECT 1", "SELECT CURSOR" }, { "create table t (a int)", "CREATE TABLE" }, { "DROP TABLE t", "DROP TABLE" },
        { "CREATE VIEW v AS TABLE t", "CREATE VIEW" }, { "delete from t", "DELETE WHERE" }, { "MERGE INTO t", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct scan s;
        scan_sql(sv_of(ROWS[i][0]), &s);
        assert_string_equal(s.function, ROWS[i][1]);
    }
}

static void markers_become_null_and_the_rest_stays(void **state) {
    struct buf b;
    struct err e = ERR_INIT;
    (void)state;
    buf_init(&b, 1000);
    assert_int_equal(markers_null(SV_LIT("SELECT ?, '?' -- ?\n, ?"), &b, &e), RC_OK);
    assert_string_equal(b.ptr, "SELECT NULL, '?' -- ?\n, NULL");
    buf_fini(&b);
    assert_true(sv_eq(scan_trim(SV_LIT(" SELECT 1 ; ;\n")), SV_LIT("SELECT 1")));
}

static void named_parameters_are_told_from_paths_and_casts(void **state) {
    static const struct { const char *sql; bool named; } ROWS[] = {
        { "SELECT :a", true }, { "SELECT * FROM t LIMIT :n", true }, { "SELECT 1+:a, ?", true },
        { "SELECT raw:owner, `r`:x, f(a):b, c[0]:d, a::int, ':x', ?", false }, { "SELECT 1", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct scan s;
        scan_sql(sv_of(ROWS[i].sql), &s);
        if (s.has_named != ROWS[i].named) fail_msg("%s", ROWS[i].sql);
    }
}

static void inserts_of_one_tuple_are_recognised(void **state) {
    static const struct { const char *sql; bool matches, repeatable; const char *table; int columns, first; } ROWS[] = {
        { "INSERT INTO t VALUES (?, ?)", true, true, "t", 0, 0 },
        { "insert into table a.`b c`.t (x, `y`) values (upper(?), f(1, ?), ?) ;", true, true, "a.`b c`.t", 2, -1 },
        { "INSERT INTO t (a) VALUES (1, /* , */ ')', ?)", true, true, "t", 1, 2 },
        { "INSERT INTO t VALUES ((SELECT max(a) FROM t), ?)", true, false, "t", 0, 1 },
        { "INSERT INTO t VALUES (?), (?)", false, false, "", 0, 0 }, { "INSERT OVERWRITE t VALUES (?)", false, false, "", 0, 0 },
        { "INSERT INTO t SELECT ?", false, false, "", 0, 0 }, { "INSERT INTO t BY NAME VALUES (?)", false, false, "", 0, 0 },
        { "INSERT INTO t VALUES (?", false, false, "", 0, 0 }, { "INSERT INTO t (a VALUES (?)", false, false, "", 0, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct arena a = ARENA_INIT;
        struct err e = ERR_INIT;
        struct markers m;
        struct insert in;
        assert_int_equal(markers_find(sv_of(ROWS[i].sql), &a, &m, &e), RC_OK);
        assert_int_equal(insert_match(sv_of(ROWS[i].sql), &m, &a, &in, &e), RC_OK);
        if (in.matches != ROWS[i].matches) fail_msg("%s", ROWS[i].sql);
        if (in.matches) {
            assert_int_equal(in.repeatable, ROWS[i].repeatable);
            assert_true(sv_eq(in.table, sv_of(ROWS[i].table)));
            assert_int_equal(in.n_columns, ROWS[i].columns);
            assert_int_equal(in.column_of[0], ROWS[i].first);
        }
        arena_fini(&a);
    }
}

static bool matches(const char *pattern, const char *name) {
    struct arena a = ARENA_INIT;
    struct match m;
    struct err e = ERR_INIT;
    assert_int_equal(match_pattern(&m, sv_of(pattern), &a, &e), RC_OK);
    bool yes = match_name(&m, sv_of(name));
    arena_fini(&a);
    return yes;
}

static void patterns_match_as_odbc_says(void **state) {
    (void)state;
    assert_true(matches(NULL, "x"));
    assert_true(matches("%", ""));
    assert_false(matches("", "x"));
    assert_true(matches("a_c", "aBC"));
    assert_false(matches("a\\_c", "abc"));
    assert_true(matches("a\\_c", "A_C"));
    assert_true(matches("%b%", "abc"));
    assert_true(matches("a%c%", "abcdcd"));
    assert_false(matches("a%c", "abcd"));
    assert_true(matches("\xe4\xb8\xad_", "\xe4\xb8\xad\xe6\x96\x87"));  /* one character, three bytes */
    assert_false(matches("__", "\xe4\xb8\xad"));
    assert_true(matches("%\xc3\xbc", "gr\xc3\xbc\xc3\xbc"));
    assert_true(matches("50\\%", "50%"));
    assert_true(matches("a\\\\_", "a\\b"));
    assert_false(matches("%a%a%a%a%a%a%a%a%a%a%b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void assert_show(const char *pattern, const char *want) {
    struct arena a = ARENA_INIT;
    struct buf b;
    struct match m;
    struct err e = ERR_INIT;
    buf_init(&b, 1000);
    assert_int_equal(match_pattern(&m, sv_of(pattern), &a, &e), RC_OK);
    assert_int_equal(match_to_show(&m, &b, &e), RC_OK);
    assert_string_equal(b.ptr, want);
    buf_fini(&b);
    arena_fini(&a);
}

static void show_patterns_are_safe_and_let_enough_through(void **state) {
    (void)state;
    assert_show("Or%", "or*");
    assert_show("a_b", "a.b");
    assert_show("a\\_b", "a_b");
    assert_show("it's|x", "it*s*x");
    assert_show("a.b%", "a*b*");
    assert_show("\xe4\xb8\xad", "*");
}

static void identifiers_lose_blanks_and_quotes(void **state) {
    struct arena a = ARENA_INIT;
    struct match m;
    struct err e = ERR_INIT;
    (void)state;
    assert_int_equal(match_identifier(&m, SV_LIT("  `a``%`  "), &a, &e), RC_OK);
    assert_int_equal(m.kind, MATCH_EXACT);
    assert_true(sv_eq(m.text, SV_LIT("a`%")));
    arena_fini(&a);
}

static void types_are_read_and_described_alike(void **state) {
    static const struct options NARROW = { .string_length = 255, .binary_length = 32767 };
    static const struct options WIDE = { .string_length = 4000, .binary_length = 8000, .wide_types = true };
    static const struct { const char *text; SQLSMALLINT narrow,
        wide; SQLULEN size; int digits; SQLLEN octets; } ROWS[] = {
        { "int", SQL_INTEGER, SQL_INTEGER, 10, 0, 4 },
        { "decimal(12, 3)", SQL_DECIMAL, SQL_DECIMAL, 12, 3, 14 },
        { "DECIMAL", SQL_DECIMAL, SQL_DECIMAL, 10, 0, 12 },
        { "varchar(20)", SQL_VARCHAR, SQL_WVARCHAR, 20, 0, 80 },
        { "char(3)", SQL_CHAR, SQL_WCHAR, 3, 0, 12 },
        { "STRING", SQL_VARCHAR, SQL_WVARCHAR, 255, 0, 1020 },
        { "array<struct<a: int, b: decimal(3,1)>>", SQL_VARCHAR, SQL_WVARCHAR, 255, 0, 1020 },
        { "timestamp_ntz", SQL_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 26, 6, 16 },
        { "interval day to second", SQL_VARCHAR, SQL_WVARCHAR, 40, 0, 160 },
        { "binary", SQL_VARBINARY, SQL_VARBINARY, 32767, 0, 32767 },
        { "something new", SQL_VARCHAR, SQL_WVARCHAR, 255, 0, 1020 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct type_facts f;
        struct type_spec t = type_parse(sv_of(ROWS[i].text));
        type_describe(&t, &NARROW, &f);
        if (f.concise != ROWS[i].narrow || f.size != ROWS[i].size || f.digits != ROWS[i].digits ||
            f.octets != ROWS[i].octets)
            fail_msg("%s: type %d, size %lu, digits %d, octets %ld", ROWS[i].text, f.concise, f.size, f.digits,
                     f.octets);
        type_describe(&t, &WIDE, &f);
        assert_int_equal(f.concise, ROWS[i].wide);
    }
}

static void types_without_a_length_are_long_when_asked_for(void **state) {
    static const struct options LONG = { .string_length = 255, .binary_length = 100000, .long_strings = true };
    static const struct { const char *text; SQLSMALLINT type; SQLULEN size; SQLLEN octets; } ROWS[] = {
        { "STRING", SQL_LONGVARCHAR, 65535, 262140 }, { "map<string,int>", SQL_LONGVARCHAR, 65535, 262140 },
        { "void", SQL_LONGVARCHAR, 65535, 262140 },   { "binary", SQL_LONGVARBINARY, 100000, 100000 },
        { "varchar(20)", SQL_VARCHAR, 20, 80 },       { "char(3)", SQL_CHAR, 3, 12 },
        { "interval month", SQL_VARCHAR, 40, 160 },   { "int", SQL_INTEGER, 10, 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct type_facts f;
        struct type_spec t = type_parse(sv_of(ROWS[i].text));
        type_describe(&t, &LONG, &f);
        if (f.concise != ROWS[i].type || f.size != ROWS[i].size || f.octets != ROWS[i].octets)
            fail_msg("%s: type %d, size %lu, octets %ld", ROWS[i].text, f.concise, f.size, f.octets);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_are_told_apart), cmocka_unit_test(the_function_of_a_statement_is_named),
        cmocka_unit_test(markers_become_null_and_the_rest_stays), cmocka_unit_test(named_parameters_are_told_from_paths_and_casts),
        cmocka_unit_test(inserts_of_one_tuple_are_recognised), cmocka_unit_test(patterns_match_as_odbc_says),
        cmocka_unit_test(show_patterns_are_safe_and_let_enough_through),
        cmocka_unit_test(identifiers_lose_blanks_and_quotes), cmocka_unit_test(types_are_read_and_described_alike),
        cmocka_unit_test(types_without_a_length_are_long_when_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
