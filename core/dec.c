#include "dec.h"

#include "digits.h"

#define E19 UINT64_C(10000000000000000000)

/* Larger powers are products of two. */
dec_uint dec_pow10(int n) { return n <= 19 ? DIGITS_POW10[n] : (dec_uint)E19 * DIGITS_POW10[n - 19]; }

int dec_digits(dec_uint v) {
    int n = 20;
    if (v >> 64 == 0) return (int)digits_of_u64((uint64_t)v);
    while (n <= DEC_MAX_DIGITS && v >= dec_pow10(n)) n++;
    return n;
}

/* Digits of v, at least one. */
static size_t put_digits(char *out, dec_uint v) {
    if (v >> 64 == 0) return digits_put_u64(out, (uint64_t)v, 0);
    dec_uint high = v / E19;
    size_t n = high >> 64 == 0 ? digits_put_u64(out, (uint64_t)high, 0) : put_digits(out, high);
    digits_put_fixed(out + n, (uint64_t)(v - high * E19), 19, 0);
    return n + 19;
}

/* Any value: its digits first, then those before and after the point. */
static size_t put_long(char *out, dec_uint v, int scale, size_t *whole_r) {
    char digits[40];
    size_t n = put_digits(digits, v), s = scale > 0 ? (size_t)scale : 0;
    size_t whole = n > s ? n - s : 0, at = whole;
    if (whole) memcpy(out, digits, whole);
    else out[at++] = '0';
    if (scale < 0 && v != 0) {
        memset(out + at, '0', (size_t)-scale);
        at += (size_t)-scale;
    }
    *whole_r = at;
    if (s == 0) return at;
    out[at++] = '.';
    if (s > n) {
        memset(out + at, '0', s - n);
        at += s - n;
    }
    memcpy(out + at, digits + whole, n - whole);
    return at + n - whole;
}

size_t dec_put(char *out, dec_int v, int scale, size_t *whole_r) {
    dec_uint u = dec_abs(v);
    size_t sign = v < 0, n, whole;
    if (sign) *out++ = '-';
    if (scale >= 1 && scale <= 18 && u >> 64 == 0) {
        n = digits_put_pointed(out, (uint64_t)u, scale, 0);
        whole = n - (size_t)scale - 1;
    } else {
        n = put_long(out, u, scale, &whole);
    }
    if (whole_r) *whole_r = sign + whole;
    return sign + n;
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct scan {
    struct dec_number *n;
    int seen;                   /* significant digits kept */
    bool any;                   /* a digit stood in the mantissa */
};

static const char *scan_digits(struct scan *s, const char *p, const char *end, bool fraction) {
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        s->any = true;
        if (s->seen < 18) {     /* 64-bit multiplication will do */
            s->n->digits = (uint64_t)s->n->digits * 10 + (unsigned)(*p - '0');
            s->seen += s->n->digits != 0;
            s->n->exponent -= fraction;
        } else if (s->seen < DEC_MAX_DIGITS) {
            s->n->digits = s->n->digits * 10 + (unsigned)(*p - '0');
            s->seen += s->n->digits != 0;
            if (fraction) s->n->exponent--;
        } else {
            s->n->inexact |= *p != '0';
            if (!fraction) s->n->exponent++;
        }
    }
    return p;
}

/* Exponents beyond a million behave as a million: far outside every type either way. */
static const char *scan_exponent(struct dec_number *n, const char *p, const char *end) {
    int v = 0;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    const char *first = p;
    for (; p < end && *p >= '0' && *p <= '9'; p++)
        if (v < 1000000) v = v * 10 + (*p - '0');
    n->exponent += negative ? -v : v;
    return p > first ? p : NULL;
}

bool dec_scan(struct sv text, struct dec_number *out) {
    struct scan s = {out, 0, false};
    const char *p = text.ptr, *end = text.ptr + text.len;
    memset(out, 0, sizeof *out);
    if (text.len > INT32_MAX / 2) return false;
    if (p < end && (*p == '-' || *p == '+')) out->negative = *p++ == '-';
    p = scan_digits(&s, p, end, false);
    if (p < end && *p == '.') p = scan_digits(&s, p + 1, end, true);
    if (!s.any) return false;
    if (p < end && (*p == 'e' || *p == 'E')) p = scan_exponent(out, p + 1, end);
    return p == end;
}

/* v * 10^by, if that has at most 38 digits. */
static bool scale_up(dec_uint *v, int by) {
    if (*v == 0) return true;
    if (by > DEC_MAX_DIGITS || *v >= dec_pow10(DEC_MAX_DIGITS - by)) return false;
    *v *= dec_pow10(by);
    return true;
}

bool dec_at_scale(const struct dec_number *n, int scale, dec_uint *out, bool *cut_r) {
    int shift = n->exponent + scale;
    *out = n->digits;
    if (shift >= 0) {
        if (n->inexact) *cut_r = true;
        return scale_up(out, shift);
    }
    if (shift < -DEC_MAX_DIGITS) {
        if (n->digits || n->inexact) *cut_r = true;
        *out = 0;
        return true;
    }
    dec_uint unit = dec_pow10(-shift);
    bool is_short = n->digits >> 64 == 0 && unit >> 64 == 0;    /* 64-bit division is many times faster */
    *out = is_short ? (uint64_t)n->digits / (uint64_t)unit : n->digits / unit;
    if (*out * unit != n->digits || n->inexact) *cut_r = true;
    return true;
}

bool dec_parse(struct sv text, int precision, int scale, dec_int *out) {
    struct dec_number n;
    dec_uint v;
    bool cut = false;
    if (!dec_scan(text, &n) || !dec_at_scale(&n, scale, &v, &cut) || cut) return false;
    if (precision > 0 && precision < DEC_MAX_DIGITS && v >= dec_pow10(precision)) return false;
    *out = n.negative ? -(dec_int)v : (dec_int)v;
    return true;
}
