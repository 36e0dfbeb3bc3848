#include "config.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/sv.h"

#define KIB ((size_t)1024)
#define MIB (KIB * 1024)

static const char USAGE[] =
    "usage: dbxproxyd --listen ADDR --upstream URL [OPTION...]\n"
    "\n"
    "Serves the Databricks SQL Statement Execution API and keeps results that are safe to keep.\n"
    "\n"
    "  --listen ADDR         host:port, [ipv6]:port or unix:path; may be given several times\n"
    "  --upstream URL        the workspace, https://host; plain http only for loopback\n"
    "  --admin ADDR          where /healthz, /readyz and /metrics are; may be given several times\n"
    "  --ttl TIME            how long a result may be served [15m]; 0 = never\n"
    "  --metadata-ttl TIME   the same for SHOW and DESCRIBE [60s]\n"
    "  --auth-ttl TIME       a hit needs a token that the upstream accepted this recently [60s]\n"
    "  --memory-limit SIZE   bytes for kept results [64MiB]\n"
    "  --max-entry SIZE      larger answers pass without being kept [8MiB]\n"
    "  --ca-file FILE        certificates to trust instead of the system's\n"
    "  --insecure-listen     allow plain TCP on addresses other than loopback\n"
    "  --ready-file FILE     written (JSON) when all addresses listen\n"
    "  --idle-exit TIME      end after this long without a request [0 = never]\n"
    "  --access-log FILE     one JSON line per request; - is standard output\n"
    "  --log-level LEVEL     off, fatal, error, warning, info, debug, trace [warning]\n"
    "  --help, --version\n"
    "\n"
    "TIME: 500ms, 30s, 15m, 1h (a bare number is seconds). SIZE: 512KiB, 64MiB, 1GiB (a bare number is bytes).\n";

const char *config_usage(void) { return USAGE; }

/* A number and its unit; units has {suffix, factor} pairs. */
struct unit {
    const char *suffix;
    long long factor;
};

static bool parse_units(const char *text, const struct unit *units, size_t count, long long *out) {
    size_t digits = strspn(text, "0123456789");
    long long n;
    if (digits == 0 || !sv_to_i64(sv_make(text, digits), &n)) return false;
    for (size_t i = 0; i < count; i++)
        if (sv_ieq(sv_of(text + digits), sv_of(units[i].suffix)))
            return !__builtin_mul_overflow(n, units[i].factor, out);
    return false;
}

bool config_parse_duration(const char *text, int64_t *ms_r) {
    static const struct unit UNITS[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"m", 60000}, {"h", 3600000}};
    long long ms;
    if (!parse_units(text, UNITS, sizeof UNITS / sizeof *UNITS, &ms)) return false;
    *ms_r = ms;
    return true;
}

bool config_parse_size(const char *text, size_t *bytes_r) {
    static const struct unit UNITS[] = {{"", 1}, {"b", 1}, {"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}};
    long long bytes;
    if (!parse_units(text, UNITS, sizeof UNITS / sizeof *UNITS, &bytes)) return false;
    *bytes_r = (size_t)bytes;
    return true;
}

static void set_defaults(struct config *c) {
    *c = (struct config){
        .log_level = LOG_WARNING,
        .ttl_ms = 15 * 60 * 1000,
        .metadata_ttl_ms = 60 * 1000,
        .auth_ttl_ms = 60 * 1000,
        .drain_ms = 10 * 1000,
        .memory_limit = 64 * MIB,
        .max_entry = 8 * MIB,
        .max_body = 24 * MIB,
    };
}

static enum rc add_addr(struct addr *list, int *count, const char *text, struct err *e) {
    if (*count == CONFIG_MAX_ADDRS) return err_set(e, ERR_CONFIG_BAD, "more than %d addresses", CONFIG_MAX_ADDRS);
    if (addr_parse(text, &list[*count], e)) return RC_ERR;
    (*count)++;
    return RC_OK;
}

static enum rc set_text(char **slot, const char *text, struct err *e) {
    mem_free(*slot);
    *slot = mem_strdup(text);
    return *slot ? RC_OK : err_nomem(e);
}

static enum rc set_duration(int64_t *slot, const char *text, struct err *e) {
    if (config_parse_duration(text, slot)) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "\"%s\" is not a time like 30s, 15m or 500ms", text);
}

static enum rc set_size(size_t *slot, const char *text, struct err *e) {
    if (config_parse_size(text, slot)) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "\"%s\" is not a size like 512KiB or 64MiB", text);
}

static enum rc check_scheme(struct config *c, CURLU *url, const char *host, struct err *e) {
    char *scheme = NULL;
    enum rc rc = RC_OK;
    c->upstream_is_local = addr_host_is_loopback(host);
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0)) rc = err_set(e, ERR_CONFIG_BAD, "the upstream has no scheme");
    else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
        rc = err_set(e, ERR_CONFIG_BAD, "the upstream must be https:// (or http:// on loopback), not %s://", scheme);
    else if (strcmp(scheme, "http") == 0 && !c->upstream_is_local)
        rc = err_set(e, ERR_CONFIG_BAD, "plain http would show tokens to the network: use https:// for %s", host);
    curl_free(scheme);
    return rc;
}

/* Credentials, a query or a fragment in the upstream would be dropped or leaked: refuse them. */
static enum rc check_plain(CURLU *url, struct err *e) {
    static const CURLUPart PARTS[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        char *part = NULL;
        bool has = curl_url_get(url, PARTS[i], &part, 0) == CURLUE_OK;
        curl_free(part);
        if (has)
            return err_set(e, ERR_CONFIG_BAD, "the upstream must be scheme://host[:port][/prefix] and nothing else");
    }
    return RC_OK;
}

static enum rc set_upstream(struct config *c, const char *text, struct err *e) {
    CURLU *url = curl_url();
    char *host = NULL, bare[256] = "";
    enum rc rc = RC_ERR;
    if (!url) return err_nomem(e);
    if (curl_url_set(url, CURLUPART_URL, text, 0) || curl_url_get(url, CURLUPART_HOST, &host, 0)) {
        err_set(e, ERR_CONFIG_BAD, "the upstream is not a URL like https://host");
        goto out;
    }
    size_t skip = host[0] == '[', len = strcspn(host + skip, "]");  /* an IPv6 host comes in brackets */
    if (len < sizeof bare) memcpy(bare, host + skip, len);
    if (check_plain(url, e) || check_scheme(c, url, bare, e) || set_text(&c->upstream, text, e)) goto out;
    for (size_t n = strlen(c->upstream); n && c->upstream[n - 1] == '/'; n--) c->upstream[n - 1] = '\0';
    rc = RC_OK;
out:
    curl_free(host);
    curl_url_cleanup(url);
    return rc;
}

enum option_id {
    OPT_LISTEN = 1, OPT_ADMIN, OPT_UPSTREAM, OPT_TTL, OPT_METADATA_TTL, OPT_AUTH_TTL, OPT_MEMORY, OPT_MAX_ENTRY, OPT_CA,
    OPT_INSECURE, OPT_READY, OPT_IDLE, OPT_ACCESS, OPT_LEVEL, OPT_HELP, OPT_VERSION
};

static const struct option OPTIONS[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"admin", required_argument, NULL, OPT_ADMIN},
    {"upstream", required_argument, NULL, OPT_UPSTREAM},
    {"ttl", required_argument, NULL, OPT_TTL},
    {"metadata-ttl", required_argument, NULL, OPT_METADATA_TTL},
    {"auth-ttl", required_argument, NULL, OPT_AUTH_TTL},
    {"memory-limit", required_argument, NULL, OPT_MEMORY},
    {"max-entry", required_argument, NULL, OPT_MAX_ENTRY},
    {"ca-file", required_argument, NULL, OPT_CA},
    {"insecure-listen", no_argument, NULL, OPT_INSECURE},
    {"ready-file", required_argument, NULL, OPT_READY},
    {"idle-exit", required_argument, NULL, OPT_IDLE},
    {"access-log", required_argument, NULL, OPT_ACCESS},
    {"log-level", required_argument, NULL, OPT_LEVEL},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static enum rc apply(struct config *c, int option, const char *arg, enum config_action *action, struct err *e) {
    switch (option) {
    case OPT_LISTEN: return add_addr(c->listen, &c->n_listen, arg, e);
    case OPT_ADMIN: return add_addr(c->admin, &c->n_admin, arg, e);
    case OPT_UPSTREAM: return set_upstream(c, arg, e);
    case OPT_TTL: return set_duration(&c->ttl_ms, arg, e);
    case OPT_METADATA_TTL: return set_duration(&c->metadata_ttl_ms, arg, e);
    case OPT_AUTH_TTL: return set_duration(&c->auth_ttl_ms, arg, e);
    case OPT_MEMORY: return set_size(&c->memory_limit, arg, e);
    case OPT_MAX_ENTRY: return set_size(&c->max_entry, arg, e);
    case OPT_CA: return set_text(&c->ca_file, arg, e);
    case OPT_READY: return set_text(&c->ready_file, arg, e);
    case OPT_IDLE: return set_duration(&c->idle_exit_ms, arg, e);
    case OPT_ACCESS: return set_text(&c->access_log, arg, e);
    case OPT_INSECURE: c->insecure_listen = true; return RC_OK;
    case OPT_HELP: *action = CONFIG_HELP; return RC_OK;
    case OPT_VERSION: *action = CONFIG_VERSION; return RC_OK;
    case OPT_LEVEL:
        if (log_level_parse(arg, &c->log_level)) return RC_OK;
        return err_set(e, ERR_CONFIG_BAD, "\"%s\" is not a log level", arg);
    default: return err_set(e, ERR_CONFIG_BAD, "unknown option or missing argument; --help lists them");
    }
}

static enum rc check_listen(const struct config *c, const struct addr *a, struct err *e) {
    if (a->is_unix || c->insecure_listen || addr_host_is_loopback(a->host)) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "%s is not loopback: plain TCP would show tokens to the network "
                                      "(--insecure-listen allows it)", a->host);
}

static enum rc check_whole(const struct config *c, struct err *e) {
    if (!c->upstream) return err_set(e, ERR_CONFIG_MISSING, "--upstream URL is missing");
    if (!c->n_listen) return err_set(e, ERR_CONFIG_MISSING, "--listen ADDR is missing");
    for (int i = 0; i < c->n_listen; i++)
        if (check_listen(c, &c->listen[i], e)) return RC_ERR;
    for (int i = 0; i < c->n_admin; i++)
        if (check_listen(c, &c->admin[i], e)) return RC_ERR;
    return RC_OK;
}

enum rc config_from_args(int argc, char **argv, struct config *out, enum config_action *action, struct err *e) {
    int option;
    set_defaults(out);
    *action = CONFIG_RUN;
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (apply(out, option, optarg, action, e)) return RC_ERR;
        if (*action != CONFIG_RUN) return RC_OK;
    }
    if (optind < argc) return err_set(e, ERR_CONFIG_BAD, "\"%s\" is not an option; --help lists them", argv[optind]);
    return check_whole(out, e);
}

void config_fini(struct config *c) {
    mem_free(c->upstream);
    mem_free(c->ca_file);
    mem_free(c->ready_file);
    mem_free(c->access_log);
    *c = (struct config){0};
}
