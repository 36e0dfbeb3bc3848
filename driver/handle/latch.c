#ifndef _GNU_SOURCE
#define _GNU_SOURCE     /* syscall */
#endif
#include "latch.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_AGAIN_NS = 5000000, SPINS = 100 };

_Static_assert(sizeof(atomic_int) == sizeof(int), "a futex is a plain int");

/* Takes it with the mark set: others may be waiting too, and a needless wake costs nothing but itself. */
static bool take_wanted(struct latch *l) {
    return atomic_exchange_explicit(&l->state, LATCH_WANTED, memory_order_acquire) == LATCH_FREE;
}

void latch_wait(struct latch *l) {
    static const struct timespec nap = { 0, LOOK_AGAIN_NS };
    for (int i = 0; i < SPINS; i++)
        if (atomic_load_explicit(&l->state, memory_order_relaxed) == LATCH_FREE && latch_try(l)) return;
    while (!take_wanted(l)) (void)syscall(SYS_futex, &l->state, FUTEX_WAIT_PRIVATE, LATCH_WANTED, &nap, NULL, 0);
}

void latch_pass(struct latch *l) {
    atomic_store_explicit(&l->state, LATCH_FREE, memory_order_release);
    (void)syscall(SYS_futex, &l->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);     /* of a waiter's; its memory may be gone */
}
