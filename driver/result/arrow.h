/* arrow: an Arrow IPC stream, pulled message by message out of a chunk's bytes. */
#ifndef DRIVER_RESULT_ARROW_H
#define DRIVER_RESULT_ARROW_H

#include "batch.h"
#include "block.h"

struct arrow;

/* manifest must outlive the stream. slabs (may be NULL): where large memory comes from and goes to. */
enum rc arrow_new(struct arrow **out, const struct sea_manifest *manifest, size_t max_bytes, struct slabs *slabs,
                  struct err *e) MUST_CHECK;
void arrow_free(struct arrow **a);

/* The next bytes of the stream, in pieces cut anywhere; taken over also on failure. Only when arrow_next has used up what
 * it had. They are decompressed as they are needed. */
enum rc arrow_feed(struct arrow *a, struct block **in, struct err *e) MUST_CHECK;
void arrow_next_chunk(struct arrow *a);     /* what is fed from now on belongs to another chunk: max_bytes is for each */

/* Reads messages up to the schema, if there is one in what has been fed. */
enum rc arrow_schema(struct arrow *a, struct err *e) MUST_CHECK;
bool arrow_has_schema(const struct arrow *a);
enum rc arrow_columns(const struct arrow *a, struct column *columns, struct err *e) MUST_CHECK;

/* *out = NULL when the bytes are used up. */
enum rc arrow_next(struct arrow *a, struct batch **out, struct err *e) MUST_CHECK;

/* The input is used up and there will be no more: RC_OK when it ended between two messages. */
enum rc arrow_finish(const struct arrow *a, struct err *e) MUST_CHECK;

#endif
