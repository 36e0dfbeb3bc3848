/* Numbers, decimals, dates, intervals and zones as text and back, against the C library and plain counting. */
#include "tests/unit/test.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "core/dec.h"
#include "core/dtime.h"
#include "core/interval.h"
#include "core/num.h"
#include "core/tz.h"

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* ---- floating point ---------------------------------------------------------------------------------------------- */

static size_t fewest_digits(double v) {
    char text[64];
    for (int p = 1;; p++) {
        snprintf(text, sizeof text, "%.*e", p - 1, v);
        if (strtod(text, NULL) == v) return (size_t)p;
    }
}

static void printed_doubles_read_back_as_themselves_and_are_shortest(void **st) {
    UNUSED(st);
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random();
        double v;
        char text[NUM_TEXT_MAX + 1], digits[24];
        if (i % 3 == 0) bits &= ~UINT64_C(0) << (next_random() % 52);     /* round numbers */
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v)) continue;
        text[num_put_f64(text, v)] = '\0';
        if (strtod(text, NULL) != v) fail_msg("%s is not %.17g", text, v);
        size_t n = num_put_u64(digits, num_shortest_f64(v).digits);
        if (i % 8 == 0 && v != 0 && n > fewest_digits(v) && n > 2) fail_msg("%s could be shorter", text);
    }
}

static void printed_floats_read_back_as_themselves(void **st) {
    UNUSED(st);
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)next_random();
        float v;
        char text[NUM_TEXT_MAX + 1];
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v)) continue;
        text[num_put_f32(text, v)] = '\0';
        if (strtof(text, NULL) != v) fail_msg("%s is not %.9g", text, (double)v);
    }
}

static void numbers_are_spelled_as_the_server_spells_them(void **st) {
    static const struct { double v; const char *text; } CASES[] = {
        {0.0, "0.0"}, {-0.0, "-0.0"}, {1, "1.0"}, {1e7, "1.0E7"}, {9999999, "9999999.0"}, {1e-3, "0.001"}, {9.99e-4,
                                                                                                            "9.99E-4"},
        {4.9e-324, "4.9E-324"}, {1.7976931348623157e308, "1.7976931348623157E308"}, {2e23, "2.0E23"}, {1e23, "1.0E23"},
        {8.41e21, "8.41E21"}, {9007199254740993.0, "9.007199254740992E15"}, {100, "100.0"}, {0.1 + 0.2,
                                                                                             "0.30000000000000004"},
        {(double)NAN, "NaN"}, {(double)INFINITY, "Infinity"}, {-(double)INFINITY, "-Infinity"},
    };
    UNUSED(st);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[NUM_TEXT_MAX + 1];
        text[num_put_f64(text, CASES[i].v)] = '\0';
        assert_string_equal(text, CASES[i].text);
    }
}

static void a_locale_with_commas_changes_nothing(void **st) {
    char text[NUM_TEXT_MAX + 1];
    double v;
    UNUSED(st);
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "de_DE.utf8")) {
        print_message("# no such locale here\n");
        return;
    }
    text[num_put_f64(text, 1.5)] = '\0';
    assert_string_equal(text, "1.5");
    assert_true(num_parse_f64(SV_LIT("1.5"), &v, NULL));
    assert_true(v == 1.5);
    assert_false(num_parse_f64(SV_LIT("1,5"), &v, NULL));
    setlocale(LC_NUMERIC, "C");
}

static void only_plain_numbers_are_numbers(void **st) {
    static const char *const BAD[] = {"", " 1", "1 ", "0x1", "1e", "1e+", ".", "+", "-", "--1", "inf", "nan", "1.2.3",
                                      "1,2", "1f"};
    static const char *const GOOD[] = {"1", "+1", "-1", ".5", "5.", "1e5", "1E-5", "00", "1.5e+300"};
    double v;
    UNUSED(st);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (num_parse_f64(sv_of(BAD[i]), &v, NULL)) fail_msg("taken: %s", BAD[i]);
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_true(num_parse_f64(sv_of(GOOD[i]), &v, NULL));
        assert_true(v == strtod(GOOD[i], NULL));
    }
    assert_true(num_parse_f64_word(SV_LIT("-infinity"), &v) && v < 0 && isinf(v));
    assert_true(num_parse_f64_word(SV_LIT("NaN"), &v) && isnan(v));
}

static void integers_of_every_length_are_printed(void **st) {
    UNUSED(st);
    for (int i = 0; i < 100000; i++) {
        int64_t v = (int64_t)(next_random() >> next_random() % 64);
        char got[NUM_TEXT_MAX + 1], want[NUM_TEXT_MAX + 1];
        if (i % 2) v = -v;
        if (i < 2) v = i ? INT64_MIN : INT64_MAX;
        got[num_put_i64(got, v)] = '\0';
        snprintf(want, sizeof want, "%lld", (long long)v);
        assert_string_equal(got, want);
    }
}

static void decimals_become_doubles_with_one_rounding(void **st) {
    UNUSED(st);
    for (int i = 0; i < 100000; i++) {
        uint64_t digits = next_random() >> next_random() % 64;
        int exponent = (int)(next_random() % 80) - 40;
        char text[64];
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
        assert_true(num_f64_of_decimal(false, digits, exponent) == strtod(text, NULL));
    }
}

/* ---- decimals ---------------------------------------------------------------------------------------------------- */

static void decimals_keep_all_their_digits(void **st) {
    static const struct { const char *text; int precision, scale; } GOOD[] = {
        {"0", 1, 0}, {"-1.50", 3, 2}, {"0.00", 5, 2}, {"-0.05", 5, 2}, {"99999999999999999999999999999999999999", 38,
                                                                        0},
        {"-0.99999999999999999999999999999999999999", 38, 38}, {"12345678901234567890.123456789012345678", 38, 18},
    };
    UNUSED(st);
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        dec_int v;
        char text[DEC_TEXT_MAX + 1];
        assert_true(dec_parse(sv_of(GOOD[i].text), GOOD[i].precision, GOOD[i].scale, &v));
        text[dec_put(text, v, GOOD[i].scale, NULL)] = '\0';
        assert_string_equal(text, GOOD[i].text);
    }
}

static void digits_that_do_not_fit_are_noticed(void **st) {
    dec_int v;
    struct dec_number n;
    UNUSED(st);
    assert_false(dec_parse(SV_LIT("1.501"), 5, 2, &v));
    assert_false(dec_parse(SV_LIT("1000"), 5, 2, &v));
    assert_false(dec_parse(SV_LIT("999999999999999999999999999999999999999"), 38, 0, &v));
    assert_true(dec_parse(SV_LIT("1.500"), 5, 2, &v) && v == 150);
    assert_true(dec_parse(SV_LIT("15e-1"), 5, 2, &v) && v == 150);
    assert_true(dec_scan(SV_LIT("1e999999999999"), &n) && n.exponent >= 1000000);
    assert_true(dec_scan(SV_LIT("1.00000000000000000000000000000000000000001"), &n) && n.inexact);
    assert_int_equal(dec_digits(0), 1);
    assert_int_equal(dec_digits(dec_pow10(38)), 39);
    assert_int_equal(dec_digits(dec_pow10(38) - 1), 38);
}

/* ---- dates ------------------------------------------------------------------------------------------------------- */

static void every_day_of_ten_thousand_years_has_its_date(void **st) {
    struct dtime want = {-1, 1, 1, 0, 0, 0, 0};
    UNUSED(st);
    for (int64_t day = dtime_days(-1, 1, 1); want.year < 10001; day++) {
        struct dtime got;
        dtime_civil(day, &got);
        if (got.year != want.year || got.month != want.month || got.day != want.day) fail_msg("day %lld",
                                                                                              (long long)day);
        if (dtime_days(got.year, got.month, got.day) != day) fail_msg("day %lld back", (long long)day);
        if (++want.day > dtime_month_days(want.year, want.month)) {
            want.day = 1;
            if (++want.month > 12) want.month = 1, want.year++;
        }
    }
    assert_int_equal(dtime_days(1970, 1, 1), 0);
    assert_int_equal(dtime_days(1, 1, 1), -719162);
    assert_int_equal(dtime_days(9999, 12, 31), 2932896);
}

static void the_widest_timestamps_are_printed_without_overflow(void **st) {
    static const struct { int64_t us; const char *text; } CASES[] = {
        {0, "1970-01-01 00:00:00"}, {-1, "1969-12-31 23:59:59.999999"}, {INT64_MAX, "+294247-01-10 04:00:54.775807"},
        {INT64_MIN, "-290308-12-21 19:59:05.224192"},
    };
    UNUSED(st);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char text[DTIME_TEXT_MAX + 1];
        struct dtime t;
        int64_t back;
        dtime_of_us(CASES[i].us, &t);
        text[dtime_put_stamp(text, &t, ' ')] = '\0';
        assert_string_equal(text, CASES[i].text);
        if (CASES[i].us != INT64_MIN) assert_true(dtime_to_us(&t, &back) && back == CASES[i].us);
    }
}

static void offsets_of_all_spellings_are_read(void **st) {
    static const struct { const char *text; int offset; } CASES[] = {
        {"2021-01-01T10:00:00Z", 0}, {"2021-01-01T10:00:00.000-08:00", -28800}, {"2021-01-01 10:00+05:30", 19800},
        {"2021-01-01T10:00:00+5:30", 19800}, {"2021-01-01T10:00:00+0530", 19800}, {"2021-01-01T10:00:00+05",
                                                                                   19800 - 1800},
    };
    struct dtime_text t;
    UNUSED(st);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(dtime_parse(sv_of(CASES[i].text), &t), DTIME_STAMP);
        assert_true(t.has_offset);
        assert_int_equal(t.offset, CASES[i].offset);
    }
    assert_int_equal(dtime_parse(SV_LIT("2021-01-01T10:00:00+"), &t), DTIME_BAD);
    assert_int_equal(dtime_parse(SV_LIT("2021-01-01T10:00:00+19:00"), &t), DTIME_BAD);
    assert_int_equal(dtime_parse(SV_LIT("2021-01-01T"), &t), DTIME_BAD);
    assert_int_equal(dtime_parse(SV_LIT("21-01-01"), &t), DTIME_BAD);
}

/* ---- intervals --------------------------------------------------------------------------------------------------- */

static void intervals_go_to_text_and_back(void **st) {
    const struct interval_kind months = {INTERVAL_YEAR, INTERVAL_MONTH}, days = {INTERVAL_DAY, INTERVAL_SECOND};
    static const int64_t EDGES[] = {0, 1, -1, INT64_MAX, INT64_MIN, 86400000000, -86400000001};
    UNUSED(st);
    for (int i = 0; i < 20000; i++) {
        char text[INTERVAL_TEXT_MAX];
        int64_t us = i < 7 ? EDGES[i] : (int64_t)next_random() >> next_random() % 63, us_back;
        int32_t m = i == 0 ? INT32_MIN : i == 1 ? INT32_MAX : (int32_t)next_random(), m_back;
        assert_true(interval_parse_months(sv_make(text, interval_put_months(text, m)), months, &m_back));
        assert_int_equal(m_back, m);
        assert_true(interval_parse_duration(sv_make(text, interval_put_duration(text, us)), days, &us_back));
        assert_true(us_back == us);
    }
}

static void what_is_no_interval_is_refused(void **st) {
    const struct interval_kind months = {INTERVAL_YEAR, INTERVAL_MONTH}, days = {INTERVAL_DAY, INTERVAL_SECOND};
    static const char *const BAD[] = {"", "-", "x", "1-12", "1-", "-1-", "1-2-3", "1 2", "99999999999-0",
                                      "INTERVAL '1-2'",
                                      "INTERVAL '1 00:00:00' DAY TO SECOND", "INTERVAL 1-2 YEAR TO MONTH", "178956970-8"};
    static const char *const BAD_US[] = {"", "-", "1 24:00:00", "1 00:60:00", "1 00:00:60", "1:2:3:4", "1 00:00:00.",
                                         "1 00:00:00.0000001", "106751992 00:00:00", "INTERVAL '1-2' YEAR TO MONTH", "1.5 00:00:00"};
    struct interval_kind kind;
    int32_t m;
    int64_t us;
    UNUSED(st);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (interval_parse_months(sv_of(BAD[i]), months, &m)) fail_msg("taken: %s", BAD[i]);
    for (size_t i = 0; i < sizeof BAD_US / sizeof *BAD_US; i++)
        if (interval_parse_duration(sv_of(BAD_US[i]), days, &us)) fail_msg("taken: %s", BAD_US[i]);
    assert_false(interval_kind_parse(SV_LIT("MONTH TO DAY"), &kind));
    assert_false(interval_kind_parse(SV_LIT("SECOND TO DAY"), &kind));
    assert_false(interval_kind_parse(SV_LIT("DAY TO SECOND x"), &kind));
    assert_true(interval_kind_parse(SV_LIT("day to second"), &kind) && kind.last == INTERVAL_SECOND);
}

/* ---- zones ------------------------------------------------------------------------------------------------------- */

static void names_that_are_no_zone_are_refused(void **st) {
    static const char *const BAD[] = {"../etc/passwd", "/etc/localtime", "America", "America/", "America//Los_Angeles",
                                      "No/Where",
                                      "a.b", "..", "+25", "+1:2", "+05:30x", "UTC+"};
    const struct tz *z;
    struct err e;
    UNUSED(st);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_err(tz_get(&z, sv_of(BAD[i]), &e), e, ERR_UNSUPPORTED);
        assert_null(z);
    }
}

static void a_zone_is_loaded_once(void **st) {
    const struct tz *a, *b;
    struct err e;
    UNUSED(st);
    assert_ok(tz_get(&a, SV_LIT("+05:30"), &e), e);
    assert_ok(tz_get(&b, SV_LIT("+05:30"), &e), e);
    assert_ptr_equal(a, b);
    assert_string_equal(tz_name(a), "+05:30");
    assert_ok(tz_get(&a, SV_LIT("Etc/UTC"), &e), e);
    assert_null(a);
    assert_string_equal(tz_name(a), "");
}

/* Consecutive stretches meet, and looking inside one gives the same one: years 1800 to 2200, rule and table alike. */
static void stretches_of_a_zone_tile_the_time_line(void **st) {
    static const char *const NAMES[] = {"America/Los_Angeles", "Europe/Dublin", "Australia/Lord_Howe",
                                        "Africa/Casablanca",
                                        "America/Sao_Paulo", "Asia/Gaza"};
    struct err e;
    UNUSED(st);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        const struct tz *z;
        assert_ok(tz_get(&z, sv_of(NAMES[i]), &e), e);
        struct tz_span span, inside;
        tz_span_at(z, INT64_C(-5364662400), &span);
        for (int n = 0; n < 2000 && span.to < INT64_C(7258118400); n++) {
            int64_t border = span.to;
            int32_t before = span.offset;
            tz_span_at(z, border - 1, &inside);
            assert_int_equal(inside.offset, before);
            tz_span_at(z, border, &span);
            assert_true(span.from <= border && span.to > border);
        }
        assert_true(span.to >= INT64_C(7258118400));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printed_doubles_read_back_as_themselves_and_are_shortest),
        cmocka_unit_test(printed_floats_read_back_as_themselves),
        cmocka_unit_test(numbers_are_spelled_as_the_server_spells_them),
        cmocka_unit_test(a_locale_with_commas_changes_nothing),
        cmocka_unit_test(only_plain_numbers_are_numbers),
        cmocka_unit_test(integers_of_every_length_are_printed),
        cmocka_unit_test(decimals_become_doubles_with_one_rounding),
        cmocka_unit_test(decimals_keep_all_their_digits),
        cmocka_unit_test(digits_that_do_not_fit_are_noticed),
        cmocka_unit_test(every_day_of_ten_thousand_years_has_its_date),
        cmocka_unit_test(the_widest_timestamps_are_printed_without_overflow),
        cmocka_unit_test(offsets_of_all_spellings_are_read),
        cmocka_unit_test(intervals_go_to_text_and_back),
        cmocka_unit_test(what_is_no_interval_is_refused),
        cmocka_unit_test(names_that_are_no_zone_are_refused),
        cmocka_unit_test(a_zone_is_loaded_once),
        cmocka_unit_test(stretches_of_a_zone_tile_the_time_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
