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

/* Known by hashes: two alike would only make us ask for the whole too early. */
struct family {
    uint64_t key, last, turn;   /* last: the member asked for most recently; turn: when, as a number */
    int64_t seen_ms, whole_until_ms;
    int n;                      /* members in a row */
};

enum { N_FAMILIES = 8, WALK = 3 };

struct metacache {
    pthread_mutex_t lock;
    int64_t ttl_ms;
    size_t max_bytes, bytes;
    uint64_t epoch;
    struct entry *newest;
    uint64_t turns;
    struct family families[N_FAMILIES];
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
    memset(c->families, 0, sizeof c->families);
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

/* ---- one after the other ------------------------------------------------------------------------------------------- */

size_t metacache_room(const struct metacache *c) { return c ? c->max_bytes : 0; }

static uint64_t hash_of(struct sv text) {
    uint64_t h = 0xcbf29ce484222325;        /* FNV-1a */
    for (size_t i = 0; i < text.len; i++) h = (h ^ (unsigned char)text.ptr[i]) * 0x100000001b3;
    return h | 1;                           /* 0 is a free place */
}

/* Its place, or the one unused for longest, cleared. */
static struct family *family_of(struct metacache *c, uint64_t key) {
    struct family *oldest = &c->families[0];
    for (int i = 0; i < N_FAMILIES; i++) {
        struct family *f = &c->families[i];
        if (f->key == key) return f;
        if (f->turn < oldest->turn) oldest = f;
    }
    *oldest = (struct family){ .key = key };
    return oldest;
}

static bool is_walk(struct family *f, uint64_t member, int64_t now, int64_t ttl_ms) {
    if (now - f->seen_ms > ttl_ms) f->n = 0;
    if (f->n == 0 || f->last != member) f->n++;
    f->last = member;
    f->seen_ms = now;
    if (f->n < WALK || now < f->whole_until_ms) return false;
    f->n = WALK;
    f->whole_until_ms = now + ttl_ms;
    return true;
}

bool metacache_walks(struct metacache *c, struct sv family, struct sv member) {
    if (!c || family.len == 0) return false;
    uint64_t key = hash_of(family), one = hash_of(member);
    pthread_mutex_lock(&c->lock);
    struct family *f = family_of(c, key);
    f->turn = ++c->turns;
    bool walks = is_walk(f, one, clock_mono_ms(), c->ttl_ms);
    pthread_mutex_unlock(&c->lock);
    return walks;
}
