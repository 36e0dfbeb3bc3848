#include "budget.h"

enum { WIDTH_MS = 10 * 1000 };

void budget_request(struct budget *b, int64_t now_ms) { window_add(&b->window, WIDTH_MS, now_ms, 1, 0); }

bool budget_take(struct budget *b, const struct config_retry *cfg, int64_t now_ms) {
    uint32_t requests, repeated;
    int64_t wait_ms;
    if (cfg->budget_floor > 0 && bucket_take(&b->floor, cfg->budget_floor, now_ms, &wait_ms)) return true;
    window_sum(&b->window, WIDTH_MS, now_ms, &requests, &repeated);
    if ((uint64_t)(repeated + 1) * 100 > (uint64_t)requests * (uint64_t)cfg->budget) return false;
    window_add(&b->window, WIDTH_MS, now_ms, 0, 1);
    return true;
}
