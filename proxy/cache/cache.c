#include "cache.h"

#include <string.h>

struct cache_wish cache_wish_none(void) { return (struct cache_wish){INT64_MAX, 0, false, -1}; }

static bool deps_agree(const struct cache *c, const struct entry *e) {
    struct epoch_set set = {.n = e->n_deps};
    if (e->n_deps > EPOCH_MAX_NAMES) return false;
    for (int i = 0; i < e->n_deps; i++) {
        memcpy(set.names[i].bytes, e->deps[i].name, EPOCH_NAME_BYTES);
        set.values[i] = e->deps[i].epoch;
    }
    return epochs_agree(c->epochs, &set);
}

static int64_t stale_limit(int64_t window_ms, const struct cache_wish *w) {
    return w->max_stale_ms >= 0 && w->max_stale_ms < window_ms ? w->max_stale_ms : window_ms;
}

static enum cache_verdict judge_past(const struct entry *e, int64_t past_ms, const struct cache_wish *w) {
    if (w->no_stale || w->min_fresh_ms > 0) return CACHE_EXPIRED;
    if (past_ms < stale_limit(e->stale_revalidate_ms, w)) return CACHE_STALE;
    if (past_ms < stale_limit(e->stale_error_ms, w)) return CACHE_LATE;
    return CACHE_EXPIRED;
}

static enum version_verdict judge_versions(const struct cache *c, const struct entry *e, int64_t now_ms) {
    if (c->version_ttl_ms <= 0 || !e->versioned) return VERSION_UNKNOWN;
    return versions_judge(c->versions, e, now_ms, c->version_ttl_ms);
}

static int64_t life_of(const struct cache *c, const struct entry *e, enum version_verdict v) {
    return v == VERSION_SAME && c->versioned_ttl_ms > e->ttl_ms ? c->versioned_ttl_ms : e->ttl_ms;
}

enum cache_verdict cache_judge(const struct cache *c, const struct entry *e, int64_t now_ms,
                               const struct cache_wish *w, int64_t *left_ms_r) {
    int64_t age = now_ms - e->submitted_ms;
    enum version_verdict v = judge_versions(c, e, now_ms);
    *left_ms_r = life_of(c, e, v) - age;
    if (!deps_agree(c, e) || v == VERSION_CHANGED) return CACHE_INVALID;
    if (age < 0 || age >= w->max_age_ms) return CACHE_EXPIRED;
    if (*left_ms_r <= 0) return judge_past(e, -*left_ms_r, w);
    return *left_ms_r < w->min_fresh_ms ? CACHE_EXPIRED : CACHE_FRESH;
}

/* Too old for everybody, not for this request alone. */
static bool is_past_use(const struct entry *e, int64_t left_ms) {
    int64_t window = e->stale_error_ms > e->stale_revalidate_ms ? e->stale_error_ms : e->stale_revalidate_ms;
    return -left_ms >= window && -left_ms >= 0;
}

enum cache_verdict cache_lookup(struct cache *c, const uint8_t key[DIGEST_BYTES], int64_t now_ms,
                                const struct cache_wish *w, struct entry **entry_r, int64_t *left_ms_r) {
    static const enum metric COUNTERS[] = {
        [CACHE_MISS] = M_LOOKUP_MISS,       [CACHE_FRESH] = M_LOOKUP_HIT,       [CACHE_STALE] = M_LOOKUP_STALE,
        [CACHE_LATE] = M_LOOKUP_EXPIRED,    [CACHE_EXPIRED] = M_LOOKUP_EXPIRED, [CACHE_INVALID] = M_LOOKUP_INVALID};
    struct entry *e = store_find(c->store, key);
    enum cache_verdict v = e ? cache_judge(c, e, now_ms, w, left_ms_r) : CACHE_MISS;
    metrics_add(c->metrics, COUNTERS[v]);
    if (v == CACHE_INVALID && judge_versions(c, e, now_ms) == VERSION_CHANGED)
        metrics_add(c->metrics, M_INVALIDATE_VERSION), store_remove(c->store, key);
    if (e && v == CACHE_EXPIRED && is_past_use(e, *left_ms_r)) store_remove(c->store, key);
    if (v != CACHE_FRESH && v != CACHE_STALE && v != CACHE_LATE) entry_unref(&e);
    *entry_r = e;
    return v;
}

struct entry *cache_find_handle(struct cache *c, const struct handle *h) {
    struct entry *e = store_find(c->store, h->key);
    if (e && memcmp(e->gen, h->gen, sizeof h->gen) != 0) entry_unref(&e);
    return e;
}

bool cache_may_keep(const struct cache *c, const struct epoch_set *at_submission) {
    return epochs_agree(c->epochs, at_submission);
}

bool cache_keep(struct cache *c, struct entry *e) { return store_put(c->part, e); }

void cache_forget(struct cache *c, const uint8_t key[DIGEST_BYTES]) { store_remove(c->store, key); }
