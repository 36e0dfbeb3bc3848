/* cachekey, execreq, control and handle: what makes two requests the same, and what makes an id ours. */
#include "proxy/request/cachekey.h"
#include "proxy/request/control.h"
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

static void an_id_opens_only_whole_and_only_here(void **state) {
    struct handle h = {.created_ms = 42}, got;
    struct secrets others;
    char id[HANDLE_TEXT_BYTES], bent[HANDLE_TEXT_BYTES];
    UNUSED(state);
    h.principal[0] = 1, h.key[5] = 2, h.gen[15] = 3;
    assert_ok(secrets_init(&others, &e), e);
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

static struct control control_of(const char *sql, const char *words, const char *http) {
    struct control c = control_none();
    control_read_comment(&c, sv_of(sql));
    if (words) control_read_words(&c, sv_of(words));
    if (http) control_read_cache_control(&c, sv_of(http));
    return c;
}

static void clients_tighten_in_three_ways(void **state) {
    UNUSED(state);
    struct control c = control_of("SELECT 1", NULL, NULL);
    assert_false(c.no_lookup || c.no_store || c.only_if_cached);
    c = control_of(" /* dbxproxy: nocache */ SELECT 1", NULL, NULL);
    assert_true(c.no_lookup && c.no_store);
    c = control_of("/*dbxproxy:refresh|ttl=30s*/SELECT 1", NULL, NULL);
    assert_true(c.no_lookup && !c.no_store && c.ttl_ms == 30000);
    c = control_of("SELECT 1 /* dbxproxy: nocache */", NULL, NULL);
    assert_false(c.no_lookup);
    c = control_of("SELECT 1", "only-if-cached", "max-age=5, no-store");
    assert_true(c.only_if_cached && c.no_store && c.max_age_ms == 5000);
    c = control_of("/* dbxproxy: nonsense ttl=x */ SELECT 1", NULL, NULL);
    assert_int_equal(c.ignored, 2);
}

static int setup(void **state) {
    UNUSED(state);
    return secrets_init(&secrets, &e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_alone_changes_the_key),
        cmocka_unit_test(who_where_and_how_are_in_the_key),
        cmocka_unit_test(bytes_do_not_wander_between_fields),
        cmocka_unit_test(order_spelling_and_waiting_do_not_matter),
        cmocka_unit_test(what_cannot_be_keyed_is_not),
        cmocka_unit_test(what_two_readers_may_read_differently_is_refused),
        cmocka_unit_test(an_id_opens_only_whole_and_only_here),
        cmocka_unit_test(two_ids_of_one_result_differ),
        cmocka_unit_test(clients_tighten_in_three_ways),
    };
    return cmocka_run_group_tests_name("cachekey", tests, setup, NULL);
}
