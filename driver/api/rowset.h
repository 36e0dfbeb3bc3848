/* rowset: the cursor's current rows in the application's eyes: bound buffers, row statuses, outcome. */
#ifndef DRIVER_API_ROWSET_H
#define DRIVER_API_ROWSET_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdint.h>

struct stmt;

struct rowset {
    int64_t wanted;             /* size of the application's arrays */
    SQLUSMALLINT *status;       /* or NULL */
    SQLULEN *fetched;           /* or NULL */
    bool extended;              /* SQLExtendedFetch: statuses and errors as in ODBC 2 */
};

/* As the last fetch used it: SQLExtendedFetch has a size and arrays of its own. */
struct rowset rowset_of(const struct stmt *s);

/* Rows [first, first + n) of the cursor's rowset into what is bound; what there is to say about them is posted. Needs
 * the cursor's scratch. */
void rowset_fill(struct stmt *s, int64_t first, int64_t n);
/* Statuses and number of rows; rows behind the last get SQL_ROW_NOROW. */
void rowset_tell(const struct stmt *s, const struct rowset *rs);
/* "If an error occurs on some rows, SQL_SUCCESS_WITH_INFO; if on every row, SQL_ERROR" (SQLFetch, Error Handling).
 * SQLExtendedFetch: 01S01 and SQL_SUCCESS_WITH_INFO in either case. */
SQLRETURN rowset_outcome(struct stmt *s, const struct rowset *rs, int64_t first, int64_t n);

#endif
