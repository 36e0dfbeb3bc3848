#include "paramrow.h"

#include "bind.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

/* SQL types of ODBC and the C type that SQL_C_DEFAULT means for each (appendix D, "Default C Data Types"). */
static const struct { SQLSMALLINT sql, c; } TYPES[] = {
    { SQL_CHAR, SQL_C_CHAR }, { SQL_VARCHAR, SQL_C_CHAR }, { SQL_LONGVARCHAR, SQL_C_CHAR },
    { SQL_WCHAR, SQL_C_WCHAR }, { SQL_WVARCHAR, SQL_C_WCHAR }, { SQL_WLONGVARCHAR, SQL_C_WCHAR },
    { SQL_DECIMAL, SQL_C_CHAR }, { SQL_NUMERIC, SQL_C_CHAR }, { SQL_BIT, SQL_C_BIT },
    { SQL_TINYINT, SQL_C_STINYINT }, { SQL_SMALLINT, SQL_C_SSHORT }, { SQL_INTEGER, SQL_C_SLONG },
    { SQL_BIGINT, SQL_C_SBIGINT }, { SQL_REAL, SQL_C_FLOAT }, { SQL_FLOAT, SQL_C_DOUBLE }, { SQL_DOUBLE, SQL_C_DOUBLE },
    { SQL_BINARY, SQL_C_BINARY }, { SQL_VARBINARY, SQL_C_BINARY }, { SQL_LONGVARBINARY, SQL_C_BINARY },
    { SQL_TYPE_DATE, SQL_C_TYPE_DATE }, { SQL_TYPE_TIME, SQL_C_TYPE_TIME },
    { SQL_TYPE_TIMESTAMP, SQL_C_TYPE_TIMESTAMP },
    { SQL_DATE, SQL_C_TYPE_DATE }, { SQL_TIME, SQL_C_TYPE_TIME }, { SQL_TIMESTAMP, SQL_C_TYPE_TIMESTAMP },
    { SQL_GUID, SQL_C_GUID },
};

static bool is_interval(SQLSMALLINT type) { return type >= SQL_INTERVAL_YEAR && type <= SQL_INTERVAL_MINUTE_TO_SECOND; }

static SQLSMALLINT default_c_type(SQLSMALLINT sql_type) {
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (TYPES[i].sql == sql_type) return TYPES[i].c;
    return is_interval(sql_type) ? sql_type : 0;
}

bool paramrow_is_sql_type(SQLSMALLINT type) { return default_c_type(type) != 0; }

static char *place(void *base, ptrdiff_t offset, ptrdiff_t stride, SQLULEN row) {
    return base ? (char *)base + offset + stride * (ptrdiff_t)row : NULL;
}

static SQLLEN read_length(const char *from, SQLLEN otherwise) {
    SQLLEN v = otherwise;
    if (from) memcpy(&v, from, sizeof v);
    return v;
}

static bool is_at_execution(SQLLEN v) { return v == SQL_DATA_AT_EXEC || v <= SQL_LEN_DATA_AT_EXEC_OFFSET; }

void paramrow_value(const struct stmt *s, int number, SQLULEN row, struct paramvalue *out) {
    const struct desc *apd = s->apd;
    const struct desc_rec *r = desc_find(apd, number), *sql = desc_find(&s->ipd, number);
    *out = (struct paramvalue){ .c_type = SQL_C_CHAR, .length = SQL_NTS };
    if (!r) return;     /* the application put in another descriptor while we waited for data */
    SQLSMALLINT c_type = r->concise == SQL_C_DEFAULT ? default_c_type(sql ? sql->concise : SQL_VARCHAR) : r->concise;
    bool by_row = apd->bind_type != SQL_PARAM_BIND_BY_COLUMN;
    ptrdiff_t offset = apd->bind_offset ? (ptrdiff_t)*apd->bind_offset : 0;
    SQLLEN size = conv_is_variable(c_type) ? r->octet_length : conv_c_size(c_type);
    ptrdiff_t data_stride = by_row ? (ptrdiff_t)apd->bind_type : (ptrdiff_t)size;
    ptrdiff_t length_stride = by_row ? (ptrdiff_t)apd->bind_type : (ptrdiff_t)sizeof(SQLLEN);
    const char *indicator = place(r->indicator_ptr, offset, length_stride, row);
    const char *length = place(r->octet_length_ptr, offset, length_stride, row);
    *out = (struct paramvalue){ .data = place(r->data, offset, data_stride, row), .c_type = c_type,
                                .length = read_length(length, SQL_NTS) };
    if (read_length(indicator, 0) == SQL_NULL_DATA) out->length = SQL_NULL_DATA;
    else out->at_execution = is_at_execution(out->length);
}

static SQLRETURN check(struct stmt *s, int number, const struct paramvalue *v) {
    if (v->length == SQL_NULL_DATA) return SQL_SUCCESS;
    if (v->length == SQL_DEFAULT_PARAM)
        return diag_fail(&s->h, ST_DEFAULT_PARAM, "parameter %d: only parameters of procedures have defaults", number);
    if (conv_is_variable(v->c_type) && v->length < 0 && v->length != SQL_NTS)
        return diag_fail(&s->h, ST_LENGTH, "parameter %d: %ld is neither a length nor an indicator", number,
                         (long)v->length);
    bool may_be_absent = conv_is_variable(v->c_type) && v->length == 0;
    if (!v->data && !may_be_absent)
        return diag_fail(&s->h, ST_NULL_POINTER, "parameter %d has no data, but its indicator does not say NULL",
                         number);
    return SQL_SUCCESS;
}

SQLRETURN paramrow_input(struct stmt *s, int number, const struct paramvalue *v, const struct held *held,
                         struct from_c_in *out) {
    const struct desc_rec *apd = desc_find(s->apd, number), *ipd = desc_find(&s->ipd, number);
    if (!apd || !ipd) return diag_fail(&s->h, ST_NO_PARAMETERS, "parameter %d is not bound any more", number);
    bool is_number = ipd->concise == SQL_DECIMAL || ipd->concise == SQL_NUMERIC;
    *out = (struct from_c_in){
        .c_type = v->c_type, .sql_type = ipd->concise,
        .column_size = is_number && ipd->length <= 1 && ipd->precision > 0 ? (SQLULEN)ipd->precision : ipd->length,
        .digits = is_number ? ipd->scale : ipd->precision,
        .precision = apd->precision, .scale = apd->scale, .leading = apd->interval_precision,
        .data = v->data ? v->data : "", .length = v->length };
    if (!v->at_execution) return check(s, number, v);
    out->data = held->bytes.ptr ? held->bytes.ptr : "";
    out->length = held->is_null ? SQL_NULL_DATA : (SQLLEN)held->bytes.len;
    return SQL_SUCCESS;
}
