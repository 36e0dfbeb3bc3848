/* columns: SQLNumResultCols, SQLDescribeCol, SQLColAttribute. */
#include "api.h"
#include "bookmark.h"
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

static bool is_bookmark(const struct stmt *s, SQLUSMALLINT number) {
    return number == 0 && s->attrs.use_bookmarks != SQL_UB_OFF;
}

/* SQL_UB_VARIABLE: eight bytes. A binary column of the server's would have no length of its own. */
static void fix_bookmark(const struct column *c, SQLUSMALLINT field, SQLLEN *value) {
    if (c->sea.type != DBX_BINARY) return;
    switch (field) {
    case SQL_DESC_TYPE: case SQL_DESC_CONCISE_TYPE: *value = SQL_BINARY; break;
    case SQL_DESC_LENGTH: case SQL_DESC_OCTET_LENGTH: case SQL_DESC_PRECISION: case SQL_COLUMN_LENGTH:
    case SQL_COLUMN_PRECISION: *value = BOOKMARK_BYTES; break;
    case SQL_DESC_DISPLAY_SIZE: *value = 2 * BOOKMARK_BYTES; break;
    default: break;
    }
}

/* The column, or NULL with a diagnostic. */
static const struct column *get_column(struct stmt *s, SQLUSMALLINT number) {
    const struct column *cols = NULL;
    if (!SQL_SUCCEEDED(plan_describe(s))) return NULL;
    int n = stmt_columns(s, &cols);
    if (n == 0) {
        (void)diag_fail(&s->h, ST_NOT_A_QUERY, "the statement has no result set, hence no columns");
    } else if (is_bookmark(s, number)) {
        return bookmark_column(bookmark_c_type(SQL_C_DEFAULT, s->attrs.use_bookmarks));
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
    SQLLEN concise = f.concise, length = (SQLLEN)f.size;
    if (number == 0) fix_bookmark(c, SQL_DESC_CONCISE_TYPE, &concise);
    if (number == 0) fix_bookmark(c, SQL_DESC_LENGTH, &length);
    if (type) *type = (SQLSMALLINT)concise;
    if (size) *size = (SQLULEN)length;
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
    if (number == 0) fix_bookmark(c, field, &f.number);
    if (value) *value = f.number;
    return SQL_SUCCESS;
}
