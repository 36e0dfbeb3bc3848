/* epoch: whatever read before a write is of no use after it, and losing what is known only costs misses. */
#include "proxy/cache/epoch.h"

#include "tests/unit/test.h"

static struct err e;
static struct secrets secrets;

struct world {
    struct epochs *epochs;
    struct epoch_name t;
    struct epoch_set set;
};

static void open_world(struct world *w) {
    *w = (struct world){0};
    assert_ok(epochs_new(&w->epochs, &secrets, NULL, &e), e);
    w->t = epoch_name_of(w->epochs, SV_LIT("c.s.t"));
    w->set.n = 2;
    w->set.names[0] = epoch_name_all(w->epochs);
    w->set.names[1] = w->t;
    epochs_read(w->epochs, &w->set);
}

static void names_of_different_things_differ(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    struct epoch_name names[] = {w.t, epoch_name_of(w.epochs, SV_LIT("c.s.u")), epoch_name_all(w.epochs),
                                 epoch_name_writes(w.epochs)};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(names[i].bytes, names[j].bytes, EPOCH_NAME_BYTES);
    epochs_free(&w.epochs);
}

static void a_write_parts_before_from_after_and_is_pending_between(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    assert_true(epochs_agree(w.epochs, &w.set));
    epochs_begin(w.epochs, &w.t);
    assert_false(epochs_agree(w.epochs, &w.set));
    struct epoch_set during = w.set;
    epochs_read(w.epochs, &during);
    assert_true(epochs_is_pending(w.epochs, &w.t) && !epochs_agree(w.epochs, &during));
    assert_true(epochs_are_same(w.epochs, &during)); /* a flight of now may be joined */
    epochs_end(w.epochs, &w.t);
    assert_false(epochs_are_same(w.epochs, &during) || epochs_agree(w.epochs, &w.set));
    epochs_read(w.epochs, &w.set);
    assert_true(epochs_agree(w.epochs, &w.set));
    epochs_free(&w.epochs);
}

static void of_two_writes_the_last_end_counts(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    epochs_begin(w.epochs, &w.t);
    epochs_begin(w.epochs, &w.t);
    epochs_end(w.epochs, &w.t);
    assert_true(epochs_is_pending(w.epochs, &w.t));
    epochs_end(w.epochs, &w.t);
    epochs_end(w.epochs, &w.t); /* once too often is harmless */
    assert_false(epochs_is_pending(w.epochs, &w.t));
    epochs_free(&w.epochs);
}

static void each_raise_is_higher_also_within_a_microsecond(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    uint64_t last = epochs_get(w.epochs, &w.t);
    for (int i = 0; i < 10000; i++) {
        epochs_raise(w.epochs, &w.t);
        uint64_t now = epochs_get(w.epochs, &w.t);
        assert_true(now > last);
        last = now;
    }
    epochs_free(&w.epochs);
}

static void what_was_forgotten_comes_back_higher(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    for (int i = 0; i < 1000; i++) epochs_raise(w.epochs, &w.t); /* ahead of the clock, perhaps */
    epochs_read(w.epochs, &w.set);
    for (int i = 0; i < 70000; i++) {
        char text[32];
        snprintf(text, sizeof text, "c.s.t%d", i);
        struct epoch_name n = epoch_name_of(w.epochs, sv_of(text));
        epochs_get(w.epochs, &n);
    }
    assert_true(epochs_count(w.epochs) <= 65536);
    assert_false(epochs_agree(w.epochs, &w.set)); /* not known any more */
    struct epoch_set again = w.set;
    epochs_read(w.epochs, &again);
    assert_true(again.values[1] > w.set.values[1] && !epochs_agree(w.epochs, &w.set));
    epochs_free(&w.epochs);
}

static void a_name_with_a_write_under_way_is_never_forgotten(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    epochs_begin(w.epochs, &w.t);
    for (int i = 0; i < 70000; i++) {
        char text[32];
        snprintf(text, sizeof text, "c.s.t%d", i);
        struct epoch_name n = epoch_name_of(w.epochs, sv_of(text));
        epochs_get(w.epochs, &n);
    }
    assert_true(epochs_is_pending(w.epochs, &w.t));
    epochs_free(&w.epochs);
}

static void news_of_others_raise_and_never_lower(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    assert_int_equal(epochs_known(w.epochs, &w.t), 0); /* made as now: nothing to tell others */
    uint64_t value = epochs_get(w.epochs, &w.t) + 1000000;
    epochs_learn(w.epochs, &w.t, value, false);
    assert_int_equal(epochs_get(w.epochs, &w.t), value);
    assert_false(epochs_agree(w.epochs, &w.set));
    epochs_learn(w.epochs, &w.t, value - 5, false);
    assert_int_equal(epochs_get(w.epochs, &w.t), value);
    assert_int_equal(epochs_known(w.epochs, &w.t), value);
    epochs_learn(w.epochs, &w.t, value, true);
    assert_true(epochs_is_pending(w.epochs, &w.t));
    epochs_learn(w.epochs, &w.t, value + 1, false);
    assert_false(epochs_is_pending(w.epochs, &w.t));
    epochs_free(&w.epochs);
}

static void after_missed_news_all_is_doubtful_until_heard_of(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    struct epoch_name unknown = epoch_name_of(w.epochs, SV_LIT("c.s.never"));
    assert_false(epochs_are_doubtful(w.epochs, w.set.names, 2));
    assert_true(epochs_are_doubtful(w.epochs, &unknown, 1));
    epochs_doubt(w.epochs);
    assert_true(epochs_are_doubtful(w.epochs, w.set.names, 2));
    epochs_learn(w.epochs, &w.set.names[0], 1, false);
    assert_true(epochs_are_doubtful(w.epochs, w.set.names, 2));
    epochs_learn(w.epochs, &w.set.names[1], 1, false);
    assert_false(epochs_are_doubtful(w.epochs, w.set.names, 2));
    epochs_free(&w.epochs);
}

static void nothing_agrees_with_no_names(void **state) {
    UNUSED(state);
    struct world w;
    open_world(&w);
    struct epoch_set none = {0};
    assert_false(epochs_agree(w.epochs, &none) || epochs_are_same(w.epochs, &none));
    epochs_free(&w.epochs);
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
        cmocka_unit_test(names_of_different_things_differ),
        cmocka_unit_test(a_write_parts_before_from_after_and_is_pending_between),
        cmocka_unit_test(of_two_writes_the_last_end_counts),
        cmocka_unit_test(each_raise_is_higher_also_within_a_microsecond),
        cmocka_unit_test(what_was_forgotten_comes_back_higher),
        cmocka_unit_test(a_name_with_a_write_under_way_is_never_forgotten),
        cmocka_unit_test(news_of_others_raise_and_never_lower),
        cmocka_unit_test(after_missed_news_all_is_doubtful_until_heard_of),
        cmocka_unit_test(nothing_agrees_with_no_names),
    };
    return cmocka_run_group_tests_name("epoch", tests, setup, teardown);
}
