/* sqldeps: which names a statement reads and changes. One row per statement, resolved in catalog C and schema S. */
#include "proxy/sql/deps.h"

#include <stdio.h>

#include "core/buf.h"

#include "tests/unit/test.h"

struct row {
    const char *sql, *reads, *writes, *flags;  /* names joined by blanks; r w h = open reads, open writes, hidden; f d */
};

static const struct row ROWS[] = {
    /* relations */
    {"SELECT 1", "", "", ""},
    {"SELECT * FROM t", "c.s.t", "", ""},
    {"SELECT * FROM X.T", "c.x.t", "", ""},
    {"SELECT * FROM a.b.`T``1`", "a.b.`t``1`", "", ""},
    {"SELECT * FROM a.`b.c`.d", "a.`b.c`.d", "", ""},
    {"SELECT * FROM a.b.c.d", "", "", "rh"},
    {"SELECT * FROM t, u AS v, w x", "c.s.t c.s.u c.s.w", "", ""},
    {"SELECT f(a, b), c FROM t WHERE x IN (1, 2) GROUP BY a, b ORDER BY c, d", "c.s.t", "", ""},
    {"SELECT * FROM t JOIN u ON t.a = u.a LEFT OUTER JOIN v USING (a, b), w", "c.s.t c.s.u c.s.v c.s.w", "", ""},
    {"SELECT * FROM (t JOIN u), v", "c.s.t c.s.u c.s.v", "", ""},
    {"SELECT * FROM ((SELECT * FROM t) UNION ALL (SELECT * FROM u)) x, v", "c.s.t c.s.u c.s.v", "", ""},
    {"SELECT (SELECT max(a) FROM t), b FROM u WHERE EXISTS (SELECT 1 FROM v) AND c IN (TABLE w)",
     "c.s.t c.s.u c.s.v c.s.w", "", ""},
    {"SELECT * FROM t UNION SELECT * FROM u EXCEPT TABLE v INTERSECT (FROM w)", "c.s.t c.s.u c.s.v c.s.w", "", ""},
    {"SELECT * EXCEPT (a), b FROM t, u", "c.s.t c.s.u", "", ""},
    {"SELECT extract(YEAR FROM d), trim(BOTH 'x' FROM y), substring(a FROM 1 FOR 2) FROM t", "c.s.t", "", ""},
    {"SELECT a IS NOT DISTINCT FROM b FROM t", "c.s.t", "", ""},
    {"SELECT * FROM VALUES (1, 2), (3, 4) AS v(a, b), t", "c.s.t", "", ""},
    {"VALUES (1), (2)", "", "", ""},
    {"SELECT * FROM t LATERAL VIEW explode(a) x AS y, z", "c.s.t", "", ""},
    {"SELECT * FROM t, LATERAL (SELECT * FROM u), LATERAL explode(t.a)", "c.s.t c.s.u", "", ""},
    {"SELECT * FROM range(10), explode(array(1)) JOIN t", "c.s.t", "", ""},
    {"SELECT * FROM my_function(1), t", "c.s.t", "", "rh"},
    {"SELECT * FROM t PIVOT (sum(a) FOR b IN (1, 2)), u", "c.s.t c.s.u", "", ""},
    {"SELECT * FROM t TABLESAMPLE (10 PERCENT) x, u", "c.s.t c.s.u", "", ""},
    {"SELECT /*+ BROADCAST(x, y) */ * FROM t", "c.s.t", "", ""},
    {"SELECT t.from, a.select FROM t", "c.s.t", "", ""},
    {"SELECT * FROM t WINDOW w AS (ORDER BY a), v AS (ORDER BY b)", "c.s.t", "", ""},
    {"TABLE t", "c.s.t", "", ""},
    {"FROM t SELECT a, b", "c.s.t", "", ""},
    {"FROM t |> JOIN u ON a = b |> WHERE x = 1 |> UNION (TABLE v)", "c.s.t c.s.u c.s.v", "", ""},
    {"SELECT * FROM t -- , u\n, /* v, */ w", "c.s.t c.s.w", "", ""},
    {"EXPLAIN SELECT * FROM t", "c.s.t", "", ""},
    /* key words where names may stand: what is not sure is open */
    {"SELECT * FROM t where (a), b", "c.s.t", "", "rh"},
    {"SELECT * FROM t limit, b", "c.s.t", "", "rh"},
    {"SELECT * FROM t minus, b", "c.s.t", "", "rh"},
    {"SELECT * FROM t AS where, b", "c.s.t c.s.b", "", ""},
    {"SELECT * FROM t window, b", "c.s.t c.s.b", "", ""},
    {"SELECT * FROM lateral, b", "c.s.lateral c.s.b", "", ""},
    {"SELECT table FROM t", "c.s.t", "", ""},
    /* what has no name here */
    {"SELECT * FROM IDENTIFIER(:t)", "", "", "rh"},
    {"SELECT * FROM IDENTIFIER('a.b.c') JOIN t", "c.s.t", "", "rh"},
    {"SELECT * FROM delta.`/x`", "", "", "rh"},
    {"SELECT * FROM parquet.x", "", "", "rh"},
    {"SELECT * FROM TABLE(f(1))", "", "", "rh"},
    {"SELECT * FROM STREAM t", "", "", "rh"},
    {"SELECT * FROM \"t\"", "", "", "rh"},
    {"SELECT * FROM t@v3", "c.s.t", "", "rh"},
    {"SELECT * FROM `\xC3\x84`", "", "", "rh"},
    {"SELECT * FROM t; SELECT * FROM u", "c.s.t c.s.u", "", "rwh"},
    {"SELECT * FROM t;;", "c.s.t", "", ""},
    /* common table expressions */
    {"WITH a AS (SELECT * FROM t) SELECT * FROM a, A, u", "c.s.t c.s.u", "", ""},
    {"WITH t AS (SELECT * FROM t) SELECT * FROM t", "c.s.t", "", ""},
    {"WITH RECURSIVE t AS (SELECT * FROM t) SELECT * FROM t", "", "", ""},
    {"WITH RECURSIVE t(n) MAX RECURSION LEVEL 5 AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t", "", "", ""},
    {"WITH recursive AS (SELECT * FROM recursive) SELECT * FROM recursive", "c.s.recursive", "", ""},
    {"WITH a(x, y) AS (SELECT * FROM t), b AS (SELECT * FROM a) SELECT * FROM b JOIN s.a", "c.s.t c.s.a", "", ""},
    {"WITH a (SELECT * FROM t) SELECT * FROM a", "c.s.t", "", ""},
    {"SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x JOIN a", "c.s.a", "", ""},
    {"WITH a AS (WITH b AS (SELECT 1) SELECT * FROM b) SELECT * FROM a, b", "c.s.b", "", ""},
    {"SELECT a, sum(b) FROM t GROUP BY a WITH ROLLUP", "c.s.t", "", ""},
    /* time travel */
    {"SELECT * FROM t VERSION AS OF 3", "c.s.t", "", "f"},
    {"SELECT * FROM t VERSION AS OF 3 JOIN u FOR SYSTEM_VERSION AS OF 4", "c.s.t c.s.u", "", "f"},
    {"SELECT * FROM t VERSION AS OF 3 JOIN u", "c.s.t c.s.u", "", ""},
    {"SELECT * FROM t VERSION AS OF 3 JOIN f(1)", "c.s.t", "", "rh"},
    {"SELECT * FROM t TIMESTAMP AS OF '2026-01-01'", "c.s.t", "", ""},
    /* writes */
    {"INSERT INTO t VALUES (1), (2)", "", "c.s.t", ""},
    {"INSERT INTO TABLE a.b.t (x, y) SELECT * FROM u, v", "c.s.u c.s.v", "a.b.t", ""},
    {"INSERT OVERWRITE t TABLE u", "c.s.u", "c.s.t", ""},
    {"INSERT OVERWRITE DIRECTORY '/x' SELECT * FROM u", "c.s.u", "", "wh"},
    {"INSERT INTO IDENTIFIER(:t) SELECT 1", "", "", "wh"},
    {"WITH a AS (SELECT * FROM u) INSERT INTO t SELECT * FROM a", "c.s.u", "c.s.t", ""},
    {"WITH t AS (SELECT 1) INSERT INTO t SELECT * FROM t", "", "c.s.t", ""},
    {"FROM u INSERT INTO t SELECT a INSERT INTO v SELECT b", "c.s.u", "c.s.t c.s.v", ""},
    {"UPDATE t AS x SET a = (SELECT max(b) FROM u)", "c.s.u", "c.s.t", ""},
    {"DELETE FROM s2.t WHERE a IN (SELECT a FROM u)", "c.s.u", "c.s2.t", ""},
    {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN UPDATE SET *", "c.s.u", "c.s.t", ""},
    {"MERGE WITH SCHEMA EVOLUTION INTO t x USING (SELECT * FROM u JOIN v USING (a)) y ON true WHEN MATCHED THEN DELETE",
     "c.s.u c.s.v", "c.s.t", ""},
    {"COPY INTO t FROM '/x' FILEFORMAT = CSV", "", "c.s.t", "r"},
    {"TRUNCATE TABLE t", "", "c.s.t", ""},
    {"OPTIMIZE t ZORDER BY (a)", "", "c.s.t", ""},
    {"VACUUM t RETAIN 3 HOURS", "", "c.s.t", ""},
    {"RESTORE TABLE t TO VERSION AS OF 3", "", "c.s.t c.s", "d"},
    {"ANALYZE TABLE t COMPUTE STATISTICS", "", "c.s.t", ""},
    {"ANALYZE TABLES IN s COMPUTE STATISTICS", "", "", "w"},
    {"REFRESH MATERIALIZED VIEW a.b.v", "", "a.b.v a.b", "d"},
    {"CREATE TABLE t (a INT)", "", "c.s.t c.s", "d"},
    {"CREATE OR REPLACE TABLE IF NOT EXISTS a.b.t AS SELECT * FROM u", "c.s.u", "a.b.t a.b", "d"},
    {"CREATE TABLE t LIKE u", "c.s.u", "c.s.t c.s", "d"},
    {"CREATE TABLE t SHALLOW CLONE a.u VERSION AS OF 3", "c.a.u", "c.s.t c.s", "fd"},
    {"CREATE OR REFRESH STREAMING TABLE t AS SELECT 1", "", "c.s.t c.s", "d"},
    {"CREATE VIEW v (a, b) AS WITH x AS (SELECT * FROM t) SELECT * FROM x", "c.s.t", "c.s.v c.s", "d"},
    {"CREATE FUNCTION f() RETURNS INT RETURN 1", "", "", "w"},
    {"CREATE SCHEMA IF NOT EXISTS x", "", "c.x c", "d"},
    {"CREATE CATALOG x", "", "", "w"},
    {"DROP SCHEMA a.x CASCADE", "", "a.x a", "wd"},
    {"DROP TABLE IF EXISTS x.t", "", "c.x.t c.x", "d"},
    {"ALTER TABLE t RENAME TO u", "", "c.s.t c.s c.s.u", "d"},
    {"ALTER VIEW v AS SELECT * FROM t", "c.s.t", "c.s.v c.s", "d"},
    {"COMMENT ON TABLE t IS 'x'", "", "c.s.t c.s", "d"},
    {"COMMENT ON COLUMN a.b.t.x IS 'x'", "", "a.b.t a.b", "wd"},
    {"COMMENT ON COLUMN t.x IS 'x'", "", "c.s.t c.s", "d"},
    {"UNDROP TABLE WITH ID 'x'", "", "", "wh"},
    {"GRANT SELECT ON TABLE t TO u", "c.s.t", "", "w"},
    {"CALL p()", "", "", "rwh"},
    {"EXECUTE IMMEDIATE 'DELETE FROM t'", "", "", "rwh"},
    {"USE CATALOG x", "", "", ""},
    {"SET x = 1", "", "", ""},
    {"PUT 'a' INTO '/Volumes/x'", "", "", ""},
    {"DELETE FROM t WHERE $$", "", "c.s.t", "rwh"},
    /* what is in a schema */
    {"SHOW TABLES", "c.s", "", ""},
    {"SHOW TABLES IN a.b LIKE 'x'", "a.b", "", ""},
    {"SHOW VIEWS FROM x", "c.x", "", ""},
    {"SHOW SCHEMAS IN a", "a", "", ""},
    {"SHOW CATALOGS", "", "", "r"},
    {"SHOW COLUMNS IN t", "c.s.t", "", ""},
    {"SHOW COLUMNS IN t IN x", "c.s.t", "", "r"},
    {"SHOW CREATE TABLE a.b.t", "a.b.t", "", ""},
    {"SHOW TBLPROPERTIES t", "c.s.t", "", ""},
    {"DESCRIBE t", "c.s.t", "", ""},
    {"DESC TABLE EXTENDED x.t AS JSON", "c.x.t", "", ""},
    {"DESCRIBE SCHEMA x", "c.x", "", ""},
    {"DESCRIBE CATALOG x", "", "", "r"},
    {"DESCRIBE HISTORY t", "c.s.t", "", ""},
    {"DESCRIBE QUERY SELECT * FROM t", "c.s.t", "", "r"},
};

static void append(char *out, size_t room, const struct sqldep *list, int n) {
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < n; i++)
        len += (size_t)snprintf(out + len, room - len, "%s" SV_FMT, i ? " " : "", SV_ARG(list[i].name));
}

static void names_are_found_and_doubts_are_told(void **state) {
    const struct sqldeps_at at = {SV_LIT("C"), SV_LIT("S")};
    int wrong = 0;
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct arena a = ARENA_INIT;
        struct sqldeps d;
        struct err e = ERR_INIT;
        char reads[4096], writes[4096], flags[8];
        assert_ok(sqldeps_find(sv_of(ROWS[i].sql), &at, &a, &d, &e), e);
        append(reads, sizeof reads, d.reads, d.n_reads);
        append(writes, sizeof writes, d.writes, d.n_writes);
        snprintf(flags, sizeof flags, "%s%s%s%s%s", d.open_reads ? "r" : "", d.open_writes ? "w" : "", d.hidden ? "h" : "",
                 d.fixed ? "f" : "", d.defines ? "d" : "");
        if (strcmp(reads, ROWS[i].reads) || strcmp(writes, ROWS[i].writes) || strcmp(flags, ROWS[i].flags)) {
            print_message("# %s\n#   reads %s, writes %s, %s\n", ROWS[i].sql, reads, writes, flags);
            wrong++;
        }
        arena_fini(&a);
    }
    assert_int_equal(wrong, 0);
}

static void names_that_cannot_be_resolved_keep_what_is_known(void **state) {
    const struct sqldeps_at nowhere = {SV_NULL, SV_NULL}, catalog = {SV_LIT("c"), SV_NULL}, schema = {SV_NULL, SV_LIT("s")};
    struct arena a = ARENA_INIT;
    struct sqldeps d;
    struct err e = ERR_INIT;
    UNUSED(state);
    assert_ok(sqldeps_find(SV_LIT("SELECT * FROM t"), &nowhere, &a, &d, &e), e);
    assert_true(d.open_reads && !d.hidden && d.n_reads == 1 && d.reads[0].missing == 2);
    assert_ok(sqldeps_find(SV_LIT("SELECT * FROM t"), &catalog, &a, &d, &e), e);
    assert_true(d.open_reads && d.reads[0].missing == 2);
    assert_ok(sqldeps_find(SV_LIT("SELECT * FROM x.t"), &catalog, &a, &d, &e), e);
    assert_true(!d.open_reads && sv_eq(d.reads[0].name, SV_LIT("c.x.t")));
    assert_ok(sqldeps_find(SV_LIT("SELECT * FROM t"), &schema, &a, &d, &e), e);
    assert_true(d.open_reads && d.reads[0].missing == 1 && sv_eq(d.reads[0].name, SV_LIT("s.t")));
    assert_ok(sqldeps_find(SV_LIT("CREATE TABLE t (a INT)"), &nowhere, &a, &d, &e), e);
    assert_true(d.open_writes && d.n_writes == 1);
    arena_fini(&a);
}

static void too_many_names_are_an_open_set(void **state) {
    const struct sqldeps_at at = {SV_LIT("c"), SV_LIT("s")};
    struct arena a = ARENA_INIT;
    struct sqldeps d;
    struct err e = ERR_INIT;
    struct buf sql;
    UNUSED(state);
    buf_init(&sql, 10000);
    assert_ok(buf_adds(&sql, "SELECT * FROM t0", &e), e);
    for (int i = 1; i < SQLDEPS_MAX; i++) assert_ok(buf_addf(&sql, &e, ", t%d, t0", i), e);
    assert_ok(sqldeps_find(buf_sv(&sql), &at, &a, &d, &e), e);
    assert_true(d.n_reads == SQLDEPS_MAX && !d.open_reads);
    assert_ok(buf_adds(&sql, ", one_more", &e), e);
    assert_ok(sqldeps_find(buf_sv(&sql), &at, &a, &d, &e), e);
    assert_true(d.n_reads == SQLDEPS_MAX && d.open_reads);
    buf_fini(&sql);
    arena_fini(&a);
}

static void patterns_cover_names_and_doubts(void **state) {
    static const struct {
        const char *pattern, *name;
        int parts, missing;
        bool sure, maybe;
    } TABLE[] = {
        {"main.hr.*", "main.hr.pay", 3, 0, true, true},   {"main.hr.*", "main.hr2.pay", 3, 0, false, false},
        {"MAIN.*.Pay", "main.hr.pay", 3, 0, true, true},  {"*", "a.b.c", 3, 0, true, true},
        {"*.pay", "main.hr.pay", 3, 0, true, true},       {"main.hr.pay", "hr.pay", 3, 1, false, true},
        {"main.hr.pay", "pay", 3, 2, false, true},        {"main.hr.pay", "day", 3, 2, false, false},
        {"main.*", "pay", 3, 2, false, true},             {"main.hr.*", "it.pay", 3, 1, false, false},
        {"main.hr.*", "main.hr", 2, 0, false, true},      {"main.hr.*", "main.it", 2, 0, false, false},
        {"main.hr.*", "main", 1, 0, false, true},         {"", "a.b.c", 3, 0, false, false},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
        struct sqldep d = {sv_of(TABLE[i].name), TABLE[i].parts, TABLE[i].missing};
        if (sqldep_matches(sv_of(TABLE[i].pattern), &d) != TABLE[i].sure ||
            sqldep_may_match(sv_of(TABLE[i].pattern), &d) != TABLE[i].maybe)
            fail_msg("%s and %s", TABLE[i].pattern, TABLE[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_and_doubts_are_told),
        cmocka_unit_test(names_that_cannot_be_resolved_keep_what_is_known),
        cmocka_unit_test(too_many_names_are_an_open_set),
        cmocka_unit_test(patterns_cover_names_and_doubts),
    };
    return cmocka_run_group_tests_name("sqldeps", tests, NULL, NULL);
}
