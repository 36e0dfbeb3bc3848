/* infoschema: texts of queries on Unity Catalog's information_schema. Names are compared there with ILIKE, because the
 * catalogue keeps them as text and does not tell whether it kept their case; the rows are matched again here. Pure but
 * for infoschema_home, which may have to ask where the connection stands. */
#ifndef DRIVER_API_INFOSCHEMA_H
#define DRIVER_API_INFOSCHEMA_H

#include "core/buf.h"
#include "core/err.h"
#include "pattern.h"

struct stmt;

/* Catalogs of the old metastore: no information_schema, no keys, no privileges that could be listed. */
bool infoschema_is_missing(const struct match *catalog);
/* "`name`.information_schema" for a catalog that is named; without a name the one over all catalogs or, with
 * EnableMultipleCatalogsSupport=0, the current one's. */
enum rc infoschema_home(const struct stmt *s, const struct match *catalog, struct buf *out, struct err *e) MUST_CHECK;
/* The same, but without a name it is the current catalog's. */
enum rc infoschema_home_current(const struct match *catalog, struct buf *out, struct err *e) MUST_CHECK;
/* " AND column ILIKE 'pattern'", or nothing where everything matches. */
enum rc infoschema_and(struct buf *sql, const char *column, const struct match *m, struct err *e) MUST_CHECK;
/* The same for a name that means the current one when it is not given: current is "current_schema()" or the like. */
enum rc infoschema_and_current(struct buf *sql, const char *column, const struct match *m, const char *current,
                               struct err *e) MUST_CHECK;

#endif
