#include "writes.h"

#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/mem.h"
#include "proxy/redis/shared.h"

enum { MAX_FOLLOWED = 50000, SWEEP_MS = 1000, TELL_MS = 5000 };

struct write {
    struct keymap_node node;      /* its key is the digest of the statement id, once it is followed */
    struct writes *owner;
    bool followed;
    int64_t until_ms;
    TAILQ_ENTRY(write) link;      /* of the followed */
    struct shared_write *told;    /* the other instances know; NULL = there are none */
    int n;
    struct epoch_name names[];
};

struct writes {
    struct writes_needs needs;
    struct keymap map;
    TAILQ_HEAD(, write) followed;  /* soonest end first */
    struct event *sweep;
};

static void on_sweep(evutil_socket_t fd, short what, void *arg) {
    struct writes *w = arg;
    int64_t now = clock_mono_ms();
    (void)fd;
    (void)what;
    while (!TAILQ_EMPTY(&w->followed) && TAILQ_FIRST(&w->followed)->until_ms <= now) {
        struct write *first = TAILQ_FIRST(&w->followed);
        write_end(&first);
    }
}

enum rc writes_new(struct writes **out, const struct writes_needs *needs, struct err *e) {
    static const struct timeval EVERY = {SWEEP_MS / 1000, SWEEP_MS % 1000 * 1000};
    struct writes *w = mem_zalloc(sizeof *w);
    *out = w;
    if (!w) return err_nomem(e);
    w->needs = *needs;
    TAILQ_INIT(&w->followed);
    w->sweep = event_new(needs->base, -1, EV_PERSIST, on_sweep, w);
    if (keymap_init(&w->map) && w->sweep && event_add(w->sweep, &EVERY) == 0) return RC_OK;
    writes_free(out);
    return err_nomem(e);
}

void writes_free(struct writes **slot) {
    struct writes *w = *slot;
    if (!w) return;
    while (!TAILQ_EMPTY(&w->followed)) {
        struct write *first = TAILQ_FIRST(&w->followed);
        write_end(&first);
    }
    if (w->sweep) event_free(w->sweep);
    keymap_fini(&w->map);
    mem_free(w);
    *slot = NULL;
}

/* ---- one of them ----------------------------------------------------------------------------------------------- */

/* Told and not waited for: what another instance keeps meanwhile was read under an epoch that is raised again at the
 * end. */
static void tell_others(struct write *one) {
    const struct writes_needs *n = &one->owner->needs;
    struct shared_epoch epochs[EPOCH_MAX_NAMES] = {0};
    int64_t deadline = clock_mono_ms() + TELL_MS;
    for (int i = 0; i < one->n; i++) {
        memcpy(epochs[i].name, one->names[i].bytes, sizeof epochs[i].name);
        epochs[i].us = (int64_t)epochs_known(n->epochs, &one->names[i]);
    }
    one->told = shared_write_begin(n->shared, n->store, epochs, one->n, deadline, NULL, NULL, NULL);
    if (!one->told) shared_bump(n->shared, n->store, epochs, one->n, deadline, NULL, NULL, NULL);
}

struct write *write_begin(struct writes *w, const struct epoch_name *names, int n, enum metric source) {
    struct epoch_name all = epoch_name_all(w->needs.epochs);
    if (n == 0) names = &all, n = 1;
    struct write *one = mem_zalloc(sizeof *one + sizeof *names * (size_t)n);
    metrics_add(w->needs.metrics, source);
    if (!one) {
        epochs_raise(w->needs.epochs, &all);
        return NULL;
    }
    one->owner = w;
    one->n = n;
    memcpy(one->names, names, sizeof *names * (size_t)n);
    for (int i = 0; i < n; i++) epochs_begin(w->needs.epochs, &one->names[i]);
    if (w->needs.shared) tell_others(one);
    return one;
}

static void unfollow(struct write *one) {
    struct writes *w = one->owner;
    if (!one->followed) return;
    one->followed = false;
    keymap_remove(&w->map, &one->node);
    TAILQ_REMOVE(&w->followed, one, link);
    metrics_set(w->needs.metrics, M_PENDING, w->map.count);
}

void write_end(struct write **slot) {
    struct write *one = *slot;
    if (!one) return;
    unfollow(one);
    for (int i = 0; i < one->n; i++) epochs_end(one->owner->needs.epochs, &one->names[i]);
    shared_write_end(&one->told);
    mem_free(one);
    *slot = NULL;
}

/* ---- by statement id ------------------------------------------------------------------------------------------- */

static bool digest_of(const struct writes *w, struct sv id, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    if (!id.ptr) return secrets_random(out, DIGEST_BYTES, &e) == RC_OK; /* never found again */
    return secrets_digest(w->needs.secrets, "statement", id, out, &e) == RC_OK;
}

static struct write *find(struct writes *w, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    return id.ptr && digest_of(w, id, key) ? (struct write *)keymap_find(&w->map, key)
                                           : NULL; /* node is the first member */
}

static void keep_on(struct write *one) {
    one->until_ms = clock_mono_ms() + WRITE_HEARD_MS;
    TAILQ_INSERT_TAIL(&one->owner->followed, one, link);
}

void write_follow(struct write **slot, struct sv id) {
    struct write *one = *slot;
    if (!one) return;
    struct writes *w = one->owner;
    writes_end_id(w, id);
    if (!digest_of(w, id, one->node.key)) {
        write_end(slot);
        return;
    }
    if (w->map.count >= MAX_FOLLOWED) {
        struct write *first = TAILQ_FIRST(&w->followed);
        write_end(&first);
    }
    one->followed = true;
    keymap_add(&w->map, &one->node);
    keep_on(one);
    metrics_set(w->needs.metrics, M_PENDING, w->map.count);
    *slot = NULL;
}

bool writes_hear(struct writes *w, struct sv id) {
    struct write *one = find(w, id);
    if (!one) return false;
    TAILQ_REMOVE(&w->followed, one, link);
    keep_on(one);
    return true;
}

void writes_end_id(struct writes *w, struct sv id) {
    struct write *one = find(w, id);
    write_end(&one);
}
