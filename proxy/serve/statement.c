#include "statement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proxy/cache/answer.h"
#include "auth.h"
#include "proxy/request/cachekey.h"
#include "proxy/sql/classify.h"
#include "proxy/request/control.h"
#include "core/clock.h"
#include "fetch.h"
#include "proxy/tenant/follow.h"
#include "forward.h"
#include "replay.h"

enum { SILENCE_MS = 75 * 1000, CAPTURE_SLACK = 64 * 1024, DEFAULT_WAIT_MS = 10 * 1000, MOST_WAIT_MS = 50 * 1000 };

struct statement {
    struct execreq request;
    struct sqlverdict verdict;
    struct control control;
    struct fill fill;
    bool has_key;            /* fill.key is the name of this request's result */
    bool write_open;         /* cache_write_end() is owed */
    bool session_changing;   /* session_track_end_change() is owed */
    int64_t sent_ms;
};

/* What the upstream did with a statement. */
enum outcome { RAN_WELL, RAN_BADLY, STILL_RUNS, NEVER_RAN, UNKNOWN };

static bool reads_only(enum sqlclass c) { return c == SQL_READ || c == SQL_META || c == SQL_PROBE; }

static void set_cache_status(struct exchange *x, const char *fwd, const char *detail) {
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; fwd=%s%s%s", fwd, detail ? "; " : "",
             detail ? detail : "");
}

/* ---- keeping --------------------------------------------------------------------------------------------------- */

static struct entry *make_entry(const struct fill *f, struct sv body, const struct answer *a) {
    struct err e = ERR_INIT;
    struct entry *entry = answer_to_entry(body, a);
    if (!entry) return NULL;
    fill_to_entry(f, entry);
    if (secrets_random(entry->gen, sizeof entry->gen, &e)) entry_unref(&entry);
    return entry;
}

static enum metric keep_complete(struct proxy *p, const struct fill *f, struct sv body, const struct answer *a) {
    bool outdated = !cache_may_keep(&p->cache, f->epoch) || !session_track_is_same(p->sessions, &f->session);
    struct entry *e;
    if (body.len > p->cfg->cache.max_entry) return M_FILL_TOO_LARGE;
    if (outdated) return M_FILL_OUTDATED;
    e = make_entry(f, body, a);
    if (!e) return M_FILL_UNREADABLE;
    bool kept = cache_keep(&p->cache, e);
    entry_unref(&e);
    return kept ? M_FILL_STORED : M_FILL_TOO_LARGE;
}

/* The chunks of a result are together. */
static void on_gathered(struct proxy *p, const struct fill *f, struct entry *entry, enum fetch_end how) {
    static const enum metric COUNTERS[] = {[FETCH_TOO_LARGE] = M_FILL_TOO_LARGE, [FETCH_NO_ROOM] = M_FILL_TOO_LARGE,
                                           [FETCH_BROKEN] = M_FILL_UNREADABLE};
    bool outdated = !cache_may_keep(&p->cache, f->epoch) || !session_track_is_same(p->sessions, &f->session);
    struct err e = ERR_INIT;
    enum metric result = entry ? M_FILL_STORED : COUNTERS[how];
    if (entry && outdated) result = M_FILL_OUTDATED;
    if (result == M_FILL_STORED) {
        fill_to_entry(f, entry);
        if (secrets_random(entry->gen, sizeof entry->gen, &e)) result = M_FILL_UNREADABLE;
        else if (!cache_keep(&p->cache, entry)) result = M_FILL_TOO_LARGE;
    }
    metrics_add(&p->metrics, result);
}

static void gather(struct exchange *x, const struct fill *f, struct sv body, const struct answer *a) {
    struct fetch_job job = {
        .fill = f,
        .body = body,
        .answer = a,
        .authorization = exchange_header(x, "Authorization"),
        .max_bytes = x->proxy->cfg->cache.max_entry,
        .end = on_gathered,
    };
    enum fetch_end how;
    if (!fetch_start(x->proxy, &job, &how)) metrics_add(&x->proxy->metrics, M_FILL_TOO_LARGE);
}

/* Keep the result if it may be kept; if not, whatever was kept under its name goes. Returns what to count. */
static enum metric keep(struct exchange *x, const struct fill *f, struct sv body, const struct answer *a) {
    struct proxy *p = x->proxy;
    static const enum metric COUNTERS[] = {
        [ANSWER_COMPLETE] = M_FILL_STORED, [ANSWER_EXTERNAL] = M_FILL_EXTERNAL, [ANSWER_PARTIAL] = M_FILL_PARTIAL,
        [ANSWER_RUNNING] = M_FILL_PENDING, [ANSWER_FAILED] = M_FILL_FAILED,     [ANSWER_UNREADABLE] = M_FILL_UNREADABLE,
    };
    enum metric result = a->kind == ANSWER_COMPLETE ? keep_complete(p, f, body, a) : COUNTERS[a->kind];
    if (result != M_FILL_STORED && result != M_FILL_PENDING) cache_forget(&p->cache, f->key);
    bool more = result == M_FILL_EXTERNAL || result == M_FILL_PARTIAL;
    if (more && a->n_chunks && cache_may_keep(&p->cache, f->epoch)) gather(x, f, body, a);
    metrics_add(&p->metrics, result);
    return result;
}

static void tell_fill(struct exchange *x, enum metric result) {
    switch (result) {
    case M_FILL_STORED: set_cache_status(x, "miss", "stored"); break;
    case M_FILL_PENDING: set_cache_status(x, "miss", "detail=pending"); break;
    case M_FILL_EXTERNAL: set_cache_status(x, "miss", "detail=external"); break;
    case M_FILL_PARTIAL: set_cache_status(x, "miss", "detail=several-chunks"); break;
    case M_FILL_TOO_LARGE: set_cache_status(x, "miss", "detail=too-large"); break;
    case M_FILL_OUTDATED: set_cache_status(x, "miss", "detail=outdated"); break;
    case M_FILL_FAILED: set_cache_status(x, "miss", "detail=not-successful"); break;
    default: set_cache_status(x, "miss", "detail=unreadable"); break;
    }
}

/* ---- the end of an execute request ----------------------------------------------------------------------------- */

static enum outcome outcome_of(const struct forward_answer *f, const struct answer *a) {
    if (f->fault == UPSTREAM_NOT_SENT) return NEVER_RAN;
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
    static const struct followed A_WRITE = {.is_write = true};
    struct statement *s = x->statement;
    if (!s->write_open) return;
    s->write_open = false;
    if (how == STILL_RUNS || how == UNKNOWN) follow_add(x->proxy->follow, how == STILL_RUNS ? id : SV_NULL, &A_WRITE);
    else cache_write_end(&x->proxy->cache);
}

static void end_session_change(struct exchange *x, enum outcome how) {
    static const enum session_outcome OUTCOMES[] = {[RAN_WELL] = SESSION_DONE, [RAN_BADLY] = SESSION_UNCHANGED,
                                                    [STILL_RUNS] = SESSION_UNCLEAR, [NEVER_RAN] = SESSION_UNCHANGED,
                                                    [UNKNOWN] = SESSION_UNCLEAR};
    struct statement *s = x->statement;
    if (!s->session_changing) return;
    s->session_changing = false;
    session_track_end_change(x->proxy->sessions, s->request.session_id, s->request.statement, OUTCOMES[how]);
}

static void end_fill(struct exchange *x, const struct forward_answer *f, const struct answer *a, enum outcome how) {
    struct statement *s = x->statement;
    struct followed what = {.fill = s->fill};
    if (!s->has_key || s->control.no_store) return;
    if (f->fault == UPSTREAM_OK && f->status == 200 && f->complete) tell_fill(x, keep(x, &s->fill, f->body, a));
    else if (how == RAN_WELL)
        metrics_add(&x->proxy->metrics, M_FILL_TOO_LARGE), cache_forget(&x->proxy->cache, s->fill.key);
    if (how == STILL_RUNS && a->id.ptr) follow_add(x->proxy->follow, a->id, &what);
}

static void on_finish(struct exchange *x, const struct forward_answer *f) {
    struct statement *s = x->statement;
    struct answer a = {.kind = ANSWER_UNREADABLE};
    if (f->fault == UPSTREAM_OK && f->complete && f->status == 200) a = answer_look(f->body, &x->arena);
    if (x->has_principal && f->fault == UPSTREAM_OK)
        identity_learn(x->proxy->identity, x->principal, f->status, s->sent_ms);
    enum outcome how = outcome_of(f, &a);
    x->upstream_id = a.id;
    end_write(x, how, a.id);
    end_session_change(x, how);
    end_fill(x, f, &a, how);
}

/* ---- running it ------------------------------------------------------------------------------------------------ */

/* Before the statement is sent: what it may change must not be served from now on. */
static void begin_effects(struct exchange *x) {
    struct proxy *p = x->proxy;
    struct statement *s = x->statement;
    enum sqlclass c = s->verdict.class;
    bool in_session = s->request.session_id.ptr != NULL;
    if (c == SQL_WRITE || c == SQL_AUTHZ || c == SQL_CODE || c == SQL_MULTI) {
        cache_write_begin(&p->cache, c == SQL_WRITE   ? M_INVALIDATE_WRITE
                                     : c == SQL_AUTHZ ? M_INVALIDATE_AUTHZ
                                                      : M_INVALIDATE_CODE);
        s->write_open = true;
    }
    if (in_session && c == SQL_SESSION) {
        session_track_begin_change(p->sessions, s->request.session_id);
        s->session_changing = true;
    }
    if (in_session && (c == SQL_CODE || c == SQL_MULTI)) session_track_taint(p->sessions, s->request.session_id);
}

/* As the client wrote it; what cannot be read waits as long as the API does when nothing is said. */
static int64_t wait_ms_of(const struct execreq *r) {
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(r->tree, "wait_timeout");
    int64_t ms = 0;
    if (!cJSON_IsString(text) || !config_parse_duration(text->valuestring, &ms)) return DEFAULT_WAIT_MS;
    return ms < MOST_WAIT_MS ? ms : MOST_WAIT_MS;
}

static void run(struct exchange *x) {
    struct statement *s = x->statement;
    struct forward_plan plan = {
        .allow_list_only = true,
        .kind = reads_only(s->verdict.class) ? UP_READ : UP_WRITE,
        .warehouse = s->request.warehouse_id.ptr, /* of the tree: ends with NUL */
        .wait_ms = wait_ms_of(&s->request),
        .movable = reads_only(s->verdict.class) && !s->request.session_id.ptr,
        .capture_max = x->proxy->cfg->cache.max_entry + CAPTURE_SLACK,
        .silence_ms = SILENCE_MS,
        .finish = on_finish,
    };
    if (s->control.only_if_cached) {
        set_cache_status(x, s->has_key ? "miss" : "bypass", "detail=only-if-cached");
        exchange_refuse(x, 504, "NOT_FOUND", "dbxproxyd: not in the cache, and only-if-cached was asked for", 0);
        return;
    }
    if (s->has_key) {
        x->outcome = OUTCOME_MISS;
        set_cache_status(x, "miss", NULL);
    } else {
        char detail[64];
        x->outcome = OUTCOME_BYPASS;
        snprintf(detail, sizeof detail, "detail=%s", bypass_word(x->bypass));
        set_cache_status(x, "bypass", detail);
    }
    begin_effects(x);
    x->must_finish = !reads_only(s->verdict.class);
    s->sent_ms = s->fill.submitted_ms = clock_mono_ms();
    s->fill.epoch = x->proxy->cache.epoch;
    forward_start(x, &plan);
}

/* ---- looking it up --------------------------------------------------------------------------------------------- */

static void serve(struct exchange *x, struct entry *e, int64_t left_ms) {
    struct handle h = {.created_ms = clock_wall_ms()};
    struct err err = ERR_INIT;
    char id[HANDLE_TEXT_BYTES], age[32];
    memcpy(h.principal, e->scope, sizeof h.principal);
    memcpy(h.key, e->key, sizeof h.key);
    memcpy(h.gen, e->gen, sizeof h.gen);
    if (handle_seal(&x->proxy->secrets, HANDLE_STATEMENT, &h, id, &err)) {
        run(x);
        return;
    }
    x->outcome = OUTCOME_HIT;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; hit; ttl=%" PRId64, left_ms / 1000);
    snprintf(age, sizeof age, "%" PRId64, (clock_mono_ms() - e->submitted_ms) / 1000);
    exchange_add_header(x, "Age", age);
    replay_answer(x, e, id);
}

static enum cache_result look_up(struct exchange *x, struct entry **e, int64_t *left_ms) {
    struct statement *s = x->statement;
    struct cache_wish wish = {s->control.max_age_ms, s->control.min_fresh_ms};
    enum cache_result r = cache_lookup(&x->proxy->cache, s->fill.key, clock_mono_ms(), &wish, e, left_ms);
    if (r == CACHE_HIT && !replay_can_serve(x, *e)) {
        entry_unref(e); /* links to us are of no use to this client */
        return CACHE_MISS;
    }
    return r;
}

static void on_identity(struct exchange *x, const struct identity_answer *a) {
    struct entry *e = NULL;
    int64_t left_ms = 0;
    if (a->result == IDENTITY_REFUSED) {
        auth_pass_refusal(x, a);
    } else if (a->result == IDENTITY_ACCEPTED && look_up(x, &e, &left_ms) == CACHE_HIT) {
        serve(x, e, left_ms);
        entry_unref(&e);
    } else {
        run(x);
    }
}

static void find_or_run(struct exchange *x) {
    struct statement *s = x->statement;
    struct entry *e = NULL;
    int64_t left_ms = 0;
    if (!s->has_key || s->control.no_lookup || look_up(x, &e, &left_ms) != CACHE_HIT) {
        run(x);
    } else if (identity_is_fresh(x->proxy->identity, x->principal)) {
        serve(x, e, left_ms);
    } else {
        auth_require(x, on_identity); /* looked up again afterwards: the entry may be gone by then */
    }
    entry_unref(&e);
}

/* ---- finding out ----------------------------------------------------------------------------------------------- */

static void read_control(struct exchange *x) {
    struct statement *s = x->statement;
    const char *own = exchange_header(x, "X-Dbxproxy-Cache"), *http = exchange_header(x, "Cache-Control");
    s->control = control_none();
    if (s->request.statement.ptr) control_read_comment(&s->control, s->request.statement);
    if (own) control_read_words(&s->control, sv_of(own));
    if (http) control_read_cache_control(&s->control, sv_of(http));
    x->proxy->metrics.value[M_CONTROL_IGNORED] += (uint64_t)s->control.ignored;
}

static enum bypass check_namespace(const struct execreq *r) {
    bool system = sv_ieq(r->catalog, SV_LIT("system")) || sv_ieq(r->schema, SV_LIT("information_schema"));
    return system ? BYPASS_SYSTEM : BYPASS_NONE;
}

/* Why this request has no place in the cache; otherwise the session it runs in is known. */
static enum bypass find_reason(struct exchange *x) {
    struct statement *s = x->statement;
    const struct config *cfg = x->proxy->cfg;
    bool two_tokens = exchange_header(x, "X-Databricks-Azure-SP-Management-Token") != NULL;
    if (s->verdict.why != BYPASS_NONE) return s->verdict.why;
    if (s->request.why != BYPASS_NONE) return s->request.why;
    if (!x->has_principal || two_tokens) return BYPASS_NO_IDENTITY;
    if (exchange_header(x, "Content-Encoding")) return BYPASS_BODY;
    if (check_namespace(&s->request) != BYPASS_NONE) return BYPASS_SYSTEM;
    s->fill.ttl_ms = s->verdict.class == SQL_META ? cfg->cache.metadata_ttl_ms : cfg->cache.ttl_ms;
    if (s->control.ttl_ms < s->fill.ttl_ms) s->fill.ttl_ms = s->control.ttl_ms;
    if (s->control.no_store && s->control.no_lookup) return BYPASS_CLIENT;
    if (s->fill.ttl_ms <= 0) return BYPASS_OFF;
    if (!s->request.session_id.ptr) return BYPASS_NONE;
    return session_track_view(x->proxy->sessions, x->principal, s->request.session_id, &s->fill.session);
}

static void make_key(struct exchange *x) {
    struct statement *s = x->statement;
    struct err e = ERR_INIT;
    struct cachekey_fields fields = {
        .principal = x->principal,
        .upstream = sv_of(x->proxy->cfg->tenants[0].up->url),
        .query = sv_of(x->query),
        .request = &s->request,
        .session = s->fill.session.used ? s->fill.session.fingerprint : NULL,
        .headers = evhttp_request_get_input_headers(x->req),
    };
    memcpy(s->fill.principal, x->principal, DIGEST_BYTES);
    s->fill.hybrid = sv_eq(s->request.disposition, SV_LIT("INLINE_OR_EXTERNAL_LINKS"));
    s->has_key = cachekey_make(&x->proxy->secrets, &fields, s->fill.key, &e) == RC_OK;
    if (s->has_key) memcpy(&x->key_prefix, s->fill.key, sizeof x->key_prefix);
    else x->bypass = BYPASS_UNKEYED;
}

void statement_begin(struct exchange *x) {
    struct err e = ERR_INIT;
    struct statement *s = arena_alloc(&x->arena, sizeof *s);
    if (!s) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
        return;
    }
    x->statement = s;
    if (execreq_parse(x->body, &x->arena, &s->request, &e)) {
        char text[256];
        snprintf(text, sizeof text, "dbxproxyd: %.200s", e.text);
        exchange_refuse(x, 400, "BAD_REQUEST", text, 0);
        return;
    }
    s->verdict = s->request.statement.ptr ? classify(s->request.statement, NULL)
                                             : (struct sqlverdict){.class = SQL_CODE, .why = BYPASS_BODY};
    x->class = (enum request_class)(REQUEST_READ + s->verdict.class);
    read_control(x);
    x->bypass = find_reason(x);
    if (x->bypass == BYPASS_NONE) make_key(x);
    find_or_run(x);
}

/* ---- polls ----------------------------------------------------------------------------------------------------- */

static void on_poll_finish(struct exchange *x, const struct forward_answer *f) {
    struct proxy *p = x->proxy;
    const struct followed *what = follow_find(p->follow, x->route.id);
    struct answer a;
    if (f->fault != UPSTREAM_OK || !what) return;
    if (f->status == 404) follow_end(p->follow, x->route.id);
    if (f->status != 200) return;
    if (!f->complete) { /* streamed: too large to keep, but over */
        follow_end(p->follow, x->route.id);
        return;
    }
    a = answer_look(f->body, &x->arena);
    if (a.kind == ANSWER_RUNNING || a.kind == ANSWER_UNREADABLE) return;
    bool own = x->has_principal && memcmp(what->fill.principal, x->principal, DIGEST_BYTES) == 0;
    if (!what->is_write && own && !a.closed) tell_fill(x, keep(x, &what->fill, f->body, &a));
    follow_end(p->follow, x->route.id);
}

void statement_poll(struct exchange *x) {
    bool followed = follow_find(x->proxy->follow, x->route.id) != NULL;
    struct forward_plan plan = {
        .allow_list_only = true,
        .kind = UP_POLL,
        .capture_max = followed ? x->proxy->cfg->cache.max_entry + CAPTURE_SLACK : 0,
        .silence_ms = SILENCE_MS,
        .finish = followed ? on_poll_finish : NULL,
    };
    x->must_finish = false;
    x->upstream_id = x->route.id;
    forward_start(x, &plan);
}

void statement_drop(struct exchange *x) {
    struct statement *s = x->statement;
    if (!s) return;
    end_write(x, UNKNOWN, SV_NULL);
    end_session_change(x, UNKNOWN);
    execreq_fini(&s->request);
    x->statement = NULL;
}
