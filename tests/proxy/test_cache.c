#define _GNU_SOURCE /* memmem */
/* cache, store_mem, session_track, answer, route: when a result may be served, and what is kept of the world. */
#include "proxy/cache/answer.h"
#include "proxy/cache/cache.h"
#include "proxy/request/route.h"
#include "proxy/tenant/session_track.h"

#include "core/mem.h"
#include "tests/unit/test.h"

static struct err e;
static struct metrics metrics;
static struct secrets secrets;
static const struct cache_wish ANY = {INT64_MAX, 0};

static void key_of(int n, uint8_t key[DIGEST_BYTES]) {
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    assert_ok(secrets_digest(&secrets, "test", sv_of(text), key, &e), e);
}

static void keep(struct cache *c, int n, size_t size, int64_t submitted_ms, uint64_t epoch) {
    char *bytes = mem_zalloc(size);
    struct entry *entry = entry_new(sv_make(bytes, size), 0);
    key_of(n, entry->key);
    entry->submitted_ms = submitted_ms;
    entry->ttl_ms = 1000;
    entry->epoch = epoch;
    cache_keep(c, entry);
    entry_unref(&entry);
    mem_free(bytes);
}

static enum cache_result look(struct cache *c, int n, int64_t now_ms, const struct cache_wish *w) {
    uint8_t key[DIGEST_BYTES];
    struct entry *entry;
    int64_t left;
    key_of(n, key);
    enum cache_result r = cache_lookup(c, key, now_ms, w, &entry, &left);
    entry_unref(&entry);
    return r;
}

static void open_cache(struct cache *c, size_t limit) {
    *c = (struct cache){.metrics = &metrics};
    memset(&metrics, 0, sizeof metrics);
    assert_ok(store_mem_new(&c->store, limit, &metrics, &e), e);
}

static void close_cache(struct cache *c) { c->store->ops->free(c->store); }

static void a_result_is_served_until_its_time_is_up(void **state) {
    struct cache c;
    UNUSED(state);
    open_cache(&c, 1 << 20);
    keep(&c, 1, 100, 5000, 0);
    assert_int_equal(look(&c, 1, 5000, &ANY), CACHE_HIT);
    assert_int_equal(look(&c, 1, 5999, &ANY), CACHE_HIT);
    assert_int_equal(look(&c, 1, 6000, &ANY), CACHE_EXPIRED);
    assert_int_equal(look(&c, 1, 4999, &ANY), CACHE_EXPIRED);
    assert_int_equal(look(&c, 2, 5000, &ANY), CACHE_MISS);
    assert_int_equal(look(&c, 1, 5500, &(struct cache_wish){500, 0}), CACHE_EXPIRED);
    assert_int_equal(look(&c, 1, 5500, &(struct cache_wish){INT64_MAX, 501}), CACHE_EXPIRED);
    close_cache(&c);
}

static void nothing_read_before_a_write_is_served_after_it(void **state) {
    struct cache c;
    UNUSED(state);
    open_cache(&c, 1 << 20);
    uint64_t before = c.epoch;
    keep(&c, 1, 100, 0, before);
    cache_write_begin(&c, M_INVALIDATE_WRITE);
    uint64_t during = c.epoch;
    assert_int_equal(look(&c, 1, 1, &ANY), CACHE_INVALID);
    assert_false(cache_may_keep(&c, before));
    assert_false(cache_may_keep(&c, during));
    cache_write_end(&c);
    assert_false(cache_may_keep(&c, during));
    assert_true(cache_may_keep(&c, c.epoch));
    assert_int_equal(look(&c, 1, 1, &ANY), CACHE_INVALID);
    close_cache(&c);
}

static void memory_stays_under_its_limit_and_is_accounted(void **state) {
    struct cache c;
    UNUSED(state);
    open_cache(&c, 100 * 1024);
    for (int i = 0; i < 1000; i++) {
        keep(&c, i, 1000, 0, 0);
        assert_true(metrics.value[M_CACHE_BYTES] <= 100 * 1024);
    }
    assert_true(metrics.value[M_CACHE_ENTRIES] > 50 && metrics.value[M_CACHE_ENTRIES] < 100);
    keep(&c, 5000, 200 * 1024, 0, 0);
    assert_int_equal(look(&c, 5000, 0, &ANY), CACHE_MISS);
    c.store->ops->clear(c.store);
    assert_int_equal(metrics.value[M_CACHE_BYTES], 0);
    assert_int_equal(metrics.value[M_CACHE_ENTRIES], 0);
    close_cache(&c);
}

static void a_scan_does_not_push_out_what_is_asked_again(void **state) {
    struct cache c;
    UNUSED(state);
    open_cache(&c, 100 * 1024);
    keep(&c, 1, 1000, 0, 0);
    for (int i = 100; i < 1100; i++) {
        assert_int_equal(look(&c, 1, 0, &ANY), CACHE_HIT);
        keep(&c, i, 1000, 0, 0);
    }
    close_cache(&c);
}

static void an_entry_outlives_its_eviction_while_it_is_used(void **state) {
    struct cache c;
    uint8_t key[DIGEST_BYTES];
    UNUSED(state);
    open_cache(&c, 1 << 20);
    keep(&c, 1, 100, 0, 0);
    key_of(1, key);
    struct entry *held = c.store->ops->find(c.store, key);
    cache_forget(&c, key);
    assert_int_equal(look(&c, 1, 0, &ANY), CACHE_MISS);
    assert_int_equal(held->json_len, 100);
    assert_int_equal(held->json[99], 0);
    entry_unref(&held);
    close_cache(&c);
}

/* ---- sessions -------------------------------------------------------------------------------------------------- */

static const uint8_t ALICE[DIGEST_BYTES] = {1}, BOB[DIGEST_BYTES] = {2};

static struct session_track *track_with(const char *body) {
    struct session_track *t;
    assert_ok(session_track_new(&t, &secrets, &metrics, &e), e);
    session_track_open(t, ALICE, sv_of(body), SV_LIT("id"));
    return t;
}

static enum bypass view_after(const char *body, const char *sql, enum session_outcome how, struct session_view *v) {
    struct session_track *t = track_with(body);
    *v = (struct session_view){0};
    if (sql) {
        session_track_begin_change(t, SV_LIT("id"));
        assert_int_equal(session_track_view(t, ALICE, SV_LIT("id"), v), BYPASS_TAINTED);
        session_track_end_change(t, SV_LIT("id"), sv_of(sql), how);
    }
    enum bypass why = session_track_view(t, ALICE, SV_LIT("id"), v);
    session_track_free(&t);
    return why;
}

static bool same_facts(const char *body_a, const char *sql_a, const char *body_b, const char *sql_b) {
    struct session_view a, b;
    assert_int_equal(view_after(body_a, sql_a, SESSION_DONE, &a), BYPASS_NONE);
    assert_int_equal(view_after(body_b, sql_b, SESSION_DONE, &b), BYPASS_NONE);
    return memcmp(a.fingerprint, b.fingerprint, DIGEST_BYTES) == 0;
}

#define PLAIN "{\"warehouse_id\":\"w\"}"

static void settings_catalog_and_schema_tell_sessions_apart(void **state) {
    UNUSED(state);
    assert_true(same_facts(PLAIN, NULL, PLAIN, NULL));
    assert_true(same_facts(PLAIN, "SET x", PLAIN, NULL));
    assert_true(same_facts("{\"session_confs\":{\"A\":\"1\",\"b\":\"2\"}}", NULL, "{\"session_confs\":{\"b\":\"2\",\"a\":\"1\"}}", NULL));
    assert_false(same_facts("{\"session_confs\":{\"a\":\"1\"}}", NULL, PLAIN, NULL));
    assert_false(same_facts("{\"catalog\":\"a\"}", NULL, "{\"schema\":\"a\"}", NULL));
    assert_true(same_facts(PLAIN, "USE CATALOG a;", "{\"catalog\":\"a\"}", NULL));
    assert_true(same_facts("{\"schema\":\"x\"}", "SET CATALOG `a`", "{\"catalog\":\"a\"}", NULL));
    assert_true(same_facts(PLAIN, "use a.b", "{\"catalog\":\"a\",\"schema\":\"b\"}", NULL));
    assert_true(same_facts("{\"schema\":\"a\"}", "USE SCHEMA b", "{\"schema\":\"b\"}", NULL));
    assert_false(same_facts(PLAIN, "SET a.b = 1", PLAIN, "SET a.b = 2"));
}

static void what_cannot_be_followed_taints(void **state) {
    static const char *const ROWS[] = {"RESET", "SET TIME ZONE 'UTC'", "SET VAR x = 1", "DECLARE x INT", "SET x = 1 + 1",
                                       "CREATE TEMP VIEW v AS SELECT 1", "USE a.b.c", "SET TIME ZONE LOCAL"};
    struct session_view v;
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (view_after(PLAIN, ROWS[i], SESSION_DONE, &v) != BYPASS_TAINTED) fail_msg("%s", ROWS[i]);
    assert_int_equal(view_after(PLAIN, "USE a", SESSION_UNCLEAR, &v), BYPASS_TAINTED);
    assert_int_equal(view_after(PLAIN, "USE a", SESSION_UNCHANGED, &v), BYPASS_NONE);
    assert_int_equal(view_after("{\"session_confs\":[]}", NULL, SESSION_DONE, &v), BYPASS_TAINTED);
    assert_int_equal(view_after("{\"session_confs\":{\"USE_CACHED_RESULT\":\"false\"}}", NULL, SESSION_DONE, &v), BYPASS_USER_OPT_OUT);
    assert_int_equal(view_after(PLAIN, "SET use_cached_result = false", SESSION_DONE, &v), BYPASS_USER_OPT_OUT);
    assert_int_equal(view_after(PLAIN, "USE CATALOG system", SESSION_DONE, &v), BYPASS_SYSTEM);
}

static void a_session_belongs_to_who_opened_it(void **state) {
    struct session_view v;
    struct session_track *t = track_with(PLAIN);
    UNUSED(state);
    assert_int_equal(session_track_view(t, BOB, SV_LIT("id"), &v), BYPASS_SESSION);
    assert_int_equal(session_track_view(t, ALICE, SV_LIT("other"), &v), BYPASS_SESSION);
    assert_int_equal(session_track_view(t, ALICE, SV_LIT("id"), &v), BYPASS_NONE);
    assert_true(session_track_is_same(t, &v));
    session_track_begin_change(t, SV_LIT("id"));
    assert_false(session_track_is_same(t, &v));
    session_track_close(t, SV_LIT("id"));
    assert_int_equal(session_track_view(t, ALICE, SV_LIT("id"), &v), BYPASS_SESSION);
    session_track_free(&t);
}

/* ---- answers and routes ---------------------------------------------------------------------------------------- */

#define MANIFEST(chunks, rows) "\"manifest\":{\"format\":\"JSON_ARRAY\",\"schema\":{\"column_count\":0},\"total_chunk_count\":" #chunks \
                               ",\"total_row_count\":" #rows ",\"truncated\":false}"

static void only_whole_successes_are_kept(void **state) {
    static const struct {
        const char *body;
        enum answer_kind kind;
    } ROWS[] = {
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"SUCCEEDED\"}," MANIFEST(1, 1)
         ",\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":1,\"data_array\":[[\"1\"]]}}", ANSWER_COMPLETE},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"CLOSED\"}," MANIFEST(0, 0) ",\"result\":{}}", ANSWER_COMPLETE},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"SUCCEEDED\"}," MANIFEST(1, 2)
         ",\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":1,\"data_array\":[[\"1\"]]}}", ANSWER_PARTIAL},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"SUCCEEDED\"}," MANIFEST(2, 2)
         ",\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":1,\"next_chunk_index\":1,\"data_array\":[[\"1\"]]}}", ANSWER_PARTIAL},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"SUCCEEDED\"}," MANIFEST(1, 1)
         ",\"result\":{\"external_links\":[{\"chunk_index\":0,\"row_offset\":0,\"row_count\":1,\"external_link\":\"https://x\"}]}}", ANSWER_EXTERNAL},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"SUCCEEDED\"}}", ANSWER_PARTIAL},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"CLOSED\"}}", ANSWER_FAILED},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"FAILED\",\"error\":{\"message\":\"m\"}}}", ANSWER_FAILED},
        {"{\"statement_id\":\"i\",\"status\":{\"state\":\"PENDING\"}}", ANSWER_RUNNING},
        {"{\"statement_id\":\"i\"", ANSWER_UNREADABLE},
        {"<html>", ANSWER_UNREADABLE},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct arena a = ARENA_INIT;
        if (answer_look(sv_of(ROWS[i].body), &a).kind != ROWS[i].kind) fail_msg("%s", ROWS[i].body);
        arena_fini(&a);
    }
}

static void a_direct_result_is_kept_as_succeeded(void **state) {
    static const char BODY[] = "{\"statement_id\":\"abc\",\"status\":{\"state\":\"CLOSED\"}," MANIFEST(0, 0) ",\"result\":{}}";
    struct arena a = ARENA_INIT;
    struct answer answer = answer_look(SV_LIT(BODY), &a);
    struct entry *entry = answer_to_entry(SV_LIT(BODY), &answer);
    UNUSED(state);
    assert_non_null(entry);
    assert_memory_equal(entry->json + entry->id.at, "\"abc\"", entry->id.len);
    assert_memory_equal(entry->json + entry->result.at, "{}", entry->result.len);
    assert_non_null(memmem(entry->json, entry->json_len, "\"SUCCEEDED\"", 11));
    entry_unref(&entry);
    arena_fini(&a);
}

static void paths_lead_to_their_rooms(void **state) {
    static const struct {
        const char *method, *path;
        enum route route;
    } ROWS[] = {
        {"POST", "/api/2.0/sql/statements", ROUTE_EXECUTE},
        {"POST", "/api/2.0/sql/statements/", ROUTE_EXECUTE},
        {"GET", "/api/2.0/sql/statements/x", ROUTE_STATUS},
        {"DELETE", "/api/2.0/sql/statements/x", ROUTE_CLOSE},
        {"POST", "/api/2.0/sql/statements/x/cancel", ROUTE_CANCEL},
        {"GET", "/api/2.0/sql/statements/x/result/chunks/3", ROUTE_CHUNK},
        {"POST", "/api/2.0/sql/sessions", ROUTE_SESSION_OPEN},
        {"POST", "/api/2.0/sql/sessions/", ROUTE_SESSION_OPEN},
        {"DELETE", "/api/2.0/sql/sessions/x", ROUTE_SESSION_CLOSE},
        {"POST", "/api/2.0/sql/warehouses/w/sessions", ROUTE_SESSION_OPEN},
        {"DELETE", "/api/2.0/sql/warehouses/w/sessions/x", ROUTE_SESSION_CLOSE},
        {"GET", "/api/2.0/sql/warehouses/w", ROUTE_PASS},
        {"POST", "/api/2.0/sql/warehouses/w/start", ROUTE_PASS},
        {"POST", "/api/2.0/sql/warehouses/w/statements", ROUTE_PASS_WRITES},
        {"POST", "/api/2.0/sql//statements", ROUTE_PASS_WRITES},
        {"POST", "/sql/1.0/warehouses/w", ROUTE_PASS_WRITES},
        {"GET", "/api/2.0/sql/statementsx", ROUTE_PASS},
        {"GET", "/", ROUTE_PASS},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (route_of(sv_of(ROWS[i].method), sv_of(ROWS[i].path)).route != ROWS[i].route) fail_msg("%s %s", ROWS[i].method, ROWS[i].path);
}

static int setup(void **state) {
    UNUSED(state);
    return secrets_init(&secrets, &e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_served_until_its_time_is_up),
        cmocka_unit_test(nothing_read_before_a_write_is_served_after_it),
        cmocka_unit_test(memory_stays_under_its_limit_and_is_accounted),
        cmocka_unit_test(a_scan_does_not_push_out_what_is_asked_again),
        cmocka_unit_test(an_entry_outlives_its_eviction_while_it_is_used),
        cmocka_unit_test(settings_catalog_and_schema_tell_sessions_apart),
        cmocka_unit_test(what_cannot_be_followed_taints),
        cmocka_unit_test(a_session_belongs_to_who_opened_it),
        cmocka_unit_test(only_whole_successes_are_kept),
        cmocka_unit_test(a_direct_result_is_kept_as_succeeded),
        cmocka_unit_test(paths_lead_to_their_rooms),
    };
    return cmocka_run_group_tests_name("cache", tests, setup, NULL);
}
