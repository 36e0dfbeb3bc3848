/* transport_priv: what transport.c (routes, connections), flight.c (requests), flight_setup.c (their options) and
 * flight_fault.c (what went wrong) share. */
#ifndef DRIVER_HTTP_TRANSPORT_PRIV_H
#define DRIVER_HTTP_TRANSPORT_PRIV_H

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "transport.h"

enum { MAX_HEADER_BYTES = 256 * 1024 };

struct http_conn {
    struct http_conn *next;
    CURLM *multi;               /* owns the kept-alive sockets */
    CURL *easy;
    const struct route *set_for;    /* easy has the options of API requests that go there; NULL = none */
    struct curl_slist *headers;     /* of all API requests; NULL = not made yet */
};

struct route {
    char *base;                 /* "https://host:443" */
    char *host;                 /* for messages, and to know our own links */
    char *socket;               /* Unix socket; NULL = TCP */
    bool proxied;               /* a dbxproxyd */
};

struct transport {
    const struct options *conf;
    struct log *log;
    pid_t pid;
    int64_t silence_ms;         /* SocketTimeout as it was when this began: an attribute may change it for the next */
    struct route direct, via;   /* via: a dbxproxyd, if Proxy names one */
    _Atomic(const struct route *) route; /* the one in use */
    char *user_agent;
    CURLSH *share;              /* names and TLS sessions, for all connections */
    pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];
    pthread_mutex_t lock;       /* guards the two stacks */
    struct http_conn *idle[2];  /* [to_storage] */
    int n_idle[2];
};

struct http_flight {
    struct transport *t;
    const struct route *route;  /* in use when it started */
    struct http_conn *conn;
    struct curl_slist *headers; /* the last of them are the connection's */
    char *url;
    struct buf body;            /* of the request */
    const struct http_sink *sink; /* borrowed, for the answer; NULL = answer.body */
    size_t sunk;                /* bytes that went there */
    struct err *sink_fault;     /* borrowed from the caller: says why the sink took no more, if sink_failed */
    bool sink_failed;
    bool reads_body;            /* libcurl asks for the body: */
    size_t body_read;
    bool to_storage, once, too_large, bad_headers;
    int begun;                  /* how often libcurl began to send it */
    size_t header_bytes;
    int64_t last_byte;          /* when something last moved */
    curl_off_t moved;
    int64_t deadline, quiet_ms;
    struct http_answer answer;
    char host[256];
    char why[CURL_ERROR_SIZE];
};

enum flight_end { FLIGHT_DONE, FLIGHT_CANCELLED, FLIGHT_DEADLINE, FLIGHT_STALLED };

const struct route *transport_route_now(const struct transport *t);
/* A connection of our own until it is put back; NULL = out of memory. */
struct http_conn *http_conn_get(struct transport *t, bool to_storage);
void http_conn_put(struct transport *t, bool to_storage, struct http_conn *c);

/* Url, headers, body and a connection whose handle knows them. Undone by taking it down, after its handle left the multi. */
enum rc http_flight_set_up(struct http_flight *f, const struct http_request *rq, struct err *e) MUST_CHECK;
void http_flight_take_down(struct http_flight *f);
void http_headers_free(struct curl_slist *list);        /* they may hold secrets */

/* libcurl's callbacks; arg is the flight. */
size_t http_on_body(char *bytes, size_t size, size_t n, void *arg);
size_t http_on_header(char *bytes, size_t size, size_t n, void *arg);
int http_on_progress(void *arg, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total, curl_off_t ul);

/* *out = a followed by b, and by ":port" unless port is 0. */
enum rc http_join_text(char **out, const char *a, const char *b, int port, struct err *e) MUST_CHECK;
bool http_flight_sent(const struct http_flight *f);     /* the server may have the whole request */
/* How a flight ended, as an HTTP status in its answer or as an error with host, phase, cause and next step. */
enum rc http_flight_outcome(struct http_flight *f, enum flight_end end, CURLcode result, struct err *e) MUST_CHECK;

#endif
