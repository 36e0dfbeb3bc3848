#include "worker.h"

#include <signal.h>

bool worker_start(pthread_t *thread, void *(*work)(void *), void *arg) {
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool started = pthread_create(thread, NULL, work, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started;
}
