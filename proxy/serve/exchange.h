/* exchange: one client request from its arrival to the end of its answer.
 *
 *   RECEIVED ─┬─► ASKING (identity, shared store) ─┬─► FORWARDING ─┬─► CAPTURING ─► DONE
 *             │            ▲ │                       │               └─► STREAMING ─► DONE
 *             │            └─┘                       └─► WAITING (flight) ─► STREAMING or DONE
 *             └─── answered by ourselves, from every state ────────────────────────► DONE
 *
 * exchange_begin() owns the evhttp request from then on. Exactly one of the answering functions ends it; afterwards
 * the exchange does not exist. When the client goes away, an exchange that changes nothing is dropped with its upstream
 * request; one that may change something runs to its end without an audience, because the cache must see that end. */
#ifndef PROXY_EXCHANGE_H
#define PROXY_EXCHANGE_H

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "core/arena.h"
#include "proxy.h"
#include "proxy/request/route.h"

enum exchange_state { EXCHANGE_RECEIVED, EXCHANGE_ASKING, EXCHANGE_WAITING, EXCHANGE_FORWARDING, EXCHANGE_CAPTURING,
                      EXCHANGE_STREAMING, EXCHANGE_DONE };

struct await;
struct door;
struct forward;
struct identity_answer;
struct identity_wait;
struct lookup;
struct right_ask;
struct seat;
struct statement;
struct tenant;
struct warehouse_seat;
struct write;

struct exchange {
    struct proxy *proxy;
    const struct door *door;          /* where it came in */
    struct tenant *tenant;            /* whose it is; NULL only until it is refused for that */
    struct evhttp_request *req;
    struct evhttp_connection *conn;   /* NULL once the client has gone */
    enum exchange_state state;
    struct arena arena;               /* dies with the exchange */
    const char *method, *path, *query; /* query NULL = none */
    struct route_match route;
    struct sv body;                   /* of the request; ptr NULL = none */
    struct buf inflated;              /* the same without its Content-Encoding; empty = it had none */
    struct forward *forward;          /* the upstream side; NULL = none */
    struct statement *statement;      /* what was found out about an execute request; NULL = not one */
    struct identity_wait *waiting;    /* for a token to be checked; NULL = not */
    void (*auth_then)(struct exchange *x, const struct identity_answer *a);
    void (*principal_then)(struct exchange *x);
    struct lookup *lookup;            /* in the shared store, under way; NULL = not */
    struct right_ask *right;          /* may it read what others fetched? Under way; NULL = not */
    struct seat *seat;                /* in a flight; NULL = not */
    struct await *await;              /* for a download to end; NULL = not */
    struct warehouse_seat *warehouse; /* among those who ask about one; NULL = not */
    bool has_token;                   /* there is a usable one */
    bool has_principal;               /* … and it is known whose it is */
    uint8_t token[DIGEST_BYTES], principal[DIGEST_BYTES];
    struct sv user;                   /* the principal's name, in the arena; ptr NULL = not known */
    struct write *write;              /* what it may change; NULL = nothing */
    bool must_finish;                 /* run to the end even without the client */
    enum request_outcome outcome;
    enum request_class class;         /* of the statement, for the metrics */
    enum bypass bypass;
    char cache_status[192];           /* value of Cache-Status; "" = none */
    uint32_t principal_tag, key_prefix;
    struct sv upstream_id;            /* statement id for the access log */
    int status;
    uint64_t bytes_out;
    int64_t started_us;
    int64_t upstream_us;              /* of it waiting for the workspace */
    int64_t saved_ms;                 /* execution time that a hit saved */
    uint64_t digest;                  /* of the statement, for the list of top statements; 0 = none */
    const char *masked;               /* the statement without its literals; NULL = not to be logged */
    TAILQ_ENTRY(exchange) link;
};

void exchange_begin(struct evhttp_request *req, void *door);  /* an evhttp request callback; struct door */

void exchange_move(struct exchange *x, enum exchange_state to);  /* the only way the state changes */

/* End with an answer. The body is emptied, not freed; content_type NULL = application/json. */
void exchange_answer(struct exchange *x, int status, struct evbuffer *body, const char *content_type);
/* End with {"error_code":…,"message":…}. retry_after_s 0 = no such header. */
void exchange_refuse(struct exchange *x, int status, const char *error_code, const char *message, int retry_after_s);
/* End without an answer of ours: the answer was streamed, or the client has gone. */
void exchange_end(struct exchange *x);
/* End by breaking the connection, so that a cut answer cannot be taken for a whole one. */
void exchange_break(struct exchange *x);

/* The last bytes are given to evhttp right after this: it and the drain watch over them from now on. */
void exchange_hand_over(struct exchange *x);

void exchange_drop_all(struct proxy *p);  /* at the end of the drain time */

struct evkeyvalq *exchange_out(struct exchange *x);                 /* header fields of the answer */
void exchange_add_header(struct exchange *x, const char *name, const char *value);
void exchange_add_cache_headers(struct exchange *x); /* Cache-Status and Cache-Control, if there is a status */
const char *exchange_header(const struct exchange *x, const char *name);  /* of the request; NULL = none */

#endif
