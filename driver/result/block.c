#include "block.h"

#include <stdint.h>
#include <string.h>

#include "core/mem.h"

struct block *block_new(struct slabs *slabs) {
    struct block *b = mem_zalloc(sizeof *b);
    if (!b) return NULL;
    atomic_store(&b->holders, 1);
    b->slabs = slabs_hold(slabs);
    return b;
}

struct block *block_of(char *bytes, size_t len) {
    struct block *b = block_new(NULL);
    if (!b) {
        mem_free(bytes);
        return NULL;
    }
    b->bytes = bytes;
    b->len = b->cap = len;
    return b;
}

struct block *block_hold(struct block *b) {
    atomic_fetch_add(&b->holders, 1);
    return b;
}

void block_drop(struct block **pb) {
    struct block *b = *pb;
    *pb = NULL;
    if (!b || atomic_fetch_sub(&b->holders, 1) > 1) return;
    slab_put(b->slabs, b->bytes, b->cap);
    slabs_drop(&b->slabs);
    mem_free(b);
}

enum rc block_reserve(struct block *b, size_t more, struct err *e) {
    if (more <= b->cap - b->len) return RC_OK;
    size_t cap = b->cap + b->cap / 2;
    if (more > SIZE_MAX / 2 - b->len) return err_nomem(e);
    if (cap < b->len + more) cap = b->len + more;
    char *grown = slab_grow(b->slabs, b->bytes, b->cap, cap, &b->cap);
    if (!grown) return err_nomem(e);
    b->bytes = grown;
    return RC_OK;
}

enum rc block_add(struct block *b, const void *bytes, size_t len, struct err *e) {
    if (block_reserve(b, len, e)) return RC_ERR;
    if (len) memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
    return RC_OK;
}
