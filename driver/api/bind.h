/* bind: where the cells of a bound column go, from an ARD record and a row of the rowset. */
#ifndef DRIVER_API_BIND_H
#define DRIVER_API_BIND_H

#include "driver/convert/convert.h"

struct desc;
struct desc_rec;
struct stmt;

SQLSMALLINT bind_c_type(SQLSMALLINT c_type);    /* the date and time codes of ODBC 2 become those of ODBC 3 */
bool bind_is_bound(const struct desc_rec *r);

/* The job for the rowset's rows from row on. col: 0-based, or BOOKMARK_COL. c_type resolved; the column's zone
 * is the cursor's. */
void bind_job(const struct stmt *s, int col, const struct desc_rec *r, int64_t row, struct conv_job *out);

#endif
