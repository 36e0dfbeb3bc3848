#include "top.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <xxhash.h>

#include "core/mem.h"
#include "core/utf.h"

/* Rows stand in a plain array; slots lead from a digest to its row, open addressing, twice as many as rows. */
enum { N_SLOTS = 2 * TOP_KEPT, NO_ROW = -1 };

struct top {
    uint64_t seed;
    int n;
    struct top_row row[TOP_KEPT];
    int16_t slot[N_SLOTS];
};

enum rc top_new(struct top **out, struct err *e) {
    struct top *t = mem_zalloc(sizeof *t);
    *out = t;
    if (!t) return err_nomem(e);
    for (int i = 0; i < N_SLOTS; i++) t->slot[i] = NO_ROW;
    if (getrandom(&t->seed, sizeof t->seed, 0) != (ssize_t)sizeof t->seed) {
        top_free(out);
        return err_set(e, ERR_INTERNAL, "no random bytes");
    }
    return RC_OK;
}

void top_free(struct top **t) {
    mem_free(*t);
    *t = NULL;
}

uint64_t top_digest(const struct top *t, const char *tenant, struct sv normalised) {
    XXH64_hash_t of_tenant = XXH3_64bits_withSeed(tenant, strlen(tenant), t->seed);
    uint64_t digest = XXH3_64bits_withSeed(normalised.ptr, normalised.len, of_tenant);
    return digest ? digest : 1;
}

/* ---- slots ----------------------------------------------------------------------------------------------------- */

static int home(uint64_t digest) { return (int)(digest % N_SLOTS); }

/* The slot that leads to the digest, or the free one where it would be. */
static int find_slot(const struct top *t, uint64_t digest) {
    int s = home(digest);
    while (t->slot[s] != NO_ROW && t->row[t->slot[s]].digest != digest) s = (s + 1) % N_SLOTS;
    return s;
}

/* Whoever stood behind the freed slot on its way from home moves up. */
static void free_slot(struct top *t, int hole) {
    for (int s = (hole + 1) % N_SLOTS; t->slot[s] != NO_ROW; s = (s + 1) % N_SLOTS) {
        int from_home = (s - home(t->row[t->slot[s]].digest) + N_SLOTS) % N_SLOTS;
        int from_hole = (s - hole + N_SLOTS) % N_SLOTS;
        if (from_home < from_hole) continue;
        t->slot[hole] = t->slot[s];
        hole = s;
    }
    t->slot[hole] = NO_ROW;
}

static int fewest(const struct top *t) {
    int least = 0;
    for (int i = 1; i < t->n; i++)
        if (t->row[i].count < t->row[least].count) least = i;
    return least;
}

static struct top_row *get_row(struct top *t, uint64_t digest) {
    int slot = find_slot(t, digest);
    struct top_row fresh = {.digest = digest};
    int at = t->n;
    if (t->slot[slot] != NO_ROW) return &t->row[t->slot[slot]];
    if (t->n < TOP_KEPT) {
        t->n++;
    } else {
        at = fewest(t);
        fresh.count = fresh.over = t->row[at].count;
        free_slot(t, find_slot(t, t->row[at].digest));
        slot = find_slot(t, digest);
    }
    t->slot[slot] = (int16_t)at;
    t->row[at] = fresh;
    return &t->row[at];
}

/* ---- notes ----------------------------------------------------------------------------------------------------- */

static void put(char *out, size_t cap, struct sv text) {
    size_t len = text.len < cap ? text.len : utf8_floor(text.ptr, text.len, cap - 1);
    memcpy(out, text.ptr, len);
    out[len] = '\0';
}

void top_note(struct top *t, const struct top_note *n) {
    if (!t || !n->digest) return;
    struct top_row *r = get_row(t, n->digest);
    bool hit = n->outcome == REQUEST_HIT || n->outcome == REQUEST_STALE || n->outcome == REQUEST_JOINED;
    r->count++;
    r->hits += hit;
    r->misses += !hit;
    r->upstream_ms += n->upstream_ms > 0 ? (uint64_t)n->upstream_ms : 0;
    r->saved_ms += n->saved_ms > 0 ? (uint64_t)n->saved_ms : 0;
    r->class = n->class;
    r->outcome = n->outcome;
    r->why = n->why;
    if (!r->tenant[0]) put(r->tenant, sizeof r->tenant, sv_of(n->tenant));
    if (n->masked.ptr && !r->text[0]) put(r->text, sizeof r->text, n->masked);
}

/* ---- lists ----------------------------------------------------------------------------------------------------- */

static int descending(uint64_t a, uint64_t b) { return a < b ? 1 : a > b ? -1 : 0; }

static int by_count(const void *a, const void *b) {
    return descending(((const struct top_row *)a)->count, ((const struct top_row *)b)->count);
}

static int by_upstream(const void *a, const void *b) {
    const struct top_row *l = a, *r = b;
    int order = descending(l->upstream_ms, r->upstream_ms);
    return order ? order : by_count(a, b);
}

static int by_saved(const void *a, const void *b) {
    const struct top_row *l = a, *r = b;
    int order = descending(l->saved_ms, r->saved_ms);
    return order ? order : by_count(a, b);
}

int top_list(const struct top *t, enum top_order by, struct top_row *out, int max) {
    int (*const compare)(const void *, const void *) = by == TOP_BY_SAVED      ? by_saved
                                                       : by == TOP_BY_UPSTREAM ? by_upstream
                                                                               : by_count;
    struct top_row *all = mem_array(TOP_KEPT, sizeof *all);
    if (!all) return 0;
    memcpy(all, t->row, (size_t)t->n * sizeof *all);
    qsort(all, (size_t)t->n, sizeof *all, compare);
    int n = t->n < max ? t->n : max;
    memcpy(out, all, (size_t)n * sizeof *all);
    mem_free(all);
    return n;
}
