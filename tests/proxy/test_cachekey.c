/* cachekey, execreq and handle: what makes two requests the same, and what makes an id ours. */
#include "proxy/request/cachekey.h"
#include "proxy/keys/handle.h"

#include <event2/http.h>

#include "tests/unit/test.h"

static struct err e;
static struct secrets secrets;

struct asked {
    const char *body, *query, *header, *header_value;
    uint8_t principal[DIGEST_BYTES], session[DIGEST_BYTES];
    bool in_session;
};

static const char BODY[] =
    "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"catalog\":\"c\",\"schema\":\"s\",\"row_limit\":5,"
    "\"parameters\":[{\"name\":\"a\",\"value\":\"1\",\"type\":\"INT\"},{\"name\":\"b\",\"value\":null}]}";

/* RC_ERR from the parser counts as a test failure; why says whether it may be keyed at all. */
static enum bypass make_key(const struct asked *a, uint8_t out[DIGEST_BYTES]) {
    struct arena arena = ARENA_INIT;
    struct execreq r;
    struct evkeyvalq headers;
    TAILQ_INIT(&headers);
    if (a->header) evhttp_add_header(&headers, a->header, a->header_value);
    assert_ok(execreq_parse(sv_of(a->body), &arena, &r, &e), e);
    enum bypass why = r.why;
    struct cachekey_fields f = {.principal = a->principal, .upstream = SV_LIT("https://h"), .query = sv_of(a->query),
                                .request = &r, .session = a->in_session ? a->session : NULL, .headers = &headers};
    if (why == BYPASS_NONE) assert_ok(cachekey_make(&secrets, &f, out, &e), e);
    execreq_fini(&r);
    arena_fini(&arena);
    evhttp_clear_headers(&headers);
    return why;
}

static bool same(const struct asked *a, const struct asked *b) {
    uint8_t ka[DIGEST_BYTES], kb[DIGEST_BYTES];
    assert_int_equal(make_key(a, ka), BYPASS_NONE);
    assert_int_equal(make_key(b, kb), BYPASS_NONE);
    return memcmp(ka, kb, DIGEST_BYTES) == 0;
}

static bool same_bodies(const char *x, const char *y) { return same(&(struct asked){.body = x}, &(struct asked){.body = y}); }

static void every_field_alone_changes_the_key(void **state) {
    static const char *const OTHERS[] = {
        "{\"statement\":\"SELECT 2\",\"warehouse_id\":\"w\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"x\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"catalog\":\"c\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"catalog\":\"\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"schema\":\"c\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"format\":\"ARROW_STREAM\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"disposition\":\"EXTERNAL_LINKS\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"result_compression\":\"LZ4_FRAME\"}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"row_limit\":1}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"byte_limit\":1}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"row_limit\":9007199254740992}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"row_limit\":9007199254740993}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"value\":\"1\"}]}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"value\":\"\"}]}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\"}]}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"value\":\"1\",\"type\":\"INT\"}]}",
        "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\",\"parameters\":[{\"ordinal\":1,\"value\":\"1\"}]}",
        "{\"statement\":\"select 1\",\"warehouse_id\":\"w\"}",
    };
    enum { N = sizeof OTHERS / sizeof *OTHERS };
    uint8_t keys[N + 1][DIGEST_BYTES];
    UNUSED(state);
    make_key(&(struct asked){.body = "{\"statement\":\"SELECT 1\",\"warehouse_id\":\"w\"}"}, keys[N]);
    for (int i = 0; i < N; i++) assert_int_equal(make_key(&(struct asked){.body = OTHERS[i]}, keys[i]), BYPASS_NONE);
    for (int i = 0; i <= N; i++)
        for (int k = 0; k < i; k++)
            if (memcmp(keys[i], keys[k], DIGEST_BYTES) == 0) fail_msg("%d and %d have one key", i, k);
}

static void who_where_and_how_are_in_the_key(void **state) {
    const struct asked base = {.body = BODY};
    struct asked other = base;
    UNUSED(state);
    other.principal[31] = 1;
    assert_false(same(&base, &other));
    other = base;
    other.in_session = true;
    assert_false(same(&base, &other));
    other = base;
    other.query = "o=1";
    assert_false(same(&base, &other));
    other = base;
    other.header = "X-Databricks-Org-Id";
    other.header_value = "1";
    assert_false(same(&base, &other));
    other.header = "User-Agent";
    assert_true(same(&base, &other));
}

static void bytes_do_not_wander_between_fields(void **state) {
    UNUSED(state);
    assert_false(same_bodies("{\"statement\":\"S\",\"warehouse_id\":\"w\",\"catalog\":\"ab\",\"schema\":\"c\"}",
                             "{\"statement\":\"S\",\"warehouse_id\":\"w\",\"catalog\":\"a\",\"schema\":\"bc\"}"));
    assert_false(same_bodies("{\"statement\":\"S\",\"warehouse_id\":\"w\",\"catalog\":\"\"}",
                             "{\"statement\":\"S\",\"warehouse_id\":\"w\",\"schema\":\"\"}"));
}

static void order_spelling_and_waiting_do_not_matter(void **state) {
    UNUSED(state);
    assert_true(same_bodies(BODY, "{ \"row_limit\": 5, \"schema\":\"s\", \"catalog\":\"c\", \"warehouse_id\":\"w\","
                                  "\"wait_timeout\":\"0s\",\"on_wait_timeout\":\"CONTINUE\",\"query_tags\":[{\"key\":\"k\"}],"
                                  "\"format\":\"JSON_ARRAY\",\"disposition\":\"INLINE\","
                                  "\"parameters\":[{\"name\":\"b\"},{\"type\":\"int\",\"value\":\"1\",\"name\":\"a\"}],"
                                  "\"statement\":\" \\u0053ELECT\\n1 ; \"}"));
}

static void what_cannot_be_keyed_is_not(void **state) {
    static const struct {
        const char *body;
        enum bypass why;
    } ROWS[] = {
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"new_thing\":1}", BYPASS_UNKEYED},
        {"{\"Statement\":\"S\",\"warehouse_id\":\"w\"}", BYPASS_BODY},
        {"{\"statement\":\"S\"}", BYPASS_BODY},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"row_limit\":1.5}", BYPASS_UNKEYED},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"row_limit\":-1}", BYPASS_UNKEYED},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"catalog\":7}", BYPASS_UNKEYED},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"parameters\":{}}", BYPASS_PARAMETERS},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", BYPASS_PARAMETERS},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"more\":1}]}", BYPASS_PARAMETERS},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"value\":5}]}", BYPASS_PARAMETERS},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"value\":\"Today\"}]}", BYPASS_PARAMETERS},
        {"{\"statement\":\"S FROM IDENTIFIER(:a)\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"value\":\"System.x.y\"}]}",
         BYPASS_SYSTEM},
        {"[1]", BYPASS_BODY},
        {"{\"statement\":", BYPASS_BODY},
        {"{\"statement\":\"S\",\"warehouse_id\":\"w\\u0000x\"}", BYPASS_BODY},
    };
    uint8_t key[DIGEST_BYTES];
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (make_key(&(struct asked){.body = ROWS[i].body}, key) != ROWS[i].why) fail_msg("%s", ROWS[i].body);
}

static void what_two_readers_may_read_differently_is_refused(void **state) {
    static const char *const ROWS[] = {
        "{\"statement\":\"S\",\"warehouse_id\":\"w\",\"statement\":\"T\"}",
        "{\"statement\":\"S\",\"warehouse_id\":\"w\",\"\\u0073tatement\":\"T\"}",
        "{\"statement\":\"S\",\"warehouse_id\":\"w\",\"parameters\":[{\"name\":\"a\",\"name\":\"b\"}]}",
        "{\"statement\":\"S\\u0000\",\"warehouse_id\":\"w\"}",
        "{\"statement\":\"\xFF\",\"warehouse_id\":\"w\"}",
    };
    struct arena arena = ARENA_INIT;
    struct execreq r;
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (execreq_parse(sv_of(ROWS[i]), &arena, &r, &e) != RC_ERR) fail_msg("%s", ROWS[i]);
        execreq_fini(&r);
    }
    arena_fini(&arena);
}

/* '[' n times, an empty object each in the list, and so on: bodies that are only large. */
static enum bypass reason_for(const char *head, const char *piece, const char *after, int n, const char *tail) {
    uint8_t key[DIGEST_BYTES];
    struct buf body;
    buf_init(&body, 4 << 20);
    assert_ok(buf_adds(&body, head, &e), e);
    for (int i = 0; i < n; i++) assert_ok(buf_addf(&body, &e, "%s%d%s", piece, i + 1, after), e);
    assert_ok(buf_adds(&body, tail, &e), e);
    enum bypass why = make_key(&(struct asked){.body = body.ptr}, key);
    buf_fini(&body);
    return why;
}

static void bodies_beyond_their_bounds_are_not_keyed(void **state) {
    static const char PARAMS[] = "{\"statement\":\"S\",\"warehouse_id\":\"w\",\"parameters\":[{\"ordinal\":1}",
                      TAGS[] = "{\"statement\":\"S\",\"warehouse_id\":\"w\",\"query_tags\":";
    UNUSED(state);
    assert_int_equal(reason_for(PARAMS, ",{\"name\":\"p", "\"}", 9999, "]}"), BYPASS_NONE);
    assert_int_equal(reason_for(PARAMS, ",{\"name\":\"p", "\"}", 10000, "]}"), BYPASS_PARAMETERS);
    assert_int_equal(reason_for(TAGS, "{\"a", "\":", 30, "1}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}"), BYPASS_NONE);
    assert_int_equal(reason_for(TAGS, "{\"a", "\":", 33, "1}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}"), BYPASS_UNKEYED);
}

static void an_id_opens_only_whole_and_only_here(void **state) {
    struct handle h = {.created_ms = 42}, got;
    struct secrets others;
    char id[HANDLE_TEXT_BYTES], bent[HANDLE_TEXT_BYTES];
    UNUSED(state);
    h.principal[0] = 1, h.key[5] = 2, h.gen[15] = 3;
    assert_ok(secrets_init(&others, SV_NULL, SV_NULL, "t", &e), e);
    assert_ok(handle_seal(&secrets, HANDLE_STATEMENT, &h, id, &e), e);
    assert_true(handle_is(sv_of(id)) && handle_open(&secrets, HANDLE_STATEMENT, sv_of(id), &got));
    assert_memory_equal(&h, &got, sizeof h);
    assert_false(handle_open(&others, HANDLE_STATEMENT, sv_of(id), &got));
    assert_false(handle_open(&secrets, HANDLE_STATEMENT, sv_make(id, strlen(id) - 1), &got));
    for (size_t i = 0; i < strlen(id); i++) {
        memcpy(bent, id, sizeof bent);
        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        assert_false(handle_open(&secrets, HANDLE_STATEMENT, sv_of(bent), &got));
    }
    assert_false(handle_open(&secrets, HANDLE_LINK, sv_of(id), &got));
    assert_null(strchr(id, '|'));
    secrets_fini(&others);
}

static void two_ids_of_one_result_differ(void **state) {
    struct handle h = {.created_ms = 42};
    char a[HANDLE_TEXT_BYTES], b[HANDLE_TEXT_BYTES];
    UNUSED(state);
    assert_ok(handle_seal(&secrets, HANDLE_STATEMENT, &h, a, &e), e);
    assert_ok(handle_seal(&secrets, HANDLE_STATEMENT, &h, b, &e), e);
    assert_string_not_equal(a, b);
}

/* ---- the encoding ---------------------------------------------------------------------------------------------- */

static uint64_t dice = 88172645463325252u;

static unsigned roll(unsigned n) {
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (unsigned)(dice % n);
}

/* Absent, empty, or a few bytes; lengths and tags are among them, to tempt the reader. */
static struct sv any_text(struct arena *a) {
    static const char BYTES[] = "\0\1\2\10\377ab,:'";
    size_t len = roll(12);
    char *text = arena_alloc(a, len + 1);
    if (roll(4) == 0) return SV_NULL;
    for (size_t i = 0; i < len; i++) text[i] = BYTES[roll(sizeof BYTES - 1)];
    return sv_make(text, len);
}

static struct sv some_text(struct arena *a) {
    struct sv v = any_text(a);
    return v.ptr ? v : SV_LIT("");
}

static const uint8_t *any_digest(struct arena *a) {
    uint8_t *d = arena_alloc(a, DIGEST_BYTES);
    d[roll(DIGEST_BYTES)] = (uint8_t)roll(256);
    return d;
}

static char *key_extra[] = {(char *)"X-Region"};

static void any_request(struct arena *a, struct execreq *r) {
    *r = (struct execreq){.statement = some_text(a), .warehouse_id = some_text(a), .catalog = any_text(a),
                          .schema = any_text(a), .format = some_text(a), .disposition = some_text(a),
                          .compression = some_text(a), .row_limit = any_text(a), .byte_limit = any_text(a)};
    r->n_params = (int)roll(4);
    r->params = arena_array(a, 4, sizeof *r->params);
    for (int i = 0; i < r->n_params; i++)
        r->params[i] = (struct execreq_param){any_text(a), roll(3), SV_LIT("INT"), any_text(a)};
}

static struct cachekey_fields any_fields(struct arena *a, const struct execreq *r, struct evkeyvalq *headers) {
    struct cachekey_fields f = {
        .generation = any_text(a), .tenant = any_text(a), .upstream = any_text(a), .scope = (enum cachekey_scope)roll(3),
        .query = any_text(a), .request = r, .session = roll(2) ? any_digest(a) : NULL, .time_zone = any_text(a),
        .day = any_text(a), .headers = headers, .key_extra = key_extra, .n_key_extra = 1, .strict = true};
    if (f.scope == CACHEKEY_PRINCIPAL) f.principal = any_digest(a);
    if (f.scope == CACHEKEY_GROUP) f.group = some_text(a);
    if (roll(2)) f.warehouse_group = some_text(a);
    if (roll(2)) evhttp_add_header(headers, "x-databricks-b", "2");
    if (roll(2)) evhttp_add_header(headers, "X-Databricks-A", roll(2) ? "1" : "");
    if (roll(2)) evhttp_add_header(headers, "x-region", "eu");
    if (roll(2)) evhttp_add_header(headers, "User-Agent", "me");
    return f;
}

static bool same_text(struct sv a, struct sv b) { return (a.ptr == NULL) == (b.ptr == NULL) && sv_eq(a, b); }

static bool same_digest(const uint8_t *a, const uint8_t *b) {
    return (a == NULL) == (b == NULL) && (!a || memcmp(a, b, DIGEST_BYTES) == 0);
}

static bool same_request(const struct execreq *a, const struct execreq *b) {
    bool same = same_text(a->statement, b->statement) && same_text(a->catalog, b->catalog) &&
                same_text(a->schema, b->schema) && same_text(a->format, b->format) &&
                same_text(a->disposition, b->disposition) && same_text(a->compression, b->compression) &&
                same_text(a->row_limit, b->row_limit) && same_text(a->byte_limit, b->byte_limit) && a->n_params == b->n_params;
    for (int i = 0; same && i < a->n_params; i++)
        same = same_text(a->params[i].name, b->params[i].name) && a->params[i].ordinal == b->params[i].ordinal &&
               same_text(a->params[i].type, b->params[i].type) && same_text(a->params[i].value, b->params[i].value);
    return same;
}

static bool same_fields(const struct cachekey_fields *a, const struct cachekey_decoded *d) {
    const struct cachekey_fields *b = &d->fields;
    bool warehouse = a->warehouse_group.ptr ? same_text(a->warehouse_group, b->warehouse_group)
                                            : same_text(a->request->warehouse_id, d->request.warehouse_id);
    return warehouse && same_text(a->generation, b->generation) && same_text(a->tenant, b->tenant) &&
           same_text(a->upstream, b->upstream) && a->scope == b->scope && same_digest(a->principal, b->principal) &&
           same_text(a->group, b->group) && same_text(a->query, b->query) && same_digest(a->session, b->session) &&
           same_text(a->time_zone, b->time_zone) && same_text(a->day, b->day) && a->strict == b->strict &&
           same_request(a->request, &d->request);
}

/* Encoding what was decoded gives the same bytes, and what was decoded is what was encoded: nothing is lost. */
static void an_encoded_request_decodes_to_itself(void **state) {
    UNUSED(state);
    for (int round = 0; round < 20000; round++) {
        struct arena a = ARENA_INIT;
        struct execreq r;
        struct evkeyvalq headers, again;
        struct cachekey_decoded d;
        struct buf text, twice;
        TAILQ_INIT(&headers);
    TAILQ_INIT(&again);
        any_request(&a, &r);
        struct cachekey_fields f = any_fields(&a, &r, &headers);
        buf_init(&text, 100000), buf_init(&twice, 100000);
        assert_ok(cachekey_encode(&f, &text, &e), e);
        assert_ok(cachekey_decode(buf_sv(&text), &a, &d, &e), e);
        if (!same_fields(&f, &d)) fail_msg("round %d", round);
        for (int i = 0; i < d.n_headers; i++)
            evhttp_add_header(&again, arena_dup(&a, d.headers[i].name), arena_dup(&a, d.headers[i].value));
        d.fields.request = &d.request, d.fields.headers = &again, d.fields.key_extra = key_extra, d.fields.n_key_extra = 1;
        assert_ok(cachekey_encode(&d.fields, &twice, &e), e);
        assert_true(sv_eq(buf_sv(&text), buf_sv(&twice)));
        assert_int_equal(cachekey_decode(sv_make(text.ptr, text.len - 1), &a, &d, &e), RC_ERR);
        err_clear(&e);
        buf_fini(&text), buf_fini(&twice);
        evhttp_clear_headers(&headers), evhttp_clear_headers(&again);
        arena_fini(&a);
    }
}

/* Each field of the configuration and the session by itself. */
static void every_field_beside_the_body_alone_changes_the_key(void **state) {
    enum { N = 13 };
    struct execreq r = {.statement = SV_LIT("SELECT  1"), .warehouse_id = SV_LIT("w")};
    struct evkeyvalq none, one;
    uint8_t digest[DIGEST_BYTES] = {1}, keys[N][DIGEST_BYTES];
    UNUSED(state);
    TAILQ_INIT(&none);
    TAILQ_INIT(&one);
    evhttp_add_header(&one, "X-Region", "eu");
    for (int i = 0; i < N; i++) {
        struct cachekey_fields f = {.principal = digest, .request = &r, .headers = &none};
        switch (i) {
        case 1: f.generation = SV_LIT("2"); break;
        case 2: f.tenant = SV_LIT("2"); break;
        case 3: f.upstream = SV_LIT("2"); break;
        case 4: f.scope = CACHEKEY_GROUP, f.group = SV_LIT("g"); break;
        case 5: f.scope = CACHEKEY_GROUP, f.group = SV_LIT(""); break;
        case 6: f.scope = CACHEKEY_TENANT; break;
        case 7: f.warehouse_group = SV_LIT("w"); break;
        case 8: f.query = SV_LIT(""); break;
        case 9: f.time_zone = SV_LIT("UTC"); break;
        case 10: f.day = SV_LIT("UTC"); break;
        case 11: f.headers = &one, f.key_extra = key_extra, f.n_key_extra = 1; break;
        case 12: f.strict = true; break;
        default: break;
        }
        assert_ok(cachekey_make(&secrets, &f, keys[i], &e), e);
        for (int k = 0; k < i; k++)
            if (memcmp(keys[i], keys[k], DIGEST_BYTES) == 0) fail_msg("%d and %d have one key", i, k);
    }
    evhttp_clear_headers(&one);
}

static void in_a_warehouse_group_the_id_does_not_matter(void **state) {
    struct execreq a = {.statement = SV_LIT("S"), .warehouse_id = SV_LIT("w1")}, b = a;
    struct evkeyvalq none;
    uint8_t digest[DIGEST_BYTES] = {1}, ka[DIGEST_BYTES], kb[DIGEST_BYTES];
    UNUSED(state);
    TAILQ_INIT(&none);
    b.warehouse_id = SV_LIT("w2");
    struct cachekey_fields f = {.principal = digest, .request = &a, .headers = &none, .warehouse_group = SV_LIT("w1,w2")};
    assert_ok(cachekey_make(&secrets, &f, ka, &e), e);
    f.request = &b;
    assert_ok(cachekey_make(&secrets, &f, kb, &e), e);
    assert_memory_equal(ka, kb, DIGEST_BYTES);
}

static void the_name_of_an_analysis_holds_all_that_it_rests_on(void **state) {
    enum { N = 10 };
    uint8_t digest[DIGEST_BYTES] = {1}, other[DIGEST_BYTES] = {2}, names[N][DIGEST_BYTES], again[DIGEST_BYTES];
    struct evkeyvalq none, control;
    UNUSED(state);
    TAILQ_INIT(&none);
    TAILQ_INIT(&control);
    evhttp_add_header(&control, "cache-control", "no-cache");
    struct cachekey_fields base = {.principal = digest, .headers = &none};
    for (int i = 0; i < N; i++) {
        struct cachekey_fields f = base;
        struct sv path = SV_LIT("/p"), body = SV_LIT("{}");
        switch (i) {
        case 1: f.principal = other; break;
        case 2: f.generation = SV_LIT("2"); break;
        case 3: f.query = SV_LIT("2"); break;
        case 4: f.headers = &control; break;
        case 5: f.session = other; break;
        case 6: path = SV_LIT("/q"); break;
        case 7: body = SV_LIT("{ }"); break;
        case 8: path = SV_LIT("/p{"), body = SV_LIT("}"); break;
        case 9: f.tenant = SV_LIT("2"); break;
        default: break;
        }
        assert_ok(cachekey_make_l0(&secrets, &f, path, body, names[i], &e), e);
        for (int k = 0; k < i; k++) assert_memory_not_equal(names[i], names[k], DIGEST_BYTES);
    }
    assert_ok(cachekey_make_l0(&secrets, &base, SV_LIT("/p"), SV_LIT("{}"), again, &e), e);
    assert_memory_equal(names[0], again, DIGEST_BYTES);
    evhttp_clear_headers(&control);
}

static int setup(void **state) {
    UNUSED(state);
    return secrets_init(&secrets, SV_NULL, SV_NULL, "t", &e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_alone_changes_the_key),
        cmocka_unit_test(who_where_and_how_are_in_the_key),
        cmocka_unit_test(bytes_do_not_wander_between_fields),
        cmocka_unit_test(order_spelling_and_waiting_do_not_matter),
        cmocka_unit_test(what_cannot_be_keyed_is_not),
        cmocka_unit_test(what_two_readers_may_read_differently_is_refused),
        cmocka_unit_test(bodies_beyond_their_bounds_are_not_keyed),
        cmocka_unit_test(an_id_opens_only_whole_and_only_here),
        cmocka_unit_test(two_ids_of_one_result_differ),
        cmocka_unit_test(an_encoded_request_decodes_to_itself),
        cmocka_unit_test(every_field_beside_the_body_alone_changes_the_key),
        cmocka_unit_test(in_a_warehouse_group_the_id_does_not_matter),
        cmocka_unit_test(the_name_of_an_analysis_holds_all_that_it_rests_on),
    };
    return cmocka_run_group_tests_name("cachekey", tests, setup, NULL);
}
