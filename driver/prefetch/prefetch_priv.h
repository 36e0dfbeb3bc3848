/* prefetch_priv: what prefetch.c (the reader), loader.c (downloads) and unpack.c (bytes into batches) share.
 *
 * Functions that end in _locked are called with the lock held and return with it. */
#ifndef DRIVER_PREFETCH_PREFETCH_PRIV_H
#define DRIVER_PREFETCH_PREFETCH_PRIV_H

#include <pthread.h>

#include "chunk.h"
#include "core/clock.h"
#include "core/mem.h"
#include "pace.h"
#include "prefetch.h"

enum { MAX_LOADERS = 96, MAX_UNPACKERS = 3 };

struct loader {
    struct prefetch *p;
    pthread_t thread;
    struct cancel *cancel;      /* interrupts its request */
    struct chunk *chunk;        /* being loaded; NULL = none */
    bool rerequest;             /* it was interrupted in order to ask again */
};

struct prefetch {
    const struct sea_client *client;
    const char *statement_id;
    const struct sea_manifest *manifest;
    struct column *columns;
    bool stitched;              /* inline Arrow of several chunks: one stream cut into pieces, unpacked by the reader */
    struct decoder *decoder;    /* stitched only, between two chunks */
    struct slabs *slabs;
    size_t wire_budget, plain_budget;

    pthread_mutex_t lock;       /* guards all below */
    pthread_cond_t room;        /* for loaders: memory is free, there is a chunk to claim */
    pthread_cond_t work;        /* for unpackers: bytes came, memory is free, a chunk to claim */
    pthread_cond_t ready;       /* for the reader: a batch, bytes, or a fault */
    struct chunk_list list;
    int64_t load_at, unpack_at, read_at;    /* next chunk to be claimed, by whom */
    size_t wire, plain;         /* memory of bodies and of batches in queues */
    size_t seen_wire, seen_told;/* of chunks that have come: what is announced is often the size before compression */
    struct pace pace;
    int64_t fail_at;            /* the first chunk that cannot be had: none is loaded from there on */
    bool columns_done, stopping;
    int n_loaders, n_unpackers;
    int n_full;                 /* loaders that wait for memory in the middle of a download */
    struct loader *loaders;     /* MAX_LOADERS, made with the first; most results need none */
    pthread_t unpackers[MAX_UNPACKERS];
};

/* The chunk cannot be had, and the reader will be told so when it comes there. */
static inline void prefetch_fault_locked(struct prefetch *p, struct chunk *k, const struct err *e) {
    if (k->failed) return;
    if ((k->fault = mem_alloc(sizeof *k->fault))) *k->fault = *e;
    k->failed = true;
    if (k->index < p->fail_at) p->fail_at = k->index;
    pthread_cond_broadcast(&p->work);
    pthread_cond_signal(&p->ready);
}

static inline void prefetch_nap_locked(struct prefetch *p, pthread_cond_t *cond, int64_t until_ms) {
    struct timespec ts = clock_mono_timespec(until_ms);
    pthread_cond_timedwait(cond, &p->lock, &ts);
}

/* ---- loader.c ---- */
void loaders_adjust_locked(struct prefetch *p);     /* threads for as many downloads as are wanted now */
bool loaders_again_locked(struct prefetch *p, struct chunk *k);     /* one that has been loaded; false = not yet */
void loaders_wake_locked(struct prefetch *p);       /* memory was freed, or something else that they may wait for */
void loaders_starved_locked(struct prefetch *p, struct chunk *k);   /* whoever unpacks chunk k has waited for bytes */
void loaders_stop_locked(struct prefetch *p);
void loaders_join(struct prefetch *p);

/* ---- unpack.c ---- */
enum unpacked { UNPACK_BATCH, UNPACK_HUNGRY, UNPACK_END };

/* The next batch of a chunk that belongs to the caller. HUNGRY: bytes must come first. */
enum rc unpack_step(struct prefetch *p, struct chunk *k, enum unpacked *what, struct batch **out,
                    struct err *e) MUST_CHECK;
/* What came cannot be read (e). true: the chunk is loaded once more; unpack_reload_locked when its download has ended. */
bool unpack_spoiled_locked(struct prefetch *p, struct chunk *k, const struct err *e);
bool unpack_reload_locked(struct prefetch *p, struct chunk *k);     /* false = not yet */
enum rc unpack_keep_locked(struct prefetch *p, struct chunk *k, struct batch *b, struct err *e) MUST_CHECK;
void unpackers_start_locked(struct prefetch *p);
void unpackers_join(struct prefetch *p);

#endif
