/* scan: as much of a statement's text as the driver must understand: what kind it is and where its parameter markers
 * are. Knows strings ('…', "…" with backslashes, r'…' without), `names`, -- and nested comments. Pure. */
#ifndef DRIVER_API_SCAN_H
#define DRIVER_API_SCAN_H

#include "core/buf.h"
#include "core/err.h"
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
    int n_markers;
    const char *function;   /* SQL_DIAG_DYNAMIC_FUNCTION, static; "" = unknown */
    int function_code;
};

/* Without blanks around it and without semicolons at the end. */
struct sv scan_trim(struct sv sql);
void scan_sql(struct sv sql, struct scan *out);
/* The text with NULL in place of each parameter marker. */
enum rc scan_without_markers(struct sv sql, struct buf *out, struct err *e) MUST_CHECK;

#endif
