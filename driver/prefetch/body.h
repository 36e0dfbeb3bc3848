/* body: the bytes of a chunk as they come in, in segments that are read while others are still to come.
 *
 *   writer: (body_open → body_fill …)* → body_end        reader: body_take … until it says that nothing will follow
 *
 * A download that breaks is repeated from its beginning; body_restart makes the writer compare what the reader has read
 * already with what comes. So segments that were read stay until the body has ended; others are dropped then.
 *
 * The segment being filled is the writer's alone. Everything else is guarded by the lock of whoever owns the body, who
 * calls body_fill without and all others with it. */
#ifndef DRIVER_PREFETCH_BODY_H
#define DRIVER_PREFETCH_BODY_H

#include <stdbool.h>

#include "driver/result/block.h"

enum { BODY_SEGMENT = 256 * 1024 };

struct body {
    struct slabs *slabs;            /* borrowed; may be NULL */
    size_t *held;                   /* borrowed: memory of all segments of all bodies that share a budget */
    size_t own;                     /* this one's part of it */
    struct block **segments;        /* whole ones; NULL = given to the reader */
    int n, cap, taken;
    bool ended;
    size_t bytes;                   /* of the whole segments */
    struct block *filling;          /* NULL = none */
    size_t same;                    /* of a repeated download, compared so far; SIZE_MAX = not repeated */
};

void body_init(struct body *b, struct slabs *slabs, size_t *held);
void body_fini(struct body *b);

/* ---- the writer ---- */
bool body_is_full(const struct body *b);    /* body_fill needs body_open first */
enum rc body_open(struct body *b, size_t expected, struct err *e) MUST_CHECK;   /* a new segment; expected bytes are to come */
/* Takes some of *bytes: up to the end of the segment. ERR_RESULT_CORRUPT when a repeated download differs. */
enum rc body_fill(struct body *b, struct sv *bytes, struct err *e) MUST_CHECK;
void body_restart(struct body *b);
enum rc body_end(struct body *b, struct err *e) MUST_CHECK;     /* ERR_RESULT_CORRUPT: repeated, and shorter than before */
enum rc body_set(struct body *b, char *bytes, size_t len, struct err *e) MUST_CHECK;    /* all at once; taken over */

/* ---- the reader ---- */
struct block *body_take(struct body *b, bool *last);    /* NULL = not here yet; *last: nothing will follow */
static inline bool body_has_news(const struct body *b) { return b->taken < b->n || b->ended; }

#endif
