/* json: slices without a tree, duplicates, escapes, and text that is not JSON. */
#include "test.h"

#include "core/json.h"

static struct err e;

static void valid_values_pass_the_check(void **state) {
    UNUSED(state);
    const char *good[] = {"{}", "[]", "null", "-0.5e+3", "\"\\u20ac\\n\"", " {\"a\":[1,2,{\"b\":null}]} ", "[[\"x\",null],[]]", "0"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_ok(json_check(sv_of(good[i]), true, &e), e);
}

static void text_that_is_not_json_is_refused(void **state) {
    UNUSED(state);
    const char *evil[] = {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "1e", "nul", "\"\t\"", "\"\\x\"", "\"\\u12g4\"", "[1] 2",
                          "\"abc", "{a:1}", "[1 2]", "\"\xFF\"", "+1", "{\"a\":1 \"b\":2}", "]"};
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) assert_err(json_check(sv_of(evil[i]), true, &e), e, ERR_PROTOCOL);
}

static void nesting_is_bounded(void **state) {
    UNUSED(state);
    char deep[4096];
    memset(deep, '[', sizeof deep);
    assert_err(json_check(sv_make(deep, sizeof deep), true, &e), e, ERR_PROTOCOL);
}

static void duplicate_members_are_refused_at_any_level_and_spelling(void **state) {
    UNUSED(state);
    assert_err(json_check(sv_of("{\"a\":1,\"b\":2,\"a\":3}"), true, &e), e, ERR_PROTOCOL);
    assert_err(json_check(sv_of("[{\"x\":{\"k\":1,\"k\":1}}]"), true, &e), e, ERR_PROTOCOL);
    assert_err(json_check(sv_of("{\"a\":1,\"\\u0061\":3}"), true, &e), e, ERR_PROTOCOL);
    assert_ok(json_check(sv_of("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), true, &e), e);
    assert_ok(json_check(sv_of("{\"a\":1,\"a\":3}"), false, &e), e);
}

static void a_slice_is_the_raw_text_of_the_member(void **state) {
    UNUSED(state);
    const char *path[] = {"result", "data_array", NULL};
    struct sv text = sv_of("{\"x\":\"}\\\"]\",\"result\":{\"row_count\":1,\"data_array\": [[\"a]\",null]] ,\"z\":0}}"), out;
    bool found;
    assert_ok(json_slice(text, path, &out, &found, &e), e);
    assert_true(found);
    assert_true(sv_eq(out, sv_of("[[\"a]\",null]]")));
    const char *absent[] = {"result", "attachment", NULL};
    assert_ok(json_slice(text, absent, &out, &found, &e), e);
    assert_false(found);
    assert_err(json_slice(sv_of("{\"result\":{\"data_array\":[["), path, &out, &found, &e), e, ERR_PROTOCOL);
}

static void strings_survive_quoting_and_unquoting(void **state) {
    UNUSED(state);
    const char *texts[] = {"", "plain", "q\"b\\s/", "\n\t\x01\x7f", "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80" "a"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf quoted, back;
        buf_init(&quoted, 1000);
        buf_init(&back, 1000);
        assert_ok(json_quote(&quoted, sv_of(texts[i]), &e), e);
        assert_ok(json_check(buf_sv(&quoted), true, &e), e);
        assert_ok(json_unquote(&back, buf_sv(&quoted), &e), e);
        assert_true(sv_eq(buf_sv(&back), sv_of(texts[i])));
        buf_fini(&quoted);
        buf_fini(&back);
    }
}

static void escapes_are_joined_and_lone_halves_replaced(void **state) {
    UNUSED(state);
    struct buf b;
    buf_init(&b, 100);
    assert_ok(json_unquote(&b, sv_of("\"\\ud83d\\ude00 \\ud83d \\/ \\u00e4\""), &e), e);
    assert_string_equal(b.ptr, "\xF0\x9F\x98\x80 \xEF\xBF\xBD / \xC3\xA4");
    buf_reset(&b);
    assert_ok(json_quote(&b, sv_of("a\xFF" "b"), &e), e);
    assert_string_equal(b.ptr, "\"a\xEF\xBF\xBD" "b\"");
    buf_fini(&b);
}

static void members_have_types_and_fallbacks(void **state) {
    UNUSED(state);
    cJSON *t;
    assert_ok(json_parse(sv_of("{\"n\":42,\"s\":\"x\",\"d\":\"17\",\"b\":true,\"f\":1e300}"), &t, &e), e);
    assert_int_equal(json_i64(t, "n", -1), 42);
    assert_int_equal(json_i64(t, "d", -1), 17);
    assert_int_equal(json_i64(t, "f", -1), -1);
    assert_int_equal(json_i64(t, "s", -1), -1);
    assert_string_equal(json_str(t, "s"), "x");
    assert_null(json_str(t, "n"));
    assert_true(json_bool(t, "b", false));
    cJSON_Delete(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_values_pass_the_check),
        cmocka_unit_test(text_that_is_not_json_is_refused),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(duplicate_members_are_refused_at_any_level_and_spelling),
        cmocka_unit_test(a_slice_is_the_raw_text_of_the_member),
        cmocka_unit_test(strings_survive_quoting_and_unquoting),
        cmocka_unit_test(escapes_are_joined_and_lone_halves_replaced),
        cmocka_unit_test(members_have_types_and_fallbacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
