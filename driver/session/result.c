#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "driver/prefetch/prefetch.h"
#include "session_priv.h"

struct result {
    struct session *session;
    struct arena arena;             /* of the answer: ids, names, manifest */
    struct sea_answer sea;          /* its result part is used up */
    struct column *columns;
    struct prefetch *fetch;
    bool closed;                    /* at the server */
    bool complete;
    int64_t delivered;              /* rows */
    struct cachenews news;
};

static enum rc make_columns(struct result *r, struct err *e) {
    const struct sea_manifest *m = &r->sea.manifest;
    if (!(r->columns = arena_array(&r->arena, (size_t)m->n_columns + 1, sizeof *r->columns))) return err_nomem(e);
    for (int i = 0; i < m->n_columns; i++)
        r->columns[i] = (struct column){.sea = m->columns[i], .nullable = NULLABLE_YES, .zone = ""};
    return RC_OK;
}

/* Statement failed or not, an id belongs into every error about its result. */
static enum rc about(const struct result *r, struct err *e) {
    if (!*e->statement_id) snprintf(e->statement_id, sizeof e->statement_id, "%s", r->sea.statement_id);
    return RC_ERR;
}

static enum rc open_chunks(struct result *r, struct cancel *c, int64_t deadline, struct err *e) {
    struct prefetch_in in = {.client = &r->session->client,
                             .statement_id = r->sea.statement_id,
                             .manifest = &r->sea.manifest,
                             .first = &r->sea.result,
                             .columns = r->columns};
    return prefetch_new(&r->fetch, &in, e) || prefetch_start(r->fetch, c, deadline, e) ? RC_ERR : RC_OK;
}

enum rc result_new(struct result **out, struct session *s, struct outcome *o, struct cancel *c, int64_t deadline,
                   struct err *e) {
    struct result *r = mem_zalloc(sizeof *r);
    if (!r) return err_nomem(e);
    r->session = s;
    r->arena = o->arena;
    r->sea = o->sea;
    r->closed = o->closed;
    o->arena = (struct arena)ARENA_INIT;
    r->news = cachenews_read(o->http.cache_status, o->http.age_s);
    if (make_columns(r, e) == RC_OK && open_chunks(r, c, deadline, e) == RC_OK) return *out = r, RC_OK;
    about(r, e);
    result_free(&r);
    return RC_ERR;
}

const char *result_statement_id(const struct result *r) { return r->sea.statement_id; }
int result_n_columns(const struct result *r) { return r->sea.manifest.n_columns; }
const struct column *result_columns(const struct result *r) { return r->columns; }
int64_t result_total_rows(const struct result *r) { return r->sea.manifest.total_rows; }
bool result_truncated(const struct result *r) { return r->sea.manifest.truncated; }
struct cachenews result_cachenews(const struct result *r) { return r->news; }

static enum rc check_total(const struct result *r, struct err *e) {
    int64_t total = r->sea.manifest.total_rows;
    if (total < 0 || r->delivered == total) return RC_OK;
    return err_set(e, ERR_RESULT_SHORT, "%lld rows arrived where the server announced %lld", (long long)r->delivered,
                   (long long)total);
}

enum rc result_next(struct result *r, struct cancel *c, int64_t deadline, struct batch **out, struct err *e) {
    *out = NULL;
    if (r->complete) return RC_OK;
    if (!transport_survived_fork(r->session->client.http))
        return err_set(e, ERR_NET_RESET,
                       "this result belongs to the parent of the forked process; connect anew in the child");
    if (prefetch_next(r->fetch, c, deadline, out, e)) return about(r, e);
    if (!*out && check_total(r, e)) return about(r, e);
    r->complete = !*out;
    if (!*out) return RC_OK;
    r->delivered += (*out)->n_rows;
    int64_t total = r->sea.manifest.total_rows;
    if (total < 0 || r->delivered <= total) return RC_OK;
    batch_free(out);
    return err_set(e, ERR_RESULT_SHORT, "more rows arrived than the %lld that the server announced", (long long)total),
           about(r, e);
}

void result_free(struct result **pr) {
    struct result *r = *pr;
    if (!r) return;
    *pr = NULL;
    if (!transport_survived_fork(r->session->client.http)) return;
    prefetch_free(&r->fetch);
    if (!r->closed) execute_part(r->session, r->sea.statement_id);
    arena_fini(&r->arena);
    mem_free(r);
}
