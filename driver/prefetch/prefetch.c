#include "prefetch_priv.h"

#include "core/clock.h"
#include "core/mem.h"
#include "core/slab.h"

enum { MIB = 1024 * 1024, NAP_MS = 1000 };

/* ---- life -------------------------------------------------------------------------------------------------------- */

static enum rc open_prefetch(struct prefetch *p, const struct sea_result *first, struct err *e) {
    if (!(p->slabs = slabs_new((p->wire_budget + p->plain_budget) / 4))) return err_nomem(e);
    if (chunk_list_init(&p->list, p->manifest, p->slabs, &p->wire, e)) return RC_ERR;
    if (chunk_list_learn(&p->list, first, 0, e)) return RC_ERR;
    if (!p->list.n) p->list.end_known = true;
    p->stitched = first->attachment.ptr && !(p->list.end_known && p->list.n == 1);
    return RC_OK;
}

enum rc prefetch_new(struct prefetch **out, const struct prefetch_in *in, struct err *e) {
    struct prefetch *p = mem_zalloc(sizeof *p);
    if (!p) return err_nomem(e);
    size_t budget = (size_t)in->client->conf->fetch_memory * MIB;
    p->client = in->client;
    p->statement_id = in->statement_id;
    p->manifest = in->manifest;
    p->columns = in->columns;
    p->plain_budget = budget / 4;
    p->wire_budget = budget - p->plain_budget;
    p->fail_at = INT64_MAX;
    pace_init(&p->pace, in->client->conf->downloads);
    pthread_mutex_init(&p->lock, NULL);
    clock_cond_init(&p->room);
    clock_cond_init(&p->work);
    clock_cond_init(&p->ready);
    if (open_prefetch(p, in->first, e) == RC_OK) return *out = p, RC_OK;
    prefetch_free(&p);
    return RC_ERR;
}

static void stop(struct prefetch *p) {
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    loaders_stop_locked(p);
    loaders_wake_locked(p);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    unpackers_join(p);      /* they use the loaders */
    loaders_join(p);
}

void prefetch_free(struct prefetch **pp) {
    struct prefetch *p = *pp;
    if (!p) return;
    *pp = NULL;
    if (!transport_survived_fork(p->client->http)) return;  /* the workers live on in the parent only */
    stop(p);
    chunk_list_fini(&p->list);
    decoder_free(&p->decoder);
    slabs_drop(&p->slabs);
    pthread_cond_destroy(&p->room);
    pthread_cond_destroy(&p->work);
    pthread_cond_destroy(&p->ready);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void wake_reader(void *arg) {
    struct prefetch *p = arg;
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&p->ready);
    pthread_mutex_unlock(&p->lock);
}

static enum rc nap_locked(struct prefetch *p, struct cancel *c, int64_t deadline, struct err *e) {
    if (cancel_is_raised(c))
        return err_set(e, ERR_CANCELLED, "cancelled while waiting for result chunk %lld", (long long)p->read_at);
    if (clock_passed(deadline))
        return err_set(e, ERR_QUERY_TIMEOUT, "time-out while waiting for result chunk %lld", (long long)p->read_at);
    prefetch_nap_locked(p, &p->ready, clock_mono_ms() + clock_left_ms(deadline, NAP_MS));
    return RC_OK;
}

/* No worker unpacks this chunk: the reader does, as far as its bytes have come. */
static enum rc unpack_here_locked(struct prefetch *p, struct chunk *k, enum unpacked *what, struct err *e) {
    struct batch *b = NULL;
    k->unpack = CHUNK_BUSY;
    if (p->unpack_at <= k->index) p->unpack_at = k->index + 1;
    if (k->health == CHUNK_SPOILED && !unpack_reload_locked(p, k)) return RC_OK;
    pthread_mutex_unlock(&p->lock);
    enum rc rc = unpack_step(p, k, what, &b, e);
    pthread_mutex_lock(&p->lock);
    if (rc == RC_OK && *what == UNPACK_BATCH) rc = unpack_keep_locked(p, k, b, e);
    if (rc == RC_OK && *what == UNPACK_END) k->unpack = CHUNK_DONE;
    if (rc && unpack_spoiled_locked(p, k, e)) return *what = UNPACK_HUNGRY, RC_OK;
    if (rc) prefetch_fault_locked(p, k, e);
    return rc;
}

/* Something happens for chunk k, or has: a batch, its end, a fault. */
static enum rc advance_locked(struct prefetch *p, struct chunk *k, struct cancel *c, int64_t deadline, struct err *e) {
    enum unpacked what = UNPACK_HUNGRY;
    bool here = !p->n_unpackers;
    if (k->load != CHUNK_DONE) loaders_adjust_locked(p);
    if (here && unpack_here_locked(p, k, &what, e)) return RC_ERR;
    if (what != UNPACK_HUNGRY || (here && k->health != CHUNK_SPOILED && body_has_news(&k->body))) return RC_OK;
    if (k->load != CHUNK_DONE && !p->n_loaders) return err_nomem(e);
    return nap_locked(p, c, deadline, e);
}

/* A chunk is let go when the reader asks for the first batch of the next one. */
static void finish_locked(struct prefetch *p) {
    chunk_empty(p->list.at[p->read_at++]);
    loaders_wake_locked(p);
    pthread_cond_broadcast(&p->work);
}

/* The chunk that has a batch or a fault for the reader; NULL after the last. */
static enum rc await_locked(struct prefetch *p, struct cancel *c, int64_t deadline, struct chunk **out, struct err *e) {
    for (*out = NULL; p->read_at < p->list.n;) {
        struct chunk *k = p->list.at[p->read_at];
        if (chunk_has_batch(k)) return *out = k, RC_OK;
        if (k->failed) return k->fault ? (*e = *k->fault, RC_ERR) : err_nomem(e);
        unpackers_start_locked(p);
        if (k->unpack == CHUNK_DONE) finish_locked(p);
        else if (advance_locked(p, k, c, deadline, e)) return RC_ERR;
    }
    return p->list.end_known ? RC_OK : err_set(e, ERR_RESULT_SHORT, "the server's links end before the last chunk");
}

static struct batch *take_locked(struct prefetch *p, struct chunk *k) {
    struct batch *b = chunk_pop(k);
    p->plain -= b->bytes;
    pthread_cond_broadcast(&p->work);
    return b;
}

enum rc prefetch_start(struct prefetch *p, struct cancel *c, int64_t deadline, struct err *e) {
    struct chunk *k;
    bool hooked = cancel_attach(c, wake_reader, p);
    pthread_mutex_lock(&p->lock);
    enum rc rc = await_locked(p, c, deadline, &k, e);
    pthread_mutex_unlock(&p->lock);
    if (hooked) cancel_detach(c, wake_reader, p);
    return rc;
}

enum rc prefetch_next(struct prefetch *p, struct cancel *c, int64_t deadline, struct batch **out, struct err *e) {
    struct chunk *k;
    *out = NULL;
    bool hooked = cancel_attach(c, wake_reader, p);
    pthread_mutex_lock(&p->lock);
    enum rc rc = await_locked(p, c, deadline, &k, e);
    if (rc == RC_OK && k) *out = take_locked(p, k);
    pthread_mutex_unlock(&p->lock);
    if (hooked) cancel_detach(c, wake_reader, p);
    return rc;
}
