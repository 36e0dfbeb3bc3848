#define _GNU_SOURCE /* memmem */
/* cache, store, session_track, answer, route: when a result may be served, and what is kept of the world. */
#include "proxy/cache/answer.h"
#include "proxy/cache/cache.h"
#include "proxy/request/route.h"
#include "proxy/tenant/session_track.h"

#include "core/mem.h"
#include "tests/unit/test.h"

static struct err e;
static struct metrics metrics;
static struct secrets secrets;
static const struct cache_wish ANY = {INT64_MAX, 0, false, -1};

static void key_of(int n, uint8_t key[DIGEST_BYTES]) {
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    assert_ok(secrets_digest(&secrets, "test", sv_of(text), key, &e), e);
}

/* A cache with one table, "t", and the tenant's name. */
struct world {
    struct ledger ledger;
    struct store *store;
    struct cache cache;
    struct epoch_set set;
};

static struct epoch_name table(const struct world *w) { return epoch_name_of(w->cache.epochs, SV_LIT("c.s.t")); }

static void open_world(struct world *w, size_t limit) {
    *w = (struct world){.ledger = {.limit = limit}, .cache = {.metrics = &metrics}};
    memset(&metrics, 0, sizeof metrics);
    assert_ok(store_new(&w->store, &w->ledger, &e), e);
    assert_ok(epochs_new(&w->cache.epochs, &secrets, NULL, &e), e);
    assert_ok(store_part_new(&w->cache.part, w->store, 0, &metrics, &e), e);
    w->cache.store = w->store;
    w->set.n = 2;
    w->set.names[0] = epoch_name_all(w->cache.epochs);
    w->set.names[1] = table(w);
    epochs_read(w->cache.epochs, &w->set);
}

static void close_world(struct world *w) {
    store_part_free(&w->cache.part);
    epochs_free(&w->cache.epochs);
    store_free(&w->store);
}

static struct entry *make(const struct world *w, int n, size_t size, int64_t submitted_ms) {
    char *bytes = mem_zalloc(size);
    struct entry *entry = entry_new(sv_make(bytes, size), 0);
    mem_free(bytes);
    key_of(n, entry->key);
    entry->submitted_ms = submitted_ms;
    entry->ttl_ms = 1000;
    for (int i = 0; i < w->set.n; i++) {
        struct entry_dep d = {.epoch = w->set.values[i]};
        memcpy(d.name, w->set.names[i].bytes, sizeof d.name);
        assert_true(entry_add_dep(entry, &d));
    }
    return entry;
}

static void keep(struct world *w, int n, size_t size, int64_t submitted_ms) {
    struct entry *entry = make(w, n, size, submitted_ms);
    cache_keep(&w->cache, entry);
    entry_unref(&entry);
}

static enum cache_verdict look(struct world *w, int n, int64_t now_ms, const struct cache_wish *wish) {
    uint8_t key[DIGEST_BYTES];
    struct entry *entry;
    int64_t left;
    key_of(n, key);
    enum cache_verdict v = cache_lookup(&w->cache, key, now_ms, wish, &entry, &left);
    entry_unref(&entry);
    return v;
}

static void a_result_is_served_until_its_time_is_up(void **state) {
    struct world w;
    UNUSED(state);
    open_world(&w, 1 << 20);
    keep(&w, 1, 100, 5000);
    assert_int_equal(look(&w, 1, 5000, &ANY), CACHE_FRESH);
    assert_int_equal(look(&w, 1, 5999, &ANY), CACHE_FRESH);
    assert_int_equal(look(&w, 2, 5000, &ANY), CACHE_MISS);
    assert_int_equal(look(&w, 1, 5500, &(struct cache_wish){500, 0, false, -1}), CACHE_EXPIRED);
    assert_int_equal(look(&w, 1, 5500, &(struct cache_wish){INT64_MAX, 501, false, -1}), CACHE_EXPIRED);
    assert_int_equal(look(&w, 1, 5500, &ANY), CACHE_FRESH);
    assert_int_equal(look(&w, 1, 4999, &ANY), CACHE_EXPIRED);
    assert_int_equal(look(&w, 1, 6000, &ANY), CACHE_EXPIRED);
    assert_int_equal(look(&w, 1, 5500, &ANY), CACHE_MISS);
    close_world(&w);
}

static void past_its_life_it_serves_within_its_windows_only(void **state) {
    struct world w;
    UNUSED(state);
    open_world(&w, 1 << 20);
    struct entry *entry = make(&w, 1, 100, 0);
    entry->stale_revalidate_ms = 100;
    entry->stale_error_ms = 500;
    cache_keep(&w.cache, entry);
    entry_unref(&entry);
    assert_int_equal(look(&w, 1, 999, &ANY), CACHE_FRESH);
    assert_int_equal(look(&w, 1, 1000, &ANY), CACHE_STALE);
    assert_int_equal(look(&w, 1, 1099, &ANY), CACHE_STALE);
    assert_int_equal(look(&w, 1, 1099, &(struct cache_wish){INT64_MAX, 0, true, -1}), CACHE_EXPIRED);
    assert_int_equal(look(&w, 1, 1099, &(struct cache_wish){INT64_MAX, 0, false, 50}), CACHE_EXPIRED);
    assert_int_equal(look(&w, 1, 1100, &ANY), CACHE_LATE);
    assert_int_equal(look(&w, 1, 1499, &ANY), CACHE_LATE);
    assert_int_equal(look(&w, 1, 1500, &ANY), CACHE_EXPIRED);
    close_world(&w);
}

static void nothing_read_before_a_write_is_served_after_it(void **state) {
    struct world w;
    UNUSED(state);
    open_world(&w, 1 << 20);
    struct epoch_set before = w.set, during = w.set, after = w.set;
    struct epoch_name t = table(&w), other = epoch_name_of(w.cache.epochs, SV_LIT("c.s.u"));
    keep(&w, 1, 100, 0);
    epochs_begin(w.cache.epochs, &other);
    epochs_end(w.cache.epochs, &other);
    assert_int_equal(look(&w, 1, 1, &ANY), CACHE_FRESH);
    epochs_begin(w.cache.epochs, &t);
    epochs_read(w.cache.epochs, &during);
    assert_int_equal(look(&w, 1, 1, &ANY), CACHE_INVALID);
    assert_false(cache_may_keep(&w.cache, &before));
    assert_false(cache_may_keep(&w.cache, &during));
    epochs_end(w.cache.epochs, &t);
    epochs_read(w.cache.epochs, &after);
    assert_false(cache_may_keep(&w.cache, &during));
    assert_true(cache_may_keep(&w.cache, &after));
    assert_int_equal(look(&w, 1, 1, &ANY), CACHE_INVALID);
    close_world(&w);
}

static void memory_stays_under_its_limit_and_is_accounted(void **state) {
    struct world w;
    UNUSED(state);
    open_world(&w, 100 * 1024);
    for (int i = 0; i < 1000; i++) {
        keep(&w, i, 1000, 0);
        assert_true(metrics.value[M_CACHE_BYTES] <= 100 * 1024);
        assert_int_equal(metrics.value[M_CACHE_BYTES], w.ledger.kept);
    }
    assert_true(metrics.value[M_CACHE_ENTRIES] > 30 && metrics.value[M_CACHE_ENTRIES] < 100);
    keep(&w, 5000, 200 * 1024, 0);
    assert_int_equal(look(&w, 5000, 0, &ANY), CACHE_MISS);
    assert_true(store_make_room(w.store, 90 * 1024));
    assert_true(w.ledger.kept <= 10 * 1024);
    assert_false(store_make_room(w.store, 101 * 1024));
    store_part_clear(w.cache.part);
    assert_int_equal(w.ledger.kept, 0);
    assert_int_equal(metrics.value[M_CACHE_ENTRIES], 0);
    close_world(&w);
}

static void a_scan_does_not_push_out_what_is_asked_again(void **state) {
    struct world w;
    UNUSED(state);
    open_world(&w, 100 * 1024);
    keep(&w, 1, 1000, 0);
    for (int i = 100; i < 1100; i++) {
        assert_int_equal(look(&w, 1, 0, &ANY), CACHE_FRESH);
        keep(&w, i, 1000, 0);
    }
    close_world(&w);
}

static void who_keeps_more_than_its_quota_gives_way_first(void **state) {
    struct world w;
    struct store_part *other;
    struct metrics others = {0};
    UNUSED(state);
    open_world(&w, 100 * 1024);
    assert_ok(store_part_new(&other, w.store, 0, &others, &e), e);
    for (int i = 0; i < 20; i++) {
        struct entry *entry = make(&w, 9000 + i, 1000, 0);
        assert_true(store_put(other, entry));
        entry_unref(&entry);
    }
    for (int i = 0; i < 1000; i++) keep(&w, i, 1000, 0); /* one tenant floods */
    assert_int_equal(store_part_entries(other), 20);
    store_part_free(&other);
    close_world(&w);
}

static void an_entry_outlives_its_eviction_while_it_is_used(void **state) {
    struct world w;
    uint8_t key[DIGEST_BYTES];
    UNUSED(state);
    open_world(&w, 1 << 20);
    keep(&w, 1, 100, 0);
    key_of(1, key);
    struct entry *held = store_find(w.store, key);
    cache_forget(&w.cache, key);
    assert_int_equal(look(&w, 1, 0, &ANY), CACHE_MISS);
    assert_int_equal(held->json_len, 100);
    assert_int_equal(held->json[99], 0);
    entry_unref(&held);
    close_world(&w);
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
    return secrets_init(&secrets, SV_NULL, SV_NULL, "t", &e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_served_until_its_time_is_up),
        cmocka_unit_test(past_its_life_it_serves_within_its_windows_only),
        cmocka_unit_test(who_keeps_more_than_its_quota_gives_way_first),
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
