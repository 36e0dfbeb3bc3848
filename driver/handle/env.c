#include "env.h"

#include "core/mem.h"

struct env *env_new(void) {
    struct env *e = mem_zalloc(sizeof *e);
    if (!e) return NULL;
    if (!handle_init(&e->h, HANDLE_ENV)) {
        mem_free(e);
        return NULL;
    }
    e->pooling = SQL_CP_OFF;
    e->pool_match = SQL_CP_STRICT_MATCH;
    return e;
}

void env_free(struct env **e) {
    if (!*e) return;
    handle_fini(&(*e)->h);
    mem_free(*e);
    *e = NULL;
}
