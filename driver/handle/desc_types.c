/* Types in descriptors: concise, verbose and code; rights of fields; consistency. Pure. */
#include "desc.h"

enum { MAX_PRECISION = 38, FLOAT_PRECISION = 15, DEFAULT_FRACTION = 6, MAX_FRACTION = 9, DEFAULT_LEADING = 2, MAX_LEADING = 9 };

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

bool desc_has_seconds(SQLSMALLINT concise) {
    switch (concise) {
    case SQL_TYPE_TIME: case SQL_TYPE_TIMESTAMP: case SQL_INTERVAL_SECOND: case SQL_INTERVAL_DAY_TO_SECOND:
    case SQL_INTERVAL_HOUR_TO_SECOND: case SQL_INTERVAL_MINUTE_TO_SECOND: return true;
    default: return false;
    }
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
        r->precision = MAX_PRECISION;
        r->scale = 0;
        break;
    case SQL_FLOAT:
        r->precision = FLOAT_PRECISION;
        break;
    case SQL_TYPE_DATE: case SQL_TYPE_TIME:
        r->precision = 0;
        break;
    case SQL_TYPE_TIMESTAMP:
        r->precision = DEFAULT_FRACTION;
        break;
    default:
        if (r->type != SQL_INTERVAL) break;
        r->interval_precision = DEFAULT_LEADING;
        if (desc_has_seconds(concise)) r->precision = DEFAULT_FRACTION;
    }
}

/* ---- rights ------------------------------------------------------------------------------------------------------- */

enum desc_right desc_right(enum desc_kind kind, SQLSMALLINT field) {
    enum desc_right app, ird, ipd;
    switch (field) {
#define DESC_HEAD(id, a, r, p) case id: app = DESC_##a, ird = DESC_##r, ipd = DESC_##p; break;
#define DESC_REC(id, a, r, p)  case id: app = DESC_##a, ird = DESC_##r, ipd = DESC_##p; break;
#include "tbl/desc_fields.h"
#undef DESC_HEAD
#undef DESC_REC
    default: return DESC_UNKNOWN;
    }
    return kind == DESC_IRD ? ird : kind == DESC_IPD ? ipd : app;
}

bool desc_is_head(SQLSMALLINT field) {
    switch (field) {
#define DESC_HEAD(id, a, r, p) case id: return true;
#define DESC_REC(id, a, r, p)
#include "tbl/desc_fields.h"
#undef DESC_HEAD
#undef DESC_REC
    default: return false;
    }
}

/* ---- consistency -------------------------------------------------------------------------------------------------- */

const char *desc_contradiction(const struct desc_rec *r) {
    bool in_parts = r->type == SQL_DATETIME || r->type == SQL_INTERVAL;
    if (in_parts && desc_join_type(r->type, r->sub) == 0)
        return "a date, time or interval type needs one of its codes in SQL_DESC_DATETIME_INTERVAL_CODE";
    if (r->concise == SQL_C_NUMERIC || r->concise == SQL_DECIMAL) {
        if (r->precision < 1 || r->precision > MAX_PRECISION) return "SQL_DESC_PRECISION of a decimal number is 1 to 38";
        if (r->scale > r->precision || r->scale < -MAX_PRECISION)
            return "SQL_DESC_SCALE is larger than SQL_DESC_PRECISION, or smaller than -38";
    }
    if (desc_has_seconds(r->concise) && (r->precision < 0 || r->precision > MAX_FRACTION))
        return "SQL_DESC_PRECISION of seconds is 0 to 9";
    if (r->type == SQL_INTERVAL && (r->interval_precision < 1 || r->interval_precision > MAX_LEADING))
        return "SQL_DESC_DATETIME_INTERVAL_PRECISION is 1 to 9";
    return NULL;
}
