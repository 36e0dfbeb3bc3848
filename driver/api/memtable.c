#define _GNU_SOURCE     /* qsort_r */
#include "memtable.h"

#include <stdatomic.h>
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
    if (t->max_bytes && t->n_rows * sizeof *t->rows + t->arena.used > t->max_bytes)
        return err_set(e, ERR_LIMIT, "more than %zu bytes of rows", t->max_bytes);
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
    struct mem_row *row = &t->rows[t->n_rows - 1];
    if (sv_is_null(text)) return RC_OK;
    if (t->n_rows > 1 && row[-1].cells[col].is_set && sv_eq(row[-1].cells[col].text, text)) {
        row->cells[col] = row[-1].cells[col];
        return RC_OK;
    }
    char *copy = arena_dup(&t->arena, text);
    if (!copy) return err_nomem(e);
    row->cells[col] = (struct mem_cell){ .is_set = true, .text = sv_make(copy, text.len) };
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
    if (a->text.ptr == b->text.ptr && a->text.len == b->text.len) return 0;
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

static bool is_sorted(const struct memtable *t, struct order *o) {
    for (size_t i = 1; i < t->n_rows; i++) {
        const struct mem_row *before = &t->rows[i - 1], *row = &t->rows[i];
        if (compare_rows(&before, &row, o) > 0) return false;
    }
    return true;
}

/* index[i] points to the row that belongs to place i. Rows wander along the cycles of that, one held aside. */
static void put_in_order(struct memtable *t, struct mem_row **index) {
    for (size_t start = 0; start < t->n_rows; start++) {
        size_t at = start, from = (size_t)(index[at] - t->rows);
        if (from == at) continue;
        struct mem_row aside = t->rows[start];
        for (; from != start; at = from, from = (size_t)(index[at] - t->rows)) {
            t->rows[at] = t->rows[from];
            index[at] = &t->rows[at];
        }
        t->rows[at] = aside;
        index[at] = &t->rows[at];
    }
}

/* Sorted through pointers, which also tell which of two equal rows came first. Out of memory leaves the order as it is. */
void memtable_sort(struct memtable *t, const int *by) {
    struct order o = { t, by };
    struct mem_row **index = is_sorted(t, &o) ? NULL : mem_array(t->n_rows + 1, sizeof *index);
    if (!index) return;
    for (size_t i = 0; i < t->n_rows; i++) index[i] = &t->rows[i];
    qsort_r(index, t->n_rows, sizeof *index, compare_rows, &o);
    put_in_order(t, index);
    mem_free(index);
}

/* ---- choosing rows ------------------------------------------------------------------------------------------------ */

void memtable_filter(struct memtable *t, memtable_keep_fn *keep, void *arg) {
    size_t n = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        if (keep(&t->rows[i], arg)) t->rows[n++] = t->rows[i];
    t->n_rows = n;
}

static bool are_alike(const struct memtable *t, const struct mem_row *a, const struct mem_row *b) {
    for (int i = 0; i < t->n_cols; i++)
        if (compare_cells(&a->cells[i], &b->cells[i], t->cols[i].kind)) return false;
    return true;
}

void memtable_unique(struct memtable *t) {
    size_t n = 0;
    for (size_t i = 0; i < t->n_rows; i++)
        if (n == 0 || !are_alike(t, &t->rows[n - 1], &t->rows[i])) t->rows[n++] = t->rows[i];
    t->n_rows = n;
}

/* ---- rows into column views --------------------------------------------------------------------------------------- */

struct memrows {
    atomic_int refs;
    struct arena arena;         /* the views' memory */
    const struct mem_col *cols;
    int n_cols;
    int64_t n_rows;
    struct col_view *views;
};

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

static bool make_views(struct memtable *t, struct memrows *r) {
    r->views = arena_array(&r->arena, (size_t)t->n_cols, sizeof *r->views);
    bool fine = r->views != NULL;
    for (int i = 0; fine && i < t->n_cols; i++) fine = make_view(t, i, &r->arena, &r->views[i]);
    return fine;
}

struct memrows *memtable_pack(struct memtable *t) {
    struct memrows *r = mem_zalloc(sizeof *r);
    if (r) {
        atomic_init(&r->refs, 1);
        r->cols = t->cols;
        r->n_cols = t->n_cols;
        r->n_rows = (int64_t)t->n_rows;
        if (!make_views(t, r)) memrows_unref(&r);
    }
    memtable_fini(t);
    return r;
}

struct memrows *memrows_ref(struct memrows *r) {
    atomic_fetch_add(&r->refs, 1);
    return r;
}

void memrows_unref(struct memrows **r) {
    if (*r && atomic_fetch_sub(&(*r)->refs, 1) == 1) {
        arena_fini(&(*r)->arena);
        mem_free(*r);
    }
    *r = NULL;
}

size_t memrows_bytes(const struct memrows *r) { return sizeof *r + r->arena.used; }

/* ---- column views back into rows --------------------------------------------------------------------------------- */

/* Its text lives as long as the rows. */
static struct mem_cell cell_of(const struct memrows *r, int col, int64_t row) {
    const struct col_view *v = &r->views[col];
    if (!(v->validity[row >> 3] >> (row & 7) & 1)) return (struct mem_cell){ .is_set = false };
    if (v->phys == COL_I16) return (struct mem_cell){ .is_set = true, .number = ((const int16_t *)v->data)[row] };
    if (v->phys == COL_I32) return (struct mem_cell){ .is_set = true, .number = ((const int32_t *)v->data)[row] };
    int32_t from = ((const int32_t *)v->offsets)[row], to = ((const int32_t *)v->offsets)[row + 1];
    return (struct mem_cell){ .is_set = true, .text = sv_make((const char *)v->data + from, (size_t)(to - from)) };
}

struct memrows *memrows_where(const struct memrows *r, int n_cols, int col, memrows_keep_fn *keep, const void *arg) {
    struct err e = ERR_INIT;
    struct memtable t;
    memtable_init(&t, r->cols, n_cols);
    for (int64_t row = 0; row < r->n_rows; row++) {
        struct mem_cell name = cell_of(r, col, row);
        if (!name.is_set || !keep(name.text, arg)) continue;
        if (memtable_row(&t, &e)) {
            memtable_fini(&t);
            return NULL;
        }
        for (int i = 0; i < n_cols; i++) t.rows[t.n_rows - 1].cells[i] = cell_of(r, i, row);
    }
    return memtable_pack(&t);
}

/* ---- column views into a cursor ------------------------------------------------------------------------------------- */

static void release(struct batch *b) {
    struct memrows *r = b->owner;
    memrows_unref(&r);
    mem_free(b->cols);
    mem_free(b);
}

/* The views are copied, so that a batch may do with its own what it likes; what they point to is shared. */
static struct batch *make_batch(struct memrows *r) {
    struct batch *b = mem_zalloc(sizeof *b);
    struct col_view *views = mem_array((size_t)r->n_cols, sizeof *views);
    if (!b || !views) {
        mem_free(b);
        mem_free(views);
        return NULL;
    }
    memcpy(views, r->views, (size_t)r->n_cols * sizeof *views);
    *b = (struct batch){ .n_rows = r->n_rows, .n_cols = r->n_cols, .cols = views, .release = release,
                         .owner = memrows_ref(r) };
    return b;
}

static struct column *make_columns(const struct memrows *t, struct arena *a) {
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

SQLRETURN memrows_open(struct memrows *r, struct stmt *s) {
    struct err e = ERR_INIT;
    struct arena a = ARENA_INIT;
    struct cursor *c = NULL;
    int64_t limit = s->attrs.max_rows < INT64_MAX ? (int64_t)s->attrs.max_rows : 0;
    struct batch *rows = make_batch(r);
    struct column *cols = rows ? make_columns(r, &a) : NULL;
    if (!cols) {
        batch_free(&rows);
        arena_fini(&a);
        return diag_nomem(&s->h);
    }
    if (cursor_of_rows(&c, &a, r->n_cols, cols, &rows, limit, &e)) {
        arena_fini(&a);
        return diag_err(&s->h, &e);
    }
    return exec_open_cursor(s, c);
}

SQLRETURN memtable_open(struct memtable *t, struct stmt *s) {
    struct memrows *r = memtable_pack(t);
    if (!r) return diag_nomem(&s->h);
    SQLRETURN rc = memrows_open(r, s);
    memrows_unref(&r);
    return rc;
}
