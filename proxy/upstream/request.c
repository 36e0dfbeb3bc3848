/* request: one request from start to end: its turn, its places, what the caller gets to see. */
#include "request_priv.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"

enum { SLACK_MS = 10 * 1000, COST_BYTES = 256 * 1024 };

static void on_timer(evutil_socket_t fd, short what, void *arg);

/* ---- life ------------------------------------------------------------------------------------------------------ */

static struct upstream_req *req_of(struct queue_item *item) {
    return (struct upstream_req *)(void *)((char *)item - offsetof(struct upstream_req, item));
}

void req_leave_place(struct upstream_req *r) {
    if (!r->has_place) return;
    r->has_place = false;
    r->up->taken[r->lane]--;
    client_count(r->client, r->lane, -1);
    metrics_set(r->up->metrics, M_UP_ACTIVE, r->up->metrics->value[M_UP_ACTIVE] - 1);
    upstream_pump_soon(r->up);
}

void req_take_place(struct upstream_req *r) {
    r->has_place = true;
    r->up->taken[r->lane]++;
    client_count(r->client, r->lane, 1);
    metrics_add(r->up->metrics, M_UP_ACTIVE);
}

void req_enter_state(struct upstream_req *r, enum req_state s, int64_t timeout_ms) {
    struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    if (r->state == REQ_BACKING_OFF) r->up->backing_off--;
    if (s == REQ_BACKING_OFF) r->up->backing_off++;
    r->state = s;
    if (timeout_ms >= 0) evtimer_add(r->timer, &tv);
    else evtimer_del(r->timer);
}

void req_tell_targets(struct upstream_req *r, enum breaker_outcome host, enum breaker_outcome target) {
    const struct config_breaker *cfg = &r->up->cfg->breaker;
    int64_t now_ms = clock_mono_ms();
    if (r->asked_host)
        breaker_tell(&r->up->targets.host.breaker, cfg, r->host_permit, host, now_ms, upstream_chance(r->up));
    r->asked_host = false;
    if (!r->target) return;
    breaker_tell(&r->target->breaker, cfg, r->target_permit, target, now_ms, upstream_chance(r->up));
    r->target->users--;
    r->target = NULL;
}

/* Out of everything; the memory stays. */
static void detach(struct upstream_req *r) {
    queue_remove(&r->up->queue[r->lane], &r->item);
    wire_cancel(&r->wire);
    req_tell_targets(r, BREAKER_NEUTRAL, BREAKER_NEUTRAL);
    req_leave_place(r);
    if (r->timer) req_enter_state(r, REQ_ENDING, -1);
    TAILQ_REMOVE(&r->up->all, r, link);
}

static void req_free(struct upstream_req *r) {
    if (r->timer) event_free(r->timer);
    ask_fini(&r->ask);
    kept_fini(&r->kept);
    mem_free(r);
}

void upstream_cancel(struct upstream_req **slot) {
    struct upstream_req *r = *slot;
    *slot = NULL;
    if (!r) return;
    detach(r);
    req_free(r);
}

/* ---- ends ------------------------------------------------------------------------------------------------------ */

static void count_end(const struct upstream_req *r) {
    static const enum metric FAULTS[] = {[UPSTREAM_NOT_SENT] = M_UP_FAULT_CONNECT,
                                         [UPSTREAM_NO_ANSWER] = M_UP_FAULT_UNKNOWN,
                                         [UPSTREAM_CUT] = M_UP_FAULT_CUT};
    if (r->fault != UPSTREAM_OK && r->fault != UPSTREAM_REFUSED) metrics_add(r->client->metrics, FAULTS[r->fault]);
}

/* The last word. The caller may start others at once. */
void req_finish(struct upstream_req *r) {
    struct upstream_end end = {
        .fault = r->fault,
        .why = r->fault == UPSTREAM_OK ? "" : r->why,
        .refusal = r->fault == UPSTREAM_REFUSED ? &r->refusal : NULL,
        .warehouse = r->sent_to,
        .tries = r->tries,
        .queued_us = r->queued_us,
    };
    count_end(r);
    detach(r);
    r->events.on_done(r->arg, &end);
    req_free(r);
}

void req_end_soon(struct upstream_req *r, enum upstream_fault fault, const char *why) {
    r->fault = fault;
    if (why != r->why) snprintf(r->why, sizeof r->why, "%s", why);
    req_enter_state(r, REQ_ENDING, 0);
}

static void refuse_soon(struct upstream_req *r, const struct upstream_refusal *no, const char *why) {
    r->refusal = *no;
    req_end_soon(r, UPSTREAM_REFUSED, why);
}

void req_refuse_busy(struct upstream_req *r, const char *reason, const char *why, int retry_after_s) {
    struct upstream_refusal no = {503, retry_after_s, "TEMPORARILY_UNAVAILABLE", reason};
    refuse_soon(r, &no, why);
}

/* ---- what the caller sees -------------------------------------------------------------------------------------- */

/* Whoever is told to come back is told when: some clients give up without the header. */
static void add_retry_after(struct upstream_req *r, int status, struct evkeyvalq *head) {
    if (r->kind == UP_PASS || r->kind == UP_LINK || (status != 429 && status != 503)) return;
    if (!evhttp_find_header(head, "Retry-After")) evhttp_add_header(head, "Retry-After", "1");
}

void req_tell_head(struct upstream_req *r, int status, struct evkeyvalq *head) {
    add_retry_after(r, status, head);
    r->told_head = true;
    r->events.on_head(r->arg, status, head);
}

/* Ends with on_done, or waits for upstream_resume(). */
void req_tell_kept(struct upstream_req *r) {
    struct sv body = buf_sv(&r->kept.body);
    req_enter_state(r, REQ_TELLING, -1);
    if (!r->told_head) req_tell_head(r, r->kept.status, &r->kept.head);
    if (body.len && !r->events.on_body(r->arg, body)) return;
    r->fault = UPSTREAM_OK;
    req_finish(r);
}

/* Nothing better will come: the answer that was held back, if there is one, else why not. */
static void end_with_kept(struct upstream_req *r) {
    if (kept_can_tell(&r->kept)) {
        req_tell_kept(r);
        return;
    }
    if (r->fault == UPSTREAM_OK) { /* it answered, but more than is held back */
        r->fault = UPSTREAM_NO_ANSWER;
        snprintf(r->why, sizeof r->why, "it answered with HTTP %d and cannot be asked again now", r->status);
    }
    req_finish(r);
}

/* ---- turns ----------------------------------------------------------------------------------------------------- */

static bool is_busy(const struct upstream *u, enum lane lane) {
    return wire_is_busy(lane == LANE_LINK ? u->links : u->api);
}

void upstream_pump(struct upstream *u) {
    static const enum lane ORDER[LANES] = {LANE_URGENT, LANE_ORDINARY, LANE_LINK};
    struct queue_item *item;
    for (int i = 0; i < LANES; i++) {
        enum lane lane = ORDER[i];
        if (u->queue[lane].count && is_busy(u, lane)) upstream_pump_soon(u);
        else
            while (upstream_has_place(u, lane) && (item = queue_pop(&u->queue[lane]))) req_launch(req_of(item));
    }
}

static uint32_t cost_of(const struct upstream_req *r) { return (uint32_t)(1 + r->ask.body.len / COST_BYTES); }

void req_want_place(struct upstream_req *r) {
    struct upstream *u = r->up;
    struct queue *q = &u->queue[r->lane];
    bool idle = q->count == 0 && !r->client->lane[r->lane].blocked && upstream_has_place(u, r->lane);
    r->since_us = clock_mono_us();
    if (idle && !is_busy(u, r->lane)) {
        req_launch(r);
    } else if (r->tries == 0 && !client_may_queue(r->client, r->lane)) {
        req_refuse_busy(r, "queue-full", "too many requests are waiting already", 1);
    } else if (!queue_push(q, &r->client->lane[r->lane], r->principal, &r->item, cost_of(r))) {
        req_end_soon(r, UPSTREAM_NOT_SENT, "out of memory");
    } else {
        req_enter_state(r, REQ_WAITING, client_queue_ms(r->client));
        upstream_pump(u);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct upstream_req *r = arg;
    (void)fd;
    (void)what;
    if (r->state == REQ_BACKING_OFF) {
        req_want_place(r);
    } else if (r->state == REQ_WAITING) {
        queue_remove(&r->up->queue[r->lane], &r->item);
        r->queued_us += clock_mono_us() - r->since_us;
        metrics_observe(r->client->metrics, M_UP_QUEUE_SECONDS, clock_mono_us() - r->since_us);
        if (r->tries > 0) req_end_soon(r, r->fault, r->why);
        else req_refuse_busy(r, "queue-timeout", "no connection became free in time", 1);
    } else if (r->state == REQ_ENDING) {
        if (r->tries > 0) end_with_kept(r);
        else req_finish(r);
    }
}

/* ---- starting -------------------------------------------------------------------------------------------------- */

static enum lane lane_of(enum upstream_kind k) {
    if (k == UP_LINK) return LANE_LINK;
    return k == UP_POLL || k == UP_CHUNK || k == UP_CANCEL || k == UP_IDENTITY || k == UP_HEALTH ? LANE_URGENT
                                                                                                  : LANE_ORDINARY;
}

static void take_over(struct upstream_req *r, const struct upstream_call *call) {
    int64_t now_ms = clock_mono_ms();
    r->kind = call->kind;
    r->lane = lane_of(call->kind);
    r->client = call->client ? call->client : r->up->nobody;
    r->rewrite = call->rewrite;
    r->avoid = call->elsewhere;
    r->has_principal = call->principal != NULL;
    if (call->principal) memcpy(r->principal, call->principal, DIGEST_BYTES);
    if (call->warehouse && strlen(call->warehouse) < sizeof r->warehouse)
        snprintf(r->warehouse, sizeof r->warehouse, "%s", call->warehouse);
    snprintf(r->sent_to, sizeof r->sent_to, "%s", r->warehouse);
    r->started_us = clock_mono_us();
    r->until_ms = now_ms + (call->wait_ms > 0 ? call->wait_ms : 0) + SLACK_MS;
    r->deadline_ms = clock_deadline(call->total_ms);
}

static void begin(struct upstream_req *r) {
    struct upstream_refusal no;
    bool statement = r->kind == UP_READ || r->kind == UP_WRITE;
    budget_request(&r->client->budget, clock_mono_ms());
    if (statement && !client_may_miss(r->client, &no))
        refuse_soon(r, &no, "more statements per second than this tenant may send");
    else
        req_want_place(r);
}

enum rc upstream_start(struct upstream *u, const struct upstream_call *call, const struct upstream_events *events,
                       void *arg, struct upstream_req **out, struct err *e) {
    struct upstream_req *r = mem_zalloc(sizeof *r);
    if (!r) return err_nomem(e);
    r->up = u;
    r->events = *events;
    r->arg = arg;
    kept_init(&r->kept);
    take_over(r, call);
    r->timer = evtimer_new(u->base, on_timer, r);
    if (!r->timer || ask_init(&r->ask, call, u->up, e)) {
        if (!r->timer) err_nomem(e);
        req_free(r);
        return RC_ERR;
    }
    TAILQ_INSERT_TAIL(&u->all, r, link);
    begin(r);
    *out = r;
    return RC_OK;
}

void upstream_hand_over(struct upstream_req *r, const struct upstream_events *events, void *arg) {
    r->events = *events;
    r->arg = arg;
}

void upstream_resume(struct upstream_req *r) {
    if (r->state == REQ_TELLING) req_tell_kept(r);
    else if (r->wire) wire_resume(r->wire);
}
