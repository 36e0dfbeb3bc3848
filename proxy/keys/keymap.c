#include "keymap.h"

#include <string.h>

#include "core/mem.h"

enum { FIRST_SLOTS = 256 };

bool keymap_init(struct keymap *m) {
    *m = (struct keymap){.slots = mem_array(FIRST_SLOTS, sizeof *m->slots), .n_slots = FIRST_SLOTS};
    return m->slots != NULL;
}

void keymap_fini(struct keymap *m) {
    mem_free(m->slots);
    *m = (struct keymap){0};
}

static struct keymap_node **slot_of(const struct keymap *m, const uint8_t key[DIGEST_BYTES]) {
    uint64_t hash;
    memcpy(&hash, key, sizeof hash);
    return &m->slots[hash & (m->n_slots - 1)];
}

struct keymap_node *keymap_find(const struct keymap *m, const uint8_t key[DIGEST_BYTES]) {
    for (struct keymap_node *n = m->slots ? *slot_of(m, key) : NULL; n; n = n->next)
        if (memcmp(n->key, key, DIGEST_BYTES) == 0) return n;
    return NULL;
}

static void link_node(struct keymap *m, struct keymap_node *n) {
    struct keymap_node **slot = slot_of(m, n->key);
    n->next = *slot;
    *slot = n;
}

/* Without memory for more slots the chains just grow longer. */
static void grow(struct keymap *m) {
    struct keymap bigger = {
        .slots = mem_array(m->n_slots * 2, sizeof *m->slots), .n_slots = m->n_slots * 2, .count = m->count};
    if (!bigger.slots) return;
    for (size_t i = 0; i < m->n_slots; i++)
        while (m->slots[i]) {
            struct keymap_node *n = m->slots[i];
            m->slots[i] = n->next;
            link_node(&bigger, n);
        }
    mem_free(m->slots);
    *m = bigger;
}

void keymap_add(struct keymap *m, struct keymap_node *n) {
    if (m->count >= m->n_slots) grow(m);
    link_node(m, n);
    m->count++;
}

void keymap_remove(struct keymap *m, struct keymap_node *n) {
    struct keymap_node **at = slot_of(m, n->key);
    while (*at && *at != n) at = &(*at)->next;
    if (!*at) return;
    *at = n->next;
    m->count--;
}
