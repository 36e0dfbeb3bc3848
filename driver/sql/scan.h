/* scan: what kind of statement a text is, and whether it has parameters. Pure; the tokens are core/sqlscan's. */
#ifndef DRIVER_SQL_SCAN_H
#define DRIVER_SQL_SCAN_H

#include <stdbool.h>

#include "core/sv.h"

enum scan_kind {
    SCAN_EMPTY,     /* blanks and comments only */
    SCAN_QUERY,     /* SELECT, VALUES, TABLE, FROM, WITH … SELECT: rows, no effect */
    SCAN_SHOW,      /* SHOW, DESCRIBE, EXPLAIN, LIST: rows, cheap, no effect */
    SCAN_WRITE,     /* INSERT, UPDATE, DELETE, MERGE, COPY INTO, …: a count */
    SCAN_DDL,       /* CREATE, ALTER, DROP, …: nothing, or a count */
    SCAN_SESSION,   /* USE, SET, RESET: may move the session's catalog or schema */
    SCAN_OTHER      /* only the server knows */
};

struct scan {
    enum scan_kind kind;
    int n_markers;          /* ? */
    bool has_named;         /* :name, which the server would want by name */
    const char *function;   /* SQL_DIAG_DYNAMIC_FUNCTION, static; "" = unknown */
    int function_code;
};

/* Without blanks around it and without semicolons at the end. */
struct sv scan_trim(struct sv sql);
void scan_sql(struct sv sql, struct scan *out);

#endif
