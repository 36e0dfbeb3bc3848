/* cursor: the rows of one execution, on their way to the application: where they come from, which of them are the
 * current rowset, and how far SQLGetData got.
 *
 *   session result ─┐
 *                   ├→ batches → runs (the rowset) → kernels into bound buffers, or parts for SQLGetData
 *   rows of ours ───┘
 *
 * A rowset may span batches: it is a list of runs, and the batches of its runs live until the next rowset. */
#ifndef DRIVER_API_CURSOR_H
#define DRIVER_API_CURSOR_H

#include "core/arena.h"
#include "driver/convert/convert.h"
#include "driver/result/batch.h"
#include "driver/session/session.h"

struct run {
    struct batch *batch;
    int64_t row, n;         /* rows [row, row + n) of it */
};

struct cursor_kernel {      /* remembered choice for one column */
    bool known;
    enum col_phys phys;
    SQLSMALLINT c_type;
    conv_kernel *run;
};

struct cursor {
    struct result *result;          /* NULL: rows of ours */
    struct batch *memory;           /* rows of ours, not handed out yet */
    struct arena arena;             /* columns of ours */
    int n_cols;
    const struct column *cols;
    const struct tz **zones;        /* per column, known with the first batch; NULL entries = UTC */
    bool has_zones;
    struct cursor_kernel *kernels;  /* per column */
    int64_t max_rows;               /* SQL_ATTR_MAX_ROWS; 0 = none */
    int64_t total_rows;             /* -1 = unknown */
    int64_t taken;                  /* rows that went into rowsets so far */

    struct batch *batch;            /* has rows left, from next_row on */
    int64_t next_row;
    struct run *runs;
    int n_runs, cap_runs;
    int64_t rowset_rows;
    int64_t position;               /* current row within the rowset, 0-based */

    bool is_broken;                 /* a batch could not be had: every further fetch says so */
    struct err broken;

    struct part part;               /* SQLGetData */
    int part_col;                   /* 1-based; 0 = none */
    uint8_t *issues;                /* scratch for kernels, one per row of a rowset */
    uint8_t *row_states;
    size_t cap_rows;
};

/* Takes the result or the batch also on failure. Columns of our own are borrowed from the arena, which is moved in. */
enum rc cursor_of_result(struct cursor **out, struct result **r, int64_t max_rows, struct err *e) MUST_CHECK;
enum rc cursor_of_rows(struct cursor **out, struct arena *a, int n_cols, const struct column *cols, struct batch **rows,
                       int64_t max_rows, struct err *e) MUST_CHECK;
void cursor_free(struct cursor **c);

/* Collects up to n rows as the new rowset; rowset_rows says how many there are, 0 at the end. */
enum rc cursor_advance(struct cursor *c, int64_t n, struct cancel *cancel, int64_t deadline, struct err *e) MUST_CHECK;
/* The run that holds the rowset's row, and the row's number in its batch. NULL = no such row. */
const struct run *cursor_row(const struct cursor *c, int64_t row_in_rowset, int64_t *row_r);
enum rc cursor_scratch(struct cursor *c, size_t rows, struct err *e) MUST_CHECK;
conv_kernel *cursor_kernel(struct cursor *c, int col, enum col_phys phys, SQLSMALLINT c_type);

#endif
