/* upstream: requests to one workspace, inside the caller's event loop (libcurl's multi-socket interface): pooled
 * connections with places kept free for polls and cancels, a queue that is fair to tenants and principals, circuit
 * breakers, repetitions of what is harmless to repeat, fail-over between warehouses.
 *
 * Life of a request: upstream_start() → on_head once → on_body any number of times → on_done exactly once, after which
 * the request no longer exists. upstream_cancel() ends it early: then nothing more is called. A fault before the
 * head skips on_head. No callback runs inside upstream_start(). In between there may be several tries on several
 * connections; an answer that leads to another try is never shown. One loop, one upstream: not thread-safe.
 *
 * What may not be sent twice is never sent twice, unless it is proven that no whole request reached the server: neither
 * by us nor by libcurl, which would otherwise repeat it by itself when a kept connection dies. Redirects are reported,
 * never followed. */
#ifndef PROXY_UPSTREAM_H
#define PROXY_UPSTREAM_H

#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"
#include "proxy/config/config.h"
#include "proxy/keys/keymap.h"
#include "proxy/watch/metrics.h"

struct upstream;
struct upstream_req;
struct upstream_client;  /* what one tenant may use: its limits, its places in the queue, its buckets */

/* What a request is decides whether it may be repeated (attempt.c), whether it may take a reserved place and what its
 * duration is counted as. The first is the safe one for who forgets to say. */
enum upstream_kind {
    UP_PASS,      /* not ours: streamed untouched, never repeated */
    UP_WRITE,     /* a statement that is not proven to be read-only */
    UP_READ,      /* a statement of class READ, META or PROBE */
    UP_POLL,      /* GET of a statement */
    UP_CHUNK,     /* GET of a chunk */
    UP_CANCEL,    /* cancel or close of a statement */
    UP_SESSION,   /* open or close a session */
    UP_IDENTITY,  /* does this token count? */
    UP_HEALTH,    /* how is that warehouse? */
    UP_START,     /* start that warehouse */
    UP_LINK,      /* storage behind a link; needs call.url */
    UP_KIND_COUNT
};

struct upstream_call {
    enum upstream_kind kind;
    struct upstream_client *client;   /* NULL = nobody's: no limits but those of the pool */
    const uint8_t *principal;         /* DIGEST_BYTES, copied; NULL = unknown: then there is no fail-over */
    const char *warehouse;            /* that a statement is for; copied; NULL or "" = unknown */
    int64_t wait_ms;                  /* the client's wait_timeout: tries begin until this + 10 s */
    const char *method;               /* "GET", … */
    const char *target;               /* path and query as the client wrote them; copied */
    const char *url; /* instead of target: a storage link, taken only from hosts that serve such; copied */
    const struct evkeyvalq *headers;  /* copied; no Host, no framing headers */
    struct sv body;                   /* must live until on_done or cancel; ptr NULL = none */
    /* UP_READ only: the body for another warehouse of the group (upstream_move_body); it must live as long as body. NULL
     * = this statement stays where it was sent (it belongs to a session). arg is that of the events. */
    enum rc (*rewrite)(void *arg, const char *warehouse, struct sv *body_r, struct err *e);
    bool elsewhere;                   /* its warehouse has just failed it: another of the group, if one is well */
    bool decode;                      /* ask for gzip and hand over plain bytes; otherwise bytes as they come */
    int64_t silence_ms;               /* give up a try when nothing arrives for this long */
    int64_t total_ms;                 /* give up altogether; 0 = as long as bytes keep coming */
};

enum upstream_fault {
    UPSTREAM_OK,
    UPSTREAM_NOT_SENT,   /* no byte of the request can have been acted upon */
    UPSTREAM_NO_ANSWER,  /* sent, perhaps executed */
    UPSTREAM_CUT,        /* the answer broke off */
    UPSTREAM_REFUSED     /* by us: see upstream_end.refusal; nothing was sent */
};

/* Our own no, as it should be told to the client. The texts are constants. */
struct upstream_refusal {
    int status;              /* 503 or 429 */
    int retry_after_s;       /* at least 1 */
    const char *error_code;  /* TEMPORARILY_UNAVAILABLE, REQUEST_LIMIT_EXCEEDED */
    const char *reason;      /* breaker-open, queue-full, queue-timeout, rate-limit: for Cache-Status and the log */
};

struct upstream_end {
    enum upstream_fault fault;
    const char *why;                        /* a sentence's end for people; "" when UPSTREAM_OK */
    const struct upstream_refusal *refusal; /* NULL unless UPSTREAM_REFUSED */
    const char *warehouse;                  /* that it was sent to in the end; "" = unknown */
    int tries;                              /* sent so often */
    int64_t queued_us;                      /* time it waited for its turn and between tries */
};

struct upstream_events {
    void (*on_head)(void *arg, int status, struct evkeyvalq *headers);  /* borrowed for the call */
    bool (*on_body)(void *arg, struct sv bytes);  /* false = hold on: offered again after upstream_resume() */
    void (*on_done)(void *arg, const struct upstream_end *end);         /* borrowed for the call */
};

/* up is one of cfg, to which a reference is kept. upstream_configure() replaces both and keeps connections, breakers and
 * what is under way. m is the set of the process. */
enum rc upstream_new(struct upstream **out, struct event_base *base, const struct config *cfg,
                     const struct config_upstream *up, struct metrics *m, struct err *e) MUST_CHECK;
void upstream_configure(struct upstream *u, const struct config *cfg, const struct config_upstream *up);
void upstream_free(struct upstream **u);  /* cancels what is under way */

enum rc upstream_start(struct upstream *u, const struct upstream_call *call, const struct upstream_events *events,
                       void *arg, struct upstream_req **out, struct err *e) MUST_CHECK;
void upstream_resume(struct upstream_req *r);  /* may call on_body at once */
/* From now on somebody else listens; also from within on_body. */
void upstream_hand_over(struct upstream_req *r, const struct upstream_events *events, void *arg);
void upstream_cancel(struct upstream_req **r); /* not from within its own callbacks */

/* ---- tenants --------------------------------------------------------------------------------------------------- */

/* cfg must outlive the client or be replaced by upstream_client_configure(), which keeps what was counted. m is the
 * tenant's set. Free it after its last request ended and before the upstream. */
enum rc upstream_client_new(struct upstream_client **out, struct upstream *u, const struct config_tenant *cfg,
                            struct metrics *m, struct err *e) MUST_CHECK;
void upstream_client_configure(struct upstream_client *c, const struct config_tenant *cfg);
void upstream_client_free(struct upstream_client **c);

/* One request of this tenant, hit or not: false = refuse it, as *no says. Hits and misses have separate buckets:
 * upstream_start() looks after the one of misses. */
bool upstream_client_admit(struct upstream_client *c, struct upstream_refusal *no);
/* Bytes answered: upstream_client_admit() says no while more were answered than the tenant may have. */
void upstream_client_charge(struct upstream_client *c, size_t bytes);

/* ---- what only the reader of an answer can know ---------------------------------------------------------------- */

/* A statement for that warehouse ended: infra_failed = FAILED with one of the codes of the infrastructure. */
void upstream_report(struct upstream *u, const char *warehouse, bool infra_failed);
bool upstream_is_infra_code(struct sv error_code);
/* May a READ that FAILED with such a code be executed once more? Takes from the budget when true. *other_r is the
 * warehouse to do it on: another one of the group that seems well, or the same. Valid until the next reload. */
bool upstream_may_reexecute(struct upstream *u, struct upstream_client *c, const uint8_t *principal,
                            const char *warehouse, bool movable, const char **other_r);

/* The same JSON but for the value of its warehouse_id: all other bytes stay. */
enum rc upstream_move_body(struct sv body, const char *warehouse, struct buf *out, struct err *e) MUST_CHECK;

/* ---- for admin, metrics, the status page ----------------------------------------------------------------------- */

enum breaker_state { BREAKER_CLOSED, BREAKER_HALF_OPEN, BREAKER_OPEN };

struct upstream_breaker_view {
    const char *host;
    const char *warehouse;      /* "" = that of the host */
    enum breaker_state state;
    int calls, failures;        /* within the window */
    int64_t retry_ms;           /* when OPEN: until the next probe */
    const char *health;         /* state of the warehouse by REST ("RUNNING"); "" = not asked */
};
typedef void upstream_breaker_fn(void *arg, const struct upstream_breaker_view *v);
void upstream_each_breaker(struct upstream *u, upstream_breaker_fn *fn, void *arg);

struct upstream_counts {
    int places, reserved;       /* of the pool */
    int active;                 /* requests on their way */
    int queued;                 /* waiting for a place */
    int backing_off;            /* waiting for another try */
    int connections;            /* open, storage included */
    bool http2;
};
void upstream_counts(const struct upstream *u, struct upstream_counts *out);

/* Brings the gauges of this upstream in the process' set up to date: before they are printed. */
void upstream_gauges(struct upstream *u);

/* Is the workspace, or that warehouse of it, left alone right now? Background work stays away unless this is CLOSED. */
enum breaker_state upstream_breaker(const struct upstream *u, const char *warehouse);

#endif
