/* bookmark: column 0. A bookmark is the row's number in the result set, from 1, in eight bytes: as bytes for
 * SQL_UB_VARIABLE (SQL_C_VARBOOKMARK), as a number for ODBC 2's SQL_UB_FIXED (SQL_C_BOOKMARK). It stays good while the
 * cursor is open. */
#ifndef DRIVER_API_BOOKMARK_H
#define DRIVER_API_BOOKMARK_H

#include <sql.h>
#include <sqlext.h>

#include "driver/result/batch.h"

enum { BOOKMARK_COL = -1, BOOKMARK_BYTES = 8 };     /* column numbers inside are 0-based */

struct bookmark {               /* one cell; its view points into it */
    int64_t number;
    int32_t offsets[2];
    struct col_view view;
};

bool bookmark_is_c_type(SQLSMALLINT c_type);        /* SQL_C_BOOKMARK, SQL_C_VARBOOKMARK, SQL_C_DEFAULT */
SQLSMALLINT bookmark_c_type(SQLSMALLINT c_type, SQLULEN use_bookmarks);     /* SQL_C_DEFAULT resolved */
void bookmark_make(struct bookmark *m, int64_t number, SQLSMALLINT c_type); /* c_type resolved */
const struct column *bookmark_column(SQLSMALLINT c_type);

#endif
