#include "store.h"

#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/mem.h"

enum { MAX_FREQ = 3, MAX_GHOSTS = 8192 };

enum queue { QUEUE_SMALL, QUEUE_MAIN, QUEUE_GHOST, N_QUEUES };

struct item {
    struct keymap_node node;
    struct store_part *part;
    struct entry *entry;       /* NULL for a ghost */
    enum queue queue;
    uint8_t freq;
    TAILQ_ENTRY(item) link;
};

TAILQ_HEAD(items, item);

struct store_part {
    struct store *store;
    struct metrics *metrics;
    size_t quota;
    struct items queues[N_QUEUES];  /* new ones at the tail */
    size_t bytes[N_QUEUES], n_entries, n_ghosts;
    TAILQ_ENTRY(store_part) link;
};

struct store {
    struct ledger *ledger;
    struct keymap map;
    TAILQ_HEAD(, store_part) parts;
    size_t n_parts;
};

enum rc store_new(struct store **out, struct ledger *ledger, struct err *e) {
    struct store *s = mem_zalloc(sizeof *s);
    *out = NULL;
    if (!s || !keymap_init(&s->map)) {
        mem_free(s);
        return err_nomem(e);
    }
    s->ledger = ledger;
    TAILQ_INIT(&s->parts);
    *out = s;
    return RC_OK;
}

void store_free(struct store **slot) {
    struct store *s = *slot;
    if (!s) return;
    keymap_fini(&s->map);
    mem_free(s);
    *slot = NULL;
}

/* ---- items ----------------------------------------------------------------------------------------------------- */

static size_t cost(const struct item *it) {
    return it->entry ? sizeof *it + entry_cost(it->entry) + 64 : 0; /* 64: allocator and table */
}

static void leave(struct item *it) {
    struct store_part *p = it->part;
    size_t bytes = cost(it);
    TAILQ_REMOVE(&p->queues[it->queue], it, link);
    p->bytes[it->queue] -= bytes;
    p->store->ledger->kept -= bytes;
    if (it->queue == QUEUE_GHOST) p->n_ghosts--;
    else p->n_entries--;
}

static void join(struct item *it, enum queue q) {
    struct store_part *p = it->part;
    size_t bytes = cost(it);
    it->queue = q;
    TAILQ_INSERT_TAIL(&p->queues[q], it, link);
    p->bytes[q] += bytes;
    p->store->ledger->kept += bytes;
    if (q == QUEUE_GHOST) p->n_ghosts++;
    else p->n_entries++;
}

static void drop(struct item *it) {
    leave(it);
    keymap_remove(&it->part->store->map, &it->node);
    entry_unref(&it->entry);
    mem_free(it);
}

static void make_ghost(struct item *it) {
    struct store_part *p = it->part;
    leave(it);
    entry_unref(&it->entry);
    join(it, QUEUE_GHOST);
    if (p->n_ghosts > MAX_GHOSTS) drop(TAILQ_FIRST(&p->queues[QUEUE_GHOST]));
}

static void requeue(struct item *it, enum queue q, uint8_t freq) {
    leave(it);
    it->freq = freq;
    join(it, q);
}

static void show(struct store_part *p) {
    metrics_set(p->metrics, M_CACHE_BYTES, store_part_bytes(p));
    metrics_set(p->metrics, M_CACHE_ENTRIES, p->n_entries);
}

static struct item *find_item(const struct store *s, const uint8_t key[DIGEST_BYTES]) {
    return (struct item *)keymap_find(&s->map, key); /* node is the first member */
}

/* ---- parts ----------------------------------------------------------------------------------------------------- */

enum rc store_part_new(struct store_part **out, struct store *s, size_t quota, struct metrics *m, struct err *e) {
    struct store_part *p = mem_zalloc(sizeof *p);
    *out = p;
    if (!p) return err_nomem(e);
    p->store = s;
    p->metrics = m;
    p->quota = quota;
    for (int q = 0; q < N_QUEUES; q++) TAILQ_INIT(&p->queues[q]);
    TAILQ_INSERT_TAIL(&s->parts, p, link);
    s->n_parts++;
    return RC_OK;
}

void store_part_free(struct store_part **slot) {
    struct store_part *p = *slot;
    if (!p) return;
    store_part_clear(p);
    TAILQ_REMOVE(&p->store->parts, p, link);
    p->store->n_parts--;
    mem_free(p);
    *slot = NULL;
}

void store_part_set_quota(struct store_part *p, size_t quota) { p->quota = quota; }

void store_part_clear(struct store_part *p) {
    for (int q = 0; q < N_QUEUES; q++)
        while (!TAILQ_EMPTY(&p->queues[q])) drop(TAILQ_FIRST(&p->queues[q]));
    show(p);
}

size_t store_part_bytes(const struct store_part *p) { return p->bytes[QUEUE_SMALL] + p->bytes[QUEUE_MAIN]; }
size_t store_part_entries(const struct store_part *p) { return p->n_entries; }

void store_part_each(struct store_part *p, bool (*fn)(void *arg, const struct entry *e), void *arg) {
    for (int q = QUEUE_SMALL; q <= QUEUE_MAIN; q++) {
        struct item *next;
        for (struct item *it = TAILQ_FIRST(&p->queues[q]); it; it = next) {
            next = TAILQ_NEXT(it, link);
            if (fn(arg, it->entry)) drop(it);
        }
    }
    show(p);
}

/* ---- eviction -------------------------------------------------------------------------------------------------- */

static size_t quota_of(const struct store_part *p) {
    return p->quota ? p->quota : p->store->ledger->limit / p->store->n_parts + 1;
}

/* The part that is most above its quota, or nearest to it. */
static struct store_part *choose_part(const struct store *s) {
    struct store_part *p, *worst = NULL;
    double share = -1;
    TAILQ_FOREACH(p, &s->parts, link) {
        double of = p->n_entries ? (double)store_part_bytes(p) / (double)quota_of(p) : -1;
        if (of > share) share = of, worst = p;
    }
    return worst;
}

static bool is_walked(const struct item *it) { return it->entry->keep_until_ms > clock_mono_ms(); }

/* spare: entries whose chunks a client is walking are left alone. */
static void evict_from(struct store_part *p, bool spare) {
    bool from_small = p->bytes[QUEUE_SMALL] > quota_of(p) / 10 || TAILQ_EMPTY(&p->queues[QUEUE_MAIN]);
    struct item *it = TAILQ_FIRST(&p->queues[from_small ? QUEUE_SMALL : QUEUE_MAIN]);
    if (!it) return;
    if (from_small && it->freq > 0) {
        requeue(it, QUEUE_MAIN, 0);
    } else if (!from_small && it->freq > 0) {
        requeue(it, QUEUE_MAIN, (uint8_t)(it->freq - 1));
    } else if (spare && is_walked(it)) {
        requeue(it, QUEUE_MAIN, 0);
    } else {
        metrics_add(p->metrics, M_EVICT_SPACE);
        if (from_small) make_ghost(it);
        else drop(it);
    }
}

bool store_make_room(struct store *s, size_t bytes) {
    struct store_part *p;
    size_t patience = s->map.count * 2; /* enough to pass everything that is spared */
    if (bytes > s->ledger->limit) return false;
    while (ledger_used(s->ledger) > s->ledger->limit - bytes && (p = choose_part(s))) {
        evict_from(p, patience > 0);
        if (patience) patience--;
        show(p);
    }
    return ledger_used(s->ledger) <= s->ledger->limit - bytes;
}

/* ---- use ------------------------------------------------------------------------------------------------------- */

struct entry *store_peek(const struct store *s, const uint8_t key[DIGEST_BYTES]) {
    const struct item *it = find_item(s, key);
    return it && it->entry ? entry_ref(it->entry) : NULL;
}

struct entry *store_find(struct store *s, const uint8_t key[DIGEST_BYTES]) {
    struct item *it = find_item(s, key);
    if (!it || !it->entry) return NULL;
    if (it->freq < MAX_FREQ) it->freq++;
    return entry_ref(it->entry);
}

bool store_put(struct store_part *p, struct entry *e) {
    struct store *s = p->store;
    struct item *old = find_item(s, e->key);
    enum queue q = old && old->queue != QUEUE_SMALL ? QUEUE_MAIN : QUEUE_SMALL;
    if (old && old->entry) metrics_add(p->metrics, M_EVICT_REPLACED);
    if (old) drop(old);
    struct item *it = mem_zalloc(sizeof *it);
    if (!it) return false;
    memcpy(it->node.key, e->key, DIGEST_BYTES);
    it->part = p;
    it->entry = entry_ref(e);
    if (!store_make_room(s, cost(it))) {
        entry_unref(&it->entry);
        mem_free(it);
        show(p);
        return false;
    }
    keymap_add(&s->map, &it->node);
    join(it, q);
    show(p);
    return true;
}

void store_remove(struct store *s, const uint8_t key[DIGEST_BYTES]) {
    struct item *it = find_item(s, key);
    if (!it || !it->entry) return;
    struct store_part *p = it->part;
    metrics_add(p->metrics, M_EVICT_STALE);
    drop(it);
    show(p);
}
