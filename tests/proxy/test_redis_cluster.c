/* shared on a real Redis Cluster: three masters, three replicas, slots that move and masters that die. The tests stand
 * in the order in which the cluster suffers. */
#include <signal.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/mem.h"
#include "proxy/redis/names.h"
#include "proxy/redis/slots.h"
#include "redis_world.h"

enum { SERVERS = 6, KEYS = 60 };

static struct world w;
static struct side a, b;
static struct got g;
static uint8_t principal[DIGEST_BYTES];
static char ids[SERVERS][64];

static void key_of(uint8_t k[DIGEST_BYTES], int seed) {
    memset(k, 0, DIGEST_BYTES);
    for (int i = 0; i < 16; i++) k[i] = (uint8_t)(seed * 37 + i * 11 + seed / 7);
}

static unsigned slot_of(int seed) {
    uint8_t k[DIGEST_BYTES];
    key_of(k, seed);
    struct name n = name_of_key('e', k);
    return slots_of(name_sv(&n));
}

static enum shared_result look_up(struct side *s, int seed, const struct shared_epoch *epochs, int n) {
    uint8_t k[DIGEST_BYTES];
    key_of(k, seed);
    struct shared_ask ask = {.key = k,
                             .principal = principal,
                             .epochs = epochs,
                             .n_epochs = n,
                             .deadline_ms = clock_deadline(s->config.budget_ms),
                             .large_deadline_ms = clock_deadline(s->config.large_budget_ms)};
    got_begin(&g);
    shared_lookup(s->shared, s->tenant, &ask, on_got, &g, NULL);
    wait_for(&w, &g);
    return g.result;
}

static void put(struct side *s, int seed, struct sv bytes) {
    uint8_t k[DIGEST_BYTES];
    key_of(k, seed);
    struct shared_value v = {.key = k,
                             .principal = principal,
                             .gen = {(uint8_t)seed},
                             .created_ms = clock_wall_ms(),
                             .expires_ms = clock_wall_ms() + 600000,
                             .bytes = bytes};
    shared_put(s->shared, s->tenant, &v);
}

static struct shared_epoch epoch_of(struct side *s, const char *table) {
    struct shared_epoch e = {.us = 0};
    shared_name(s->tenant, sv_of(table), e.name);
    return e;
}

static int hits(struct side *s) {
    int n = 0;
    for (int i = 0; i < KEYS; i++) n += look_up(s, i, NULL, 0) == SHARED_HIT;
    return n;
}

static int downs(struct side *s) {
    int n = 0;
    for (int i = 0; i < KEYS; i++) n += look_up(s, i, NULL, 0) == SHARED_DOWN;
    return n;
}

/* ---- the cluster ------------------------------------------------------------------------------------------------- */

static void read_id(int i) {
    char *id = world_cli(&w, i, "cluster myid");
    snprintf(ids[i], sizeof ids[i], "%s", id);
    mem_free(id);
}

static bool is_whole(void) {
    bool ok = true;
    for (int i = 0; i < SERVERS; i++) {
        if (!w.pids[i]) continue;
        char *info = world_cli(&w, i, "cluster info");
        ok = ok && strstr(info, "cluster_state:ok");
        mem_free(info);
    }
    return ok;
}

static int start_all(void **state) {
    char nodes[SERVERS * 24] = "";
    UNUSED(state);
    world_init(&w);
    for (int i = 0; i < SERVERS; i++) {
        world_start(&w, "--cluster-enabled yes --cluster-node-timeout 1000 --cluster-config-file nodes.conf");
        snprintf(nodes + strlen(nodes), sizeof nodes - strlen(nodes), " 127.0.0.1:%d", w.ports[i]);
    }
    char *out = world_cli(&w, 0, "--cluster create%s --cluster-replicas 1 --cluster-yes", nodes);
    bool ok = strstr(out, "[OK] All 16384 slots covered") != NULL;
    if (!ok) print_message("# %s\n", out);
    mem_free(out);
    for (int i = 0; i < 100 && !is_whole(); i++) world_run_ms(&w, 100);
    for (int i = 0; i < SERVERS; i++) read_id(i);
    return ok ? 0 : -1;
}

static int stop_all(void **state) {
    UNUSED(state);
    got_free(&g);
    side_close(&a);
    side_close(&b);
    world_fini(&w);
    return 0;
}

static void open_side(struct side *s, int server) {
    char url[64];
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", w.ports[server]);
    side_config(s, url);
    side_open(&w, s, "acme", 1);
    assert_true(world_until(&w, side_has_heard, s, 10000));
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void results_of_all_slots_are_found_through_any_server(void **state) {
    UNUSED(state);
    open_side(&a, 0);
    open_side(&b, 5); /* a replica: it tells where the masters are */
    for (int i = 0; i < KEYS; i++) put(&a, i, SV_LIT("rows of a cluster"));
    world_run_ms(&w, 300);
    assert_int_equal(hits(&a), KEYS);
    assert_int_equal(hits(&b), KEYS);
    char *large = mem_zalloc(2000000);
    for (int i = 0; i < 2000000; i++) large[i] = (char)(i % 251 + i / 1000);
    put(&a, 1000, sv_make(large, 2000000));
    world_run_ms(&w, 500);
    assert_int_equal(look_up(&b, 1000, NULL, 0), SHARED_HIT);
    assert_true(g.len == 2000000 && memcmp(g.bytes, large, g.len) == 0);
    mem_free(large);
}

static void epochs_marks_and_words_cross_the_cluster(void **state) {
    UNUSED(state);
    static const char *const TABLES[] = {"*", "main.s.a", "main.s.b", "main.s.c", "main.s.d"};
    struct shared_epoch e[5];
    for (int i = 0; i < 5; i++) e[i] = epoch_of(&a, TABLES[i]);
    assert_int_equal(look_up(&a, 1, e, 5), SHARED_MISS); /* epochs are new: nothing was stored with them */
    assert_int_equal(look_up(&a, 1, e, 5), SHARED_HIT);
    for (int i = 0; i < 5; i++) e[i].us = g.epochs[i].us;
    b.epochs = 0;
    struct shared_write *write = shared_write_begin(b.shared, b.tenant, e + 1, 4, clock_deadline(1000), NULL, NULL,
                                                    NULL);
    world_run_ms(&w, 200);
    assert_true(a.epochs >= 4 && b.epochs >= 4);
    assert_int_equal(look_up(&a, 1, e, 5), SHARED_HIT);
    assert_true(g.epochs[0].us == e[0].us && !g.epochs[0].pending);
    for (int i = 1; i < 5; i++) assert_true(g.epochs[i].us > e[i].us && g.epochs[i].pending);
    shared_write_end(&write);
    world_run_ms(&w, 100);
    look_up(&a, 1, e, 5);
    for (int i = 1; i < 5; i++) assert_false(g.epochs[i].pending);
    uint8_t digest[DIGEST_BYTES] = {7};
    shared_tell(a.shared, a.tenant, 'r', digest);
    world_run_ms(&w, 100);
    assert_int_equal(b.tolds, 1);
}

static int woken;
static void on_woken(void *arg) {
    UNUSED(arg);
    woken++;
}

static void flights_of_all_slots_are_locked_and_watched(void **state) {
    UNUSED(state);
    for (int i = 0; i < 12; i++) {
        uint8_t k[DIGEST_BYTES];
        struct shared_lock *mine, *theirs;
        key_of(k, 100 + i);
        woken = 0;
        struct shared_watch *watch = shared_watch(b.shared, k, on_woken, NULL);
        got_begin(&g);
        shared_lock(a.shared, k, clock_deadline(1000), on_got, NULL, &g, &mine);
        wait_for(&w, &g);
        assert_int_equal(g.result, SHARED_GOT);
        got_begin(&g);
        shared_lock(b.shared, k, clock_deadline(1000), on_got, NULL, &g, &theirs);
        wait_for(&w, &g);
        assert_int_equal(g.result, SHARED_HELD);
        shared_unlock(&theirs);
        world_run_ms(&w, 30);
        shared_notify(a.shared, k);
        shared_unlock(&mine);
        world_run_ms(&w, 50);
        assert_int_equal(woken, 1);
        shared_unwatch(&watch);
    }
}

static void a_slot_on_its_way_is_asked_where_its_keys_are(void **state) {
    UNUSED(state);
    unsigned slot = slot_of(3);
    int from = -1, to = -1;
    for (int i = 0; i < 3; i++) {
        char *got = world_cli(&w, i, "cluster getkeysinslot %u 10", slot);
        if (strstr(got, "dxp1:e:") && from < 0) from = i;
        else to = i;
        mem_free(got);
    }
    assert_true(from >= 0 && to >= 0);
    mem_free(world_cli(&w, to, "cluster setslot %u importing %s", slot, ids[from]));
    mem_free(world_cli(&w, from, "cluster setslot %u migrating %s", slot, ids[to]));
    assert_int_equal(look_up(&a, 3, NULL, 0), SHARED_HIT); /* still there */
    char *keys = world_cli(&w, from, "cluster getkeysinslot %u 100", slot);
    for (char *k = strtok(keys, "\n"); k; k = strtok(NULL, "\n"))
        mem_free(world_cli(&w, from, "migrate 127.0.0.1 %d '%s' 0 5000", w.ports[to], k));
    mem_free(keys);
    assert_int_equal(look_up(&a, 3, NULL, 0), SHARED_HIT); /* ASK */
    for (int i = 0; i < 3; i++) mem_free(world_cli(&w, i, "cluster setslot %u node %s", slot, ids[to]));
    assert_int_equal(look_up(&a, 3, NULL, 0), SHARED_HIT); /* MOVED */
    assert_int_equal(look_up(&b, 3, NULL, 0), SHARED_HIT);
}

static void a_storm_of_moved_slots_loses_nothing_for_good(void **state) {
    UNUSED(state);
    FILE *f;
    char command[512];
    snprintf(command, sizeof command,
             "redis-cli --cluster reshard 127.0.0.1:%d --cluster-from %s --cluster-to %s "
             "--cluster-slots 1500 --cluster-yes >/dev/null 2>&1 & echo $!",
             w.ports[0], ids[0], ids[1]);
    assert_non_null(f = popen(command, "r"));
    int seen = 0;
    for (int n = 0; n < 20; n++) seen += KEYS - downs(&a);
    assert_true(seen > 20 * KEYS * 9 / 10);
    pclose(f);
    for (int n = 0; n < 300 && !is_whole(); n++) world_run_ms(&w, 100);
    world_run_ms(&w, 3000);
    assert_int_equal(hits(&a), KEYS);
    assert_int_equal(hits(&b), KEYS);
}

static void a_dead_masters_replica_takes_over_and_news_are_read_again(void **state) {
    UNUSED(state);
    int resyncs = a.resyncs;
    struct shared_epoch star = epoch_of(&a, "*");
    look_up(&a, 1, &star, 1);
    star.us = g.epochs[0].us;
    world_run_ms(&w, 300); /* replicas have it all */
    world_kill(&w, 1, SIGKILL);
    int64_t began = clock_mono_ms(), worst = 0;
    int down = KEYS;
    while (down && clock_mono_ms() - began < 15000) {
        down = 0;
        for (int i = 0; i < KEYS; i++) {
            down += look_up(&a, i, NULL, 0) == SHARED_DOWN;
            if (g.took_us > worst) worst = g.took_us;
        }
        world_run_ms(&w, 50);
    }
    assert_int_equal(down, 0);
    assert_true(worst < (a.config.budget_ms + 300) * 1000); /* nobody waited for the election */
    assert_int_equal(hits(&a), KEYS);
    int64_t now = clock_mono_ms();
    while (shared_heard_ms(a.shared) < now && clock_mono_ms() - now < 10000) world_run_ms(&w, 50);
    assert_true(shared_heard_ms(a.shared) >= now && a.resyncs > resyncs);
    assert_int_not_equal(look_up(&a, 1, &star, 1), SHARED_DOWN);
    assert_true(g.epochs[0].us >= star.us);
    for (int n = 0; n < 50 && g.result != SHARED_DONE; n++) { /* the other learns of it within a second of its own */
        got_begin(&g);
        shared_bump(b.shared, b.tenant, &star, 1, clock_deadline(2000), on_got, &g, NULL);
        wait_for(&w, &g);
        world_run_ms(&w, 50);
    }
    assert_int_equal(g.result, SHARED_DONE);
}

int main(void) {
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(results_of_all_slots_are_found_through_any_server),
        cmocka_unit_test(epochs_marks_and_words_cross_the_cluster),
        cmocka_unit_test(flights_of_all_slots_are_locked_and_watched),
        cmocka_unit_test(a_slot_on_its_way_is_asked_where_its_keys_are),
        cmocka_unit_test(a_storm_of_moved_slots_loses_nothing_for_good),
        cmocka_unit_test(a_dead_masters_replica_takes_over_and_news_are_read_again),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    if (!world_has_redis()) {
        printf("1..0 # SKIP redis-server and redis-cli are not installed\n");
        return 0;
    }
    return cmocka_run_group_tests(TESTS, start_all, stop_all);
}
