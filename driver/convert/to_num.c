/* Cells to integers, BIT, REAL, DOUBLE and SQL_NUMERIC_STRUCT.
 *
 * Sources fall into four domains (integers, floating point, decimals, text); targets are written once per domain. The
 * rules are those of the manual's tables "SQL to C": a lost fraction is 01S07, a whole part that does not fit is 22003,
 * text that is not a number is 22018. */
#include <float.h>
#include <math.h>

#include "core/dec.h"
#include "core/digits.h"
#include "core/interval.h"
#include "core/num.h"
#include "kernel.h"

#define STORE(c, value) (memcpy((c)->target, &(value), sizeof(value)), (c)->len = (SQLLEN)sizeof(value))

static ALWAYS_INLINE enum conv_issue cut_issue(bool cut) { return cut ? CONV_FRACTION : CONV_OK; }

/* A decimal's whole part, and whether there is more. Scales are -38 … 38 (the decoder sees to that). */
static ALWAYS_INLINE bool dec_whole(dec_int v, int scale, dec_int *whole, bool *cut) {
    if (scale < 0) return !__builtin_mul_overflow(v, (dec_int)dec_pow10(-scale), whole);
    dec_int unit = (dec_int)dec_pow10(scale);
    if (v >= INT64_MIN && v <= INT64_MAX && scale <= 18) {      /* 64-bit division is many times faster */
        *whole = (int64_t)v / (int64_t)unit;
        *cut = (int64_t)v % (int64_t)unit != 0;
        return true;
    }
    *whole = v / unit;
    *cut = v % unit != 0;
    return true;
}

/* Text as a number. CONV_OK, CONV_INVALID. */
static enum conv_issue text_number(const struct cell *c, const struct col_view *v, int64_t i, struct dec_number *out) {
    return dec_scan(sv_trim(cell_limited(c->job, v, i)), out) ? CONV_OK : CONV_INVALID;
}

static enum conv_issue text_whole(const struct cell *c, const struct col_view *v, int64_t i, dec_int *whole,
                                  bool *cut) {
    struct dec_number n;
    dec_uint u;
    if (text_number(c, v, i, &n) != CONV_OK) return CONV_INVALID;
    if (!dec_at_scale(&n, 0, &u, cut)) return CONV_RANGE;
    *whole = n.negative ? -(dec_int)u : (dec_int)u;
    return CONV_OK;
}

/* ---- integers: min and end are the exact doubles of the type's least value and of its greatest plus one ---------- */

#define INT_TARGET(name, T, min, end) \
    static ALWAYS_INLINE enum conv_issue name##_of_int(struct cell *c, dec_int v, bool cut) { \
        T t; \
        if (__builtin_add_overflow(v, 0, &t)) return CONV_RANGE; \
        STORE(c, t); \
        return cut_issue(cut); \
    } \
    static ALWAYS_INLINE enum conv_issue name##_of_i64(struct cell *c, int64_t v) { \
        T t; \
        if (__builtin_add_overflow(v, 0, &t)) return CONV_RANGE; \
        STORE(c, t); \
        return CONV_OK; \
    } \
    static ALWAYS_INLINE enum conv_issue name##_of_f64(struct cell *c, double x) { \
        if (!((x >= (min) || x > (min) - 1) && x < (end))) return CONV_RANGE; \
        T t = (T)x; \
        STORE(c, t); \
        return cut_issue((double)t != x); \
    } \
    static ALWAYS_INLINE enum conv_issue name##_of_dec(struct cell *c, dec_int v, int scale) { \
        dec_int whole; \
        bool cut = false; \
        return dec_whole(v, scale, &whole, &cut) ? name##_of_int(c, whole, cut) : CONV_RANGE; \
    } \
    static ALWAYS_INLINE enum conv_issue name##_of_text(struct cell *c, const struct col_view *v, int64_t i) { \
        dec_int whole = 0; \
        bool cut = false; \
        enum conv_issue issue = text_whole(c, v, i, &whole, &cut); \
        return issue == CONV_OK ? name##_of_int(c, whole, cut) : issue; \
    }

INT_TARGET(i8, int8_t, -0x1p7, 0x1p7)
INT_TARGET(u8, uint8_t, 0.0, 0x1p8)
INT_TARGET(i16, int16_t, -0x1p15, 0x1p15)
INT_TARGET(u16, uint16_t, 0.0, 0x1p16)
INT_TARGET(i32, int32_t, -0x1p31, 0x1p31)
INT_TARGET(u32, uint32_t, 0.0, 0x1p32)
INT_TARGET(i64, int64_t, -0x1p63, 0x1p63)
INT_TARGET(u64, uint64_t, 0.0, 0x1p64)

/* ---- BIT: 0 and 1; other values in [0, 2) are cut to them -------------------------------------------------------- */

static ALWAYS_INLINE enum conv_issue bit_of(struct cell *c, bool value, bool cut) {
    unsigned char t = value;
    STORE(c, t);
    return cut_issue(cut);
}

static ALWAYS_INLINE enum conv_issue bit_of_i64(struct cell *c, int64_t v) {
    return v == 0 || v == 1 ? bit_of(c, v == 1, false) : CONV_RANGE;
}

static ALWAYS_INLINE enum conv_issue bit_of_f64(struct cell *c, double x) {
    return x >= 0 && x < 2 ? bit_of(c, x >= 1, x != (x >= 1)) : CONV_RANGE;
}

static ALWAYS_INLINE enum conv_issue bit_of_dec(struct cell *c, dec_int v, int scale) {
    dec_int whole;
    bool cut = false;
    if (v < 0 || !dec_whole(v, scale, &whole, &cut) || whole > 1) return CONV_RANGE;
    return bit_of(c, whole == 1, cut);
}

static ALWAYS_INLINE enum conv_issue bit_of_text(struct cell *c, const struct col_view *v, int64_t i) {
    dec_int whole = 0;
    bool cut = false;
    enum conv_issue issue = text_whole(c, v, i, &whole, &cut);
    if (issue != CONV_OK) return issue;
    struct sv text = sv_trim(cell_limited(c->job, v, i));
    if (whole < 0 || whole > 1 || (text.ptr[0] == '-' && (whole || cut))) return CONV_RANGE;
    return bit_of(c, whole == 1, cut);
}

/* ---- floating point ---------------------------------------------------------------------------------------------- */

static ALWAYS_INLINE enum conv_issue f64_of_i64(struct cell *c, int64_t v) {
    double t = (double)v;
    STORE(c, t);
    return CONV_OK;
}

static ALWAYS_INLINE enum conv_issue f64_of_f64(struct cell *c, double x) {
    STORE(c, x);
    return CONV_OK;
}

/* Whether the decimal is one of most columns', and then a double, correctly rounded: both operands are exact. */
static ALWAYS_INLINE bool dec_is_small(dec_int v, int scale, double *out) {
    if (v < -(INT64_C(1) << 53) || v > INT64_C(1) << 53 || scale < 0 || scale > 18) return false;
    *out = (double)(int64_t)v / (double)(int64_t)DIGITS_POW10[scale];
    return true;
}

/* Correctly rounded; large numbers through their digits. */
static double dec_to_f64(dec_int v, int scale) {
    char text[DEC_TEXT_MAX];
    double x = 0;
    if (dec_abs(v) <= UINT64_MAX) return num_f64_of_decimal(v < 0, (uint64_t)dec_abs(v), -scale);
    num_parse_f64(sv_make(text, dec_put(text, v, scale, NULL)), &x, NULL);
    return x;
}

static ALWAYS_INLINE enum conv_issue f64_of_dec(struct cell *c, dec_int v, int scale) {
    double x;
    return f64_of_f64(c, LIKELY(dec_is_small(v, scale, &x)) ? x : dec_to_f64(v, scale));
}

static enum conv_issue f64_of_text(struct cell *c, const struct col_view *v, int64_t i) {
    double t;
    bool overflow = false;
    if (!num_parse_f64(sv_trim(cell_limited(c->job, v, i)), &t, &overflow)) return CONV_INVALID;
    if (overflow) return CONV_RANGE;
    STORE(c, t);
    return CONV_OK;
}

static ALWAYS_INLINE enum conv_issue f32_of_i64(struct cell *c, int64_t v) {
    float t = (float)v;
    STORE(c, t);
    return CONV_OK;
}

static ALWAYS_INLINE enum conv_issue f32_of_f64(struct cell *c, double x) {
    float t = (float)x;
    if (isinf(t) && !isinf(x)) return CONV_RANGE;
    STORE(c, t);
    return CONV_OK;
}

static enum conv_issue f32_of_literal(struct cell *c, struct sv text) {
    float t;
    bool overflow = false;
    if (!num_parse_f32(text, &t, &overflow)) return CONV_INVALID;
    if (overflow) return CONV_RANGE;
    STORE(c, t);
    return CONV_OK;
}

/* By way of double, which rounds twice: that is wrong only where the first result is half-way between two floats, and so
 * has a one and zeros below a float's digits. */
static ALWAYS_INLINE bool is_half_way(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits & 0x1FFFFFFF) == 0x10000000;
}

static enum conv_issue f32_of_dec(struct cell *c, dec_int v, int scale) {
    char text[DEC_TEXT_MAX];
    double x;
    if (dec_is_small(v, scale, &x) && !is_half_way(x)) return f32_of_f64(c, x);
    return f32_of_literal(c, sv_make(text, dec_put(text, v, scale, NULL)));
}

static enum conv_issue f32_of_text(struct cell *c, const struct col_view *v, int64_t i) {
    return f32_of_literal(c, sv_trim(cell_limited(c->job, v, i)));
}

/* ---- SQL_NUMERIC_STRUCT ------------------------------------------------------------------------------------------ */

static enum conv_issue numeric_of(struct cell *c, const struct dec_number *n) {
    const struct conv_job *job = c->job;
    int precision = job->precision > 0 && job->precision < DEC_MAX_DIGITS ? job->precision : DEC_MAX_DIGITS;
    SQL_NUMERIC_STRUCT t = {(SQLCHAR)precision, (SQLSCHAR)job->scale, !n->negative, {0}};
    dec_uint v;
    bool cut = false;
    if (!dec_at_scale(n, job->scale, &v, &cut) || dec_digits(v) > precision) return CONV_RANGE;
    if (v == 0) t.sign = 1;     /* no negative zero */
    memcpy(t.val, &v, sizeof v);
    STORE(c, t);
    return cut_issue(cut);
}

static enum conv_issue numeric_of_dec(struct cell *c, dec_int v, int scale) {
    struct dec_number n = {v < 0, dec_abs(v), -scale, false};
    return numeric_of(c, &n);
}

static enum conv_issue numeric_of_i64(struct cell *c, int64_t v) { return numeric_of_dec(c, v, 0); }

static enum conv_issue numeric_of_shortest(struct cell *c, struct num_decimal d) {
    struct dec_number n = {d.negative, d.digits, d.exponent, false};
    return numeric_of(c, &n);
}

static enum conv_issue numeric_of_f64(struct cell *c, double x) {
    return isfinite(x) ? numeric_of_shortest(c, num_shortest_f64(x)) : CONV_RANGE;
}

static enum conv_issue numeric_of_f32(struct cell *c, float x) {
    return isfinite(x) ? numeric_of_shortest(c, num_shortest_f32(x)) : CONV_RANGE;
}

static enum conv_issue numeric_of_text(struct cell *c, const struct col_view *v, int64_t i) {
    struct dec_number n;
    return text_number(c, v, i, &n) == CONV_OK ? numeric_of(c, &n) : CONV_INVALID;
}

/* ---- the product ------------------------------------------------------------------------------------------------- */

#define PUT_WITH(KERNEL_MACRO, put, kernel, expr) \
    static ALWAYS_INLINE enum conv_issue put(struct cell *c, const struct col_view *v, int64_t i) { return expr; } \
    KERNEL_MACRO(kernel, put)

#define PUT(name, phys, expr) PUT_WITH(SMALL_KERNEL, put_##name##_##phys, k_##name##_##phys, expr)
#define PUT_LARGE(name, phys, expr) PUT_WITH(KERNEL, put_##name##_##phys, k_##name##_##phys, expr)

#define AT(T) (((const T *)v->data)[i])
#define SCALE (c->job->column->sea.scale)

/* Intervals of one field are numbers of that field; k_ for them needs the unit, once per run. */
#define PUT_INTERVAL(name, phys, T) \
    static ALWAYS_INLINE enum conv_issue put_##name##_##phys(struct cell *c, const struct col_view *v, int64_t i) { \
        enum conv_issue issue = name##_of_i64(c, AT(T) / c->unit); \
        return issue == CONV_OK ? cut_issue(AT(T) % c->unit != 0) : issue; \
    } \
    KERNEL_OF(k_##name##_##phys, put_##name##_##phys, interval_unit(job->column), 0, false)

#define FLOATS_DEFAULT(name) \
    PUT(name, f32, name##_of_f64(c, (double)AT(float)))

#define SOURCES(name) \
    PUT(name, bool, name##_of_i64(c, cell_bit(v, i))) \
    PUT(name, i8, name##_of_i64(c, AT(int8_t))) \
    PUT(name, i16, name##_of_i64(c, AT(int16_t))) \
    PUT(name, i32, name##_of_i64(c, AT(int32_t))) \
    PUT(name, i64, name##_of_i64(c, AT(int64_t))) \
    PUT(name, f64, name##_of_f64(c, AT(double))) \
    PUT_LARGE(name, dec, name##_of_dec(c, dec_load((const char *)v->data + i * 16), SCALE)) \
    PUT_LARGE(name, text, name##_of_text(c, v, i))

#define INT_SOURCES(name) \
    SOURCES(name) FLOATS_DEFAULT(name) \
    PUT_INTERVAL(name, months, int32_t) \
    PUT_INTERVAL(name, duration, int64_t)

INT_SOURCES(i8)
INT_SOURCES(u8)
INT_SOURCES(i16)
INT_SOURCES(u16)
INT_SOURCES(i32)
INT_SOURCES(u32)
INT_SOURCES(i64)
INT_SOURCES(u64)
INT_SOURCES(bit)
SOURCES(f32)
FLOATS_DEFAULT(f32)
SOURCES(f64)
FLOATS_DEFAULT(f64)
SOURCES(numeric)
PUT_LARGE(numeric, f32, numeric_of_f32(c, AT(float)))
PUT_INTERVAL(numeric, months, int32_t)
PUT_INTERVAL(numeric, duration, int64_t)

#define COLUMN(target, name) \
    [COL_BOOL][target] = k_##name##_bool, [COL_I8][target] = k_##name##_i8, [COL_I16][target] = k_##name##_i16, \
    [COL_I32][target] = k_##name##_i32, [COL_I64][target] = k_##name##_i64, [COL_F32][target] = k_##name##_f32, \
    [COL_F64][target] = k_##name##_f64, [COL_DEC128][target] = k_##name##_dec, [COL_UTF8][target] = k_##name##_text

#define INT_COLUMN(target, name) \
    COLUMN(target, name), [COL_MONTHS][target] = k_##name##_months, [COL_DURATION_US][target] = k_##name##_duration

static conv_kernel *const KERNELS[COL_PHYS_COUNT][TO_COUNT] = {
    INT_COLUMN(TO_I8, i8), INT_COLUMN(TO_U8, u8), INT_COLUMN(TO_I16, i16), INT_COLUMN(TO_U16, u16),
    INT_COLUMN(TO_I32, i32), INT_COLUMN(TO_U32, u32), INT_COLUMN(TO_I64, i64), INT_COLUMN(TO_U64, u64),
    INT_COLUMN(TO_BIT, bit), COLUMN(TO_F32, f32), COLUMN(TO_F64, f64), INT_COLUMN(TO_NUMERIC, numeric),
};

/* What is the same on both sides. */
COPY_KERNEL(k_copy_8, k_i8_i8, 1)
COPY_KERNEL(k_copy_16, k_i16_i16, 2)
COPY_KERNEL(k_copy_32, k_i32_i32, 4)
COPY_KERNEL(k_copy_64, k_i64_i64, 8)
COPY_KERNEL(k_copy_f32, k_f32_f32, 4)
COPY_KERNEL(k_copy_f64, k_f64_f64, 8)

static const struct { conv_kernel *kernel; enum target target; } COPIES[COL_PHYS_COUNT] = {
    [COL_I8] = {k_copy_8, TO_I8}, [COL_I16] = {k_copy_16, TO_I16}, [COL_I32] = {k_copy_32, TO_I32},
    [COL_I64] = {k_copy_64, TO_I64}, [COL_F32] = {k_copy_f32, TO_F32}, [COL_F64] = {k_copy_f64, TO_F64},
};

int64_t interval_unit(const struct column *column) {
    static const int64_t UNITS[] = {12, 1, INT64_C(86400000000), INT64_C(3600000000), 60000000, 1000000};
    struct interval_kind kind;
    if (!interval_kind_parse(sv_of(column->sea.interval), &kind) || kind.first != kind.last) return 0;
    return UNITS[kind.first];
}

/* "Interval precision was not a single field": no number says it. */
static ALWAYS_INLINE enum conv_issue put_many_fields(struct cell *c, const struct col_view *v, int64_t i) {
    (void)c, (void)v, (void)i;
    return CONV_INTERVAL;
}
KERNEL(k_many_fields, put_many_fields)

conv_kernel *to_num_find(enum col_phys phys, enum target target, const struct column *column) {
    bool is_interval = phys == COL_MONTHS || phys == COL_DURATION_US;
    conv_kernel *kernel = KERNELS[phys][target];
    if (COPIES[phys].kernel && COPIES[phys].target == target) return COPIES[phys].kernel;
    return kernel && is_interval && interval_unit(column) == 0 ? k_many_fields : kernel;
}
