/* report: the numbers of all sets and the bounded tables as one JSON tree, for the status page and dbxproxyctl. Pure:
 * it reads what it is given. */
#ifndef PROXY_REPORT_H
#define PROXY_REPORT_H

#include <cjson/cJSON.h>

#include "watch.h"

enum { REPORT_TOP = 20, REPORT_ERRORS = 12 };

/* totals, rate, bypass, saved, latency, flights, cache, memory, redis, tenants, top, errors. The caller frees it; NULL =
 * out of memory. */
cJSON *report_status(const struct metrics_of *sets, size_t n_sets, const struct watch *w);

/* Rows of the table of statements alone. */
cJSON *report_top(const struct watch *w, enum top_order by, int max);

#endif
