#include "unpacked.h"

#include <lz4frame.h>

#include "core/mem.h"

enum { STEP = 64 * 1024 };

static int64_t count(LZ4F_dctx *ctx, struct sv frames, char *space, int64_t max) {
    int64_t total = 0;
    size_t left = 1;
    for (size_t at = 0; at < frames.len && total <= max;) {
        size_t in = frames.len - at, out = STEP;
        left = LZ4F_decompress(ctx, space, &out, frames.ptr + at, &in, NULL);
        if (LZ4F_isError(left) || (in == 0 && out == 0)) return -1;
        at += in;
        total += (int64_t)out;
    }
    return left == 0 && total <= max ? total : -1; /* 0: the last frame is whole */
}

int64_t unpacked_length(struct sv frames, int64_t max) {
    LZ4F_dctx *ctx = NULL;
    char *space = mem_alloc(STEP);
    int64_t length = -1;
    if (space && !LZ4F_isError(LZ4F_createDecompressionContext(&ctx, LZ4F_VERSION)))
        length = count(ctx, frames, space, max);
    LZ4F_freeDecompressionContext(ctx);
    mem_free(space);
    return length;
}
