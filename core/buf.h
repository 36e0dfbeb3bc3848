/* buf: bytes that grow up to a ceiling given at birth. After a failed append the content is as before. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include <stdint.h>

#include "err.h"
#include "sv.h"

struct buf {
    char *ptr;     /* NULL until the first byte; always NUL-terminated after len bytes once it is not */
    size_t len;
    size_t cap;
    size_t max;    /* ceiling in bytes, the NUL not counted */
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);             /* frees; the buffer may be used again */
void buf_wipe(struct buf *b);             /* overwrites, then frees: for secrets */
void buf_reset(struct buf *b);            /* length 0, memory kept */
enum rc buf_reserve(struct buf *b, size_t more, struct err *e) MUST_CHECK;  /* ERR_LIMIT over max, ERR_NOMEM */
enum rc buf_add(struct buf *b, const void *bytes, size_t len, struct err *e) MUST_CHECK;
enum rc buf_addc(struct buf *b, char c, struct err *e) MUST_CHECK;
enum rc buf_addsv(struct buf *b, struct sv v, struct err *e) MUST_CHECK;
enum rc buf_adds(struct buf *b, const char *s, struct err *e) MUST_CHECK;
enum rc buf_addf(struct buf *b, struct err *e, const char *fmt, ...) PRINTF_LIKE(3, 4) MUST_CHECK;
char *buf_take(struct buf *b);            /* the caller frees with mem_free; the buffer is empty again. NULL if never filled */
static inline struct sv buf_sv(const struct buf *b) { return sv_make(b->ptr ? b->ptr : "", b->len); }

#endif
