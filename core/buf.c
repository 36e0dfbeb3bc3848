#include "buf.h"

#include <stdio.h>

#include "mem.h"

void buf_init(struct buf *b, size_t max) { *b = (struct buf){.max = max}; }

void buf_fini(struct buf *b) {
    mem_free(b->ptr);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b) {
    mem_wipe(b->ptr, b->cap);
    buf_fini(b);
}

void buf_reset(struct buf *b) {
    b->len = 0;
    if (b->ptr) b->ptr[0] = '\0';
}

enum rc buf_reserve(struct buf *b, size_t more, struct err *e) {
    if (more > b->max - b->len) return err_set(e, ERR_LIMIT, "more than %zu bytes", b->max);
    size_t need = b->len + more + 1;
    if (need <= b->cap) return RC_OK;
    size_t cap = b->cap + b->cap / 2;
    if (cap < need) cap = need < 64 ? 64 : need;
    char *grown = mem_realloc(b->ptr, cap);
    if (!grown) return err_nomem(e);
    b->ptr = grown;
    b->cap = cap;
    b->ptr[b->len] = '\0';
    return RC_OK;
}

enum rc buf_add(struct buf *b, const void *bytes, size_t len, struct err *e) {
    if (buf_reserve(b, len, e)) return RC_ERR;
    if (len) memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
    b->ptr[b->len] = '\0';
    return RC_OK;
}

enum rc buf_addc(struct buf *b, char c, struct err *e) { return buf_add(b, &c, 1, e); }

enum rc buf_addsv(struct buf *b, struct sv v, struct err *e) { return buf_add(b, v.ptr, v.len, e); }

enum rc buf_adds(struct buf *b, const char *s, struct err *e) { return buf_add(b, s, strlen(s), e); }

enum rc buf_addf(struct buf *b, struct err *e, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    enum rc rc = len < 0 ? err_set(e, ERR_INTERNAL, "bad format") : buf_reserve(b, (size_t)len, e);
    if (rc == RC_OK) {
        vsnprintf(b->ptr + b->len, (size_t)len + 1, fmt, again);
        b->len += (size_t)len;
    }
    va_end(again);
    return rc;
}

char *buf_take(struct buf *b) {
    char *taken = b->ptr;
    buf_init(b, b->max);
    return taken;
}
