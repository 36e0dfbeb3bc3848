#include "text.h"

#include <stdint.h>

#include "core/mem.h"
#include "core/utf.h"
#include "driver/handle/diag.h"

static size_t units_nts(const SQLWCHAR *s) {
    size_t n = 0;
    while (s[n]) n++;
    return n;
}

static enum text_fault take_narrow(const char *s, size_t len, struct sv *out) {
    if (len > 0 && s[len - 1] == '\0') len--;
    if (!utf8_is_valid(s, len)) return TEXT_ILL_FORMED;
    *out = sv_make(s, len);
    return TEXT_FINE;
}

static enum text_fault take_wide(struct text_in *t, const SQLWCHAR *s, size_t units, struct sv *out) {
    if (units > 0 && s[units - 1] == 0) units--;
    size_t bytes = utf16_to_8_bytes(s, units), used = 0;
    char *to = t->small;
    if (bytes > sizeof t->small) to = t->own = mem_alloc(t->own_bytes = bytes);
    if (!to) return TEXT_NOMEM;
    bool bad = false;
    size_t len = utf16_to_8(s, units, to, bytes, &used, &bad);
    if (bad) return TEXT_ILL_FORMED;
    *out = sv_make(to, len);
    return TEXT_FINE;
}

enum text_fault text_in_take(struct text_in *t, bool wide, const void *ptr, SQLLEN len, struct sv *out) {
    *out = SV_NULL;
    if (!ptr) return TEXT_FINE;
    if (len < 0 && len != SQL_NTS) return TEXT_BAD_LENGTH;
    if (!wide) return take_narrow(ptr, len == SQL_NTS ? strlen(ptr) : (size_t)len, out);
    return take_wide(t, ptr, len == SQL_NTS ? units_nts(ptr) : (size_t)len, out);
}

void text_in_fini(struct text_in *t) {
    if (t->own) mem_wipe(t->own, t->own_bytes);
    mem_free(t->own);
    t->own = NULL;
}

/* A length that its type cannot hold stays one short of the largest: applications add one for the terminator. */
void text_out_length(const struct text_out *out, SQLLEN len) {
    if (out->len16_r) *out->len16_r = len >= INT16_MAX ? INT16_MAX - 1 : (SQLSMALLINT)len;
    if (out->len32_r) *out->len32_r = len >= INT32_MAX ? INT32_MAX - 1 : (SQLINTEGER)len;
}

static SQLRETURN put_narrow(const struct text_out *out, struct sv text) {
    text_out_length(out, (SQLLEN)text.len);
    if (!out->ptr) return SQL_SUCCESS;
    if (out->cap == 0) return SQL_SUCCESS_WITH_INFO;
    size_t room = (size_t)out->cap - 1;
    size_t n = text.len <= room ? text.len : utf8_floor(text.ptr, text.len, room);
    if (n) memcpy(out->ptr, text.ptr, n);
    ((char *)out->ptr)[n] = '\0';
    return n < text.len ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

static SQLRETURN put_wide(const struct text_out *out, struct sv text) {
    size_t unit = out->bytes ? sizeof(SQLWCHAR) : 1;
    text_out_length(out, (SQLLEN)(utf8_to_16_units(text.ptr, text.len) * unit));
    if (!out->ptr) return SQL_SUCCESS;
    size_t cap = (size_t)out->cap / unit, used = 0;
    if (cap == 0) return SQL_SUCCESS_WITH_INFO;
    SQLWCHAR *to = out->ptr;
    size_t n = text.len ? utf8_to_16(text.ptr, text.len, to, cap - 1, &used, NULL) : 0;
    to[n] = 0;
    return used < text.len ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

SQLRETURN text_out_put(const struct text_out *out, struct sv text) {
    if (out->ptr && (out->cap < 0 || (out->wide && out->bytes &&
                                      out->cap % (SQLLEN)sizeof(SQLWCHAR)))) return SQL_ERROR;
    return out->wide ? put_wide(out, text) : put_narrow(out, text);
}

SQLRETURN text_out_give(const struct text_out *out, struct sv text, struct handle *h) {
    SQLRETURN rc = text_out_put(out, text);
    if (rc == SQL_ERROR) return diag_fail(h, ST_LENGTH, "the buffer length %ld is negative or not even",
                                          (long)out->cap);
    if (rc == SQL_SUCCESS_WITH_INFO)
        return diag_warn(h, ST_TRUNCATED, "the text was cut to fit the buffer; its full length was returned");
    return rc;
}

SQLRETURN text_out_u16(const struct text_out *out, SQLUSMALLINT v) {
    if (out->ptr) memcpy(out->ptr, &v, sizeof v);
    text_out_length(out, sizeof v);
    return SQL_SUCCESS;
}

SQLRETURN text_out_u32(const struct text_out *out, SQLUINTEGER v) {
    if (out->ptr) memcpy(out->ptr, &v, sizeof v);
    text_out_length(out, sizeof v);
    return SQL_SUCCESS;
}

SQLRETURN text_out_ulen(const struct text_out *out, SQLULEN v) {
    if (out->ptr) memcpy(out->ptr, &v, sizeof v);
    text_out_length(out, sizeof v);
    return SQL_SUCCESS;
}

SQLRETURN text_out_ptr(const struct text_out *out, const void *v) {
    if (out->ptr) memcpy(out->ptr, &v, sizeof v);
    text_out_length(out, sizeof v);
    return SQL_SUCCESS;
}
