/* memtable: a result set that the driver makes itself (catalog functions, SQLGetTypeInfo): rows are added, sorted, and
 * turned into a batch of column views, which goes through the same fetch path as any result.
 *
 *   memtable_init → memtable_row, memtable_text, memtable_int … → memtable_sort → memtable_pack → memrows_open
 *
 * The packed rows never change and are counted: a cursor that reads them holds one reference, the metadata cache
 * another; the last one frees them. Counting is atomic. memrows_where makes a smaller set of them. */
#ifndef DRIVER_API_MEMTABLE_H
#define DRIVER_API_MEMTABLE_H

#include <sql.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/sv.h"

struct memrows;
struct stmt;

enum mem_kind { MEM_TEXT, MEM_SMALLINT, MEM_INTEGER };

struct mem_col { const char *name; enum mem_kind kind; int length; bool not_null; };    /* length: of text */

enum { MEM_MAX_COLS = 20 };

struct mem_cell {
    bool is_set;                /* not NULL */
    union { struct sv text; int64_t number; };  /* as the column's kind has it */
};
struct mem_row { struct mem_cell cells[MEM_MAX_COLS]; };

struct memtable {
    struct arena arena;         /* texts */
    const struct mem_col *cols;
    int n_cols;
    struct mem_row *rows;
    size_t n_rows, cap_rows;
    size_t max_bytes;           /* memtable_row fails with ERR_LIMIT beyond; 0 = no limit */
};

void memtable_init(struct memtable *t, const struct mem_col *cols, int n_cols);
void memtable_fini(struct memtable *t);
/* A new row of NULLs; the following setters write to it. Texts are copied, once for rows in sequence that have the same. */
enum rc memtable_row(struct memtable *t, struct err *e) MUST_CHECK;
enum rc memtable_text(struct memtable *t, int col, struct sv text, struct err *e) MUST_CHECK;  /* ptr NULL = NULL */
void memtable_int(struct memtable *t, int col, int64_t v);
/* Ascending by these columns (−1 ends the list), NULL first, text by bytes; rows alike keep their order. */
void memtable_sort(struct memtable *t, const int *by);
typedef bool memtable_keep_fn(const struct mem_row *row, void *arg);
void memtable_filter(struct memtable *t, memtable_keep_fn *keep, void *arg);    /* order is kept */
void memtable_unique(struct memtable *t);       /* of rows alike next to each other the first stays */

/* The rows as column views; the table is used up, also on failure. NULL = out of memory. */
struct memrows *memtable_pack(struct memtable *t);
struct memrows *memrows_ref(struct memrows *r);
void memrows_unref(struct memrows **r);         /* NULL is fine */
size_t memrows_bytes(const struct memrows *r);
/* The rows whose text in column col (not NULL) is to be kept, in their order, with their first n_cols columns alone.
 * NULL = out of memory. */
typedef bool memrows_keep_fn(struct sv text, const void *arg);
struct memrows *memrows_where(const struct memrows *r, int n_cols, int col, memrows_keep_fn *keep, const void *arg);
/* The statement gets the rows as its open cursor, which takes a reference of its own. */
SQLRETURN memrows_open(struct memrows *r, struct stmt *s);
/* Packs and opens: for rows that nobody keeps. */
SQLRETURN memtable_open(struct memtable *t, struct stmt *s);

#endif
