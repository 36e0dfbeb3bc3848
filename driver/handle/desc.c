#include "desc.h"

#include <string.h>

#include "core/mem.h"
#include "dbc.h"
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
    d->h.above = stmt ? &stmt->h : &dbc->h;
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
