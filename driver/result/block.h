/* block: the plain bytes of a chunk in one piece, shared by all batches that point into them. Counted: the last one to let
 * go gives the memory back. One writer adds bytes behind those that others read; while they hold the block it must not
 * move, so the writer stays within cap. */
#ifndef DRIVER_RESULT_BLOCK_H
#define DRIVER_RESULT_BLOCK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "core/err.h"
#include "core/slab.h"
#include "core/sv.h"

struct block {
    atomic_int holders;
    struct slabs *slabs;        /* where the bytes come from and go to; may be NULL */
    char *bytes;
    size_t len, cap;
};

struct block *block_new(struct slabs *slabs);               /* empty. NULL = out of memory */
struct block *block_of(char *bytes, size_t len);            /* memory of core/mem.h, taken over also on failure (NULL) */
struct block *block_hold(struct block *b);
void block_drop(struct block **b);
static inline bool block_is_shared(struct block *b) { return atomic_load(&b->holders) > 1; }
static inline struct sv block_sv(const struct block *b) { return sv_make(b->len ? b->bytes : "", b->len); }

enum rc block_reserve(struct block *b, size_t more, struct err *e) MUST_CHECK;  /* room behind len */
enum rc block_add(struct block *b, const void *bytes, size_t len, struct err *e) MUST_CHECK;

#endif
