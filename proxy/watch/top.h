/* top: which statements cost and save most, by digest: a bounded table. When it is full the one with the fewest
 * executions gives way, and its successor inherits its count, so that a frequent statement cannot be kept out and no
 * count is ever too low (Space-Saving, Metwally 2005). Never a text, unless the operator asked for masked ones.
 *
 * All memory is taken at birth. Noting cannot fail; for a statement that is known it costs one look-up. Not thread-safe.
 */
#ifndef PROXY_TOP_H
#define PROXY_TOP_H

#include "core/err.h"
#include "core/sv.h"
#include "metrics.h"

enum { TOP_KEPT = 256, TOP_TEXT = 200, TOP_TENANT = 32 };

struct top;

/* What one execution showed. */
struct top_note {
    uint64_t digest;               /* top_digest() of the normalised statement */
    const char *tenant;            /* copied */
    enum request_class class;
    enum request_outcome outcome;
    enum bypass why;               /* BYPASS_NONE unless it has no place in the cache */
    int64_t upstream_ms;           /* spent upstream; 0 for a hit */
    int64_t saved_ms;              /* not spent, because of a hit: the kept result's execution time */
    struct sv masked;              /* statement with every literal masked; ptr NULL unless log_sql */
};

struct top_row {
    uint64_t digest;
    uint64_t count, hits, misses;  /* hits: fresh, stale and joined; misses: whatever ran */
    uint64_t over;                 /* count may be this much too high */
    uint64_t upstream_ms, saved_ms;
    enum request_class class;
    enum request_outcome outcome;  /* the last one */
    enum bypass why;               /* likewise */
    char tenant[TOP_TENANT];
    char text[TOP_TEXT];           /* "" = not wanted */
};

enum rc top_new(struct top **out, struct err *e) MUST_CHECK;
void top_free(struct top **t);

/* Under a seed of this process: it tells nothing about the text, and nothing to another process. 0 is never a digest. */
uint64_t top_digest(const struct top *t, const char *tenant, struct sv normalised);

void top_note(struct top *t, const struct top_note *n);   /* t NULL notes nothing; neither does digest 0 */

enum top_order { TOP_BY_COUNT, TOP_BY_UPSTREAM, TOP_BY_SAVED };

/* Up to max rows into out, highest first; returns how many. */
int top_list(const struct top *t, enum top_order by, struct top_row *out, int max);

#endif
