/* loader: the threads that bring the bytes of chunks. They claim chunks in order, ask for links where there are none, and
 * write what comes into the chunk's body, within the budget. */
#include <stdio.h>

#include "core/clock.h"
#include "core/sea_codec.h"
#include "download.h"
#include "prefetch_priv.h"
#include "driver/http/worker.h"

enum { DEFAULT_WIRE_BYTES = 8 * 1024 * 1024, MAX_ANSWER = 256 * 1024 * 1024, MAX_REREQUESTS = 2 };

/* ---- memory ------------------------------------------------------------------------------------------------------ */

/* Bytes that are still to come for a chunk, as well as can be said. */
static size_t remaining(const struct prefetch *p, const struct chunk *k) {
    size_t all = k->expected;
    if (!all && k->byte_count > 0 && p->seen_told)
        all = (size_t)((double)k->byte_count * (double)p->seen_wire / (double)p->seen_told);
    else if (!all) all = k->byte_count > 0 ? (size_t)k->byte_count / 2 : DEFAULT_WIRE_BYTES;
    return all > k->body.own ? all - k->body.own : 0;
}

static bool is_next(const struct prefetch *p, const struct chunk *k) { return k->index <= p->read_at; }

/* A download fills its part of the budget little by little, while what came before is read: what is still to come for those
 * under way counts by a quarter. */
static size_t in_prospect(const struct prefetch *p, const struct chunk *k) { return remaining(p, k) / 4; }

static bool has_room_locked(const struct prefetch *p, const struct chunk *k) {
    size_t sum = p->wire + in_prospect(p, k);
    for (int i = 0; i < p->n_loaders; i++)
        if (p->loaders[i].chunk) sum += in_prospect(p, p->loaders[i].chunk);
    return is_next(p, k) || sum <= (pace_is_near(&p->pace) ? p->wire_budget / 2 : p->wire_budget);
}

/* The strict rule, for each segment: earlier chunks come first, and the one that the reader needs is never stopped. */
static bool may_grow_locked(const struct prefetch *p, const struct chunk *k) {
    size_t sum = p->wire + BODY_SEGMENT;
    for (int i = 0; i < p->n_loaders; i++) {
        const struct chunk *other = p->loaders[i].chunk;
        if (other && other->index < k->index) sum += in_prospect(p, other);
    }
    return is_next(p, k) || sum <= p->wire_budget;
}

static void begin_locked(struct chunk *k) {
    k->began_ms = k->grew_ms = clock_mono_ms();
    k->first_byte_ms = 0;
}

/* ---- bytes come in ----------------------------------------------------------------------------------------------- */

/* For whoever unpacks: a worker, or the reader where there is none. */
static void tell_bytes_locked(struct prefetch *p) {
    pthread_cond_broadcast(p->n_unpackers ? &p->work : &p->ready);
}

static void on_begin(void *arg, int64_t length) {
    struct loader *l = arg;
    struct prefetch *p = l->p;
    pthread_mutex_lock(&p->lock);
    struct chunk *k = l->chunk;
    k->expected = length > 0 ? (size_t)length : 0;
    k->first_byte_ms = clock_mono_ms();
    pace_first_byte(&p->pace, k->first_byte_ms - k->began_ms);
    loaders_adjust_locked(p);
    loaders_wake_locked(p);             /* it no longer waits: another may begin */
    pthread_mutex_unlock(&p->lock);
}

static enum rc open_segment(struct prefetch *p, struct loader *l, struct err *e) {
    enum rc rc = RC_OK;
    struct chunk *k = l->chunk;
    pthread_mutex_lock(&p->lock);
    int64_t waits_since = clock_mono_ms();
    p->n_full++;
    while (!p->stopping && !l->rerequest && !may_grow_locked(p, k)) pthread_cond_wait(&p->room, &p->lock);
    p->n_full--;
    k->began_ms += clock_mono_ms() - waits_since;   /* that was not the storage's time */
    if (p->stopping || l->rerequest) rc = err_set(e, ERR_CANCELLED, "cancelled");
    else rc = body_open(&k->body, k->expected ? remaining(p, k) : BODY_SEGMENT, e);
    k->grew_ms = clock_mono_ms();
    tell_bytes_locked(p);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

static enum rc on_bytes(void *arg, struct sv bytes, struct err *e) {
    struct loader *l = arg;
    while (bytes.len) {
        if (body_is_full(&l->chunk->body) && open_segment(l->p, l, e)) return RC_ERR;
        if (body_fill(&l->chunk->body, &bytes, e)) return RC_ERR;
    }
    return RC_OK;
}

static void on_restart(void *arg) {
    struct loader *l = arg;
    pthread_mutex_lock(&l->p->lock);
    body_restart(&l->chunk->body);
    begin_locked(l->chunk);
    pthread_mutex_unlock(&l->p->lock);
}

/* ---- one chunk --------------------------------------------------------------------------------------------------- */

static enum rc learn(struct prefetch *p, struct sv body, int64_t asked, struct err *e) {
    struct arena arena = ARENA_INIT;
    struct sea_result result;
    enum rc rc = sea_result_parse(body, &arena, &result, e);
    pthread_mutex_lock(&p->lock);
    if (rc == RC_OK) rc = chunk_list_learn(&p->list, &result, asked, e);
    loaders_wake_locked(p);             /* there may be more chunks than before */
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    arena_fini(&arena);
    return rc;
}

/* GET …/result/chunks/n: links, for this chunk and possibly for others, or the data itself. */
static enum rc look_up(struct loader *l, struct err *e) {
    struct prefetch *p = l->p;
    char path[1200];
    struct http_answer answer;
    int64_t index = l->chunk->index;
    snprintf(path, sizeof path, "/api/2.0/sql/statements/%.1024s/result/chunks/%lld", p->statement_id, (long long)index);
    struct sea_call call = {.method = HTTP_GET, .path = path, .class = RETRY_IDEMPOTENT, .deadline = CLOCK_NEVER,
                            .quiet_ms = 5000, .max_body = MAX_ANSWER};
    enum rc rc = sea_call(p->client, &call, l->cancel, &answer, NULL, e);
    if (rc == RC_OK) rc = learn(p, buf_sv(&answer.body), index, e);
    else if (e->http_status == 404) e->code = ERR_RESULT_GONE;
    http_answer_fini(&answer);
    if (rc) return err_wrap(e, "result chunk %lld", (long long)index);
    pthread_mutex_lock(&p->lock);
    l->chunk->fresh_link = true;
    if (!link_is_set(&l->chunk->link) && l->chunk->load != CHUNK_DONE)
        rc = err_set(e, ERR_RESULT_CORRUPT, "the server has no link and no data for chunk %lld", (long long)index);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

static enum rc download(struct loader *l, const struct link *link, int64_t byte_count, struct err *e) {
    struct chunk *k = l->chunk;
    struct http_sink sink = {.begin = on_begin, .take = on_bytes, .arg = l};
    struct download d = {.client = l->p->client, .index = k->index, .byte_count = byte_count, .fresh = k->fresh_link,
                         .refreshes = &k->refreshes, .sink = &sink, .restart = on_restart};
    bool done;
    if (download_run(&d, link, l->cancel, &done, e)) return RC_ERR;
    k->fresh_link = false;
    if (!done) return RC_OK;
    pthread_mutex_lock(&l->p->lock);
    enum rc rc = body_end(&k->body, e);
    if (rc == RC_OK) k->load = CHUNK_DONE;
    pthread_mutex_unlock(&l->p->lock);
    return rc;
}

/* One round: with the link that is there, or for a link. */
static enum rc load_once(struct loader *l, struct err *e) {
    pthread_mutex_lock(&l->p->lock);
    struct link link = link_take(&l->chunk->link);
    int64_t byte_count = l->chunk->byte_count;
    l->chunk->downloaded |= link_is_set(&link);
    pthread_mutex_unlock(&l->p->lock);
    enum rc rc = link_is_set(&link) ? download(l, &link, byte_count, e) : look_up(l, e);
    link_fini(&link);
    return rc;
}

/* A download that was given up for its slowness begins again with a new link. */
static bool begin_again(struct loader *l, const struct err *e) {
    if (e->code != ERR_CANCELLED) return false;
    pthread_mutex_lock(&l->p->lock);
    bool again = l->rerequest && !l->p->stopping;
    l->rerequest = false;
    if (again) {
        cancel_rearm(l->cancel);
        body_restart(&l->chunk->body);
        begin_locked(l->chunk);
    }
    pthread_mutex_unlock(&l->p->lock);
    return again;
}

static void settle(struct loader *l, enum rc rc, const struct err *e) {
    struct prefetch *p = l->p;
    pthread_mutex_lock(&p->lock);
    struct chunk *k = l->chunk;
    if (rc == RC_OK && k->first_byte_ms) pace_done(&p->pace, clock_mono_ms() - k->began_ms);
    if (rc == RC_OK && k->first_byte_ms && k->byte_count > 0) {
        p->seen_wire += k->body.bytes;
        p->seen_told += (size_t)k->byte_count;
    }
    if (rc) prefetch_fault_locked(p, k, e);
    l->chunk = NULL;
    l->rerequest = false;
    cancel_rearm(l->cancel);
    tell_bytes_locked(p);
    loaders_wake_locked(p);
    pthread_mutex_unlock(&p->lock);
}

static void load(struct loader *l) {
    struct err e = ERR_INIT;
    enum rc rc = RC_OK;
    while (l->chunk->load != CHUNK_DONE && rc == RC_OK) {
        rc = load_once(l, &e);
        if (rc && begin_again(l, &e)) rc = RC_OK;
    }
    settle(l, rc, &e);
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

static bool may_claim_locked(const struct prefetch *p) {
    int under_way = 0, waiting = 0;
    if (p->load_at >= p->list.n || p->load_at >= p->fail_at) return false;
    for (int i = 0; i < p->n_loaders; i++) {
        const struct chunk *k = p->loaders[i].chunk;
        under_way += k != NULL;
        waiting += k && !k->first_byte_ms;
    }
    return pace_allows(&p->pace, under_way, waiting) && has_room_locked(p, p->list.at[p->load_at]);
}

void loaders_wake_locked(struct prefetch *p) {
    if (p->n_full || p->stopping) pthread_cond_broadcast(&p->room);
    else if (may_claim_locked(p)) pthread_cond_signal(&p->room);
}

static void claim_locked(struct loader *l) {
    struct prefetch *p = l->p;
    l->chunk = p->list.at[p->load_at++];
    l->chunk->load = CHUNK_BUSY;
    begin_locked(l->chunk);
}

static void skip_loaded_locked(struct prefetch *p) {
    while (p->load_at < p->list.n && p->list.at[p->load_at]->load != CHUNK_IDLE) p->load_at++;
}

static void *loader_main(void *arg) {
    struct loader *l = arg;
    struct prefetch *p = l->p;
    pthread_mutex_lock(&p->lock);
    for (skip_loaded_locked(p); !p->stopping; skip_loaded_locked(p)) {
        int64_t now = clock_mono_ms(), at = pace_next_at(&p->pace);
        if (!may_claim_locked(p)) {
            pthread_cond_wait(&p->room, &p->lock);
            continue;
        }
        if (now < at && !is_next(p, p->list.at[p->load_at])) {
            prefetch_nap_locked(p, &p->room, at);
            continue;
        }
        pace_begin(&p->pace, now);
        claim_locked(l);
        loaders_wake_locked(p);
        pthread_mutex_unlock(&p->lock);
        load(l);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static bool start_one_locked(struct prefetch *p) {
    if (!p->loaders && !(p->loaders = mem_array(MAX_LOADERS, sizeof *p->loaders))) return false;
    struct loader *l = &p->loaders[p->n_loaders];
    *l = (struct loader){.p = p, .cancel = cancel_new()};
    if (l->cancel && worker_start(&l->thread, loader_main, l)) return p->n_loaders++, true;
    cancel_free(&l->cancel);
    return false;
}

bool loaders_again_locked(struct prefetch *p, struct chunk *k) {
    if (k->load != CHUNK_DONE) return false;
    for (int i = 0; i < p->n_loaders; i++)
        if (p->loaders[i].chunk == k) return false;     /* about to let go of it */
    chunk_empty(k);
    k->load = CHUNK_IDLE;
    k->expected = 0;
    if (p->load_at > k->index) p->load_at = k->index;
    loaders_adjust_locked(p);
    loaders_wake_locked(p);
    return true;
}

void loaders_adjust_locked(struct prefetch *p) {
    skip_loaded_locked(p);
    int64_t want = pace_threads(&p->pace), left = p->list.n - p->load_at;
    if (p->list.end_known && p->n_loaders + left < want) want = p->n_loaders + left;
    if (p->stopping || p->load_at >= p->fail_at) return;
    while (p->n_loaders < want && p->n_loaders < MAX_LOADERS && start_one_locked(p)) {}
}

static void rerequest_locked(struct prefetch *p, struct loader *l) {
    l->rerequest = true;
    l->chunk->rerequests++;
    log_line(p->client->log, LOG_WARNING, "storage", "chunk %lld takes far longer than others did: asking for it again",
             (long long)l->chunk->index);
    pthread_cond_broadcast(&p->room);
}

void loaders_starved_locked(struct prefetch *p, struct chunk *k) {
    int64_t now = clock_mono_ms();
    pace_starved(&p->pace, now);
    loaders_adjust_locked(p);
    loaders_wake_locked(p);
    for (int i = 0; i < p->n_loaders; i++) {
        struct loader *l = &p->loaders[i];
        if (l->chunk != k || l->rerequest || k->rerequests >= MAX_REREQUESTS) continue;
        if (!pace_is_straggler(&p->pace, now - k->began_ms, now - k->grew_ms)) continue;
        rerequest_locked(p, l);
        cancel_raise(l->cancel);
    }
}

void loaders_stop_locked(struct prefetch *p) {
    for (int i = 0; i < p->n_loaders; i++) cancel_raise(p->loaders[i].cancel);
}

void loaders_join(struct prefetch *p) {
    for (int i = 0; i < p->n_loaders; i++) {
        pthread_join(p->loaders[i].thread, NULL);
        cancel_free(&p->loaders[i].cancel);
    }
    mem_free(p->loaders);
}
