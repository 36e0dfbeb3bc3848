/* tran: SQLEndTran. Every statement commits by itself (SQL_TXN_CAPABLE is SQL_TC_NONE). A commit has nothing left to do.
 * A rollback succeeds when there is nothing to undo; after a write with autocommit off it says that nothing was undone. */
#include "api.h"
#include "async.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"

static SQLRETURN end(struct handle *h, SQLSMALLINT action) {
    if (action != SQL_COMMIT && action != SQL_ROLLBACK)
        return diag_fail(h, ST_TRANSACTION_OP, "%d is neither SQL_COMMIT nor SQL_ROLLBACK", action);
    if (h->kind != HANDLE_DBC) return SQL_SUCCESS;
    struct dbc *d = (struct dbc *)h;
    if (!d->connected) return diag_fail(h, ST_NOT_CONNECTED, "the connection is not open");
    if (dbc_has_pending(d))
        return diag_fail(h, ST_SEQUENCE, "an asynchronous call is still executing on a statement of this connection");
    bool wrote = atomic_exchange(&d->wrote, false);
    if (action == SQL_COMMIT || !wrote || d->options.ignore_transactions) return SQL_SUCCESS;
    return diag_fail(h, ST_NO_ROLLBACK,
                     "nothing was rolled back: the warehouse has no transactions, and what was written since the last "
                     "commit stays (IgnoreTransactions=1 makes this call succeed)");
}

SQLRETURN api_end_tran(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT action) {
    if (type != SQL_HANDLE_ENV && type != SQL_HANDLE_DBC) {
        if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
        diag_clear(h);
        return diag_fail(h, ST_ATTR, "transactions end on connections and environments");
    }
    if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
    SQLRETURN rc;
    if (!async_enter(h, NULL, &rc)) return rc;
    diag_clear(h);
    rc = end(h, action);
    diag_finish(h, rc);
    handle_unlock(h);
    return rc;
}
