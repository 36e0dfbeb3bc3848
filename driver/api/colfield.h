/* colfield: one field of one result column, for SQLColAttribute and for the IRD. */
#ifndef DRIVER_API_COLFIELD_H
#define DRIVER_API_COLFIELD_H

#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>

#include "core/sv.h"

struct column;
struct options;

struct colfield {
    bool is_text;
    struct sv text;         /* borrowed from the column or static */
    SQLLEN number;
};

/* false: no such field. Understands the ODBC 3 descriptor fields and the SQL_COLUMN_… ids of ODBC 2. */
bool colfield_get(const struct column *c, const struct options *o, SQLUSMALLINT field, struct colfield *out);

#endif
