#include "breaker.h"

static void enter(struct breaker *b, enum breaker_state s) {
    b->state = s;
    b->in_a_row = 0;
    b->probing = false;
    b->epoch++;
}

/* Spread by a fifth both ways, so that instances do not probe in step. */
static void open_up(struct breaker *b, const struct config_breaker *cfg, int64_t now_ms, uint32_t chance) {
    int64_t ms = cfg->open_ms;
    for (int i = 0; i < b->opened && ms < cfg->open_max_ms; i++) ms *= 2;
    if (ms > cfg->open_max_ms) ms = cfg->open_max_ms;
    enter(b, BREAKER_OPEN);
    b->opened++;
    b->until_ms = now_ms + ms * 4 / 5 + ms * 2 / 5 * (int64_t)(chance % 1024) / 1024;
}

static void close_again(struct breaker *b) {
    enter(b, BREAKER_CLOSED);
    b->opened = 0;
    b->window = (struct window){.turn = {0}};
}

static void judge_window(struct breaker *b, const struct config_breaker *cfg, int64_t now_ms, uint32_t chance) {
    uint32_t calls, failures;
    window_sum(&b->window, cfg->window_ms, now_ms, &calls, &failures);
    bool most = (uint64_t)failures * 100 >= (uint64_t)calls * (uint64_t)cfg->failures;
    if ((most && calls >= (uint32_t)cfg->min_calls) || b->in_a_row >= cfg->consecutive) open_up(b, cfg, now_ms, chance);
}

enum breaker_state breaker_now(const struct breaker *b, int64_t now_ms) {
    return b->state == BREAKER_OPEN && now_ms >= b->until_ms ? BREAKER_HALF_OPEN : b->state;
}

bool breaker_would(const struct breaker *b, const struct config_breaker *cfg, int64_t now_ms) {
    if (!cfg->enabled) return true;
    enum breaker_state s = breaker_now(b, now_ms);
    return s == BREAKER_CLOSED || (s == BREAKER_HALF_OPEN && !b->probing);
}

bool breaker_ask(struct breaker *b, const struct config_breaker *cfg, int64_t now_ms, uint32_t *permit_r) {
    *permit_r = b->epoch;
    if (!breaker_would(b, cfg, now_ms)) return false;
    if (cfg->enabled && b->state == BREAKER_OPEN) enter(b, BREAKER_HALF_OPEN);
    if (b->state == BREAKER_HALF_OPEN) b->probing = true;
    *permit_r = b->epoch;
    return true;
}

static void tell_probe(struct breaker *b, const struct config_breaker *cfg, enum breaker_outcome o, int64_t now_ms,
                       uint32_t chance) {
    b->probing = false;
    if (o == BREAKER_FAILURE || o == BREAKER_TRANSPORT) open_up(b, cfg, now_ms, chance);
    else if (o == BREAKER_SUCCESS && ++b->in_a_row >= cfg->close_after) close_again(b);
}

void breaker_tell(struct breaker *b, const struct config_breaker *cfg, uint32_t permit, enum breaker_outcome o,
                  int64_t now_ms, uint32_t chance) {
    if (!cfg->enabled || permit != b->epoch || b->state == BREAKER_OPEN) return; /* OPEN: went by panic */
    if (b->state == BREAKER_HALF_OPEN) {
        tell_probe(b, cfg, o, now_ms, chance);
        return;
    }
    if (o == BREAKER_NEUTRAL) return;
    window_add(&b->window, cfg->window_ms, now_ms, 1, o != BREAKER_SUCCESS);
    b->in_a_row = o == BREAKER_TRANSPORT ? b->in_a_row + 1 : 0;
    judge_window(b, cfg, now_ms, chance);
}

void breaker_amend(struct breaker *b, const struct config_breaker *cfg, int64_t now_ms, uint32_t chance) {
    if (!cfg->enabled || b->state == BREAKER_OPEN) return;
    if (b->state == BREAKER_HALF_OPEN) {
        open_up(b, cfg, now_ms, chance);
        return;
    }
    window_add(&b->window, cfg->window_ms, now_ms, 0, 1);
    judge_window(b, cfg, now_ms, chance);
}
