/* lz4: a chunk's bytes as a stream, decompressed on the way if they are LZ4 frames.
 *
 * A chunk is a run of concatenated frames, often one per Arrow message; they are read as one stream until the input is
 * used up. Bytes go straight to where they are wanted, so a chunk never exists twice. The input is freed as soon as its
 * last byte is read. One reader, one thread. */
#ifndef DRIVER_RESULT_LZ4_H
#define DRIVER_RESULT_LZ4_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

struct LZ4F_dctx_s;

struct lz4_in {
    bool compressed;
    char *bytes;                /* owned; NULL once used up */
    size_t len, pos;
    bool in_frame;              /* a frame has begun and not ended */
    size_t total, max;          /* bytes handed out since lz4_feed, and their ceiling */
    struct LZ4F_dctx_s *ctx;
};

void lz4_open(struct lz4_in *in, bool compressed, size_t max_bytes);   /* empty: lz4_feed comes first */
void lz4_close(struct lz4_in *in);

/* More input, when lz4_read has said there is none left. Takes bytes over, also on failure. */
enum rc lz4_feed(struct lz4_in *in, char *bytes, size_t len, struct err *e) MUST_CHECK;

/* Up to want bytes to dst. *got < want only when the input is used up, at the end of a frame. ERR_RESULT_CORRUPT when
 * it ends inside a frame or is not LZ4; ERR_LIMIT over max_bytes (a bomb). */
enum rc lz4_read(struct lz4_in *in, void *dst, size_t want, size_t *got, struct err *e) MUST_CHECK;

/* All that is left, appended to out. */
enum rc lz4_read_all(struct lz4_in *in, struct buf *out, struct err *e) MUST_CHECK;

#endif
