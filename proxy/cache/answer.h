/* answer: what an upstream's answer to execute or status means for the cache. Pure. */
#ifndef PROXY_ANSWER_H
#define PROXY_ANSWER_H

#include "core/arena.h"
#include "core/sea_model.h"
#include "core/sv.h"
#include "store.h"

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
    int n_links;        /* ANSWER_EXTERNAL with all links of the result at hand, in order; 0 otherwise */
    const struct sea_link *links;  /* in the arena */
};

struct answer answer_look(struct sv body, struct arena *a);

/* An entry with the answer's bytes and the places a hit needs; NULL = out of memory or not to be read after all. */
struct entry *answer_to_entry(struct sv body, struct sv blobs, const struct answer *a);

#endif
