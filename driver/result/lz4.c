#include "lz4.h"

#include <lz4frame.h>
#include <string.h>

#include "core/mem.h"

void lz4_open(struct lz4_in *in, bool compressed, size_t max_bytes) {
    memset(in, 0, sizeof *in);
    in->compressed = compressed;
    in->max = max_bytes;
}

static void drop_input(struct lz4_in *in) {
    mem_free(in->bytes);
    in->bytes = NULL;
    in->len = in->pos = 0;
}

void lz4_close(struct lz4_in *in) {
    drop_input(in);
    if (in->ctx) LZ4F_freeDecompressionContext(in->ctx);
    in->ctx = NULL;
}

enum rc lz4_feed(struct lz4_in *in, char *bytes, size_t len, struct err *e) {
    drop_input(in);
    in->bytes = bytes;
    in->len = len;
    in->total = 0;
    if (in->compressed && !in->ctx && LZ4F_isError(LZ4F_createDecompressionContext(&in->ctx, LZ4F_VERSION))) {
        in->ctx = NULL;
        return err_nomem(e);
    }
    return RC_OK;
}

static size_t copy_some(struct lz4_in *in, char *dst, size_t want) {
    size_t n = in->len - in->pos < want ? in->len - in->pos : want;
    if (n) memcpy(dst, in->bytes + in->pos, n);
    in->pos += n;
    return n;
}

/* One step of the decoder. *done when neither input nor output moved: all is used up. */
static enum rc inflate_some(struct lz4_in *in, char *dst, size_t want, size_t *got, bool *done, struct err *e) {
    size_t from = in->len - in->pos, to = want;
    *got = 0;
    *done = from == 0 && !in->in_frame;
    if (*done) return RC_OK;
    size_t hint = LZ4F_decompress(in->ctx, dst, &to, in->bytes ? in->bytes + in->pos : "", &from, NULL);
    if (LZ4F_isError(hint))
        return err_set(e, ERR_RESULT_CORRUPT, "the LZ4 data is damaged at byte %zu: %s", in->pos,
                       LZ4F_getErrorName(hint));
    in->pos += from;
    in->in_frame = hint != 0;
    *got = to;
    if (from || to) return RC_OK;
    *done = true;
    return err_set(e, ERR_RESULT_CORRUPT, "the LZ4 data ends inside a frame, at byte %zu", in->pos);
}

enum rc lz4_read(struct lz4_in *in, void *dst, size_t want, size_t *got, struct err *e) {
    bool done = false;
    *got = 0;
    while (*got < want && !done) {
        size_t n = 0;
        if (!in->compressed) done = (n = copy_some(in, (char *)dst + *got, want - *got)) == 0;
        else if (inflate_some(in, (char *)dst + *got, want - *got, &n, &done, e) != RC_OK) return RC_ERR;
        *got += n;
        in->total += n;
        if (in->total > in->max) return err_set(e, ERR_LIMIT, "more than %zu bytes after decompression", in->max);
    }
    if (in->pos == in->len && !in->in_frame) drop_input(in);
    return RC_OK;
}

enum rc lz4_read_all(struct lz4_in *in, struct buf *out, struct err *e) {
    for (;;) {
        size_t got, room = 256 * 1024;
        if (buf_reserve(out, room, e) != RC_OK) return RC_ERR;
        if (lz4_read(in, out->ptr + out->len, room, &got, e) != RC_OK) return RC_ERR;
        out->len += got;
        out->ptr[out->len] = '\0';
        if (got < room) return RC_OK;
    }
}
