#include "queue.h"

#include <string.h>

#include "core/mem.h"

enum { QUANTUM = 1 };  /* cost that one visit allows; most requests cost 1 */

struct queue_flow {             /* what waits of one principal */
    struct keymap_node node;
    struct queue_turn turn;
    struct queue_tenant *tenant;
    TAILQ_HEAD(, queue_item) items;
};

static struct queue_flow *flow_of(struct queue_turn *t) {
    return (struct queue_flow *)(void *)((char *)t - offsetof(struct queue_flow, turn));
}

static struct queue_tenant *tenant_of(struct queue_turn *t) {
    return (struct queue_tenant *)(void *)((char *)t - offsetof(struct queue_tenant, turn));
}

/* ---- rings ----------------------------------------------------------------------------------------------------- */

static void ring_add(struct queue_ring *ring, struct queue_turn *t) {
    t->deficit = 0;
    t->visited = false;
    TAILQ_INSERT_TAIL(ring, t, link);
}

/* The one whose turn it is. Asking again gives the same, until its deficit is spent. cost() is 0 for who must wait:
 * that one passes without gaining anything. */
static struct queue_turn *ring_pick(struct queue_ring *ring, uint32_t (*cost)(struct queue_turn *)) {
    struct queue_turn *t, *first_waiting = NULL;
    while ((t = TAILQ_FIRST(ring))) {
        uint32_t c = cost(t);
        if (c == 0 && t == first_waiting) return NULL; /* once around: all wait */
        if (c == 0 && !first_waiting) first_waiting = t;
        if (c > 0) {
            first_waiting = NULL;
            if (!t->visited) t->deficit += QUANTUM;
            t->visited = true;
            if (t->deficit >= c) return t;
        }
        t->visited = false;
        TAILQ_REMOVE(ring, t, link);
        TAILQ_INSERT_TAIL(ring, t, link);
    }
    return NULL;
}

static uint32_t flow_cost(struct queue_turn *t) { return TAILQ_FIRST(&flow_of(t)->items)->cost; }

static uint32_t tenant_cost(struct queue_turn *t) {
    struct queue_tenant *tenant = tenant_of(t);
    return tenant->blocked ? 0 : flow_cost(ring_pick(&tenant->flows, flow_cost));
}

/* ---- items ----------------------------------------------------------------------------------------------------- */

void queue_init(struct queue *q) {
    TAILQ_INIT(&q->tenants);
    q->count = 0;
}

bool queue_tenant_init(struct queue_tenant *t) {
    *t = (struct queue_tenant){.count = 0};
    TAILQ_INIT(&t->flows);
    return keymap_init(&t->by_principal);
}

void queue_tenant_fini(struct queue_tenant *t) { keymap_fini(&t->by_principal); }

static struct queue_flow *get_flow(struct queue_tenant *t, const uint8_t principal[DIGEST_BYTES]) {
    struct queue_flow *f = (struct queue_flow *)(void *)keymap_find(&t->by_principal, principal);
    if (f) return f;
    f = mem_zalloc(sizeof *f);
    if (!f) return NULL;
    memcpy(f->node.key, principal, DIGEST_BYTES);
    f->tenant = t;
    TAILQ_INIT(&f->items);
    keymap_add(&t->by_principal, &f->node);
    ring_add(&t->flows, &f->turn);
    return f;
}

bool queue_push(struct queue *q, struct queue_tenant *t, const uint8_t principal[DIGEST_BYTES], struct queue_item *item,
                uint32_t cost) {
    struct queue_flow *f = get_flow(t, principal);
    if (!f) return false;
    item->flow = f;
    item->cost = cost > 0 ? cost : 1;
    TAILQ_INSERT_TAIL(&f->items, item, link);
    if (t->count++ == 0) ring_add(&q->tenants, &t->turn);
    q->count++;
    return true;
}

void queue_remove(struct queue *q, struct queue_item *item) {
    struct queue_flow *f = item->flow;
    if (!f) return;
    struct queue_tenant *t = f->tenant;
    TAILQ_REMOVE(&f->items, item, link);
    item->flow = NULL;
    if (TAILQ_EMPTY(&f->items)) {
        TAILQ_REMOVE(&t->flows, &f->turn, link);
        keymap_remove(&t->by_principal, &f->node);
        mem_free(f);
    }
    if (--t->count == 0) TAILQ_REMOVE(&q->tenants, &t->turn, link);
    q->count--;
}

struct queue_item *queue_pop(struct queue *q) {
    struct queue_turn *turn = ring_pick(&q->tenants, tenant_cost);
    if (!turn) return NULL;
    struct queue_flow *f = flow_of(ring_pick(&tenant_of(turn)->flows, flow_cost));
    struct queue_item *item = TAILQ_FIRST(&f->items);
    turn->deficit -= item->cost;
    f->turn.deficit -= item->cost;
    queue_remove(q, item);
    return item;
}
