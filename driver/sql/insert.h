/* insert: the shape of INSERT INTO t [(columns)] VALUES (one tuple), which arrays of parameters turn into many tuples and
 * whose parameters have the types of columns. Pure; views into the text. */
#ifndef DRIVER_SQL_INSERT_H
#define DRIVER_SQL_INSERT_H

#include "core/arena.h"
#include "core/err.h"
#include "markers.h"

struct insert {
    bool matches;           /* false: any other statement, and nothing else is set */
    bool repeatable;        /* no subquery in the tuple: rows do not see each other */
    struct sv table;        /* as written, dots and quotes included */
    int n_columns;          /* 0 = no list: the table's order */
    struct sv *columns;     /* without quotes; doubled backticks stay doubled */
    size_t from, to;        /* the tuple with its parentheses */
    int *column_of;         /* per marker: number of the value that is this marker alone, from 0; -1 = an expression */
};

enum rc insert_match(struct sv sql, const struct markers *m, struct arena *a, struct insert *out, struct err *e) MUST_CHECK;

#endif
