/* getdata: SQLGetData in parts, and SQLSetPos, which says for which row of the rowset. */
#include "api.h"
#include "bind.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

/* The job for one cell; SQL_ARD_TYPE takes type, precision and scale from the ARD. */
static SQLRETURN make_job(struct stmt *s, int col, SQLSMALLINT c_type, struct conv_job *out) {
    const struct cursor *c = s->cursor;
    const struct desc_rec *r = desc_find(s->ard, col + 1);
    struct desc_rec plain = { .type = c_type, .concise = c_type };
    if (c_type != SQL_ARD_TYPE && !conv_is_c_type(c_type))
        return diag_fail(&s->h, ST_C_TYPE, "%d is no C data type", c_type);
    if (c_type == SQL_ARD_TYPE && (!r || r->concise == SQL_ARD_TYPE))
        return diag_fail(&s->h, ST_BAD_INDEX, "SQL_ARD_TYPE: the row descriptor says nothing about column %d", col + 1);
    if (c_type != SQL_ARD_TYPE) desc_set_concise(&plain, c_type);
    bind_job(s, col, c_type == SQL_ARD_TYPE ? r : &plain, 0, out);
    out->column = &c->cols[col];
    out->data = out->octet_length = out->indicator = NULL;
    return SQL_SUCCESS;
}

/* A part continues where the last one of this column stopped; another column or type starts afresh. */
static struct part *part_for(struct cursor *c, int col, SQLSMALLINT c_type) {
    if (c->part_col != col + 1 || (c->part.started && c->part.c_type != c_type)) part_reset(&c->part);
    c->part_col = col + 1;
    return &c->part;
}

static SQLRETURN deliver(struct stmt *s, int col, const struct conv_job *job, SQLPOINTER target, SQLLEN cap,
                         SQLLEN *ind) {
    struct cursor *c = s->cursor;
    int64_t row = 0;
    const struct run *run = cursor_row(c, c->position, &row);
    if (!run) return diag_fail(&s->h, ST_CURSOR_POSITION, "the cursor is not on a row");
    SQLLEN left = 0;
    bool no_data = false;
    enum conv_issue issue = conv_part(part_for(c, col, job->c_type), job, &run->batch->cols[col], row, target, cap,
                                      &left,
                                      &no_data);
    if (no_data) return SQL_NO_DATA;
    if (!ind && left == SQL_NULL_DATA && !diag_issue_is_error(issue)) issue = CONV_NO_INDICATOR;
    SQLRETURN rc = issue == CONV_OK ? SQL_SUCCESS
        : diag_issue(&s->h, issue, (SQLLEN)c->position + 1, col + 1, c->cols[col].sea.name);
    if (SQL_SUCCEEDED(rc) && ind) *ind = left;
    return rc;
}

SQLRETURN api_get_data(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT c_type, SQLPOINTER target, SQLLEN cap,
                       SQLLEN *ind) {
    struct conv_job job;
    if (s->state != STMT_ST_ROW) return diag_fail(&s->h, ST_CURSOR_STATE, "the cursor is not on a row");
    if (number < 1 || number > s->cursor->n_cols)
        return diag_fail(&s->h, ST_BAD_INDEX, "there is no column %u; the result has %d columns, counted from 1",
                         number,
                         s->cursor->n_cols);
    if (!target) return diag_fail(&s->h, ST_NULL_POINTER, "the buffer is a NULL pointer");
    if (cap < 0) return diag_fail(&s->h, ST_LENGTH, "the buffer length %ld is negative", (long)cap);
    SQLRETURN rc = make_job(s, number - 1, bind_c_type(c_type), &job);
    if (!SQL_SUCCEEDED(rc)) return rc;
    return deliver(s, number - 1, &job, target, cap, ind);
}

SQLRETURN api_set_pos(struct stmt *s, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock) {
    struct cursor *c = s->cursor;
    if (s->state != STMT_ST_ROW) return diag_fail(&s->h, ST_CURSOR_STATE, "the cursor is not on a row");
    if (operation > SQL_ADD) return diag_fail(&s->h, ST_ATTR, "%u is no operation of SQLSetPos", operation);
    if (operation != SQL_POSITION && operation != SQL_REFRESH)
        return diag_fail(&s->h, ST_UNSUPPORTED, "the cursor is read-only");
    if (lock != SQL_LOCK_NO_CHANGE)
        return diag_fail(&s->h, lock > SQL_LOCK_UNLOCK ? ST_LOCK_TYPE : ST_UNSUPPORTED, "rows cannot be locked");
    if ((int64_t)row > c->rowset_rows) return diag_fail(&s->h, ST_ROW_VALUE, "the rowset has %lld rows",
                                                        (long long)c->rowset_rows);
    if (row == 0 && operation == SQL_POSITION)
        return diag_fail(&s->h, ST_CURSOR_POSITION, "the cursor is put on one row, not on the rowset");
    if (row > 0) {
        c->position = (int64_t)row - 1;
        c->part_col = 0;
        part_reset(&c->part);
    }
    return SQL_SUCCESS;     /* SQL_REFRESH: the result does not change, the buffers are as fetched */
}

SQLRETURN api_bulk_operations(struct stmt *s, SQLSMALLINT operation) {
    (void)operation;
    return diag_fail(&s->h, ST_UNSUPPORTED, "the cursor is read-only");
}
