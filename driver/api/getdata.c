/* getdata: SQLGetData: one cell of the current row, in parts. */
#include "api.h"
#include "bind.h"
#include "bookmark.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "lane.h"

/* The job for one cell; SQL_ARD_TYPE takes type, precision and scale from the ARD. */
static SQLRETURN make_job(struct stmt *s, int col, SQLSMALLINT c_type, struct conv_job *out) {
    const struct desc_rec *r = desc_find(s->ard, col + 1);
    const struct bind_frame frame = bind_frame_of(s);
    struct desc_rec plain = { .type = c_type, .concise = c_type };
    if (c_type != SQL_ARD_TYPE && !conv_is_c_type(c_type))
        return diag_fail(&s->h, ST_C_TYPE, "%d is no C data type", c_type);
    if (c_type == SQL_ARD_TYPE && (!r || r->concise == SQL_ARD_TYPE))
        return diag_fail(&s->h, ST_BAD_INDEX, "SQL_ARD_TYPE: the row descriptor says nothing about column %d", col + 1);
    if (c_type != SQL_ARD_TYPE) desc_set_concise(&plain, c_type);
    bind_job(s, &frame, col, c_type == SQL_ARD_TYPE ? r : &plain, 0, out);
    out->data = out->octet_length = out->indicator = NULL;
    return SQL_SUCCESS;
}

/* A part continues where the last one of this column stopped; another column or type starts afresh. */
static struct part *part_for(struct cursor *c, int col, SQLSMALLINT c_type) {
    if (c->part_col != col || (c->part.started && c->part.c_type != c_type)) part_reset(&c->part);
    c->part_col = col;
    return &c->part;
}

/* The view that holds the cell, and its row there. NULL: the cursor is not on a row. */
static const struct col_view *find_cell(struct cursor *c, int col, SQLSMALLINT c_type, int64_t *row_r) {
    const struct run *run = cursor_row(c, c->position, row_r);
    if (!run) return NULL;
    if (col != BOOKMARK_COL) return &run->batch->cols[col];
    bookmark_make(&c->mark, cursor_number(c, c->position), c_type);
    *row_r = 0;
    return &c->mark.view;
}

static SQLRETURN deliver(struct stmt *s, int col, SQLSMALLINT asked, const struct conv_job *job, SQLPOINTER target,
                         SQLLEN cap, SQLLEN *ind) {
    struct cursor *c = s->cursor;
    int64_t row = 0;
    const struct col_view *view = find_cell(c, col, job->c_type, &row);
    if (!view) return diag_fail(&s->h, ST_CURSOR_POSITION, "the cursor is not on a row");
    SQLLEN left = 0;
    bool no_data = false;
    if (col != BOOKMARK_COL && asked != SQL_ARD_TYPE) lane_keep(c, col, asked, view->phys, job);
    enum conv_issue issue = conv_part(part_for(c, col, job->c_type), job, view, row, target, cap, &left, &no_data);
    if (no_data) return SQL_NO_DATA;
    if (!ind && left == SQL_NULL_DATA && !diag_issue_is_error(issue)) issue = CONV_NO_INDICATOR;
    SQLRETURN rc = issue == CONV_OK ? SQL_SUCCESS
        : diag_issue(&s->h, issue, (SQLLEN)c->position + 1, col + 1, job->column->sea.name);
    if (SQL_SUCCEEDED(rc) && ind) *ind = left;
    return rc;
}

static SQLRETURN check_column(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT c_type) {
    if (number > s->cursor->n_cols)
        return diag_fail(&s->h, ST_BAD_INDEX, "there is no column %u; the result has %d columns, counted from 1",
                         number, s->cursor->n_cols);
    if (number > 0) return SQL_SUCCESS;
    if (s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_fail(&s->h, ST_BAD_INDEX, "column 0 is the bookmark column, and bookmarks are off");
    if (bookmark_is_c_type(c_type) || c_type == SQL_ARD_TYPE) return SQL_SUCCESS;
    return diag_fail(&s->h, ST_C_TYPE, "a bookmark is SQL_C_VARBOOKMARK or SQL_C_BOOKMARK, not %d", c_type);
}

static __attribute__((noinline)) SQLRETURN get_part(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT c_type,
                                                    SQLPOINTER target, SQLLEN cap, SQLLEN *ind) {
    struct conv_job job;
    if (s->state != STMT_ST_ROW) return diag_fail(&s->h, ST_CURSOR_STATE, "the cursor is not on a row");
    c_type = bind_c_type(c_type);
    SQLRETURN rc = check_column(s, number, c_type);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (!target) return diag_fail(&s->h, ST_NULL_POINTER, "the buffer is a NULL pointer");
    if (cap < 0) return diag_fail(&s->h, ST_LENGTH, "the buffer length %ld is negative", (long)cap);
    rc = make_job(s, (int)number - 1, c_type, &job);
    return SQL_SUCCEEDED(rc) ? deliver(s, (int)number - 1, c_type, &job, target, cap, ind) : rc;
}

SQLRETURN api_get_data(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT c_type, SQLPOINTER target, SQLLEN cap,
                       SQLLEN *ind) {
    unsigned col = number - 1u;     /* of the bookmark: beyond all others */
    if (s->state == STMT_ST_ROW && s->cursor->here && col < (unsigned)s->cursor->n_cols && target && cap >= 0 &&
        lane_get(s, col, c_type, target, cap, ind))
        return SQL_SUCCESS;
    return get_part(s, number, c_type, target, cap, ind);
}
