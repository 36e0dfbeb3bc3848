/* unpack: bytes of chunks into batches, ahead of the reader in threads of its own when there are several chunks.
 *
 * Each chunk is unpacked by one thread; batches wait in the chunk's queue. How much may wait is bounded, and later chunks
 * leave half of it to the one that is being read. */
#include <unistd.h>

#include "core/clock.h"
#include "prefetch_priv.h"
#include "driver/http/worker.h"

enum { MAX_PLAIN = 1024 * 1024 * 1024, NAP_MS = 10 };

/* ---- one step ---------------------------------------------------------------------------------------------------- */

/* The next piece, and what the decoder must know of it. *piece = NULL: not here yet; else *in is complete. */
static enum rc take_piece(struct prefetch *p, struct chunk *k, struct block **piece, struct decoder_in *in,
                          bool *end, struct err *e) {
    bool last;
    pthread_mutex_lock(&p->lock);
    *piece = body_take(&k->body, &last);
    bool chunk_is_last = !p->stitched || (p->list.end_known && k->index + 1 >= p->list.n);
    *in = (struct decoder_in){.manifest = p->manifest, .chunk_index = k->index, .row_count = k->row_count,
                              .max_bytes = MAX_PLAIN, .more = !(last && chunk_is_last), .stitched = p->stitched,
                              .slabs = p->slabs};
    if (*piece) loaders_wake_locked(p); /* memory went from the bodies' account */
    pthread_mutex_unlock(&p->lock);
    *end = last;
    if (!*piece && last && !(*piece = block_new(NULL))) return err_nomem(e);
    return RC_OK;
}

static enum rc complete_columns(struct prefetch *p, struct chunk *k, bool end, struct err *e) {
    if (k->index > 0 || p->columns_done || !(end || decoder_has_columns(k->decoder))) return RC_OK;
    if (decoder_columns(k->decoder, p->columns, e)) return RC_ERR;
    pthread_mutex_lock(&p->lock);
    p->columns_done = true;
    pace_first_rows(&p->pace);
    loaders_adjust_locked(p);
    loaders_wake_locked(p);
    pthread_mutex_unlock(&p->lock);
    return RC_OK;
}

/* *fed = false: there was nothing to feed; *end: nor will there be. */
static enum rc feed(struct prefetch *p, struct chunk *k, bool *fed, bool *end, struct err *e) {
    struct decoder_in in;
    struct block *piece = NULL;
    *fed = false;
    *end = k->fed_all;
    if (*end) return RC_OK;
    if (take_piece(p, k, &piece, &in, end, e)) return RC_ERR;
    if (!piece) return RC_OK;
    *fed = true;
    k->fed_all = *end;
    if (!k->decoder && p->decoder) {
        k->decoder = p->decoder;
        p->decoder = NULL;
    }
    if (k->decoder ? decoder_feed(k->decoder, &in, piece, e) : decoder_new(&k->decoder, &in, piece, e)) return RC_ERR;
    return complete_columns(p, k, *end, e);
}

enum rc unpack_step(struct prefetch *p, struct chunk *k, enum unpacked *what, struct batch **out, struct err *e) {
    bool fed = true, end = false;
    *out = NULL;
    while (fed) {
        if (k->decoder && decoder_next(k->decoder, out, e)) return RC_ERR;
        if (*out) return *what = UNPACK_BATCH, RC_OK;
        if (feed(p, k, &fed, &end, e)) return RC_ERR;
    }
    *what = end ? UNPACK_END : UNPACK_HUNGRY;
    if (!end) return RC_OK;
    if (p->stitched) p->decoder = k->decoder;
    else decoder_free(&k->decoder);
    k->decoder = NULL;
    return RC_OK;
}

/* ---- once more --------------------------------------------------------------------------------------------------- */

static void drop_batches_locked(struct prefetch *p, struct chunk *k) {
    for (int i = k->at; i < k->n_batches; i++) p->plain -= k->batches[i]->bytes;
    chunk_drop_batches(k);
}

bool unpack_spoiled_locked(struct prefetch *p, struct chunk *k, const struct err *e) {
    bool unreadable = e->code == ERR_RESULT_CORRUPT || e->code == ERR_RESULT_SHORT || e->code == ERR_LIMIT;
    if (!unreadable || !k->downloaded || k->health != CHUNK_SOUND || k->at > 0) return false;
    log_line(p->client->log, LOG_WARNING, "storage", "loading chunk %lld once more: %s", (long long)k->index, e->text);
    k->health = CHUNK_SPOILED;
    drop_batches_locked(p, k);      /* now: none of them may be read any more */
    return true;
}

bool unpack_reload_locked(struct prefetch *p, struct chunk *k) {
    if (!loaders_again_locked(p, k)) return false;
    k->fed_all = false;
    k->health = CHUNK_RELOADED;
    return true;
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

/* One thread alone needs to be ahead by a batch or two only; several need room for what they do at the same time. */
static bool may_go_on_locked(const struct prefetch *p, const struct chunk *k) {
    size_t limit = p->n_unpackers > 1 ? p->plain_budget : p->plain_budget / 2;
    if (k->index <= p->read_at) return p->plain < limit || !chunk_has_batch(k);
    return p->plain < limit / 2;
}

static bool is_done_for_locked(const struct prefetch *p, const struct chunk *k) { return p->stopping || k->failed; }

static bool wait_for_room_locked(struct prefetch *p, struct chunk *k) {
    while (!is_done_for_locked(p, k) && !may_go_on_locked(p, k)) pthread_cond_wait(&p->work, &p->lock);
    return !is_done_for_locked(p, k);
}

static void wait_for_bytes_locked(struct prefetch *p, struct chunk *k) {
    int64_t began = clock_mono_ms();
    while (!is_done_for_locked(p, k) && !body_has_news(&k->body)) {
        prefetch_nap_locked(p, &p->work, clock_mono_ms() + NAP_MS);
        if (clock_mono_ms() - began >= NAP_MS) loaders_starved_locked(p, k);
    }
}

enum rc unpack_keep_locked(struct prefetch *p, struct chunk *k, struct batch *b, struct err *e) {
    size_t bytes = b->bytes;
    if (chunk_push(k, b, e)) return RC_ERR;
    p->plain += bytes;
    return RC_OK;
}

static void wait_for_reload_locked(struct prefetch *p, struct chunk *k) {
    while (!is_done_for_locked(p, k) && !unpack_reload_locked(p, k))
        prefetch_nap_locked(p, &p->work, clock_mono_ms() + NAP_MS);
}

static void unpack_chunk_locked(struct prefetch *p, struct chunk *k) {
    enum unpacked what = UNPACK_HUNGRY;
    while (what != UNPACK_END && wait_for_room_locked(p, k)) {
        struct batch *b = NULL;
        struct err e = ERR_INIT;
        pthread_mutex_unlock(&p->lock);
        enum rc rc = unpack_step(p, k, &what, &b, &e);
        pthread_mutex_lock(&p->lock);
        if (rc == RC_OK && b) rc = unpack_keep_locked(p, k, b, &e);
        if (rc && unpack_spoiled_locked(p, k, &e)) wait_for_reload_locked(p, k);
        else if (rc) prefetch_fault_locked(p, k, &e);
        else if (what == UNPACK_HUNGRY) wait_for_bytes_locked(p, k);
        if (what == UNPACK_END) k->unpack = CHUNK_DONE;
        pthread_cond_signal(&p->ready);
    }
}

static void *unpacker_main(void *arg) {
    struct prefetch *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->stopping && !(p->list.end_known && p->unpack_at >= p->list.n)) {
        if (p->unpack_at >= p->list.n || p->unpack_at >= p->read_at + p->n_unpackers) {
            pthread_cond_wait(&p->work, &p->lock);
            continue;
        }
        struct chunk *k = p->list.at[p->unpack_at++];
        k->unpack = CHUNK_BUSY;
        unpack_chunk_locked(p, k);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* The reader itself is one more thread that works. */
static int how_many(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores >= 8 ? MAX_UNPACKERS : cores >= 4 ? 2 : 1;
}

void unpackers_start_locked(struct prefetch *p) {
    bool several = !p->list.end_known || p->list.n - p->read_at > 1;
    if (p->n_unpackers || p->stitched || !several || p->unpack_at > p->read_at) return;
    for (int want = how_many(); p->n_unpackers < want; p->n_unpackers++)
        if (!worker_start(&p->unpackers[p->n_unpackers], unpacker_main, p)) return;
}

void unpackers_join(struct prefetch *p) {
    for (int i = 0; i < p->n_unpackers; i++) pthread_join(p->unpackers[i], NULL);
}
