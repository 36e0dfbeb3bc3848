#include "pipe_guard.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

void pipe_guard_enter(struct pipe_guard *g) {
    sigset_t pipe, pending, old;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    g->was_pending = sigismember(&pending, SIGPIPE) == 1;
    g->blocked = pthread_sigmask(SIG_BLOCK, &pipe, &old) == 0 && sigismember(&old, SIGPIPE) == 0;
}

void pipe_guard_leave(const struct pipe_guard *g) {
    sigset_t pipe;
    struct timespec none = {0, 0};
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    while (!g->was_pending && sigtimedwait(&pipe, NULL, &none) > 0) {}
    if (g->blocked) pthread_sigmask(SIG_UNBLOCK, &pipe, NULL);
}
