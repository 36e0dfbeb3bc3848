/* blob: what lies in Redis opens where it belongs, whole, and nowhere else. And the small deciding parts of the room. */
#include "proxy/redis/blob.h"

#include "core/mem.h"
#include "proxy/redis/health.h"
#include "proxy/redis/names.h"
#include "proxy/redis/server.h"
#include "proxy/redis/slots.h"
#include "proxy/redis/parcel.h"
#include "tests/unit/test.h"

static struct err e;
static uint8_t key[32] = {1, 2, 3}, principal[32] = {4, 5, 6};
static struct blob_keys keys;
static struct buf blob, out;

static struct blob_place place(void) {
    return (struct blob_place){.key = key, .principal = principal, .space = 'e', .tenant = SV_LIT("acme")};
}

static struct blob_head head(enum blob_codec codec, size_t total) {
    return (struct blob_head){
        .codec = codec, .gen = {9, 8, 7}, .count = 1, .created_ms = 1000, .expires_ms = 5000, .total = total};
}

static void use_keys(int n, uint8_t first, uint8_t second) {
    blob_keys_fini(&keys);
    keys = (struct blob_keys){.n = n};
    memset(keys.kek[0], first, 32);
    memset(keys.kek[1], second, 32);
    blob_keys_init(&keys);
}

static int setup(void **state) {
    UNUSED(state);
    err_clear(&e);
    use_keys(1, 0x11, 0);
    buf_init(&blob, 4 * 1024 * 1024);
    buf_init(&out, 4 * 1024 * 1024);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    buf_fini(&blob);
    buf_fini(&out);
    blob_keys_fini(&keys);
    return 0;
}

static void seal(enum blob_codec codec, struct sv plain) {
    struct blob_place p = place();
    struct blob_head h = head(codec, plain.len);
    buf_reset(&blob);
    assert_ok(blob_seal(&keys, &p, &h, plain, &blob, &e), e);
}

static enum rc reopen(const struct blob_place *p, struct sv bytes, struct blob_head *h) {
    buf_reset(&out);
    err_clear(&e);
    return blob_open(&keys, p, bytes, h, &out, &e);
}

static bool opens_as(const struct blob_place *p, struct sv bytes) {
    struct blob_head h;
    enum rc rc = reopen(p, bytes, &h);
    if (rc) assert_int_equal(out.len, 0);
    return rc == RC_OK;
}

static void every_size_and_codec_comes_back(void **state) {
    static const size_t SIZES[] = {0, 1, 15, 16, 17, 1023, 1024, 1025, 4096, 65536, 65537, BLOB_MAX_PLAIN};
    UNUSED(state);
    char *bytes = mem_alloc(BLOB_MAX_PLAIN);
    for (int kind = 0; kind < 3; kind++) {
        for (size_t i = 0; i < BLOB_MAX_PLAIN; i++)
            bytes[i] = (char)(kind == 0 ? 'x' : kind == 1 ? i % 256 : i * 2654435761u >> 13);
        for (int codec = BLOB_NONE; codec <= BLOB_ZSTD; codec++)
            for (size_t n = 0; n < sizeof SIZES / sizeof *SIZES; n++) {
                struct blob_place p = place();
                struct blob_head h;
                struct sv plain = sv_make(bytes, SIZES[n]);
                seal((enum blob_codec)codec, plain);
                assert_ok(reopen(&p, buf_sv(&blob), &h), e);
                assert_true(sv_eq(buf_sv(&out), plain));
                assert_true(h.gen[0] == 9 && h.created_ms == 1000 && h.expires_ms == 5000 && h.total == SIZES[n]);
                if (codec != BLOB_NONE && kind == 0 && SIZES[n] > BLOB_MIN_COMPRESS)
                    assert_true(blob.len < SIZES[n] / 4 + 100);
                else assert_true(blob.len <= SIZES[n] + BLOB_HEADER_BYTES + BLOB_TAG_BYTES);
            }
    }
    mem_free(bytes);
}

static void more_than_a_piece_is_refused(void **state) {
    UNUSED(state);
    struct blob_place p = place();
    struct blob_head h = head(BLOB_NONE, BLOB_MAX_PLAIN + 1);
    char *bytes = mem_zalloc(BLOB_MAX_PLAIN + 1);
    assert_err(blob_seal(&keys, &p, &h, sv_make(bytes, BLOB_MAX_PLAIN + 1), &blob, &e), e, ERR_LIMIT);
    mem_free(bytes);
}

static void a_flipped_bit_at_any_place_never_opens(void **state) {
    UNUSED(state);
    char text[3000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 7);
    for (int codec = BLOB_NONE; codec <= BLOB_ZSTD; codec++) {
        seal((enum blob_codec)codec, sv_make(text, sizeof text));
        struct blob_place p = place();
        for (size_t at = 0; at < blob.len; at++) {
            blob.ptr[at] ^= (char)(1 << at % 8);
            assert_false(opens_as(&p, buf_sv(&blob)));
            blob.ptr[at] ^= (char)(1 << at % 8);
        }
        assert_true(opens_as(&p, buf_sv(&blob)));
    }
}

static void a_cut_or_grown_value_never_opens(void **state) {
    UNUSED(state);
    seal(BLOB_LZ4, SV_LIT("some rows"));
    struct blob_place p = place();
    for (size_t len = 0; len < blob.len; len++) assert_false(opens_as(&p, sv_make(blob.ptr, len)));
    assert_ok(buf_addc(&blob, 0, &e), e);
    assert_false(opens_as(&p, buf_sv(&blob)));
}

static void a_value_opens_only_where_it_belongs(void **state) {
    UNUSED(state);
    uint8_t other[32] = {1, 2, 4};
    seal(BLOB_NONE, SV_LIT("secret rows"));
    struct blob_place p = place();
    assert_true(opens_as(&p, buf_sv(&blob)));
    p.key = other;
    assert_false(opens_as(&p, buf_sv(&blob)));
    p = place(), p.principal = other;
    assert_false(opens_as(&p, buf_sv(&blob)));
    p = place(), p.tenant = SV_LIT("acm");
    assert_false(opens_as(&p, buf_sv(&blob)));
    p = place(), p.tenant = SV_LIT("acmf");
    assert_false(opens_as(&p, buf_sv(&blob)));
    p = place(), p.space = 's';
    assert_false(opens_as(&p, buf_sv(&blob)));
    p = place(), p.index = 1;
    assert_false(opens_as(&p, buf_sv(&blob)));
}

static void pieces_do_not_stand_for_each_other(void **state) {
    UNUSED(state);
    struct buf two;
    struct blob_head h = head(BLOB_NONE, 10), got;
    struct blob_place first = place(), second = place();
    h.count = 3;
    first.index = 1;
    second.index = 2;
    buf_init(&two, 1000);
    assert_ok(blob_seal(&keys, &first, &h, SV_LIT("first"), &blob, &e), e);
    assert_ok(blob_seal(&keys, &second, &h, SV_LIT("secnd"), &two, &e), e);
    assert_false(opens_as(&first, buf_sv(&two)));
    assert_ok(reopen(&first, buf_sv(&blob), &got), e);
    assert_true(got.index == 1 && got.count == 3 && got.plain == 5 && got.total == 10);
    assert_ok(reopen(&second, buf_sv(&two), &got), e);
    /* a header that claims to be the other piece */
    memcpy(two.ptr + 44, blob.ptr + 44, 4);
    assert_false(opens_as(&first, buf_sv(&two)));
    buf_fini(&two);
}

static void sizes_that_are_only_claimed_are_refused_before_anything_is_made(void **state) {
    UNUSED(state);
    static const struct { size_t at, len; } FIELDS[] = {{4, 1}, {44, 4}, {48, 4}, {68, 8}, {76, 4}};
    struct blob_head h;
    seal(BLOB_ZSTD, SV_LIT("rows"));
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        char saved[8];
        memcpy(saved, blob.ptr + FIELDS[i].at, FIELDS[i].len);
        memset(blob.ptr + FIELDS[i].at, 0xff, FIELDS[i].len);
        assert_false(blob_peek(buf_sv(&blob), &h));
        memcpy(blob.ptr + FIELDS[i].at, saved, FIELDS[i].len);
    }
    assert_true(blob_peek(buf_sv(&blob), &h));
}

static void the_same_bytes_are_never_sealed_alike_twice(void **state) {
    UNUSED(state);
    char first[200];
    seal(BLOB_NONE, SV_LIT("the same rows"));
    memcpy(first, blob.ptr, blob.len);
    seal(BLOB_NONE, SV_LIT("the same rows"));
    assert_memory_not_equal(first + BLOB_HEADER_BYTES, blob.ptr + BLOB_HEADER_BYTES, 13);
}

static void the_old_master_key_opens_until_it_is_taken_away(void **state) {
    UNUSED(state);
    struct blob_place p = place();
    seal(BLOB_NONE, SV_LIT("old rows"));
    use_keys(2, 0x22, 0x11);
    assert_true(opens_as(&p, buf_sv(&blob)));
    seal(BLOB_NONE, SV_LIT("new rows"));
    assert_true(opens_as(&p, buf_sv(&blob)));
    use_keys(1, 0x22, 0);
    assert_true(opens_as(&p, buf_sv(&blob)));
    use_keys(1, 0x11, 0);
    assert_false(opens_as(&p, buf_sv(&blob)));
}

/* ---- the rest of what decides without a socket -------------------------------------------------------------------- */

static void keys_live_where_redis_says(void **state) {
    UNUSED(state);
    assert_int_equal(slots_of(SV_LIT("123456789")), 0x31c3 % SLOTS);
    assert_int_equal(slots_of(SV_LIT("foo")), 12182);
    assert_int_equal(slots_of(SV_LIT("{foo}bar")), 12182);
    assert_int_equal(slots_of(SV_LIT("x{foo}bar{zap}")), 12182);
    assert_int_equal(slots_of(SV_LIT("foo{}{bar}")), slots_of(SV_LIT("foo{}{bar}")));
    assert_int_not_equal(slots_of(SV_LIT("foo{}{bar}")), slots_of(SV_LIT("bar")));
    assert_int_equal(slots_of(SV_LIT("")), 0);
    uint8_t k[32] = {1}, gen[16] = {2};
    struct name manifest = name_of_key('e', k), piece = name_of_piece(k, gen, 3), lock = name_of_key('l', k);
    assert_int_equal(slots_of(name_sv(&manifest)), slots_of(name_sv(&piece)));
    assert_int_equal(slots_of(name_sv(&manifest)), slots_of(name_sv(&lock)));
}

static void redirects_are_read_and_nonsense_is_not(void **state) {
    static const char *const BAD[] = {"MOVED",
                                      "MOVED 1",
                                      "MOVED x 1.2.3.4:5",
                                      "MOVED 16384 1.2.3.4:5",
                                      "MOVED -1 1.2.3.4:5",
                                      "MOVED 1 1.2.3.4",
                                      "MOVED 1 1.2.3.4:99999",
                                      "ERR MOVED 1 1.2.3.4:5"};
    struct slots_node to;
    unsigned slot = 0;
    UNUSED(state);
    struct reply r = {.type = REPLY_ERROR, .str = (char *)"MOVED 3999 fe80::1:6381"};
    r.n = strlen(r.str);
    assert_int_equal(slots_redirect(&r, &slot, &to), SLOTS_MOVED);
    assert_true(slot == 3999 && to.port == 6381 && strcmp(to.host, "fe80::1") == 0);
    r.str = (char *)"ASK 7 :6382", r.n = 11;
    assert_int_equal(slots_redirect(&r, &slot, &to), SLOTS_ASK);
    assert_true(to.host[0] == '\0' && to.port == 6382);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        r.str = (char *)BAD[i], r.n = strlen(BAD[i]);
        assert_int_equal(slots_redirect(&r, &slot, &to), SLOTS_STAY);
    }
}

static void addresses_are_read_and_what_is_wrong_is_said(void **state) {
    static const struct {
        const char *url, *host;
        int port;
        bool tls, is_unix;
    } GOOD[] = {{"redis://h:1", "h", 1, false, false},
                {"redis://h", "h", 6379, false, false},
                {"rediss://h:2/", "h", 2, true, false},
                {"redis://[::1]:7", "::1", 7, false, false},
                {"redis://[::1]", "::1", 6379, false, false},
                {"unix:/run/r.sock", "/run/r.sock", 0, false, true},
                {"unix:///run/r.sock", "/run/r.sock", 0, false, true}};
    static const char *const BAD[] = {"",
                                      "h:1",
                                      "http://h",
                                      "redis://",
                                      "redis://:1",
                                      "redis://h:0",
                                      "redis://h:65536",
                                      "redis://h:x",
                                      "redis://u:p@h:1",
                                      "redis://h:1/3",
                                      "redis://[::1",
                                      "redis://[::1]x",
                                      "unix:"};
    struct server s;
    UNUSED(state);
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++) {
        assert_ok(server_parse(GOOD[i].url, &s, &e), e);
        assert_string_equal(s.host, GOOD[i].host);
        assert_true(s.port == GOOD[i].port && s.tls == GOOD[i].tls && s.is_unix == GOOD[i].is_unix);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) assert_err(server_parse(BAD[i], &s, &e), e, ERR_CONFIG_BAD);
    assert_err(server_parse("redis://u:geheim@h", &s, &e), e, ERR_CONFIG_BAD);
    assert_null(strstr(e.text, "geheim"));
}

static void three_failures_or_one_late_in_a_hundred_end_the_trust(void **state) {
    struct health h = {0};
    UNUSED(state);
    assert_false(health_failed(&h, 1000, 30));
    assert_false(health_failed(&h, 1030, 30));
    assert_false(health_answered(&h, 100, 1040, 30));
    assert_false(health_failed(&h, 1060, 30));
    for (int i = 0; i < 50; i++) assert_false(health_failed(&h, 1061, 30)); /* many at one moment are one */
    assert_false(health_failed(&h, 1090, 30));
    assert_true(health_failed(&h, 1120, 30));
    health_reset(&h);
    for (int i = 0; i < 1000; i++) assert_false(health_answered(&h, i % 200 == 0 ? 91000 : 500, 1000 * i, 30));
    health_reset(&h);
    for (int i = 0; i < 50; i++) assert_false(health_answered(&h, 91000, 2000, 30));
    assert_false(health_answered(&h, 91000, 2100, 30));
    assert_true(health_answered(&h, 91000, 2200, 30));
    int64_t last = 0;
    for (int i = 0; i < 8; i++) {
        int64_t ms = health_pause_ms(&h, 20);
        assert_true(ms >= last && ms <= 30000);
        last = ms;
    }
    assert_true(last == 30000);
    health_well(&h);
    assert_true(health_pause_ms(&h, 20) == 1000);
}

static void a_script_that_is_unknown_goes_again_with_its_text(void **state) {
    UNUSED(state);
    struct sv args[] = {SV_LIT("{k}1"), SV_LIT("a\r\nb")};
    struct parcel *w = parcel_script(SCRIPT_RENEW, 1, 2, args), *again;
    assert_non_null(w);
    assert_non_null(strstr(w->bytes, "EVALSHA"));
    assert_non_null(again = parcel_eval(w));
    struct sv text = script_text(SCRIPT_RENEW);
    char want[1000];
    int n = snprintf(want, sizeof want,
                     "*5\r\n$4\r\nEVAL\r\n$%zu\r\n" SV_FMT "\r\n$1\r\n1\r\n$4\r\n{k}1\r\n$4\r\na\r\nb\r\n", text.len,
                     SV_ARG(text));
    assert_int_equal(again->len, n);
    assert_memory_equal(again->bytes, want, again->len);
    parcel_unref(&w);
    parcel_unref(&again);
}

static void replies_larger_than_allowed_end_the_reading(void **state) {
    static const char *const HOSTILE[] = {"*2147483647\r\n", "$2147483647\r\nx", "$99999999999\r\n", "*-7\r\n",
                                          "?\r\n",           ":1x\r\n"};
    UNUSED(state);
    for (size_t i = 0; i < sizeof HOSTILE / sizeof *HOSTILE; i++) {
        struct reply_reader *r = NULL;
        struct reply *got = NULL;
        assert_ok(reply_reader_new(&r, &e), e);
        enum rc rc = reply_reader_feed(r, HOSTILE[i], strlen(HOSTILE[i]), &e);
        for (int n = 0; n < 40 && rc == RC_OK; n++) {
            static char more[65536];
            rc = reply_reader_next(r, &got, &e);
            reply_free(&got);
            if (rc == RC_OK) rc = reply_reader_feed(r, more, sizeof more, &e);
        }
        assert_int_equal(rc, RC_ERR);
        reply_reader_free(&r);
    }
}

int main(void) {
    static const struct CMUnitTest TESTS[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(every_size_and_codec_comes_back),
        T(more_than_a_piece_is_refused),
        T(a_flipped_bit_at_any_place_never_opens),
        T(a_cut_or_grown_value_never_opens),
        T(a_value_opens_only_where_it_belongs),
        T(pieces_do_not_stand_for_each_other),
        T(sizes_that_are_only_claimed_are_refused_before_anything_is_made),
        T(the_same_bytes_are_never_sealed_alike_twice),
        T(the_old_master_key_opens_until_it_is_taken_away),
        T(keys_live_where_redis_says),
        T(redirects_are_read_and_nonsense_is_not),
        T(addresses_are_read_and_what_is_wrong_is_said),
        T(three_failures_or_one_late_in_a_hundred_end_the_trust),
        T(a_script_that_is_unknown_goes_again_with_its_text),
        T(replies_larger_than_allowed_end_the_reading),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
