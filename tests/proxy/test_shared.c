/* shared: two instances and one real Redis; everything that may happen to it costs misses and nothing else. */
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/mem.h"
#include "redis_world.h"

static struct world w;
static struct side a, b;
static struct got g;
static uint8_t key[DIGEST_BYTES], principal[DIGEST_BYTES];
static int released;

static void on_release(void *owner) {
    UNUSED(owner);
    released++;
}

static void fill_key(uint8_t k[DIGEST_BYTES], int seed) {
    for (int i = 0; i < DIGEST_BYTES; i++) k[i] = (uint8_t)(seed * 31 + i * 7);
}

static char *url_of(int port) {
    static char text[64];
    snprintf(text, sizeof text, "redis://127.0.0.1:%d", port);
    return text;
}

static void open_side(struct side *s, int port) {
    side_config(s, url_of(port));
    side_open(&w, s, "acme", 1);
    assert_true(world_until(&w, side_has_heard, s, 5000));
}

static int setup(void **state) {
    UNUSED(state);
    world_init(&w);
    fill_key(key, 1);
    fill_key(principal, 2);
    released = 0;
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    got_free(&g);
    side_close(&a);
    side_close(&b);
    world_fini(&w);
    return 0;
}

/* ---- short words ------------------------------------------------------------------------------------------------- */

static struct shared_epoch epoch_of(struct side *s, const char *table) {
    struct shared_epoch e = {.us = 0};
    shared_name(s->tenant, sv_of(table), e.name);
    return e;
}

static enum shared_result look_up(struct side *s, const struct shared_epoch *epochs, int n) {
    struct shared_ask ask = {.key = key,
                             .principal = principal,
                             .epochs = epochs,
                             .n_epochs = n,
                             .deadline_ms = clock_deadline(s->config.budget_ms),
                             .large_deadline_ms = clock_deadline(s->config.large_budget_ms)};
    got_begin(&g);
    shared_lookup(s->shared, s->tenant, &ask, on_got, &g, NULL);
    assert_false(g.is_there); /* never from within the call */
    wait_for(&w, &g);
    return g.result;
}

static void put(struct side *s, struct sv bytes, int64_t life_ms) {
    struct shared_value v = {.key = key,
                             .principal = principal,
                             .gen = {1, 2, 3},
                             .created_ms = clock_wall_ms(),
                             .expires_ms = clock_wall_ms() + life_ms,
                             .bytes = bytes,
                             .release = on_release};
    int before = released;
    shared_put(s->shared, s->tenant, &v);
    for (int i = 0; i < 1000 && released == before; i++) world_run_ms(&w, 5);
    assert_int_equal(released, before + 1);
}

static int64_t bump(struct side *s, const char *table) {
    struct shared_epoch e = epoch_of(s, table);
    got_begin(&g);
    shared_bump(s->shared, s->tenant, &e, 1, clock_deadline(1000), on_got, &g, NULL);
    wait_for(&w, &g);
    assert_int_equal(g.result, SHARED_DONE);
    return g.epochs[0].us;
}

static uint64_t failures(const struct side *s, const char *kind) {
    for (int i = 0; i < s->metrics.n_named; i++)
        if (s->metrics.named[i].id == M_REDIS_ERRORS && strcmp(s->metrics.named[i].label, kind) == 0)
            return s->metrics.named[i].value;
    return 0;
}

static void check_hit(struct sv bytes) {
    assert_int_equal(g.result, SHARED_HIT);
    assert_int_equal(g.len, bytes.len);
    assert_memory_equal(g.bytes, bytes.ptr, bytes.len);
}

static struct sv make_bytes(size_t len) {
    char *p = mem_alloc(len);
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        p[i] = (char)(i % 3 ? x : 'a');
    }
    return sv_make(p, len);
}

static void free_bytes(struct sv v) { mem_free((char *)v.ptr); }

/* ---- results ----------------------------------------------------------------------------------------------------- */

static void what_one_instance_stores_the_other_reads(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    open_side(&b, w.ports[i]);
    assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
    put(&a, SV_LIT("forty rows"), 60000);
    look_up(&b, NULL, 0);
    check_hit(SV_LIT("forty rows"));
    assert_int_equal(g.gen[1], 2);
    assert_true(g.expires_ms > clock_wall_ms());
    shared_remove(a.shared, a.tenant, key, NULL);
    world_run_ms(&w, 50);
    assert_int_equal(look_up(&b, NULL, 0), SHARED_MISS);
    char *keys = world_cli(&w, i, "keys '*'");
    assert_null(strstr(keys, "acme"));
    mem_free(keys);
}

static void results_of_every_size_come_back_whole(void **state) {
    static const size_t SIZES[] = {0, 1, 1024, 65536, 65537, 524288, 524289, 3000000, 20000000};
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    a.config.large_budget_ms = 20000;
    for (size_t n = 0; n < sizeof SIZES / sizeof *SIZES; n++) {
        struct sv bytes = make_bytes(SIZES[n]);
        put(&a, bytes, 60000);
        look_up(&a, NULL, 0);
        check_hit(bytes);
        shared_extend(a.shared, key, g.gen, bytes.len, 3600000);
        free_bytes(bytes);
    }
    world_run_ms(&w, 100);
    char *ttl = world_cli(&w, i,
                          "eval \"local n=0 for _,k in ipairs(redis.call('keys','*')) do local t=redis.call('pttl',k) "
                          "if t<0 or (string.find(k,'dxp1:[ec]') and t<3000000) then n=n+1 end end return n\" 0");
    /* only the last value was extended, but the manifest's key and the pieces' of one gen are the same for all */
    assert_string_equal(ttl, "0");
    mem_free(ttl);
}

static void a_value_that_lost_a_piece_is_a_miss_and_goes(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    struct sv bytes = make_bytes(2000000);
    put(&a, bytes, 60000);
    mem_free(world_cli(&w, i, "eval \"for _,k in ipairs(redis.call('keys','*:2')) do redis.call('del',k) end\" 0"));
    assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
    world_run_ms(&w, 50);
    char *keys = world_cli(&w, i, "keys 'dxp1:e:*'");
    assert_string_equal(keys, "");
    mem_free(keys);
    free_bytes(bytes);
}

static void an_expired_value_is_a_miss_whatever_redis_says(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    put(&a, SV_LIT("old"), 300);
    mem_free(world_cli(&w, i, "eval \"redis.call('persist',redis.call('keys','dxp1:e:*')[1])\" 0"));
    world_run_ms(&w, 350);
    assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
    world_run_ms(&w, 50);
    char *keys = world_cli(&w, i, "keys 'dxp1:e:*'");
    assert_string_equal(keys, "");
    mem_free(keys);
}

static void a_flipped_byte_is_a_miss_and_goes(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    for (int at = 0; at < 110; at += 9) {
        put(&a, SV_LIT("precious rows"), 60000);
        mem_free(world_cli(&w, i,
                           "eval \"local k=redis.call('keys','dxp1:e:*')[1] local b=redis.call('getrange',k,%d,%d) "
                           "redis.call('setrange',k,%d,string.char((string.byte(b)+1)%%256))\" 0",
                           at % 105, at % 105, at % 105));
        assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
        world_run_ms(&w, 30);
        char *keys = world_cli(&w, i, "keys 'dxp1:e:*'");
        assert_string_equal(keys, "");
        mem_free(keys);
    }
    assert_true(a.metrics.value[M_CRYPTO_FAILURES] >= 10);
}

static void values_swapped_between_keys_open_for_neither(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    put(&a, SV_LIT("rows of one"), 60000);
    fill_key(key, 3);
    put(&a, SV_LIT("rows of two"), 60000);
    mem_free(world_cli(
        &w, i,
        "eval \"local k=redis.call('keys','dxp1:e:*') local x,y=redis.call('get',k[1]),redis.call('get',k[2]) "
        "redis.call('set',k[1],y) redis.call('set',k[2],x)\" 0"));
    assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
    fill_key(key, 1);
    assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
}

static void another_tenant_or_master_key_reads_nothing(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    put(&a, SV_LIT("ours"), 60000);
    side_config(&b, url_of(w.ports[i]));
    side_open(&w, &b, "other", 1);
    assert_true(world_until(&w, side_is_up, &b, 5000));
    assert_int_equal(look_up(&b, NULL, 0), SHARED_MISS);
    side_close(&b);
    put(&a, SV_LIT("ours"), 60000);
    side_config(&b, url_of(w.ports[i]));
    side_open(&w, &b, "acme", 9);
    assert_true(world_until(&w, side_is_up, &b, 5000));
    assert_int_equal(look_up(&b, NULL, 0), SHARED_MISS);
}

/* ---- epochs ------------------------------------------------------------------------------------------------------ */

static bool b_saw_it(void *arg) { return b.epoch_us == *(int64_t *)arg; }

static void an_epoch_raised_here_is_seen_there(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    open_side(&b, w.ports[i]);
    struct shared_epoch both[2] = {epoch_of(&b, "*"), epoch_of(&b, "main.s.t")};
    assert_int_equal(look_up(&b, both, 2), SHARED_MISS);
    assert_true(g.epochs[0].us > 0 && g.epochs[1].us > 0); /* made as now */
    int64_t before = g.epochs[1].us, star = g.epochs[0].us;
    int64_t now = bump(&a, "main.s.t");
    assert_true(now > before);
    assert_true(world_until(&w, b_saw_it, &now, 2000));
    assert_memory_equal(b.epoch_name, both[1].name, SHARED_NAME_BYTES);
    assert_false(b.epoch_pending);
    look_up(&b, both, 2);
    assert_true(g.epochs[0].us == star && g.epochs[1].us == now);
}

static void epochs_that_went_back_are_raised_above_what_was_known(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    open_side(&b, w.ports[i]);
    struct shared_epoch t = epoch_of(&a, "main.s.t");
    t.us = bump(&a, "main.s.t") + 3600000000LL; /* known from before a fail-over to a server whose clock is behind */
    put(&a, SV_LIT("rows"), 60000);
    assert_int_equal(look_up(&a, &t, 1), SHARED_MISS);
    assert_true(g.epochs[0].us > t.us);
    int64_t raised = g.epochs[0].us;
    t.us = 0;
    look_up(&b, &t, 1);
    assert_true(g.epochs[0].us == raised);
    mem_free(world_cli(&w, i, "flushall"));
    t.us = raised;
    got_begin(&g);
    shared_read_epochs(b.shared, b.tenant, &t, 1, clock_deadline(500), on_got, &g, NULL);
    wait_for(&w, &g);
    assert_true(g.result == SHARED_DONE && g.epochs[0].us > raised);
}

static void writers_do_not_end_each_others_marks(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    open_side(&b, w.ports[i]);
    struct shared_epoch t = epoch_of(&a, "main.s.t");
    struct shared_write *one = shared_write_begin(a.shared, a.tenant, &t, 1, clock_deadline(1000), NULL, NULL, NULL);
    struct shared_write *two = shared_write_begin(b.shared, b.tenant, &t, 1, clock_deadline(1000), NULL, NULL, NULL);
    world_run_ms(&w, 50);
    assert_int_equal(look_up(&a, &t, 1), SHARED_MISS);
    assert_true(g.epochs[0].pending);
    int64_t begun = g.epochs[0].us;
    shared_write_end(&one);
    world_run_ms(&w, 50);
    look_up(&a, &t, 1);
    assert_true(g.epochs[0].pending && g.epochs[0].us > begun);
    int64_t half = g.epochs[0].us;
    shared_write_end(&two);
    world_run_ms(&w, 50);
    look_up(&a, &t, 1);
    assert_true(!g.epochs[0].pending && g.epochs[0].us > half);
    char *ttl = world_cli(&w, i,
                          "eval \"local n=0 for _,k in ipairs(redis.call('keys','*')) do if redis.call('pttl',k)<0 "
                          "then n=n+1 end end return n\" 0");
    assert_string_equal(ttl, "0");
    mem_free(ttl);
}

static void a_write_while_redis_was_away_is_paid_before_anything_is_read(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    int port = w.ports[i];
    open_side(&a, port);
    open_side(&b, port);
    struct shared_epoch star = epoch_of(&a, "*"), t = epoch_of(&a, "main.s.t");
    look_up(&a, &star, 1);
    int64_t before = g.epochs[0].us;
    world_kill(&w, i, SIGSTOP);
    got_begin(&g);
    shared_bump(a.shared, a.tenant, &t, 1, clock_deadline(30), on_got, &g, NULL);
    wait_for(&w, &g);
    assert_int_equal(g.result, SHARED_DOWN);
    world_kill(&w, i, SIGCONT);
    for (int n = 0; n < 100 && look_up(&a, &star, 1) == SHARED_DOWN; n++) world_run_ms(&w, 20);
    assert_int_not_equal(g.result, SHARED_DOWN);
    assert_true(g.epochs[0].us > before);
}

/* ---- flights ----------------------------------------------------------------------------------------------------- */

static int lost_locks, woken;
static void on_lost_lock(void *arg) {
    UNUSED(arg);
    lost_locks++;
}
static void on_woken(void *arg) {
    UNUSED(arg);
    woken++;
}

static struct shared_lock *take(struct side *s, enum shared_result want) {
    struct shared_lock *l;
    got_begin(&g);
    shared_lock(s->shared, key, clock_deadline(1000), on_got, on_lost_lock, &g, &l);
    wait_for(&w, &g);
    assert_int_equal(g.result, want);
    return l;
}

static void a_lock_is_one_instances_until_it_unlocks_or_dies(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    open_side(&b, w.ports[i]);
    struct shared_lock *mine = take(&a, SHARED_GOT), *theirs = take(&b, SHARED_HELD);
    shared_unlock(&theirs); /* takes nothing away */
    world_run_ms(&w, 1300); /* longer than a lock lives: it is renewed */
    theirs = take(&b, SHARED_HELD);
    shared_unlock(&theirs);
    shared_unlock(&mine);
    world_run_ms(&w, 50);
    theirs = take(&b, SHARED_GOT);
    lost_locks = 0;
    mem_free(world_cli(&w, i, "flushall"));
    world_run_ms(&w, 500);
    assert_int_equal(lost_locks, 1);
    shared_unlock(&theirs);
    mine = take(&a, SHARED_GOT);
    side_close(&a); /* dies without a word */
    shared_unlock(&mine);
    theirs = take(&b, SHARED_HELD);
    shared_unlock(&theirs);
    world_run_ms(&w, 1000);
    theirs = take(&b, SHARED_GOT);
    shared_unlock(&theirs);
}

static void a_notice_wakes_those_who_watch_this_flight(void **state) {
    uint8_t other[DIGEST_BYTES];
    UNUSED(state);
    int i = world_start(&w, "");
    fill_key(other, 5);
    open_side(&a, w.ports[i]);
    open_side(&b, w.ports[i]);
    woken = 0;
    struct shared_watch *one = shared_watch(a.shared, key, on_woken, NULL),
                        *two = shared_watch(a.shared, key, on_woken, NULL);
    world_run_ms(&w, 50);
    shared_notify(b.shared, other);
    shared_notify(b.shared, key);
    world_run_ms(&w, 100);
    assert_int_equal(woken, 2);
    shared_unwatch(&one);
    shared_unwatch(&two);
    world_run_ms(&w, 30);
    shared_notify(b.shared, key);
    world_run_ms(&w, 50);
    assert_int_equal(woken, 2);
}

static void records_and_words_reach_the_other_instance(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    open_side(&b, w.ports[i]);
    got_begin(&g);
    shared_record_put(a.shared, a.tenant, 's', key, SV_LIT("catalog=main"), 60000, clock_deadline(1000), on_got, &g,
                      NULL);
    wait_for(&w, &g);
    assert_int_equal(g.result, SHARED_DONE);
    got_begin(&g);
    shared_record_get(b.shared, b.tenant, 's', key, clock_deadline(1000), on_got, &g, NULL);
    wait_for(&w, &g);
    check_hit(SV_LIT("catalog=main"));
    got_begin(&g);
    shared_record_get(b.shared, b.tenant, 'x', key, clock_deadline(1000), on_got, &g, NULL);
    wait_for(&w, &g);
    assert_int_equal(g.result, SHARED_MISS);
    shared_record_remove(b.shared, b.tenant, 's', key);
    shared_tell(b.shared, b.tenant, 'r', key);
    world_run_ms(&w, 100);
    assert_int_equal(a.tolds, 1);
    assert_memory_equal(a.told, key, DIGEST_BYTES);
    got_begin(&g);
    shared_record_get(a.shared, a.tenant, 's', key, clock_deadline(1000), on_got, &g, NULL);
    wait_for(&w, &g);
    assert_int_equal(g.result, SHARED_MISS);
}

static void a_dropped_question_is_never_answered(void **state) {
    struct shared_op *op;
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    struct shared_epoch t = epoch_of(&a, "main.s.t");
    got_begin(&g);
    for (int n = 0; n < 20; n++) {
        struct shared_ask ask = {.key = key,
                                 .principal = principal,
                                 .epochs = &t,
                                 .n_epochs = 1,
                                 .deadline_ms = clock_deadline(20),
                                 .large_deadline_ms = clock_deadline(20)};
        shared_lookup(a.shared, a.tenant, &ask, on_got, &g, &op);
        if (n % 2) world_run_ms(&w, 0);
        if (!g.is_there) shared_drop(&op);
        g.is_there = false;
    }
    world_run_ms(&w, 50);
    assert_false(g.is_there);
    got_begin(&g);
}

/* ---- misfortune -------------------------------------------------------------------------------------------------- */

static void redis_that_refuses_connections_costs_nothing_and_is_found_later(void **state) {
    UNUSED(state);
    int port = world_free_port();
    side_config(&a, url_of(port));
    side_open(&w, &a, "acme", 1);
    world_run_ms(&w, 100);
    assert_int_equal(look_up(&a, NULL, 0), SHARED_DOWN);
    assert_true(g.took_us < 5000);
    world_start_at(&w, port, "");
    assert_true(world_until(&w, side_has_heard, &a, 8000));
    assert_true(a.ups >= 1 && a.resyncs == 1);
    assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
}

static void redis_that_stands_still_costs_three_budgets_then_nothing(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    a.config.budget_ms = 30;
    shared_reconfigure(a.shared, &a.config);
    world_kill(&w, i, SIGSTOP);
    for (int n = 0; n < 3; n++) {
        assert_int_equal(look_up(&a, NULL, 0), SHARED_DOWN);
        assert_in_range(g.took_us, 25000, 150000);
    }
    int64_t least = INT64_MAX;
    for (int n = 0; n < 5; n++) {
        assert_int_equal(look_up(&a, NULL, 0), SHARED_DOWN);
        if (g.took_us < least) least = g.took_us;
    }
    assert_true(least < 1000);
    world_kill(&w, i, SIGCONT);
    a.config.budget_ms = 200;
    assert_true(world_until(&w, side_is_up, &a, 10000));
    assert_int_equal(look_up(&a, NULL, 0), SHARED_MISS);
}

static void a_wrong_password_is_told_and_costs_nothing(void **state) {
    UNUSED(state);
    int i = world_start(&w, "--requirepass right");
    side_config(&a, url_of(w.ports[i]));
    a.config.password = (char *)"wrong";
    side_open(&w, &a, "acme", 1);
    for (int n = 0; n < 100 && failures(&a, "connect") == 0; n++) world_run_ms(&w, 20);
    assert_false(side_is_up(&a));
    assert_int_equal(look_up(&a, NULL, 0), SHARED_DOWN);
    assert_true(failures(&a, "connect") >= 1);
    side_config(&b, url_of(w.ports[i]));
    b.config.password = (char *)"right";
    side_open(&w, &b, "acme", 1);
    assert_true(world_until(&w, side_is_up, &b, 3000));
    assert_int_equal(look_up(&b, NULL, 0), SHARED_MISS);
}

static void an_acl_user_with_our_commands_only_is_enough(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    mem_free(world_cli(
        &w, i,
        "acl setuser proxy on '>pw' '~dxp1:*' '&dxp1:*' -@all +get +set +del +mget +getrange +pexpire +pttl +time "
        "+eval +evalsha +publish +subscribe +unsubscribe +ping"));
    side_config(&a, url_of(w.ports[i]));
    a.config.user = (char *)"proxy";
    a.config.password = (char *)"pw";
    side_open(&w, &a, "acme", 1);
    assert_true(world_until(&w, side_has_heard, &a, 3000));
    put(&a, SV_LIT("rows"), 60000);
    bump(&a, "main.s.t");
    struct shared_epoch t = epoch_of(&a, "main.s.t");
    look_up(&a, &t, 1);
    check_hit(SV_LIT("rows"));
    struct shared_lock *l = take(&a, SHARED_GOT);
    shared_unlock(&l);
}

static void a_full_redis_is_read_on_and_not_written_for_a_while(void **state) {
    UNUSED(state);
    int i = world_start(&w, "");
    open_side(&a, w.ports[i]);
    struct shared_epoch t = epoch_of(&a, "main.s.t");
    put(&a, SV_LIT("rows"), 60000);
    look_up(&a, &t, 1);
    int64_t before = g.epochs[0].us;
    mem_free(world_cli(&w, i, "config set maxmemory 1"));
    uint8_t first[DIGEST_BYTES];
    memcpy(first, key, sizeof first);
    fill_key(key, 4);
    put(&a, SV_LIT("more"), 60000);
    assert_true(failures(&a, "full") >= 1);
    memcpy(key, first, sizeof key);
    look_up(&a, &t, 1);
    check_hit(SV_LIT("rows"));
    /* a write is seen: what cannot be raised is deleted, so that nobody takes the old value for the current one */
    bump(&a, "main.s.t");
    mem_free(world_cli(&w, i, "config set maxmemory 0"));
    look_up(&a, &t, 1);
    assert_true(g.result == SHARED_MISS && g.epochs[0].us > before);
}

static void a_read_only_replica_is_read_and_owes_what_was_written(void **state) {
    UNUSED(state);
    int m = world_start(&w, ""), r = world_start(&w, "");
    open_side(&b, w.ports[m]);
    struct shared_epoch t = epoch_of(&b, "main.s.t");
    look_up(&b, &t, 1);
    put(&b, SV_LIT("rows"), 60000);
    mem_free(world_cli(&w, r, "replicaof 127.0.0.1 %d", w.ports[m]));
    for (int n = 0; n < 100; n++) {
        char *keys = world_cli(&w, r, "dbsize");
        bool done = strcmp(keys, "2") == 0;
        mem_free(keys);
        if (done) break;
        world_run_ms(&w, 50);
    }
    open_side(&a, w.ports[r]);
    assert_int_equal(look_up(&a, &t, 1), SHARED_HIT);
    got_begin(&g);
    shared_bump(a.shared, a.tenant, &t, 1, clock_deadline(500), on_got, &g, NULL);
    wait_for(&w, &g);
    assert_int_equal(g.result, SHARED_DOWN);
    assert_int_equal(look_up(&a, &t, 1), SHARED_DOWN); /* nothing from before the write is read until it is paid */
    mem_free(world_cli(&w, r, "replicaof no one"));
    for (int n = 0; n < 100 && look_up(&a, &t, 1) == SHARED_DOWN; n++) world_run_ms(&w, 50);
    assert_int_not_equal(g.result, SHARED_DOWN);
}

static void a_reply_cut_or_spoiled_anywhere_is_no_answer(void **state) {
    int port;
    UNUSED(state);
    int i = world_start(&w, "");
    struct relay *r = world_relay(&w, w.ports[i], &port);
    struct sv bytes = make_bytes(3000);
    open_side(&b, w.ports[i]);
    struct shared_epoch t = epoch_of(&b, "main.s.t");
    put(&b, bytes, 60000);
    for (size_t after = 0; after < 3300; after += 470) {
        for (int mode = RELAY_CUT_REPLIES; mode <= RELAY_NOISE; mode++) {
            open_side(&a, port); /* a new one each time: the same would leave Redis alone for longer and longer */
            relay_set(r, (enum relay_mode)mode, after);
            if (look_up(&a, &t, 1) == SHARED_HIT) check_hit(bytes);
            relay_set(r, RELAY_PASS, 0);
            side_close(&a);
            put(&b, bytes, 60000); /* what did not open is gone */
        }
    }
    free_bytes(bytes);
}

static void reset_connections_are_made_again_and_the_gap_is_told(void **state) {
    int port;
    UNUSED(state);
    int i = world_start(&w, "");
    struct relay *r = world_relay(&w, w.ports[i], &port);
    open_side(&a, port);
    assert_int_equal(a.resyncs, 1);
    int64_t heard = shared_heard_ms(a.shared);
    relay_reset_all(r);
    world_run_ms(&w, 100);
    assert_false(side_is_up(&a));
    assert_true(world_until(&w, side_is_up, &a, 5000));
    for (int n = 0; n < 100 && a.resyncs < 2; n++) world_run_ms(&w, 50);
    assert_int_equal(a.resyncs, 2);
    assert_true(shared_heard_ms(a.shared) > heard);
}

static void slow_redis_trips_the_breaker_and_is_used_again_when_quick(void **state) {
    int port;
    UNUSED(state);
    int i = world_start(&w, "");
    struct relay *r = world_relay(&w, w.ports[i], &port);
    open_side(&a, port);
    a.config.budget_ms = 30;
    shared_reconfigure(a.shared, &a.config);
    relay_set(r, RELAY_HOLD, 0);
    for (int n = 0; n < 3; n++) assert_int_equal(look_up(&a, NULL, 0), SHARED_DOWN);
    assert_false(side_is_up(&a));
    relay_set(r, RELAY_PASS, 0);
    assert_true(world_until(&w, side_is_up, &a, 10000));
}

/* ---- other ways to the server ------------------------------------------------------------------------------------ */

static void a_unix_socket_is_a_server_like_others(void **state) {
    char path[128], url[160], extra[200];
    UNUSED(state);
    snprintf(path, sizeof path, "%s/r.sock", w.dir);
    snprintf(extra, sizeof extra, "--unixsocket %s", path);
    snprintf(url, sizeof url, "unix:%s", path);
    world_start(&w, extra);
    side_config(&a, url);
    a.config.database = 3;
    side_open(&w, &a, "acme", 1);
    assert_true(world_until(&w, side_has_heard, &a, 5000));
    put(&a, SV_LIT("rows"), 60000);
    look_up(&a, NULL, 0);
    check_hit(SV_LIT("rows"));
    char *keys = world_cli(&w, 0, "-n 3 dbsize");
    assert_string_equal(keys, "1");
    mem_free(keys);
}

/* An authority, a certificate of it for localhost, one that is over, and another authority. */
static void make_certificates(void) {
    char command[2048];
    snprintf(command, sizeof command,
             "exec 2>/dev/null; cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 "
             "-subj /CN=ca && "
             "openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other && "
             "openssl req -newkey rsa:2048 -nodes -keyout s.key -out s.csr -subj /CN=localhost && "
             "printf 'subjectAltName=DNS:localhost' >ext && "
             "openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile ext -out s.pem && "
             "openssl x509 -req -in s.csr -CA ca.pem -CAkey ca.key -days -1 -extfile ext -out old.pem",
             w.dir);
    assert_int_equal(system(command), 0);
}

static int start_tls(const char *cert) {
    char extra[600];
    int port = world_free_port();
    snprintf(extra, sizeof extra,
             "--tls-port %d --tls-cert-file %s/%s --tls-key-file %s/s.key --tls-ca-cert-file %s/ca.pem "
             "--tls-auth-clients no",
             port, w.dir, cert, w.dir, w.dir);
    world_start(&w, extra);
    return port;
}

static void open_tls(struct side *s, const char *host, int port, const char *ca) {
    static char url[64], file[128];
    snprintf(url, sizeof url, "rediss://%s:%d", host, port);
    snprintf(file, sizeof file, "%s/%s", w.dir, ca);
    side_config(s, url);
    s->config.ca_file = file;
    side_open(&w, s, "acme", 1);
}

static bool b_failed_to_connect(void *arg) {
    UNUSED(arg);
    return failures(&b, "connect") >= 1;
}

static void tls_trusts_the_right_certificate_for_the_right_name_only(void **state) {
    struct err e = ERR_INIT;
    UNUSED(state);
    make_certificates();
    int good = start_tls("s.pem"), old = start_tls("old.pem");
    open_tls(&a, "localhost", good, "ca.pem");
    assert_true(world_until(&w, side_has_heard, &a, 5000));
    struct sv bytes = make_bytes(3000000);
    put(&a, bytes, 60000);
    look_up(&a, NULL, 0);
    check_hit(bytes);
    free_bytes(bytes);
    const struct {
        const char *host, *ca;
        int port;
    } BAD[] = {{"localhost", "other.pem", good}, {"127.0.0.1", "ca.pem", good}, {"localhost", "ca.pem", old}};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        open_tls(&b, BAD[i].host, BAD[i].port, BAD[i].ca);
        assert_true(world_until(&w, b_failed_to_connect, NULL, 5000));
        assert_false(side_is_up(&b));
        side_close(&b);
    }
    side_config(&b, "rediss://localhost:1");
    b.config.ca_file = (char *)"/nowhere/ca.pem";
    assert_err(shared_new(&b.shared, w.base, &b.config, NULL, &b.metrics, NULL, &e), e, ERR_CONFIG_BAD);
    assert_non_null(strstr(e.text, "ca_file '/nowhere/ca.pem'"));
}

int main(void) {
    static const struct CMUnitTest TESTS[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(what_one_instance_stores_the_other_reads),
        T(results_of_every_size_come_back_whole),
        T(a_value_that_lost_a_piece_is_a_miss_and_goes),
        T(an_expired_value_is_a_miss_whatever_redis_says),
        T(a_flipped_byte_is_a_miss_and_goes),
        T(values_swapped_between_keys_open_for_neither),
        T(another_tenant_or_master_key_reads_nothing),
        T(an_epoch_raised_here_is_seen_there),
        T(epochs_that_went_back_are_raised_above_what_was_known),
        T(writers_do_not_end_each_others_marks),
        T(a_write_while_redis_was_away_is_paid_before_anything_is_read),
        T(a_lock_is_one_instances_until_it_unlocks_or_dies),
        T(a_notice_wakes_those_who_watch_this_flight),
        T(records_and_words_reach_the_other_instance),
        T(a_dropped_question_is_never_answered),
        T(redis_that_refuses_connections_costs_nothing_and_is_found_later),
        T(redis_that_stands_still_costs_three_budgets_then_nothing),
        T(a_wrong_password_is_told_and_costs_nothing),
        T(an_acl_user_with_our_commands_only_is_enough),
        T(a_full_redis_is_read_on_and_not_written_for_a_while),
        T(a_read_only_replica_is_read_and_owes_what_was_written),
        T(a_reply_cut_or_spoiled_anywhere_is_no_answer),
        T(reset_connections_are_made_again_and_the_gap_is_told),
        T(a_unix_socket_is_a_server_like_others),
        T(tls_trusts_the_right_certificate_for_the_right_name_only),
        T(slow_redis_trips_the_breaker_and_is_used_again_when_quick),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    if (!world_has_redis()) {
        printf("1..0 # SKIP redis-server and redis-cli are not installed\n");
        return 0;
    }
    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
