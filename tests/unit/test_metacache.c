/* The cache of catalog answers: what is kept, for how long, how much. Its rows are stand-ins that count references. */
#include "driver/api/metacache.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "driver/api/memtable.h"
#include "test.h"

struct memrows { int refs; size_t bytes; };

struct memrows *memrows_ref(struct memrows *r) {
    r->refs++;
    return r;
}

void memrows_unref(struct memrows **r) {
    if (*r) (*r)->refs--;
    *r = NULL;
}

size_t memrows_bytes(const struct memrows *r) { return r->bytes; }

enum { KIB = 1024 };

/* Whether the key is there; the reference is given back. */
static bool has(struct metacache *c, const char *key) {
    struct memrows *rows = metacache_get(c, sv_of(key));
    bool there = rows != NULL;
    memrows_unref(&rows);
    return there;
}

static void put(struct metacache *c, const char *key, struct memrows *rows) {
    metacache_put(c, sv_of(key), rows, metacache_epoch(c));
}

static void what_was_put_is_found_until_a_flush(void **state) {
    struct memrows rows = { .refs = 1, .bytes = KIB };
    struct metacache *c = metacache_new(60000, 64 * KIB);
    (void)state;
    put(c, "a", &rows);
    assert_true(has(c, "a"));
    assert_false(has(c, "b"));
    metacache_flush(c);
    assert_false(has(c, "a"));
    assert_int_equal(rows.refs, 1);
    metacache_free(&c);
}

static void an_answer_asked_for_before_a_flush_is_not_kept(void **state) {
    struct memrows rows = { .refs = 1, .bytes = KIB };
    struct metacache *c = metacache_new(60000, 64 * KIB);
    (void)state;
    uint64_t epoch = metacache_epoch(c);
    metacache_flush(c);
    metacache_put(c, sv_of("a"), &rows, epoch);
    assert_false(has(c, "a"));
    assert_int_equal(rows.refs, 1);
    metacache_free(&c);
}

static void the_oldest_go_when_there_is_no_room(void **state) {
    struct memrows rows = { .refs = 1, .bytes = 20 * KIB }, big = { .refs = 1, .bytes = 65 * KIB };
    struct metacache *c = metacache_new(60000, 64 * KIB);
    (void)state;
    put(c, "a", &rows);
    put(c, "b", &rows);
    put(c, "c", &rows);
    put(c, "d", &rows);
    assert_false(has(c, "a"));
    assert_true(has(c, "b") && has(c, "c") && has(c, "d"));
    put(c, "big", &big);
    assert_false(has(c, "big"));
    assert_true(has(c, "b"));
    metacache_free(&c);
    assert_int_equal(rows.refs, 1);
    assert_int_equal(big.refs, 1);
}

static void a_key_put_again_has_the_newer_rows(void **state) {
    struct memrows old = { .refs = 1, .bytes = KIB }, new = { .refs = 1, .bytes = KIB };
    struct metacache *c = metacache_new(60000, 64 * KIB);
    (void)state;
    put(c, "a", &old);
    put(c, "a", &new);
    struct memrows *found = metacache_get(c, sv_of("a"));
    assert_ptr_equal(found, &new);
    memrows_unref(&found);
    assert_int_equal(old.refs, 1);
    metacache_free(&c);
}

static void an_answer_ends_with_its_time_and_time_0_is_off(void **state) {
    struct memrows rows = { .refs = 1, .bytes = KIB };
    struct metacache *c = metacache_new(20, 64 * KIB);
    (void)state;
    put(c, "a", &rows);
    nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
    assert_false(has(c, "a"));
    metacache_free(&c);
    assert_null(metacache_new(0, 64 * KIB));
    put(NULL, "a", &rows);
    assert_false(has(NULL, "a"));
    metacache_flush(NULL);
    assert_int_equal(rows.refs, 1);
}

static bool walks(struct metacache *c, const char *family, const char *member) {
    return metacache_walks(c, sv_of(family), sv_of(member));
}

static void the_third_of_a_family_in_a_row_walks_and_then_none_for_its_time(void **state) {
    struct metacache *c = metacache_new(40, 64 * KIB);
    (void)state;
    assert_false(walks(c, "f", "a") || walks(c, "f", "a") || walks(c, "f", "b") || walks(c, "f", "b"));
    assert_false(walks(c, "g", "c"));
    assert_true(walks(c, "f", "c"));
    assert_false(walks(c, "f", "d") || walks(c, "f", "e"));
    nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
    assert_false(walks(c, "f", "e"));
    nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
    assert_true(walks(c, "f", "e"));
    metacache_flush(c);
    assert_false(walks(c, "f", "a") || walks(c, "f", "b"));
    nanosleep(&(struct timespec){ .tv_nsec = 60000000 }, NULL);
    assert_false(walks(c, "f", "c"));
    metacache_free(&c);
    assert_false(walks(NULL, "f", "a"));
}

static void many_families_at_once_are_forgotten_oldest_first(void **state) {
    struct metacache *c = metacache_new(60000, 64 * KIB);
    (void)state;
    for (int round = 0; round < 4; round++)
        for (char f = 'a'; f < 'a' + 20; f++)
            assert_false(walks(c, (char[]){ f, 0 }, (char[]){ (char)('0' + round), 0 }));
    metacache_free(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_until_a_flush),
        cmocka_unit_test(an_answer_asked_for_before_a_flush_is_not_kept),
        cmocka_unit_test(the_oldest_go_when_there_is_no_room), cmocka_unit_test(a_key_put_again_has_the_newer_rows),
        cmocka_unit_test(an_answer_ends_with_its_time_and_time_0_is_off),
        cmocka_unit_test(the_third_of_a_family_in_a_row_walks_and_then_none_for_its_time),
        cmocka_unit_test(many_families_at_once_are_forgotten_oldest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
