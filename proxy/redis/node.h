/* node: one server over time: connects, greets (AUTH, HELLO, SELECT), tries how quick it is, and is ready; when it
 * fails it is left alone for 1 to 30 s and tried again, for ever.
 *
 *   WAITING -- timer --> CONNECTING --> GREETING --> PROBING --> READY -- failure --> WAITING
 *
 * Failures: a connection that cannot be made or breaks, three questions in a row without an answer in their time,
 * answers that are late too often, silence of two seconds. The connection ends too: what comes late is nobody's. */
#ifndef PROXY_REDIS_NODE_H
#define PROXY_REDIS_NODE_H

#include "core/log.h"
#include "link.h"
#include "proxy/watch/metrics.h"

struct node;

struct node_env {
    struct link_env link;
    char *user, *password;
    int database;
    int64_t budget_ms;
    struct metrics *metrics;
    struct log *log;
};

enum node_role { NODE_COMMANDS, NODE_EAR };   /* an ear subscribes: what comes after the greeting are pushes */

struct node_events {
    void *arg;
    void (*on_ready)(void *arg, struct node *n);
    void (*on_lost)(void *arg, struct node *n);      /* was ready */
    void (*on_failed)(void *arg, struct node *n);    /* could not be made ready */
    void (*on_push)(void *arg, struct node *n, const struct reply *r);
};

/* Begins at once. env and events outlive it. */
struct node *node_new(const struct node_env *env, const struct server *s, enum node_role role,
                      const struct node_events *ev);
void node_free(struct node **n);   /* questions under way are answered with NULL */

const struct server *node_server(const struct node *n);
bool node_is_ready(const struct node *n);
int node_version(const struct node *n);          /* 6, 7, …; 0 = it does not say */

/* As link_send(); false also when it is not ready. */
bool node_send(struct node *n, struct parcel *w, link_fn *fn, void *arg);
bool node_send_push(struct node *n, struct parcel *w);

void node_answered(struct node *n, int64_t us);  /* how long a small question took; -1 = not of interest */
void node_timed_out(struct node *n);             /* one was given up */
void node_drop_connection(struct node *n, const char *reason);
void node_move(struct node *n, const struct server *to);  /* for the next attempt */

#endif
