/* queue, bucket: whose turn it is, and how many per second. */
#include "proxy/upstream/bucket.h"
#include "proxy/upstream/queue.h"

#include "tests/unit/test.h"

enum { MANY = 1000 };

struct waiting {
    struct queue_item item;
    int tenant, principal, n;
};

static struct waiting pool[3 * MANY];
static int used;
static struct queue queue;
static struct queue_tenant tenants[3];

static void push_cost(int tenant, int principal, int n, uint32_t cost) {
    uint8_t key[DIGEST_BYTES] = {(uint8_t)principal, (uint8_t)(principal >> 8)};
    struct waiting *w = &pool[used++];
    *w = (struct waiting){.tenant = tenant, .principal = principal, .n = n};
    assert_true(queue_push(&queue, &tenants[tenant], key, &w->item, cost));
}

static void push(int tenant, int principal, int n) { push_cost(tenant, principal, n, 1); }

static struct waiting *pop(void) { return (struct waiting *)(void *)queue_pop(&queue); } /* item is the first member */

static int setup(void **state) {
    UNUSED(state);
    used = 0;
    queue_init(&queue);
    for (int i = 0; i < 3; i++)
        if (!queue_tenant_init(&tenants[i])) return -1;
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    for (int i = 0; i < 3; i++) tenants[i].blocked = false;
    while (queue_pop(&queue)) { }
    for (int i = 0; i < 3; i++) queue_tenant_fini(&tenants[i]);
    return 0;
}

static void a_flood_of_one_tenant_costs_another_one_place_only(void **state) {
    UNUSED(state);
    for (int i = 0; i < MANY; i++) push(0, 1, i);
    pop();
    push(1, 1, 0);
    int before = 0;
    while (pop()->tenant != 1) before++;
    assert_in_range(before, 0, 1);
}

static void tenants_share_evenly_however_much_each_waits(void **state) {
    int got[3] = {0};
    UNUSED(state);
    for (int i = 0; i < MANY; i++) push(0, i % 50, i);
    for (int i = 0; i < 100; i++) push(1, 1, i);
    for (int i = 0; i < 100; i++) push(2, i, i);
    for (int i = 0; i < 300; i++) got[pop()->tenant]++;
    assert_int_equal(got[0], 100);
    assert_int_equal(got[1], 100);
    assert_int_equal(got[2], 100);
}

static void principals_of_a_tenant_share_evenly(void **state) {
    int got[2] = {0};
    UNUSED(state);
    for (int i = 0; i < MANY; i++) push(0, 0, i);
    for (int i = 0; i < 10; i++) push(0, 1, i);
    for (int i = 0; i < 20; i++) got[pop()->principal]++;
    assert_int_equal(got[0], 10);
    assert_int_equal(got[1], 10);
}

static void a_principal_is_served_in_its_order(void **state) {
    int next[4] = {0};
    struct waiting *w;
    UNUSED(state);
    for (int i = 0; i < MANY; i++) push(0, i % 4, i / 4);
    while ((w = pop())) assert_int_equal(w->n, next[w->principal]++);
    for (int i = 0; i < 4; i++) assert_int_equal(next[i], MANY / 4);
    assert_int_equal(queue.count, 0);
}

static void large_requests_count_for_as_many_small_ones(void **state) {
    int got[2] = {0};
    UNUSED(state);
    for (int i = 0; i < 50; i++) push_cost(0, 1, i, 10);
    for (int i = 0; i < MANY; i++) push(1, 1, i);
    for (int i = 0; i < 220; i++) got[pop()->tenant]++;
    assert_in_range(got[0], 18, 22);
    assert_in_range(got[1], 198, 202);
}

static void a_blocked_tenant_waits_and_holds_up_nobody(void **state) {
    UNUSED(state);
    push(0, 1, 0);
    push(1, 1, 0);
    tenants[0].blocked = true;
    assert_int_equal(pop()->tenant, 1);
    assert_null(pop());
    tenants[0].blocked = false;
    assert_int_equal(pop()->tenant, 0);
    assert_null(pop());
}

static void who_gives_up_leaves_nothing_behind(void **state) {
    UNUSED(state);
    for (int i = 0; i < MANY; i++) push(i % 3, i % 7, i);
    for (int i = 0; i < MANY; i += 2) queue_remove(&queue, &pool[i].item);
    queue_remove(&queue, &pool[0].item);
    assert_int_equal(queue.count, MANY / 2);
    for (int i = 0; i < MANY / 2; i++) assert_int_equal(pop()->n % 2, 1);
    assert_null(pop());
    for (int i = 0; i < 3; i++) assert_int_equal(tenants[i].by_principal.count, 0);
}

static void a_bucket_gives_its_rate_and_a_second_of_it_at_once(void **state) {
    struct bucket b = {.used = 0};
    int64_t wait_ms;
    UNUSED(state);
    for (int i = 0; i < 10; i++) assert_true(bucket_take(&b, 10, 5000, &wait_ms));
    assert_false(bucket_take(&b, 10, 5000, &wait_ms));
    assert_in_range(wait_ms, 100, 101);
    assert_true(bucket_take(&b, 10, 5101, &wait_ms));
    assert_false(bucket_take(&b, 10, 5101, &wait_ms));
    for (int i = 0; i < 10; i++) assert_true(bucket_take(&b, 10, 9000, &wait_ms));
    assert_false(bucket_take(&b, 10, 9000, &wait_ms));
}

static void a_debt_is_paid_before_the_next(void **state) {
    struct bucket b = {.used = 0};
    int64_t wait_ms;
    UNUSED(state);
    bucket_charge(&b, 1000, 0, 5000);
    assert_false(bucket_has_room(&b, 1000, 0, &wait_ms));
    assert_in_range(wait_ms, 4000, 4002);
    assert_true(bucket_has_room(&b, 1000, 4002, &wait_ms));
}

static void no_rate_is_no_limit(void **state) {
    struct bucket b = {.used = 0};
    int64_t wait_ms;
    UNUSED(state);
    for (int i = 0; i < MANY; i++) assert_true(bucket_take(&b, 0, 0, &wait_ms));
}

#define QUEUE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(a_flood_of_one_tenant_costs_another_one_place_only),
        QUEUE_TEST(tenants_share_evenly_however_much_each_waits),
        QUEUE_TEST(principals_of_a_tenant_share_evenly),
        QUEUE_TEST(a_principal_is_served_in_its_order),
        QUEUE_TEST(large_requests_count_for_as_many_small_ones),
        QUEUE_TEST(a_blocked_tenant_waits_and_holds_up_nobody),
        QUEUE_TEST(who_gives_up_leaves_nothing_behind),
        cmocka_unit_test(a_bucket_gives_its_rate_and_a_second_of_it_at_once),
        cmocka_unit_test(a_debt_is_paid_before_the_next),
        cmocka_unit_test(no_rate_is_no_limit),
    };
    return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
