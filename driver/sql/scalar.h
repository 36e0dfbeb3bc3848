/* scalar: one {fn …}: the function and its arguments become a Databricks SQL expression, by include/tbl/scalar_*.h. */
#ifndef DRIVER_SQL_SCALAR_H
#define DRIVER_SQL_SCALAR_H

#include "core/sqlscan.h"
#include "escape.h"

enum { SCALAR_MAX_ARGS = 9 };

struct scalar_arg {
    struct sv text;     /* translated, without blanks around it */
    size_t at;          /* the first character's number in the statement */
    int n_markers;
    bool is_plain;      /* a literal or a column: saying it twice costs nothing and means the same */
    bool is_literal;
};

struct scalar_call {
    struct sv name;
    size_t at;
    bool has_list;      /* "(…)" stood behind the name */
    int n;
    struct scalar_arg args[SCALAR_MAX_ARGS];
};

/* The word that stands between the arguments, where that is no comma: "IN" or "FROM"; else NULL. */
const char *scalar_separator(struct sv name);
enum rc scalar_is_known(struct sv name, size_t at, struct err *e) MUST_CHECK;
enum rc scalar_put(const struct scalar_call *c, const struct escape_settings *how, struct buf *out,
                   struct err *e) MUST_CHECK;

#endif
