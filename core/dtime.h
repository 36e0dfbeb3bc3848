/* dtime: dates and times of day as numbers, and as text. Pure; proleptic Gregorian calendar; no zone, no locale.
 *
 * A date is a count of days since 1970-01-01, a timestamp a count of microseconds since that day's midnight. Text is
 * what Databricks SQL prints: "2021-06-15", "12:34:56.789", "2021-06-15 12:34:56.789" (no fraction when it is zero,
 * no zeros at its end). Years outside 0001 … 9999 are printed with as many digits as they need. */
#ifndef CORE_DTIME_H
#define CORE_DTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digits.h"
#include "sv.h"

#define DTIME_US_PER_SEC INT64_C(1000000)
#define DTIME_US_PER_DAY (INT64_C(86400) * DTIME_US_PER_SEC)

enum { DTIME_TEXT_MAX = 40 };   /* room for any text below; none of them writes a NUL */

struct dtime {
    int64_t year;               /* 0 = 1 BC */
    int month, day;             /* 1 … 12, 1 … 31 */
    int hour, minute, second;
    int nanos;
};

int64_t dtime_days(int64_t year, int month, int day);            /* year within ±10^9 */
static inline void dtime_civil(int64_t days, struct dtime *out); /* fills year, month and day only */
static inline void dtime_of_us(int64_t us, struct dtime *out);   /* of a timestamp */
/* Fills hour … nanos only; 0 <= us_of_day < one day. */
static inline void dtime_clock_of_us(int64_t us_of_day, struct dtime *out);
static inline int64_t dtime_clock_and_days(int64_t us, struct dtime *out);   /* dtime_of_us() without year, month and day */
bool dtime_to_us(const struct dtime *t, int64_t *us_r);          /* false: out of int64; nanos below 1 us are dropped */
int dtime_month_days(int64_t year, int month);

/* Floor division, so that the instant before the epoch is on the day before. */
static inline int64_t dtime_floor_div(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }
static inline int64_t dtime_floor_mod(int64_t a, int64_t b) {
    int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/* Each writes at most DTIME_TEXT_MAX bytes and returns how many. */
size_t dtime_put_date(char *out, const struct dtime *t);         /* yyyy-mm-dd */
size_t dtime_put_clock(char *out, const struct dtime *t);        /* hh:mm:ss[.f] */
size_t dtime_put_stamp(char *out, const struct dtime *t, char between);
size_t dtime_put_offset(char *out, int32_t seconds);             /* "Z", "+05:30", "-08:00", "+01:02:03" */

enum dtime_form { DTIME_BAD, DTIME_DATE, DTIME_CLOCK, DTIME_STAMP };

struct dtime_text {
    struct dtime t;             /* parts that the text does not have are zero */
    bool has_offset;            /* "Z", "+05:30", "-0800", "+5", … followed a stamp */
    int32_t offset;             /* seconds east of UTC */
    bool cut;                   /* digits other than 0 stood beyond the ninth of the fraction */
};

/* Reads one of: yyyy-mm-dd · hh:mm[:ss[.f]] · yyyy-mm-dd{blank|T}hh:mm[:ss[.f]][offset]. Years have 4 to 6 digits and
 * may have a sign; months and days 1 or 2 digits; every field is range checked (no 30 February, no second 60).
 * DTIME_BAD for anything else; blanks around are the caller's to trim. */
enum dtime_form dtime_parse(struct sv text, struct dtime_text *out);

/* ---- inline, because one is done for every cell of a column ------------------------------------------------------ */

struct dtime_ymd { int64_t year; int month, day; };
struct dtime_ymd dtime_civil_far(int64_t days);                  /* dtime_civil() for any number of days */

/* C. Neri and L. Schneider, "Euclidean affine functions and their application to calendar algorithms": the three
 * divisions by the mean lengths of century, year and month are multiplications in 32 bits. Days are counted from a
 * 1 March long ago, so that nothing is negative and the leap day is the last. */
static inline void dtime_civil(int64_t days, struct dtime *out) {
    enum { ERAS = 82, SHIFT = 719468 + 146097 * ERAS };
    if (__builtin_expect(days < -(int64_t)SHIFT || days >= (INT64_C(1) << 29), 0)) {
        const struct dtime_ymd far = dtime_civil_far(days);      /* by value: *out may stay in registers */
        out->year = far.year, out->month = far.month, out->day = far.day;
        return;
    }
    uint32_t n = 4 * (uint32_t)(days + SHIFT) + 3;
    uint32_t century = n / 146097;
    uint64_t years = UINT64_C(2939745) * (n % 146097 | 3);
    uint32_t day_of_year = (uint32_t)years / 2939745 / 4;
    uint32_t months = 2141 * day_of_year + 197913;
    uint32_t past = day_of_year >= 306;      /* January and February belong to the next year */
    out->year = (int64_t)(100 * century + (uint32_t)(years >> 32) + past) - 400 * ERAS;
    out->month = (int)((months >> 16) - (past ? 12 : 0));
    out->day = (int)((months & 0xFFFF) / 2141 + 1);
}

static inline void dtime_clock_of_us(int64_t us_of_day, struct dtime *out) {
    uint32_t seconds = (uint32_t)((uint64_t)us_of_day / 1000000), minutes = seconds / 60;
    out->nanos = (int)((uint32_t)us_of_day - seconds * 1000000u) * 1000;
    out->hour = (int)(minutes / 60);
    out->minute = (int)(minutes % 60);
    out->second = (int)(seconds % 60);
}

/* The clock of a timestamp, and its day. */
static inline int64_t dtime_clock_and_days(int64_t us, struct dtime *out) {
    enum { BIAS = 50000000 };               /* days: with them nothing later than 134,000 BC is negative */
    uint64_t biased = (uint64_t)us + BIAS * (uint64_t)DTIME_US_PER_DAY, days = biased / DTIME_US_PER_DAY;
    if (__builtin_expect(us < -BIAS * DTIME_US_PER_DAY, 0)) {
        dtime_clock_of_us(dtime_floor_mod(us, DTIME_US_PER_DAY), out);
        return dtime_floor_div(us, DTIME_US_PER_DAY);
    }
    dtime_clock_of_us((int64_t)(biased - days * DTIME_US_PER_DAY), out);
    return (int64_t)days - BIAS;
}

static inline void dtime_of_us(int64_t us, struct dtime *out) { dtime_civil(dtime_clock_and_days(us, out), out); }

/* "hh:mm:ss" as a word of core/digits.h. */
static inline uint64_t dtime_clock_word(const struct dtime *t) {
    return DIGITS_PAIRS[t->hour] | (uint64_t)':' << 16 | (uint64_t)DIGITS_PAIRS[t->minute] << 24 | (uint64_t)':' << 40 |
           (uint64_t)DIGITS_PAIRS[t->second] << 48;
}

/* yyyy-mm-dd of a year 0 … 9999: ten characters, stored as core/digits.h does. */
DIGITS_INLINE size_t dtime_put_usual_date(char *out, const struct dtime *t, int wide) {
    uint32_t year = (uint32_t)t->year;
    digits_put8(out, DIGITS_PAIRS[year / 100] | (uint32_t)DIGITS_PAIRS[year % 100] << 16 | (uint64_t)'-' << 32 |
                (uint64_t)DIGITS_PAIRS[t->month] << 40 | (uint64_t)'-' << 56, wide);
    digits_put2(out + ((size_t)8 << wide), DIGITS_PAIRS[t->day], wide);
    return 10;
}

#endif
