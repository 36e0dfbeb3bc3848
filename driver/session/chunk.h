/* chunk: one piece of a result on its way: looked up, downloaded, decoded, handed out batch by batch.
 *
 *   nothing ── chunk_resolve → (learn) ── link ── chunk_download → bytes ── chunk_decode → batches
 *                                  └──── inline data ───────────────┘
 *
 * A chunk belongs to one thread at a time; chunk_move hands it over. */
#ifndef DRIVER_SESSION_CHUNK_H
#define DRIVER_SESSION_CHUNK_H

#include "driver/result/batch.h"
#include "driver/result/block.h"
#include "sea_client.h"

struct chunk {
    int64_t index;
    int64_t row_offset, row_count, byte_count;  /* -1 = nobody said */
    bool listed;                    /* in the manifest's list */
    bool no_refresh;                /* the link came moments ago: its expiry is not doubted */
    int refreshes;                  /* links asked for anew */

    char *url;                      /* NULL = no link; a credential */
    int64_t expires_ms;
    int n_headers;
    struct sea_header *headers;     /* owned, names and values too */

    struct block *data;             /* NULL = none: chunk bytes for the decoder */

    struct batch **batches;         /* decoded: n_batches, of which `at` were handed out */
    int n_batches, at;
    size_t bytes;                   /* memory of all its batches */
};

struct chunk_source {
    const struct sea_client *client;
    const char *statement_id;
    const struct sea_manifest *manifest;
    struct slabs *slabs;            /* for downloaded and decompressed bytes */
    /* Told of every answer about chunks; must check it and keep what it brings. */
    enum rc (*learn)(void *arg, const struct sea_result *r, int64_t asked, struct err *e);
    void *arg;
};

void chunk_init(struct chunk *k, int64_t index);
void chunk_fini(struct chunk *k);                       /* as after chunk_init, but for the index */
void chunk_move(struct chunk *to, struct chunk *from);  /* what from has replaces what to has; from keeps its numbers */

static inline bool chunk_has_link(const struct chunk *k) { return k->url != NULL; }
static inline bool chunk_has_data(const struct chunk *k) { return k->data != NULL; }

enum rc chunk_take_link(struct chunk *k, const struct sea_link *link, struct err *e) MUST_CHECK;
enum rc chunk_take_inline(struct chunk *k, const struct sea_result *r, struct err *e) MUST_CHECK;

/* GET …/result/chunks/n, and learn() with the answer. */
enum rc chunk_resolve(struct chunk *k, const struct chunk_source *s, struct cancel *c, int64_t deadline,
                      struct err *e) MUST_CHECK;

/* Fetches the bytes behind the link. RC_OK without data: the link is stale or was refused and has been dropped; resolve
 * and try again (that is counted and ends in ERR_STORAGE). */
enum rc chunk_download(struct chunk *k, const struct chunk_source *s, struct cancel *c, int64_t deadline,
                       struct err *e) MUST_CHECK;

/* columns may be NULL; else they are completed from the data. */
enum rc chunk_decode(struct chunk *k, const struct chunk_source *s, struct column *columns, struct err *e) MUST_CHECK;

struct batch *chunk_next_batch(struct chunk *k);        /* the caller's from then on; NULL = all handed out */

#endif
