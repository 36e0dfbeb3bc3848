#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "flight_priv.h"
#include "proxy/tenant/tombstone.h"

/* ---- one answer ------------------------------------------------------------------------------------------------ */

/* Bytes that several answers send at once. */
struct page {
    int refs;
    struct buf bytes;
    struct entry_place id;   /* of the statement id's token in them; length 0 = none */
};

void page_unref(struct page *p) {
    if (--p->refs) return;
    buf_fini(&p->bytes);
    mem_free(p);
}

static void on_sent(const void *data, size_t len, void *arg) {
    (void)data;
    (void)len;
    page_unref(arg);
}

struct page *page_new(struct sv bytes) {
    static const char *const PATH[] = {"statement_id", NULL};
    struct err e = ERR_INIT;
    struct sv id;
    bool found = false;
    struct page *p = mem_zalloc(sizeof *p);
    if (!p) return NULL;
    p->refs = 1;
    buf_init(&p->bytes, bytes.len + 1);
    if (buf_addsv(&p->bytes, bytes, &e)) {
        page_unref(p);
        return NULL;
    }
    if (json_slice(buf_sv(&p->bytes), PATH, &id, &found, &e) == RC_OK && found)
        p->id = (struct entry_place){(size_t)(id.ptr - p->bytes.ptr), id.len};
    return p;
}

static bool add_part(struct evbuffer *out, struct page *p, size_t at, size_t len) {
    if (!len) return true;
    p->refs++;
    if (evbuffer_add_reference(out, p->bytes.ptr + at, len, on_sent, p) == 0) return true;
    page_unref(p);
    return false;
}

/* The page under the seat's own statement id. */
static bool add_page(struct evbuffer *out, struct page *p, const struct seat *s) {
    if (!s->own_id || !p->id.len) return add_part(out, p, 0, p->bytes.len);
    size_t after = p->id.at + p->id.len;
    return add_part(out, p, 0, p->id.at) && evbuffer_add_printf(out, "\"%s\"", s->id) > 0 &&
           add_part(out, p, after, p->bytes.len - after);
}

void seat_answer(struct seat *s, int status, const struct evkeyvalq *head, struct page *p) {
    struct exchange *x = s->x;
    const struct evkeyval *h;
    struct evbuffer *body = evbuffer_new();
    bool ok = body && add_page(body, p, s);
    x->upstream_us = clock_mono_us() - x->started_us;
    if (s->flight->upstream_id[0]) x->upstream_id = sv_of(arena_dup(&x->arena, sv_of(s->flight->upstream_id)));
    seat_free(s);
    if (ok) {
        TAILQ_FOREACH(h, head, next)
            if (strcasecmp(h->key, "Content-Length") != 0) exchange_add_header(x, h->key, h->value);
        exchange_answer(x, status, body, NULL);
    } else {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    }
    if (body) evbuffer_free(body);
}

void seat_answer_state(struct seat *s, const char *state) {
    struct exchange *x = s->x;
    struct evbuffer *body = evbuffer_new();
    const char *id = s->own_id ? s->id : s->flight->upstream_id;
    bool ok = body && evbuffer_add_printf(body, "{\"statement_id\":\"%s\",\"status\":{\"state\":\"%s\"}}", id, state) > 0;
    seat_free(s);
    if (ok) exchange_answer(x, 200, body, NULL);
    else exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    if (body) evbuffer_free(body);
}

void seat_set_status(struct seat *s, const char *detail) {
    struct exchange *x = s->x;
    bool shared = !s->is_first && !s->is_poll;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; fwd=miss%s; %s", shared ? "; collapsed" : "", detail);
}

/* Only a seat with an id of its own can be told so before the upstream has given one. */
void seat_answer_pending(struct seat *s) {
    struct flight *f = s->flight;
    if (!s->is_poll) f->handles++;
    seat_set_status(s, "detail=pending");
    seat_answer_state(s, f->phase == FLIGHT_RUNNING ? "RUNNING" : "PENDING");
}

void seat_answer_canceled(struct seat *s) {
    tenant_bury(s->flight->tenant, sv_of(s->id), TOMBSTONE_CANCELED);
    seat_set_status(s, "detail=timeout");
    seat_answer_state(s, "CANCELED");
}

/* ---- coming and going ------------------------------------------------------------------------------------------ */

static void on_deadline(evutil_socket_t fd, short what, void *arg) {
    struct seat *s = arg;
    (void)fd;
    (void)what;
    if (s->x->statement && s->x->statement->analysis->cancel_on_timeout) seat_answer_canceled(s);
    else seat_answer_pending(s);
}

bool seat_set_deadline(struct seat *s, int64_t wait_ms) {
    struct timeval tv = {wait_ms / 1000, wait_ms % 1000 * 1000};
    s->deadline = evtimer_new(s->flight->proxy->base, on_deadline, s);
    return s->deadline && evtimer_add(s->deadline, &tv) == 0;
}

void flight_count_waiter(struct flight *f, bool comes) {
    size_t *n = &f->proxy->flights->n_waiters;
    *n = comes ? *n + 1 : *n - 1;
    f->tenant->metrics.value[M_FLIGHT_WAITERS] += comes ? 1 : -1;
}

struct seat *seat_new(struct flight *f, struct exchange *x) {
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
