/* breaker, failover: when a target is left alone, and who stands in for it. */
#include "proxy/upstream/breaker.h"
#include "proxy/upstream/failover.h"

#include "tests/unit/test.h"

enum { MIDDLE = 512 }; /* a chance that neither shortens nor lengthens a wait */

static const struct config_breaker CFG = {.enabled = true, .window_ms = 10000, .min_calls = 20, .failures = 50,
                                          .consecutive = 5, .open_ms = 5000, .open_max_ms = 60000, .close_after = 3};

static bool call(struct breaker *b, enum breaker_outcome o, int64_t now_ms) {
    uint32_t permit;
    if (!breaker_ask(b, &CFG, now_ms, &permit)) return false;
    breaker_tell(b, &CFG, permit, o, now_ms, MIDDLE);
    return true;
}

static void calls(struct breaker *b, int n, enum breaker_outcome o, int64_t now_ms) {
    for (int i = 0; i < n; i++) call(b, o, now_ms);
}

static void five_transport_failures_in_a_row_open_it(void **state) {
    struct breaker b = {.state = BREAKER_CLOSED};
    UNUSED(state);
    calls(&b, 4, BREAKER_TRANSPORT, 1000);
    calls(&b, 1, BREAKER_SUCCESS, 1000);
    calls(&b, 4, BREAKER_TRANSPORT, 1000);
    assert_int_equal(b.state, BREAKER_CLOSED);
    calls(&b, 1, BREAKER_TRANSPORT, 1000);
    assert_int_equal(b.state, BREAKER_OPEN);
    assert_false(call(&b, BREAKER_SUCCESS, 5999));
    assert_true(call(&b, BREAKER_SUCCESS, 6000));
}

static void half_of_twenty_calls_failing_open_it_and_fewer_do_not(void **state) {
    struct breaker b = {.state = BREAKER_CLOSED};
    UNUSED(state);
    calls(&b, 19, BREAKER_FAILURE, 1000);
    assert_int_equal(b.state, BREAKER_CLOSED);
    calls(&b, 1, BREAKER_SUCCESS, 1000);
    assert_int_equal(b.state, BREAKER_OPEN);
    b = (struct breaker){.state = BREAKER_CLOSED};
    calls(&b, 11, BREAKER_SUCCESS, 1000);
    calls(&b, 10, BREAKER_FAILURE, 1000);
    assert_int_equal(b.state, BREAKER_CLOSED);
    calls(&b, 1, BREAKER_FAILURE, 1000);
    assert_int_equal(b.state, BREAKER_OPEN);
}

static void what_left_the_window_is_forgotten(void **state) {
    struct breaker b = {.state = BREAKER_CLOSED};
    UNUSED(state);
    calls(&b, 15, BREAKER_FAILURE, 1000);
    calls(&b, 15, BREAKER_SUCCESS, 11500);
    assert_int_equal(b.state, BREAKER_CLOSED);
    calls(&b, 14, BREAKER_FAILURE, 12000);
    assert_int_equal(b.state, BREAKER_CLOSED);
    calls(&b, 1, BREAKER_FAILURE, 12000);
    assert_int_equal(b.state, BREAKER_OPEN);
}

static void one_probe_at_a_time_and_three_that_succeed_close_it(void **state) {
    struct breaker b = {.state = BREAKER_CLOSED};
    uint32_t first, second;
    UNUSED(state);
    calls(&b, 5, BREAKER_TRANSPORT, 0);
    assert_true(breaker_ask(&b, &CFG, 5000, &first));
    assert_false(breaker_ask(&b, &CFG, 5000, &second));
    breaker_tell(&b, &CFG, first, BREAKER_NEUTRAL, 5000, MIDDLE);
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
    calls(&b, 2, BREAKER_SUCCESS, 5001);
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
    calls(&b, 1, BREAKER_SUCCESS, 5002);
    assert_int_equal(b.state, BREAKER_CLOSED);
}

static void each_failed_probe_doubles_the_wait_up_to_its_limit(void **state) {
    static const int64_t WAITS[] = {5000, 10000, 20000, 40000, 60000, 60000};
    struct breaker b = {.state = BREAKER_CLOSED};
    int64_t now = 0;
    UNUSED(state);
    calls(&b, 5, BREAKER_TRANSPORT, now);
    for (size_t i = 0; i < sizeof WAITS / sizeof *WAITS; i++) {
        assert_false(call(&b, BREAKER_SUCCESS, now + WAITS[i] - 1));
        now += WAITS[i];
        assert_true(call(&b, BREAKER_FAILURE, now));
    }
}

static void the_wait_is_spread_by_a_fifth(void **state) {
    UNUSED(state);
    for (uint32_t chance = 0; chance < 2048; chance += 17) {
        struct breaker b = {.state = BREAKER_CLOSED};
        uint32_t permit;
        for (int i = 0; i < 5; i++) {
            (void)breaker_ask(&b, &CFG, 0, &permit);
            breaker_tell(&b, &CFG, permit, BREAKER_TRANSPORT, 0, chance);
        }
        assert_in_range(b.until_ms, 4000, 6000);
    }
}

static void what_began_before_the_change_says_nothing(void **state) {
    struct breaker b = {.state = BREAKER_CLOSED};
    uint32_t old;
    UNUSED(state);
    assert_true(breaker_ask(&b, &CFG, 0, &old));
    calls(&b, 5, BREAKER_TRANSPORT, 0);
    assert_true(breaker_would(&b, &CFG, 5000));
    calls(&b, 1, BREAKER_SUCCESS, 5000);
    breaker_tell(&b, &CFG, old, BREAKER_TRANSPORT, 5000, MIDDLE);
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
}

static void a_success_that_was_none_counts(void **state) {
    struct breaker b = {.state = BREAKER_CLOSED};
    UNUSED(state);
    for (int i = 0; i < 20; i++) {
        calls(&b, 1, BREAKER_SUCCESS, 0);
        breaker_amend(&b, &CFG, 0, MIDDLE);
    }
    assert_int_equal(b.state, BREAKER_OPEN);
    calls(&b, 1, BREAKER_SUCCESS, 5000);
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
    breaker_amend(&b, &CFG, 5000, MIDDLE);
    assert_int_equal(b.state, BREAKER_OPEN);
}

static void switched_off_it_lets_everything_pass(void **state) {
    struct config_breaker off = CFG;
    struct breaker b = {.state = BREAKER_CLOSED};
    uint32_t permit;
    UNUSED(state);
    off.enabled = false;
    for (int i = 0; i < 100; i++) {
        assert_true(breaker_ask(&b, &off, 0, &permit));
        breaker_tell(&b, &off, permit, BREAKER_TRANSPORT, 0, MIDDLE);
    }
}

/* ---- groups ---------------------------------------------------------------------------------------------------- */

static struct failover_member well(enum health h) { return (struct failover_member){.health = h}; }

static void the_own_warehouse_is_used_while_it_is_well(void **state) {
    struct failover_member m[] = {well(HEALTH_STOPPED), well(HEALTH_RUNNING)};
    UNUSED(state);
    assert_int_equal(failover_choose(m, 2, 0, -1, 1), 0);
    m[0].health = HEALTH_UNKNOWN;
    assert_int_equal(failover_choose(m, 2, 0, -1, 1), 0);
}

static void running_ones_stand_in_before_cold_ones(void **state) {
    struct failover_member m[] = {{.open = true}, well(HEALTH_STOPPED), well(HEALTH_STARTING), well(HEALTH_RUNNING)};
    UNUSED(state);
    assert_int_equal(failover_choose(m, 4, 0, -1, 1), 3);
    m[3].health = HEALTH_DOWN;
    assert_int_equal(failover_choose(m, 4, 0, -1, 1), 2);
    m[2].denied = true;
    assert_int_equal(failover_choose(m, 4, 0, -1, 1), 1);
    m[1].open = true;
    assert_int_equal(failover_choose(m, 4, 0, -1, 1), -1);
}

static void what_just_failed_is_avoided_if_there_is_another(void **state) {
    struct failover_member m[] = {well(HEALTH_RUNNING), well(HEALTH_RUNNING)};
    UNUSED(state);
    assert_int_equal(failover_choose(m, 2, 0, 0, 1), 1);
    assert_int_equal(failover_choose(m, 2, 0, 1, 1), 0);
    m[1].denied = true;
    assert_int_equal(failover_choose(m, 2, 0, 0, 1), 0);
}

static void a_tenth_goes_when_all_are_open(void **state) {
    struct failover_member m[] = {{.open = true}, {.open = true}};
    int went = 0;
    UNUSED(state);
    for (uint32_t chance = 0; chance < 1000; chance++) went += failover_choose(m, 2, 0, -1, chance) == 0;
    assert_int_equal(went, 100);
    m[1].open = false;
    m[1].denied = true;
    for (uint32_t chance = 0; chance < 1000; chance++) assert_int_equal(failover_choose(m, 2, 0, -1, chance), -1);
}

static void states_of_warehouses_are_ranked(void **state) {
    UNUSED(state);
    assert_int_equal(health_of_word("RUNNING", 7), HEALTH_RUNNING);
    assert_int_equal(health_of_word("STOPPING", 8), HEALTH_STOPPED);
    assert_int_equal(health_of_word("DELETED", 7), HEALTH_DOWN);
    assert_int_equal(health_of_word("DREAMING", 8), HEALTH_UNKNOWN);
}

static void a_denial_is_remembered_five_minutes_for_that_principal(void **state) {
    static struct denials d;
    uint8_t one[DIGEST_BYTES] = {1}, two[DIGEST_BYTES] = {2};
    UNUSED(state);
    denials_add(&d, one, "w", 1000);
    assert_true(denials_has(&d, one, "w", 1000 + DENIAL_MS - 1));
    assert_false(denials_has(&d, one, "w", 1000 + DENIAL_MS));
    assert_false(denials_has(&d, two, "w", 1001));
    assert_false(denials_has(&d, one, "v", 1001));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_transport_failures_in_a_row_open_it),
        cmocka_unit_test(half_of_twenty_calls_failing_open_it_and_fewer_do_not),
        cmocka_unit_test(what_left_the_window_is_forgotten),
        cmocka_unit_test(one_probe_at_a_time_and_three_that_succeed_close_it),
        cmocka_unit_test(each_failed_probe_doubles_the_wait_up_to_its_limit),
        cmocka_unit_test(the_wait_is_spread_by_a_fifth),
        cmocka_unit_test(what_began_before_the_change_says_nothing),
        cmocka_unit_test(a_success_that_was_none_counts),
        cmocka_unit_test(switched_off_it_lets_everything_pass),
        cmocka_unit_test(the_own_warehouse_is_used_while_it_is_well),
        cmocka_unit_test(running_ones_stand_in_before_cold_ones),
        cmocka_unit_test(what_just_failed_is_avoided_if_there_is_another),
        cmocka_unit_test(a_tenth_goes_when_all_are_open),
        cmocka_unit_test(states_of_warehouses_are_ranked),
        cmocka_unit_test(a_denial_is_remembered_five_minutes_for_that_principal),
    };
    return cmocka_run_group_tests_name("breaker", tests, NULL, NULL);
}
