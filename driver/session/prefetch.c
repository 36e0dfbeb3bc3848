#include "prefetch.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "chunk.h"
#include "core/clock.h"
#include "core/mem.h"
#include "core/slab.h"
#include "worker.h"

enum { MAX_CHUNKS = 200000, DEFAULT_CHUNK_BYTES = 16 * 1024 * 1024, NAP_MS = 1000 };

enum slot_state { SLOT_IDLE, SLOT_BUSY, SLOT_READY, SLOT_FAILED, SLOT_TAKEN };

struct slot {
    enum slot_state state;
    struct chunk chunk;
    size_t held;                /* counted in prefetch.held: an estimate while busy, the truth when ready */
    struct err *fault;          /* SLOT_FAILED */
};

struct prefetch {
    struct chunk_source source;
    const struct sea_manifest *manifest;
    struct column *columns;
    size_t budget;
    bool stitched;              /* inline Arrow of several chunks: one stream cut into pieces, decoded by the reader */
    struct decoder *decoder;    /* stitched only; the reader's */

    pthread_mutex_t lock;       /* guards all below */
    pthread_cond_t changed;     /* a slot became ready or failed, or room for another chunk */
    struct slot *slots;
    int64_t n, cap;             /* chunks known so far */
    bool end_known;             /* n is all of them */
    int64_t claim, read;        /* next to load, next to read; read <= claim */
    size_t held, seen_bytes, seen_chunks;
    bool columns_done, stopping, failed;
    struct cancel *stop;        /* interrupts the workers' requests */
    int n_threads;
    pthread_t *threads;
};

/* ---- the chunk table --------------------------------------------------------------------------------------------- */

static enum rc table_grow(struct prefetch *p, int64_t n, struct err *e) {
    if (n <= p->n) return RC_OK;
    if (n > MAX_CHUNKS) return err_set(e, ERR_LIMIT, "a result of more than %d chunks", MAX_CHUNKS);
    if (n > p->cap) {
        int64_t cap = p->cap * 2 > n ? p->cap * 2 : n;
        struct slot *grown = mem_array((size_t)cap, sizeof *grown);
        if (!grown) return err_nomem(e);
        if (p->n) memcpy(grown, p->slots, (size_t)p->n * sizeof *grown);
        mem_free(p->slots);
        p->slots = grown;
        p->cap = cap;
    }
    for (int64_t i = p->n; i < n; i++) chunk_init(&p->slots[i].chunk, i);
    p->n = n;
    return RC_OK;
}

static enum rc corrupt(struct err *e, const char *what, int64_t index) {
    return err_set(e, ERR_RESULT_CORRUPT, "the server's chunk list is inconsistent: chunk %lld %s", (long long)index,
                   what);
}

/* What one source says of a chunk must not contradict what another said. */
static enum rc note_info(struct chunk *k, const struct sea_chunk_info *info, struct err *e) {
    if (info->row_offset >= 0 && k->row_offset >= 0 && info->row_offset != k->row_offset)
        return corrupt(e, "has two row offsets", k->index);
    if (info->row_count >= 0 && k->row_count >= 0 && info->row_count != k->row_count)
        return corrupt(e, "has two row counts", k->index);
    if (info->row_offset >= 0) k->row_offset = info->row_offset;
    if (info->row_count >= 0) k->row_count = info->row_count;
    return RC_OK;
}

/* Every chunk once, offsets that follow from the counts, and a sum that is the total. */
static enum rc check_list(struct prefetch *p, struct err *e) {
    const struct sea_manifest *m = p->manifest;
    int64_t rows = 0;
    for (int64_t i = 0; i < p->n; i++) {
        const struct chunk *k = &p->slots[i].chunk;
        if (!k->listed) return corrupt(e, "is missing", i);
        if (k->row_count < 0) return RC_OK;
        if (k->row_offset >= 0 && k->row_offset != rows) return corrupt(e, "has the wrong row offset", i);
        rows += k->row_count;
    }
    if (m->total_rows >= 0 && rows != m->total_rows)
        return err_set(e, ERR_RESULT_CORRUPT, "the server announces %lld rows and chunks of %lld rows",
                       (long long)m->total_rows, (long long)rows);
    return RC_OK;
}

static enum rc take_list(struct prefetch *p, struct err *e) {
    const struct sea_manifest *m = p->manifest;
    if (m->total_chunks >= 0 && m->n_chunks && m->total_chunks != m->n_chunks)
        return err_set(e, ERR_RESULT_CORRUPT, "the server announces %lld chunks and lists %d",
                       (long long)m->total_chunks, m->n_chunks);
    int64_t n = m->total_chunks >= 0 ? m->total_chunks : m->n_chunks;
    if (n == 0) return p->end_known = m->total_chunks == 0, RC_OK;
    if (table_grow(p, n, e)) return RC_ERR;
    p->end_known = true;
    for (int i = 0; i < m->n_chunks; i++) {
        const struct sea_chunk_info *info = &m->chunks[i];
        if (info->index < 0 || info->index >= n) return corrupt(e, "is not one of those announced", info->index);
        struct chunk *k = &p->slots[info->index].chunk;
        if (k->listed) return corrupt(e, "is listed twice", info->index);
        k->listed = true;
        k->byte_count = info->byte_count;
        if (note_info(k, info, e)) return RC_ERR;
    }
    return m->n_chunks ? check_list(p, e) : RC_OK;
}

/* The chunk after index is next (-1 = none). Where the manifest told the number of chunks, it is only checked. */
static enum rc note_next(struct prefetch *p, int64_t index, int64_t next, struct err *e) {
    if (next >= 0 && next <= index) return corrupt(e, "is followed by an earlier one", index);
    if (p->end_known) return next >= p->n ? corrupt(e, "is followed by one that does not exist", index) : RC_OK;
    if (next >= 0) return table_grow(p, next + 1, e);
    if (index == p->n - 1) p->end_known = true;
    return RC_OK;
}

static enum rc take_link(struct prefetch *p, const struct sea_link *link, struct err *e) {
    int64_t index = link->chunk.index;
    if (p->end_known && index >= p->n) return corrupt(e, "has a link but is not one of those announced", index);
    if (table_grow(p, index + 1, e)) return RC_ERR;
    struct slot *s = &p->slots[index];
    if (note_info(&s->chunk, &link->chunk, e)) return RC_ERR;
    return s->state == SLOT_IDLE || s->state == SLOT_BUSY ? chunk_take_link(&s->chunk, link, e) : RC_OK;
}

/* All that an answer brings about chunks: links, or the data of one chunk. Call with the lock held. */
static enum rc take_result(struct prefetch *p, const struct sea_result *r, int64_t asked, struct err *e) {
    bool duplicate = false;
    for (int i = 0; i < r->n_links; i++)
        for (int j = 0; j < i && r->n_links <= 64; j++) duplicate |= r->links[i].chunk.index == r->links[j].chunk.index;
    if (duplicate) return err_set(e, ERR_RESULT_CORRUPT, "the server sent two links for one chunk");
    for (int i = 0; i < r->n_links; i++)
        if (take_link(p, &r->links[i], e)) return RC_ERR;
    for (int i = 0; i < r->n_links; i++)
        if (note_next(p, r->links[i].chunk.index, r->links[i].next_index, e)) return RC_ERR;
    if (!r->data_array.ptr && !r->attachment.ptr) return RC_OK;
    int64_t index = r->chunk.index >= 0 ? r->chunk.index : asked;
    if (index != asked) return corrupt(e, "came instead of the one that was asked for", index);
    if (!(p->end_known && p->n == 0 && index == 0) && p->end_known && index >= p->n)
        return corrupt(e, "is not one of those announced", index);
    if (table_grow(p, index + 1, e)) return RC_ERR;
    struct chunk *k = &p->slots[index].chunk;
    if (note_info(k, &r->chunk, e) || chunk_take_inline(k, r, e)) return RC_ERR;
    return note_next(p, index, r->next_index, e);
}

/* ---- loading one chunk ------------------------------------------------------------------------------------------- */

static enum rc resolve(void *arg, const struct sea_result *r, int64_t asked, struct err *e) {
    struct prefetch *p = arg;
    pthread_mutex_lock(&p->lock);
    enum rc rc = take_result(p, r, asked, e);
    if (rc == RC_OK) pthread_cond_broadcast(&p->changed);  /* the table may have grown */
    pthread_mutex_unlock(&p->lock);
    return rc;
}

/* While a chunk is decoded its compressed and its decoded bytes are there at once. */
static size_t estimate(const struct prefetch *p, int64_t index) {
    int64_t told = p->slots[index].chunk.byte_count;
    size_t decoded = told > 0 ? (size_t)told : p->seen_chunks ? p->seen_bytes / p->seen_chunks : DEFAULT_CHUNK_BYTES;
    return decoded + decoded / 2;
}

static bool has_room(const struct prefetch *p, int64_t index) {
    return !p->held || p->held + estimate(p, index) <= p->budget;
}

static bool can_claim(const struct prefetch *p) {
    return !p->stopping && !p->failed && p->claim < p->n && has_room(p, p->claim);
}

static int64_t claim_locked(struct prefetch *p) {
    struct slot *s = &p->slots[p->claim];
    s->state = SLOT_BUSY;
    s->held = estimate(p, p->claim);
    p->held += s->held;
    return p->claim++;
}

static void fault_locked(struct prefetch *p, struct slot *s, const struct err *e) {
    s->state = SLOT_FAILED;
    s->fault = mem_alloc(sizeof *s->fault);
    if (s->fault) *s->fault = *e;
    p->failed = true;
}

static bool is_interruption(const struct err *e) { return e->code == ERR_CANCELLED || e->code == ERR_QUERY_TIMEOUT; }

/* Puts the outcome of a load into the table. An interrupted load by the reader can be tried again. */
static void settle(struct prefetch *p, int64_t index, struct chunk *loaded, enum rc rc, bool by_reader,
                   const struct err *e) {
    pthread_mutex_lock(&p->lock);
    struct slot *s = &p->slots[index];
    p->held -= s->held;
    s->held = 0;
    chunk_move(&s->chunk, loaded);
    if (rc == RC_OK) {
        s->state = SLOT_READY;
        s->held = s->chunk.bytes;
        p->held += s->held;
        p->seen_bytes += s->held;
        p->seen_chunks++;
    } else if (by_reader && is_interruption(e)) {
        s->state = SLOT_IDLE;
        p->claim = index;
    } else {
        fault_locked(p, s, e);
    }
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* Asks the server about a chunk. What it says goes into the table, for this chunk and possibly for others. */
static enum rc look_up(struct prefetch *p, struct chunk *work, struct cancel *c, int64_t deadline, struct err *e) {
    if (chunk_resolve(work, &p->source, c, deadline, e)) return RC_ERR;
    pthread_mutex_lock(&p->lock);
    chunk_move(work, &p->slots[work->index].chunk);
    pthread_mutex_unlock(&p->lock);
    if (chunk_has_link(work) || chunk_has_data(work)) return RC_OK;
    return err_set(e, ERR_RESULT_CORRUPT, "the server has no link and no data for chunk %lld", (long long)work->index);
}

/* The table may move while a chunk is loaded without the lock, so the work is done on a copy that owns its parts. */
static void load(struct prefetch *p, int64_t index, struct cancel *c, int64_t deadline, bool by_reader, struct err *e) {
    struct chunk work;
    struct column *columns = NULL;
    pthread_mutex_lock(&p->lock);
    chunk_init(&work, index);
    chunk_move(&work, &p->slots[index].chunk);
    if (index == 0 && !p->columns_done) columns = p->columns;
    pthread_mutex_unlock(&p->lock);
    enum rc rc = RC_OK;
    while (rc == RC_OK && !chunk_has_data(&work)) /* a download may end in "this link is stale": then again */
        rc = chunk_has_link(&work) ? chunk_download(&work, &p->source, c, deadline, e)
                                   : look_up(p, &work, c, deadline, e);
    if (rc == RC_OK && p->stitched) work.bytes = work.data->len;
    else if (rc == RC_OK) rc = chunk_decode(&work, &p->source, columns, e);
    if (rc == RC_OK && columns) p->columns_done = true;
    settle(p, index, &work, rc, by_reader, e);
}

/* ---- workers ----------------------------------------------------------------------------------------------------- */

static void *worker(void *arg) {
    struct prefetch *p = arg;
    struct err e = ERR_INIT;
    pthread_mutex_lock(&p->lock);
    while (!p->stopping && !p->failed && !(p->end_known && p->claim >= p->n)) {
        if (!can_claim(p)) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        int64_t index = claim_locked(p);
        pthread_mutex_unlock(&p->lock);
        load(p, index, p->stop, CLOCK_NEVER, false, &e);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Call with the lock held. A reader that waits for the only chunk left loads it by itself, as it does when there are no
 * threads to be had. */
static void start_workers(struct prefetch *p, bool reader_waits) {
    int64_t left = p->n - p->claim;
    int want = p->source.client->conf->downloads;
    if (p->n_threads || (p->end_known && left <= reader_waits)) return;
    if (p->end_known && left < want) want = (int)left;
    if (!p->threads && !(p->threads = mem_array((size_t)want, sizeof *p->threads))) return;
    while (p->n_threads < want && worker_start(&p->threads[p->n_threads], worker, p)) p->n_threads++;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void cond_init_monotonic(pthread_cond_t *cond) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

enum rc prefetch_new(struct prefetch **out, const struct prefetch_in *in, struct err *e) {
    struct prefetch *p = mem_zalloc(sizeof *p);
    if (!p) return err_nomem(e);
    p->source = (struct chunk_source){
        .client = in->client, .statement_id = in->statement_id, .manifest = in->manifest, .learn = resolve, .arg = p};
    p->manifest = in->manifest;
    p->columns = in->columns;
    p->budget = (size_t)in->client->conf->fetch_memory * 1024 * 1024;
    pthread_mutex_init(&p->lock, NULL);
    cond_init_monotonic(&p->changed);
    p->source.slabs = slabs_new(p->budget / 2);
    if (!p->source.slabs || !(p->stop = cancel_new())) {
        err_nomem(e);
        goto fail;
    }
    if (take_list(p, e) || take_result(p, in->first, 0, e)) goto fail;
    if (!p->n) p->end_known = true;
    p->stitched = in->first->attachment.ptr && !(p->end_known && p->n == 1);
    *out = p;
    return RC_OK;
fail:
    prefetch_free(&p);
    return RC_ERR;
}

static void slot_fini(struct slot *s) {
    chunk_fini(&s->chunk);
    mem_free(s->fault);
}

void prefetch_free(struct prefetch **pp) {
    struct prefetch *p = *pp;
    if (!p) return;
    *pp = NULL;
    if (!transport_survived_fork(p->source.client->http)) return;  /* the workers live on in the parent only */
    cancel_raise(p->stop);
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->n_threads; i++) pthread_join(p->threads[i], NULL);
    for (int64_t i = 0; i < p->n; i++) slot_fini(&p->slots[i]);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    cancel_free(&p->stop);
    decoder_free(&p->decoder);
    slabs_drop(&p->source.slabs);
    mem_free(p->threads);
    mem_free(p->slots);
    mem_free(p);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void wake_reader(void *arg) {
    struct prefetch *p = arg;
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void nap_locked(struct prefetch *p, int64_t deadline) {
    int64_t at = clock_mono_ms() + clock_left_ms(deadline, NAP_MS);
    struct timespec ts = {.tv_sec = (time_t)(at / 1000), .tv_nsec = (long)(at % 1000) * 1000000};
    pthread_cond_timedwait(&p->changed, &p->lock, &ts);
}

static bool is_settled(const struct slot *s) { return s->state == SLOT_READY || s->state == SLOT_FAILED; }

/* Waits until the chunk at p->read is ready or failed, or all chunks have been read. Lock held on entry and exit. */
static enum rc await_locked(struct prefetch *p, struct cancel *c, int64_t deadline, struct err *e) {
    while (!(p->read < p->n && is_settled(&p->slots[p->read]))) {
        if (p->read >= p->n && p->end_known) return RC_OK;
        if (p->read >= p->n) return err_set(e, ERR_RESULT_SHORT, "the server's links end before the last chunk");
        if (cancel_is_raised(c))
            return err_set(e, ERR_CANCELLED, "cancelled while waiting for result chunk %lld", (long long)p->read);
        if (clock_passed(deadline))
            return err_set(e, ERR_QUERY_TIMEOUT, "time-out while waiting for result chunk %lld", (long long)p->read);
        start_workers(p, true);
        if (p->slots[p->read].state == SLOT_IDLE && p->failed)
            return err_set(e, ERR_STORAGE, "an earlier chunk failed");
        if (p->slots[p->read].state == SLOT_IDLE && !p->n_threads) {
            int64_t index = claim_locked(p);
            pthread_mutex_unlock(&p->lock);
            load(p, index, c, deadline, true, e);
            pthread_mutex_lock(&p->lock);
            if (p->slots[index].state == SLOT_IDLE) return RC_ERR; /* interrupted; e says how */
            continue;
        }
        nap_locked(p, deadline);
    }
    return RC_OK;
}

static enum rc tell_fault(const struct slot *s, struct err *e) {
    if (!s->fault) return err_nomem(e);
    *e = *s->fault;
    return RC_ERR;
}

/* The chunk counts until the reader asks for the first batch of the next one: its batches may share memory. */
static void finish_locked(struct prefetch *p) {
    struct slot *s = &p->slots[p->read++];
    s->state = SLOT_TAKEN;
    p->held -= s->held;
    chunk_fini(&s->chunk);
    pthread_cond_broadcast(&p->changed);
}

static enum rc next_locked(struct prefetch *p, struct cancel *c, int64_t deadline, struct batch **out, struct err *e) {
    while (!*out) {
        if (await_locked(p, c, deadline, e)) return RC_ERR;
        if (p->read >= p->n) return RC_OK;
        struct slot *s = &p->slots[p->read];
        if (s->state == SLOT_FAILED) return tell_fault(s, e);
        if (!(*out = chunk_next_batch(&s->chunk))) finish_locked(p);
    }
    return RC_OK;
}

static enum rc whole_next(struct prefetch *p, struct cancel *c, int64_t deadline, struct batch **out, struct err *e) {
    pthread_mutex_lock(&p->lock);
    enum rc rc = next_locked(p, c, deadline, out, e);
    pthread_mutex_unlock(&p->lock);
    return rc;
}

/* ---- reading pieces of one stream -------------------------------------------------------------------------------- */

/* The bytes of the next piece; *bytes = NULL after the last. */
static enum rc piece_locked(struct prefetch *p, struct cancel *c, int64_t deadline, struct decoder_in *in,
                            struct block **bytes, struct err *e) {
    if (await_locked(p, c, deadline, e)) return RC_ERR;
    if (p->read >= p->n) return RC_OK;
    struct slot *s = &p->slots[p->read];
    if (s->state == SLOT_FAILED) return tell_fault(s, e);
    *in = (struct decoder_in){.manifest = p->manifest, .chunk_index = p->read, .row_count = s->chunk.row_count,
                              .more = !(p->end_known && p->read + 1 >= p->n), .stitched = true};
    *bytes = s->chunk.data;
    s->chunk.data = NULL;
    finish_locked(p);
    return RC_OK;
}

static enum rc piece_feed(struct prefetch *p, struct cancel *c, int64_t deadline, bool *end, struct err *e) {
    struct decoder_in in;
    struct block *bytes = NULL;
    pthread_mutex_lock(&p->lock);
    enum rc rc = piece_locked(p, c, deadline, &in, &bytes, e);
    pthread_mutex_unlock(&p->lock);
    *end = !bytes;
    if (rc || !bytes) return rc;
    if (p->decoder) return decoder_feed(p->decoder, &in, bytes, e);
    return decoder_new(&p->decoder, &in, bytes, e) || decoder_columns(p->decoder, p->columns, e) ? RC_ERR : RC_OK;
}

static enum rc stitched_next(struct prefetch *p, struct cancel *c, int64_t deadline, struct batch **out,
                             struct err *e) {
    bool end = false;
    while (!*out && !end) {
        if (p->decoder && decoder_next(p->decoder, out, e)) return RC_ERR;
        if (!*out && piece_feed(p, c, deadline, &end, e)) return RC_ERR;
    }
    return RC_OK;
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

static enum rc start_locked(struct prefetch *p, struct cancel *c, int64_t deadline, struct err *e) {
    if (await_locked(p, c, deadline, e)) return RC_ERR;
    if (p->n && p->slots[0].state == SLOT_FAILED) return tell_fault(&p->slots[0], e);
    start_workers(p, false);
    return RC_OK;
}

static enum rc start(struct prefetch *p, struct cancel *c, int64_t deadline, struct err *e) {
    bool end;
    pthread_mutex_lock(&p->lock);
    enum rc rc = start_locked(p, c, deadline, e);
    pthread_mutex_unlock(&p->lock);
    return rc == RC_OK && p->stitched && !p->decoder ? piece_feed(p, c, deadline, &end, e) : rc;
}

enum rc prefetch_start(struct prefetch *p, struct cancel *c, int64_t deadline, struct err *e) {
    bool hooked = cancel_attach(c, wake_reader, p);
    enum rc rc = start(p, c, deadline, e);
    if (hooked) cancel_detach(c, wake_reader, p);
    return rc;
}

enum rc prefetch_next(struct prefetch *p, struct cancel *c, int64_t deadline, struct batch **out, struct err *e) {
    *out = NULL;
    bool hooked = cancel_attach(c, wake_reader, p);
    enum rc rc = p->stitched ? stitched_next(p, c, deadline, out, e) : whole_next(p, c, deadline, out, e);
    if (hooked) cancel_detach(c, wake_reader, p);
    return rc;
}
