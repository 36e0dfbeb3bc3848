#include "report.h"

#include <config.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"

static void add(cJSON *to, const char *name, uint64_t value) { cJSON_AddNumberToObject(to, name, (double)value); }

/* ---- sums ------------------------------------------------------------------------------------------------------ */

static void add_histogram(struct metrics_histogram *sum, const struct metrics_histogram *h) {
    for (int b = 0; b <= METRICS_BUCKETS; b++) sum->bucket[b] += h->bucket[b];
    sum->sum_us += h->sum_us;
}

static void add_set(struct metrics *sum, const struct metrics *m) {
    for (int i = 0; i < METRIC_COUNT; i++) sum->value[i] += m->value[i];
    for (int i = 0; i < METRIC_COUNT; i++) add_histogram(&sum->seconds[i], &m->seconds[i]);
    for (int i = 0; i < BYPASS_COUNT; i++) sum->bypass[i] += m->bypass[i];
    for (int o = 0; o < REQUEST_OUTCOME_COUNT; o++) {
        for (int c = 0; c < REQUEST_CLASS_COUNT; c++) sum->requests[c][o] += m->requests[c][o];
        add_histogram(&sum->requests_us[o], &m->requests_us[o]);
    }
    for (int i = 0; i < m->n_named; i++)
        metrics_add_named(sum, m->named[i].id, m->named[i].label, m->named[i].value);
}

/* ---- parts ----------------------------------------------------------------------------------------------------- */

static cJSON *totals_of(const struct metrics *m) {
    cJSON *t = cJSON_CreateObject();
    for (int o = 0; o < REQUEST_OUTCOME_COUNT; o++) add(t, request_outcome_word(o), metrics_requests(m, o));
    return t;
}

/* Oldest step first; each is [hits, joined, stale, misses, bypasses, refused, errors]. */
static cJSON *rate_of(const struct history *h) {
    cJSON *rate = cJSON_CreateObject(), *steps = cJSON_AddArrayToObject(rate, "steps");
    add(rate, "step_s", HISTORY_STEP_MS / 1000);
    for (int i = HISTORY_STEPS - 1; i >= 0; i--) {
        struct history_step s = history_get(h, i);
        int row[] = {(int)s.hits,     (int)s.joined,  (int)s.stale, (int)s.misses,
                     (int)s.bypasses, (int)s.refused, (int)s.errors};
        cJSON_AddItemToArray(steps, cJSON_CreateIntArray(row, sizeof row / sizeof *row));
    }
    return rate;
}

static cJSON *bypasses_of(const struct metrics *m) {
    cJSON *list = cJSON_CreateArray();
    for (int i = BYPASS_NONE + 1; i < BYPASS_COUNT; i++) {
        if (!m->bypass[i]) continue;
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "reason", bypass_word(i));
        cJSON_AddStringToObject(row, "meaning", bypass_meaning(i));
        add(row, "n", m->bypass[i]);
        cJSON_AddItemToArray(list, row);
    }
    return list;
}

static void add_quantiles(cJSON *to, const char *name, const struct metrics_histogram *h) {
    cJSON *q = cJSON_AddObjectToObject(to, name);
    uint64_t n = 0;
    for (int b = 0; b <= METRICS_BUCKETS; b++) n += h->bucket[b];
    add(q, "n", n);
    if (!n) return;
    cJSON_AddNumberToObject(q, "p50_ms", metrics_quantile_us(h, 0.50) / 1000);
    cJSON_AddNumberToObject(q, "p99_ms", metrics_quantile_us(h, 0.99) / 1000);
    cJSON_AddNumberToObject(q, "mean_ms", (double)h->sum_us / (double)n / 1000);
}

static cJSON *latency_of(const struct metrics *m) {
    cJSON *l = cJSON_CreateObject();
    add_quantiles(l, "hit", &m->requests_us[REQUEST_HIT]);
    add_quantiles(l, "miss", &m->requests_us[REQUEST_MISS]);
    add_quantiles(l, "bypass", &m->requests_us[REQUEST_BYPASS]);
    add_quantiles(l, "added", &m->seconds[M_ADDED_SECONDS]);
    add_quantiles(l, "queue", &m->seconds[M_UP_QUEUE_SECONDS]);
    return l;
}

static cJSON *saved_of(const struct metrics *m) {
    cJSON *s = cJSON_CreateObject();
    cJSON_AddNumberToObject(s, "warehouse_seconds", (double)m->value[M_SAVED_MS] / 1000);
    add(s, "starts_avoided", m->value[M_STARTS_AVOIDED]);
    return s;
}

static cJSON *pick(const struct metrics *m, size_t n, const char *const *names, const enum metric *ids) {
    cJSON *o = cJSON_CreateObject();
    for (size_t i = 0; i < n; i++) add(o, names[i], m->value[ids[i]]);
    return o;
}

#define PICK(m, names, ids) pick(m, sizeof(ids) / sizeof *(ids), names, ids)

static cJSON *flights_of(const struct metrics *m) {
    static const char *const NAMES[] = {"running",    "waiters",   "coalesced", "promotions",
                                        "in_flight",  "followed",  "sessions",  "refreshes"};
    static const enum metric IDS[] = {M_FLIGHTS,   M_FLIGHT_WAITERS, M_FLIGHT_COALESCED, M_FLIGHT_PROMOTED,
                                      M_IN_FLIGHT, M_PENDING,        M_SESSIONS,         M_REFRESHES};
    return PICK(m, NAMES, IDS);
}

static cJSON *cache_of(const struct metrics *m) {
    static const char *const NAMES[] = {"bytes", "entries", "stored", "evicted_for_space", "stale_revalidate",
                                        "stale_error", "invalidated_by_write", "invalidated_by_admin"};
    static const enum metric IDS[] = {M_CACHE_BYTES,      M_CACHE_ENTRIES, M_FILL_STORED,      M_EVICT_SPACE,
                                      M_STALE_REVALIDATE, M_STALE_ERROR,   M_INVALIDATE_WRITE, M_INVALIDATE_ADMIN};
    return PICK(m, NAMES, IDS);
}

static cJSON *memory_of(const struct metrics *m) {
    static const char *const NAMES[] = {"cache", "in_flight", "connections", "limit", "resident"};
    static const enum metric IDS[] = {M_MEMORY_CACHE, M_MEMORY_FLIGHT, M_MEMORY_CONNS, M_MEMORY_LIMIT,
                                      M_MEMORY_RESIDENT};
    return PICK(m, NAMES, IDS);
}

static cJSON *named_of(const struct metrics *m, enum metric id) {
    cJSON *o = cJSON_CreateObject();
    for (int i = 0; i < m->n_named; i++)
        if (m->named[i].id == id) add(o, m->named[i].label, m->named[i].value);
    return o;
}

static cJSON *tenant_of(const struct metrics_of *set) {
    cJSON *t = cJSON_CreateObject();
    cJSON_AddStringToObject(t, "name", set->tenant);
    cJSON_AddItemToObject(t, "totals", totals_of(set->m));
    cJSON_AddItemToObject(t, "saved", saved_of(set->m));
    cJSON_AddItemToObject(t, "denied", named_of(set->m, M_POLICY_DENIED));
    add(t, "cache_bytes", set->m->value[M_CACHE_BYTES]);
    add(t, "cache_entries", set->m->value[M_CACHE_ENTRIES]);
    return t;
}

static cJSON *tenants_of(const struct metrics_of *sets, size_t n) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < n; i++)
        if (sets[i].tenant) cJSON_AddItemToArray(list, tenant_of(&sets[i]));
    return list;
}

/* ---- tables ---------------------------------------------------------------------------------------------------- */

static cJSON *top_row(const struct top_row *r) {
    char digest[20];
    cJSON *o = cJSON_CreateObject();
    snprintf(digest, sizeof digest, "%016" PRIx64, r->digest);
    cJSON_AddStringToObject(o, "digest", digest);
    cJSON_AddStringToObject(o, "tenant", r->tenant);
    cJSON_AddStringToObject(o, "class", request_class_word(r->class));
    cJSON_AddStringToObject(o, "outcome", request_outcome_word(r->outcome));
    if (r->why != BYPASS_NONE) cJSON_AddStringToObject(o, "reason", bypass_word(r->why));
    add(o, "count", r->count);
    add(o, "hits", r->hits);
    add(o, "misses", r->misses);
    cJSON_AddNumberToObject(o, "upstream_s", (double)r->upstream_ms / 1000);
    cJSON_AddNumberToObject(o, "saved_s", (double)r->saved_ms / 1000);
    if (r->text[0]) cJSON_AddStringToObject(o, "sql", r->text);
    return o;
}

cJSON *report_top(const struct watch *w, enum top_order by, int max) {
    cJSON *list = cJSON_CreateArray();
    struct top_row *rows = mem_array(TOP_KEPT, sizeof *rows);
    int n = rows ? top_list(w->top, by, rows, max < TOP_KEPT ? max : TOP_KEPT) : 0;
    for (int i = 0; i < n; i++) cJSON_AddItemToArray(list, top_row(&rows[i]));
    mem_free(rows);
    return list;
}

static cJSON *errors_of(const struct errors *errors) {
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < REPORT_ERRORS && errors_get(errors, i); i++) {
        const struct error_note *n = errors_get(errors, i);
        cJSON *o = cJSON_CreateObject();
        add(o, "first_ms", (uint64_t)n->first_ms);
        add(o, "last_ms", (uint64_t)n->last_ms);
        add(o, "count", n->count);
        cJSON_AddStringToObject(o, "tenant", n->tenant);
        cJSON_AddStringToObject(o, "room", n->room);
        cJSON_AddStringToObject(o, "text", n->text);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

cJSON *report_status(const struct metrics_of *sets, size_t n_sets, const struct watch *w) {
    struct metrics *sum = mem_zalloc(sizeof *sum);
    cJSON *r = sum ? cJSON_CreateObject() : NULL;
    for (size_t i = 0; r && i < n_sets; i++) add_set(sum, sets[i].m);
    if (r) {
        cJSON_AddStringToObject(r, "version", VERSION);
        add(r, "now_ms", (uint64_t)clock_wall_ms());
        add(r, "started_ms", (uint64_t)w->started_ms);
        cJSON_AddItemToObject(r, "totals", totals_of(sum));
        cJSON_AddItemToObject(r, "rate", rate_of(&w->history));
        cJSON_AddItemToObject(r, "bypass", bypasses_of(sum));
        cJSON_AddItemToObject(r, "saved", saved_of(sum));
        cJSON_AddItemToObject(r, "latency", latency_of(sum));
        cJSON_AddItemToObject(r, "flights", flights_of(sum));
        cJSON_AddItemToObject(r, "cache", cache_of(sum));
        cJSON_AddItemToObject(r, "memory", memory_of(sum));
        cJSON_AddItemToObject(r, "redis_errors", named_of(sum, M_REDIS_ERRORS));
        cJSON_AddItemToObject(r, "tenants", tenants_of(sets, n_sets));
        cJSON_AddItemToObject(r, "top", report_top(w, TOP_BY_COUNT, REPORT_TOP));
        cJSON_AddItemToObject(r, "errors", errors_of(&w->errors));
    }
    mem_free(sum);
    return r;
}
