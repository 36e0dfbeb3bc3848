#include "dtime.h"

#include <string.h>

/* Days before the first of a month when the year is taken to begin in March, which puts the leap day last:
 * (153 * m + 2) / 5 is exact for m = 0 … 11. Eras of 400 years make negative years ordinary. */
int64_t dtime_days(int64_t year, int month, int day) {
    int64_t y = year - (month <= 2);
    int64_t era = dtime_floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct dtime_ymd dtime_civil_far(int64_t days) {
    struct dtime_ymd out;
    int64_t z = days + 719468;
    int64_t era = dtime_floor_div(z, 146097);
    uint32_t doe = (uint32_t)(z - era * 146097);
    uint32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    uint32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    uint32_t mp = (5 * doy + 2) / 153;
    out.day = (int)(doy - (153 * mp + 2) / 5 + 1);
    out.month = (int)(mp < 10 ? mp + 3 : mp - 9);
    out.year = (int64_t)yoe + era * 400 + (out.month <= 2);
    return out;
}

bool dtime_to_us(const struct dtime *t, int64_t *us_r) {
    int64_t of_day = ((t->hour * INT64_C(60) + t->minute) * 60 + t->second) * DTIME_US_PER_SEC + t->nanos / 1000;
    int64_t days;
    if (t->year < -400000 || t->year > 400000) return false;
    days = dtime_days(t->year, t->month, t->day);
    return !__builtin_mul_overflow(days, DTIME_US_PER_DAY, us_r) && !__builtin_add_overflow(*us_r, of_day, us_r);
}

int dtime_month_days(int64_t year, int month) {
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return DAYS[month - 1] + (month == 2 && leap);
}

/* ---- printing -------------------------------------------------------------------------------------------------- */

static char *put2(char *p, unsigned v) {
    memcpy(p, &DIGITS_PAIRS[v % 100], 2);
    return p + 2;
}

static char *put_year(char *p, int64_t year) {
    char digits[24];
    size_t n = 0;
    uint64_t v = year < 0 ? 0 - (uint64_t)year : (uint64_t)year;
    if (year < 0) *p++ = '-';
    if (year > 9999) *p++ = '+';
    do digits[n++] = (char)('0' + v % 10); while ((v /= 10) || n < 4);
    while (n) *p++ = digits[--n];
    return p;
}

size_t dtime_put_date(char *out, const struct dtime *t) {
    if (t->year >= 0 && t->year <= 9999) return dtime_put_usual_date(out, t, 0);
    char *p = put_year(out, t->year);
    *p++ = '-';
    p = put2(p, (unsigned)t->month);
    *p++ = '-';
    return (size_t)(put2(p, (unsigned)t->day) - out);
}

size_t dtime_put_clock(char *out, const struct dtime *t) {
    unsigned rest = (unsigned)t->nanos;
    char *p = out + 8;
    digits_put8(out, dtime_clock_word(t), 0);
    if (rest) *p++ = '.';
    for (unsigned unit = 100000000; rest; unit /= 10) {
        *p++ = (char)('0' + rest / unit);
        rest %= unit;
    }
    return (size_t)(p - out);
}

size_t dtime_put_stamp(char *out, const struct dtime *t, char between) {
    size_t n = dtime_put_date(out, t);
    out[n++] = between;
    return n + dtime_put_clock(out + n, t);
}

size_t dtime_put_offset(char *out, int32_t seconds) {
    uint32_t v = seconds < 0 ? 0 - (uint32_t)seconds : (uint32_t)seconds;
    char *p = out;
    if (seconds == 0) {
        *p++ = 'Z';
        return 1;
    }
    *p++ = seconds < 0 ? '-' : '+';
    p = put2(p, v / 3600);
    *p++ = ':';
    p = put2(p, v / 60 % 60);
    if (v % 60) {
        *p++ = ':';
        p = put2(p, v % 60);
    }
    return (size_t)(p - out);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

struct reader { const char *p, *end; };

static bool eat(struct reader *r, char c) {
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

/* A number of min to max digits between lo and hi. */
static bool eat_number(struct reader *r, int min, int max, int lo, int hi, int *out) {
    int n = 0, v = 0;
    while (n < max && r->p < r->end && *r->p >= '0' && *r->p <= '9') {
        v = v * 10 + (*r->p++ - '0');
        n++;
    }
    *out = v;
    return n >= min && v >= lo && v <= hi;
}

static bool eat_fraction(struct reader *r, struct dtime_text *out) {
    int n = 0, unit = 100000000;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++, n++, unit /= 10) {
        if (n < 9) out->t.nanos += (*r->p - '0') * unit;
        else if (*r->p != '0') out->cut = true;
    }
    return n > 0;
}

static bool eat_date(struct reader *r, struct dtime *t) {
    bool negative = eat(r, '-');
    int year;
    if (!negative) eat(r, '+');
    if (!eat_number(r, 4, 6, 0, 999999, &year) || !eat(r, '-')) return false;
    t->year = negative ? -year : year;
    return eat_number(r, 1, 2, 1, 12, &t->month) && eat(r, '-') &&
           eat_number(r, 1, 2, 1, dtime_month_days(t->year, t->month), &t->day);
}

static bool eat_clock(struct reader *r, struct dtime_text *out) {
    struct dtime *t = &out->t;
    if (!eat_number(r, 1, 2, 0, 23, &t->hour) || !eat(r, ':') || !eat_number(r, 2, 2, 0, 59, &t->minute)) return false;
    if (!eat(r, ':')) return true;
    if (!eat_number(r, 2, 2, 0, 59, &t->second)) return false;
    return !eat(r, '.') || eat_fraction(r, out);
}

static bool eat_offset(struct reader *r, struct dtime_text *out) {
    int h, m = 0, s = 0;
    bool negative;
    out->has_offset = true;
    if (eat(r, 'Z') || eat(r, 'z')) return true;
    negative = eat(r, '-');
    if (!negative && !eat(r, '+')) return false;
    if (!eat_number(r, 1, 2, 0, 18, &h)) return false;
    if (r->p < r->end) {
        eat(r, ':');
        if (!eat_number(r, 2, 2, 0, 59, &m)) return false;
        if (r->p < r->end && (!eat(r, ':') || !eat_number(r, 2, 2, 0, 59, &s))) return false;
    }
    out->offset = (h * 3600 + m * 60 + s) * (negative ? -1 : 1);
    return true;
}

static bool is_clock(struct sv text) {
    return (text.len > 1 && text.ptr[1] == ':') || (text.len > 2 && text.ptr[2] == ':');
}

enum dtime_form dtime_parse(struct sv text, struct dtime_text *out) {
    struct reader r = {text.ptr, text.ptr + text.len};
    memset(out, 0, sizeof *out);
    if (text.len == 0) return DTIME_BAD;
    if (is_clock(text)) return eat_clock(&r, out) && r.p == r.end ? DTIME_CLOCK : DTIME_BAD;
    if (!eat_date(&r, &out->t)) return DTIME_BAD;
    if (r.p == r.end) return DTIME_DATE;
    if (!eat(&r, ' ') && !eat(&r, 'T')) return DTIME_BAD;
    if (!eat_clock(&r, out)) return DTIME_BAD;
    if (r.p == r.end) return DTIME_STAMP;
    eat(&r, ' ');
    return eat_offset(&r, out) && r.p == r.end ? DTIME_STAMP : DTIME_BAD;
}
