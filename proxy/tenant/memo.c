#include "memo.h"

#include <string.h>
#include <sys/queue.h>

#include "core/mem.h"

enum { MAX_MEMOS = 4096 };

struct item {
    struct keymap_node node;
    struct analysis *analysis;
    TAILQ_ENTRY(item) link;
};

struct memo {
    struct keymap map;
    TAILQ_HEAD(, item) order;  /* least recently used first */
};

struct analysis *analysis_new(int n_names) {
    struct analysis *a = mem_zalloc(sizeof *a + sizeof a->names[0] * (size_t)n_names);
    if (!a) return NULL;
    a->refs = 1;
    a->n_names = n_names;
    return a;
}

struct analysis *analysis_ref(struct analysis *a) {
    a->refs++;
    return a;
}

static void drop_tables(struct analysis *a) {
    for (int i = 0; i < a->n_tables; i++) mem_free(a->tables[i].name);
    mem_free(a->tables);
    a->tables = NULL;
    a->n_tables = 0;
}

bool analysis_add_table(struct analysis *a, struct sv name, const struct epoch_name *epoch) {
    struct analysis_table *grown = mem_realloc(a->tables, sizeof *grown * (size_t)(a->n_tables + 1));
    if (!grown) return false;
    a->tables = grown;
    grown[a->n_tables] = (struct analysis_table){mem_strndup(name.ptr, name.len), *epoch};
    return grown[a->n_tables].name && ++a->n_tables;
}

void analysis_unref(struct analysis **a) {
    if (*a && --(*a)->refs == 0) {
        analysis_unref(&(*a)->shared);
        drop_tables(*a);
        mem_free(*a);
    }
    *a = NULL;
}

enum rc memo_new(struct memo **out, struct err *e) {
    struct memo *m = mem_zalloc(sizeof *m);
    *out = NULL;
    if (!m || !keymap_init(&m->map)) {
        mem_free(m);
        return err_nomem(e);
    }
    TAILQ_INIT(&m->order);
    *out = m;
    return RC_OK;
}

static void drop(struct memo *m, struct item *it) {
    TAILQ_REMOVE(&m->order, it, link);
    keymap_remove(&m->map, &it->node);
    analysis_unref(&it->analysis);
    mem_free(it);
}

void memo_clear(struct memo *m) {
    while (!TAILQ_EMPTY(&m->order)) drop(m, TAILQ_FIRST(&m->order));
}

void memo_free(struct memo **slot) {
    struct memo *m = *slot;
    if (!m) return;
    memo_clear(m);
    keymap_fini(&m->map);
    mem_free(m);
    *slot = NULL;
}

struct analysis *memo_find(struct memo *m, const uint8_t l0[DIGEST_BYTES]) {
    struct item *it = (struct item *)keymap_find(&m->map, l0); /* node is the first member */
    if (!it) return NULL;
    TAILQ_REMOVE(&m->order, it, link);
    TAILQ_INSERT_TAIL(&m->order, it, link);
    return analysis_ref(it->analysis);
}

void memo_put(struct memo *m, const uint8_t l0[DIGEST_BYTES], struct analysis *a) {
    struct item *it = (struct item *)keymap_find(&m->map, l0);
    if (it) drop(m, it);
    if (m->map.count >= MAX_MEMOS) drop(m, TAILQ_FIRST(&m->order));
    it = mem_zalloc(sizeof *it);
    if (!it) return;
    memcpy(it->node.key, l0, DIGEST_BYTES);
    it->analysis = analysis_ref(a);
    keymap_add(&m->map, &it->node);
    TAILQ_INSERT_TAIL(&m->order, it, link);
}
