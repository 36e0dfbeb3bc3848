/* exec: what other chapters need of execution. */
#ifndef DRIVER_API_EXEC_H
#define DRIVER_API_EXEC_H

#include <sql.h>

struct cursor;
struct stmt;

/* The statement gets this cursor, which must be fresh; ends the previous one and forgets a prepared text if asked. */
SQLRETURN exec_open_cursor(struct stmt *s, struct cursor *c);

#endif
