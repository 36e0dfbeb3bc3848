/* wire: single HTTP exchanges over pooled connections: libcurl's multi interface inside the caller's event loop. No
 * opinions about when, whether again, or instead where: that is upstream's.
 *
 * Life of an exchange: wire_start() → on_head once → on_body any number of times → on_done exactly once, after which it
 * no longer exists; wire_cancel() ends it early. A fault before the head skips on_head. No callback runs inside
 * wire_start().
 *
 * HTTP/2 where offered (at most 4 connections to a host, 100 streams each), else HTTP/1.1. A connection is reused while
 * it was idle for less than 55 s, for what may not be repeated 2 s, and is 10 minutes old at most. Nothing of a client's
 * credential stays with a connection. What is not harmless leaves this process once at most, and is never continued
 * on a second connection. */
#ifndef PROXY_UPSTREAM_WIRE_H
#define PROXY_UPSTREAM_WIRE_H

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/sv.h"
#include "upstream.h"

enum { WIRE_H2_CONNECTIONS = 4, WIRE_H2_STREAMS = 100 };

struct wire;
struct wire_req;

struct wire_call {                        /* all borrowed until the end of the exchange */
    const char *method;
    const char *url;
    struct curl_slist *headers;
    struct sv body;
    bool harmless;                        /* may be repeated by libcurl when a kept connection proves dead */
    bool public_only;                     /* connect to public addresses only */
    bool decode;
    int64_t connect_ms, silence_ms;
    int64_t total_ms;                     /* 0 = no limit */
    const char *ca_file;                  /* "" = the system's */
    bool no_proxy;                        /* ignore the environment's proxies */
};

struct wire_events {
    void (*on_head)(void *arg, int status, struct evkeyvalq *headers);
    bool (*on_body)(void *arg, struct sv bytes);
    void (*on_done)(void *arg, enum upstream_fault fault, const char *why);
};

enum rc wire_new(struct wire **out, struct event_base *base, int max_connections, struct metrics *m,
                 struct err *e) MUST_CHECK;
void wire_resize(struct wire *w, int max_connections);
void wire_free(struct wire **w);  /* nothing may be under way */

enum rc wire_start(struct wire *w, const struct wire_call *call, const struct wire_events *events, void *arg,
                   struct wire_req **out, struct err *e) MUST_CHECK;
void wire_resume(struct wire_req *r);
void wire_cancel(struct wire_req **r);  /* NULL is welcome */

bool wire_is_busy(const struct wire *w);   /* within on_head or on_body: nothing can be started */
bool wire_is_http2(const struct wire *w);  /* as the last answer was */
int wire_connections(const struct wire *w);

#endif
