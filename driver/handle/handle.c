#include "handle.h"

#include "diag.h"

const uint32_t HANDLE_MAGIC[] = {
    [HANDLE_ENV] = 0x6f45e4c1, [HANDLE_DBC] = 0x6fdbc5a3, [HANDLE_STMT] = 0x6f57a97e, [HANDLE_DESC] = 0x6fde5c0b,
};

/* ---- forks -------------------------------------------------------------------------------------------------------- */

static pthread_once_t forks_once = PTHREAD_ONCE_INIT;
atomic_uint handle_forks;

static void count_fork(void) { atomic_fetch_add(&handle_forks, 1); }

static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, count_fork); }

/* Its lock is free, or it is held by a thread that is not here. */
void handle_after_fork(struct handle *h) {
    if (latch_try(&h->lock)) {
        latch_release(&h->lock);
    } else {
        latch_init(&h->lock);
        h->lost = true;
    }
    pthread_mutex_init(&h->poll_lock, NULL);
    h->forks = atomic_load_explicit(&handle_forks, memory_order_relaxed);
}

/* ---- life --------------------------------------------------------------------------------------------------------- */

bool handle_init(struct handle *h, enum handle_kind kind) {
    pthread_once(&forks_once, watch_forks);
    h->kind = kind;
    h->locked_by = h;
    h->above = NULL;
    atomic_init(&h->pending, NULL);
    atomic_init(&h->changes, 0);
    h->aside = NULL;
    h->forks = atomic_load(&handle_forks);
    h->lost = false;
    h->diag = diag_new();
    if (!h->diag) return false;
    latch_init(&h->lock);
    pthread_mutex_init(&h->poll_lock, NULL);
    h->magic = HANDLE_MAGIC[kind];
    return true;
}

void handle_fini(struct handle *h) {
    h->magic = 0;
    diag_free(&h->diag);
    diag_free(&h->aside);
    pthread_mutex_destroy(&h->poll_lock);
}

bool handle_is_type(SQLHANDLE h, SQLSMALLINT type) {
    return type >= SQL_HANDLE_ENV && type <= SQL_HANDLE_DESC && handle_is(h, (enum handle_kind)type);
}

void handle_poll_lock(struct handle *h) {
    handle_check_forks(h);
    pthread_mutex_lock(&h->poll_lock);
}

void handle_poll_unlock(struct handle *h) { pthread_mutex_unlock(&h->poll_lock); }
