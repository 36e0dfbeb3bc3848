#include "shelf.h"

#include <string.h>

static void drop(struct shelf *s, int i) {
    size_t bytes = entry_cost(s->entries[i]);
    s->bytes -= bytes;
    if (s->ledger) s->ledger->captured -= bytes;
    entry_unref(&s->entries[i]);
}

/* Twice, if the store has it too: that errs on the safe side. */
static bool has_room(const struct shelf *s, size_t bytes, size_t max_bytes) {
    return s->bytes + bytes <= max_bytes && (!s->ledger || ledger_used(s->ledger) + bytes <= s->ledger->limit);
}

/* Those whose time is up go; the answer is a free slot, or -1. */
static int sweep(struct shelf *s, int64_t now_ms) {
    int empty = -1;
    for (int i = 0; i < SHELF_SLOTS; i++) {
        if (s->entries[i] && s->entries[i]->keep_until_ms <= now_ms) drop(s, i);
        if (!s->entries[i]) empty = i;
    }
    return empty;
}

static int find(const struct shelf *s, const uint8_t *key, const uint8_t *gen) {
    for (int i = 0; i < SHELF_SLOTS; i++) {
        const struct entry *e = s->entries[i];
        if (e && memcmp(e->gen, gen, HANDLE_GEN_BYTES) == 0 && memcmp(e->key, key, DIGEST_BYTES) == 0) return i;
    }
    return -1;
}

/* The one that has been waiting for the longest. */
static int oldest(const struct shelf *s) {
    int best = 0;
    for (int i = 1; i < SHELF_SLOTS; i++)
        if (s->entries[i]->keep_until_ms < s->entries[best]->keep_until_ms) best = i;
    return best;
}

void shelf_put(struct shelf *s, struct entry *e, int64_t now_ms, size_t max_bytes) {
    size_t bytes = entry_cost(e);
    int slot = sweep(s, now_ms);
    e->keep_until_ms = now_ms + SHELF_LIFE_MS;
    if (find(s, e->key, e->gen) >= 0 || !has_room(s, bytes, max_bytes)) return;
    if (slot < 0) drop(s, slot = oldest(s));
    s->entries[slot] = entry_ref(e);
    s->bytes += bytes;
    if (s->ledger) s->ledger->captured += bytes;
}

bool shelf_has(const struct shelf *s, const struct entry *e) { return find(s, e->key, e->gen) >= 0; }

struct entry *shelf_find(struct shelf *s, const uint8_t key[DIGEST_BYTES], const uint8_t gen[HANDLE_GEN_BYTES],
                         int64_t now_ms) {
    sweep(s, now_ms);
    int i = find(s, key, gen);
    return i < 0 ? NULL : entry_ref(s->entries[i]);
}

void shelf_clear(struct shelf *s) {
    for (int i = 0; i < SHELF_SLOTS; i++)
        if (s->entries[i]) drop(s, i);
}
