/* store_mem: entries in this process's memory, limited by bytes. S3-FIFO: a small queue takes newcomers, those asked
 * for again move to the main queue, the others leave only their name (ghost), by which a second coming goes straight to
 * the main queue. So one large scan of statements never asked again does not empty the cache. */
#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"
#include "store.h"

enum { MAX_FREQ = 3, MAX_GHOSTS = 8192 };

enum queue { QUEUE_SMALL, QUEUE_MAIN, QUEUE_GHOST, N_QUEUES };

struct item {
    struct keymap_node node;
    struct entry *entry;       /* NULL for a ghost */
    enum queue queue;
    uint8_t freq;
    TAILQ_ENTRY(item) link;
};

struct store_mem {
    struct store base;
    struct metrics *metrics;
    struct keymap map;
    TAILQ_HEAD(, item) queues[N_QUEUES];  /* new ones at the tail */
    size_t bytes[N_QUEUES], limit, n_ghosts;
};

static size_t cost(const struct item *it) {
    return it->entry ? sizeof *it + entry_cost(it->entry) + 64 : 0; /* 64: allocator and table */
}

static void show(struct store_mem *s) {
    metrics_set(s->metrics, M_CACHE_BYTES, s->bytes[QUEUE_SMALL] + s->bytes[QUEUE_MAIN]);
    metrics_set(s->metrics, M_CACHE_ENTRIES, s->map.count - s->n_ghosts);
}

static void leave(struct store_mem *s, struct item *it) {
    TAILQ_REMOVE(&s->queues[it->queue], it, link);
    s->bytes[it->queue] -= cost(it);
    if (it->queue == QUEUE_GHOST) s->n_ghosts--;
}

static void join(struct store_mem *s, struct item *it, enum queue q) {
    it->queue = q;
    TAILQ_INSERT_TAIL(&s->queues[q], it, link);
    s->bytes[q] += cost(it);
    if (q == QUEUE_GHOST) s->n_ghosts++;
}

static void drop(struct store_mem *s, struct item *it) {
    leave(s, it);
    keymap_remove(&s->map, &it->node);
    entry_unref(&it->entry);
    mem_free(it);
}

static void make_ghost(struct store_mem *s, struct item *it) {
    leave(s, it);
    entry_unref(&it->entry);
    join(s, it, QUEUE_GHOST);
    if (s->n_ghosts > MAX_GHOSTS) drop(s, TAILQ_FIRST(&s->queues[QUEUE_GHOST]));
}

static void requeue(struct store_mem *s, struct item *it, enum queue q, uint8_t freq) {
    leave(s, it);
    it->freq = freq;
    join(s, it, q);
}

static void evict_one(struct store_mem *s) {
    bool from_small = s->bytes[QUEUE_SMALL] > s->limit / 10 || TAILQ_EMPTY(&s->queues[QUEUE_MAIN]);
    struct item *it = TAILQ_FIRST(&s->queues[from_small ? QUEUE_SMALL : QUEUE_MAIN]);
    if (!it) return;
    if (from_small && it->freq > 0) {
        requeue(s, it, QUEUE_MAIN, 0);
    } else if (!from_small && it->freq > 0) {
        requeue(s, it, QUEUE_MAIN, (uint8_t)(it->freq - 1));
    } else {
        metrics_add(s->metrics, M_EVICT_SPACE);
        if (from_small) make_ghost(s, it);
        else drop(s, it);
    }
}

static struct item *find_item(struct store_mem *s, const uint8_t key[DIGEST_BYTES]) {
    return (struct item *)keymap_find(&s->map, key); /* node is the first member */
}

static struct entry *mem_find(struct store *base, const uint8_t key[DIGEST_BYTES]) {
    struct item *it = find_item((struct store_mem *)base, key);
    if (!it || !it->entry) return NULL;
    if (it->freq < MAX_FREQ) it->freq++;
    return entry_ref(it->entry);
}

static bool mem_put(struct store *base, struct entry *e) {
    struct store_mem *s = (struct store_mem *)base;
    struct item *old = find_item(s, e->key);
    enum queue q = old && old->queue != QUEUE_SMALL ? QUEUE_MAIN : QUEUE_SMALL;
    if (old && old->entry) metrics_add(s->metrics, M_EVICT_REPLACED);
    if (old) drop(s, old);
    struct item *it = mem_zalloc(sizeof *it);
    if (!it) return false;
    memcpy(it->node.key, e->key, DIGEST_BYTES);
    it->entry = entry_ref(e);
    if (cost(it) > s->limit) {
        entry_unref(&it->entry);
        mem_free(it);
        return false;
    }
    while (s->bytes[QUEUE_SMALL] + s->bytes[QUEUE_MAIN] + cost(it) > s->limit) evict_one(s);
    keymap_add(&s->map, &it->node);
    join(s, it, q);
    show(s);
    return true;
}

static void mem_remove(struct store *base, const uint8_t key[DIGEST_BYTES]) {
    struct store_mem *s = (struct store_mem *)base;
    struct item *it = find_item(s, key);
    if (!it || !it->entry) return;
    metrics_add(s->metrics, M_EVICT_STALE);
    drop(s, it);
    show(s);
}

static void mem_clear(struct store *base) {
    struct store_mem *s = (struct store_mem *)base;
    for (int q = 0; q < N_QUEUES; q++)
        while (!TAILQ_EMPTY(&s->queues[q])) drop(s, TAILQ_FIRST(&s->queues[q]));
    show(s);
}

static void mem_store_free(struct store *base) {
    struct store_mem *s = (struct store_mem *)base;
    mem_clear(base);
    keymap_fini(&s->map);
    mem_free(s);
}

enum rc store_mem_new(struct store **out, size_t memory_limit, struct metrics *m, struct err *e) {
    static const struct store_ops OPS = {mem_find, mem_put, mem_remove, mem_clear, mem_store_free};
    struct store_mem *s = mem_zalloc(sizeof *s);
    *out = NULL;
    if (!s || !keymap_init(&s->map)) {
        mem_free(s);
        return err_nomem(e);
    }
    s->base.ops = &OPS;
    s->metrics = m;
    s->limit = memory_limit;
    for (int q = 0; q < N_QUEUES; q++) TAILQ_INIT(&s->queues[q]);
    *out = &s->base;
    return RC_OK;
}
