/* clock: monotonic time for waits, wall time for stamps, and deadlines, all in milliseconds.
 * A wait takes a deadline, never a duration, so that nested waits cannot add up. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX

int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);
int64_t clock_wall_ms(void);  /* since 1970-01-01 UTC */

static inline int64_t clock_deadline(int64_t timeout_ms) {  /* timeout 0 or less = never */
    return timeout_ms > 0 ? clock_mono_ms() + timeout_ms : CLOCK_NEVER;
}
static inline int64_t clock_sooner(int64_t a, int64_t b) { return a < b ? a : b; }
static inline bool clock_passed(int64_t deadline) { return deadline != CLOCK_NEVER && clock_mono_ms() >= deadline; }
int64_t clock_left_ms(int64_t deadline, int64_t at_most);  /* 0 … at_most */

struct timespec clock_mono_timespec(int64_t at_ms);     /* of a time that clock_mono_ms counts */

/* A condition whose waits end by the monotonic clock, whatever happens to the wall clock. */
void clock_cond_init(pthread_cond_t *cond);

#endif
