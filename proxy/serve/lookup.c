#include "lookup.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "exchange.h"
#include "proxy/redis/shared.h"

struct lookup {
    struct exchange *x;
    struct analysis *analysis;
    lookup_fn *fn;
    struct handle handle;
    lookup_handle_fn *handle_fn;
    struct shared_op *op;
};

/* ---- how far memory can be trusted ----------------------------------------------------------------------------- */

bool lookup_is_trusted(const struct tenant *t, const struct epoch_name *names, int n) {
    if (!t->shared || t->config->redis.instances == INSTANCES_ONE) return true;
    int64_t silent_ms = clock_mono_ms() - shared_heard_ms(t->shared);
    return silent_ms <= t->config->cache.epoch_ttl_ms && !epochs_are_doubtful(t->cache.epochs, names, n);
}

/* The store does not answer: what was read or heard of a short time ago still counts. */
static bool is_recent_enough(const struct tenant *t, const struct entry *e) {
    int64_t heard = shared_heard_ms(t->shared), since = e->submitted_ms > heard ? e->submitted_ms : heard;
    return t->config->redis.instances == INSTANCES_ONE ||
           clock_mono_ms() - since <= t->config->redis.degraded_ttl_ms;
}

static bool is_usable(enum cache_verdict v) { return v == CACHE_FRESH || v == CACHE_STALE; }

/* ---- the end --------------------------------------------------------------------------------------------------- */

static void finish(struct lookup *l, const struct lookup_answer *a) {
    struct exchange *x = l->x;
    lookup_fn *fn = l->fn;
    analysis_unref(&l->analysis);
    mem_free(l);
    x->lookup = NULL;
    fn(x, a);
}

static enum cache_verdict look_in_memory(struct tenant *t, const struct analysis *a, struct lookup_answer *out) {
    struct entry *e = NULL;
    out->verdict = cache_lookup(&t->cache, a->key, clock_mono_ms(), &a->wish, &e, &out->left_ms);
    out->entry = e;
    return out->verdict;
}

/* ---- the shared store ------------------------------------------------------------------------------------------ */

static void learn(struct tenant *t, const struct shared_answer *a) {
    for (int i = 0; i < a->n_epochs; i++) {
        struct epoch_name n;
        memcpy(n.bytes, a->epochs[i].name, sizeof n.bytes);
        epochs_learn(t->cache.epochs, &n, (uint64_t)a->epochs[i].us, a->epochs[i].pending);
    }
}

/* An entry as another instance packed it, its age found from the wall clock: what claims to be of the future, small
 * differences between clocks apart, is never fresh. */
static struct entry *unpack(struct tenant *t, const struct shared_answer *a) {
    struct err e = ERR_INIT;
    struct entry *entry = entry_unpack(buf_sv(&a->value), &e);
    if (!entry) return NULL;
    if (entry_cost(entry) <= t->config->cache.max_entry) cache_keep(&t->cache, entry);
    return entry;
}

static void take_value(struct lookup *l, const struct shared_answer *a, struct lookup_answer *out) {
    static const enum metric COUNTERS[] = {
        [CACHE_MISS] = M_LOOKUP_L2_MISS,    [CACHE_FRESH] = M_LOOKUP_L2_HIT,    [CACHE_STALE] = M_LOOKUP_L2_STALE,
        [CACHE_LATE] = M_LOOKUP_L2_MISS,    [CACHE_EXPIRED] = M_LOOKUP_L2_MISS, [CACHE_INVALID] = M_LOOKUP_L2_MISS};
    struct tenant *t = l->x->tenant;
    struct entry *e = a->result == SHARED_HIT ? unpack(t, a) : NULL;
    out->from_store = true;
    out->verdict = CACHE_MISS;
    if (e && memcmp(e->key, l->analysis->key, DIGEST_BYTES) == 0)
        out->verdict = cache_judge(&t->cache, e, clock_mono_ms(), &l->analysis->wish, &out->left_ms);
    metrics_add(&t->metrics, COUNTERS[out->verdict]);
    if (out->verdict == CACHE_FRESH || out->verdict == CACHE_STALE || out->verdict == CACHE_LATE) out->entry = e;
    else entry_unref(&e);
}

/* Memory has nothing, or something for the worst case only. */
static void prefer_value(struct lookup *l, const struct shared_answer *a, struct lookup_answer *out) {
    struct lookup_answer other = {.verdict = CACHE_MISS};
    take_value(l, a, &other);
    if (out->entry && !is_usable(other.verdict)) {
        entry_unref(&other.entry);
        return;
    }
    entry_unref(&out->entry);
    *out = other;
}

static void take_memory_degraded(struct lookup *l, struct lookup_answer *out) {
    struct tenant *t = l->x->tenant;
    look_in_memory(t, l->analysis, out);
    if (!out->entry || is_recent_enough(t, out->entry)) return;
    entry_unref(&out->entry);
    out->verdict = CACHE_EXPIRED;
}

static void on_answer(void *arg, struct shared_answer *a) {
    struct lookup *l = arg;
    struct lookup_answer out = {.verdict = CACHE_MISS};
    l->op = NULL;
    learn(l->x->tenant, a);
    if (a->result == SHARED_DOWN) metrics_add(&l->x->tenant->metrics, M_LOOKUP_L2_ERROR);
    if (a->result == SHARED_DOWN) take_memory_degraded(l, &out);
    else if (!is_usable(look_in_memory(l->x->tenant, l->analysis, &out))) prefer_value(l, a, &out);
    struct entry *held = out.entry;
    finish(l, &out);
    entry_unref(&held);
}

static void ask_store(struct lookup *l) {
    struct tenant *t = l->x->tenant;
    const struct config_redis *r = &t->config->redis;
    const struct analysis *a = l->analysis;
    struct shared_epoch epochs[EPOCH_MAX_NAMES] = {0};
    int64_t now = clock_mono_ms();
    struct shared_ask ask = {.key = a->key, .principal = a->scope, .epochs = epochs, .n_epochs = a->n_names,
                             .deadline_ms = now + r->budget_ms, .large_deadline_ms = now + r->large_budget_ms};
    for (int i = 0; i < a->n_names; i++) {
        memcpy(epochs[i].name, a->names[i].bytes, sizeof epochs[i].name);
        epochs[i].us = (int64_t)epochs_known(t->cache.epochs, &a->names[i]);
    }
    exchange_move(l->x, EXCHANGE_ASKING);
    shared_lookup(t->shared, t->store, &ask, on_answer, l, &l->op);
}

void lookup_start(struct exchange *x, const struct analysis *a, lookup_fn *fn) {
    struct tenant *t = x->tenant;
    struct lookup_answer out = {.verdict = CACHE_MISS};
    bool trusted = lookup_is_trusted(t, a->names, a->n_names);
    if (trusted) look_in_memory(t, a, &out);
    struct lookup *l = t->shared && !is_usable(out.verdict) ? mem_zalloc(sizeof *l) : NULL;
    if (!l) {
        struct entry *held = out.entry;
        fn(x, &out);
        entry_unref(&held);
        return;
    }
    entry_unref(&out.entry); /* looked up again when the store has answered */
    *l = (struct lookup){.x = x, .analysis = analysis_ref((struct analysis *)(uintptr_t)a), .fn = fn};
    x->lookup = l;
    ask_store(l);
}

/* ---- by statement id ------------------------------------------------------------------------------------------- */

static void on_handle_answer(void *arg, struct shared_answer *a) {
    struct lookup *l = arg;
    struct exchange *x = l->x;
    struct handle h = l->handle;
    lookup_handle_fn *fn = l->handle_fn;
    bool same = a->result == SHARED_HIT && memcmp(a->gen, h.gen, sizeof h.gen) == 0;
    struct entry *e = same ? unpack(x->tenant, a) : NULL;
    mem_free(l);
    x->lookup = NULL;
    fn(x, &h, e);
    entry_unref(&e);
}

void lookup_handle(struct exchange *x, const struct handle *h, lookup_handle_fn *fn) {
    struct tenant *t = x->tenant;
    int64_t now = clock_mono_ms();
    const uint8_t *scope = h->is_shared ? t->share_scope : h->principal;
    struct shared_ask ask = {.key = h->key, .principal = scope, .deadline_ms = now + t->config->redis.budget_ms,
                             .large_deadline_ms = now + t->config->redis.large_budget_ms};
    struct lookup *l = mem_zalloc(sizeof *l);
    if (!l) {
        fn(x, h, NULL);
        return;
    }
    *l = (struct lookup){.x = x, .handle = *h, .handle_fn = fn};
    x->lookup = l;
    exchange_move(x, EXCHANGE_ASKING);
    shared_lookup(t->shared, t->store, &ask, on_handle_answer, l, &l->op);
}

void lookup_drop(struct exchange *x) {
    struct lookup *l = x->lookup;
    if (!l) return;
    x->lookup = NULL;
    shared_drop(&l->op);
    analysis_unref(&l->analysis);
    mem_free(l);
}
