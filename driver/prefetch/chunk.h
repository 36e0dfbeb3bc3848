/* chunk: one piece of a result, and the list of all of them as far as the server has told. What one answer says must not
 * contradict another: every chunk once, offsets that follow from the counts, a sum that is the manifest's total.
 *
 * The list knows no threads: its owner locks. A chunk stays where it is once it is in the list. */
#ifndef DRIVER_PREFETCH_CHUNK_H
#define DRIVER_PREFETCH_CHUNK_H

#include "body.h"
#include "driver/result/batch.h"
#include "link.h"

enum chunk_state { CHUNK_IDLE, CHUNK_BUSY, CHUNK_DONE };
enum chunk_health { CHUNK_SOUND, CHUNK_SPOILED, CHUNK_RELOADED };

struct chunk {
    int64_t index;
    int64_t row_offset, row_count, byte_count;  /* -1 = nobody said */
    bool listed;                    /* in the manifest's list */

    struct link link;
    bool fresh_link;                /* it came moments ago: its expiry is not doubted */
    int refreshes;                  /* links asked for anew */
    int rerequests;                 /* downloads given up for being slow */

    enum chunk_state load;          /* bytes into body */
    struct body body;
    int64_t began_ms, first_byte_ms, grew_ms;   /* of the download under way; 0 = not yet */
    size_t expected;                /* bytes of the body; 0 = not told */

    enum chunk_state unpack;        /* body into batches */
    struct decoder *decoder;        /* while busy */
    bool fed_all;                   /* it has got the whole body */
    bool downloaded;                /* the body comes from storage */
    enum chunk_health health;       /* spoiled: what came cannot be read, and is loaded once more */
    struct batch **batches;         /* a queue: n of them, of which `at` were handed out */
    int n_batches, at, cap;

    bool failed;                    /* behind its last batch comes an error: */
    struct err *fault;              /* this one; NULL = out of memory */
};

struct chunk_list {
    const struct sea_manifest *manifest;
    struct slabs *slabs;            /* borrowed, for the bodies */
    size_t *held;                   /* borrowed likewise */
    struct chunk **at;
    int64_t n, cap;
    bool end_known;                 /* n is all of them */
};

/* Takes the manifest's list. ERR_RESULT_CORRUPT when it is inconsistent; give it to chunk_list_fini in any case. */
enum rc chunk_list_init(struct chunk_list *l, const struct sea_manifest *m, struct slabs *slabs, size_t *held,
                        struct err *e) MUST_CHECK;
void chunk_list_fini(struct chunk_list *l);

/* All that an answer brings about chunks: links, or the data of the one that was asked for. */
enum rc chunk_list_learn(struct chunk_list *l, const struct sea_result *r, int64_t asked, struct err *e) MUST_CHECK;

enum rc chunk_push(struct chunk *k, struct batch *b, struct err *e) MUST_CHECK;     /* takes b over also on failure */
static inline bool chunk_has_batch(const struct chunk *k) { return k->at < k->n_batches; }
static inline struct batch *chunk_pop(struct chunk *k) { return k->batches[k->at++]; }  /* the caller's from then on */
void chunk_drop_batches(struct chunk *k);
void chunk_empty(struct chunk *k);      /* lets go of all it holds, but for its numbers */

#endif
