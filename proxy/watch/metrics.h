/* metrics: numbers for /metrics, in the Prometheus text format. The list is include/tbl/metrics.h; requests are counted
 * by include/tbl/requests.h, bypass reasons by include/tbl/bypass.h.
 *
 * One set per tenant and one for the process, each counted by one loop: not thread-safe. Counting cannot fail and, on
 * the way of a hit, is an increment in an array. All zero is a set without counts: no init, nothing to free. */
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

/* 1 + enum sqlclass, or REQUEST_OTHER for what is no statement. */
enum request_class {
#define REQUEST_CLASS(id, word) id,
#include "tbl/requests.h"
    REQUEST_CLASS_COUNT
};

enum request_outcome {
#define REQUEST_OUTCOME(id, word, meaning) id,
#include "tbl/requests.h"
    REQUEST_OUTCOME_COUNT
};

enum { METRICS_BUCKETS = 12, METRICS_NAMED = 48, METRICS_NAME_BYTES = 64 };

struct metrics_histogram {
    uint64_t bucket[METRICS_BUCKETS + 1];  /* not cumulative; the last is +Inf */
    uint64_t sum_us;
};

/* A series whose label value became known at run time. */
struct metrics_named {
    enum metric id;
    char label[METRICS_NAME_BYTES];
    uint64_t value;
};

struct metrics {
    uint64_t value[METRIC_COUNT];
    uint64_t bypass[BYPASS_COUNT];
    uint64_t requests[REQUEST_CLASS_COUNT][REQUEST_OUTCOME_COUNT];
    struct metrics_histogram requests_us[REQUEST_OUTCOME_COUNT];
    struct metrics_histogram seconds[METRIC_COUNT];  /* only those of kind SECONDS are used */
    struct metrics_named named[METRICS_NAMED];
    int n_named;
};

static inline void metrics_add(struct metrics *m, enum metric id) { m->value[id]++; }
static inline void metrics_add_n(struct metrics *m, enum metric id, uint64_t n) { m->value[id] += n; }
static inline void metrics_set(struct metrics *m, enum metric id, uint64_t value) { m->value[id] = value; }
void metrics_observe(struct metrics *m, enum metric id, int64_t us);

/* One client request has ended: class, outcome, time from its arrival to the end of its answer. */
void metrics_request(struct metrics *m, enum request_class c, enum request_outcome o, int64_t us);

/* For series with a label written name=*. The label is copied, and cut at METRICS_NAME_BYTES - 1; when the set is full
 * the value goes to the label "other". Not for the way of a hit. */
void metrics_add_named(struct metrics *m, enum metric id, const char *label, uint64_t n);
void metrics_set_named(struct metrics *m, enum metric id, const char *label, uint64_t value);
void metrics_drop_named(struct metrics *m, enum metric id); /* all labels of it: before they are set anew */

/* A set and whose it is. tenant NULL = the process. */
struct metrics_of {
    const char *tenant;
    const struct metrics *m;
};

/* All sets as one text. Series of a tenant are printed for each tenant; what the process' own set has of them is printed
 * without tenant, if anything. Series of the process are the sum of all sets. */
enum rc metrics_print(const struct metrics_of *sets, size_t n_sets, struct buf *out, struct err *e) MUST_CHECK;

uint64_t metrics_requests(const struct metrics *m, enum request_outcome o);  /* of all classes */

double metrics_quantile_us(const struct metrics_histogram *h, double q);  /* an estimate within its bucket; 0 = none */

const char *bypass_word(enum bypass why);
const char *bypass_meaning(enum bypass why);
const char *request_class_word(enum request_class c);
const char *request_outcome_word(enum request_outcome o);

#endif
