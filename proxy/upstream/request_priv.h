/* request_priv: one request as its files see it: request.c (its life, its turns, what the caller gets to see) and try.c
 * (one sending, and what follows from how it ended).
 *
 *   NEW ─┬─► WAITING ─► ON_WIRE ─┬─► (finished)
 *        │      ▲          ▲     ├─► BACKING_OFF ─► WAITING or ON_WIRE
 *        ├──────│──────────┘     └─► TELLING ─► (finished)
 *        └─► ENDING ◄── (from everywhere: the end is told from the loop)      */
#ifndef PROXY_UPSTREAM_REQUEST_PRIV_H
#define PROXY_UPSTREAM_REQUEST_PRIV_H

#include "ask.h"
#include "upstream_priv.h"

enum { WHY_MAX = 400 };

enum req_state {
    REQ_NEW,
    REQ_WAITING,   /* for a place; its timer is the queue timeout */
    REQ_ON_WIRE,
    REQ_BACKING_OFF,  /* until its timer */
    REQ_ENDING,    /* its timer tells the end, so that no callback runs inside upstream_start() */
    REQ_TELLING    /* a kept answer, after all */
};

struct upstream_req {
    struct upstream *up;
    struct upstream_client *client;
    enum upstream_kind kind;
    enum lane lane;
    struct upstream_events events;
    void *arg;
    struct ask ask;                /* what is sent */
    enum rc (*rewrite)(void *arg, const char *warehouse, struct sv *body_r, struct err *e);
    bool has_principal;
    uint8_t principal[DIGEST_BYTES];
    char warehouse[TARGET_NAME];   /* asked for; "" = unknown */
    char sent_to[TARGET_NAME];     /* of the latest try */
    int64_t since_us;              /* it waits */
    int64_t started_us, until_ms, deadline_ms;
    enum req_state state;
    struct queue_item item;        /* WAITING */
    struct event *timer;
    bool has_place;
    struct wire_req *wire;         /* ON_WIRE */
    struct target *target;         /* ON_WIRE: that hears how it ended; NULL = none */
    bool asked_host;
    uint32_t host_permit, target_permit;
    int64_t try_us;
    int tries;
    int64_t queued_us;
    bool told_head;
    int status;                    /* of the latest try; 0 = none */
    bool has_retry_after;
    bool avoid;                    /* sent_to has just failed: elsewhere, if there is an elsewhere */
    bool hidden;                   /* its answer is not shown */
    struct attempt_out next;       /* when hidden, or when it ended without an answer */
    const char *retry_reason;
    struct kept kept;
    size_t kept_told;
    enum upstream_fault fault;     /* ENDING */
    char why[WHY_MAX];
    struct upstream_refusal refusal;
    TAILQ_ENTRY(upstream_req) link;
};

/* request.c */
void req_enter_state(struct upstream_req *r, enum req_state s, int64_t timeout_ms);  /* timeout_ms < 0 = none */
void req_want_place(struct upstream_req *r);       /* launches it, or makes it wait */
void req_take_place(struct upstream_req *r);
void req_leave_place(struct upstream_req *r);
void req_tell_targets(struct upstream_req *r, enum breaker_outcome host, enum breaker_outcome target);
void req_tell_head(struct upstream_req *r, int status, struct evkeyvalq *head);
void req_tell_kept(struct upstream_req *r);        /* the answer that was held back, and the end */
void req_end_soon(struct upstream_req *r, enum upstream_fault fault, const char *why);
void req_refuse_busy(struct upstream_req *r, const char *reason, const char *why, int retry_after_s);
void req_finish(struct upstream_req *r);           /* tells r->fault and frees r */

/* try.c: its turn has come. No callback runs in there. */
void req_launch(struct upstream_req *r);

#endif
