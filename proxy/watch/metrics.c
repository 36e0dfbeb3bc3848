#include "metrics.h"

#include <string.h>

static const char *const BYPASS_WORDS[] = {
#define BYPASS(id, word, meaning) word,
#include "tbl/bypass.h"
#undef BYPASS
};

static const char *const BYPASS_MEANINGS[] = {
#define BYPASS(id, word, meaning) meaning,
#include "tbl/bypass.h"
#undef BYPASS
};

static const char *const CLASS_WORDS[] = {
#define REQUEST_CLASS(id, word) word,
#include "tbl/requests.h"
};

static const char *const OUTCOME_WORDS[] = {
#define REQUEST_OUTCOME(id, word, meaning) word,
#include "tbl/requests.h"
};

/* Upper edges: 0.1 ms shows a hit's health, 60 s the longest wait of the API. */
static const int64_t EDGE_US[METRICS_BUCKETS] = {100,    250,     1000,    5000,     25000,    100000,
                                                 500000, 1000000, 5000000, 10000000, 30000000, 60000000};

const char *bypass_word(enum bypass why) { return (unsigned)why < BYPASS_COUNT ? BYPASS_WORDS[why] : "?"; }
const char *bypass_meaning(enum bypass why) { return (unsigned)why < BYPASS_COUNT ? BYPASS_MEANINGS[why] : "?"; }

const char *request_class_word(enum request_class c) {
    return (unsigned)c < REQUEST_CLASS_COUNT ? CLASS_WORDS[c] : "?";
}

const char *request_outcome_word(enum request_outcome o) {
    return (unsigned)o < REQUEST_OUTCOME_COUNT ? OUTCOME_WORDS[o] : "?";
}

/* ---- counting -------------------------------------------------------------------------------------------------- */

static void observe(struct metrics_histogram *h, int64_t us) {
    int i = 0;
    while (i < METRICS_BUCKETS && us > EDGE_US[i]) i++;
    h->bucket[i]++;
    h->sum_us += us > 0 ? (uint64_t)us : 0;
}

void metrics_observe(struct metrics *m, enum metric id, int64_t us) { observe(&m->seconds[id], us); }

void metrics_request(struct metrics *m, enum request_class c, enum request_outcome o, int64_t us) {
    m->requests[c][o]++;
    observe(&m->requests_us[o], us);
}

double metrics_quantile_us(const struct metrics_histogram *h, double q) {
    double n = 0, seen = 0;
    for (int i = 0; i <= METRICS_BUCKETS; i++) n += (double)h->bucket[i];
    for (int i = 0; i < METRICS_BUCKETS && n > 0; i++) {
        double low = i ? (double)EDGE_US[i - 1] : 0, in = (double)h->bucket[i];
        if (in > 0 && seen + in >= q * n) return low + ((double)EDGE_US[i] - low) * (q * n - seen) / in;
        seen += in;
    }
    return n > 0 ? (double)EDGE_US[METRICS_BUCKETS - 1] : 0;
}

uint64_t metrics_requests(const struct metrics *m, enum request_outcome o) {
    uint64_t sum = 0;
    for (int c = 0; c < REQUEST_CLASS_COUNT; c++) sum += m->requests[c][o];
    return sum;
}

static struct metrics_named *find_named(struct metrics *m, enum metric id, struct sv label) {
    for (int i = 0; i < m->n_named; i++)
        if (m->named[i].id == id && sv_eq(sv_of(m->named[i].label), label)) return &m->named[i];
    return NULL;
}

/* NULL = full: the last place is for "other", so that nothing goes uncounted as long as there is one. */
static struct metrics_named *get_named(struct metrics *m, enum metric id, const char *label) {
    struct sv text = sv_make(label, strnlen(label, METRICS_NAME_BYTES - 1));
    struct metrics_named *n = find_named(m, id, text);
    if (n) return n;
    if (m->n_named >= METRICS_NAMED - 8) {
        text = SV_LIT("other");
        n = find_named(m, id, text);
        if (n || m->n_named == METRICS_NAMED) return n;
    }
    n = &m->named[m->n_named++];
    *n = (struct metrics_named){.id = id};
    memcpy(n->label, text.ptr, text.len);
    return n;
}

void metrics_add_named(struct metrics *m, enum metric id, const char *label, uint64_t n) {
    struct metrics_named *named = get_named(m, id, label);
    if (named) named->value += n;
}

void metrics_set_named(struct metrics *m, enum metric id, const char *label, uint64_t value) {
    struct metrics_named *n = get_named(m, id, label);
    if (n) n->value = value;
}

void metrics_drop_named(struct metrics *m, enum metric id) {
    int kept = 0;
    for (int i = 0; i < m->n_named; i++)
        if (m->named[i].id != id) m->named[kept++] = m->named[i];
    m->n_named = kept;
}
