#include "fetch.h"

#include <event2/http.h>
#include <string.h>

#include "core/mem.h"
#include "proxy/tenant/session_track.h"

enum { MAX_FETCHES = 16, FETCH_SILENCE_MS = 30 * 1000, FETCH_TOTAL_MS = 5 * 60 * 1000 };

struct fetch {
    struct proxy *proxy;
    struct fill fill;
    struct arena arena;
    struct buf body, chunk;
    struct answer answer;          /* its links are in the arena */
    struct entry *entry;           /* in the making */
    size_t accounted;              /* of it in proxy.captured */
    int next;                      /* link */
    int status;
    struct upstream_req *req;
    TAILQ_ENTRY(fetch) link;
};

static void fetch_free(struct fetch *f) {
    upstream_cancel(&f->req);
    f->proxy->n_fetches--;
    TAILQ_REMOVE(&f->proxy->fetches, f, link);
    f->proxy->captured -= f->accounted;
    buf_wipe(&f->body);
    buf_fini(&f->chunk);
    entry_unref(&f->entry);
    arena_fini(&f->arena);
    mem_free(f);
}

void fetch_drop_all(struct proxy *p) {
    while (!TAILQ_EMPTY(&p->fetches)) fetch_free(TAILQ_FIRST(&p->fetches));
}

static void keep(struct fetch *f) {
    struct proxy *p = f->proxy;
    struct err err = ERR_INIT;
    if (!cache_may_keep(&p->cache, f->fill.epoch) || !session_track_is_same(p->sessions, &f->fill.session)) return;
    if (secrets_random(f->entry->gen, sizeof f->entry->gen, &err)) return;
    fill_to_entry(&f->fill, f->entry);
    if (cache_keep(&p->cache, f->entry)) metrics_add(&p->metrics, M_FILL_STORED);
}

/* ---- one link after the other ---------------------------------------------------------------------------------- */

static bool start_next(struct fetch *f);

static void on_head(void *arg, int status, struct evkeyvalq *headers) {
    struct fetch *f = arg;
    (void)headers;
    f->status = status;
}

static bool on_body(void *arg, struct sv bytes) {
    struct fetch *f = arg;
    struct proxy *p = f->proxy;
    struct err e = ERR_INIT;
    bool fits = f->status == 200 && p->captured + bytes.len <= p->cfg->cache.memory_limit &&
                buf_addsv(&f->chunk, bytes, &e) == RC_OK;
    if (fits) p->captured += bytes.len, f->accounted += bytes.len;
    else f->status = 0; /* too large after all: read on to the end, keep nothing */
    return true;
}

static void on_done(void *arg, const struct upstream_end *end) {
    struct fetch *f = arg;
    struct entry_chunk *c = &f->entry->chunks[f->next];
    f->req = NULL;
    bool ok = end->fault == UPSTREAM_OK && f->status == 200 && f->chunk.len > 0;
    c->len = f->chunk.len;
    c->bytes = buf_take(&f->chunk);
    f->next++;
    if (ok && f->next < f->answer.n_links && start_next(f)) return;
    if (ok && f->next == f->answer.n_links) keep(f);
    fetch_free(f);
}

static bool start_next(struct fetch *f) {
    static const struct upstream_events EVENTS = {on_head, on_body, on_done};
    const struct sea_link *l = &f->answer.links[f->next];
    struct evkeyvalq headers;
    struct err e = ERR_INIT;
    struct upstream_call call = {.kind = UP_LINK, .method = "GET", .url = l->url, .headers = &headers,
                                 .silence_ms = FETCH_SILENCE_MS, .total_ms = FETCH_TOTAL_MS};
    TAILQ_INIT(&headers); /* no Authorization: the link is the credential */
    for (int i = 0; i < l->n_headers; i++) evhttp_add_header(&headers, l->headers[i].name, l->headers[i].value);
    f->status = 0;
    enum rc rc = upstream_start(f->proxy->upstream, &call, &EVENTS, f, &f->req, &e);
    evhttp_clear_headers(&headers);
    if (rc) log_line(f->proxy->log, LOG_DEBUG, "fetch", "%s", e.text);
    return rc == RC_OK;
}

static bool is_small(const struct proxy *p, struct sv body, const struct answer *a) {
    uint64_t total = body.len;
    for (int i = 0; i < a->n_links; i++)
        if (a->links[i].chunk.byte_count > 0) total += (uint64_t)a->links[i].chunk.byte_count;
    return a->n_links > 0 && a->n_links == a->n_chunks && total <= p->cfg->cache.max_entry;
}

bool fetch_start(struct proxy *p, const struct fill *fill, struct sv body, const struct answer *a) {
    struct err e = ERR_INIT;
    if (p->n_fetches >= MAX_FETCHES || !is_small(p, body, a)) return false;
    struct fetch *f = mem_zalloc(sizeof *f);
    if (!f) return false;
    f->proxy = p;
    f->fill = *fill;
    buf_init(&f->body, body.len);
    buf_init(&f->chunk, p->cfg->cache.max_entry);
    TAILQ_INSERT_TAIL(&p->fetches, f, link);
    p->n_fetches++;
    if (buf_addsv(&f->body, body, &e) == RC_OK) {
        f->answer = answer_look(buf_sv(&f->body), &f->arena);
        f->entry = answer_to_entry(buf_sv(&f->body), &f->answer);
        if (f->entry && f->answer.n_links == a->n_links && start_next(f)) return true;
    }
    fetch_free(f);
    return false;
}
