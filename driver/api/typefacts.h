/* typefacts: what ODBC wants to know about a type, computed once for SQLDescribeCol, SQLColAttribute, SQLColumns and
 * SQLGetTypeInfo, so that they agree (include/tbl/types.h; ODBC reference, appendix D, "Column Size …"). Pure. */
#ifndef DRIVER_API_TYPEFACTS_H
#define DRIVER_API_TYPEFACTS_H

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

#include "core/sea_model.h"

struct options;

/* What SQLGetTypeInfo says of text at least, and StringAsLong of text and bytes: applications decide by it whether a
 * value must be moved in pieces. */
enum { TYPE_LEAST_LONG = 65535 };

/* A type as SQL spells it: "decimal(10,2)", "VARCHAR(20)", "array<int>". */
struct type_spec {
    enum dbx_type type;         /* DBX_OTHER = never heard of */
    int precision, scale;       /* DECIMAL, else 0 */
    int length;                 /* VARCHAR(n), CHAR(n), else 0 */
};

struct type_facts {
    SQLSMALLINT concise, verbose, sub;
    const char *name;           /* base name, static */
    SQLULEN size;               /* COLUMN_SIZE */
    SQLSMALLINT digits;         /* DECIMAL_DIGITS; has_digits says whether it applies */
    bool has_digits;
    SQLSMALLINT precision;      /* SQL_DESC_PRECISION */
    SQLINTEGER radix;           /* NUM_PREC_RADIX; 0 = not a number */
    SQLLEN display, octets;
    SQLLEN buffer;              /* BUFFER_LENGTH of SQLColumns: octets delivered for SQL_C_DEFAULT */
    SQLSMALLINT searchable;
    bool case_sensitive, is_text, is_binary;
    const char *prefix, *suffix;
};

struct type_spec type_parse(struct sv text);
struct type_spec type_of_column(const struct sea_column *c);
struct type_spec type_of_sql(SQLSMALLINT concise);  /* the server's type for an SQL type of ODBC; DBX_OTHER = none */
void type_describe(const struct type_spec *spec, const struct options *o, struct type_facts *out);
SQLSMALLINT type_wide(SQLSMALLINT concise);     /* SQL_VARCHAR → SQL_WVARCHAR …; others as they are */
/* The codes of date, time and timestamp that an application of this version (SQL_ATTR_ODBC_VERSION) knows. */
SQLSMALLINT type_for_version(SQLSMALLINT concise, SQLINTEGER odbc_version);

#endif
