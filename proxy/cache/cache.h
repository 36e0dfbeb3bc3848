/* cache: may this entry be served, may this answer be kept? Freshness is a matter of time, of epochs and of writes
 * under way; where entries are held is the store's affair.
 *
 * Epoch: a number that every write, grant and unknown statement seen by the proxy raises, before it is sent and again
 * when it has ended. A result remembers the epoch that was read before its statement was sent, and is unusable once it
 * differs: whatever read the old data cannot be served after the write. One epoch for the whole upstream: a write to
 * one table drops the results of all, because views hide what a statement reads. */
#ifndef PROXY_CACHE_H
#define PROXY_CACHE_H

#include "store.h"

struct cache {
    struct store *store;
    struct metrics *metrics;
    uint64_t epoch;
    size_t writes_open;   /* begun and not ended: nothing is kept meanwhile */
};

enum cache_result { CACHE_HIT, CACHE_MISS, CACHE_EXPIRED, CACHE_INVALID };

/* Freshness wanted by one request, besides the entry's own ttl. */
struct cache_wish {
    int64_t max_age_ms;    /* INT64_MAX = none */
    int64_t min_fresh_ms;
};

/* On CACHE_HIT *entry_r is a reference for the caller and *left_ms_r its remaining life. */
enum cache_result cache_lookup(struct cache *c, const uint8_t key[DIGEST_BYTES], int64_t now_ms,
                               const struct cache_wish *w, struct entry **entry_r, int64_t *left_ms_r);

/* The entry that a statement id of ours stands for, fresh or not; NULL = gone. A reference for the caller. */
struct entry *cache_find_handle(struct cache *c, const struct handle *h);

bool cache_may_keep(const struct cache *c, uint64_t epoch_at_submission);
bool cache_keep(struct cache *c, struct entry *e);       /* takes its own reference; false = it did not fit */
void cache_forget(struct cache *c, const uint8_t key[DIGEST_BYTES]);

void cache_write_begin(struct cache *c, enum metric source);
void cache_write_end(struct cache *c);

#endif
