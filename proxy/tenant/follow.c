#include "follow.h"

#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/mem.h"

enum { MAX_FOLLOWED = 50000, SWEEP_MS = 1000 };

struct item {
    struct keymap_node node;
    struct followed what;
    int64_t until_ms;
    TAILQ_ENTRY(item) link;
};

struct follow {
    struct cache *cache;
    const struct secrets *secrets;
    struct metrics *metrics;
    struct keymap map;
    TAILQ_HEAD(, item) all;  /* soonest end first */
    struct event *sweep;
};

void fill_to_entry(const struct fill *f, struct entry *e) {
    memcpy(e->key, f->key, DIGEST_BYTES);
    memcpy(e->scope, f->principal, DIGEST_BYTES);
    e->submitted_ms = f->submitted_ms;
    e->ttl_ms = f->ttl_ms;
    e->hybrid = f->hybrid;
    e->epoch = f->epoch;
}

static void item_end(struct follow *f, struct item *it) {
    if (it->what.is_write) cache_write_end(f->cache);
    keymap_remove(&f->map, &it->node);
    TAILQ_REMOVE(&f->all, it, link);
    mem_free(it);
    metrics_set(f->metrics, M_PENDING, f->map.count);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg) {
    struct follow *f = arg;
    int64_t now = clock_mono_ms();
    (void)fd;
    (void)what;
    while (!TAILQ_EMPTY(&f->all) && TAILQ_FIRST(&f->all)->until_ms <= now) item_end(f, TAILQ_FIRST(&f->all));
}

enum rc follow_new(struct follow **out, struct event_base *base, struct cache *c, const struct secrets *s,
                   struct metrics *m, struct err *e) {
    static const struct timeval EVERY = {SWEEP_MS / 1000, SWEEP_MS % 1000 * 1000};
    struct follow *f = mem_zalloc(sizeof *f);
    *out = f;
    if (!f) return err_nomem(e);
    f->cache = c;
    f->secrets = s;
    f->metrics = m;
    TAILQ_INIT(&f->all);
    f->sweep = event_new(base, -1, EV_PERSIST, on_sweep, f);
    if (keymap_init(&f->map) && f->sweep && event_add(f->sweep, &EVERY) == 0) return RC_OK;
    follow_free(out);
    return err_nomem(e);
}

void follow_free(struct follow **slot) {
    struct follow *f = *slot;
    if (!f) return;
    while (!TAILQ_EMPTY(&f->all)) item_end(f, TAILQ_FIRST(&f->all));
    if (f->sweep) event_free(f->sweep);
    keymap_fini(&f->map);
    mem_free(f);
    *slot = NULL;
}

static bool digest_of(const struct follow *f, struct sv id, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    if (!id.ptr) return secrets_random(out, DIGEST_BYTES, &e) == RC_OK; /* never found again */
    return secrets_digest(f->secrets, "statement", id, out, &e) == RC_OK;
}

static struct item *find(struct follow *f, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    return id.ptr && digest_of(f, id, key) ? (struct item *)keymap_find(&f->map, key)
                                           : NULL; /* node is the first member */
}

static void keep_on(struct follow *f, struct item *it) {
    it->until_ms = clock_mono_ms() + FOLLOW_MS;
    TAILQ_INSERT_TAIL(&f->all, it, link);
}

void follow_add(struct follow *f, struct sv id, const struct followed *what) {
    follow_end(f, id);
    if (f->map.count >= MAX_FOLLOWED) item_end(f, TAILQ_FIRST(&f->all));
    struct item *it = mem_zalloc(sizeof *it);
    if (!it || !digest_of(f, id, it->node.key)) {
        mem_free(it);
        if (what->is_write) cache_write_end(f->cache);
        return;
    }
    it->what = *what;
    keymap_add(&f->map, &it->node);
    keep_on(f, it);
    metrics_set(f->metrics, M_PENDING, f->map.count);
}

const struct followed *follow_find(struct follow *f, struct sv id) {
    struct item *it = find(f, id);
    if (!it) return NULL;
    TAILQ_REMOVE(&f->all, it, link);
    keep_on(f, it);
    return &it->what;
}

void follow_end(struct follow *f, struct sv id) {
    struct item *it = find(f, id);
    if (it) item_end(f, it);
}
