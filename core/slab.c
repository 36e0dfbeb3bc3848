#include "config.h"

#include "slab.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "mem.h"

enum { SLOTS = 256, STEP = 256 * 1024 };

struct slab {
    void *p;
    size_t cap;
};

struct slabs {
    pthread_mutex_t lock;
    int holders;
    size_t keep, idle;
    int n;
    struct slab *free;          /* SLOTS, made with the first */
};

struct slabs *slabs_new(size_t keep) {
    struct slabs *s = mem_zalloc(sizeof *s);
    if (!s) return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->holders = 1;
    s->keep = keep;
    return s;
}

struct slabs *slabs_hold(struct slabs *s) {
    if (!s) return NULL;
    pthread_mutex_lock(&s->lock);
    s->holders++;
    pthread_mutex_unlock(&s->lock);
    return s;
}

void slabs_drop(struct slabs **ps) {
    struct slabs *s = *ps;
    *ps = NULL;
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    bool last = --s->holders == 0;
    pthread_mutex_unlock(&s->lock);
    if (!last) return;
    for (int i = 0; i < s->n; i++) munmap(s->free[i].p, s->free[i].cap);
    pthread_mutex_destroy(&s->lock);
    mem_free(s->free);
    mem_free(s);
}

/* The smallest that fits without wasting half of itself. */
static int best(const struct slabs *s, size_t want) {
    int found = -1;
    for (int i = 0; i < s->n; i++)
        if (s->free[i].cap >= want && s->free[i].cap / 2 <= want && (found < 0 || s->free[i].cap < s->free[found].cap))
            found = i;
    return found;
}

static void *take(struct slabs *s, size_t want, size_t *cap_r) {
    void *p = NULL;
    pthread_mutex_lock(&s->lock);
    int i = best(s, want);
    if (i >= 0) {
        p = s->free[i].p;
        *cap_r = s->free[i].cap;
        s->idle -= s->free[i].cap;
        s->free[i] = s->free[--s->n];
    }
    pthread_mutex_unlock(&s->lock);
    return p;
}

/* Few sizes, so that what was given back fits what is asked for next: 1, 1.5, 2, 3, 4, 6 … MiB, and steps below. */
static size_t round_up(size_t want) {
    size_t size = (size_t)4 * STEP;
    if (want > SIZE_MAX / 4) return want;
    if (want <= size) return (want + STEP - 1) / STEP * STEP;
    while (size < want) size *= 2;
    return want <= size / 4 * 3 ? size / 4 * 3 : size;
}

static void *plain_memory(void *p, size_t want, size_t *cap_r) {
    void *grown = mem_realloc(p, want);
    if (grown) *cap_r = want;
    return grown;
}

static bool is_plain(const struct slabs *s, size_t cap) { return !s || cap < STEP; }

void *slab_get(struct slabs *s, size_t want, size_t *cap_r) {
    if (is_plain(s, want)) return plain_memory(NULL, want, cap_r);
    void *p = take(s, want, cap_r);
    if (p) return p;
    size_t cap = round_up(want);
    p = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    *cap_r = cap;
    return p;
}

/* From plain memory into the store's. */
static void *move(struct slabs *s, void *p, size_t cap, size_t want, size_t *cap_r) {
    void *grown = slab_get(s, want, cap_r);
    if (!grown) return NULL;
    memcpy(grown, p, cap);
    mem_free(p);
    return grown;
}

void *slab_grow(struct slabs *s, void *p, size_t cap, size_t want, size_t *cap_r) {
    if (!p) return slab_get(s, want, cap_r);
    if (is_plain(s, want)) return plain_memory(p, want, cap_r);
    if (is_plain(s, cap)) return move(s, p, cap, want, cap_r);
    size_t more = round_up(want);
    void *grown = mremap(p, cap, more, MREMAP_MAYMOVE);
    if (grown == MAP_FAILED) return NULL;
    *cap_r = more;
    return grown;
}

static bool keep(struct slabs *s, void *p, size_t cap) {
    pthread_mutex_lock(&s->lock);
    if (!s->free) s->free = mem_array(SLOTS, sizeof *s->free);
    bool kept = s->free && s->n < SLOTS && cap <= s->keep - s->idle;
    if (kept) {
        s->free[s->n++] = (struct slab){p, cap};
        s->idle += cap;
    }
    pthread_mutex_unlock(&s->lock);
    return kept;
}

void slab_put(struct slabs *s, void *p, size_t cap) {
    if (is_plain(s, cap)) mem_free(p);
    else if (p && !keep(s, p, cap)) munmap(p, cap);
}
