/* SQLGetData's parts of text, at every size of buffer, for characters of one to four bytes: filled to the last byte by
 * default, cut between characters with WholeCharacterParts; nothing is lost or comes twice either way. */
#include "tests/unit/test.h"

#include "core/utf.h"
#include "driver/convert/convert.h"

enum { MAX_SIZE = 40, ROOM = 256 };

static const char *const TEXTS[] = {
    "", "a", "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz", "\xc3\xa9", "\xe2\x82\xac",
    "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80\xf0\x9f\x98\x81\xf0\x9f\x98\x82", "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z",
    "\xc3\xa9\xc3\xa8\xc3\xaa\xc3\xab\xc3\xa0\xc3\xa2", "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
    "ab\xf0\x9f\x98\x80" "cd\xe2\x82\xac" "ef\xc3\xa9gh\xf0\x9f\x98\x80\xf0\x9f\x98\x80ij\xe2\x82\xackl",
};

struct reading {
    struct col_view view;
    struct column column;
    int32_t offsets[2];
    struct conv_job job;
    struct part part;
    char all[ROOM];
    size_t got;
};

static void begin(struct reading *r, const char *text, SQLSMALLINT c_type, bool whole) {
    memset(r, 0, sizeof *r);
    r->offsets[1] = (int32_t)strlen(text);
    r->column = (struct column){.sea = {.name = "c", .type = DBX_STRING, .type_text = "STRING", .interval = ""}, .zone = ""};
    r->view = (struct col_view){.phys = COL_UTF8, .data = text, .offsets = r->offsets};
    r->job = (struct conv_job){.column = &r->column, .c_type = c_type, .parts = whole ? PARTS_WHOLE : PARTS_USUAL};
}

/* What the whole value is in the C type. */
static size_t whole_of(const char *text, SQLSMALLINT c_type, char *out) {
    size_t used, len = strlen(text);
    if (c_type == SQL_C_WCHAR) return utf8_to_16(text, len, (uint16_t *)(void *)out, ROOM / 2, &used, NULL) * 2;
    memcpy(out, text, len);
    return len;
}

/* One part into exactly cap bytes; false when there are no more. */
static bool next(struct reading *r, SQLLEN cap, enum conv_issue *issue) {
    _Alignas(8) char place[ROOM];
    SQLLEN left = -1;
    bool no_data = false;
    size_t nul = r->job.c_type == SQL_C_WCHAR ? 2 : 1;
    memset(place, 0x7E, sizeof place);
    *issue = conv_part(&r->part, &r->job, &r->view, 0, place, cap, &left, &no_data);
    if (no_data) return false;
    if (*issue != CONV_OK && *issue != CONV_TRUNCATED) return true;
    size_t room = (size_t)cap / nul * nul, n = *issue == CONV_OK ? (size_t)left : room < nul ? 0 : room - nul;
    if (r->job.parts == PARTS_WHOLE && *issue == CONV_TRUNCATED && nul == 1) n = room ? strlen(place) : 0;
    if (r->job.parts == PARTS_WHOLE && *issue == CONV_TRUNCATED && nul == 2)
        for (n = 0; room && (place[n] || place[n + 1]);) n += 2;
    if (room >= nul) assert_memory_equal(place + n, "\0\0", nul);
    for (size_t i = (size_t)cap; i < sizeof place; i++) assert_int_equal(place[i], 0x7E);
    memcpy(r->all + r->got, place, n);
    r->got += n;
    return true;
}

static void read_all(const char *text, SQLSMALLINT c_type, bool whole, SQLLEN cap) {
    _Alignas(8) char want[ROOM];
    struct reading r;
    enum conv_issue issue = CONV_OK;
    size_t len = whole_of(text, c_type, want), nul = c_type == SQL_C_WCHAR ? 2 : 1;
    begin(&r, text, c_type, whole);
    for (int calls = 0; calls < ROOM && next(&r, cap, &issue); calls++) {
        if (issue == CONV_TINY_BUFFER) {        /* a larger one goes on where it stopped */
            assert_true(whole && cap < 4 + (SQLLEN)nul);
            assert_true(next(&r, 64, &issue));
        }
        assert_true(issue == CONV_OK || issue == CONV_TRUNCATED);
        if (whole && nul == 1) assert_true(utf8_is_valid(r.all, r.got));
        if (whole && nul == 2)
            assert_int_equal(utf16_floor((uint16_t *)(void *)want, len / 2, r.got / 2), r.got / 2);
        if ((size_t)cap < 2 * nul && issue == CONV_TRUNCATED) break;     /* the length, and the NUL if it fits */
    }
    if ((size_t)cap >= 2 * nul || len == 0) {
        assert_int_equal(r.got, len);
        assert_memory_equal(r.all, want, len);
    } else {
        assert_int_equal(r.got, 0);
    }
    part_fini(&r.part);
}

static void every_size(SQLSMALLINT c_type, bool whole) {
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        for (SQLLEN cap = 0; cap <= MAX_SIZE; cap++)
            if (cap > 0 || *TEXTS[i]) read_all(TEXTS[i], c_type, whole, cap);
}

static void parts_fill_the_buffer(void **state) {
    UNUSED(state);
    every_size(SQL_C_CHAR, false);
    every_size(SQL_C_WCHAR, false);
}

static void whole_character_parts_end_between_characters(void **state) {
    UNUSED(state);
    every_size(SQL_C_CHAR, true);
    every_size(SQL_C_WCHAR, true);
}

static void a_buffer_too_small_for_a_character_says_so_and_loses_nothing(void **state) {
    static const struct { SQLSMALLINT c_type; SQLLEN cap; } SMALL[] = {
        {SQL_C_CHAR, 2}, {SQL_C_CHAR, 3}, {SQL_C_CHAR, 4}, {SQL_C_WCHAR, 4}, {SQL_C_WCHAR, 5},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof SMALL / sizeof *SMALL; i++) {
        struct reading r;
        enum conv_issue issue;
        begin(&r, "\xf0\x9f\x98\x80", SMALL[i].c_type, true);
        for (int twice = 0; twice < 2; twice++) {
            assert_true(next(&r, SMALL[i].cap, &issue));
            assert_int_equal(issue, CONV_TINY_BUFFER);
        }
        assert_true(next(&r, 6, &issue));
        assert_int_equal(issue, CONV_OK);
        assert_int_equal(r.got, 4);
        part_fini(&r.part);
    }
}

/* The answer to "how long is it?" (no room at all) does not use the value up. */
static void whole_digits_must_fit_also_after_the_length_was_asked_for(void **state) {
    static const int32_t VALUE = -12345;
    struct reading r;
    enum conv_issue issue;
    UNUSED(state);
    for (int wide = 0; wide < 2; wide++) {
        SQLLEN size = wide ? 2 : 1;
        begin(&r, "", wide ? SQL_C_WCHAR : SQL_C_CHAR, false);
        r.column.sea.type = DBX_INT;
        r.view = (struct col_view){.phys = COL_I32, .data = &VALUE};
        assert_true(next(&r, 0, &issue));
        assert_int_equal(issue, CONV_TRUNCATED);
        assert_true(next(&r, 6 * size, &issue));
        assert_int_equal(issue, CONV_RANGE);
        assert_true(next(&r, 7 * size, &issue));
        assert_int_equal(issue, CONV_OK);
        assert_int_equal(r.got, 6 * size);
        part_fini(&r.part);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_fill_the_buffer),
        cmocka_unit_test(whole_character_parts_end_between_characters),
        cmocka_unit_test(a_buffer_too_small_for_a_character_says_so_and_loses_nothing),
        cmocka_unit_test(whole_digits_must_fit_also_after_the_length_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
