/* cache: may this entry be served, may this answer be kept? Freshness is a matter of time, of epochs and of writes
 * under way (epoch.h); where entries are held is the store's affair. One per tenant. */
#ifndef PROXY_CACHE_CACHE_H
#define PROXY_CACHE_CACHE_H

#include "epoch.h"
#include "version.h"
#include "store.h"

struct cache {
    struct store *store;          /* of all tenants */
    struct store_part *part;      /* ours */
    struct epochs *epochs;
    struct versions *versions;
    struct metrics *metrics;
    int64_t version_ttl_ms;       /* how old a known version may be; 0 = versions do not count */
    int64_t versioned_ttl_ms;     /* life of a result whose tables are known to be unchanged */
};

enum cache_verdict {
    CACHE_MISS,        /* nothing there */
    CACHE_FRESH,
    CACHE_STALE,       /* past its life, within stale_while_revalidate: may be served while it is fetched anew */
    CACHE_LATE,        /* within stale_if_error only: may be served when the upstream fails */
    CACHE_EXPIRED,     /* too old for this request */
    CACHE_INVALID      /* something it was read from has changed, or is changing */
};

/* Freshness wanted by one request, besides the entry's own life. */
struct cache_wish {
    int64_t max_age_ms;     /* INT64_MAX = none */
    int64_t min_fresh_ms;
    bool no_stale;          /* nothing past its life */
    int64_t max_stale_ms;   /* -1 = as the entry allows; it can only be less */
};

struct cache_wish cache_wish_none(void);

/* Pure but for the epochs. *left_ms_r: remaining life when FRESH; below zero how long it is past it. */
enum cache_verdict cache_judge(const struct cache *c, const struct entry *e, int64_t now_ms,
                               const struct cache_wish *w, int64_t *left_ms_r);

/* What is in memory, judged and counted. *entry_r is a reference for the caller when FRESH, STALE or LATE, else NULL.
 * What nobody can be served any more is removed. */
enum cache_verdict cache_lookup(struct cache *c, const uint8_t key[DIGEST_BYTES], int64_t now_ms,
                                const struct cache_wish *w, struct entry **entry_r, int64_t *left_ms_r);

/* The entry that a statement id of ours stands for, fresh or not; NULL = gone. A reference for the caller. */
struct entry *cache_find_handle(struct cache *c, const struct handle *h);

/* May a result be kept whose statement was sent when the epochs were these? */
bool cache_may_keep(const struct cache *c, const struct epoch_set *at_submission);
bool cache_keep(struct cache *c, struct entry *e);       /* takes its own reference; false = it did not fit */
void cache_forget(struct cache *c, const uint8_t key[DIGEST_BYTES]);

#endif
