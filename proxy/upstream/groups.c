/* groups: the breakers in the light of the configuration: who may be asked, where a statement may go. */
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "upstream_priv.h"

enum { GROUP_MOST = 32 };

static int group_size(const struct upstream *u) {
    return u->up->failover.n < GROUP_MOST ? u->up->failover.n : GROUP_MOST;
}

int group_index(const struct upstream *u, const char *warehouse) {
    for (int i = 0; i < group_size(u); i++)
        if (strcmp(u->up->failover.v[i], warehouse) == 0) return i;
    return -1;
}

static bool is_open(const struct upstream *u, const struct target *t) {
    return t && !breaker_would(&t->breaker, &u->cfg->breaker, clock_mono_ms());
}

static struct failover_member look_at(const struct upstream *u, const char *warehouse, const uint8_t *principal) {
    const struct target *t = targets_find(&u->targets, warehouse);
    return (struct failover_member){
        .open = is_open(u, t),
        .denied = principal && denials_has(&u->denials, principal, warehouse, clock_mono_ms()),
        .health = t ? t->health : HEALTH_UNKNOWN,
    };
}

const char *group_choose(struct upstream *u, const uint8_t *principal, const char *warehouse, bool movable,
                         const char *avoid) {
    struct failover_member m[GROUP_MOST];
    int n = group_size(u), asked = group_index(u, warehouse);
    uint32_t chance = upstream_chance(u);
    if (asked < 0) return is_open(u, targets_find(&u->targets, warehouse)) ? NULL : warehouse;
    for (int i = 0; i < n; i++) m[i] = look_at(u, u->up->failover.v[i], principal);
    m[asked].denied = false; /* the client's own choice is its own affair */
    if (!movable) /* the others count for panic only */
        for (int i = 0; i < n; i++) m[i].denied = i != asked;
    int chosen = failover_choose(m, n, asked, avoid ? group_index(u, avoid) : -1, chance);
    return chosen < 0 ? NULL : u->up->failover.v[chosen];
}

int group_wait_s(const struct upstream *u, const struct target *t) {
    const struct breaker *b = t ? &t->breaker : &u->targets.host.breaker;
    int64_t ms = b->state == BREAKER_OPEN ? b->until_ms - clock_mono_ms() : 0;
    return ms > 1000 ? (int)((ms + 999) / 1000) : 1;
}

enum rc upstream_move_body(struct sv body, const char *warehouse, struct buf *out, struct err *e) {
    static const char *const PATH[] = {"warehouse_id", NULL};
    struct sv token;
    bool found = false;
    if (json_slice(body, PATH, &token, &found, e)) return RC_ERR;
    if (!found) return err_set(e, ERR_PROTOCOL, "the request names no warehouse");
    size_t before = (size_t)(token.ptr - body.ptr), after = before + token.len;
    if (buf_add(out, body.ptr, before, e) || json_quote(out, sv_of(warehouse), e)) return RC_ERR;
    return buf_add(out, body.ptr + after, body.len - after, e);
}

/* ---- what answers say ------------------------------------------------------------------------------------------ */

bool upstream_is_infra_code(struct sv code) {
    static const char *const CODES[] = {"TEMPORARILY_UNAVAILABLE", "WORKSPACE_TEMPORARILY_UNAVAILABLE",
                                        "SERVICE_UNDER_MAINTENANCE", "IO_ERROR", "DEADLINE_EXCEEDED"};
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (sv_eq(code, sv_of(CODES[i]))) return true;
    return false;
}

void upstream_report(struct upstream *u, const char *warehouse, bool infra_failed) {
    struct target *t = infra_failed ? targets_get(&u->targets, warehouse) : NULL;
    if (t) breaker_amend(&t->breaker, &u->cfg->breaker, clock_mono_ms(), upstream_chance(u));
}

bool upstream_may_reexecute(struct upstream *u, struct upstream_client *c, const uint8_t *principal,
                            const char *warehouse, bool movable, const char **other_r) {
    if (!c) c = u->nobody;
    *other_r = group_choose(u, principal, warehouse, movable && principal, warehouse);
    if (!*other_r || u->cfg->retry.max == 0) return false;
    if (!budget_take(&c->budget, &u->cfg->retry, clock_mono_ms())) {
        metrics_add(c->metrics, M_RETRY_EXHAUSTED);
        return false;
    }
    metrics_add_named(c->metrics, M_RETRIES, "failed", 1);
    return true;
}

/* ---- what others may see --------------------------------------------------------------------------------------- */

enum breaker_state upstream_breaker(const struct upstream *u, const char *warehouse) {
    int64_t now_ms = clock_mono_ms();
    const struct target *t = warehouse && *warehouse ? targets_find(&u->targets, warehouse) : NULL;
    enum breaker_state host = breaker_now(&u->targets.host.breaker, now_ms);
    enum breaker_state own = t ? breaker_now(&t->breaker, now_ms) : BREAKER_CLOSED;
    return own > host ? own : host;
}

static void show(const struct upstream *u, const struct target *t, upstream_breaker_fn *fn, void *arg) {
    int64_t now_ms = clock_mono_ms();
    uint32_t calls, failures;
    window_sum(&t->breaker.window, u->cfg->breaker.window_ms, now_ms, &calls, &failures);
    struct upstream_breaker_view v = {
        .host = u->up->url,
        .warehouse = t->warehouse,
        .state = breaker_now(&t->breaker, now_ms),
        .calls = (int)calls,
        .failures = (int)failures,
        .retry_ms = t->breaker.state == BREAKER_OPEN && t->breaker.until_ms > now_ms ? t->breaker.until_ms - now_ms : 0,
        .health = t->health_word,
    };
    fn(arg, &v);
}

void upstream_each_breaker(struct upstream *u, upstream_breaker_fn *fn, void *arg) {
    const struct target *t;
    show(u, &u->targets.host, fn, arg);
    TAILQ_FOREACH(t, &u->targets.list, link) show(u, t, fn, arg);
}
