/* paramrun: one execution of a statement with parameters.
 *
 *   set by set:  data at execution? ── needed ──→ the run waits in the statement for SQLParamData and SQLPutData
 *                     │ all there
 *                     ▼
 *      one set: values as typed parameters          many sets of INSERT … VALUES (one tuple): literals, gathered into
 *      many sets of anything else: the same,        statements of many tuples (paramchunk)
 *      one statement each
 *
 * The application's buffers are read when a set's turn comes. */
#ifndef DRIVER_API_PARAMRUN_H
#define DRIVER_API_PARAMRUN_H

#include <sql.h>

#include "core/sv.h"

struct paramrun;
struct scan;
struct stmt;

/* Executes; SQL_NEED_DATA leaves the run in s->run. */
SQLRETURN paramrun_start(struct stmt *s, struct sv sql, const struct scan *scan);
/* SQLParamData: the next parameter that needs data (its token), or the rest of the execution. */
SQLRETURN paramrun_go_on(struct stmt *s, SQLPOINTER *token);
/* SQLPutData for the parameter that SQLParamData named. An error ends the execution (appendix B, SQLPutData). */
SQLRETURN paramrun_put(struct stmt *s, SQLPOINTER data, SQLLEN length);
void paramrun_free(struct paramrun **r);

#endif
