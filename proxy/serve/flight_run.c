#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "flight_priv.h"
#include "proxy/request/http_hdr.h"
#include "proxy/tenant/identity.h"
#include "proxy/tenant/relation.h"
#include "proxy/tenant/right.h"

enum { POLL_FIRST_MS = 100, POLL_MAX_MS = 2000, POLL_TIMEOUT_MS = 75 * 1000, ELSEWHERE_CHECK_MS = 250,
       ELSEWHERE_DEFAULT_MS = 10 * 1000, CANCEL_TIMEOUT_MS = 10 * 1000, MAX_POLL_FAULTS = 3 };

static void submit(struct flight *f);
static void ask_lock(struct flight *f);

static void set_timer(struct flight *f, int64_t ms) {
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    if (f->timer) evtimer_add(f->timer, &tv);
}

/* ---- what comes back ------------------------------------------------------------------------------------------- */

static size_t capture_max(const struct flight *f) {
    const struct config_cache *c = &f->tenant->config->cache;
    size_t most = f->tenant->shared && c->max_entry_shared > c->max_entry ? c->max_entry_shared : c->max_entry;
    return most + FLIGHT_SLACK;
}

static bool capture(struct flight *f, struct sv bytes) {
    struct ledger *l = &f->proxy->ledger;
    struct err e = ERR_INIT;
    if (f->captured.len + bytes.len > capture_max(f) || !store_make_room(f->proxy->store, bytes.len)) return false;
    if (buf_addsv(&f->captured, bytes, &e)) return false;
    f->accounted += bytes.len;
    l->captured += bytes.len;
    return true;
}

static void forget_answer(struct flight *f) {
    f->proxy->ledger.captured -= f->accounted;
    f->accounted = 0;
    buf_fini(&f->captured);
    evhttp_clear_headers(&f->head);
    arena_fini(&f->arena);
    f->status = 0;
}

static void expect_answer(struct flight *f) {
    forget_answer(f);
    buf_init(&f->captured, capture_max(f));
}

/* Date has whole seconds: half of one is added. */
static void note_clock(struct flight *f, const struct evkeyvalq *headers) {
    const char *date = evhttp_find_header(headers, "Date");
    time_t there = date ? curl_getdate(date, NULL) : -1;
    if (there < 0) return;
    int64_t skew = clock_wall_ms() - ((int64_t)there * 1000 + 500);
    f->tenant->skew_ms = skew < 0 ? -skew : skew;
    metrics_set(&f->proxy->metrics, M_CLOCK_SKEW_MS, (uint64_t)f->tenant->skew_ms);
}

static void on_head(void *arg, int status, struct evkeyvalq *headers) {
    struct flight *f = arg;
    struct err e = ERR_INIT;
    f->status = status;
    note_clock(f, headers);
    if (http_hdr_copy_answer(headers, true, &f->head, &e)) evhttp_clear_headers(&f->head);
}

static bool on_body(void *arg, struct sv bytes) {
    struct flight *f = arg;
    if (f->phase == FLIGHT_LANDED) return true; /* given away: nobody listens here any more */
    if (!capture(f, bytes)) flight_stream(f, bytes);
    return true;
}

static void learn_token(struct flight *f, const struct upstream_end *end) {
    struct seat *s = flight_first_waiter(f);
    if (s && s->is_first && end->fault == UPSTREAM_OK)
        identity_learn(f->tenant->identity, s->x->token, f->status, f->fill.submitted_ms);
}

/* The statement is under way: whoever asked for news gets it, the others wait on. */
static void on_running(struct flight *f, struct sv body, const struct answer *a) {
    if (f->phase != FLIGHT_RUNNING && !flight_name_upstream(f, a->id)) {
        flight_land_answer(f, body, a); /* an id that we cannot follow: each for itself */
        return;
    }
    f->phase = FLIGHT_RUNNING;
    f->poll_faults = 0;
    flight_tell_running(f, body);
    forget_answer(f);
    if (flight_first_waiter(f) || f->is_background) {
        set_timer(f, f->poll_ms);
        f->poll_ms = clock_sooner(f->poll_ms * 3 / 2, POLL_MAX_MS);
    } else if (f->handles == 0) {
        bool orphan = !f->is_over && f->tenant->config->cache.cancel_orphans;
        if (!f->is_cancelled && (f->wants_cancel || orphan)) flight_cancel_upstream(f);
        flight_free(f);
    }
}

static void on_answer(struct flight *f) {
    struct sv body = buf_sv(&f->captured);
    struct answer a = answer_look(body, &f->arena);
    if (a.id.ptr && !f->upstream_id[0] && a.kind != ANSWER_RUNNING) flight_name_upstream(f, a.id);
    if (a.kind == ANSWER_RUNNING) on_running(f, body, &a);
    else flight_land_answer(f, body, &a);
}

/* Another participant's token may still be good for polling. */
static bool poll_with_another_token(struct flight *f) {
    struct seat *s;
    if (!f->is_polling || (f->status != 401 && f->status != 403)) return false;
    TAILQ_FOREACH(s, &f->seats, link) {
        const char *token = exchange_header(s->x, "Authorization");
        if (!token || (f->authorization && strcmp(token, f->authorization) == 0)) continue;
        if (!flight_take_token(f, s->x)) return false;
        flight_poll_now(f);
        return true;
    }
    return false;
}

/* A poll that failed says nothing about the statement: those who wait go on waiting, a few times. */
static bool poll_once_more(struct flight *f, const struct upstream_end *end) {
    bool failed = end->fault != UPSTREAM_OK || f->status >= 500 || f->status == 429;
    if (!f->is_polling || !failed || !flight_first_waiter(f) || f->poll_faults >= MAX_POLL_FAULTS) return false;
    f->poll_faults++;
    set_timer(f, f->poll_ms);
    f->poll_ms = clock_sooner(f->poll_ms * 3 / 2, POLL_MAX_MS);
    return true;
}

static void on_done(void *arg, const struct upstream_end *end) {
    struct flight *f = arg;
    f->up = NULL;
    f->news_ms = clock_mono_ms();
    if (f->phase == FLIGHT_LANDED) {
        flight_free(f);
        return;
    }
    learn_token(f, end);
    if (poll_once_more(f, end)) return;
    if (end->fault != UPSTREAM_OK) flight_land_failure(f, end);
    else if (f->status == 200) on_answer(f);
    else if (!poll_with_another_token(f)) flight_land_status(f, buf_sv(&f->captured));
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static const struct upstream_events EVENTS = {on_head, on_body, on_done};

/* The same statement for another warehouse of the group. */
static enum rc rewrite(void *arg, const char *warehouse, struct sv *body_r, struct err *e) {
    struct flight *f = arg;
    struct sv body = buf_sv(&f->body);
    buf_fini(&f->moved);
    buf_init(&f->moved, body.len + 1024);
    if (upstream_move_body(body, warehouse, &f->moved, e)) return RC_ERR;
    *body_r = buf_sv(&f->moved);
    return RC_OK;
}

static void start(struct flight *f, const struct upstream_call *call) {
    struct err e = ERR_INIT;
    expect_answer(f);
    if (upstream_start(f->tenant->upstream, call, &EVENTS, f, &f->up, &e) == RC_OK) return;
    struct upstream_end end = {.fault = UPSTREAM_NOT_SENT, .why = e.text, .warehouse = ""};
    flight_land_failure(f, &end);
}

/* The versions before; those after are asked for when there is a result. */
static void note_versions(struct flight *f) {
    const struct analysis *a = f->analysis;
    bool all = a->n_tables > 0;
    mem_free(f->before);
    f->before = all ? mem_array((size_t)a->n_tables, sizeof *f->before) : NULL;
    for (int i = 0; f->before && i < a->n_tables; i++)
        all = versions_find(f->tenant->cache.versions, &a->tables[i].epoch, &f->before[i]) && all;
    if (all) return;
    mem_free(f->before);
    f->before = NULL;
}

/* Known when the result is there, as a rule: then it outlives writes to other tables. */
static void ask_catalog(struct flight *f) {
    struct tenant *t = f->tenant;
    bool wanted = t->config->cache.relations == RELATIONS_CATALOG && f->analysis->n_tables > 0;
    if (wanted && relations_of(t->relations, f->analysis) == RELATION_UNKNOWN)
        relations_learn(t->relations, f->analysis, &f->headers, f->principal);
}

static void submit(struct flight *f) {
    f->phase = FLIGHT_SUBMITTING;
    f->is_polling = false;
    f->poll_ms = POLL_FIRST_MS;
    epochs_read(f->tenant->cache.epochs, &f->fill.epochs);
    f->fill.submitted_ms = clock_mono_ms();
    f->fill.submitted_wall_ms = clock_wall_ms();
    note_versions(f);
    ask_catalog(f);
    saved_note_sent(&f->proxy->watch->saved, sv_of(f->analysis->warehouse), f->fill.submitted_ms);
    struct upstream_call call = {
        .kind = UP_READ,
        .client = f->tenant->client,
        .principal = f->principal,
        .warehouse = f->analysis->warehouse,
        .wait_ms = f->analysis->wait_ms,
        .method = "POST",
        .target = f->target,
        .headers = &f->headers,
        .body = buf_sv(&f->body),
        .rewrite = f->is_movable ? rewrite : NULL,
        .elsewhere = f->reruns > 0,
        .decode = true,
        .silence_ms = FLIGHT_SILENCE_MS,
    };
    start(f, &call);
}

/* Where the statement was sent, its polls go: prefix, then the id. */
static char *target_of(const struct flight *f, const char *suffix) {
    struct err e = ERR_INIT;
    struct buf t;
    size_t len = strcspn(f->target, "?");
    while (len && f->target[len - 1] == '/') len--;
    buf_init(&t, 64 * 1024);
    if (buf_addf(&t, &e, "%.*s/%s%s", (int)len, f->target, f->upstream_id, suffix)) buf_fini(&t);
    return buf_take(&t);
}

void flight_poll_now(struct flight *f) {
    if (f->up || f->phase != FLIGHT_RUNNING) return; /* under way already: its news is for all */
    char *target = target_of(f, "");
    struct upstream_call call = {
        .kind = UP_POLL, .client = f->tenant->client, .principal = f->principal, .warehouse = f->analysis->warehouse,
        .method = "GET", .target = target, .headers = &f->headers, .decode = true, .silence_ms = POLL_TIMEOUT_MS,
        .total_ms = POLL_TIMEOUT_MS};
    f->is_polling = true;
    evhttp_remove_header(&f->headers, "Content-Type");
    if (target) start(f, &call);
    else flight_release_all(f);
    mem_free(target);
}

/* ---- cancelling: told, and not waited for ---------------------------------------------------------------------- */

struct farewell {
    struct upstream_req *up;
};

static void on_farewell_head(void *arg, int status, struct evkeyvalq *headers) {
    (void)arg;
    (void)status;
    (void)headers;
}

static bool on_farewell_body(void *arg, struct sv bytes) {
    (void)arg;
    (void)bytes;
    return true;
}

static void on_farewell_done(void *arg, const struct upstream_end *end) {
    (void)end;
    mem_free(arg);
}

void flight_cancel_upstream(struct flight *f) {
    static const struct upstream_events FAREWELL = {on_farewell_head, on_farewell_body, on_farewell_done};
    struct err e = ERR_INIT;
    f->is_cancelled = true;
    struct farewell *bye = f->upstream_id[0] && f->target ? mem_zalloc(sizeof *bye) : NULL;
    char *target = bye ? target_of(f, "/cancel") : NULL;
    struct upstream_call call = {.kind = UP_CANCEL, .client = f->tenant->client, .principal = f->principal,
                                 .method = "POST", .target = target, .headers = &f->headers,
                                 .silence_ms = CANCEL_TIMEOUT_MS, .total_ms = CANCEL_TIMEOUT_MS};
    if (!target || upstream_start(f->tenant->upstream, &call, &FAREWELL, bye, &bye->up, &e)) mem_free(bye);
    mem_free(target);
}

/* ---- among instances ------------------------------------------------------------------------------------------- */

static void leave_others(struct flight *f) {
    shared_unwatch(&f->watch);
    shared_drop(&f->op);
}

static void on_notice(void *arg) {
    struct flight *f = arg;
    if (f->phase == FLIGHT_ELSEWHERE && f->timer) event_active(f->timer, EV_TIMEOUT, 0);
}

static void wait_elsewhere(struct flight *f) {
    int64_t now = clock_mono_ms();
    shared_unlock(&f->lock);
    if (f->phase != FLIGHT_ELSEWHERE) {
        int64_t wait = f->analysis->wait_ms > 0 ? f->analysis->wait_ms : ELSEWHERE_DEFAULT_MS;
        f->elsewhere_until_ms = now + clock_sooner(wait, f->tenant->config->redis.flight_wait_ms);
        f->phase = FLIGHT_ELSEWHERE;
        f->watch = shared_watch(f->tenant->shared, f->fill.key, on_notice, f);
    }
    if (now >= f->elsewhere_until_ms) {
        leave_others(f);
        submit(f);
        return;
    }
    set_timer(f, ELSEWHERE_CHECK_MS + (f->fill.gen[0] & 0x3F)); /* not all instances at the same moment */
}

static void on_lock(void *arg, struct shared_answer *a) {
    struct flight *f = arg;
    if (a->result == SHARED_HELD) {
        wait_elsewhere(f);
        return;
    }
    leave_others(f);
    submit(f);
}

static void ask_lock(struct flight *f) {
    int64_t deadline = clock_mono_ms() + f->tenant->config->redis.budget_ms;
    shared_lock(f->tenant->shared, f->fill.key, deadline, on_lock, NULL, f, &f->lock);
}

/* Has the other instance finished? If it has, its result is there; if it died, the lock is free. */
static void on_look(void *arg, struct shared_answer *a) {
    struct flight *f = arg;
    struct err e = ERR_INIT;
    struct cache_wish any = cache_wish_none();
    int64_t left;
    f->op = NULL;
    for (int i = 0; i < a->n_epochs; i++) {
        struct epoch_name n;
        memcpy(n.bytes, a->epochs[i].name, sizeof n.bytes);
        epochs_learn(f->tenant->cache.epochs, &n, (uint64_t)a->epochs[i].us, a->epochs[i].pending);
    }
    struct entry *entry = a->result == SHARED_HIT ? entry_unpack(buf_sv(&a->value), &e) : NULL;
    if (entry) {
        int64_t age = clock_wall_ms() - entry->submitted_wall_ms;
        entry->submitted_ms = clock_mono_ms() - (age > 0 ? age : 0);
    }
    bool fresh = entry && memcmp(entry->key, f->fill.key, DIGEST_BYTES) == 0 &&
                 cache_judge(&f->tenant->cache, entry, clock_mono_ms(), &any, &left) == CACHE_FRESH;
    if (fresh && entry_cost(entry) <= f->tenant->config->cache.max_entry) cache_keep(&f->tenant->cache, entry);
    if (fresh) flight_land_entry(f, entry);
    else ask_lock(f);
    entry_unref(&entry);
}

static void look_elsewhere(struct flight *f) {
    struct shared_epoch epochs[EPOCH_MAX_NAMES] = {0};
    int64_t now = clock_mono_ms();
    const struct config_redis *r = &f->tenant->config->redis;
    struct shared_ask ask = {.key = f->fill.key, .principal = f->fill.scope, .epochs = epochs,
                             .n_epochs = f->fill.epochs.n, .deadline_ms = now + r->budget_ms,
                             .large_deadline_ms = now + r->large_budget_ms};
    for (int i = 0; i < f->fill.epochs.n; i++) {
        memcpy(epochs[i].name, f->fill.epochs.names[i].bytes, sizeof epochs[i].name);
        epochs[i].us = (int64_t)epochs_known(f->tenant->cache.epochs, &f->fill.epochs.names[i]);
    }
    if (!f->op) shared_lookup(f->tenant->shared, f->tenant->store, &ask, on_look, f, &f->op);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct flight *f = arg;
    (void)fd;
    (void)what;
    if (f->phase == FLIGHT_ELSEWHERE) look_elsewhere(f);
    else flight_poll_now(f);
}

void flight_begin(struct flight *f) {
    bool shared = f->tenant->shared && f->by_key.in && shared_is_up(f->tenant->shared);
    if (!f->timer) f->timer = evtimer_new(f->proxy->base, on_timer, f);
    f->phase = FLIGHT_LOCKING;
    bool proven = !f->analysis->is_shared || rights_are_shown(f->tenant->rights, f->principal, f->fill.key);
    if (shared && proven && !f->lock && f->reruns == 0) ask_lock(f); /* another instance's result is for who may read it */
    else submit(f);
}

void flight_stop(struct flight *f) {
    leave_others(f);
    shared_unlock(&f->lock);
    upstream_cancel(&f->up);
    forget_answer(f);
}
