/* fetch: one result of several chunks, or behind links, on its way into the cache.
 *
 * Chunks of an inline result are taken while the client walks them through us: each is read once, by the client, for a
 * statement may be closed once its last chunk was read. Bodies behind links are downloaded in the background, several
 * at once, after the client was given the links; links that come one per chunk are taken from the client's walk too,
 * and a link that storage refuses is asked for again by its chunk's index. The client never waits for any of this and
 * never notices: whatever goes wrong means that nothing is kept.
 *
 *   fetch_start ─► fetch_see_chunk … ─► end(), exactly once, from the loop, unless it is dropped before
 *
 * Bounded: bytes in the making count in proxy.captured, a fetch without progress is given up. One loop. */
#ifndef PROXY_FETCH_H
#define PROXY_FETCH_H

#include "proxy.h"
#include "proxy/cache/answer.h"
#include "proxy/tenant/fill.h"

struct fetch;

enum fetch_end {
    FETCH_WHOLE,      /* the entry is complete; gen, scope, times and dependencies are the caller's */
    FETCH_TOO_LARGE,  /* over max_bytes */
    FETCH_NO_ROOM,    /* the memory for answers under way is used up */
    FETCH_BROKEN      /* a chunk was not to be had, or not what the manifest says; or the client left off */
};

struct fetch_job {
    const struct fill *fill;     /* copied */
    struct sv body;              /* the answer that begins the result */
    const struct answer *answer; /* what answer_look() said of it */
    const char *authorization;   /* of the request: with it links are renewed, until the end. NULL = they are not */
    size_t max_bytes;            /* of the entry */
    /* entry is the caller's for FETCH_WHOLE, else NULL */
    void (*end)(struct proxy *p, const struct fill *fill, struct entry *entry, enum fetch_end how);
};

/* Nothing of the job is needed afterwards. false = it cannot be gathered, or not now: end() is not called; *how_r says
 * FETCH_TOO_LARGE when its size is known already. */
bool fetch_start(struct proxy *p, const struct fetch_job *job, enum fetch_end *how_r);

/* The result of this upstream statement that is being gathered for this principal and still needs this chunk's answer
 * to pass by; NULL = none. */
struct fetch *fetch_find(struct proxy *p, struct sv id, const uint8_t principal[DIGEST_BYTES], int64_t chunk);
void fetch_see_chunk(struct fetch *f, int64_t chunk, struct sv body);  /* a whole answer, as it went to the client */
size_t fetch_room(const struct fetch *f);                              /* bytes it may still grow by */
void fetch_give_up(struct fetch *f, enum fetch_end how);
void fetch_statement_closed(struct proxy *p, struct sv id);  /* no more chunks will pass by */

/* The download of this result that is under way and needs nothing more from its client; NULL = none. Borrowed. */
const struct fetch *fetch_loading(const struct proxy *p, const uint8_t key[DIGEST_BYTES]);
const struct fill *fetch_fill(const struct fetch *f);
const struct entry *fetch_entry(const struct fetch *f);  /* in the making */

void fetch_drop_all(struct proxy *p);

#endif
