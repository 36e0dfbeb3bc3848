/* diagnostics: SQLGetDiagRec, SQLGetDiagField. They read without the handle's lock, change nothing and post nothing. */
#include "api.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/desc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

SQLRETURN api_get_diag_rec(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, const struct text_out *state,
                           SQLINTEGER *native, const struct text_out *text) {
    struct diag_rec r;
    if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
    if (number <= 0 || text->cap < 0) return SQL_ERROR;
    if (!diag_read(h, number, &r)) return SQL_NO_DATA;
    if (state->ptr) (void)text_out_put(state, sv_of(r.state));
    if (native) *native = r.native;
    SQLRETURN rc = text_out_put(text, sv_of(r.text));
    mem_free(r.text);
    return rc;
}

static struct dbc *dbc_of(struct handle *h) {
    switch (h->kind) {
    case HANDLE_DBC: return (struct dbc *)h;
    case HANDLE_STMT: return ((struct stmt *)h)->dbc;
    case HANDLE_DESC: return ((struct desc *)h)->dbc;
    default: return NULL;
    }
}

static SQLRETURN put_int(const struct text_out *out, SQLINTEGER v) { return text_out_u32(out, (SQLUINTEGER)v); }

static SQLRETURN put_len(const struct text_out *out, SQLLEN v) { return text_out_ulen(out, (SQLULEN)v); }

static SQLRETURN head_field(struct handle *h, SQLSMALLINT field, const struct text_out *out) {
    struct diag_head head = diag_head(h);
    bool is_stmt = h->kind == HANDLE_STMT;
    switch (field) {
    case SQL_DIAG_NUMBER: return put_int(out, diag_count(h));
    case SQL_DIAG_RETURNCODE: return text_out_u16(out, (SQLUSMALLINT)head.rc);
    case SQL_DIAG_ROW_COUNT: return is_stmt ? put_len(out, head.row_count) : SQL_ERROR;
    case SQL_DIAG_CURSOR_ROW_COUNT: return is_stmt ? put_len(out, head.cursor_row_count) : SQL_ERROR;
    case SQL_DIAG_DYNAMIC_FUNCTION: return is_stmt ? text_out_put(out, sv_of(head.function)) : SQL_ERROR;
    case SQL_DIAG_DYNAMIC_FUNCTION_CODE: return is_stmt ? put_int(out, head.function_code) : SQL_ERROR;
    default: return SQL_ERROR;
    }
}

static bool is_head_field(SQLSMALLINT field) {
    return field == SQL_DIAG_NUMBER || field == SQL_DIAG_RETURNCODE || field == SQL_DIAG_ROW_COUNT ||
           field == SQL_DIAG_CURSOR_ROW_COUNT || field == SQL_DIAG_DYNAMIC_FUNCTION ||
           field == SQL_DIAG_DYNAMIC_FUNCTION_CODE;
}

static struct sv text_field(const struct dbc *d, const struct diag_rec *r, SQLSMALLINT field, bool *known) {
    const struct options *o = d && d->connected ? &d->options : NULL;
    switch (field) {
    case SQL_DIAG_SQLSTATE: return sv_of(r->state);
    case SQL_DIAG_MESSAGE_TEXT: return sv_of(r->text);
    case SQL_DIAG_CLASS_ORIGIN: return sv_of(diag_class_origin(r->state));
    case SQL_DIAG_SUBCLASS_ORIGIN: return sv_of(diag_subclass_origin(r->state));
    case SQL_DIAG_CONNECTION_NAME: return sv_of(o && o->host ? o->host : "");
    case SQL_DIAG_SERVER_NAME: return sv_of(o && o->dsn ? o->dsn : o && o->host ? o->host : "");
    default: *known = false; return SV_NULL;
    }
}

static SQLRETURN rec_field(struct handle *h, const struct diag_rec *r, SQLSMALLINT field, const struct text_out *out) {
    bool known = true;
    switch (field) {
    case SQL_DIAG_NATIVE: return put_int(out, r->native);
    case SQL_DIAG_ROW_NUMBER: return put_len(out, r->row);
    case SQL_DIAG_COLUMN_NUMBER: return put_int(out, r->column);
    default: break;
    }
    struct sv text = text_field(dbc_of(h), r, field, &known);
    return known ? text_out_put(out, text) : SQL_ERROR;
}

SQLRETURN api_get_diag_field(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT number, SQLSMALLINT field,
                             const struct text_out *value) {
    struct diag_rec r;
    if (!handle_is_type(h, type)) return SQL_INVALID_HANDLE;
    if (is_head_field(field)) return head_field(h, field, value);
    if (number <= 0) return SQL_ERROR;
    if (!diag_read(h, number, &r)) return SQL_NO_DATA;
    SQLRETURN rc = rec_field(h, &r, field, value);
    mem_free(r.text);
    return rc;
}
