/* scroll: where a scrollable cursor goes: the tables under "Cursor Positioning" of SQLFetchScroll's reference page, as
 * a function of values. Rows are counted from 1. */
#ifndef DRIVER_API_SCROLL_H
#define DRIVER_API_SCROLL_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>

enum scroll_place { SCROLL_BEFORE, SCROLL_ROWS, SCROLL_AFTER };

struct scroll {                 /* where a cursor is */
    enum scroll_place place;
    int64_t start, size;        /* SCROLL_ROWS: the rowset's first row; rowset size of the fetch that went there */
};

struct scroll_ask {
    SQLSMALLINT orientation;
    int64_t offset;
    int64_t bookmark;           /* SQL_FETCH_BOOKMARK: that row's number */
    int64_t size;               /* rowset size now */
};

bool scroll_is_known(SQLSMALLINT orientation);
/* Must the number of the last row be known to answer? */
bool scroll_needs_last(const struct scroll *now, const struct scroll_ask *ask);
/* The next place. last: number of the last row, INT64_MAX = not known yet and not needed; then SCROLL_ROWS may turn out
 * to be behind the end. *overlap_r: the rowset would have begun before row 1 and begins with it instead (01S06). */
struct scroll scroll_to(const struct scroll *now, const struct scroll_ask *ask, int64_t last, bool *overlap_r);

#endif
