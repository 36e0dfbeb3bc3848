#include "bookmark.h"

static const struct column AS_BYTES = { .sea = { .name = "", .type = DBX_BINARY, .type_text = "BINARY",
                                                 .interval = "" }, .nullable = NULLABLE_NO, .zone = "" };
static const struct column AS_NUMBER = { .sea = { .name = "", .type = DBX_BIGINT, .type_text = "BIGINT",
                                                  .interval = "" }, .nullable = NULLABLE_NO, .zone = "" };

bool bookmark_is_c_type(SQLSMALLINT c_type) {
    return c_type == SQL_C_BOOKMARK || c_type == SQL_C_VARBOOKMARK || c_type == SQL_C_DEFAULT;
}

SQLSMALLINT bookmark_c_type(SQLSMALLINT c_type, SQLULEN use_bookmarks) {
    if (c_type != SQL_C_DEFAULT) return c_type;
    return use_bookmarks == SQL_UB_VARIABLE ? SQL_C_VARBOOKMARK : SQL_C_BOOKMARK;
}

const struct column *bookmark_column(SQLSMALLINT c_type) {
    return c_type == SQL_C_VARBOOKMARK ? &AS_BYTES : &AS_NUMBER;
}

void bookmark_make(struct bookmark *m, int64_t number, SQLSMALLINT c_type) {
    *m = (struct bookmark){ .number = number, .offsets = { 0, BOOKMARK_BYTES } };
    m->view = (struct col_view){ .phys = COL_I64, .data = &m->number };
    if (c_type != SQL_C_VARBOOKMARK) return;
    m->view.phys = COL_BINARY;
    m->view.offsets = m->offsets;
}
