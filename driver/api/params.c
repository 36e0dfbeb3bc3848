/* params: SQLNumParams, SQLDescribeParam, SQLBindParameter. Binding writes to APD and IPD and nothing else. */
#include "api.h"
#include "bind.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "driver/sql/scan.h"
#include "paramfacts.h"
#include "paramrow.h"

enum { MAX_DIGITS = 38 };

static SQLRETURN count_markers(struct stmt *s, int *n) {
    struct scan scan;
    if (!s->sql) return diag_fail(&s->h, ST_SEQUENCE, "no statement is prepared");
    scan_sql(sv_of(s->sql), &scan);
    *n = scan.n_markers;
    return SQL_SUCCESS;
}

SQLRETURN api_num_params(struct stmt *s, SQLSMALLINT *count) {
    int n = 0;
    SQLRETURN rc = count_markers(s, &n);
    if (SQL_SUCCEEDED(rc) && count) *count = (SQLSMALLINT)(n > INT16_MAX ? INT16_MAX : n);
    return rc;
}

SQLRETURN api_describe_param(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
                             SQLSMALLINT *nullable) {
    struct paramfact f = { .type = 0 };
    int n = 0;
    SQLRETURN rc = count_markers(s, &n);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (number < 1 || number > n)
        return diag_fail(&s->h, ST_BAD_INDEX, "there is no parameter %u; the statement has %d", number, n);
    rc = paramfacts_get(s, number, &f);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (type) *type = f.type;
    if (size) *size = f.size;
    if (digits) *digits = f.digits;
    if (nullable) *nullable = SQL_NULLABLE_UNKNOWN;
    return SQL_SUCCESS;
}

/* ---- SQLBindParameter ------------------------------------------------------------------------------------------- */

/* SQLSetParam of ODBC 1 becomes an input and output parameter with a buffer length of its own. */
static SQLRETURN check_direction(struct stmt *s, SQLSMALLINT io, SQLLEN cap) {
    if (io == SQL_PARAM_INPUT_OUTPUT && cap == SQL_SETPARAM_VALUE_MAX) return SQL_SUCCESS;
    switch (io) {
    case SQL_PARAM_INPUT: return SQL_SUCCESS;
    case SQL_PARAM_OUTPUT: case SQL_PARAM_INPUT_OUTPUT:
    case SQL_PARAM_OUTPUT_STREAM: case SQL_PARAM_INPUT_OUTPUT_STREAM:
        return diag_fail(&s->h, ST_UNSUPPORTED, "the server has no output parameters");
    default: return diag_fail(&s->h, ST_PARAM_TYPE, "%d is no direction of a parameter", io);
    }
}

static SQLRETURN check_types(struct stmt *s, SQLSMALLINT c_type, SQLSMALLINT sql_type, SQLSMALLINT digits) {
    if (c_type != SQL_C_DEFAULT && !conv_is_c_type(c_type))
        return diag_fail(&s->h, ST_C_TYPE, "%d is no C data type", c_type);
    if (!paramrow_is_sql_type(sql_type)) return diag_fail(&s->h, ST_SQL_TYPE, "%d is no SQL data type", sql_type);
    bool has_scale = sql_type == SQL_DECIMAL || sql_type == SQL_NUMERIC;
    if (has_scale && (digits < 0 || digits > MAX_DIGITS))
        return diag_fail(&s->h, ST_PRECISION, "a decimal number has 0 to %d digits behind the point, not %d",
                         MAX_DIGITS, digits);
    return SQL_SUCCESS;
}

/* "Sets the SQL_DESC_LENGTH, _PRECISION or _SCALE field of the IPD according to the type" (SQLBindParameter). */
static void set_ipd(struct desc_rec *r, SQLSMALLINT sql_type, SQLULEN size, SQLSMALLINT digits) {
    desc_set_concise(r, sql_type);
    r->parameter_type = SQL_PARAM_INPUT;
    r->length = size;
    if (sql_type == SQL_DECIMAL || sql_type == SQL_NUMERIC || sql_type == SQL_FLOAT) {
        r->precision = (SQLSMALLINT)(size > INT16_MAX ? INT16_MAX : size);
        r->scale = digits;
    } else if (r->type == SQL_DATETIME || r->type == SQL_INTERVAL) {
        r->precision = digits;
    }
}

SQLRETURN api_bind_parameter(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT io, SQLSMALLINT c_type,
                             SQLSMALLINT sql_type,
                             SQLULEN size, SQLSMALLINT digits, SQLPOINTER value, SQLLEN cap, SQLLEN *ind) {
    if (number < 1 || number > DESC_MAX_RECORDS)
        return diag_fail(&s->h, ST_BAD_INDEX, "there is no parameter %u", number);
    if (state_needs_data(s->state)) return diag_fail(&s->h, ST_SEQUENCE, "an execution waits for data");
    c_type = bind_c_type(c_type);
    SQLRETURN rc = check_direction(s, io, cap);
    if (SQL_SUCCEEDED(rc)) rc = check_types(s, c_type, sql_type, digits);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (cap == SQL_SETPARAM_VALUE_MAX) cap = (SQLLEN)size;
    if (cap < 0) return diag_fail(&s->h, ST_LENGTH, "the buffer length %ld is negative", (long)cap);
    if (!value && !ind) return diag_fail(&s->h, ST_NULL_POINTER, "neither a value nor an indicator is given");
    struct desc_rec *apd = desc_at(s->apd, number), *ipd = desc_at(&s->ipd, number);
    if (!apd || !ipd) return diag_nomem(&s->h);
    desc_set_concise(apd, c_type);
    apd->octet_length = cap;
    apd->length = (SQLULEN)cap;
    apd->data = value;
    apd->octet_length_ptr = apd->indicator_ptr = ind;
    set_ipd(ipd, sql_type, size, digits);
    if (number > s->apd->count) s->apd->count = number;
    if (number > s->ipd.count) s->ipd.count = number;
    return SQL_SUCCESS;
}
