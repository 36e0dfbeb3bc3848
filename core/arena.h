/* arena: memory that dies together (one execution in the driver, one exchange in the proxy).
 * Not thread-safe: one arena, one owner. Pointers are aligned for any type and good until arena_fini/reset. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "sv.h"

struct arena_block;

struct arena {
    struct arena_block *blocks;  /* newest first */
    size_t used;                 /* bytes handed out, all blocks */
};

#define ARENA_INIT { NULL, 0 }

void *arena_alloc(struct arena *a, size_t bytes);               /* zeroed; NULL = out of memory */
void *arena_array(struct arena *a, size_t count, size_t size);  /* zeroed; NULL also on overflow */
char *arena_dup(struct arena *a, struct sv v);                  /* NUL-terminated copy; NULL = out of memory */
void arena_fini(struct arena *a);                               /* frees all; may be used again */
void arena_reset(struct arena *a);                              /* the same, but its first block stays for the next use */

#endif
