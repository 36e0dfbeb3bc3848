#include "version.h"

#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"

enum { MAX_TABLES = 16384 };

struct item {
    struct keymap_node node;      /* its key is the name, padded with zeros */
    struct version version;
    bool has_version;
    int64_t read_ms;
    TAILQ_ENTRY(item) link;
};

struct versions {
    struct keymap map;
    TAILQ_HEAD(, item) order;     /* least recently read first */
};

enum rc versions_new(struct versions **out, struct err *e) {
    struct versions *v = mem_zalloc(sizeof *v);
    *out = NULL;
    if (!v || !keymap_init(&v->map)) {
        mem_free(v);
        return err_nomem(e);
    }
    TAILQ_INIT(&v->order);
    *out = v;
    return RC_OK;
}

static void drop(struct versions *v, struct item *it) {
    TAILQ_REMOVE(&v->order, it, link);
    keymap_remove(&v->map, &it->node);
    mem_free(it);
}

void versions_free(struct versions **slot) {
    struct versions *v = *slot;
    if (!v) return;
    while (!TAILQ_EMPTY(&v->order)) drop(v, TAILQ_FIRST(&v->order));
    keymap_fini(&v->map);
    mem_free(v);
    *slot = NULL;
}

static struct item *find(const struct versions *v, const uint8_t name[EPOCH_NAME_BYTES]) {
    uint8_t key[DIGEST_BYTES] = {0};
    memcpy(key, name, EPOCH_NAME_BYTES);
    return (struct item *)keymap_find(&v->map, key); /* node is the first member */
}

static struct item *get(struct versions *v, const struct epoch_name *table) {
    struct item *it = find(v, table->bytes);
    if (it) {
        TAILQ_REMOVE(&v->order, it, link);
    } else {
        if (v->map.count >= MAX_TABLES) drop(v, TAILQ_FIRST(&v->order));
        it = mem_zalloc(sizeof *it);
        if (!it) return NULL;
        memcpy(it->node.key, table->bytes, EPOCH_NAME_BYTES);
        keymap_add(&v->map, &it->node);
    }
    TAILQ_INSERT_TAIL(&v->order, it, link);
    return it;
}

void versions_learn(struct versions *v, const struct epoch_name *table, const struct version *known, int64_t read_ms) {
    struct item *it = get(v, table);
    if (!it || it->read_ms > read_ms) return; /* an answer that was overtaken */
    it->has_version = known != NULL;
    it->read_ms = read_ms;
    if (known) it->version = *known;
    it->version.read_ms = read_ms;
}

bool versions_find(const struct versions *v, const struct epoch_name *table, struct version *out) {
    const struct item *it = find(v, table->bytes);
    if (!it || !it->has_version) return false;
    *out = it->version;
    return true;
}

bool versions_is_recent(const struct versions *v, const struct epoch_name *table, int64_t now_ms, int64_t ttl_ms) {
    const struct item *it = find(v, table->bytes);
    return it && now_ms - it->read_ms < ttl_ms;
}

static enum version_verdict judge_one(const struct versions *v, const struct entry_dep *d, int64_t now_ms,
                                      int64_t ttl_ms) {
    const struct item *it = find(v, d->name);
    if (!it || !it->has_version || now_ms - it->read_ms >= ttl_ms) return VERSION_UNKNOWN;
    bool same = it->version.number == d->version && memcmp(it->version.id, d->table_id, sizeof d->table_id) == 0;
    return same ? VERSION_SAME : VERSION_CHANGED;
}

enum version_verdict versions_judge(const struct versions *v, const struct entry *e, int64_t now_ms, int64_t ttl_ms) {
    enum version_verdict all = VERSION_SAME;
    if (!e->versioned) return VERSION_UNKNOWN;
    for (int i = 0; i < e->n_deps; i++) {
        if (!e->deps[i].has_version) continue;
        enum version_verdict one = judge_one(v, &e->deps[i], now_ms, ttl_ms);
        if (one == VERSION_CHANGED) return one;
        if (one == VERSION_UNKNOWN) all = one;
    }
    return all;
}
