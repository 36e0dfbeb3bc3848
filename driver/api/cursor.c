#include "cursor.h"

#include "core/mem.h"
#include "core/tz.h"

static enum rc finish(struct cursor *c, struct err *e) {
    c->zones = mem_array((size_t)c->n_cols + 1, sizeof *c->zones);
    c->kernels = mem_array((size_t)c->n_cols + 1, sizeof *c->kernels);
    return c->zones && c->kernels ? RC_OK : err_nomem(e);
}

enum rc cursor_of_result(struct cursor **out, struct result **r, int64_t max_rows, struct err *e) {
    struct cursor *c = *out = mem_zalloc(sizeof *c);
    if (!c) {
        result_free(r);
        return err_nomem(e);
    }
    c->result = *r;
    *r = NULL;
    c->max_rows = max_rows;
    c->n_cols = result_n_columns(c->result);
    c->cols = result_columns(c->result);
    c->total_rows = result_total_rows(c->result);
    if (max_rows > 0 && c->total_rows > max_rows) c->total_rows = max_rows;
    enum rc rc = finish(c, e);
    if (rc != RC_OK) cursor_free(out);
    return rc;
}

enum rc cursor_of_rows(struct cursor **out, struct arena *a, int n_cols, const struct column *cols, struct batch **rows,
                       int64_t max_rows, struct err *e) {
    struct cursor *c = *out = mem_zalloc(sizeof *c);
    if (!c) {
        batch_free(rows);
        return err_nomem(e);
    }
    c->arena = *a;
    *a = (struct arena)ARENA_INIT;
    c->memory = *rows;
    *rows = NULL;
    c->max_rows = max_rows;
    c->n_cols = n_cols;
    c->cols = cols;
    c->total_rows = c->memory ? c->memory->n_rows : 0;
    if (max_rows > 0 && c->total_rows > max_rows) c->total_rows = max_rows;
    enum rc rc = finish(c, e);
    if (rc != RC_OK) cursor_free(out);
    return rc;
}

static void drop_rowset(struct cursor *c) {
    for (int i = 0; i < c->n_runs; i++)
        if (c->runs[i].batch != c->batch) batch_free(&c->runs[i].batch);
    c->n_runs = 0;
    c->rowset_rows = 0;
    c->position = 0;
    c->part_col = 0;
    part_reset(&c->part);
}

void cursor_free(struct cursor **out) {
    struct cursor *c = *out;
    if (!c) return;
    drop_rowset(c);
    batch_free(&c->batch);
    batch_free(&c->memory);
    part_fini(&c->part);
    result_free(&c->result);
    arena_fini(&c->arena);
    mem_free(c->zones);
    mem_free(c->kernels);
    mem_free(c->runs);
    mem_free(c->issues);
    mem_free(c->row_states);
    mem_free(c);
    *out = NULL;
}

static enum rc add_run(struct cursor *c, int64_t n, struct err *e) {
    if (c->n_runs == c->cap_runs) {
        int cap = c->cap_runs ? c->cap_runs * 2 : 4;
        struct run *grown = mem_realloc(c->runs, (size_t)cap * sizeof *grown);
        if (!grown) return err_nomem(e);
        c->runs = grown;
        c->cap_runs = cap;
    }
    c->runs[c->n_runs++] = (struct run){ c->batch, c->next_row, n };
    c->next_row += n;
    c->rowset_rows += n;
    c->taken += n;
    return RC_OK;
}

/* TIMESTAMP is an instant: it is shown in the session's zone, which the data names. */
static enum rc find_zones(struct cursor *c, struct err *e) {
    for (int i = 0; i < c->n_cols && !c->has_zones; i++) {
        const struct column *col = &c->cols[i];
        if (col->sea.type == DBX_TIMESTAMP && col->zone && tz_get(&c->zones[i], sv_of(col->zone), e))
            return err_wrap(e, "column %d \"%s\"", i + 1, col->sea.name);
    }
    c->has_zones = true;
    return RC_OK;
}

/* Makes sure that c->batch has a row left; NULL afterwards = no more rows. A used-up batch belongs to its run. */
static enum rc next_batch(struct cursor *c, struct cancel *cancel, int64_t deadline, struct err *e) {
    while (!c->batch || c->next_row >= c->batch->n_rows) {
        bool is_kept = c->n_runs > 0 && c->runs[c->n_runs - 1].batch == c->batch;
        if (!is_kept) batch_free(&c->batch);
        c->batch = NULL;
        c->next_row = 0;
        if (c->result) {
            if (result_next(c->result, cancel, deadline, &c->batch, e)) return RC_ERR;
        } else {
            c->batch = c->memory;
            c->memory = NULL;
        }
        if (!c->batch) return RC_OK;
    }
    return RC_OK;
}

static enum rc collect(struct cursor *c, int64_t n, struct cancel *cancel, int64_t deadline, struct err *e) {
    if (c->max_rows > 0 && n > c->max_rows - c->taken) n = c->max_rows - c->taken;
    while (c->rowset_rows < n) {
        if (next_batch(c, cancel, deadline, e)) return RC_ERR;
        if (!c->batch) return RC_OK;
        if (!c->has_zones && find_zones(c, e)) return RC_ERR;
        int64_t left = c->batch->n_rows - c->next_row, want = n - c->rowset_rows;
        if (add_run(c, left < want ? left : want, e)) return RC_ERR;
    }
    return RC_OK;
}

enum rc cursor_advance(struct cursor *c, int64_t n, struct cancel *cancel, int64_t deadline, struct err *e) {
    drop_rowset(c);
    if (!c->is_broken && collect(c, n, cancel, deadline, e) == RC_OK) return RC_OK;
    if (!c->is_broken) c->broken = *e;
    c->is_broken = true;
    *e = c->broken;
    drop_rowset(c);
    return RC_ERR;
}

const struct run *cursor_row(const struct cursor *c, int64_t row_in_rowset, int64_t *row_r) {
    for (int i = 0; i < c->n_runs; i++) {
        if (row_in_rowset < c->runs[i].n) {
            *row_r = c->runs[i].row + row_in_rowset;
            return &c->runs[i];
        }
        row_in_rowset -= c->runs[i].n;
    }
    return NULL;
}

enum rc cursor_scratch(struct cursor *c, size_t rows, struct err *e) {
    if (rows <= c->cap_rows) return RC_OK;
    mem_free(c->issues);
    mem_free(c->row_states);
    c->issues = mem_alloc(rows);
    c->row_states = mem_alloc(rows);
    c->cap_rows = c->issues && c->row_states ? rows : 0;
    return c->cap_rows ? RC_OK : err_nomem(e);
}

conv_kernel *cursor_kernel(struct cursor *c, int col, enum col_phys phys, SQLSMALLINT c_type) {
    struct cursor_kernel *k = &c->kernels[col];
    if (!k->known || k->phys != phys || k->c_type != c_type)
        *k = (struct cursor_kernel){ true, phys, c_type, conv_find(phys, &c->cols[col], c_type) };
    return k->run;
}
