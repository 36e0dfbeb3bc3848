/* watch: numbers as Prometheus reads them, the bounded tables behind the status page, masked statements. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "proxy/sql/classify.h"
#include "proxy/watch/errors.h"
#include "proxy/watch/history.h"
#include "proxy/watch/mask.h"
#include "proxy/watch/report.h"
#include "proxy/watch/saved.h"
#include "proxy/watch/top.h"

#define UNUSED(x) (void)(x)

static struct err e;

static char *print(const struct metrics_of *sets, size_t n) {
    struct buf b;
    buf_init(&b, 16 * 1024 * 1024);
    assert_int_equal(metrics_print(sets, n, &b, &e), RC_OK);
    return buf_take(&b);
}

static int count(const char *text, const char *what) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what)) n++;
    return n;
}

static struct metrics *new_set(void) {
    struct metrics *m = mem_zalloc(sizeof *m);
    assert_non_null(m);
    return m;
}

/* ---- metrics --------------------------------------------------------------------------------------------------- */

static void each_tenant_has_its_samples_and_each_name_one_type(void **state) {
    UNUSED(state);
    struct metrics *process = new_set(), *a = new_set(), *b = new_set();
    struct metrics_of sets[] = {{NULL, process}, {"a", a}, {"b\"\\\n", b}};
    metrics_request(a, REQUEST_READ, REQUEST_HIT, 120);
    metrics_request(b, REQUEST_READ, REQUEST_HIT, 120);
    metrics_add(b, M_LOOKUP_HIT);
    char *text = print(sets, 3);
    assert_non_null(strstr(text, "dbxproxy_requests_total{tenant=\"a\",class=\"read\",outcome=\"hit\"} 1\n"));
    assert_non_null(strstr(text, "tenant=\"b\\\"\\\\\\n\",class=\"read\",outcome=\"hit\"} 1\n"));
    assert_non_null(strstr(text, "dbxproxy_cache_lookups_total{tenant=\"a\",tier=\"l1\",result=\"hit\"} 0\n"));
    assert_null(strstr(text, "dbxproxy_cache_lookups_total{tier=")); /* the process has nothing of it */
    assert_int_equal(count(text, "# TYPE dbxproxy_requests_total "), 1);
    assert_int_equal(count(text, "# TYPE dbxproxy_cache_lookups_total "), 1);
    mem_free(text), mem_free(process), mem_free(a), mem_free(b);
}

static void what_no_tenant_counted_is_not_lost(void **state) {
    UNUSED(state);
    struct metrics *process = new_set(), *a = new_set();
    struct metrics_of sets[] = {{NULL, process}, {"a", a}};
    metrics_add(process, M_CRYPTO_FAILURES);
    metrics_request(process, REQUEST_OTHER, REQUEST_REFUSED, 10);
    metrics_set(a, M_REDIS_UP, 1);
    char *text = print(sets, 2);
    assert_non_null(strstr(text, "\ndbxproxy_crypto_failures_total 1\n"));
    assert_non_null(strstr(text, "\ndbxproxy_requests_total{class=\"other\",outcome=\"refused\"} 1\n"));
    assert_non_null(strstr(text, "\ndbxproxy_redis_up 1\n")); /* of the process, whoever counted it */
    mem_free(text), mem_free(process), mem_free(a);
}

static void histograms_add_up(void **state) {
    UNUSED(state);
    struct metrics *m = new_set();
    struct metrics_of set = {"a", m};
    metrics_observe(m, M_UP_SECONDS_EXECUTE, 99);
    metrics_observe(m, M_UP_SECONDS_EXECUTE, 2000);
    metrics_observe(m, M_UP_SECONDS_EXECUTE, 120 * 1000000);
    char *text = print(&set, 1);
    assert_non_null(strstr(text, "_bucket{tenant=\"a\",route=\"execute\",le=\"0.0001\"} 1\n"));
    assert_non_null(strstr(text, "_bucket{tenant=\"a\",route=\"execute\",le=\"60\"} 2\n"));
    assert_non_null(strstr(text, "_bucket{tenant=\"a\",route=\"execute\",le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(text, "_sum{tenant=\"a\",route=\"execute\"} 120.002099\n"));
    assert_non_null(strstr(text, "_count{tenant=\"a\",route=\"execute\"} 3\n"));
    assert_null(strstr(text, "route=\"chunk\"")); /* one of many that never saw anything */
    mem_free(text), mem_free(m);
}

static void labels_of_run_time_are_bounded_and_overflow_into_other(void **state) {
    UNUSED(state);
    struct metrics *m = new_set();
    struct metrics_of set = {"a", m};
    char name[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "rule-%d", i);
        metrics_add_named(m, M_POLICY_DENIED, name, 1);
    }
    metrics_set_named(m, M_BREAKER, "host", 2);
    char *text = print(&set, 1);
    int rules = count(text, "dbxproxy_policy_denied_total{");
    assert_in_range(rules, 10, METRICS_NAMED);
    snprintf(name, sizeof name, "rule=\"other\"} %d\n", 1000 - (rules - 1));
    assert_non_null(strstr(text, name));
    assert_int_equal(count(text, "dbxproxy_breaker_state{"), 1);
    metrics_drop_named(m, M_POLICY_DENIED);
    assert_int_equal(m->n_named, 1);
    mem_free(text), mem_free(m);
}

static void times_in_milliseconds_are_printed_as_seconds(void **state) {
    UNUSED(state);
    struct metrics *m = new_set();
    struct metrics_of set = {"a", m};
    metrics_add_n(m, M_SAVED_MS, 12034);
    char *text = print(&set, 1);
    assert_non_null(strstr(text, "dbxproxy_warehouse_seconds_saved_total{tenant=\"a\"} 12.034\n"));
    mem_free(text), mem_free(m);
}

static void classes_have_the_names_that_the_classifier_gives_them(void **state) {
    UNUSED(state);
    for (int c = SQL_READ; c <= SQL_MULTI; c++)
        assert_string_equal(request_class_word((enum request_class)(c + 1)), sqlclass_name((enum sqlclass)c));
    assert_int_equal(REQUEST_CLASS_COUNT, SQL_MULTI + 2);
}

static void quantiles_lie_within_their_bucket(void **state) {
    UNUSED(state);
    struct metrics *m = new_set();
    for (int i = 0; i < 99; i++) metrics_request(m, REQUEST_READ, REQUEST_HIT, 80);
    metrics_request(m, REQUEST_READ, REQUEST_HIT, 4000);
    double half = metrics_quantile_us(&m->requests_us[REQUEST_HIT], 0.5);
    double high = metrics_quantile_us(&m->requests_us[REQUEST_HIT], 0.995);
    assert_true(half > 0 && half <= 100 && high > 1000 && high <= 5000);
    assert_true(metrics_quantile_us(&m->requests_us[REQUEST_MISS], 0.5) == 0);
    mem_free(m);
}

/* ---- errors ---------------------------------------------------------------------------------------------------- */

static void the_latest_errors_are_kept_and_repeats_are_counted(void **state) {
    UNUSED(state);
    struct errors *w = mem_zalloc(sizeof *w);
    char text[64];
    for (int i = 0; i < 3 * ERRORS_KEPT; i++) {
        snprintf(text, sizeof text, "number %d", i / 2);
        errors_note(w, "t", "upstream", text);
    }
    snprintf(text, sizeof text, "number %d", 3 * ERRORS_KEPT / 2 - 1);
    assert_string_equal(errors_get(w, 0)->text, text);
    assert_int_equal(errors_get(w, 0)->count, 2);
    assert_non_null(errors_get(w, ERRORS_KEPT - 1));
    assert_null(errors_get(w, ERRORS_KEPT));
    assert_null(errors_get(w, -1));
    errors_note(w, NULL, "redis", "Bearer abcdefgh at http://x/dbxp/v1/r/AAAABBBB");
    assert_string_equal(errors_get(w, 0)->text, "Bearer *** at http://x/dbxp/v1/r/***");
    mem_free(w);
}

/* ---- top ------------------------------------------------------------------------------------------------------- */

static void note(struct top *t, uint64_t digest, enum request_outcome outcome, int64_t upstream_ms, int64_t saved_ms) {
    struct top_note n = {.digest = digest, .tenant = "t", .class = REQUEST_READ, .outcome = outcome,
                         .upstream_ms = upstream_ms, .saved_ms = saved_ms};
    top_note(t, &n);
}

static void frequent_statements_survive_a_flood_of_single_ones(void **state) {
    UNUSED(state);
    struct top *t;
    struct top_row rows[TOP_KEPT];
    assert_int_equal(top_new(&t, &e), RC_OK);
    for (uint64_t i = 1; i <= 20000; i++) {
        note(t, i * 0x9E3779B97F4A7C15u | 1, REQUEST_MISS, 1, 0);
        if (i % 20 == 0) note(t, 2, REQUEST_HIT, 0, 700);
        if (i % 40 == 0) note(t, 4, REQUEST_MISS, 50, 0);
    }
    assert_int_equal(top_list(t, TOP_BY_COUNT, rows, TOP_KEPT), TOP_KEPT);
    assert_int_equal(rows[0].digest, 2);
    assert_true(rows[0].count >= 1000 && rows[0].count - rows[0].over <= 1000);
    assert_int_equal(top_list(t, TOP_BY_SAVED, rows, 1), 1);
    assert_int_equal(rows[0].digest, 2);
    assert_int_equal(rows[0].saved_ms, rows[0].hits * 700);
    assert_int_equal(top_list(t, TOP_BY_UPSTREAM, rows, 1), 1);
    assert_int_equal(rows[0].digest, 4);
    top_free(&t);
}

static void a_digest_tells_tenants_apart_and_texts_stay_out_unless_given(void **state) {
    UNUSED(state);
    struct top *t, *other;
    struct top_row row;
    assert_int_equal(top_new(&t, &e), RC_OK);
    assert_int_equal(top_new(&other, &e), RC_OK);
    uint64_t digest = top_digest(t, "a", SV_LIT("SELECT 1"));
    assert_int_equal(digest, top_digest(t, "a", SV_LIT("SELECT 1")));
    assert_int_not_equal(digest, top_digest(t, "b", SV_LIT("SELECT 1")));
    assert_int_not_equal(digest, top_digest(other, "a", SV_LIT("SELECT 1"))); /* means nothing elsewhere */
    note(t, digest, REQUEST_BYPASS, 5, 0);
    assert_int_equal(top_list(t, TOP_BY_COUNT, &row, 1), 1);
    assert_string_equal(row.text, "");
    top_note(NULL, &(struct top_note){.digest = 1});
    top_free(&t);
    top_free(&other);
}

/* ---- saved ----------------------------------------------------------------------------------------------------- */

static void a_start_is_avoided_once_for_each_time_it_would_have_run(void **state) {
    UNUSED(state);
    struct saved s = {0};
    struct metrics *m = new_set();
    struct sv w = SV_LIT("w");
    const int64_t min = 60 * 1000;
    int64_t now = 100 * min;
    saved_note_sent(&s, w, now);
    saved_note_hit(&s, m, w, 1500, SAVED_UNKNOWN, now + min);
    assert_int_equal(m->value[M_STARTS_AVOIDED], 0); /* it still runs */
    saved_note_hit(&s, m, w, 1500, SAVED_UNKNOWN, now + 20 * min);
    saved_note_hit(&s, m, w, 1500, SAVED_UNKNOWN, now + 25 * min);
    assert_int_equal(m->value[M_STARTS_AVOIDED], 1); /* the second would have found it running */
    saved_note_hit(&s, m, w, 1500, SAVED_RUNNING, now + 60 * min);
    assert_int_equal(m->value[M_STARTS_AVOIDED], 1); /* somebody else keeps it awake */
    saved_note_hit(&s, m, w, 1500, SAVED_STOPPED, now + 90 * min);
    assert_int_equal(m->value[M_STARTS_AVOIDED], 2);
    assert_int_equal(m->value[M_SAVED_MS], 7500);
    mem_free(m);
}

/* ---- history --------------------------------------------------------------------------------------------------- */

static void the_last_minutes_forget_the_time_before(void **state) {
    UNUSED(state);
    struct history *h = mem_zalloc(sizeof *h);
    uint64_t totals[REQUEST_OUTCOME_COUNT] = {0};
    int64_t now = 1000000;
    totals[REQUEST_HIT] = 5;
    history_note(h, totals, now);
    assert_int_equal(history_get(h, 0).hits, 5);
    totals[REQUEST_HIT] = 7;
    totals[REQUEST_BYPASS] = 1;
    history_note(h, totals, now + 3 * HISTORY_STEP_MS);
    assert_int_equal(history_get(h, 0).hits, 2);
    assert_int_equal(history_get(h, 0).bypasses, 1);
    assert_int_equal(history_get(h, 1).hits, 0);
    assert_int_equal(history_get(h, 3).hits, 5);
    history_note(h, totals, now + 1000LL * HISTORY_STEP_MS);
    for (int i = 0; i < HISTORY_STEPS; i++) assert_int_equal(history_get(h, i).hits, 0);
    mem_free(h);
}

/* ---- mask ------------------------------------------------------------------------------------------------------ */

static void literals_never_reach_the_log(void **state) {
    UNUSED(state);
    static const struct { const char *sql, *masked; } CASES[] = {
        {"SELECT 'secret', 42, 1.5e3 FROM t -- secret\nWHERE a = \"secret\"", "SELECT ?, ?, ?.? FROM t WHERE a = ?"},
        {"SELECT r'sec\\ret', DATE'2020-01-01', X'AB' /* secret */ , :p, ?", "SELECT ?, DATE?, X? , :p, ?"},
        {"SELECT `a b`, -7", "SELECT `a b`, -?"},
        {"SELECT 'unclosed secret", "SELECT…"},
        {"SELECT $tag$ secret $tag$", "SELECT…"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buf b;
        buf_init(&b, 4096);
        assert_int_equal(mask_literals(sv_of(CASES[i].sql), 1000, &b, &e), RC_OK);
        assert_null(strstr(b.ptr ? b.ptr : "", "secret"));
        assert_string_equal(b.ptr ? b.ptr : "", CASES[i].masked);
        buf_fini(&b);
    }
}

static void a_long_statement_is_cut_at_its_bound(void **state) {
    UNUSED(state);
    struct buf sql, out;
    buf_init(&sql, 1 << 20);
    buf_init(&out, 4096);
    for (int i = 0; i < 10000; i++) assert_int_equal(buf_adds(&sql, "col, ", &e), RC_OK);
    assert_int_equal(mask_literals(buf_sv(&sql), 200, &out, &e), RC_OK);
    assert_in_range(out.len, 150, 204);
    buf_fini(&sql);
    buf_fini(&out);
}

/* ---- report ---------------------------------------------------------------------------------------------------- */

static void the_report_sums_all_sets(void **state) {
    UNUSED(state);
    struct watch *w;
    struct metrics *a = new_set(), *b = new_set();
    struct metrics_of sets[] = {{"a", a}, {"b", b}};
    assert_int_equal(watch_new(&w, NULL, &e), RC_OK);
    metrics_request(a, REQUEST_READ, REQUEST_HIT, 100);
    metrics_request(b, REQUEST_META, REQUEST_HIT, 100);
    b->bypass[BYPASS_CLOCK] = 3;
    watch_error(w, "a", "upstream", "it %s", "failed");
    cJSON *r = report_status(sets, 2, w);
    char *text = cJSON_PrintUnformatted(r);
    assert_non_null(strstr(text, "\"totals\":{\"pass\":0,\"hit\":2,"));
    assert_non_null(strstr(text, "\"reason\":\"clock\""));
    assert_non_null(strstr(text, "\"text\":\"it failed\""));
    assert_int_equal(count(text, "\"name\":"), 2);
    cJSON_free(text);
    cJSON_Delete(r);
    watch_free(&w);
    mem_free(a), mem_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tenant_has_its_samples_and_each_name_one_type),
        cmocka_unit_test(what_no_tenant_counted_is_not_lost),
        cmocka_unit_test(histograms_add_up),
        cmocka_unit_test(labels_of_run_time_are_bounded_and_overflow_into_other),
        cmocka_unit_test(times_in_milliseconds_are_printed_as_seconds),
        cmocka_unit_test(classes_have_the_names_that_the_classifier_gives_them),
        cmocka_unit_test(quantiles_lie_within_their_bucket),
        cmocka_unit_test(the_latest_errors_are_kept_and_repeats_are_counted),
        cmocka_unit_test(frequent_statements_survive_a_flood_of_single_ones),
        cmocka_unit_test(a_digest_tells_tenants_apart_and_texts_stay_out_unless_given),
        cmocka_unit_test(a_start_is_avoided_once_for_each_time_it_would_have_run),
        cmocka_unit_test(the_last_minutes_forget_the_time_before),
        cmocka_unit_test(literals_never_reach_the_log),
        cmocka_unit_test(a_long_statement_is_cut_at_its_bound),
        cmocka_unit_test(the_report_sums_all_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
