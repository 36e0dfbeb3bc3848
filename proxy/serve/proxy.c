#include "proxy.h"

#include "core/clock.h"
#include "exchange.h"
#include "fetch.h"
#include "proxy/tenant/follow.h"
#include "proxy/tenant/identity.h"
#include "proxy/tenant/session_track.h"
#include "proxy/tenant/tombstone.h"

static enum rc open_cache(struct proxy *p, const struct config *cfg, struct err *e) {
    p->cache = (struct cache){.metrics = &p->metrics};
    if (secrets_init(&p->secrets, e) || store_mem_new(&p->cache.store, cfg->cache.memory_limit, &p->metrics, e))
        return RC_ERR;
    if (identity_new(&p->identity, cfg, p->upstream, &p->secrets, &p->metrics, e)) return RC_ERR;
    if (session_track_new(&p->sessions, &p->secrets, &p->metrics, e)) return RC_ERR;
    if (follow_new(&p->follow, p->base, &p->cache, &p->secrets, &p->metrics, e)) return RC_ERR;
    return tombstones_new(&p->tombstones, &p->secrets, e);
}

enum rc proxy_open(struct proxy *p, const struct config *cfg, struct err *e) {
    p->cfg = config_ref(cfg);
    p->first_cfg = config_ref(cfg);
    p->last_request_ms = clock_mono_ms();
    TAILQ_INIT(&p->exchanges);
    TAILQ_INIT(&p->fetches);
    if (upstream_new(&p->upstream, p->base, cfg, cfg->tenants[0].up, &p->metrics, e)) return RC_ERR;
    if (upstream_client_new(&p->client, p->upstream, &cfg->tenants[0], &p->metrics, e)) return RC_ERR;
    return open_cache(p, cfg, e);
}

void proxy_drop_all(struct proxy *p) {
    if (p->cfg) exchange_drop_all(p);
}

static void unref(const struct config **cfg) {
    struct config *mine = (struct config *)*cfg;
    *cfg = NULL;
    config_unref(&mine);
}

void proxy_close(struct proxy *p) {
    if (!p->cfg) return;
    fetch_drop_all(p);
    shelf_clear(&p->shelf);
    tombstones_free(&p->tombstones);
    follow_free(&p->follow);
    session_track_free(&p->sessions);
    identity_free(&p->identity);
    if (p->cache.store) p->cache.store->ops->free(p->cache.store);
    upstream_client_free(&p->client);
    upstream_free(&p->upstream);
    secrets_fini(&p->secrets);
    unref(&p->cfg);
    unref(&p->first_cfg);
}

enum rc proxy_reconfigure(struct proxy *p, const struct config *cfg, struct err *e) {
    (void)e;
    upstream_configure(p->upstream, cfg, cfg->tenants[0].up);
    upstream_client_configure(p->client, &cfg->tenants[0]);
    unref(&p->cfg);
    p->cfg = config_ref(cfg);
    return RC_OK;
}
