#include "forward.h"

#include <event2/bufferevent.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "proxy/request/http_hdr.h"

struct forward {
    struct exchange *x;
    struct forward_plan plan;
    struct upstream_req *up;
    struct evkeyvalq head;     /* of the answer, ready for the client */
    int status;
    struct buf moved;          /* the body for another warehouse */
    struct buf captured;
    size_t accounted;          /* of it in proxy.captured */
    bool paused;               /* the upstream waits for the client */
    struct event *resume;      /* libcurl must not be called from within evhttp's write callback */
    bool finished;             /* plan.finish was called */
};

static void tell_finish(struct forward *f, enum upstream_fault fault) {
    struct forward_answer a = {
        .fault = fault,
        .status = f->status,
        .complete = fault == UPSTREAM_OK && f->x->state != EXCHANGE_STREAMING,
        .body = buf_sv(&f->captured),
        .headers = &f->head,
    };
    if (f->finished) return;
    f->finished = true;
    if (f->plan.finish) f->plan.finish(f->x, &a);
}

/* All captures count as the cache's memory; beyond that answers stream. */
static bool capture(struct forward *f, struct sv bytes) {
    struct proxy *p = f->x->proxy;
    struct err e = ERR_INIT;
    if (f->captured.len + bytes.len > f->plan.capture_max || !store_make_room(p->store, bytes.len)) return false;
    if (buf_addsv(&f->captured, bytes, &e)) return false;
    f->accounted += bytes.len;
    p->ledger.captured += bytes.len;
    return true;
}

static void forget_captured(struct forward *f) {
    buf_fini(&f->captured);
    f->x->proxy->ledger.captured -= f->accounted;
    f->accounted = 0;
}

/* ---- to the client --------------------------------------------------------------------------------------------- */

static void on_resume(evutil_socket_t fd, short what, void *arg) {
    struct forward *f = arg;
    (void)fd;
    (void)what;
    if (!f->paused || !f->up) return;
    f->paused = false;
    upstream_resume(f->up);
}

static void on_client_took(struct evhttp_connection *conn, void *arg) {
    struct exchange *x = arg;
    (void)conn;
    if (x->forward && x->forward->paused) event_active(x->forward->resume, EV_TIMEOUT, 0);
}

static bool client_is_slow(const struct exchange *x) {
    struct bufferevent *bev = evhttp_connection_get_bufferevent(x->conn);
    return evbuffer_get_length(bufferevent_get_output(bev)) > x->proxy->cfg->limits.queue_high;
}

static void move_head(struct forward *f) {
    const struct evkeyval *h;
    TAILQ_FOREACH(h, &f->head, next) exchange_add_header(f->x, h->key, h->value);
}

static void send_bytes(struct exchange *x, struct sv bytes) {
    struct evbuffer *b = evbuffer_new();
    if (!b || evbuffer_add(b, bytes.ptr, bytes.len)) {
        if (b) evbuffer_free(b);
        return; /* the byte count will not fit: the client sees a broken answer */
    }
    x->bytes_out += bytes.len;
    evhttp_send_reply_chunk_with_cb(x->req, b, on_client_took, x);
    evbuffer_free(b);
}

static void start_stream(struct forward *f) {
    struct exchange *x = f->x;
    exchange_move(x, EXCHANGE_STREAMING);
    x->status = f->status;
    move_head(f);
    exchange_add_cache_headers(x);
    if (x->proxy->closing) exchange_add_header(x, "Connection", "close");
    evhttp_send_reply_start(x->req, f->status, NULL);
    if (f->captured.len) send_bytes(x, buf_sv(&f->captured));
    forget_captured(f);
}

static void end_stream(struct exchange *x) {
    struct evhttp_request *req = x->req;
    exchange_hand_over(x);
    x->req = NULL;
    exchange_end(x);
    evhttp_send_reply_end(req);
}

static void free_reference(const void *data, size_t len, void *arg) {
    (void)len;
    (void)arg;
    mem_free((void *)(uintptr_t)data);
}

static void send_captured(struct forward *f) {
    struct exchange *x = f->x;
    struct evbuffer *body = evbuffer_new();
    size_t len;
    if (!body) {
        exchange_break(x);
        return;
    }
    if (f->plan.edit && f->status == 200) f->plan.edit(x, &f->captured);
    len = f->captured.len;
    move_head(f);
    evhttp_remove_header(exchange_out(x), "Content-Length"); /* evhttp counts by itself */
    if (len) {
        char *bytes = buf_take(&f->captured);
        if (evbuffer_add_reference(body, bytes, len, free_reference, NULL)) mem_free(bytes);
    }
    exchange_answer(x, f->status, body, NULL);
    evbuffer_free(body);
}

/* ---- from the upstream ----------------------------------------------------------------------------------------- */

static void on_head(void *arg, int status, struct evkeyvalq *headers) {
    struct forward *f = arg;
    struct err e = ERR_INIT;
    f->status = status;
    if (http_hdr_copy_answer(headers, f->plan.capture_max > 0, &f->head, &e)) evhttp_clear_headers(&f->head);
    if (f->plan.capture_max > 0) exchange_move(f->x, EXCHANGE_CAPTURING);
    else if (f->x->conn) start_stream(f);
}

static bool on_body(void *arg, struct sv bytes) {
    struct forward *f = arg;
    if (f->x->state == EXCHANGE_CAPTURING) {
        if (capture(f, bytes)) return true;
        if (!f->x->conn) return true; /* nobody listens any more; only the end matters */
        start_stream(f);
    }
    if (!f->x->conn) return true;
    if (client_is_slow(f->x)) {
        f->paused = true;
        return false;
    }
    send_bytes(f->x, bytes);
    return true;
}

/* Its outcome does not matter: whoever asked may ask again. */
static bool is_harmless(enum upstream_kind kind) {
    return kind != UP_WRITE && kind != UP_SESSION && kind != UP_PASS;
}

void forward_refuse(struct exchange *x, enum upstream_kind kind, const struct upstream_end *end) {
    const struct upstream_refusal *no = end->refusal;
    const char *why = end->why;
    char text[512];
    x->outcome = REQUEST_ERROR;
    watch_error(x->proxy->watch, x->tenant->name, "upstream", "%s", why);
    if (end->fault == UPSTREAM_REFUSED) {
        snprintf(text, sizeof text, "dbxproxyd: %s; nothing was sent", why);
        snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; detail=%s", no->reason);
        exchange_refuse(x, no->status, no->error_code, text, no->retry_after_s);
    } else if (end->fault == UPSTREAM_NOT_SENT) {
        snprintf(text, sizeof text, "dbxproxyd: the upstream cannot be reached (%s); nothing was sent", why);
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", text, 1);
    } else if (is_harmless(kind)) {
        snprintf(text, sizeof text, "dbxproxyd: the upstream gave no whole answer (%s); the request may be repeated",
                 why);
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", text, 1);
    } else {
        snprintf(text, sizeof text,
                 "dbxproxyd: the upstream gave no whole answer (%s): outcome unknown, the statement may "
                 "have run; it was not repeated",
                 why);
        exchange_refuse(x, 502, "TEMPORARILY_UNAVAILABLE", text, 0);
    }
}

static void on_done(void *arg, const struct upstream_end *end) {
    struct forward *f = arg;
    struct exchange *x = f->x;
    enum upstream_fault fault = end->fault;
    f->up = NULL;
    tell_finish(f, fault);
    if (!x->conn) exchange_end(x);
    else if (x->state == EXCHANGE_STREAMING && fault == UPSTREAM_OK) end_stream(x);
    else if (x->state == EXCHANGE_STREAMING) exchange_break(x);
    else if (fault == UPSTREAM_OK) send_captured(f);
    else forward_refuse(x, f->plan.kind, end);
}

/* ---- another warehouse ------------------------------------------------------------------------------------------ */

static enum rc rewrite(void *arg, const char *warehouse, struct sv *body_r, struct err *e) {
    struct forward *f = arg;
    buf_reset(&f->moved);
    if (upstream_move_body(f->x->body, warehouse, &f->moved, e)) return RC_ERR;
    *body_r = buf_sv(&f->moved);
    return RC_OK;
}

/* ---- starting -------------------------------------------------------------------------------------------------- */

static const struct upstream_events EVENTS = {on_head, on_body, on_done};

static enum rc start(struct forward *f, struct err *e) {
    struct exchange *x = f->x;
    struct evkeyvalq headers;
    struct buf target;
    TAILQ_INIT(&headers);
    buf_init(&target, 64 * 1024);
    struct upstream_call call = {
        .kind = f->plan.kind,
        .client = x->tenant->client,
        .principal = x->has_principal ? x->principal : NULL,
        .method = x->method,
        .headers = &headers,
        .body = strcmp(x->method, "GET") == 0 || strcmp(x->method, "HEAD") == 0 ? SV_NULL : x->body,
        .warehouse = f->plan.warehouse,
        .wait_ms = f->plan.wait_ms,
        .rewrite = f->plan.movable ? rewrite : NULL,
        .decode = f->plan.capture_max > 0,
        .silence_ms = f->plan.silence_ms,
        .total_ms = f->plan.total_ms,
    };
    enum rc rc = http_hdr_copy_request(evhttp_request_get_input_headers(x->req), f->plan.allow_list_only, &headers, e);
    if (rc == RC_OK) rc = buf_addf(&target, e, "%s%s%s", x->path, x->query ? "?" : "", x->query ? x->query : "");
    if (x->inflated.len) evhttp_remove_header(&headers, "Content-Encoding");
    call.target = target.ptr;
    if (rc == RC_OK) rc = upstream_start(x->tenant->upstream, &call, &EVENTS, f, &f->up, e);
    http_hdr_wipe(&headers);
    buf_fini(&target);
    return rc;
}

static struct forward *forward_new(struct exchange *x, const struct forward_plan *plan) {
    struct forward *f = mem_zalloc(sizeof *f);
    if (!f) return NULL;
    f->x = x;
    f->plan = *plan;
    x->forward = f;
    TAILQ_INIT(&f->head);
    buf_init(&f->captured, plan->capture_max);
    buf_init(&f->moved, x->body.len + 1024);
    f->resume = event_new(x->proxy->base, -1, 0, on_resume, f);
    return f;
}

void forward_start(struct exchange *x, const struct forward_plan *plan) {
    struct err e = ERR_INIT;
    exchange_move(x, EXCHANGE_FORWARDING);
    struct forward *f = forward_new(x, plan);
    if (!f) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
        return;
    }
    if (f->resume && start(f, &e) == RC_OK) return;
    tell_finish(f, UPSTREAM_NOT_SENT);
    exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: the request could not be sent", 1);
}

void forward_adopt(struct exchange *x, struct upstream_req *up, int status, const struct evkeyvalq *head,
                   struct sv captured, struct sv more) {
    static const struct forward_plan PLAN = {.kind = UP_READ};
    const struct evkeyval *h;
    struct forward *f = forward_new(x, &PLAN);
    if (!f || !f->resume) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
        return;
    }
    f->up = up;
    f->status = status;
    TAILQ_FOREACH(h, head, next) evhttp_add_header(&f->head, h->key, h->value);
    upstream_hand_over(up, &EVENTS, f);
    exchange_move(x, EXCHANGE_FORWARDING);
    start_stream(f);
    send_bytes(x, captured);
    send_bytes(x, more);
}

void forward_drop(struct exchange *x) {
    struct forward *f = x->forward;
    if (!f) return;
    x->forward = NULL;
    upstream_cancel(&f->up);
    evhttp_clear_headers(&f->head);
    forget_captured(f);
    buf_fini(&f->moved);
    if (f->resume) event_free(f->resume);
    mem_free(f);
}
