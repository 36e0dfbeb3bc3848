/* bind: where the cells of a bound column go, from an ARD record and a row of the rowset. */
#ifndef DRIVER_API_BIND_H
#define DRIVER_API_BIND_H

#include "driver/convert/convert.h"
#include "driver/handle/desc.h"

struct stmt;

SQLSMALLINT bind_c_type(SQLSMALLINT c_type);    /* the date and time codes of ODBC 2 become those of ODBC 3 */
static inline bool bind_is_bound(const struct desc_rec *r) {
    return r->data || r->octet_length_ptr || r->indicator_ptr;
}

/* What is the same for all columns of a rowset. */
struct bind_frame {
    ptrdiff_t by_row;               /* bytes of a row; 0 = bound by column */
    ptrdiff_t offset;               /* *SQL_DESC_BIND_OFFSET_PTR */
    size_t max_length;
    enum conv_parts parts;
    bool wide_types;
};
struct bind_frame bind_frame_of(const struct stmt *s);

/* The job for the rowset's rows from row on. col: 0-based, or BOOKMARK_COL. c_type resolved; the column's zone
 * is the cursor's. */
void bind_job(const struct stmt *s, const struct bind_frame *f, int col, const struct desc_rec *r, int64_t row,
              struct conv_job *out);

#endif
