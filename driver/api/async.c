#include "async.h"

#include <string.h>
#include <unistd.h>

#include "api.h"
#include "connect.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "driver/http/worker.h"

struct async_call {
    struct handle *h;
    async_run *run;
    pthread_t thread;
    pid_t pid;                  /* whose thread it is */
    atomic_bool done;
    SQLRETURN rc;               /* good once done */
    size_t bytes;               /* of this block, to be wiped: texts may hold secrets */
    max_align_t args[];         /* the arguments, then their texts */
};

bool async_is_wanted(const struct handle *h) {
    if (h->kind == HANDLE_STMT) return ((const struct stmt *)h)->attrs.async_enable == SQL_ASYNC_ENABLE_ON;
    return ((const struct dbc *)h)->attrs.async_dbc == SQL_ASYNC_DBC_ENABLE_ON;
}

bool async_attr_waits(const struct dbc *d, SQLINTEGER attr) { return d->connected && attr == SQL_ATTR_CURRENT_CATALOG; }

/* ---- start -------------------------------------------------------------------------------------------------------- */

static size_t any_bytes(const struct any_in *v) {
    if (!v->ptr) return 0;
    if (v->len >= 0) return (size_t)v->len;
    if (!v->wide) return strlen(v->ptr) + 1;
    size_t n = 0;
    while (((const SQLWCHAR *)v->ptr)[n]) n++;
    return (n + 1) * sizeof(SQLWCHAR);
}

static const void **text_of(void *args, const struct async_text *t, size_t *bytes) {
    void *at = (char *)args + t->at;
    if (t->kind == ASYNC_TEXT) {
        struct sv *v = at;
        *bytes = v->ptr ? v->len : 0;
        return (const void **)&v->ptr;
    }
    struct any_in *v = at;
    *bytes = any_bytes(v);
    return (const void **)&v->ptr;
}

static size_t rounded(size_t bytes) { return (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t); }

static size_t bytes_needed(const void *args, size_t size, const struct async_text *texts) {
    size_t all = rounded(size), bytes;
    for (const struct async_text *t = texts; t->kind != ASYNC_END; t++) {
        (void)text_of((void *)(uintptr_t)args, t, &bytes);
        all += rounded(bytes);
    }
    return all;
}

/* The arguments with texts of their own. A NULL text stays NULL, an empty one empty. */
static void take_args(struct async_call *c, const void *args, size_t size, const struct async_text *texts) {
    char *room = (char *)c->args + rounded(size);
    memcpy(c->args, args, size);
    for (const struct async_text *t = texts; t->kind != ASYNC_END; t++) {
        size_t bytes;
        const void **text = text_of(c->args, t, &bytes);
        if (bytes) memcpy(room, *text, bytes);
        if (*text) *text = room;
        room += rounded(bytes);
    }
}

static void call_free(struct async_call *c) {
    mem_wipe(c, c->bytes);
    mem_free(c);
}

static void *work(void *arg) {
    struct async_call *c = arg;
    struct handle *h = c->h;
    handle_lock(h);
    c->rc = c->run(c->args);
    if (h->kind == HANDLE_STMT) stmt_call_end((struct stmt *)h);
    else connect_call_end((struct dbc *)h);
    diag_finish(h, c->rc);
    handle_unlock(h);
    atomic_store(&c->done, true);
    return NULL;
}

bool async_start(struct handle *h, async_run *run, const void *args, size_t size, const struct async_text *texts) {
    size_t bytes = sizeof(struct async_call) + bytes_needed(args, size, texts);
    struct async_call *c = mem_zalloc(bytes);
    if (!h->aside) h->aside = diag_new();
    if (!c || !h->aside) {
        mem_free(c);
        return false;
    }
    *c = (struct async_call){ .h = h, .run = run, .pid = getpid(), .bytes = bytes };
    take_args(c, args, size, texts);
    handle_poll_lock(h);
    bool started = worker_start(&c->thread, work, c);
    if (started) {
        if (h->kind == HANDLE_DBC) connect_call_begin((struct dbc *)h);
        atomic_store(&h->pending, c);
        diag_still(h);
    }
    handle_poll_unlock(h);
    if (!started) call_free(c);
    return started;
}

/* ---- afterwards --------------------------------------------------------------------------------------------------- */

static SQLRETURN refuse_lost(struct handle *h) {
    struct err e = ERR_INIT;
    if (err_set(&e, ERR_NET_RESET, "a thread of the parent was using this handle when the process forked; "
                                   "connect anew in the child")) {}
    diag_clear(h);
    SQLRETURN rc = diag_err(h, &e);
    diag_finish(h, rc);
    return rc;
}

/* The thread stayed in the parent, and with it the diagnostics it may have been writing. */
static SQLRETURN lose(struct handle *h, struct async_call *c) {
    struct diag *theirs = h->diag;
    h->diag = h->aside;
    h->aside = theirs;
    h->lost = true;
    atomic_store(&h->pending, NULL);
    call_free(c);
    return refuse_lost(h);
}

static SQLRETURN collect(struct handle *h, struct async_call *c) {
    if (c->pid != getpid()) return lose(h, c);
    if (!atomic_load(&c->done)) {
        diag_still(h);
        return SQL_STILL_EXECUTING;
    }
    pthread_join(c->thread, NULL);
    SQLRETURN rc = c->rc;
    atomic_store(&h->pending, NULL);
    call_free(c);
    return rc;
}

/* false: nothing is pending any more. */
static bool answer(struct handle *h, async_run *self, SQLRETURN *rc) {
    bool answered = true;
    handle_poll_lock(h);
    struct async_call *c = atomic_load(&h->pending);
    if (c && (c->run == self || c->pid != getpid())) *rc = collect(h, c);
    else if (c) *rc = diag_refuse(h, ST_SEQUENCE, "an asynchronous call is still executing on this handle: "
                                  "repeat that call until it ends, or cancel it");
    else if (handle_is_busy(h->above)) *rc = diag_refuse(h, ST_SEQUENCE, "an asynchronous call is still executing on the "
                                                         "handle that this one belongs to");
    else answered = false;
    handle_poll_unlock(h);
    return answered;
}

static bool take(struct handle *h, async_run *self, SQLRETURN *rc) {
    for (;;) {
        while (handle_is_busy(h))
            if (answer(h, self, rc)) return false;
        handle_lock(h);
        if (!handle_is_busy(h) && !handle_is_lost(h)) return true;
        bool lost = handle_is_lost(h);
        handle_unlock(h);
        if (lost) return *rc = refuse_lost(h), false;
    }
}

/* A statement writes to its row descriptor, which may be another's too. */
static void note_change(struct handle *h) {
    atomic_fetch_add_explicit(&h->changes, 1, memory_order_relaxed);
    if (h->kind == HANDLE_STMT && ((struct stmt *)h)->ard != &((struct stmt *)h)->own_ard)
        atomic_fetch_add_explicit(&((struct stmt *)h)->ard->h.changes, 1, memory_order_relaxed);
}

bool async_enter(struct handle *h, async_run *self, SQLRETURN *rc) {
    if (!take(h, self, rc)) return false;
    note_change(h);
    return true;
}

SQLRETURN async_step_waiting(struct handle *h) {
    SQLRETURN rc = SQL_ERROR;
    return take(h, NULL, &rc) ? SQL_SUCCESS : rc;
}

void async_drop(struct handle *h) {
    struct async_call *c = atomic_exchange(&h->pending, NULL);
    if (!c) return;
    if (c->pid == getpid()) pthread_join(c->thread, NULL);
    call_free(c);
}
