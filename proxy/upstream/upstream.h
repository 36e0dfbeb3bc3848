/* upstream: requests to the workspace over pooled keep-alive connections, inside the caller's event loop (libcurl's
 * multi-socket interface).
 *
 * Life of a request: upstream_start() → on_head once → on_body any number of times → on_done exactly once, after which
 * the request no longer exists. upstream_cancel() ends it early: then nothing more is called. A fault before the
 * head skips on_head. No callback runs inside upstream_start(). One loop, one upstream: not thread-safe.
 *
 * A body that may not be sent twice is never sent twice: neither by us nor by libcurl, which would otherwise repeat it
 * by itself when a kept connection dies. Redirects are reported, never followed. */
#ifndef PROXY_UPSTREAM_H
#define PROXY_UPSTREAM_H

#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdint.h>

#include "proxy/config/config.h"
#include "core/err.h"
#include "core/sv.h"
#include "proxy/watch/metrics.h"

struct upstream;
struct upstream_req;

struct upstream_call {
    const char *method;               /* "GET", … */
    const char *target;               /* path and query as the client wrote them; copied */
    const char *url; /* instead of target: a storage link, taken only from hosts that serve such; copied */
    const struct evkeyvalq *headers;  /* copied; no Host, no framing headers */
    struct sv body;                   /* must live until on_done or cancel; ptr NULL = none */
    bool repeatable;                  /* proven harmless to run twice */
    bool decode;                      /* ask for gzip and hand over plain bytes; otherwise bytes as they come */
    int64_t silence_ms;               /* give up when nothing arrives for this long */
    int64_t total_ms;                 /* give up altogether; 0 = as long as bytes keep coming */
};

enum upstream_fault {
    UPSTREAM_OK,
    UPSTREAM_NOT_SENT,   /* no byte of the request can have reached the server */
    UPSTREAM_NO_ANSWER,  /* sent, perhaps executed */
    UPSTREAM_CUT         /* the answer broke off */
};

struct upstream_events {
    void (*on_head)(void *arg, int status, struct evkeyvalq *headers);  /* borrowed for the call */
    bool (*on_body)(void *arg, struct sv bytes);  /* false = hold on: offered again after upstream_resume() */
    void (*on_done)(void *arg, enum upstream_fault fault, const char *why);
};

enum rc upstream_new(struct upstream **out, struct event_base *base, const struct config *cfg, struct metrics *m,
                     struct err *e) MUST_CHECK;
void upstream_free(struct upstream **u);  /* cancels what is under way */

enum rc upstream_start(struct upstream *u, const struct upstream_call *call, const struct upstream_events *events,
                       void *arg, struct upstream_req **out, struct err *e) MUST_CHECK;
void upstream_resume(struct upstream_req *r);  /* may call on_body at once */
void upstream_cancel(struct upstream_req **r); /* not from within its own callbacks */

#endif
