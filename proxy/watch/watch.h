/* watch: what the operator's door shows besides the metrics: last errors, top statements, the last minutes, and what
 * the cache saved. One per process; owned by the daemon, outlives its tenants. What is logged as a warning or graver
 * while it lives becomes one of the last errors too. Not thread-safe. */
#ifndef PROXY_WATCH_H
#define PROXY_WATCH_H

#include "errors.h"
#include "history.h"
#include "saved.h"
#include "top.h"

struct log;

struct watch {
    struct log *log;        /* errors go there too; NULL = none. Borrowed; must outlive it */
    bool telling;           /* the line that is logged now was noted already */
    struct errors errors;
    struct history history;
    struct saved saved;
    struct top *top;
    int64_t started_ms;     /* wall clock */
};

enum rc watch_new(struct watch **out, struct log *log, struct err *e) MUST_CHECK;
void watch_free(struct watch **w);

/* Something went wrong that the operator should see: kept for the status page, and logged as a warning. tenant NULL =
 * the process. No statement, no parameter, no link in the text. w NULL is welcome. */
void watch_error(struct watch *w, const char *tenant, const char *room, const char *fmt, ...) PRINTF_LIKE(4, 5);

#endif
