/* config: what one process was told to do. Filled once, from a file and the command line, and read-only afterwards; a
 * reload makes a new one beside it. The tables of include/tbl/config/ are the members: one list per section.
 *
 * Reference-counted: what is under way keeps the configuration that it began with. Not thread-safe. */
#ifndef PROXY_CONFIG_CONFIG_H
#define PROXY_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/log.h"

struct cfg_list {
    int n;
    char **v;
};

enum cfg_flag { CF_NONE = 0, CF_REQUIRED = 1, CF_RESTART = 2, CF_SEMANTIC = 4 };

#define CFG_TYPE_TEXT char *
#define CFG_TYPE_LIST struct cfg_list
#define CFG_TYPE_SECRET char *
#define CFG_TYPE_TIME int64_t
#define CFG_TYPE_SIZE size_t
#define CFG_TYPE_INT int
#define CFG_TYPE_PERCENT int
#define CFG_TYPE_BOOL bool
#define CFG_TYPE_WORD int
#define CFG(kind, field, key, dflt, bounds, flags, doc) CFG_TYPE_##kind field;

struct config_server {
#include "tbl/config/server.h"
};
struct config_cache {
#include "tbl/config/cache.h"
};
struct config_redis {
#include "tbl/config/redis.h"
};
struct config_limits {
#include "tbl/config/limits.h"
};
struct config_breaker {
#include "tbl/config/breaker.h"
};
struct config_retry {
#include "tbl/config/retry.h"
};
struct config_security {
#include "tbl/config/security.h"
};
struct config_log {
#include "tbl/config/log.h"
};

struct config_upstream {
    char *name;
    bool is_local;            /* its host is loopback: plain http allowed, proxies of the environment ignored */
#include "tbl/config/upstream.h"
};

struct config_tenant {
    char *name;
    const struct config_upstream *up;
#include "tbl/config/tenant.h"
};

struct config_listen {
    char *name;
    struct addr addr;         /* address, parsed */
    const struct config_tenant *of;  /* NULL = chosen per request, by Host */
#include "tbl/config/listen.h"
};

/* TIME members are -1 where the rule does not say. */
struct config_rule {
    char *name;
#include "tbl/config/rule.h"
};
#undef CFG

/* Words of CFG(WORD, …), by position. Those of [log] level are enum log_level. */
enum { PRINCIPAL_TOKEN, PRINCIPAL_USER };
enum { POLICY_AUDIT, POLICY_READ_ONLY, POLICY_CUSTOM };
enum { VERSIONS_OFF, VERSIONS_HISTORY };
enum { RELATIONS_CATALOG, RELATIONS_OFF };
enum { TIME_BYPASS, TIME_DAY_BUCKET };
enum { NORMALISE_MINIMAL, NORMALISE_STRICT };
enum { CLUSTER_AUTO, CLUSTER_YES, CLUSTER_NO };
enum { INSTANCES_ONE, INSTANCES_MANY };
enum { COMPRESSION_NONE, COMPRESSION_LZ4, COMPRESSION_ZSTD };
enum { PASS_DENY, PASS_LISTED, PASS_ALL };
enum { RULE_CACHE, RULE_ALLOW, RULE_DENY };

struct config {
    int refs;
    char *path;               /* of the file; NULL = command line only */
    struct config_server server;
    struct config_cache cache;
    struct config_redis redis;
    struct config_limits limits;
    struct config_breaker breaker;
    struct config_retry retry;
    struct config_security security;
    struct config_log log;
    int n_listen, n_upstreams, n_tenants, n_rules, n_admin;
    struct config_listen *listen;        /* at least one */
    struct config_upstream *upstreams;   /* at least one */
    struct config_tenant *tenants;       /* at least one */
    struct config_rule *rules;           /* in the order of the file */
    struct addr *admin;                  /* server.admin, parsed */
};

enum config_action { CONFIG_RUN, CONFIG_HELP, CONFIG_VERSION, CONFIG_TEST, CONFIG_PRINT };

/* Defaults, then the file named by the arguments, then the other arguments. ERR_CONFIG_BAD or ERR_CONFIG_MISSING with a
 * sentence for the user (file and line where there is one). *out is one reference; NULL after CONFIG_HELP and
 * CONFIG_VERSION. A reload calls it again with the same arguments. */
enum rc config_from_args(int argc, char **argv, struct config **out, enum config_action *action,
                         struct err *e) MUST_CHECK;
struct config *config_ref(const struct config *c);
void config_unref(struct config **c);   /* secrets are wiped; NULL is welcome */
const char *config_usage(void);

/* All settings in effect as a file that gives the same configuration; secrets stand in comments, as <set> or
 * <empty>. */
enum rc config_print(const struct config *c, struct buf *out, struct err *e) MUST_CHECK;

/* All that decides what a result of this tenant means (CF_SEMANTIC, secrets aside), as text: two configurations with
 * the same text may share results. It belongs into the name of every result. */
enum rc config_semantics(const struct config *c, const struct config_tenant *t, struct buf *out,
                         struct err *e) MUST_CHECK;

/* Before a reload: settings that only a restart can change (CF_RESTART) are taken over from the configuration in use.
 * tell is called with the name of each that the new one wanted otherwise. */
enum rc config_keep_fixed(struct config *fresh, const struct config *used, void (*tell)(void *arg, const char *key),
                          void *arg, struct err *e) MUST_CHECK;

/* For others that read such values: "500ms", "30s", "15m", "24h", "30d", bare: seconds; false: it is not one. */
bool config_parse_duration(const char *text, int64_t *ms_r);
bool config_parse_size(const char *text, size_t *bytes_r);

#endif
