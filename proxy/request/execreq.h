/* execreq: the body of an execute request, as far as the cache key must know it. Pure.
 *
 * Everything in it is either keyed or known not to matter; a member that is neither makes the request uncacheable. */
#ifndef PROXY_EXECREQ_H
#define PROXY_EXECREQ_H

#include <cjson/cJSON.h>

#include "core/arena.h"
#include "core/err.h"
#include "proxy/watch/metrics.h"

struct execreq_param {
    struct sv name;       /* ptr NULL = positional */
    long long ordinal;
    struct sv type;       /* as written; ptr NULL = absent */
    struct sv value;      /* ptr NULL = SQL NULL */
};

struct execreq {
    cJSON *tree;          /* the views below point into it; freed by execreq_fini */
    enum bypass why;      /* BYPASS_NONE = all of it can be keyed */
    struct sv statement;  /* ptr NULL = the body could not be read */
    struct sv warehouse_id, session_id, catalog, schema, format, disposition, compression; /* ptr NULL = absent */
    struct sv row_limit, byte_limit;  /* digits as written */
    int n_params;
    struct execreq_param *params;     /* in the arena, sorted by name and position */
};

/* RC_ERR means: answer 400, because the upstream might read the body in another way than we do (duplicate keys, a NUL
 * in the statement, bytes that are not UTF-8). Anything merely strange is RC_OK with a reason in why. */
enum rc execreq_parse(struct sv body, struct arena *a, struct execreq *out, struct err *e) MUST_CHECK;
void execreq_fini(struct execreq *r);

#endif
