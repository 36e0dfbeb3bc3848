#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "fetch.h"
#include "flight_priv.h"
#include "forward.h"
#include "proxy/tenant/probe.h"
#include "proxy/tenant/recent.h"
#include "proxy/tenant/relation.h"
#include "proxy/tenant/session_track.h"
#include "proxy/tenant/right.h"
#include "proxy/tenant/tombstone.h"
#include "replay.h"

/* ---- while it runs --------------------------------------------------------------------------------------------- */

static bool wants_to_wait(const struct seat *s) { return !s->is_first && !s->is_poll; }

/* The client asked for CANCEL when its time is up, and the upstream was not told: its time is up now. */
static bool is_out_of_patience(const struct seat *s) {
    return s->is_first && s->x->statement->analysis->cancel_on_timeout;
}

static void cancel_first(struct flight *f, struct seat *s) {
    struct sv id;
    s->own_id = false;
    if (!flight_detach(f, true, &id)) flight_cancel_upstream(f);
    tenant_bury(f->tenant, sv_of(f->upstream_id), TOMBSTONE_CANCELED);
    seat_set_status(s, "detail=timeout");
    seat_answer_state(s, "CANCELED");
}

void flight_tell_running(struct flight *f, struct sv body) {
    struct page *p = page_new(body);
    struct seat *s, *next;
    for (s = TAILQ_FIRST(&f->seats); s; s = next) {
        next = TAILQ_NEXT(s, link);
        if (wants_to_wait(s)) continue;
        if (!s->is_poll) f->handles++, f->first_holds = true;
        if (!s->is_poll && is_out_of_patience(s)) {
            cancel_first(f, s);
            continue;
        }
        seat_set_status(s, "detail=pending");
        if (p) seat_answer(s, 200, &f->head, p);
        else seat_answer_state(s, "RUNNING");
    }
    if (p) page_unref(p);
}

/* ---- keeping --------------------------------------------------------------------------------------------------- */

static bool is_admitted(const struct flight *f) {
    const struct config_cache *c = &f->tenant->config->cache;
    if (f->fill.exec_ms < c->min_exec_ms) return false;
    return c->admit_after <= 1 || recent_seen(f->tenant->recent, f->fill.key) >= c->admit_after;
}

static enum metric keep(struct flight *f, struct entry *e) {
    if (f->analysis->no_store) return M_FILL_OUTDATED;
    if (!fill_is_current(&f->fill)) return M_FILL_OUTDATED;
    if (!is_admitted(f)) return M_FILL_REJECTED;
    return fill_keep(&f->fill, e) ? M_FILL_STORED : M_FILL_TOO_LARGE;
}

static void on_gathered(struct proxy *p, const struct fill *fill, struct entry *e, enum fetch_end how) {
    struct tenant *t = fill->tenant;
    static const enum metric COUNTERS[] = {[FETCH_TOO_LARGE] = M_FILL_TOO_LARGE, [FETCH_NO_ROOM] = M_FILL_TOO_LARGE,
                                           [FETCH_BROKEN] = M_FILL_UNREADABLE};
    enum metric result = e ? M_FILL_STORED : COUNTERS[how];
    (void)p;
    if (e && !fill_is_current(fill)) result = M_FILL_OUTDATED;
    else if (e && !fill_keep(fill, e)) result = M_FILL_TOO_LARGE;
    if (how == FETCH_TOO_LARGE) recent_mark_pass(t->recent, fill->key, t->config->cache.pass_ttl_ms);
    metrics_add(&t->metrics, result);
}

/* A result of several chunks, or behind links: it is kept once all of it has come by. */
static void gather(struct flight *f, struct sv body, const struct answer *a) {
    const struct config_cache *c = &f->tenant->config->cache;
    int asked = recent_seen(f->tenant->recent, f->fill.key);
    size_t most = f->tenant->shared && c->max_entry_shared > c->max_entry ? c->max_entry_shared : c->max_entry;
    struct fetch_job job = {.fill = &f->fill, .body = body, .answer = a, .authorization = f->authorization,
                            .max_bytes = most, .end = on_gathered};
    enum fetch_end how;
    if (!a->n_chunks || f->analysis->no_store || !fill_is_current(&f->fill)) return;
    if (a->kind == ANSWER_EXTERNAL && asked < c->admit_after_external) return;
    if (fetch_start(f->proxy, &job, &how)) return;
    if (how == FETCH_TOO_LARGE) recent_mark_pass(f->tenant->recent, f->fill.key, c->pass_ttl_ms);
    metrics_add(&f->tenant->metrics, M_FILL_TOO_LARGE);
}

static const char *words_of(enum metric result) {
    switch (result) {
    case M_FILL_STORED: return "stored";
    case M_FILL_EXTERNAL: return "detail=external";
    case M_FILL_PARTIAL: return "detail=several-chunks";
    case M_FILL_TOO_LARGE: return "detail=too-large";
    case M_FILL_OUTDATED: return "detail=outdated";
    case M_FILL_FAILED: return "detail=not-successful";
    case M_FILL_REJECTED: return "detail=not-admitted";
    default: return "detail=unreadable";
    }
}

/* ---- landing --------------------------------------------------------------------------------------------------- */

/* No more joining, and nothing that seats do from now on reaches the flight. */
static void touch_down(struct flight *f) {
    f->phase = FLIGHT_LANDED;
    flight_delist(f);
    if (f->tenant->shared) shared_notify(f->tenant->shared, f->fill.key);
    shared_unlock(&f->lock);
}

static void seat_replay(struct seat *s, struct entry *e) {
    struct exchange *x = s->x;
    char id[HANDLE_TEXT_BYTES];
    memcpy(id, s->id, sizeof id);
    x->upstream_us = clock_mono_us() - x->started_us;
    seat_free(s);
    if (replay_can_serve(x, e)) replay_answer(x, e, id);
    else statement_run_alone(x);
}

static void tell_all(struct flight *f, int status, struct sv body, struct entry *e, const char *words) {
    struct page *p = page_new(body);
    struct seat *s;
    f->told_others = !e && f->handles > f->first_holds;
    while ((s = TAILQ_FIRST(&f->seats))) {
        f->told_others = f->told_others || (!e && s->own_id);
        seat_set_status(s, words);
        if (e && s->own_id) seat_replay(s, e);
        else if (p) seat_answer(s, status, &f->head, p);
        else seat_answer_state(s, "PENDING");
    }
    if (p) page_unref(p);
}

void flight_land_entry(struct flight *f, struct entry *e) {
    struct seat *s;
    touch_down(f);
    memcpy(f->fill.gen, e->gen, HANDLE_GEN_BYTES); /* handed out from here on: what is kept */
    while ((s = TAILQ_FIRST(&f->seats))) {
        struct handle h = {.created_ms = clock_wall_ms(), .is_shared = f->analysis->is_shared};
        struct err err = ERR_INIT;
        memcpy(h.principal, s->x->principal, sizeof h.principal);
        memcpy(h.key, e->key, sizeof h.key);
        memcpy(h.gen, e->gen, sizeof h.gen);
        s->own_id = true;
        snprintf(s->x->cache_status, sizeof s->x->cache_status, "dbxproxyd; hit; detail=other-instance");
        s->x->outcome = REQUEST_JOINED;
        if (handle_seal(&f->tenant->secrets, HANDLE_STATEMENT, &h, s->id, &err)) seat_answer_state(s, "PENDING");
        else seat_replay(s, e);
    }
    flight_free(f);
}

/* An older result instead of a failure of the infrastructure, where there is one that may be given. */
static bool seat_serve_late(struct seat *s) {
    struct exchange *x = s->x;
    if (!x->statement || !x->statement->late || !replay_can_serve(x, x->statement->late)) return false;
    seat_free(s);
    if (!statement_serve_late(x)) exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    return true;
}

static bool is_infra_failure(struct sv body) {
    static const char *const PATH[] = {"status", "error", "error_code", NULL};
    struct err e = ERR_INIT;
    struct sv token;
    bool found = false;
    if (json_slice(body, PATH, &token, &found, &e) || !found || token.len < 2) return false;
    return upstream_is_infra_code(sv_make(token.ptr + 1, token.len - 2));
}

/* Those who ask for the upstream's own id are told what became of that statement. */
static void end_first_polls(struct flight *f, struct page *p) {
    struct seat *s, *next;
    for (s = TAILQ_FIRST(&f->seats); s; s = next) {
        next = TAILQ_NEXT(s, link);
        if (!s->is_poll || s->own_id) continue;
        if (p) seat_answer(s, f->status, &f->head, p);
        else seat_answer_state(s, "RUNNING");
    }
}

/* Once more: for the first itself when nobody was told an id yet, else for the first of those who still wait. */
static bool run_again(struct flight *f, bool told_first, struct page *p) {
    const char *other = NULL;
    struct seat *s = flight_first_waiter(f);
    if (!s || f->reruns > 0 || f->is_over) return false;
    if (!upstream_may_reexecute(f->tenant->upstream, f->tenant->client, f->principal, f->analysis->warehouse,
                                f->is_movable, &other))
        return false;
    f->reruns++;
    if (told_first || !s->is_first) {
        metrics_add(&f->tenant->metrics, M_FLIGHT_PROMOTED);
        if (!flight_take_request(f, s->x)) return false;
    }
    end_first_polls(f, p);
    flight_unname_upstream(f);
    flight_begin(f);
    return true;
}

static void serve_all_late(struct flight *f) {
    struct seat *s, *next;
    for (s = TAILQ_FIRST(&f->seats); s; s = next) {
        next = TAILQ_NEXT(s, link);
        seat_serve_late(s);
    }
}

static void land_failed(struct flight *f, struct sv body) {
    bool infra = is_infra_failure(body);
    upstream_report(f->tenant->upstream, f->analysis->warehouse, infra);
    struct page *p = infra ? page_new(body) : NULL;
    bool again = infra && run_again(f, f->handles > 0, p);
    if (p) page_unref(p);
    if (again) return;
    touch_down(f);
    metrics_add(&f->tenant->metrics, M_FILL_FAILED);
    if (infra) serve_all_late(f);
    tell_all(f, 200, body, NULL, words_of(M_FILL_FAILED));
    if (f->tenant->config->cache.pass_ttl_ms) cache_forget(&f->tenant->cache, f->fill.key);
    flight_free(f);
}

/* Known before and found unchanged afterwards, the tables' versions are the result's. */
static void ask_versions(struct flight *f) {
    struct probe_ask ask = {.headers = &f->headers, .principal = f->principal, .warehouse = f->analysis->warehouse,
                            .is_running = true, .analysis = f->analysis, .after_ms = clock_mono_ms(),
                            .gen = f->fill.gen, .before = f->before};
    probe_start(f->tenant->probes, &ask);
}

/* The session was changed while its statement ran: whether before or after, only its own client may judge. */
static void release_other_sessions(struct flight *f) {
    struct seat *s, *next;
    if (session_track_is_same(f->tenant->sessions, &f->fill.session)) return;
    for (s = TAILQ_FIRST(&f->seats); s; s = next) {
        next = TAILQ_NEXT(s, link);
        struct exchange *x = s->x;
        if (s->is_first || s->is_poll) continue;
        seat_free(s);
        statement_run_alone(x);
    }
}

void flight_land_answer(struct flight *f, struct sv body, const struct answer *a) {
    static const enum metric RESULTS[] = {
        [ANSWER_COMPLETE] = M_FILL_STORED, [ANSWER_EXTERNAL] = M_FILL_EXTERNAL, [ANSWER_PARTIAL] = M_FILL_PARTIAL,
        [ANSWER_RUNNING] = M_FILL_PENDING, [ANSWER_FAILED] = M_FILL_FAILED,     [ANSWER_UNREADABLE] = M_FILL_UNREADABLE};
    enum metric result = RESULTS[a->kind];
    struct entry *e = a->kind == ANSWER_COMPLETE ? answer_to_entry(body, a) : NULL;
    f->fill.exec_ms = clock_mono_ms() - f->fill.submitted_ms;
    f->fill.is_narrow = relations_of(f->tenant->relations, f->analysis) == RELATION_PLAIN;
    if (a->kind == ANSWER_FAILED) {
        land_failed(f, body);
        return;
    }
    upstream_report(f->tenant->upstream, f->analysis->warehouse, false);
    tenant_note_load(f->tenant, f->fill.exec_ms, f->is_background);
    if (f->analysis->is_shared && a->kind != ANSWER_UNREADABLE && fill_is_current(&f->fill))
        rights_note_shown(f->tenant->rights, f->principal, f->fill.key); /* it ran for this one */
    if (a->kind == ANSWER_COMPLETE) {
        result = e ? M_FILL_STORED : M_FILL_UNREADABLE;
        if (e) fill_to_entry(&f->fill, e), result = keep(f, e);
    } else {
        gather(f, body, a);
    }
    if (result != M_FILL_STORED) cache_forget(&f->tenant->cache, f->fill.key);
    if (result == M_FILL_TOO_LARGE)
        recent_mark_pass(f->tenant->recent, f->fill.key, f->tenant->config->cache.pass_ttl_ms);
    if (result == M_FILL_STORED && f->analysis->n_tables) ask_versions(f);
    if (f->is_background && result != M_FILL_STORED) metrics_add(&f->tenant->metrics, M_REFRESH_WASTED);
    metrics_add(&f->tenant->metrics, result);
    touch_down(f);
    release_other_sessions(f);
    tell_all(f, 200, body, e, words_of(result));
    entry_unref(&e);
    flight_free(f);
}

/* ---- failures -------------------------------------------------------------------------------------------------- */

static void fail_seat(struct seat *s, const struct upstream_end *end) {
    struct exchange *x = s->x;
    seat_free(s);
    if (x->statement && statement_serve_late(x)) return;
    forward_refuse(x, UP_READ, end);
}

void flight_land_failure(struct flight *f, const struct upstream_end *end) {
    struct seat *first = flight_first_waiter(f);
    bool may_retry = end->fault != UPSTREAM_REFUSED && !f->is_polling;
    if (first && first->is_first && may_retry && TAILQ_NEXT(first, link) && f->reruns == 0) {
        fail_seat(first, end); /* the first has failed; one of those who waited takes over */
        if (run_again(f, true, NULL)) return;
    }
    touch_down(f);
    while (!TAILQ_EMPTY(&f->seats)) fail_seat(TAILQ_FIRST(&f->seats), end);
    flight_free(f);
}

/* The first one's token or right may be what is wrong: the next is tried with its own. */
void flight_land_status(struct flight *f, struct sv body) {
    struct seat *first = flight_first_waiter(f);
    bool own_fault = (f->status == 401 || f->status == 403) && !f->is_polling;
    bool infra = f->status >= 500;
    struct page *p = page_new(body);
    struct seat *next = first ? TAILQ_NEXT(first, link) : NULL;
    while (next && next->is_poll) next = TAILQ_NEXT(next, link);
    if (p && next && first->is_first && (own_fault || infra) && !f->is_over) {
        seat_set_status(first, words_of(M_FILL_FAILED));
        if (!infra || !seat_serve_late(first)) seat_answer(first, f->status, &f->head, p);
        if (own_fault && flight_take_request(f, next->x)) {
            page_unref(p);
            next->is_first = true;
            flight_count_waiter(f, false);
            flight_begin(f);
            return;
        }
        if (infra && run_again(f, true, p)) {
            page_unref(p);
            return;
        }
    }
    if (p) page_unref(p);
    touch_down(f);
    metrics_add(&f->tenant->metrics, M_FILL_FAILED);
    if (infra) serve_all_late(f);
    tell_all(f, f->status, body, NULL, words_of(M_FILL_FAILED));
    flight_free(f);
}

void flight_release_all(struct flight *f) {
    struct seat *s;
    touch_down(f);
    while ((s = TAILQ_FIRST(&f->seats))) {
        struct exchange *x = s->x;
        if (s->is_poll) {
            seat_answer_state(s, "RUNNING");
            continue;
        }
        seat_free(s);
        statement_run_alone(x);
    }
    flight_free(f);
}

/* Too large to be captured. Called from within the upstream's callback: the request lives on for the one who gets it. */
void flight_stream(struct flight *f, struct sv more) {
    struct seat *s = flight_first_waiter(f);
    recent_mark_pass(f->tenant->recent, f->fill.key, f->tenant->config->cache.pass_ttl_ms);
    metrics_add(&f->tenant->metrics, M_FILL_TOO_LARGE);
    cache_forget(&f->tenant->cache, f->fill.key);
    touch_down(f);
    if (s) {
        struct exchange *x = s->x;
        seat_set_status(s, words_of(M_FILL_TOO_LARGE));
        seat_free(s);
        forward_adopt(x, f->up, f->status, &f->head, buf_sv(&f->captured), more);
        f->up = NULL;
    }
    while ((s = TAILQ_FIRST(&f->seats))) {
        struct exchange *x = s->x;
        if (s->is_poll) seat_answer_state(s, "RUNNING");
        else {
            seat_free(s);
            statement_run_alone(x);
        }
    }
    if (!f->up) flight_free(f); /* else its end frees it: nobody wanted the stream */
}
