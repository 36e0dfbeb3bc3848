#define _GNU_SOURCE /* memmem */
#include "execreq.h"

#include <stdlib.h>
#include <string.h>

#include "proxy/sql/classify.h"
#include "core/json.h"
#include "core/utf.h"

enum { MAX_PARAMS = 10000, MAX_DEPTH_HERE = 32 };

static bool take_text(const cJSON *v, struct sv *out) {
    if (!cJSON_IsString(v)) return false;
    *out = sv_of(v->valuestring);
    return true;
}

/* Numbers are keyed as written: a double would make neighbours beyond 2^53 equal. */
static bool take_digits(struct sv body, const char *key, struct sv *out) {
    const char *const path[] = {key, NULL};
    struct err e = ERR_INIT;
    bool found = false;
    if (json_slice(body, path, out, &found, &e) || !found) return false;
    for (size_t i = 0; i < out->len; i++)
        if (out->ptr[i] < '0' || out->ptr[i] > '9') return false;
    return out->len > 0;
}

/* ---- parameters ------------------------------------------------------------------------------------------------ */

static bool take_param_member(const cJSON *v, struct execreq_param *p) {
    const char *key = v->string;
    if (strcmp(key, "name") == 0) return take_text(v, &p->name);
    if (strcmp(key, "type") == 0) return cJSON_IsNull(v) || take_text(v, &p->type);
    if (strcmp(key, "value") == 0) return cJSON_IsNull(v) || take_text(v, &p->value);
    if (strcmp(key, "ordinal") != 0 || !cJSON_IsNumber(v) || v->valuedouble < 1 || v->valuedouble > MAX_PARAMS)
        return false;
    p->ordinal = (long long)v->valuedouble;
    return (double)p->ordinal == v->valuedouble;
}

static bool take_param(const cJSON *item, struct execreq_param *p) {
    const cJSON *v;
    if (!cJSON_IsObject(item)) return false;
    cJSON_ArrayForEach(v, item) if (!take_param_member(v, p)) return false;
    return (p->name.ptr != NULL) != (p->ordinal != 0) && !classify_is_moment(p->value);
}

static int compare_params(const void *va, const void *vb) {
    const struct execreq_param *a = va, *b = vb;
    if (a->ordinal != b->ordinal) return a->ordinal < b->ordinal ? -1 : 1;
    size_t shorter = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = shorter ? memcmp(a->name.ptr, b->name.ptr, shorter) : 0;
    return order ? order : (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static enum bypass take_params(const cJSON *list, struct arena *a, struct execreq *out) {
    int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1, i = 0;
    const cJSON *item;
    if (cJSON_IsNull(list)) return BYPASS_NONE;
    if (n < 0 || n > MAX_PARAMS) return BYPASS_PARAMETERS;
    out->params = arena_array(a, (size_t)n, sizeof *out->params);
    if (!out->params) return BYPASS_PARAMETERS;
    cJSON_ArrayForEach(item, list) if (!take_param(item, &out->params[i++])) return BYPASS_PARAMETERS;
    out->n_params = n;
    qsort(out->params, (size_t)n, sizeof *out->params, compare_params);
    for (i = 1; i < n; i++)
        if (compare_params(&out->params[i - 1], &out->params[i]) == 0) return BYPASS_PARAMETERS;
    return BYPASS_NONE;
}

/* ---- members --------------------------------------------------------------------------------------------------- */

struct text_member {
    const char *key;
    size_t offset;
};

static const struct text_member TEXTS[] = {
    {"statement", offsetof(struct execreq, statement)},
    {"warehouse_id", offsetof(struct execreq, warehouse_id)},
    {"session_id", offsetof(struct execreq, session_id)},
    {"catalog", offsetof(struct execreq, catalog)},
    {"schema", offsetof(struct execreq, schema)},
    {"format", offsetof(struct execreq, format)},
    {"disposition", offsetof(struct execreq, disposition)},
    {"result_compression", offsetof(struct execreq, compression)},
};

static enum bypass take_member(const cJSON *v, struct sv body, struct arena *a, struct execreq *out) {
    static const char *const INERT[] = {"wait_timeout", "on_wait_timeout", "query_tags"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        if (strcmp(v->string, TEXTS[i].key) == 0)
            return take_text(v, (struct sv *)((char *)out + TEXTS[i].offset)) ? BYPASS_NONE : BYPASS_UNKEYED;
    for (size_t i = 0; i < sizeof INERT / sizeof *INERT; i++)
        if (strcmp(v->string, INERT[i]) == 0) return BYPASS_NONE;
    if (strcmp(v->string, "parameters") == 0) return take_params(v, a, out);
    if (strcmp(v->string, "row_limit") == 0)
        return take_digits(body, "row_limit", &out->row_limit) ? BYPASS_NONE : BYPASS_UNKEYED;
    if (strcmp(v->string, "byte_limit") == 0)
        return take_digits(body, "byte_limit", &out->byte_limit) ? BYPASS_NONE : BYPASS_UNKEYED;
    return BYPASS_UNKEYED;
}

/* A parameter may name a relation through IDENTIFIER(:p): those that live by themselves are not kept. */
static bool names_system(const struct execreq *r) {
    static const char *const WORDS[] = {"system", "information_schema", "/", "__"};
    for (int i = 0; i < r->n_params; i++)
        for (size_t k = 0; k < sizeof WORDS / sizeof *WORDS; k++)
            for (size_t at = 0; at < r->params[i].value.len; at++)
                if (sv_istarts(sv_make(r->params[i].value.ptr + at, r->params[i].value.len - at), sv_of(WORDS[k])))
                    return true;
    return false;
}

static bool mentions(struct sv text, const char *word) {
    for (size_t i = 0; i + strlen(word) <= text.len; i++)
        if (sv_istarts(sv_make(text.ptr + i, text.len - i), sv_of(word))) return true;
    return false;
}

/* cJSON ends strings at a NUL: look at such a body without it. */
static enum rc refuse_nul(struct sv body, struct err *e) {
    static const char *const PATH[] = {"statement", NULL};
    struct sv token;
    struct buf text;
    bool found = false;
    struct err ignored = ERR_INIT;
    buf_init(&text, body.len + 1);
    bool bad = json_slice(body, PATH, &token, &found, &ignored) == RC_OK && found &&
               json_unquote(&text, token, &ignored) == RC_OK && text.len && memchr(text.ptr, 0, text.len);
    buf_fini(&text);
    return bad ? err_set(e, ERR_ARG, "the statement contains a NUL character") : RC_OK;
}

static bool too_deep(const cJSON *v, int depth) {
    const cJSON *child;
    if (depth > MAX_DEPTH_HERE) return true;
    cJSON_ArrayForEach(child, v) if (too_deep(child, depth + 1)) return true;
    return false;
}

static void take_members(struct sv body, struct arena *a, struct execreq *out) {
    const cJSON *v;
    enum bypass why = BYPASS_NONE;
    cJSON_ArrayForEach(v, out->tree) {
        enum bypass now = take_member(v, body, a, out);
        if (why == BYPASS_NONE) why = now;
    }
    if (!out->statement.ptr || !out->warehouse_id.ptr) why = BYPASS_BODY;
    if (why == BYPASS_NONE && too_deep(out->tree, 0)) why = BYPASS_UNKEYED;
    if (why == BYPASS_NONE && out->n_params && names_system(out) && mentions(out->statement, "identifier"))
        why = BYPASS_SYSTEM;
    out->why = why;
}

enum rc execreq_parse(struct sv body, struct arena *a, struct execreq *out, struct err *e) {
    struct err ignored = ERR_INIT;
    *out = (struct execreq){.why = BYPASS_BODY};
    if (!utf8_is_valid(body.ptr, body.len)) return err_set(e, ERR_ARG, "the body is not UTF-8");
    if (json_check(body, false, &ignored)) return RC_OK; /* the upstream will say what it thinks of it */
    if (json_check(body, true, e)) return RC_ERR;
    if (memmem(body.ptr, body.len, "\\u0000", 6)) return refuse_nul(body, e);
    if (json_parse(body, &out->tree, &ignored)) return RC_OK;
    if (cJSON_IsObject(out->tree)) take_members(body, a, out);
    return RC_OK;
}

void execreq_fini(struct execreq *r) {
    cJSON_Delete(r->tree);
    *r = (struct execreq){0};
}
