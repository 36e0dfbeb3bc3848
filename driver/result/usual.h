/* usual: numbers, dates and timestamps in the form that servers write them, read without the care for all others.
 *
 * False does not mean wrong, but that the general readers (core/dec.h, core/dtime.h, core/sv.h) have to judge. */
#ifndef DRIVER_RESULT_USUAL_H
#define DRIVER_RESULT_USUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sv.h"

/* [-]digits, of which there are at most 18. */
bool usual_int(struct sv text, int64_t *out);
/* [-]digits[.digits] with exactly `scale` of them behind the point, and in all at most 18, nor more than `precision`: the
 * unscaled value. */
bool usual_decimal(struct sv text, int precision, int scale, int64_t *out);
/* yyyy-mm-dd as days since 1970. */
bool usual_date(struct sv text, int32_t *days);
/* yyyy-mm-dd{blank|T}hh:mm:ss[.ffffff][Z|±hh:mm], one to six digits in the fraction: the wall clock in microseconds since 1970. */
bool usual_stamp(struct sv text, int64_t *us);

#endif
