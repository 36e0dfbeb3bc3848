#include "history.h"

static uint32_t *field(struct history_step *s, enum request_outcome o) {
    switch (o) {
    case REQUEST_HIT: return &s->hits;
    case REQUEST_JOINED: return &s->joined;
    case REQUEST_STALE: return &s->stale;
    case REQUEST_MISS: return &s->misses;
    case REQUEST_BYPASS: return &s->bypasses;
    case REQUEST_REFUSED: return &s->refused;
    case REQUEST_ERROR: return &s->errors;
    default: return &s->other;
    }
}

static void advance(struct history *h, int64_t step) {
    if (step - h->step > HISTORY_STEPS) h->step = step - HISTORY_STEPS;
    while (h->step < step) h->ring[++h->step % HISTORY_STEPS] = (struct history_step){0};
}

void history_note(struct history *h, const uint64_t totals[REQUEST_OUTCOME_COUNT], int64_t now_ms) {
    advance(h, now_ms / HISTORY_STEP_MS);
    struct history_step *now = &h->ring[h->step % HISTORY_STEPS];
    for (int o = 0; o < REQUEST_OUTCOME_COUNT; o++) {
        if (totals[o] > h->seen[o]) *field(now, o) += (uint32_t)(totals[o] - h->seen[o]);
        h->seen[o] = totals[o];
    }
}

struct history_step history_get(const struct history *h, int i) {
    int64_t step = h->step - i;
    return i < HISTORY_STEPS && step >= 0 ? h->ring[step % HISTORY_STEPS] : (struct history_step){0};
}
