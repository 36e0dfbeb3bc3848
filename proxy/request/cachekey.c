#include "cachekey.h"

#include <stdlib.h>
#include <strings.h>

#include "core/sqlscan.h"
#include "http_hdr.h"

/* A field is: tag, 8 bytes of length (all ones = absent), bytes. Tags are never given another meaning; a change of
 * meaning changes VERSION. */
enum tag {
    TAG_VERSION = 1,
    TAG_UPSTREAM,
    TAG_PRINCIPAL,
    TAG_WAREHOUSE,
    TAG_STATEMENT,
    TAG_PARAM_NAME,
    TAG_PARAM_ORDINAL,
    TAG_PARAM_TYPE,
    TAG_PARAM_VALUE,
    TAG_CATALOG,
    TAG_SCHEMA,
    TAG_SESSION,
    TAG_FORMAT,
    TAG_DISPOSITION,
    TAG_COMPRESSION,
    TAG_ROW_LIMIT,
    TAG_BYTE_LIMIT,
    TAG_QUERY,
    TAG_HEADER_NAME,
    TAG_HEADER_VALUE,
    TAG_COUNT
};

static enum rc put(struct buf *out, enum tag tag, struct sv v, struct err *e) {
    unsigned char head[9] = {(unsigned char)tag};
    uint64_t len = v.ptr ? v.len : UINT64_MAX;
    for (int i = 0; i < 8; i++) head[1 + i] = (unsigned char)(len >> (8 * i));
    return buf_add(out, head, sizeof head, e) || buf_addsv(out, v, e) ? RC_ERR : RC_OK;
}

static enum rc put_number(struct buf *out, enum tag tag, long long n, struct err *e) {
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((unsigned long long)n >> (8 * i));
    return put(out, tag, sv_make((char *)bytes, sizeof bytes), e);
}

static enum rc put_upper(struct buf *out, enum tag tag, struct sv v, const char *fallback, struct err *e) {
    size_t start = out->len;
    if (put(out, tag, v.ptr ? v : sv_of(fallback), e)) return RC_ERR;
    for (size_t i = start + 9; i < out->len; i++)
        if (out->ptr[i] >= 'a' && out->ptr[i] <= 'z') out->ptr[i] = (char)(out->ptr[i] - 32);
    return RC_OK;
}

static struct sv or_default(struct sv v, const char *fallback) { return v.ptr ? v : sv_of(fallback); }

enum rc cachekey_normalise(struct sv sql, struct buf *out, struct err *e) {
    struct sqlscan s = sqlscan_of(sql);
    size_t keep = 0;
    for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s)) {
        if (out->len && t.gap && buf_addc(out, ' ', e)) return RC_ERR;
        if (buf_addsv(out, t.text, e)) return RC_ERR;
        if (t.kind != SQLTOK_SEMI) keep = out->len;
    }
    out->len = keep; /* without the semicolons at the end */
    if (out->ptr) out->ptr[keep] = '\0';
    return RC_OK;
}

static enum rc put_statement(struct buf *out, struct sv sql, struct err *e) {
    struct buf text;
    buf_init(&text, sql.len * 2 + 1);
    enum rc rc = cachekey_normalise(sql, &text, e);
    if (rc == RC_OK) rc = put(out, TAG_STATEMENT, buf_sv(&text), e);
    buf_fini(&text);
    return rc;
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

static int compare_headers(const void *va, const void *vb) {
    const struct evkeyval *const *a = va, *const *b = vb;
    int order = strcasecmp((*a)->key, (*b)->key);
    return order ? order : strcmp((*a)->value, (*b)->value);
}

static enum rc put_headers(struct buf *out, const struct evkeyvalq *headers, struct err *e) {
    const struct evkeyval *h, *keyed[64];
    size_t n = 0;
    TAILQ_FOREACH(h, headers, next) {
        if (!http_hdr_is_keyed(h->key)) continue;
        if (n == sizeof keyed / sizeof *keyed) return err_set(e, ERR_LIMIT, "too many X-Databricks- headers");
        keyed[n++] = h;
    }
    qsort(keyed, n, sizeof *keyed, compare_headers);
    for (size_t i = 0; i < n; i++)
        if (put_upper(out, TAG_HEADER_NAME, sv_of(keyed[i]->key), "", e) ||
            put(out, TAG_HEADER_VALUE, sv_of(keyed[i]->value), e))
            return RC_ERR;
    return RC_OK;
}

enum rc cachekey_encode(const struct cachekey_fields *f, struct buf *out, struct err *e) {
    const struct execreq *r = f->request;
    struct sv session = f->session ? sv_make((const char *)f->session, DIGEST_BYTES) : SV_NULL;
    if (put(out, TAG_VERSION, SV_LIT("dbxp key 1"), e) || put(out, TAG_UPSTREAM, f->upstream, e) ||
        put(out, TAG_PRINCIPAL, sv_make((const char *)f->principal, DIGEST_BYTES), e) ||
        put(out, TAG_WAREHOUSE, r->warehouse_id, e) || put_statement(out, r->statement, e) || put_params(out, r, e) ||
        put(out, TAG_CATALOG, r->catalog, e) || put(out, TAG_SCHEMA, r->schema, e) || put(out, TAG_SESSION, session, e))
        return RC_ERR;
    if (put(out, TAG_FORMAT, or_default(r->format, "JSON_ARRAY"), e) ||
        put(out, TAG_DISPOSITION, or_default(r->disposition, "INLINE"), e) ||
        put(out, TAG_COMPRESSION, or_default(r->compression, "NONE"), e) || put(out, TAG_ROW_LIMIT, r->row_limit, e) ||
        put(out, TAG_BYTE_LIMIT, r->byte_limit, e) || put(out, TAG_QUERY, f->query, e))
        return RC_ERR;
    return put_headers(out, f->headers, e);
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
