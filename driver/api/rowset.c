#include "rowset.h"

#include "bind.h"
#include "bookmark.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "lane.h"

enum row_state { ROW_FINE, ROW_WARNED, ROW_FAILED };

struct rowset rowset_of(const struct stmt *s) {
    if (s->extended_fetch)
        return (struct rowset){ (int64_t)s->attrs.rowset_size, s->extended_status, NULL, true };
    return (struct rowset){ (int64_t)s->ard->array_size, s->ird.array_status, s->ird.rows_processed, false };
}

/* ---- one column -------------------------------------------------------------------------------------------------- */

static void note(struct stmt *s, int col, int64_t row, enum conv_issue issue) {
    struct cursor *c = s->cursor;
    c->has_notes = true;
    uint8_t state = diag_issue_is_error(issue) ? ROW_FAILED : ROW_WARNED;
    if (state > c->row_states[row]) c->row_states[row] = state;
    (void)diag_issue(&s->h, issue, (SQLLEN)row + 1, col + 1, col < 0 ? "bookmark" : c->cols[col].sea.name);
}

/* kernel: that left its issues; NULL = the column does not convert. */
static __attribute__((noinline)) void note_all(struct stmt *s, int col, conv_kernel *kernel, int64_t n, int64_t first) {
    const uint8_t *issues = s->cursor->issues;
    for (int64_t i = 0; i < n; i++)
        if (!kernel || issues[i] != CONV_OK) note(s, col, first + i, kernel ? (enum conv_issue)issues[i] : CONV_RESTRICTED);
}

/* Rows of one view, from its row on, into the buffers from the rowset's row first on, where the job begins. */
static void run_kernel(struct stmt *s, int col, conv_kernel *kernel, const struct conv_job *job,
                       const struct col_view *view, int64_t row, int64_t n, int64_t first) {
    struct cursor *c = s->cursor;
    if (!kernel || kernel(job, view, row, n, c->issues) != 0) note_all(s, col, kernel, n, first);
}

static void fill_run(struct stmt *s, struct lane *l, const struct run *run, ptrdiff_t offset, int64_t skip, int64_t n,
                     int64_t first) {
    const struct col_view *view = &run->batch->cols[l->col];
    struct conv_job job = l->job;
    if (view->phys != l->phys) lane_turn(s->cursor, l, view->phys);
    lane_shift(&job, offset, first);
    run_kernel(s, l->col, l->kernel, &job, view, run->row + skip, n, first);
}

static void fill_lane(struct stmt *s, struct lane *l, ptrdiff_t offset, int64_t from, int64_t to) {
    const struct cursor *c = s->cursor;
    int64_t first = 0;
    for (int i = 0; i < c->n_runs && first < to; i++) {
        const struct run *run = &c->runs[i];
        int64_t low = from > first ? from - first : 0, high = to - first < run->n ? to - first : run->n;
        if (low < high) fill_run(s, l, run, offset, low, high - low, first + low);
        first += run->n;
    }
}

/* What most programs have: the first n rows are of one batch, and go where the lanes begin. */
static void fill_as_made(struct stmt *s, int64_t n) {
    struct cursor *c = s->cursor;
    const struct run *run = &c->runs[0];
    for (struct lane *l = c->lanes.of_bound, *end = l + c->lanes.n; l < end; l++) {
        const struct col_view *view = &run->batch->cols[l->col];
        if (view->phys != l->phys) lane_turn(c, l, view->phys);
        if (l->kernel && l->kernel(&l->job, view, run->row, n, c->issues) == 0) continue;
        note_all(s, l->col, l->kernel, n, 0);
    }
}

static void fill_bookmarks(struct stmt *s, int64_t from, int64_t to) {
    const struct desc_rec *r = desc_find(s->ard, 0);
    const struct bind_frame frame = bind_frame_of(s);
    struct bookmark mark;
    struct conv_job job;
    if (!r || !bind_is_bound(r)) return;
    for (int64_t row = from; row < to; row++) {
        bookmark_make(&mark, cursor_number(s->cursor, row), bookmark_c_type(r->concise, s->attrs.use_bookmarks));
        bind_job(s, &frame, BOOKMARK_COL, r, row, &job);
        run_kernel(s, BOOKMARK_COL, conv_find(mark.view.phys, job.column, job.c_type), &job, &mark.view, 0, 1, row);
    }
}

/* "The variable bound to the bookmark column is always updated, regardless of SQL_ATTR_RETRIEVE_DATA." */
void rowset_fill(struct stmt *s, int64_t first, int64_t n) {
    s->cursor->has_notes = false;
    memset(s->cursor->row_states + first, ROW_FINE, (size_t)n);
    if (s->attrs.use_bookmarks != SQL_UB_OFF) fill_bookmarks(s, first, first + n);
    if (s->attrs.retrieve_data != SQL_RD_ON) return;
    if (!lanes_hold(s)) lanes_make(s);
    struct lanes *l = &s->cursor->lanes;
    ptrdiff_t offset = s->ard->bind_offset ? (ptrdiff_t)*s->ard->bind_offset : 0;
    if (offset == 0 && first == 0 && s->cursor->n_runs == 1) fill_as_made(s, n);
    else for (int i = 0; i < l->n; i++) fill_lane(s, &l->of_bound[i], offset, first, first + n);
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
    if (!s->cursor->has_notes) return SQL_SUCCESS;
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
