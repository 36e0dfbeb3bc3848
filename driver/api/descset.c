/* descset: SQLSetDescField, SQLSetDescRec. Who may set what is in include/tbl/desc_fields.h. */
#include "api.h"
#include "bind.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/desc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "paramrow.h"

enum { MAX_NAME = 255 };

/* HY016 for all of an IRD but two fields, HY091 for what cannot be set in a descriptor of this kind. */
static SQLRETURN check_right(struct desc *d, SQLSMALLINT field) {
    enum desc_right right = desc_right(d->kind, field);
    if (right == DESC_UNKNOWN) return diag_fail(&d->h, ST_DESC_FIELD, "%d is no field of a descriptor", field);
    if (right == DESC_W) return SQL_SUCCESS;
    if (d->kind == DESC_IRD)
        return diag_fail(&d->h, ST_IRD_READ_ONLY, "an implementation row descriptor cannot be changed");
    return diag_fail(&d->h, ST_DESC_FIELD, "field %d cannot be set in this kind of descriptor", field);
}

static SQLRETURN set_count(struct desc *d, SQLLEN count) {
    if (count < 0 || count > DESC_MAX_RECORDS) return diag_fail(&d->h, ST_BAD_INDEX,
                                                                "a descriptor cannot have %ld records", (long)count);
    if (count > 0 && !desc_at(d, (int)count)) return diag_nomem(&d->h);
    desc_set_count(d, (int)count);
    return SQL_SUCCESS;
}

static SQLRETURN set_header(struct desc *d, SQLSMALLINT field, SQLPOINTER value) {
    SQLULEN v = (SQLULEN)(uintptr_t)value;
    switch (field) {
    case SQL_DESC_ARRAY_STATUS_PTR: d->array_status = value; return SQL_SUCCESS;
    case SQL_DESC_ROWS_PROCESSED_PTR: d->rows_processed = value; return SQL_SUCCESS;
    case SQL_DESC_BIND_OFFSET_PTR: d->bind_offset = value; return SQL_SUCCESS;
    case SQL_DESC_BIND_TYPE: d->bind_type = (SQLUINTEGER)v; return SQL_SUCCESS;
    case SQL_DESC_ARRAY_SIZE:
        if (v == 0) return diag_fail(&d->h, ST_ATTR_VALUE, "an array has at least one row");
        d->array_size = v;
        return SQL_SUCCESS;
    default: return set_count(d, (SQLSMALLINT)v);
    }
}

static bool is_type(const struct desc *d, SQLSMALLINT concise) {
    if (d->kind == DESC_IPD) return paramrow_is_sql_type(concise);
    return conv_is_c_type(concise) || concise == SQL_ARD_TYPE;
}

static SQLRETURN set_type(struct desc *d, struct desc_rec *r, SQLSMALLINT concise) {
    if (d->kind != DESC_IPD) concise = bind_c_type(concise);
    if (!is_type(d, concise))
        return diag_fail(&d->h, ST_DESC_CHECK, "%d is no %s data type", concise, d->kind == DESC_IPD ? "SQL" : "C");
    desc_set_concise(r, concise);
    return SQL_SUCCESS;
}

/* The code may come before or after the type; a datetime type without code waits for it. */
static SQLRETURN set_verbose(struct desc *d, struct desc_rec *r, SQLSMALLINT type) {
    if (type != SQL_DATETIME && type != SQL_INTERVAL) return set_type(d, r, type);
    r->type = type;
    SQLSMALLINT concise = desc_join_type(type, r->sub);
    return concise ? set_type(d, r, concise) : SQL_SUCCESS;
}

static SQLRETURN set_code(struct desc *d, struct desc_rec *r, SQLSMALLINT sub) {
    r->sub = sub;
    if (r->type != SQL_DATETIME && r->type != SQL_INTERVAL) return SQL_SUCCESS;
    SQLSMALLINT concise = desc_join_type(r->type, sub);
    return concise ? set_type(d, r, concise) : diag_fail(&d->h, ST_DESC_CHECK, "%d is no code of that type", sub);
}

static SQLRETURN check_record(struct desc *d, const struct desc_rec *r) {
    bool in_parts = r->type == SQL_DATETIME || r->type == SQL_INTERVAL;
    const char *why = desc_contradiction(r);
    if (!why && !in_parts && !is_type(d, r->concise)) why = "the record has no data type of its kind";
    return why ? diag_fail(&d->h, ST_DESC_CHECK, "%s", why) : SQL_SUCCESS;
}

/* "If the highest-numbered column is unbound, SQL_DESC_COUNT becomes the number of the next highest bound one." */
static void lower_count(struct desc *d) {
    while (d->count > 0 && !bind_is_bound(&d->recs[d->count])) d->count--;
}

/* The record is checked when an address is set. An IPD keeps no address: setting one asks for the check. */
static SQLRETURN set_data(struct desc *d, struct desc_rec *r, SQLPOINTER data) {
    SQLRETURN rc = data || d->kind == DESC_IPD ? check_record(d, r) : SQL_SUCCESS;
    if (!SQL_SUCCEEDED(rc) || d->kind == DESC_IPD) return rc;
    r->data = data;
    if (!data) lower_count(d);
    return SQL_SUCCESS;
}

static SQLRETURN set_name(struct desc *d, struct desc_rec *r, const struct any_in *value) {
    struct text_in text = { .own = NULL };
    struct sv name = SV_NULL;
    SQLLEN len = value->len < 0 ? SQL_NTS : value->wide ? value->len / (SQLLEN)sizeof(SQLWCHAR) : value->len;
    enum text_fault fault = text_in_take(&text, value->wide, value->ptr, len, &name);
    char *copy = fault == TEXT_FINE ? mem_strndup(name.ptr ? name.ptr : "", name.len) : NULL;
    text_in_fini(&text);
    if (copy && strlen(copy) > MAX_NAME) {
        mem_free(copy);
        return diag_fail(&d->h, ST_STRING_CUT, "a name has %d bytes at most", MAX_NAME);
    }
    if (!copy) return diag_fail(&d->h, fault == TEXT_FINE || fault == TEXT_NOMEM ? ST_NOMEM : ST_GENERAL,
                                "the name cannot be kept");
    mem_free(r->name);
    r->name = copy;
    return SQL_SUCCESS;
}

static SQLRETURN set_direction(struct desc *d, struct desc_rec *r, SQLSMALLINT direction) {
    switch (direction) {
    case SQL_PARAM_INPUT: r->parameter_type = direction; return SQL_SUCCESS;
    case SQL_PARAM_OUTPUT: case SQL_PARAM_INPUT_OUTPUT:
    case SQL_PARAM_OUTPUT_STREAM: case SQL_PARAM_INPUT_OUTPUT_STREAM:
        return diag_fail(&d->h, ST_UNSUPPORTED, "the server has no output parameters");
    default: return diag_fail(&d->h, ST_PARAM_TYPE, "%d is no direction of a parameter", direction);
    }
}

static SQLRETURN set_ipd_field(struct desc *d, struct desc_rec *r, SQLSMALLINT field, const struct any_in *value) {
    SQLLEN v = (SQLLEN)(intptr_t)value->ptr;
    switch (field) {
    case SQL_DESC_NAME: return set_name(d, r, value);
    case SQL_DESC_PARAMETER_TYPE: return set_direction(d, r, (SQLSMALLINT)v);
    default:    /* SQL_DESC_UNNAMED */
        if ((SQLSMALLINT)v != SQL_UNNAMED)
            return diag_fail(&d->h, ST_ATTR, "SQL_DESC_UNNAMED can be set to SQL_UNNAMED only; give a name instead");
        mem_free(r->name);
        r->name = NULL;
        return SQL_SUCCESS;
    }
}

static SQLRETURN set_rec_field(struct desc *d, struct desc_rec *r, SQLSMALLINT field, const struct any_in *value) {
    SQLLEN v = (SQLLEN)(intptr_t)value->ptr;
    SQLPOINTER data = r->data;
    if (field != SQL_DESC_DATA_PTR && field != SQL_DESC_OCTET_LENGTH_PTR &&
        field != SQL_DESC_INDICATOR_PTR) r->data = NULL;
    switch (field) {
    case SQL_DESC_TYPE: return set_verbose(d, r, (SQLSMALLINT)v);
    case SQL_DESC_CONCISE_TYPE: return set_type(d, r, (SQLSMALLINT)v);
    case SQL_DESC_DATETIME_INTERVAL_CODE: return set_code(d, r, (SQLSMALLINT)v);
    case SQL_DESC_DATETIME_INTERVAL_PRECISION: r->interval_precision = (SQLINTEGER)v; return SQL_SUCCESS;
    case SQL_DESC_LENGTH: r->length = (SQLULEN)v; return SQL_SUCCESS;
    case SQL_DESC_OCTET_LENGTH: r->octet_length = v; return SQL_SUCCESS;
    case SQL_DESC_PRECISION: r->precision = (SQLSMALLINT)v; return SQL_SUCCESS;
    case SQL_DESC_SCALE: r->scale = (SQLSMALLINT)v; return SQL_SUCCESS;
    case SQL_DESC_NUM_PREC_RADIX: r->radix = (SQLINTEGER)v; return SQL_SUCCESS;
    case SQL_DESC_DATA_PTR: return set_data(d, r, value->ptr);
    case SQL_DESC_OCTET_LENGTH_PTR: r->octet_length_ptr = value->ptr; return SQL_SUCCESS;
    case SQL_DESC_INDICATOR_PTR: r->indicator_ptr = value->ptr; return SQL_SUCCESS;
    default: break;
    }
    r->data = data;
    return set_ipd_field(d, r, field, value);
}

/* Record 0 of an ARD is the bookmark column. */
static SQLRETURN get_record(struct desc *d, SQLSMALLINT number, struct desc_rec **out) {
    bool has_bookmark = d->kind == DESC_ARD || d->kind == DESC_EXPLICIT;
    if (number < 0 || (number == 0 && !has_bookmark))
        return diag_fail(&d->h, ST_BAD_INDEX, "there is no record %d", number);
    if (number == 0 && d->stmt && d->stmt->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_fail(&d->h, ST_BAD_INDEX, "record 0 is the bookmark, and SQL_ATTR_USE_BOOKMARKS is SQL_UB_OFF");
    *out = desc_at(d, number);
    if (!*out) return diag_nomem(&d->h);
    if (number > d->count) d->count = number;
    return SQL_SUCCESS;
}

SQLRETURN api_set_desc_field(struct desc *d, SQLSMALLINT number, SQLSMALLINT field, const struct any_in *value) {
    struct desc_rec *r = NULL;
    SQLRETURN rc = check_right(d, field);
    if (!SQL_SUCCEEDED(rc)) return rc;
    if (desc_is_head(field)) return set_header(d, field, value->ptr);
    rc = get_record(d, number, &r);
    return SQL_SUCCEEDED(rc) ? set_rec_field(d, r, field, value) : rc;
}

SQLRETURN api_set_desc_rec(struct desc *d, SQLSMALLINT number, SQLSMALLINT type, SQLSMALLINT sub, SQLLEN length,
                           SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data, SQLLEN *octet_length,
                           SQLLEN *indicator) {
    struct desc_rec *r = NULL;
    SQLRETURN rc = check_right(d, SQL_DESC_TYPE);
    if (SQL_SUCCEEDED(rc)) rc = get_record(d, number, &r);
    if (!SQL_SUCCEEDED(rc)) return rc;
    r->data = NULL;
    if (type == SQL_DATETIME || type == SQL_INTERVAL) r->sub = sub;
    rc = set_verbose(d, r, type);
    if (!SQL_SUCCEEDED(rc)) return rc;
    r->octet_length = length;
    r->length = (SQLULEN)length;
    r->precision = precision;
    r->scale = scale;
    rc = check_record(d, r);
    if (!SQL_SUCCEEDED(rc) || d->kind == DESC_IPD) return rc;
    r->octet_length_ptr = octet_length;
    r->indicator_ptr = indicator;
    return set_data(d, r, data);
}
