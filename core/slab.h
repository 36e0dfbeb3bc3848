/* slab: large pieces of memory that are used again.
 *
 * What passes through a result is allocated and freed in pieces of many megabytes. Given back to the system each time,
 * every page of them would be cleared and faulted in anew, which costs more than decompressing them; given to malloc, they
 * would tear its heaps. A store of slabs maps them itself and keeps some. Thread-safe; it lives until its last holder lets
 * go. Without a store (NULL), and for less than 256 KiB, the same calls are malloc, realloc and free. */
#ifndef CORE_SLAB_H
#define CORE_SLAB_H

#include <stddef.h>

struct slabs;

struct slabs *slabs_new(size_t keep);           /* keep: bytes that may lie idle. NULL = out of memory */
struct slabs *slabs_hold(struct slabs *s);      /* one more holder; NULL stays NULL */
void slabs_drop(struct slabs **s);

/* At least want bytes, uninitialised; *cap_r = how many it really has. NULL = out of memory. */
void *slab_get(struct slabs *s, size_t want, size_t *cap_r);
/* The same bytes in a larger place; on failure NULL, and p stays as it is. p NULL is slab_get. */
void *slab_grow(struct slabs *s, void *p, size_t cap, size_t want, size_t *cap_r);
void slab_put(struct slabs *s, void *p, size_t cap);    /* cap as it was told; p may be NULL */

#endif
