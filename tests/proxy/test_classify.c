/* classify and sqlscan: what a statement is, and whether its result may be kept. One row per statement. */
#include "proxy/sql/classify.h"
#include "proxy/request/cachekey.h"
#include "proxy/sql/functions.h"
#include "core/sqlscan.h"

#include <stdio.h>
#include <time.h>

#include "core/mem.h"
#include "proxy/sql/deps.h"

#include "tests/unit/test.h"

struct row {
    const char *sql;
    enum sqlclass class;
    enum bypass why;
};

static const struct row ROWS[] = {
    /* verbs */
    {"SELECT 1", SQL_READ, BYPASS_NONE},
    {"select * from a.b.c where x = 'y'", SQL_READ, BYPASS_NONE},
    {"  ((SELECT 1))", SQL_READ, BYPASS_NONE},
    {"VALUES (1), (2)", SQL_READ, BYPASS_NONE},
    {"TABLE t", SQL_READ, BYPASS_NONE},
    {"FROM t SELECT a", SQL_READ, BYPASS_NONE},
    {"FROM t |> WHERE a > 1 |> AGGREGATE sum(a)", SQL_READ, BYPASS_NONE},
    {"FROM t INSERT INTO u SELECT a", SQL_WRITE, BYPASS_WRITE},
    {"FROM (SELECT 1) x INSERT OVERWRITE TABLE u SELECT *", SQL_WRITE, BYPASS_WRITE},
    {"SHOW TABLES IN c.s LIKE 'x*'", SQL_META, BYPASS_NONE},
    {"SHOW CATALOGS", SQL_META, BYPASS_NONE},
    {"DESCRIBE t", SQL_META, BYPASS_NONE},
    {"DESC TABLE EXTENDED `c`.`s`.`t` AS JSON", SQL_META, BYPASS_NONE},
    {"DESCRIBE QUERY SELECT 1", SQL_META, BYPASS_NONE},
    {"DESCRIBE HISTORY t", SQL_PROBE, BYPASS_PROBE},
    {"desc detail t", SQL_PROBE, BYPASS_PROBE},
    {"EXPLAIN SELECT 1", SQL_PROBE, BYPASS_PROBE},
    {"LIST '/Volumes/a'", SQL_PROBE, BYPASS_PROBE},
    {"INSERT INTO t VALUES (1)", SQL_WRITE, BYPASS_WRITE},
    {"update t set a = 1", SQL_WRITE, BYPASS_WRITE},
    {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", SQL_WRITE, BYPASS_WRITE},
    {"COPY INTO t FROM '/Volumes/x'", SQL_WRITE, BYPASS_WRITE},
    {"CREATE OR REPLACE TABLE t AS SELECT 1", SQL_WRITE, BYPASS_WRITE},
    {"CREATE OR REPLACE TABLE temp AS SELECT 1", SQL_WRITE, BYPASS_WRITE},
    {"OPTIMIZE t", SQL_WRITE, BYPASS_WRITE},
    {"COMMENT ON TABLE t IS 'x'", SQL_WRITE, BYPASS_WRITE},
    {"REFRESH TABLE t", SQL_WRITE, BYPASS_WRITE},
    {"GRANT SELECT ON t TO u", SQL_AUTHZ, BYPASS_AUTHZ},
    {"revoke select on t from u", SQL_AUTHZ, BYPASS_AUTHZ},
    {"ALTER TABLE t SET ROW FILTER f ON (a)", SQL_AUTHZ, BYPASS_AUTHZ},
    {"ALTER TABLE t ALTER COLUMN a SET MASK m", SQL_AUTHZ, BYPASS_AUTHZ},
    {"ALTER TABLE t SET TAGS ('a' = 'b')", SQL_AUTHZ, BYPASS_AUTHZ},
    {"SET x = 1", SQL_SESSION, BYPASS_SESSION_SQL},
    {"USE CATALOG c", SQL_SESSION, BYPASS_SESSION_SQL},
    {"DECLARE VARIABLE x INT", SQL_SESSION, BYPASS_SESSION_SQL},
    {"CREATE TEMP VIEW v AS SELECT 1", SQL_SESSION, BYPASS_SESSION_SQL},
    {"CREATE OR REPLACE GLOBAL TEMPORARY VIEW v AS SELECT 1", SQL_SESSION, BYPASS_SESSION_SQL},
    {"PUT 'a' INTO '/Volumes/x'", SQL_FILE, BYPASS_FILE},
    {"GET '/Volumes/x' TO 'a'", SQL_FILE, BYPASS_FILE},
    {"CALL p()", SQL_CODE, BYPASS_CODE},
    {"EXECUTE IMMEDIATE 'select 1'", SQL_CODE, BYPASS_CODE},
    {"BEGIN SELECT 1; END", SQL_MULTI, BYPASS_MULTI},
    {"FROBNICATE t", SQL_CODE, BYPASS_CODE},
    {"", SQL_CODE, BYPASS_CODE},
    {"/* only a comment", SQL_CODE, BYPASS_CODE},
    /* common table expressions */
    {"WITH a AS (SELECT 1) SELECT * FROM a", SQL_READ, BYPASS_NONE},
    {"WITH a AS (SELECT 1), b AS (SELECT 2) (SELECT * FROM a)", SQL_READ, BYPASS_FUNCTION},
    {"WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a", SQL_WRITE, BYPASS_WRITE},
    {"WITH select AS (SELECT 1) INSERT INTO t TABLE a", SQL_WRITE, BYPASS_WRITE},
    {"WITH a AS (SELECT ')' /* ) */) DELETE FROM t", SQL_WRITE, BYPASS_WRITE},
    {"WITH RECURSIVE r(n) AS (SELECT 1), s(m) AS (SELECT 2) SELECT 1", SQL_READ, BYPASS_NONE},
    {"WITH r(n) AS (SELECT 1), s AS (SELECT f(1)) SELECT 1", SQL_READ, BYPASS_FUNCTION},
    {"WITH r AS (SELECT 1) SELECT 1, s(2)", SQL_READ, BYPASS_FUNCTION},
    {"SELECT * FROM a GROUP BY b WITH rollup(c)", SQL_READ, BYPASS_NONE},
    {"WITH recursive AS (SELECT 1) SELECT * FROM recursive", SQL_READ, BYPASS_NONE},
    {"WITH a AS (SELECT 1) GRANT x", SQL_CODE, BYPASS_CODE},
    {"WITH a AS (SELECT 1", SQL_CODE, BYPASS_CODE},
    {"WITH a (SELECT 1) SELECT * FROM a", SQL_READ, BYPASS_NONE},
    /* comments, blanks, hints */
    {"/* a /* nested */ INSERT */ SELECT 1", SQL_READ, BYPASS_NONE},
    {"-- INSERT INTO t\nSELECT 1", SQL_READ, BYPASS_NONE},
    {"-- goes on \\\nDELETE FROM t\nSELECT 1", SQL_READ, BYPASS_NONE},
    {"/* unclosed /* */ SELECT 1", SQL_CODE, BYPASS_CODE},
    {"SELECT /*+ BROADCAST(t) */ * FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT /*+ BROADCAST(t) * FROM t", SQL_READ, BYPASS_OPAQUE},
    {"/* x /*+ y */ SELECT 1", SQL_READ, BYPASS_NONE},
    {"SELECT /* a /*+ b */ rand() /* c */", SQL_READ, BYPASS_RANDOM},
    {"\xC2\xA0SELECT\xE3\x80\x80" "1", SQL_READ, BYPASS_NONE},
    {"SELECT\xE2\x80\x8B" "1", SQL_CODE, BYPASS_CODE},
    {"SELECT 1 ; ; ", SQL_READ, BYPASS_NONE},
    {"SELECT 1; SELECT 2", SQL_MULTI, BYPASS_MULTI},
    {"SELECT ';' ; -- x", SQL_READ, BYPASS_NONE},
    {"SELECT $$x$$", SQL_READ, BYPASS_OPAQUE},
    {"SELECT '${spark.x}' ${y}", SQL_READ, BYPASS_OPAQUE},
    {"SELECT 'unclosed", SQL_READ, BYPASS_OPAQUE},
    {"SELECT r'\\', rand()", SQL_READ, BYPASS_RANDOM},
    {"SELECT '\\', rand()'", SQL_READ, BYPASS_NONE},
    {"SELECT 'it''s' , \"a\\\"b\"", SQL_READ, BYPASS_NONE},
    {"SELECT `a``b` FROM t", SQL_READ, BYPASS_NONE},
    /* functions */
    {"SELECT upper(a), coalesce(b, 1), sum(c) OVER (PARTITION BY d) FROM t GROUP BY ALL", SQL_READ, BYPASS_NONE},
    {"SELECT CAST(a AS DECIMAL(10, 2)), b::varchar(3) FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT * FROM VALUES (1, 2) AS v(a, b)", SQL_READ, BYPASS_NONE},
    {"SELECT first(a) FROM t LIMIT 3", SQL_READ, BYPASS_NONE},
    {"SELECT my_udf(a) FROM t", SQL_READ, BYPASS_FUNCTION},
    {"SELECT c.s.upper(a) FROM t", SQL_READ, BYPASS_EXTERNAL},
    {"SELECT `upper`(a) FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT `uuid`()", SQL_READ, BYPASS_RANDOM},
    {"SELECT \"uuid\"()", SQL_READ, BYPASS_FUNCTION},
    {"SELECT uuid()", SQL_READ, BYPASS_RANDOM},
    {"SELECT RAND (7)", SQL_READ, BYPASS_RANDOM},
    {"SELECT * FROM t TABLESAMPLE (10 PERCENT)", SQL_READ, BYPASS_RANDOM},
    {"SELECT uuid FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT now()", SQL_READ, BYPASS_CLOCK},
    {"SELECT current_date", SQL_READ, BYPASS_CLOCK},
    {"SELECT CURRENT_TIMESTAMP", SQL_READ, BYPASS_CLOCK},
    {"SELECT `current_date`", SQL_READ, BYPASS_CLOCK},
    {"SELECT t.current_date FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT a AS current_date FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT unix_timestamp()", SQL_READ, BYPASS_CLOCK},
    {"SELECT unix_timestamp('2020-01-01')", SQL_READ, BYPASS_NONE},
    {"SELECT DATE'today'", SQL_READ, BYPASS_CLOCK},
    {"SELECT TIMESTAMP ' Now '", SQL_READ, BYPASS_CLOCK},
    {"SELECT DATE 'to' 'day'", SQL_READ, BYPASS_CLOCK},
    {"SELECT DATE'\\u0074oday'", SQL_READ, BYPASS_CLOCK},
    {"SELECT DATE'2020-01-01'", SQL_READ, BYPASS_NONE},
    {"SELECT current_user()", SQL_READ, BYPASS_PRINCIPAL},
    {"SELECT user", SQL_READ, BYPASS_PRINCIPAL},
    {"SELECT current_u\xC5\xBF" "er()", SQL_READ, BYPASS_OPAQUE},
    {"SELECT `current_u\xC5\xBF" "er`", SQL_READ, BYPASS_OPAQUE},
    {"SELECT `gr\xC3\xB6\xC3\x9F" "e` FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT is_member('x')", SQL_READ, BYPASS_PRINCIPAL},
    {"SELECT current_catalog(), 1", SQL_READ, BYPASS_STATE},
    {"SELECT * FROM read_files('/x')", SQL_READ, BYPASS_SOURCE},
    {"SELECT * FROM STREAM t", SQL_READ, BYPASS_SOURCE},
    {"SELECT ai_query('m', a) FROM t", SQL_READ, BYPASS_EXTERNAL},
    {"SELECT TRANSFORM(a) USING 'cat' AS (b) FROM t", SQL_CODE, BYPASS_CODE},
    {"SELECT transform(a, x -> x + 1) FROM t JOIN u USING (id)", SQL_READ, BYPASS_NONE},
    {"SELECT IDENTIFIER('uuid')()", SQL_READ, BYPASS_FUNCTION},
    {"SELECT * FROM IDENTIFIER(:t)", SQL_READ, BYPASS_NONE},
    {"SELECT * FROM IDENTIFIER('system.' || :t)", SQL_READ, BYPASS_OPAQUE},
    {"SELECT * FROM IDENTIFIER('System.access.audit')", SQL_READ, BYPASS_SYSTEM},
    {"SELECT * FROM t WHERE a = ? AND b = :p", SQL_READ, BYPASS_NONE},
    /* relations */
    {"SELECT * FROM system.access.audit", SQL_READ, BYPASS_SYSTEM},
    {"SELECT * FROM `System`.access.audit", SQL_READ, BYPASS_SYSTEM},
    {"SELECT * FROM c.information_schema.tables", SQL_READ, BYPASS_SYSTEM},
    {"SHOW TABLES IN information_schema", SQL_META, BYPASS_SYSTEM},
    {"SELECT * FROM __internal", SQL_READ, BYPASS_SYSTEM},
    {"SELECT * FROM temp_x", SQL_READ, BYPASS_SYSTEM},
    {"SELECT temperature FROM t", SQL_READ, BYPASS_NONE},
    {"SELECT * FROM delta.`/mnt/x`", SQL_READ, BYPASS_SOURCE},
    {"SELECT * FROM parquet.`s3://b/k`", SQL_READ, BYPASS_SOURCE},
    {"SELECT * FROM t VERSION AS OF 3", SQL_READ, BYPASS_NONE},
    {"SELECT * FROM t TIMESTAMP AS OF current_timestamp()", SQL_READ, BYPASS_CLOCK},
    {"SELECT * FROM t TIMESTAMP AS OF '2026-01-01'", SQL_READ, BYPASS_NONE},
    {"SELECT * FROM t TIMESTAMP AS OF TIMESTAMP'2026-01-01'", SQL_READ, BYPASS_NONE},
    {"SELECT * FROM t TIMESTAMP AS OF date_sub(x, 1)", SQL_READ, BYPASS_CLOCK},
    {"SELECT * FROM t VERSION AS OF (SELECT 1)", SQL_READ, BYPASS_CLOCK},
    {"SELECT * FROM template.s.t", SQL_READ, BYPASS_NONE},
    {"SELECT session.x", SQL_READ, BYPASS_STATE},
    {"SELECT uuid /*+ h */ ()", SQL_READ, BYPASS_OPAQUE},
    {"SELECT /*+ h */ /*+ i */ DISTINCT a FROM t", SQL_READ, BYPASS_NONE},
    {"FROM t |> INSERT INTO u", SQL_WRITE, BYPASS_WRITE},
    {"SELECT * FROM t |> INSERT INTO u", SQL_READ, BYPASS_OPAQUE},
    {"SELECT * FROM t |> WHERE a = 1 |> AGGREGATE sum(b) GROUP BY c", SQL_READ, BYPASS_NONE},
    {"CONVERT TO DELTA parquet.`/x`", SQL_WRITE, BYPASS_WRITE},
    {"MSCK REPAIR TABLE t SYNC METADATA PRIVILEGES", SQL_AUTHZ, BYPASS_AUTHZ},
    {"SELECT * FROM t@v3", SQL_READ, BYPASS_OPAQUE},
};

/* What the operator allows, one rule at a time, and what is still refused then. */
static char *const UDFS[] = {(char *)"main.f.*", (char *)"*.*.safe_*"};
static const struct sqlrules PRINCIPAL = {.principal_functions = true}, ORDER = {.strict_order = true},
                             PATHS = {.path_relations = true}, EXPLAINS = {.explain = true},
                             SYSTEM = {.system_relations = true}, DAYS = {.day_bucket = true},
                             UDF = {.udf_allow = UDFS, .n_udf_allow = 2}, KEYED_CATALOG = {.keyed = SQLKEYED_CATALOG},
                             KEYED_SCHEMA = {.keyed = SQLKEYED_SCHEMA}, KEYED_ZONE = {.keyed = SQLKEYED_TIME_ZONE};

static const struct {
    const struct sqlrules *rules;
    const char *sql;
    enum bypass strict, why;
} RULED[] = {
    {&PRINCIPAL, "SELECT current_user(), is_member('g'), user", BYPASS_PRINCIPAL, BYPASS_NONE},
    {&PRINCIPAL, "SELECT current_user(), now()", BYPASS_PRINCIPAL, BYPASS_CLOCK},
    {&ORDER, "SELECT first(a) FROM t", BYPASS_NONE, BYPASS_ORDER},
    {&ORDER, "SELECT a FROM t LIMIT 3", BYPASS_NONE, BYPASS_ORDER},
    {&ORDER, "SELECT a FROM t ORDER BY a LIMIT 3", BYPASS_NONE, BYPASS_NONE},
    {&ORDER, "SELECT a FROM (SELECT a FROM t ORDER BY a) LIMIT 3", BYPASS_NONE, BYPASS_ORDER},
    {&ORDER, "(SELECT a FROM t ORDER BY a) UNION SELECT b FROM u LIMIT 3", BYPASS_NONE, BYPASS_ORDER},
    {&ORDER, "SELECT row_number() OVER (ORDER BY a) FROM t", BYPASS_NONE, BYPASS_ORDER},
    {&ORDER, "SELECT rank() OVER (ORDER BY a), sum(b) FROM t", BYPASS_NONE, BYPASS_NONE},
    {&PATHS, "SELECT * FROM delta.`/mnt/x`", BYPASS_SOURCE, BYPASS_NONE},
    {&PATHS, "SELECT * FROM read_files('/x')", BYPASS_SOURCE, BYPASS_SOURCE},
    {&EXPLAINS, "EXPLAIN FORMATTED SELECT 1", BYPASS_PROBE, BYPASS_NONE},
    {&EXPLAINS, "EXPLAIN WITH a AS (SELECT 1) SELECT uuid()", BYPASS_PROBE, BYPASS_RANDOM},
    {&EXPLAINS, "EXPLAIN DELETE FROM t", BYPASS_PROBE, BYPASS_PROBE},
    {&EXPLAINS, "DESCRIBE HISTORY t", BYPASS_PROBE, BYPASS_PROBE},
    {&SYSTEM, "SELECT * FROM system.access.audit", BYPASS_SYSTEM, BYPASS_NONE},
    {&SYSTEM, "SELECT * FROM information_schema.tables", BYPASS_SYSTEM, BYPASS_NONE},
    {&SYSTEM, "SELECT * FROM IDENTIFIER('system.a.b')", BYPASS_SYSTEM, BYPASS_NONE},
    {&SYSTEM, "SELECT session.v", BYPASS_STATE, BYPASS_STATE},
    {&DAYS, "SELECT * FROM t WHERE d = current_date", BYPASS_CLOCK, BYPASS_NONE},
    {&DAYS, "SELECT date_sub(CURDATE(), 7), current_date()", BYPASS_CLOCK, BYPASS_NONE},
    {&DAYS, "SELECT current_date, now()", BYPASS_CLOCK, BYPASS_CLOCK},
    {&DAYS, "SELECT now(), current_date", BYPASS_CLOCK, BYPASS_CLOCK},
    {&DAYS, "SELECT current_date, DATE'today'", BYPASS_CLOCK, BYPASS_CLOCK},
    {&DAYS, "SELECT current_date, unix_timestamp()", BYPASS_CLOCK, BYPASS_CLOCK},
    {&DAYS, "SELECT * FROM t TIMESTAMP AS OF current_date", BYPASS_CLOCK, BYPASS_CLOCK},
    {&UDF, "SELECT main.f.g(1), `Main`.F.x(2), c.s.safe_div(1, 2)", BYPASS_EXTERNAL, BYPASS_NONE},
    {&UDF, "SELECT main.g.f(1)", BYPASS_EXTERNAL, BYPASS_EXTERNAL},
    {&UDF, "SELECT f.g(1)", BYPASS_EXTERNAL, BYPASS_EXTERNAL},
    {&UDF, "SELECT main.f.g.h(1)", BYPASS_EXTERNAL, BYPASS_EXTERNAL},
    {&UDF, "SELECT `main.f`.a.g(1)", BYPASS_EXTERNAL, BYPASS_EXTERNAL},
    {&UDF, "SELECT g(1)", BYPASS_FUNCTION, BYPASS_FUNCTION},
    {&KEYED_CATALOG, "SELECT current_catalog()", BYPASS_STATE, BYPASS_NONE},
    {&KEYED_CATALOG, "SELECT current_schema()", BYPASS_STATE, BYPASS_STATE},
    {&KEYED_SCHEMA, "SELECT current_database(), current_schema", BYPASS_STATE, BYPASS_NONE},
    {&KEYED_SCHEMA, "SELECT version()", BYPASS_STATE, BYPASS_STATE},
    {&KEYED_ZONE, "SELECT current_timezone()", BYPASS_STATE, BYPASS_NONE},
};

static void each_rule_allows_its_own_kind_only(void **state) {
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof RULED / sizeof *RULED; i++) {
        enum bypass strict = classify(sv_of(RULED[i].sql), NULL).why, why = classify(sv_of(RULED[i].sql), RULED[i].rules).why;
        if (strict == RULED[i].strict && why == RULED[i].why) continue;
        print_message("# %s\n#   is %s, with the rule %s\n", RULED[i].sql, bypass_word(strict), bypass_word(why));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static const struct {
    const char *sql;
    uint32_t traits;
    const char *verb;
} TRAITS[] = {
    {"SELECT a FROM t", 0, "SELECT"},
    {"SELECT * FROM t", SQLTRAIT_SELECT_STAR, "SELECT"},
    {"SELECT a, t.* FROM t", SQLTRAIT_SELECT_STAR, "SELECT"},
    {"SELECT DISTINCT * EXCEPT (a) FROM t", SQLTRAIT_SELECT_STAR, "SELECT"},
    {"SELECT /*+ h */ * FROM t", SQLTRAIT_SELECT_STAR, "SELECT"},
    {"SELECT count(*), a * b FROM t", 0, "SELECT"},
    {"TABLE t", SQLTRAIT_SELECT_STAR, "TABLE"},
    {"SELECT a FROM t ORDER BY a LIMIT 5", SQLTRAIT_LIMIT, "SELECT"},
    {"(SELECT a FROM t ORDER BY a LIMIT ?)", SQLTRAIT_LIMIT, "SELECT"},
    {"(SELECT a FROM t ORDER BY a LIMIT 5) UNION ALL (SELECT a FROM t)", 0, "SELECT"},
    {"SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 5)", 0, "SELECT"},
    {"SELECT limit, t.limit FROM t", SQLTRAIT_ORDER_DEPENDENT, "SELECT"},
    {"SELECT a FROM t LIMIT ALL", SQLTRAIT_ORDER_DEPENDENT, "SELECT"},
    {"WITH a AS (SELECT 1) SELECT b FROM a", SQLTRAIT_CTE, "SELECT"},
    {"WITH a AS (SELECT 1) DELETE FROM b", SQLTRAIT_CTE, "DELETE"},
    {"FROM t SELECT a", 0, "SELECT"},
    {"SELECT a FROM t VERSION AS OF 3", SQLTRAIT_TIME_TRAVEL, "SELECT"},
    {"SELECT a FROM IDENTIFIER(:t)", SQLTRAIT_IDENTIFIER, "SELECT"},
    {"SELECT a FROM t WHERE $$", SQLTRAIT_OPAQUE, "SELECT"},
    {"EXPLAIN SELECT a", SQLTRAIT_EXPLAIN, "EXPLAIN"},
    {"SELECT current_date", SQLTRAIT_TODAY, "SELECT"},
    {"SELECT now(), user", SQLTRAIT_CLOCK | SQLTRAIT_PRINCIPAL, "SELECT"},
    {"frobnicate", 0, "frobnicate"},
    {"", 0, ""},
};

static void traits_and_verbs_are_told_beside_the_verdict(void **state) {
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof TRAITS / sizeof *TRAITS; i++) {
        struct sqlverdict v = classify(sv_of(TRAITS[i].sql), NULL);
        if (v.traits == TRAITS[i].traits && sv_eq(v.verb, sv_of(TRAITS[i].verb))) continue;
        print_message("# %s\n#   %#x, not %#x; " SV_FMT "\n", TRAITS[i].sql, v.traits, TRAITS[i].traits, SV_ARG(v.verb));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void statements_get_their_class_and_reason(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct sqlverdict v = classify(sv_of(ROWS[i].sql), NULL);
        if (v.class == ROWS[i].class && v.why == ROWS[i].why) continue;
        print_message("# %s\n#   is %s/%s, not %s/%s\n", ROWS[i].sql, sqlclass_name(v.class), bypass_word(v.why),
                      sqlclass_name(ROWS[i].class), bypass_word(ROWS[i].why));
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static enum bypass reason_of_class(enum function_class c) {
    switch (c) {
    case FUNCTION_RANDOM: return BYPASS_RANDOM;
    case FUNCTION_CLOCK: return BYPASS_CLOCK;
    case FUNCTION_PRINCIPAL: return BYPASS_PRINCIPAL;
    case FUNCTION_SESSION: return BYPASS_STATE;
    case FUNCTION_SOURCE: return BYPASS_SOURCE;
    case FUNCTION_EXTERNAL: return BYPASS_EXTERNAL;
    default: return BYPASS_NONE;
    }
}

static const struct {
    const char *name;
    char class;
} NAMES[] = {
#include "proxy/sql/functions.gen.h"
};

static void every_function_of_the_table_is_judged_by_its_class(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        enum function_class c = function_class_of(sv_of(NAMES[i].name));
        char sql[128];
        assert_int_not_equal(c, FUNCTION_UNKNOWN);
        if (c == FUNCTION_KEYWORD || strcmp(NAMES[i].name, "identifier") == 0) continue;
        snprintf(sql, sizeof sql, "SELECT %s(a) FROM t", NAMES[i].name);
        struct sqlverdict v = classify(sv_of(sql), NULL);
        if (v.why != reason_of_class(c)) print_message("# %s: %s\n", sql, bypass_word(v.why));
        assert_int_equal(v.class, SQL_READ);
        assert_int_equal(v.why, reason_of_class(c));
        assert_int_equal(classify(sv_of(sql), &ORDER).why == BYPASS_ORDER, c == FUNCTION_ORDER);
        assert_int_equal(classify(sv_of(sql), &PRINCIPAL).why == BYPASS_PRINCIPAL, false);
        assert_int_equal(!!(v.traits & SQLTRAIT_PRINCIPAL), c == FUNCTION_PRINCIPAL);
    }
}

/* Each verb, and what a statement with it is. */
static const struct {
    const char *sql;
    enum sqlclass class, behind_with;
} VERBS[] = {
    {"select 1", SQL_READ, SQL_READ},          {"values (1)", SQL_READ, SQL_READ},      {"table t", SQL_READ, SQL_READ},
    {"from t select 1", SQL_READ, SQL_READ},   {"show tables", SQL_META, SQL_CODE},     {"describe t", SQL_META, SQL_CODE},
    {"desc t", SQL_META, SQL_CODE},            {"explain select 1", SQL_PROBE, SQL_CODE}, {"list '/x'", SQL_PROBE, SQL_CODE},
    {"insert into t values (1)", SQL_WRITE, SQL_WRITE}, {"update t set a = 1", SQL_WRITE, SQL_WRITE},
    {"delete from t", SQL_WRITE, SQL_WRITE},   {"merge into t using u on a = b", SQL_WRITE, SQL_WRITE},
    {"from t insert into u select 1", SQL_WRITE, SQL_WRITE}, {"copy into t from '/x'", SQL_WRITE, SQL_WRITE},
    {"truncate table t", SQL_WRITE, SQL_WRITE}, {"create table t (a int)", SQL_WRITE, SQL_WRITE},
    {"replace table t as select 1", SQL_WRITE, SQL_WRITE}, {"alter table t add column b int", SQL_WRITE, SQL_WRITE},
    {"drop table t", SQL_WRITE, SQL_WRITE},    {"undrop table t", SQL_WRITE, SQL_WRITE}, {"restore table t to version as of 1", SQL_WRITE, SQL_WRITE},
    {"optimize t", SQL_WRITE, SQL_WRITE},      {"vacuum t", SQL_WRITE, SQL_WRITE},      {"refresh table t", SQL_WRITE, SQL_WRITE},
    {"reorg table t", SQL_WRITE, SQL_WRITE},   {"analyze table t", SQL_WRITE, SQL_WRITE}, {"msck repair table t", SQL_WRITE, SQL_WRITE},
    {"sync table t from u", SQL_WRITE, SQL_WRITE}, {"cache table t", SQL_WRITE, SQL_WRITE}, {"uncache table t", SQL_WRITE, SQL_WRITE},
    {"comment on table t is 'x'", SQL_WRITE, SQL_WRITE}, {"grant select on t to u", SQL_AUTHZ, SQL_CODE},
    {"revoke select on t from u", SQL_AUTHZ, SQL_CODE}, {"deny select on t to u", SQL_AUTHZ, SQL_CODE},
    {"alter table t set row filter f on (a)", SQL_AUTHZ, SQL_AUTHZ}, {"create group g", SQL_AUTHZ, SQL_AUTHZ},
    {"drop role r", SQL_AUTHZ, SQL_AUTHZ},     {"create policy p on table t", SQL_AUTHZ, SQL_AUTHZ},
    {"set x = 1", SQL_SESSION, SQL_CODE},      {"reset x", SQL_SESSION, SQL_CODE},      {"use s", SQL_SESSION, SQL_CODE},
    {"declare x int", SQL_SESSION, SQL_CODE},  {"create temporary view v as select 1", SQL_SESSION, SQL_SESSION},
    {"put 'a' into '/x'", SQL_FILE, SQL_CODE}, {"get '/x' to 'a'", SQL_FILE, SQL_CODE}, {"remove '/x'", SQL_FILE, SQL_CODE},
    {"call p()", SQL_CODE, SQL_CODE},          {"execute immediate 'x'", SQL_CODE, SQL_CODE}, {"begin", SQL_CODE, SQL_CODE},
    {"anything else", SQL_CODE, SQL_CODE},
};

static void check_class(const char *before, const char *sql, const char *after, enum sqlclass class) {
    char text[256], upper[256];
    snprintf(text, sizeof text, "%s%s%s", before, sql, after);
    if (classify(sv_of(text), NULL).class != class) fail_msg("%s is %s", text, sqlclass_name(classify(sv_of(text), NULL).class));
    for (size_t i = 0; i <= strlen(text); i++) upper[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32) : text[i];
    if (classify(sv_of(upper), NULL).class != class) fail_msg("%s", upper);
}

static void every_verb_is_found_behind_comments_parentheses_and_with(void **state) {
    static const char *const BEFORE[] = {"", "/* select 1 */", "-- select 1\n", "-- \\\nselect 1\n", "\t\r\n", "\xE2\x80\xA8", "\xC2\xA0",
                                         "/*/* n */*/ ", "/* unnested /*+ */ "};
    static const char *const WITHS[] = {"with a as (select 1) ", "with a(x, y) as (select ')'), b as (select 1) ", "with recursive a as (select 1) ",
                                        "with select as (select 1) ", "with a as (/* ) */ select 1)", "/* x */ with/**/a as (select 1)"};
    (void)state;
    for (size_t v = 0; v < sizeof VERBS / sizeof *VERBS; v++) {
        for (size_t i = 0; i < sizeof BEFORE / sizeof *BEFORE; i++) {
            check_class(BEFORE[i], VERBS[v].sql, " ;; -- x", VERBS[v].class);
            check_class(BEFORE[i], VERBS[v].sql, "; select 1", SQL_MULTI);
        }
        for (size_t i = 0; i < sizeof WITHS / sizeof *WITHS; i++) check_class(WITHS[i], VERBS[v].sql, "", VERBS[v].behind_with);
        check_class("( ( ", VERBS[v].sql, " ) )", VERBS[v].class);
    }
}

static void normalising_touches_only_gaps(void **state) {
    static const char *const PAIRS[][2] = {
        {"SELECT   1", "SELECT 1"},
        {"  SELECT/**/1 ; ; ", "SELECT 1"},
        {"SELECT 'a  b' , `c  d`", "SELECT 'a  b' , `c  d`"},
        {"SELECT a -- x\n, b", "SELECT a , b"},
        {"SELECT /*+ H(t) */ a", "SELECT /*+ H(t) */ a"},
        {"select A", "select A"},
        {"SELECT 1;SELECT 2;", "SELECT 1;SELECT 2"},
        {"/* dbxproxy: ttl=3s */ SELECT 1", "SELECT 1"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        struct err e = ERR_INIT;
        struct buf out;
        buf_init(&out, 1000);
        assert_int_equal(cachekey_normalise(sv_of(PAIRS[i][0]), &out, &e), RC_OK);
        assert_string_equal(out.ptr ? out.ptr : "", PAIRS[i][1]);
        buf_fini(&out);
    }
}

static void tokens_cover_the_text_without_overlap(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct sqlscan s = sqlscan_of(sv_of(ROWS[i].sql));
        size_t last = 0;
        for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s)) {
            size_t at = (size_t)(t.text.ptr - ROWS[i].sql);
            assert_true(at >= last && at + t.text.len <= strlen(ROWS[i].sql));
            assert_true(t.gap || at == last);
            last = at + t.text.len;
        }
    }
}

/* ---- time ------------------------------------------------------------------------------------------------------ */

static double seconds_for(const char *piece, size_t bytes) {
    static const struct sqldeps_at at = {SV_LIT("c"), SV_LIT("s")};
    double best = 1e9;
    char *text = mem_alloc(bytes);
    for (size_t i = 0; i < bytes; i++) text[i] = piece[i % strlen(piece)];
    for (int round = 0; round < 3; round++) {
        struct arena a = ARENA_INIT;
        struct sqldeps d;
        struct err e = ERR_INIT;
        clock_t start = clock();
        classify(sv_make(text, bytes), NULL);
        assert_ok(sqldeps_find(sv_make(text, bytes), &at, &a, &d, &e), e);
        double took = (double)(clock() - start) / CLOCKS_PER_SEC;
        best = took < best ? took : best;
        assert_true(a.used < 1 << 20);
        arena_fini(&a);
    }
    mem_free(text);
    return best;
}

/* Four times the text may take four times as long; twenty-five times would be its square, with room for noise. */
static void time_and_memory_grow_no_faster_than_the_text(void **state) {
    static const char *const PIECES[] = {
        "unix_timestamp(", "(", "/*", "/*+", "/**/", "WITH a AS (", "WITH a AS (SELECT 1), ", "`", "'", "$a$", "$aaaaaa ", "a.", "f(x",
        ", t", " FROM a, b", " JOIN t", " IDENTIFIER('a", " TABLE t", " WINDOW w", " LATERAL x", "SELECT LIMIT 5 UNION ", " AS OF ",
        "INSERT INTO t ", "CREATE ", "EXPLAIN ", "-- \\\n", ";", "1e+", "a b ", ")(", "x'", "\xC2\xA0", " VERSION AS OF",
    };
    (void)state;
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        double small = seconds_for(PIECES[i], 16 * 1024), large = seconds_for(PIECES[i], 64 * 1024);
        if (large > 10 * small + 0.05) fail_msg("\"%s\": %.3f s, four times as much %.3f s", PIECES[i], small, large);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_get_their_class_and_reason),
        cmocka_unit_test(each_rule_allows_its_own_kind_only),
        cmocka_unit_test(traits_and_verbs_are_told_beside_the_verdict),
        cmocka_unit_test(every_function_of_the_table_is_judged_by_its_class),
        cmocka_unit_test(every_verb_is_found_behind_comments_parentheses_and_with),
        cmocka_unit_test(time_and_memory_grow_no_faster_than_the_text),
        cmocka_unit_test(normalising_touches_only_gaps),
        cmocka_unit_test(tokens_cover_the_text_without_overlap),
    };
    return cmocka_run_group_tests_name("classify", tests, NULL, NULL);
}
