/* Cells to SQL_C_BINARY and SQL_C_GUID. Numbers, dates and times go to BINARY as the structures of their default C
 * type. */
#include "core/dec.h"
#include "core/dtime.h"
#include "core/utf.h"
#include "kernel.h"

#define AT(T) (((const T *)v->data)[i])
#define PUT(name) static ALWAYS_INLINE enum conv_issue name(struct cell *c, const struct col_view *v, int64_t i)

PUT(put_bin_bytes) {
    struct sv bytes = cell_limited(c->job, v, i);
    c->len = (SQLLEN)bytes.len;
    if (c->len <= c->cap) {
        if (bytes.len) memcpy(c->target, bytes.ptr, bytes.len);
        return CONV_OK;
    }
    if (c->cap > 0) memcpy(c->target, bytes.ptr, (size_t)c->cap);
    return CONV_TRUNCATED;
}

/* A structure is whole or it is nothing. */
static ALWAYS_INLINE enum conv_issue put_struct(struct cell *c, const void *value, size_t size) {
    if (c->cap < (SQLLEN)size) return CONV_RANGE;
    memcpy(c->target, value, size);
    c->len = (SQLLEN)size;
    return CONV_OK;
}

PUT(put_bin_bool) {
    unsigned char t = cell_bit(v, i);
    return put_struct(c, &t, 1);
}
PUT(put_bin_8) { return put_struct(c, (const char *)v->data + i, 1); }
PUT(put_bin_16) { return put_struct(c, (const char *)v->data + i * 2, 2); }
PUT(put_bin_32) { return put_struct(c, (const char *)v->data + i * 4, 4); }
PUT(put_bin_64) { return put_struct(c, (const char *)v->data + i * 8, 8); }

PUT(put_bin_dec) {
    const struct sea_column *sea = &c->job->column->sea;
    dec_int value = dec_load((const char *)v->data + i * 16);
    dec_uint magnitude = dec_abs(value);
    SQL_NUMERIC_STRUCT t = {(SQLCHAR)(sea->precision ? sea->precision : DEC_MAX_DIGITS), (SQLSCHAR)sea->scale,
                            value >= 0, {0}};
    memcpy(t.val, &magnitude, sizeof magnitude);
    return put_struct(c, &t, sizeof t);
}

/* Dates and times by way of their own kernels' structures: one cell, into a place of ours. */
static ALWAYS_INLINE enum conv_issue put_bin_time_like(struct cell *c, const struct col_view *v, int64_t i,
                                                       enum target target,
                                                       size_t size) {
    char place[sizeof(SQL_TIMESTAMP_STRUCT)];
    uint8_t issue = CONV_OK;
    struct conv_job job = *c->job;
    job.data = place;
    job.octet_length = job.indicator = NULL;
    to_time_find(v->phys, target)(&job, v, i - v->offset, 1, &issue);
    if (issue_is_error((enum conv_issue)issue)) return (enum conv_issue)issue;
    enum conv_issue stored = put_struct(c, place, size);
    return stored == CONV_OK ? (enum conv_issue)issue : stored;
}

PUT(put_bin_date) { return put_bin_time_like(c, v, i, TO_DATE, sizeof(SQL_DATE_STRUCT)); }
PUT(put_bin_time) { return put_bin_time_like(c, v, i, TO_TIME, sizeof(SQL_TIME_STRUCT)); }
PUT(put_bin_stamp) { return put_bin_time_like(c, v, i, TO_STAMP, sizeof(SQL_TIMESTAMP_STRUCT)); }

/* Intervals are described as VARCHAR: their bytes are those of the text. */
static ALWAYS_INLINE enum conv_issue put_bin_rendered(struct cell *c, const struct col_view *v, int64_t i) {
    char text[TEXT_MAX];
    size_t whole, len = to_text_renderer(v->phys)(c, v, i, text, &whole);
    c->len = (SQLLEN)len;
    if (c->cap > 0) memcpy(c->target, text, len < (size_t)c->cap ? len : (size_t)c->cap);
    return c->len <= c->cap ? CONV_OK : CONV_TRUNCATED;
}

/* ---- GUID -------------------------------------------------------------------------------------------------------- */

static int hex_digit(char ch) {
    if (ch >= '0' && ch <= '9') return ch - '0';
    if ((ch | 32) >= 'a' && (ch | 32) <= 'f') return (ch | 32) - 'a' + 10;
    return -1;
}

/* 8-4-4-4-12 hexadecimal digits, perhaps in braces, into sixteen bytes in the order they are written. */
static bool parse_guid(struct sv text, unsigned char out[16]) {
    size_t at = 0;
    if (text.len == 38 && text.ptr[0] == '{' && text.ptr[37] == '}') text = sv_make(text.ptr + 1, 36);
    if (text.len != 36) return false;
    for (size_t i = 0; i < 36; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash && text.ptr[i] == '-') continue;
        int hi = dash ? -1 : hex_digit(text.ptr[i]), lo = i + 1 < 36 ? hex_digit(text.ptr[i + 1]) : -1;
        if (hi < 0 || lo < 0) return false;
        out[at++] = (unsigned char)(hi << 4 | lo);
        i++;
    }
    return at == 16;
}

static enum conv_issue store_guid(struct cell *c, const unsigned char b[16]) {
    SQLGUID t = {(uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3], (uint16_t)(b[4] << 8 | b[5]),
                 (uint16_t)(b[6] << 8 | b[7]), {0}};
    memcpy(t.Data4, b + 8, 8);
    memcpy(c->target, &t, sizeof t);
    c->len = (SQLLEN)sizeof t;
    return CONV_OK;
}

PUT(put_guid_text) {
    unsigned char bytes[16];
    return parse_guid(sv_trim(cell_limited(c->job, v, i)), bytes) ? store_guid(c, bytes) : CONV_INVALID;
}

PUT(put_guid_bytes) {
    struct sv bytes = cell_limited(c->job, v, i);
    return bytes.len == 16 ? store_guid(c, (const unsigned char *)bytes.ptr) : CONV_INVALID;
}

/* ---- the product ------------------------------------------------------------------------------------------------- */

#define K(name) KERNEL(k_##name, put_##name)
K(bin_bytes)
K(bin_bool)
K(bin_8)
K(bin_16)
K(bin_32)
K(bin_64)
K(bin_dec)
K(bin_date)
K(bin_time)
K(bin_stamp)
K(bin_rendered)
K(guid_text)
K(guid_bytes)

static conv_kernel *const TO_BYTES[COL_PHYS_COUNT] = {
    [COL_BOOL] = k_bin_bool, [COL_I8] = k_bin_8, [COL_I16] = k_bin_16, [COL_I32] = k_bin_32, [COL_I64] = k_bin_64,
    [COL_F32] = k_bin_32, [COL_F64] = k_bin_64, [COL_DEC128] = k_bin_dec, [COL_DATE32] = k_bin_date,
    [COL_TIME_US] = k_bin_time, [COL_TS_US] = k_bin_stamp, [COL_MONTHS] = k_bin_rendered,
    [COL_DURATION_US] = k_bin_rendered, [COL_UTF8] = k_bin_bytes, [COL_BINARY] = k_bin_bytes,
};

conv_kernel *to_bin_find(enum col_phys phys, enum target target) {
    if (target == TO_BINARY) return TO_BYTES[phys];
    if (target == TO_GUID && phys == COL_UTF8) return k_guid_text;
    if (target == TO_GUID && phys == COL_BINARY) return k_guid_bytes;
    return NULL;
}
