#include "tenant.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "identity.h"
#include "memo.h"
#include "probe.h"
#include "proxy/redis/shared.h"
#include "recent.h"
#include "relation.h"
#include "right.h"
#include "session_track.h"
#include "writes.h"

/* ---- names in the shared store --------------------------------------------------------------------------------- */

static void name_in_store(void *arg, struct sv text, uint8_t out[EPOCH_NAME_BYTES]) {
    const struct tenant *t = arg;
    shared_name(t->store, text, out);
}

/* Tables are named with the older of two master keys: while keys change, instances with and without the new one must
 * see each other's writes. */
static enum rc name_key(const struct config *c, const char *tenant, uint8_t out[SECRET_BYTES], struct err *e) {
    const char *key = c->redis.old_master_key[0] ? c->redis.old_master_key : c->redis.master_key;
    return secrets_derive(sv_of(key), sv_of(tenant), SV_LIT("dbxproxy names 1"), out, e);
}

static enum rc join_store(struct tenant *t, struct shared *shared, struct err *e) {
    struct shared_keys k = {.name = t->name, .n_kek = 1};
    if (!shared) return RC_OK;
    if (name_key(t->config, t->name, k.mac_key, e)) return RC_ERR;
    memcpy(k.kek[0], t->secrets.store_key, SECRET_BYTES);
    enum rc rc = shared_tenant_new(shared, &k, t, &t->store, e);
    mem_wipe(&k, sizeof k);
    if (rc == RC_OK) t->shared = shared;
    return rc;
}

/* ---- what the configuration makes of results ------------------------------------------------------------------- */

/* What is made of a configuration before it is taken: everything that can fail. */
struct outfit {
    struct policy *policy;
    uint8_t generation[DIGEST_BYTES];     /* changes when a key with CF_SEMANTIC does */
    uint8_t share_scope[DIGEST_BYTES];
};

static enum rc make_outfit(const struct tenant *t, const struct config *c, const struct config_tenant *cfg,
                           struct outfit *out, struct err *e) {
    struct buf text;
    buf_init(&text, 1024 * 1024);
    *out = (struct outfit){0};
    enum rc rc = config_semantics(c, cfg, &text, e);
    if (rc == RC_OK) rc = secrets_digest(&t->secrets, "semantics", buf_sv(&text), out->generation, e);
    if (rc == RC_OK) rc = secrets_digest(&t->secrets, "scope", sv_of(cfg->share), out->share_scope, e);
    if (rc == RC_OK) rc = policy_new(c, cfg, &out->policy, e);
    buf_fini(&text);
    return rc;
}

static void wear(struct tenant *t, struct outfit *o) {
    policy_free(&t->policy);
    t->policy = o->policy;
    o->policy = NULL;
    memcpy(t->generation, o->generation, sizeof t->generation);
    memcpy(t->share_scope, o->share_scope, sizeof t->share_scope);
}

/* ---- configuration --------------------------------------------------------------------------------------------- */

/* A right to read is believed for authz_ttl; an unchanged table does not make it longer. */
static void set_lives(struct tenant *t) {
    const struct config_cache *c = &t->config->cache;
    int64_t authz = t->config->security.authz_ttl_ms ? t->config->security.authz_ttl_ms : c->ttl_ms;
    t->cache.version_ttl_ms = c->versions == VERSIONS_HISTORY ? c->version_ttl_ms : 0;
    t->cache.versioned_ttl_ms = authz < c->max_ttl_ms ? authz : c->max_ttl_ms;
}

/* From here nothing can fail. */
static void take_config(struct tenant *t, const struct config *c, const struct config_tenant *cfg) {
    struct config *old = (struct config *)(uintptr_t)t->config;
    t->config = config_ref(c);
    t->cfg = cfg;
    set_lives(t);
    config_unref(&old);
}

enum rc tenant_prepare(struct tenant *t, const struct config *c, const struct config_tenant *cfg, struct err *e) {
    tenant_abandon(t);
    t->next = mem_zalloc(sizeof *t->next);
    if (!t->next) return err_nomem(e);
    return make_outfit(t, c, cfg, t->next, e);
}

void tenant_abandon(struct tenant *t) {
    if (t->next) policy_free(&t->next->policy);
    mem_free(t->next);
    t->next = NULL;
}

void tenant_configure(struct tenant *t, const struct config *c, const struct config_tenant *cfg) {
    wear(t, t->next);
    tenant_abandon(t);
    memo_clear(t->memo); /* rules and lives are in it */
    take_config(t, c, cfg);
    session_track_ignore(t->sessions, &cfg->conf_ignore);
    store_part_set_quota(t->cache.part, cfg->memory_quota);
    upstream_client_configure(t->client, cfg);
}

/* ---- ends of statement ids ------------------------------------------------------------------------------------- */

void tenant_bury(struct tenant *t, struct sv id, enum tombstone what) {
    uint8_t digest[DIGEST_BYTES];
    tombstones_add(t->tombstones, id, what, digest);
    if (t->shared) shared_tell(t->shared, t->store, what == TOMBSTONE_CLOSED ? 'x' : 'c', digest);
}

uint64_t tenant_epoch(const struct tenant *t) {
    struct epoch_name all = epoch_name_all(t->cache.epochs);
    return epochs_get(t->cache.epochs, &all);
}

/* ---- load ------------------------------------------------------------------------------------------------------ */

static void fade(struct burden *l) {
    int64_t now = clock_mono_ms();
    double factor = exp2(-(double)(now - l->at_ms) / 60000.0);
    l->all_ms *= factor;
    l->refresh_ms *= factor;
    l->at_ms = now;
}

void tenant_note_load(struct tenant *t, int64_t exec_ms, bool is_refresh) {
    fade(&t->burden);
    t->burden.all_ms += (double)exec_ms;
    if (is_refresh) t->burden.refresh_ms += (double)exec_ms;
}

/* A second is added, so that a quiet tenant may refresh at all. */
bool tenant_may_refresh(struct tenant *t) {
    fade(&t->burden);
    return t->burden.refresh_ms * 100 <= (t->burden.all_ms + 1000) * t->config->cache.refresh_load_max;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static enum rc start_cache(struct tenant *t, const struct tenant_needs *needs, struct err *e) {
    struct epoch_namer namer = {name_in_store, t};
    if (join_store(t, needs->shared, e)) return RC_ERR;
    if (epochs_new(&t->cache.epochs, &t->secrets, t->store ? &namer : NULL, e)) return RC_ERR;
    t->cache.store = needs->store;
    t->cache.metrics = &t->metrics;
    if (versions_new(&t->cache.versions, e)) return RC_ERR;
    return store_part_new(&t->cache.part, needs->store, t->cfg->memory_quota, &t->metrics, e);
}

static enum rc start_rest(struct tenant *t, const struct tenant_needs *needs, struct err *e) {
    struct writes_needs w = {needs->base, t->cache.epochs, &t->secrets, &t->metrics, t->shared, t->store};
    if (upstream_client_new(&t->client, needs->upstream, t->cfg, &t->metrics, e)) return RC_ERR;
    if (identity_new(&t->identity, t, e)) return RC_ERR;
    if (session_track_new(&t->sessions, &t->secrets, &t->metrics, e) || writes_new(&t->writes, &w, e)) return RC_ERR;
    if (tombstones_new(&t->tombstones, &t->secrets, e) || recent_new(&t->recent, e)) return RC_ERR;
    if (probes_new(&t->probes, t, e) || rights_new(&t->rights, t, e)) return RC_ERR;
    if (relations_new(&t->relations, t, e)) return RC_ERR;
    session_track_ignore(t->sessions, &t->cfg->conf_ignore);
    return memo_new(&t->memo, e);
}

static enum rc start(struct tenant *t, const struct tenant_needs *needs, struct err *e) {
    const struct config_redis *r = &t->config->redis;
    struct outfit outfit;
    t->upstream = needs->upstream;
    if (!t->name) return err_nomem(e);
    if (secrets_init(&t->secrets, sv_of(r->master_key), sv_of(r->old_master_key), t->name, e)) return RC_ERR;
    if (make_outfit(t, t->config, t->cfg, &outfit, e)) return RC_ERR;
    wear(t, &outfit);
    if (start_cache(t, needs, e)) return RC_ERR;
    return start_rest(t, needs, e);
}

enum rc tenant_new(struct tenant **out, const struct config *c, const struct config_tenant *cfg,
                   const struct tenant_needs *needs, struct err *e) {
    struct tenant *t = mem_zalloc(sizeof *t);
    *out = NULL;
    if (!t) return err_nomem(e);
    t->name = mem_strdup(cfg->name);
    take_config(t, c, cfg);
    if (start(t, needs, e)) {
        tenant_free(&t);
        return err_wrap(e, "tenant %s", cfg->name);
    }
    *out = t;
    return RC_OK;
}

void tenant_free(struct tenant **slot) {
    struct tenant *t = *slot;
    if (!t) return;
    relations_free(&t->relations);
    rights_free(&t->rights);
    probes_free(&t->probes);
    memo_free(&t->memo);
    recent_free(&t->recent);
    tombstones_free(&t->tombstones);
    writes_free(&t->writes);
    session_track_free(&t->sessions);
    identity_free(&t->identity);
    upstream_client_free(&t->client);
    store_part_free(&t->cache.part);
    versions_free(&t->cache.versions);
    epochs_free(&t->cache.epochs);
    shared_tenant_free(&t->store);
    tenant_abandon(t);
    policy_free(&t->policy);
    secrets_fini(&t->secrets);
    config_unref(&(struct config *){(struct config *)(uintptr_t)t->config});
    mem_free(t->name);
    mem_free(t);
    *slot = NULL;
}
