#include "link.h"

#include "core/mem.h"

void link_fini(struct link *l) {
    mem_free_secret(l->url);
    for (int i = 0; i < l->n_headers; i++) {
        mem_free_secret((char *)l->headers[i].name);
        mem_free_secret((char *)l->headers[i].value);
    }
    mem_free(l->headers);
    *l = (struct link){0};
}

static enum rc copy_headers(struct link *l, const struct sea_link *told, struct err *e) {
    if (!told->n_headers) return RC_OK;
    if (!(l->headers = mem_array((size_t)told->n_headers, sizeof *l->headers))) return err_nomem(e);
    for (int i = 0; i < told->n_headers; i++) {
        l->headers[i].name = mem_strdup(told->headers[i].name);
        l->headers[i].value = mem_strdup(told->headers[i].value);
        l->n_headers = i + 1;
        if (!l->headers[i].name || !l->headers[i].value) return err_nomem(e);
    }
    return RC_OK;
}

enum rc link_set(struct link *l, const struct sea_link *told, struct err *e) {
    link_fini(l);
    l->expires_ms = told->expires_ms;
    if ((l->url = mem_strdup(told->url)) && copy_headers(l, told, e) == RC_OK) return RC_OK;
    link_fini(l);
    return err_nomem(e);
}

struct link link_take(struct link *l) {
    struct link taken = *l;
    *l = (struct link){0};
    return taken;
}
