/* config: what one process was told to do. Filled once from the command line, read-only afterwards and handed to
 * whoever needs it; a configuration file would fill the same struct. */
#ifndef PROXY_CONFIG_H
#define PROXY_CONFIG_H

#include "addr.h"
#include "core/log.h"

enum { CONFIG_MAX_ADDRS = 8 };

struct config {
    int n_listen, n_admin;
    struct addr listen[CONFIG_MAX_ADDRS], admin[CONFIG_MAX_ADDRS];
    char *upstream;           /* scheme://host[:port][/prefix], no slash at the end; NULL = not given */
    bool upstream_is_local;   /* host is loopback: plain http allowed, proxies of the environment ignored */
    char *ca_file;            /* NULL = the system's certificates */
    char *ready_file;         /* NULL = none */
    char *access_log;         /* NULL = none, "-" = standard output */
    enum log_level log_level;
    bool insecure_listen;     /* plain TCP beyond loopback is allowed */
    int64_t ttl_ms;           /* of results */
    int64_t metadata_ttl_ms;  /* of SHOW and DESCRIBE */
    int64_t auth_ttl_ms;      /* a hit needs a token that upstream accepted this recently */
    int64_t idle_exit_ms;     /* 0 = never */
    int64_t drain_ms;         /* how long SIGTERM waits for requests under way */
    size_t memory_limit;      /* bytes of the cache */
    size_t max_entry;         /* bytes of one entry */
    size_t max_body;          /* bytes of one request body */
};

enum config_action { CONFIG_RUN, CONFIG_HELP, CONFIG_VERSION };

/* Defaults, then the arguments. ERR_CONFIG_BAD or ERR_CONFIG_MISSING with a sentence for the user.
 * On success and on failure config_fini() releases what was filled. */
enum rc config_from_args(int argc, char **argv, struct config *out, enum config_action *action,
                         struct err *e) MUST_CHECK;
void config_fini(struct config *c);
const char *config_usage(void);

/* "900", "900s", "15m", "500ms", "1h" / "64MiB", "8388608", "512KiB", "1GiB". */
bool config_parse_duration(const char *text, int64_t *ms_r);
bool config_parse_size(const char *text, size_t *bytes_r);

#endif
