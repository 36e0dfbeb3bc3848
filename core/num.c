#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* strtod_l */
#endif
#include "num.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"

__extension__ typedef unsigned __int128 u128;

const uint16_t DIGITS_PAIRS[100] = {
#define PAIR(tens, ones) ('0' + (tens)) | ('0' + (ones)) << 8
#define TEN(t) PAIR(t, 0), PAIR(t, 1), PAIR(t, 2), PAIR(t, 3), PAIR(t, 4), PAIR(t, 5), PAIR(t, 6), PAIR(t, 7), \
               PAIR(t, 8), PAIR(t, 9)
    TEN(0), TEN(1), TEN(2), TEN(3), TEN(4), TEN(5), TEN(6), TEN(7), TEN(8), TEN(9)
};

const uint32_t DIGITS_FOURS[10000] = {
#define FOUR(a, b, c, d) ('0' + (a)) | ('0' + (b)) << 8 | ('0' + (c)) << 16 | ('0' + (d)) << 24
#define FOURS(a, b, c) FOUR(a, b, c, 0), FOUR(a, b, c, 1), FOUR(a, b, c, 2), FOUR(a, b, c, 3), FOUR(a, b, c, 4), \
                       FOUR(a, b, c, 5), FOUR(a, b, c, 6), FOUR(a, b, c, 7), FOUR(a, b, c, 8), FOUR(a, b, c, 9)
#define HUNDRED(a, b) FOURS(a, b, 0), FOURS(a, b, 1), FOURS(a, b, 2), FOURS(a, b, 3), FOURS(a, b, 4), \
                      FOURS(a, b, 5), FOURS(a, b, 6), FOURS(a, b, 7), FOURS(a, b, 8), FOURS(a, b, 9)
#define THOUSAND(a) HUNDRED(a, 0), HUNDRED(a, 1), HUNDRED(a, 2), HUNDRED(a, 3), HUNDRED(a, 4), \
                    HUNDRED(a, 5), HUNDRED(a, 6), HUNDRED(a, 7), HUNDRED(a, 8), HUNDRED(a, 9)
    THOUSAND(0), THOUSAND(1), THOUSAND(2), THOUSAND(3), THOUSAND(4), THOUSAND(5), THOUSAND(6), THOUSAND(7),
    THOUSAND(8), THOUSAND(9)
};

const uint64_t DIGITS_POW10[20] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, UINT64_C(10000000000),
    UINT64_C(100000000000), UINT64_C(1000000000000), UINT64_C(10000000000000), UINT64_C(100000000000000),
    UINT64_C(1000000000000000), UINT64_C(10000000000000000), UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000), UINT64_C(10000000000000000000),
};

size_t num_put_u64(char *out, uint64_t v) { return digits_put_u64(out, v, 0); }

size_t num_put_i64(char *out, int64_t v) {
    if (v >= 0) return num_put_u64(out, (uint64_t)v);
    out[0] = '-';
    return 1 + num_put_u64(out + 1, 0 - (uint64_t)v);
}

/* ---- shortest digits: R. Giulietti, "The Schubfach way to render doubles" -----------------------------------------
 *
 * A binary number c * 2^q has an interval of decimals that round to it. With k = floor(log10 of its width) there is a
 * multiple of 10^k or 10^(k+1) inside; 128-bit multiplication by 10^-k, rounded to odd, decides which, exactly. The
 * same holds for float with 64 bits. As Java does, one digit is never preferred to two, and the smallest subnormals are
 * computed ten times as large: 4.9E-324 rather than 5.0E-324. Names follow the paper. */

static const struct { uint64_t hi, lo; } POW10[] = {
#define P(hi, lo) {UINT64_C(hi), UINT64_C(lo)},
#include "tbl/pow10.h"
#undef P
};
enum { POW10_FIRST = -292 };

static int floor_log10_pow2(int e) { return (e * 1262611) >> 22; }
static int floor_log10_three_quarters_pow2(int e) { return (e * 1262611 - 524031) >> 22; }
static int floor_log2_pow10(int e) { return (e * 1741647) >> 19; }

/* cp * 10^k >> 128, with a set last bit when anything was lost. */
static inline uint64_t round_to_odd64(int k, uint64_t cp) {
    uint64_t hi = POW10[k - POW10_FIRST].hi, lo = POW10[k - POW10_FIRST].lo;
    u128 x = (u128)lo * cp, y = (u128)hi * cp + (uint64_t)(x >> 64);
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

static inline uint64_t round_to_odd32(int k, uint64_t cp) {
    uint64_t g = POW10[k - POW10_FIRST].hi + (POW10[k - POW10_FIRST].lo != 0);
    u128 y = (u128)g * cp;
    return (uint32_t)(y >> 64) | ((uint64_t)y >> 32 > 1);
}

/* c * 2^q with its neighbours half a unit away (a quarter below, when it is a power of two). */
DIGITS_INLINE struct num_decimal shortest(uint64_t c, int q, bool lower_is_closer, bool is_float) {
    bool even = c % 2 == 0;
    int k = lower_is_closer ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    int h = q + floor_log2_pow10(-k) + 1;
    uint64_t (*round)(int, uint64_t) = is_float ? round_to_odd32 : round_to_odd64;
    uint64_t vbl = round(-k, (4 * c - 2 + lower_is_closer) << h);
    uint64_t vb = round(-k, (4 * c) << h);
    uint64_t vbr = round(-k, (4 * c + 2) << h);
    uint64_t lower = vbl + !even, upper = vbr - !even, s = vb / 4;
    if (s >= 100) {
        uint64_t sp = s / 10;
        bool up_inside = lower <= 40 * sp, wp_inside = 40 * sp + 40 <= upper;
        if (up_inside != wp_inside) return (struct num_decimal){false, sp + wp_inside, k + 1};
    }
    bool u_inside = lower <= 4 * s, w_inside = 4 * s + 4 <= upper;
    if (u_inside != w_inside) return (struct num_decimal){false, s + w_inside, k};
    uint64_t mid = 4 * s + 2;
    bool up = vb > mid || (vb == mid && (s & 1));
    return (struct num_decimal){false, s + up, k};
}

/* m below `tiny` is subnormal, and too small to have two digits by itself. */
static struct num_decimal shortest_subnormal(uint64_t m, int q, uint64_t tiny, bool is_float) {
    struct num_decimal d = shortest(m < tiny ? 10 * m : m, q, false, is_float);
    if (m < tiny) d.exponent--;
    return d;
}

static struct num_decimal without_zeros(struct num_decimal d) {
    if (d.digits == 0) d.exponent = 0;
    while (d.digits && d.digits % 1000 == 0) {
        d.digits /= 1000;
        d.exponent += 3;
    }
    while (d.digits && d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

/* Most numbers in tables have few decimals. A decimal of up to 15 digits that is v when it is rounded is the only one
 * of that length (6 digits for float), hence the shortest; both operands of the division are exact, so it rounds once. */
static inline bool few_decimals_f64(double v, uint64_t *thousandths) {
    double x = fabs(v);
    if (!(x >= 1e-3 && x < 1e11)) return false;
    *thousandths = (uint64_t)(int64_t)(x * 1e3 + 0.5);
    return (double)(int64_t)*thousandths / 1e3 == x;
}

static inline bool few_decimals_f32(float v, uint64_t *thousandths) {
    float x = fabsf(v);
    if (!(x >= 1e-3f && x < 1e3f)) return false;
    *thousandths = (uint32_t)(int32_t)(x * 1e3f + 0.5f);
    return *thousandths < 1000000 && (float)(int32_t)*thousandths / 1e3f == x;
}

/* The same without the short cut for few decimals; its digits may end with zeros. */
static inline struct num_decimal shortest_f64(double v) {
    uint64_t bits, m;
    int e;
    struct num_decimal d = {false, 0, 0};
    memcpy(&bits, &v, sizeof bits);
    m = bits & ((UINT64_C(1) << 52) - 1);
    e = (int)(bits >> 52 & 0x7ff);
    if (e) d = shortest(m | UINT64_C(1) << 52, e - 1075, m == 0 && e > 1, false);
    else if (m) d = shortest_subnormal(m, -1074, 3, false);
    d.negative = bits >> 63;
    return d;
}

static inline struct num_decimal shortest_f32(float v) {
    uint32_t bits, m;
    int e;
    struct num_decimal d = {false, 0, 0};
    memcpy(&bits, &v, sizeof bits);
    m = bits & ((UINT32_C(1) << 23) - 1);
    e = (int)(bits >> 23 & 0xff);
    if (e) d = shortest(m | UINT32_C(1) << 23, e - 150, m == 0 && e > 1, true);
    else if (m) d = shortest_subnormal(m, -149, 8, true);
    d.negative = bits >> 31;
    return d;
}

struct num_decimal num_shortest_f64(double v) {
    uint64_t t;
    return without_zeros(few_decimals_f64(v, &t) ? (struct num_decimal){v < 0, t, -3} : shortest_f64(v));
}

struct num_decimal num_shortest_f32(float v) {
    uint64_t t;
    return without_zeros(few_decimals_f32(v, &t) ? (struct num_decimal){v < 0, t, -3} : shortest_f32(v));
}

/* ---- the server's spelling (java.lang.Double.toString) ----------------------------------------------------------- */

static size_t put_words(char *out, const char *words) {
    size_t n = strlen(words);
    memcpy(out, words, n);
    return n;
}

/* Thousandths of a number below ten million: at least one decimal, no zeros behind it. */
static size_t put_thousandths(char *out, bool negative, uint64_t t) {
    size_t at = negative;
    out[0] = '-';
    at += digits_put_roomy(out + at, t / 1000, 0);
    uint32_t text = DIGITS_FOURS[t % 1000] ^ '0' ^ '.', behind = (text ^ (uint32_t)DIGITS_ZEROS) >> 16;
    digits_put4(out + at, text, 0);
    return at + 2 + (behind != 0) + (behind > 0xFF);
}

/* d.ddd…E±x: the digits are written one place to the right, then the first moves to the front. */
static size_t put_scientific(char *out, uint64_t digits, int exponent) {
    size_t n = digits_put_roomy(out + 1, digits, 0), shown = n < 2 ? 2 : n;
    out[0] = out[1];
    out[1] = '.';
    if (n == 1) out[2] = '0';
    out[shown + 1] = 'E';
    return shown + 2 + num_put_i64(out + shown + 2, exponent + (int)n - 1);
}

/* Digits with a point after the first `whole` of them, 1 <= whole <= 7: those behind it move by one. */
static size_t put_split(char *out, uint64_t digits, size_t whole) {
    char behind[16];
    size_t n = digits_put_roomy(out, digits, 0);
    memcpy(behind, out + whole, sizeof behind);
    memcpy(out + whole + 1, behind, sizeof behind);
    out[whole] = '.';
    return n + 1;
}

/* Of what put_thousandths() is not for. Room: NUM_TEXT_MAX, which is more than any text. */
static size_t put_decimal(char *out, struct num_decimal d) {
    size_t sign = d.negative;
    if (d.digits % 10 == 0) d = without_zeros(d);
    int n = (int)digits_of_u64(d.digits), point = n + d.exponent;      /* 0.digits * 10^point */
    out[0] = '-';
    out += sign;
    if (d.digits == 0) return sign + put_words(out, "0.0");
    if (point > 0 && point < n && point <= 7) return sign + put_split(out, d.digits, (size_t)point);
    if (point > -3 && point <= 0) {
        digits_put4(out, 0x30302e30, 0);        /* "0.00" */
        return sign + 2 + (size_t)-point + digits_put_roomy(out + 2 - point, d.digits, 0);
    }
    if (point >= n && point <= 7) return put_thousandths(out - sign, sign, d.digits * DIGITS_POW10[d.exponent + 3]);
    return sign + put_scientific(out, d.digits, d.exponent);
}

size_t num_put_f64(char *out, double v) {
    uint64_t t;
    if (few_decimals_f64(v, &t) && t < UINT64_C(10000000000)) return put_thousandths(out, v < 0, t);
    if (isnan(v)) return put_words(out, "NaN");
    if (isinf(v)) return put_words(out, v < 0 ? "-Infinity" : "Infinity");
    return put_decimal(out, shortest_f64(v));
}

size_t num_put_f32(char *out, float v) {
    uint64_t t;
    if (few_decimals_f32(v, &t)) return put_thousandths(out, v < 0, t);
    if (isnan(v)) return put_words(out, "NaN");
    if (isinf(v)) return put_words(out, v < 0 ? "-Infinity" : "Infinity");
    return put_decimal(out, shortest_f32(v));
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* strtod also takes hexadecimal, "inf" and blanks: only plain numbers pass here. */
static bool is_plain(struct sv t) {
    size_t i = 0, digits = 0, exponent = 0;
    if (i < t.len && (t.ptr[i] == '-' || t.ptr[i] == '+')) i++;
    for (; i < t.len && is_digit(t.ptr[i]); i++) digits++;
    if (i < t.len && t.ptr[i] == '.')
        for (i++; i < t.len && is_digit(t.ptr[i]); i++) digits++;
    if (digits == 0) return false;
    if (i == t.len) return true;
    if (t.ptr[i] != 'e' && t.ptr[i] != 'E') return false;
    if (++i < t.len && (t.ptr[i] == '-' || t.ptr[i] == '+')) i++;
    for (; i < t.len && is_digit(t.ptr[i]); i++) exponent++;
    return exponent > 0 && i == t.len;
}

/* A constant of the C library: asking for it allocates nothing and need not be undone. */
static locale_t c_locale(void) { return newlocale(LC_ALL_MASK, "C", (locale_t)0); }

/* Longer literals than this are refused: no number needs more than 800 digits to be told from its neighbours. */
enum { LITERAL_MAX = 1200 };

static bool copy_literal(struct sv text, char buf[LITERAL_MAX]) {
    if (text.len >= LITERAL_MAX || !is_plain(text)) return false;
    memcpy(buf, text.ptr, text.len);
    buf[text.len] = '\0';
    return true;
}

/* [+-]digits[.digits] of up to 15 digits in all: one exact division. */
static bool parse_short(struct sv t, double *out) {
    size_t i = 0, digits = 0;
    int64_t v = 0;
    int decimals = 0;
    bool pointed = false, negative = t.len && t.ptr[0] == '-';
    if (t.len > 17) return false;
    if (t.len && (t.ptr[0] == '-' || t.ptr[0] == '+')) i++;
    for (; i < t.len; i++) {
        if (is_digit(t.ptr[i])) {
            v = v * 10 + (t.ptr[i] - '0');
            digits++;
            decimals += pointed;
        } else if (t.ptr[i] == '.' && !pointed) {
            pointed = true;
        } else {
            return false;
        }
    }
    if (digits == 0 || digits > 15) return false;
    *out = (double)v / (double)(int64_t)DIGITS_POW10[decimals];
    if (negative) *out = -*out;
    return true;
}

bool num_parse_f64(struct sv text, double *out, bool *overflow_r) {
    char buf[LITERAL_MAX];
    if (parse_short(text, out)) return true;
    if (!copy_literal(text, buf)) return false;
    *out = strtod_l(buf, NULL, c_locale());
    if (overflow_r && isinf(*out)) *overflow_r = true;
    return true;
}

bool num_parse_f32(struct sv text, float *out, bool *overflow_r) {
    char buf[LITERAL_MAX];
    if (!copy_literal(text, buf)) return false;
    *out = strtof_l(buf, NULL, c_locale());
    if (overflow_r && isinf(*out)) *overflow_r = true;
    return true;
}

bool num_parse_f64_word(struct sv text, double *out) {
    bool negative = text.len && text.ptr[0] == '-';
    struct sv word = text;
    if (num_parse_f64(text, out, NULL)) return true;
    if (sv_ieq(text, SV_LIT("nan"))) {
        *out = (double)NAN;
        return true;
    }
    if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) word = sv_make(text.ptr + 1, text.len - 1);
    if (!sv_ieq(word, SV_LIT("infinity")) && !sv_ieq(word, SV_LIT("inf"))) return false;
    *out = negative ? -(double)INFINITY : (double)INFINITY;
    return true;
}

double num_f64_of_decimal(bool negative, uint64_t digits, int exponent) {
    static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double v;
    if (digits <= UINT64_C(1) << 53 && exponent <= 22 && exponent >= -22) {
        /* both operands are exact, so one operation rounds once */
        v = exponent < 0 ? (double)digits / POWERS[-exponent] : (double)digits * POWERS[exponent];
    } else {
        char text[NUM_TEXT_MAX + 16];
        size_t n = num_put_u64(text, digits);
        text[n++] = 'e';
        n += num_put_i64(text + n, exponent);
        text[n] = '\0';
        v = strtod_l(text, NULL, c_locale());
    }
    return negative ? -v : v;
}
