/* markers: where the parameter markers (?) of a statement stand, and its text with other things in their places. Pure.
 * Strings, names, comments, hints and $tag$ bodies hide what looks like one. */
#ifndef DRIVER_SQL_MARKERS_H
#define DRIVER_SQL_MARKERS_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

struct markers {
    int n;
    size_t *at;     /* offset of each ? in the text, ascending */
};

enum rc markers_find(struct sv sql, struct arena *a, struct markers *out, struct err *e) MUST_CHECK;

/* Appends sql[from, to) with put[k] in place of the k-th marker; where put[k].ptr is NULL the ? stays. */
enum rc markers_fill(struct sv sql, const struct markers *m, const struct sv *put, size_t from, size_t to,
                     struct buf *out, struct err *e) MUST_CHECK;

/* The text with NULL in place of each marker. */
enum rc markers_null(struct sv sql, struct buf *out, struct err *e) MUST_CHECK;

#endif
