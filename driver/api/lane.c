#include "lane.h"

#include "bind.h"
#include "core/mem.h"

void lane_turn(struct cursor *c, struct lane *l, enum col_phys phys) {
    l->phys = phys;
    l->kernel = conv_find(phys, &c->cols[l->col], l->job.c_type);
}

void lanes_make(struct stmt *s) {
    struct cursor *c = s->cursor;
    struct lanes *l = &c->lanes;
    const struct desc *ard = s->ard;
    struct bind_frame frame = bind_frame_of(s);
    int last = ard->count < ard->cap ? ard->count : ard->cap - 1;
    if (last > c->n_cols) last = c->n_cols;
    frame.offset = 0;
    l->n = 0;
    for (int i = 1; i <= last; i++) {
        if (!bind_is_bound(&ard->recs[i])) continue;
        struct lane *lane = &l->of_bound[l->n++];
        lane->col = i - 1;
        bind_job(s, &frame, i - 1, &ard->recs[i], 0, &lane->job);
        lane_turn(c, lane, c->runs[0].batch->cols[i - 1].phys);
    }
    l->ard = ard;
    l->ard_changes = atomic_load_explicit(&ard->h.changes, memory_order_relaxed);
    l->stmt_changes = atomic_load_explicit(&s->h.changes, memory_order_relaxed);
    l->is_made = true;
}

void lane_shift(struct conv_job *job, ptrdiff_t offset, int64_t row) {
    ptrdiff_t lengths = offset + job->length_stride * row;
    if (job->data) job->data += offset + job->data_stride * row;
    if (job->octet_length) job->octet_length += lengths;
    if (job->indicator) job->indicator += lengths;
}

/* ---- SQLGetData -------------------------------------------------------------------------------------------------- */

void lane_keep(struct cursor *c, int col, SQLSMALLINT asked, enum col_phys phys, const struct conv_job *job) {
    struct lane *l = &c->lanes.of_gets[col];
    l->col = col;
    l->job = *job;
    l->asked = asked;
    l->growth = conv_growth(phys, job->c_type);
    lane_turn(c, l, phys);
}
