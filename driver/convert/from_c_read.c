/* Parameters: the application's C values. Its memory may lie anywhere, so structures are copied out. */
#include <math.h>

#include "core/utf.h"
#include "from_c_priv.h"
#include "kernel.h"

#define LOAD(T, name) \
    T name; \
    memcpy(&name, in->data, sizeof name)

/* ---- text and bytes ---------------------------------------------------------------------------------------------- */

static size_t wide_nul(const char *p) {
    size_t n = 0;
    while (p[n] || p[n + 1]) n += 2;
    return n;
}

/* The bytes there are; unit = bytes of a character, 0 where SQL_NTS has no meaning. */
static enum conv_issue read_bytes(const struct from_c_in *in, size_t unit, struct sv *out) {
    if (in->length < 0 && (in->length != SQL_NTS || unit == 0)) return CONV_LENGTH;
    if (!in->data && in->length != 0) return CONV_NO_VALUE;
    size_t len = in->length >= 0 ? (size_t)in->length : unit == 2 ? wide_nul(in->data) : strlen(in->data);
    if (unit == 2 && len % 2) return CONV_LENGTH;
    *out = sv_make(len ? in->data : "", len);
    return CONV_OK;
}

static enum conv_issue read_char(const struct from_c_in *in, struct from_value *out) {
    enum conv_issue issue = read_bytes(in, 1, &out->bytes);
    out->kind = FROM_TEXT;
    if (issue != CONV_OK) return issue;
    return utf8_is_valid(out->bytes.ptr, out->bytes.len) ? CONV_OK : CONV_INVALID;
}

static enum conv_issue read_wide(const struct from_c_in *in, struct arena *a, struct from_value *out) {
    struct sv bytes;
    size_t used;
    bool lone = false;
    enum conv_issue issue = read_bytes(in, 2, &bytes);
    out->kind = FROM_TEXT;
    if (issue != CONV_OK) return issue;
    size_t units = bytes.len / 2;
    uint16_t *copy = arena_array(a, units + 1, 2);      /* theirs may be unaligned */
    char *text = arena_array(a, units + 1, 3);
    if (!copy || !text) return CONV_NOMEM;
    if (units) memcpy(copy, bytes.ptr, bytes.len);
    out->bytes = sv_make(text, utf16_to_8(copy, units, text, units * 3, &used, &lone));
    return lone ? CONV_INVALID : CONV_OK;
}

static enum conv_issue read_binary(const struct from_c_in *in, struct from_value *out) {
    out->kind = FROM_BYTES;
    return read_bytes(in, 0, &out->bytes);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static enum conv_issue number(struct from_value *out, bool negative, dec_uint digits, int exponent) {
    out->kind = FROM_NUMBER;
    out->number = (struct dec_number){negative, digits, exponent, false};
    return CONV_OK;
}

static enum conv_issue integer(struct from_value *out, dec_int v) { return number(out, v < 0, dec_abs(v), 0); }

static enum conv_issue real(struct from_value *out, double x, bool is_single) {
    out->kind = FROM_FLOAT;
    out->real = x;
    out->is_single = is_single;
    return CONV_OK;
}

/* "The precision and scale fields of the numeric structure are never used for input": the APD has them. */
static enum conv_issue read_numeric(const struct from_c_in *in, struct from_value *out) {
    LOAD(SQL_NUMERIC_STRUCT, n);
    dec_uint digits;
    memcpy(&digits, n.val, sizeof digits);
    if (dec_digits(digits) > DEC_MAX_DIGITS || in->scale > DEC_MAX_DIGITS || in->scale < -DEC_MAX_DIGITS)
        return CONV_RANGE;
    return number(out, n.sign == 0 && digits != 0, digits, -in->scale);
}

static enum conv_issue read_bit(const struct from_c_in *in, struct from_value *out) {
    unsigned char bit = *(const unsigned char *)in->data;
    return bit > 1 ? CONV_RANGE : integer(out, bit);
}

/* ---- dates and times --------------------------------------------------------------------------------------------- */

static bool is_date(int year, unsigned month, unsigned day) {
    return year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
           day <= (unsigned)dtime_month_days(year, (int)month);
}

static bool is_clock(unsigned hour, unsigned minute, unsigned second) {
    return hour < 24 && minute < 60 && second < 60;
}

static enum conv_issue read_date(const struct from_c_in *in, struct from_value *out) {
    LOAD(SQL_DATE_STRUCT, d);
    *out = (struct from_value){.kind = FROM_DATE, .t = {.year = d.year, .month = d.month, .day = d.day},
                               .date_ok = is_date(d.year, d.month, d.day), .clock_ok = true};
    return CONV_OK;
}

static enum conv_issue read_time(const struct from_c_in *in, struct from_value *out) {
    LOAD(SQL_TIME_STRUCT, d);
    *out = (struct from_value){.kind = FROM_TIME, .t = {.hour = d.hour, .minute = d.minute, .second = d.second},
                               .date_ok = true, .clock_ok = is_clock(d.hour, d.minute, d.second)};
    return CONV_OK;
}

static enum conv_issue read_stamp(const struct from_c_in *in, struct from_value *out) {
    LOAD(SQL_TIMESTAMP_STRUCT, d);
    bool fraction_ok = d.fraction < 1000000000u;
    *out = (struct from_value){
        .kind = FROM_STAMP,
        .t = {d.year, d.month, d.day, d.hour, d.minute, d.second, fraction_ok ? (int)d.fraction : 0},
        .date_ok = is_date(d.year, d.month, d.day), .clock_ok = is_clock(d.hour, d.minute, d.second) && fraction_ok};
    return CONV_OK;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static enum conv_issue read_guid(const struct from_c_in *in, struct from_value *out) {
    static const char HEX[] = "0123456789abcdef";
    LOAD(SQLGUID, g);
    unsigned char b[16] = {(unsigned char)(g.Data1 >> 24), (unsigned char)(g.Data1 >> 16),
                           (unsigned char)(g.Data1 >> 8), (unsigned char)g.Data1, (unsigned char)(g.Data2 >> 8),
                           (unsigned char)g.Data2, (unsigned char)(g.Data3 >> 8), (unsigned char)g.Data3};
    char *p = out->guid;
    memcpy(b + 8, g.Data4, 8);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *p++ = '-';
        *p++ = HEX[b[i] >> 4];
        *p++ = HEX[b[i] & 15];
    }
    out->kind = FROM_GUID;
    return CONV_OK;
}

/* Digits behind the point of seconds as microseconds. */
static bool fraction_us(const struct from_c_in *in, SQLUINTEGER fraction, int64_t *us_r) {
    int digits = in->precision >= 1 && in->precision <= 9 ? in->precision : 6;
    uint64_t unit = (uint64_t)dec_pow10(digits);
    if (fraction >= unit || (uint64_t)fraction * 1000000 % unit) return false;
    *us_r = (int64_t)((uint64_t)fraction * 1000000 / unit);
    return true;
}

/* Fields before the first do not exist; those behind it have their usual limits; those behind the last are ignored. */
static enum conv_issue read_interval(const struct from_c_in *in, SQLSMALLINT c_type, struct from_value *out) {
    static const uint32_t LIMITS[] = {0, 12, 0, 24, 60, 60};
    LOAD(SQL_INTERVAL_STRUCT, s);
    struct interval_kind k = interval_fields_of(c_type);
    bool months = interval_kind_is_months(k);
    const SQLUINTEGER v[] = {s.intval.year_month.year, s.intval.year_month.month, s.intval.day_second.day,
                             s.intval.day_second.hour, s.intval.day_second.minute, s.intval.day_second.second};
    int64_t total = 0;
    for (int f = (int)k.first; f <= (int)k.last; f++) {
        if (f > (int)k.first && v[f] >= LIMITS[f]) return CONV_INTERVAL;
        int64_t part;
        if (__builtin_mul_overflow((int64_t)v[f], interval_field_size((enum interval_field)f), &part) ||
            __builtin_add_overflow(total, part, &total)) return CONV_INTERVAL;
    }
    if (in->leading > 0 && in->leading < 10 && v[k.first] >= (uint64_t)dec_pow10(in->leading)) return CONV_INTERVAL;
    if (months && total > INT32_MAX) return CONV_INTERVAL;
    if (k.last == INTERVAL_SECOND) {
        int64_t us;
        if (!fraction_us(in, s.intval.day_second.fraction, &us)) return CONV_INTERVAL;
        if (__builtin_add_overflow(total, us, &total)) return CONV_INTERVAL;
    }
    out->kind = FROM_INTERVAL;
    out->fields = k;
    out->amount = s.interval_sign == SQL_TRUE ? -total : total;
    return CONV_OK;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

enum conv_issue from_c_read(const struct from_c_in *in, SQLSMALLINT c_type, struct arena *a, struct from_value *out) {
    enum target target = target_of(c_type);
    if (target > TO_BINARY && !in->data) return CONV_NO_VALUE;
    switch (target) {
    case TO_CHAR: return read_char(in, out);
    case TO_WCHAR: return read_wide(in, a, out);
    case TO_BINARY: return read_binary(in, out);
    case TO_I8: { LOAD(int8_t, x); return integer(out, x); }
    case TO_U8: { LOAD(uint8_t, x); return integer(out, x); }
    case TO_I16: { LOAD(int16_t, x); return integer(out, x); }
    case TO_U16: { LOAD(uint16_t, x); return integer(out, x); }
    case TO_I32: { LOAD(int32_t, x); return integer(out, x); }
    case TO_U32: { LOAD(uint32_t, x); return integer(out, x); }
    case TO_I64: { LOAD(int64_t, x); return integer(out, x); }
    case TO_U64: { LOAD(uint64_t, x); return integer(out, x); }
    case TO_BIT: return read_bit(in, out);
    case TO_F32: { LOAD(float, x); return real(out, (double)x, true); }
    case TO_F64: { LOAD(double, x); return real(out, x, false); }
    case TO_NUMERIC: return read_numeric(in, out);
    case TO_DATE: return read_date(in, out);
    case TO_TIME: return read_time(in, out);
    case TO_STAMP: return read_stamp(in, out);
    case TO_GUID: return read_guid(in, out);
    case TO_INTERVAL: return read_interval(in, c_type, out);
    default: return CONV_RESTRICTED;
    }
}
