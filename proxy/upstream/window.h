/* window: two counts over the last moments, in ten slots that fall out one by one. Pure: the clock is passed in. */
#ifndef PROXY_UPSTREAM_WINDOW_H
#define PROXY_UPSTREAM_WINDOW_H

#include <stdint.h>

enum { WINDOW_SLOTS = 10 };

struct window {             /* all zero = empty */
    int64_t turn[WINDOW_SLOTS];  /* which tenth of time the slot counts */
    uint32_t all[WINDOW_SLOTS], some[WINDOW_SLOTS];
};

void window_add(struct window *w, int64_t width_ms, int64_t now_ms, uint32_t all, uint32_t some);
void window_sum(const struct window *w, int64_t width_ms, int64_t now_ms, uint32_t *all_r, uint32_t *some_r);

#endif
