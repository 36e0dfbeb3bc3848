#define _GNU_SOURCE     /* qsort_r */
#include "memtable.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "driver/api/exec.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

enum { MAX_TEXT_BYTES = 1 << 30 };

void memtable_init(struct memtable *t, const struct mem_col *cols, int n_cols) {
    *t = (struct memtable){ .arena = ARENA_INIT, .cols = cols, .n_cols = n_cols };
}

void memtable_fini(struct memtable *t) {
    arena_fini(&t->arena);
    mem_free(t->rows);
    t->rows = NULL;
    t->n_rows = t->cap_rows = 0;
}

enum rc memtable_row(struct memtable *t, struct err *e) {
    if (t->n_rows == t->cap_rows) {
        size_t cap = t->cap_rows ? t->cap_rows * 2 : 64;
        struct mem_row *grown = mem_realloc(t->rows, cap * sizeof *grown);
        if (!grown) return err_nomem(e);
        t->rows = grown;
        t->cap_rows = cap;
    }
    memset(&t->rows[t->n_rows++], 0, sizeof *t->rows);
    return RC_OK;
}

enum rc memtable_text(struct memtable *t, int col, struct sv text, struct err *e) {
    if (sv_is_null(text)) return RC_OK;
    char *copy = arena_dup(&t->arena, text);
    if (!copy) return err_nomem(e);
    t->rows[t->n_rows - 1].cells[col] = (struct mem_cell){ .is_set = true, .text = sv_make(copy, text.len) };
    return RC_OK;
}

void memtable_int(struct memtable *t, int col, int64_t v) {
    t->rows[t->n_rows - 1].cells[col] = (struct mem_cell){ .is_set = true, .number = v };
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

struct order { const struct memtable *t; const int *by; };

static int compare_cells(const struct mem_cell *a, const struct mem_cell *b, enum mem_kind kind) {
    if (!a->is_set || !b->is_set) return a->is_set - b->is_set;
    if (kind != MEM_TEXT) return (a->number > b->number) - (a->number < b->number);
    size_t n = a->text.len < b->text.len ? a->text.len : b->text.len;
    int diff = n ? memcmp(a->text.ptr, b->text.ptr, n) : 0;
    return diff ? diff : (a->text.len > b->text.len) - (a->text.len < b->text.len);
}

static int compare_rows(const void *pa, const void *pb, void *arg) {
    const struct order *o = arg;
    const struct mem_row *a = *(const struct mem_row *const *)pa, *b = *(const struct mem_row *const *)pb;
    for (const int *col = o->by; *col >= 0; col++) {
        int diff = compare_cells(&a->cells[*col], &b->cells[*col], o->t->cols[*col].kind);
        if (diff) return diff;
    }
    return (a > b) - (a < b);
}

/* Sorted through pointers, which also tell which of two equal rows came first. Out of memory leaves the order as it is. */
void memtable_sort(struct memtable *t, const int *by) {
    struct order o = { t, by };
    struct mem_row **index = mem_array(t->n_rows + 1, sizeof *index);
    struct mem_row *sorted = index ? mem_array(t->n_rows + 1, sizeof *sorted) : NULL;
    if (sorted) {
        for (size_t i = 0; i < t->n_rows; i++) index[i] = &t->rows[i];
        qsort_r(index, t->n_rows, sizeof *index, compare_rows, &o);
        for (size_t i = 0; i < t->n_rows; i++) sorted[i] = *index[i];
        mem_free(t->rows);
        t->rows = sorted;
        t->cap_rows = t->n_rows + 1;
    }
    mem_free(index);
}

/* ---- rows into column views --------------------------------------------------------------------------------------- */

static void release(struct batch *b) {
    struct arena *a = b->owner;
    arena_fini(a);
    mem_free(a);
    mem_free(b);
}

static bool text_view(struct memtable *t, int col, struct arena *a, struct col_view *v) {
    size_t bytes = 0;
    for (size_t i = 0; i < t->n_rows; i++) bytes += t->rows[i].cells[col].text.len;
    int32_t *offsets = arena_array(a, t->n_rows + 1, sizeof *offsets);
    char *data = bytes <= MAX_TEXT_BYTES ? arena_alloc(a, bytes + 1) : NULL;
    if (!offsets || !data) return false;
    for (size_t i = 0, at = 0; i < t->n_rows; i++) {
        struct sv text = t->rows[i].cells[col].text;
        if (text.len) memcpy(data + at, text.ptr, text.len);
        offsets[i + 1] = (int32_t)(at += text.len);
    }
    v->phys = COL_UTF8;
    v->data = data;
    v->offsets = offsets;
    return true;
}

static bool number_view(struct memtable *t, int col, struct arena *a, struct col_view *v) {
    bool is_short = t->cols[col].kind == MEM_SMALLINT;
    void *data = arena_array(a, t->n_rows + 1, is_short ? sizeof(int16_t) : sizeof(int32_t));
    if (!data) return false;
    for (size_t i = 0; i < t->n_rows; i++) {
        if (is_short) ((int16_t *)data)[i] = (int16_t)t->rows[i].cells[col].number;
        else ((int32_t *)data)[i] = (int32_t)t->rows[i].cells[col].number;
    }
    v->phys = is_short ? COL_I16 : COL_I32;
    v->data = data;
    return true;
}

static bool make_view(struct memtable *t, int col, struct arena *a, struct col_view *v) {
    uint8_t *validity = arena_alloc(a, t->n_rows / 8 + 1);
    if (!validity) return false;
    for (size_t i = 0; i < t->n_rows; i++)
        if (t->rows[i].cells[col].is_set) validity[i >> 3] |= (uint8_t)(1 << (i & 7));
    v->validity = validity;
    return t->cols[col].kind == MEM_TEXT ? text_view(t, col, a, v) : number_view(t, col, a, v);
}

static struct batch *make_batch(struct memtable *t) {
    struct arena *a = mem_zalloc(sizeof *a);
    struct batch *b = mem_zalloc(sizeof *b);
    bool fine = a && b && (b->cols = arena_array(a, (size_t)t->n_cols, sizeof *b->cols));
    for (int i = 0; fine && i < t->n_cols; i++) fine = make_view(t, i, a, &b->cols[i]);
    if (fine) {
        b->n_rows = (int64_t)t->n_rows;
        b->n_cols = t->n_cols;
        b->owner = a;
        b->release = release;
        return b;
    }
    if (a) arena_fini(a);
    mem_free(a);
    mem_free(b);
    return NULL;
}

static struct column *make_columns(const struct memtable *t, struct arena *a) {
    static const enum dbx_type TYPE[] = { [MEM_TEXT] = DBX_VARCHAR, [MEM_SMALLINT] = DBX_SMALLINT,
        [MEM_INTEGER] = DBX_INT };
    struct column *cols = arena_array(a, (size_t)t->n_cols, sizeof *cols);
    for (int i = 0; cols && i < t->n_cols; i++) {
        char type_text[32];
        snprintf(type_text, sizeof type_text, "VARCHAR(%d)", t->cols[i].length);
        char *own = arena_dup(a, sv_of(t->cols[i].kind == MEM_TEXT ? type_text : ""));
        if (!own) return NULL;
        cols[i] = (struct column){
            .sea = { .name = t->cols[i].name, .type = TYPE[t->cols[i].kind], .type_text = own, .interval = "" },
            .nullable = t->cols[i].not_null ? NULLABLE_NO : NULLABLE_YES, .zone = "" };
    }
    return cols;
}

SQLRETURN memtable_open(struct memtable *t, struct stmt *s) {
    struct err e = ERR_INIT;
    struct arena a = ARENA_INIT;
    struct cursor *c = NULL;
    int64_t limit = s->attrs.max_rows < INT64_MAX ? (int64_t)s->attrs.max_rows : 0;
    struct batch *rows = make_batch(t);
    struct column *cols = rows ? make_columns(t, &a) : NULL;
    int n_cols = t->n_cols;
    memtable_fini(t);
    if (!cols) {
        batch_free(&rows);
        arena_fini(&a);
        return diag_nomem(&s->h);
    }
    if (cursor_of_rows(&c, &a, n_cols, cols, &rows, limit, &e)) {
        arena_fini(&a);
        return diag_err(&s->h, &e);
    }
    return exec_open_cursor(s, c);
}
