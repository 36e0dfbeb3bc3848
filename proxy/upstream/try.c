/* try: one sending of a request, and what follows from how it ended. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/retry.h"
#include "request_priv.h"

/* ---- judging a try --------------------------------------------------------------------------------------------- */

/* A status says something about the workspace only when it answers statements; about its warehouse when there is one. */
static bool counts_status(enum upstream_kind k) {
    return k == UP_WRITE || k == UP_READ || k == UP_POLL || k == UP_CHUNK || k == UP_CANCEL || k == UP_SESSION;
}

static void tell_outcome(struct upstream_req *r, enum situation s) {
    enum breaker_outcome host = BREAKER_SUCCESS, target = BREAKER_SUCCESS;
    if (s == SIT_NOT_SENT) {
        host = BREAKER_TRANSPORT;
        target = BREAKER_NEUTRAL;
    } else if (s == SIT_LOST || s == SIT_CUT) {
        host = target = BREAKER_TRANSPORT;
    } else if (s == SIT_BROKEN) {
        target = BREAKER_FAILURE;
        host = !counts_status(r->kind) || r->target ? BREAKER_SUCCESS : BREAKER_FAILURE;
    } else if (s == SIT_BUSY) {
        target = BREAKER_NEUTRAL;
    }
    req_tell_targets(r, host, target);
}

static const char *reason_of(enum situation s) {
    static const char *const WORDS[SIT_COUNT] = {[SIT_NOT_SENT] = "not-sent", [SIT_BUSY] = "busy", [SIT_LOST] = "lost",
                                                 [SIT_BROKEN] = "broken"};
    return WORDS[s] ? WORDS[s] : "other";
}

/* Also takes from the budget when it is to be repeated. */
static struct attempt_out decide(struct upstream_req *r, enum situation s, int64_t retry_after_ms) {
    struct upstream *u = r->up;
    int64_t now_ms = clock_mono_ms();
    struct attempt_in in = {r->kind, s, r->tries, retry_after_ms, now_ms, r->until_ms, upstream_chance(u)};
    struct attempt_out out = attempt_decide(&in, &u->cfg->retry);
    if (out.what != ATTEMPT_REPEAT) return out;
    r->retry_reason = reason_of(s);
    if (budget_take(&r->client->budget, &u->cfg->retry, now_ms)) return out;
    metrics_add(r->client->metrics, M_RETRY_EXHAUSTED);
    /* what the rule says when there is no repeating: everything that may be repeated may be passed on, a write's
     * answer included, since only what did not begin may be repeated there */
    out.what = ATTEMPT_PASS_ON;
    return out;
}

static bool is_moved(const struct upstream_req *r) { return strcmp(r->sent_to, r->warehouse) != 0; }

static bool is_denied(const struct upstream_req *r, int status) { return status == 403 && is_moved(r); }

static void on_head(void *arg, int status, struct evkeyvalq *head) {
    struct upstream_req *r = arg;
    const char *after = evhttp_find_header(head, "Retry-After");
    r->status = status;
    r->has_retry_after = after != NULL;
    if (is_denied(r, status)) {
        denials_add(&r->up->denials, r->principal, r->sent_to, clock_mono_ms());
        r->hidden = true;
        return;
    }
    enum situation s = attempt_situation(r->kind, status, after != NULL);
    if (s != SIT_FINE) r->next = decide(r, s, after ? retry_after_parse(sv_of(after), clock_wall_ms()) : -1);
    r->hidden = r->next.what != ATTEMPT_PASS_ON;
    if (r->hidden) kept_start(&r->kept, status, head);
    else req_tell_head(r, status, head);
}

static bool on_body(void *arg, struct sv bytes) {
    struct upstream_req *r = arg;
    if (!r->hidden) return r->events.on_body(r->arg, bytes);
    if (!is_denied(r, r->status)) kept_add(&r->kept, bytes);
    return true;
}

static enum metric seconds_of(const struct upstream_req *r) {
    static const enum metric IDS[UP_KIND_COUNT] = {
        [UP_PASS] = M_UP_SECONDS,          [UP_WRITE] = M_UP_SECONDS_EXECUTE, [UP_READ] = M_UP_SECONDS_EXECUTE,
        [UP_POLL] = M_UP_SECONDS_STATUS,   [UP_CHUNK] = M_UP_SECONDS_CHUNK,   [UP_CANCEL] = M_UP_SECONDS_CANCEL,
        [UP_SESSION] = M_UP_SECONDS_SESSION, [UP_IDENTITY] = M_UP_SECONDS,    [UP_HEALTH] = M_UP_SECONDS_HEALTH,
        [UP_START] = M_UP_SECONDS,         [UP_LINK] = M_UP_SECONDS_LINK};
    bool closes = r->kind == UP_CANCEL && strcmp(r->ask.method, "DELETE") == 0;
    return closes ? M_UP_SECONDS_CLOSE : IDS[r->kind];
}

static void back_off(struct upstream_req *r) {
    metrics_add_named(r->client->metrics, M_RETRIES, r->retry_reason, 1);
    r->since_us = clock_mono_us();
    r->hidden = false;
    req_enter_state(r, REQ_BACKING_OFF, r->next.wait_ms);
}

/* The answer was perhaps given after the work was done: nobody may be led to do it again. */
static void end_unknown(struct upstream_req *r) {
    char message[WHY_MAX - 64];
    r->fault = UPSTREAM_NO_ANSWER;
    if (r->kept.status) {
        kept_message(&r->kept, message, sizeof message);
        snprintf(r->why, sizeof r->why, "it answered with HTTP %d%s%s", r->kept.status, *message ? ": " : "", message);
    }
    req_finish(r);
}

/* The principal may not use the stand-in. Its own warehouse's error is the one to tell; where there was none yet, it
 * is asked after all, or its breaker says no. */
static void end_denied(struct upstream_req *r) {
    if (kept_can_tell(&r->kept)) req_tell_kept(r);
    else req_want_place(r);
}

static enum situation situation_of(const struct upstream_req *r, enum upstream_fault fault) {
    if (fault == UPSTREAM_NOT_SENT) return SIT_NOT_SENT;
    if (fault == UPSTREAM_NO_ANSWER) return SIT_LOST;
    if (fault == UPSTREAM_CUT) return SIT_CUT;
    return attempt_situation(r->kind, r->status, r->has_retry_after);
}

static void on_done(void *arg, enum upstream_fault fault, const char *why) {
    struct upstream_req *r = arg;
    r->wire = NULL;
    r->fault = fault == UPSTREAM_CUT && !r->told_head ? UPSTREAM_NO_ANSWER : fault; /* nothing was shown */
    enum situation s = situation_of(r, r->hidden ? fault : r->fault);
    snprintf(r->why, sizeof r->why, "%s", why);
    metrics_observe(r->client->metrics, seconds_of(r), clock_mono_us() - r->try_us);
    tell_outcome(r, s);
    req_leave_place(r);
    r->avoid = s == SIT_BUSY || s == SIT_BROKEN || s == SIT_LOST;
    if (r->hidden && fault != UPSTREAM_OK) r->kept.whole = false;
    if (!r->hidden && (s == SIT_NOT_SENT || s == SIT_LOST)) r->next = decide(r, s, -1);
    if (r->hidden && is_denied(r, r->status)) end_denied(r);
    else if (r->next.what == ATTEMPT_REPEAT) back_off(r);
    else if (r->next.what == ATTEMPT_UNKNOWN) end_unknown(r);
    else req_finish(r);
}

/* ---- a try ----------------------------------------------------------------------------------------------------- */

static bool has_warehouse(const struct upstream_req *r) {
    return r->warehouse[0] && (r->kind == UP_READ || r->kind == UP_WRITE);
}

static bool is_movable(const struct upstream_req *r) { return r->kind == UP_READ && r->rewrite && r->has_principal; }

/* Health has its own interval, a cancel should try even so, storage is not the workspace. */
static bool heeds_breaker(enum upstream_kind k) { return k != UP_HEALTH && k != UP_CANCEL && k != UP_LINK; }

static void say_open(struct upstream_req *r, const struct target *t) {
    static const char WORKSPACE[] = "the upstream failed repeatedly and is left alone for a while";
    static const char WAREHOUSE[] = "the warehouse failed repeatedly and is left alone for a while";
    req_tell_targets(r, BREAKER_NEUTRAL, BREAKER_NEUTRAL);
    if (r->tries > 0) req_end_soon(r, r->fault, r->why);
    else req_refuse_busy(r, "breaker-open", t ? WAREHOUSE : WORKSPACE, group_wait_s(r->up, t));
}

static bool move_to(struct upstream_req *r, const char *warehouse) {
    struct err e = ERR_INIT;
    bool moves = strcmp(warehouse, r->warehouse) != 0;
    r->ask.body = r->ask.own_body;
    if (moves && r->rewrite(r->arg, warehouse, &r->ask.body, &e)) return false;
    if (moves && strcmp(warehouse, r->sent_to) != 0) metrics_add(r->client->metrics, M_FAILOVERS);
    snprintf(r->sent_to, sizeof r->sent_to, "%s", warehouse);
    return true;
}

static bool ask_warehouse(struct upstream_req *r) {
    struct upstream *u = r->up;
    const char *to = group_choose(u, r->has_principal ? r->principal : NULL, r->warehouse, is_movable(r),
                                  r->avoid ? r->sent_to : NULL);
    if (to && !move_to(r, to)) {
        r->rewrite = NULL; /* it cannot be moved after all */
        to = group_choose(u, r->principal, r->warehouse, false, NULL);
        if (to && !move_to(r, to)) to = NULL;
    }
    if (!to) {
        say_open(r, targets_find(&u->targets, r->warehouse));
        return false;
    }
    r->target = targets_get(&u->targets, to);
    if (!r->target) return true;
    r->target->users++;
    (void)breaker_ask(&r->target->breaker, &u->cfg->breaker, clock_mono_ms(), &r->target_permit);
    return true;
}

static bool ask_breakers(struct upstream_req *r) {
    struct upstream *u = r->up;
    r->asked_host = heeds_breaker(r->kind);
    if (r->asked_host &&
        !breaker_ask(&u->targets.host.breaker, &u->cfg->breaker, clock_mono_ms(), &r->host_permit)) {
        r->asked_host = false;
        say_open(r, NULL);
        return false;
    }
    return !has_warehouse(r) || ask_warehouse(r);
}

static enum rc put_on_wire(struct upstream_req *r, struct err *e) {
    static const struct wire_events EVENTS = {on_head, on_body, on_done};
    const struct config_upstream *up = r->up->up;
    int64_t left_ms = r->deadline_ms == CLOCK_NEVER ? 0 : r->deadline_ms - clock_mono_ms();
    if (left_ms < 0) return err_set(e, ERR_NET_TIMEOUT, "its time is up");
    struct wire_call call = {
        .method = r->ask.method,
        .url = r->ask.url,
        .headers = r->ask.headers,
        .body = r->ask.body,
        .harmless = attempt_is_harmless(r->kind),
        .public_only = r->kind == UP_LINK && !up->is_local && !up->link_private,
        .decode = r->ask.decode,
        .connect_ms = up->connect_timeout_ms,
        .silence_ms = r->ask.silence_ms,
        .total_ms = r->deadline_ms == CLOCK_NEVER ? 0 : left_ms + 1,
        .ca_file = up->ca_file,
        .no_proxy = up->is_local,
    };
    return wire_start(r->kind == UP_LINK ? r->up->links : r->up->api, &call, &EVENTS, r, &r->wire, e);
}

/* Its turn has come. No callback runs in here. */
void req_launch(struct upstream_req *r) {
    struct err e = ERR_INIT;
    int64_t now_us = clock_mono_us();
    req_enter_state(r, REQ_ON_WIRE, -1);
    r->queued_us += now_us - r->since_us;
    metrics_observe(r->client->metrics, M_UP_QUEUE_SECONDS, now_us - r->since_us);
    if (!ask_breakers(r)) return;
    r->try_us = now_us;
    r->status = 0;
    r->has_retry_after = r->hidden = false;
    r->next = (struct attempt_out){ATTEMPT_PASS_ON, 0};
    if (put_on_wire(r, &e)) {
        req_tell_targets(r, BREAKER_NEUTRAL, BREAKER_NEUTRAL);
        req_end_soon(r, r->tries > 0 ? r->fault : UPSTREAM_NOT_SENT, e.text);
        return;
    }
    r->tries++;
    req_take_place(r);
    metrics_add(r->client->metrics, M_UP_REQUESTS);
}
