/* lane: the way of one column's cells into one binding, or into one type of SQLGetData, made once and used for every row.
 *
 * A rowset's lanes hold until a call comes that may change bindings, attributes or descriptors (struct handle, changes):
 * SQLFetch, SQLFetchScroll and SQLGetData do not. A lane whose column comes as another physical type in a later batch
 * looks for its kernel anew. They live in the cursor; everything here needs the statement's lock. */
#ifndef DRIVER_API_LANE_H
#define DRIVER_API_LANE_H

#include "driver/handle/stmt.h"

static inline bool lanes_hold(const struct stmt *s) {
    const struct lanes *l = &s->cursor->lanes;
    return l->is_made && l->ard == s->ard &&
           l->ard_changes == atomic_load_explicit(&s->ard->h.changes, memory_order_relaxed) &&
           l->stmt_changes == atomic_load_explicit(&s->h.changes, memory_order_relaxed);
}

/* Of what is bound now. The cursor has had its first batch, so that zones are known. */
void lanes_make(struct stmt *s);
void lane_turn(struct cursor *c, struct lane *l, enum col_phys phys);  /* to another physical type */
void lane_shift(struct conv_job *job, ptrdiff_t offset, int64_t row);  /* to a row of the rowset, by the bind offset */

/* What SQLGetData has made for one cell, to be used for the column's next ones. job: any C type but SQL_ARD_TYPE. */
void lane_keep(struct cursor *c, int col, SQLSMALLINT asked, enum col_phys phys, const struct conv_job *job);

/* The cell whole, if there is a lane for it, nothing of it was read before and nothing is to be said about it. false:
 * nothing was done that counts. target and cap are what SQLGetData may be given. */
static inline bool lane_get(struct stmt *s, unsigned col, SQLSMALLINT c_type, SQLPOINTER target, SQLLEN cap, SQLLEN *ind) {
    struct cursor *c = s->cursor;
    struct lane *l = &c->lanes.of_gets[col];
    const struct col_view *view = &c->here[col];
    if (l->asked != c_type || !l->kernel || l->phys != view->phys || c->part_col == (int)col ||
        l->job.max_length != s->attrs.max_length)
        return false;
    if (!col_is_null(view, c->here_row)) {
        if (!conv_has_room(l->growth, view, c->here_row, cap)) return false;
        l->job.data = target;
        l->job.capacity = cap;
        l->job.octet_length = l->job.indicator = (char *)(ind ? ind : &c->spare_length);
        if (l->kernel(&l->job, view, c->here_row, 1, c->issues) != 0) return false;
    } else {
        if (!ind) return false;
        *ind = SQL_NULL_DATA;
    }
    c->part_col = (int)col;
    c->part.started = c->part.done = true;
    c->part.c_type = l->job.c_type;
    return true;
}

#endif
