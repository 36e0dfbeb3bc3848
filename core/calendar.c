#include "calendar.h"

/* Days of a month: tens and ones of month and day. */
#define NINE(m, n, t) DAY(m, n, t, 1), DAY(m, n, t, 2), DAY(m, n, t, 3), DAY(m, n, t, 4), DAY(m, n, t, 5), \
                      DAY(m, n, t, 6), DAY(m, n, t, 7), DAY(m, n, t, 8), DAY(m, n, t, 9)
#define DAYS29(m, n) NINE(m, n, 0), DAY(m, n, 1, 0), NINE(m, n, 1), DAY(m, n, 2, 0), NINE(m, n, 2)
#define DAYS30(m, n) DAYS29(m, n), DAY(m, n, 3, 0)
#define DAYS31(m, n) DAYS30(m, n), DAY(m, n, 3, 1)
#define MARCH_TO_FEBRUARY \
    DAYS31(0, 3), DAYS30(0, 4), DAYS31(0, 5), DAYS30(0, 6), DAYS31(0, 7), DAYS31(0, 8), DAYS30(0, 9), DAYS31(1, 0), \
    DAYS30(1, 1), DAYS31(1, 2), DAYS31(0, 1), DAYS29(0, 2)

#define DAY(m, n, t, o) {'-', '0' + (m), '0' + (n), '-', '0' + (t), '0' + (o), 0, 0}
const char CALENDAR_TEXT[366][8] = {MARCH_TO_FEBRUARY};
#undef DAY

#define DAY(m, n, t, o) {10 * (m) + (n), 10 * (t) + (o)}
const struct calendar_fields CALENDAR_FIELDS[366] = {MARCH_TO_FEBRUARY};
#undef DAY

#define YEAR(a, b, c, d) ('0' + (a)) | ('0' + (b)) << 8 | ('0' + (c)) << 16 | ('0' + (d)) << 24
#define TEN(a, b, c) YEAR(a, b, c, 0), YEAR(a, b, c, 1), YEAR(a, b, c, 2), YEAR(a, b, c, 3), YEAR(a, b, c, 4), \
                     YEAR(a, b, c, 5), YEAR(a, b, c, 6), YEAR(a, b, c, 7), YEAR(a, b, c, 8), YEAR(a, b, c, 9)
#define HUNDRED(a, b) TEN(a, b, 0), TEN(a, b, 1), TEN(a, b, 2), TEN(a, b, 3), TEN(a, b, 4), TEN(a, b, 5), \
                      TEN(a, b, 6), TEN(a, b, 7), TEN(a, b, 8), TEN(a, b, 9)
const uint32_t CALENDAR_YEARS[201] = {HUNDRED(1, 9), HUNDRED(2, 0), YEAR(2, 1, 0, 0)};
