/* proxy: the world of one event loop: everything its exchanges share. No globals: several loops would be several of
 * these. Made from a configuration; all members outlive every exchange. */
#ifndef PROXY_SERVE_PROXY_H
#define PROXY_SERVE_PROXY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proxy/cache/shelf.h"
#include "proxy/tenant/tenant.h"
#include "proxy/watch/accesslog.h"
#include "proxy/watch/watch.h"

struct await;
struct exchange;
struct fetch;
struct flights;
struct warehouses;
struct workspace;

struct proxy {
    const struct config *cfg;         /* a reference; what is under way may hold an older one */
    struct event_base *base;
    struct log *log;                  /* NULL = none */
    struct accesslog *accesslog;      /* NULL = none */
    struct metrics metrics;           /* of the process; tenants have their own */
    struct watch *watch;
    struct ledger ledger;
    struct store *store;
    struct shelf shelf;               /* results whose chunks clients are walking */
    struct shared *shared;            /* NULL = no store is configured */
    TAILQ_HEAD(workspaces, workspace) workspaces;
    TAILQ_HEAD(tenants, tenant) tenants;
    int n_tenants;
    struct flights *flights;
    struct warehouses *warehouses;
    TAILQ_HEAD(exchange_list, exchange) exchanges;  /* under way */
    TAILQ_HEAD(fetch_list, fetch) fetches;          /* in the background */
    size_t n_fetches;
    TAILQ_HEAD(awaits, await) awaits;               /* requests that wait for one of them */
    size_t n_exchanges;
    struct arena spare;               /* of the exchange before: a block of 8 KiB is dear once the heap is in pieces */
    size_t n_sending;                 /* answers given to evhttp and not yet written */
    int64_t last_request_ms;          /* monotonic */
    bool draining;                    /* SIGTERM was seen: /readyz says so */
    bool closing;                     /* … and listeners are closed: answers say Connection: close */
    void (*on_quiet)(void *arg);      /* called when draining and the last exchange ended */
    void *on_quiet_arg;
};

/* Where requests arrive: one per listener, the argument of exchange_begin(). Owned by the daemon and good as long as the
 * connection is; a reload replaces cfg and listen while requests are under way, so they copy what they need. */
struct door {
    struct proxy *proxy;
    struct config *cfg;                  /* a reference: what listen belongs to, even after the listener was removed */
    const struct config_listen *listen;  /* listen->of: the tenant of all that arrives here; NULL = by Host */
    bool is_tls;
    bool closing;                        /* the listener was closed: answer with Connection: close */
};

/* Everything but base, log, watch, accesslog and on_quiet, which are there already. proxy_drop_all() breaks what is under
 * way, before the connections go; proxy_close() frees, also after a proxy_open() that failed. */
enum rc proxy_open(struct proxy *p, const struct config *cfg, struct err *e) MUST_CHECK;
void proxy_drop_all(struct proxy *p);
void proxy_close(struct proxy *p);

/* A new configuration for tenants, upstreams, cache and limits. On failure all stays as it was. What is under way ends
 * as it began. Listeners are the caller's. */
enum rc proxy_reconfigure(struct proxy *p, const struct config *cfg, struct err *e) MUST_CHECK;

struct tenant *proxy_tenant(const struct proxy *p, const char *name);   /* NULL = none */
/* For a request: that of the door, else by its Host (port aside), else the only one; NULL = it belongs to nobody. */
struct tenant *proxy_tenant_of(const struct proxy *p, const struct door *d, const char *host);

void proxy_each_upstream(struct proxy *p, void (*fn)(void *arg, const char *name, struct upstream *u), void *arg);

#endif
