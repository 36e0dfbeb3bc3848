#include "proxy.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "exchange.h"
#include "fetch.h"
#include "flight.h"
#include "proxy/redis/shared.h"
#include "proxy/tenant/identity.h"
#include "warehouse.h"

struct workspace {
    char *name;
    struct upstream *upstream;
    TAILQ_ENTRY(workspace) link;
};

/* ---- workspaces ------------------------------------------------------------------------------------------------ */

static struct workspace *find_workspace(const struct proxy *p, const char *name) {
    struct workspace *w;
    TAILQ_FOREACH(w, &p->workspaces, link)
        if (strcmp(w->name, name) == 0) return w;
    return NULL;
}

static void workspace_free(struct proxy *p, struct workspace *w) {
    TAILQ_REMOVE(&p->workspaces, w, link);
    upstream_free(&w->upstream);
    mem_free(w->name);
    mem_free(w);
}

static enum rc add_workspace(struct proxy *p, const struct config *cfg, const struct config_upstream *u, struct err *e) {
    struct workspace *w = mem_zalloc(sizeof *w);
    if (!w) return err_nomem(e);
    TAILQ_INSERT_TAIL(&p->workspaces, w, link);
    w->name = mem_strdup(u->name);
    if (w->name && upstream_new(&w->upstream, p->base, cfg, u, &p->metrics, e) == RC_OK) return RC_OK;
    if (!w->name) err_nomem(e);
    workspace_free(p, w);
    return RC_ERR;
}

static enum rc add_workspaces(struct proxy *p, const struct config *cfg, struct err *e) {
    for (int i = 0; i < cfg->n_upstreams; i++)
        if (!find_workspace(p, cfg->upstreams[i].name) && add_workspace(p, cfg, &cfg->upstreams[i], e)) return RC_ERR;
    return RC_OK;
}

static void configure_workspaces(struct proxy *p, const struct config *cfg) {
    for (int i = 0; i < cfg->n_upstreams; i++)
        upstream_configure(find_workspace(p, cfg->upstreams[i].name)->upstream, cfg, &cfg->upstreams[i]);
}

void proxy_each_upstream(struct proxy *p, void (*fn)(void *arg, const char *name, struct upstream *u), void *arg) {
    struct workspace *w;
    TAILQ_FOREACH(w, &p->workspaces, link) fn(arg, w->name, w->upstream);
}

/* ---- the shared store ------------------------------------------------------------------------------------------ */

static void on_resync(void *arg) {
    struct proxy *p = arg;
    struct tenant *t;
    TAILQ_FOREACH(t, &p->tenants, link) epochs_doubt(t->cache.epochs);
}

static void on_epoch(void *arg, void *owner, const uint8_t name[SHARED_NAME_BYTES], int64_t us, bool pending) {
    struct tenant *t = owner;
    struct epoch_name n;
    (void)arg;
    if (!t->cache.epochs || us <= 0) return;
    memcpy(n.bytes, name, sizeof n.bytes);
    epochs_learn(t->cache.epochs, &n, (uint64_t)us, pending);
}

static void on_told(void *arg, void *owner, char word, const uint8_t digest[DIGEST_BYTES]) {
    struct tenant *t = owner;
    (void)arg;
    if (word == 'r' && t->identity) identity_refuse(t->identity, digest);
    if (word == 'c' && t->tombstones) tombstones_learn(t->tombstones, digest, TOMBSTONE_CANCELED);
    if (word == 'x' && t->tombstones) tombstones_learn(t->tombstones, digest, TOMBSTONE_CLOSED);
}

static enum rc start_shared(struct proxy *p, const struct config *cfg, struct err *e) {
    const struct shared_hooks hooks = {.arg = p, .on_resync = on_resync, .on_epoch = on_epoch, .on_told = on_told};
    if (cfg->redis.urls.n == 0) return RC_OK;
    return shared_new(&p->shared, p->base, &cfg->redis, &hooks, &p->metrics, p->log, e);
}

/* ---- tenants --------------------------------------------------------------------------------------------------- */

struct tenant *proxy_tenant(const struct proxy *p, const char *name) {
    struct tenant *t;
    TAILQ_FOREACH(t, &p->tenants, link)
        if (strcmp(t->name, name) == 0) return t;
    return NULL;
}

static bool is_open(const struct tenant *t) { return t && !t->retired; }

static bool names_host(const struct config_tenant *cfg, struct sv host) {
    for (int i = 0; i < cfg->hosts.n; i++)
        if (sv_ieq(host, sv_of(cfg->hosts.v[i]))) return true;
    return false;
}

/* "host:8080" and "[::1]:8080" without the port. */
static struct sv without_port(const char *host) {
    const char *end = host[0] == '[' ? strchr(host, ']') : NULL;
    return end ? sv_make(host, (size_t)(end + 1 - host)) : sv_make(host, strcspn(host, ":"));
}

struct tenant *proxy_tenant_of(const struct proxy *p, const struct door *d, const char *host) {
    struct tenant *t;
    int n_open = 0;
    struct tenant *only = NULL;
    if (d->listen && d->listen->of) {
        t = proxy_tenant(p, d->listen->of->name);
        return is_open(t) ? t : NULL;
    }
    TAILQ_FOREACH(t, &p->tenants, link) {
        if (!is_open(t)) continue;
        if (host && names_host(t->cfg, without_port(host))) return t;
        only = t;
        n_open++;
    }
    return n_open == 1 && only->cfg->hosts.n == 0 ? only : NULL;
}

static enum rc add_tenant(struct proxy *p, const struct config *cfg, const struct config_tenant *t, struct err *e) {
    struct tenant_needs needs = {p->base, find_workspace(p, t->up->name)->upstream, p->store, p->shared};
    struct tenant *made;
    if (tenant_new(&made, cfg, t, &needs, e)) return RC_ERR;
    TAILQ_INSERT_TAIL(&p->tenants, made, link);
    p->n_tenants++;
    return RC_OK;
}

static void drop_tenants(struct proxy *p) {
    while (!TAILQ_EMPTY(&p->tenants)) {
        struct tenant *t = TAILQ_FIRST(&p->tenants);
        TAILQ_REMOVE(&p->tenants, t, link);
        p->n_tenants--;
        tenant_free(&t);
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static void take_config(struct proxy *p, const struct config *cfg) {
    struct config *old = (struct config *)(uintptr_t)p->cfg;
    p->cfg = config_ref(cfg);
    p->ledger.limit = cfg->cache.memory_limit;
    p->shelf.ledger = &p->ledger;
    config_unref(&old);
}

enum rc proxy_open(struct proxy *p, const struct config *cfg, struct err *e) {
    TAILQ_INIT(&p->exchanges);
    TAILQ_INIT(&p->fetches);
    TAILQ_INIT(&p->awaits);
    TAILQ_INIT(&p->workspaces);
    TAILQ_INIT(&p->tenants);
    take_config(p, cfg);
    p->last_request_ms = clock_mono_ms();
    if (store_new(&p->store, &p->ledger, e) || start_shared(p, cfg, e)) return RC_ERR;
    if (warehouses_new(&p->warehouses, p, e) || flights_new(&p->flights, p, e)) return RC_ERR;
    if (add_workspaces(p, cfg, e)) return RC_ERR;
    for (int i = 0; i < cfg->n_tenants; i++)
        if (add_tenant(p, cfg, &cfg->tenants[i], e)) return RC_ERR;
    return RC_OK;
}

void proxy_drop_all(struct proxy *p) {
    if (p->cfg) exchange_drop_all(p);
}

void proxy_close(struct proxy *p) {
    if (!p->cfg) return;
    fetch_drop_all(p);
    shelf_clear(&p->shelf);
    flights_free(&p->flights);
    warehouses_free(&p->warehouses);
    drop_tenants(p);
    while (!TAILQ_EMPTY(&p->workspaces)) workspace_free(p, TAILQ_FIRST(&p->workspaces));
    shared_free(&p->shared);
    store_free(&p->store);
    arena_fini(&p->spare);
    config_unref(&(struct config *){(struct config *)(uintptr_t)p->cfg});
    p->cfg = NULL;
}

/* A tenant that stays must keep its workspace, because what it has under way is there. */
static enum rc check_tenants(const struct proxy *p, const struct config *cfg, struct err *e) {
    for (int i = 0; i < cfg->n_tenants; i++) {
        const struct tenant *t = proxy_tenant(p, cfg->tenants[i].name);
        if (t && strcmp(t->cfg->up->name, cfg->tenants[i].up->name) != 0)
            return err_set(e, ERR_CONFIG_BAD, "tenant %s: its upstream can only be changed by a restart", t->name);
    }
    return RC_OK;
}

static const struct config_tenant *find_config(const struct config *cfg, const char *name) {
    for (int i = 0; i < cfg->n_tenants; i++)
        if (strcmp(cfg->tenants[i].name, name) == 0) return &cfg->tenants[i];
    return NULL;
}

/* New tenants, and everything that old ones need for the new configuration. */
static enum rc prepare_tenants(struct proxy *p, const struct config *cfg, struct err *e) {
    struct tenant *t;
    TAILQ_FOREACH(t, &p->tenants, link) {
        const struct config_tenant *of = find_config(cfg, t->name);
        if (of && tenant_prepare(t, cfg, of, e)) return RC_ERR;
    }
    for (int i = 0; i < cfg->n_tenants; i++)
        if (!proxy_tenant(p, cfg->tenants[i].name) && add_tenant(p, cfg, &cfg->tenants[i], e)) return RC_ERR;
    return RC_OK;
}

/* Who is not in the old configuration came in by the attempt. */
static void abandon_tenants(struct proxy *p) {
    struct tenant *t, *next;
    for (t = TAILQ_FIRST(&p->tenants); t; t = next) {
        next = TAILQ_NEXT(t, link);
        tenant_abandon(t);
        if (t->config == p->cfg || t->retired) continue;
        TAILQ_REMOVE(&p->tenants, t, link);
        p->n_tenants--;
        tenant_free(&t);
    }
}

/* Who is not in the new configuration ends at the next restart; nothing reaches it until then. */
static void configure_tenants(struct proxy *p, const struct config *cfg) {
    struct tenant *t;
    TAILQ_FOREACH(t, &p->tenants, link) {
        const struct config_tenant *of = find_config(cfg, t->name);
        t->retired = of == NULL;
        if (of && t->next) tenant_configure(t, cfg, of);
    }
}

enum rc proxy_reconfigure(struct proxy *p, const struct config *cfg, struct err *e) {
    if (check_tenants(p, cfg, e) || add_workspaces(p, cfg, e)) return RC_ERR;
    if (prepare_tenants(p, cfg, e)) {
        abandon_tenants(p);
        return RC_ERR;
    }
    configure_tenants(p, cfg);
    configure_workspaces(p, cfg);
    if (p->shared) shared_reconfigure(p->shared, &cfg->redis);
    take_config(p, cfg);
    return RC_OK;
}
