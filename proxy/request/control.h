/* control: what a client wants from the cache: a leading comment, the header X-Dbxproxy-Cache, or Cache-Control. Pure.
 * Clients may only tighten, unless may_extend; what cannot be read is ignored and counted. Several controls add up, the
 * tighter wish holds. */
#ifndef PROXY_CONTROL_H
#define PROXY_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sv.h"

enum { CONTROL_MAX_TAGS = 8, CONTROL_NO_WISH = -1 };

struct control {
    bool may_extend;        /* set by the caller before reading: wishes for more count too */
    bool no_lookup;         /* run it, join nobody, and be given nothing stale */
    bool no_store;          /* … and do not keep the result */
    bool only_if_cached;    /* do not run it */
    int64_t max_age_ms;     /* INT64_MAX = no wish */
    int64_t min_fresh_ms;
    int64_t ttl_ms;         /* of what is kept; INT64_MAX = no wish. Ask control_ttl() */
    int64_t max_stale_ms;   /* CONTROL_NO_WISH, or how much staleness is accepted. Ask control_stale() */
    int n_tags;
    struct sv tags[CONTROL_MAX_TAGS];   /* views into what was read */
    int ignored;            /* words that could not be read */
};

struct control control_none(void);

/* nocache | refresh | ttl=30s | max-stale=60s | only-if-cached | tag=x */
void control_read_words(struct control *c, struct sv text);

/* The same after "dbxproxy:" in a comment that is the very first token of the statement. */
void control_read_comment(struct control *c, struct sv sql);

/* RFC 9111 request directives: no-store, no-cache, max-age, min-fresh, max-stale, only-if-cached. */
void control_read_cache_control(struct control *c, struct sv text);

/* The life of a result that would be ttl_ms, and a window of staleness that would be window_ms, as the client wants
 * them: never more without may_extend. The caller caps them with max_ttl. */
int64_t control_ttl(const struct control *c, int64_t ttl_ms);
int64_t control_stale(const struct control *c, int64_t window_ms);

#endif
