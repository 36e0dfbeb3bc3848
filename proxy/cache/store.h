/* store: the seam between the cache's decisions and where entries are held. Memory today; Redis is another of these. */
#ifndef PROXY_STORE_H
#define PROXY_STORE_H

#include "entry.h"
#include "proxy/watch/metrics.h"

struct store;

struct store_ops {
    struct entry *(*find)(struct store *s, const uint8_t key[DIGEST_BYTES]);  /* a reference for the caller, or NULL */
    bool (*put)(struct store *s, struct entry *e); /* takes its own reference; false = refused */
    void (*remove)(struct store *s, const uint8_t key[DIGEST_BYTES]);
    void (*clear)(struct store *s);
    void (*free)(struct store *s);
};

struct store {
    const struct store_ops *ops;
};

enum rc store_mem_new(struct store **out, size_t memory_limit, struct metrics *m, struct err *e) MUST_CHECK;

#endif
