/* paramchunk: many sets of INSERT … VALUES (one tuple) as few statements of many tuples.
 *
 * A statement takes effect whole or not at all, so the state of every set is known when it ended. One that the server
 * refuses because of a value is divided until the sets with such values are found, and the others are in the table; what
 * is refused for another reason (no such table, no permission) would be refused for each. */
#ifndef DRIVER_API_PARAMCHUNK_H
#define DRIVER_API_PARAMCHUNK_H

#include <sql.h>

#include "core/buf.h"

struct paramrun;

struct paramchunk {
    struct buf text, tuple, part;
    int n;                      /* tuples in text */
    SQLULEN *sets;              /* whose tuples they are */
    size_t *ends;               /* where they end in text */
    struct decimal_size { int whole, scale; } *decimals;    /* per marker: the most digits so far */
    int refusals_left;          /* how many refused statements may still be divided */
};

enum rc paramchunk_init(struct paramrun *r, struct err *e) MUST_CHECK;
void paramchunk_fini(struct paramrun *r);
/* The tuple of the set whose turn it is; types[i] NULL = nothing that has a type. May send what was there before. */
enum rc paramchunk_add(struct paramrun *r, const struct sv *put, const char *const *types, struct err *e) MUST_CHECK;
/* Sends what is there. What fails is in the sets' states and diagnostics. */
void paramchunk_flush(struct paramrun *r);

#endif
