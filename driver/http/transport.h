/* transport: HTTP requests through libcurl, each with its own deadline, ceiling and way to be interrupted.
 *
 *   transport ── pool of connections (most recently used first) ── one flight per request ── one answer
 *
 * A flight runs in the thread that asks, on a connection that nobody else uses meanwhile; any number of threads may
 * perform at once. API requests carry the token, downloads from storage never do. Redirects are not followed. After a
 * fork the child cannot use the parent's connections: every request answers ERR_NET_RESET there. */
#ifndef DRIVER_HTTP_TRANSPORT_H
#define DRIVER_HTTP_TRANSPORT_H

#include "cancel.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"
#include "core/sea_model.h"
#include "driver/conf/options.h"

struct transport;
struct http_flight;

enum http_method { HTTP_GET, HTTP_POST, HTTP_DELETE };

/* Takes the body of an answer 200 as it comes in. */
struct http_sink {
    void (*begin)(void *arg, int64_t length);   /* before the first byte; length -1 = not told */
    /* May wait: the request's deadline moves by as long. An error ends the request with it. */
    enum rc (*take)(void *arg, struct sv bytes, struct err *e);
    void *arg;
};

struct http_request {
    enum http_method method;
    const char *target;                 /* API: path and query, from "/"; storage: absolute URL (a credential) */
    bool to_storage;
    bool once;                          /* must not be repeated behind our back on another connection */
    struct sv body;                     /* borrowed until the call returns; ptr NULL = none */
    int n_headers;                      /* borrowed likewise */
    const struct sea_header *headers;
    size_t max_body;                    /* ceiling for the answer */
    const struct http_sink *sink;       /* borrowed: where the body goes instead of answer.body; NULL = there */
    int64_t deadline;                   /* of this request */
    int64_t quiet_ms;                   /* the server may be silent that long on purpose, on top of SocketTimeout */
};

struct http_answer {
    int status;                         /* 0 = no answer came */
    bool http2;                         /* the server offered HTTP/2: storage only, over TLS */
    struct buf body;
    bool sent;                          /* the server may have the whole request */
    int64_t retry_after_ms;             /* -1 = not given */
    char request_id[80];                /* x-request-id; "" = none */
    char cache_status[256];             /* Cache-Status; "" = none */
    int64_t age_s;                      /* Age; -1 = not given */
};

/* Direct to conf's host. conf and log must outlive the transport. */
enum rc transport_new(struct transport **out, const struct options *conf, struct log *log, struct err *e) MUST_CHECK;
/* Through a dbxproxyd from now on: "unix:/path", "http://host:port"; empty = stay direct. Before any request runs. */
enum rc transport_route(struct transport *t, const char *proxy, struct err *e) MUST_CHECK;
void transport_go_direct(struct transport *t);           /* at any time; requests under way keep their route */
bool transport_is_routed(const struct transport *t);    /* through a dbxproxyd */
const char *transport_host(const struct transport *t);  /* for messages: whom API requests go to */
bool transport_survived_fork(const struct transport *t);/* false in a child of the process that made it */
enum rc transport_check_fork(const struct transport *t, struct err *e) MUST_CHECK;  /* ERR_NET_RESET in such a child */
void transport_free(struct transport **t);              /* no request may be running */

/* RC_OK: an HTTP answer came, whatever its status. RC_ERR: none came; out->sent says whether the request may have
 * arrived. out is always to be given to http_answer_fini.
 * left (may be NULL): when the request was interrupted (cancel, deadline) after it was sent, *left is the flight still
 * waiting for its answer, to be ended with http_flight_finish; NULL otherwise. */
enum rc transport_perform(struct transport *t, const struct http_request *rq, struct cancel *c, struct http_answer *out,
                          struct http_flight **left, struct err *e) MUST_CHECK;
/* Waits for the answer of a flight that was left, and frees the flight. */
enum rc http_flight_finish(struct http_flight **f, struct cancel *c, int64_t deadline, struct http_answer *out,
                           struct err *e) MUST_CHECK;
void http_answer_fini(struct http_answer *a);

/* Host of a URL for messages, without anything secret. Returns "?" when there is none. */
void http_url_host(const char *url, char *host, size_t cap);

#endif
