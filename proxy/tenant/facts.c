#include "facts.h"

#include <string.h>

#include "core/clock.h"
#include "core/mem.h"

struct fact {
    struct keymap_node node;
    int64_t at_ms;
    uint64_t epoch;
    int value;
    TAILQ_ENTRY(fact) link;
};

bool facts_init(struct facts *f, size_t most) {
    TAILQ_INIT(&f->order);
    f->most = most;
    return keymap_init(&f->map);
}

static void drop(struct facts *f, struct fact *one) {
    TAILQ_REMOVE(&f->order, one, link);
    keymap_remove(&f->map, &one->node);
    mem_free(one);
}

void facts_fini(struct facts *f) {
    while (f->map.slots && !TAILQ_EMPTY(&f->order)) drop(f, TAILQ_FIRST(&f->order));
    keymap_fini(&f->map);
}

void facts_set(struct facts *f, const uint8_t key[DIGEST_BYTES], int value, int64_t at_ms, uint64_t epoch) {
    struct fact *one = (struct fact *)keymap_find(&f->map, key); /* node is the first member */
    if (one) drop(f, one);
    if (f->map.count >= f->most) drop(f, TAILQ_FIRST(&f->order));
    one = mem_zalloc(sizeof *one);
    if (!one) return;
    memcpy(one->node.key, key, DIGEST_BYTES);
    one->value = value;
    one->at_ms = at_ms;
    one->epoch = epoch;
    keymap_add(&f->map, &one->node);
    TAILQ_INSERT_TAIL(&f->order, one, link);
}

int facts_find(const struct facts *f, const uint8_t key[DIGEST_BYTES], int64_t within_ms, uint64_t epoch) {
    const struct fact *one = (const struct fact *)keymap_find(&f->map, key);
    bool holds = one && clock_mono_ms() - one->at_ms < within_ms && one->epoch == epoch;
    return holds ? one->value : FACT_UNKNOWN;
}
