/* plan: the columns of a prepared statement that was not executed yet, asked for only when the application wants them. */
#ifndef DRIVER_API_PLAN_H
#define DRIVER_API_PLAN_H

#include <sql.h>

struct column;
struct stmt;

/* Afterwards stmt_columns() is right: the open cursor's, none after a statement without rows, or those of the prepared
 * text (DESCRIBE QUERY for queries; SHOW and DESCRIBE are run, since they are cheap and change nothing). */
SQLRETURN plan_describe(struct stmt *s);
/* After an execution: when its columns are not those described before, since a table has changed, the description is
 * forgotten and made anew when it is wanted. */
void plan_compare(struct stmt *s, int n_cols, const struct column *cols);

#endif
