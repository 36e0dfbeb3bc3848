/* Types in descriptors: concise, verbose and code. Pure. */
#include "desc.h"

void desc_split_type(SQLSMALLINT concise, SQLSMALLINT *verbose_r, SQLSMALLINT *sub_r) {
    *verbose_r = concise;
    *sub_r = 0;
    switch (concise) {
    case SQL_TYPE_DATE: case SQL_TYPE_TIME: case SQL_TYPE_TIMESTAMP:
        *verbose_r = SQL_DATETIME;
        *sub_r = (SQLSMALLINT)(concise - SQL_TYPE_DATE + SQL_CODE_DATE);
        break;
    case SQL_DATE: case SQL_TIME: case SQL_TIMESTAMP:   /* the codes of ODBC 2; 9 is also SQL_DATETIME */
        *verbose_r = SQL_DATETIME;
        *sub_r = (SQLSMALLINT)(concise - SQL_DATE + SQL_CODE_DATE);
        break;
    default:
        if (concise < SQL_INTERVAL_YEAR || concise > SQL_INTERVAL_MINUTE_TO_SECOND) break;
        *verbose_r = SQL_INTERVAL;
        *sub_r = (SQLSMALLINT)(concise - SQL_INTERVAL_YEAR + SQL_CODE_YEAR);
    }
}

SQLSMALLINT desc_join_type(SQLSMALLINT verbose, SQLSMALLINT sub) {
    if (verbose == SQL_DATETIME)
        return sub >= SQL_CODE_DATE && sub <= SQL_CODE_TIMESTAMP ? (SQLSMALLINT)(SQL_TYPE_DATE + sub - SQL_CODE_DATE)
            : 0;
    if (verbose == SQL_INTERVAL)
        return sub >= SQL_CODE_YEAR && sub <= SQL_CODE_MINUTE_TO_SECOND
            ? (SQLSMALLINT)(SQL_INTERVAL_YEAR + sub - SQL_CODE_YEAR) : 0;
    return verbose;
}

/* "When the application sets the SQL_DESC_TYPE field, the driver sets other fields to default values" (SQLSetDescField). */
void desc_set_concise(struct desc_rec *r, SQLSMALLINT concise) {
    r->concise = concise;
    desc_split_type(concise, &r->type, &r->sub);
    switch (concise) {
    case SQL_C_CHAR: case SQL_VARCHAR: case SQL_C_WCHAR: case SQL_WVARCHAR:
        r->length = 1;
        r->precision = 0;
        break;
    case SQL_C_NUMERIC: case SQL_DECIMAL:
        r->precision = 38;
        r->scale = 0;
        break;
    case SQL_TYPE_DATE: case SQL_TYPE_TIME:
        r->precision = 0;
        break;
    case SQL_TYPE_TIMESTAMP:
        r->precision = 6;
        break;
    default:
        if (r->type != SQL_INTERVAL) break;
        r->interval_precision = 2;
        r->precision = 6;
    }
}
