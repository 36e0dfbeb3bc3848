/* writes: statements that may change something, from before they are sent until they have ended. While one is under way
 * its names are pending: what is kept on them is not served, and nothing new is kept. One of which nothing is heard for
 * WRITE_HEARD_MS counts as ended. */
#ifndef PROXY_TENANT_WRITES_H
#define PROXY_TENANT_WRITES_H

#include <event2/event.h>

#include "proxy/cache/epoch.h"
#include "proxy/watch/metrics.h"

enum { WRITE_HEARD_MS = 15 * 60 * 1000 };

struct shared;
struct shared_tenant;
struct write;
struct writes;

struct writes_needs {
    struct event_base *base;
    struct epochs *epochs;
    const struct secrets *secrets;
    struct metrics *metrics;
    struct shared *shared;              /* NULL = no other instance is told */
    struct shared_tenant *store;
};

enum rc writes_new(struct writes **out, const struct writes_needs *needs, struct err *e) MUST_CHECK;
void writes_free(struct writes **w);

/* Before it is sent. n 0 = it may change anything. NULL = out of memory: everything kept is unusable from now on, which
 * is safe as long as the statement is not sent. */
struct write *write_begin(struct writes *w, const struct epoch_name *names, int n, enum metric source);
void write_end(struct write **w);                    /* over, well or badly; NULL is welcome */
void write_follow(struct write **w, struct sv id);   /* it still runs upstream. id ptr NULL = its outcome is unknown */

bool writes_hear(struct writes *w, struct sv id);    /* a followed one: it lives. false = not followed */
void writes_end_id(struct writes *w, struct sv id);

#endif
