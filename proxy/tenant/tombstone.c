#include "tombstone.h"

#include <string.h>

#include "core/mem.h"

enum { MAX_TOMBSTONES = 16384 };

struct tombstones {
    const struct secrets *secrets;
    struct keymap map;
    struct keymap_node ring[MAX_TOMBSTONES];
    size_t next;
    bool full;   /* the ring has come round */
};

enum rc tombstones_new(struct tombstones **out, const struct secrets *s, struct err *e) {
    struct tombstones *t = mem_zalloc(sizeof *t);
    *out = t;
    if (t && keymap_init(&t->map)) {
        t->secrets = s;
        return RC_OK;
    }
    mem_free(t);
    *out = NULL;
    return err_nomem(e);
}

void tombstones_free(struct tombstones **t) {
    if (!*t) return;
    keymap_fini(&(*t)->map);
    mem_free(*t);
    *t = NULL;
}

static bool digest_of(const struct tombstones *t, struct sv id, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    return secrets_digest(t->secrets, "tombstone", id, out, &e) == RC_OK;
}

void tombstones_add(struct tombstones *t, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    if (!digest_of(t, id, key) || keymap_find(&t->map, key)) return;
    struct keymap_node *n = &t->ring[t->next];
    if (t->full) keymap_remove(&t->map, n);
    memcpy(n->key, key, DIGEST_BYTES);
    keymap_add(&t->map, n);
    t->next = (t->next + 1) % MAX_TOMBSTONES;
    if (t->next == 0) t->full = true;
}

bool tombstones_has(const struct tombstones *t, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    return digest_of(t, id, key) && keymap_find(&t->map, key);
}
