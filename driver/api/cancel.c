/* cancel: SQLCancel, SQLCancelHandle, SQLCompleteAsync. They take no lock of a handle that is at work. */
#include "api.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"

/* "In ODBC 3.x, a call to SQLCancel when no processing is being done on the statement has no effect at all." In ODBC 2 it
 * closes the cursor. An execution that waits for data is given up in both. */
static void cancel_idle(struct stmt *s) {
    bool waits = state_needs_data(s->state);
    stmt_abandon_run(s);
    if (!waits && s->dbc->env->odbc_version == SQL_OV_ODBC2) stmt_close_cursor(s);
}

SQLRETURN api_cancel(struct stmt *s) {
    stmt_cancel(s);
    if (atomic_load(&s->h.pending)) return SQL_SUCCESS;     /* the call's own end tells what became of it */
    if (handle_trylock(&s->h)) {
        cancel_idle(s);
        handle_unlock(&s->h);
    }
    return SQL_SUCCESS;
}

SQLRETURN api_cancel_handle(SQLSMALLINT type, SQLHANDLE h) {
    if (type != SQL_HANDLE_STMT && type != SQL_HANDLE_DBC) {
        if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
        diag_clear(h);
        return diag_fail(h, ST_ATTR, "only statements and connections can be cancelled");
    }
    if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
    if (type == SQL_HANDLE_STMT) return api_cancel(h);
    struct dbc *d = h;
    if (atomic_load(&d->running)) cancel_raise(d->cancel);
    return SQL_SUCCESS;
}

/* Notification of asynchronous ends is not offered (SQL_ASYNC_NOTIFICATION is 0), so nothing can be completed. */
SQLRETURN api_complete_async(SQLSMALLINT type, SQLHANDLE h, RETCODE *result) {
    if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
    diag_clear(h);
    if (!result) return diag_fail(h, ST_NULL_POINTER, "the pointer for the result is NULL");
    return diag_fail(h, ST_SEQUENCE, "no asynchronous call is waiting for a notification");
}
