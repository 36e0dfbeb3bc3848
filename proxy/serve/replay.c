#include "replay.h"

#include <event2/bufferevent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "auth.h"
#include "core/clock.h"
#include "proxy/cache/cache.h"
#include "proxy/request/range.h"
#include "flight.h"
#include "lookup.h"
#include "proxy/tenant/tombstone.h"
#include "relay.h"
#include "render.h"

enum { RESULT_LIFE_MS = 60 * 60 * 1000, SHELF_PART = 8 /* of the memory limit */ };

/* ---- who asks -------------------------------------------------------------------------------------------------- */

static bool is_authority(const char *host) {
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
    return host && host[0] && strlen(host) < 256 && strspn(host, LETTERS) == strlen(host);
}

static bool is_on_unix_socket(const struct exchange *x) {
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(x->conn));
    return getsockname(fd, (struct sockaddr *)&own, &len) != 0 || own.ss_family == AF_UNIX;
}

static struct sv public_url(const struct exchange *x) {
    const struct config_listen *listen = x->door->listen;
    struct sv url = listen && listen->public_url ? sv_of(listen->public_url) : SV_LIT("");
    while (url.len && url.ptr[url.len - 1] == '/') url.len--;
    return url;
}

static bool has_origin(const struct exchange *x) {
    return public_url(x).len > 0 || (!is_on_unix_socket(x) && is_authority(exchange_header(x, "Host")));
}

/* scheme://authority by which this client reaches us; NULL = by none, or out of memory. In the exchange's arena. */
static const char *find_origin(struct exchange *x) {
    struct sv url = public_url(x);
    const char *host = exchange_header(x, "Host"), *scheme = x->door->is_tls ? "https" : "http";
    if (!has_origin(x)) return NULL;
    if (url.len) return arena_dup(&x->arena, url);
    size_t size = strlen(scheme) + strlen("://") + strlen(host) + 1;
    char *text = arena_alloc(&x->arena, size);
    if (text) snprintf(text, size, "%s://%s", scheme, host);
    return text;
}

bool replay_can_serve(const struct exchange *x, const struct entry *e) {
    return !e->linked || render_can(e, has_origin(x));
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void finish(struct exchange *x, int status, struct evbuffer *body, bool ok) {
    if (ok) exchange_answer(x, status, body, NULL);
    else exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    if (body) evbuffer_free(body);
}

static struct render render_for(struct exchange *x, struct entry *e, const char *id) {
    return (struct render){
        .entry = e,
        .id = id,
        .origin = e->linked ? find_origin(x) : NULL,
        .secrets = &x->tenant->secrets,
    };
}

static void keep_for_its_chunks(struct exchange *x, struct entry *e) {
    struct proxy *p = x->proxy;
    size_t most = p->cfg->cache.memory_limit / SHELF_PART, bytes = entry_cost(e);
    if ((!e->linked && e->n_chunks <= 1) || bytes > most) return;
    if (shelf_has(&p->shelf, e) || store_make_room(p->store, bytes))
        shelf_put(&p->shelf, e, clock_mono_ms(), most);
}

void replay_answer(struct exchange *x, struct entry *e, const char *id) {
    struct render r = render_for(x, e, id);
    struct evbuffer *body = evbuffer_new();
    keep_for_its_chunks(x, e);
    finish(x, 200, body, body && render_can(e, r.origin != NULL) && render_answer(&r, body));
}

static void answer_text(struct exchange *x, const char *text) {
    struct evbuffer *body = evbuffer_new();
    finish(x, 200, body, body && evbuffer_add(body, text, strlen(text)) == 0);
}

/* One answer for what is forged, foreign, of another process, too old or evicted. */
static void answer_gone(struct exchange *x) {
    exchange_refuse(x, 404, "RESOURCE_DOES_NOT_EXIST",
                    "The statement does not exist, or its result is no longer available: run the statement again.", 0);
}

static void answer_state(struct exchange *x, const char *state) {
    char text[HANDLE_TEXT_BYTES + 80];
    snprintf(text, sizeof text, "{\"statement_id\":\"" SV_FMT "\",\"status\":{\"state\":\"%s\"}}",
             SV_ARG(x->route.id), state);
    answer_text(x, text);
}

/* A row_offset that comes with the index says nothing new: chunks are given whole. */
static void answer_chunk(struct exchange *x, struct entry *e, const char *id) {
    struct render r = render_for(x, e, id);
    long long i;
    if (!sv_to_i64(x->route.chunk, &i) || i < 0 || i >= render_chunk_count(e)) {
        answer_gone(x);
        return;
    }
    struct evbuffer *body = evbuffer_new();
    keep_for_its_chunks(x, e);
    finish(x, 200, body, body && render_chunk(&r, i, body));
}

static struct entry *find_entry(struct exchange *x, const struct handle *h) {
    struct entry *e = cache_find_handle(&x->tenant->cache, h);
    if (!e) e = shelf_find(&x->proxy->shelf, h->key, h->gen, clock_mono_ms());
    return e; /* the handle, which is its client's alone, names it by key and content */
}

static void answer_tombstone(struct exchange *x, enum tombstone stone) {
    if (x->route.route != ROUTE_STATUS) answer_gone(x);
    else answer_state(x, stone == TOMBSTONE_CLOSED ? "CLOSED" : "CANCELED");
}

/* This id ends; the others that stand for the same result go on. A hit has succeeded already: a cancel of it has lost
 * its race. */
static void leave(struct exchange *x, const struct handle *h) {
    bool closes = x->route.route == ROUTE_CLOSE;
    struct flight *f = flight_by_gen(x->proxy->flights, h->gen);
    struct sv id = SV_NULL;
    bool first_time = tombstones_find(x->tenant->tombstones, x->route.id) == TOMBSTONE_NONE;
    if (closes || f) tenant_bury(x->tenant, x->route.id, closes ? TOMBSTONE_CLOSED : TOMBSTONE_CANCELED);
    if (f && first_time && !flight_detach(f, false, &id) && id.ptr) relay_begin(x, id);
    else answer_text(x, "{}");
}

/* The result itself is not kept, or no longer. The upstream may still have it. */
static void serve_from_upstream(struct exchange *x, const struct handle *h) {
    struct flight *f = flight_by_gen(x->proxy->flights, h->gen);
    struct sv id = h->upstream_id[0] ? sv_of(h->upstream_id) : flights_landed_id(x->proxy->flights, h->gen);
    if (f && x->route.route == ROUTE_STATUS) flight_poll(x, f, false);
    else if (id.ptr) relay_begin(x, id);
    else answer_gone(x);
}

static void on_entry(struct exchange *x, const struct handle *h, struct entry *e) {
    char id[HANDLE_TEXT_BYTES];
    snprintf(id, sizeof id, SV_FMT, SV_ARG(x->route.id));
    if (!e || !replay_can_serve(x, e)) {
        serve_from_upstream(x, h);
        return;
    }
    x->outcome = REQUEST_HIT;
    if (x->route.route == ROUTE_STATUS) replay_answer(x, e, id);
    else answer_chunk(x, e, id);
}

static void serve(struct exchange *x, const struct handle *h) {
    enum tombstone stone = tombstones_find(x->tenant->tombstones, x->route.id);
    bool is_old = clock_wall_ms() - h->created_ms > RESULT_LIFE_MS;
    if (x->route.route == ROUTE_CLOSE || x->route.route == ROUTE_CANCEL) {
        leave(x, h);
        return;
    }
    if (stone != TOMBSTONE_NONE || is_old) {
        stone != TOMBSTONE_NONE ? answer_tombstone(x, stone) : answer_gone(x);
        return;
    }
    struct entry *e = find_entry(x, h);
    if (e || !x->tenant->shared || flight_by_gen(x->proxy->flights, h->gen)) on_entry(x, h, e);
    else lookup_handle(x, h, on_entry);
    entry_unref(&e);
}

/* ---- behind our links ------------------------------------------------------------------------------------------ */

static void add_range_header(struct exchange *x, const struct range *r, size_t total) {
    char text[96];
    if (r->kind == RANGE_NONE) snprintf(text, sizeof text, "bytes */%zu", total);
    else snprintf(text, sizeof text, "bytes %zu-%zu/%zu", r->from, r->from + r->len - 1, total);
    exchange_add_header(x, "Content-Range", text);
}

static void answer_bytes(struct exchange *x, struct entry *e, int chunk) {
    static const int STATUS[] = {[RANGE_ALL] = 200, [RANGE_PART] = 206, [RANGE_NONE] = 416};
    struct range r = range_parse(exchange_header(x, "Range"), e->chunks[chunk].len);
    struct evbuffer *body = evbuffer_new();
    char length[24];
    bool is_head = strcmp(x->method, "HEAD") == 0;
    x->outcome = REQUEST_HIT;
    exchange_add_header(x, "Content-Type", "application/octet-stream");
    exchange_add_header(x, "Accept-Ranges", "bytes");
    exchange_add_header(x, "Referrer-Policy", "no-referrer");
    exchange_add_header(x, "X-Content-Type-Options", "nosniff");
    if (r.kind != RANGE_ALL) add_range_header(x, &r, e->chunks[chunk].len);
    snprintf(length, sizeof length, "%zu", r.len);
    exchange_add_header(x, "Content-Length", length);
    finish(x, STATUS[r.kind], body, body && (is_head || r.len == 0 || render_bytes(e, chunk, r.from, r.len, body)));
}

static void on_linked_entry(struct exchange *x, const struct handle *h, struct entry *e) {
    long long i;
    (void)h;
    if (e && e->linked && sv_to_i64(x->route.chunk, &i) && i >= 0 && i < e->n_chunks) {
        keep_for_its_chunks(x, e);
        answer_bytes(x, e, (int)i);
    } else {
        answer_gone(x);
    }
}

void replay_link(struct exchange *x) {
    struct handle h;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd");
    if (!handle_open(&x->tenant->secrets, HANDLE_LINK, x->route.id, &h) || !render_link_lives(&h, clock_wall_ms())) {
        answer_gone(x);
        return;
    }
    struct entry *e = find_entry(x, &h);
    if (e || !x->tenant->shared) on_linked_entry(x, &h, e);
    else lookup_handle(x, &h, on_linked_entry);
    entry_unref(&e);
}

/* ---- the door -------------------------------------------------------------------------------------------------- */

static void on_identity(struct exchange *x, const struct identity_answer *a) {
    struct handle h;
    if (a->result == IDENTITY_REFUSED)
        auth_pass_refusal(x, a);
    else if (a->result == IDENTITY_UNCERTAIN)
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: the token could not be checked upstream", 1);
    else if (handle_open(&x->tenant->secrets, HANDLE_STATEMENT, x->route.id, &h))
        serve(x, &h);
    else
        answer_gone(x);
}

void replay_begin(struct exchange *x) {
    struct handle h;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd");
    if (!x->has_principal) {
        exchange_refuse(x, 401, "UNAUTHENTICATED",
                        "Credential was not sent or was of an unsupported type for this API.", 0);
    } else if (!handle_open(&x->tenant->secrets, HANDLE_STATEMENT, x->route.id, &h)) {
        metrics_add(&x->tenant->metrics, M_CRYPTO_FAILURES);
        answer_gone(x);
    } else if (memcmp(h.principal, x->principal, DIGEST_BYTES) != 0) {
        answer_gone(x);
    } else {
        auth_require(x, on_identity);
    }
}
