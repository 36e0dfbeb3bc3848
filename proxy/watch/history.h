/* history: the last minutes of a few counters, for the status page. A ring in fixed memory of what was counted in each
 * step of HISTORY_STEP_MS; steps in which nobody called are empty. Not thread-safe. */
#ifndef PROXY_HISTORY_H
#define PROXY_HISTORY_H

#include "metrics.h"

enum { HISTORY_STEP_MS = 5000, HISTORY_STEPS = 120 };

struct history_step {
    uint32_t hits, joined, stale, misses, bypasses, refused, errors, other;
};

struct history {
    struct history_step ring[HISTORY_STEPS];
    uint64_t seen[REQUEST_OUTCOME_COUNT];  /* totals at the last call */
    int64_t step;                          /* now / HISTORY_STEP_MS of the newest */
};

/* Count what was added since the last call to the step of now (monotonic, not going back). */
void history_note(struct history *h, const uint64_t totals[REQUEST_OUTCOME_COUNT], int64_t now_ms);

/* The i-th step, the newest (unfinished) one first; i < HISTORY_STEPS. */
struct history_step history_get(const struct history *h, int i);

#endif
