/* tran: SQLEndTran. Every statement commits by itself (SQL_TXN_CAPABLE is SQL_TC_NONE), so there is nothing to commit
 * and nothing that could be rolled back; applications that run with autocommit off end their work as they are used to. */
#include "api.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"

static SQLRETURN end(struct handle *h, SQLSMALLINT action) {
    if (action != SQL_COMMIT && action != SQL_ROLLBACK)
        return diag_fail(h, ST_TRANSACTION_OP, "%d is neither SQL_COMMIT nor SQL_ROLLBACK", action);
    if (h->kind == HANDLE_DBC && !((struct dbc *)h)->connected)
        return diag_fail(h, ST_NOT_CONNECTED, "the connection is not open");
    return SQL_SUCCESS;
}

SQLRETURN api_end_tran(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT action) {
    if (type != SQL_HANDLE_ENV && type != SQL_HANDLE_DBC) {
        if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
        diag_clear(h);
        return diag_fail(h, ST_ATTR, "transactions end on connections and environments");
    }
    if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
    handle_lock(h);
    diag_clear(h);
    SQLRETURN rc = end(h, action);
    diag_finish(h, rc);
    handle_unlock(h);
    return rc;
}
