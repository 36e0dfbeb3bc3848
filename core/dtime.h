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
void dtime_civil(int64_t days, struct dtime *out);               /* fills year, month and day only */
void dtime_of_us(int64_t us, struct dtime *out);                 /* of a timestamp */
void dtime_clock_of_us(int64_t us_of_day, struct dtime *out);    /* fills hour … nanos only; 0 <= us_of_day < one day */
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

#endif
