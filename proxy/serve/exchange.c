#include "exchange.h"

#include <event2/bufferevent.h>
#include <stdio.h>
#include <string.h>

#include "await.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "dispatch.h"
#include "flight.h"
#include "forward.h"
#include "lookup.h"
#include "proxy/request/http_hdr.h"
#include "proxy/tenant/identity.h"
#include "proxy/tenant/right.h"
#include "proxy/tenant/writes.h"
#include "record.h"
#include "sendnow.h"
#include "statement.h"
#include "warehouse.h"

enum { READ_AHEAD_BYTES = 16 * 1024 };

static void exchange_free(struct exchange *x);

/* ---- state ----------------------------------------------------------------------------------------------------- */

void exchange_move(struct exchange *x, enum exchange_state to) {
    static const unsigned ALLOWED[] = {
        [EXCHANGE_RECEIVED] = 1u << EXCHANGE_ASKING | 1u << EXCHANGE_WAITING | 1u << EXCHANGE_FORWARDING |
                              1u << EXCHANGE_DONE,
        [EXCHANGE_ASKING] = 1u << EXCHANGE_ASKING | 1u << EXCHANGE_WAITING | 1u << EXCHANGE_FORWARDING |
                            1u << EXCHANGE_DONE,
        [EXCHANGE_WAITING] = 1u << EXCHANGE_ASKING | 1u << EXCHANGE_WAITING | 1u << EXCHANGE_FORWARDING |
                             1u << EXCHANGE_STREAMING | 1u << EXCHANGE_DONE,
        [EXCHANGE_FORWARDING] = 1u << EXCHANGE_CAPTURING | 1u << EXCHANGE_STREAMING | 1u << EXCHANGE_DONE,
        [EXCHANGE_CAPTURING] = 1u << EXCHANGE_STREAMING | 1u << EXCHANGE_DONE,
        [EXCHANGE_STREAMING] = 1u << EXCHANGE_DONE,
        [EXCHANGE_DONE] = 0,
    };
    if (!(ALLOWED[x->state] & 1u << to))
        log_line(x->proxy->log, LOG_FATAL, "exchange", "impossible move %d to %d", (int)x->state, (int)to);
    x->state = to;
}

/* ---- the client's connection ----------------------------------------------------------------------------------- */

static void on_client_gone(struct evhttp_connection *conn, void *arg) {
    struct exchange *x = arg;
    (void)conn;
    x->conn = NULL;
    if (x->must_finish && x->state != EXCHANGE_STREAMING) return;
    exchange_end(x);
}

static struct timeval tv_of_ms(int64_t ms) { return (struct timeval){ms / 1000, ms % 1000 * 1000}; }

/* While we work nothing is read but the news that the client has gone; evhttp takes its callbacks back for the
 * next request. What the client sends ahead waits in a bounded buffer. */
static void watch_client(struct exchange *x) {
    struct bufferevent *bev = evhttp_connection_get_bufferevent(x->conn);
    bufferevent_data_cb on_write;
    bufferevent_event_cb on_event;
    void *arg;
    struct timeval write_limit = tv_of_ms(x->proxy->cfg->limits.write_timeout_ms);
    bufferevent_getcb(bev, NULL, &on_write, &on_event, &arg);
    bufferevent_setcb(bev, NULL, on_write, on_event, arg);
    bufferevent_setwatermark(bev, EV_READ, 0, READ_AHEAD_BYTES);
    bufferevent_set_timeouts(bev, NULL, &write_limit);
    bufferevent_enable(bev, EV_READ);
    evhttp_connection_set_closecb(x->conn, on_client_gone, x);
}

static void unwatch_client(struct exchange *x) {
    const struct config_limits *l = &x->proxy->cfg->limits;
    struct timeval idle = tv_of_ms(l->idle_timeout_ms), write_limit = tv_of_ms(l->write_timeout_ms);
    if (!x->conn) return;
    struct bufferevent *bev = evhttp_connection_get_bufferevent(x->conn);
    evhttp_connection_set_closecb(x->conn, NULL, NULL);
    bufferevent_setwatermark(bev, EV_READ, 0, 0);
    bufferevent_set_timeouts(bev, &idle, &write_limit);
}

/* ---- answering ------------------------------------------------------------------------------------------------- */

struct evkeyvalq *exchange_out(struct exchange *x) { return evhttp_request_get_output_headers(x->req); }

void exchange_add_header(struct exchange *x, const char *name, const char *value) {
    evhttp_add_header(exchange_out(x), name, value);
}

const char *exchange_header(const struct exchange *x, const char *name) {
    return evhttp_find_header(evhttp_request_get_input_headers(x->req), name);
}

void exchange_add_cache_headers(struct exchange *x) {
    if (!x->cache_status[0]) return;
    exchange_add_header(x, "Cache-Status", x->cache_status);
    evhttp_remove_header(exchange_out(x), "Cache-Control");
    exchange_add_header(x, "Cache-Control", "no-store");
}

void exchange_answer(struct exchange *x, int status, struct evbuffer *body, const char *content_type) {
    x->status = status;
    x->bytes_out = evbuffer_get_length(body);
    if (!evhttp_find_header(exchange_out(x), "Content-Type"))
        exchange_add_header(x, "Content-Type", content_type ? content_type : "application/json");
    exchange_add_cache_headers(x);
    if (x->proxy->closing) exchange_add_header(x, "Connection", "close");
    struct evhttp_request *req = x->req;
    struct evhttp_connection *conn = x->door->is_tls ? NULL : x->conn;
    exchange_move(x, EXCHANGE_DONE);
    exchange_hand_over(x);
    x->req = NULL;
    evhttp_send_reply(req, status, NULL, body); /* frees the request when there is no connection any more */
    exchange_free(x);
    if (conn) sendnow(conn); /* the request may go, and the connection */
}

static enum rc write_error(struct evbuffer *out, const char *error_code, const char *message, struct err *e) {
    struct buf b;
    buf_init(&b, 16 * 1024);
    enum rc rc = buf_addf(&b, e, "{\"error_code\":\"%s\",\"message\":", error_code);
    if (rc == RC_OK) rc = json_quote(&b, sv_of(message), e);
    if (rc == RC_OK) rc = buf_addc(&b, '}', e);
    if (rc == RC_OK) evbuffer_add(out, b.ptr, b.len);
    buf_fini(&b);
    return rc;
}

void exchange_refuse(struct exchange *x, int status, const char *error_code, const char *message, int retry_after_s) {
    struct err e = ERR_INIT;
    char seconds[16];
    struct evbuffer *body = evbuffer_new();
    if (!body || write_error(body, error_code, message, &e)) {
        if (body) evbuffer_free(body);
        exchange_break(x);
        return;
    }
    snprintf(seconds, sizeof seconds, "%d", retry_after_s);
    if (retry_after_s > 0) exchange_add_header(x, "Retry-After", seconds);
    if (x->outcome != REQUEST_ERROR) x->outcome = status >= 500 ? REQUEST_ERROR : REQUEST_REFUSED;
    exchange_answer(x, status, body, NULL);
    evbuffer_free(body);
}

void exchange_end(struct exchange *x) {
    if (x->state != EXCHANGE_DONE) exchange_move(x, EXCHANGE_DONE);
    exchange_free(x);
}

void exchange_break(struct exchange *x) {
    struct evhttp_connection *conn = x->conn;
    x->outcome = REQUEST_ERROR;
    unwatch_client(x);
    if (conn) x->req = NULL; /* dies with its connection */
    exchange_end(x);
    if (conn) evhttp_connection_free(conn);
}

/* ---- answers that evhttp still writes, so that a drain waits for them ------------------------------------------ */

struct sending {
    struct proxy *proxy;
    struct evhttp_connection *conn;
};

static void tell_quiet(struct proxy *p) {
    if (p->draining && p->n_exchanges == 0 && p->n_sending == 0 && p->on_quiet) p->on_quiet(p->on_quiet_arg);
}

static void sending_end(struct sending *s) {
    struct proxy *p = s->proxy;
    p->n_sending--;
    mem_free(s);
    tell_quiet(p);
}

static void on_sent(struct evhttp_request *req, void *arg) {
    struct sending *s = arg;
    (void)req;
    evhttp_connection_set_closecb(s->conn, NULL, NULL);
    sending_end(s);
}

static void on_send_broken(struct evhttp_connection *conn, void *arg) {
    (void)conn;
    sending_end(arg);
}

/* evhttp frees header fields without wiping them. */
static void wipe_token(struct evhttp_request *req) {
    const char *token = evhttp_find_header(evhttp_request_get_input_headers(req), "Authorization");
    if (token) mem_wipe((char *)(uintptr_t)token, strlen(token));
}

void exchange_hand_over(struct exchange *x) {
    wipe_token(x->req);
    struct sending *s = x->conn ? mem_zalloc(sizeof *s) : NULL;
    unwatch_client(x);
    if (!s) return;
    s->proxy = x->proxy;
    s->conn = x->conn;
    s->proxy->n_sending++;
    evhttp_connection_set_closecb(s->conn, on_send_broken, s);
    evhttp_request_set_on_complete_cb(x->req, on_sent, s);
    x->conn = NULL;
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

static void exchange_free(struct exchange *x) {
    struct proxy *p = x->proxy;
    record_exchange(x);
    unwatch_client(x);
    forward_drop(x);
    seat_leave(x);
    await_drop(x);
    warehouse_leave(x);
    lookup_drop(x);
    right_ask_drop(&x->right);
    identity_wait_drop(&x->waiting);
    statement_drop(x);
    write_end(&x->write);
    if (x->req) wipe_token(x->req);
    if (x->req && !x->conn) evhttp_request_free(x->req); /* evhttp left it to us when the client went */
    buf_fini(&x->inflated);
    arena_fini(&p->spare);
    arena_reset(&x->arena);
    p->spare = x->arena;
    TAILQ_REMOVE(&p->exchanges, x, link);
    p->n_exchanges--;
    p->last_request_ms = clock_mono_ms();
    mem_free(x);
    tell_quiet(p);
}

void exchange_drop_all(struct proxy *p) {
    while (!TAILQ_EMPTY(&p->exchanges)) exchange_break(TAILQ_FIRST(&p->exchanges));
}

/* ---- the beginning --------------------------------------------------------------------------------------------- */

static const char *method_name(enum evhttp_cmd_type m) {
    switch (m) {
    case EVHTTP_REQ_GET: return "GET";
    case EVHTTP_REQ_POST: return "POST";
    case EVHTTP_REQ_HEAD: return "HEAD";
    case EVHTTP_REQ_PUT: return "PUT";
    case EVHTTP_REQ_DELETE: return "DELETE";
    case EVHTTP_REQ_OPTIONS: return "OPTIONS";
    case EVHTTP_REQ_PATCH: return "PATCH";
    default: return NULL;
    }
}

static struct exchange *exchange_new(const struct door *d, struct evhttp_request *req) {
    struct proxy *p = d->proxy;
    struct exchange *x = mem_zalloc(sizeof *x);
    if (!x) return NULL;
    x->proxy = p;
    x->arena = p->spare;
    p->spare = (struct arena)ARENA_INIT;
    x->door = d;
    x->req = req;
    x->conn = evhttp_request_get_connection(req);
    x->started_us = clock_mono_us();
    TAILQ_INSERT_TAIL(&p->exchanges, x, link);
    p->n_exchanges++;
    watch_client(x);
    return x;
}

static bool read_request(struct exchange *x) {
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(x->req);
    struct evbuffer *in = evhttp_request_get_input_buffer(x->req);
    size_t len = evbuffer_get_length(in);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    x->method = method_name(evhttp_request_get_command(x->req));
    x->path = path && path[0] ? path : "/";
    x->query = uri ? evhttp_uri_get_query(uri) : NULL;
    if (len) x->body = sv_make((const char *)evbuffer_pullup(in, -1), len);
    return x->method && (len == 0 || x->body.ptr);
}

void exchange_begin(struct evhttp_request *req, void *arg) {
    const struct door *door = arg;
    struct exchange *x = exchange_new(door, req);
    const char *fault = http_hdr_framing_fault(evhttp_request_get_input_headers(req));
    if (!x) {
        evhttp_send_error(req, 503, NULL);
        return;
    }
    x->tenant = proxy_tenant_of(x->proxy, x->door, exchange_header(x, "Host"));
    if (door->closing && !door->proxy->closing) exchange_add_header(x, "Connection", "close");
    if (!read_request(x)) {
        x->method = "?";
        exchange_refuse(x, 501, "NOT_IMPLEMENTED", "dbxproxyd: this method is not forwarded", 0);
    } else if (fault) {
        char text[128];
        snprintf(text, sizeof text, "dbxproxyd: the request has %s", fault);
        exchange_add_header(x, "Connection", "close");
        exchange_refuse(x, 400, "BAD_REQUEST", text, 0);
    } else if (!x->tenant) {
        exchange_refuse(x, 404, "RESOURCE_DOES_NOT_EXIST",
                        "dbxproxyd: no tenant is configured for this address and Host", 0);
    } else {
        x->route = route_of(sv_of(x->method), sv_of(x->path));
        dispatch(x);
    }
}
