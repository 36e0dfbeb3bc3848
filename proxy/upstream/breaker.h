/* breaker: is this target (a workspace, or one of its warehouses) left alone for a while? Pure: clock and chance are
 * passed in.
 *
 *   CLOSED ──(failures)──▶ OPEN ──(time)──▶ HALF_OPEN ──(enough probes in a row succeed)──▶ CLOSED
 *                            ▲                  │
 *                            └──(a probe fails)─┘   each time twice as long
 *
 * Every call is asked for with breaker_ask() and, if it may go, its end is told with the permit it got. What began
 * before the last change of state says nothing about now, and is ignored. */
#ifndef PROXY_UPSTREAM_BREAKER_H
#define PROXY_UPSTREAM_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "upstream.h"
#include "window.h"

enum breaker_outcome {
    BREAKER_SUCCESS,
    BREAKER_FAILURE,    /* it answered, badly */
    BREAKER_TRANSPORT,  /* no connection, no answer, half an answer */
    BREAKER_NEUTRAL     /* says nothing about the target: cancelled by us, refused before it was sent */
};

struct breaker {        /* all zero = CLOSED */
    enum breaker_state state;
    struct window window;
    int in_a_row;       /* transport failures, or, when HALF_OPEN, successes */
    int opened;         /* times since it was last CLOSED */
    int64_t until_ms;   /* OPEN */
    bool probing;
    uint32_t epoch;     /* of the state */
};

/* false = leave it alone; *permit_r is for breaker_tell(). */
bool breaker_ask(struct breaker *b, const struct config_breaker *cfg, int64_t now_ms, uint32_t *permit_r);
void breaker_tell(struct breaker *b, const struct config_breaker *cfg, uint32_t permit, enum breaker_outcome o,
                  int64_t now_ms, uint32_t chance);

/* Something that was told as a success proved to be a failure. */
void breaker_amend(struct breaker *b, const struct config_breaker *cfg, int64_t now_ms, uint32_t chance);

/* As breaker_ask() would say, without taking the probe. */
bool breaker_would(const struct breaker *b, const struct config_breaker *cfg, int64_t now_ms);
enum breaker_state breaker_now(const struct breaker *b, int64_t now_ms);  /* HALF_OPEN once the time is up */

/* All of a group are open: one of ten goes all the same. */
static inline bool breaker_panic(uint32_t chance) { return chance % 10 == 0; }

#endif
