/* catalog: what the catalog functions share: arguments, the statement that is asked, "not found is an empty set". */
#ifndef DRIVER_API_CATALOG_H
#define DRIVER_API_CATALOG_H

#include "ask.h"
#include "core/arena.h"
#include "memtable.h"
#include "pattern.h"

#include <sql.h>

struct stmt;

struct catalog_args {
    struct arena arena;
    struct match catalog, schema, table, column;
};

#define CATALOG_COLS(list) (list), (int)(sizeof (list) / sizeof *(list))

/* Starts a catalog function: ends the old cursor, forgets the prepared text. */
SQLRETURN catalog_begin(struct stmt *s);
/* Which kind each argument is when SQL_ATTR_METADATA_ID is off: 'p' pattern, 'o' ordinary. With it on, all are
 * identifiers and a NULL schema, table or column is HY009. */
SQLRETURN catalog_read_args(struct stmt *s, struct catalog_args *args, const char *kinds, struct sv catalog,
                            struct sv schema, struct sv table, struct sv column);
void catalog_args_fini(struct catalog_args *args);

/* Ends a catalog function: the rows as a result set in this order (columns, -1 at the end), none where the server found
 * nothing, or the error. t is freed. */
SQLRETURN catalog_finish(struct stmt *s, enum rc rc, const struct err *e, struct memtable *t, const int *order);
/* An empty result set with these columns. */
SQLRETURN catalog_empty(struct stmt *s, const struct mem_col *cols, int n_cols);
/* " CATALOG `name`" or " ALL CATALOGS", from the argument and EnableMultipleCatalogsSupport. */
enum rc catalog_add_scope(struct stmt *s, const struct match *catalog, struct buf *sql, struct err *e) MUST_CHECK;
/* Appends the word and a quoted SHOW pattern, unless everything matches. */
enum rc catalog_add_like(const char *word, const struct match *m, struct buf *sql, struct err *e) MUST_CHECK;

/* The names of all catalogs, in the arena; for servers that do not know IN ALL CATALOGS. */
enum rc catalog_names(struct stmt *s, struct arena *arena, struct sv **names, size_t *n_r, struct err *e) MUST_CHECK;
/* Catalogs that may not be read are left out, as they are from every listing; anything else is an error. */
bool catalog_may_be_skipped(const struct err *e);

#endif
