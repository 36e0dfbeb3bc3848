#include "desc.h"

#include <string.h>

#include "core/mem.h"
#include "diag.h"
#include "stmt.h"

bool desc_init(struct desc *d, enum desc_kind kind, struct dbc *dbc, struct stmt *stmt) {
    memset(d, 0, sizeof *d);
    d->kind = kind;
    d->dbc = dbc;
    d->stmt = stmt;
    d->array_size = 1;
    if (!handle_init(&d->h, HANDLE_DESC)) return false;
    if (stmt) d->h.locked_by = &stmt->h;
    return true;
}

void desc_fini(struct desc *d) {
    for (int i = 0; i < d->cap; i++) mem_free(d->recs[i].name);
    mem_free(d->recs);
    d->recs = NULL;
    d->cap = d->count = 0;
    if (d->h.diag) handle_fini(&d->h);
}

struct desc *desc_new(struct dbc *dbc) {
    struct desc *d = mem_alloc(sizeof *d);
    if (d && !desc_init(d, DESC_EXPLICIT, dbc, NULL)) {
        mem_free(d);
        d = NULL;
    }
    return d;
}

void desc_free(struct desc **d) {
    if (!*d) return;
    desc_fini(*d);
    mem_free(*d);
    *d = NULL;
}

bool desc_is_app(const struct desc *d) { return d->kind != DESC_IRD && d->kind != DESC_IPD; }

const struct desc_rec *desc_find(const struct desc *d, int number) {
    return number >= 0 && number < d->cap ? &d->recs[number] : NULL;
}

static void reset(struct desc_rec *r, enum desc_kind kind) {
    mem_free(r->name);
    *r = (struct desc_rec){ .parameter_type = SQL_PARAM_INPUT, .nullable = SQL_NULLABLE, .unnamed = SQL_UNNAMED };
    if (kind != DESC_IPD) r->type = r->concise = SQL_C_DEFAULT;
}

struct desc_rec *desc_at(struct desc *d, int number) {
    if (number < d->cap) return &d->recs[number];
    int cap = number < 16 ? 16 : number + number / 2 + 1;
    struct desc_rec *grown = mem_realloc(d->recs, (size_t)cap * sizeof *grown);
    if (!grown) return NULL;
    d->recs = grown;
    memset(grown + d->cap, 0, (size_t)(cap - d->cap) * sizeof *grown);
    for (int i = d->cap; i < cap; i++) reset(&grown[i], d->kind);
    d->cap = cap;
    return &grown[number];
}

void desc_set_count(struct desc *d, int count) {
    for (int i = count + 1; i < d->cap; i++) reset(&d->recs[i], d->kind);
    d->count = count;
}

void desc_unbind_all(struct desc *d) { desc_set_count(d, 0); }

bool desc_copy(struct desc *to, const struct desc *from) {
    if (from->count > 0 && !desc_at(to, from->count)) return false;
    desc_set_count(to, 0);
    to->array_size = from->array_size;
    to->bind_type = from->bind_type;
    to->array_status = from->array_status;
    to->bind_offset = from->bind_offset;
    to->rows_processed = from->rows_processed;
    for (int i = 0; i <= from->count && i < from->cap; i++) {
        char *name = from->recs[i].name ? mem_strdup(from->recs[i].name) : NULL;
        if (from->recs[i].name && !name) return false;
        mem_free(to->recs[i].name);
        to->recs[i] = from->recs[i];
        to->recs[i].name = name;
    }
    to->count = from->count;
    return true;
}

/* ---- types ------------------------------------------------------------------------------------------------------- */

void desc_split_type(SQLSMALLINT concise, SQLSMALLINT *verbose_r, SQLSMALLINT *sub_r) {
    *verbose_r = concise;
    *sub_r = 0;
    switch (concise) {
    case SQL_TYPE_DATE: case SQL_TYPE_TIME: case SQL_TYPE_TIMESTAMP:
        *verbose_r = SQL_DATETIME;
        *sub_r = (SQLSMALLINT)(concise - SQL_TYPE_DATE + SQL_CODE_DATE);
        break;
    case SQL_DATE: case SQL_TIME: case SQL_TIMESTAMP:   /* the codes of ODBC 2; 9 is also SQL_DATETIME */
        *verbose_r = SQL_DATETIME;
        *sub_r = (SQLSMALLINT)(concise - SQL_DATE + SQL_CODE_DATE);
        break;
    default:
        if (concise < SQL_INTERVAL_YEAR || concise > SQL_INTERVAL_MINUTE_TO_SECOND) break;
        *verbose_r = SQL_INTERVAL;
        *sub_r = (SQLSMALLINT)(concise - SQL_INTERVAL_YEAR + SQL_CODE_YEAR);
    }
}

SQLSMALLINT desc_join_type(SQLSMALLINT verbose, SQLSMALLINT sub) {
    if (verbose == SQL_DATETIME)
        return sub >= SQL_CODE_DATE && sub <= SQL_CODE_TIMESTAMP ? (SQLSMALLINT)(SQL_TYPE_DATE + sub - SQL_CODE_DATE) : 0;
    if (verbose == SQL_INTERVAL)
        return sub >= SQL_CODE_YEAR && sub <= SQL_CODE_MINUTE_TO_SECOND
            ? (SQLSMALLINT)(SQL_INTERVAL_YEAR + sub - SQL_CODE_YEAR) : 0;
    return verbose;
}

/* "When the application sets the SQL_DESC_TYPE field, the driver sets other fields to default values" (SQLSetDescField). */
void desc_set_concise(struct desc_rec *r, SQLSMALLINT concise) {
    r->concise = concise;
    desc_split_type(concise, &r->type, &r->sub);
    switch (concise) {
    case SQL_C_CHAR: case SQL_VARCHAR: case SQL_C_WCHAR: case SQL_WVARCHAR:
        r->length = 1;
        r->precision = 0;
        break;
    case SQL_C_NUMERIC: case SQL_DECIMAL:
        r->precision = 38;
        r->scale = 0;
        break;
    case SQL_TYPE_DATE: case SQL_TYPE_TIME:
        r->precision = 0;
        break;
    case SQL_TYPE_TIMESTAMP:
        r->precision = 6;
        break;
    default:
        if (r->type != SQL_INTERVAL) break;
        r->interval_precision = 2;
        r->precision = 6;
    }
}
