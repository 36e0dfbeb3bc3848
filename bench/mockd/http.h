/* http: enough of HTTP/1.1 to serve from: a thread per connection, which reads a request, answers it and reads the next.
 * Waiting is plain sleeping, so that misbehaviour is written down in the order in which it happens. */
#ifndef BENCH_MOCKD_HTTP_H
#define BENCH_MOCKD_HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct text;

struct conn {
    int fd;
    char *in;                   /* what has been received and not been used up */
    size_t len, cap, used;      /* used: bytes of the request at hand */
    long mib_per_s;             /* 0 = as fast as it goes */
};

struct request {
    char method[8];
    char *target;               /* these point into the connection, until the next request */
    char *body;
    size_t body_len;
};

/* Answers; false ends the connection. */
typedef bool handler(struct conn *c, const struct request *rq, void *arg);

struct listener {
    int port;                   /* 0 = any; then the one it has become */
    int idle_ms;                /* a connection without a request for so long is closed; 0 = never */
    long mib_per_s;
    handler *on;
    void *arg;
};

void http_listen(struct listener *l);   /* returns when the port is open; ends the program when it cannot be */
int http_dead_port(bool drops);         /* one that refuses connections, or one that never answers to them */

/* All of these are false when the other side is gone. */
bool http_send(struct conn *c, const void *bytes, size_t n);        /* at the pace of the connection */
bool http_head(struct conn *c, int status, const char *headers, long long length);  /* length -1 = until the end */
bool http_answer(struct conn *c, int status, const char *type, const void *body, size_t n);
bool http_nap(struct conn *c, long ms);

bool http_reset(struct conn *c);        /* the connection ends with a reset; always false */

#endif
