#include "handle.h"

#include "diag.h"

static const uint32_t MAGIC[] = {
    [HANDLE_ENV] = 0x6f45e4c1, [HANDLE_DBC] = 0x6fdbc5a3, [HANDLE_STMT] = 0x6f57a97e, [HANDLE_DESC] = 0x6fde5c0b,
};

/* ---- forks -------------------------------------------------------------------------------------------------------- */

static pthread_once_t forks_once = PTHREAD_ONCE_INIT;
static atomic_uint forks;   /* between this process and the one that loaded the driver */

static void count_fork(void) { atomic_fetch_add(&forks, 1); }

static void watch_forks(void) { (void)pthread_atfork(NULL, NULL, count_fork); }

/* The first call on the handle after a fork, in the child. Its lock is free, or it is held by a thread that is not here. */
static void look_after_fork(struct handle *h, unsigned now) {
    if (pthread_mutex_trylock(&h->lock) == 0) {
        pthread_mutex_unlock(&h->lock);
    } else {
        pthread_mutex_init(&h->lock, NULL);
        h->lost = true;
    }
    pthread_mutex_init(&h->poll_lock, NULL);
    h->forks = now;
}

static void check_forks(struct handle *h) {
    unsigned now = atomic_load_explicit(&forks, memory_order_relaxed);
    if (__builtin_expect(h->forks != now, 0)) look_after_fork(h, now);
}

bool handle_is_lost(const struct handle *h) { return h->locked_by->lost; }

/* ---- life --------------------------------------------------------------------------------------------------------- */

bool handle_init(struct handle *h, enum handle_kind kind) {
    pthread_once(&forks_once, watch_forks);
    h->kind = kind;
    h->locked_by = h;
    h->above = NULL;
    atomic_init(&h->pending, NULL);
    h->aside = NULL;
    h->forks = atomic_load(&forks);
    h->lost = false;
    h->diag = diag_new();
    if (!h->diag) return false;
    pthread_mutex_init(&h->lock, NULL);
    pthread_mutex_init(&h->poll_lock, NULL);
    h->magic = MAGIC[kind];
    return true;
}

void handle_fini(struct handle *h) {
    h->magic = 0;
    diag_free(&h->diag);
    diag_free(&h->aside);
    pthread_mutex_destroy(&h->lock);
    pthread_mutex_destroy(&h->poll_lock);
}

bool handle_is(SQLHANDLE h, enum handle_kind kind) {
    const struct handle *own = h;
    return own && own->magic == MAGIC[kind] && own->kind == kind;
}

bool handle_is_type(SQLHANDLE h, SQLSMALLINT type) {
    return type >= SQL_HANDLE_ENV && type <= SQL_HANDLE_DESC && handle_is(h, (enum handle_kind)type);
}

void handle_lock(struct handle *h) {
    check_forks(h->locked_by);
    pthread_mutex_lock(&h->locked_by->lock);
}

bool handle_trylock(struct handle *h) {
    check_forks(h->locked_by);
    return pthread_mutex_trylock(&h->locked_by->lock) == 0;
}

void handle_unlock(struct handle *h) { pthread_mutex_unlock(&h->locked_by->lock); }

void handle_poll_lock(struct handle *h) {
    check_forks(h);
    pthread_mutex_lock(&h->poll_lock);
}

void handle_poll_unlock(struct handle *h) { pthread_mutex_unlock(&h->poll_lock); }
