/* descriptors: SQLGetDescField, SQLGetDescRec, SQLSetDescField, SQLSetDescRec, SQLCopyDesc. */
#include "api.h"
#include "bind.h"
#include "colfield.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/desc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "plan.h"

static bool is_header(SQLSMALLINT field) {
    switch (field) {
    case SQL_DESC_ALLOC_TYPE: case SQL_DESC_ARRAY_SIZE: case SQL_DESC_ARRAY_STATUS_PTR: case SQL_DESC_BIND_OFFSET_PTR:
    case SQL_DESC_BIND_TYPE: case SQL_DESC_COUNT: case SQL_DESC_ROWS_PROCESSED_PTR: return true;
    default: return false;
    }
}

static SQLRETURN put_short(const struct text_out *out, SQLLEN v) { return text_out_u16(out, (SQLUSMALLINT)v); }

static SQLRETURN put_int(const struct text_out *out, SQLLEN v) { return text_out_u32(out, (SQLUINTEGER)v); }

static SQLRETURN put_len(const struct text_out *out, SQLLEN v) { return text_out_ulen(out, (SQLULEN)v); }

/* ---- reading ------------------------------------------------------------------------------------------------------ */

/* The columns behind an IRD, or -1 with a diagnostic: "HY007: the associated statement is not prepared". */
static int ird_columns(struct desc *d, const struct column **cols) {
    struct stmt *s = d->stmt;
    if (s->state == STMT_ST_ALLOCATED)
        return diag_fail(&d->h, ST_NOT_PREPARED, "the statement was neither prepared nor executed"), -1;
    if (!SQL_SUCCEEDED(plan_describe(s))) {
        struct diag_rec why;
        if (diag_read(&s->h, 1, &why)) {
            (void)diag_fail(&d->h, ST_NOT_PREPARED, "the columns cannot be described: %s", why.text);
            mem_free(why.text);
        }
        return -1;
    }
    return stmt_columns(s, cols);
}

static SQLRETURN get_header(struct desc *d, SQLSMALLINT field, const struct text_out *out) {
    const struct column *cols = NULL;
    int count = d->count;
    switch (field) {
    case SQL_DESC_ALLOC_TYPE: return put_short(out, d->kind == DESC_EXPLICIT ? SQL_DESC_ALLOC_USER
                                               : SQL_DESC_ALLOC_AUTO);
    case SQL_DESC_ARRAY_SIZE: return text_out_ulen(out, d->array_size);
    case SQL_DESC_ARRAY_STATUS_PTR: return text_out_ptr(out, d->array_status);
    case SQL_DESC_BIND_OFFSET_PTR: return text_out_ptr(out, d->bind_offset);
    case SQL_DESC_BIND_TYPE: return put_int(out, (SQLLEN)d->bind_type);
    case SQL_DESC_ROWS_PROCESSED_PTR: return text_out_ptr(out, d->rows_processed);
    default:
        if (d->kind == DESC_IRD) count = ird_columns(d, &cols);
        return count < 0 ? SQL_ERROR : put_short(out, count);
    }
}

/* How wide a number of the IRD is in memory (SQLSetDescField, the fields' types). */
static SQLRETURN put_by_field(SQLSMALLINT field, const struct text_out *out, SQLLEN v) {
    switch (field) {
    case SQL_DESC_LENGTH: case SQL_DESC_OCTET_LENGTH: case SQL_DESC_DISPLAY_SIZE: return put_len(out, v);
    case SQL_DESC_AUTO_UNIQUE_VALUE: case SQL_DESC_CASE_SENSITIVE: case SQL_DESC_NUM_PREC_RADIX:
    case SQL_DESC_DATETIME_INTERVAL_PRECISION: return put_int(out, v);
    default: return put_short(out, v);
    }
}

static SQLRETURN get_ird_field(struct desc *d, int number, SQLSMALLINT field, const struct text_out *out) {
    const struct column *cols = NULL;
    struct colfield f;
    int n = ird_columns(d, &cols);
    if (n < 0) return SQL_ERROR;
    if (number > n) return SQL_NO_DATA;
    if (!colfield_get(&cols[number - 1], &d->dbc->options, (SQLUSMALLINT)field, &f))
        return diag_fail(&d->h, ST_DESC_FIELD, "%d is no field of a row descriptor", field);
    return f.is_text ? text_out_give(out, f.text, &d->h) : put_by_field(field, out, f.number);
}

static SQLRETURN get_own_field(struct desc *d, int number, SQLSMALLINT field, const struct text_out *out) {
    if (number > d->count) return SQL_NO_DATA;
    const struct desc_rec *r = &d->recs[number];
    switch (field) {
    case SQL_DESC_TYPE: return put_short(out, r->type);
    case SQL_DESC_CONCISE_TYPE: return put_short(out, r->concise);
    case SQL_DESC_DATETIME_INTERVAL_CODE: return put_short(out, r->sub);
    case SQL_DESC_DATETIME_INTERVAL_PRECISION: return put_int(out, r->interval_precision);
    case SQL_DESC_LENGTH: return text_out_ulen(out, r->length);
    case SQL_DESC_OCTET_LENGTH: return put_len(out, r->octet_length);
    case SQL_DESC_PRECISION: return put_short(out, r->precision);
    case SQL_DESC_SCALE: return put_short(out, r->scale);
    case SQL_DESC_NUM_PREC_RADIX: return put_int(out, r->radix);
    case SQL_DESC_PARAMETER_TYPE: return put_short(out, r->parameter_type);
    case SQL_DESC_NULLABLE: return put_short(out, r->nullable);
    case SQL_DESC_UNNAMED: return put_short(out, r->name ? SQL_NAMED : r->unnamed);
    case SQL_DESC_NAME: return text_out_give(out, sv_of(r->name ? r->name : ""), &d->h);
    case SQL_DESC_DATA_PTR: return text_out_ptr(out, r->data);
    case SQL_DESC_OCTET_LENGTH_PTR: return text_out_ptr(out, r->octet_length_ptr);
    case SQL_DESC_INDICATOR_PTR: return text_out_ptr(out, r->indicator_ptr);
    default: return diag_fail(&d->h, ST_DESC_FIELD, "%d is no field of this descriptor", field);
    }
}

SQLRETURN api_get_desc_field(struct desc *d, SQLSMALLINT number, SQLSMALLINT field, const struct text_out *value) {
    if (is_header(field)) return get_header(d, field, value);
    if (number < 0 || (number == 0 && !desc_is_app(d)))
        return diag_fail(&d->h, ST_BAD_INDEX, "there is no record %d", number);
    if (d->kind == DESC_IRD) return get_ird_field(d, number, field, value);
    if (number == 0 && d->cap == 0) return SQL_NO_DATA;
    return get_own_field(d, number, field, value);
}

static SQLRETURN number_of(struct desc *d, SQLSMALLINT number, SQLSMALLINT field, void *to, size_t bytes) {
    SQLULEN wide = 0;
    const struct text_out out = { .ptr = &wide, .cap = sizeof wide, .bytes = true };
    SQLRETURN rc = api_get_desc_field(d, number, field, &out);
    if (rc == SQL_SUCCESS && to) memcpy(to, &wide, bytes);
    return rc;
}

SQLRETURN api_get_desc_rec(struct desc *d, SQLSMALLINT number, const struct text_out *name, SQLSMALLINT *type,
                           SQLSMALLINT *sub, SQLLEN *length, SQLSMALLINT *precision, SQLSMALLINT *scale,
                           SQLSMALLINT *nullable) {
    const struct { SQLSMALLINT field; void *to; size_t bytes; } FIELDS[] = {
        { SQL_DESC_TYPE, type, sizeof *type }, { SQL_DESC_DATETIME_INTERVAL_CODE, sub, sizeof *sub },
        { SQL_DESC_OCTET_LENGTH, length, sizeof *length }, { SQL_DESC_PRECISION, precision, sizeof *precision },
        { SQL_DESC_SCALE, scale, sizeof *scale }, { SQL_DESC_NULLABLE, nullable, sizeof *nullable },
    };
    SQLRETURN rc = SQL_SUCCESS;
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS && rc == SQL_SUCCESS; i++)
        rc = number_of(d, number, FIELDS[i].field, FIELDS[i].to, FIELDS[i].bytes);
    return rc == SQL_SUCCESS ? api_get_desc_field(d, number, SQL_DESC_NAME, name) : rc;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

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
    case SQL_DESC_ALLOC_TYPE: return diag_fail(&d->h, ST_DESC_FIELD, "SQL_DESC_ALLOC_TYPE can only be read");
    case SQL_DESC_ARRAY_STATUS_PTR: d->array_status = value; return SQL_SUCCESS;
    case SQL_DESC_ROWS_PROCESSED_PTR: d->rows_processed = value; return SQL_SUCCESS;
    default: break;
    }
    if (d->kind == DESC_IRD) return diag_fail(&d->h, ST_IRD_READ_ONLY,
                                              "an implementation row descriptor cannot be changed");
    switch (field) {
    case SQL_DESC_ARRAY_SIZE:
        if (v == 0) return diag_fail(&d->h, ST_ATTR_VALUE, "an array has at least one row");
        d->array_size = v;
        return SQL_SUCCESS;
    case SQL_DESC_BIND_OFFSET_PTR: d->bind_offset = value; return SQL_SUCCESS;
    case SQL_DESC_BIND_TYPE: d->bind_type = (SQLUINTEGER)v; return SQL_SUCCESS;
    default: return set_count(d, (SQLSMALLINT)v);
    }
}

static SQLRETURN set_type(struct desc *d, struct desc_rec *r, SQLSMALLINT concise) {
    if (d->kind != DESC_IPD) concise = bind_c_type(concise);
    bool fine = concise != 0 && (d->kind == DESC_IPD || conv_is_c_type(concise) || concise == SQL_ARD_TYPE);
    if (!fine) return diag_fail(&d->h, ST_DESC_CHECK, "%d is no data type", concise);
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

/* "When the SQL_DESC_DATA_PTR field is set, the driver checks that the record is consistent." */
static SQLRETURN set_data(struct desc *d, struct desc_rec *r, SQLPOINTER data) {
    bool waits = (r->type == SQL_DATETIME || r->type == SQL_INTERVAL) && desc_join_type(r->type, r->sub) == 0;
    if (data && waits) return diag_fail(&d->h, ST_DESC_CHECK, "the date, time or interval type has no code");
    r->data = data;
    return SQL_SUCCESS;
}

static SQLRETURN set_name(struct desc *d, struct desc_rec *r, const struct any_in *value) {
    struct text_in text = { .own = NULL };
    struct sv name = SV_NULL;
    SQLLEN len = value->len < 0 ? SQL_NTS : value->wide ? value->len / (SQLLEN)sizeof(SQLWCHAR) : value->len;
    enum text_fault fault = text_in_take(&text, value->wide, value->ptr, len, &name);
    char *copy = fault == TEXT_FINE ? mem_strndup(name.ptr ? name.ptr : "", name.len) : NULL;
    text_in_fini(&text);
    if (!copy) return diag_fail(&d->h, fault == TEXT_FINE || fault == TEXT_NOMEM ? ST_NOMEM : ST_GENERAL,
                                "the name cannot be kept");
    mem_free(r->name);
    r->name = copy;
    return SQL_SUCCESS;
}

static SQLRETURN set_ipd_field(struct desc *d, struct desc_rec *r, SQLSMALLINT field, const struct any_in *value) {
    SQLLEN v = (SQLLEN)(intptr_t)value->ptr;
    switch (field) {
    case SQL_DESC_NAME: return set_name(d, r, value);
    case SQL_DESC_PARAMETER_TYPE: r->parameter_type = (SQLSMALLINT)v; return SQL_SUCCESS;
    case SQL_DESC_UNNAMED:
        if (v != SQL_UNNAMED) return diag_fail(&d->h, ST_DESC_FIELD, "only SQL_UNNAMED can be set");
        mem_free(r->name);
        r->name = NULL;
        return SQL_SUCCESS;
    default: return diag_fail(&d->h, ST_DESC_FIELD, "%d is no field that can be set here", field);
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
    if (d->kind == DESC_IPD) return set_ipd_field(d, r, field, value);
    return diag_fail(&d->h, ST_DESC_FIELD, "%d is no field that can be set in an application's descriptor", field);
}

static SQLRETURN get_record(struct desc *d, SQLSMALLINT number, struct desc_rec **out) {
    if (d->kind == DESC_IRD) return diag_fail(&d->h, ST_IRD_READ_ONLY,
                                              "an implementation row descriptor cannot be changed");
    if (number < 1) return diag_fail(&d->h, ST_BAD_INDEX, "there is no record %d; bookmarks are off", number);
    *out = desc_at(d, number);
    if (!*out) return diag_nomem(&d->h);
    if (number > d->count) d->count = number;
    return SQL_SUCCESS;
}

SQLRETURN api_set_desc_field(struct desc *d, SQLSMALLINT number, SQLSMALLINT field, const struct any_in *value) {
    struct desc_rec *r = NULL;
    if (is_header(field)) return set_header(d, field, value->ptr);
    SQLRETURN rc = get_record(d, number, &r);
    return SQL_SUCCEEDED(rc) ? set_rec_field(d, r, field, value) : rc;
}

SQLRETURN api_set_desc_rec(struct desc *d, SQLSMALLINT number, SQLSMALLINT type, SQLSMALLINT sub, SQLLEN length,
                           SQLSMALLINT precision, SQLSMALLINT scale, SQLPOINTER data, SQLLEN *octet_length,
                           SQLLEN *indicator) {
    struct desc_rec *r = NULL;
    SQLRETURN rc = get_record(d, number, &r);
    if (!SQL_SUCCEEDED(rc)) return rc;
    r->data = NULL;
    if (type == SQL_DATETIME || type == SQL_INTERVAL) r->sub = sub;
    rc = set_verbose(d, r, type);
    if (!SQL_SUCCEEDED(rc)) return rc;
    r->octet_length = length;
    r->length = (SQLULEN)length;
    r->precision = precision;
    r->scale = scale;
    r->octet_length_ptr = octet_length;
    r->indicator_ptr = indicator;
    return set_data(d, r, data);
}

/* ---- copying ------------------------------------------------------------------------------------------------------ */

static SQLRETURN copy_columns(struct desc *from, struct desc *to) {
    const struct column *cols = NULL;
    int n = ird_columns(from, &cols);
    if (n < 0) return diag_fail(&to->h, ST_NOT_PREPARED,
                                "the source is a row descriptor of a statement that was not prepared");
    if (n > 0 && !desc_at(to, n)) return diag_nomem(&to->h);
    desc_set_count(to, 0);
    for (int i = 1; i <= n; i++) {
        struct desc_rec *r = &to->recs[i];
        SQLSMALLINT concise = 0;
        (void)number_of(from, (SQLSMALLINT)i, SQL_DESC_CONCISE_TYPE, &concise, sizeof concise);
        desc_set_concise(r, concise);
        (void)number_of(from, (SQLSMALLINT)i, SQL_DESC_LENGTH, &r->length, sizeof r->length);
        (void)number_of(from, (SQLSMALLINT)i, SQL_DESC_OCTET_LENGTH, &r->octet_length, sizeof r->octet_length);
        (void)number_of(from, (SQLSMALLINT)i, SQL_DESC_PRECISION, &r->precision, sizeof r->precision);
        (void)number_of(from, (SQLSMALLINT)i, SQL_DESC_SCALE, &r->scale, sizeof r->scale);
        to->count = i;
    }
    return SQL_SUCCESS;
}

SQLRETURN api_copy_desc(SQLHDESC from, SQLHDESC to) {
    struct desc *source = from, *target = to;
    if (!handle_is(from, HANDLE_DESC) || !handle_is(to, HANDLE_DESC)) return SQL_INVALID_HANDLE;
    struct handle *first = source->h.locked_by, *second = target->h.locked_by;
    if (first > second) {       /* always in the same order, so that two copies cannot wait for each other */
        struct handle *swap = first;
        first = second;
        second = swap;
    }
    handle_lock(first);
    if (second != first) handle_lock(second);
    diag_clear(&target->h);
    SQLRETURN rc = SQL_SUCCESS;
    if (target->kind == DESC_IRD) rc = diag_fail(&target->h, ST_IRD_READ_ONLY,
                                                 "an implementation row descriptor cannot be changed");
    else if (source->kind == DESC_IRD) rc = copy_columns(source, target);
    else if (source != target && !desc_copy(target, source)) rc = diag_nomem(&target->h);
    diag_finish(&target->h, rc);
    if (second != first) handle_unlock(second);
    handle_unlock(first);
    return rc;
}
