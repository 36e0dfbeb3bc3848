#include "targets.h"

#include <string.h>

#include "core/mem.h"

void targets_init(struct targets *t) {
    *t = (struct targets){.count = 0};
    t->host.health = HEALTH_UNKNOWN;
    TAILQ_INIT(&t->list);
}

static void drop(struct targets *t, struct target *x) {
    TAILQ_REMOVE(&t->list, x, link);
    t->count--;
    mem_free(x);
}

void targets_fini(struct targets *t) {
    while (!TAILQ_EMPTY(&t->list)) drop(t, TAILQ_FIRST(&t->list));
}

struct target *targets_find(const struct targets *t, const char *warehouse) {
    struct target *x;
    TAILQ_FOREACH(x, &t->list, link)
        if (strcmp(x->warehouse, warehouse) == 0) return x;
    return NULL;
}

/* One that says nothing: closed and unused. */
static bool make_room(struct targets *t) {
    struct target *x;
    if (t->count < TARGETS_MAX) return true;
    TAILQ_FOREACH_REVERSE(x, &t->list, target_list, link) {
        if (x->users > 0 || x->breaker.state != BREAKER_CLOSED) continue;
        drop(t, x);
        return true;
    }
    return false;
}

struct target *targets_get(struct targets *t, const char *warehouse) {
    if (!warehouse || !*warehouse || strlen(warehouse) >= TARGET_NAME) return NULL;
    struct target *x = targets_find(t, warehouse);
    if (x) {
        TAILQ_REMOVE(&t->list, x, link);
    } else {
        if (!make_room(t)) return NULL;
        x = mem_zalloc(sizeof *x);
        if (!x) return NULL;
        memcpy(x->warehouse, warehouse, strlen(warehouse) + 1);
        x->health = HEALTH_UNKNOWN;
        t->count++;
    }
    TAILQ_INSERT_HEAD(&t->list, x, link);
    return x;
}
