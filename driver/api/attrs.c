/* attrs: SQLSet…Attr and SQLGet…Attr. Plain numbers follow include/tbl/odbc_attrs.h; here are the others. */
#include "api.h"
#include "connect.h"
#include "core/clock.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"
#include "driver/sql/scan.h"
#include "metacache.h"

enum { MAX_ROWSET = 1 << 24 };

/* ---- environment -------------------------------------------------------------------------------------------------- */

static SQLRETURN set_version(struct env *e, SQLINTEGER version) {
    if (version != SQL_OV_ODBC2 && version != SQL_OV_ODBC3 && version != SQL_OV_ODBC3_80)
        return diag_fail(&e->h, ST_ATTR_VALUE, "ODBC version %d is not known here; 2, 3 and 380 are", (int)version);
    e->odbc_version = version;
    return SQL_SUCCESS;
}

SQLRETURN api_set_env_attr(struct env *e, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER len) {
    SQLULEN v = (SQLULEN)(uintptr_t)value;
    (void)len;
    switch (attr) {
    case SQL_ATTR_ODBC_VERSION: return set_version(e, (SQLINTEGER)v);
    case SQL_ATTR_CONNECTION_POOLING: e->pooling = (SQLUINTEGER)v; return SQL_SUCCESS;
    case SQL_ATTR_CP_MATCH: e->pool_match = (SQLUINTEGER)v; return SQL_SUCCESS;
    case SQL_ATTR_OUTPUT_NTS:
        if (v == SQL_TRUE) return SQL_SUCCESS;
        return diag_fail(&e->h, ST_UNSUPPORTED, "returned texts are always ended with NUL");
    default: return diag_fail(&e->h, ST_ATTR, "%d is no environment attribute", (int)attr);
    }
}

SQLRETURN api_get_env_attr(struct env *e, SQLINTEGER attr, SQLPOINTER value, SQLINTEGER cap, SQLINTEGER *len_r) {
    const struct text_out out = { .ptr = value, .cap = cap, .len32_r = len_r, .bytes = true };
    switch (attr) {
    case SQL_ATTR_ODBC_VERSION: return text_out_u32(&out, (SQLUINTEGER)e->odbc_version);
    case SQL_ATTR_CONNECTION_POOLING: return text_out_u32(&out, e->pooling);
    case SQL_ATTR_CP_MATCH: return text_out_u32(&out, e->pool_match);
    case SQL_ATTR_OUTPUT_NTS: return text_out_u32(&out, SQL_TRUE);
    default: return diag_fail(&e->h, ST_ATTR, "%d is no environment attribute", (int)attr);
    }
}

/* ---- connection ---------------------------------------------------------------------------------------------------- */

static SQLRETURN use_catalog(struct dbc *d, struct sv name) {
    struct err e = ERR_INIT;
    if (!SQL_SUCCEEDED(connect_refresh(d))) return SQL_ERROR;
    if (!d->connected) {
        char *copy = mem_strndup(name.ptr, name.len);
        if (!copy) return diag_nomem(&d->h);
        mem_free(d->catalog);
        d->catalog = copy;
        return SQL_SUCCESS;
    }
    connect_call_begin(d);
    enum rc rc = session_use_catalog(d->session, name, d->cancel, connect_deadline(d), &e);
    connect_call_end(d);
    if (rc != RC_OK) return diag_err(&d->h, &e);
    dbc_note_statement(d, SCAN_SESSION);
    metacache_flush(d->metacache);
    return SQL_SUCCESS;
}

static SQLRETURN set_catalog(struct dbc *d, const struct any_in *value) {
    struct text_in text = { .own = NULL };
    struct sv name = SV_NULL;
    SQLLEN len = value->len;
    if (len >= 0 && value->wide) len /= (SQLLEN)sizeof(SQLWCHAR);
    if (len < 0) len = SQL_NTS;
    SQLRETURN rc;
    switch (text_in_take(&text, value->wide, value->ptr, len, &name)) {
    case TEXT_FINE:
        rc = name.len ? use_catalog(d, name) : diag_fail(&d->h, ST_ATTR_VALUE, "the name of the catalog is empty");
        break;
    case TEXT_NOMEM: rc = diag_nomem(&d->h); break;
    default: rc = diag_fail(&d->h, ST_GENERAL, "the name of the catalog is not well-formed text");
    }
    text_in_fini(&text);
    return rc;
}

/* Statement attributes on a connection, as ODBC 2 programs set them: for its statements, present and to come. */
static SQLRETURN set_for_stmts(struct dbc *d, SQLINTEGER attr, SQLULEN v, bool *known) {
    SQLRETURN rc = attr_stmt_set(&d->stmt_defaults, attr, v, &d->h, known);
    if (!*known || !SQL_SUCCEEDED(rc)) return rc;
    SQLULEN kept = v;
    (void)attr_stmt_get(&d->stmt_defaults, attr, &kept);
    pthread_mutex_lock(&d->list_lock);
    for (struct stmt *s = d->stmts; s; s = s->next) {
        bool ignored;
        (void)attr_stmt_set(&s->attrs, attr, kept, &s->h, &ignored);
    }
    pthread_mutex_unlock(&d->list_lock);
    return rc;
}

static SQLRETURN set_number(struct dbc *d, SQLINTEGER attr, SQLULEN v) {
    bool known = false;
    if (d->connected && (attr == SQL_ATTR_LOGIN_TIMEOUT || attr == SQL_ATTR_PACKET_SIZE))
        return diag_fail(&d->h, ST_SET_NOW, "this attribute is set before connecting");
    if (attr != SQL_ATTR_CURSOR_SCROLLABLE && attr != SQL_ATTR_CURSOR_SENSITIVITY) {
        SQLRETURN rc = attr_dbc_set(&d->attrs, attr, (SQLUINTEGER)v, &d->h, &known);
        if (known && attr == SQL_ATTR_METADATA_ID && SQL_SUCCEEDED(rc)) return set_for_stmts(d, attr, (SQLUINTEGER)v,
                                                                                             &known);
        if (known) return rc;
    }
    SQLRETURN rc = set_for_stmts(d, attr, v, &known);
    if (known) return rc;
    return diag_fail(&d->h, ST_ATTR, "%d is no connection attribute of this driver", (int)attr);
}

/* "Switching to auto-commit mode commits any open transaction." */
static SQLRETURN set_autocommit(struct dbc *d, SQLINTEGER attr, SQLULEN v) {
    SQLRETURN rc = set_number(d, attr, v);
    if (SQL_SUCCEEDED(rc)) atomic_store(&d->wrote, false);
    return rc;
}

SQLRETURN api_set_connect_attr(struct dbc *d, SQLINTEGER attr, const struct any_in *value) {
    SQLULEN v = (SQLULEN)(uintptr_t)value->ptr;
    switch (attr) {
    case SQL_ATTR_CURRENT_CATALOG: return set_catalog(d, value);
    case SQL_ATTR_QUIET_MODE: d->quiet_window = value->ptr; return SQL_SUCCESS;
    case SQL_ATTR_RESET_CONNECTION:
        if (v == SQL_RESET_CONNECTION_YES) return connect_reset(d);
        return diag_fail(&d->h, ST_ATTR_VALUE, "a connection can be reset with SQL_RESET_CONNECTION_YES only");
    case SQL_ATTR_CONNECTION_DEAD: return diag_fail(&d->h, ST_ATTR, "SQL_ATTR_CONNECTION_DEAD can only be read");
    case SQL_ATTR_TRACEFILE: return SQL_SUCCESS;    /* the driver manager's business */
    case SQL_ATTR_TRANSLATE_LIB: return diag_fail(&d->h, ST_UNSUPPORTED, "translation libraries are not used");
    case SQL_ATTR_AUTOCOMMIT: return set_autocommit(d, attr, v);
    case SQL_ATTR_ENLIST_IN_DTC:
        if (!value->ptr) return SQL_SUCCESS;
        return diag_fail(&d->h, ST_UNSUPPORTED, "distributed transactions are not available");
    default: return set_number(d, attr, v);
    }
}

static SQLRETURN get_catalog(struct dbc *d, const struct text_out *out) {
    const char *catalog = NULL;
    struct err e = ERR_INIT;
    if (!d->connected) {
        if (d->catalog) return text_out_give(out, sv_of(d->catalog), &d->h);
        return diag_fail(&d->h, ST_NOT_CONNECTED, "the current catalog is known on an open connection");
    }
    if (!SQL_SUCCEEDED(connect_refresh(d))) return SQL_ERROR;
    if (connect_catalog(d, &catalog, &e)) return diag_err(&d->h, &e);
    return text_out_give(out, sv_of(catalog), &d->h);
}

SQLRETURN api_get_connect_attr(struct dbc *d, SQLINTEGER attr, const struct text_out *value) {
    SQLULEN v = 0;
    size_t bytes = 0;
    switch (attr) {
    case SQL_ATTR_CURRENT_CATALOG: return get_catalog(d, value);
    case SQL_ATTR_QUIET_MODE: return text_out_ptr(value, d->quiet_window);
    case SQL_ATTR_CONNECTION_DEAD:
        return text_out_u32(value, d->connected && !session_is_dead(d->session) ? SQL_CD_FALSE : SQL_CD_TRUE);
    case SQL_ATTR_TRACEFILE: return text_out_give(value, SV_LIT(""), &d->h);
    case SQL_ATTR_TRANSLATE_LIB: return diag_fail(&d->h, ST_UNSUPPORTED, "translation libraries are not used");
    default: break;
    }
    if (attr_dbc_get(&d->attrs, attr, &v, &bytes))
        return bytes == sizeof(SQLULEN) ? text_out_ulen(value, v) : text_out_u32(value, (SQLUINTEGER)v);
    if (attr_stmt_get(&d->stmt_defaults, attr, &v)) return text_out_ulen(value, v);
    return diag_fail(&d->h, ST_ATTR, "%d is no connection attribute of this driver", (int)attr);
}

/* ---- statement ------------------------------------------------------------------------------------------------------ */

static SQLRETURN use_desc(struct stmt *s, struct desc **slot, struct desc *own, struct desc *given) {
    if (!given || given == own) {
        *slot = own;
        return SQL_SUCCESS;
    }
    if (!handle_is(given, HANDLE_DESC) || given->dbc != s->dbc)
        return diag_fail(&s->h, ST_ATTR_VALUE, "that is no descriptor of this connection");
    if (given->kind != DESC_EXPLICIT)
        return diag_fail(&s->h, ST_IMPLICIT_DESC,
                         "an automatically allocated descriptor serves its own statement only");
    *slot = given;
    return SQL_SUCCESS;
}

static bool shapes_cursor(SQLINTEGER attr) {
    return attr == SQL_ATTR_CURSOR_TYPE || attr == SQL_ATTR_CONCURRENCY || attr == SQL_ATTR_SIMULATE_CURSOR ||
           attr == SQL_ATTR_USE_BOOKMARKS || attr == SQL_ATTR_CURSOR_SCROLLABLE || attr == SQL_ATTR_CURSOR_SENSITIVITY;
}

static SQLRETURN set_array_size(struct stmt *s, struct desc *d, SQLULEN v) {
    if (v == 0) return diag_fail(&s->h, ST_ATTR_VALUE, "an array has at least one row");
    d->array_size = v > MAX_ROWSET ? MAX_ROWSET : v;
    if (v <= MAX_ROWSET) return SQL_SUCCESS;
    return diag_warn(&s->h, ST_VALUE_CHANGED, "%d rows at a time at most", MAX_ROWSET);
}

/* Attributes that are header fields of a descriptor. */
static SQLRETURN set_desc_header(struct stmt *s, SQLINTEGER attr, SQLPOINTER value, bool *known) {
    struct desc *ard = s->ard, *apd = s->apd, *ird = &s->ird, *ipd = &s->ipd;
    *known = true;
    if (attr == SQL_ATTR_ROW_ARRAY_SIZE) return set_array_size(s, ard, (SQLULEN)(uintptr_t)value);
    if (attr == SQL_ATTR_PARAMSET_SIZE) return set_array_size(s, apd, (SQLULEN)(uintptr_t)value);
    switch (attr) {
#define STMT_DESC_NUM(id, which, field) case id: which->field = (SQLULEN)(uintptr_t)value; return SQL_SUCCESS;
#define STMT_DESC_PTR(id, which, field) case id: which->field = value; return SQL_SUCCESS;
#include "tbl/odbc_attrs.h"
    default:
        *known = false;
        return SQL_SUCCESS;
    }
}

SQLRETURN api_set_stmt_attr(struct stmt *s, SQLINTEGER attr, const struct any_in *value) {
    SQLULEN v = (SQLULEN)(uintptr_t)value->ptr;
    bool known = false;
    switch (attr) {
    case SQL_ATTR_APP_ROW_DESC: return use_desc(s, &s->ard, &s->own_ard, value->ptr);
    case SQL_ATTR_APP_PARAM_DESC: return use_desc(s, &s->apd, &s->own_apd, value->ptr);
    case SQL_ATTR_IMP_ROW_DESC: case SQL_ATTR_IMP_PARAM_DESC:
        return diag_fail(&s->h, ST_IMPLICIT_DESC, "implementation descriptors cannot be replaced");
    case SQL_ATTR_ROW_NUMBER: return diag_fail(&s->h, ST_ATTR, "SQL_ATTR_ROW_NUMBER can only be read");
    case SQL_ATTR_FETCH_BOOKMARK_PTR: s->bookmark_ptr = value->ptr; return SQL_SUCCESS;
    case SQL_ATTR_ASYNC_STMT_EVENT: return diag_fail(&s->h, ST_UNSUPPORTED, "there is no asynchronous notification");
    default: break;
    }
    if (shapes_cursor(attr) && state_has_cursor(s->state))
        return diag_fail(&s->h, ST_CURSOR_STATE, "close the cursor before changing its kind");
    if (shapes_cursor(attr) && s->state != STMT_ST_ALLOCATED)
        return diag_fail(&s->h, ST_SET_NOW, "the kind of cursor is chosen before the statement is prepared");
    SQLRETURN rc = set_desc_header(s, attr, value->ptr, &known);
    if (!known) rc = attr_stmt_set(&s->attrs, attr, v, &s->h, &known);
    return known ? rc : diag_fail(&s->h, ST_ATTR, "%d is no statement attribute of this driver", (int)attr);
}

/* SQL_ATTR_ROW_NUMBER, and SQL_GET_BOOKMARK of ODBC 2: bookmarks are row numbers. */
static SQLRETURN get_row_number(struct stmt *s, SQLINTEGER attr, const struct text_out *out) {
    const struct cursor *c = s->cursor;
    if (!c) return diag_fail(&s->h, ST_CURSOR_STATE, "there is no open cursor");
    if (attr == SQL_GET_BOOKMARK && s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_fail(&s->h, ST_SEQUENCE, "SQL_GET_BOOKMARK: bookmarks are off (SQL_USE_BOOKMARKS)");
    if (s->state != STMT_ST_ROW || c->rowset_rows == 0) return text_out_ulen(out, 0);
    return text_out_ulen(out, (SQLULEN)cursor_number(c, c->position));
}

SQLRETURN api_get_stmt_attr(struct stmt *s, SQLINTEGER attr, const struct text_out *value) {
    const struct desc *ard = s->ard, *apd = s->apd, *ird = &s->ird, *ipd = &s->ipd;
    SQLULEN v = 0;
    switch (attr) {
    case SQL_ATTR_APP_ROW_DESC: return text_out_ptr(value, ard);
    case SQL_ATTR_APP_PARAM_DESC: return text_out_ptr(value, apd);
    case SQL_ATTR_IMP_ROW_DESC: return text_out_ptr(value, ird);
    case SQL_ATTR_IMP_PARAM_DESC: return text_out_ptr(value, ipd);
    case SQL_ATTR_ROW_NUMBER: case SQL_GET_BOOKMARK: return get_row_number(s, attr, value);
    case SQL_ATTR_FETCH_BOOKMARK_PTR: return text_out_ptr(value, s->bookmark_ptr);
    case SQL_ATTR_ASYNC_STMT_EVENT: return diag_fail(&s->h, ST_UNSUPPORTED, "there is no asynchronous notification");
#define STMT_DESC_NUM(id, which, field) case id: return text_out_ulen(value, which->field);
#define STMT_DESC_PTR(id, which, field) case id: return text_out_ptr(value, which->field);
#include "tbl/odbc_attrs.h"
    default: break;
    }
    if (attr_stmt_get(&s->attrs, attr, &v)) return text_out_ulen(value, v);
    return diag_fail(&s->h, ST_ATTR, "%d is no statement attribute of this driver", (int)attr);
}
