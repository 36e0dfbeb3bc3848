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

enum { MAX_LANDINGS = 4096, LANDED_MS = 60 * 60 * 1000, SWEEP_S = 5 };

/* What is left of a flight of which somebody may hold an id without the upstream's in it. */
struct landing {
    struct keymap_node node;
    int64_t until_ms;
    char upstream_id[HANDLE_UPSTREAM_BYTES];
    TAILQ_ENTRY(landing) link;
};

/* ---- the registry ---------------------------------------------------------------------------------------------- */

static void drop_landing(struct flights *f, struct landing *l) {
    TAILQ_REMOVE(&f->landings, l, link);
    keymap_remove(&f->landed, &l->node);
    f->n_landings--;
    mem_free(l);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg) {
    struct flights *all = arg;
    int64_t now = clock_mono_ms();
    struct flight *f, *next;
    (void)fd;
    (void)what;
    while (!TAILQ_EMPTY(&all->landings) && TAILQ_FIRST(&all->landings)->until_ms <= now)
        drop_landing(all, TAILQ_FIRST(&all->landings));
    for (f = TAILQ_FIRST(&all->all); f; f = next) {
        next = TAILQ_NEXT(f, link);
        bool forgotten = f->is_over || now - f->news_ms > FLIGHT_HEARD_MS;
        if (TAILQ_EMPTY(&f->seats) && !f->up && forgotten) flight_free(f);
    }
}

enum rc flights_new(struct flights **out, struct proxy *p, struct err *e) {
    static const struct timeval EVERY = {SWEEP_S, 0};
    struct flights *f = mem_zalloc(sizeof *f);
    *out = f;
    if (!f) return err_nomem(e);
    f->proxy = p;
    TAILQ_INIT(&f->all);
    TAILQ_INIT(&f->landings);
    f->sweep = event_new(p->base, -1, EV_PERSIST, on_sweep, f);
    if (keymap_init(&f->by_key) && keymap_init(&f->by_gen) && keymap_init(&f->by_id) && keymap_init(&f->landed) &&
        f->sweep && event_add(f->sweep, &EVERY) == 0)
        return RC_OK;
    flights_free(out);
    return err_nomem(e);
}

void flights_free(struct flights **slot) {
    struct flights *f = *slot;
    if (!f) return;
    while (!TAILQ_EMPTY(&f->all)) flight_free(TAILQ_FIRST(&f->all));
    while (!TAILQ_EMPTY(&f->landings)) drop_landing(f, TAILQ_FIRST(&f->landings));
    if (f->sweep) event_free(f->sweep);
    keymap_fini(&f->by_key);
    keymap_fini(&f->by_gen);
    keymap_fini(&f->by_id);
    keymap_fini(&f->landed);
    mem_free(f);
    *slot = NULL;
}

size_t flights_count(const struct flights *f) { return f->n_flights; }
size_t flights_waiters(const struct flights *f) { return f->n_waiters; }

static struct flight *find(const struct keymap *m, const uint8_t key[DIGEST_BYTES]) {
    struct flight_name *n = (struct flight_name *)keymap_find(m, key); /* node is the first member */
    return n ? n->flight : NULL;
}

static void enlist(struct keymap *m, struct flight_name *n, struct flight *f, const uint8_t key[DIGEST_BYTES]) {
    memcpy(n->node.key, key, DIGEST_BYTES);
    n->flight = f;
    n->in = true;
    keymap_add(m, &n->node);
}

static void unlist(struct keymap *m, struct flight_name *n) {
    if (n->in) keymap_remove(m, &n->node);
    n->in = false;
}

void flight_delist(struct flight *f) { unlist(&f->proxy->flights->by_key, &f->by_key); }

static void pad(const uint8_t gen[HANDLE_GEN_BYTES], uint8_t out[DIGEST_BYTES]) {
    memset(out, 0, DIGEST_BYTES);
    memcpy(out, gen, HANDLE_GEN_BYTES);
}

struct flight *flight_by_gen(struct flights *all, const uint8_t gen[HANDLE_GEN_BYTES]) {
    uint8_t key[DIGEST_BYTES];
    pad(gen, key);
    return find(&all->by_gen, key);
}

bool flight_is_of(const struct flight *f, const uint8_t principal[DIGEST_BYTES]) {
    return memcmp(f->principal, principal, DIGEST_BYTES) == 0;
}

bool flight_digest_id(const struct tenant *t, struct sv id, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    return id.len && secrets_digest(&t->secrets, "flight", id, out, &e) == RC_OK;
}

struct flight *flight_by_upstream_id(struct flights *all, const struct tenant *t, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    return all->n_flights && flight_digest_id(t, id, key) ? find(&all->by_id, key) : NULL;
}

bool flight_name_upstream(struct flight *f, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    if (!id.len || id.len >= sizeof f->upstream_id || !flight_digest_id(f->tenant, id, key)) return false;
    unlist(&f->proxy->flights->by_id, &f->by_id);
    memcpy(f->upstream_id, id.ptr, id.len);
    f->upstream_id[id.len] = '\0';
    if (!find(&f->proxy->flights->by_id, key)) enlist(&f->proxy->flights->by_id, &f->by_id, f, key);
    return true;
}

void flight_unname_upstream(struct flight *f) {
    unlist(&f->proxy->flights->by_id, &f->by_id);
    f->upstream_id[0] = '\0';
    if (f->first_holds) f->handles--;
    f->first_holds = false;
}

struct sv flights_landed_id(struct flights *all, const uint8_t gen[HANDLE_GEN_BYTES]) {
    uint8_t key[DIGEST_BYTES];
    pad(gen, key);
    struct landing *l = (struct landing *)keymap_find(&all->landed, key); /* node is the first member */
    return l ? sv_of(l->upstream_id) : SV_NULL;
}

static void remember_landing(struct flight *f) {
    struct flights *all = f->proxy->flights;
    if (!f->upstream_id[0] || keymap_find(&all->landed, f->by_gen.node.key)) return;
    if (all->n_landings >= MAX_LANDINGS) drop_landing(all, TAILQ_FIRST(&all->landings));
    struct landing *l = mem_zalloc(sizeof *l);
    if (!l) return;
    memcpy(l->node.key, f->by_gen.node.key, DIGEST_BYTES);
    memcpy(l->upstream_id, f->upstream_id, sizeof l->upstream_id);
    l->until_ms = clock_mono_ms() + LANDED_MS;
    keymap_add(&all->landed, &l->node);
    TAILQ_INSERT_TAIL(&all->landings, l, link);
    all->n_landings++;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static void wipe_headers(struct evkeyvalq *q) {
    struct evkeyval *h;
    TAILQ_FOREACH(h, q, next) mem_wipe(h->value, strlen(h->value));
    evhttp_clear_headers(q);
}

static void drop_request(struct flight *f) {
    wipe_headers(&f->headers);
    mem_free(f->target);
    f->target = NULL;
    buf_fini(&f->body);
    mem_free_secret(f->authorization);
    f->authorization = NULL;
}

void flight_free(struct flight *f) {
    struct flights *all = f->proxy->flights;
    flight_stop(f);
    remember_landing(f);
    flight_delist(f);
    unlist(&all->by_gen, &f->by_gen);
    unlist(&all->by_id, &f->by_id);
    TAILQ_REMOVE(&all->all, f, link);
    all->n_flights--;
    f->tenant->metrics.value[M_FLIGHTS]--;
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
    struct flights *all = x->proxy->flights;
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
    TAILQ_INSERT_TAIL(&all->all, f, link);
    all->n_flights++;
    f->tenant->metrics.value[M_FLIGHTS]++;
    f->news_ms = clock_mono_ms();
    fill_init(f, f->analysis);
    memcpy(f->fill.principal, x->principal, DIGEST_BYTES);
    if (secrets_random(gen, HANDLE_GEN_BYTES, &e) || !flight_take_request(f, x)) {
        flight_free(f);
        return NULL;
    }
    memcpy(f->fill.gen, gen, HANDLE_GEN_BYTES);
    enlist(&all->by_gen, &f->by_gen, f, gen);
    return f;
}

/* From now on it is the one that others join. */
static void list_for_joining(struct flight *f) {
    struct flight *older = find(&f->proxy->flights->by_key, f->fill.key);
    if (older) flight_delist(older);
    enlist(&f->proxy->flights->by_key, &f->by_key, f, f->fill.key);
}

/* ---- seats ----------------------------------------------------------------------------------------------------- */

static void on_deadline(evutil_socket_t fd, short what, void *arg) {
    struct seat *s = arg;
    (void)fd;
    (void)what;
    if (s->x->statement && s->x->statement->analysis->cancel_on_timeout) seat_answer_canceled(s);
    else seat_answer_pending(s);
}

void flight_count_waiter(struct flight *f, bool comes) {
    size_t *n = &f->proxy->flights->n_waiters;
    *n = comes ? *n + 1 : *n - 1;
    f->tenant->metrics.value[M_FLIGHT_WAITERS] += comes ? 1 : -1;
}

static struct seat *seat_new(struct flight *f, struct exchange *x) {
    struct seat *s = mem_zalloc(sizeof *s);
    if (!s) return NULL;
    s->flight = f;
    s->x = x;
    x->seat = s;
    exchange_move(x, EXCHANGE_WAITING);
    TAILQ_INSERT_TAIL(&f->seats, s, link);
    return s;
}

void seat_free(struct seat *s) {
    if (!s->is_poll && !s->is_first) flight_count_waiter(s->flight, false);
    TAILQ_REMOVE(&s->flight->seats, s, link);
    if (s->deadline) event_free(s->deadline);
    s->x->seat = NULL;
    mem_free(s);
}

struct seat *flight_first_waiter(struct flight *f) {
    struct seat *s;
    TAILQ_FOREACH(s, &f->seats, link)
        if (!s->is_poll) return s;
    return NULL;
}

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

static bool set_deadline(struct seat *s, int64_t wait_ms) {
    struct timeval tv = {wait_ms / 1000, wait_ms % 1000 * 1000};
    s->deadline = evtimer_new(s->flight->proxy->base, on_deadline, s);
    return s->deadline && evtimer_add(s->deadline, &tv) == 0;
}

static bool join(struct exchange *x, struct flight *f) {
    struct seat *s = seat_new(f, x);
    if (!s) return false;
    flight_count_waiter(f, true);
    metrics_add(&x->tenant->metrics, M_FLIGHT_COALESCED);
    x->outcome = REQUEST_JOINED;
    if (!seal_id(s) || !set_deadline(s, x->statement->wait_ms)) {
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
    if (!a->no_store && !recent_is_pass(x->tenant->recent, a->key)) list_for_joining(f);
    flight_begin(f);
    return true;
}

void flight_enter(struct exchange *x) {
    const struct analysis *a = x->statement->analysis;
    struct flight *f = find(&x->proxy->flights->by_key, a->key);
    recent_count(x->tenant->recent, a->key, x->tenant->config->cache.admit_window_ms);
    if (f && can_join(x, f) && join(x, f)) return;
    if (!lead(x)) statement_run_alone(x);
}

void flight_refresh(struct exchange *x) {
    struct flight *f = find(&x->proxy->flights->by_key, x->statement->analysis->key);
    if (f && !f->is_over) return; /* somebody does it already */
    f = flight_new(x);
    if (!f) return;
    f->is_background = true;
    metrics_add(&x->tenant->metrics, M_REFRESHES);
    list_for_joining(f);
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
