/* retry: the policy by table, and the header that overrides it. */
#include "../unit/test.h"

#include "core/retry.h"

static const struct retry_budget BUDGET = {
    .rate_limit_ms = 120000, .busy_ms = 600000, .other_ms = 60000, .max_other = 5};

static const struct {
    const char *situation;
    enum retry_class class;
    enum retry_outcome outcome;
    int status;
    int64_t retry_after_ms;
    int attempt;
    int64_t elapsed_ms, left_ms;
    bool again;
    int64_t at_least_ms, at_most_ms;
    bool maybe_done;
} ROWS[] = {
    {"GET on 500", RETRY_IDEMPOTENT, RETRY_GOT_STATUS, 500, -1, 1, 0, INT64_MAX, true, 750, 1250, false},
    {"GET on 501", RETRY_IDEMPOTENT, RETRY_GOT_STATUS, 501, -1, 1, 0, INT64_MAX, false, 0, 0, false},
    {"GET on 408", RETRY_IDEMPOTENT, RETRY_GOT_STATUS, 408, -1, 1, 0, INT64_MAX, true, 750, 1250, false},
    {"GET on 400", RETRY_IDEMPOTENT, RETRY_GOT_STATUS, 400, -1, 1, 0, INT64_MAX, false, 0, 0, false},
    {"GET on 403", RETRY_IDEMPOTENT, RETRY_GOT_STATUS, 403, -1, 1, 0, INT64_MAX, false, 0, 0, false},
    {"GET broken at first", RETRY_IDEMPOTENT, RETRY_BROKE, 0, -1, 1, 0, INT64_MAX, true, 50, 100, false},
    {"GET broken again", RETRY_IDEMPOTENT, RETRY_BROKE, 0, -1, 2, 100, INT64_MAX, true, 500, 1500, false},
    {"GET broken too often", RETRY_IDEMPOTENT, RETRY_BROKE, 0, -1, 5, 100, INT64_MAX, false, 0, 0, false},
    {"GET on 502 over budget", RETRY_IDEMPOTENT, RETRY_GOT_STATUS, 502, -1, 2, 59000, INT64_MAX, false, 0, 0, false},
    {"POST on 429", RETRY_EXECUTE, RETRY_GOT_STATUS, 429, -1, 1, 0, INT64_MAX, true, 750, 1250, false},
    {"POST on 429 with Retry-After", RETRY_EXECUTE, RETRY_GOT_STATUS, 429, 7000, 1, 0, INT64_MAX, true, 7000, 7000,
     false},
    {"POST on 429 with Retry-After 0", RETRY_EXECUTE, RETRY_GOT_STATUS, 429, 0, 1, 0, INT64_MAX, true, 100, 200, false},
    {"POST on 429 over budget", RETRY_EXECUTE, RETRY_GOT_STATUS, 429, 7000, 30, 115000, INT64_MAX, false, 0, 0, false},
    {"POST on 503 in its larger budget", RETRY_EXECUTE, RETRY_GOT_STATUS, 503, 7000, 30, 115000, INT64_MAX, true, 7000,
     7000, false},
    {"POST on 503 many attempts", RETRY_EXECUTE, RETRY_GOT_STATUS, 503, -1, 40, 115000, INT64_MAX, true, 45000, 75000,
     false},
    {"POST on 503 close to the deadline", RETRY_EXECUTE, RETRY_GOT_STATUS, 503, 7000, 1, 0, 5000, false, 0, 0, false},
    {"POST on 500", RETRY_EXECUTE, RETRY_GOT_STATUS, 500, -1, 1, 0, INT64_MAX, false, 0, 0, false},
    {"POST on 504", RETRY_EXECUTE, RETRY_GOT_STATUS, 504, -1, 1, 0, INT64_MAX, false, 0, 0, true},
    {"POST on 502 with Retry-After", RETRY_EXECUTE, RETRY_GOT_STATUS, 502, 1000, 1, 0, INT64_MAX, false, 0, 0, true},
    {"POST never sent", RETRY_EXECUTE, RETRY_NOT_SENT, 0, -1, 1, 0, INT64_MAX, true, 50, 100, false},
    {"POST broken after it was sent", RETRY_EXECUTE, RETRY_BROKE, 0, -1, 1, 0, INT64_MAX, false, 0, 0, true},
    {"once only", RETRY_NONE, RETRY_GOT_STATUS, 503, 1000, 1, 0, INT64_MAX, false, 0, 0, false},
    {"a Retry-After of a day is clamped and over budget", RETRY_IDEMPOTENT, RETRY_GOT_STATUS, 503, 86400000, 1, 0,
     INT64_MAX, false, 0, 0, false},
};

static void the_policy_holds_in_every_situation(void **state) {
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        for (uint32_t random = 0; random < 3000; random += 7) {
            struct retry_in in = {ROWS[i].class,   ROWS[i].outcome,    ROWS[i].status,  ROWS[i].retry_after_ms,
                                  ROWS[i].attempt, ROWS[i].elapsed_ms, ROWS[i].left_ms, random};
            struct retry_out out = retry_decide(&in, &BUDGET);
            if (out.again != ROWS[i].again || out.maybe_done != ROWS[i].maybe_done)
                fail_msg("%s: %s", ROWS[i].situation, out.reason);
            if (out.again && (out.wait_ms < ROWS[i].at_least_ms || out.wait_ms > ROWS[i].at_most_ms))
                fail_msg("%s: waits %lld ms", ROWS[i].situation, (long long)out.wait_ms);
            assert_non_null(out.reason);
        }
    }
}

static void retry_after_is_seconds_or_a_date(void **state) {
    UNUSED(state);
    static const struct { const char *value; int64_t ms;
    } rows[] = {
        {"5", 5000},
        {" 0 ", 0},
        {"-1", -1},
        {"", -1},
        {"soon", -1},
        {"99999999999999999999", -1},
        {"999999", 3600000},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 37000},
        {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
        {"Sun, 06 Nov 1994 08:49:37 CET", -1},
        {"Sun, 06 Nox 1994 08:49:37 GMT", -1},
        {"Sun, 06 Nov 2094 08:49:37 GMT", 3600000},
        {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(retry_after_parse(sv_of(rows[i].value), INT64_C(784111740000)), rows[i].ms);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_policy_holds_in_every_situation),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
