#include "schema.h"

#include <string.h>

#define CFG(kind, field, key, dflt, bounds, flags, doc) \
    {CFG_##kind, key, dflt, bounds, doc, flags, offsetof(struct HERE, field)},

#define HERE config_server
static const struct cfg_key SERVER[] = {
#include "tbl/config/server.h"
};
#undef HERE
#define HERE config_listen
static const struct cfg_key LISTEN[] = {
#include "tbl/config/listen.h"
};
#undef HERE
#define HERE config_tenant
static const struct cfg_key TENANT[] = {
#include "tbl/config/tenant.h"
};
#undef HERE
#define HERE config_upstream
static const struct cfg_key UPSTREAM[] = {
#include "tbl/config/upstream.h"
};
#undef HERE
#define HERE config_cache
static const struct cfg_key CACHE[] = {
#include "tbl/config/cache.h"
};
#undef HERE
#define HERE config_redis
static const struct cfg_key REDIS[] = {
#include "tbl/config/redis.h"
};
#undef HERE
#define HERE config_limits
static const struct cfg_key LIMITS[] = {
#include "tbl/config/limits.h"
};
#undef HERE
#define HERE config_breaker
static const struct cfg_key BREAKER[] = {
#include "tbl/config/breaker.h"
};
#undef HERE
#define HERE config_retry
static const struct cfg_key RETRY[] = {
#include "tbl/config/retry.h"
};
#undef HERE
#define HERE config_security
static const struct cfg_key SECURITY[] = {
#include "tbl/config/security.h"
};
#undef HERE
#define HERE config_log
static const struct cfg_key LOG[] = {
#include "tbl/config/log.h"
};
#undef HERE
#define HERE config_rule
static const struct cfg_key RULE[] = {
#include "tbl/config/rule.h"
};
#undef HERE
#undef CFG

#define KEYS(table) (table), (int)(sizeof(table) / sizeof *(table))
#define ONE(name, table, type, member) {name, KEYS(table), sizeof(struct type), offsetof(struct config, member), 0}
#define MANY(name, table, type, member, count) \
    {name, KEYS(table), sizeof(struct type), offsetof(struct config, member), offsetof(struct config, count)}

static const struct cfg_section SECTIONS[SEC_COUNT] = {
    [SEC_SERVER] = ONE("server", SERVER, config_server, server),
    [SEC_LISTEN] = MANY("listen", LISTEN, config_listen, listen, n_listen),
    [SEC_TENANT] = MANY("tenant", TENANT, config_tenant, tenants, n_tenants),
    [SEC_UPSTREAM] = MANY("upstream", UPSTREAM, config_upstream, upstreams, n_upstreams),
    [SEC_CACHE] = ONE("cache", CACHE, config_cache, cache),
    [SEC_REDIS] = ONE("redis", REDIS, config_redis, redis),
    [SEC_LIMITS] = ONE("limits", LIMITS, config_limits, limits),
    [SEC_BREAKER] = ONE("breaker", BREAKER, config_breaker, breaker),
    [SEC_RETRY] = ONE("retry", RETRY, config_retry, retry),
    [SEC_SECURITY] = ONE("security", SECURITY, config_security, security),
    [SEC_LOG] = ONE("log", LOG, config_log, log),
    [SEC_RULE] = MANY("rule", RULE, config_rule, rules, n_rules),
};

const struct cfg_section *schema_section(enum section_id id) { return &SECTIONS[id]; }

bool schema_find(struct sv name, enum section_id *id_r) {
    for (int i = 0; i < SEC_COUNT; i++)
        if (sv_eq(name, sv_of(SECTIONS[i].name))) {
            *id_r = (enum section_id)i;
            return true;
        }
    return false;
}

const struct cfg_key *schema_key(enum section_id id, struct sv name) {
    for (int i = 0; i < SECTIONS[id].n_keys; i++)
        if (sv_eq(name, sv_of(SECTIONS[id].keys[i].key))) return &SECTIONS[id].keys[i];
    return NULL;
}

int schema_count(const struct config *c, enum section_id id) {
    int n = 1;
    if (schema_is_named(&SECTIONS[id])) memcpy(&n, (const char *)c + SECTIONS[id].count_offset, sizeof n);
    return n;
}

void *schema_item(const struct config *c, enum section_id id, int item) {
    const struct cfg_section *s = &SECTIONS[id];
    char *array, *whole = (char *)c;
    if (!schema_is_named(s)) return whole + s->offset;
    memcpy(&array, whole + s->offset, sizeof array);
    return array + (size_t)item * s->size;
}

const char *schema_item_name(const struct config *c, enum section_id id, int item) {
    const char *name = "";
    if (schema_is_named(&SECTIONS[id])) memcpy(&name, schema_item(c, id, item), sizeof name);
    return name;
}

/* ---- what the user may have meant ------------------------------------------------------------------------------ */

enum { LONGEST = 32, NEAR = 3 };

static int min3(int a, int b, int c) { return a < b ? (a < c ? a : c) : (b < c ? b : c); }

/* Levenshtein's distance; names longer than LONGEST are far from everything. */
static int distance(struct sv a, struct sv b) {
    int row[LONGEST + 1];
    if (a.len > LONGEST || b.len > LONGEST) return LONGEST;
    for (int j = 0; j <= (int)b.len; j++) row[j] = j;
    for (int i = 1; i <= (int)a.len; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= (int)b.len; j++) {
            int swap = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            diagonal = row[j];
            row[j] = min3(row[j] + 1, row[j - 1] + 1, swap);
        }
    }
    return row[b.len];
}

static bool is_nearer(struct sv name, const char *candidate, int *best) {
    int d = distance(name, sv_of(candidate));
    if (d >= *best || d >= (int)name.len) return false;
    *best = d;
    return true;
}

const char *schema_nearest_section(struct sv name) {
    const char *found = NULL;
    for (int i = 0, best = NEAR + 1; i < SEC_COUNT; i++)
        if (is_nearer(name, SECTIONS[i].name, &best)) found = SECTIONS[i].name;
    return found;
}

const char *schema_nearest_key(enum section_id id, struct sv name) {
    const char *found = NULL;
    for (int i = 0, best = NEAR + 1; i < SECTIONS[id].n_keys; i++)
        if (is_nearer(name, SECTIONS[id].keys[i].key, &best)) found = SECTIONS[id].keys[i].key;
    return found;
}
