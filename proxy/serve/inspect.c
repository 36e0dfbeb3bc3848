#include "inspect_priv.h"

#include <config.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "flight.h"
#include "proxy/watch/report.h"

/* ---- numbers --------------------------------------------------------------------------------------------------- */

static uint64_t resident_bytes(void) {
    unsigned long long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%llu %llu", &total, &resident) != 2) resident = 0;
    if (f) fclose(f);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void add_connections(void *arg, const char *name, struct upstream *u) {
    struct metrics *m = arg;
    struct upstream_counts n;
    (void)name;
    upstream_gauges(u);
    upstream_counts(u, &n);
    metrics_add_n(m, M_UPSTREAM_CONNS, (uint64_t)n.connections);
}

static void refresh(struct proxy *p) {
    struct metrics *m = &p->metrics;
    metrics_set(m, M_UPSTREAM_CONNS, 0);
    proxy_each_upstream(p, add_connections, m);
    metrics_set(m, M_FLIGHT_WAITERS, flights_waiters(p->flights));
    metrics_set(m, M_IN_FLIGHT, p->n_exchanges);
    metrics_set(m, M_MEMORY_CACHE, p->ledger.kept);
    metrics_set(m, M_MEMORY_FLIGHT, p->ledger.captured);
    metrics_set(m, M_MEMORY_CONNS, p->ledger.connections);
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
