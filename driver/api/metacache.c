#include "metacache.h"

#include <pthread.h>

#include "core/clock.h"
#include "core/mem.h"
#include "memtable.h"

struct entry {
    struct entry *next;         /* older */
    struct memrows *rows;
    int64_t ends_ms;
    size_t bytes, key_len;
    char key[];
};

struct metacache {
    pthread_mutex_t lock;
    int64_t ttl_ms;
    size_t max_bytes, bytes;
    uint64_t epoch;
    struct entry *newest;
};

struct metacache *metacache_new(int64_t ttl_ms, size_t max_bytes) {
    struct metacache *c = ttl_ms > 0 ? mem_zalloc(sizeof *c) : NULL;
    if (!c) return NULL;
    pthread_mutex_init(&c->lock, NULL);
    c->ttl_ms = ttl_ms;
    c->max_bytes = max_bytes;
    return c;
}

/* Takes the entry at *at off the list and frees it. */
static void drop(struct metacache *c, struct entry **at) {
    struct entry *gone = *at;
    *at = gone->next;
    c->bytes -= gone->bytes;
    memrows_unref(&gone->rows);
    mem_free(gone);
}

void metacache_flush(struct metacache *c) {
    if (!c) return;
    pthread_mutex_lock(&c->lock);
    c->epoch++;
    while (c->newest) drop(c, &c->newest);
    pthread_mutex_unlock(&c->lock);
}

void metacache_free(struct metacache **c) {
    if (!*c) return;
    metacache_flush(*c);
    pthread_mutex_destroy(&(*c)->lock);
    mem_free(*c);
    *c = NULL;
}

uint64_t metacache_epoch(struct metacache *c) {
    if (!c) return 0;
    pthread_mutex_lock(&c->lock);
    uint64_t epoch = c->epoch;
    pthread_mutex_unlock(&c->lock);
    return epoch;
}

/* Entries are in the order of their time, so everything behind one that is over is over too. */
static void drop_over(struct metacache *c, size_t room) {
    int64_t now = clock_mono_ms();
    size_t kept = 0;
    struct entry **at = &c->newest;
    while (*at && (*at)->ends_ms > now && kept + (*at)->bytes <= room) {
        kept += (*at)->bytes;
        at = &(*at)->next;
    }
    while (*at) drop(c, at);
}

static struct entry **find(struct metacache *c, struct sv key) {
    struct entry **at = &c->newest;
    while (*at && !sv_eq(sv_make((*at)->key, (*at)->key_len), key)) at = &(*at)->next;
    return at;
}

struct memrows *metacache_get(struct metacache *c, struct sv key) {
    if (!c) return NULL;
    pthread_mutex_lock(&c->lock);
    drop_over(c, c->max_bytes);
    struct entry *found = *find(c, key);
    struct memrows *rows = found ? memrows_ref(found->rows) : NULL;
    pthread_mutex_unlock(&c->lock);
    return rows;
}

static void add(struct metacache *c, struct sv key, struct memrows *rows, size_t bytes) {
    struct entry *new = mem_zalloc(sizeof *new + key.len);
    if (!new) return;       /* kept or not, the answer is right */
    struct entry **old = find(c, key);
    if (*old) drop(c, old);
    drop_over(c, c->max_bytes - bytes);
    memcpy(new->key, key.ptr, key.len);
    new->key_len = key.len;
    new->bytes = bytes;
    new->rows = memrows_ref(rows);
    new->ends_ms = clock_mono_ms() + c->ttl_ms;
    new->next = c->newest;
    c->newest = new;
    c->bytes += bytes;
}

void metacache_put(struct metacache *c, struct sv key, struct memrows *rows, uint64_t epoch) {
    size_t bytes = sizeof(struct entry) + key.len + memrows_bytes(rows);
    if (!c || key.len == 0 || bytes > c->max_bytes) return;
    pthread_mutex_lock(&c->lock);
    if (c->epoch == epoch) add(c, key, rows, bytes);
    pthread_mutex_unlock(&c->lock);
}
