#include "reqbody.h"

#include <strings.h>
#include <zlib.h>

bool reqbody_is_plain(const char *coding) { return !coding || !*coding || strcasecmp(coding, "identity") == 0; }

static int window_bits(const char *coding) {
    if (strcasecmp(coding, "gzip") == 0 || strcasecmp(coding, "x-gzip") == 0) return MAX_WBITS + 16;
    return strcasecmp(coding, "deflate") == 0 ? MAX_WBITS : 0;
}

bool reqbody_is_known(const char *coding) { return reqbody_is_plain(coding) || window_bits(coding); }

/* One step into what is left of 16 KiB; the end, a fault, or "more". */
static int step(z_stream *z, struct buf *out, size_t most, struct err *e) {
    unsigned char piece[16 * 1024];
    z->next_out = piece;
    z->avail_out = sizeof piece;
    int state = inflate(z, Z_NO_FLUSH);
    size_t n = sizeof piece - z->avail_out;
    if (state != Z_OK && state != Z_STREAM_END) {
        err_set(e, ERR_ARG, "the body is not what its Content-Encoding says, or is cut short");
        return Z_DATA_ERROR;
    }
    if (n > most || out->len > most - n) {
        err_set(e, ERR_LIMIT, "the body is %d times as large unpacked", REQBODY_MAX_RATIO);
        return Z_DATA_ERROR;
    }
    return buf_add(out, piece, n, e) ? Z_DATA_ERROR : state;
}

static enum rc run(z_stream *z, struct sv packed, struct buf *out, struct err *e) {
    int state = Z_OK;
    while (state == Z_OK) state = step(z, out, packed.len * REQBODY_MAX_RATIO, e);
    if (state != Z_STREAM_END) return RC_ERR;
    return z->avail_in ? err_set(e, ERR_ARG, "something follows the packed body") : RC_OK;
}

enum rc reqbody_inflate(struct sv packed, const char *coding, struct buf *out, struct err *e) {
    z_stream z = {0};
    if (reqbody_is_plain(coding)) return buf_addsv(out, packed, e);
    if (!window_bits(coding)) return err_set(e, ERR_ARG, "the Content-Encoding of the body is not known here");
    if (packed.len > 256u * 1024 * 1024) return err_set(e, ERR_LIMIT, "the body is too large");
    if (inflateInit2(&z, window_bits(coding)) != Z_OK) return err_nomem(e);
    z.next_in = (Bytef *)(uintptr_t)packed.ptr;
    z.avail_in = (uInt)packed.len;
    enum rc rc = run(&z, packed, out, e);
    inflateEnd(&z);
    return rc;
}
