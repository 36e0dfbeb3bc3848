/* cluster: the servers as one: a question goes to the server that has its key, and again elsewhere when that one says
 * so. One server is a cluster whose slots all live in one place.
 *
 * The map (CLUSTER SLOTS) is asked for at the beginning, when a server says MOVED, when a master is lost, and every
 * 30 s; four times a second at most. Answers and failures come from the loop. */
#ifndef PROXY_REDIS_CLUSTER_H
#define PROXY_REDIS_CLUSTER_H

#include "node.h"
#include "slots.h"

struct cluster;

enum cluster_mode { CLUSTER_MAYBE, CLUSTER_SURELY, CLUSTER_NEVER };   /* in the order of the configuration's words */

struct cluster_events {
    void *arg;
    void (*on_up)(void *arg);            /* the first usable moment, and whenever a server came (back) */
    void (*on_change)(void *arg);        /* servers came, went or changed their slots */
};

/* env, seeds and their strings outlive it. */
enum rc cluster_new(struct cluster **out, const struct node_env *env, enum cluster_mode mode,
                    const struct server *seeds, int n_seeds, const struct cluster_events *ev,
                    struct err *e) MUST_CHECK;
void cluster_free(struct cluster **c);   /* questions under way are answered with NULL */

bool cluster_is_up(const struct cluster *c);
bool cluster_is_many(const struct cluster *c);   /* it is a Redis Cluster */

enum cluster_kind { CLUSTER_SMALL, CLUSTER_BULK }; /* bulk: how long it takes says nothing about health */

typedef void cluster_fn(void *arg, const struct reply *r);  /* NULL = no answer will come */

struct cluster_call;
/* fn exactly once, from the loop, unless it is dropped; NULL = it cannot be asked now, fn is not called. The call takes
 * its own reference of w. */
struct cluster_call *cluster_ask(struct cluster *c, unsigned slot, struct parcel *w, enum cluster_kind kind,
                                 cluster_fn *fn, void *arg);
void cluster_drop(struct cluster_call **call);                     /* nobody waits any more */
struct node *cluster_call_node(const struct cluster_call *call); /* who is asked just now; NULL = nobody */

/* The servers that have slots, for what goes to all of them. -1 in a cluster without one for that slot. */
int cluster_masters(const struct cluster *c);
struct node *cluster_master(const struct cluster *c, int i);     /* may be down; stable until on_change */
struct node *cluster_node_of(const struct cluster *c, unsigned slot);  /* NULL = nobody's */

#endif
