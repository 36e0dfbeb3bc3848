/* catalog: what the catalog functions share. Each is one struct catalog_fn: the kinds of its arguments, its columns, its
 * order, and a function that fills the rows. catalog_run does the rest: argument rules, the connection's cache, "not found
 * is an empty set", order, cursor. */
#ifndef DRIVER_API_CATALOG_H
#define DRIVER_API_CATALOG_H

#include "ask.h"
#include "core/arena.h"
#include "memtable.h"
#include "pattern.h"

#include <sql.h>

struct stmt;

enum { CATALOG_MAX_NAMES = 6, CATALOG_MAX_SQL = 1 << 17 };

/* One call. The caller fills given, types and numbers; name and arena are catalog_run's. */
struct catalog_query {
    struct sv given[CATALOG_MAX_NAMES];     /* the name arguments in the order of the function's */
    struct sv types;                        /* SQLTables: the list of table types */
    int numbers[2];                         /* what else decides the answer */
    const int *order;                       /* instead of the function's; NULL = that */
    struct match name[CATALOG_MAX_NAMES];
    struct arena arena;                     /* lives as long as the call */
};

/* Names that most functions have at these places. */
enum { Q_CATALOG, Q_SCHEMA, Q_TABLE, Q_COLUMN };

typedef enum rc catalog_fill_fn(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e);
typedef void catalog_after_fn(struct catalog_query *q, struct memtable *t);

struct catalog_fn {
    const char *name;               /* tells the answers of different functions apart in the cache */
    const char *kinds;              /* per name, with SQL_ATTR_METADATA_ID off: 'p' pattern, 'o' ordinary ("" = those
                                       without, NULL = any), 'c' ordinary where NULL and "" mean the current one.
                                       With it on, all are identifiers, and NULL is HY009. 'x' is a 'c' of a table that may
                                       be left out as a whole: three names, of which the third decides (SQLForeignKeys) */
    const struct mem_col *cols;
    int n_cols;
    const int *order;               /* columns, -1 at the end */
    catalog_fill_fn *fill;
    catalog_after_fn *after;        /* on the sorted rows; NULL = nothing to do */
    int table_col;                  /* column with the name of Q_TABLE, filled by fill; at n_cols where the result set has
                                       none (cols then has one more). With it, the third table asked for in a row makes
                                       fill be called with MATCH_ALL, and its rows answer for the others. 0 = never */
};

#define CATALOG_COLS(list) (list), (int)(sizeof (list) / sizeof *(list))
#define COL_NAME(n) { n, MEM_TEXT, 255, false }         /* a name: VARCHAR */
#define COL_NAME_NN(n) { n, MEM_TEXT, 255, true }
#define COL_TEXT(n) { n, MEM_TEXT, 4096, false }
#define COL_SHORT(n) { n, MEM_SMALLINT, 0, false }
#define COL_SHORT_NN(n) { n, MEM_SMALLINT, 0, true }
#define COL_INT(n) { n, MEM_INTEGER, 0, false }
#define COL_INT_NN(n) { n, MEM_INTEGER, 0, true }
#define COL_YES_NO(n) { n, MEM_TEXT, 3, false }

SQLRETURN catalog_run(struct stmt *s, const struct catalog_fn *fn, struct catalog_query *q);
/* One of the first n names can match nothing. */
bool catalog_matches_nothing(const struct catalog_query *q, int n);

/* Runs sql and calls add for each row of the answer. */
typedef enum rc catalog_add_fn(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e);
enum rc catalog_ask(struct stmt *s, struct sv sql, catalog_add_fn *add, struct catalog_query *q, struct memtable *t,
                    struct err *e) MUST_CHECK;

/* The same for a table of information_schema: where that is not there, or may not be read, there is nothing to list. */
enum rc catalog_ask_if_there(struct stmt *s, struct sv sql, catalog_add_fn *add, struct catalog_query *q,
                             struct memtable *t, struct err *e) MUST_CHECK;

/* A text cell of the table from a column of the answer. */
struct catalog_copy { int to; const char *from; };
enum rc catalog_copy_texts(struct ask *a, const struct catalog_copy *list, size_t n, struct memtable *t,
                           struct err *e) MUST_CHECK;

/* " CATALOG `name`" or " ALL CATALOGS", from the argument and EnableMultipleCatalogsSupport. */
enum rc catalog_add_scope(struct stmt *s, const struct match *catalog, struct buf *sql, struct err *e) MUST_CHECK;
/* Appends the word and a quoted SHOW pattern, unless everything matches. */
enum rc catalog_add_like(const char *word, const struct match *m, struct buf *sql, struct err *e) MUST_CHECK;

/* The names of all catalogs, in the arena; for servers that do not know IN ALL CATALOGS. */
enum rc catalog_names(struct stmt *s, struct arena *arena, struct sv **names, size_t *n_r, struct err *e) MUST_CHECK;
/* Catalogs that may not be read are left out, as they are from every listing; anything else is an error. */
bool catalog_may_be_skipped(const struct err *e);

#endif
