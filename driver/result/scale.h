/* scale: Arrow's integer-like types brought to the one unit that the views know: days, microseconds, months. */
#ifndef DRIVER_RESULT_SCALE_H
#define DRIVER_RESULT_SCALE_H

#include "batch.h"
#include "core/dec.h"
#include "field.h"

struct scale {
    enum col_phys phys;         /* what it becomes */
    int64_t times, over;        /* value * times, or floor(value / over); 1 = nothing to do */
    bool as_is;                 /* the wire's layout is the view's layout already */
};

bool scale_of(const struct field *f, struct scale *out);    /* false: not such a type */

/* Value i of a, which must not be NULL. False when it does not fit the view's type (or a time its day). */
bool scale_value(const struct scale *s, const struct field *f, const struct ArrowArrayView *a, int64_t i, int64_t *out);

/* Decimals of 32, 64, 128 and 256 bits. False when it needs more than 128 bits. */
bool scale_decimal(const struct field *f, const struct ArrowArrayView *a, int64_t i, dec_int *out);

#endif
