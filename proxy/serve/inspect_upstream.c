#include "inspect_priv.h"

static void on_breaker(void *arg, const struct upstream_breaker_view *v) {
    static const char *const STATES[] = {"closed", "half-open", "open"};
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "host", v->host);
    cJSON_AddStringToObject(o, "warehouse", v->warehouse);
    cJSON_AddStringToObject(o, "state", STATES[v->state]);
    cJSON_AddNumberToObject(o, "calls", v->calls);
    cJSON_AddNumberToObject(o, "failures", v->failures);
    cJSON_AddNumberToObject(o, "retry_ms", (double)v->retry_ms);
    cJSON_AddStringToObject(o, "health", v->health);
    cJSON_AddItemToArray(arg, o);
}

static cJSON *pool(const char *name, const struct upstream_counts *n) {
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "name", name);
    cJSON_AddNumberToObject(o, "places", n->places);
    cJSON_AddNumberToObject(o, "reserved", n->reserved);
    cJSON_AddNumberToObject(o, "active", n->active);
    cJSON_AddNumberToObject(o, "queued", n->queued);
    cJSON_AddNumberToObject(o, "backing_off", n->backing_off);
    cJSON_AddNumberToObject(o, "connections", n->connections);
    cJSON_AddBoolToObject(o, "http2", n->http2);
    return o;
}

void inspect_add_upstream(struct upstream *u, const char *name, cJSON *pools, cJSON *breakers) {
    struct upstream_counts n;
    upstream_counts(u, &n);
    cJSON_AddItemToArray(pools, pool(name, &n));
    upstream_each_breaker(u, on_breaker, breakers);
}
