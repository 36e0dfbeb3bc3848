/* recent, memo, writes: small bounded memories of a tenant. */
#include "proxy/tenant/recent.h"

#include <event2/event.h>

#include "proxy/tenant/memo.h"
#include "proxy/tenant/writes.h"
#include "tests/unit/test.h"

static struct err e;
static struct secrets secrets;

static void key_of(int n, uint8_t key[DIGEST_BYTES]) {
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    assert_ok(secrets_digest(&secrets, "test", sv_of(text), key, &e), e);
}

static void requests_are_counted_and_looking_does_not_count(void **state) {
    UNUSED(state);
    struct recent *r;
    uint8_t key[DIGEST_BYTES];
    key_of(1, key);
    assert_ok(recent_new(&r, &e), e);
    assert_int_equal(recent_seen(r, key), 1);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(recent_count(r, key, 60000), i);
        assert_int_equal(recent_seen(r, key), i);
    }
    recent_free(&r);
}

static void a_mark_ends_by_itself(void **state) {
    UNUSED(state);
    struct recent *r;
    uint8_t key[DIGEST_BYTES];
    key_of(1, key);
    assert_ok(recent_new(&r, &e), e);
    assert_false(recent_is_pass(r, key));
    recent_mark_pass(r, key, 60000);
    assert_true(recent_is_pass(r, key));
    recent_mark_pass(r, key, 0);
    assert_false(recent_is_pass(r, key));
    recent_free(&r);
}

static void a_flood_of_keys_pushes_out_the_oldest_only(void **state) {
    UNUSED(state);
    struct recent *r;
    uint8_t hot[DIGEST_BYTES], key[DIGEST_BYTES];
    key_of(-1, hot);
    assert_ok(recent_new(&r, &e), e);
    for (int i = 0; i < 20000; i++) {
        key_of(i, key);
        recent_count(r, key, 60000);
        if (i % 1000 == 0) recent_count(r, hot, 60000);
    }
    assert_int_equal(recent_seen(r, hot), 20);
    key_of(0, key);
    assert_int_equal(recent_count(r, key, 60000), 1);
    recent_free(&r);
}

static void an_analysis_lives_while_somebody_holds_it(void **state) {
    UNUSED(state);
    struct memo *m;
    uint8_t key[DIGEST_BYTES], other[DIGEST_BYTES];
    key_of(1, key);
    key_of(2, other);
    assert_ok(memo_new(&m, &e), e);
    struct analysis *a = analysis_new(3);
    a->ttl_ms = 77;
    memo_put(m, key, a);
    analysis_unref(&a);
    assert_null(memo_find(m, other));
    struct analysis *found = memo_find(m, key);
    assert_non_null(found);
    struct analysis *again = analysis_new(2);
    memo_put(m, key, again);
    analysis_unref(&again);
    memo_clear(m);
    assert_int_equal(found->ttl_ms, 77);
    analysis_unref(&found);
    assert_null(memo_find(m, key));
    for (int i = 0; i < 50000; i++) {
        struct analysis *one = analysis_new(2);
        key_of(i, key);
        memo_put(m, key, one);
        analysis_unref(&one);
    }
    key_of(0, key);
    assert_null(memo_find(m, key)); /* bounded */
    memo_free(&m);
}

struct scene {
    struct event_base *base;
    struct epochs *epochs;
    struct metrics metrics;
    struct writes *writes;
    struct epoch_name t, all;
};

static void open_scene(struct scene *s) {
    memset(s, 0, sizeof *s);
    s->base = event_base_new();
    assert_ok(epochs_new(&s->epochs, &secrets, NULL, &e), e);
    struct writes_needs needs = {.base = s->base, .epochs = s->epochs, .secrets = &secrets, .metrics = &s->metrics};
    assert_ok(writes_new(&s->writes, &needs, &e), e);
    s->t = epoch_name_of(s->epochs, SV_LIT("c.s.t"));
    s->all = epoch_name_all(s->epochs);
}

static void close_scene(struct scene *s) {
    writes_free(&s->writes);
    epochs_free(&s->epochs);
    event_base_free(s->base);
}

static void a_write_is_minded_until_its_id_is_heard_to_end(void **state) {
    UNUSED(state);
    struct scene s;
    open_scene(&s);
    struct write *w = write_begin(s.writes, &s.t, 1, M_INVALIDATE_WRITE);
    assert_true(epochs_is_pending(s.epochs, &s.t) && !epochs_is_pending(s.epochs, &s.all));
    write_follow(&w, SV_LIT("id-1"));
    assert_null(w);
    assert_true(writes_hear(s.writes, SV_LIT("id-1")) && !writes_hear(s.writes, SV_LIT("id-2")));
    writes_end_id(s.writes, SV_LIT("id-2"));
    assert_true(epochs_is_pending(s.epochs, &s.t));
    uint64_t before = epochs_get(s.epochs, &s.t);
    writes_end_id(s.writes, SV_LIT("id-1"));
    assert_false(epochs_is_pending(s.epochs, &s.t));
    assert_true(epochs_get(s.epochs, &s.t) > before);
    assert_false(writes_hear(s.writes, SV_LIT("id-1")));
    close_scene(&s);
}

static void a_write_of_unknown_names_stands_for_everything(void **state) {
    UNUSED(state);
    struct scene s;
    open_scene(&s);
    struct write *w = write_begin(s.writes, NULL, 0, M_INVALIDATE_CODE);
    assert_true(epochs_is_pending(s.epochs, &s.all));
    write_end(&w);
    assert_false(epochs_is_pending(s.epochs, &s.all));
    write_end(&w);
    close_scene(&s);
}

static void one_of_unknown_outcome_stays_pending(void **state) {
    UNUSED(state);
    struct scene s;
    open_scene(&s);
    struct write *w = write_begin(s.writes, &s.t, 1, M_INVALIDATE_WRITE);
    write_follow(&w, SV_NULL);
    assert_true(epochs_is_pending(s.epochs, &s.t));
    writes_end_id(s.writes, SV_NULL);
    assert_true(epochs_is_pending(s.epochs, &s.t));
    close_scene(&s);
}

static int setup(void **state) {
    UNUSED(state);
    return secrets_init(&secrets, SV_NULL, SV_NULL, "t", &e);
}

static int teardown(void **state) {
    UNUSED(state);
    secrets_fini(&secrets);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_counted_and_looking_does_not_count),
        cmocka_unit_test(a_mark_ends_by_itself),
        cmocka_unit_test(a_flood_of_keys_pushes_out_the_oldest_only),
        cmocka_unit_test(an_analysis_lives_while_somebody_holds_it),
        cmocka_unit_test(a_write_is_minded_until_its_id_is_heard_to_end),
        cmocka_unit_test(a_write_of_unknown_names_stands_for_everything),
        cmocka_unit_test(one_of_unknown_outcome_stays_pending),
    };
    return cmocka_run_group_tests_name("recent", tests, setup, teardown);
}
