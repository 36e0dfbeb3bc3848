/* fetch: SQLFetch, SQLFetchScroll, SQLExtendedFetch: a rowset into the bound buffers.
 *
 *   forward-only: cursor_advance ─┐
 *                                 ├→ rowset_fill → row statuses, diagnostics
 *   static: scroll_to → cursor_go ┘ */
#include "api.h"
#include "bind.h"
#include "bookmark.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "lane.h"
#include "rowset.h"

struct fetch_ask {
    SQLSMALLINT orientation;
    int64_t offset;
    bool bookmark_is_offset;    /* SQLExtendedFetch: FetchOffset is the bookmark itself */
};

static const struct fetch_ask NEXT = { SQL_FETCH_NEXT, 0, false };

static SQLRETURN no_rows(struct stmt *s, const struct rowset *rs, enum stmt_state to) {
    s->cursor->rowset_rows = 0;
    rowset_tell(s, rs);
    SQLRETURN moved = state_move(s, to);
    return SQL_SUCCEEDED(moved) ? SQL_NO_DATA : moved;
}

static SQLRETURN failed(struct stmt *s, const struct rowset *rs, const struct err *e) {
    s->cursor->rowset_rows = 0;
    rowset_tell(s, rs);
    return diag_err(&s->h, e);
}

/* The cursor has its new rowset, of one row at least. */
static SQLRETURN show(struct stmt *s, const struct rowset *rs) {
    struct err e;
    struct cursor *c = s->cursor;
    err_clear(&e);
    if (cursor_scratch(c, (size_t)c->rowset_rows, &e)) return failed(s, rs, &e);
    rowset_fill(s, 0, c->rowset_rows);
    rowset_tell(s, rs);
    SQLRETURN moved = state_move(s, STMT_ST_ROW);
    return SQL_SUCCEEDED(moved) ? rowset_outcome(s, rs, 0, c->rowset_rows) : moved;
}

static SQLRETURN go_forward(struct stmt *s, const struct rowset *rs) {
    struct err e;
    struct cursor *c = s->cursor;
    if (s->state == STMT_ST_END) return no_rows(s, rs, STMT_ST_END);
    if (cursor_step(c, rs->wanted)) return show(s, rs);
    err_clear(&e);
    if (cursor_advance(c, rs->wanted, s->cancel, stmt_deadline(s), &e)) return failed(s, rs, &e);
    return c->rowset_rows > 0 ? show(s, rs) : no_rows(s, rs, STMT_ST_END);
}

/* ---- scrolling --------------------------------------------------------------------------------------------------- */

/* A bookmark was handed out for a row that has been read, so it names one of these. */
static SQLRETURN take_bookmark(struct stmt *s, const struct fetch_ask *ask, struct scroll_ask *out) {
    if (ask->bookmark_is_offset) {
        out->bookmark = ask->offset;
        out->offset = 0;
    } else if (s->bookmark_ptr) {
        memcpy(&out->bookmark, s->bookmark_ptr, BOOKMARK_BYTES);
    }
    if (out->bookmark >= 1 && out->bookmark <= cursor_stored(s->cursor)) return SQL_SUCCESS;
    return diag_fail(&s->h, ST_BOOKMARK, "that is no bookmark of a row of this cursor");
}

static enum rc find_place(struct stmt *s, const struct scroll_ask *ask, struct scroll *to, bool *overlap,
                          struct err *e) {
    struct cursor *c = s->cursor;
    int64_t last = cursor_known_last(c);
    if (scroll_needs_last(&c->at, ask) && cursor_last(c, s->cancel, stmt_deadline(s), &last, e)) return RC_ERR;
    *to = scroll_to(&c->at, ask, last, overlap);
    return cursor_go(c, to, s->cancel, stmt_deadline(s), e);
}

static SQLRETURN scroll(struct stmt *s, const struct rowset *rs, const struct fetch_ask *ask) {
    struct scroll_ask where = { ask->orientation, ask->offset, 0, rs->wanted };
    struct scroll to;
    struct err e = ERR_INIT;
    bool overlap = false;
    SQLRETURN rc = ask->orientation == SQL_FETCH_BOOKMARK ? take_bookmark(s, ask, &where) : SQL_SUCCESS;
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (find_place(s, &where, &to, &overlap, &e)) return failed(s, rs, &e);
    if (s->cursor->at.place == SCROLL_BEFORE) return no_rows(s, rs, STMT_ST_OPEN);
    if (s->cursor->at.place == SCROLL_AFTER) return no_rows(s, rs, STMT_ST_END);
    rc = show(s, rs);
    if (!overlap || !SQL_SUCCEEDED(rc)) return rc;
    return diag_warn(&s->h, ST_BEFORE_FIRST, "the rowset asked for begins before the first row; it begins with row 1");
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

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

/* "07009: a column was bound that is not there; column 0 was bound, and bookmarks are off." */
static SQLRETURN check_bindings(struct stmt *s) {
    const struct desc *ard = s->ard;
    const struct desc_rec *mark = desc_find(ard, 0);
    if (mark && bind_is_bound(mark) && s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_fail(&s->h, ST_BAD_INDEX, "column 0 is bound, and bookmarks are off");
    for (int number = s->cursor->n_cols + 1; number <= ard->count; number++) {
        const struct desc_rec *r = desc_find(ard, number);
        if (r && bind_is_bound(r))
            return diag_fail(&s->h, ST_BAD_INDEX, "column %d is bound; the result has %d columns", number,
                             s->cursor->n_cols);
    }
    return SQL_SUCCESS;
}

static SQLRETURN fetch(struct stmt *s, const struct fetch_ask *ask, const struct rowset *rs) {
    SQLRETURN rc = lanes_hold(s) ? SQL_SUCCESS : check_bindings(s);
    if (!SQL_SUCCEEDED(rc)) return rc;
    return s->cursor->store ? scroll(s, rs, ask) : go_forward(s, rs);
}

static SQLRETURN check_orientation(struct stmt *s, SQLSMALLINT orientation) {
    if (orientation == SQL_FETCH_NEXT) return SQL_SUCCESS;
    if (!scroll_is_known(orientation))
        return diag_fail(&s->h, ST_FETCH_TYPE, "%d is no way to fetch", orientation);
    if (orientation == SQL_FETCH_BOOKMARK && s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_fail(&s->h, ST_FETCH_TYPE, "SQL_FETCH_BOOKMARK: bookmarks are off (SQL_ATTR_USE_BOOKMARKS)");
    if (s->cursor->store) return SQL_SUCCESS;
    return diag_fail(&s->h, ST_FETCH_TYPE, "the cursor is forward-only: SQL_FETCH_NEXT is the only way to fetch");
}

SQLRETURN api_fetch_scroll(struct stmt *s, SQLSMALLINT orientation, SQLLEN offset) {
    const struct fetch_ask ask = { orientation, offset, false };
    SQLRETURN rc = check_cursor(s, false);
    if (SQL_SUCCEEDED(rc)) rc = check_orientation(s, orientation);
    if (!SQL_SUCCEEDED(rc)) return rc;
    const struct rowset rs = rowset_of(s);
    return fetch(s, &ask, &rs);
}

SQLRETURN api_fetch(struct stmt *s) {
    SQLRETURN rc = check_cursor(s, false);
    if (!SQL_SUCCEEDED(rc)) return rc;
    const struct rowset rs = rowset_of(s);
    return fetch(s, &NEXT, &rs);
}

SQLRETURN api_extended_fetch(struct stmt *s, SQLUSMALLINT orientation, SQLLEN offset, SQLULEN *rows_r,
                             SQLUSMALLINT *status) {
    const struct fetch_ask ask = { (SQLSMALLINT)orientation, offset, true };
    SQLRETURN rc = check_cursor(s, true);
    if (SQL_SUCCEEDED(rc)) rc = check_orientation(s, ask.orientation);
    if (!SQL_SUCCEEDED(rc)) return rc;
    s->extended_status = status;
    struct rowset rs = rowset_of(s);
    rs.fetched = rows_r;
    return fetch(s, &ask, &rs);
}
