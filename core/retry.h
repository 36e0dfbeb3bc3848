/* retry: may this request be sent again, and when? One pure rule for driver and proxy.
 *
 * A request that starts a statement has no idempotency key: it is repeated only when the server said that it did not
 * take it (429, 503) or when no byte of it can have reached the server. Everything else that is safe to repeat is
 * repeated on connection errors, 408, 429 and 5xx except 501. */
#ifndef CORE_RETRY_H
#define CORE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "sv.h"

enum retry_class {
    RETRY_IDEMPOTENT,       /* GET, cancel, DELETE, downloads */
    RETRY_EXECUTE,          /* POST that starts a statement or opens a session */
    RETRY_NONE              /* once only */
};

enum retry_outcome {
    RETRY_GOT_STATUS,       /* an HTTP answer came: status decides */
    RETRY_NOT_SENT,         /* the connection failed before any byte of the request left */
    RETRY_BROKE             /* it broke, stalled or was cut after that */
};

struct retry_budget {
    int64_t rate_limit_ms;  /* 429: how long to obey */
    int64_t busy_ms;        /* 503 */
    int64_t other_ms;       /* connection errors and other statuses */
    int max_other;          /* and how often; 0 = no count */
};

struct retry_in {
    enum retry_class class;
    enum retry_outcome outcome;
    int status;
    int64_t retry_after_ms; /* -1 = the server gave none */
    int attempt;            /* answers and failures so far, this one counted: 1 … */
    int64_t elapsed_ms;     /* since the first attempt began */
    int64_t left_ms;        /* until the deadline of the whole; INT64_MAX = none */
    uint32_t random;        /* any number: spreads the waits */
};

struct retry_out {
    bool again;
    int64_t wait_ms;
    bool maybe_done;        /* not again because the request may have taken effect */
    const char *reason;     /* why (not), for log and error */
};

struct retry_out retry_decide(const struct retry_in *in, const struct retry_budget *budget);

/* Value of a Retry-After header: seconds or an HTTP date (now_ms: wall clock). -1 = neither. Never more than an hour. */
int64_t retry_after_parse(struct sv value, int64_t now_ms);

#endif
