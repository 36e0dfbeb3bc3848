/* calendar: the dates that data has, by table: 1900-03-01 … 2100-02-28, where every fourth year is a leap year.
 *
 * Years are counted from 1 March, so that the leap day is the last of its year and one table of 366 days serves all of
 * them. What lies outside is for dtime_civil(). Text is stored as core/digits.h does. */
#ifndef CORE_CALENDAR_H
#define CORE_CALENDAR_H

#include <stdbool.h>

#include "digits.h"

struct calendar_fields { uint16_t month, day; };

extern const char CALENDAR_TEXT[366][8];                    /* "-03-01" … "-02-29", by day of such a year */
extern const struct calendar_fields CALENDAR_FIELDS[366];
extern const uint32_t CALENDAR_YEARS[201];                  /* "1900" … "2100" as a word of digits.h */

struct calendar_day { uint32_t year, day; };    /* years since 1900, as calendars count; day of the year from 1 March */

static inline bool calendar_has(int64_t days) {             /* since 1970-01-01 */
    enum { FIRST = -25508, COUNT = 73049 };
    return (uint64_t)(days - FIRST) < COUNT;
}

DIGITS_INLINE struct calendar_day calendar_find(int64_t days) {
    uint32_t n = 4 * (uint32_t)(days + 25508) + 3, year = n / 1461, day = (n - year * 1461) / 4;
    return (struct calendar_day){year + (day >= 306), day};
}

/* yyyy-mm-dd and a NUL: eleven characters. */
DIGITS_INLINE void calendar_put(char *out, struct calendar_day d, int wide) {
    uint64_t day;
    memcpy(&day, CALENDAR_TEXT[d.day], 8);
    digits_put8(out, CALENDAR_YEARS[d.year] | day << 32, wide);
    digits_put4(out + ((size_t)7 << wide), (uint32_t)(day >> 24), wide);
}

#endif
