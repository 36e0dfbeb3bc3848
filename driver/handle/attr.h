/* attr: the attributes that are plain numbers, from include/tbl/odbc_attrs.h, with their rules. */
#ifndef DRIVER_HANDLE_ATTR_H
#define DRIVER_HANDLE_ATTR_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dbxodbc.h"

#define SQL_ATTR_ANY ((SQLULEN)-1)

struct handle;

struct stmt_attrs {
#define STMT_ATTR(id, field, dflt, least, most, otherwise) SQLULEN field;
#include "tbl/odbc_attrs.h"
};

struct dbc_attrs {
#define DBC_ATTR(id, field, type, dflt, least, most, otherwise) type field;
#include "tbl/odbc_attrs.h"
};

void attr_stmt_defaults(struct stmt_attrs *a);
void attr_dbc_defaults(struct dbc_attrs *a);

/* Sets one by its rule. *known = false and SQL_SUCCESS when the table has no such attribute; otherwise the call's result,
 * with its diagnostics on h. */
SQLRETURN attr_stmt_set(struct stmt_attrs *a, SQLINTEGER id, SQLULEN value, struct handle *h, bool *known);
SQLRETURN attr_dbc_set(struct dbc_attrs *a, SQLINTEGER id, SQLULEN value, struct handle *h, bool *known);
bool attr_stmt_get(const struct stmt_attrs *a, SQLINTEGER id, SQLULEN *out);
bool attr_dbc_get(const struct dbc_attrs *a, SQLINTEGER id, SQLULEN *out, size_t *bytes_r);

#endif
