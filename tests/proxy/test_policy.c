/* policy: what may run, what the client is told otherwise, and how long results live. */
#include "proxy/sql/policy.h"

#include <stdio.h>

#include "proxy/config/config.h"
#include "tests/unit/test.h"

enum { MAX_RULES = 4 };

static char *words[8];

/* A tenant with these rules; what is not said is as by default. */
struct world {
    struct config c;
    struct config_tenant t;
    struct config_rule rules[MAX_RULES];
    struct policy *p;
};

static struct config_rule rule(const char *name, int action) {
    struct config_rule r = {.name = (char *)name, .action = action, .match = (char *)"", .message = (char *)""};
    r.ttl_ms = r.stale_revalidate_ms = r.stale_error_ms = -1;
    return r;
}

static struct cfg_list list(int at, const char *word) {
    words[at] = (char *)word;
    return (struct cfg_list){1, &words[at]};
}

static void begin(struct world *w, int mode) {
    *w = (struct world){0};
    w->t = (struct config_tenant){.name = (char *)"acme", .policy = mode, .max_statement = 100000,
                                  .allow_file_statements = true, .allow_scripts = true};
    w->c.rules = w->rules;
}

static void build(struct world *w) {
    struct err e = ERR_INIT;
    assert_ok(policy_new(&w->c, &w->t, &w->p, &e), e);
}

static struct policy_verdict ask_with(struct world *w, const char *sql, struct policy_question q) {
    static const struct sqldeps_at at = {SV_LIT("main"), SV_LIT("s")};
    struct sqlverdict verdict = classify(sv_of(sql), NULL);
    struct arena a = ARENA_INIT;
    struct sqldeps deps;
    struct policy_verdict v;
    struct err e = ERR_INIT;
    assert_ok(sqldeps_find(sv_of(sql), &at, &a, &deps, &e), e);
    q.sql = sv_of(sql), q.verdict = &verdict, q.deps = &deps;
    policy_check(w->p, &q, &v);
    arena_fini(&a);
    return v;
}

static struct policy_verdict ask(struct world *w, const char *sql) {
    return ask_with(w, sql, (struct policy_question){0});
}

static bool denies(struct world *w, const char *sql) { return ask(w, sql).denied; }

static void audit_refuses_nothing_but_tells(void **state) {
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_AUDIT);
    w.rules[w.c.n_rules++] = rule("no-deletes", RULE_DENY);
    w.rules[0].verbs = list(0, "delete");
    build(&w);
    assert_false(denies(&w, "DROP TABLE t"));
    assert_false(denies(&w, "SELECT $$"));
    struct policy_verdict v = ask(&w, "DELETE FROM t");
    assert_true(!v.denied && v.would_deny);
    assert_string_equal(v.rule, "no-deletes");
    policy_free(&w.p);
}

static void read_only_lets_only_reads_through(void **state) {
    static const char *const YES[] = {"SELECT 1", "WITH a AS (SELECT 1) SELECT * FROM a", "SHOW TABLES", "DESCRIBE HISTORY t",
                                      "EXPLAIN DELETE FROM t", "USE CATALOG c", "SET x = 1", "/* DELETE */ SELECT 'INSERT'"};
    static const char *const NO[] = {"DELETE FROM t", "/* x */ (( delete FROM t", "WITH a AS (SELECT 1) INSERT INTO t TABLE a",
                                     "GRANT SELECT ON t TO u", "SELECT 1; DROP TABLE t", "CALL p()", "SELECT $$",
                                     "PUT 'a' INTO '/Volumes/x'", "EXECUTE IMMEDIATE 'x'", "FROM t INSERT INTO u SELECT *",
                                     "CREATE TEMP VIEW v AS SELECT 1", "SELECT 'unclosed", "BEGIN DELETE FROM t; END", "",
                                     "frobnicate", "SELECT * FROM t |> INSERT INTO u", "-- \\\nDELETE FROM x\nDELETE FROM t"};
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_READ_ONLY);
    build(&w);
    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++)
        if (denies(&w, YES[i])) fail_msg("denied: %s", YES[i]);
    for (size_t i = 0; i < sizeof NO / sizeof *NO; i++)
        if (!denies(&w, NO[i])) fail_msg("allowed: %s", NO[i]);
    struct policy_verdict v = ask(&w, "DELETE FROM t");
    assert_string_equal(v.error_code, "PERMISSION_DENIED");
    assert_string_equal(v.message, "dbxproxyd policy read_only: only statements that read are allowed");
    policy_free(&w.p);
}

static void options_refuse_by_themselves(void **state) {
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_AUDIT);
    w.t.max_statement = 20;
    w.t.strict_validation = true;
    w.t.allow_file_statements = w.t.allow_scripts = false;
    build(&w);
    assert_string_equal(ask(&w, "SELECT 1234567890, 123").error_code, "BAD_REQUEST");
    assert_string_equal(ask(&w, "SELECT $$").rule, "strict_validation");
    assert_string_equal(ask(&w, "SELECT $$").error_code, "BAD_REQUEST");
    assert_string_equal(ask(&w, "REMOVE '/Volumes/x'").rule, "allow_file_statements");
    assert_string_equal(ask(&w, "SELECT 1; SELECT 2").rule, "allow_scripts");
    assert_string_equal(ask(&w, "BEGIN").rule, "allow_scripts");
    assert_false(denies(&w, "SELECT 1;;"));
    policy_free(&w.p);
}

static void the_first_rule_that_matches_decides(void **state) {
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_CUSTOM);
    w.rules[w.c.n_rules++] = rule("mine", RULE_ALLOW);
    w.rules[0].tables = list(0, "main.mine.*");
    w.rules[w.c.n_rules++] = rule("no-writes", RULE_DENY);
    w.rules[1].classes = list(1, "write");
    w.rules[1].message = (char *)"ask the data team";
    w.rules[w.c.n_rules++] = rule("other", RULE_DENY);
    w.rules[2].tenants = list(2, "somebody");
    build(&w);
    assert_false(denies(&w, "DELETE FROM mine.t"));
    assert_false(denies(&w, "DELETE FROM `MAIN`.Mine.t"));
    assert_string_equal(ask(&w, "DELETE FROM t").message, "dbxproxyd policy no-writes: ask the data team");
    assert_false(denies(&w, "SELECT 1"));
    policy_free(&w.p);
}

static void a_doubt_denies_and_never_allows(void **state) {
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_CUSTOM);
    w.rules[w.c.n_rules++] = rule("hr", RULE_DENY);
    w.rules[0].tables = list(0, "main.hr.*");
    build(&w);
    assert_true(denies(&w, "SELECT * FROM hr.pay"));
    assert_true(denies(&w, "SELECT * FROM a, (SELECT 1 FROM /* x */ main . `hr` . pay)"));
    assert_true(denies(&w, "SELECT * FROM IDENTIFIER(:t)"));
    assert_true(denies(&w, "DROP SCHEMA main.hr CASCADE"));
    assert_true(denies(&w, "EXECUTE IMMEDIATE 'SELECT * FROM main.hr.pay'"));
    assert_true(denies(&w, "SELECT 1; DELETE FROM main.hr.pay"));
    assert_false(denies(&w, "SELECT 'main.hr.pay' FROM it.pay"));
    assert_false(denies(&w, "WITH hr AS (SELECT 1) SELECT * FROM hr"));
    policy_free(&w.p);
}

static void a_write_cannot_be_dressed_as_something_else(void **state) {
    static const char *const DENIED[] = {
        "CREATE TABLE t (user INT)", "ALTER TABLE t OWNER TO x", "SELECT 1; DELETE FROM t", "EXECUTE IMMEDIATE 'DELETE FROM t'",
        "BEGIN DELETE FROM t; END", "CALL p()", "WITH a AS (SELECT 1) DELETE FROM t", "FROM a INSERT INTO t SELECT 1",
    };
    static const char *const ALLOWED[] = {"SELECT 'DELETE FROM t'", "GRANT SELECT ON t TO u", "SHOW TABLES", "SET x = 1"};
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_CUSTOM);
    w.rules[w.c.n_rules++] = rule("no-writes", RULE_DENY);
    w.rules[0].classes = list(0, "write");
    build(&w);
    for (size_t i = 0; i < sizeof DENIED / sizeof *DENIED; i++)
        if (!denies(&w, DENIED[i])) fail_msg("allowed: %s", DENIED[i]);
    for (size_t i = 0; i < sizeof ALLOWED / sizeof *ALLOWED; i++)
        if (denies(&w, ALLOWED[i])) fail_msg("denied: %s", ALLOWED[i]);
    policy_free(&w.p);
}

static void a_body_that_could_not_be_read_is_in_doubt(void **state) {
    const struct sqlverdict code = {.class = SQL_CODE, .why = BYPASS_BODY};
    const struct sqldeps none = {0};
    const struct policy_question q = {.verdict = &code, .deps = &none};
    struct policy_verdict v;
    struct world w;
    UNUSED(state);
    for (int i = 0; i < 4; i++) {
        begin(&w, i == 0 ? POLICY_READ_ONLY : POLICY_CUSTOM);
        w.rules[w.c.n_rules++] = rule("r", RULE_DENY);
        w.rules[0].classes = list(1, "read");
        if (i == 1) w.rules[0].classes.n = 0, w.rules[0].tables = list(0, "main.hr.*");
        if (i == 2) w.rules[0].classes.n = 0, w.rules[0].match = (char *)"hr";
        w.t.strict_validation = i == 3;
        build(&w);
        policy_check(w.p, &q, &v);
        if (!v.denied) fail_msg("case %d", i);
        policy_free(&w.p);
    }
}

static void shapes_users_and_tags_are_conditions(void **state) {
    const struct sv tags[] = {SV_LIT("nightly")};
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_CUSTOM);
    w.rules[w.c.n_rules++] = rule("job", RULE_ALLOW);
    w.rules[0].tags = list(0, "nightly");
    w.rules[w.c.n_rules++] = rule("boss", RULE_ALLOW);
    w.rules[1].principals = list(1, "boss@x");
    w.rules[w.c.n_rules++] = rule("no-star", RULE_DENY);
    w.rules[2].select_star = true;
    w.rules[w.c.n_rules++] = rule("limit", RULE_DENY);
    w.rules[3].without_limit = true;
    build(&w);
    assert_string_equal(ask(&w, "SELECT * FROM t LIMIT 5").rule, "no-star");
    assert_string_equal(ask(&w, "SELECT a FROM t").rule, "limit");
    assert_false(denies(&w, "SELECT a FROM t LIMIT 5"));
    assert_false(denies(&w, "SHOW TABLES"));
    assert_true(denies(&w, "SELECT a FROM (SELECT a FROM t LIMIT 5)"));
    assert_false(ask_with(&w, "SELECT a FROM t", (struct policy_question){.has_row_limit = true}).denied);
    assert_false(ask_with(&w, "SELECT * FROM t", (struct policy_question){.tags = tags, .n_tags = 1}).denied);
    assert_false(ask_with(&w, "SELECT * FROM t", (struct policy_question){.user = SV_LIT("BOSS@x")}).denied);
    assert_true(ask_with(&w, "SELECT * FROM t", (struct policy_question){.user = SV_LIT("clerk@x")}).denied);
    policy_free(&w.p);
}

static void expressions_see_the_normalised_text(void **state) {
    struct world w;
    struct err e = ERR_INIT;
    UNUSED(state);
    begin(&w, POLICY_CUSTOM);
    w.rules[w.c.n_rules++] = rule("cross", RULE_DENY);
    w.rules[0].match = (char *)"\\bcross join\\b";
    build(&w);
    assert_true(denies(&w, "SELECT a FROM t CROSS /* x */\n JOIN u"));
    assert_false(denies(&w, "SELECT a FROM t /* cross join */ JOIN u"));
    policy_free(&w.p);
    w.rules[0].match = (char *)"(a+)+$"; /* costs too much: counted as a match */
    build(&w);
    assert_true(denies(&w, "SELECT aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
    policy_free(&w.p);
    w.rules[0].match = (char *)"(a";
    assert_int_equal(policy_new(&w.c, &w.t, &w.p, &e), RC_ERR);
    assert_non_null(strstr(e.text, "[rule.cross]"));
    assert_null(w.p);
}

static void lives_come_from_the_first_rule_that_says_one(void **state) {
    struct world w;
    UNUSED(state);
    begin(&w, POLICY_AUDIT);
    w.rules[w.c.n_rules++] = rule("gate", RULE_ALLOW);
    w.rules[w.c.n_rules++] = rule("ref", RULE_CACHE);
    w.rules[1].tables = list(0, "main.ref.*");
    w.rules[1].ttl_ms = 3600000;
    w.rules[1].stale_error_ms = 5;
    w.rules[w.c.n_rules++] = rule("live", RULE_CACHE);
    w.rules[2].tables = list(1, "main.live.*");
    w.rules[2].ttl_ms = 0;
    build(&w);
    struct policy_verdict v = ask(&w, "SELECT a FROM ref.t");
    assert_true(v.ttl_ms == 3600000 && v.stale_error_ms == 5 && v.stale_revalidate_ms == -1);
    assert_string_equal(v.life_rule, "ref");
    assert_true(ask(&w, "SELECT a FROM live.t").ttl_ms == 0);
    v = ask(&w, "SELECT a FROM t");
    assert_true(v.ttl_ms == -1 && !v.life_rule);
    assert_true(ask(&w, "SELECT a FROM IDENTIFIER('main.ref.t')").ttl_ms == -1);
    policy_free(&w.p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audit_refuses_nothing_but_tells),
        cmocka_unit_test(read_only_lets_only_reads_through),
        cmocka_unit_test(options_refuse_by_themselves),
        cmocka_unit_test(the_first_rule_that_matches_decides),
        cmocka_unit_test(a_doubt_denies_and_never_allows),
        cmocka_unit_test(a_write_cannot_be_dressed_as_something_else),
        cmocka_unit_test(a_body_that_could_not_be_read_is_in_doubt),
        cmocka_unit_test(shapes_users_and_tags_are_conditions),
        cmocka_unit_test(expressions_see_the_normalised_text),
        cmocka_unit_test(lives_come_from_the_first_rule_that_says_one),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
