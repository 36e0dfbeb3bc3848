#include "inspect_priv.h"

#include <config.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "proxy/redis/shared.h"
#include "proxy/tenant/writes.h"
#include "proxy/watch/report.h"

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static uint64_t resident_bytes(void) {
    unsigned long long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%llu %llu", &total, &resident) != 2) resident = 0;
    if (f) fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void show_gauges(void *arg, const char *name, struct upstream *u) {
    (void)arg;
    (void)name;
    upstream_gauges(u);
}

static void refresh(struct proxy *p) {
    struct metrics *m = &p->metrics;
    proxy_each_upstream(p, show_gauges, NULL);
    metrics_set(m, M_IN_FLIGHT, p->n_exchanges);
    metrics_set(m, M_MEMORY_CACHE, p->ledger.kept);
    metrics_set(m, M_MEMORY_FLIGHT, p->ledger.captured);
    metrics_set(m, M_MEMORY_LIMIT, p->cfg->cache.memory_limit);
    metrics_set(m, M_MEMORY_RESIDENT, resident_bytes());
    metrics_set(m, M_DRAINING, p->draining);
    metrics_set(m, M_START_TIME, (uint64_t)p->watch->started_ms / 1000);
    metrics_set(m, M_LOG_LOST, accesslog_lost(p->accesslog));
    metrics_set_named(m, M_BUILD_INFO, VERSION, 1);
}

size_t inspect_sets(struct proxy *p, struct metrics_of **out) {
    struct tenant *t;
    size_t n = 0;
    *out = mem_array(1 + (size_t)p->n_tenants, sizeof **out);
    if (!*out) return 0;
    refresh(p);
    (*out)[n++] = (struct metrics_of){NULL, &p->metrics};
    TAILQ_FOREACH(t, &p->tenants, link)(*out)[n++] = (struct metrics_of){t->name, &t->metrics};
    return n;
}

static uint64_t requests_of_all(const struct proxy *p, enum request_outcome o) {
    uint64_t sum = metrics_requests(&p->metrics, o);
    const struct tenant *t;
    TAILQ_FOREACH(t, &p->tenants, link) sum += metrics_requests(&t->metrics, o);
    return sum;
}

void inspect_tick(struct proxy *p) {
    uint64_t totals[REQUEST_OUTCOME_COUNT];
    for (int o = 0; o < REQUEST_OUTCOME_COUNT; o++) totals[o] = requests_of_all(p, o);
    history_note(&p->watch->history, totals, clock_mono_ms());
}

static void add_redis(struct proxy *p, cJSON *status) {
    cJSON *redis = cJSON_AddObjectToObject(status, "redis");
    cJSON_AddBoolToObject(redis, "configured", p->cfg->redis.urls.n > 0);
    cJSON_AddBoolToObject(redis, "up", p->metrics.value[M_REDIS_UP] != 0);
}

struct views {
    cJSON *pools, *breakers;
};

static void add_upstream(void *arg, const char *name, struct upstream *u) {
    struct views *v = arg;
    inspect_add_upstream(u, name, v->pools, v->breakers);
}

static void add_rest(struct proxy *p, cJSON *status) {
    cJSON *pools = cJSON_AddArrayToObject(status, "pools"), *breakers = cJSON_AddArrayToObject(status, "breakers");
    cJSON_AddBoolToObject(status, "draining", p->draining);
    struct views views = {pools, breakers};
    proxy_each_upstream(p, add_upstream, &views);
    add_redis(p, status);
}

cJSON *inspect_status(struct proxy *p) {
    struct metrics_of *sets = NULL;
    size_t n = inspect_sets(p, &sets);
    inspect_tick(p);
    cJSON *status = n ? report_status(sets, n, p->watch) : NULL;
    mem_free(sets);
    if (status) add_rest(p, status);
    return status;
}

/* ---- state ----------------------------------------------------------------------------------------------------- */

static cJSON *tenant_state(const struct config_tenant *t) {
    static const char *const POLICIES[] = {"audit", "read_only", "custom"}, *const PRINCIPALS[] = {"token", "user"};
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", t->name);
    cJSON_AddStringToObject(o, "upstream", t->up->url);
    cJSON_AddStringToObject(o, "principal", PRINCIPALS[t->principal]);
    cJSON_AddStringToObject(o, "share", t->share);
    cJSON_AddStringToObject(o, "policy", POLICIES[t->policy]);
    return o;
}

void inspect_state(struct proxy *p, cJSON *state) {
    cJSON *tenants = cJSON_AddArrayToObject(state, "tenants");
    for (int i = 0; i < p->cfg->n_tenants; i++)
        cJSON_AddItemToArray(tenants, tenant_state(&p->cfg->tenants[i]));
    cJSON_AddItemToObject(state, "status", inspect_status(p));
}

const struct config_tenant *inspect_find_tenant(const struct config *cfg, const char *name) {
    if (!name) return cfg->n_tenants == 1 ? &cfg->tenants[0] : NULL;
    for (int i = 0; i < cfg->n_tenants; i++)
        if (strcmp(cfg->tenants[i].name, name) == 0) return &cfg->tenants[i];
    return NULL;
}

/* ---- forgetting ------------------------------------------------------------------------------------------------ */

static const char *what_of(const cJSON *wish) {
    if (json_bool(wish, "all", false)) return "all";
    return json_arr(wish, "tables") ? "tables" : json_str(wish, "tag") ? "tag" : "key";
}

/* As a write to these names, begun and ended. n 0 = everything. */
static void raise_names(struct tenant *t, const struct epoch_name *names, int n) {
    struct write *w = write_begin(t->writes, names, n, M_INVALIDATE_ADMIN);
    write_end(&w);
}

/* A view hides its tables, so what reads any table may read these. */
static enum rc forget_tables(struct tenant *t, const cJSON *tables, struct err *e) {
    struct epoch_name names[EPOCH_MAX_NAMES];
    const cJSON *table;
    int n = 0;
    names[n++] = epoch_name_writes(t->cache.epochs);
    cJSON_ArrayForEach(table, tables) {
        if (!cJSON_IsString(table)) return err_set(e, ERR_CONFIG_BAD, "tables is a list of names: catalog.schema.table");
        if (n == EPOCH_MAX_NAMES) return err_set(e, ERR_CONFIG_BAD, "more than %d tables: say all", EPOCH_MAX_NAMES - 1);
        for (char *c = table->valuestring; *c; c++)
            if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32); /* as names are told apart: without case */
        names[n++] = epoch_name_of(t->cache.epochs, sv_of(table->valuestring));
    }
    raise_names(t, names, n);
    return RC_OK;
}

static enum rc forget_key(struct tenant *t, const char *hex, struct err *e) {
    uint8_t key[DIGEST_BYTES];
    unsigned byte;
    if (strlen(hex) != 2 * DIGEST_BYTES || strspn(hex, "0123456789abcdefABCDEF") != 2 * DIGEST_BYTES)
        return err_set(e, ERR_CONFIG_BAD, "key is %d hexadecimal digits, as explain shows it", 2 * DIGEST_BYTES);
    for (int i = 0; i < DIGEST_BYTES; i++)
        if (sscanf(hex + 2 * i, "%2x", &byte) == 1) key[i] = (uint8_t)byte;
    cache_forget(&t->cache, key);
    if (t->shared) shared_remove(t->shared, t->store, key, NULL);
    return RC_OK;
}

static enum rc forget_in(struct tenant *t, const cJSON *wish, struct err *e) {
    const char *tag = json_str(wish, "tag"), *key = json_str(wish, "key");
    const cJSON *tables = json_arr(wish, "tables");
    if (tag) {
        struct epoch_name name = epoch_name_tag(t->cache.epochs, sv_of(tag));
        raise_names(t, &name, 1);
    }
    if (json_bool(wish, "all", false)) raise_names(t, NULL, 0);
    if (tables && forget_tables(t, tables, e)) return RC_ERR;
    return key ? forget_key(t, key, e) : RC_OK;
}

enum rc inspect_invalidate(struct proxy *p, const cJSON *wish, cJSON **out, struct err *e) {
    bool named = json_bool(wish, "all", false) || json_arr(wish, "tables") || json_str(wish, "tag") ||
                 json_str(wish, "key");
    const char *tenant = json_str(wish, "tenant");
    if (!named) return err_set(e, ERR_CONFIG_BAD, "say what: all, tables, tag or key");
    if (tenant && !inspect_find_tenant(p->cfg, tenant))
        return err_set(e, ERR_CONFIG_BAD, "there is no tenant %s", tenant);
    struct tenant *t;
    int n = 0;
    TAILQ_FOREACH(t, &p->tenants, link) {
        if (tenant && strcmp(t->name, tenant) != 0) continue;
        if (forget_in(t, wish, e)) return RC_ERR;
        n++;
    }
    *out = cJSON_CreateObject();
    cJSON_AddStringToObject(*out, "invalidated", what_of(wish));
    cJSON_AddNumberToObject(*out, "tenants", n);
    return *out ? RC_OK : err_nomem(e);
}
