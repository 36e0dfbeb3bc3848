#include "lz4.h"

#include <lz4frame.h>

/* A frame is decompressed without a detour through the library's own buffer where there is room for its largest block. */
enum { BLOCK = 4 * 1024 * 1024, LEAST = 64 * 1024, MAX_RATIO = 255 };

void lz4_fini(struct lz4 *z) {
    if (z->ctx) LZ4F_freeDecompressionContext(z->ctx);
    *z = (struct lz4){NULL, false};
}

static enum rc open_context(struct lz4 *z, struct err *e) {
    if (z->ctx || !LZ4F_isError(LZ4F_createDecompressionContext(&z->ctx, LZ4F_VERSION))) return RC_OK;
    z->ctx = NULL;
    return err_nomem(e);
}

/* One step of the decoder; *moved = whether there was input to take or output to give. */
static enum rc inflate(struct lz4 *z, struct sv *in, struct block *out, size_t room, bool *moved, struct err *e) {
    size_t from = in->len, to = room;
    size_t next = LZ4F_decompress(z->ctx, out->bytes + out->len, &to, in->len ? in->ptr : "", &from, NULL);
    if (LZ4F_isError(next))
        return err_set(e, ERR_RESULT_CORRUPT, "the LZ4 data is damaged: %s, %zu bytes before its end",
                       LZ4F_getErrorName(next), in->len);
    *in = sv_make(in->ptr + from, in->len - from);
    out->len += to;
    *moved = from || to;
    if (*moved) z->in_frame = next != 0;
    return RC_OK;
}

enum rc lz4_append(struct lz4 *z, struct sv in, size_t hint, size_t max, struct block *out, struct err *e) {
    size_t begin = out->len, most = in.len < max / MAX_RATIO ? in.len * MAX_RATIO : max;
    size_t step = most < BLOCK ? most + LEAST : BLOCK;     /* a small input needs no room for a large block */
    bool moved = true;
    if (open_context(z, e) || block_reserve(out, (hint < most ? hint : most) + step, e)) return RC_ERR;
    while (moved && (in.len || z->in_frame)) {
        size_t left = max - (out->len - begin) + 1;
        if (block_reserve(out, left < step ? left : step, e)) return RC_ERR;
        size_t room = out->cap - out->len;
        if (inflate(z, &in, out, room < left ? room : left, &moved, e)) return RC_ERR;
        if (out->len - begin > max) return err_set(e, ERR_LIMIT, "more than %zu bytes after decompression", max);
    }
    return in.len ? err_set(e, ERR_RESULT_CORRUPT, "the LZ4 data is damaged") : RC_OK;
}

enum rc lz4_finish(const struct lz4 *z, struct err *e) {
    return z->in_frame ? err_set(e, ERR_RESULT_CORRUPT, "the LZ4 data ends inside a frame") : RC_OK;
}
