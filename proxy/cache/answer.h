/* answer: what an upstream's answer to execute or status means for the cache, and the entry that may become of it.
 * Pure. */
#ifndef PROXY_ANSWER_H
#define PROXY_ANSWER_H

#include "core/arena.h"
#include "core/sea_model.h"
#include "core/sv.h"
#include "entry.h"

enum answer_kind {
    ANSWER_COMPLETE,    /* succeeded, and all of the result is in it */
    ANSWER_EXTERNAL,    /* succeeded, the result is behind links */
    ANSWER_PARTIAL,     /* succeeded, more chunks to fetch */
    ANSWER_RUNNING,
    ANSWER_FAILED,      /* failed, cancelled or closed */
    ANSWER_UNREADABLE
};

struct answer {
    enum answer_kind kind;
    struct sv id;       /* statement id; ptr NULL = none. In the arena */
    bool closed;        /* a direct result: succeeded and already closed upstream */
    bool truncated, arrow, lz4;
    int64_t rows;       /* -1 = not told */
    int n_chunks;       /* of the whole result, and what is known of each; 0 when the answer leaves that open, or when
                         * there are no rows: then the result cannot be gathered. In the arena */
    const struct sea_chunk_info *chunks;
    int n_links;        /* ANSWER_EXTERNAL: links of the first chunks, in order. In the arena */
    const struct sea_link *links;
};

struct answer answer_look(struct sv body, struct arena *a);

/* The entry for this answer. Of a complete one all is there; of the others all but the chunks' bytes: chunks[i].bytes
 * is NULL where they are missing (chunk 0 of an inline result has none of its own). Key, scope, times and dependencies
 * are the caller's. NULL = out of memory, not to be read after all, or nothing that can become an entry. */
struct entry *answer_to_entry(struct sv body, const struct answer *a);

/* The answer to GET …/result/chunks/i of an inline result becomes chunk i of an entry in the making: copied when it is
 * what the manifest says of it, row by row and byte by byte. ERR_PROTOCOL when it is not. */
enum rc answer_add_chunk(struct entry *e, int i, struct sv body, struct err *err) MUST_CHECK;

/* The links in the answer to GET …/result/chunks/i: to that chunk, perhaps to others too. In the arena; *n_r 0 = none. */
const struct sea_link *answer_links(struct sv body, struct arena *a, int *n_r);
bool answer_link_fits(const struct entry *e, const struct sea_link *link);  /* it leads to one of the entry's chunks */

/* Where a chunk's answer, or the "result" of a statement's, names its successor; length 0 = it does not. */
struct entry_place answer_next_place(struct sv chunk);

#endif
