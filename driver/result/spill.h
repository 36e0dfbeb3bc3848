/* spill: rows that do not fit in memory, in a temporary file without a name: nobody else can open it, and it is gone
 * when it is closed, however the process ends.
 *
 *   spill_new → spill_put, spill_get in any order → spill_free
 *
 * A piece of a batch is written as its column views, cut to its rows: views that begin at row 0, one after the other,
 * so that reading it back is one read and no parsing. The format never leaves the process. ERR_SPILL names folder and
 * cause (a full disk, a limit on file sizes, no folder to write in). One thread at a time. */
#ifndef DRIVER_RESULT_SPILL_H
#define DRIVER_RESULT_SPILL_H

#include "batch.h"

struct spill;

struct spill_place { int64_t at; size_t bytes; };

/* folder: NULL or "" = $TMPDIR, else /var/tmp, else /tmp. */
enum rc spill_new(struct spill **out, const char *folder, struct err *e) MUST_CHECK;
/* Rows [row, row + n) of b. What was put before stays readable when this fails. */
enum rc spill_put(struct spill *s, const struct batch *b, int64_t row, int64_t n, struct spill_place *place_r,
                  struct err *e) MUST_CHECK;
enum rc spill_get(const struct spill *s, const struct spill_place *place, struct batch **out, struct err *e) MUST_CHECK;
int64_t spill_bytes(const struct spill *s);
void spill_free(struct spill **s);

#endif
