/* attempt, budget, link: what is repeated, how often, and where links may lead. */
#include "proxy/upstream/attempt.h"
#include "proxy/upstream/budget.h"
#include "proxy/upstream/link.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/test.h"

static const struct config_retry CFG = {.max = 2, .budget = 20, .budget_floor = 10, .base_ms = 100, .cap_ms = 5000,
                                        .retry_after_max_ms = 60000};

static struct attempt_out decide(enum upstream_kind kind, enum situation s, int tries) {
    struct attempt_in in = {.kind = kind, .situation = s, .tries = tries, .retry_after_ms = -1, .until_ms = 100000,
                            .chance = 7};
    return attempt_decide(&in, &CFG);
}

/* How often it is repeated: 0 … 2; -1 = never, and the outcome is unknown. */
static int repeats(enum upstream_kind kind, enum situation s) {
    int n = 0;
    while (decide(kind, s, n + 1).what == ATTEMPT_REPEAT) n++;
    return n == 0 && decide(kind, s, 1).what == ATTEMPT_UNKNOWN ? -1 : n;
}

static void what_is_repeated_is_this_table(void **state) {
    static const struct {
        const char *name;
        enum upstream_kind kind;
        int times[SIT_COUNT];
    } ROWS[] = {
        /*                          FINE NOT_SENT BUSY LOST BROKEN CUT */
        {"pass", UP_PASS,         {   0,    0,     0,   0,    0,   0}},
        {"write", UP_WRITE,       {   0,    2,     0,  -1,   -1,   0}},
        {"read", UP_READ,         {   0,    2,     2,   1,    1,   0}},
        {"poll", UP_POLL,         {   0,    2,     2,   2,    2,   0}},
        {"chunk", UP_CHUNK,       {   0,    2,     2,   2,    2,   0}},
        {"cancel", UP_CANCEL,     {   0,    2,     2,   2,    2,   0}},
        {"session", UP_SESSION,   {   0,    2,     0,  -1,   -1,   0}},
        {"identity", UP_IDENTITY, {   0,    2,     2,   2,    2,   0}},
        {"health", UP_HEALTH,     {   0,    0,     0,   0,    0,   0}},
        {"start", UP_START,       {   0,    2,     0,   0,    0,   0}},
        {"link", UP_LINK,         {   0,    2,     2,   2,    2,   0}},
    };
    UNUSED(state);
    assert_int_equal(sizeof ROWS / sizeof *ROWS, UP_KIND_COUNT);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        for (int s = 0; s < SIT_COUNT; s++)
            if (repeats(ROWS[i].kind, (enum situation)s) != ROWS[i].times[s])
                fail_msg("%s, situation %d: %d times", ROWS[i].name, s, repeats(ROWS[i].kind, (enum situation)s));
}

static void statuses_are_situations(void **state) {
    UNUSED(state);
    assert_int_equal(attempt_situation(UP_WRITE, 200, false), SIT_FINE);
    assert_int_equal(attempt_situation(UP_WRITE, 400, false), SIT_FINE);
    assert_int_equal(attempt_situation(UP_WRITE, 501, false), SIT_FINE);
    assert_int_equal(attempt_situation(UP_WRITE, 429, false), SIT_BUSY);
    assert_int_equal(attempt_situation(UP_WRITE, 503, true), SIT_BUSY);
    assert_int_equal(attempt_situation(UP_WRITE, 503, false), SIT_BROKEN);
    assert_int_equal(attempt_situation(UP_WRITE, 500, true), SIT_BROKEN);
    assert_int_equal(attempt_situation(UP_WRITE, 504, false), SIT_BROKEN);
    assert_int_equal(attempt_situation(UP_PASS, 503, false), SIT_FINE);
}

static void libcurl_may_repeat_only_what_we_may(void **state) {
    UNUSED(state);
    for (int k = 0; k < UP_KIND_COUNT; k++)
        assert_int_equal(attempt_is_harmless((enum upstream_kind)k), repeats((enum upstream_kind)k, SIT_LOST) > 0);
}

static void waits_grow_to_their_limit_with_full_jitter(void **state) {
    static const int64_t MOST[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct config_retry often = CFG;
    UNUSED(state);
    often.max = 10;
    for (size_t i = 0; i < sizeof MOST / sizeof *MOST; i++) {
        int64_t least = INT64_MAX, most = 0;
        for (uint32_t chance = 0; chance < 100000; chance += 7) {
            struct attempt_in in = {UP_READ, SIT_BUSY, (int)i + 1, -1, 0, 100000, chance};
            int64_t ms = attempt_decide(&in, &often).wait_ms;
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
        }
        assert_int_equal(least, 0);
        assert_int_equal(most, MOST[i]);
    }
}

static void retry_after_is_obeyed_up_to_its_limit(void **state) {
    struct attempt_in in = {UP_READ, SIT_BUSY, 1, 60000, 0, 100000, 0};
    UNUSED(state);
    assert_int_equal(attempt_decide(&in, &CFG).what, ATTEMPT_REPEAT);
    assert_in_range(attempt_decide(&in, &CFG).wait_ms, 60000, 60100);
    in.retry_after_ms = 60001;
    assert_int_equal(attempt_decide(&in, &CFG).what, ATTEMPT_PASS_ON);
}

static void no_try_begins_after_the_clients_patience(void **state) {
    struct attempt_in in = {UP_READ, SIT_BUSY, 1, 15000, 1000, 20000, 0};
    UNUSED(state);
    assert_int_equal(attempt_decide(&in, &CFG).what, ATTEMPT_REPEAT);
    in.now_ms = 5001;
    assert_int_equal(attempt_decide(&in, &CFG).what, ATTEMPT_PASS_ON);
}

static int take_all(struct budget *b, int64_t now_ms) {
    int n = 0;
    while (n < 100000 && budget_take(b, &CFG, now_ms)) n++;
    return n;
}

static void the_budget_is_a_fifth_of_requests_and_ten_a_second(void **state) {
    struct budget b = {.floor = {.used = 0}};
    UNUSED(state);
    assert_int_equal(take_all(&b, 1000), 10);
    for (int i = 0; i < 1000; i++) budget_request(&b, 1000);
    assert_int_equal(take_all(&b, 1000), 200);
    assert_int_equal(take_all(&b, 2000), 10);
    assert_int_equal(take_all(&b, 12000), 10);
}

/* ---- links ----------------------------------------------------------------------------------------------------- */

static void only_public_addresses_are_connected_to(void **state) {
    static const char *const PRIVATE[] = {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                                          "169.254.169.254", "100.100.100.200", "0.0.0.0", "224.0.0.1", "255.255.255.255",
                                          "198.18.0.1", "192.0.0.192"};
    static const char *const PUBLIC[] = {"52.1.2.3", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.63.0.1",
                                         "100.128.0.1"};
    static const char *const PRIVATE6[] = {"::1", "::ffff:10.0.0.1", "fe80::1", "fd00::1", "64:ff9b::a00:1",
                                           "2002:7f00:1::1", "2001:0:1::1", "::"};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    UNUSED(state);
    for (size_t i = 0; i < sizeof PRIVATE / sizeof *PRIVATE; i++) {
        inet_pton(AF_INET, PRIVATE[i], &v4.sin_addr);
        if (link_address_is_public(AF_INET, (struct sockaddr *)&v4)) fail_msg("%s", PRIVATE[i]);
    }
    for (size_t i = 0; i < sizeof PUBLIC / sizeof *PUBLIC; i++) {
        inet_pton(AF_INET, PUBLIC[i], &v4.sin_addr);
        if (!link_address_is_public(AF_INET, (struct sockaddr *)&v4)) fail_msg("%s", PUBLIC[i]);
    }
    for (size_t i = 0; i < sizeof PRIVATE6 / sizeof *PRIVATE6; i++) {
        inet_pton(AF_INET6, PRIVATE6[i], &v6.sin6_addr);
        if (link_address_is_public(AF_INET6, (struct sockaddr *)&v6)) fail_msg("%s", PRIVATE6[i]);
    }
    inet_pton(AF_INET6, "2600:1f00::1", &v6.sin6_addr);
    assert_true(link_address_is_public(AF_INET6, (struct sockaddr *)&v6));
    assert_false(link_address_is_public(AF_UNIX, (struct sockaddr *)&v6));
}

static void links_lead_to_storage_only(void **state) {
    char *own[] = {"minio.example", ".store.example"};
    struct config_upstream up = {.link_hosts = {2, own}};
    struct err e = ERR_INIT;
    UNUSED(state);
    assert_ok(link_check(&up, "https://b.s3.eu-west-1.amazonaws.com/x?y", &e), e);
    assert_ok(link_check(&up, "https://acc.dfs.core.windows.net/x", &e), e);
    assert_ok(link_check(&up, "https://minio.example:9000/x", &e), e);
    assert_ok(link_check(&up, "https://a.store.example/x", &e), e);
    assert_err(link_check(&up, "https://evilminio.example/x", &e), e, ERR_UNSUPPORTED);
    assert_err(link_check(&up, "https://astore.example/x", &e), e, ERR_UNSUPPORTED);
    assert_err(link_check(&up, "http://b.s3.amazonaws.com/x", &e), e, ERR_UNSUPPORTED);
    assert_err(link_check(&up, "https://b.s3.amazonaws.com.evil.example/x", &e), e, ERR_UNSUPPORTED);
    assert_err(link_check(&up, "https://127.0.0.1/x", &e), e, ERR_UNSUPPORTED);
    assert_err(link_check(&up, "file:///etc/passwd", &e), e, ERR_UNSUPPORTED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_repeated_is_this_table),
        cmocka_unit_test(statuses_are_situations),
        cmocka_unit_test(libcurl_may_repeat_only_what_we_may),
        cmocka_unit_test(waits_grow_to_their_limit_with_full_jitter),
        cmocka_unit_test(retry_after_is_obeyed_up_to_its_limit),
        cmocka_unit_test(no_try_begins_after_the_clients_patience),
        cmocka_unit_test(the_budget_is_a_fifth_of_requests_and_ten_a_second),
        cmocka_unit_test(only_public_addresses_are_connected_to),
        cmocka_unit_test(links_lead_to_storage_only),
    };
    return cmocka_run_group_tests_name("retry", tests, NULL, NULL);
}
