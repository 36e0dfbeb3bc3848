#include "fetch.h"

#include <event2/http.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "await.h"
#include "core/clock.h"
#include "core/mem.h"
#include "proxy/cache/unpacked.h"

enum {
    MAX_FETCHES = 256,
    PARALLEL = 4,
    MAX_RENEWALS = 2,               /* per chunk */
    SILENCE_MS = 30 * 1000,
    LOAD_MS = 5 * 60 * 1000,        /* of one body */
    IDLE_MS = 2 * 60 * 1000,        /* without progress */
    TOTAL_MS = 15 * 60 * 1000,
    MAX_LINK_ANSWER = 1024 * 1024
};

enum part_state { PART_WAITS /* for its link, or to pass by */, PART_READY /* to be loaded */, PART_LOADS, PART_HERE };

struct part {
    enum part_state state;
    const struct sea_link *link;    /* in the fetch's arena */
    int renewals;
};

struct load {
    struct fetch *fetch;
    int chunk;
    bool renews;                    /* the link, not the body, is being asked for */
    int status;
    struct buf bytes;
    struct upstream_req *req;       /* NULL = this place is free */
};

struct fetch {
    struct proxy *proxy;
    struct fill fill;
    void (*end)(struct proxy *p, const struct fill *fill, struct entry *entry, enum fetch_end how);
    struct arena arena;             /* links and parts */
    char *id;                       /* of the statement upstream */
    char *authorization;            /* wiped at the end */
    struct entry *entry;            /* in the making */
    bool lz4;
    size_t max_bytes, accounted;    /* the latter in proxy.captured */
    struct part *parts;
    struct load loads[PARALLEL];
    enum fetch_end how;
    bool ended;                     /* end() follows in the next turn of the loop */
    int64_t deadline_ms;
    struct event *timer;
    TAILQ_ENTRY(fetch) link;
};

static void fetch_free(struct fetch *f) {
    for (int i = 0; i < PARALLEL; i++) {
        upstream_cancel(&f->loads[i].req);
        buf_fini(&f->loads[i].bytes);
    }
    if (f->timer) event_free(f->timer);
    f->proxy->n_fetches--;
    TAILQ_REMOVE(&f->proxy->fetches, f, link);
    f->proxy->ledger.captured -= f->accounted;
    mem_free_secret(f->authorization);
    mem_free(f->id);
    entry_unref(&f->entry);
    arena_fini(&f->arena);
    mem_free(f);
}

void fetch_drop_all(struct proxy *p) {
    while (!TAILQ_EMPTY(&p->fetches)) fetch_free(TAILQ_FIRST(&p->fetches));
}

/* ---- ends and deadlines ---------------------------------------------------------------------------------------- */

/* Not at once: the caller may be within a callback of a transfer that would be cancelled. */
static void settle(struct fetch *f, enum fetch_end how) {
    if (f->ended) return;
    f->ended = true;
    f->how = how;
    event_active(f->timer, EV_TIMEOUT, 0);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct fetch *f = arg;
    struct proxy *p = f->proxy;
    struct fill fill = f->fill;
    void (*end)(struct proxy *, const struct fill *, struct entry *, enum fetch_end) = f->end;
    enum fetch_end how = f->ended ? f->how : FETCH_BROKEN;
    struct entry *e = how == FETCH_WHOLE ? entry_ref(f->entry) : NULL;
    (void)fd;
    (void)what;
    fetch_free(f);
    end(p, &fill, e, how);
    entry_unref(&e);
    await_wake(p, fill.key);
}

static void note_progress(struct fetch *f) {
    int64_t left = f->deadline_ms - clock_mono_ms(), wait = left < IDLE_MS ? left : IDLE_MS;
    if (wait < 0) wait = 0;
    struct timeval tv = {wait / 1000, wait % 1000 * 1000};
    if (!f->ended) event_add(f->timer, &tv);
}

void fetch_give_up(struct fetch *f, enum fetch_end how) { settle(f, how); }

/* May it grow by that much? If so it did. */
static bool account(struct fetch *f, size_t bytes) {
    struct proxy *p = f->proxy;
    enum fetch_end why = bytes > fetch_room(f) ? FETCH_TOO_LARGE : FETCH_NO_ROOM;
    if (why == FETCH_TOO_LARGE || !store_make_room(p->store, bytes)) {
        settle(f, why);
        return false;
    }
    f->accounted += bytes;
    p->ledger.captured += bytes;
    return true;
}

size_t fetch_room(const struct fetch *f) { return f->accounted < f->max_bytes ? f->max_bytes - f->accounted : 0; }

static void look_if_whole(struct fetch *f) {
    if (entry_missing(f->entry) < 0) settle(f, FETCH_WHOLE);
}

/* ---- loading --------------------------------------------------------------------------------------------------- */

static void load_some(struct fetch *f);

static void on_head(void *arg, int status, struct evkeyvalq *headers) {
    struct load *l = arg;
    (void)headers;
    l->status = status;
}

static bool on_body(void *arg, struct sv bytes) {
    struct load *l = arg;
    struct fetch *f = l->fetch;
    struct err e = ERR_INIT;
    if (f->ended || l->status != 200) return true; /* of no use */
    if (!l->renews && !account(f, bytes.len)) return true;
    if (buf_addsv(&l->bytes, bytes, &e)) settle(f, FETCH_BROKEN); /* longer than was announced */
    return true;
}

/* What was announced is the size on the wire; servers of old announced that of the unpacked data. */
static bool has_right_length(const struct fetch *f, const struct sea_link *link, struct sv body) {
    int64_t announced = link->chunk.byte_count;
    if (body.len == 0) return false;
    if (announced < 0 || body.len == (size_t)announced) return true;
    return f->lz4 && unpacked_length(body, announced) == announced;
}

static void take_body(struct fetch *f, struct load *l) {
    struct part *part = &f->parts[l->chunk];
    struct entry_chunk *c = &f->entry->chunks[l->chunk];
    if (!has_right_length(f, part->link, buf_sv(&l->bytes))) {
        settle(f, FETCH_BROKEN);
        return;
    }
    c->len = l->bytes.len;
    c->bytes = buf_take(&l->bytes);
    part->state = PART_HERE;
    part->link = NULL;
    look_if_whole(f);
}

/* The link to this chunk, and to others that wait for theirs: the client, having them, will not ask for them again. */
static void take_links(struct fetch *f, int chunk, struct sv body) {
    int n;
    const struct sea_link *links = answer_links(body, &f->arena, &n);
    bool found = false;
    for (int i = 0; i < n; i++) {
        if (!answer_link_fits(f->entry, &links[i])) continue;
        struct part *part = &f->parts[links[i].chunk.index];
        bool is_it = links[i].chunk.index == chunk;
        found |= is_it;
        if (is_it || part->state == PART_WAITS) {
            part->link = &links[i];
            part->state = PART_READY;
        }
    }
    if (!found) settle(f, FETCH_BROKEN);
}

/* Storage does not take the link any more. */
static void want_other_link(struct fetch *f, int chunk) {
    struct part *part = &f->parts[chunk];
    if (!f->authorization || part->renewals >= MAX_RENEWALS) {
        settle(f, FETCH_BROKEN);
        return;
    }
    part->renewals++;
    part->link = NULL;
    part->state = PART_READY;
}

static void on_done(void *arg, const struct upstream_end *end) {
    struct load *l = arg;
    struct fetch *f = l->fetch;
    bool ok = end->fault == UPSTREAM_OK && l->status == 200;
    l->req = NULL;
    if (f->ended) return;
    if (ok && l->renews) take_links(f, l->chunk, buf_sv(&l->bytes));
    else if (ok) take_body(f, l);
    else if (!l->renews && end->fault == UPSTREAM_OK && (l->status == 401 || l->status == 403))
        want_other_link(f, l->chunk);
    else settle(f, FETCH_BROKEN);
    buf_wipe(&l->bytes);
    note_progress(f);
    load_some(f);
}

static const struct upstream_events EVENTS = {on_head, on_body, on_done};

static enum rc load_body(struct load *l, const struct sea_link *link, struct err *e) {
    struct fetch *f = l->fetch;
    struct evkeyvalq headers;
    int64_t announced = link->chunk.byte_count;
    struct upstream_call call = {.kind = UP_LINK, .client = f->fill.tenant->client, .principal = f->fill.principal,
                                 .method = "GET", .url = link->url, .headers = &headers, .silence_ms = SILENCE_MS,
                                 .total_ms = LOAD_MS};
    TAILQ_INIT(&headers); /* no Authorization: the link is the credential */
    for (int i = 0; i < link->n_headers; i++)
        evhttp_add_header(&headers, link->headers[i].name, link->headers[i].value);
    buf_init(&l->bytes, announced >= 0 && (uint64_t)announced < f->max_bytes ? (size_t)announced : f->max_bytes);
    l->renews = false;
    enum rc rc = upstream_start(f->fill.tenant->upstream, &call, &EVENTS, l, &l->req, e);
    evhttp_clear_headers(&headers);
    return rc;
}

static enum rc load_link(struct load *l, struct err *e) {
    struct fetch *f = l->fetch;
    struct evkeyvalq headers;
    char target[256];
    struct upstream_call call = {.kind = UP_CHUNK, .client = f->fill.tenant->client, .principal = f->fill.principal,
                                 .method = "GET", .target = target, .headers = &headers, .decode = true,
                                 .silence_ms = SILENCE_MS, .total_ms = SILENCE_MS};
    snprintf(target, sizeof target, "/api/2.0/sql/statements/%s/result/chunks/%d", f->id, l->chunk);
    TAILQ_INIT(&headers);
    evhttp_add_header(&headers, "Authorization", f->authorization);
    evhttp_add_header(&headers, "Accept", "application/json");
    buf_init(&l->bytes, MAX_LINK_ANSWER);
    l->renews = true;
    enum rc rc = upstream_start(f->fill.tenant->upstream, &call, &EVENTS, l, &l->req, e);
    mem_wipe((char *)(uintptr_t)evhttp_find_header(&headers, "Authorization"), strlen(f->authorization));
    evhttp_clear_headers(&headers);
    return rc;
}

static struct load *find_place(struct fetch *f) {
    for (int i = 0; i < PARALLEL; i++)
        if (!f->loads[i].req) return &f->loads[i];
    return NULL;
}

static int find_ready(const struct fetch *f) {
    for (int i = 0; i < f->entry->n_chunks; i++)
        if (f->parts[i].state == PART_READY) return i;
    return -1;
}

static void load_some(struct fetch *f) {
    struct load *l;
    struct err e = ERR_INIT;
    int chunk;
    while (!f->ended && (chunk = find_ready(f)) >= 0 && (l = find_place(f))) {
        const struct sea_link *link = f->parts[chunk].link;
        if (link && link->expires_ms && link->expires_ms <= clock_wall_ms()) {
            want_other_link(f, chunk);
            continue;
        }
        l->chunk = chunk;
        l->status = 0;
        f->parts[chunk].state = PART_LOADS;
        if (link ? load_body(l, link, &e) : load_link(l, &e)) {
            log_line(f->proxy->log, LOG_DEBUG, "fetch", "%s", e.text);
            settle(f, FETCH_BROKEN);
        }
    }
}

/* ---- what passes by -------------------------------------------------------------------------------------------- */

static bool is_open_for(const struct fetch *f, struct sv id) { return !f->ended && sv_eq(sv_of(f->id), id); }

struct fetch *fetch_find(struct proxy *p, struct sv id, const uint8_t principal[DIGEST_BYTES], int64_t chunk) {
    struct fetch *f;
    TAILQ_FOREACH(f, &p->fetches, link)
        if (is_open_for(f, id) && memcmp(f->fill.principal, principal, DIGEST_BYTES) == 0 && chunk >= 0 &&
            chunk < f->entry->n_chunks && f->parts[chunk].state == PART_WAITS)
            return f;
    return NULL;
}

void fetch_see_chunk(struct fetch *f, int64_t chunk, struct sv body) {
    struct err e = ERR_INIT;
    int i = (int)chunk;
    if (f->ended || f->parts[i].state != PART_WAITS) return;
    if (f->entry->linked) {
        take_links(f, i, body);
        load_some(f);
    } else if (!account(f, body.len)) {
        return;
    } else if (answer_add_chunk(f->entry, i, body, &e)) {
        settle(f, FETCH_BROKEN);
    } else {
        f->parts[i].state = PART_HERE;
        look_if_whole(f);
    }
    note_progress(f);
}

static bool waits_for_client(const struct fetch *f) {
    for (int i = 0; i < f->entry->n_chunks; i++)
        if (f->parts[i].state == PART_WAITS) return true;
    return false;
}

void fetch_statement_closed(struct proxy *p, struct sv id) {
    struct fetch *f;
    TAILQ_FOREACH(f, &p->fetches, link) {
        if (!is_open_for(f, id)) continue;
        if (waits_for_client(f)) settle(f, FETCH_BROKEN);
        mem_free_secret(f->authorization); /* links cannot be had any more */
        f->authorization = NULL;
    }
}

const struct fetch *fetch_loading(const struct proxy *p, const uint8_t key[DIGEST_BYTES]) {
    const struct fetch *f;
    TAILQ_FOREACH(f, &p->fetches, link)
        if (!f->ended && memcmp(f->fill.key, key, DIGEST_BYTES) == 0 && !waits_for_client(f) &&
            fill_is_current(&f->fill))
            return f;
    return NULL;
}

const struct fill *fetch_fill(const struct fetch *f) { return &f->fill; }
const struct entry *fetch_entry(const struct fetch *f) { return f->entry; }

/* ---- starting -------------------------------------------------------------------------------------------------- */

static size_t announced_bytes(const struct answer *a) {
    uint64_t total = 0;
    for (int i = 0; i < a->n_links; i++)
        if (a->links[i].chunk.byte_count > 0) total += (uint64_t)a->links[i].chunk.byte_count;
    return total > SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)total;
}

static bool is_plain_id(struct sv id) {
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    for (size_t i = 0; i < id.len; i++)
        if (!memchr(LETTERS, id.ptr[i], sizeof LETTERS - 1)) return false;
    return id.len > 0 && id.len < 128;
}

static bool set_parts(struct fetch *f, const struct answer *a) {
    f->parts = arena_array(&f->arena, (size_t)f->entry->n_chunks, sizeof *f->parts);
    if (!f->parts) return false;
    if (!f->entry->linked) f->parts[0].state = PART_HERE;
    for (int i = 0; i < a->n_links; i++)
        f->parts[i] = (struct part){.state = PART_READY, .link = &a->links[i]};
    return true;
}

static bool prepare(struct fetch *f, const struct fetch_job *job) {
    struct answer a = answer_look(job->body, &f->arena); /* once more: its links must live as long as we */
    f->timer = evtimer_new(f->proxy->base, on_timer, f);
    f->id = mem_strndup(job->answer->id.ptr, job->answer->id.len);
    if (job->authorization) f->authorization = mem_strdup(job->authorization);
    f->entry = answer_to_entry(job->body, &a);
    if (!f->timer || !f->id || !f->entry || (job->authorization && !f->authorization)) return false;
    f->entry->hybrid = job->fill->hybrid;
    f->lz4 = a.lz4;
    for (int i = 0; i < PARALLEL; i++) f->loads[i].fetch = f;
    return set_parts(f, &a);
}

bool fetch_start(struct proxy *p, const struct fetch_job *job, enum fetch_end *how_r) {
    const struct answer *a = job->answer;
    *how_r = FETCH_BROKEN;
    if (a->n_chunks == 0 || a->closed || !a->id.ptr || !is_plain_id(a->id)) return false;
    *how_r = FETCH_TOO_LARGE;
    if (job->body.len > job->max_bytes || announced_bytes(a) > job->max_bytes) return false;
    *how_r = FETCH_NO_ROOM;
    struct fetch *f = p->n_fetches < MAX_FETCHES ? mem_zalloc(sizeof *f) : NULL;
    if (!f) return false;
    f->proxy = p;
    f->fill = *job->fill;
    f->end = job->end;
    f->max_bytes = job->max_bytes;
    f->deadline_ms = clock_mono_ms() + TOTAL_MS;
    TAILQ_INSERT_TAIL(&p->fetches, f, link);
    p->n_fetches++;
    if (!prepare(f, job) || !account(f, entry_cost(f->entry))) {
        *how_r = f->ended ? f->how : FETCH_NO_ROOM;
        fetch_free(f);
        return false;
    }
    note_progress(f);
    load_some(f);
    return true;
}
