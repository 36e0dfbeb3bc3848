#include "entry.h"

#include <string.h>

#include "core/mem.h"

enum { ALLOCATOR_BYTES = 16 };

struct entry *entry_new(struct sv json, int n_chunks) {
    size_t table = sizeof(struct entry_chunk) * (size_t)(n_chunks > 0 ? n_chunks : 0);
    if (n_chunks < 0 || n_chunks > ENTRY_MAX_CHUNKS) return NULL;
    struct entry *e = mem_alloc(sizeof *e + table + json.len); /* one block: what a hit reads stands together */
    if (!e) return NULL;
    memset(e, 0, sizeof *e + table);
    e->refs = 1;
    e->n_chunks = n_chunks;
    e->chunks = (struct entry_chunk *)(e + 1);
    e->json = (char *)(e + 1) + table;
    e->json_len = json.len;
    if (json.len) memcpy(e->json, json.ptr, json.len);
    return e;
}

struct entry *entry_ref(struct entry *e) {
    e->refs++;
    return e;
}

void entry_unref(struct entry **slot) {
    struct entry *e = *slot;
    *slot = NULL;
    if (!e || --e->refs > 0) return;
    for (int i = 0; i < e->n_chunks; i++) mem_free(e->chunks[i].bytes);
    mem_free(e->deps);
    mem_free(e);
}

/* Room for 1, 2, 4 … of them: most statements read few tables. */
bool entry_add_dep(struct entry *e, const struct entry_dep *d) {
    bool is_full = (e->n_deps & (e->n_deps - 1)) == 0;
    if (e->n_deps < ENTRY_MAX_DEPS && is_full) {
        size_t room = e->n_deps ? (size_t)e->n_deps * 2 : 1;
        struct entry_dep *grown = mem_realloc(e->deps, room * sizeof *grown);
        if (grown) e->deps = grown;
        else e->deps_open = true;
        if (!grown) return false;
    }
    if (e->n_deps >= ENTRY_MAX_DEPS) {
        e->deps_open = true;
        return false;
    }
    e->deps[e->n_deps++] = *d;
    return true;
}

void entry_count_hit(struct entry *e) {
    if (e->hits < UINT8_MAX) e->hits++;
}

int entry_missing(const struct entry *e) {
    for (int i = e->linked ? 0 : 1; i < e->n_chunks; i++)
        if (!e->chunks[i].bytes) return i;
    return -1;
}

struct sv entry_chunk_bytes(const struct entry *e, int i) {
    const struct entry_chunk *c = &e->chunks[i];
    return c->bytes ? sv_make(c->bytes, c->len) : sv_make(e->json + e->result.at, e->result.len);
}

size_t entry_cost(const struct entry *e) {
    size_t bytes = sizeof *e + sizeof *e->chunks * (size_t)e->n_chunks + e->json_len + ALLOCATOR_BYTES;
    if (e->n_deps) bytes += sizeof *e->deps * (size_t)e->n_deps * 2 + ALLOCATOR_BYTES; /* at most twice: the room */
    for (int i = 0; i < e->n_chunks; i++)
        if (e->chunks[i].bytes) bytes += e->chunks[i].len + ALLOCATOR_BYTES;
    return bytes;
}
