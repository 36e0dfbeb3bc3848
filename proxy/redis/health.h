/* health: is a server worth asking? Three failures in a row, or more than one in a hundred answers of a window of 256
 * later than three budgets, and it is not. What many questions suffer at the same moment (the server forks, or our own
 * loop was busy) counts once. Also how long to leave it alone then. Pure. */
#ifndef PROXY_REDIS_HEALTH_H
#define PROXY_REDIS_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

enum { HEALTH_WINDOW = 256, HEALTH_MAX_FAILURES = 3, HEALTH_MAX_SLOW = 3 };
enum { HEALTH_FIRST_MS = 1000, HEALTH_LAST_MS = 30000 };

struct health {
    int failures;               /* in a row */
    int64_t failed_ms, slow_ms; /* when the last one was counted */
    int seen, slow;             /* answers in this window, and late ones of them */
    int trips;                  /* in a row, without a good time in between */
};

/* true = leave it alone */
bool health_failed(struct health *h, int64_t now_ms, int64_t budget_ms);
bool health_answered(struct health *h, int64_t us, int64_t now_ms, int64_t budget_ms);
void health_reset(struct health *h);                                      /* a new connection: the window is empty */
int64_t health_pause_ms(struct health *h, uint32_t random);               /* 1 s, 2 s, … 30 s, ± 20 % */
void health_well(struct health *h);                                       /* it has been good for a while */

#endif
