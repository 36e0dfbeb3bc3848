/* handles: SQLAllocHandle, SQLFreeHandle, SQLFreeStmt. */
#include "api.h"
#include "async.h"
#include "connect.h"
#include "driver/handle/dbc.h"
#include "driver/handle/desc.h"
#include "driver/handle/diag.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"

static SQLRETURN alloc_env(SQLHANDLE *out) {
    if (!out) return SQL_ERROR;
    *out = env_new();
    return *out ? SQL_SUCCESS : SQL_ERROR;
}

static SQLRETURN alloc_child(SQLSMALLINT type, struct handle *parent, SQLHANDLE *out) {
    if (!out) return diag_fail(parent, ST_NULL_POINTER, "the pointer for the new handle is NULL");
    *out = SQL_NULL_HANDLE;
    if (type == SQL_HANDLE_DBC) {
        *out = dbc_new((struct env *)parent);
    } else {
        struct dbc *d = (struct dbc *)parent;
        if (!d->connected)
            return diag_fail(parent, ST_NOT_CONNECTED, "statements and descriptors need an open connection");
        if (!SQL_SUCCEEDED(connect_refresh(d))) return SQL_ERROR;
        *out = type == SQL_HANDLE_STMT ? (SQLHANDLE)dbc_add_stmt(d) : (SQLHANDLE)dbc_add_desc(d);
    }
    return *out ? SQL_SUCCESS : diag_nomem(parent);
}

SQLRETURN api_alloc_handle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *out) {
    if (type == SQL_HANDLE_ENV) return alloc_env(out);
    if (type != SQL_HANDLE_DBC && type != SQL_HANDLE_STMT && type != SQL_HANDLE_DESC) return SQL_ERROR;
    if (!handle_is(parent, type == SQL_HANDLE_DBC ? HANDLE_ENV : HANDLE_DBC)) return SQL_INVALID_HANDLE;
    struct handle *p = parent;
    SQLRETURN rc;
    if (!async_enter(p, NULL, &rc)) return rc;
    diag_clear(p);
    rc = alloc_child(type, p, out);
    diag_finish(p, rc);
    handle_unlock(p);
    return rc;
}

static SQLRETURN free_env(struct env *e) {
    diag_clear(&e->h);
    if (atomic_load(&e->n_connections) > 0)
        return diag_fail(&e->h, ST_SEQUENCE, "the environment still has connection handles");
    env_free(&e);
    return SQL_SUCCESS;
}

static SQLRETURN free_dbc(struct dbc *d) {
    SQLRETURN rc;
    if (!async_enter(&d->h, NULL, &rc)) return rc;
    diag_clear(&d->h);
    bool connected = d->connected;
    if (connected) (void)diag_fail(&d->h, ST_SEQUENCE, "disconnect before freeing the connection handle");
    handle_unlock(&d->h);
    if (connected) return SQL_ERROR;
    dbc_free(&d);
    return SQL_SUCCESS;
}

/* A call of another thread that is still at work on the statement is cancelled and waited for; with a pending call the
 * statement stays (HY010). One that was lost in a fork is left alone. */
static SQLRETURN free_stmt(struct stmt *s) {
    SQLRETURN rc;
    if (!handle_is_busy(&s->h)) stmt_cancel(s);
    if (!async_enter(&s->h, NULL, &rc)) return handle_is_lost(&s->h) ? SQL_SUCCESS : rc;
    handle_unlock(&s->h);
    dbc_drop_stmt(&s);
    return SQL_SUCCESS;
}

static SQLRETURN free_desc(struct desc *d) {
    if (d->kind != DESC_EXPLICIT) {
        diag_clear(&d->h);
        return diag_fail(&d->h, ST_IMPLICIT_DESC, "an automatically allocated descriptor goes with its statement");
    }
    SQLRETURN rc;
    if (!async_enter(&d->h, NULL, &rc)) return rc;
    handle_unlock(&d->h);
    dbc_drop_desc(&d);
    return SQL_SUCCESS;
}

SQLRETURN api_free_handle(SQLSMALLINT type, SQLHANDLE h) {
    if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
    switch (type) {
    case SQL_HANDLE_ENV: return free_env(h);
    case SQL_HANDLE_DBC: return free_dbc(h);
    case SQL_HANDLE_STMT: return free_stmt(h);
    default: return free_desc(h);
    }
}

static SQLRETURN reset_stmt(struct stmt *s, SQLUSMALLINT option) {
    switch (option) {
    case SQL_CLOSE: stmt_close_cursor(s); return SQL_SUCCESS;
    case SQL_UNBIND: desc_unbind_all(s->ard); return SQL_SUCCESS;
    case SQL_RESET_PARAMS: desc_unbind_all(s->apd); return SQL_SUCCESS;
    default: return diag_fail(&s->h, ST_ATTR, "%u is no option of SQLFreeStmt", option);
    }
}

SQLRETURN api_free_stmt(struct stmt *s, SQLUSMALLINT option) {
    if (option == SQL_DROP) return free_stmt(s);
    SQLRETURN rc;
    if (option == SQL_CLOSE && !handle_is_busy(&s->h)) stmt_cancel(s);  /* a call in another thread ends with HY008 */
    if (!async_enter(&s->h, NULL, &rc)) return rc;
    s->h.forgotten = false;
    diag_clear(&s->h);
    rc = reset_stmt(s, option);
    diag_finish(&s->h, rc);
    handle_unlock(&s->h);
    return rc;
}
