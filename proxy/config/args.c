#include "args.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"

static const char USAGE[] =
    "usage: dbxproxyd -c FILE [OPTION...]\n"
    "       dbxproxyd --listen ADDR --upstream URL [OPTION...]\n"
    "\n"
    "Serves the Databricks SQL Statement Execution API and keeps results that are safe to keep.\n"
    "\n"
    "  -c, --config FILE     settings, see dbxproxyd.ini(5); the command line adds to them and has the last word\n"
    "      --set KEY=VALUE   any setting: section.key=value, tenant.NAME.key=value; may be given several times\n"
    "  -t, --test            check the settings, say so, and end\n"
    "  -T, --print           show all settings in effect, without secrets, and end\n"
    "  -h, --help\n"
    "  -V, --version\n"
    "\n"
    "Short for settings:\n"
    "  --listen ADDR         host:port, [ipv6]:port, unix:PATH or systemd:NAME; may be given several times\n"
    "  --upstream URL        the workspace, https://host; plain http only for loopback\n"
    "  --admin ADDR          where /healthz, /readyz and /metrics are; may be given several times\n"
    "  --ttl TIME            how long a result may be served [15m]; 0 = never\n"
    "  --metadata-ttl TIME   the same for SHOW and DESCRIBE [60s]\n"
    "  --auth-ttl TIME       a hit needs a token that the workspace accepted this recently [60s]\n"
    "  --memory-limit SIZE   bytes for kept results [64MiB]\n"
    "  --max-entry SIZE      larger answers pass without being kept [8MiB]\n"
    "  --ca-file FILE        certificates to trust instead of the system's\n"
    "  --insecure-listen     allow plain TCP on addresses other than loopback\n"
    "  --ready-file FILE     written (JSON) when all addresses listen\n"
    "  --idle-exit TIME      end after this long without a request [0 = never]\n"
    "  --access-log FILE     one JSON line per request; - is standard output\n"
    "  --log-level LEVEL     off, fatal, error, warning, info, debug, trace [warning]\n"
    "\n"
    "TIME: 500ms, 30s, 15m, 24h, 30d (a bare number is seconds). SIZE: 512KiB, 64MiB, 1GiB (a bare number is bytes).\n";

const char *config_usage(void) { return USAGE; }

enum option_id { OPT_SET = 256, OPT_LISTEN, OPT_ADMIN, OPT_UPSTREAM, OPT_CA, OPT_INSECURE, OPT_SHORT };

/* Options that stand for one key each. OPT_SHORT + index. */
static const struct {
    const char *section, *key;
} SHORTS[] = {
    {"cache", "ttl"},         {"cache", "metadata_ttl"}, {"security", "auth_ttl"}, {"cache", "memory_limit"},
    {"cache", "max_entry"},   {"server", "ready_file"},  {"server", "idle_exit"},  {"log", "access"},
    {"log", "level"},
};

static const char LETTERS[] = ":c:tThV";
static const struct option OPTIONS[] = {
    {"config", required_argument, NULL, 'c'},
    {"test", no_argument, NULL, 't'},
    {"print", no_argument, NULL, 'T'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"set", required_argument, NULL, OPT_SET},
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"admin", required_argument, NULL, OPT_ADMIN},
    {"upstream", required_argument, NULL, OPT_UPSTREAM},
    {"ca-file", required_argument, NULL, OPT_CA},
    {"insecure-listen", no_argument, NULL, OPT_INSECURE},
    {"ttl", required_argument, NULL, OPT_SHORT + 0},
    {"metadata-ttl", required_argument, NULL, OPT_SHORT + 1},
    {"auth-ttl", required_argument, NULL, OPT_SHORT + 2},
    {"memory-limit", required_argument, NULL, OPT_SHORT + 3},
    {"max-entry", required_argument, NULL, OPT_SHORT + 4},
    {"ready-file", required_argument, NULL, OPT_SHORT + 5},
    {"idle-exit", required_argument, NULL, OPT_SHORT + 6},
    {"access-log", required_argument, NULL, OPT_SHORT + 7},
    {"log-level", required_argument, NULL, OPT_SHORT + 8},
    {NULL, 0, NULL, 0},
};

/* ---- the first look -------------------------------------------------------------------------------------------- */

static int next_option(const struct args *a) { return getopt_long(a->argc, a->argv, LETTERS, OPTIONS, NULL); }

static void rewind_options(void) {
    optind = 0;
    opterr = 0;
}

static enum rc scan_one(struct args *a, int option, struct err *e) {
    switch (option) {
    case 'c':
        if (a->path) return err_set(e, ERR_CONFIG_BAD, "there is one --config FILE only");
        a->path = optarg;
        return RC_OK;
    case 't': a->action = CONFIG_TEST; return RC_OK;
    case 'T': a->action = CONFIG_PRINT; return RC_OK;
    case ':': return err_set(e, ERR_CONFIG_BAD, "%s wants an argument; --help lists all options", a->argv[optind - 1]);
    case '?': return err_set(e, ERR_CONFIG_BAD, "%s is not an option; --help lists them", a->argv[optind - 1]);
    default: return RC_OK;
    }
}

enum rc args_scan(struct args *a, int argc, char **argv, struct err *e) {
    int option;
    *a = (struct args){.argc = argc, .argv = argv, .action = CONFIG_RUN};
    rewind_options();
    while ((option = next_option(a)) != -1) {
        if (option == 'h' || option == 'V') {
            a->action = option == 'h' ? CONFIG_HELP : CONFIG_VERSION;
            return RC_OK;
        }
        if (scan_one(a, option, e)) return RC_ERR;
    }
    if (optind < argc) return err_set(e, ERR_CONFIG_BAD, "\"%s\" is not an option; --help lists them", argv[optind]);
    return RC_OK;
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

static enum rc set_key(struct draft *d, const char *section, const char *name, const char *key, const char *text,
                       struct err *e) {
    struct draft_place at;
    if (draft_section(d, sv_of(section), sv_of(name), 0, &at, e)) return RC_ERR;
    return draft_set(d, at, sv_of(key), text, 0, e);
}

/* section.key=value, or section.NAME.key=value, where NAME may have dots. */
static enum rc set_any(struct draft *d, const char *text, struct err *e) {
    struct sv left, value, section, key, name = SV_NULL;
    struct draft_place at;
    if (!sv_cut(sv_of(text), '=', &left, &value) || !sv_cut(left, '.', &section, &key))
        return err_set(e, ERR_CONFIG_BAD, "--set wants section.key=value or section.NAME.key=value, not \"%s\"", text);
    for (size_t i = key.len; i > 0; i--)
        if (key.ptr[i - 1] == '.') {
            name = sv_make(key.ptr, i - 1);
            key = sv_make(key.ptr + i, key.len - i);
            break;
        }
    if (draft_section(d, section, name, 0, &at, e)) return err_wrap(e, "--set %s", text);
    return draft_set(d, at, key, value.ptr, 0, e);
}

static bool has_listen(const struct config *c, const char *name) {
    for (int i = 0; i < c->n_listen; i++)
        if (strcmp(c->listen[i].name, name) == 0) return true;
    return false;
}

static enum rc add_listen(struct draft *d, const char *addr, struct err *e) {
    char name[24];
    int n = 1;
    do snprintf(name, sizeof name, "arg%d", n++);
    while (has_listen(d->c, name));
    return set_key(d, "listen", name, "address", addr, e);
}

static enum rc add_admin(struct draft *d, const char *addr, struct err *e) {
    return draft_continue(d, (struct draft_place){SEC_SERVER, 0}, SV_LIT("admin"), addr, 0, e);
}

/* --upstream and --ca-file mean the only workspace; where there is none, "default" is made. */
static enum rc set_upstream(struct draft *d, const char *option, const char *key, const char *text, struct err *e) {
    if (d->c->n_upstreams > 1)
        return err_set(e, ERR_CONFIG_BAD, "%s: there are several workspaces: use --set upstream.NAME.%s=…", option,
                       key);
    return set_key(d, "upstream", d->c->n_upstreams ? d->c->upstreams[0].name : "default", key, text, e);
}

static enum rc apply_one(struct draft *d, int option, struct err *e) {
    switch (option) {
    case OPT_SET: return set_any(d, optarg, e);
    case OPT_LISTEN: return add_listen(d, optarg, e);
    case OPT_ADMIN: return add_admin(d, optarg, e);
    case OPT_UPSTREAM: return set_upstream(d, "--upstream", "url", optarg, e);
    case OPT_CA: return set_upstream(d, "--ca-file", "ca_file", optarg, e);
    case OPT_INSECURE: return set_key(d, "server", "", "insecure_listen", "yes", e);
    default:
        if (option < OPT_SHORT) return RC_OK; /* looked at before */
        return set_key(d, SHORTS[option - OPT_SHORT].section, "", SHORTS[option - OPT_SHORT].key, optarg, e);
    }
}

enum rc args_apply(const struct args *a, struct draft *d, struct err *e) {
    int option;
    rewind_options();
    while ((option = next_option(a)) != -1)
        if (apply_one(d, option, e)) return RC_ERR;
    if (d->c->n_upstreams == 1 && !d->c->n_tenants) /* one workspace alone: everybody's */
        return set_key(d, "tenant", "default", "upstream", d->c->upstreams[0].name, e);
    return RC_OK;
}
