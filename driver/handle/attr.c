#include "attr.h"

#include "diag.h"

enum otherwise { ELSE_REFUSE, ELSE_KEEP, ELSE_UNSUPPORTED, ELSE_READ_ONLY };

struct rule {
    SQLULEN dflt, least, most;
    enum otherwise otherwise;
    const char *name;
};

void attr_stmt_defaults(struct stmt_attrs *a) {
#define STMT_ATTR(id, field, dflt, least, most, otherwise) a->field = dflt;
#include "tbl/odbc_attrs.h"
}

void attr_dbc_defaults(struct dbc_attrs *a) {
#define DBC_ATTR(id, field, type, dflt, least, most, otherwise) a->field = dflt;
#include "tbl/odbc_attrs.h"
}

/* What value to keep, and what to say. */
static SQLRETURN decide(const struct rule *r, SQLULEN value, SQLULEN *keep_r, struct handle *h) {
    *keep_r = value;
    if (r->otherwise == ELSE_READ_ONLY) return diag_fail(h, ST_ATTR, "the attribute %s can only be read", r->name);
    if (value >= r->least && value <= r->most) return SQL_SUCCESS;
    *keep_r = r->dflt;
    switch (r->otherwise) {
    case ELSE_KEEP:
        return diag_warn(h, ST_VALUE_CHANGED, "%s: the value %llu is not available; %llu is used instead", r->name,
                         (unsigned long long)value, (unsigned long long)r->dflt);
    case ELSE_UNSUPPORTED:
        return diag_fail(h, ST_UNSUPPORTED, "%s: the value %llu is not implemented", r->name,
                         (unsigned long long)value);
    default:
        return diag_fail(h, ST_ATTR_VALUE, "%s: the value %llu is not allowed", r->name, (unsigned long long)value);
    }
}

/* ---- the cursor's attributes ------------------------------------------------------------------------------------- */

/* Cursors are forward-only or static, and read-only: other kinds get the nearest (01S02). */
static SQLRETURN substitute(SQLINTEGER id, SQLULEN *value, struct handle *h) {
    SQLULEN instead = *value;
    if (id == SQL_ATTR_CURSOR_TYPE && (*value == SQL_CURSOR_KEYSET_DRIVEN || *value == SQL_CURSOR_DYNAMIC))
        instead = SQL_CURSOR_STATIC;
    if (id == SQL_ATTR_CONCURRENCY && *value > SQL_CONCUR_READ_ONLY && *value <= SQL_CONCUR_VALUES)
        instead = SQL_CONCUR_READ_ONLY;
    if (instead == *value) return SQL_SUCCESS;
    SQLRETURN rc = diag_warn(h, ST_VALUE_CHANGED, id == SQL_ATTR_CURSOR_TYPE
                                 ? "SQL_ATTR_CURSOR_TYPE: cursors are forward-only or static; a static one is used"
                                 : "SQL_ATTR_CONCURRENCY: cursors are read-only");
    *value = instead;
    return rc;
}

/* "The following table lists the cursor attributes that are set implicitly" (SQLSetStmtAttr). */
static void set_implied(struct stmt_attrs *a, SQLINTEGER id) {
    switch (id) {
    case SQL_ATTR_CONCURRENCY: a->cursor_sensitivity = SQL_INSENSITIVE; break;
    case SQL_ATTR_CURSOR_SCROLLABLE:
        a->cursor_type = a->cursor_scrollable == SQL_SCROLLABLE ? SQL_CURSOR_STATIC : SQL_CURSOR_FORWARD_ONLY;
        break;
    case SQL_ATTR_CURSOR_SENSITIVITY:
        if (a->cursor_sensitivity != SQL_INSENSITIVE) break;
        a->concurrency = SQL_CONCUR_READ_ONLY;
        a->cursor_type = SQL_CURSOR_STATIC;
        a->cursor_scrollable = SQL_SCROLLABLE;
        break;
    case SQL_ATTR_CURSOR_TYPE:
        a->cursor_scrollable = a->cursor_type == SQL_CURSOR_FORWARD_ONLY ? SQL_NONSCROLLABLE : SQL_SCROLLABLE;
        if (a->cursor_type == SQL_CURSOR_STATIC) a->cursor_sensitivity = SQL_INSENSITIVE;
        break;
    default: break;
    }
}

static SQLRETURN set_one(struct stmt_attrs *a, SQLINTEGER id, SQLULEN value, struct handle *h, bool *known) {
    SQLULEN keep;
    SQLRETURN rc = SQL_SUCCESS;
    *known = true;
    switch (id) {
#define STMT_ATTR(id, field, dflt, least, most, otherwise)                                    \
    case id:                                                                                  \
        rc = decide(&(struct rule){ dflt, least, most, otherwise, #id }, value, &keep, h);    \
        if (SQL_SUCCEEDED(rc)) a->field = keep;                                               \
        return rc;
#include "tbl/odbc_attrs.h"
    default:
        *known = false;
        return SQL_SUCCESS;
    }
}

SQLRETURN attr_stmt_set(struct stmt_attrs *a, SQLINTEGER id, SQLULEN value, struct handle *h, bool *known) {
    if (id == SQL_ATTR_CURSOR_SENSITIVITY && value > SQL_SENSITIVE)
        return *known = true, diag_fail(h, ST_ATTR_VALUE, "SQL_ATTR_CURSOR_SENSITIVITY: the value %llu is not allowed",
                                        (unsigned long long)value);
    SQLRETURN warned = substitute(id, &value, h);
    SQLRETURN rc = set_one(a, id, value, h, known);
    if (!*known || !SQL_SUCCEEDED(rc)) return rc;
    set_implied(a, id);
    return rc == SQL_SUCCESS ? warned : rc;
}

SQLRETURN attr_dbc_set(struct dbc_attrs *a, SQLINTEGER id, SQLULEN value, struct handle *h, bool *known) {
    SQLULEN keep;
    SQLRETURN rc = SQL_SUCCESS;
    *known = true;
    switch (id) {
#define DBC_ATTR(id, field, type, dflt, least, most, otherwise)                               \
    case id:                                                                                  \
        rc = decide(&(struct rule){ dflt, least, most, otherwise, #id }, value, &keep, h);    \
        if (SQL_SUCCEEDED(rc)) a->field = (type)keep;                                         \
        return rc;
#include "tbl/odbc_attrs.h"
    default:
        *known = false;
        return SQL_SUCCESS;
    }
}

bool attr_stmt_get(const struct stmt_attrs *a, SQLINTEGER id, SQLULEN *out) {
    switch (id) {
#define STMT_ATTR(id, field, dflt, least, most, otherwise) \
    case id:                                               \
        *out = a->field;                                   \
        return true;
#include "tbl/odbc_attrs.h"
    default:
        return false;
    }
}

bool attr_dbc_get(const struct dbc_attrs *a, SQLINTEGER id, SQLULEN *out, size_t *bytes_r) {
    switch (id) {
#define DBC_ATTR(id, field, type, dflt, least, most, otherwise) \
    case id:                                                    \
        *out = a->field;                                        \
        *bytes_r = sizeof(type);                                \
        return true;
#include "tbl/odbc_attrs.h"
    default:
        return false;
    }
}
