/* descriptors: SQLGetDescField, SQLGetDescRec, SQLCopyDesc. Setting is in descset.c. */
#include "api.h"
#include "colfield.h"
#include "core/mem.h"
#include "driver/handle/dbc.h"
#include "driver/handle/desc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "paramrow.h"
#include "plan.h"
#include "typefacts.h"

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

/* How wide a number is in memory (SQLSetDescField, the fields' types). */
static SQLRETURN put_by_field(SQLSMALLINT field, const struct text_out *out, SQLLEN v) {
    switch (field) {
    case SQL_DESC_LENGTH: case SQL_DESC_OCTET_LENGTH: case SQL_DESC_DISPLAY_SIZE: return put_len(out, v);
    case SQL_DESC_AUTO_UNIQUE_VALUE: case SQL_DESC_CASE_SENSITIVE: case SQL_DESC_NUM_PREC_RADIX:
    case SQL_DESC_DATETIME_INTERVAL_PRECISION: return put_int(out, v);
    default: return put_short(out, v);
    }
}

/* "For a field that is undefined for a type of descriptor SQL_SUCCESS is returned, and an undefined value." Ours is none. */
static SQLRETURN put_nothing(struct desc *d, SQLSMALLINT field, const struct text_out *out) {
    switch (field) {
    case SQL_DESC_DATA_PTR: case SQL_DESC_INDICATOR_PTR: case SQL_DESC_OCTET_LENGTH_PTR: return text_out_ptr(out, NULL);
    case SQL_DESC_BASE_COLUMN_NAME: case SQL_DESC_BASE_TABLE_NAME: case SQL_DESC_CATALOG_NAME: case SQL_DESC_LABEL:
    case SQL_DESC_LITERAL_PREFIX: case SQL_DESC_LITERAL_SUFFIX: case SQL_DESC_LOCAL_TYPE_NAME: case SQL_DESC_NAME:
    case SQL_DESC_SCHEMA_NAME: case SQL_DESC_TABLE_NAME: case SQL_DESC_TYPE_NAME:
        return text_out_give(out, SV_LIT(""), &d->h);
    default: return put_by_field(field, out, 0);
    }
}

/* What the type of a parameter says about it. */
static SQLRETURN get_type_field(struct desc *d, const struct desc_rec *r, SQLSMALLINT field,
                                const struct text_out *out) {
    struct type_facts f;
    struct type_spec spec = type_of_sql(r->concise);
    type_describe(&spec, &d->dbc->options, &f);
    switch (field) {
    case SQL_DESC_TYPE_NAME: return text_out_give(out, r->concise ? sv_of(f.name) : SV_LIT(""), &d->h);
    case SQL_DESC_CASE_SENSITIVE: return put_int(out, f.case_sensitive ? SQL_TRUE : SQL_FALSE);
    case SQL_DESC_UNSIGNED: return put_short(out, f.radix == 0 ? SQL_TRUE : SQL_FALSE);
    default: return put_nothing(d, field, out);     /* SQL_DESC_FIXED_PREC_SCALE, _ROWVER, _LOCAL_TYPE_NAME */
    }
}

static SQLRETURN get_ird_field(struct desc *d, int number, SQLSMALLINT field, const struct text_out *out) {
    const struct column *cols = NULL;
    struct colfield f;
    int n = ird_columns(d, &cols);
    if (n < 0) return SQL_ERROR;
    if (number > n) return SQL_NO_DATA;
    if (!colfield_get(&cols[number - 1], &d->dbc->options, (SQLUSMALLINT)field, &f)) return put_nothing(d, field, out);
    return f.is_text ? text_out_give(out, f.text, &d->h) : put_by_field(field, out, f.number);
}

static SQLRETURN get_own_field(struct desc *d, const struct desc_rec *r, SQLSMALLINT field,
                               const struct text_out *out) {
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
    default: return get_type_field(d, r, field, out);
    }
}

SQLRETURN api_get_desc_field(struct desc *d, SQLSMALLINT number, SQLSMALLINT field, const struct text_out *value) {
    enum desc_right right = desc_right(d->kind, field);
    if (right == DESC_UNKNOWN) return diag_fail(&d->h, ST_DESC_FIELD, "%d is no field of a descriptor", field);
    if (desc_is_head(field)) return get_header(d, field, value);
    if (number < 0 || (number == 0 && !desc_is_app(d)))
        return diag_fail(&d->h, ST_BAD_INDEX, "there is no record %d", number);
    if (d->kind == DESC_IRD) return get_ird_field(d, number, field, value);
    const struct desc_rec *r = number <= d->count ? desc_find(d, number) : NULL;
    if (!r) return SQL_NO_DATA;
    return right == DESC_U ? put_nothing(d, field, value) : get_own_field(d, r, field, value);
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

/* ---- copying ------------------------------------------------------------------------------------------------------ */

static void copy_column(struct desc *from, struct desc_rec *r, SQLSMALLINT i) {
    SQLSMALLINT concise = 0;
    (void)number_of(from, i, SQL_DESC_CONCISE_TYPE, &concise, sizeof concise);
    desc_set_concise(r, concise);
    (void)number_of(from, i, SQL_DESC_LENGTH, &r->length, sizeof r->length);
    (void)number_of(from, i, SQL_DESC_OCTET_LENGTH, &r->octet_length, sizeof r->octet_length);
    (void)number_of(from, i, SQL_DESC_PRECISION, &r->precision, sizeof r->precision);
    (void)number_of(from, i, SQL_DESC_SCALE, &r->scale, sizeof r->scale);
    (void)number_of(from, i, SQL_DESC_NUM_PREC_RADIX, &r->radix, sizeof r->radix);
    (void)number_of(from, i, SQL_DESC_NULLABLE, &r->nullable, sizeof r->nullable);
}

static SQLRETURN copy_columns(struct desc *from, struct desc *to) {
    const struct column *cols = NULL;
    int n = ird_columns(from, &cols);
    if (n < 0)
        return diag_fail(&to->h, ST_NOT_PREPARED,
                         "the source is a row descriptor of a statement that was not prepared");
    if (n > 0 && !desc_at(to, n)) return diag_nomem(&to->h);
    desc_set_count(to, 0);
    to->array_status = from->array_status;
    to->rows_processed = from->rows_processed;
    for (int i = 1; i <= n; i++) {
        struct desc_rec *r = &to->recs[i];
        copy_column(from, r, (SQLSMALLINT)i);
        if (to->kind == DESC_IPD && !(r->name = mem_strdup(cols[i - 1].sea.name))) return diag_nomem(&to->h);
        to->count = i;
    }
    return SQL_SUCCESS;
}

/* "If the SQL_DESC_DATA_PTR field is copied and is not NULL, a consistency check is made of the target." */
static SQLRETURN check_copy(struct desc *to, const struct desc *from) {
    for (int i = 1; to->kind == DESC_IPD && i <= from->count; i++)
        if (from->recs[i].data && !paramrow_is_sql_type(from->recs[i].concise))
            return diag_fail(&to->h, ST_DESC_CHECK, "record %d has a C data type, and the target describes parameters", i);
    return SQL_SUCCESS;
}

static SQLRETURN copy_all(struct desc *from, struct desc *to) {
    if (to->kind == DESC_IRD)
        return diag_fail(&to->h, ST_IRD_READ_ONLY, "an implementation row descriptor cannot be changed");
    if (from == to) return SQL_SUCCESS;
    if (from->kind == DESC_IRD) return copy_columns(from, to);
    SQLRETURN rc = check_copy(to, from);
    if (!SQL_SUCCEEDED(rc)) return rc;
    return desc_copy(to, from) ? SQL_SUCCESS : diag_nomem(&to->h);
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
    atomic_fetch_add_explicit(&target->h.changes, 1, memory_order_relaxed);
    diag_clear(&target->h);
    SQLRETURN rc = copy_all(source, target);
    diag_finish(&target->h, rc);
    if (second != first) handle_unlock(second);
    handle_unlock(first);
    return rc;
}
