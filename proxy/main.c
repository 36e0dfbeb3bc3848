/* main: dbxproxyd's command line. */
#include <config.h>
#include <curl/curl.h>
#include <stdio.h>

#include "proxy/config/config.h"
#include "proxy/daemon/daemon.h"

enum { EXIT_FAILED = 1, EXIT_BAD_CONFIG = 2 };

static int complain(const struct err *e, int status) {
    fprintf(stderr, "dbxproxyd: %s\n", e->text);
    return status;
}

static int run(const struct config *cfg, int argc, char **argv) {
    struct err e = ERR_INIT;
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) return EXIT_FAILED;
    enum rc rc = daemon_run(cfg, argc, argv, &e);
    curl_global_cleanup();
    return rc ? complain(&e, EXIT_FAILED) : 0;
}

static int print(const struct config *cfg) {
    struct err e = ERR_INIT;
    struct buf text;
    buf_init(&text, (size_t)64 << 20);
    enum rc rc = config_print(cfg, &text, &e);
    int status = rc ? complain(&e, EXIT_FAILED) : fputs(text.ptr, stdout) < 0;
    buf_fini(&text);
    return status;
}

static int check(const struct config *cfg) {
    struct err e = ERR_INIT;
    return daemon_check(cfg, &e) ? complain(&e, EXIT_BAD_CONFIG) : puts("configuration ok") < 0;
}

int main(int argc, char **argv) {
    struct config *cfg = NULL;
    struct err e = ERR_INIT;
    enum config_action action;
    int status = 0;
    if (config_from_args(argc, argv, &cfg, &action, &e)) return complain(&e, EXIT_BAD_CONFIG);
    switch (action) {
    case CONFIG_HELP: status = fputs(config_usage(), stdout) < 0; break;
    case CONFIG_VERSION: status = puts("dbxproxyd " VERSION) < 0; break;
    case CONFIG_TEST: status = check(cfg); break;
    case CONFIG_PRINT: status = print(cfg); break;
    case CONFIG_RUN: status = run(cfg, argc, argv); break;
    }
    config_unref(&cfg);
    return status;
}
