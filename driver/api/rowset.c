#include "rowset.h"

#include "bind.h"
#include "bookmark.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

enum row_state { ROW_FINE, ROW_WARNED, ROW_FAILED };

struct rowset rowset_of(const struct stmt *s) {
    if (s->extended_fetch)
        return (struct rowset){ (int64_t)s->attrs.rowset_size, s->extended_status, NULL, true };
    return (struct rowset){ (int64_t)s->ard->array_size, s->ird.array_status, s->ird.rows_processed, false };
}

/* ---- one column -------------------------------------------------------------------------------------------------- */

static void note(struct stmt *s, int col, int64_t row, enum conv_issue issue) {
    struct cursor *c = s->cursor;
    uint8_t state = diag_issue_is_error(issue) ? ROW_FAILED : ROW_WARNED;
    if (state > c->row_states[row]) c->row_states[row] = state;
    (void)diag_issue(&s->h, issue, (SQLLEN)row + 1, col + 1, col < 0 ? "bookmark" : c->cols[col].sea.name);
}

/* Rows of one view, from its row on, into the buffers from the rowset's row first on. */
static void fill_view(struct stmt *s, const struct bind_frame *f, int col, const struct desc_rec *r, const struct col_view *view, int64_t row,
                      int64_t n, int64_t first) {
    struct cursor *c = s->cursor;
    struct conv_job job;
    bind_job(s, f, col, r, first, &job);
    conv_kernel *kernel = cursor_kernel(c, col, view->phys, job.c_type);
    if (!kernel) {
        for (int64_t i = 0; i < n; i++) note(s, col, first + i, CONV_RESTRICTED);
        return;
    }
    if (kernel(&job, view, row, n, c->issues) == 0) return;
    for (int64_t i = 0; i < n; i++)
        if (c->issues[i] != CONV_OK) note(s, col, first + i, (enum conv_issue)c->issues[i]);
}

static void fill_column(struct stmt *s, const struct bind_frame *f, int col, const struct desc_rec *r, int64_t from,
                        int64_t to) {
    const struct cursor *c = s->cursor;
    int64_t first = 0;
    for (int i = 0; i < c->n_runs && first < to; i++) {
        const struct run *run = &c->runs[i];
        int64_t low = from > first ? from - first : 0, high = to - first < run->n ? to - first : run->n;
        if (low < high) fill_view(s, f, col, r, &run->batch->cols[col], run->row + low, high - low, first + low);
        first += run->n;
    }
}

static void fill_bookmarks(struct stmt *s, const struct bind_frame *f, int64_t from, int64_t to) {
    const struct desc_rec *r = s->attrs.use_bookmarks != SQL_UB_OFF ? desc_find(s->ard, 0) : NULL;
    struct bookmark mark;
    if (!r || !bind_is_bound(r)) return;
    for (int64_t row = from; row < to; row++) {
        bookmark_make(&mark, cursor_number(s->cursor, row), bookmark_c_type(r->concise, s->attrs.use_bookmarks));
        fill_view(s, f, BOOKMARK_COL, r, &mark.view, 0, 1, row);
    }
}

/* "The variable bound to the bookmark column is always updated, regardless of SQL_ATTR_RETRIEVE_DATA." */
void rowset_fill(struct stmt *s, int64_t first, int64_t n) {
    const struct cursor *c = s->cursor;
    memset(c->row_states + first, ROW_FINE, (size_t)n);
    const struct bind_frame frame = bind_frame_of(s);
    fill_bookmarks(s, &frame, first, first + n);
    if (s->attrs.retrieve_data != SQL_RD_ON) return;
    const struct desc *ard = s->ard;
    int last = ard->count < ard->cap ? ard->count : ard->cap - 1;
    if (last > c->n_cols) last = c->n_cols;
    for (int i = 1; i <= last; i++)
        if (bind_is_bound(&ard->recs[i])) fill_column(s, &frame, i - 1, &ard->recs[i], first, first + n);
}

/* ---- the application's arrays ------------------------------------------------------------------------------------ */

static const SQLUSMALLINT STATUS[] = { SQL_ROW_SUCCESS, SQL_ROW_SUCCESS_WITH_INFO, SQL_ROW_ERROR };
static const SQLUSMALLINT STATUS_OF_ODBC2[] = { SQL_ROW_SUCCESS, SQL_ROW_SUCCESS, SQL_ROW_ERROR };

void rowset_tell(const struct stmt *s, const struct rowset *rs) {
    const struct cursor *c = s->cursor;
    const SQLUSMALLINT *words = rs->extended ? STATUS_OF_ODBC2 : STATUS;
    if (rs->fetched) *rs->fetched = (SQLULEN)c->rowset_rows;
    if (!rs->status) return;
    for (int64_t i = 0; i < c->rowset_rows && i < rs->wanted; i++) rs->status[i] = words[c->row_states[i]];
    for (int64_t i = c->rowset_rows; i < rs->wanted; i++) rs->status[i] = SQL_ROW_NOROW;
}

SQLRETURN rowset_outcome(struct stmt *s, const struct rowset *rs, int64_t first, int64_t n) {
    int64_t failed = 0, warned = 0;
    for (int64_t i = first; i < first + n; i++) {
        failed += s->cursor->row_states[i] == ROW_FAILED;
        warned += s->cursor->row_states[i] == ROW_WARNED;
    }
    if (failed && rs->extended)
        return diag_warn(&s->h, ST_ROW_ERROR, "%lld rows of the rowset could not be read whole: see the row status "
                         "array", (long long)failed);
    if (failed == n && n > 0) return SQL_ERROR;
    return failed || warned ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}
