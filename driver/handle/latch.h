/* latch: a lock that costs one atomic exchange when nobody else wants it: a call for one cell takes it too.
 *
 * A mutex exchanges a second time when it is released, to learn whether somebody waits. Here the holder reads and then
 * stores; a mark that a waiter sets between the two is lost, so waiters look again by themselves every few
 * milliseconds. That hardly ever happens, and waiting for a handle is rare in itself.
 *
 * Nothing is touched after the store that releases it: whoever takes the latch next may free its memory. */
#ifndef DRIVER_HANDLE_LATCH_H
#define DRIVER_HANDLE_LATCH_H

#include <stdatomic.h>
#include <stdbool.h>

enum { LATCH_FREE, LATCH_HELD, LATCH_WANTED };  /* wanted: held, and somebody waits */

struct latch { atomic_int state; };

void latch_wait(struct latch *l);               /* until it is ours */
void latch_pass(struct latch *l);               /* releases it and wakes a waiter */

static inline void latch_init(struct latch *l) { atomic_init(&l->state, LATCH_FREE); }

static inline bool latch_try(struct latch *l) {
    int free = LATCH_FREE;
    return atomic_compare_exchange_strong_explicit(&l->state, &free, LATCH_HELD, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void latch_take(struct latch *l) {
    if (__builtin_expect(!latch_try(l), 0)) latch_wait(l);
}

static inline void latch_release(struct latch *l) {
    if (__builtin_expect(atomic_load_explicit(&l->state, memory_order_relaxed) == LATCH_WANTED, 0)) latch_pass(l);
    else atomic_store_explicit(&l->state, LATCH_FREE, memory_order_release);
}

#endif
