#include "replay.h"

#include <event2/bufferevent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "auth.h"
#include "proxy/cache/cache.h"
#include "core/clock.h"
#include "proxy/tenant/tombstone.h"

enum { RESULT_LIFE_MS = 60 * 60 * 1000, LINK_LIFE_MS = 15 * 60 * 1000, COPY_BELOW = 4096 };

static void unref(const void *data, size_t len, void *arg) {
    struct entry *e = arg;
    (void)data;
    (void)len;
    entry_unref(&e);
}

/* Part of an entry's body, without a copy where that pays. */
static bool add_part(struct evbuffer *out, struct entry *e, size_t at, size_t len) {
    if (len < COPY_BELOW) return evbuffer_add(out, e->json + at, len) == 0;
    if (evbuffer_add_reference(out, e->json + at, len, unref, entry_ref(e)) == 0) return true;
    entry_unref(&(struct entry *){e});
    return false;
}

static bool add_rest(struct evbuffer *out, struct entry *e, size_t at) {
    return add_part(out, e, at, e->json_len - at);
}

static bool add_id(struct evbuffer *out, const char *id) { return evbuffer_add_printf(out, "\"%s\"", id) > 0; }

/* ---- links of ours --------------------------------------------------------------------------------------------- */

static bool is_authority(const char *host) {
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
    return host && host[0] && strlen(host) < 256 && strspn(host, LETTERS) == strlen(host);
}

bool replay_can_link(const struct exchange *x) {
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    evutil_socket_t fd = bufferevent_getfd(evhttp_connection_get_bufferevent(x->conn));
    if (getsockname(fd, (struct sockaddr *)&own, &len) || own.ss_family == AF_UNIX) return false;
    return is_authority(exchange_header(x, "Host"));
}

static void print_expiration(char out[40]) {
    time_t s = (time_t)((clock_wall_ms() + LINK_LIFE_MS) / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(out, 40, "%Y-%m-%dT%H:%M:%S.000Z", &tm); /* numbers only: no locale has a say */
}

static bool add_link(struct exchange *x, struct evbuffer *out, const struct entry *e, int i, const char *sealed) {
    const struct entry_chunk *c = &e->chunks[i];
    char expiration[40];
    print_expiration(expiration);
    return evbuffer_add_printf(
               out,
               "{\"chunk_index\":%" PRId64 ",\"row_offset\":%" PRId64 ",\"row_count\":%" PRId64
               ",\"byte_count\":%zu,\"external_link\":\"http://%s/dbxp/v1/r/%s/%d\",\"expiration\":\"%s\"}",
               (int64_t)i, c->row_offset, c->row_count, c->len, exchange_header(x, "Host"), sealed, i, expiration) > 0;
}

/* A "result" object with links to us for some of the chunks. */
static bool add_links(struct exchange *x, struct evbuffer *out, const struct entry *e, int first, int count) {
    struct handle h = {.created_ms = clock_wall_ms()};
    struct err err = ERR_INIT;
    char sealed[HANDLE_TEXT_BYTES];
    memcpy(h.principal, e->scope, sizeof h.principal);
    memcpy(h.key, e->key, sizeof h.key);
    memcpy(h.gen, e->gen, sizeof h.gen);
    if (handle_seal(&x->proxy->secrets, HANDLE_LINK, &h, sealed, &err)) return false;
    bool ok = evbuffer_add_printf(out, "{\"external_links\":[") > 0;
    for (int i = first; ok && i < first + count; i++)
        ok = (i == first || evbuffer_add_printf(out, ",") > 0) && add_link(x, out, e, i, sealed);
    return ok && evbuffer_add_printf(out, "]}") > 0;
}

static void finish(struct exchange *x, struct evbuffer *body, bool ok) {
    if (ok) exchange_answer(x, 200, body, NULL);
    else exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    if (body) evbuffer_free(body);
}

void replay_answer(struct exchange *x, struct entry *e, const char *id) {
    struct evbuffer *body = evbuffer_new();
    size_t tail = e->id.at + e->id.len;
    bool ok = body != NULL;
    if (ok && e->linked && e->result.at > e->id.at)
        ok = add_part(body, e, 0, e->id.at) && add_id(body, id) && add_part(body, e, tail, e->result.at - tail) &&
             add_links(x, body, e, 0, e->n_chunks) && add_rest(body, e, e->result.at + e->result.len);
    else if (ok && e->linked)
        ok = add_part(body, e, 0, e->result.at) && add_links(x, body, e, 0, e->n_chunks) &&
             add_part(body, e, e->result.at + e->result.len, e->id.at - e->result.at - e->result.len) &&
             add_id(body, id) && add_rest(body, e, tail);
    else if (ok)
        ok = add_part(body, e, 0, e->id.at) && add_id(body, id) && add_rest(body, e, tail);
    finish(x, body, ok);
}

static void answer_text(struct exchange *x, const char *text) {
    struct evbuffer *body = evbuffer_new();
    finish(x, body, body && evbuffer_add(body, text, strlen(text)) == 0);
}

/* One answer for what is forged, foreign, of another process, too old or evicted. */
static void answer_gone(struct exchange *x) {
    exchange_refuse(x, 404, "RESOURCE_DOES_NOT_EXIST",
                    "The statement does not exist, or its result is no longer available.", 0);
}

static void answer_closed(struct exchange *x) {
    char text[HANDLE_TEXT_BYTES + 80];
    snprintf(text, sizeof text, "{\"statement_id\":\"" SV_FMT "\",\"status\":{\"state\":\"CLOSED\"}}",
             SV_ARG(x->route.id));
    answer_text(x, text);
}

static void answer_chunk(struct exchange *x, struct entry *e) {
    long long i;
    int n = e->linked ? e->n_chunks : e->result.len > 0;
    if (!sv_to_i64(x->route.chunk, &i) || i < 0 || i >= n || (e->linked && !replay_can_link(x))) {
        answer_gone(x);
        return;
    }
    struct evbuffer *body = evbuffer_new();
    if (e->linked) finish(x, body, body && add_links(x, body, e, (int)i, 1));
    else finish(x, body, body && add_part(body, e, e->result.at, e->result.len));
}

static void serve(struct exchange *x, const struct handle *h) {
    bool is_closed = tombstones_has(x->proxy->tombstones, x->route.id);
    bool is_old = clock_wall_ms() - h->created_ms > RESULT_LIFE_MS;
    x->outcome = OUTCOME_HIT;
    if (x->route.route == ROUTE_CLOSE) tombstones_add(x->proxy->tombstones, x->route.id);
    if (x->route.route == ROUTE_CLOSE || x->route.route == ROUTE_CANCEL) {
        answer_text(x, "{}"); /* a hit has succeeded already: a cancel has lost its race */
        return;
    }
    if (is_closed && x->route.route == ROUTE_STATUS) {
        answer_closed(x);
        return;
    }
    struct entry *e = is_closed || is_old ? NULL : cache_find_handle(&x->proxy->cache, h);
    char id[HANDLE_TEXT_BYTES];
    snprintf(id, sizeof id, SV_FMT, SV_ARG(x->route.id));
    if (!e) answer_gone(x);
    else if (x->route.route == ROUTE_STATUS && e->linked && !replay_can_link(x)) answer_gone(x);
    else if (x->route.route == ROUTE_STATUS) replay_answer(x, e, id);
    else answer_chunk(x, e);
    entry_unref(&e);
}

static void answer_bytes(struct exchange *x, struct entry *e, int chunk) {
    struct evbuffer *body = evbuffer_new();
    struct sv bytes = entry_chunk_bytes(e, chunk);
    x->outcome = OUTCOME_HIT;
    exchange_add_header(x, "Content-Type", "application/octet-stream");
    exchange_add_header(x, "Referrer-Policy", "no-referrer");
    exchange_add_header(x, "X-Content-Type-Options", "nosniff");
    bool ok = body && evbuffer_add_reference(body, bytes.ptr, bytes.len, unref, entry_ref(e)) == 0;
    finish(x, body, ok);
}

void replay_link(struct exchange *x) {
    struct handle h;
    long long i;
    struct entry *e = NULL;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd");
    if (handle_open(&x->proxy->secrets, HANDLE_LINK, x->route.id, &h) && clock_wall_ms() - h.created_ms <= LINK_LIFE_MS)
        e = cache_find_handle(&x->proxy->cache, &h);
    if (e && e->linked && sv_to_i64(x->route.chunk, &i) && i >= 0 && i < e->n_chunks) answer_bytes(x, e, (int)i);
    else answer_gone(x);
    entry_unref(&e);
}

static void on_identity(struct exchange *x, const struct identity_answer *a) {
    struct handle h;
    if (a->result == IDENTITY_REFUSED)
        auth_pass_refusal(x, a);
    else if (a->result == IDENTITY_UNCERTAIN)
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: the token could not be checked upstream", 1);
    else if (handle_open(&x->proxy->secrets, HANDLE_STATEMENT, x->route.id, &h))
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
    } else if (!handle_open(&x->proxy->secrets, HANDLE_STATEMENT, x->route.id, &h)) {
        metrics_add(&x->proxy->metrics, M_CRYPTO_FAILURES);
        answer_gone(x);
    } else if (memcmp(h.principal, x->principal, DIGEST_BYTES) != 0) {
        answer_gone(x);
    } else {
        auth_require(x, on_identity);
    }
}
