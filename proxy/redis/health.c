#include "health.h"

bool health_failed(struct health *h, int64_t now_ms, int64_t budget_ms) {
    if (h->failures && now_ms - h->failed_ms < budget_ms / 2) return false;
    h->failed_ms = now_ms;
    return ++h->failures >= HEALTH_MAX_FAILURES;
}

bool health_answered(struct health *h, int64_t us, int64_t now_ms, int64_t budget_ms) {
    h->failures = 0;
    if (h->seen == HEALTH_WINDOW) h->seen = h->slow = 0;
    h->seen++;
    if (us <= 3 * budget_ms * 1000 || (h->slow && now_ms - h->slow_ms < budget_ms)) return false;
    h->slow_ms = now_ms;
    return ++h->slow >= HEALTH_MAX_SLOW;
}

void health_reset(struct health *h) { h->failures = h->seen = h->slow = 0; }

void health_well(struct health *h) { h->trips = 0; }

int64_t health_pause_ms(struct health *h, uint32_t random) {
    int64_t ms = h->trips >= 5 ? HEALTH_LAST_MS : (int64_t)HEALTH_FIRST_MS << h->trips;
    if (h->trips < 5) h->trips++;
    return ms * (80 + random % 41) / 100;
}
