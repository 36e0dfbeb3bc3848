#include "cursor.h"

#include "core/mem.h"
#include "core/tz.h"

static enum rc finish(struct cursor *c, struct err *e) {
    c->part_col = PART_NONE;
    c->zones = mem_array((size_t)c->n_cols + 1, sizeof *c->zones);
    c->lanes.of_bound = mem_array((size_t)c->n_cols + 1, sizeof *c->lanes.of_bound);
    c->lanes.of_gets = mem_array((size_t)c->n_cols + 1, sizeof *c->lanes.of_gets);
    return c->zones && c->lanes.of_bound && c->lanes.of_gets ? RC_OK : err_nomem(e);
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

void cursor_put_on(struct cursor *c, int64_t row_in_rowset) {
    const struct run *run = cursor_row(c, row_in_rowset, &c->here_row);
    c->position = row_in_rowset;
    c->here = run ? run->batch->cols : NULL;
    c->part_col = PART_NONE;
}

static void drop_rowset(struct cursor *c) {
    for (int i = 0; i < c->n_runs && !c->store; i++)
        if (c->runs[i].batch != c->batch) batch_free(&c->runs[i].batch);
    if (c->store) rowstore_trim(c->store);
    c->n_runs = 0;
    c->rowset_rows = 0;
    cursor_put_on(c, 0);
}

void cursor_free(struct cursor **out) {
    struct cursor *c = *out;
    if (!c) return;
    drop_rowset(c);
    batch_free(&c->batch);
    batch_free(&c->memory);
    rowstore_free(&c->store);
    part_fini(&c->part);
    result_free(&c->result);
    arena_fini(&c->arena);
    mem_free(c->zones);
    mem_free(c->lanes.of_bound);
    mem_free(c->lanes.of_gets);
    mem_free(c->runs);
    mem_free(c->issues);
    mem_free(c->row_states);
    mem_free(c);
    *out = NULL;
}

static enum rc add_run(struct cursor *c, struct batch *b, int64_t row, int64_t n, struct err *e) {
    if (c->n_runs == c->cap_runs) {
        int cap = c->cap_runs ? c->cap_runs * 2 : 4;
        struct run *grown = mem_realloc(c->runs, (size_t)cap * sizeof *grown);
        if (!grown) return err_nomem(e);
        c->runs = grown;
        c->cap_runs = cap;
    }
    c->runs[c->n_runs++] = (struct run){ b, row, n };
    c->rowset_rows += n;
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

static enum rc from_source(struct cursor *c, struct cancel *cancel, int64_t deadline, struct batch **b, struct err *e) {
    if (c->result) return result_next(c->result, cancel, deadline, b, e);
    *b = c->memory;
    c->memory = NULL;
    return RC_OK;
}

/* ---- forward-only ------------------------------------------------------------------------------------------------ */

/* Makes sure that c->batch has a row left; NULL afterwards = no more rows. A used-up batch belongs to its run. */
static enum rc next_batch(struct cursor *c, struct cancel *cancel, int64_t deadline, struct err *e) {
    while (!c->batch || c->next_row >= c->batch->n_rows) {
        bool is_kept = c->n_runs > 0 && c->runs[c->n_runs - 1].batch == c->batch;
        if (!is_kept) batch_free(&c->batch);
        c->batch = NULL;
        c->next_row = 0;
        if (from_source(c, cancel, deadline, &c->batch, e)) return RC_ERR;
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
        int64_t take = left < want ? left : want;
        if (add_run(c, c->batch, c->next_row, take, e)) return RC_ERR;
        c->next_row += take;
        c->taken += take;
    }
    return RC_OK;
}

enum rc cursor_advance(struct cursor *c, int64_t n, struct cancel *cancel, int64_t deadline, struct err *e) {
    drop_rowset(c);
    if (!c->is_broken && collect(c, n, cancel, deadline, e) == RC_OK) {
        cursor_put_on(c, 0);
        return RC_OK;
    }
    if (!c->is_broken) c->broken = *e;
    c->is_broken = true;
    *e = c->broken;
    drop_rowset(c);
    return RC_ERR;
}

/* ---- static ------------------------------------------------------------------------------------------------------ */

enum rc cursor_make_static(struct cursor *c, const struct rowstore_in *in, struct err *e) {
    return rowstore_new(&c->store, in, e);
}

int64_t cursor_stored(const struct cursor *c) {
    int64_t n = rowstore_rows(c->store);
    return c->max_rows > 0 && n > c->max_rows ? c->max_rows : n;
}

static enum rc read_batch(struct cursor *c, struct cancel *cancel, int64_t deadline, struct err *e) {
    struct batch *b = NULL;
    if (from_source(c, cancel, deadline, &b, e)) return RC_ERR;
    c->is_read = !b;
    if (!b) return RC_OK;
    enum rc rc = c->has_zones ? RC_OK : find_zones(c, e);
    if (rc == RC_OK) rc = rowstore_add(c->store, &b, e);
    batch_free(&b);
    return rc;
}

static bool can_be_repeated(const struct err *e) { return e->code == ERR_CANCELLED || e->code == ERR_QUERY_TIMEOUT; }

/* Reads until so many rows are stored or there are no more. What was read stays good when a later batch cannot be
 * had. */
static enum rc read_up_to(struct cursor *c, int64_t n, struct cancel *cancel, int64_t deadline, struct err *e) {
    if (c->max_rows > 0 && n > c->max_rows) n = c->max_rows;
    while (!c->is_read && rowstore_rows(c->store) < n) {
        if (!c->is_broken && read_batch(c, cancel, deadline, e) == RC_OK) continue;
        if (!c->is_broken && can_be_repeated(e)) return RC_ERR;
        if (!c->is_broken) c->broken = *e;
        c->is_broken = true;
        *e = c->broken;
        return RC_ERR;
    }
    return RC_OK;
}

enum rc cursor_last(struct cursor *c, struct cancel *cancel, int64_t deadline, int64_t *last_r, struct err *e) {
    if (read_up_to(c, INT64_MAX, cancel, deadline, e)) return RC_ERR;
    *last_r = cursor_stored(c);
    return RC_OK;
}

int64_t cursor_known_last(const struct cursor *c) {
    bool is_full = c->max_rows > 0 && rowstore_rows(c->store) >= c->max_rows;
    return c->is_read || is_full ? cursor_stored(c) : INT64_MAX;
}

static enum rc collect_stored(struct cursor *c, int64_t from, int64_t n, struct err *e) {
    while (n > 0) {
        struct batch *b = NULL;
        int64_t row = 0;
        if (rowstore_find(c->store, from, &b, &row, e)) return RC_ERR;
        int64_t take = b->n_rows - row < n ? b->n_rows - row : n;
        if (add_run(c, b, row, take, e)) return RC_ERR;
        from += take;
        n -= take;
    }
    return RC_OK;
}

enum rc cursor_go(struct cursor *c, const struct scroll *to, struct cancel *cancel, int64_t deadline, struct err *e) {
    drop_rowset(c);
    if (to->place != SCROLL_ROWS) {
        c->at = *to;
        return RC_OK;
    }
    int64_t behind = to->size < INT64_MAX - to->start ? to->start + to->size : INT64_MAX;
    if (read_up_to(c, behind - 1, cancel, deadline, e)) return RC_ERR;
    int64_t last = cursor_stored(c);
    if (to->start > last) {
        c->at = (struct scroll){ SCROLL_AFTER, 0, to->size };
        return RC_OK;
    }
    if (collect_stored(c, to->start - 1, (behind - 1 < last ? behind - 1 : last) - to->start + 1, e)) {
        drop_rowset(c);
        return RC_ERR;
    }
    c->at = *to;
    cursor_put_on(c, 0);
    return RC_OK;
}

/* ---- the rowset -------------------------------------------------------------------------------------------------- */

int64_t cursor_number(const struct cursor *c, int64_t row_in_rowset) {
    int64_t first = c->store ? c->at.start : c->taken - c->rowset_rows + 1;
    return first + row_in_rowset;
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
