#include "replay.h"

#include <stdio.h>
#include <string.h>

#include "auth.h"
#include "cache.h"
#include "core/clock.h"
#include "tombstone.h"

enum { RESULT_LIFE_MS = 60 * 60 * 1000, COPY_BELOW = 4096 };

static void unref(const void *data, size_t len, void *arg) {
    struct entry *e = arg;
    (void)data;
    (void)len;
    entry_unref(&e);
}

/* Part of an entry's body, without a copy where that pays. */
static bool add_part(struct evbuffer *out, struct entry *e, size_t at, size_t len) {
    if (len < COPY_BELOW) return evbuffer_add(out, e->body + at, len) == 0;
    if (evbuffer_add_reference(out, e->body + at, len, unref, entry_ref(e)) == 0) return true;
    entry_unref(&(struct entry *){e});
    return false;
}

static void finish(struct exchange *x, struct evbuffer *body, bool ok) {
    if (ok) exchange_answer(x, 200, body, NULL);
    else exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    if (body) evbuffer_free(body);
}

void replay_answer(struct exchange *x, struct entry *e, const char *id) {
    struct evbuffer *body = evbuffer_new();
    size_t tail = e->id_at + e->id_len;
    bool ok = body && add_part(body, e, 0, e->id_at) && evbuffer_add_printf(body, "\"%s\"", id) > 0 &&
              add_part(body, e, tail, e->len - tail);
    finish(x, body, ok);
}

static void answer_text(struct exchange *x, const char *text) {
    struct evbuffer *body = evbuffer_new();
    finish(x, body, body && evbuffer_add(body, text, strlen(text)) == 0);
}

/* One answer for what is forged, foreign, of another process, too old or evicted. */
static void answer_gone(struct exchange *x) {
    exchange_refuse(x, 404, "RESOURCE_DOES_NOT_EXIST", "The statement does not exist, or its result is no longer available.", 0);
}

static void answer_closed(struct exchange *x) {
    char text[HANDLE_TEXT_BYTES + 80];
    snprintf(text, sizeof text, "{\"statement_id\":\"" SV_FMT "\",\"status\":{\"state\":\"CLOSED\"}}", SV_ARG(x->route.id));
    answer_text(x, text);
}

static void answer_chunk(struct exchange *x, struct entry *e) {
    if (!sv_eq(x->route.chunk, SV_LIT("0")) || e->result_len == 0) {
        answer_gone(x);
        return;
    }
    struct evbuffer *body = evbuffer_new();
    finish(x, body, body && add_part(body, e, e->result_at, e->result_len));
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
    else if (x->route.route == ROUTE_STATUS) replay_answer(x, e, id);
    else answer_chunk(x, e);
    entry_unref(&e);
}

static void on_identity(struct exchange *x, const struct identity_answer *a) {
    struct handle h;
    if (a->result == IDENTITY_REFUSED)
        auth_pass_refusal(x, a);
    else if (a->result == IDENTITY_UNCERTAIN)
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: the token could not be checked upstream", 1);
    else if (handle_open(&x->proxy->secrets, x->route.id, &h))
        serve(x, &h);
    else
        answer_gone(x);
}

void replay_begin(struct exchange *x) {
    struct handle h;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd");
    if (!x->has_principal) {
        exchange_refuse(x, 401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.", 0);
    } else if (!handle_open(&x->proxy->secrets, x->route.id, &h)) {
        metrics_add(&x->proxy->metrics, M_CRYPTO_FAILURES);
        answer_gone(x);
    } else if (memcmp(h.principal, x->principal, DIGEST_BYTES) != 0) {
        answer_gone(x);
    } else {
        auth_require(x, on_identity);
    }
}
