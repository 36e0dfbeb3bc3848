#include "tombstone.h"

#include <string.h>

#include "core/mem.h"

enum { MAX_TOMBSTONES = 16384 };

struct stone {
    struct keymap_node node;
    enum tombstone what;
};

struct tombstones {
    const struct secrets *secrets;
    struct keymap map;
    struct stone ring[MAX_TOMBSTONES];
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

static struct stone *find(const struct tombstones *t, const uint8_t key[DIGEST_BYTES]) {
    return (struct stone *)keymap_find(&t->map, key); /* node is the first member */
}

void tombstones_learn(struct tombstones *t, const uint8_t digest[DIGEST_BYTES], enum tombstone what) {
    struct stone *known = find(t, digest), *s = &t->ring[t->next];
    if (known) {
        if (what > known->what) known->what = what;
        return;
    }
    if (t->full) keymap_remove(&t->map, &s->node);
    memcpy(s->node.key, digest, DIGEST_BYTES);
    s->what = what;
    keymap_add(&t->map, &s->node);
    t->next = (t->next + 1) % MAX_TOMBSTONES;
    if (t->next == 0) t->full = true;
}

void tombstones_add(struct tombstones *t, struct sv id, enum tombstone what, uint8_t digest_r[DIGEST_BYTES]) {
    uint8_t key[DIGEST_BYTES] = {0};
    if (digest_of(t, id, key)) tombstones_learn(t, key, what);
    if (digest_r) memcpy(digest_r, key, DIGEST_BYTES);
}

enum tombstone tombstones_find(const struct tombstones *t, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    const struct stone *s = digest_of(t, id, key) ? find(t, key) : NULL;
    return s ? s->what : TOMBSTONE_NONE;
}
