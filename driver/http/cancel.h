/* cancel: a flag that one thread raises and the waits of another notice at once.
 *
 * Every network wait of a statement takes one. Raising wakes a waiting transport (curl_multi_wakeup); a raised flag
 * stays raised until cancel_rearm(). Safe from any thread and from SQLCancel while the statement is executing. */
#ifndef DRIVER_HTTP_CANCEL_H
#define DRIVER_HTTP_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct cancel;

struct cancel *cancel_new(void);                 /* NULL = out of memory */
void cancel_free(struct cancel **c);
void cancel_raise(struct cancel *c);
void cancel_rearm(struct cancel *c);
static inline bool cancel_is_raised(const struct cancel *c);    /* NULL is never raised */

/* Sleeps until the time (clock_mono_ms scale) or until raised; true = raised. c may be NULL. */
bool cancel_nap(struct cancel *c, int64_t until);

/* For waits: while attached, raising calls wake(arg). At most 32 attached at once (a statement's downloads). */
bool cancel_attach(struct cancel *c, void (*wake)(void *), void *arg);
void cancel_detach(struct cancel *c, void (*wake)(void *), void *arg);

/* The beginning of a struct cancel: every call of a statement looks at it. */
struct cancel_flag { atomic_bool raised; };
static inline bool cancel_is_raised(const struct cancel *c) {
    return c && atomic_load(&((const struct cancel_flag *)(const void *)c)->raised);
}

#endif
