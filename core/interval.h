/* interval: SQL intervals as text and back. Year-month intervals are a number of months, day-time intervals a number of
 * microseconds. Pure.
 *
 * Written as the vendor's drivers write them: "2-6", "-0-1"; "3 12:30:15.000000000", "-0 00:00:00.500000000".
 * Read in those forms and in the SQL literal form: INTERVAL '2-6' YEAR TO MONTH, INTERVAL '3 12:30:15' DAY TO SECOND,
 * with the sign before or inside the quotes. */
#ifndef CORE_INTERVAL_H
#define CORE_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv.h"

enum { INTERVAL_TEXT_MAX = 40 };

enum interval_field { INTERVAL_YEAR, INTERVAL_MONTH, INTERVAL_DAY, INTERVAL_HOUR, INTERVAL_MINUTE, INTERVAL_SECOND };

/* The fields of a kind: "DAY TO SECOND" is first DAY, last SECOND; "HOUR" is HOUR twice. */
struct interval_kind { enum interval_field first, last; };

bool interval_kind_parse(struct sv words, struct interval_kind *out);    /* case ignored; false: no such kind */
static inline bool interval_kind_is_months(struct interval_kind k) { return k.last <= INTERVAL_MONTH; }

/* Months or microseconds of one of a field. */
int64_t interval_field_size(enum interval_field f);
const char *interval_field_name(enum interval_field f);     /* "YEAR" */

/* The inside of a SQL literal of that kind, amount being months or microseconds: "-2-6", "3 12:30:15.5", "100:30". What
 * is smaller than the last field is left out. At most INTERVAL_TEXT_MAX bytes, no NUL. */
size_t interval_put_fields(char *out, struct interval_kind kind, int64_t amount);

/* No NUL is written; the result is the number of bytes, at most INTERVAL_TEXT_MAX. */
size_t interval_put_months(char *out, int32_t months);
size_t interval_put_duration(char *out, int64_t us);

/* kind says what bare digits mean: "5" is five of its last field, "1:30" of HOUR TO MINUTE an hour and a half. A full
 * SQL literal brings its own. False when the text is not an interval of that sort or does not fit. */
bool interval_parse_months(struct sv text, struct interval_kind kind, int32_t *months_r);
bool interval_parse_duration(struct sv text, struct interval_kind kind, int64_t *us_r);

#endif
