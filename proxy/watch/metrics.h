/* metrics: numbers for /metrics, in the Prometheus text format. One instance per loop; not thread-safe.
 * The list is include/tbl/metrics.h; bypass reasons are counted by include/tbl/bypass.h. */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

enum metric {
#define METRIC(id, kind, name, labels, help) id,
#include "tbl/metrics.h"
#undef METRIC
    METRIC_COUNT
};

enum bypass {
#define BYPASS(id, word, meaning) id,
#include "tbl/bypass.h"
#undef BYPASS
    BYPASS_COUNT
};

enum { METRICS_BUCKETS = 12 };

struct metrics_histogram {
    uint64_t bucket[METRICS_BUCKETS + 1];  /* not cumulative; the last is +Inf */
    uint64_t sum_us;
};

struct metrics {
    uint64_t value[METRIC_COUNT];
    uint64_t bypass[BYPASS_COUNT];
    struct metrics_histogram seconds[METRIC_COUNT];  /* only those of kind SECONDS are used */
};

static inline void metrics_add(struct metrics *m, enum metric id) { m->value[id]++; }
static inline void metrics_set(struct metrics *m, enum metric id, uint64_t value) { m->value[id] = value; }
void metrics_observe(struct metrics *m, enum metric id, int64_t us);
enum rc metrics_print(const struct metrics *m, struct buf *out, struct err *e) MUST_CHECK;

const char *bypass_word(enum bypass why);

#endif
