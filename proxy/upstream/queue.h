/* queue: who is next when there are more requests than places. Deficit round robin over tenants, and within a tenant
 * over principals: each gets the same share of cost, however many requests it has waiting. Within a principal: first
 * come, first served.
 *
 * Items and tenants are the caller's memory; the queue owns only its note per waiting principal. An item is in one
 * queue at most, a tenant too. */
#ifndef PROXY_UPSTREAM_QUEUE_H
#define PROXY_UPSTREAM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "proxy/keys/keymap.h"

struct queue_flow;

struct queue_item {             /* all zero = not queued */
    struct queue_flow *flow;
    uint32_t cost;              /* at least 1 */
    TAILQ_ENTRY(queue_item) link;
};

struct queue_turn {             /* a place in a ring */
    int64_t deficit;
    bool visited;
    TAILQ_ENTRY(queue_turn) link;
};
TAILQ_HEAD(queue_ring, queue_turn);

struct queue_tenant {
    struct queue_turn turn;
    struct queue_ring flows;    /* with items waiting */
    struct keymap by_principal; /* the same */
    size_t count;               /* items waiting */
    bool blocked;               /* set by the owner: none of it may go now */
};

struct queue {
    struct queue_ring tenants;  /* with items waiting */
    size_t count;
};

void queue_init(struct queue *q);
bool queue_tenant_init(struct queue_tenant *t);  /* false = out of memory */
void queue_tenant_fini(struct queue_tenant *t);  /* must be empty */

bool queue_push(struct queue *q, struct queue_tenant *t, const uint8_t principal[DIGEST_BYTES], struct queue_item *item,
                uint32_t cost);                             /* false = out of memory */
struct queue_item *queue_pop(struct queue *q);              /* NULL = empty, or all are blocked */
void queue_remove(struct queue *q, struct queue_item *item);  /* not queued is welcome */

#endif
