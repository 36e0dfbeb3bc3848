#include "dbc.h"

#include "core/clock.h"
#include "core/mem.h"
#include "desc.h"
#include "driver/api/async.h"
#include "driver/sql/scan.h"
#include "driver/api/metacache.h"
#include "env.h"
#include "stmt.h"

struct dbc *dbc_new(struct env *env) {
    struct dbc *d = mem_zalloc(sizeof *d);
    if (!d) return NULL;
    d->cancel = cancel_new();
    if (!d->cancel || !handle_init(&d->h, HANDLE_DBC)) {
        cancel_free(&d->cancel);
        mem_free(d);
        return NULL;
    }
    pthread_mutex_init(&d->list_lock, NULL);
    buf_init(&d->words, 1 << 20);
    attr_dbc_defaults(&d->attrs);
    attr_stmt_defaults(&d->stmt_defaults);
    d->env = env;
    atomic_fetch_add(&env->n_connections, 1);
    return d;
}

void dbc_free(struct dbc **d) {
    if (!*d) return;
    dbc_close(*d);
    atomic_fetch_sub(&(*d)->env->n_connections, 1);
    handle_fini(&(*d)->h);
    cancel_free(&(*d)->cancel);
    mem_free((*d)->catalog);
    mem_free((*d)->given_catalog);
    mem_free_secret((*d)->browse);
    buf_fini(&(*d)->words);
    pthread_mutex_destroy(&(*d)->list_lock);
    mem_free(*d);
    *d = NULL;
}

bool dbc_has_pending(struct dbc *d) {
    bool pending = false;
    pthread_mutex_lock(&d->list_lock);
    for (struct stmt *s = d->stmts; s && !pending; s = s->next) pending = atomic_load(&s->h.pending) != NULL;
    pthread_mutex_unlock(&d->list_lock);
    return pending;
}

/* A statement that is still running in another thread is cancelled and waited for before its handle goes. */
static void end_stmts(struct dbc *d) {
    pthread_mutex_lock(&d->list_lock);
    for (struct stmt *s = d->stmts; s; s = s->next) stmt_cancel(s);
    pthread_mutex_unlock(&d->list_lock);
    while (d->stmts) {
        struct stmt *s = d->stmts;
        handle_lock(&s->h);
        handle_unlock(&s->h);
        dbc_drop_stmt(&s);
    }
}

void dbc_close(struct dbc *d) {
    end_stmts(d);
    while (d->descs) {
        struct desc *desc = d->descs;
        dbc_drop_desc(&desc);
    }
    metacache_free(&d->metacache);
    session_close(&d->session);
    log_close(&d->log);
    options_fini(&d->options);
    memset(&d->options, 0, sizeof d->options);
    d->connected = false;
}

enum rc dbc_namespace(struct dbc *d, struct cancel *c, int64_t deadline, const char **catalog, const char **schema,
                      struct err *e) {
    const struct options *o = &d->options;
    bool known = o->catalog && o->catalog[0] && o->schema && o->schema[0];
    if (known && !atomic_load(&d->namespace_moved)) {
        *catalog = o->catalog;
        *schema = o->schema;
        return RC_OK;
    }
    return session_namespace(d->session, c, deadline, catalog, schema, e);
}

void dbc_note_statement(struct dbc *d, int scan_kind) {
    if (scan_kind == SCAN_SESSION) atomic_store(&d->namespace_moved, true);
    if (scan_kind >= SCAN_DDL) atomic_store(&d->session_touched, true);
    if (scan_kind >= SCAN_WRITE && scan_kind != SCAN_SESSION && d->attrs.autocommit == SQL_AUTOCOMMIT_OFF)
        atomic_store(&d->wrote, true);
}

static void empty_stmt(struct stmt *s) {
    stmt_cancel(s);
    async_drop(&s->h);
    handle_lock(&s->h);
    stmt_close_cursor(s);
    s->ard = &s->own_ard;
    s->apd = &s->own_apd;
    desc_unbind_all(s->ard);
    desc_unbind_all(s->apd);
    s->attrs = s->dbc->stmt_defaults;
    handle_unlock(&s->h);
}

void dbc_forget_handles(struct dbc *d) {
    for (struct stmt *s = d->stmts, *next; s; s = next) {
        next = s->next;
        empty_stmt(s);
        if (s->h.forgotten) dbc_drop_stmt(&s);
        else s->h.forgotten = true;
    }
    for (struct desc *desc = d->descs, *next; desc; desc = next) {
        next = desc->next;
        if (desc->h.forgotten) dbc_drop_desc(&desc);
        else desc->h.forgotten = true;
    }
}

struct stmt *dbc_add_stmt(struct dbc *d) {
    struct stmt *s = stmt_new(d);
    if (!s) return NULL;
    pthread_mutex_lock(&d->list_lock);
    s->next = d->stmts;
    d->stmts = s;
    s->number = ++d->cursor_names;
    pthread_mutex_unlock(&d->list_lock);
    return s;
}

void dbc_drop_stmt(struct stmt **s) {
    struct dbc *d = (*s)->dbc;
    pthread_mutex_lock(&d->list_lock);
    struct stmt **at = &d->stmts;
    while (*at && *at != *s) at = &(*at)->next;
    if (*at) *at = (*s)->next;
    pthread_mutex_unlock(&d->list_lock);
    if (handle_is_lost(&(*s)->h)) *s = NULL;    /* a thread was changing it when the process forked */
    else stmt_free(s);
}

struct desc *dbc_add_desc(struct dbc *d) {
    struct desc *desc = desc_new(d);
    if (!desc) return NULL;
    pthread_mutex_lock(&d->list_lock);
    desc->next = d->descs;
    d->descs = desc;
    pthread_mutex_unlock(&d->list_lock);
    return desc;
}

void dbc_drop_desc(struct desc **desc) {
    struct dbc *d = (*desc)->dbc;
    pthread_mutex_lock(&d->list_lock);
    struct desc **at = &d->descs;
    while (*at && *at != *desc) at = &(*at)->next;
    if (*at) *at = (*desc)->next;
    for (struct stmt *s = d->stmts; s; s = s->next) {
        if (s->ard == *desc) s->ard = &s->own_ard;
        if (s->apd == *desc) s->apd = &s->own_apd;
    }
    pthread_mutex_unlock(&d->list_lock);
    desc_free(desc);
}
