#include "lz4.h"

#include <lz4.h>
#include <lz4frame.h>
#include <string.h>
#include <xxhash.h>

#if LZ4_VERSION_NUMBER >= 10904
#define SUMS_CAN_BE_SKIPPED 1
#else
#define SUMS_CAN_BE_SKIPPED 0
#endif

enum { LARGEST_BLOCK = 4 * 1024 * 1024, LEAST_HEAD = 5 };

void lz4_fini(struct lz4 *z) {
    if (z->ctx) LZ4F_freeDecompressionContext(z->ctx);
    if (z->sum) XXH32_freeState(z->sum);
    *z = (struct lz4){0};
}

size_t lz4_step_bytes(const struct lz4 *z) { return z->in_frame ? z->block_bytes : LARGEST_BLOCK; }

static enum rc damaged(struct err *e, const char *how, size_t left) {
    return err_set(e, ERR_RESULT_CORRUPT, "the LZ4 data is damaged: %s, %zu bytes before its end", how, left);
}

static enum rc open_reader(struct lz4 *z, struct err *e) {
    if (!z->sum && !(z->sum = XXH32_createState())) return err_nomem(e);
    if (z->ctx || !LZ4F_isError(LZ4F_createDecompressionContext(&z->ctx, LZ4F_VERSION))) return RC_OK;
    z->ctx = NULL;
    return err_nomem(e);
}

/* ---- a frame's header -------------------------------------------------------------------------------------------- */

static bool take_head(struct lz4 *z, struct sv *in, size_t want) {
    size_t n = want - z->n_head < in->len ? want - z->n_head : in->len;
    memcpy(z->head + z->n_head, in->ptr, n);
    z->n_head += n;
    *in = sv_make(in->ptr + n, in->len - n);
    return z->n_head == want;
}

static size_t block_bytes(LZ4F_blockSizeID_t id) {
    switch (id) {
    case LZ4F_default: case LZ4F_max64KB: return 64 * 1024;
    case LZ4F_max256KB: return 256 * 1024;
    case LZ4F_max1MB: return 1024 * 1024;
    default: return LARGEST_BLOCK;
    }
}

static void begin_frame(struct lz4 *z, const LZ4F_frameInfo_t *info) {
    z->block_bytes = block_bytes(info->blockSizeID);
    z->has_sum = info->frameType == LZ4F_frame && info->contentChecksumFlag == LZ4F_contentChecksumEnabled;
    z->summed = SUMS_CAN_BE_SKIPPED && z->has_sum;
    if (z->summed) XXH32_reset(z->sum, 0);
    z->in_frame = true;
    z->n_head = 0;
}

/* Headers are collected, because they may be cut and only a whole one says how to go on. */
static enum rc read_head(struct lz4 *z, struct sv *in, struct err *e) {
    LZ4F_frameInfo_t info;
    if (z->n_head < LEAST_HEAD && !take_head(z, in, LEAST_HEAD)) return RC_OK;
    size_t size = LZ4F_headerSize(z->head, z->n_head);
    if (LZ4F_isError(size) || size > sizeof z->head) return damaged(e, LZ4F_getErrorName(size), in->len);
    if (!take_head(z, in, size)) return RC_OK;
    size_t next = LZ4F_getFrameInfo(z->ctx, &info, z->head, &size);
    if (LZ4F_isError(next)) return damaged(e, LZ4F_getErrorName(next), in->len);
    begin_frame(z, &info);
    return RC_OK;
}

/* ---- a frame's content ------------------------------------------------------------------------------------------- */

static void remember_last(struct lz4 *z, const char *bytes, size_t n) {
    size_t keep = n < sizeof z->last ? sizeof z->last - n : 0;
    memmove(z->last, z->last + sizeof z->last - keep, keep);
    memcpy(z->last + keep, bytes + n - (sizeof z->last - keep), sizeof z->last - keep);
}

static enum rc end_frame(struct lz4 *z, size_t left, struct err *e) {
    const unsigned char *p = z->last;
    uint32_t told = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    z->in_frame = false;
    return z->summed && XXH32_digest(z->sum) != told ? damaged(e, "its checksum differs", left) : RC_OK;
}

static enum rc inflate(struct lz4 *z, struct sv *in, struct block *out, bool *moved, struct err *e) {
#if SUMS_CAN_BE_SKIPPED
    LZ4F_decompressOptions_t options = {.skipChecksums = z->summed};
#else
    LZ4F_decompressOptions_t options = {0};
#endif
    char *at = out->bytes + out->len;
    size_t from = in->len, to = out->cap - out->len;
    size_t next = LZ4F_decompress(z->ctx, at, &to, in->len ? in->ptr : "", &from, &options);
    if (LZ4F_isError(next)) return damaged(e, LZ4F_getErrorName(next), in->len);
    if (z->summed && to) XXH32_update(z->sum, at, to);
    if (z->summed && from) remember_last(z, in->ptr, from);
    *in = sv_make(in->ptr + from, in->len - from);
    out->len += to;
    *moved = from || to;
    return *moved && next == 0 ? end_frame(z, in->len, e) : RC_OK;
}

/* ---- from outside ------------------------------------------------------------------------------------------------ */

enum rc lz4_step(struct lz4 *z, struct sv *in, struct block *out, bool *moved, struct err *e) {
    size_t before = in->len;
    *moved = false;
    if (open_reader(z, e)) return RC_ERR;
    if (z->in_frame) return inflate(z, in, out, moved, e);
    if (in->len && read_head(z, in, e)) return RC_ERR;
    *moved = in->len < before;
    return RC_OK;
}

enum rc lz4_finish(const struct lz4 *z, struct err *e) {
    if (!z->in_frame && !z->n_head) return RC_OK;
    return err_set(e, ERR_RESULT_CORRUPT, "the LZ4 data ends inside a frame");
}
