#include "metrics.h"

#include <inttypes.h>
#include <string.h>

enum kind { COUNTER, GAUGE, SECONDS };

struct series {
    enum kind kind;
    const char *name, *labels, *help;
};

static const struct series SERIES[] = {
#define METRIC(id, kind, name, labels, help) {kind, name, labels, help},
#include "tbl/metrics.h"
#undef METRIC
};

static const char *const WORDS[] = {
#define BYPASS(id, word, meaning) word,
#include "tbl/bypass.h"
#undef BYPASS
};

/* Upper edges: 0.1 ms shows a hit's health, 60 s the longest wait of the API. */
static const int64_t EDGE_US[METRICS_BUCKETS] = {100,    250,     1000,    5000,     25000,    100000,
                                                 500000, 1000000, 5000000, 10000000, 30000000, 60000000};
static const char *const EDGE_TEXT[METRICS_BUCKETS] = {"0.0001", "0.00025", "0.001", "0.005", "0.025", "0.1",
                                                       "0.5",    "1",       "5",     "10",    "30",    "60"};

const char *bypass_word(enum bypass why) { return (unsigned)why < BYPASS_COUNT ? WORDS[why] : "?"; }

void metrics_observe(struct metrics *m, enum metric id, int64_t us) {
    int i = 0;
    while (i < METRICS_BUCKETS && us > EDGE_US[i]) i++;
    m->seconds[id].bucket[i]++;
    m->seconds[id].sum_us += us > 0 ? (uint64_t)us : 0;
}

static enum rc print_head(const struct series *s, struct buf *out, struct err *e) {
    static const char *const TYPES[] = {"counter", "gauge", "histogram"};
    return buf_addf(out, e, "# HELP %s %s\n# TYPE %s %s\n", s->name, s->help, s->name, TYPES[s->kind]);
}

static enum rc print_histogram(const struct series *s, const struct metrics_histogram *h, struct buf *out,
                               struct err *e) {
    uint64_t seen = 0;
    const char *comma = s->labels[0] ? "," : "";
    for (int i = 0; i <= METRICS_BUCKETS; i++) {
        seen += h->bucket[i];
        if (buf_addf(out, e, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", s->name, s->labels, comma,
                     i < METRICS_BUCKETS ? EDGE_TEXT[i] : "+Inf", seen))
            return RC_ERR;
    }
    const char *open = s->labels[0] ? "{" : "", *close = s->labels[0] ? "}" : "";
    return buf_addf(out, e, "%s_sum%s%s%s %" PRIu64 ".%06" PRIu64 "\n%s_count%s%s%s %" PRIu64 "\n", s->name, open,
                    s->labels, close, h->sum_us / 1000000, h->sum_us % 1000000, s->name, open, s->labels, close, seen);
}

static enum rc print_series(const struct metrics *m, size_t i, struct buf *out, struct err *e) {
    const struct series *s = &SERIES[i];
    if ((i == 0 || strcmp(SERIES[i - 1].name, s->name) != 0) && print_head(s, out, e)) return RC_ERR;
    if (s->kind == SECONDS) return print_histogram(s, &m->seconds[i], out, e);
    if (!s->labels[0]) return buf_addf(out, e, "%s %" PRIu64 "\n", s->name, m->value[i]);
    return buf_addf(out, e, "%s{%s} %" PRIu64 "\n", s->name, s->labels, m->value[i]);
}

static enum rc print_bypasses(const struct metrics *m, struct buf *out, struct err *e) {
    if (buf_adds(out, "# HELP dbxproxy_cache_bypass_total Statements that were neither looked up nor kept\n"
                      "# TYPE dbxproxy_cache_bypass_total counter\n", e))
        return RC_ERR;
    for (int i = BYPASS_NONE + 1; i < BYPASS_COUNT; i++)
        if (buf_addf(out, e, "dbxproxy_cache_bypass_total{reason=\"%s\"} %" PRIu64 "\n", WORDS[i], m->bypass[i]))
            return RC_ERR;
    return RC_OK;
}

enum rc metrics_print(const struct metrics *m, struct buf *out, struct err *e) {
    for (size_t i = 0; i < METRIC_COUNT; i++)
        if (print_series(m, i, out, e)) return RC_ERR;
    return print_bypasses(m, out, e);
}
