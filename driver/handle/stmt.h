/* stmt: a statement handle: its text, its descriptors, its attributes and the cursor of its last execution.
 *
 * SQLCancel calls stmt_cancel() from any thread while a call is running; everything else happens under the handle's
 * lock. What an execution brought lives in the cursor and goes with it. */
#ifndef DRIVER_HANDLE_STMT_H
#define DRIVER_HANDLE_STMT_H

#include <stdatomic.h>

#include "attr.h"
#include "core/arena.h"
#include "desc.h"
#include "driver/api/cursor.h"
#include "driver/http/cancel.h"
#include "handle.h"
#include "state.h"

struct dbc;
struct paramfacts;
struct paramrun;

enum { STMT_MAX_CURSOR_NAME = 128 };

struct stmt {
    struct handle h;
    struct dbc *dbc;
    struct stmt *next;
    unsigned long number;           /* on its connection; for SQL_CUR<n> */
    enum stmt_state state;
    struct cancel *cancel;
    atomic_bool running;            /* a call is at work: SQLCancel has an effect */
    struct stmt_attrs attrs;
    SQLPOINTER bookmark_ptr;        /* SQL_ATTR_FETCH_BOOKMARK_PTR */
    struct desc own_ard, own_apd, ird, ipd;
    struct desc *ard, *apd;         /* the statement's own, or explicit ones */
    char *sql;                      /* prepared text; NULL = none */
    bool described;                 /* plan holds the columns of the prepared text */
    struct {
        struct arena arena;
        int n;
        struct column *cols;
    } plan;
    struct paramfacts *paramfacts;  /* what is known of the prepared text's parameters; NULL = not asked yet */
    struct paramrun *run;           /* an execution that waits for data; NULL = none */
    struct cursor *cursor;          /* NULL = none */
    bool extended_fetch, plain_fetch;   /* SQLExtendedFetch and SQLFetch do not mix on one cursor */
    SQLUSMALLINT *extended_status;      /* row status array of the last SQLExtendedFetch; SQLSetPos writes there too */
    SQLLEN row_count;               /* SQLRowCount; -1 = unknown */
    bool must_close;                /* the cursor is a query's: to be closed before the next execution */
    bool met_no_row;                /* an INSERT, UPDATE or DELETE that changed nothing */
    char cursor_name[STMT_MAX_CURSOR_NAME + 1];     /* "" = SQL_CUR<n> */
};

struct stmt *stmt_new(struct dbc *dbc);     /* NULL = out of memory */
void stmt_free(struct stmt **s);            /* off the connection's list already */

static inline void stmt_call_begin(struct stmt *s) {    /* door: from here on SQLCancel has an effect */
    if (cancel_is_raised(s->cancel)) cancel_rearm(s->cancel);
    atomic_store_explicit(&s->running, true, memory_order_release);     /* twice in every call: no fence for nothing */
}
static inline void stmt_call_end(struct stmt *s) { atomic_store_explicit(&s->running, false, memory_order_release); }
void stmt_cancel(struct stmt *s);           /* any thread; no effect on an idle statement */

void stmt_close_cursor(struct stmt *s);     /* SQL_CLOSE: always fine */
void stmt_abandon_run(struct stmt *s);      /* back to before the execution that waits for data, if there is one */
void stmt_forget_text(struct stmt *s);      /* the prepared text and what was known of its columns */
int64_t stmt_deadline(const struct stmt *s);
bool stmt_is_bound_by_connection(const struct stmt *s);     /* SQL_ATTR_CONNECTION_TIMEOUT comes first */

/* Columns of the open cursor or, without one, of the described text. */
int stmt_columns(const struct stmt *s, const struct column **cols_r);
void stmt_name(const struct stmt *s, char *out, size_t cap);

#endif
