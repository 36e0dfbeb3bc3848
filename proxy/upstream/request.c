/* request: one request from start to end: its turn, its tries, what the caller gets to see. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/retry.h"
#include "link.h"
#include "upstream_priv.h"

enum { SLACK_MS = 10 * 1000, COST_BYTES = 256 * 1024, WHY_MAX = 400 };

enum req_state {
    REQ_NEW,
    REQ_WAITING,   /* for a place; its timer is the queue timeout */
    REQ_ON_WIRE,
    REQ_BACKING_OFF,  /* until its timer */
    REQ_ENDING,    /* its timer tells the end, so that no callback runs inside upstream_start() */
    REQ_TELLING    /* a kept answer, after all */
};

struct upstream_req {
    struct upstream *up;
    struct upstream_client *client;
    enum upstream_kind kind;
    enum lane lane;
    struct upstream_events events;
    void *arg;
    struct {                       /* what is sent */
        char *method, *url;
        struct curl_slist *headers;
        struct sv body, own_body;  /* as it is sent now; for the warehouse asked for */
        bool decode;
        int64_t silence_ms;
    } ask;
    enum rc (*rewrite)(void *arg, const char *warehouse, struct sv *body_r, struct err *e);
    bool has_principal;
    uint8_t principal[DIGEST_BYTES];
    char warehouse[TARGET_NAME];   /* asked for; "" = unknown */
    char sent_to[TARGET_NAME];     /* of the latest try */
    int64_t since_us;              /* it waits */
    int64_t started_us, until_ms, deadline_ms;
    enum req_state state;
    struct queue_item item;        /* WAITING */
    struct event *timer;
    bool has_place;
    struct wire_req *wire;         /* ON_WIRE */
    struct target *target;         /* ON_WIRE: that hears how it ended; NULL = none */
    bool asked_host;
    uint32_t host_permit, target_permit;
    int64_t try_us;
    int tries;
    int64_t queued_us;
    bool told_head;
    int status;                    /* of the latest try; 0 = none */
    bool has_retry_after;
    bool avoid;                    /* sent_to has just failed: elsewhere, if there is an elsewhere */
    bool hidden;                   /* its answer is not shown */
    struct attempt_out next;       /* when hidden, or when it ended without an answer */
    const char *retry_reason;
    struct kept kept;
    size_t kept_told;
    enum upstream_fault fault;     /* ENDING */
    char why[WHY_MAX];
    struct upstream_refusal refusal;
    TAILQ_ENTRY(upstream_req) link;
};

static void on_timer(evutil_socket_t fd, short what, void *arg);
static void want_place(struct upstream_req *r);

/* ---- life ------------------------------------------------------------------------------------------------------ */

static struct upstream_req *req_of(struct queue_item *item) {
    return (struct upstream_req *)(void *)((char *)item - offsetof(struct upstream_req, item));
}

static void leave_place(struct upstream_req *r) {
    if (!r->has_place) return;
    r->has_place = false;
    r->up->taken[r->lane]--;
    client_count(r->client, r->lane, -1);
    metrics_set(r->up->metrics, M_UP_ACTIVE, r->up->metrics->value[M_UP_ACTIVE] - 1);
    upstream_pump_soon(r->up);
}

static void take_place(struct upstream_req *r) {
    r->has_place = true;
    r->up->taken[r->lane]++;
    client_count(r->client, r->lane, 1);
    metrics_add(r->up->metrics, M_UP_ACTIVE);
}

static void enter_state(struct upstream_req *r, enum req_state s, int64_t timeout_ms) {
    struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    if (r->state == REQ_BACKING_OFF) r->up->backing_off--;
    if (s == REQ_BACKING_OFF) r->up->backing_off++;
    r->state = s;
    if (timeout_ms >= 0) evtimer_add(r->timer, &tv);
    else evtimer_del(r->timer);
}

static void tell_targets(struct upstream_req *r, enum breaker_outcome host, enum breaker_outcome target) {
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

static void headers_wipe(struct curl_slist *list) {
    for (struct curl_slist *h = list; h; h = h->next) mem_wipe(h->data, strlen(h->data));
    curl_slist_free_all(list);
}

/* Out of everything; the memory stays. */
static void detach(struct upstream_req *r) {
    queue_remove(&r->up->queue[r->lane], &r->item);
    wire_cancel(&r->wire);
    tell_targets(r, BREAKER_NEUTRAL, BREAKER_NEUTRAL);
    leave_place(r);
    if (r->timer) enter_state(r, REQ_ENDING, -1);
    TAILQ_REMOVE(&r->up->all, r, link);
}

static void req_free(struct upstream_req *r) {
    if (r->timer) event_free(r->timer);
    headers_wipe(r->ask.headers);
    mem_free(r->ask.method);
    mem_free(r->ask.url);
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
static void finish(struct upstream_req *r) {
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

static void end_soon(struct upstream_req *r, enum upstream_fault fault, const char *why) {
    r->fault = fault;
    if (why != r->why) snprintf(r->why, sizeof r->why, "%s", why);
    enter_state(r, REQ_ENDING, 0);
}

static void refuse_soon(struct upstream_req *r, const struct upstream_refusal *no, const char *why) {
    r->refusal = *no;
    end_soon(r, UPSTREAM_REFUSED, why);
}

static void refuse_busy(struct upstream_req *r, const char *reason, const char *why, int retry_after_s) {
    struct upstream_refusal no = {503, retry_after_s, "TEMPORARILY_UNAVAILABLE", reason};
    refuse_soon(r, &no, why);
}

/* ---- what the caller sees -------------------------------------------------------------------------------------- */

/* Whoever is told to come back is told when: some clients give up without the header. */
static void add_retry_after(struct upstream_req *r, int status, struct evkeyvalq *head) {
    if (r->kind == UP_PASS || r->kind == UP_LINK || (status != 429 && status != 503)) return;
    if (!evhttp_find_header(head, "Retry-After")) evhttp_add_header(head, "Retry-After", "1");
}

static void tell_head(struct upstream_req *r, int status, struct evkeyvalq *head) {
    add_retry_after(r, status, head);
    r->told_head = true;
    r->events.on_head(r->arg, status, head);
}

/* Ends with on_done, or waits for upstream_resume(). */
static void tell_kept(struct upstream_req *r) {
    struct sv body = buf_sv(&r->kept.body);
    enter_state(r, REQ_TELLING, -1);
    if (!r->told_head) tell_head(r, r->kept.status, &r->kept.head);
    if (body.len && !r->events.on_body(r->arg, body)) return;
    r->fault = UPSTREAM_OK;
    finish(r);
}

/* Nothing better will come: the answer that was held back, if there is one, else why not. */
static void end_with_kept(struct upstream_req *r) {
    if (kept_can_tell(&r->kept)) tell_kept(r);
    else finish(r);
}

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
    tell_targets(r, host, target);
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
    else tell_head(r, status, head);
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
    enter_state(r, REQ_BACKING_OFF, r->next.wait_ms);
}

/* The answer was perhaps given after the work was done: nobody may be led to do it again. */
static void end_unknown(struct upstream_req *r) {
    char message[WHY_MAX - 64];
    r->fault = UPSTREAM_NO_ANSWER;
    if (r->kept.status) {
        kept_message(&r->kept, message, sizeof message);
        snprintf(r->why, sizeof r->why, "it answered with HTTP %d%s%s", r->kept.status, *message ? ": " : "", message);
    }
    finish(r);
}

/* The principal may not use the stand-in. Its own warehouse's error is the one to tell; where there was none yet, it
 * is asked after all, or its breaker says no. */
static void end_denied(struct upstream_req *r) {
    if (kept_can_tell(&r->kept)) tell_kept(r);
    else want_place(r);
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
    leave_place(r);
    r->avoid = s == SIT_BUSY || s == SIT_BROKEN || s == SIT_LOST;
    if (r->hidden && fault != UPSTREAM_OK) r->kept.whole = false;
    if (!r->hidden && (s == SIT_NOT_SENT || s == SIT_LOST)) r->next = decide(r, s, -1);
    if (r->hidden && is_denied(r, r->status)) end_denied(r);
    else if (r->next.what == ATTEMPT_REPEAT) back_off(r);
    else if (r->next.what == ATTEMPT_UNKNOWN) end_unknown(r);
    else finish(r);
}

/* ---- a try ----------------------------------------------------------------------------------------------------- */

static bool has_warehouse(const struct upstream_req *r) {
    return r->warehouse[0] && (r->kind == UP_READ || r->kind == UP_WRITE);
}

static bool is_movable(const struct upstream_req *r) { return r->kind == UP_READ && r->rewrite && r->has_principal; }

/* Health has its own interval, a cancel should try even so, storage is not the workspace. */
static bool heeds_breaker(enum upstream_kind k) { return k != UP_HEALTH && k != UP_CANCEL && k != UP_LINK; }

static void say_open(struct upstream_req *r, const struct target *t) {
    tell_targets(r, BREAKER_NEUTRAL, BREAKER_NEUTRAL);
    if (r->tries > 0) end_soon(r, r->fault, r->why);
    else if (!t) refuse_busy(r, "breaker-open", "the upstream failed repeatedly and is left alone for a while", group_wait_s(r->up, t));
    else refuse_busy(r, "breaker-open", "the warehouse failed repeatedly and is left alone for a while", group_wait_s(r->up, t));
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
static void launch(struct upstream_req *r) {
    struct err e = ERR_INIT;
    int64_t now_us = clock_mono_us();
    enter_state(r, REQ_ON_WIRE, -1);
    r->queued_us += now_us - r->since_us;
    metrics_observe(r->client->metrics, M_UP_QUEUE_SECONDS, now_us - r->since_us);
    if (!ask_breakers(r)) return;
    r->try_us = now_us;
    r->status = 0;
    r->has_retry_after = r->hidden = false;
    r->next = (struct attempt_out){ATTEMPT_PASS_ON, 0};
    if (put_on_wire(r, &e)) {
        tell_targets(r, BREAKER_NEUTRAL, BREAKER_NEUTRAL);
        end_soon(r, r->tries > 0 ? r->fault : UPSTREAM_NOT_SENT, e.text);
        return;
    }
    r->tries++;
    take_place(r);
    metrics_add(r->client->metrics, M_UP_REQUESTS);
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
            while (upstream_has_place(u, lane) && (item = queue_pop(&u->queue[lane]))) launch(req_of(item));
    }
}

static uint32_t cost_of(const struct upstream_req *r) { return (uint32_t)(1 + r->ask.body.len / COST_BYTES); }

static void want_place(struct upstream_req *r) {
    struct upstream *u = r->up;
    struct queue *q = &u->queue[r->lane];
    bool idle = q->count == 0 && !r->client->lane[r->lane].blocked && upstream_has_place(u, r->lane);
    r->since_us = clock_mono_us();
    if (idle && !is_busy(u, r->lane)) {
        launch(r);
    } else if (r->tries == 0 && !client_may_queue(r->client, r->lane)) {
        refuse_busy(r, "queue-full", "too many requests are waiting already", 1);
    } else if (!queue_push(q, &r->client->lane[r->lane], r->principal, &r->item, cost_of(r))) {
        end_soon(r, UPSTREAM_NOT_SENT, "out of memory");
    } else {
        enter_state(r, REQ_WAITING, client_queue_ms(r->client));
        upstream_pump(u);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct upstream_req *r = arg;
    (void)fd;
    (void)what;
    if (r->state == REQ_BACKING_OFF) {
        want_place(r);
    } else if (r->state == REQ_WAITING) {
        queue_remove(&r->up->queue[r->lane], &r->item);
        r->queued_us += clock_mono_us() - r->since_us;
        metrics_observe(r->client->metrics, M_UP_QUEUE_SECONDS, clock_mono_us() - r->since_us);
        if (r->tries > 0) end_soon(r, r->fault, r->why);
        else refuse_busy(r, "queue-timeout", "no connection became free in time", 1);
    } else if (r->state == REQ_ENDING) {
        if (r->tries > 0) end_with_kept(r);
        else finish(r);
    }
}

/* ---- starting -------------------------------------------------------------------------------------------------- */

static enum rc add_line(struct curl_slist **list, const char *name, const char *value, struct err *e) {
    struct buf line;
    buf_init(&line, 64 * 1024);
    /* libcurl's spelling of a header without value is "Name;" */
    enum rc rc = value[0] ? buf_addf(&line, e, "%s: %s", name, value) : buf_addf(&line, e, "%s;", name);
    struct curl_slist *grown = rc == RC_OK ? curl_slist_append(*list, line.ptr) : NULL;
    if (grown) *list = grown;
    else if (rc == RC_OK) rc = err_nomem(e);
    buf_wipe(&line);
    return rc;
}

static enum rc add_silencer(struct curl_slist **list, const char *text, struct err *e) {
    struct curl_slist *grown = curl_slist_append(*list, text);
    if (!grown) return err_nomem(e);
    *list = grown;
    return RC_OK;
}

static enum rc copy_headers(struct upstream_req *r, const struct upstream_call *call, struct err *e) {
    static const char *const OWN[] = {"Accept", "Content-Type", "User-Agent"}; /* libcurl would add them by itself */
    const struct evkeyval *h;
    TAILQ_FOREACH(h, call->headers, next)
        if (add_line(&r->ask.headers, h->key, h->value, e)) return RC_ERR;
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) {
        char text[32] = "";
        if (evhttp_find_header(call->headers, OWN[i])) continue;
        evutil_snprintf(text, sizeof text, "%s:", OWN[i]);
        if (add_silencer(&r->ask.headers, text, e)) return RC_ERR;
    }
    return add_silencer(&r->ask.headers, "Expect:", e);
}

static enum rc copy_target(struct upstream_req *r, const struct upstream_call *call, struct err *e) {
    const struct config_upstream *up = r->up->up;
    struct buf url;
    buf_init(&url, 64 * 1024);
    enum rc rc = call->url ? link_check(up, call->url, e) : RC_OK;
    if (rc == RC_OK) rc = call->url ? buf_adds(&url, call->url, e) : buf_addf(&url, e, "%s%s", up->url, call->target);
    if (rc == RC_OK) r->ask.url = mem_strndup(url.ptr, url.len);
    r->ask.method = mem_strndup(call->method, strlen(call->method));
    buf_fini(&url);
    if (rc == RC_OK && (!r->ask.url || !r->ask.method)) rc = err_nomem(e);
    return rc;
}

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
    r->ask.body = r->ask.own_body = call->body;
    r->ask.decode = call->decode;
    r->ask.silence_ms = call->silence_ms;
    r->rewrite = call->rewrite;
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
        want_place(r);
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
    if (!r->timer || copy_headers(r, call, e) || copy_target(r, call, e)) {
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
    if (r->state == REQ_TELLING) tell_kept(r);
    else if (r->wire) wire_resume(r->wire);
}
