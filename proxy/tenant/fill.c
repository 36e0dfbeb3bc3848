#include "fill.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "proxy/redis/shared.h"
#include "tenant.h"

void fill_to_entry(const struct fill *f, struct entry *e) {
    memcpy(e->key, f->key, DIGEST_BYTES);
    memcpy(e->scope, f->scope, DIGEST_BYTES);
    memcpy(e->gen, f->gen, HANDLE_GEN_BYTES);
    e->submitted_ms = f->submitted_ms;
    e->submitted_wall_ms = f->submitted_wall_ms;
    e->ttl_ms = f->ttl_ms;
    e->stale_revalidate_ms = f->stale_revalidate_ms;
    e->stale_error_ms = f->stale_error_ms;
    e->exec_ms = f->exec_ms;
    e->class = (uint8_t)f->class;
    e->hybrid = f->hybrid;
    e->deps_open = f->epochs.open;
    if (e->n_deps) return; /* they are there already */
    for (int i = 0; i < f->epochs.n; i++) {
        struct entry_dep d = {.epoch = f->epochs.values[i]};
        if (f->is_narrow && i > 0 && i == f->writes_at) continue;
        memcpy(d.name, f->epochs.names[i].bytes, EPOCH_NAME_BYTES);
        if (!entry_add_dep(e, &d)) e->ttl_ms = 0; /* out of memory: of no use to anybody */
    }
}

bool fill_may_be_joined(const struct fill *f) {
    const struct tenant *t = f->tenant;
    return epochs_are_same(t->cache.epochs, &f->epochs) && session_track_is_same(t->sessions, &f->session);
}

bool fill_is_current(const struct fill *f) {
    const struct tenant *t = f->tenant;
    return cache_may_keep(&t->cache, &f->epochs) && session_track_is_same(t->sessions, &f->session);
}

/* ---- the shared store ------------------------------------------------------------------------------------------ */

static void release(void *owner) {
    struct buf *packed = owner;
    buf_fini(packed);
    mem_free(packed);
}

static int64_t longest(const struct entry *e) {
    int64_t stale = e->stale_error_ms > e->stale_revalidate_ms ? e->stale_error_ms : e->stale_revalidate_ms;
    return e->ttl_ms + stale;
}

static bool put_shared(struct tenant *t, const struct entry *e) {
    struct err err = ERR_INIT;
    struct buf *packed = mem_zalloc(sizeof *packed);
    if (!packed) return false;
    buf_init(packed, t->config->cache.max_entry_shared + 64 * 1024);
    if (entry_pack(e, packed, &err)) {
        release(packed);
        return false;
    }
    struct shared_value v = {
        .key = e->key,
        .principal = e->scope,
        .created_ms = e->submitted_wall_ms,
        .expires_ms = e->submitted_wall_ms + longest(e),
        .is_compressed = e->linked && e->arrow,
        .bytes = buf_sv(packed),
        .release = release,
        .owner = packed,
    };
    memcpy(v.gen, e->gen, sizeof v.gen);
    shared_put(t->shared, t->store, &v);
    return true;
}

bool fill_keep(const struct fill *f, struct entry *e) {
    struct tenant *t = f->tenant;
    fill_to_entry(f, e);
    size_t bytes = entry_cost(e);
    bool local = bytes <= t->config->cache.max_entry && cache_keep(&t->cache, e);
    bool remote = t->shared && bytes <= t->config->cache.max_entry_shared && put_shared(t, e);
    if (!local) cache_forget(&t->cache, e->key);
    return local || remote;
}
