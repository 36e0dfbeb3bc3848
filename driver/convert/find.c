/* Which kernel for which pair; what the C type codes mean. */
#include "kernel.h"

/* ---- C types ----------------------------------------------------------------------------------------------------- */

/* By code, which is between SQL_C_UTINYINT and the last interval's; a size of 0 and TO_CHAR stand for gaps too. */
struct c_type { bool known; uint8_t target; uint8_t size; };

enum { FIRST_CODE = SQL_C_UTINYINT, LAST_CODE = SQL_C_INTERVAL_MINUTE_TO_SECOND };

#define C(code, target, size) [(code) - FIRST_CODE] = {true, target, size}
static const struct c_type C_TYPES[LAST_CODE - FIRST_CODE + 1] = {
    C(SQL_C_CHAR, TO_CHAR, 0), C(SQL_C_WCHAR, TO_WCHAR, 0), C(SQL_C_BINARY, TO_BINARY, 0),
    C(SQL_C_STINYINT, TO_I8, 1), C(SQL_C_TINYINT, TO_I8, 1), C(SQL_C_UTINYINT, TO_U8, 1),
    C(SQL_C_SSHORT, TO_I16, 2), C(SQL_C_SHORT, TO_I16, 2), C(SQL_C_USHORT, TO_U16, 2),
    C(SQL_C_SLONG, TO_I32, 4), C(SQL_C_LONG, TO_I32, 4), C(SQL_C_ULONG, TO_U32, 4),
    C(SQL_C_SBIGINT, TO_I64, 8), C(SQL_C_UBIGINT, TO_U64, 8),
    C(SQL_C_BIT, TO_BIT, 1), C(SQL_C_FLOAT, TO_F32, sizeof(SQLREAL)), C(SQL_C_DOUBLE, TO_F64, sizeof(SQLDOUBLE)),
    C(SQL_C_NUMERIC, TO_NUMERIC, sizeof(SQL_NUMERIC_STRUCT)),
    C(SQL_C_TYPE_DATE, TO_DATE, sizeof(SQL_DATE_STRUCT)), C(SQL_C_DATE, TO_DATE, sizeof(SQL_DATE_STRUCT)),
    C(SQL_C_TYPE_TIME, TO_TIME, sizeof(SQL_TIME_STRUCT)), C(SQL_C_TIME, TO_TIME, sizeof(SQL_TIME_STRUCT)),
    C(SQL_C_TYPE_TIMESTAMP, TO_STAMP, sizeof(SQL_TIMESTAMP_STRUCT)),
    C(SQL_C_TIMESTAMP, TO_STAMP, sizeof(SQL_TIMESTAMP_STRUCT)),
    C(SQL_C_GUID, TO_GUID, sizeof(SQLGUID)),
#define I(code) C(code, TO_INTERVAL, sizeof(SQL_INTERVAL_STRUCT))
    I(SQL_C_INTERVAL_YEAR), I(SQL_C_INTERVAL_MONTH), I(SQL_C_INTERVAL_DAY), I(SQL_C_INTERVAL_HOUR),
    I(SQL_C_INTERVAL_MINUTE), I(SQL_C_INTERVAL_SECOND), I(SQL_C_INTERVAL_YEAR_TO_MONTH), I(SQL_C_INTERVAL_DAY_TO_HOUR),
    I(SQL_C_INTERVAL_DAY_TO_MINUTE), I(SQL_C_INTERVAL_DAY_TO_SECOND), I(SQL_C_INTERVAL_HOUR_TO_MINUTE),
    I(SQL_C_INTERVAL_HOUR_TO_SECOND), I(SQL_C_INTERVAL_MINUTE_TO_SECOND),
#undef I
};
#undef C

static const struct c_type *find_c_type(SQLSMALLINT code) {
    if (code < FIRST_CODE || code > LAST_CODE) return NULL;
    const struct c_type *t = &C_TYPES[code - FIRST_CODE];
    return t->known ? t : NULL;
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
    return t ? (enum target)t->target : TO_NOTHING;
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
        enum conv_issue issue = put_null(job, k);
        if (issue != CONV_OK) note_issue(issues, n, k, issue, &bad);
    }
    return bad;
}

/* ---- NULLs and blocks -------------------------------------------------------------------------------------------- */

uint64_t valid_bits(const uint8_t *bitmap, int64_t i, int64_t n) {
    const uint8_t *p = bitmap + (i >> 3);
    int shift = (int)(i & 7);
    int64_t bytes = (shift + n + 7) >> 3;       /* 1 … 9 */
    uint64_t bits = 0;
    if (bytes >= 8) memcpy(&bits, p, 8);
    else for (int64_t b = 0; b < bytes; b++) bits |= (uint64_t)p[b] << b * 8;
    bits >>= shift;
    return bytes > 8 ? bits | (uint64_t)p[8] << (64 - shift) : bits;
}

bool copy_run(const struct conv_job *job, const struct col_view *view, int64_t row, int64_t n, size_t size) {
    if (view->validity || !is_usual(job) || job->data_stride != (ptrdiff_t)size || n < 8) return false;
    memcpy(job->data, (const char *)view->data + (size_t)(view->offset + row) * size, (size_t)n * size);
    for (int64_t k = 0; k < n; k++) put_length(job, k, (SQLLEN)size);
    return true;
}

/* ---- choosing ---------------------------------------------------------------------------------------------------- */

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
