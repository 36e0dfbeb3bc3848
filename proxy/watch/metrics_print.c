#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "metrics.h"

enum kind { COUNTER, GAUGE, SECONDS, MILLIS, P_COUNTER, P_GAUGE, P_SECONDS, P_MILLIS };

struct series {
    enum kind kind;
    const char *name, *labels, *help;
};

static const struct series SERIES[] = {
#define METRIC(id, kind, name, labels, help) {kind, name, labels, help},
#include "tbl/metrics.h"
#undef METRIC
};

static const char *const EDGE_TEXT[METRICS_BUCKETS] = {"0.0001", "0.00025", "0.001", "0.005", "0.025", "0.1",
                                                       "0.5",    "1",       "5",     "10",    "30",    "60"};

/* ---- labels ---------------------------------------------------------------------------------------------------- */

static enum rc add_escaped(struct buf *out, const char *text, struct err *e) {
    for (; *text; text++) {
        const char *with = *text == '\\' ? "\\\\" : *text == '"' ? "\\\"" : *text == '\n' ? "\\n" : NULL;
        if (with ? buf_adds(out, with, e) : buf_addc(out, *text, e)) return RC_ERR;
    }
    return RC_OK;
}

/* The labels of one sample: {tenant="…",fixed,name="value"}; nothing when there are none. */
struct labels {
    const char *tenant;          /* NULL = none */
    const char *fixed;           /* as in the table; "" = none */
    const char *name, *value;    /* a further one; value NULL = none */
};

static enum rc add_label(struct buf *out, const char *name, size_t name_len, const char *value, char *open,
                         struct err *e) {
    if (!value) return RC_OK;
    if (buf_addc(out, *open, e) || buf_add(out, name, name_len, e) || buf_adds(out, "=\"", e)) return RC_ERR;
    *open = ',';
    if (add_escaped(out, value, e)) return RC_ERR;
    return buf_addc(out, '"', e);
}

static enum rc add_labels(struct buf *out, const struct labels *l, struct err *e) {
    char open = '{';
    if (add_label(out, "tenant", 6, l->tenant, &open, e)) return RC_ERR;
    if (l->fixed[0]) {
        if (buf_addc(out, open, e) || buf_adds(out, l->fixed, e)) return RC_ERR;
        open = ',';
    }
    if (l->value && add_label(out, l->name, strcspn(l->name, "="), l->value, &open, e)) return RC_ERR;
    return open == ',' ? buf_addc(out, '}', e) : RC_OK;
}

/* ---- samples --------------------------------------------------------------------------------------------------- */

static enum rc print_head(const char *name, const char *help, const char *type, struct buf *out, struct err *e) {
    return buf_addf(out, e, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static enum rc print_value(const char *name, const struct labels *l, uint64_t value, bool millis, struct buf *out,
                           struct err *e) {
    if (buf_adds(out, name, e) || add_labels(out, l, e)) return RC_ERR;
    if (millis) return buf_addf(out, e, " %" PRIu64 ".%03" PRIu64 "\n", value / 1000, value % 1000);
    return buf_addf(out, e, " %" PRIu64 "\n", value);
}

static uint64_t observations(const struct metrics_histogram *h) {
    uint64_t n = 0;
    for (int i = 0; i <= METRICS_BUCKETS; i++) n += h->bucket[i];
    return n;
}

static enum rc print_buckets(const char *name, struct labels l, const struct metrics_histogram *h, struct buf *out,
                             struct err *e) {
    uint64_t seen = 0;
    l.name = "le";
    for (int i = 0; i <= METRICS_BUCKETS; i++) {
        seen += h->bucket[i];
        l.value = i < METRICS_BUCKETS ? EDGE_TEXT[i] : "+Inf";
        if (buf_addf(out, e, "%s_bucket", name) || print_value("", &l, seen, false, out, e)) return RC_ERR;
    }
    return RC_OK;
}

/* A histogram that never saw anything is left out where it is one of many. */
static enum rc print_histogram(const char *name, const struct labels *l, const struct metrics_histogram *h,
                               struct buf *out, struct err *e) {
    uint64_t n = observations(h);
    if (n == 0 && l->fixed[0]) return RC_OK;
    if (print_buckets(name, *l, h, out, e)) return RC_ERR;
    if (buf_addf(out, e, "%s_sum", name) || add_labels(out, l, e)) return RC_ERR;
    if (buf_addf(out, e, " %" PRIu64 ".%06" PRIu64 "\n", h->sum_us / 1000000, h->sum_us % 1000000)) return RC_ERR;
    return buf_addf(out, e, "%s_count", name) ? RC_ERR : print_value("", l, n, false, out, e);
}

/* ---- series ---------------------------------------------------------------------------------------------------- */

static bool is_of_process(enum kind k) { return k >= P_COUNTER; }
static enum kind shape(enum kind k) { return is_of_process(k) ? k - P_COUNTER : k; }
static bool is_named(const struct series *s) { return s->labels[0] && s->labels[strlen(s->labels) - 1] == '*'; }

static enum rc print_named(const struct series *s, size_t i, const struct metrics_of *set, struct buf *out,
                           struct err *e) {
    for (int k = 0; k < set->m->n_named; k++) {
        const struct metrics_named *n = &set->m->named[k];
        struct labels l = {.tenant = set->tenant, .fixed = "", .name = s->labels, .value = n->label};
        if (n->id == (enum metric)i && print_value(s->name, &l, n->value, false, out, e)) return RC_ERR;
    }
    return RC_OK;
}

static enum rc print_one(const struct series *s, size_t i, const struct metrics_of *set, struct buf *out,
                         struct err *e) {
    struct labels l = {.tenant = set->tenant, .fixed = s->labels};
    if (is_named(s)) return print_named(s, i, set, out, e);
    if (shape(s->kind) == SECONDS) return print_histogram(s->name, &l, &set->m->seconds[i], out, e);
    return print_value(s->name, &l, set->m->value[i], shape(s->kind) == MILLIS, out, e);
}

/* The series in all sets as one number or histogram; named ones stay with the set that has them. */
static void add_up(struct metrics *sum, size_t i, const struct metrics_of *sets, size_t n_sets) {
    for (size_t k = 0; k < n_sets; k++) {
        const struct metrics *m = sets[k].m;
        sum->value[i] += m->value[i];
        for (int b = 0; b <= METRICS_BUCKETS; b++) sum->seconds[i].bucket[b] += m->seconds[i].bucket[b];
        sum->seconds[i].sum_us += m->seconds[i].sum_us;
        for (int j = 0; j < m->n_named; j++)
            if (m->named[j].id == (enum metric)i) metrics_add_named(sum, i, m->named[j].label, m->named[j].value);
    }
}

static bool is_silent(const struct metrics_of *set, size_t i) {
    return set->m->value[i] == 0 && observations(&set->m->seconds[i]) == 0;
}

/* What the process has of a tenant's series is printed if there is any, or if there is nobody else. */
static enum rc print_series(size_t i, const struct metrics_of *sets, size_t n_sets, struct metrics *sum,
                            struct buf *out, struct err *e) {
    const struct series *s = &SERIES[i];
    if (is_of_process(s->kind)) {
        add_up(sum, i, sets, n_sets);
        return print_one(s, i, &(struct metrics_of){NULL, sum}, out, e);
    }
    for (size_t k = 0; k < n_sets; k++) {
        bool skip = !sets[k].tenant && n_sets > 1 && !is_named(s) && is_silent(&sets[k], i);
        if (!skip && print_one(s, i, &sets[k], out, e)) return RC_ERR;
    }
    return RC_OK;
}

static enum rc print_table(const struct metrics_of *sets, size_t n_sets, struct metrics *sum, struct buf *out,
                           struct err *e) {
    static const char *const TYPES[] = {"counter", "gauge", "histogram", "counter"};
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct series *s = &SERIES[i];
        bool first = i == 0 || strcmp(SERIES[i - 1].name, s->name) != 0;
        if (first && print_head(s->name, s->help, TYPES[shape(s->kind)], out, e)) return RC_ERR;
        if (print_series(i, sets, n_sets, sum, out, e)) return RC_ERR;
    }
    return RC_OK;
}

/* ---- requests -------------------------------------------------------------------------------------------------- */

static bool has_requests(const struct metrics *m) {
    for (int o = 0; o < REQUEST_OUTCOME_COUNT; o++)
        if (metrics_requests(m, o)) return true;
    return false;
}

static enum rc print_counts(const struct metrics_of *set, struct buf *out, struct err *e) {
    char fixed[64];
    for (int c = 0; c < REQUEST_CLASS_COUNT; c++) {
        snprintf(fixed, sizeof fixed, "class=\"%s\"", request_class_word(c));
        for (int o = 0; o < REQUEST_OUTCOME_COUNT; o++) {
            struct labels l = {set->tenant, fixed, "outcome", request_outcome_word(o)};
            if (print_value("dbxproxy_requests_total", &l, set->m->requests[c][o], false, out, e)) return RC_ERR;
        }
    }
    return RC_OK;
}

static enum rc print_durations(const struct metrics_of *set, struct buf *out, struct err *e) {
    char fixed[64];
    for (int o = 0; o < REQUEST_OUTCOME_COUNT; o++) {
        struct labels l = {.tenant = set->tenant, .fixed = fixed};
        snprintf(fixed, sizeof fixed, "outcome=\"%s\"", request_outcome_word(o));
        if (print_histogram("dbxproxy_request_duration_seconds", &l, &set->m->requests_us[o], out, e)) return RC_ERR;
    }
    return RC_OK;
}

static enum rc print_bypasses(const struct metrics_of *set, struct buf *out, struct err *e) {
    for (int i = BYPASS_NONE + 1; i < BYPASS_COUNT; i++) {
        struct labels l = {set->tenant, "", "reason", bypass_word(i)};
        if (print_value("dbxproxy_cache_bypass_total", &l, set->m->bypass[i], false, out, e)) return RC_ERR;
    }
    return RC_OK;
}

static enum rc print_requests(const struct metrics_of *sets, size_t n_sets, struct buf *out, struct err *e) {
    static const struct {
        const char *name, *help, *type;
        enum rc (*print)(const struct metrics_of *set, struct buf *out, struct err *e);
    } PARTS[] = {
        {"dbxproxy_requests_total", "Client requests by what they were and what happened to them", "counter",
         print_counts},
        {"dbxproxy_request_duration_seconds", "Time from request to the end of the answer", "histogram",
         print_durations},
        {"dbxproxy_cache_bypass_total", "Statements that were neither looked up nor kept", "counter", print_bypasses},
    };
    for (size_t p = 0; p < sizeof PARTS / sizeof *PARTS; p++) {
        if (print_head(PARTS[p].name, PARTS[p].help, PARTS[p].type, out, e)) return RC_ERR;
        for (size_t k = 0; k < n_sets; k++)
            if ((sets[k].tenant || n_sets == 1 || has_requests(sets[k].m)) && PARTS[p].print(&sets[k], out, e))
                return RC_ERR;
    }
    return RC_OK;
}

enum rc metrics_print(const struct metrics_of *sets, size_t n_sets, struct buf *out, struct err *e) {
    struct metrics sum = {0};
    if (print_requests(sets, n_sets, out, e)) return RC_ERR;
    return print_table(sets, n_sets, &sum, out, e);
}
