/* probe: asks for the versions of tables, so that results of unchanged tables live longer and those of changed ones end
 * at once. DESCRIBE HISTORY t LIMIT 1, with the token of the request that made it worth asking, on a warehouse that runs:
 * where that is not certain the warehouse is asked about by REST first, and a stopped one is left asleep.
 *
 * One question per table at a time, shared by all results that read it, and none within version_ttl of the last. What
 * cannot be found out is unknown, which costs nothing but the longer life. */
#ifndef PROXY_TENANT_PROBE_H
#define PROXY_TENANT_PROBE_H

#include <event2/http.h>

#include "memo.h"
#include "proxy/cache/version.h"

struct probes;
struct tenant;

struct probe_ask {
    const struct evkeyvalq *headers;   /* of the request; copied */
    const uint8_t *principal;
    const char *warehouse;
    bool is_running;                   /* a statement has just run there */
    const struct analysis *analysis;   /* whose tables */
    int64_t after_ms;                  /* monotonic: what was read since then need not be read again */
    /* The entry of that content was read between these versions and those that are asked for: where they are equal it
     * becomes a versioned one. NULL = none, the versions are wanted for themselves. */
    const uint8_t *gen;
    const struct version *before;      /* one per table; copied */
};

enum rc probes_new(struct probes **out, struct tenant *t, struct err *e) MUST_CHECK;
void probes_free(struct probes **p);

void probe_start(struct probes *p, const struct probe_ask *ask);   /* where there is nothing to ask nothing is asked */

#endif
