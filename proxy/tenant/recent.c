#include "recent.h"

#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/mem.h"

enum { MAX_KEYS = 8192 };

struct item {
    struct keymap_node node;
    int count;
    int64_t since_ms, pass_until_ms;
    TAILQ_ENTRY(item) link;
};

struct recent {
    struct keymap map;
    TAILQ_HEAD(, item) order;  /* least recently asked for first */
};

enum rc recent_new(struct recent **out, struct err *e) {
    struct recent *r = mem_zalloc(sizeof *r);
    *out = NULL;
    if (!r || !keymap_init(&r->map)) {
        mem_free(r);
        return err_nomem(e);
    }
    TAILQ_INIT(&r->order);
    *out = r;
    return RC_OK;
}

static void drop(struct recent *r, struct item *it) {
    TAILQ_REMOVE(&r->order, it, link);
    keymap_remove(&r->map, &it->node);
    mem_free(it);
}

void recent_free(struct recent **slot) {
    struct recent *r = *slot;
    if (!r) return;
    while (!TAILQ_EMPTY(&r->order)) drop(r, TAILQ_FIRST(&r->order));
    keymap_fini(&r->map);
    mem_free(r);
    *slot = NULL;
}

static struct item *find(const struct recent *r, const uint8_t key[DIGEST_BYTES]) {
    return (struct item *)keymap_find(&r->map, key); /* node is the first member */
}

static struct item *get(struct recent *r, const uint8_t key[DIGEST_BYTES]) {
    struct item *it = find(r, key);
    if (it) {
        TAILQ_REMOVE(&r->order, it, link);
    } else {
        if (r->map.count >= MAX_KEYS) drop(r, TAILQ_FIRST(&r->order));
        it = mem_zalloc(sizeof *it);
        if (!it) return NULL;
        memcpy(it->node.key, key, DIGEST_BYTES);
        keymap_add(&r->map, &it->node);
    }
    TAILQ_INSERT_TAIL(&r->order, it, link);
    return it;
}

int recent_count(struct recent *r, const uint8_t key[DIGEST_BYTES], int64_t window_ms) {
    struct item *it = get(r, key);
    int64_t now = clock_mono_ms();
    if (!it) return 1;
    if (it->count == 0 || now - it->since_ms > window_ms) it->count = 0, it->since_ms = now;
    return ++it->count;
}

int recent_seen(const struct recent *r, const uint8_t key[DIGEST_BYTES]) {
    const struct item *it = find(r, key);
    return it && it->count > 0 ? it->count : 1;
}

void recent_mark_pass(struct recent *r, const uint8_t key[DIGEST_BYTES], int64_t for_ms) {
    struct item *it = get(r, key);
    if (it) it->pass_until_ms = clock_mono_ms() + for_ms;
}

bool recent_is_pass(const struct recent *r, const uint8_t key[DIGEST_BYTES]) {
    const struct item *it = find(r, key);
    return it && it->pass_until_ms > clock_mono_ms();
}
