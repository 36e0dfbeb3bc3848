/* follow: statements that are under way upstream and whose end matters to the cache: a result to keep, or a write that
 * must be over before anything is kept. Found again by the upstream's statement id. A write of which nothing is heard
 * for FOLLOW_MS counts as ended. */
#ifndef PROXY_FOLLOW_H
#define PROXY_FOLLOW_H

#include <event2/event.h>

#include "proxy/cache/cache.h"
#include "session_track.h"

enum { FOLLOW_MS = 15 * 60 * 1000 };

/* A result to be kept, as it was asked for. */
struct fill {
    uint8_t key[DIGEST_BYTES], principal[DIGEST_BYTES];
    uint64_t epoch;
    int64_t submitted_ms, ttl_ms;
    bool hybrid;    /* the client left it to the server whether the result comes inline or behind links */
    struct session_view session;
};

/* What an entry takes from it. */
void fill_to_entry(const struct fill *f, struct entry *e);

struct followed {
    bool is_write;      /* cache_write_end() is owed */
    struct fill fill;   /* unless is_write */
};

struct follow;

enum rc follow_new(struct follow **out, struct event_base *base, struct cache *c, const struct secrets *s,
                   struct metrics *m, struct err *e) MUST_CHECK;
void follow_free(struct follow **f);

/* id ptr NULL = a write of unknown outcome. When there is no room or memory a write is ended at once. */
void follow_add(struct follow *f, struct sv id, const struct followed *what);
const struct followed *follow_find(struct follow *f, struct sv id);  /* also: it was heard of. NULL = not followed */
void follow_end(struct follow *f, struct sv id);                     /* a write's end is told to the cache */

#endif
