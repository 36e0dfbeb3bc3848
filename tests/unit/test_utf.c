/* utf: what Unicode 15 section 3.9 says of well-formed text, and that nothing ill-formed gets through. */
#include "test.h"

#include "core/utf.h"

static void valid_text_of_every_length_is_accepted(void **state) {
    UNUSED(state);
    const char *good[] = {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80",
                          "\xF4\x8F\xBF\xBF", "plain ascii of some length \xF0\x9F\x98\x80 and more"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(utf8_is_valid(good[i], strlen(good[i])));
}

static void ill_formed_text_is_refused(void **state) {
    UNUSED(state);
    const char *evil[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xC2", "\xE2\x82", "\xF0\x9F\x98", "12345678\xFF", "a\xC2" "b"};
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) assert_false(utf8_is_valid(evil[i], strlen(evil[i])));
}

static void every_code_point_survives_the_round_trip(void **state) {
    UNUSED(state);
    for (uint32_t cp = 1; cp <= 0x10FFFF; cp++) {
        if (cp >= 0xD800 && cp <= 0xDFFF) continue;
        uint16_t unit[2] = {(uint16_t)cp, 0}, back[2];
        size_t units = 1, used;
        if (cp >= 0x10000) {
            unit[0] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
            unit[1] = (uint16_t)(0xDC00 + ((cp - 0x10000) & 0x3FF));
            units = 2;
        }
        char utf8[4];
        size_t bytes = utf16_to_8(unit, units, utf8, sizeof utf8, &used, NULL);
        assert_int_equal(bytes, utf16_to_8_bytes(unit, units));
        assert_true(utf8_is_valid(utf8, bytes));
        assert_int_equal(utf8_to_16(utf8, bytes, back, 2, &used, NULL), units);
        assert_int_equal(utf8_to_16_units(utf8, bytes), units);
        assert_memory_equal(unit, back, units * 2);
    }
}

static void ill_formed_parts_become_replacement_characters(void **state) {
    UNUSED(state);
    uint16_t out[16];
    size_t used;
    bool bad = false;
    /* one U+FFFD for each maximal part: F0 9F 98 (cut), then 80 alone */
    size_t n = utf8_to_16("a\xF0\x9F\x98" "b\x80", 6, out, 16, &used, &bad);
    assert_true(bad);
    assert_int_equal(n, 4);
    assert_int_equal(out[1], 0xFFFD);
    assert_int_equal(out[2], 'b');
    assert_int_equal(out[3], 0xFFFD);
    uint16_t lone[] = {'x', 0xD83D, 'y'};
    char utf8[16];
    bad = false;
    assert_int_equal(utf16_to_8(lone, 3, utf8, sizeof utf8, &used, &bad), 5);
    assert_true(bad);
    assert_memory_equal(utf8, "x\xEF\xBF\xBDy", 5);
}

static void conversion_stops_before_a_character_that_does_not_fit(void **state) {
    UNUSED(state);
    uint16_t out[4];
    size_t used;
    assert_int_equal(utf8_to_16("ab\xF0\x9F\x98\x80", 6, out, 3, &used, NULL), 2);
    assert_int_equal(used, 2);
    char utf8[4];
    uint16_t euro[] = {'a', 'b', 0x20AC};
    assert_int_equal(utf16_to_8(euro, 3, utf8, 4, &used, NULL), 2);
    assert_int_equal(used, 2);
}

static void floors_fall_on_character_edges(void **state) {
    UNUSED(state);
    const char *s = "a\xE2\x82\xAC\xF0\x9F\x98\x80";
    const size_t want[] = {0, 1, 1, 1, 4, 4, 4, 4, 8};
    for (size_t at = 0; at <= 8; at++) assert_int_equal(utf8_floor(s, 8, at), want[at]);
    uint16_t w[] = {'a', 0xD83D, 0xDE00};
    assert_int_equal(utf16_floor(w, 3, 2), 1);
    assert_int_equal(utf16_floor(w, 3, 3), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_text_of_every_length_is_accepted),
        cmocka_unit_test(ill_formed_text_is_refused),
        cmocka_unit_test(every_code_point_survives_the_round_trip),
        cmocka_unit_test(ill_formed_parts_become_replacement_characters),
        cmocka_unit_test(conversion_stops_before_a_character_that_does_not_fit),
        cmocka_unit_test(floors_fall_on_character_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
