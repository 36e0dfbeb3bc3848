/* lz4: LZ4 frames to plain bytes, step by step. A chunk is a run of concatenated frames, often one per Arrow message; when
 * a stream is cut over several chunks or pieces, a frame may be cut as well. One reader, one thread.
 *
 * A frame's checksum of its content is compared here and not by the library: XXH32 as liblz4 compiles it takes longer than
 * the decompression. */
#ifndef DRIVER_RESULT_LZ4_H
#define DRIVER_RESULT_LZ4_H

#include <stdint.h>

#include "block.h"
#include "core/sv.h"

struct LZ4F_dctx_s;
struct XXH32_state_s;

struct lz4 {
    struct LZ4F_dctx_s *ctx;        /* NULL until the first frame */
    struct XXH32_state_s *sum;
    bool in_frame;                  /* one has begun and not ended */
    bool has_sum;                   /* this frame ends with a checksum: until then its content is not to be believed */
    bool summed;                    /* it is compared here */
    unsigned char head[19], last[4];
    size_t n_head;                  /* bytes of a frame's header so far */
    size_t block_bytes;             /* what a block of this frame holds at most */
};

void lz4_fini(struct lz4 *z);       /* a zeroed struct is a new reader */

/* Bytes that one step may need room for. With less it works as well, but slower. */
size_t lz4_step_bytes(const struct lz4 *z);
/* Takes some of *in and adds what comes out to the room that out has already. *moved = false: nothing was left to take
 * or to give. ERR_RESULT_CORRUPT when they are not LZ4. */
enum rc lz4_step(struct lz4 *z, struct sv *in, struct block *out, bool *moved, struct err *e) MUST_CHECK;
/* The input is at its end: RC_OK when that is the end of a frame. */
enum rc lz4_finish(const struct lz4 *z, struct err *e) MUST_CHECK;

#endif
