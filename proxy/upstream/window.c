#include "window.h"

/* 1 …: so that an empty slot is never of this turn. */
static int64_t turn_of(int64_t width_ms, int64_t now_ms) {
    int64_t slot_ms = width_ms / WINDOW_SLOTS;
    return now_ms / (slot_ms > 0 ? slot_ms : 1) + 1;
}

void window_add(struct window *w, int64_t width_ms, int64_t now_ms, uint32_t all, uint32_t some) {
    int64_t turn = turn_of(width_ms, now_ms);
    int i = (int)(turn % WINDOW_SLOTS);
    if (w->turn[i] != turn) {
        w->turn[i] = turn;
        w->all[i] = w->some[i] = 0;
    }
    w->all[i] += all;
    w->some[i] += some;
}

void window_sum(const struct window *w, int64_t width_ms, int64_t now_ms, uint32_t *all_r, uint32_t *some_r) {
    int64_t turn = turn_of(width_ms, now_ms);
    *all_r = *some_r = 0;
    for (int i = 0; i < WINDOW_SLOTS; i++) {
        if (w->turn[i] <= turn - WINDOW_SLOTS || w->turn[i] > turn) continue;
        *all_r += w->all[i];
        *some_r += w->some[i];
    }
}
