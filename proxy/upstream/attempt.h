/* attempt: what follows from how a try ended. The rules are a table of kind x situation; pure: clock and chance are
 * passed in. */
#ifndef PROXY_UPSTREAM_ATTEMPT_H
#define PROXY_UPSTREAM_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "upstream.h"

/* How one try ended. */
enum situation {
    SIT_FINE,      /* an answer that is the client's business: also 4xx, and 500 for what is not ours */
    SIT_NOT_SENT,  /* proven: nothing of it was acted upon (no connection, TLS failed, no byte left, stream refused) */
    SIT_BUSY,      /* 429, or 503 with Retry-After: not taken, says the server */
    SIT_LOST,      /* bytes were sent, no answer came */
    SIT_BROKEN,    /* 500, 502, 504, 503 without Retry-After: perhaps executed */
    SIT_CUT,       /* the answer broke off */
    SIT_COUNT
};

enum attempt_do {
    ATTEMPT_PASS_ON,   /* the client gets what there is */
    ATTEMPT_REPEAT,
    ATTEMPT_UNKNOWN    /* the client must not be led to repeat it: outcome unknown */
};

struct attempt_in {
    enum upstream_kind kind;
    enum situation situation;
    int tries;                 /* so far, this one counted: 1 … */
    int64_t retry_after_ms;    /* -1 = none given */
    int64_t now_ms, until_ms;  /* no try begins after that */
    uint32_t chance;
};

struct attempt_out {
    enum attempt_do what;
    int64_t wait_ms;
};

enum situation attempt_situation(enum upstream_kind kind, int status, bool has_retry_after);
struct attempt_out attempt_decide(const struct attempt_in *in, const struct config_retry *cfg);

/* May libcurl repeat it by itself when a kept connection turns out to be dead? */
bool attempt_is_harmless(enum upstream_kind kind);

#endif
