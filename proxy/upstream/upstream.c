#include "upstream_priv.h"

#include <string.h>

#include "core/mem.h"

/* ---- places ---------------------------------------------------------------------------------------------------- */

static int reserved(const struct upstream *u) { return (upstream_places(u, LANE_URGENT) + 3) / 4; }

int upstream_places(const struct upstream *u, enum lane lane) {
    if (lane == LANE_LINK) return u->up->max_connections;
    return wire_is_http2(u->api) ? WIRE_H2_CONNECTIONS * WIRE_H2_STREAMS : u->up->max_connections;
}

bool upstream_has_place(const struct upstream *u, enum lane lane) {
    int most = upstream_places(u, lane);
    if (lane == LANE_LINK) return u->taken[LANE_LINK] < most;
    if (lane == LANE_ORDINARY && u->taken[LANE_ORDINARY] >= most - reserved(u)) return false;
    return u->taken[LANE_ORDINARY] + u->taken[LANE_URGENT] < most;
}

static void on_pump(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    upstream_pump(arg);
}

void upstream_pump_soon(struct upstream *u) {
    bool waiting = false;
    for (int i = 0; i < LANES; i++) waiting = waiting || u->queue[i].count > 0;
    if (waiting) event_active(u->pump, EV_TIMEOUT, 0);
}

/* splitmix64: spreads waits, nothing secret. */
uint32_t upstream_chance(struct upstream *u) {
    uint64_t z = u->chance += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return (uint32_t)(z >> 32);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static enum rc open_all(struct upstream *u, struct err *e) {
    int most = u->up->max_connections;
    u->pump = event_new(u->base, -1, 0, on_pump, u);
    if (!u->pump) return err_nomem(e);
    if (wire_new(&u->api, u->base, most, u->metrics, e) || wire_new(&u->links, u->base, most, u->metrics, e))
        return RC_ERR;
    if (upstream_client_new(&u->nobody, u, NULL, u->metrics, e)) return RC_ERR;
    return health_start(u, e);
}

enum rc upstream_new(struct upstream **out, struct event_base *base, const struct config *cfg,
                     const struct config_upstream *up, struct metrics *m, struct err *e) {
    struct upstream *u = mem_zalloc(sizeof *u);
    *out = NULL;
    if (!u) return err_nomem(e);
    u->base = base;
    u->cfg = config_ref(cfg);
    u->up = up;
    u->metrics = m;
    TAILQ_INIT(&u->all);
    targets_init(&u->targets);
    for (int i = 0; i < LANES; i++) queue_init(&u->queue[i]);
    evutil_secure_rng_get_bytes(&u->chance, sizeof u->chance);
    if (open_all(u, e)) {
        upstream_free(&u);
        return RC_ERR;
    }
    *out = u;
    return RC_OK;
}

void upstream_configure(struct upstream *u, const struct config *cfg, const struct config_upstream *up) {
    struct err e = ERR_INIT;
    struct config *old = (struct config *)(uintptr_t)u->cfg;
    health_stop(u);
    u->cfg = config_ref(cfg);
    u->up = up;
    config_unref(&old);
    wire_resize(u->api, up->max_connections);
    wire_resize(u->links, up->max_connections);
    if (health_start(u, &e)) health_stop(u); /* out of memory: health is what requests show */
    upstream_pump_soon(u);
}

void upstream_free(struct upstream **slot) {
    struct upstream *u = *slot;
    struct upstream_req *r;
    if (!u) return;
    health_stop(u);
    while ((r = TAILQ_FIRST(&u->all))) upstream_cancel(&r);
    upstream_client_free(&u->nobody);
    targets_fini(&u->targets);
    wire_free(&u->links);
    wire_free(&u->api);
    if (u->pump) event_free(u->pump);
    config_unref(&(struct config *){(struct config *)(uintptr_t)u->cfg});
    mem_free(u);
    *slot = NULL;
}

/* ---- what others may see --------------------------------------------------------------------------------------- */

void upstream_counts(const struct upstream *u, struct upstream_counts *out) {
    *out = (struct upstream_counts){
        .places = upstream_places(u, LANE_URGENT),
        .reserved = reserved(u),
        .active = u->taken[LANE_ORDINARY] + u->taken[LANE_URGENT] + u->taken[LANE_LINK],
        .backing_off = u->backing_off,
        .connections = wire_connections(u->api) + wire_connections(u->links),
        .http2 = wire_is_http2(u->api),
    };
    for (int i = 0; i < LANES; i++) out->queued += (int)u->queue[i].count;
}

/* Several upstreams share a set: each moves the gauge by its own change. */
static void move_gauge(struct metrics *m, enum metric id, int *told, int now) {
    metrics_set(m, id, m->value[id] + (uint64_t)now - (uint64_t)*told);
    *told = now;
}

static const char *without_scheme(const char *url) {
    const char *at = strstr(url, "://");
    return at ? at + 3 : url;
}

static void set_breaker_gauge(void *arg, const struct upstream_breaker_view *v) {
    struct upstream *u = arg;
    char label[METRICS_NAME_BYTES];
    const char *slash = *v->warehouse ? "/" : "";
    evutil_snprintf(label, sizeof label, "%s%s%s", without_scheme(v->host), slash, v->warehouse);
    metrics_set_named(u->metrics, M_BREAKER, label, (uint64_t)v->state);
}

void upstream_gauges(struct upstream *u) {
    struct upstream_counts n;
    upstream_counts(u, &n);
    move_gauge(u->metrics, M_UP_IDLE, &u->told_idle, n.connections > n.active ? n.connections - n.active : 0);
    move_gauge(u->metrics, M_UP_QUEUED, &u->told_queued, n.queued);
    upstream_each_breaker(u, set_breaker_gauge, u);
}
