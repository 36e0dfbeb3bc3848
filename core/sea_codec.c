#include "sea_codec.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "mem.h"

enum {
    MAX_COLUMNS = 65536,
    MAX_CHUNKS = 4 * 1024 * 1024,
    MAX_LINKS = 1024 * 1024,
    MAX_LINK_HEADERS = 256,
    MAX_RAW_TEXT = 600
};
static const int64_t MAX_COUNT = INT64_C(1) << 53;  /* what a JSON number can say exactly */

/* ---- typed members: absent or null gives the default, another type is the server's fault ------------------------- */

struct in {
    struct arena *a;
    struct err *e;
};

static enum rc wrong(const struct in *in, const char *key, const char *want) {
    return err_set(in->e, ERR_PROTOCOL, "the server's \"%s\" is not %s", key, want);
}

static const cJSON *find(const cJSON *obj, const char *key) {
    const cJSON *v = cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
    return cJSON_IsNull(v) ? NULL : v;
}

static enum rc get_str(const struct in *in, const cJSON *obj, const char *key, const char **out) {
    const cJSON *v = find(obj, key);
    *out = "";
    if (!v) return RC_OK;
    if (!cJSON_IsString(v)) return wrong(in, key, "a string");
    *out = arena_dup(in->a, sv_of(v->valuestring));
    return *out ? RC_OK : err_nomem(in->e);
}

static enum rc get_count(const struct in *in, const cJSON *obj, const char *key, int64_t fallback, int64_t *out) {
    const cJSON *v = find(obj, key);
    *out = fallback;
    if (!v) return RC_OK;
    int64_t n = json_i64(obj, key, -1);
    if (n < 0 || n > MAX_COUNT || (cJSON_IsNumber(v) && v->valuedouble != (double)n)) return wrong(in, key, "a count");
    *out = n;
    return RC_OK;
}

static enum rc get_bool(const struct in *in, const cJSON *obj, const char *key, bool *out) {
    const cJSON *v = find(obj, key);
    if (v && !cJSON_IsBool(v)) return wrong(in, key, "true or false");
    *out = v && cJSON_IsTrue(v);
    return RC_OK;
}

static enum rc get_obj(const struct in *in, const cJSON *obj, const char *key, const cJSON **out) {
    *out = find(obj, key);
    return *out && !cJSON_IsObject(*out) ? wrong(in, key, "an object") : RC_OK;
}

/* An array that may be absent, with its length. */
static enum rc get_arr(const struct in *in, const cJSON *obj, const char *key, int max, const cJSON **out, int *n) {
    *out = find(obj, key);
    *n = 0;
    if (!*out) return RC_OK;
    if (!cJSON_IsArray(*out)) return wrong(in, key, "an array");
    *n = cJSON_GetArraySize(*out);
    return *n > max ? err_set(in->e, ERR_PROTOCOL, "the server's \"%s\" has %d entries", key, *n) : RC_OK;
}

/* ---- manifest ---------------------------------------------------------------------------------------------------- */

/* A server that leaves precision and scale out still spells them: "DECIMAL(10,2)". */
static void decimal_of_text(const char *type_text, int64_t *precision, int64_t *scale) {
    struct sv head, args, tail, p, s;
    long long n = 10, m = 0;
    if (sv_cut(sv_of(type_text), '(', &head, &args) && sv_cut(args, ')', &args, &tail)) {
        if (!sv_cut(args, ',', &p, &s)) p = args, s = SV_LIT("0");
        if (!sv_to_i64(sv_trim(p), &n) || !sv_to_i64(sv_trim(s), &m)) n = m = 0;
    }
    *precision = n;
    *scale = m;
}

static enum rc read_column(const struct in *in, const cJSON *v, struct sea_column *c) {
    const char *type_name;
    int64_t precision, scale;
    if (!cJSON_IsObject(v)) return wrong(in, "columns", "a list of objects");
    if (get_str(in, v, "name", &c->name) || get_str(in, v, "type_text", &c->type_text) ||
        get_str(in, v, "type_name", &type_name) || get_str(in, v, "type_interval_type", &c->interval) ||
        get_count(in, v, "type_precision", 0, &precision) || get_count(in, v, "type_scale", 0, &scale))
        return RC_ERR;
    c->type = dbx_type_of_sea(type_name, c->type_text);
    if (c->type != DBX_DECIMAL) return RC_OK;
    if (!find(v, "type_precision")) decimal_of_text(c->type_text, &precision, &scale);
    if (precision < 1 || precision > 38 || scale < 0 || scale > precision)
        return err_set(in->e, ERR_PROTOCOL, "column \"%s\" is announced as DECIMAL(%lld,%lld)", c->name,
                       (long long)precision, (long long)scale);
    c->precision = (int)precision;
    c->scale = (int)scale;
    return RC_OK;
}

static enum rc read_columns(const struct in *in, const cJSON *manifest, struct sea_manifest *m) {
    const cJSON *schema, *list, *v;
    int64_t announced;
    int n, i = 0;
    if (get_obj(in, manifest, "schema", &schema) || get_arr(in, schema, "columns", MAX_COLUMNS, &list, &n) ||
        get_count(in, schema, "column_count", n, &announced))
        return RC_ERR;
    if (announced != n)
        return err_set(in->e, ERR_PROTOCOL, "the manifest announces %lld columns and lists %d", (long long)announced,
                       n);
    struct sea_column *columns = arena_array(in->a, (size_t)n + 1, sizeof *columns);
    if (!columns) return err_nomem(in->e);
    cJSON_ArrayForEach(v, list) if (read_column(in, v, &columns[i++])) return RC_ERR;
    m->n_columns = n;
    m->columns = columns;
    return RC_OK;
}

static enum rc read_chunk_info(const struct in *in, const cJSON *v, struct sea_chunk_info *c) {
    if (!cJSON_IsObject(v)) return wrong(in, "chunks", "a list of objects");
    if (get_count(in, v, "chunk_index", -1, &c->index) || get_count(in, v, "row_offset", -1, &c->row_offset) ||
        get_count(in, v, "row_count", -1, &c->row_count) || get_count(in, v, "byte_count", -1, &c->byte_count))
        return RC_ERR;
    return c->index > MAX_CHUNKS ? wrong(in, "chunk_index", "a possible chunk number") : RC_OK;
}

static enum rc read_chunks(const struct in *in, const cJSON *manifest, struct sea_manifest *m) {
    const cJSON *list, *v;
    int n, i = 0;
    if (get_arr(in, manifest, "chunks", MAX_CHUNKS, &list, &n)) return RC_ERR;
    struct sea_chunk_info *chunks = arena_array(in->a, (size_t)n + 1, sizeof *chunks);
    if (!chunks) return err_nomem(in->e);
    cJSON_ArrayForEach(v, list) if (read_chunk_info(in, v, &chunks[i++])) return RC_ERR;
    m->n_chunks = n;
    m->chunks = chunks;
    return RC_OK;
}

static enum rc read_encoding(const struct in *in, const cJSON *manifest, struct sea_manifest *m) {
    const char *format, *compression;
    if (get_str(in, manifest, "format", &format) || get_str(in, manifest, "result_compression", &compression))
        return RC_ERR;
    m->format = SEA_JSON_ARRAY;
    while (*format && strcmp(format, sea_format_name(m->format)) != 0)
        if (m->format++ == SEA_CSV)
            return err_set(in->e, ERR_PROTOCOL, "a result in the unknown format \"%s\"", format);
    m->lz4 = strcmp(compression, "LZ4_FRAME") == 0;
    if (!m->lz4 && *compression && strcmp(compression, "NONE") != 0)
        return err_set(in->e, ERR_PROTOCOL, "a result in the unknown compression \"%s\"", compression);
    return RC_OK;
}

static enum rc read_manifest(const struct in *in, const cJSON *v, struct sea_manifest *m) {
    if (read_encoding(in, v, m) || read_columns(in, v, m) || read_chunks(in, v, m) ||
        get_count(in, v, "total_row_count", -1, &m->total_rows) ||
        get_count(in, v, "total_chunk_count", -1, &m->total_chunks) || get_bool(in, v, "truncated", &m->truncated) ||
        get_bool(in, v, "is_volume_operation", &m->is_volume_operation))
        return RC_ERR;
    return m->total_chunks > MAX_CHUNKS ? wrong(in, "total_chunk_count", "a possible number of chunks") : RC_OK;
}

/* ---- result ------------------------------------------------------------------------------------------------------ */

static bool is_header_text(const char *s, bool is_name) {
    if (is_name && !*s) return false;
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7F || (is_name && (*s == ':' || *s == ' '))) return false;
    return true;
}

static enum rc read_link_headers(const struct in *in, const cJSON *link, struct sea_link *out) {
    const cJSON *map, *v;
    if (get_obj(in, link, "http_headers", &map)) return RC_ERR;
    int n = map ? cJSON_GetArraySize(map) : 0, i = 0;
    if (n > MAX_LINK_HEADERS) return wrong(in, "http_headers", "a small map");
    struct sea_header *headers = arena_array(in->a, (size_t)n + 1, sizeof *headers);
    if (!headers) return err_nomem(in->e);
    cJSON_ArrayForEach(v, map) {
        if (!cJSON_IsString(v) || !is_header_text(v->string, true) || !is_header_text(v->valuestring, false))
            return wrong(in, "http_headers", "a map of header lines");
        headers[i].name = arena_dup(in->a, sv_of(v->string));
        headers[i].value = arena_dup(in->a, sv_of(v->valuestring));
        if (!headers[i].name || !headers[i].value) return err_nomem(in->e);
        i++;
    }
    out->n_headers = n;
    out->headers = headers;
    return RC_OK;
}

static enum rc read_link(const struct in *in, const cJSON *v, struct sea_link *out) {
    const char *expiration;
    if (read_chunk_info(in, v, &out->chunk) || get_count(in, v, "next_chunk_index", -1, &out->next_index) ||
        get_str(in, v, "external_link", &out->url) || get_str(in, v, "expiration", &expiration))
        return RC_ERR;
    if (!*out->url || out->chunk.index < 0)
        return err_set(in->e, ERR_PROTOCOL, "a result link without address or chunk number");
    out->expires_ms = sea_time_parse(expiration);
    return read_link_headers(in, v, out);
}

static enum rc read_links(const struct in *in, const cJSON *result, struct sea_result *out) {
    const cJSON *list, *v;
    int n, i = 0;
    if (get_arr(in, result, "external_links", MAX_LINKS, &list, &n)) return RC_ERR;
    struct sea_link *links = arena_array(in->a, (size_t)n + 1, sizeof *links);
    if (!links) return err_nomem(in->e);
    cJSON_ArrayForEach(v, list) if (read_link(in, v, &links[i++])) return RC_ERR;
    out->n_links = n;
    out->links = links;
    return RC_OK;
}

static enum rc read_result(const struct in *in, const cJSON *v, struct sea_result *out) {
    if (read_chunk_info(in, v, &out->chunk) || get_count(in, v, "next_chunk_index", -1, &out->next_index) ||
        read_links(in, v, out))
        return RC_ERR;
    out->present = out->n_links || out->data_array.ptr || out->attachment.ptr || out->chunk.index >= 0;
    return RC_OK;
}

/* ---- the body without its bulk ----------------------------------------------------------------------------------- */

static enum rc cut_bulk(struct sv body, const char *const *path, char opens, struct sv *out, struct err *e) {
    bool found;
    if (json_slice(body, path, out, &found, e)) return RC_ERR;
    if (!found || sv_eq(*out, SV_LIT("null"))) return *out = SV_NULL, RC_OK;
    if (out->ptr[0] == opens) return RC_OK;
    return err_set(e, ERR_PROTOCOL, "the server's \"%s\" is not %s", path[0], opens == '[' ? "an array" : "a string");
}

static enum rc add_without(struct buf *out, struct sv body, struct sv first, struct sv second, struct err *e) {
    struct sv cut[2] = {first, second};
    if (first.ptr && second.ptr && second.ptr < first.ptr) cut[0] = second, cut[1] = first;
    const char *at = body.ptr, *end = body.ptr + body.len;
    for (int i = 0; i < 2; i++) {
        if (!cut[i].ptr) continue;
        if (buf_add(out, at, (size_t)(cut[i].ptr - at), e) || buf_adds(out, "null", e)) return RC_ERR;
        at = cut[i].ptr + cut[i].len;
    }
    return buf_add(out, at, (size_t)(end - at), e);
}

/* Parses what is left of the body after data_array and attachment, found at path prefix, have become views. */
static enum rc parse_cut(struct sv body, bool wrapped, struct sea_result *r, cJSON **tree, struct err *e) {
    const char *data_path[] = {"result", "data_array", NULL}, *attachment_path[] = {"result", "attachment", NULL};
    struct buf rest;
    buf_init(&rest, JSON_MAX_TREE);
    enum rc rc = RC_ERR;
    *tree = NULL;
    if (!body.len) return err_set(e, ERR_PROTOCOL, "the server's answer is empty");
    if (cut_bulk(body, data_path + !wrapped, '[', &r->data_array, e) ||
        cut_bulk(body, attachment_path + !wrapped, '"', &r->attachment, e) ||
        add_without(&rest, body, r->data_array, r->attachment, e) || json_parse(buf_sv(&rest), tree, e))
        goto out;
    if (!cJSON_IsObject(*tree)) {
        err_set(e, ERR_PROTOCOL, "the server's answer is not a JSON object");
        goto out;
    }
    rc = RC_OK;
out:
    buf_fini(&rest);
    return rc;
}

static void result_defaults(struct sea_result *r) {
    *r = (struct sea_result){.chunk = {-1, -1, -1, -1}, .next_index = -1};
}

static enum rc read_status(const struct in *in, const cJSON *tree, struct sea_answer *out) {
    const cJSON *status, *error;
    const char *state, *first, *second;
    if (get_str(in, tree, "statement_id", &out->statement_id) || get_obj(in, tree, "status", &status) ||
        get_str(in, status, "state", &state) || get_str(in, status, "sql_state", &first) ||
        get_obj(in, status, "error", &error) || get_str(in, error, "message", &out->error_text) ||
        get_str(in, error, "sql_state", &second))
        return RC_ERR;
    const cJSON *code = find(error, "error_code");
    out->error_code = "";
    if (cJSON_IsString(code) && get_str(in, error, "error_code", &out->error_code)) return RC_ERR;
    out->state = sea_state_parse(state);
    const char *given = strlen(first) == 5 ? first : second;
    if (strlen(given) == 5) memcpy(out->sqlstate, given, 6);
    else if (out->state == SEA_FAILED) sea_sqlstate_find(out->error_text, out->sqlstate);
    if (!*state) return err_set(in->e, ERR_PROTOCOL, "the server's answer has no status");
    return RC_OK;
}

enum rc sea_answer_parse(struct sv body, struct arena *a, struct sea_answer *out, struct err *e) {
    struct in in = {a, e};
    cJSON *tree = NULL;
    const cJSON *manifest, *result;
    *out = (struct sea_answer){.manifest = {.total_rows = -1, .total_chunks = -1}};
    result_defaults(&out->result);
    enum rc rc = RC_ERR;
    if (parse_cut(body, true, &out->result, &tree, e) || read_status(&in, tree, out) ||
        get_obj(&in, tree, "manifest", &manifest) || get_obj(&in, tree, "result", &result))
        goto out;
    out->has_manifest = manifest != NULL;
    if (manifest && read_manifest(&in, manifest, &out->manifest)) goto out;
    if (result && read_result(&in, result, &out->result)) goto out;
    rc = RC_OK;
out:
    cJSON_Delete(tree);
    return rc;
}

enum rc sea_result_parse(struct sv body, struct arena *a, struct sea_result *out, struct err *e) {
    struct in in = {a, e};
    cJSON *tree = NULL;
    result_defaults(out);
    enum rc rc = parse_cut(body, false, out, &tree, e);
    if (rc == RC_OK) rc = read_result(&in, tree, out);
    cJSON_Delete(tree);
    return rc;
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static bool is_state_char(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }

static bool state_at(const char *s, char sqlstate_r[6]) {
    int n = 0;
    while (n < 6 && is_state_char(s[n])) n++;
    if (n != 5) return false;
    memcpy(sqlstate_r, s, 5);
    sqlstate_r[5] = '\0';
    return true;
}

static bool state_of_class(struct sv name, char sqlstate_r[6]) {
    static const struct { const char *name, *state; } classes[] = {
#define ERROR_CLASS(class_name, state) {class_name, state},
#include "tbl/error_classes.h"
#undef ERROR_CLASS
    };
    for (unsigned i = 0; i < sizeof classes / sizeof *classes; i++)
        if (sv_eq(name, sv_of(classes[i].name))) return memcpy(sqlstate_r, classes[i].state, 6), true;
    return false;
}

bool sea_sqlstate_find(const char *message, char sqlstate_r[6]) {
    static const char label[] = "SQLSTATE:";
    for (const char *at = message; (at = strstr(at, label)) != NULL;) {
        at += sizeof label - 1;
        if (state_at(at + (*at == ' '), sqlstate_r)) return true;
    }
    for (const char *at = message; (at = strchr(at, '[')) != NULL;) {
        size_t n = strspn(++at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        if ((at[n] == ']' || at[n] == '.') && state_of_class(sv_make(at, n), sqlstate_r)) return true;
    }
    return false;
}

struct told {                /* what an error body says */
    char code[64];           /* "" = none */
    char text[2048];
};

static void copy_text(char *to, size_t cap, struct sv from) {
    from = sv_trim(from);
    size_t n = from.len < cap ? from.len : cap - 1;
    while (n && n < from.len && (from.ptr[n] & 0xC0) == 0x80) n--;  /* never inside a character */
    if (n) memcpy(to, from.ptr, n);
    to[n] = '\0';
}

static const char *first_str(const cJSON *obj, const char *const *keys) {
    for (; *keys; keys++) {
        const char *s = json_str(obj, *keys);
        if (s && *s) return s;
    }
    return "";
}

static bool told_by_json(struct sv body, struct told *out) {
    static const char *const codes[] = {"error_code", "errorCode", "error", "scimType", NULL};
    static const char *const texts[] = {"message",      "error_description", "detail",
                                        "errorSummary", "error_message",     NULL};
    struct err ignored;
    cJSON *tree;
    if (!body.len || body.ptr[0] != '{' || json_parse(body, &tree, &ignored)) return false;
    const cJSON *inner = json_obj(tree, "error");
    const cJSON *from = inner ? inner : tree;
    copy_text(out->code, sizeof out->code, sv_of(first_str(from, codes)));
    copy_text(out->text, sizeof out->text, sv_of(first_str(from, texts)));
    cJSON_Delete(tree);
    return *out->code || *out->text;
}

static bool told_by_prefix(struct sv body, struct told *out) {
    struct sv code, text;
    if (!sv_cut(body, ':', &code, &text) || code.len < 3 || code.len >= sizeof out->code) return false;
    for (size_t i = 0; i < code.len; i++)
        if (!(code.ptr[i] == '_' || is_state_char(code.ptr[i]))) return false;
    copy_text(out->code, sizeof out->code, code);
    copy_text(out->text, sizeof out->text, text);
    return true;
}

static struct sv between(struct sv body, const char *open, const char *close) {
    for (size_t i = 0; i + strlen(open) <= body.len; i++) {
        if (!sv_istarts(sv_make(body.ptr + i, body.len - i), sv_of(open))) continue;
        size_t from = i + strlen(open);
        for (size_t j = from; j + strlen(close) <= body.len; j++)
            if (sv_istarts(sv_make(body.ptr + j, body.len - j), sv_of(close)))
                return sv_make(body.ptr + from, j - from);
        return SV_NULL;
    }
    return SV_NULL;
}

static bool told_by_html(struct sv body, struct told *out) {
    if (body.len > 256 * 1024) body.len = 256 * 1024;
    if (!body.len || body.ptr[0] != '<') return false;
    struct sv text = between(body, "<pre>", "</pre>");
    if (!text.len) text = between(body, "<title>", "</title>");
    if (!text.len) text = between(body, "<Message>", "</Message>");  /* storage errors are XML */
    copy_text(out->text, sizeof out->text, text);
    return *out->text;
}

static void told_find(struct sv body, struct told *out) {
    *out = (struct told){"", ""};
    body = sv_trim(body);
    if (told_by_json(body, out) || told_by_prefix(body, out) || told_by_html(body, out)) return;
    copy_text(out->text, MAX_RAW_TEXT, body);
    if (!*out->text) copy_text(out->text, sizeof out->text, SV_LIT("no further text from the server"));
}

static bool mentions(const struct told *t, const char *word) {
    struct sv text = sv_of(t->text), w = sv_of(word);
    for (size_t i = 0; i + w.len <= text.len; i++)
        if (sv_istarts(sv_make(text.ptr + i, w.len), w)) return true;
    return false;
}

static bool code_is(const struct told *t, const char *code) { return strcmp(t->code, code) == 0; }

/* The error_code is finer than the status; where there is none the status decides. */
static enum err_code classify(int status, const struct told *t) {
    if (status == 401 || code_is(t, "UNAUTHENTICATED")) return ERR_AUTH;
    if (code_is(t, "RESOURCE_EXHAUSTED") || code_is(t, "REQUEST_LIMIT_EXCEEDED") ||
        code_is(t, "TEMPORARILY_UNAVAILABLE"))
        return ERR_BUSY;
    if (status == 404 || code_is(t, "RESOURCE_DOES_NOT_EXIST") || code_is(t, "NOT_FOUND"))
        return mentions(t, "warehouse") || mentions(t, "endpoint") ? ERR_WAREHOUSE
               : mentions(t, "statement") || mentions(t, "result") || mentions(t, "chunk") ? ERR_RESULT_GONE : ERR_HTTP;
    switch (status) {
    case 403: return ERR_AUTH;
    case 408: case 504: return ERR_NET_TIMEOUT;
    case 413: return ERR_LIMIT;
    case 429: case 503: return ERR_BUSY;
    case 501: return ERR_UNSUPPORTED;
    default:  return ERR_HTTP;
    }
}

enum rc sea_http_error(int http_status, struct sv body, struct err *e) {
    struct told t;
    char state[6] = "";
    told_find(body, &t);
    enum err_code code = classify(http_status, &t);
    if (http_status == 400 && sea_sqlstate_find(t.text, state)) code = ERR_SQL;
    const char *hint =
        http_status >= 300 && http_status < 400 ? " (redirects are not followed; check Host and HTTPPath)" : "";
    err_set(e, code, "HTTP %d%s%s: %s%s", http_status, *t.code ? " " : "", t.code, t.text, hint);
    e->http_status = http_status;
    e->retryable = http_status == 429 || http_status == 503;
    memcpy(e->sqlstate, state, sizeof state);
    return RC_ERR;
}

static enum err_code statement_code(const struct sea_answer *a) {
    if (a->state == SEA_CANCELED || strcmp(a->error_code, "CANCELLED") == 0) return ERR_CANCELLED;
    if (*a->sqlstate) return ERR_SQL;
    if (strcmp(a->error_code, "UNAUTHENTICATED") == 0) return ERR_AUTH;
    if (strcmp(a->error_code, "DEADLINE_EXCEEDED") == 0) return ERR_QUERY_TIMEOUT;
    if (strcmp(a->error_code, "TEMPORARILY_UNAVAILABLE") == 0 ||
        strcmp(a->error_code, "SERVICE_UNDER_MAINTENANCE") == 0 ||
        strcmp(a->error_code, "WORKSPACE_TEMPORARILY_UNAVAILABLE") == 0)
        return ERR_BUSY;
    return ERR_SQL;
}

enum rc sea_statement_error(const struct sea_answer *a, struct err *e) {
    struct sv text = sv_trim(sv_of(a->error_text));
    const char *code = *a->error_code ? a->error_code : sea_state_name(a->state);
    if (a->state == SEA_CLOSED)
        err_set(e, ERR_RESULT_GONE, "the statement was closed at the server and its result is gone; execute it again");
    else if (a->state == SEA_CANCELED && !text.len)
        err_set(e, ERR_CANCELLED, "the statement was cancelled at the server");
    else if (a->state != SEA_FAILED && a->state != SEA_CANCELED)
        err_set(e, ERR_PROTOCOL, "the server's answer has the state %s", sea_state_name(a->state));
    else if (text.len && text.ptr[0] == '[') err_set(e, statement_code(a), SV_FMT, SV_ARG(text));
    else
        err_set(e, statement_code(a), "%s: " SV_FMT, code, text.len ? (int)text.len : 19,
                text.len ? text.ptr : "no text was provided");
    memcpy(e->sqlstate, a->sqlstate, sizeof e->sqlstate);
    snprintf(e->statement_id, sizeof e->statement_id, "%s", a->statement_id ? a->statement_id : "");
    return RC_ERR;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static enum rc put_str(struct buf *out, const char *key, struct sv value, struct err *e) {
    if (out->len && out->ptr[out->len - 1] != '{' && buf_addc(out, ',', e)) return RC_ERR;
    return buf_addc(out, '"', e) || buf_adds(out, key, e) || buf_adds(out, "\":", e) || json_quote(out, value, e)
               ? RC_ERR : RC_OK;
}

static enum rc put_str_if(struct buf *out, const char *key, const char *value, struct err *e) {
    return value && *value ? put_str(out, key, sv_of(value), e) : RC_OK;
}

static enum rc put_param(struct buf *out, const struct sea_param *p, struct err *e) {
    if (buf_addc(out, '{', e)) return RC_ERR;
    if (p->name ? put_str(out, "name", sv_of(p->name), e) : buf_addf(out, e, "\"ordinal\":%d", p->ordinal))
        return RC_ERR;
    if (put_str(out, "type", sv_of(p->type ? p->type : "STRING"), e)) return RC_ERR;
    if (p->value.ptr && put_str(out, "value", p->value, e)) return RC_ERR;
    return buf_addc(out, '}', e);
}

static enum rc put_params(struct buf *out, const struct sea_request *r, struct err *e) {
    if (!r->n_params) return RC_OK;
    if (buf_adds(out, ",\"parameters\":[", e)) return RC_ERR;
    for (int i = 0; i < r->n_params; i++)
        if ((i && buf_addc(out, ',', e)) || put_param(out, &r->params[i], e)) return RC_ERR;
    return buf_addc(out, ']', e);
}

enum rc sea_request_write(const struct sea_request *r, struct buf *out, struct err *e) {
    bool in_session = r->session_id && *r->session_id;
    const char *compression = r->format == SEA_ARROW_STREAM ? (r->lz4 ? "LZ4_FRAME" : "NONE") : NULL;
    if (buf_addc(out, '{', e) || put_str(out, "warehouse_id", sv_of(r->warehouse_id), e) ||
        put_str_if(out, "session_id", r->session_id, e) ||
        put_str_if(out, "catalog", in_session ? NULL : r->catalog, e) ||
        put_str_if(out, "schema", in_session ? NULL : r->schema, e) || put_str(out, "statement", r->statement, e) ||
        put_str_if(out, "disposition", sea_disposition_name(r->disposition), e) ||
        put_str_if(out, "format", sea_format_name(r->format), e) ||
        put_str_if(out, "result_compression", compression, e) || put_str_if(out, "wait_timeout", r->wait_timeout, e) ||
        put_str(out, "on_wait_timeout", SV_LIT("CONTINUE"), e))
        return RC_ERR;
    if (r->row_limit > 0 && buf_addf(out, e, ",\"row_limit\":%lld", (long long)r->row_limit)) return RC_ERR;
    return put_params(out, r, e) || buf_addc(out, '}', e) ? RC_ERR : RC_OK;
}

enum rc sea_session_write(const char *warehouse_id, const char *catalog, const char *schema, int n_confs,
                          const struct sea_header *confs, struct buf *out, struct err *e) {
    if (buf_addc(out, '{', e) || put_str(out, "warehouse_id", sv_of(warehouse_id), e) ||
        put_str_if(out, "catalog", catalog, e) || put_str_if(out, "schema", schema, e))
        return RC_ERR;
    if (n_confs && buf_adds(out, ",\"session_confs\":{", e)) return RC_ERR;
    for (int i = 0; i < n_confs; i++)
        if (put_str(out, confs[i].name, sv_of(confs[i].value), e)) return RC_ERR;
    return (n_confs && buf_addc(out, '}', e)) || buf_addc(out, '}', e) ? RC_ERR : RC_OK;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static int digits(const char **at, int n) {
    int v = 0;
    for (; n > 0; n--, (*at)++) {
        if (**at < '0' || **at > '9') return -1;
        v = v * 10 + (**at - '0');
    }
    return v;
}

/* Days since 1970-01-01 of a proleptic Gregorian date. */
static int64_t days_from_civil(int64_t y, int m, int d) {
    y -= m <= 2;
    int64_t era = y / 400, yoe = y - era * 400, doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static bool zone_parse(const char *at, int *minutes) {
    *minutes = 0;
    if ((*at == 'Z' || *at == 'z') && !at[1]) return true;
    if (*at != '+' && *at != '-') return false;
    bool west = *at++ == '-';
    int h = digits(&at, 2);
    if (*at == ':') at++;
    int m = digits(&at, 2);
    if (h < 0 || m < 0 || *at) return false;
    *minutes = (h * 60 + m) * (west ? -1 : 1);
    return true;
}

int64_t sea_time_parse(const char *iso) {
    const char *at = iso;
    int f[6];
    static const char seps[] = "--T::";
    for (int i = 0; i < 6; i++) {
        f[i] = digits(&at, i == 0 ? 4 : 2);
        if (f[i] < 0) return 0;
        if (i < 5 && *at != seps[i] && !(i == 2 && *at == ' ')) return 0;
        at += i < 5;
    }
    if (f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > 31 || f[3] > 23 || f[4] > 59 || f[5] > 60) return 0;
    int ms = 0, zone;
    if (*at == '.') {
        at++;
        for (int unit = 100; *at >= '0' && *at <= '9'; at++, unit /= 10) ms += (*at - '0') * unit;
    }
    if (!zone_parse(at, &zone)) return 0;
    return ((days_from_civil(f[0], f[1], f[2]) * 24 + f[3]) * 60 + f[4] - zone) * 60000 + f[5] * 1000 + ms;
}
