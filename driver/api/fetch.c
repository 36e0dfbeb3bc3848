/* fetch: SQLFetch, SQLFetchScroll, SQLExtendedFetch: the next rowset into the bound buffers.
 *
 *   cursor_advance → for each bound column, for each run of the rowset: one kernel → row statuses, diagnostics */
#include "api.h"
#include "bind.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

enum row_state { ROW_FINE, ROW_WARNED, ROW_FAILED };

struct rowset {
    int64_t wanted;             /* size of the application's arrays */
    SQLUSMALLINT *status;       /* or NULL */
    SQLULEN *fetched;           /* or NULL */
};

/* ---- one column --------------------------------------------------------------------------------------------------- */

static void note(struct stmt *s, int col, int64_t row, enum conv_issue issue) {
    struct cursor *c = s->cursor;
    uint8_t state = diag_issue_is_error(issue) ? ROW_FAILED : ROW_WARNED;
    if (state > c->row_states[row]) c->row_states[row] = state;
    (void)diag_issue(&s->h, issue, (SQLLEN)row + 1, col + 1, c->cols[col].sea.name);
}

static void fill_run(struct stmt *s, int col, const struct desc_rec *r, const struct run *run, int64_t first) {
    struct cursor *c = s->cursor;
    const struct col_view *view = &run->batch->cols[col];
    struct conv_job job;
    bind_job(s, col, r, first, &job);
    conv_kernel *kernel = cursor_kernel(c, col, view->phys, job.c_type);
    if (!kernel) {
        for (int64_t i = 0; i < run->n; i++) note(s, col, first + i, CONV_RESTRICTED);
        return;
    }
    if (kernel(&job, view, run->row, run->n, c->issues) == 0) return;
    for (int64_t i = 0; i < run->n; i++)
        if (c->issues[i] != CONV_OK) note(s, col, first + i, (enum conv_issue)c->issues[i]);
}

static void fill_bound(struct stmt *s) {
    struct cursor *c = s->cursor;
    for (int col = 0; col < c->n_cols && col < s->ard->count; col++) {
        const struct desc_rec *r = desc_find(s->ard, col + 1);
        if (!r || !bind_is_bound(r)) continue;
        int64_t first = 0;
        for (int i = 0; i < c->n_runs; i++) {
            fill_run(s, col, r, &c->runs[i], first);
            first += c->runs[i].n;
        }
    }
}

/* ---- one rowset ---------------------------------------------------------------------------------------------------- */

static const SQLUSMALLINT STATUS[] = { SQL_ROW_SUCCESS, SQL_ROW_SUCCESS_WITH_INFO, SQL_ROW_ERROR };

static void tell_rows(const struct cursor *c, const struct rowset *rs) {
    int64_t n = c ? c->rowset_rows : 0;
    if (rs->fetched) *rs->fetched = (SQLULEN)n;
    if (!rs->status) return;
    for (int64_t i = 0; i < n; i++) rs->status[i] = STATUS[c->row_states[i]];
    for (int64_t i = n; i < rs->wanted; i++) rs->status[i] = SQL_ROW_NOROW;
}

/* "If an error occurs on some rows, SQL_SUCCESS_WITH_INFO; if on every row, SQL_ERROR" (SQLFetch, Error Handling). */
static SQLRETURN outcome(const struct cursor *c) {
    int64_t failed = 0, warned = 0;
    for (int64_t i = 0; i < c->rowset_rows; i++) {
        failed += c->row_states[i] == ROW_FAILED;
        warned += c->row_states[i] == ROW_WARNED;
    }
    if (failed == c->rowset_rows) return SQL_ERROR;
    return failed || warned ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

static SQLRETURN fetch_rowset(struct stmt *s, const struct rowset *rs) {
    struct err e = ERR_INIT;
    struct cursor *c = s->cursor;
    if (s->state == STMT_ST_END) {
        tell_rows(NULL, rs);
        return SQL_NO_DATA;
    }
    if (cursor_advance(c, rs->wanted, s->cancel, stmt_deadline(s), &e) ||
        cursor_scratch(c, (size_t)c->rowset_rows, &e)) {
        tell_rows(NULL, rs);
        return diag_err(&s->h, &e);
    }
    if (c->rowset_rows == 0) {
        tell_rows(NULL, rs);
        return SQL_SUCCEEDED(state_move(s, STMT_ST_END)) ? SQL_NO_DATA : SQL_ERROR;
    }
    memset(c->row_states, ROW_FINE, (size_t)c->rowset_rows);
    if (s->attrs.retrieve_data == SQL_RD_ON) fill_bound(s);
    tell_rows(c, rs);
    SQLRETURN moved = state_move(s, STMT_ST_ROW);
    return SQL_SUCCEEDED(moved) ? outcome(c) : moved;
}

/* ---- doors --------------------------------------------------------------------------------------------------------- */

static SQLRETURN check_cursor(struct stmt *s, bool extended) {
    if (s->state == STMT_ST_ALLOCATED || s->state == STMT_ST_PREPARED)
        return diag_fail(&s->h, ST_SEQUENCE, "execute the statement before fetching");
    if (!s->cursor) return diag_fail(&s->h, ST_CURSOR_STATE, "the statement brought no result set");
    if (extended ? s->plain_fetch : s->extended_fetch)
        return diag_fail(&s->h, ST_SEQUENCE,
                         "SQLExtendedFetch does not mix with SQLFetch or SQLFetchScroll on one cursor");
    if (extended) s->extended_fetch = true;
    else s->plain_fetch = true;
    return SQL_SUCCESS;
}

static struct rowset of_descriptors(const struct stmt *s) {
    return (struct rowset){ (int64_t)s->ard->array_size, s->ird.array_status, s->ird.rows_processed };
}

SQLRETURN api_fetch(struct stmt *s) {
    SQLRETURN rc = check_cursor(s, false);
    struct rowset rs = of_descriptors(s);
    return SQL_SUCCEEDED(rc) ? fetch_rowset(s, &rs) : rc;
}

static SQLRETURN check_orientation(struct stmt *s, SQLSMALLINT orientation) {
    if (orientation == SQL_FETCH_NEXT) return SQL_SUCCESS;
    return diag_fail(&s->h, ST_FETCH_TYPE, "the cursor is forward-only: SQL_FETCH_NEXT is the only way to fetch");
}

SQLRETURN api_fetch_scroll(struct stmt *s, SQLSMALLINT orientation, SQLLEN offset) {
    (void)offset;       /* "ignored for SQL_FETCH_NEXT" */
    SQLRETURN rc = check_orientation(s, orientation);
    return SQL_SUCCEEDED(rc) ? api_fetch(s) : rc;
}

SQLRETURN api_extended_fetch(struct stmt *s, SQLUSMALLINT orientation, SQLLEN offset, SQLULEN *rows_r,
                             SQLUSMALLINT *status) {
    (void)offset;
    struct rowset rs = { (int64_t)s->attrs.rowset_size, status, rows_r };
    SQLRETURN rc = check_orientation(s, (SQLSMALLINT)orientation);
    if (SQL_SUCCEEDED(rc)) rc = check_cursor(s, true);
    return SQL_SUCCEEDED(rc) ? fetch_rowset(s, &rs) : rc;
}
