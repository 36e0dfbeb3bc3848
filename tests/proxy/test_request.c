/* reqbody, route and http_hdr: packed bodies, paths that may pass, headers that travel. */
#include <event2/http.h>
#include <zlib.h>

#include "core/mem.h"
#include "proxy/request/http_hdr.h"
#include "proxy/request/reqbody.h"
#include "proxy/request/route.h"
#include "tests/unit/test.h"

static struct err e;

static struct sv pack(struct sv plain, int window_bits, unsigned char *out, size_t room) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)plain.ptr, z.avail_in = (uInt)plain.len;
    z.next_out = out, z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t len = room - z.avail_out;
    deflateEnd(&z);
    return sv_make((char *)out, len);
}

static enum err_code inflate_code(struct sv packed, const char *coding, size_t max, struct sv expected) {
    struct buf out;
    buf_init(&out, max);
    err_clear(&e);
    enum rc rc = reqbody_inflate(packed, coding, &out, &e);
    if (rc == RC_OK) assert_true(sv_eq(buf_sv(&out), expected));
    buf_fini(&out);
    return rc == RC_OK ? ERR_NONE : e.code;
}

static void packed_bodies_are_unpacked_within_limits(void **state) {
    static const struct sv PLAIN = SV_LIT("{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\"}");
    unsigned char room[70000];
    char *zeros = mem_zalloc(10 * 1000 * 1000);
    UNUSED(state);
    struct sv gz = pack(PLAIN, MAX_WBITS + 16, room, sizeof room);
    assert_int_equal(inflate_code(gz, "gzip", 1000, PLAIN), ERR_NONE);
    assert_int_equal(inflate_code(gz, "X-GZIP", 1000, PLAIN), ERR_NONE);
    assert_int_equal(inflate_code(gz, "gzip", 10, PLAIN), ERR_LIMIT);
    assert_int_equal(inflate_code(gz, "deflate", 1000, PLAIN), ERR_ARG);
    assert_int_equal(inflate_code(gz, "br", 1000, PLAIN), ERR_ARG);
    for (size_t cut = 0; cut < gz.len; cut++)
        assert_int_equal(inflate_code(sv_make(gz.ptr, cut), "gzip", 1000, PLAIN), ERR_ARG);
    memcpy(room + gz.len, room, gz.len); /* a second member */
    assert_int_equal(inflate_code(sv_make(gz.ptr, 2 * gz.len), "gzip", 1000, PLAIN), ERR_ARG);
    room[gz.len / 2] ^= 1;
    assert_int_not_equal(inflate_code(gz, "gzip", 1000, PLAIN), ERR_NONE);
    gz = pack(PLAIN, MAX_WBITS, room, sizeof room);
    assert_int_equal(inflate_code(gz, "deflate", 1000, PLAIN), ERR_NONE);
    gz = pack(sv_make(zeros, 10 * 1000 * 1000), MAX_WBITS + 16, room, sizeof room);
    assert_int_equal(inflate_code(gz, "gzip", 24 * 1024 * 1024, SV_NULL), ERR_LIMIT); /* a bomb */
    assert_int_equal(inflate_code(PLAIN, "identity", 1000, PLAIN), ERR_NONE);
    assert_int_equal(inflate_code(PLAIN, NULL, 1000, PLAIN), ERR_NONE);
    mem_free(zeros);
}

static void paths_of_clients_are_listed_and_others_are_not(void **state) {
    static const char *const YES[] = {
        "/sql/1.0/warehouses/abc", "/sql/protocolv1/o/1/x", "/oidc/v1/token", "/oidc", "/api/2.0/sql/warehouses",
        "/api/2.0/sql/warehouses/w/start", "/api/2.0/preview/scim/v2/Me", "/telemetry-ext", "/api/2.1/unity-catalog/tables/a.b.c",
        "/api/2.0/fs/files/Volumes/a/b/c%20d.csv", "/.well-known/databricks-config", "/api/2.0/sql/history/queries",
    };
    static const char *const NO[] = {
        "/", "", "/api/2.0/clusters/list", "/api/2.0/secrets/get", "/api/2.0/token/create", "/oidcx", "/OIDC/v1/token",
        "/oidc/../api/2.0/secrets/get", "/oidc/..", "/oidc//x", "/oidc/%2e%2e/api", "/api/2.0/fs/%2E%2e/clusters",
        "/api/2.0/fs/files/%2Fx", "/oidc/a%20b", "/api/2.0/sql/warehouses;x", "/oidc\\..\\x", "/.well-known/other",
        "/api/2.0/preview/scim/v2/Users",
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof YES / sizeof *YES; i++)
        if (!route_is_listed(sv_of(YES[i]))) fail_msg("not listed: %s", YES[i]);
    for (size_t i = 0; i < sizeof NO / sizeof *NO; i++)
        if (route_is_listed(sv_of(NO[i]))) fail_msg("listed: %s", NO[i]);
}

static void operators_headers_travel_beside_the_allow_list(void **state) {
    static char *names[] = {(char *)"x-region", (char *)"Connection", (char *)"User-Agent"};
    struct evkeyvalq in, out;
    UNUSED(state);
    TAILQ_INIT(&in);
    TAILQ_INIT(&out);
    evhttp_add_header(&in, "X-Region", "eu");
    evhttp_add_header(&in, "X-Other", "no");
    evhttp_add_header(&in, "User-Agent", "me");
    evhttp_add_header(&in, "Connection", "close");
    evhttp_add_header(&in, "X-Databricks-Org-Id", "1");
    assert_ok(http_hdr_copy_request(&in, true, &out, &e), e);
    assert_ok(http_hdr_copy_extra(&in, names, 3, &out, &e), e);
    assert_string_equal(evhttp_find_header(&out, "X-Region"), "eu");
    assert_string_equal(evhttp_find_header(&out, "X-Databricks-Org-Id"), "1");
    assert_int_equal(http_hdr_count(&out, "User-Agent"), 1);
    assert_null(evhttp_find_header(&out, "X-Other"));
    assert_null(evhttp_find_header(&out, "Connection"));
    evhttp_clear_headers(&in), evhttp_clear_headers(&out);
}

static void framing_that_two_may_read_differently_is_a_fault(void **state) {
    static const char *const ROWS[][4] = {
        {"Content-Length", "5", "Transfer-Encoding", "chunked"}, {"Content-Length", "5", "Content-Length", "6"},
        {"Content-Length", "5", "content-length", "5"},          {"Content-Length", "+5", NULL, NULL},
        {"Content-Length", "", NULL, NULL},                      {"Content-Length", "5, 5", NULL, NULL},
        {"Content-Length", "99999999999999999999", NULL, NULL},  {"Transfer-Encoding", "gzip, chunked", NULL, NULL},
        {"Transfer-Encoding", "identity", NULL, NULL},           {"Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"},
        {"Host", "a", "Host", "a"},                              {"Authorization", "Bearer a", "Authorization", "Bearer b"},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct evkeyvalq in;
        TAILQ_INIT(&in);
        for (int k = 0; k < 4 && ROWS[i][k]; k += 2) evhttp_add_header(&in, ROWS[i][k], ROWS[i][k + 1]);
        if (!http_hdr_framing_fault(&in)) fail_msg("%s: %s", ROWS[i][0], ROWS[i][1]);
        evhttp_clear_headers(&in);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_bodies_are_unpacked_within_limits),
        cmocka_unit_test(paths_of_clients_are_listed_and_others_are_not),
        cmocka_unit_test(operators_headers_travel_beside_the_allow_list),
        cmocka_unit_test(framing_that_two_may_read_differently_is_a_fault),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
