/* Cells to SQL_C_CHAR (UTF-8) and SQL_C_WCHAR (UTF-16, host order). */
#include "core/calendar.h"
#include "core/dec.h"
#include "core/digits.h"
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
    size_t i = 0;
    uint64_t w;
    for (; i + 8 <= len; i += 8) {
        memcpy(&w, text + i, 8);
        digits_put8(target + 2 * i, w, 1);
    }
    for (; i < len; i++) digits_put1(target + 2 * i, (unsigned char)text[i], 1);
    digits_put1(target + 2 * len, 0, 1);
}

static ALWAYS_INLINE enum conv_issue ended(struct cell *c, size_t n, int wide) {
    digits_put1(c->target + (n << wide), 0, wide);
    c->len = (SQLLEN)(n << wide);
    return CONV_OK;
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
    dtime_of_us(cell_local_us(c, AT(int64_t)), &t);
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

/* Blocks of sixteen bytes are copied where the text behind the cell, which is there until the run's last row, and the
 * target's room allow it; never with SQL_ATTR_MAX_LENGTH. */
enum { BLOCK = 16 };

static ALWAYS_INLINE uint64_t text_limit(const struct conv_job *job, const struct col_view *v, int64_t row, int64_t n) {
    return job->max_length > 0 ? 0 : (uint32_t)v->offsets[v->offset + row + n];
}

static ALWAYS_INLINE bool is_before_limit(const struct cell *c, const struct col_view *v, int64_t i) {
    return (uint64_t)(uint32_t)v->offsets[i + 1] + BLOCK <= c->limit;
}

static NOINLINE enum conv_issue careful_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct sv text = cell_limited(c->job, v, i);
    c->len = (SQLLEN)text.len;
    if (LIKELY(c->len < c->cap)) {
        copy_short(c->target, text.ptr, text.len);
        c->target[text.len] = '\0';
        return CONV_OK;
    }
    if (c->cap > 0) copy_char(c->target, text.ptr, utf8_floor(text.ptr, text.len, (size_t)c->cap - 1));
    return CONV_TRUNCATED;
}

static ALWAYS_INLINE enum conv_issue put_char_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct sv text = cell_bytes(v, i);
    if (UNLIKELY(!is_before_limit(c, v, i) || (SQLLEN)text.len + BLOCK > c->cap)) {
        if (c->job->max_length > 0 || (SQLLEN)text.len >= c->cap) return put_apart(c, i, careful_text);
        copy_short(c->target, text.ptr, text.len);
        return ended(c, text.len, 0);
    }
    size_t k = 0;
    do memcpy(c->target + k, text.ptr + k, BLOCK); while ((k += BLOCK) < text.len);
    return ended(c, text.len, 0);
}

static NOINLINE enum conv_issue widen_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct sv text = cell_limited(c->job, v, i);
    size_t room = c->cap > 0 ? (size_t)c->cap / 2 : 0, used = 0, units = 0;
    uint16_t *out = (uint16_t *)(void *)c->target;
    if (room) {
        units = utf8_to_16(text.ptr, text.len, out, room - 1, &used, NULL);
        digits_put1(c->target + 2 * units, 0, 1);
        c->len = (SQLLEN)(units * 2);
        if (used == text.len) return CONV_OK;
    }
    c->len = (SQLLEN)(utf8_to_16_units(text.ptr, text.len) * 2);
    return CONV_TRUNCATED;
}

static NOINLINE enum conv_issue careful_wide_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct sv text = cell_limited(c->job, v, i);
    if (c->cap < 2 || text.len >= (size_t)c->cap / 2 || !utf8_widen_ascii(text.ptr, text.len, c->target))
        return widen_text(c, v, i);
    return ended(c, text.len, 1);
}

/* Bits of a block's bytes that are the cell's: those behind it may be another's. */
static ALWAYS_INLINE unsigned own_bits(unsigned bits, size_t left) {
    return left < BLOCK ? bits & ((1u << left) - 1) : bits;
}

static ALWAYS_INLINE enum conv_issue put_wchar_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct sv text = cell_bytes(v, i);
    if (UNLIKELY(!is_before_limit(c, v, i) || ((SQLLEN)text.len + BLOCK) * 2 > c->cap))
        return put_apart(c, i, careful_wide_text);
    size_t k = 0;
    do {
        unsigned beyond = utf_widen16(text.ptr + k, c->target + 2 * k);
        if (UNLIKELY(beyond) && own_bits(beyond, text.len - k)) return put_apart(c, i, widen_text);
    } while ((k += BLOCK) < text.len);
    return ended(c, text.len, 1);
}

/* Four bytes as eight digits: the halves side by side, then "0" … "9" and seven further on for "A" … "F". */
static ALWAYS_INLINE uint64_t hex8(const unsigned char *bytes) {
    uint32_t four;
    memcpy(&four, bytes, 4);
    uint64_t pairs = digits_widen4(four);
    uint64_t halves = (pairs >> 4 & UINT64_C(0x000F000F000F000F)) | (pairs & UINT64_C(0x000F000F000F000F)) << 8;
    uint64_t letters = (halves + UINT64_C(0x7676767676767676)) >> 7 & UINT64_C(0x0101010101010101);
    return halves + DIGITS_ZEROS + letters * 7;
}

static ALWAYS_INLINE void put_hex(char *out, const unsigned char *bytes, size_t len, int wide) {
    static const char DIGITS[] = "0123456789ABCDEF";
    size_t i = 0;
    for (; i + 4 <= len; i += 4) digits_put8(out + (2 * i << wide), hex8(bytes + i), wide);
    for (; i < len; i++) {
        digits_put1(out + (2 * i << wide), (unsigned char)DIGITS[bytes[i] >> 4], wide);
        digits_put1(out + ((2 * i + 1) << wide), (unsigned char)DIGITS[bytes[i] & 15], wide);
    }
    digits_put1(out + (2 * len << wide), 0, wide);
}

/* "two characters per byte; if the buffer has room for half a pair only, the pair is left out" */
static ALWAYS_INLINE enum conv_issue put_hex_cell(struct cell *c, const struct col_view *v, int64_t i, int wide) {
    struct sv bytes = cell_limited(c->job, v, i);
    size_t room = c->cap > 0 ? (size_t)c->cap >> wide : 0;
    c->len = (SQLLEN)(bytes.len * 2 << wide);
    if (bytes.len * 2 < room) {
        put_hex(c->target, (const unsigned char *)bytes.ptr, bytes.len, wide);
        return CONV_OK;
    }
    if (room) put_hex(c->target, (const unsigned char *)bytes.ptr, (room - 1) / 2, wide);
    return CONV_TRUNCATED;
}

static ALWAYS_INLINE enum conv_issue put_char_hex(struct cell *c, const struct col_view *v, int64_t i) {
    return put_hex_cell(c, v, i, 0);
}

static ALWAYS_INLINE enum conv_issue put_wchar_hex(struct cell *c, const struct col_view *v, int64_t i) {
    return put_hex_cell(c, v, i, 1);
}

/* ---- straight into the target ------------------------------------------------------------------------------------
 *
 * The common values of the common types: digits go from registers to where they belong. Each answers with the number of
 * characters, without a NUL, or with 0 when it is not for it: no room, or a value that render_…() has to do. */

#define DIRECT(name) \
    static ALWAYS_INLINE size_t name(struct cell *c, const struct col_view *v, int64_t i, size_t room, int wide)

/* Into a buffer that some values may be too long for: nothing is written behind the digits. */
static NOINLINE size_t careful_i64(char *p, int64_t value, size_t room, int wide) {
    size_t sign = value < 0;
    uint64_t u = sign ? 0 - (uint64_t)value : (uint64_t)value;
    if (sign + digits_of_u64(u) >= room) return 0;
    if (sign) digits_put1(p, '-', wide);
    p += sign << wide;
    return sign + (wide ? digits_put_u64(p, u, 1) : digits_put_u64(p, u, 0));
}

/* most: characters of the longest value. Eight at a time are written from the sign on. */
static ALWAYS_INLINE size_t direct_i64(char *p, int64_t value, size_t room, size_t most, int wide) {
    size_t sign = value < 0;
    uint64_t u = sign ? 0 - (uint64_t)value : (uint64_t)value;
    if (UNLIKELY(room <= (most < 9 ? 9 : most))) return careful_i64(p, value, room, wide);
    if (sign) digits_put1(p, '-', wide);
    return sign + digits_put_roomy(p + (sign << wide), u, wide);
}

DIRECT(direct_bits) {
    if (room < 2) return 0;
    digits_put1(c->target, cell_bit(v, i) ? '1' : '0', wide);
    return 1;
}

#define DIRECT_INT(name, T, most) DIRECT(name) { return direct_i64(c->target, AT(T), room, most, wide); }
DIRECT_INT(direct_i8, int8_t, 4)
DIRECT_INT(direct_i16, int16_t, 6)
DIRECT_INT(direct_i32, int32_t, 11)
DIRECT_INT(direct_i64s, int64_t, 20)

static NOINLINE size_t careful_dec(char *p, int64_t value, int scale, size_t room, int wide) {
    enum { MOST = 21 };                     /* a sign, nineteen digits and a point */
    size_t sign = value < 0;
    uint64_t u = sign ? 0 - (uint64_t)value : (uint64_t)value;
    if (scale < 0 || scale > 18) return 0;
    if (room <= MOST) {
        size_t n = digits_of_u64(u), least = (size_t)scale + 1;
        if (sign + (n > least ? n : least) + (scale > 0) >= room) return 0;
    }
    if (sign) digits_put1(p, '-', wide);
    p += sign << wide;
    if (scale == 0) return sign + (wide ? digits_put_u64(p, u, 1) : digits_put_u64(p, u, 0));
    return sign + (wide ? digits_put_pointed(p, u, scale, 1) : digits_put_pointed(p, u, scale, 0));
}

/* As units, out of a buffer of NUM_TEXT_MAX bytes. */
static NOINLINE size_t widen_number(char *target, const char *text, size_t n) {
    (void)utf_widen16(text, target);
    (void)utf_widen16(text + 16, target + 32);
    return n;
}

#define DIRECT_FLOAT(name, T, put) \
    DIRECT(name) { \
        char text[NUM_TEXT_MAX]; \
        if (UNLIKELY(room <= NUM_TEXT_MAX)) return 0; \
        return wide ? widen_number(c->target, text, put(text, AT(T))) : put(c->target, AT(T)); \
    }
DIRECT_FLOAT(direct_f32, float, num_put_f32)
DIRECT_FLOAT(direct_f64, double, num_put_f64)

/* Unscaled values below this have room for the short way, sign included. */
static ALWAYS_INLINE uint64_t dec_limit(const struct conv_job *job, int wide) {
    int scale = job->column->sea.scale;
    SQLLEN room = (job->capacity >> wide) - 2;      /* sign and NUL */
    if (scale < 1 || scale > 7 || room < (SQLLEN)digits_room_pointed(scale, true)) return 0;
    return room < (SQLLEN)digits_room_pointed(scale, false) ? 100000000 : UINT64_C(10000000000000000);
}

DIRECT(direct_dec) {
    dec_int whole = dec_load((const char *)v->data + i * 16);
    int64_t value = (int64_t)whole;
    size_t sign = value < 0;
    uint64_t u = sign ? 0 - (uint64_t)value : (uint64_t)value;
    if (UNLIKELY(whole != value)) return 0;
    if (UNLIKELY(u >= c->limit)) return careful_dec(c->target, value, (int)c->unit, room, wide);
    if (sign) digits_put1(c->target, '-', wide);
    return sign + digits_put_pointed_roomy(c->target + (sign << wide), u, (int)c->unit, wide);
}

static ALWAYS_INLINE bool is_four_digits(const struct dtime *t) { return t->year >= 0 && t->year <= 9999; }

/* A year outside the calendar's. */
static NOINLINE size_t careful_date(char *p, int64_t days, int wide) {
    struct dtime t;
    dtime_civil(days, &t);
    if (!is_four_digits(&t)) return 0;
    return wide ? dtime_put_usual_date(p, &t, 1) : dtime_put_usual_date(p, &t, 0);
}

static ALWAYS_INLINE size_t direct_day(char *p, int64_t days, int wide) {
    if (UNLIKELY(!calendar_has(days))) return careful_date(p, days, wide);
    calendar_put(p, calendar_find(days), wide);
    return 10;
}

DIRECT(direct_date) { return LIKELY(room > 10) ? direct_day(c->target, AT(int32_t), wide) : 0; }

/* hh:mm:ss, and microseconds without the zeros at their end. */
static ALWAYS_INLINE size_t direct_clock(char *p, const struct dtime *t, int wide) {
    digits_put8(p, dtime_clock_word(t), wide);
    if (t->nanos == 0) return 8;
    uint32_t us = (uint32_t)t->nanos / 1000;
    uint64_t text = '.' | (uint64_t)DIGITS_FOURS[us / 100] << 8 | (uint64_t)DIGITS_PAIRS[us % 100] << 40;
    size_t n = 7 - (size_t)__builtin_clzll((text ^ DIGITS_ZEROS) << 8 >> 8) / 8;    /* without zeros at the end */
    digits_put_n(p + ((size_t)8 << wide), text, n + 1, wide);
    return 9 + n;
}

DIRECT(direct_time) {
    struct dtime t;
    if (room <= 15) return 0;
    dtime_clock_of_us(AT(int64_t), &t);
    return direct_clock(c->target, &t, wide);
}

DIRECT(direct_stamp) {
    struct dtime t;
    if (UNLIKELY(room <= 26)) return 0;
    int64_t days = dtime_clock_and_days(cell_local_us(c, AT(int64_t)), &t);
    if (UNLIKELY(!direct_day(c->target, days, wide))) return 0;
    digits_put1(c->target + ((size_t)10 << wide), ' ', wide);
    return 11 + direct_clock(c->target + ((size_t)11 << wide), &t, wide);
}

/* ---- the product ------------------------------------------------------------------------------------------------- */

#define RENDERED(source) \
    static NOINLINE enum conv_issue out_to_char_##source(struct cell *c, const struct col_view *v, int64_t i) { \
        char text[TEXT_MAX]; \
        size_t whole, len = render_##source(c, v, i, text, &whole); \
        return deliver_ascii(c, text, len, whole, 1, copy_char); \
    } \
    static NOINLINE enum conv_issue out_to_wchar_##source(struct cell *c, const struct col_view *v, int64_t i) { \
        char text[TEXT_MAX]; \
        size_t whole, len = render_##source(c, v, i, text, &whole); \
        return deliver_ascii(c, text, len, whole, 2, copy_wide); \
    } \
    static size_t out_of_line_##source(struct cell *c, const struct col_view *v, int64_t i, char *out, \
                                       size_t *whole_r) { \
        return render_##source(c, v, i, out, whole_r); \
    }

#define DIRECTLY(source, direct) DIRECTLY_WITH(source, direct, 0, 0, 0)
#define DIRECTLY_WITH(source, direct, unit, limit, wide_limit) \
    RENDERED(source) \
    static ALWAYS_INLINE enum conv_issue put_char_##source(struct cell *c, const struct col_view *v, int64_t i) { \
        size_t n = direct(c, v, i, c->room, 0); \
        return LIKELY(n) ? ended(c, n, 0) : put_apart(c, i, out_to_char_##source); \
    } \
    static ALWAYS_INLINE enum conv_issue put_wchar_##source(struct cell *c, const struct col_view *v, int64_t i) { \
        size_t n = direct(c, v, i, c->room / 2, 1); \
        return LIKELY(n) ? ended(c, n, 1) : put_apart(c, i, out_to_wchar_##source); \
    } \
    KERNEL_OF(k_char_##source, put_char_##source, unit, limit, true) \
    KERNEL_OF(k_wchar_##source, put_wchar_##source, unit, wide_limit, true)

#define INDIRECTLY(source) \
    RENDERED(source) \
    KERNEL(k_char_##source, out_to_char_##source) \
    KERNEL(k_wchar_##source, out_to_wchar_##source)

#define BOTH(source, limit) \
    KERNEL_OF(k_char_##source, put_char_##source, 0, limit, true) \
    KERNEL_OF(k_wchar_##source, put_wchar_##source, 0, limit, true)

DIRECTLY(bits, direct_bits)
DIRECTLY(i8, direct_i8)
DIRECTLY(i16, direct_i16)
DIRECTLY(i32, direct_i32)
DIRECTLY(i64, direct_i64s)
DIRECTLY(f32, direct_f32)
DIRECTLY(f64, direct_f64)
DIRECTLY_WITH(dec, direct_dec, job->column->sea.scale, dec_limit(job, 0), dec_limit(job, 1))
DIRECTLY(date, direct_date)
DIRECTLY(time, direct_time)
DIRECTLY(stamp, direct_stamp)
INDIRECTLY(months)
INDIRECTLY(duration)
BOTH(text, text_limit(job, view, row, n))
BOTH(hex, 0)

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

struct sv cell_cut(const struct conv_job *job, const struct col_view *v, struct sv bytes) {
    size_t max = job->max_length;
    if (bytes.len <= max) return bytes;
    return sv_make(bytes.ptr, v->phys == COL_UTF8 ? utf8_floor(bytes.ptr, bytes.len, max) : max);
}
