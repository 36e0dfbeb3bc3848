/* lz4: LZ4 frames to plain bytes. A chunk is a run of concatenated frames, often one per Arrow message; when a stream is
 * cut over several chunks, a frame may be cut as well. One reader, one thread. */
#ifndef DRIVER_RESULT_LZ4_H
#define DRIVER_RESULT_LZ4_H

#include "block.h"
#include "core/sv.h"

struct LZ4F_dctx_s;

struct lz4 {
    struct LZ4F_dctx_s *ctx;    /* NULL until the first frame */
    bool in_frame;              /* one has begun and not ended */
};

void lz4_fini(struct lz4 *z);   /* a zeroed struct is a new reader */

/* All of in, decompressed, behind what out has. At most max bytes come out (a bomb ends in ERR_LIMIT); hint is how many
 * are expected. ERR_RESULT_CORRUPT when they are not LZ4. */
enum rc lz4_append(struct lz4 *z, struct sv in, size_t hint, size_t max, struct block *out, struct err *e) MUST_CHECK;
/* The input is at its end: RC_OK when that is the end of a frame. */
enum rc lz4_finish(const struct lz4 *z, struct err *e) MUST_CHECK;

#endif
