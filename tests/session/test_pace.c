/* pace: how many downloads there are, from what is seen. */
#include "../unit/test.h"

#include "driver/prefetch/pace.h"

static struct pace pace_of(int max) {
    struct pace p;
    pace_init(&p, max);
    return p;
}

static void near_storage_gets_two_downloads_and_far_storage_eight(void **state) {
    (void)state;
    struct pace p = pace_of(16);
    assert_int_equal(p.target, 1);
    pace_first_byte(&p, 1);
    assert_int_equal(p.target, 1); /* the first rows come first */
    pace_first_rows(&p);
    assert_int_equal(p.target, 2);
    pace_first_byte(&p, 80); /* a busy moment of a near host */
    assert_int_equal(p.target, 2);
    p = pace_of(16);
    pace_first_byte(&p, 80);
    assert_int_equal(p.target, 8);
}

static void a_waiting_reader_raises_the_number_up_to_the_limit_but_not_at_once(void **state) {
    (void)state;
    struct pace p = pace_of(7);
    pace_starved(&p, 1000);
    pace_starved(&p, 1001);
    assert_int_equal(p.target, 3);
    for (int64_t now = 1020; now < 2000; now += 20) pace_starved(&p, now);
    assert_int_equal(p.target, 7);
}

static void the_limit_holds_for_downloads_that_bring_bytes(void **state) {
    (void)state;
    struct pace p = pace_of(4);
    for (int64_t now = 1000; now < 2000; now += 20) pace_starved(&p, now);
    assert_true(pace_allows(&p, 3, 0));
    assert_false(pace_allows(&p, 4, 0));
    assert_true(pace_allows(&p, 4, 1));     /* one of them waits for its first byte */
    assert_false(pace_allows(&p, 6, 6));
    assert_int_equal(pace_threads(&p), 6);
    p = pace_of(1);
    assert_true(pace_allows(&p, 0, 0));
    assert_false(pace_allows(&p, 1, 1));
}

static void downloads_begin_evenly_spread(void **state) {
    (void)state;
    struct pace p = pace_of(4);
    pace_first_rows(&p);
    pace_begin(&p, 1000);
    assert_int_equal(pace_next_at(&p), 1000);   /* nobody knows yet how long they take */
    pace_done(&p, 300);
    assert_int_equal(pace_next_at(&p), 1000 + 300 / (3 * 2));
    for (int i = 0; i < 50; i++) pace_done(&p, 60000);
    assert_int_equal(pace_next_at(&p), 1100);
}

static void a_straggler_is_late_by_the_measure_of_the_others_and_stands_still(void **state) {
    (void)state;
    struct pace p = pace_of(8);
    assert_false(pace_is_straggler(&p, 100000, 100000)); /* no other has ended */
    pace_done(&p, 100);
    assert_false(pace_is_straggler(&p, 1900, 1900));
    assert_true(pace_is_straggler(&p, 2100, 2100));
    assert_false(pace_is_straggler(&p, 2100, 100));     /* slow, but on its way */
    for (int i = 0; i < 50; i++) pace_done(&p, 4000);
    assert_false(pace_is_straggler(&p, 15000, 15000));  /* all are slow here */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_storage_gets_two_downloads_and_far_storage_eight),
        cmocka_unit_test(a_waiting_reader_raises_the_number_up_to_the_limit_but_not_at_once),
        cmocka_unit_test(the_limit_holds_for_downloads_that_bring_bytes),
        cmocka_unit_test(downloads_begin_evenly_spread),
        cmocka_unit_test(a_straggler_is_late_by_the_measure_of_the_others_and_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
