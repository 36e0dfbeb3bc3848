#include "pace.h"

enum { FIRST = 1, NEAR = 2, FAR = 8, FAR_MS = 10, RAISE = 2, RAISE_MS = 20, MOST_SPREAD_MS = 100 };
enum { LEAST_STRAGGLE_MS = 2000, TIMES_USUAL = 5 };

static int least(int a, int b) { return a < b ? a : b; }

void pace_init(struct pace *p, int max) {
    *p = (struct pace){.max = max, .target = least(FIRST, max), .quickest_first_byte_ms = -1, .usual_ms = -1};
}

void pace_first_byte(struct pace *p, int64_t took_ms) {
    if (p->quickest_first_byte_ms < 0 || took_ms < p->quickest_first_byte_ms) p->quickest_first_byte_ms = took_ms;
    if (p->quickest_first_byte_ms >= FAR_MS && p->target < FAR) p->target = least(FAR, p->max);
}

void pace_first_rows(struct pace *p) {
    if (p->target < NEAR) p->target = least(NEAR, p->max);
}

void pace_begin(struct pace *p, int64_t now_ms) { p->began_ms = now_ms; }

int64_t pace_next_at(const struct pace *p) {
    int64_t spread = p->usual_ms < 0 ? 0 : p->usual_ms / (pace_threads(p) * 2);
    return p->began_ms + (spread < MOST_SPREAD_MS ? spread : MOST_SPREAD_MS);
}

void pace_done(struct pace *p, int64_t took_ms) {
    p->usual_ms = p->usual_ms < 0 ? took_ms : (p->usual_ms * 7 + took_ms) / 8;
}

void pace_starved(struct pace *p, int64_t now_ms) {
    if (now_ms - p->raised_ms < RAISE_MS) return;
    p->raised_ms = now_ms;
    p->target = least(p->target + RAISE, p->max);
}

bool pace_is_near(const struct pace *p) { return p->quickest_first_byte_ms < FAR_MS; }

static int limit_with_waiting(int flowing) { return flowing + flowing / 2; }

int pace_threads(const struct pace *p) { return limit_with_waiting(p->target); }

bool pace_allows(const struct pace *p, int under_way, int waiting) {
    return under_way < limit_with_waiting(p->target) && under_way - waiting < p->target;
}

bool pace_is_straggler(const struct pace *p, int64_t age_ms, int64_t silent_ms) {
    bool is_late = p->usual_ms >= 0 && age_ms > LEAST_STRAGGLE_MS && age_ms > p->usual_ms * TIMES_USUAL;
    return is_late && silent_ms * 4 > age_ms;
}
