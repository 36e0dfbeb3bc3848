/* columns: SQLNumResultCols, SQLDescribeCol, SQLColAttribute. */
#include "api.h"
#include "colfield.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "plan.h"
#include "typefacts.h"

SQLRETURN api_num_result_cols(struct stmt *s, SQLSMALLINT *count) {
    const struct column *cols = NULL;
    SQLRETURN rc = plan_describe(s);
    if (SQL_SUCCEEDED(rc) && count) *count = (SQLSMALLINT)stmt_columns(s, &cols);
    return rc;
}

/* The column, or NULL with a diagnostic. */
static const struct column *get_column(struct stmt *s, SQLUSMALLINT number) {
    const struct column *cols = NULL;
    if (!SQL_SUCCEEDED(plan_describe(s))) return NULL;
    int n = stmt_columns(s, &cols);
    if (n == 0) {
        (void)diag_fail(&s->h, ST_NOT_A_QUERY, "the statement has no result set, hence no columns");
    } else if (number < 1 || number > n) {
        (void)diag_fail(&s->h, ST_BAD_INDEX, "there is no column %u; the result has %d columns, counted from 1",
                        number, n);
    } else {
        return &cols[number - 1];
    }
    return NULL;
}

SQLRETURN api_describe_col(struct stmt *s, SQLUSMALLINT number, const struct text_out *name, SQLSMALLINT *type,
                           SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable) {
    const struct column *c = get_column(s, number);
    if (!c) return SQL_ERROR;
    struct type_facts f;
    struct type_spec spec = type_of_column(&c->sea);
    type_describe(&spec, &s->dbc->options, &f);
    if (type) *type = f.concise;
    if (size) *size = f.size;
    if (digits) *digits = f.digits;
    if (nullable) *nullable = c->nullable == NULLABLE_NO ? SQL_NO_NULLS : SQL_NULLABLE;
    return text_out_give(name, sv_of(c->sea.name), &s->h);
}

/* "When this field is SQL_DESC_COUNT, ColumnNumber is ignored." */
static SQLRETURN column_count(struct stmt *s, SQLLEN *value) {
    SQLSMALLINT n = 0;
    SQLRETURN rc = api_num_result_cols(s, &n);
    if (SQL_SUCCEEDED(rc) && value) *value = n;
    return rc;
}

SQLRETURN api_col_attribute(struct stmt *s, SQLUSMALLINT number, SQLUSMALLINT field, const struct text_out *text,
                            SQLLEN *value) {
    struct colfield f;
    if (field == SQL_DESC_COUNT || field == SQL_COLUMN_COUNT) return column_count(s, value);
    const struct column *c = get_column(s, number);
    if (!c) return SQL_ERROR;
    if (!colfield_get(c, &s->dbc->options, field, &f))
        return diag_fail(&s->h, ST_DESC_FIELD, "%u is no field of a result column", field);
    if (f.is_text) return text_out_give(text, f.text, &s->h);
    if (value) *value = f.number;
    return SQL_SUCCESS;
}
