/* client: what one tenant may use of an upstream. */
#include "core/clock.h"
#include "core/mem.h"
#include "upstream_priv.h"

void upstream_client_configure(struct upstream_client *c, const struct config_tenant *cfg) {
    c->cfg = cfg;
    client_count(c, LANE_ORDINARY, 0);
    upstream_pump_soon(c->up);
}

enum rc upstream_client_new(struct upstream_client **out, struct upstream *u, const struct config_tenant *cfg,
                            struct metrics *m, struct err *e) {
    struct upstream_client *c = mem_zalloc(sizeof *c);
    bool ok = c != NULL;
    *out = NULL;
    if (!c) return err_nomem(e);
    *c = (struct upstream_client){.up = u, .cfg = cfg, .metrics = m};
    for (int i = 0; i < LANES; i++) ok = queue_tenant_init(&c->lane[i]) && ok;
    if (!ok) {
        upstream_client_free(&c);
        return err_nomem(e);
    }
    *out = c;
    return RC_OK;
}

void upstream_client_free(struct upstream_client **slot) {
    struct upstream_client *c = *slot;
    if (!c) return;
    for (int i = 0; i < LANES; i++) queue_tenant_fini(&c->lane[i]);
    mem_free(c);
    *slot = NULL;
}

/* ---- buckets --------------------------------------------------------------------------------------------------- */

static bool say_limit(struct upstream_refusal *no, int64_t wait_ms) {
    *no = (struct upstream_refusal){429, (int)((wait_ms + 999) / 1000), "REQUEST_LIMIT_EXCEEDED", "rate-limit"};
    if (no->retry_after_s < 1) no->retry_after_s = 1;
    return false;
}

bool upstream_client_admit(struct upstream_client *c, struct upstream_refusal *no) {
    int64_t wait_ms, now_ms = clock_mono_ms();
    if (!c->cfg) return true;
    if (!bucket_has_room(&c->bytes, (double)c->cfg->bytes_per_s, now_ms, &wait_ms)) return say_limit(no, wait_ms);
    return bucket_take(&c->requests, c->cfg->requests_per_s, now_ms, &wait_ms) || say_limit(no, wait_ms);
}

void upstream_client_charge(struct upstream_client *c, size_t bytes) {
    if (c->cfg) bucket_charge(&c->bytes, (double)c->cfg->bytes_per_s, clock_mono_ms(), (double)bytes);
}

bool client_may_miss(struct upstream_client *c, struct upstream_refusal *no) {
    int64_t wait_ms;
    if (!c->cfg || bucket_take(&c->misses, c->cfg->misses_per_s, clock_mono_ms(), &wait_ms)) return true;
    return say_limit(no, wait_ms);
}

/* ---- places ---------------------------------------------------------------------------------------------------- */

bool client_may_queue(const struct upstream_client *c, enum lane lane) {
    return !c->cfg || c->lane[lane].count < (size_t)c->cfg->max_queued;
}

int64_t client_queue_ms(const struct upstream_client *c) { return c->cfg ? c->cfg->queue_timeout_ms : 5000; }

void client_count(struct upstream_client *c, enum lane lane, int change) {
    if (lane != LANE_ORDINARY) return;
    c->in_flight += change;
    c->lane[lane].blocked = c->cfg && c->in_flight >= c->cfg->max_in_flight;
}
