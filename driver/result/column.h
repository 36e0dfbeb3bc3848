/* column: one Arrow array as a col_view. Buffers that already have the view's layout are borrowed; everything else is
 * converted once, into the batch's arena. */
#ifndef DRIVER_RESULT_COLUMN_H
#define DRIVER_RESULT_COLUMN_H

#include "batch.h"
#include "core/arena.h"
#include "field.h"

struct column_in {
    const struct field *field;
    const struct sea_column *sea;       /* the manifest's word */
    const struct ArrowArrayView *array; /* fully validated */
    int64_t n_rows;
    struct arena *arena;                /* of the batch */
    size_t max_bytes;                   /* ceiling for text made here */
};

/* Can data of this field be a column of that type? ERR_RESULT_CORRUPT names both types when not. */
enum rc column_check(const struct field *f, const struct sea_column *sea, struct err *e) MUST_CHECK;

enum rc column_view(const struct column_in *in, struct col_view *out, struct err *e) MUST_CHECK;

#endif
