#include "saved.h"

#include <xxhash.h>

static int find(const struct saved *s, uint64_t hash) {
    for (int i = 0; i < SAVED_WAREHOUSES; i++)
        if (s->warehouse[i].hash == hash) return i;
    return -1;
}

static int quietest(const struct saved *s) {
    int least = 0;
    for (int i = 0; i < SAVED_WAREHOUSES; i++) {
        if (!s->warehouse[i].hash) return i;
        if (s->warehouse[i].wanted_ms < s->warehouse[least].wanted_ms) least = i;
    }
    return least;
}

/* A warehouse never heard of counts as quiet for long enough. */
static int get(struct saved *s, struct sv warehouse, int64_t now_ms) {
    uint64_t hash = XXH3_64bits(warehouse.ptr, warehouse.len) | 1;
    int at = find(s, hash);
    if (at >= 0) return at;
    at = quietest(s);
    s->warehouse[at].hash = hash;
    s->warehouse[at].sent_ms = s->warehouse[at].wanted_ms = now_ms - SAVED_IDLE_MS;
    return at;
}

void saved_note_sent(struct saved *s, struct sv warehouse, int64_t now_ms) {
    int at = get(s, warehouse, now_ms);
    s->warehouse[at].sent_ms = s->warehouse[at].wanted_ms = now_ms;
}

void saved_note_hit(struct saved *s, struct metrics *m, struct sv warehouse, int64_t exec_ms, enum saved_state state,
                    int64_t now_ms) {
    int at = get(s, warehouse, now_ms);
    bool is_stopped = state == SAVED_STOPPED ||
                      (state == SAVED_UNKNOWN && now_ms - s->warehouse[at].sent_ms >= SAVED_IDLE_MS);
    bool would_be_stopped = now_ms - s->warehouse[at].wanted_ms >= SAVED_IDLE_MS;
    if (exec_ms > 0) metrics_add_n(m, M_SAVED_MS, (uint64_t)exec_ms);
    if (is_stopped && would_be_stopped) metrics_add(m, M_STARTS_AVOIDED);
    s->warehouse[at].wanted_ms = now_ms;
}
