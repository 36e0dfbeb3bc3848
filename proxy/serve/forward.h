/* forward: the upstream side of an exchange. The answer is either streamed as it comes, with the client's speed pushing
 * back on the upstream, or captured whole up to a limit and handed to finish() before it goes out. A captured answer
 * that grows over the limit turns into a streamed one. */
#ifndef PROXY_FORWARD_H
#define PROXY_FORWARD_H

#include "exchange.h"

struct forward_answer {
    enum upstream_fault fault;
    int status;                    /* HTTP; 0 without a head */
    bool complete;                 /* the body below is the whole answer */
    struct sv body;                /* borrowed for the call */
    const struct evkeyvalq *headers;
};

struct forward_plan {
    bool allow_list_only;          /* of request headers */
    enum upstream_kind kind;
    const char *warehouse;         /* that a statement is for; NULL = unknown */
    int64_t wait_ms;               /* the client's wait_timeout */
    bool movable;                  /* another warehouse of the group may take it: it belongs to no session */
    size_t capture_max;            /* 0 = stream at once */
    int64_t silence_ms, total_ms;
    void (*finish)(struct exchange *x, const struct forward_answer *a);  /* exactly once, before the end; NULL = none */
    void (*edit)(struct exchange *x, struct buf *body);  /* a whole captured answer with status 200, before it goes out */
};

void forward_start(struct exchange *x, const struct forward_plan *plan);

/* Go on with an answer that somebody else began to capture: captured and more are its bytes so far. From now on the
 * request is the exchange's. Also from within on_body() of the request. */
void forward_adopt(struct exchange *x, struct upstream_req *up, int status, const struct evkeyvalq *head,
                   struct sv captured, struct sv more);

/* End the exchange with the sentence for an upstream that gave no whole answer. */
void forward_refuse(struct exchange *x, enum upstream_kind kind, const struct upstream_end *end);

void forward_drop(struct exchange *x);  /* cancels and frees x->forward; finish is not called. NULL is welcome */

#endif
