#include "record.h"

#include "core/clock.h"
#include "exchange.h"

static void count(struct exchange *x, int64_t us) {
    struct metrics *m = x->tenant ? &x->tenant->metrics : &x->proxy->metrics;
    if (x->tenant) upstream_client_charge(x->tenant->client, x->bytes_out);
    metrics_request(m, x->class, x->outcome, us);
    if (x->bypass != BYPASS_NONE) m->bypass[x->bypass]++;
    if (x->upstream_us > 0) metrics_observe(m, M_ADDED_SECONDS, us > x->upstream_us ? us - x->upstream_us : 0);
}

static void write_access_log(const struct exchange *x, int64_t us) {
    struct accesslog_line line = {
        .method = x->method,
        .route = route_name(x->route.route),
        .outcome = request_outcome_word(x->outcome),
        .reason = x->bypass == BYPASS_NONE ? "" : bypass_word(x->bypass),
        .tenant = x->tenant ? x->tenant->name : NULL,
        .class = x->class == REQUEST_OTHER ? NULL : request_class_word(x->class),
        .detail = x->cache_status,
        .sql = x->masked ? sv_of(x->masked) : SV_NULL,
        .upstream_us = x->upstream_us,
        .status = x->status,
        .principal_tag = x->principal_tag,
        .key_prefix = x->key_prefix,
        .upstream_id = x->upstream_id,
        .bytes = x->bytes_out,
        .duration_us = us,
    };
    accesslog_write(x->proxy->accesslog, &line);
}

static void note_top(const struct exchange *x) {
    struct top_note n = {
        .digest = x->digest,
        .tenant = x->tenant->name,
        .class = x->class,
        .outcome = x->outcome,
        .why = x->bypass,
        .upstream_ms = x->upstream_us / 1000,
        .saved_ms = x->saved_ms,
        .masked = x->masked ? sv_of(x->masked) : SV_NULL,
    };
    top_note(x->proxy->watch->top, &n);
}

void record_exchange(struct exchange *x) {
    int64_t us = clock_mono_us() - x->started_us;
    count(x, us);
    write_access_log(x, us);
    if (x->tenant && x->digest) note_top(x);
}
