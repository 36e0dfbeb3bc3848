#include "cachekey.h"

#include <stdlib.h>
#include <strings.h>

#include "http_hdr.h"
#include "proxy/sql/normalise.h"

/* A field is: tag, 8 bytes of length (all ones = absent), bytes. Fields stand in the order of struct cachekey_decoded's
 * reader below. Tags are never given another meaning; a change of meaning changes VERSION. */
enum tag {
    TAG_VERSION = 1,
    TAG_GENERATION,
    TAG_TENANT,
    TAG_UPSTREAM,
    TAG_PRINCIPAL,
    TAG_GROUP,
    TAG_WHOLE_TENANT,
    TAG_WAREHOUSE,
    TAG_WAREHOUSE_GROUP,
    TAG_STATEMENT,
    TAG_STATEMENT_BYTES,
    TAG_COUNT,
    TAG_PARAM_NAME,
    TAG_PARAM_ORDINAL,
    TAG_PARAM_TYPE,
    TAG_PARAM_VALUE,
    TAG_CATALOG,
    TAG_SCHEMA,
    TAG_SESSION,
    TAG_TIME_ZONE,
    TAG_DAY,
    TAG_FORMAT,
    TAG_DISPOSITION,
    TAG_COMPRESSION,
    TAG_ROW_LIMIT,
    TAG_BYTE_LIMIT,
    TAG_QUERY,
    TAG_HEADER_NAME,
    TAG_HEADER_VALUE,
    TAG_PATH,
    TAG_BODY
};

enum { HEAD_BYTES = 9, MAX_KEYED_HEADERS = 64 };

#define VERSION_TEXT "dbxp key 2"

/* ---- writing --------------------------------------------------------------------------------------------------- */

static enum rc put(struct buf *out, enum tag tag, struct sv v, struct err *e) {
    unsigned char head[HEAD_BYTES] = {(unsigned char)tag};
    uint64_t len = v.ptr ? v.len : UINT64_MAX;
    for (int i = 0; i < 8; i++) head[1 + i] = (unsigned char)(len >> (8 * i));
    return buf_add(out, head, sizeof head, e) || buf_addsv(out, v, e) ? RC_ERR : RC_OK;
}

static enum rc put_number(struct buf *out, enum tag tag, long long n, struct err *e) {
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((unsigned long long)n >> (8 * i));
    return put(out, tag, sv_make((char *)bytes, sizeof bytes), e);
}

static enum rc put_digest(struct buf *out, enum tag tag, const uint8_t *digest, struct err *e) {
    return put(out, tag, digest ? sv_make((const char *)digest, DIGEST_BYTES) : SV_NULL, e);
}

static enum rc put_upper(struct buf *out, enum tag tag, struct sv v, const char *fallback, struct err *e) {
    size_t start = out->len;
    if (put(out, tag, v.ptr ? v : sv_of(fallback), e)) return RC_ERR;
    for (size_t i = start + HEAD_BYTES; i < out->len; i++)
        if (out->ptr[i] >= 'a' && out->ptr[i] <= 'z') out->ptr[i] = (char)(out->ptr[i] - 32);
    return RC_OK;
}

static struct sv or_default(struct sv v, const char *fallback) { return v.ptr ? v : sv_of(fallback); }

enum rc cachekey_normalise(struct sv sql, struct buf *out, struct err *e) { return sql_normalise(sql, out, e); }

static enum rc put_statement(struct buf *out, const struct cachekey_fields *f, struct err *e) {
    struct sv sql = f->request->statement;
    struct buf text;
    if (f->strict) return put(out, TAG_STATEMENT_BYTES, sql, e);
    buf_init(&text, sql.len * 2 + 1);
    enum rc rc = sql_normalise(sql, &text, e);
    if (rc == RC_OK) rc = put(out, TAG_STATEMENT, buf_sv(&text), e);
    buf_wipe(&text);
    return rc;
}

static enum rc put_scope(struct buf *out, const struct cachekey_fields *f, struct err *e) {
    switch (f->scope) {
    case CACHEKEY_GROUP: return put(out, TAG_GROUP, f->group, e);
    case CACHEKEY_TENANT: return put(out, TAG_WHOLE_TENANT, SV_NULL, e);
    default: return put_digest(out, TAG_PRINCIPAL, f->principal, e);
    }
}

static enum rc put_where(struct buf *out, const struct cachekey_fields *f, struct err *e) {
    bool grouped = f->warehouse_group.ptr != NULL;
    if (put(out, TAG_VERSION, SV_LIT(VERSION_TEXT), e) || put(out, TAG_GENERATION, f->generation, e) ||
        put(out, TAG_TENANT, f->tenant, e) || put(out, TAG_UPSTREAM, f->upstream, e) || put_scope(out, f, e))
        return RC_ERR;
    return put(out, grouped ? TAG_WAREHOUSE_GROUP : TAG_WAREHOUSE, grouped ? f->warehouse_group : f->request->warehouse_id, e);
}

static enum rc put_params(struct buf *out, const struct execreq *r, struct err *e) {
    if (put_number(out, TAG_COUNT, r->n_params, e)) return RC_ERR;
    for (int i = 0; i < r->n_params; i++) {
        const struct execreq_param *p = &r->params[i];
        if (put(out, TAG_PARAM_NAME, p->name, e) || put_number(out, TAG_PARAM_ORDINAL, p->ordinal, e) ||
            put_upper(out, TAG_PARAM_TYPE, p->type, "STRING", e) || put(out, TAG_PARAM_VALUE, p->value, e))
            return RC_ERR;
    }
    return RC_OK;
}

static enum rc put_shape(struct buf *out, const struct execreq *r, struct err *e) {
    return put(out, TAG_FORMAT, or_default(r->format, "JSON_ARRAY"), e) ||
                   put(out, TAG_DISPOSITION, or_default(r->disposition, "INLINE"), e) ||
                   put(out, TAG_COMPRESSION, or_default(r->compression, "NONE"), e) ||
                   put(out, TAG_ROW_LIMIT, r->row_limit, e) || put(out, TAG_BYTE_LIMIT, r->byte_limit, e)
               ? RC_ERR
               : RC_OK;
}

/* ---- headers --------------------------------------------------------------------------------------------------- */

struct keyed {
    const struct evkeyval *h;
    int at;                /* those of one name keep their order */
};

static int compare_headers(const void *va, const void *vb) {
    const struct keyed *a = va, *b = vb;
    int order = strcasecmp(a->h->key, b->h->key);
    return order ? order : a->at - b->at;
}

static bool is_extra(const struct cachekey_fields *f, const char *name) {
    for (int i = 0; i < f->n_key_extra; i++)
        if (strcasecmp(f->key_extra[i], name) == 0) return true;
    return false;
}

/* What tells the proxy how to go about it: it changes no result, but what is done for the request. */
static bool is_control(const char *name) {
    return strncasecmp(name, "X-Dbxproxy-", 11) == 0 || strcasecmp(name, "Cache-Control") == 0 ||
           strcasecmp(name, "Content-Encoding") == 0;
}

static enum rc put_headers(struct buf *out, const struct cachekey_fields *f, bool controls, struct err *e) {
    const struct evkeyval *h;
    struct keyed keyed[MAX_KEYED_HEADERS];
    int n = 0;
    TAILQ_FOREACH(h, f->headers, next) {
        if (!http_hdr_is_keyed(h->key) && !is_extra(f, h->key) && !(controls && is_control(h->key))) continue;
        if (n == MAX_KEYED_HEADERS) return err_set(e, ERR_LIMIT, "too many headers that belong to the key");
        keyed[n] = (struct keyed){h, n};
        n++;
    }
    qsort(keyed, (size_t)n, sizeof *keyed, compare_headers);
    if (put_number(out, TAG_COUNT, n, e)) return RC_ERR;
    for (int i = 0; i < n; i++)
        if (put_upper(out, TAG_HEADER_NAME, sv_of(keyed[i].h->key), "", e) ||
            put(out, TAG_HEADER_VALUE, sv_of(keyed[i].h->value), e))
            return RC_ERR;
    return RC_OK;
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

enum rc cachekey_encode(const struct cachekey_fields *f, struct buf *out, struct err *e) {
    const struct execreq *r = f->request;
    if (put_where(out, f, e) || put_statement(out, f, e) || put_params(out, r, e)) return RC_ERR;
    if (put(out, TAG_CATALOG, r->catalog, e) || put(out, TAG_SCHEMA, r->schema, e) ||
        put_digest(out, TAG_SESSION, f->session, e) || put(out, TAG_TIME_ZONE, f->time_zone, e) ||
        put(out, TAG_DAY, f->day, e))
        return RC_ERR;
    return put_shape(out, r, e) || put(out, TAG_QUERY, f->query, e) || put_headers(out, f, false, e) ? RC_ERR : RC_OK;
}

enum rc cachekey_make(const struct secrets *s, const struct cachekey_fields *f, uint8_t out[DIGEST_BYTES],
                      struct err *e) {
    struct buf text;
    buf_init(&text, 64 * 1024 * 1024);
    enum rc rc = cachekey_encode(f, &text, e);
    if (rc == RC_OK) rc = secrets_digest(s, "cache key", buf_sv(&text), out, e);
    buf_wipe(&text); /* parameters may be private */
    return rc;
}

enum rc cachekey_make_l0(const struct secrets *s, const struct cachekey_fields *f, struct sv path, struct sv body,
                         uint8_t out[DIGEST_BYTES], struct err *e) {
    struct buf text;
    buf_init(&text, 64 * 1024 * 1024);
    bool bad = put(&text, TAG_GENERATION, f->generation, e) || put(&text, TAG_TENANT, f->tenant, e) ||
               put_digest(&text, TAG_PRINCIPAL, f->principal, e) || put_digest(&text, TAG_SESSION, f->session, e) ||
               put(&text, TAG_TIME_ZONE, f->time_zone, e) || put(&text, TAG_PATH, path, e) ||
               put(&text, TAG_QUERY, f->query, e) || put_headers(&text, f, true, e) || put(&text, TAG_BODY, body, e);
    enum rc rc = bad ? RC_ERR : secrets_digest(s, "request", buf_sv(&text), out, e);
    buf_wipe(&text);
    return rc;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct reader {
    struct sv rest;
    bool bad;
};

static enum tag peek_tag(const struct reader *r) { return r->rest.len ? (enum tag)(unsigned char)r->rest.ptr[0] : 0; }

static struct sv take(struct reader *r, enum tag tag) {
    uint64_t len = 0;
    if (r->bad || r->rest.len < HEAD_BYTES || peek_tag(r) != tag) return r->bad = true, SV_NULL;
    for (int i = 0; i < 8; i++) len |= (uint64_t)(unsigned char)r->rest.ptr[1 + i] << (8 * i);
    struct sv v = sv_make(r->rest.ptr + HEAD_BYTES, 0);
    size_t room = r->rest.len - HEAD_BYTES;
    r->rest = sv_make(v.ptr, room);
    if (len == UINT64_MAX) return SV_NULL;
    if (len > room) return r->bad = true, SV_NULL;
    v.len = (size_t)len;
    r->rest = sv_make(v.ptr + v.len, room - v.len);
    return v;
}

static long long take_number(struct reader *r, enum tag tag) {
    struct sv v = take(r, tag);
    unsigned long long n = 0;
    if (v.len != 8) return r->bad = true, 0;
    for (int i = 0; i < 8; i++) n |= (unsigned long long)(unsigned char)v.ptr[i] << (8 * i);
    return (long long)n;
}

static const uint8_t *take_digest(struct reader *r, enum tag tag) {
    struct sv v = take(r, tag);
    if (v.ptr && v.len != DIGEST_BYTES) r->bad = true;
    return (const uint8_t *)v.ptr;
}

/* A count of things of which each takes at least this many bytes. */
static int take_count(struct reader *r, size_t each) {
    long long n = take_number(r, TAG_COUNT);
    if (n < 0 || (unsigned long long)n > r->rest.len / each) r->bad = true;
    return r->bad ? 0 : (int)n;
}

static void take_where(struct reader *r, struct cachekey_decoded *out) {
    struct cachekey_fields *f = &out->fields;
    if (!sv_eq(take(r, TAG_VERSION), SV_LIT(VERSION_TEXT))) r->bad = true;
    f->generation = take(r, TAG_GENERATION);
    f->tenant = take(r, TAG_TENANT);
    f->upstream = take(r, TAG_UPSTREAM);
    f->scope = peek_tag(r) == TAG_GROUP          ? CACHEKEY_GROUP
               : peek_tag(r) == TAG_WHOLE_TENANT ? CACHEKEY_TENANT
                                                 : CACHEKEY_PRINCIPAL;
    if (f->scope == CACHEKEY_GROUP) f->group = take(r, TAG_GROUP);
    else if (f->scope == CACHEKEY_TENANT) take(r, TAG_WHOLE_TENANT);
    else f->principal = take_digest(r, TAG_PRINCIPAL);
    if (peek_tag(r) == TAG_WAREHOUSE_GROUP) f->warehouse_group = take(r, TAG_WAREHOUSE_GROUP);
    else out->request.warehouse_id = take(r, TAG_WAREHOUSE);
    f->strict = peek_tag(r) == TAG_STATEMENT_BYTES;
    out->request.statement = take(r, f->strict ? TAG_STATEMENT_BYTES : TAG_STATEMENT);
}

static void take_params(struct reader *r, struct arena *a, struct execreq *out) {
    int n = take_count(r, 4 * HEAD_BYTES);
    out->params = arena_array(a, (size_t)n + 1, sizeof *out->params);
    if (!out->params) r->bad = true;
    for (; !r->bad && out->n_params < n; out->n_params++) {
        struct execreq_param *p = &out->params[out->n_params];
        p->name = take(r, TAG_PARAM_NAME);
        p->ordinal = take_number(r, TAG_PARAM_ORDINAL);
        p->type = take(r, TAG_PARAM_TYPE);
        p->value = take(r, TAG_PARAM_VALUE);
    }
}

static void take_shape(struct reader *r, struct execreq *out) {
    out->format = take(r, TAG_FORMAT);
    out->disposition = take(r, TAG_DISPOSITION);
    out->compression = take(r, TAG_COMPRESSION);
    out->row_limit = take(r, TAG_ROW_LIMIT);
    out->byte_limit = take(r, TAG_BYTE_LIMIT);
}

static void take_headers(struct reader *r, struct arena *a, struct cachekey_decoded *out) {
    int n = take_count(r, 2 * HEAD_BYTES);
    out->headers = arena_array(a, (size_t)n + 1, sizeof *out->headers);
    if (!out->headers) r->bad = true;
    for (; !r->bad && out->n_headers < n; out->n_headers++) {
        out->headers[out->n_headers].name = take(r, TAG_HEADER_NAME);
        out->headers[out->n_headers].value = take(r, TAG_HEADER_VALUE);
    }
}

enum rc cachekey_decode(struct sv text, struct arena *a, struct cachekey_decoded *out, struct err *e) {
    struct reader r = {.rest = text};
    *out = (struct cachekey_decoded){0};
    take_where(&r, out);
    take_params(&r, a, &out->request);
    out->request.catalog = take(&r, TAG_CATALOG);
    out->request.schema = take(&r, TAG_SCHEMA);
    out->fields.session = take_digest(&r, TAG_SESSION);
    out->fields.time_zone = take(&r, TAG_TIME_ZONE);
    out->fields.day = take(&r, TAG_DAY);
    take_shape(&r, &out->request);
    out->fields.query = take(&r, TAG_QUERY);
    take_headers(&r, a, out);
    return r.bad || r.rest.len ? err_set(e, ERR_PROTOCOL, "not the text of a key") : RC_OK;
}
