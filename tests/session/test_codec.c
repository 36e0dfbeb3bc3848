/* sea_codec: recorded answers of a real warehouse, hand-made hostile ones, error bodies of every shape, requests. */
#include "../unit/test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/sea_codec.h"

static struct err e;

static enum rc parse(const char *body, struct arena *a, struct sea_answer *out) {
    return sea_answer_parse(sv_of(body), a, out, &e);
}

/* ---- recordings -------------------------------------------------------------------------------------------------- */

static void compare_manifest(const struct sea_manifest *m, const cJSON *tree) {
    const cJSON *manifest = json_obj(tree, "manifest"), *schema = json_obj(manifest, "schema");
    const cJSON *columns = json_arr(schema, "columns"), *chunks = json_arr(manifest, "chunks"), *v;
    int i = 0;
    assert_int_equal(m->total_rows, json_i64(manifest, "total_row_count", -1));
    assert_int_equal(m->total_chunks, json_i64(manifest, "total_chunk_count", -1));
    assert_int_equal(m->n_columns, json_i64(schema, "column_count", -1));
    assert_string_equal(sea_format_name(m->format), json_str(manifest, "format"));
    assert_int_equal(m->lz4, json_str(manifest, "result_compression") &&
                                 strcmp(json_str(manifest, "result_compression"), "LZ4_FRAME") == 0);
    cJSON_ArrayForEach(v, columns) {
        const struct sea_column *c = &m->columns[i++];
        assert_string_equal(c->name, json_str(v, "name"));
        assert_string_equal(c->type_text, json_str(v, "type_text"));
        assert_int_equal(c->precision, json_i64(v, "type_precision", 0));
        assert_int_equal(c->scale, json_i64(v, "type_scale", 0));
        assert_int_not_equal(c->type, DBX_OTHER);
    }
    i = 0;
    cJSON_ArrayForEach(v, chunks) assert_int_equal(m->chunks[i++].row_count, json_i64(v, "row_count", -1));
    assert_int_equal(m->n_chunks, i);
}

static void compare_result(const struct sea_result *r, const cJSON *result) {
    const cJSON *links = json_arr(result, "external_links"), *v;
    int i = 0;
    assert_int_equal(r->data_array.ptr != NULL, json_arr(result, "data_array") != NULL);
    assert_int_equal(r->attachment.ptr != NULL, json_str(result, "attachment") != NULL);
    if (r->attachment.ptr) assert_int_equal(r->attachment.len, strlen(json_str(result, "attachment")) + 2);
    cJSON_ArrayForEach(v, links) {
        const struct sea_link *link = &r->links[i++];
        assert_string_equal(link->url, json_str(v, "external_link"));
        assert_int_equal(link->chunk.index, json_i64(v, "chunk_index", -1));
        assert_int_equal(link->next_index, json_i64(v, "next_chunk_index", -1));
        assert_true(link->expires_ms > INT64_C(1700000000000));
    }
    assert_int_equal(r->n_links, i);
}

static void replay_answer(const char *body, const cJSON *tree) {
    struct arena a = ARENA_INIT;
    struct sea_answer answer;
    assert_ok(parse(body, &a, &answer), e);
    assert_string_equal(answer.statement_id, json_str(tree, "statement_id"));
    assert_string_equal(sea_state_name(answer.state), json_str(json_obj(tree, "status"), "state"));
    assert_int_equal(answer.has_manifest, json_obj(tree, "manifest") != NULL);
    if (answer.has_manifest) compare_manifest(&answer.manifest, tree);
    compare_result(&answer.result, json_obj(tree, "result"));
    if (answer.state == SEA_FAILED) assert_int_equal(strlen(answer.sqlstate), 5);
    arena_fini(&a);
}

static void replay_chunk(const char *body, const cJSON *tree) {
    struct arena a = ARENA_INIT;
    struct sea_result result;
    assert_ok(sea_result_parse(sv_of(body), &a, &result, &e), e);
    compare_result(&result, tree);
    arena_fini(&a);
}

static int replay(const cJSON *stub) {
    const cJSON *request = json_obj(stub, "request"), *response = json_obj(stub, "response");
    const char *url = json_str(request, "url"), *body = json_str(response, "body");
    if (!url) url = json_str(request, "urlPath");
    if (!url || !body || !strstr(url, "/api/2.0/sql/statements")) return 0;
    if (json_i64(response, "status", 0) != 200)
        return assert_int_equal(sea_http_error((int)json_i64(response, "status", 0), sv_of(body), &e), RC_ERR), 1;
    cJSON *tree = cJSON_Parse(body);
    assert_non_null(tree);
    if (strstr(url, "/result/chunks/")) replay_chunk(body, tree);
    else if (json_str(tree, "statement_id")) replay_answer(body, tree);
    cJSON_Delete(tree);
    return 1;
}

static int replay_file(const char *path) {
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    struct stat st;
    assert_int_equal(fstat(fileno(f), &st), 0);
    char *text = mem_zalloc((size_t)st.st_size + 1);
    assert_int_equal(fread(text, 1, (size_t)st.st_size, f), st.st_size);
    fclose(f);
    cJSON *stub = cJSON_Parse(text);
    int n = stub ? replay(stub) : 0;
    cJSON_Delete(stub);
    mem_free(text);
    return n;
}

static int replay_folder(const char *path) {
    char child[4096];
    int n = 0;
    DIR *dir = opendir(path);
    if (!dir) return 0;
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        struct stat st;
        if (d->d_name[0] == '.') continue;
        snprintf(child, sizeof child, "%.2000s/%.2000s", path, d->d_name);
        if (stat(child, &st)) continue;
        size_t len = strlen(child);
        if (S_ISDIR(st.st_mode)) n += replay_folder(child);
        else if (len > 5 && strcmp(child + len - 5, ".json") == 0) n += replay_file(child);
    }
    closedir(dir);
    return n;
}

static void every_recorded_statement_answer_parses_to_what_its_json_says(void **state) {
    UNUSED(state);
    const char *given = getenv("DBX_RECORDINGS"), *src = getenv("srcdir");
    char path[4096];
    if (given) snprintf(path, sizeof path, "%s", given);
    else snprintf(path, sizeof path, "%s/tests/recordings", src ? src : ".");
    char folder[4200];
    snprintf(folder, sizeof folder, "%s/databricks-jdbc/sqlexecapi", path);
    int n = replay_folder(folder);
    if (!n && !given && src) {
        snprintf(folder, sizeof folder, "%.4000s/../shared/recordings/databricks-jdbc/sqlexecapi", src);
        n = replay_folder(folder);
    }
    if (!n) skip();
    assert_true(n > 50);
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void absent_members_get_their_defaults(void **state) {
    UNUSED(state);
    struct arena a = ARENA_INIT;
    struct sea_answer r;
    assert_ok(parse("{\"statement_id\":\"s\",\"status\":{\"state\":\"PENDING\"},\"unknown\":[1]}", &a, &r), e);
    assert_int_equal(r.state, SEA_PENDING);
    assert_false(r.has_manifest);
    assert_false(r.result.present);
    assert_int_equal(r.manifest.total_rows, -1);
    assert_int_equal(r.result.next_index, -1);
    assert_ok(parse("{\"statement_id\":null,\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"format\":\"ARROW_"
                    "STREAM\",\"schema\":{\"column_count\":0}},\"result\":{}}",
                    &a, &r),
              e);
    assert_string_equal(r.statement_id, "");
    assert_int_equal(r.manifest.n_columns, 0);
    assert_false(r.result.present);
    arena_fini(&a);
}

static void wrong_types_and_impossible_numbers_are_protocol_errors(void **state) {
    UNUSED(state);
    static const char *const evil[] = {
        "",
        "[]",
        "null",
        "{\"status\":{}}",
        "{\"status\":[]}",
        "{\"statement_id\":7,\"status\":{\"state\":\"PENDING\"}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"total_row_count\":-1}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"total_row_count\":1.5}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"total_row_count\":1e300}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"total_chunk_count\":99999999999}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"format\":\"XML\"}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"result_compression\":\"BROTLI\"}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{\"column_count\":2,\"columns\":[{\"name\":"
        "\"a\"}]}}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{\"columns\":[7]}}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{\"columns\":[{\"type_name\":\"DECIMAL\","
        "\"type_precision\":39,\"type_scale\":2}]}}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{\"columns\":[{\"type_name\":\"DECIMAL\","
        "\"type_precision\":5,\"type_scale\":6}]}}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"result\":{\"data_array\":{}}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"result\":{\"attachment\":[]}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"result\":{\"external_links\":[{\"chunk_index\":0}]}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"result\":{\"external_links\":[{\"external_link\":\"https://x\"}]}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"result\":{\"external_links\":[{\"chunk_index\":0,\"external_link\":"
        "\"https://x\",\"http_headers\":{\"a\":\"b\\r\\nc: d\"}}]}}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"result\":{\"data_array\":[[\"1\"]}",
        "{\"status\":{\"state\":\"SUCCEEDED\"},\"result\":7}",
    };
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
        struct arena a = ARENA_INIT;
        struct sea_answer r;
        assert_err(parse(evil[i], &a, &r), e, ERR_PROTOCOL);
        arena_fini(&a);
    }
}

static void bulk_data_becomes_views_into_the_body(void **state) {
    UNUSED(state);
    const char *body = "{\"result\":{\"data_array\" : [[\"]\",null]] "
                       ",\"next_chunk_index\":1,\"chunk_index\":0},\"status\":{\"state\":\"SUCCEEDED\"}}";
    struct arena a = ARENA_INIT;
    struct sea_answer r;
    assert_ok(parse(body, &a, &r), e);
    assert_ptr_equal(r.result.data_array.ptr, strstr(body, "[["));
    assert_int_equal(r.result.data_array.len, strlen("[[\"]\",null]]"));
    assert_int_equal(r.result.next_index, 1);
    arena_fini(&a);
}

static void a_decimal_without_precision_takes_it_from_the_type_text(void **state) {
    UNUSED(state);
    struct arena a = ARENA_INIT;
    struct sea_answer r;
    assert_ok(parse("{\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{\"columns\":[{\"type_name\":"
                    "\"DECIMAL\",\"type_text\":\"DECIMAL(18, 4)\"}]}}}",
                    &a, &r),
              e);
    assert_int_equal(r.manifest.columns[0].precision, 18);
    assert_int_equal(r.manifest.columns[0].scale, 4);
    arena_fini(&a);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void every_shape_of_an_error_body_is_understood(void **state) {
    UNUSED(state);
    static const struct { int status; const char *body; enum err_code code; const char *text;
    } rows[] = {
        {403, "{\"error_code\":403,\"message\":\"Invalid access token.\"}", ERR_AUTH,
         "HTTP 403: Invalid access token."},
        {401, "{\"error_code\":401,\"message\":\"Credential was not sent\"}", ERR_AUTH, "Credential was not sent"},
        {404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"SQL warehouse x does not exist\"}",
         ERR_WAREHOUSE, "RESOURCE_DOES_NOT_EXIST"},
        {404, "{\"error_code\":\"NOT_FOUND\",\"message\":\"The statement x was not found.\"}", ERR_RESULT_GONE,
         "NOT_FOUND"},
        {400, "INVALID_PARAMETER_VALUE: wait_timeout must be …", ERR_HTTP,
         "HTTP 400 INVALID_PARAMETER_VALUE: wait_timeout"},
        {502, "<html><head><title>502 Bad Gateway</title></head></html>", ERR_HTTP, "502 Bad Gateway"},
        {500, "<html><pre>  stack  </pre></html>", ERR_HTTP, ": stack"},
        {503, "", ERR_BUSY, "no further text"},
        {429, "{\"error\":\"too_many\",\"error_description\":\"slow down\"}", ERR_BUSY, "slow down"},
        {400, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"[UNBOUND_SQL_PARAMETER] x. SQLSTATE: 42P02\"}", ERR_SQL,
         "UNBOUND"},
        {307, "", ERR_HTTP, "redirects are not followed"},
        {501, "nothing", ERR_UNSUPPORTED, "nothing"},
        {500, "{\"detail\":\"d\",\"status\":\"500\",\"scimType\":\"s\"}", ERR_HTTP, "s: d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(sea_http_error(rows[i].status, sv_of(rows[i].body), &e), RC_ERR);
        assert_int_equal(e.code, rows[i].code);
        assert_int_equal(e.http_status, rows[i].status);
        assert_non_null(strstr(e.text, rows[i].text));
        assert_int_equal(e.retryable, rows[i].status == 429 || rows[i].status == 503);
    }
}

static void a_sqlstate_is_found_by_label_then_by_class(void **state) {
    UNUSED(state);
    static const struct { const char *text, *want; } rows[] = {
        {"\n[PARSE_SYNTAX_ERROR] near 'x'. SQLSTATE: 42601 (line 1)", "42601"}, {"x SQLSTATE:22012", "22012"},
        {"[DIVIDE_BY_ZERO] by zero", "22012"}, {"[UNRESOLVED_COLUMN.WITH_SUGGESTION] no", "42703"},
        {"[a.b] and [TABLE_OR_VIEW_NOT_FOUND] x", "42P01"}, {"SQLSTATE: 4260", ""}, {"SQLSTATE: 426011", ""},
        {"[NEVER_HEARD] x", ""}, {"", ""}, {"[", ""}, {"[DIVIDE_BY_ZERO", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char got[6] = "";
        assert_int_equal(sea_sqlstate_find(rows[i].text, got), *rows[i].want != '\0');
        assert_string_equal(got, rows[i].want);
    }
}

static void the_state_beside_the_error_wins_over_the_message(void **state) {
    UNUSED(state);
    struct arena a = ARENA_INIT;
    struct sea_answer r;
    assert_ok(parse("{\"statement_id\":\"s1\",\"status\":{\"state\":\"FAILED\",\"error\":{\"error_code\":\"BAD_"
                    "REQUEST\",\"message\":\"[X] y SQLSTATE: 42601\"},\"sql_state\":\"42P01\"}}",
                    &a, &r),
              e);
    assert_int_equal(sea_statement_error(&r, &e), RC_ERR);
    assert_int_equal(e.code, ERR_SQL);
    assert_string_equal(e.sqlstate, "42P01");
    assert_string_equal(e.statement_id, "s1");
    assert_string_equal(e.text, "[X] y SQLSTATE: 42601");
    arena_fini(&a);
}

static void cancelled_and_closed_statements_have_their_own_codes(void **state) {
    UNUSED(state);
    static const struct {
        const char *state;
        enum err_code code;
    } rows[] = {{"CANCELED", ERR_CANCELLED},
                {"CANCELLED", ERR_CANCELLED},
                {"CLOSED", ERR_RESULT_GONE},
                {"DANCING", ERR_PROTOCOL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = ARENA_INIT;
        struct sea_answer r;
        char body[100];
        snprintf(body, sizeof body, "{\"status\":{\"state\":\"%s\"}}", rows[i].state);
        assert_ok(parse(body, &a, &r), e);
        assert_err(sea_statement_error(&r, &e), e, rows[i].code);
        arena_fini(&a);
    }
}

/* ---- requests, times, types -------------------------------------------------------------------------------------- */

static void a_request_says_what_was_meant(void **state) {
    UNUSED(state);
    struct buf b;
    struct sea_param params[] = {{.ordinal = 1, .type = "INT", .value = SV_LIT("6")},
                                 {.name = "p\"", .value = SV_NULL}};
    struct sea_request r = {.statement = SV_LIT("select \"\xC3\xA9\"\n"),
                            .warehouse_id = "w",
                            .session_id = "s",
                            .catalog = "c",
                            .format = SEA_ARROW_STREAM,
                            .disposition = SEA_HYBRID,
                            .lz4 = true,
                            .row_limit = 5,
                            .n_params = 2,
                            .params = params};
    buf_init(&b, 10000);
    assert_ok(sea_request_write(&r, &b, &e), e);
    assert_string_equal(
        b.ptr,
        "{\"warehouse_id\":\"w\",\"session_id\":\"s\",\"statement\":\"select "
        "\\\"\xC3\xA9\\\"\\u000a\",\"disposition\":\"INLINE_OR_EXTERNAL_LINKS\","
        "\"format\":\"ARROW_STREAM\",\"result_compression\":\"LZ4_FRAME\",\"on_wait_timeout\":\"CONTINUE\",\"row_"
        "limit\":5,"
        "\"parameters\":[{\"ordinal\":1,\"type\":\"INT\",\"value\":\"6\"},{\"name\":\"p\\\"\",\"type\":\"STRING\"}]}");
    buf_reset(&b);
    struct sea_header conf = {"timezone", "UTC"};
    assert_ok(sea_session_write("w", "", "x", 1, &conf, &b, &e), e);
    assert_string_equal(b.ptr, "{\"warehouse_id\":\"w\",\"schema\":\"x\",\"session_confs\":{\"timezone\":\"UTC\"}}");
    buf_fini(&b);
}

static void times_with_a_zone_become_milliseconds(void **state) {
    UNUSED(state);
    assert_int_equal(sea_time_parse("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(sea_time_parse("2024-11-08T15:20:17.922Z"), INT64_C(1731079217922));
    assert_int_equal(sea_time_parse("2024-11-08T16:20:17.922123+01:00"), INT64_C(1731079217922));
    static const char *const evil[] = {
        "", "x", "2024-13-08T15:20:17Z", "2024-11-08T15:20:17", "2024-11-08", "2024-11-08T15:20:17.9Zx"};
    for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) assert_int_equal(sea_time_parse(evil[i]), 0);
}

static void types_are_known_by_manifest_name_and_by_sql_text(void **state) {
    UNUSED(state);
    assert_int_equal(dbx_type_of_sea("LONG", "BIGINT"), DBX_BIGINT);
    assert_int_equal(dbx_type_of_sea("NULL", "VOID"), DBX_VOID);
    assert_int_equal(dbx_type_of_sea("TIMESTAMP_NTZ", ""), DBX_TIMESTAMP_NTZ);
    assert_int_equal(dbx_type_of_sea("NEW_KIND", "BIGINT"), DBX_BIGINT);
    assert_int_equal(dbx_type_of_sea("NEW_KIND", "NEW_KIND"), DBX_OTHER);
    assert_int_equal(dbx_type_of_sql(SV_LIT(" decimal(10,2)")), DBX_DECIMAL);
    assert_int_equal(dbx_type_of_sql(SV_LIT("interval day to second")), DBX_INTERVAL);
    assert_int_equal(dbx_type_of_sql(SV_LIT("map<string,int>")), DBX_MAP);
    assert_int_equal(dbx_type_of_sql(SV_LIT("integer")), DBX_INT);
    assert_int_equal(dbx_type_of_sql(SV_LIT("")), DBX_OTHER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_statement_answer_parses_to_what_its_json_says),
        cmocka_unit_test(absent_members_get_their_defaults),
        cmocka_unit_test(wrong_types_and_impossible_numbers_are_protocol_errors),
        cmocka_unit_test(bulk_data_becomes_views_into_the_body),
        cmocka_unit_test(a_decimal_without_precision_takes_it_from_the_type_text),
        cmocka_unit_test(every_shape_of_an_error_body_is_understood),
        cmocka_unit_test(a_sqlstate_is_found_by_label_then_by_class),
        cmocka_unit_test(the_state_beside_the_error_wins_over_the_message),
        cmocka_unit_test(cancelled_and_closed_statements_have_their_own_codes),
        cmocka_unit_test(a_request_says_what_was_meant),
        cmocka_unit_test(times_with_a_zone_become_milliseconds),
        cmocka_unit_test(types_are_known_by_manifest_name_and_by_sql_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
