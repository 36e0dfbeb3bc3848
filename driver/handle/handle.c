#include "handle.h"

#include "diag.h"

static const uint32_t MAGIC[] = {
    [HANDLE_ENV] = 0x6f45e4c1, [HANDLE_DBC] = 0x6fdbc5a3, [HANDLE_STMT] = 0x6f57a97e, [HANDLE_DESC] = 0x6fde5c0b,
};

bool handle_init(struct handle *h, enum handle_kind kind) {
    h->kind = kind;
    h->locked_by = h;
    h->diag = diag_new();
    if (!h->diag) return false;
    pthread_mutex_init(&h->lock, NULL);
    h->magic = MAGIC[kind];
    return true;
}

void handle_fini(struct handle *h) {
    h->magic = 0;
    diag_free(&h->diag);
    pthread_mutex_destroy(&h->lock);
}

bool handle_is(SQLHANDLE h, enum handle_kind kind) {
    const struct handle *own = h;
    return own && own->magic == MAGIC[kind] && own->kind == kind;
}

bool handle_is_type(SQLHANDLE h, SQLSMALLINT type) {
    return type >= SQL_HANDLE_ENV && type <= SQL_HANDLE_DESC && handle_is(h, (enum handle_kind)type);
}

void handle_lock(struct handle *h) { pthread_mutex_lock(&h->locked_by->lock); }

bool handle_trylock(struct handle *h) { return pthread_mutex_trylock(&h->locked_by->lock) == 0; }

void handle_unlock(struct handle *h) { pthread_mutex_unlock(&h->locked_by->lock); }
