/* Cells to SQL_C_CHAR (UTF-8) and SQL_C_WCHAR (UTF-16, host order). */
#include "core/dec.h"
#include "core/dtime.h"
#include "core/interval.h"
#include "core/num.h"
#include "core/utf.h"
#include "kernel.h"

/* ---- delivering: ASCII made from a number, a date or bytes ------------------------------------------------------- */

static ALWAYS_INLINE void copy_char(char *target, const char *text, size_t len) {
    memcpy(target, text, len);
    target[len] = '\0';
}

static ALWAYS_INLINE void copy_wide(char *target, const char *text, size_t len) {
    uint16_t unit;
    for (size_t i = 0; i < len; i++) {
        unit = (unsigned char)text[i];
        memcpy(target + 2 * i, &unit, 2);
    }
    unit = 0;
    memcpy(target + 2 * len, &unit, 2);
}

/* size = bytes per character. What may be cut is cut; if even the whole part has no room, the value is out of range. */
static ALWAYS_INLINE enum conv_issue deliver_ascii(struct cell *c, const char *text, size_t len, size_t whole,
                                                   size_t size,
                                                   void copy(char *, const char *, size_t)) {
    size_t room = c->cap > 0 ? (size_t)c->cap / size : 0;
    c->len = (SQLLEN)(len * size);
    if (len < room) {
        copy(c->target, text, len);
        return CONV_OK;
    }
    if (whole >= room) return CONV_RANGE;
    copy(c->target, text, room - 1);
    return CONV_TRUNCATED;
}

/* ---- rendering --------------------------------------------------------------------------------------------------- */

#define AT(T) (((const T *)v->data)[i])
#define RENDER(name) \
    static ALWAYS_INLINE size_t name(struct cell *c, const struct col_view *v, int64_t i, char *out, size_t *whole_r)

RENDER(render_bits) {
    (void)c;
    *out = cell_bit(v, i) ? '1' : '0';
    return *whole_r = 1;
}

#define RENDER_INT(name, T) RENDER(name) { (void)c; return *whole_r = num_put_i64(out, AT(T)); }
RENDER_INT(render_i8, int8_t)
RENDER_INT(render_i16, int16_t)
RENDER_INT(render_i32, int32_t)
RENDER_INT(render_i64, int64_t)

/* Digits after the point may be cut, unless an exponent follows them. */
static size_t float_whole(const char *text, size_t len) {
    const char *point = memchr(text, '.', len);
    return !point || memchr(text, 'E', len) ? len : (size_t)(point - text);
}

RENDER(render_f32) {
    size_t n = num_put_f32(out, AT(float));
    (void)c;
    *whole_r = float_whole(out, n);
    return n;
}

RENDER(render_f64) {
    size_t n = num_put_f64(out, AT(double));
    (void)c;
    *whole_r = float_whole(out, n);
    return n;
}

RENDER(render_dec) {
    return dec_put(out, dec_load((const char *)v->data + i * 16), c->job->column->sea.scale, whole_r);
}

RENDER(render_date) {
    struct dtime t;
    (void)c;
    dtime_civil(AT(int32_t), &t);
    return *whole_r = dtime_put_date(out, &t);
}

RENDER(render_time) {
    struct dtime t;
    (void)c;
    dtime_clock_of_us(AT(int64_t), &t);
    *whole_r = 8;
    return dtime_put_clock(out, &t);
}

RENDER(render_stamp) {
    struct dtime t;
    dtime_of_us(tz_local_us(c->zone, &c->span, AT(int64_t)), &t);
    size_t n = dtime_put_stamp(out, &t, ' ');
    const char *point = t.nanos ? memchr(out, '.', n) : NULL;
    *whole_r = point ? (size_t)(point - out) : n;
    return n;
}

/* Intervals are described as VARCHAR, so they are cut like one. */
RENDER(render_months) {
    (void)c;
    *whole_r = 0;
    return interval_put_months(out, AT(int32_t));
}

RENDER(render_duration) {
    (void)c;
    *whole_r = 0;
    return interval_put_duration(out, AT(int64_t));
}

/* ---- text and bytes that are there already ----------------------------------------------------------------------- */

static ALWAYS_INLINE enum conv_issue put_char_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct sv text = cell_limited(c->job, v, i);
    c->len = (SQLLEN)text.len;
    if (c->len < c->cap) {
        copy_char(c->target, text.ptr, text.len);
        return CONV_OK;
    }
    if (c->cap > 0) copy_char(c->target, text.ptr, utf8_floor(text.ptr, text.len, (size_t)c->cap - 1));
    return CONV_TRUNCATED;
}

static ALWAYS_INLINE enum conv_issue put_wchar_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct sv text = cell_limited(c->job, v, i);
    size_t room = c->cap > 0 ? (size_t)c->cap / 2 : 0, used = 0, units = 0;
    uint16_t *out = (uint16_t *)(void *)c->target;
    if (room) {
        units = utf8_to_16(text.ptr, text.len, out, room - 1, &used, NULL);
        out[units] = 0;
        c->len = (SQLLEN)(units * 2);
        if (used == text.len) return CONV_OK;
    }
    c->len = (SQLLEN)(utf8_to_16_units(text.ptr, text.len) * 2);
    return CONV_TRUNCATED;
}

static void put_hex(char *out, const unsigned char *bytes, size_t len, size_t size) {
    static const char DIGITS[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++, out += 2 * size) {
        uint16_t pair[2] = {(uint16_t)DIGITS[bytes[i] >> 4], (uint16_t)DIGITS[bytes[i] & 15]};
        memcpy(out, &pair[0], size);
        memcpy(out + size, &pair[1], size);
    }
    memset(out, 0, size);
}

/* "two characters per byte; if the buffer has room for half a pair only, the pair is left out" */
static ALWAYS_INLINE enum conv_issue put_hex_cell(struct cell *c, const struct col_view *v, int64_t i, size_t size) {
    struct sv bytes = cell_limited(c->job, v, i);
    size_t room = c->cap > 0 ? (size_t)c->cap / size : 0;
    c->len = (SQLLEN)(bytes.len * 2 * size);
    if (bytes.len * 2 < room) {
        put_hex(c->target, (const unsigned char *)bytes.ptr, bytes.len, size);
        return CONV_OK;
    }
    if (room) put_hex(c->target, (const unsigned char *)bytes.ptr, (room - 1) / 2, size);
    return CONV_TRUNCATED;
}

static ALWAYS_INLINE enum conv_issue put_char_hex(struct cell *c, const struct col_view *v, int64_t i) {
    return put_hex_cell(c, v, i, 1);
}

static ALWAYS_INLINE enum conv_issue put_wchar_hex(struct cell *c, const struct col_view *v, int64_t i) {
    return put_hex_cell(c, v, i, 2);
}

/* ---- the product ------------------------------------------------------------------------------------------------- */

#define RENDERED(source) \
    static ALWAYS_INLINE enum conv_issue put_char_##source(struct cell *c, const struct col_view *v, int64_t i) { \
        char text[TEXT_MAX]; \
        size_t whole, len = render_##source(c, v, i, text, &whole); \
        return deliver_ascii(c, text, len, whole, 1, copy_char); \
    } \
    static ALWAYS_INLINE enum conv_issue put_wchar_##source(struct cell *c, const struct col_view *v, int64_t i) { \
        char text[TEXT_MAX]; \
        size_t whole, len = render_##source(c, v, i, text, &whole); \
        return deliver_ascii(c, text, len, whole, 2, copy_wide); \
    } \
    static size_t out_of_line_##source(struct cell *c, const struct col_view *v, int64_t i, char *out, size_t *whole_r) { \
        return render_##source(c, v, i, out, whole_r); \
    } \
    BOTH(source)

#define BOTH(source) \
    KERNEL(k_char_##source, put_char_##source) \
    KERNEL(k_wchar_##source, put_wchar_##source)

RENDERED(bits)
RENDERED(i8)
RENDERED(i16)
RENDERED(i32)
RENDERED(i64)
RENDERED(f32)
RENDERED(f64)
RENDERED(dec)
RENDERED(date)
RENDERED(time)
RENDERED(stamp)
RENDERED(months)
RENDERED(duration)
BOTH(text)
BOTH(hex)

#define ROW(phys, source) [phys] = {k_char_##source, k_wchar_##source}
static conv_kernel *const KERNELS[COL_PHYS_COUNT][2] = {
    ROW(COL_BOOL, bits), ROW(COL_I8, i8), ROW(COL_I16, i16), ROW(COL_I32, i32), ROW(COL_I64, i64),
    ROW(COL_F32, f32), ROW(COL_F64, f64), ROW(COL_DEC128, dec), ROW(COL_DATE32, date), ROW(COL_TIME_US, time),
    ROW(COL_TS_US, stamp), ROW(COL_MONTHS, months), ROW(COL_DURATION_US, duration), ROW(COL_UTF8, text),
    ROW(COL_BINARY, hex),
};

conv_kernel *to_text_find(enum col_phys phys, enum target target) {
    return target == TO_CHAR || target == TO_WCHAR ? KERNELS[phys][target == TO_WCHAR] : NULL;
}

render_fn *to_text_renderer(enum col_phys phys) {
    static render_fn *const RENDERERS[COL_PHYS_COUNT] = {
        [COL_BOOL] = out_of_line_bits, [COL_I8] = out_of_line_i8, [COL_I16] = out_of_line_i16,
        [COL_I32] = out_of_line_i32, [COL_I64] = out_of_line_i64, [COL_F32] = out_of_line_f32,
        [COL_F64] = out_of_line_f64, [COL_DEC128] = out_of_line_dec, [COL_DATE32] = out_of_line_date,
        [COL_TIME_US] = out_of_line_time, [COL_TS_US] = out_of_line_stamp, [COL_MONTHS] = out_of_line_months,
        [COL_DURATION_US] = out_of_line_duration,
    };
    return RENDERERS[phys];
}

struct sv cell_limited(const struct conv_job *job, const struct col_view *v, int64_t i) {
    struct sv bytes = cell_bytes(v, i);
    size_t max = job->max_length;
    if (max == 0 || bytes.len <= max) return bytes;
    return sv_make(bytes.ptr, v->phys == COL_UTF8 ? utf8_floor(bytes.ptr, bytes.len, max) : max);
}
