/* body: bytes that come in in any pieces, break off and come again, and are read meanwhile. */
#include "../unit/test.h"

#include <stdlib.h>

#include "driver/prefetch/body.h"

enum { SIZE = 3 * BODY_SEGMENT + 1234 };

static char wire[SIZE];

static void fill_wire(void) {
    for (int i = 0; i < SIZE; i++) wire[i] = (char)(i * 31 + i / 251);
}

/* One body with its account, and who reads it. */
struct scene {
    struct body b;
    struct err e;
    size_t held;
    char got[SIZE];
    size_t len;
    bool last;
};

static struct scene *begin(void) {
    struct scene *s = test_calloc(1, sizeof *s);
    s->e = (struct err)ERR_INIT;
    body_init(&s->b, NULL, &s->held);
    return s;
}

static void end(struct scene *s) {
    body_fini(&s->b);
    assert_int_equal(s->held, 0);
    test_free(s);
}

static enum rc write_all(struct scene *s, const char *bytes, size_t n, size_t piece) {
    for (size_t at = 0; at < n; at += piece) {
        struct sv rest = sv_make(bytes + at, n - at < piece ? n - at : piece);
        while (rest.len) {
            if (body_is_full(&s->b) && body_open(&s->b, BODY_SEGMENT, &s->e)) return RC_ERR;
            if (body_fill(&s->b, &rest, &s->e)) return RC_ERR;
        }
    }
    return RC_OK;
}

static void read_some(struct scene *s) {
    struct block *piece;
    while ((piece = body_take(&s->b, &s->last))) {
        memcpy(s->got + s->len, piece->bytes, piece->len);
        s->len += piece->len;
        block_drop(&piece);
    }
}

static void expect_whole(struct scene *s) {
    assert_int_equal(body_end(&s->b, &s->e), RC_OK);
    read_some(s);
    assert_true(s->last);
    assert_int_equal(s->len, SIZE);
    assert_memory_equal(s->got, wire, SIZE);
}

static void what_was_written_is_read_in_order_and_then_nothing_is_held(void **state) {
    (void)state;
    struct scene *s = begin();
    assert_int_equal(write_all(s, wire, SIZE, 777), RC_OK);
    read_some(s);
    assert_false(s->last);
    assert_int_equal(s->len, 3 * BODY_SEGMENT);
    assert_true(s->held >= SIZE);           /* a repetition would be compared with it */
    expect_whole(s);
    assert_int_equal(s->held, 0);
    end(s);
}

static void a_download_may_break_anywhere_and_come_again(void **state) {
    (void)state;
    static const size_t breaks[] = {0, 1, BODY_SEGMENT - 1, BODY_SEGMENT, BODY_SEGMENT + 1, 2 * BODY_SEGMENT, SIZE};
    for (size_t i = 0; i < 2 * sizeof breaks / sizeof *breaks; i++) {
        struct scene *s = begin();
        assert_int_equal(write_all(s, wire, breaks[i / 2], 5000), RC_OK);
        if (i % 2) read_some(s);
        body_restart(&s->b);
        assert_int_equal(write_all(s, wire, breaks[i / 2] / 2, 333), RC_OK);
        body_restart(&s->b);                /* once more, before it came as far as the first time */
        assert_int_equal(write_all(s, wire, SIZE, 4096), RC_OK);
        expect_whole(s);
        end(s);
    }
}

static void bytes_that_nobody_read_may_differ_the_second_time(void **state) {
    (void)state;
    struct scene *s = begin();
    assert_int_equal(write_all(s, "an error page", 13, 13), RC_OK);
    body_restart(&s->b);
    assert_int_equal(write_all(s, wire, SIZE, 999), RC_OK);
    expect_whole(s);
    end(s);
}

static struct scene *broken_after_a_segment_was_read(void) {
    struct scene *s = begin();
    assert_int_equal(write_all(s, wire, BODY_SEGMENT + 10, 999), RC_OK);
    read_some(s);
    body_restart(&s->b);
    return s;
}

static void other_bytes_than_those_that_were_read_are_an_error(void **state) {
    (void)state;
    struct scene *s = broken_after_a_segment_was_read();
    assert_int_equal(write_all(s, wire + 1, 100, 100), RC_ERR);
    assert_int_equal(s->e.code, ERR_RESULT_CORRUPT);
    end(s);
}

static void a_repetition_that_is_shorter_than_what_was_read_is_an_error(void **state) {
    (void)state;
    struct scene *s = broken_after_a_segment_was_read();
    assert_int_equal(write_all(s, wire, 10, 10), RC_OK);
    assert_int_equal(body_end(&s->b, &s->e), RC_ERR);
    assert_int_equal(s->e.code, ERR_RESULT_CORRUPT);
    end(s);
}

int main(void) {
    fill_wire();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_in_order_and_then_nothing_is_held),
        cmocka_unit_test(a_download_may_break_anywhere_and_come_again),
        cmocka_unit_test(other_bytes_than_those_that_were_read_are_an_error),
        cmocka_unit_test(bytes_that_nobody_read_may_differ_the_second_time),
        cmocka_unit_test(a_repetition_that_is_shorter_than_what_was_read_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
