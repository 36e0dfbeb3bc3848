/* plan: the columns of a prepared statement that was not executed yet, asked for only when the application wants them. */
#ifndef DRIVER_API_PLAN_H
#define DRIVER_API_PLAN_H

#include <sql.h>

struct stmt;

/* Afterwards stmt_columns() is right: the open cursor's, none after a statement without rows, or those of the prepared
 * text (DESCRIBE QUERY for queries; SHOW and DESCRIBE are run, since they are cheap and change nothing). */
SQLRETURN plan_describe(struct stmt *s);

#endif
