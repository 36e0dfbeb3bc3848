/* control: what a client wants from the cache: a leading comment, the header X-Dbxproxy-Cache, or Cache-Control. Pure.
 * Clients may only tighten; what cannot be read is ignored and counted. */
#ifndef PROXY_CONTROL_H
#define PROXY_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sv.h"

struct control {
    bool no_lookup;         /* run it */
    bool no_store;          /* … and do not keep the result */
    bool only_if_cached;    /* do not run it */
    int64_t max_age_ms;     /* INT64_MAX = no wish */
    int64_t min_fresh_ms;
    int64_t ttl_ms;         /* of what is kept; INT64_MAX = no wish */
    int ignored;            /* words that could not be read */
};

struct control control_none(void);
void control_read_words(struct control *c, struct sv text);  /* nocache | refresh | ttl=30s | only-if-cached | … */
void control_read_comment(struct control *c, struct sv sql); /* the same after "dbxproxy:" in a leading comment */
void control_read_cache_control(struct control *c, struct sv text);  /* RFC 9111 request directives */

#endif
