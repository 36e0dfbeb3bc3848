/* async: calls that answer SQL_STILL_EXECUTING and go on in a thread of their own (ODBC reference, "Asynchronous
 * Execution (Polling Method)").
 *
 *   door ── async_start ──→ thread: takes the handle's lock, runs the function, notes its end
 *     the same door again ──→ SQL_STILL_EXECUTING until then, and at last the function's answer; its arguments are ignored
 *     any other door      ──→ HY010
 *     SQLCancel           ──→ the pending call ends with HY008, if it was not over already
 *
 * One thread per pending call, joined when its end is collected: nothing of ours runs when nothing is pending. What a
 * call needs is copied at its start, but for the application's buffers, which ODBC wants to stay until its end.
 * Notification is not offered: unixODBC knows neither SQLCompleteAsync nor events. */
#ifndef DRIVER_API_ASYNC_H
#define DRIVER_API_ASYNC_H

#include <stddef.h>

#include "driver/handle/handle.h"

struct dbc;

typedef SQLRETURN async_run(const void *args);

enum async_text_kind { ASYNC_END, ASYNC_TEXT, ASYNC_ANY };
struct async_text { size_t at; enum async_text_kind kind; };   /* where in the arguments: struct sv, struct any_in (a text) */

/* Takes the handle's lock for a call. false: *rc is the answer, without the lock: the pending call's if self is its
 * function, else HY010; or the handle is lost in a fork. What was made of the handle's attributes and bindings is out of
 * date afterwards; async_step is for calls that change none of them. */
bool async_enter(struct handle *h, async_run *self, SQLRETURN *rc);
static inline SQLRETURN async_step(struct handle *h);      /* SQL_SUCCESS: the lock is taken; else it is the answer */

bool async_is_wanted(const struct handle *h);           /* SQL_ATTR_ASYNC_ENABLE, SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE */
bool async_attr_waits(const struct dbc *d, SQLINTEGER attr);    /* setting it takes a statement at the server */

/* With the handle's lock held, which the caller then gives up for the thread. false = no memory or no thread to be had:
 * nothing was started. */
bool async_start(struct handle *h, async_run *run, const void *args, size_t size, const struct async_text *texts);

/* Before the handle goes: waits for a pending call's end and forgets it. */
void async_drop(struct handle *h);

SQLRETURN async_step_waiting(struct handle *h);         /* the same when something is in the way */

static inline SQLRETURN async_step(struct handle *h) {
    if (__builtin_expect(!handle_trylock(h), 0)) return async_step_waiting(h);
    if (__builtin_expect(!handle_is_busy(h) && !handle_is_lost(h), 1)) return SQL_SUCCESS;
    handle_unlock(h);
    return async_step_waiting(h);
}

#endif
