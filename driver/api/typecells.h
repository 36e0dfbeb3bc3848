/* typecells: the columns of a catalog result that describe a type: the same in SQLColumns, SQLSpecialColumns and
 * SQLProcedureColumns, at other places. */
#ifndef DRIVER_API_TYPECELLS_H
#define DRIVER_API_TYPECELLS_H

#include "core/err.h"
#include "core/sv.h"

struct memtable;
struct stmt;

/* Where each is; -1 = this function has no such column. */
struct typecells { int data_type, type_name, size, buffer, digits, radix, sql_type, sub, octets; };

/* Fills the cells of the last row for a type as the server spells it. One that the driver never heard of is text. */
enum rc typecells_set(const struct stmt *s, struct memtable *t, const struct typecells *at, struct sv type,
                      struct err *e) MUST_CHECK;

#endif
