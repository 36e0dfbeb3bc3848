#include "cache.h"

#include <string.h>

static enum cache_result judge(const struct cache *c, const struct entry *e, int64_t now_ms, const struct cache_wish *w,
                               int64_t *left_ms_r) {
    int64_t age = now_ms - e->submitted_ms, life = e->ttl_ms < w->max_age_ms ? e->ttl_ms : w->max_age_ms;
    if (e->epoch != c->epoch || c->writes_open) return CACHE_INVALID;
    if (age < 0 || age >= life || life - age < w->min_fresh_ms) return CACHE_EXPIRED;
    *left_ms_r = life - age;
    return CACHE_HIT;
}

enum cache_result cache_lookup(struct cache *c, const uint8_t key[DIGEST_BYTES], int64_t now_ms,
                               const struct cache_wish *w, struct entry **entry_r, int64_t *left_ms_r) {
    static const enum metric COUNTERS[] = {M_LOOKUP_HIT, M_LOOKUP_MISS, M_LOOKUP_EXPIRED, M_LOOKUP_INVALID};
    struct entry *e = c->store->ops->find(c->store, key);
    enum cache_result result = e ? judge(c, e, now_ms, w, left_ms_r) : CACHE_MISS;
    metrics_add(c->metrics, COUNTERS[result]);
    if (result != CACHE_HIT) entry_unref(&e);
    *entry_r = e;
    return result;
}

struct entry *cache_find_handle(struct cache *c, const struct handle *h) {
    struct entry *e = c->store->ops->find(c->store, h->key);
    if (e && (memcmp(e->gen, h->gen, sizeof h->gen) != 0 || memcmp(e->scope, h->principal, DIGEST_BYTES) != 0))
        entry_unref(&e);
    return e;
}

bool cache_may_keep(const struct cache *c, uint64_t epoch_at_submission) {
    return epoch_at_submission == c->epoch && c->writes_open == 0;
}

bool cache_keep(struct cache *c, struct entry *e) { return c->store->ops->put(c->store, e); }

void cache_forget(struct cache *c, const uint8_t key[DIGEST_BYTES]) { c->store->ops->remove(c->store, key); }

void cache_write_begin(struct cache *c, enum metric source) {
    metrics_add(c->metrics, source);
    c->epoch++;
    c->writes_open++;
}

void cache_write_end(struct cache *c) {
    c->epoch++;
    if (c->writes_open) c->writes_open--;
}
