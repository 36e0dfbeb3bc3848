#include "warehouse.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/mem.h"
#include "forward.h"
#include "proxy/request/http_hdr.h"

enum { KEPT_MS = 2000, KEPT_MOST = 1024, ANSWER_MOST = 256 * 1024, SILENCE_MS = 75 * 1000, PATIENCE_MS = 50 * 1000 };

#define FOLDER "/api/2.0/sql/warehouses/"

struct errand {                   /* one request for several exchanges, and then its answer */
    struct keymap_node node;
    struct warehouses *owner;
    enum upstream_kind kind;
    struct upstream_req *req;     /* NULL = done */
    uint64_t round;               /* of the owner when it began */
    int64_t done_ms;
    int status;
    struct evkeyvalq head;
    struct buf answer;
    bool whole;
    TAILQ_HEAD(, warehouse_seat) seats;
    TAILQ_ENTRY(errand) link;
};

struct warehouse_seat {           /* in the arena of its exchange */
    struct exchange *x;
    struct errand *errand;
    TAILQ_ENTRY(warehouse_seat) link;
};

struct warehouses {
    struct proxy *proxy;
    struct keymap map;            /* those to be joined */
    TAILQ_HEAD(, errand) kept;    /* done, the oldest first */
    int n_kept;
    uint64_t round;               /* changes with everything that may change a warehouse */
};

/* ---- errands --------------------------------------------------------------------------------------------------- */

static void unlist(struct errand *a) {
    struct warehouses *w = a->owner;
    if (keymap_find(&w->map, a->node.key) == &a->node) keymap_remove(&w->map, &a->node);
}

static void errand_free(struct errand *a) {
    unlist(a);
    upstream_cancel(&a->req);
    evhttp_clear_headers(&a->head);
    buf_fini(&a->answer);
    mem_free(a);
}

static void forget(struct warehouses *w, struct errand *a) {
    TAILQ_REMOVE(&w->kept, a, link);
    w->n_kept--;
    errand_free(a);
}

static void forget_old(struct warehouses *w) {
    struct errand *a;
    int64_t since_ms = clock_mono_ms() - KEPT_MS;
    while ((a = TAILQ_FIRST(&w->kept)) && (w->n_kept > KEPT_MOST || a->done_ms < since_ms)) forget(w, a);
}

/* Something is sent that may change a warehouse: what was learned before says nothing any more. */
static void start_round(struct warehouses *w) {
    w->round++;
    while (!TAILQ_EMPTY(&w->kept)) forget(w, TAILQ_FIRST(&w->kept));
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void give(struct exchange *x, const struct errand *a) {
    const struct evkeyval *h;
    struct evbuffer *body = evbuffer_new();
    if (!body || (a->answer.len && evbuffer_add(body, a->answer.ptr, a->answer.len))) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    } else {
        TAILQ_FOREACH(h, &a->head, next) exchange_add_header(x, h->key, h->value);
        exchange_answer(x, a->status, body, NULL);
    }
    if (body) evbuffer_free(body);
}

static void give_kept(struct exchange *x, const struct errand *a) {
    char age[24];
    snprintf(age, sizeof age, "%d", (int)((clock_mono_ms() - a->done_ms) / 1000));
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; hit; detail=warehouse-state");
    exchange_add_header(x, "Age", age);
    give(x, a);
}

static void on_head(void *arg, int status, struct evkeyvalq *headers) {
    struct errand *a = arg;
    struct err e = ERR_INIT;
    a->status = status;
    a->whole = http_hdr_copy_answer(headers, true, &a->head, &e) == RC_OK;
}

static bool on_body(void *arg, struct sv bytes) {
    struct errand *a = arg;
    struct err e = ERR_INIT;
    if (a->whole && buf_addsv(&a->answer, bytes, &e)) a->whole = false;
    return true;
}

static void tell(struct errand *a, const struct upstream_end *end) {
    struct warehouse_seat *s;
    while ((s = TAILQ_FIRST(&a->seats))) {
        struct exchange *x = s->x;
        TAILQ_REMOVE(&a->seats, s, link);
        x->warehouse = NULL;
        if (end->fault == UPSTREAM_OK && a->whole) give(x, a);
        else if (end->fault != UPSTREAM_OK) forward_refuse(x, a->kind, end);
        else exchange_refuse(x, 502, "INTERNAL_ERROR", "dbxproxyd: the answer about the warehouse is too large", 0);
    }
}

static void on_done(void *arg, const struct upstream_end *end) {
    struct errand *a = arg;
    struct warehouses *w = a->owner;
    bool keep = a->kind == UP_POLL && end->fault == UPSTREAM_OK && a->status == 200 && a->whole && a->round == w->round;
    a->req = NULL;
    a->done_ms = clock_mono_ms();
    unlist(a); /* until it is kept, nobody may come upon it */
    if (a->kind == UP_START) start_round(w);
    tell(a, end);
    if (!keep || keymap_find(&w->map, a->node.key)) {
        errand_free(a);
        return;
    }
    keymap_add(&w->map, &a->node);
    TAILQ_INSERT_TAIL(&w->kept, a, link);
    w->n_kept++;
    forget_old(w);
}

/* ---- beginnings ------------------------------------------------------------------------------------------------ */

static enum rc ask(struct errand *a, struct exchange *x, struct err *e) {
    static const struct upstream_events EVENTS = {on_head, on_body, on_done};
    struct evkeyvalq headers;
    TAILQ_INIT(&headers);
    struct upstream_call call = {
        .kind = a->kind,
        .client = x->tenant->client,
        .principal = x->has_principal ? x->principal : NULL,
        .wait_ms = PATIENCE_MS,
        .method = x->method,
        .target = x->path,
        .headers = &headers,
        .decode = true,
        .silence_ms = SILENCE_MS,
        .total_ms = SILENCE_MS,
    };
    enum rc rc = http_hdr_copy_request(evhttp_request_get_input_headers(x->req), true, &headers, e);
    if (rc == RC_OK) rc = upstream_start(x->tenant->upstream, &call, &EVENTS, a, &a->req, e);
    http_hdr_wipe(&headers);
    return rc;
}

static struct errand *errand_start(struct exchange *x, enum upstream_kind kind, const uint8_t key[DIGEST_BYTES]) {
    struct warehouses *w = x->proxy->warehouses;
    struct errand *a = mem_zalloc(sizeof *a);
    struct err e = ERR_INIT;
    if (!a) return NULL;
    a->owner = w;
    a->kind = kind;
    a->round = w->round;
    memcpy(a->node.key, key, DIGEST_BYTES);
    TAILQ_INIT(&a->head);
    TAILQ_INIT(&a->seats);
    buf_init(&a->answer, ANSWER_MOST);
    if (ask(a, x, &e)) {
        errand_free(a);
        return NULL;
    }
    struct keymap_node *old = keymap_find(&w->map, key); /* of an earlier round: its own waiters stay with it */
    if (old) keymap_remove(&w->map, old);
    keymap_add(&w->map, &a->node);
    return a;
}

static bool sit(struct errand *a, struct exchange *x) {
    struct warehouse_seat *s = arena_alloc(&x->arena, sizeof *s);
    if (!s) return false;
    *s = (struct warehouse_seat){.x = x, .errand = a};
    TAILQ_INSERT_TAIL(&a->seats, s, link);
    x->warehouse = s;
    exchange_move(x, EXCHANGE_WAITING);
    return true;
}

static enum rc name_of(const struct exchange *x, enum upstream_kind kind, uint8_t key[DIGEST_BYTES], struct err *e) {
    const uint8_t *who = kind == UP_START ? x->principal : x->token;
    struct buf text;
    buf_init(&text, 16 * 1024);
    enum rc rc = buf_add(&text, who, DIGEST_BYTES, e);
    if (rc == RC_OK) rc = buf_addf(&text, e, "%s\n%s\n%s", x->tenant->name, x->method, x->path);
    if (rc == RC_OK) rc = secrets_digest(&x->tenant->secrets, "warehouse", buf_sv(&text), key, e);
    buf_fini(&text);
    return rc;
}

static bool may_join(const struct errand *a, const struct exchange *x) {
    if (a->kind == UP_START) return true;
    if (a->round != a->owner->round) return false;
    return a->req || x->tenant->config->security.auth_ttl_ms > 0;
}

static bool share(struct exchange *x, enum upstream_kind kind) {
    struct warehouses *w = x->proxy->warehouses;
    uint8_t key[DIGEST_BYTES];
    struct err e = ERR_INIT;
    if (name_of(x, kind, key, &e)) return false;
    forget_old(w);
    struct errand *a = (struct errand *)(void *)keymap_find(&w->map, key);
    if (a && may_join(a, x)) {
        if (a->req) return sit(a, x);
        give_kept(x, a);
        return true;
    }
    if (kind == UP_START) start_round(w);
    else if (a && !a->req) forget(w, a);
    a = errand_start(x, kind, key);
    if (!a) return false;
    if (sit(a, x)) return true;
    errand_free(a);
    return false;
}

/* UP_POLL, UP_START, or UP_PASS when it is something else. */
static enum upstream_kind kind_of(const struct exchange *x) {
    const char *id = x->path + sizeof FOLDER - 1, *slash = strchr(id, '/');
    if (!*id || slash == id || x->query) return UP_PASS;
    if (strcmp(x->method, "GET") == 0 && !slash) return UP_POLL;
    bool bare = x->body.len == 0 || sv_eq(sv_trim(x->body), sv_of("{}"));
    return strcmp(x->method, "POST") == 0 && slash && strcmp(slash, "/start") == 0 && bare ? UP_START : UP_PASS;
}

static bool only_reads(const char *method) {
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 || strcmp(method, "OPTIONS") == 0;
}

bool warehouse_begin(struct exchange *x) {
    if (strncasecmp(x->path, FOLDER, sizeof FOLDER - 1) != 0) return false;
    enum upstream_kind kind = strncmp(x->path, FOLDER, sizeof FOLDER - 1) == 0 ? kind_of(x) : UP_PASS;
    if (kind != UP_PASS && x->has_token && x->has_principal && share(x, kind)) return true;
    if (!only_reads(x->method)) start_round(x->proxy->warehouses);
    return false;
}

void warehouse_leave(struct exchange *x) {
    struct warehouse_seat *s = x->warehouse;
    if (!s) return;
    x->warehouse = NULL;
    TAILQ_REMOVE(&s->errand->seats, s, link);
    if (TAILQ_EMPTY(&s->errand->seats) && s->errand->req) errand_free(s->errand);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

enum rc warehouses_new(struct warehouses **out, struct proxy *p, struct err *e) {
    struct warehouses *w = mem_zalloc(sizeof *w);
    *out = NULL;
    if (!w) return err_nomem(e);
    w->proxy = p;
    TAILQ_INIT(&w->kept);
    if (!keymap_init(&w->map)) {
        mem_free(w);
        return err_nomem(e);
    }
    *out = w;
    return RC_OK;
}

void warehouses_free(struct warehouses **slot) {
    struct warehouses *w = *slot;
    if (!w) return;
    start_round(w);
    keymap_fini(&w->map);
    mem_free(w);
    *slot = NULL;
}
