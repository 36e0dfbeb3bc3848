/* handle: what environment, connection, statement and descriptor handles have in common: a magic number, a lock and
 * diagnostics. It is the first member of each, so that a pointer to one is a pointer to the other.
 *
 * One call at a time works on a handle (handle_lock, taken by the door). An implicit descriptor is locked with its
 * statement's lock. The diagnostics have a lock of their own, so that they can be read while a call is running.
 *
 * A call that answered SQL_STILL_EXECUTING is pending on its handle until its end is collected (driver/api/async.h), and
 * keeps others off this handle and those below it: a connection's statements, a statement's descriptors.
 *
 * In the child of a fork the threads of the parent are gone, with the locks they held. A handle that one of them was
 * working on is lost there: it is neither used nor freed, and its calls fail instead of waiting for ever. */
#ifndef DRIVER_HANDLE_HANDLE_H
#define DRIVER_HANDLE_HANDLE_H

#include <pthread.h>
#include <sql.h>
#include <sqlext.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "latch.h"

struct async_call;
struct diag;

enum handle_kind {
    HANDLE_ENV = SQL_HANDLE_ENV, HANDLE_DBC = SQL_HANDLE_DBC, HANDLE_STMT = SQL_HANDLE_STMT,
        HANDLE_DESC = SQL_HANDLE_DESC
};

struct handle {
    uint32_t magic;
    enum handle_kind kind;
    bool forgotten;             /* a pool took the connection and nobody has called since (connect_reset) */
    struct handle *locked_by;   /* itself, or the statement of an implicit descriptor */
    struct latch lock;
    struct diag *diag;          /* never NULL */
    struct handle *above;       /* the handle whose pending call keeps this one waiting too; NULL = none */
    _Atomic(struct async_call *) pending;   /* NULL = none */
    pthread_mutex_t poll_lock;  /* held while a pending call is looked at */
    struct diag *aside;         /* what other calls have to say while one is pending; NULL until then */
    atomic_uint changes;        /* goes up with every call that may change attributes, bindings or fields */
    unsigned forks;             /* that this process had seen when the lock was last known to be sound */
    bool lost;                  /* its thread stayed in the parent */
};

bool handle_init(struct handle *h, enum handle_kind kind);  /* false = out of memory */
void handle_fini(struct handle *h);                         /* the magic number goes first */
static inline bool handle_is(SQLHANDLE h, enum handle_kind kind);   /* NULL is none */
bool handle_is_type(SQLHANDLE h, SQLSMALLINT type);         /* the same with the application's word */
/* The diagnostics to be read now: those of the last call, or of the last one while another is pending. */
static inline struct diag *handle_diag(struct handle *h) { return atomic_load(&h->pending) ? h->aside : h->diag; }

static inline bool handle_is_busy(const struct handle *h) {
    for (; h; h = h->above)
        if (atomic_load_explicit(&h->pending, memory_order_acquire)) return true;
    return false;
}

static inline void handle_lock(struct handle *h);
static inline bool handle_is_lost(const struct handle *h) { return h->locked_by->lost; }    /* known once it was locked */
static inline bool handle_trylock(struct handle *h);
static inline void handle_unlock(struct handle *h) { latch_release(&h->locked_by->lock); }
void handle_poll_lock(struct handle *h);                    /* never held for long */
void handle_poll_unlock(struct handle *h);

/* ---- inline, because every call comes by ------------------------------------------------------------------------- */

extern const uint32_t HANDLE_MAGIC[];           /* by kind */
extern atomic_uint handle_forks;                /* between this process and the one that loaded the driver */
void handle_after_fork(struct handle *h);       /* the first call on it in the child */

static inline bool handle_is(SQLHANDLE h, enum handle_kind kind) {
    const struct handle *own = h;
    return own && own->magic == HANDLE_MAGIC[kind] && own->kind == kind;
}

static inline void handle_check_forks(struct handle *h) {
    unsigned now = atomic_load_explicit(&handle_forks, memory_order_relaxed);
    if (__builtin_expect(h->forks != now, 0)) handle_after_fork(h);
}

static inline void handle_lock(struct handle *h) {
    handle_check_forks(h->locked_by);
    latch_take(&h->locked_by->lock);
}

static inline bool handle_trylock(struct handle *h) {
    handle_check_forks(h->locked_by);
    return latch_try(&h->locked_by->lock);
}

#endif
