/* setpos: SQLSetPos: the current row within the rowset, and its values once more; SQLBulkOperations. Cursors are
 * read-only: what would change rows is refused as the reference says for SQL_CONCUR_READ_ONLY. */
#include "api.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "rowset.h"

static SQLRETURN check_operation(struct stmt *s, SQLUSMALLINT operation, SQLUSMALLINT lock) {
    if (operation > SQL_ADD) return diag_fail(&s->h, ST_ATTR, "%u is no operation of SQLSetPos", operation);
    if (lock > SQL_LOCK_UNLOCK) return diag_fail(&s->h, ST_LOCK_TYPE, "%u is no lock type", lock);
    if (operation == SQL_UPDATE || operation == SQL_DELETE)
        return diag_fail(&s->h, ST_ATTR, "the cursor is read-only (SQL_CONCUR_READ_ONLY): rows cannot be changed");
    if (operation == SQL_ADD) return diag_fail(&s->h, ST_UNSUPPORTED, "rows cannot be added through a cursor");
    if (lock != SQL_LOCK_NO_CHANGE) return diag_fail(&s->h, ST_UNSUPPORTED, "rows cannot be locked");
    return SQL_SUCCESS;
}

/* "SQL_REFRESH: the driver refreshes data in the rowset buffers": the result stays as it is, so these are the values
 * that were fetched, for what is bound now; the arrays may have become shorter since. */
static SQLRETURN refresh(struct stmt *s, int64_t first, int64_t n) {
    const struct rowset rs = rowset_of(s);
    if (first >= rs.wanted)
        return diag_fail(&s->h, ST_ROW_VALUE, "the application's arrays have %lld rows now", (long long)rs.wanted);
    if (n > rs.wanted - first) n = rs.wanted - first;
    rowset_fill(s, first, n);
    rowset_tell(s, &rs);
    return rowset_outcome(s, &rs, first, n);
}

SQLRETURN api_set_pos(struct stmt *s, SQLSETPOSIROW row, SQLUSMALLINT operation, SQLUSMALLINT lock) {
    struct cursor *c = s->cursor;
    if (s->state != STMT_ST_ROW) return diag_fail(&s->h, ST_CURSOR_STATE, "the cursor is not on a row");
    SQLRETURN rc = check_operation(s, operation, lock);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (row > (SQLSETPOSIROW)c->rowset_rows)
        return diag_fail(&s->h, ST_ROW_VALUE, "the rowset has %lld rows", (long long)c->rowset_rows);
    if (row == 0 && operation == SQL_POSITION)
        return diag_fail(&s->h, ST_CURSOR_POSITION, "the cursor is put on one row, not on the rowset");
    if (row > 0) cursor_put_on(c, (int64_t)row - 1);
    if (operation == SQL_POSITION) return SQL_SUCCESS;
    return row > 0 ? refresh(s, (int64_t)row - 1, 1) : refresh(s, 0, c->rowset_rows);
}

SQLRETURN api_bulk_operations(struct stmt *s, SQLSMALLINT operation) {
    if (!s->cursor) return diag_fail(&s->h, ST_CURSOR_STATE, "there is no open cursor");
    switch (operation) {
    case SQL_ADD: case SQL_UPDATE_BY_BOOKMARK: case SQL_DELETE_BY_BOOKMARK:
        return diag_fail(&s->h, ST_ATTR, "the cursor is read-only (SQL_CONCUR_READ_ONLY): rows cannot be changed");
    case SQL_FETCH_BY_BOOKMARK:
        if (s->attrs.use_bookmarks == SQL_UB_OFF)
            return diag_fail(&s->h, ST_ATTR, "SQL_FETCH_BY_BOOKMARK: bookmarks are off (SQL_ATTR_USE_BOOKMARKS)");
        return diag_fail(&s->h, ST_UNSUPPORTED, "rows are fetched by bookmark with SQLFetchScroll only");
    default: return diag_fail(&s->h, ST_ATTR, "%d is no operation of SQLBulkOperations", operation);
    }
}
