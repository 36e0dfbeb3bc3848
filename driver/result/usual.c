#include "usual.h"

#include "core/digits.h"
#include "core/dtime.h"

static inline bool is_digit(char c) { return (unsigned char)(c - '0') <= 9; }

/* Digits up to the first other character; moves *p behind them. */
static inline uint64_t take_digits(const char **p, const char *end, uint64_t v) {
    for (; *p < end && is_digit(**p); (*p)++) v = v * 10 + (uint64_t)(**p - '0');
    return v;
}

bool usual_int(struct sv text, int64_t *out) {
    const char *p = text.ptr, *end = p + text.len;
    bool minus = text.len > 0 && *p == '-';
    p += minus;
    if (p == end || end - p > 18) return false;
    int64_t v = (int64_t)take_digits(&p, end, 0);
    *out = minus ? -v : v;
    return p == end;
}

bool usual_decimal(struct sv text, int precision, int scale, int64_t *out) {
    const char *p = text.ptr, *end = p + text.len;
    bool minus = text.len > 0 && *p == '-';
    p += minus;
    if (end - p > 19 || p == end || !is_digit(*p)) return false;
    const char *from = p;
    uint64_t v = take_digits(&p, end, 0);
    ptrdiff_t digits = p - from, behind = 0;
    if (p < end && *p == '.') {
        from = ++p;
        v = take_digits(&p, end, v);
        behind = p - from;
    }
    if (p != end || behind != scale || digits + behind > (precision < 18 ? precision : 18)) return false;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

/* The two digits at p; above 99 when they are none. */
static inline unsigned two(const char *p) {
    unsigned tens = (unsigned char)(p[0] - '0'), ones = (unsigned char)(p[1] - '0');
    return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

static inline bool take_date(const char *p, int64_t *days) {
    unsigned century = two(p), year = two(p + 2), month = two(p + 5), day = two(p + 8);
    if (century > 99 || year > 99 || month - 1 > 11 || day - 1 > 30 || p[4] != '-' || p[7] != '-') return false;
    year += century * 100;
    if (day > 28 && (int)day > dtime_month_days(year, (int)month)) return false;
    *days = dtime_days(year, (int)month, (int)day);
    return true;
}

bool usual_date(struct sv text, int32_t *days) {
    int64_t d;
    if (text.len != 10 || !take_date(text.ptr, &d)) return false;
    *days = (int32_t)d;
    return true;
}

/* Behind the seconds: nothing, Z, or an offset that has all its digits. */
static bool is_offset(const char *p, size_t len) {
    if (len == 0 || (len == 1 && *p == 'Z')) return true;
    return len == 6 && (*p == '+' || *p == '-') && p[3] == ':' && two(p + 1) <= 18 && two(p + 4) <= 59;
}

bool usual_stamp(struct sv text, int64_t *us) {
    const char *p = text.ptr, *end = p + text.len;
    int64_t days;
    uint64_t fraction = 0;
    if (text.len < 19 || (p[10] != ' ' && p[10] != 'T') || p[13] != ':' || p[16] != ':' || !take_date(p, &days)) return false;
    unsigned hour = two(p + 11), minute = two(p + 14), second = two(p + 17);
    if (hour > 23 || minute > 59 || second > 59) return false;
    p += 19;
    if (p < end && *p == '.') {
        const char *from = ++p;
        fraction = take_digits(&p, end - p > 6 ? p + 6 : end, 0);
        if (p == from) return false;
        fraction *= DIGITS_POW10[6 - (p - from)];
    }
    if (!is_offset(p, (size_t)(end - p))) return false;
    *us = days * DTIME_US_PER_DAY + (int64_t)((hour * 60 + minute) * 60 + second) * DTIME_US_PER_SEC + (int64_t)fraction;
    return true;
}
