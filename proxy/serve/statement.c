#include "statement.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analyse.h"
#include "auth.h"
#include "await.h"
#include "core/clock.h"
#include "flight.h"
#include "forward.h"
#include "lookup.h"
#include "proxy/cache/answer.h"
#include "proxy/tenant/identity.h"
#include "proxy/tenant/probe.h"
#include "proxy/tenant/relation.h"
#include "proxy/tenant/right.h"
#include "proxy/tenant/session_track.h"
#include "proxy/tenant/tombstone.h"
#include "proxy/tenant/writes.h"
#include "replay.h"

enum { SILENCE_MS = 75 * 1000, CAPTURE_MAX = 4 * 1024 * 1024 };

/* What the upstream did with a statement. */
enum outcome { RAN_WELL, RAN_BADLY, STILL_RUNS, NEVER_RAN, UNKNOWN };

static bool reads_only(enum sqlclass c) { return c == SQL_READ || c == SQL_META || c == SQL_PROBE; }

static void set_cache_status(struct exchange *x, const char *fwd, const char *detail) {
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; fwd=%s; detail=%s", fwd, detail);
}

/* ---- the end of a statement that runs by itself ---------------------------------------------------------------- */

static enum outcome outcome_of(const struct forward_answer *f, const struct answer *a) {
    if (f->fault == UPSTREAM_NOT_SENT || f->fault == UPSTREAM_REFUSED) return NEVER_RAN;
    if (f->fault != UPSTREAM_OK) return UNKNOWN;
    if (f->status == 429 || f->status == 503 || (f->status >= 400 && f->status < 500 && f->status != 408))
        return NEVER_RAN;
    if (f->status != 200) return UNKNOWN;
    if (!f->complete) return RAN_WELL; /* only results are that large */
    switch (a->kind) {
    case ANSWER_RUNNING: return STILL_RUNS;
    case ANSWER_FAILED: return RAN_BADLY;
    case ANSWER_UNREADABLE: return UNKNOWN;
    default: return RAN_WELL;
    }
}

static void end_write(struct exchange *x, enum outcome how, struct sv id) {
    if (how == STILL_RUNS || how == UNKNOWN) write_follow(&x->write, how == STILL_RUNS ? id : SV_NULL);
    else write_end(&x->write);
}

static void end_session_change(struct exchange *x, enum outcome how) {
    static const enum session_outcome OUTCOMES[] = {[RAN_WELL] = SESSION_DONE, [RAN_BADLY] = SESSION_UNCHANGED,
                                                    [STILL_RUNS] = SESSION_UNCLEAR, [NEVER_RAN] = SESSION_UNCHANGED,
                                                    [UNKNOWN] = SESSION_UNCLEAR};
    struct statement *s = x->statement;
    if (!s->session_changing) return;
    s->session_changing = false;
    session_track_end_change(x->tenant->sessions, s->request.session_id, s->request.statement, OUTCOMES[how]);
}

static void on_finish(struct exchange *x, const struct forward_answer *f) {
    struct statement *s = x->statement;
    struct answer a = {.kind = ANSWER_UNREADABLE};
    if (f->fault == UPSTREAM_OK && f->complete && f->status == 200) a = answer_look(f->body, &x->arena);
    if (x->has_token && f->fault == UPSTREAM_OK) identity_learn(x->tenant->identity, x->token, f->status, s->sent_ms);
    enum outcome how = outcome_of(f, &a);
    x->upstream_id = a.id;
    x->upstream_us = (clock_mono_ms() - s->sent_ms) * 1000;
    end_write(x, how, a.id);
    end_session_change(x, how);
}

/* ---- running by itself ----------------------------------------------------------------------------------------- */

/* What a write changes: its tables and "any table"; n 0 = it may change everything. */
static int name_changes(const struct exchange *x, struct epoch_name names[EPOCH_MAX_NAMES]) {
    const struct statement *s = x->statement;
    const struct epochs *e = x->tenant->cache.epochs;
    const struct sqldeps *d = s->deps;
    int n = 0;
    if (s->verdict.class != SQL_WRITE || !d || d->open_writes || d->n_writes == 0) return 0;
    if (d->n_writes + 1 > EPOCH_MAX_NAMES) return 0;
    names[n++] = epoch_name_writes(e);
    for (int i = 0; i < d->n_writes; i++) names[n++] = epoch_name_of(e, d->writes[i].name);
    return n;
}

/* Before the statement is sent: what it may change must not be served from now on. */
static bool begin_effects(struct exchange *x) {
    struct statement *s = x->statement;
    enum sqlclass c = s->verdict.class;
    bool in_session = s->request.session_id.ptr != NULL;
    struct epoch_name names[EPOCH_MAX_NAMES] = {{{0}}};
    if (c == SQL_WRITE || c == SQL_AUTHZ || c == SQL_CODE || c == SQL_MULTI) {
        enum metric source = c == SQL_WRITE   ? M_INVALIDATE_WRITE
                             : c == SQL_AUTHZ ? M_INVALIDATE_AUTHZ
                                              : M_INVALIDATE_CODE;
        x->write = write_begin(x->tenant->writes, names, name_changes(x, names), source);
        if (!x->write) return false;
    }
    if (in_session && c == SQL_SESSION) {
        session_track_begin_change(x->tenant->sessions, s->request.session_id);
        s->session_changing = true;
    }
    if (in_session && (c == SQL_CODE || c == SQL_MULTI))
        session_track_taint(x->tenant->sessions, s->request.session_id);
    return true;
}

void statement_run_alone(struct exchange *x) {
    struct statement *s = x->statement;
    bool reads = reads_only(s->verdict.class);
    struct forward_plan plan = {
        .allow_list_only = true,
        .kind = reads ? UP_READ : UP_WRITE,
        .warehouse = s->warehouse,
        .wait_ms = s->wait_ms,
        .movable = reads && !s->request.session_id.ptr && !(s->analysis && s->analysis->session.used),
        .capture_max = CAPTURE_MAX,
        .silence_ms = SILENCE_MS,
        .finish = on_finish,
    };
    if (!begin_effects(x)) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
        return;
    }
    x->must_finish = !reads;
    s->sent_ms = clock_mono_ms();
    if (s->warehouse) saved_note_sent(&x->proxy->watch->saved, sv_of(s->warehouse), s->sent_ms);
    forward_start(x, &plan);
}

/* ---- serving what is kept -------------------------------------------------------------------------------------- */

static void tell_hit(struct exchange *x, const struct entry *e, int64_t left_ms, const char *detail) {
    char age[32];
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; hit; ttl=%" PRId64 "%s%s",
             left_ms >= 0 ? left_ms / 1000 : -((-left_ms + 999) / 1000), detail[0] ? "; detail=" : "", detail);
    snprintf(age, sizeof age, "%" PRId64, (clock_mono_ms() - e->submitted_ms) / 1000);
    exchange_add_header(x, "Age", age);
}

static bool serve(struct exchange *x, struct entry *e, int64_t left_ms, enum request_outcome as, const char *detail) {
    struct handle h = {.created_ms = clock_wall_ms(), .is_shared = x->statement->analysis->is_shared};
    struct err err = ERR_INIT;
    char id[HANDLE_TEXT_BYTES];
    memcpy(h.principal, x->principal, sizeof h.principal);
    memcpy(h.key, e->key, sizeof h.key);
    memcpy(h.gen, e->gen, sizeof h.gen);
    if (handle_seal(&x->tenant->secrets, HANDLE_STATEMENT, &h, id, &err)) return false;
    x->outcome = as;
    x->saved_ms = e->exec_ms;
    entry_count_hit(e);
    tell_hit(x, e, left_ms, detail);
    if (x->statement->warehouse)
        saved_note_hit(&x->proxy->watch->saved, &x->tenant->metrics, sv_of(x->statement->warehouse), e->exec_ms,
                       SAVED_UNKNOWN, clock_mono_ms());
    replay_answer(x, e, id);
    return true;
}

bool statement_serve_late(struct exchange *x) {
    struct statement *s = x->statement;
    if (!s || !s->late || !replay_can_serve(x, s->late)) return false;
    struct entry *e = s->late;
    int64_t left = s->late_left_ms;
    s->late = NULL;
    metrics_add(&x->tenant->metrics, M_STALE_ERROR);
    metrics_observe(&x->tenant->metrics, M_STALE_AGE, -left * 1000);
    bool served = serve(x, e, left, REQUEST_STALE, "upstream-error");
    entry_unref(&e);
    return served;
}

/* XFetch (Vattani et al.): the nearer the end and the dearer the result, the likelier it is fetched early; each request
 * decides for itself, so that one of many does it. */
static bool wants_early_refresh(const struct exchange *x, const struct entry *e, int64_t left_ms) {
    int beta = x->tenant->config->cache.early_refresh;
    uint32_t random;
    struct err err = ERR_INIT;
    if (beta <= 0 || e->hits < 2 || e->exec_ms <= 0 || left_ms > e->exec_ms * 16 * beta / 100) return false;
    if (secrets_random(&random, sizeof random, &err)) return false;
    return -(double)e->exec_ms * beta / 100 * log(((double)random + 1) / 4294967296.0) >= (double)left_ms;
}

static bool may_refresh(const struct exchange *x) {
    const char *warehouse = x->statement->analysis->warehouse;
    return tenant_may_refresh(x->tenant) && upstream_breaker(x->tenant->upstream, warehouse) == BREAKER_CLOSED;
}

/* So that a change is seen soon, and an unchanged result lives on. */
static void refresh_versions(const struct exchange *x) {
    const struct tenant *t = x->tenant;
    const struct analysis *a = x->statement->analysis;
    struct probe_ask ask = {.headers = evhttp_request_get_input_headers(x->req), .principal = x->principal,
                            .warehouse = a->warehouse, .analysis = a,
                            .after_ms = clock_mono_ms() - t->config->cache.version_ttl_ms / 2};
    if (a->n_tables) probe_start(t->probes, &ask);
}

static void serve_found(struct exchange *x, struct entry *e, enum cache_verdict v, int64_t left_ms) {
    bool stale = v == CACHE_STALE;
    if ((stale || wants_early_refresh(x, e, left_ms)) && may_refresh(x)) flight_refresh(x);
    refresh_versions(x);
    if (stale) {
        metrics_add(&x->tenant->metrics, M_STALE_REVALIDATE);
        metrics_observe(&x->tenant->metrics, M_STALE_AGE, -left_ms * 1000);
    }
    if (!serve(x, e, left_ms, stale ? REQUEST_STALE : REQUEST_HIT, stale ? "stale-while-revalidate" : ""))
        statement_run_alone(x);
}

/* ---- looking it up --------------------------------------------------------------------------------------------- */

static void look_again(struct exchange *x);

/* The result is on its way into memory. */
static bool wait_for_download(struct exchange *x) {
    struct statement *s = x->statement;
    const struct analysis *a = s->analysis;
    if (s->waited || a->no_lookup || a->no_store || !x->tenant->config->cache.coalesce) return false;
    s->waited = await_start(x, a->key, a->wait_ms, look_again);
    return s->waited;
}

static void run(struct exchange *x) {
    struct statement *s = x->statement;
    bool only_cached = s->analysis ? s->analysis->only_if_cached : s->control.only_if_cached;
    if (only_cached) {
        set_cache_status(x, s->analysis ? "miss" : "bypass", "only-if-cached");
        exchange_refuse(x, 504, "NOT_FOUND", "dbxproxyd: not in the cache, and only-if-cached was asked for", 0);
    } else if (s->analysis) {
        if (!wait_for_download(x)) flight_enter(x);
    } else {
        x->outcome = REQUEST_BYPASS;
        set_cache_status(x, "bypass", bypass_word(x->bypass));
        statement_run_alone(x);
    }
}

static void on_found(struct exchange *x, const struct lookup_answer *a) {
    struct statement *s = x->statement;
    bool usable = a->verdict == CACHE_FRESH || a->verdict == CACHE_STALE;
    if (usable && replay_can_serve(x, a->entry)) {
        serve_found(x, a->entry, a->verdict, a->left_ms);
        return;
    }
    if (a->entry) {
        s->late = entry_ref(a->entry);
        s->late_left_ms = a->left_ms;
    }
    run(x);
}

static void look_up(struct exchange *x) {
    if (x->statement->analysis->no_lookup) run(x);
    else lookup_start(x, x->statement->analysis, on_found);
}

/* The token's freshness decides who is served, before anything is looked up in the name of it. What memory does not
 * have needs no question: the run itself proves the token. */
static void on_identity(struct exchange *x, const struct identity_answer *a) {
    bool unreachable = a->result == IDENTITY_UNCERTAIN && (a->status == 0 || a->status >= 500);
    bool grace = unreachable && identity_is_in_grace(x->tenant->identity, x->token);
    if (a->result == IDENTITY_REFUSED) auth_pass_refusal(x, a);
    else if (a->result == IDENTITY_ACCEPTED || grace) look_up(x);
    else run(x);
}

static void find_or_run(struct exchange *x);

/* From here on it is about the result that several principals share. */
static void take_shared(struct statement *s) {
    struct analysis *shared = analysis_ref(s->analysis->shared);
    analysis_unref(&s->analysis);
    s->analysis = shared;
}

static void on_right(void *arg, bool may) {
    struct exchange *x = arg;
    x->right = NULL;
    if (may) take_shared(x->statement);
    find_or_run(x);
}

static bool is_kept(const struct exchange *x, const uint8_t key[DIGEST_BYTES]) {
    struct entry *e = store_peek(x->proxy->store, key);
    bool there = e != NULL;
    entry_unref(&e);
    return there;
}

/* Whose result is asked for: the one that is shared, where this principal has shown its right to it; else its own.
 * Where nothing is kept its run shows the right. false = the upstream is being asked. */
static bool choose_scope(struct exchange *x) {
    struct statement *s = x->statement;
    struct rights *r = x->tenant->rights;
    const struct analysis *shared = s->analysis->shared;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(x->req);
    struct err e = ERR_INIT;
    enum relation kind = relations_of(x->tenant->relations, shared);
    if (kind == RELATION_UNKNOWN) relations_learn(x->tenant->relations, shared, headers, x->principal);
    if (kind != RELATION_PLAIN) return true;
    if (rights_are_shown(r, x->principal, shared->key)) {
        take_shared(s);
        return true;
    }
    if (!is_kept(x, shared->key)) {
        s->unproven = true;
        take_shared(s);
        return true;
    }
    if (right_explain(r, x->body, headers, shared->warehouse, x->principal, shared->key, on_right, x, &x->right, &e))
        return true;
    exchange_move(x, EXCHANGE_ASKING);
    return false;
}

static void find_or_run(struct exchange *x) {
    struct statement *s = x->statement;
    bool undecided = s->analysis && s->analysis->shared && !s->scope_chosen;
    if (undecided) s->scope_chosen = true;
    if (undecided && !choose_scope(x)) return;
    if (s->unproven) {
        run(x); /* what another one fetched is not looked at */
        return;
    }
    if (!s->analysis) run(x);
    else if (s->analysis->no_lookup) run(x);
    else if (identity_is_fresh(x->tenant->identity, x->token)) look_up(x);
    else if (is_kept(x, s->analysis->key) || x->tenant->shared || s->analysis->only_if_cached)
        auth_require(x, on_identity);
    else look_up(x); /* nothing there to be given away */
}

static void look_again(struct exchange *x) {
    entry_unref(&x->statement->late);
    find_or_run(x);
}

void statement_begin(struct exchange *x) {
    struct statement *s = arena_alloc(&x->arena, sizeof *s);
    struct refusal no;
    if (!s) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
        return;
    }
    x->statement = s;
    if (analyse(x, s, &no)) find_or_run(x);
    else exchange_refuse(x, no.status, no.error_code, no.message, no.status == 503);
}

/* ---- polls of statements that have no flight -------------------------------------------------------------------- */

static void on_poll_finish(struct exchange *x, const struct forward_answer *f) {
    struct answer a;
    if (f->fault != UPSTREAM_OK) return;
    if (f->status == 404) writes_end_id(x->tenant->writes, x->route.id);
    if (f->status != 200) return;
    a = f->complete ? answer_look(f->body, &x->arena) : (struct answer){.kind = ANSWER_COMPLETE};
    if (a.kind != ANSWER_RUNNING && a.kind != ANSWER_UNREADABLE) writes_end_id(x->tenant->writes, x->route.id);
}

void statement_poll(struct exchange *x) {
    bool followed = writes_hear(x->tenant->writes, x->route.id);
    struct forward_plan plan = {
        .allow_list_only = true,
        .kind = UP_POLL,
        .capture_max = followed ? CAPTURE_MAX : 0,
        .silence_ms = SILENCE_MS,
        .finish = followed ? on_poll_finish : NULL,
    };
    x->upstream_id = x->route.id;
    forward_start(x, &plan);
}

void statement_drop(struct exchange *x) {
    struct statement *s = x->statement;
    if (!s) return;
    if (x->write) write_follow(&x->write, SV_NULL);
    end_session_change(x, UNKNOWN);
    execreq_fini(&s->request);
    analysis_unref(&s->analysis);
    entry_unref(&s->late);
    x->statement = NULL;
}
