/* tenant: a group of users of one workspace, and all that their requests share: keys, known tokens, sessions, kept
 * results, statements under way, numbers. Nothing of it is seen by another tenant.
 *
 * Made by the daemon, one per [tenant.NAME]; a reload gives it a new configuration in place. Outlives every exchange.
 */
#ifndef PROXY_TENANT_TENANT_H
#define PROXY_TENANT_TENANT_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "core/log.h"
#include "proxy/cache/cache.h"
#include "proxy/config/config.h"
#include "proxy/keys/secrets.h"
#include "proxy/sql/policy.h"
#include "proxy/upstream/upstream.h"
#include "proxy/watch/metrics.h"
#include "tombstone.h"

struct identity;
struct outfit;
struct memo;
struct probes;
struct recent;
struct relations;
struct rights;
struct session_track;
struct shared;
struct shared_tenant;
struct writes;

/* How long the workspace worked for us lately, and how much of it for refreshes; halved every minute. */
struct burden {
    double all_ms, refresh_ms;
    int64_t at_ms;
};

struct tenant {
    const struct config *config;         /* a reference */
    const struct config_tenant *cfg;     /* in it */
    char *name;
    bool retired;                        /* no longer configured: nothing new reaches it */
    struct metrics metrics;
    struct secrets secrets;
    uint8_t generation[DIGEST_BYTES];    /* of what the configuration makes of results: part of every key */
    uint8_t share_scope[DIGEST_BYTES];   /* whose shared results are */
    struct policy *policy;
    struct outfit *next;                 /* prepared, not yet taken; NULL = none */
    struct upstream *upstream;           /* shared by the tenants of one workspace */
    struct upstream_client *client;      /* our place in its queue */
    struct identity *identity;
    struct session_track *sessions;
    struct cache cache;
    struct writes *writes;
    struct tombstones *tombstones;
    struct recent *recent;
    struct probes *probes;
    struct relations *relations;
    struct rights *rights;
    struct memo *memo;
    int64_t skew_ms;                     /* our clock against the workspace's, as last seen; never below zero */
    struct burden burden;
    struct shared *shared;               /* NULL = no store is configured */
    struct shared_tenant *store;         /* our names and keys in it */
    TAILQ_ENTRY(tenant) link;
};

struct tenant_needs {
    struct event_base *base;
    struct upstream *upstream;
    struct store *store;
    struct shared *shared;
};

enum rc tenant_new(struct tenant **out, const struct config *c, const struct config_tenant *t,
                   const struct tenant_needs *needs, struct err *e) MUST_CHECK;
void tenant_free(struct tenant **t);

/* This statement id ends, here and at the other instances. */
void tenant_bury(struct tenant *t, struct sv id, enum tombstone what);

uint64_t tenant_epoch(const struct tenant *t);   /* raised by grants and by what may change anything */
void tenant_note_load(struct tenant *t, int64_t exec_ms, bool is_refresh);
bool tenant_may_refresh(struct tenant *t);   /* refreshes take less than refresh_load_max of it */

/* A new configuration for it, in two steps, so that all tenants change or none: what can fail is made by
 * tenant_prepare(), and taken by tenant_configure() or thrown away by tenant_abandon(). What was kept becomes unusable
 * when its meaning changed. */
enum rc tenant_prepare(struct tenant *t, const struct config *c, const struct config_tenant *cfg,
                       struct err *e) MUST_CHECK;
void tenant_configure(struct tenant *t, const struct config *c, const struct config_tenant *cfg);
void tenant_abandon(struct tenant *t);   /* nothing prepared is welcome */

#endif
