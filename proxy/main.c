/* main: dbxproxyd's command line. */
#include <config.h>
#include <curl/curl.h>
#include <stdio.h>

#include "proxy/config/config.h"
#include "proxy/daemon/daemon.h"

static int run(const struct config *cfg) {
    struct err e = ERR_INIT;
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) return 1;
    enum rc rc = daemon_run(cfg, &e);
    curl_global_cleanup();
    if (rc) fprintf(stderr, "dbxproxyd: %s\n", e.text);
    return rc ? 1 : 0;
}

int main(int argc, char **argv) {
    struct config cfg;
    struct err e = ERR_INIT;
    enum config_action action;
    int status = 2;
    if (config_from_args(argc, argv, &cfg, &action, &e)) fprintf(stderr, "dbxproxyd: %s\n", e.text);
    else if (action == CONFIG_HELP) status = fputs(config_usage(), stdout) < 0;
    else if (action == CONFIG_VERSION) status = puts("dbxproxyd " VERSION) < 0;
    else status = run(&cfg);
    config_fini(&cfg);
    return status;
}
