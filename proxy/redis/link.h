/* link: one connection to one server, from its first byte to its last; what comes after is node's affair.
 *
 * hiredis makes commands and reads replies (parcel.h, reply.h); the bytes travel by bufferevents. Its own connections
 * (hiredis/async.h) are not used: 0.14, which Debian 12 has, ends the process with an assertion when a server says
 * something unasked, resolves names while the loop stands still, allocates whatever length is announced, knows neither
 * TLS nor sharded channels.
 *
 * Callbacks come from the loop. link_free() answers what is under way with NULL, at once. */
#ifndef PROXY_REDIS_LINK_H
#define PROXY_REDIS_LINK_H

#include "reply.h"
#include "server.h"
#include "parcel.h"

struct event_base;
struct evdns_base;
struct ssl_ctx_st;
struct link;

typedef void link_fn(void *arg, const struct reply *r);  /* NULL = there will be none */

/* What all links of a process share. */
struct link_env {
    struct event_base *base;
    struct evdns_base *dns;
    struct ssl_ctx_st *tls;       /* NULL unless an address is rediss: */
};

struct link_events {
    void *arg;
    void (*on_open)(void *arg);
    void (*on_close)(void *arg, const char *reason);          /* once; free the link in it or later */
    void (*on_push)(void *arg, const struct reply *r);        /* what nobody asked for; NULL: that ends the link */
};

enum { LINK_MAX_QUEUED = 8192, LINK_MAX_QUEUED_BYTES = 16 * 1024 * 1024 };

/* Begins to connect, to an address of this family (AF_INET, AF_INET6). */
struct link *link_new(const struct link_env *env, const struct server *to, int family, const struct link_events *ev,
                      struct err *e);
void link_free(struct link **l);

/* fn exactly once, never from within; NULL: the reply is a push (subscribe) or of no interest. false: the queue is full
 * or memory ended, and fn is not called. */
bool link_send(struct link *l, struct parcel *w, link_fn *fn, void *arg);
/* What is sent now is not answered one for one: replies are pushes from here on. */
bool link_send_push(struct link *l, struct parcel *w);
size_t link_queued(const struct link *l);

/* A context for rediss:, from the files of the configuration; NULL for what is not given. */
enum rc link_tls_new(const char *ca_file, const char *cert, const char *key, struct ssl_ctx_st **out,
                     struct err *e) MUST_CHECK;

#endif
