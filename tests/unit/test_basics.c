/* sv, buf, arena, err, log: the small things everything stands on. */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/mem.h"

static struct err e;

static void numbers_at_the_edge_are_read_and_beyond_it_refused(void **state) {
    UNUSED(state);
    long long n;
    assert_true(sv_to_i64(sv_of("9223372036854775807"), &n) && n == INT64_MAX);
    assert_true(sv_to_i64(sv_of("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_true(sv_to_i64(sv_of("-0"), &n) && n == 0);
    const char *bad[] = {"", "-", "9223372036854775808", "-9223372036854775809", "1x", " 1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(sv_to_i64(sv_of(bad[i]), &n));
}

static void a_buffer_stops_at_its_ceiling_and_keeps_its_content(void **state) {
    UNUSED(state);
    struct buf b;
    buf_init(&b, 5);
    assert_ok(buf_adds(&b, "abc", &e), e);
    assert_err(buf_adds(&b, "def", &e), e, ERR_LIMIT);
    assert_string_equal(b.ptr, "abc");
    assert_ok(buf_addf(&b, &e, "%d", 42), e);
    assert_string_equal(b.ptr, "abc42");
    char *taken = buf_take(&b);
    assert_string_equal(taken, "abc42");
    mem_free(taken);
    buf_fini(&b);
}

static void arena_memory_is_zeroed_aligned_and_freed_at_once(void **state) {
    UNUSED(state);
    struct arena a = ARENA_INIT;
    for (size_t i = 1; i < 3000; i += 7) {
        unsigned char *p = arena_alloc(&a, i);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t k = 0; k < i; k++) assert_int_equal(p[k], 0);
        memset(p, 0xAA, i);
    }
    assert_non_null(arena_alloc(&a, 1 << 20));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    assert_string_equal(arena_dup(&a, sv_make("abcdef", 3)), "abc");
    arena_fini(&a);
}

static void a_long_error_is_cut_between_characters_and_says_so(void **state) {
    UNUSED(state);
    char long_text[9000];
    for (size_t i = 0; i < sizeof long_text - 1; i += 2) memcpy(long_text + i, "\xC3\xA4", 2);
    long_text[sizeof long_text - 2] = '\0';
    err_set(&e, ERR_SQL, "x%s", long_text);
    size_t len = strlen(e.text);
    assert_true(len > 4000 && len < sizeof e.text);
    assert_string_equal(e.text + len - 3, "\xE2\x80\xA6");
    assert_memory_equal(e.text + len - 5, "\xC3\xA4", 2);
    err_wrap(&e, "chunk %d", 7);
    assert_memory_equal(e.text, "chunk 7: x", 10);
    assert_int_equal(e.code, ERR_SQL);
}

static void secrets_are_masked_in_every_log_line(void **state) {
    UNUSED(state);
    char line[] = "Authorization: Bearer abc.def-123 dapi0123456789abcdef x eyJhbGciOiJIUzI1NiJ9.e30.x "
                  "https://s3/x?X-Amz-Signature=deadbeef99&b=1 token=secret99 tokens=3 my-dapi";
    log_redact(line);
    assert_string_equal(line, "Authorization: Bearer *** dapi*** x eyJ*** https://s3/x?X-Amz-Signature=***&b=1 token=*** tokens=3 my-dapi");
}

static void the_log_writes_whole_lines_at_its_level(void **state) {
    UNUSED(state);
    char path[] = "/tmp/dbx-log-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    struct log *log;
    assert_ok(log_open(&log, LOG_INFO, path, &e), e);
    log_line(log, LOG_DEBUG, "test", "not written");
    log_line(log, LOG_INFO, "test", "two\nlines, %s", "one event");
    log_close(&log);
    char text[512] = "";
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    unlink(path);
    assert_null(strstr(text, "not written"));
    assert_non_null(strstr(text, "test: two lines, one event\n"));
    assert_err(log_open(&log, LOG_INFO, "/nonexistent/dir/file", &e), e, ERR_CONFIG_BAD);
    enum log_level level;
    assert_true(log_level_parse("debug", &level) && level == LOG_DEBUG);
    assert_false(log_level_parse("loud", &level));
}

static void a_json_log_is_one_valid_object_per_line_without_secrets(void **state) {
    UNUSED(state);
    char path[] = "/tmp/dbx-log-XXXXXX", text[512] = "";
    int fd = mkstemp(path);
    struct log *log;
    assert_true(fd >= 0);
    assert_ok(log_open(&log, LOG_WARNING, path, &e), e);
    log_use_json(log);
    log_line(log, LOG_WARNING, "test", "a \"quoted\" \\ line\nof \xff Bearer abcdef and http://h:1/dbxp/v1/r/AbCd12/0");
    log_set_level(log, LOG_ERROR);
    log_line(log, LOG_WARNING, "test", "not written");
    log_close(&log);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    unlink(path);
    assert_memory_equal(text, "{\"ts\":\"2", 8);
    assert_string_equal(strstr(text, ",\"level\""), ",\"level\":\"warning\",\"room\":\"test\",\"text\":\"a \\\"quoted\\\" "
                                                 "\\\\ line of ? Bearer *** and http://h:1/dbxp/v1/r/***\"}\n");
}

static void deadlines_never_wait_longer_than_asked(void **state) {
    UNUSED(state);
    assert_int_equal(clock_deadline(0), CLOCK_NEVER);
    assert_int_equal(clock_left_ms(CLOCK_NEVER, 250), 250);
    assert_int_equal(clock_left_ms(clock_mono_ms() - 5, 250), 0);
    assert_true(clock_left_ms(clock_deadline(100), 250) <= 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_at_the_edge_are_read_and_beyond_it_refused),
        cmocka_unit_test(a_buffer_stops_at_its_ceiling_and_keeps_its_content),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_freed_at_once),
        cmocka_unit_test(a_long_error_is_cut_between_characters_and_says_so),
        cmocka_unit_test(secrets_are_masked_in_every_log_line),
        cmocka_unit_test(the_log_writes_whole_lines_at_its_level),
        cmocka_unit_test(a_json_log_is_one_valid_object_per_line_without_secrets),
        cmocka_unit_test(deadlines_never_wait_longer_than_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
