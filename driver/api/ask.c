#include "ask.h"

#include "driver/handle/dbc.h"
#include "driver/handle/stmt.h"

enum rc ask_open(struct ask *a, struct stmt *s, struct sv sql, struct err *e) {
    *a = (struct ask){ .stmt = s, .deadline = stmt_deadline(s), .row = -1 };
    struct exec_in in = { .sql = sql, .deadline = a->deadline, .is_metadata = true };
    return session_execute(s->dbc->session, &in, s->cancel, &a->result, e);
}

enum rc ask_next(struct ask *a, bool *more, struct err *e) {
    a->row++;
    while (!a->batch || a->row >= a->batch->n_rows) {
        batch_free(&a->batch);
        a->row = 0;
        if (result_next(a->result, a->stmt->cancel, a->deadline, &a->batch, e)) return RC_ERR;
        if (!a->batch) break;
    }
    *more = a->batch != NULL;
    return RC_OK;
}

void ask_close(struct ask *a) {
    batch_free(&a->batch);
    result_free(&a->result);
}

static int find_one(const struct ask *a, struct sv name) {
    const struct column *cols = result_columns(a->result);
    for (int i = 0; i < result_n_columns(a->result); i++)
        if (sv_ieq(sv_of(cols[i].sea.name), name)) return i;
    return -1;
}

static int find_first(const struct ask *a, const char *names) {
    struct sv rest = sv_of(names), one = SV_NULL;
    while (rest.len > 0) {
        if (!sv_cut(rest, '|', &one, &rest)) {
            one = rest;
            rest = SV_NULL;
        }
        int found = find_one(a, one);
        if (found >= 0) return found;
    }
    return -1;
}

int ask_column(struct ask *a, const char *names) {
    enum { ROOM = sizeof a->known / sizeof *a->known };
    for (int i = 0; i < a->n_known; i++)
        if (a->known[i].names == names) return a->known[i].col;
    int col = find_first(a, names);
    if (a->n_known < ROOM) {
        a->known[a->n_known].names = names;
        a->known[a->n_known++].col = col;
    }
    return col;
}

static const struct col_view *cell(const struct ask *a, int col) {
    if (col < 0 || col >= a->batch->n_cols) return NULL;
    const struct col_view *v = &a->batch->cols[col];
    return col_is_null(v, a->row) ? NULL : v;
}

struct sv ask_text(const struct ask *a, int col) {
    const struct col_view *v = cell(a, col);
    if (!v || (v->phys != COL_UTF8 && v->phys != COL_BINARY)) return SV_NULL;
    int64_t i = v->offset + a->row;
    const char *from = v->data ? (const char *)v->data + v->offsets[i] : "";
    return sv_make(from, (size_t)(v->offsets[i + 1] - v->offsets[i]));
}

int64_t ask_number(const struct ask *a, int col, int64_t otherwise) {
    const struct col_view *v = cell(a, col);
    if (!v) return otherwise;
    int64_t i = v->offset + a->row;
    long long n = otherwise;
    switch (v->phys) {
    case COL_BOOL: return ((const uint8_t *)v->data)[i >> 3] >> (i & 7) & 1;
    case COL_I8: return ((const int8_t *)v->data)[i];
    case COL_I16: return ((const int16_t *)v->data)[i];
    case COL_I32: return ((const int32_t *)v->data)[i];
    case COL_I64: return ((const int64_t *)v->data)[i];
    case COL_UTF8: return sv_to_i64(ask_text(a, col), &n) ? n : otherwise;
    default: return otherwise;
    }
}
