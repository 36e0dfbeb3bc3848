/* main: dbxproxyctl's command line. */
#include <config.h>
#include <curl/curl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2, EXIT_NOBODY = 3, MAX_TABLES = 64 };

static const char USAGE[] =
    "usage: dbxproxyctl [--admin ADDRESS] [--json] COMMAND\n"
    "\n"
    "  status                      how it does\n"
    "  hit-rates                   hits, misses and the reasons of bypasses, by tenant\n"
    "  top [--by count|upstream|saved]   statements by digest\n"
    "  explain SQL | -             why this is (not) kept\n"
    "      [--tenant T] [--warehouse W] [--catalog C] [--schema S] [--session ID] [--token-env NAME]\n"
    "  flush --all | --table C.S.T … | --tag X | --key HEX   [--tenant T]\n"
    "                              make results unusable\n"
    "  drain                       finish what is under way, then end\n"
    "  reload                      read the configuration again\n"
    "  loglevel [LEVEL]            show or set: off, fatal, error, warning, info, debug, trace\n"
    "  metrics                     numbers in Prometheus' format\n"
    "\n"
    "ADDRESS is unix:PATH or host:port; otherwise $DBXPROXY_ADMIN, or the usual socket. On TCP the token is taken from\n"
    "$DBXPROXY_ADMIN_TOKEN. Exit status: 0 done, 1 refused, 2 wrong use, 3 no daemon answers.\n";

enum { OPT_ADMIN = 256, OPT_JSON, OPT_ALL, OPT_TENANT, OPT_TABLE, OPT_TAG, OPT_KEY, OPT_CATALOG, OPT_SCHEMA,
       OPT_WAREHOUSE, OPT_SESSION, OPT_TOKEN_ENV, OPT_BY, OPT_VERSION };

static const struct option LONG[] = {
    {"admin", required_argument, NULL, OPT_ADMIN},       {"json", no_argument, NULL, OPT_JSON},
    {"all", no_argument, NULL, OPT_ALL},                 {"tenant", required_argument, NULL, OPT_TENANT},
    {"table", required_argument, NULL, OPT_TABLE},       {"tag", required_argument, NULL, OPT_TAG},
    {"key", required_argument, NULL, OPT_KEY},           {"catalog", required_argument, NULL, OPT_CATALOG},
    {"schema", required_argument, NULL, OPT_SCHEMA},     {"warehouse", required_argument, NULL, OPT_WAREHOUSE},
    {"session", required_argument, NULL, OPT_SESSION},   {"token-env", required_argument, NULL, OPT_TOKEN_ENV},
    {"by", required_argument, NULL, OPT_BY},             {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},         {NULL, 0, NULL, 0},
};

static int complain(const char *text, int status) {
    fprintf(stderr, "dbxproxyctl: %s\n", text);
    return status;
}

static const char **place_of(struct options *o, int option) {
    switch (option) {
    case OPT_ADMIN: return &o->admin;
    case OPT_TENANT: return &o->tenant;
    case OPT_TAG: return &o->tag;
    case OPT_KEY: return &o->key;
    case OPT_CATALOG: return &o->catalog;
    case OPT_SCHEMA: return &o->schema;
    case OPT_WAREHOUSE: return &o->warehouse;
    case OPT_SESSION: return &o->session;
    case OPT_TOKEN_ENV: return &o->token_env;
    case OPT_BY: return &o->by;
    default: return NULL;
    }
}

/* -1 = go on; otherwise the exit status. */
static int read_options(int argc, char **argv, struct options *o) {
    int option;
    while ((option = getopt_long(argc, argv, "h", LONG, NULL)) != -1) {
        const char **place = place_of(o, option);
        if (place) *place = optarg;
        else if (option == OPT_JSON) o->json = true;
        else if (option == OPT_ALL) o->all = true;
        else if (option == OPT_TABLE && o->n_tables < MAX_TABLES) o->tables[o->n_tables++] = optarg;
        else if (option == OPT_TABLE) return complain("too many tables: use --all", EXIT_USAGE);
        else if (option == 'h') return fputs(USAGE, stdout) < 0;
        else if (option == OPT_VERSION) return puts("dbxproxyctl " VERSION) < 0;
        else return complain("see dbxproxyctl --help", EXIT_USAGE);
    }
    return -1;
}

static unsigned options_given(const struct options *o) {
    bool explain = o->catalog || o->schema || o->warehouse || o->session || o->token_env;
    bool flush = o->all || o->n_tables || o->tag || o->key;
    return (o->tenant ? OPTION_TENANT : 0u) | (flush ? OPTION_FLUSH : 0u) | (explain ? OPTION_EXPLAIN : 0u) |
           (o->by ? OPTION_BY : 0u);
}

static int status_of(const struct err *e) {
    switch (e->code) {
    case ERR_NET_CONNECT:
    case ERR_CONFIG_MISSING: return EXIT_NOBODY;
    case ERR_ARG: return EXIT_USAGE;
    default: return EXIT_REFUSED;
    }
}

static int run(const struct command *command, const struct options *o) {
    struct client c;
    struct client_address memory;
    struct err e = ERR_INIT;
    if (client_find(&c, o->admin, &memory, &e)) return complain(e.text, status_of(&e));
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) return complain("libcurl cannot be started", EXIT_REFUSED);
    int status = command->run(&c, o, &e) ? complain(e.text, status_of(&e)) : 0;
    curl_global_cleanup();
    if (fflush(stdout) || ferror(stdout)) return complain("standard output cannot be written", EXIT_REFUSED);
    return status;
}

int main(int argc, char **argv) {
    const char *tables[MAX_TABLES];
    struct options o = {.tables = tables};
    int status = read_options(argc, argv, &o);
    if (status >= 0) return status;
    if (optind == argc) return fputs(USAGE, stderr), EXIT_USAGE;
    const struct command *command = command_find(argv[optind]);
    if (!command) return complain("there is no such command; see dbxproxyctl --help", EXIT_USAGE);
    o.args = argv + optind + 1;
    o.n_args = argc - optind - 1;
    if (o.n_args > command->max_args || options_given(&o) & ~command->takes)
        return complain("this command does not take that; see dbxproxyctl --help", EXIT_USAGE);
    return run(command, &o);
}
