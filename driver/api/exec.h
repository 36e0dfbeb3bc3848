/* exec: what other chapters need of execution. */
#ifndef DRIVER_API_EXEC_H
#define DRIVER_API_EXEC_H

#include <sql.h>

#include "driver/session/session.h"

struct cursor;
struct stmt;
struct scan;

/* The statement gets this cursor, which must be fresh; ends the previous one and forgets a prepared text if asked. */
SQLRETURN exec_open_cursor(struct stmt *s, struct cursor *c);

/* One statement to its end at the server; what it brought is taken with exec_take (cursor or count, state moved) or,
 * among arrays of parameters, with exec_count (the count alone; -1 = none). Both free the result. */
enum rc exec_send(struct stmt *s, const struct scan *scan, const struct exec_in *in, struct result **r,
                  struct err *e) MUST_CHECK;
SQLRETURN exec_take(struct stmt *s, const struct scan *scan, struct result **r, int64_t deadline);
enum rc exec_count(struct stmt *s, const struct scan *scan, struct result **r, int64_t deadline, SQLLEN *count,
                   struct err *e) MUST_CHECK;
SQLRETURN exec_done(struct stmt *s, const struct scan *scan, SQLLEN count);     /* executed, no rows */

/* Before a new text is executed or prepared, or something is listed: the cursor is closed, the text before forgotten. 24000
 * while a query's result waits to be fetched. */
SQLRETURN exec_begin(struct stmt *s);
/* What an execution answers that ended with rc: SQL_NO_DATA where it met no row. */
SQLRETURN exec_outcome(struct stmt *s, SQLRETURN rc);

#endif
