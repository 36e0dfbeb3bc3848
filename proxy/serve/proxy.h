/* proxy: the world of one event loop: everything its exchanges share. No globals: several loops would be several of
 * these. Owned by daemon.c; all members outlive every exchange. */
#ifndef PROXY_PROXY_H
#define PROXY_PROXY_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proxy/watch/accesslog.h"
#include "proxy/cache/cache.h"
#include "proxy/cache/shelf.h"
#include "proxy/config/config.h"
#include "core/log.h"
#include "proxy/watch/metrics.h"
#include "proxy/watch/watch.h"
#include "proxy/upstream/upstream.h"

struct exchange;
struct fetch;

struct proxy {
    const struct config *cfg;         /* a reference */
    const struct config *first_cfg;   /* a reference: what identity was made with */
    struct event_base *base;
    struct log *log;                  /* NULL = none */
    struct accesslog *accesslog;      /* NULL = none */
    struct metrics metrics;
    struct watch *watch;              /* last errors, top statements, … */
    struct upstream *upstream;
    struct upstream_client *client;   /* what the tenant may use of it */
    struct secrets secrets;
    struct identity *identity;
    struct cache cache;
    struct shelf shelf;               /* results whose chunks clients are walking */
    struct session_track *sessions;
    struct follow *follow;
    struct tombstones *tombstones;
    TAILQ_HEAD(exchange_list, exchange) exchanges;  /* under way */
    TAILQ_HEAD(fetch_list, fetch) fetches;          /* in the background */
    size_t n_fetches;
    size_t n_exchanges;
    size_t n_sending;                 /* answers given to evhttp and not yet written */
    size_t captured;                  /* bytes of answers being captured; bounded like the cache */
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

/* Everything but base, log, watch, accesslog and on_quiet, which are there already. proxy_drop_all breaks what is under
 * way, before the connections go; proxy_close frees, also after a proxy_open that failed. */
enum rc proxy_open(struct proxy *p, const struct config *cfg, struct err *e) MUST_CHECK;
void proxy_drop_all(struct proxy *p);
void proxy_close(struct proxy *p);

/* A reload: cfg was read and checked, and the daemon has opened the listeners that are new. Called in the loop. RC_OK: p
 * runs with cfg from here on (one reference taken; the former one goes with the last exchange that began with it).
 * RC_ERR: nothing changed, the reload is off and the daemon says why. */
enum rc proxy_reconfigure(struct proxy *p, const struct config *cfg, struct err *e) MUST_CHECK;

#endif
