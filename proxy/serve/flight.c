#include "flight.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "flight_priv.h"
#include "lookup.h"
#include "proxy/request/http_hdr.h"
#include "proxy/tenant/recent.h"
#include "proxy/tenant/session_track.h"
#include "proxy/tenant/tombstone.h"

/* ---- life ------------------------------------------------------------------------------------------------------ */

static void drop_request(struct flight *f) {
    http_hdr_wipe(&f->headers);
    mem_free(f->target);
    f->target = NULL;
    buf_fini(&f->body);
    mem_free_secret(f->authorization);
    f->authorization = NULL;
}

void flight_free(struct flight *f) {
    flight_stop(f);
    flights_remove(f);
    drop_request(f);
    buf_fini(&f->moved);
    mem_free(f->before);
    arena_fini(&f->arena);
    if (f->timer) event_free(f->timer);
    analysis_unref(&f->analysis);
    mem_free(f);
}

static void fill_init(struct flight *f, const struct analysis *a) {
    struct fill *fill = &f->fill;
    fill->tenant = f->tenant;
    memcpy(fill->key, a->key, DIGEST_BYTES);
    memcpy(fill->scope, a->scope, DIGEST_BYTES);
    fill->epochs.n = a->n_names;
    fill->writes_at = a->writes_at;
    fill->epochs.open = a->deps_open;
    memcpy(fill->epochs.names, a->names, sizeof a->names[0] * (size_t)a->n_names);
    fill->ttl_ms = a->ttl_ms;
    fill->stale_revalidate_ms = a->stale_revalidate_ms;
    fill->stale_error_ms = a->stale_error_ms;
    fill->class = a->class;
    fill->hybrid = a->hybrid;
    fill->session = a->session;
}

/* on_wait_timeout=CANCEL is ours to act upon: upstream it would end the statement for all. */
static enum rc copy_body(struct flight *f, struct sv body, bool cancels, struct err *e) {
    static const char *const PATH[] = {"on_wait_timeout", NULL};
    struct sv word;
    bool found = false;
    buf_fini(&f->body);
    buf_init(&f->body, body.len + 64);
    if (!cancels || json_slice(body, PATH, &word, &found, e) || !found) return buf_addsv(&f->body, body, e);
    const char *after = word.ptr + word.len;
    if (buf_add(&f->body, body.ptr, (size_t)(word.ptr - body.ptr), e) || buf_adds(&f->body, "\"CONTINUE\"", e))
        return RC_ERR;
    return buf_add(&f->body, after, (size_t)(body.ptr + body.len - after), e);
}

bool flight_take_request(struct flight *f, struct exchange *x) {
    struct err e = ERR_INIT;
    struct buf target;
    const char *token = exchange_header(x, "Authorization");
    drop_request(f);
    buf_init(&target, 64 * 1024);
    bool ok = copy_body(f, x->body, x->statement->analysis->cancel_on_timeout, &e) == RC_OK &&
              buf_addf(&target, &e, "%s%s%s", x->path, x->query ? "?" : "", x->query ? x->query : "") == RC_OK &&
              http_hdr_copy_request(evhttp_request_get_input_headers(x->req), true, &f->headers, &e) == RC_OK;
    if (x->inflated.len) evhttp_remove_header(&f->headers, "Content-Encoding");
    f->target = ok ? buf_take(&target) : NULL;
    f->authorization = token ? mem_strdup(token) : NULL;
    buf_fini(&target);
    return ok && f->target;
}

bool flight_take_token(struct flight *f, struct exchange *x) {
    const char *token = exchange_header(x, "Authorization");
    char *old = (char *)(uintptr_t)evhttp_find_header(&f->headers, "Authorization");
    char *own = token ? mem_strdup(token) : NULL;
    if (!own) return false;
    if (old) mem_wipe(old, strlen(old));
    evhttp_remove_header(&f->headers, "Authorization");
    mem_free_secret(f->authorization);
    f->authorization = own;
    return evhttp_add_header(&f->headers, "Authorization", token) == 0;
}

static struct flight *flight_new(struct exchange *x) {
    struct err e = ERR_INIT;
    uint8_t gen[DIGEST_BYTES] = {0};
    struct flight *f = mem_zalloc(sizeof *f);
    if (!f) return NULL;
    f->proxy = x->proxy;
    f->tenant = x->tenant;
    f->analysis = analysis_ref(x->statement->analysis);
    f->is_movable = !f->analysis->session.used;
    memcpy(f->principal, x->principal, DIGEST_BYTES);
    TAILQ_INIT(&f->headers);
    TAILQ_INIT(&f->head);
    TAILQ_INIT(&f->seats);
    flights_add(f);
    f->news_ms = clock_mono_ms();
    fill_init(f, f->analysis);
    memcpy(f->fill.principal, x->principal, DIGEST_BYTES);
    if (secrets_random(gen, HANDLE_GEN_BYTES, &e) || !flight_take_request(f, x)) {
        flight_free(f);
        return NULL;
    }
    memcpy(f->fill.gen, gen, HANDLE_GEN_BYTES);
    flights_name(f, gen);
    return f;
}

/* ---- seats ----------------------------------------------------------------------------------------------------- */

/* Nobody waits and nobody holds an id. A statement that runs upstream is of use to nobody, unless somebody comes before
 * it can be cancelled. */
static void abandon(struct flight *f) {
    if (f->phase == FLIGHT_SUBMITTING && f->up) return; /* its answer may be kept, or tells what to cancel */
    if (f->phase == FLIGHT_RUNNING && f->tenant->config->cache.cancel_orphans) flight_cancel_upstream(f);
    flight_free(f);
}

void seat_leave(struct exchange *x) {
    struct seat *s = x->seat;
    if (!s) return;
    struct flight *f = s->flight;
    seat_free(s);
    if (f->phase != FLIGHT_LANDED && TAILQ_EMPTY(&f->seats) && f->handles == 0 && !f->is_background) abandon(f);
}

/* ---- joining and beginning ------------------------------------------------------------------------------------- */

/* What it reads is young enough for a request that comes now. Without news from the other instances that is doubtful
 * after a while. */
static bool is_young_enough(const struct exchange *x, const struct flight *f) {
    const struct tenant *t = x->tenant;
    const struct analysis *a = x->statement->analysis;
    if (f->phase < FLIGHT_SUBMITTING) return session_track_is_same(t->sessions, &f->fill.session); /* has not read yet */
    if (!fill_may_be_joined(&f->fill)) return false;
    return lookup_is_trusted(t, a->names, a->n_names) ||
           clock_mono_ms() - f->fill.submitted_ms <= t->config->redis.degraded_ttl_ms;
}

static bool can_join(const struct exchange *x, const struct flight *f) {
    const struct analysis *a = x->statement->analysis;
    const struct tenant *t = x->tenant;
    if (a->is_shared && !flight_is_of(f, x->principal)) return false; /* its right is another's */
    if (!t->config->cache.coalesce || a->no_lookup || a->no_store || f->is_over) return false;
    return !recent_is_pass(t->recent, a->key) && is_young_enough(x, f);
}

static bool seal_id(struct seat *s) {
    struct flight *f = s->flight;
    struct handle h = {.created_ms = clock_wall_ms(), .is_shared = f->analysis->is_shared};
    struct err e = ERR_INIT;
    memcpy(h.principal, s->x->principal, sizeof h.principal);
    memcpy(h.key, f->fill.key, sizeof h.key);
    memcpy(h.gen, f->fill.gen, sizeof h.gen);
    memcpy(h.upstream_id, f->upstream_id, sizeof h.upstream_id);
    s->own_id = true;
    return handle_seal(&f->tenant->secrets, HANDLE_STATEMENT, &h, s->id, &e) == RC_OK;
}

static bool join(struct exchange *x, struct flight *f) {
    struct seat *s = seat_new(f, x);
    if (!s) return false;
    flight_count_waiter(f, true);
    metrics_add(&x->tenant->metrics, M_FLIGHT_COALESCED);
    x->outcome = REQUEST_JOINED;
    if (!seal_id(s) || !seat_set_deadline(s, x->statement->wait_ms)) {
        seat_free(s);
        return false;
    }
    if (x->statement->wait_ms == 0) seat_answer_pending(s);
    else if (f->phase == FLIGHT_RUNNING) flight_poll_now(f);
    return true;
}

static bool lead(struct exchange *x) {
    const struct analysis *a = x->statement->analysis;
    struct flight *f = flight_new(x);
    struct seat *s = f ? seat_new(f, x) : NULL;
    if (!s) {
        if (f) flight_free(f);
        return false;
    }
    s->is_first = true;
    x->outcome = REQUEST_MISS;
    if (!a->no_store && !recent_is_pass(x->tenant->recent, a->key)) flights_offer(f);
    flight_begin(f);
    return true;
}

void flight_enter(struct exchange *x) {
    const struct analysis *a = x->statement->analysis;
    struct flight *f = flights_find(x->proxy->flights, a->key);
    recent_count(x->tenant->recent, a->key, x->tenant->config->cache.admit_window_ms);
    if (f && can_join(x, f) && join(x, f)) return;
    if (!lead(x)) statement_run_alone(x);
}

void flight_refresh(struct exchange *x) {
    struct flight *f = flights_find(x->proxy->flights, x->statement->analysis->key);
    if (f && !f->is_over) return; /* somebody does it already */
    f = flight_new(x);
    if (!f) return;
    f->is_background = true;
    metrics_add(&x->tenant->metrics, M_REFRESHES);
    flights_offer(f);
    flight_begin(f);
}

/* ---- ids ------------------------------------------------------------------------------------------------------- */

void flight_poll(struct exchange *x, struct flight *f, bool from_upstream) {
    struct seat *s = seat_new(f, x);
    if (!s) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
        return;
    }
    s->is_poll = true;
    s->own_id = !from_upstream;
    if (!from_upstream) snprintf(s->id, sizeof s->id, SV_FMT, SV_ARG(x->route.id));
    x->outcome = from_upstream ? REQUEST_PASS : REQUEST_JOINED;
    bool has_news = !f->up && clock_mono_ms() - f->news_ms < FLIGHT_NEWS_MS; /* many pollers cost few polls */
    if (f->phase != FLIGHT_RUNNING || has_news) seat_answer_pending(s);
    else flight_poll_now(f);
}

bool flight_detach(struct flight *f, bool from_upstream, struct sv *id_r) {
    if (f->handles > 0) f->handles--;
    if (from_upstream) f->first_holds = false;
    *id_r = SV_NULL;
    if (f->handles > 0 || flight_first_waiter(f)) return true;
    flight_delist(f);
    f->is_over = true;
    f->is_cancelled = f->upstream_id[0] != '\0';
    f->wants_cancel = !f->is_cancelled;
    if (f->upstream_id[0]) *id_r = sv_of(f->upstream_id);
    return false;
}
