/* body: bytes that come in in any pieces, break off and come again, and are read meanwhile. */
#include "../unit/test.h"

#include <stdlib.h>

#include "driver/session/body.h"

enum { SIZE = 3 * BODY_SEGMENT + 1234 };

static char wire[SIZE];

static void fill_wire(void) {
    for (int i = 0; i < SIZE; i++) wire[i] = (char)(i * 31 + i / 251);
}

struct reader {
    char got[SIZE];
    size_t len;
    bool last;
};

static enum rc write_all(struct body *b, const char *bytes, size_t n, size_t piece, struct err *e) {
    for (size_t at = 0; at < n; at += piece) {
        struct sv rest = sv_make(bytes + at, n - at < piece ? n - at : piece);
        while (rest.len) {
            if (body_is_full(b) && body_open(b, BODY_SEGMENT, e)) return RC_ERR;
            if (body_fill(b, &rest, e)) return RC_ERR;
        }
    }
    return RC_OK;
}

static void read_some(struct body *b, struct reader *r) {
    struct block *s;
    while ((s = body_take(b, &r->last))) {
        memcpy(r->got + r->len, s->bytes, s->len);
        r->len += s->len;
        block_drop(&s);
    }
}

static void what_was_written_is_read_in_order_and_then_nothing_is_held(void **state) {
    (void)state;
    static struct reader r;
    struct body b;
    struct err e = ERR_INIT;
    size_t held = 0;
    r = (struct reader){.len = 0};
    body_init(&b, NULL, &held);
    assert_int_equal(write_all(&b, wire, SIZE, 777, &e), RC_OK);
    read_some(&b, &r);
    assert_false(r.last);
    assert_int_equal(r.len, 3 * BODY_SEGMENT);
    assert_true(held >= SIZE);              /* a repetition would be compared with it */
    assert_int_equal(body_end(&b, &e), RC_OK);
    read_some(&b, &r);
    assert_true(r.last);
    assert_int_equal(r.len, SIZE);
    assert_memory_equal(r.got, wire, SIZE);
    assert_int_equal(held, 0);
    body_fini(&b);
}

static void a_download_may_break_anywhere_and_come_again(void **state) {
    (void)state;
    static struct reader r;
    static const size_t breaks[] = {0, 1, BODY_SEGMENT - 1, BODY_SEGMENT, BODY_SEGMENT + 1, 2 * BODY_SEGMENT, SIZE};
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        struct body b;
        struct err e = ERR_INIT;
        size_t held = 0;
        r = (struct reader){.len = 0};
        body_init(&b, NULL, &held);
        assert_int_equal(write_all(&b, wire, breaks[i], 5000, &e), RC_OK);
        if (i % 2) read_some(&b, &r);
        body_restart(&b);
        assert_int_equal(write_all(&b, wire, breaks[i] / 2, 333, &e), RC_OK);
        body_restart(&b);                   /* once more, before it came as far as the first time */
        assert_int_equal(write_all(&b, wire, SIZE, 4096, &e), RC_OK);
        assert_int_equal(body_end(&b, &e), RC_OK);
        read_some(&b, &r);
        assert_int_equal(r.len, SIZE);
        assert_memory_equal(r.got, wire, SIZE);
        body_fini(&b);
        assert_int_equal(held, 0);
    }
}

static void other_bytes_than_those_that_were_read_are_an_error(void **state) {
    (void)state;
    static struct reader r;
    struct body b;
    struct err e = ERR_INIT;
    size_t held = 0;
    r = (struct reader){.len = 0};
    body_init(&b, NULL, &held);
    assert_int_equal(write_all(&b, wire, BODY_SEGMENT + 10, 999, &e), RC_OK);
    read_some(&b, &r);
    body_restart(&b);
    assert_int_equal(write_all(&b, wire + 1, 100, 100, &e), RC_ERR);
    assert_int_equal(e.code, ERR_RESULT_CORRUPT);
    body_fini(&b);
    assert_int_equal(held, 0);
}

static void bytes_that_nobody_read_may_differ_the_second_time(void **state) {
    (void)state;
    static struct reader r;
    struct body b;
    struct err e = ERR_INIT;
    size_t held = 0;
    r = (struct reader){.len = 0};
    body_init(&b, NULL, &held);
    assert_int_equal(write_all(&b, "an error page", 13, 13, &e), RC_OK);
    body_restart(&b);
    assert_int_equal(write_all(&b, wire, SIZE, 999, &e), RC_OK);
    assert_int_equal(body_end(&b, &e), RC_OK);
    read_some(&b, &r);
    assert_memory_equal(r.got, wire, SIZE);
    body_fini(&b);
}

static void a_repetition_that_is_shorter_than_what_was_read_is_an_error(void **state) {
    (void)state;
    static struct reader r;
    struct body b;
    struct err e = ERR_INIT;
    size_t held = 0;
    r = (struct reader){.len = 0};
    body_init(&b, NULL, &held);
    assert_int_equal(write_all(&b, wire, BODY_SEGMENT + 10, 999, &e), RC_OK);
    read_some(&b, &r);
    body_restart(&b);
    assert_int_equal(write_all(&b, wire, 10, 10, &e), RC_OK);
    assert_int_equal(body_end(&b, &e), RC_ERR);
    assert_int_equal(e.code, ERR_RESULT_CORRUPT);
    body_fini(&b);
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
