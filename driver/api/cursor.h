/* cursor: the rows of one execution, on their way to the application: where they come from, which of them are the
 * current rowset, and how far SQLGetData got.
 *
 *   session result ─┐           forward-only
 *                   ├→ batches ───────────────→ runs (the rowset) → kernels into bound buffers, or parts for SQLGetData
 *   rows of ours ───┘     └→ rowstore ──────────┘
 *                              static
 *
 * A rowset may span batches: it is a list of runs, and the batches of its runs live until the next rowset. A
 * forward-only cursor hands batches through and forgets them. A static one puts them into a row store as they come, no
 * further than it has to read, and collects its rowsets from there. */
#ifndef DRIVER_API_CURSOR_H
#define DRIVER_API_CURSOR_H

#include "bookmark.h"
#include "core/arena.h"
#include "driver/convert/convert.h"
#include "driver/result/batch.h"
#include "driver/result/rowstore.h"
#include "driver/session/session.h"
#include "scroll.h"

enum { PART_NONE = -2 };

struct run {
    struct batch *batch;
    int64_t row, n;         /* rows [row, row + n) of it */
};

/* How the cells of one column get to one binding, or to one type of SQLGetData: made once, good until something changes
 * (driver/api/lane.h). */
struct lane {
    int col;                /* 0-based */
    enum col_phys phys;     /* that the kernel is for */
    SQLSMALLINT asked;      /* SQLGetData: the C type it is for; 0 = not made yet */
    struct conv_growth growth;
    conv_kernel *kernel;    /* NULL = not convertible */
    struct conv_job job;    /* for the first row of the rowset, without the bind offset; SQLGetData: for one cell */
};

struct lanes {
    const void *ard;        /* what they were made of: descriptor, and the changes it and the statement had seen */
    unsigned ard_changes, stmt_changes;
    bool is_made;
    int n;
    struct lane *of_bound;  /* of the bound columns, in their order; room for all */
    struct lane *of_gets;   /* by column */
};

struct cursor {
    struct result *result;          /* NULL: rows of ours */
    struct batch *memory;           /* rows of ours, not handed out yet */
    struct arena arena;             /* columns of ours */
    int n_cols;
    const struct column *cols;
    const struct tz **zones;        /* per column, known with the first batch; NULL entries = UTC */
    bool has_zones;
    struct lanes lanes;
    int64_t max_rows;               /* SQL_ATTR_MAX_ROWS; 0 = none */
    int64_t total_rows;             /* -1 = unknown */
    int64_t taken;                  /* rows that went into rowsets so far */

    struct batch *batch;            /* has rows left, from next_row on */
    int64_t next_row;
    struct rowstore *store;         /* static cursor: the rows so far; NULL = forward-only */
    bool is_read;                   /* static cursor: the source is at its end */
    struct scroll at;               /* static cursor: where it is */

    struct run *runs;
    int n_runs, cap_runs;
    int64_t rowset_rows;
    int64_t position;               /* current row within the rowset, 0-based */
    const struct col_view *here;    /* its cells: the batch's columns, and the row there; NULL = on no row */
    int64_t here_row;

    bool is_broken;                 /* a batch could not be had: every further fetch says so */
    struct err broken;

    struct part part;               /* SQLGetData */
    int part_col;                   /* 0-based, or BOOKMARK_COL; PART_NONE = none */
    struct bookmark mark;           /* SQLGetData of column 0 */
    uint8_t *issues;                /* scratch for kernels, one per row of a rowset */
    SQLLEN spare_length;            /* for SQLGetData without an indicator */
    uint8_t *row_states;
    bool has_notes;                 /* one of them is not what it was set to at first */
    size_t cap_rows;
};

/* Takes the result or the batch also on failure. Columns of our own are borrowed from the arena, which is moved in. */
enum rc cursor_of_result(struct cursor **out, struct result **r, int64_t max_rows, struct err *e) MUST_CHECK;
enum rc cursor_of_rows(struct cursor **out, struct arena *a, int n_cols, const struct column *cols, struct batch **rows,
                       int64_t max_rows, struct err *e) MUST_CHECK;
void cursor_free(struct cursor **c);

/* Before the first fetch: makes it a static cursor. */
enum rc cursor_make_static(struct cursor *c, const struct rowstore_in *in, struct err *e) MUST_CHECK;

/* Forward-only: collects up to n rows as the new rowset; rowset_rows says how many there are, 0 at the end. */
enum rc cursor_advance(struct cursor *c, int64_t n, struct cancel *cancel, int64_t deadline, struct err *e) MUST_CHECK;
/* Static: the number of the last row: reads the source to its end. */
enum rc cursor_last(struct cursor *c, struct cancel *cancel, int64_t deadline, int64_t *last_r,
                    struct err *e) MUST_CHECK;
/* Static: the same when it is known already, else INT64_MAX. */
int64_t cursor_known_last(const struct cursor *c);
int64_t cursor_stored(const struct cursor *c);      /* static: rows read so far */
/* Static: goes to a place. On SCROLL_ROWS up to size rows from start on are the new rowset; none = behind the end. When
 * it fails the cursor is where it was, without a rowset. */
enum rc cursor_go(struct cursor *c, const struct scroll *to, struct cancel *cancel, int64_t deadline,
                  struct err *e) MUST_CHECK;

/* The number of a row of the rowset in the result set, from 1. */
int64_t cursor_number(const struct cursor *c, int64_t row_in_rowset);
/* The run that holds the rowset's row, and the row's number in its batch. NULL = no such row. */
const struct run *cursor_row(const struct cursor *c, int64_t row_in_rowset, int64_t *row_r);
void cursor_put_on(struct cursor *c, int64_t row_in_rowset);    /* SQLGetData starts afresh there */
enum rc cursor_scratch(struct cursor *c, size_t rows, struct err *e) MUST_CHECK;

/* ---- inline, for programs that read row by row ------------------------------------------------------------------- */

/* cursor_advance() when the rowset is one run of a batch, before and after. false: nothing was done. */
static inline bool cursor_step(struct cursor *c, int64_t n) {
    if (c->n_runs != 1 || !c->batch || c->runs[0].batch != c->batch || n > c->batch->n_rows - c->next_row || c->store ||
        c->max_rows > 0 || c->is_broken)
        return false;
    c->runs[0] = (struct run){ c->batch, c->next_row, n };
    c->next_row += n;
    c->taken += n;
    c->rowset_rows = n;
    c->position = 0;
    c->here = c->batch->cols;
    c->here_row = c->runs[0].row;
    c->part_col = PART_NONE;
    return true;
}

#endif
