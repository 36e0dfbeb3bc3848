/* upstream_priv: what the files of this room share of an upstream and its requests. */
#ifndef PROXY_UPSTREAM_PRIV_H
#define PROXY_UPSTREAM_PRIV_H

#include "attempt.h"
#include "bucket.h"
#include "budget.h"
#include "kept.h"
#include "queue.h"
#include "targets.h"
#include "upstream.h"
#include "wire.h"

/* Who waits for what: storage has connections of its own; of those to the workspace a quarter is for the urgent. */
enum lane { LANE_ORDINARY, LANE_URGENT, LANE_LINK, LANES };

struct upstream_client {
    struct upstream *up;
    const struct config_tenant *cfg;   /* NULL = no limits */
    struct metrics *metrics;
    struct queue_tenant lane[LANES];
    int in_flight;                     /* ordinary ones with a place */
    struct bucket requests, misses, bytes;
    struct budget budget;
};

struct upstream {
    struct event_base *base;
    const struct config *cfg;
    const struct config_upstream *up;
    struct metrics *metrics;
    struct wire *api, *links;
    struct queue queue[LANES];
    int taken[LANES];                  /* places */
    int backing_off;
    struct event *pump;
    struct upstream_client *nobody;    /* of calls without a client */
    struct targets targets;
    struct denials denials;
    struct health_watch *health;       /* NULL = not asked for */
    int told_idle, told_queued;        /* of the gauges */
    TAILQ_HEAD(, upstream_req) all;
    uint64_t chance;
};

uint32_t upstream_chance(struct upstream *u);
int upstream_places(const struct upstream *u, enum lane lane);
bool upstream_has_place(const struct upstream *u, enum lane lane);
void upstream_pump_soon(struct upstream *u);

/* request.c: those whose turn has come. */
void upstream_pump(struct upstream *u);

/* client.c */
bool client_may_miss(struct upstream_client *c, struct upstream_refusal *no);
bool client_may_queue(const struct upstream_client *c, enum lane lane);
int64_t client_queue_ms(const struct upstream_client *c);
void client_count(struct upstream_client *c, enum lane lane, int change);  /* of what has a place */

/* groups.c: targets in the light of the configuration. */
int group_index(const struct upstream *u, const char *warehouse);  /* -1 = in no group */
/* Where a statement may go now; NULL = nowhere. */
const char *group_choose(struct upstream *u, const uint8_t *principal, const char *warehouse, bool movable,
                         const char *avoid);
int group_wait_s(const struct upstream *u, const struct target *t);  /* until its breaker opens a gap; NULL = host's */

/* health.c: asks after the warehouses of the group, never with SQL: that would wake them. */
enum rc health_start(struct upstream *u, struct err *e) MUST_CHECK;  /* RC_OK and nothing, without group or token */
void health_stop(struct upstream *u);

#endif
