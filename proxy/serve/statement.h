/* statement: an execute request from its body to its end: analysed, looked up, served, run alone or in a flight; and
 * the polls of writes that are still under way. */
#ifndef PROXY_SERVE_STATEMENT_H
#define PROXY_SERVE_STATEMENT_H

#include "exchange.h"
#include "proxy/request/control.h"
#include "proxy/request/execreq.h"
#include "proxy/sql/deps.h"
#include "proxy/tenant/memo.h"

/* What was found out about one execute request. In the exchange's arena. */
struct statement {
    struct analysis *analysis;   /* a reference; NULL = it has no place in the cache: x->bypass says why */
    struct execreq request;      /* all zero when the analysis was remembered */
    struct sqlverdict verdict;
    struct sqldeps *deps;        /* NULL = not looked for */
    struct policy_verdict policy;
    struct control control;
    bool waited;                 /* for a download: not a second time */
    struct entry *late;          /* to be served when the upstream fails; a reference, or NULL */
    int64_t late_left_ms;
    bool scope_chosen;           /* own result or shared one: decided */
    bool unproven;               /* it is the shared one, and only this run shows the right to it */
    bool session_changing;       /* session_track_end_change() is owed */
    int64_t wait_ms;
    const char *warehouse;       /* NULL = unknown */
    int64_t sent_ms;
};

void statement_begin(struct exchange *x);  /* ROUTE_EXECUTE */
void statement_poll(struct exchange *x);   /* ROUTE_STATUS of an upstream id */
void statement_drop(struct exchange *x);   /* frees x->statement; a write still open counts as of unknown outcome */

/* Run it by itself: nobody waits for it, nothing is kept of it. For what has no place in the cache, and for those who
 * wait for a flight that turned out to be of no use to them. */
void statement_run_alone(struct exchange *x);

/* The upstream failed: serve what is kept past its life, where that is allowed. false = nothing to serve. */
bool statement_serve_late(struct exchange *x);

#endif
