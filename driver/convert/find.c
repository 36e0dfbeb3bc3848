/* Which kernel for which pair; what the C type codes mean. */
#include "kernel.h"

/* ---- C types ----------------------------------------------------------------------------------------------------- */

struct c_type { SQLSMALLINT code; enum target target; SQLLEN size; };

static const struct c_type C_TYPES[] = {
    {SQL_C_CHAR, TO_CHAR, 0}, {SQL_C_WCHAR, TO_WCHAR, 0}, {SQL_C_BINARY, TO_BINARY, 0},
    {SQL_C_STINYINT, TO_I8, 1}, {SQL_C_TINYINT, TO_I8, 1}, {SQL_C_UTINYINT, TO_U8, 1},
    {SQL_C_SSHORT, TO_I16, 2}, {SQL_C_SHORT, TO_I16, 2}, {SQL_C_USHORT, TO_U16, 2},
    {SQL_C_SLONG, TO_I32, 4}, {SQL_C_LONG, TO_I32, 4}, {SQL_C_ULONG, TO_U32, 4},
    {SQL_C_SBIGINT, TO_I64, 8}, {SQL_C_UBIGINT, TO_U64, 8},
    {SQL_C_BIT, TO_BIT, 1}, {SQL_C_FLOAT, TO_F32, sizeof(SQLREAL)}, {SQL_C_DOUBLE, TO_F64, sizeof(SQLDOUBLE)},
    {SQL_C_NUMERIC, TO_NUMERIC, sizeof(SQL_NUMERIC_STRUCT)},
    {SQL_C_TYPE_DATE, TO_DATE, sizeof(SQL_DATE_STRUCT)}, {SQL_C_DATE, TO_DATE, sizeof(SQL_DATE_STRUCT)},
    {SQL_C_TYPE_TIME, TO_TIME, sizeof(SQL_TIME_STRUCT)}, {SQL_C_TIME, TO_TIME, sizeof(SQL_TIME_STRUCT)},
    {SQL_C_TYPE_TIMESTAMP, TO_STAMP, sizeof(SQL_TIMESTAMP_STRUCT)},
    {SQL_C_TIMESTAMP, TO_STAMP, sizeof(SQL_TIMESTAMP_STRUCT)},
    {SQL_C_GUID, TO_GUID, sizeof(SQLGUID)},
};

static const struct c_type *find_c_type(SQLSMALLINT code) {
    static const struct c_type interval = {0, TO_INTERVAL, sizeof(SQL_INTERVAL_STRUCT)};
    for (size_t i = 0; i < sizeof C_TYPES / sizeof *C_TYPES; i++)
        if (C_TYPES[i].code == code) return &C_TYPES[i];
    return code >= SQL_C_INTERVAL_YEAR && code <= SQL_C_INTERVAL_MINUTE_TO_SECOND ? &interval : NULL;
}

struct interval_kind interval_fields_of(SQLSMALLINT code) {
    static const struct interval_kind KINDS[] = {   /* SQL_INTERVAL_YEAR … SQL_INTERVAL_MINUTE_TO_SECOND */
        {INTERVAL_YEAR, INTERVAL_YEAR}, {INTERVAL_MONTH, INTERVAL_MONTH}, {INTERVAL_DAY, INTERVAL_DAY},
        {INTERVAL_HOUR, INTERVAL_HOUR}, {INTERVAL_MINUTE, INTERVAL_MINUTE}, {INTERVAL_SECOND, INTERVAL_SECOND},
        {INTERVAL_YEAR, INTERVAL_MONTH}, {INTERVAL_DAY, INTERVAL_HOUR}, {INTERVAL_DAY, INTERVAL_MINUTE},
        {INTERVAL_DAY, INTERVAL_SECOND}, {INTERVAL_HOUR, INTERVAL_MINUTE}, {INTERVAL_HOUR, INTERVAL_SECOND},
        {INTERVAL_MINUTE, INTERVAL_SECOND},
    };
    return KINDS[code - SQL_INTERVAL_YEAR];
}

enum target target_of(SQLSMALLINT c_type) {
    const struct c_type *t = find_c_type(c_type);
    return t ? t->target : TO_NOTHING;
}

bool conv_is_c_type(SQLSMALLINT c_type) {
    return c_type == SQL_C_DEFAULT || find_c_type(c_type) != NULL;
}

bool conv_is_variable(SQLSMALLINT c_type) { return target_of(c_type) <= TO_BINARY; }

SQLLEN conv_c_size(SQLSMALLINT c_type) {
    const struct c_type *t = find_c_type(c_type);
    return t ? t->size : 0;
}

SQLSMALLINT conv_default_c_type(const struct column *column, bool wide) {
    switch (column->sea.type) {
    case DBX_BOOLEAN: return SQL_C_BIT;
    case DBX_TINYINT: return SQL_C_STINYINT;
    case DBX_SMALLINT: return SQL_C_SSHORT;
    case DBX_INT: return SQL_C_SLONG;
    case DBX_BIGINT: return SQL_C_SBIGINT;
    case DBX_FLOAT: return SQL_C_FLOAT;
    case DBX_DOUBLE: return SQL_C_DOUBLE;
    case DBX_BINARY: return SQL_C_BINARY;
    case DBX_DATE: return SQL_C_TYPE_DATE;
    case DBX_TIME: return SQL_C_TYPE_TIME;
    case DBX_TIMESTAMP:
    case DBX_TIMESTAMP_NTZ: return SQL_C_TYPE_TIMESTAMP;
    case DBX_DECIMAL: return SQL_C_CHAR;
    default: return wide ? SQL_C_WCHAR : SQL_C_CHAR;
    }
}

/* ---- kernels that need no conversion ----------------------------------------------------------------------------- */

static int64_t all_null(KERNEL_ARGS) {
    int64_t bad = 0;
    (void)view, (void)row;
    for (int64_t k = 0; k < n; k++) {
        issues[k] = (uint8_t)put_null(job, k);
        bad += issues[k] != CONV_OK;
    }
    return bad;
}

conv_kernel *conv_find(enum col_phys phys, const struct column *column, SQLSMALLINT c_type) {
    enum target target = target_of(c_type);
    if (target == TO_NOTHING || (unsigned)phys >= COL_PHYS_COUNT) return NULL;
    if (phys == COL_NULL) return all_null;
    switch (target) {
    case TO_CHAR:
    case TO_WCHAR: return to_text_find(phys, target);
    case TO_BINARY:
    case TO_GUID: return to_bin_find(phys, target);
    case TO_DATE:
    case TO_TIME:
    case TO_STAMP: return to_time_find(phys, target);
    case TO_INTERVAL: return to_interval_find(phys, c_type);
    default: return to_num_find(phys, target, column);
    }
}
