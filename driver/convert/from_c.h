/* from_c: an application's C value into what the statement API takes (ODBC reference, appendix D, "C to SQL").
 *
 * The API takes typed parameters as text (facts: name of the SQL type, value as CAST would read it) and some types not
 * at all; those come out as a typed SQL expression that stands in the statement's text instead of the marker. Pure: no
 * handle, no session, no locale; issues are values (include/tbl/issues.h). */
#ifndef DRIVER_CONVERT_FROM_C_H
#define DRIVER_CONVERT_FROM_C_H

#include <sql.h>
#include <sqlext.h>

#include "convert.h"
#include "core/arena.h"
#include "core/sv.h"

struct from_c_in {
    SQLSMALLINT c_type;         /* SQL_C_DEFAULT is resolved from sql_type here */
    SQLSMALLINT sql_type;       /* as bound; old date/time codes welcome */
    SQLULEN column_size;        /* 0 = not given */
    SQLSMALLINT digits;         /* DECIMAL_DIGITS of the SQL side */
    SQLSMALLINT precision;      /* of the APD: digits of an interval's fraction (0 = 6) */
    SQLSMALLINT scale;          /* of the APD, for SQL_C_NUMERIC */
    SQLINTEGER leading;         /* SQL_DESC_DATETIME_INTERVAL_PRECISION of the APD, for interval C types; 0 = any */
    const void *data;
    SQLLEN length;              /* bytes, SQL_NTS or SQL_NULL_DATA; fixed-length C types look for SQL_NULL_DATA only */
};

struct from_c_out {
    const char *type;           /* "DECIMAL(10,2)", "STRING", …: the API's type name, in the arena */
    struct sv value;            /* text of the value in the arena; ptr NULL = SQL NULL */
    struct sv expression;       /* ptr not NULL: splice this into the text, send no parameter (X'…', INTERVAL …) */
};

/* All memory comes from a. SQL_DEFAULT_PARAM and data at execution are not for here (CONV_LENGTH). A SQL type that does
 * not exist is CONV_RESTRICTED. NULL of a type that the API takes no parameters of is an expression, too. */
enum conv_issue from_c(const struct from_c_in *in, struct arena *a, struct from_c_out *out);

/* The same value, and as an exact typed SQL expression (CAST('…' AS T), X'…', NULL …), for multi-row VALUES and for more
 * parameters than the API takes. Strings are escaped with backslashes, never with doubled quotes. */
enum conv_issue from_c_literal(const struct from_c_in *in, struct arena *a, struct from_c_out *value, struct sv *out);

#endif
