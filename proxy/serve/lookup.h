/* lookup: is there something to serve? Memory first, then the store that instances share, all within one budget.
 *
 * What is in memory is trusted only as far as the invalidations of other instances are known: news must have been heard
 * within epoch_ttl, or else the shared store is asked; when it is down and there are many instances, memory counts for
 * degraded_l1_ttl after the last news. */
#ifndef PROXY_SERVE_LOOKUP_H
#define PROXY_SERVE_LOOKUP_H

#include "proxy/tenant/memo.h"

struct exchange;
struct lookup;

struct lookup_answer {
    enum cache_verdict verdict;
    struct entry *entry;      /* when FRESH, STALE or LATE; borrowed for the call */
    int64_t left_ms;          /* of its life; below zero: past it */
    bool from_store;          /* it was not in memory */
};

typedef void lookup_fn(struct exchange *x, const struct lookup_answer *a);

/* fn is called once: at once when memory decides, else from the loop. */
void lookup_start(struct exchange *x, const struct analysis *a, lookup_fn *fn);
/* The entry behind a statement id that another instance may have kept; NULL = not there. fn is called from the loop,
 * with the handle, which is borrowed, like the entry, for the call. */
typedef void lookup_handle_fn(struct exchange *x, const struct handle *h, struct entry *e);
void lookup_handle(struct exchange *x, const struct handle *h, lookup_handle_fn *fn);

void lookup_drop(struct exchange *x);   /* fn will not be called. Nothing under way is welcome */

/* Does memory know enough by itself right now? For the flight's joining rule and for pure L1 hits. */
bool lookup_is_trusted(const struct tenant *t, const struct epoch_name *names, int n);

#endif
