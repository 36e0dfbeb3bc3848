#define _GNU_SOURCE /* memmem */
/* answer, render: an upstream's answers become an entry, and an entry becomes answers again. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/sea_codec.h"
#include "proxy/cache/answer.h"
#include "proxy/cache/unpacked.h"
#include "proxy/serve/render.h"
#include "tests/unit/test.h"

static struct err e;
static struct secrets secrets;

#define HEAD(total, chunks) \
    "{\"statement_id\":\"up-1\",\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"format\":\"JSON_ARRAY\"," \
    "\"schema\":{\"column_count\":0},\"total_row_count\":" total ",\"total_chunk_count\":" chunks ",\"truncated\":false,\"chunks\":["
#define CHUNK0 "{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2}"
#define CHUNK1 "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1}"
#define NEXT ",\"next_chunk_index\":1,\"next_chunk_internal_link\":\"/api/2.0/sql/statements/up-1/result/chunks/1?row_offset=2\""
static const char TWO[] = HEAD("3", "2") CHUNK0 "," CHUNK1 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,"
    "\"row_count\":2,\"data_array\":[[\"1.50\"],[\"a,[\\\"]\\u00e9\"]]" NEXT "}}";
static const char SECOND[] = "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1, \"data_array\":[[null]], \"x\":1e0}";

static struct entry *entry_of(const char *body, struct answer *answer_r, struct arena *a) {
    *answer_r = answer_look(sv_of(body), a);
    return answer_to_entry(sv_of(body), answer_r);
}

static struct entry *two_chunks(void) {
    struct arena a = ARENA_INIT;
    struct answer answer;
    struct entry *entry = entry_of(TWO, &answer, &a);
    assert_int_equal(answer.kind, ANSWER_PARTIAL);
    assert_non_null(entry);
    assert_int_equal(entry->n_chunks, 2);
    assert_int_equal(entry_missing(entry), 1);
    assert_ok(answer_add_chunk(entry, 1, sv_of(SECOND), &e), e);
    assert_int_equal(entry_missing(entry), -1);
    arena_fini(&a);
    return entry;
}

static void rows_are_counted_whatever_is_in_their_strings(void **state) {
    static const char *const ROWS[] = {"[\"\"],[\"\\\\\"]", "[\"[\\\"[\"],[\"\\\\\\\"],[\"]", "[\"a\\\\\\\\\"],[\"\\n\\\",\\\"[]\"]",
                                       "[\"\\\"\"],[{\"k\":[\"]\"]}]"};
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct arena a = ARENA_INIT;
        char body[1024];
        snprintf(body, sizeof body, HEAD("2", "1") CHUNK0 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,"
                                    "\"data_array\":[%s]}}", ROWS[i]);
        if (answer_look(sv_of(body), &a).kind != ANSWER_COMPLETE) fail_msg("%s", ROWS[i]);
        arena_fini(&a);
    }
}

static char *text_of(struct evbuffer *out) {
    size_t len = evbuffer_get_length(out);
    char *text = mem_strndup((const char *)evbuffer_pullup(out, -1), len);
    evbuffer_free(out);
    return text;
}

static char *rendered(struct entry *entry, const char *origin, int64_t chunk) {
    struct render r = {.entry = entry, .id = "dbxp1.me", .origin = origin, .secrets = &secrets};
    struct evbuffer *out = evbuffer_new();
    assert_true(chunk < 0 ? render_answer(&r, out) : render_chunk(&r, chunk, out));
    return text_of(out);
}

static void a_hit_of_two_chunks_differs_in_ids_and_paths_only(void **state) {
    struct entry *entry = two_chunks();
    static const char WANT[] = HEAD("3", "2") CHUNK0 "," CHUNK1 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,"
        "\"row_count\":2,\"data_array\":[[\"1.50\"],[\"a,[\\\"]\\u00e9\"]],\"next_chunk_index\":1,"
        "\"next_chunk_internal_link\":\"/api/2.0/sql/statements/dbxp1.me/result/chunks/1?row_offset=2\"}}";
    char want[1024], *got = rendered(entry, NULL, -1);
    UNUSED(state);
    const char *id = strstr(WANT, "\"up-1\"");
    snprintf(want, sizeof want, "%.*s\"dbxp1.me\"%s", (int)(id - WANT), WANT, id + strlen("\"up-1\""));
    assert_string_equal(got, want);
    mem_free(got);
    got = rendered(entry, NULL, 1);
    assert_string_equal(got, SECOND);
    mem_free(got);
    got = rendered(entry, NULL, 0);
    assert_non_null(strstr(want, got));
    mem_free(got);
    entry_unref(&entry);
}

static void a_chunk_that_is_not_what_the_manifest_says_is_refused(void **state) {
    static const char *const BAD[] = {
        "{\"chunk_index\":0,\"row_offset\":2,\"row_count\":1,\"data_array\":[[null]]}",
        "{\"chunk_index\":1,\"row_offset\":1,\"row_count\":1,\"data_array\":[[null]]}",
        "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":2,\"data_array\":[[null],[null]]}",
        "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1,\"data_array\":[]}",
        "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1,\"data_array\":[[null]],\"next_chunk_internal_link\":\"/x?row_offset=3\"}",
        "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1,\"data_array\":[[null],[null]]}",
        "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1}",
        "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1,\"data_array\":[[null]],\"next_chunk_index\":2}",
        "{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1,\"data_array\":[[null]",
        "{}",
    };
    struct arena a = ARENA_INIT;
    struct answer answer;
    UNUSED(state);
    struct entry *entry = entry_of(TWO, &answer, &a);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (answer_add_chunk(entry, 1, sv_of(BAD[i]), &e) == RC_OK) fail_msg("%s", BAD[i]);
    assert_int_equal(entry_missing(entry), 1);
    entry_unref(&entry);
    arena_fini(&a);
}

static void what_cannot_be_gathered_becomes_no_entry(void **state) {
    static const char *const ROWS[] = {
        HEAD("3", "2") CHUNK0 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,\"data_array\":[[\"1\"],[\"2\"]]" NEXT "}}",
        HEAD("4", "2") CHUNK0 "," CHUNK1 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,\"data_array\":[[\"1\"],[\"2\"]]" NEXT "}}",
        HEAD("3", "2") CHUNK0 "," CHUNK1 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,\"data_array\":[[\"1\"]]" NEXT "}}",
        HEAD("3", "2") CHUNK0 "," CHUNK1 "]},\"result\":{}}",
        HEAD("2", "1") CHUNK0 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,\"data_array\":[[\"1\"]]}}",
        HEAD("2", "1") CHUNK0 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,\"byte_count\":5,\"attachment\":\"QUJDRA==\"}}",
        HEAD("3", "2") CHUNK0 "," CHUNK1 "]},\"result\":{\"external_links\":[{\"chunk_index\":1,\"row_offset\":2,\"row_count\":1,\"external_link\":\"https://x/1\"}]}}",
        HEAD("2", "1") CHUNK0 "]},\"result\":{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,\"data_array\":[[\"1\"],[\"2\"]],"
            "\"next_chunk_internal_link\":\"/x?row_offset=2\"}}",
        "{\"statement_id\":\"i\",\"status\":{\"state\":\"FAILED\"}}",
        "{\"statement_id\":\"i\",\"status\":{\"state\":\"RUNNING\"}}",
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct arena a = ARENA_INIT;
        struct answer answer;
        struct entry *entry = entry_of(ROWS[i], &answer, &a);
        if (entry) fail_msg("%s", ROWS[i]);
        arena_fini(&a);
    }
}

static const char LINKS[] = HEAD("3", "2") CHUNK0 "," CHUNK1 "]},\"result\":{\"external_links\":[{\"chunk_index\":0,"
    "\"row_offset\":0,\"row_count\":2,\"byte_count\":4,\"next_chunk_index\":1,\"external_link\":\"https://s/0?secret\","
    "\"http_headers\":{\"x-key\":\"secret\"}}]},\"tail\":1}";

static struct entry *linked(const char *body) {
    struct arena a = ARENA_INIT;
    struct answer answer;
    struct entry *entry = entry_of(body, &answer, &a);
    assert_non_null(entry);
    for (int i = 0; i < entry->n_chunks; i++) {
        entry->chunks[i].bytes = mem_strdup("body");
        entry->chunks[i].len = 4;
    }
    arena_fini(&a);
    return entry;
}

static void links_of_a_hit_are_ours_and_nothing_of_the_upstreams_stays(void **state) {
    struct entry *entry = linked(LINKS);
    struct arena a = ARENA_INIT;
    struct sea_answer s;
    UNUSED(state);
    assert_null(memmem(entry->json, entry->json_len, "secret", 6));
    char *got = rendered(entry, "https://proxy:8443", -1);
    assert_null(strstr(got, "secret"));
    assert_non_null(strstr(got, ",\"tail\":1}"));
    assert_ok(sea_answer_parse(sv_of(got), &a, &s, &e), e);
    assert_string_equal(s.statement_id, "dbxp1.me");
    assert_int_equal(s.result.n_links, 1); /* as many as the upstream gave at first */
    const struct sea_link *l = &s.result.links[0];
    assert_memory_equal(l->url, "https://proxy:8443/dbxp/v1/r/dbxp1.", strlen("https://proxy:8443/dbxp/v1/r/dbxp1."));
    assert_int_equal(l->next_index, 1);
    assert_int_equal(l->n_headers, 0);
    assert_int_equal(l->chunk.byte_count, 4);
    assert_true(l->expires_ms > 0);
    mem_free(got);
    got = rendered(entry, "https://proxy:8443", 1);
    struct sea_result r;
    assert_ok(sea_result_parse(sv_of(got), &a, &r, &e), e);
    assert_int_equal(r.n_links, 1);
    assert_int_equal(r.links[0].chunk.index, 1);
    assert_int_equal(r.links[0].chunk.row_offset, 2);
    assert_int_equal(r.links[0].next_index, -1);
    mem_free(got);
    entry_unref(&entry);
    arena_fini(&a);
}

static void a_link_of_ours_lives_for_a_quarter_of_an_hour(void **state) {
    struct entry *entry = linked(LINKS);
    char *got = rendered(entry, "http://p", 1), *sealed = strstr(got, "/r/") + 3;
    struct handle h;
    UNUSED(state);
    *strchr(sealed, '/') = '\0';
    assert_true(handle_open(&secrets, HANDLE_LINK, sv_of(sealed), &h));
    assert_false(handle_open(&secrets, HANDLE_STATEMENT, sv_of(sealed), &h));
    assert_true(render_link_lives(&h, h.created_ms));
    assert_true(render_link_lives(&h, h.created_ms + 15 * 60 * 1000));
    assert_false(render_link_lives(&h, h.created_ms + 15 * 60 * 1000 + 1));
    mem_free(got);
    entry_unref(&entry);
}

static void who_follows_no_links_gets_one_small_arrow_chunk_inline(void **state) {
    static const char ONE[] = "{\"result\":{\"external_links\":[{\"chunk_index\":0,\"row_offset\":0,\"row_count\":2,"
        "\"external_link\":\"https://s/0\"}]},\"statement_id\":\"up-1\",\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":"
        "{\"format\":\"ARROW_STREAM\",\"schema\":{\"column_count\":0},\"total_row_count\":2,\"total_chunk_count\":1}}";
    struct entry *one = linked(ONE), *two = linked(LINKS);
    struct arena a = ARENA_INIT;
    struct sea_answer s;
    UNUSED(state);
    assert_true(render_can(one, true));
    assert_false(render_can(one, false)); /* it asked for links */
    one->hybrid = two->hybrid = two->arrow = true;
    assert_true(render_can(one, false));
    assert_false(render_can(two, false)); /* several attachments: some clients read the first only */
    char *got = rendered(one, NULL, -1);
    assert_ok(sea_answer_parse(sv_of(got), &a, &s, &e), e);
    assert_string_equal(s.statement_id, "dbxp1.me");
    assert_true(sv_eq(s.result.attachment, SV_LIT("\"Ym9keQ==\"")));
    assert_int_equal(s.result.chunk.byte_count, 4);
    assert_int_equal(answer_look(sv_of(got), &a).kind, ANSWER_COMPLETE);
    mem_free(got);
    entry_unref(&one);
    entry_unref(&two);
    arena_fini(&a);
}

static void packed_bytes_are_as_long_as_they_say_only_when_they_are_whole(void **state) {
    /* "abcabcabc…" of 60 bytes as one frame, twice */
    static const char FRAME[] = "\x04\x22\x4d\x18\x60\x40\x82\x0d\x00\x00\x00\x3f\x61\x62\x63\x03\x00\x21\x50\x62\x63\x61\x62"
                                "\x63\x00\x00\x00\x00";
    char two[2 * (sizeof FRAME - 1)];
    UNUSED(state);
    memcpy(two, FRAME, sizeof FRAME - 1);
    memcpy(two + sizeof FRAME - 1, FRAME, sizeof FRAME - 1);
    int64_t one = unpacked_length(SV_LIT(FRAME), 1000);
    assert_int_equal(one, 60);
    assert_int_equal(unpacked_length(sv_make(two, sizeof two), 1000), 2 * one);
    assert_int_equal(unpacked_length(sv_make(two, sizeof two), 2 * one - 1), -1);
    for (size_t cut = 1; cut < sizeof FRAME - 1; cut++)
        assert_int_equal(unpacked_length(sv_make(two, sizeof two - cut), 1000), -1);
    assert_int_equal(unpacked_length(SV_LIT("no frame at all"), 1000), -1);
}

/* ---- recordings ------------------------------------------------------------------------------------------------ */

static int kinds[ANSWER_UNREADABLE + 1];

/* A recorded success becomes an entry whose answer is the recorded one but for the id. */
static void replay(const char *body) {
    struct arena a = ARENA_INIT;
    struct sea_answer before, after;
    struct answer answer;
    struct entry *entry = entry_of(body, &answer, &a);
    kinds[answer.kind]++;
    assert_int_not_equal(answer.kind, ANSWER_UNREADABLE);
    if (answer.kind == ANSWER_COMPLETE || answer.n_links) assert_non_null(entry);
    if (entry && entry_missing(entry) < 0) {
        char *got = rendered(entry, NULL, -1);
        assert_int_equal(strlen(got), strlen(body) - answer.id.len + strlen("dbxp1.me") +
                                          (answer.closed ? strlen("SUCCEEDED") - strlen("CLOSED") : 0));
        assert_ok(sea_answer_parse(sv_of(body), &a, &before, &e), e);
        assert_ok(sea_answer_parse(sv_of(got), &a, &after, &e), e);
        assert_int_equal(after.state, SEA_SUCCEEDED);
        assert_true(sv_eq(before.result.data_array, after.result.data_array));
        assert_true(sv_eq(before.result.attachment, after.result.attachment));
        mem_free(got);
    }
    entry_unref(&entry);
    arena_fini(&a);
}

static void replay_file(const char *path) {
    struct stat st;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    char *text = mem_zalloc((size_t)st.st_size + 1);
    assert_int_equal(fread(text, 1, (size_t)st.st_size, f), st.st_size);
    fclose(f);
    cJSON *stub = cJSON_Parse(text);
    const cJSON *response = stub ? json_obj(stub, "response") : NULL;
    const char *body = response ? json_str(response, "body") : NULL;
    if (body && strstr(body, "\"statement_id\"") && strstr(body, "\"state\"")) replay(body);
    cJSON_Delete(stub);
    mem_free(text);
}

static void replay_folder(const char *path) {
    char child[4096];
    DIR *dir = opendir(path);
    if (!dir) return;
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        struct stat st;
        if (d->d_name[0] == '.') continue;
        snprintf(child, sizeof child, "%.2000s/%.2000s", path, d->d_name);
        size_t len = strlen(child);
        if (stat(child, &st)) continue;
        if (S_ISDIR(st.st_mode)) replay_folder(child);
        else if (len > 5 && strcmp(child + len - 5, ".json") == 0) replay_file(child);
    }
    closedir(dir);
}

static void recorded_answers_are_told_again_as_they_were(void **state) {
    const char *src = getenv("srcdir");
    char folder[4200];
    UNUSED(state);
    snprintf(folder, sizeof folder, "%.4000s/tests/recordings/databricks-jdbc/sqlexecapi", src ? src : ".");
    replay_folder(folder);
    if (!kinds[ANSWER_COMPLETE] && !kinds[ANSWER_EXTERNAL]) skip();
    assert_true(kinds[ANSWER_COMPLETE] > 10);
    assert_true(kinds[ANSWER_EXTERNAL] > 10);
    assert_int_equal(kinds[ANSWER_PARTIAL], 0);
}

static int set_up(void **state) {
    UNUSED(state);
    return secrets_init(&secrets, SV_NULL, SV_NULL, "test", &e) == RC_OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_counted_whatever_is_in_their_strings),
        cmocka_unit_test(a_hit_of_two_chunks_differs_in_ids_and_paths_only),
        cmocka_unit_test(a_chunk_that_is_not_what_the_manifest_says_is_refused),
        cmocka_unit_test(what_cannot_be_gathered_becomes_no_entry),
        cmocka_unit_test(links_of_a_hit_are_ours_and_nothing_of_the_upstreams_stays),
        cmocka_unit_test(a_link_of_ours_lives_for_a_quarter_of_an_hour),
        cmocka_unit_test(who_follows_no_links_gets_one_small_arrow_chunk_inline),
        cmocka_unit_test(packed_bytes_are_as_long_as_they_say_only_when_they_are_whole),
        cmocka_unit_test(recorded_answers_are_told_again_as_they_were),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
