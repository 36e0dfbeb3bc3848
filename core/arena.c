#include "arena.h"

#include <stdalign.h>
#include <stdint.h>

#include "mem.h"

enum { BLOCK_BYTES = 8192, LARGE_BLOCK_BYTES = 65536 };

struct arena_block {
    struct arena_block *next;
    size_t used, cap;
    alignas(max_align_t) char bytes[];
};

static struct arena_block *block_new(struct arena *a, size_t bytes) {
    size_t usual = a->used < LARGE_BLOCK_BYTES ? BLOCK_BYTES : LARGE_BLOCK_BYTES;
    size_t cap = bytes > usual ? bytes : usual;
    if (cap > SIZE_MAX - sizeof(struct arena_block)) return NULL;
    struct arena_block *b = mem_alloc(sizeof *b + cap);
    if (!b) return NULL;
    b->next = a->blocks;
    b->used = 0;
    b->cap = cap;
    a->blocks = b;
    return b;
}

void *arena_alloc(struct arena *a, size_t bytes) {
    size_t align = alignof(max_align_t);
    if (bytes > SIZE_MAX - align) return NULL;
    bytes = (bytes + align - 1) / align * align;
    struct arena_block *b = a->blocks;
    if (!b || b->cap - b->used < bytes) b = block_new(a, bytes);
    if (!b) return NULL;
    void *p = b->bytes + b->used;
    b->used += bytes;
    a->used += bytes;
    memset(p, 0, bytes);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size) {
    if (size && count > SIZE_MAX / size) return NULL;
    return arena_alloc(a, count * size);
}

char *arena_dup(struct arena *a, struct sv v) {
    char *copy = v.len < SIZE_MAX ? arena_alloc(a, v.len + 1) : NULL;
    if (copy && v.len) memcpy(copy, v.ptr, v.len);
    return copy;
}

void arena_fini(struct arena *a) {
    while (a->blocks) {
        struct arena_block *next = a->blocks->next;
        mem_free(a->blocks);
        a->blocks = next;
    }
    a->used = 0;
}

void arena_reset(struct arena *a) {
#ifdef __SANITIZE_ADDRESS__
    arena_fini(a); /* who still looks at it is found out */
#else
    struct arena_block *b = a->blocks;
    while (b && b->next) {
        a->blocks = b->next;
        mem_free(b);
        b = a->blocks;
    }
    if (b && b->cap > BLOCK_BYTES) arena_fini(a);
    else if (b) b->used = 0;
    a->used = 0;
#endif
}
