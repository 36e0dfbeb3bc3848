#include "cancel.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "core/clock.h"
#include "core/mem.h"

enum { MAX_HOOKS = 32, MAX_NAP_MS = 60000 };

struct hook {
    void (*wake)(void *);
    void *arg;
};

struct cancel {
    struct cancel_flag flag;    /* the first */
    pthread_mutex_t lock;   /* guards hooks; held while they are called, so that detach waits for a running wake */
    pthread_cond_t cond;    /* for cancel_nap */
    struct hook hooks[MAX_HOOKS];
    int n_hooks;
};

struct cancel *cancel_new(void) {
    struct cancel *c = mem_zalloc(sizeof *c);
    if (!c) return NULL;
    pthread_mutex_init(&c->lock, NULL);
    clock_cond_init(&c->cond);
    return c;
}

void cancel_free(struct cancel **c) {
    if (!*c) return;
    pthread_cond_destroy(&(*c)->cond);
    pthread_mutex_destroy(&(*c)->lock);
    mem_free(*c);
    *c = NULL;
}

void cancel_raise(struct cancel *c) {
    if (!c) return;
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->flag.raised, true);
    for (int i = 0; i < c->n_hooks; i++) c->hooks[i].wake(c->hooks[i].arg);
    pthread_cond_broadcast(&c->cond);
    pthread_mutex_unlock(&c->lock);
}

void cancel_rearm(struct cancel *c) {
    if (c) atomic_store(&c->flag.raised, false);
}

bool cancel_attach(struct cancel *c, void (*wake)(void *), void *arg) {
    if (!c) return true;
    pthread_mutex_lock(&c->lock);
    bool fits = c->n_hooks < MAX_HOOKS;
    if (fits) c->hooks[c->n_hooks++] = (struct hook){wake, arg};
    pthread_mutex_unlock(&c->lock);
    return fits;
}

void cancel_detach(struct cancel *c, void (*wake)(void *), void *arg) {
    if (!c) return;
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < c->n_hooks; i++)
        if (c->hooks[i].wake == wake && c->hooks[i].arg == arg) {
            c->hooks[i] = c->hooks[--c->n_hooks];
            break;
        }
    pthread_mutex_unlock(&c->lock);
}

static bool nap_plain(int64_t until) {
    struct timespec at = clock_mono_timespec(until);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {}
    return false;
}

bool cancel_nap(struct cancel *c, int64_t until) {
    if (!c) return nap_plain(until);
    pthread_mutex_lock(&c->lock);
    while (!atomic_load(&c->flag.raised) && !clock_passed(until)) {
        int64_t now = clock_mono_ms();
        struct timespec at = clock_mono_timespec(until - now > MAX_NAP_MS ? now + MAX_NAP_MS : until);
        pthread_cond_timedwait(&c->cond, &c->lock, &at);
    }
    pthread_mutex_unlock(&c->lock);
    return atomic_load(&c->flag.raised);
}
