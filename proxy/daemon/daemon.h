/* daemon: one process from its configuration to its end: gates, loop, signals, ready file. */
#ifndef PROXY_DAEMON_H
#define PROXY_DAEMON_H

#include "proxy/config/config.h"

/* Runs until SIGTERM or SIGINT (a second one ends at once) or until idle. SIGHUP reads the configuration that the
 * arguments name again. RC_OK is a clean end. */
enum rc daemon_run(const struct config *cfg, int argc, char **argv, struct err *e) MUST_CHECK;

/* What only opening files can tell: certificates and keys. For dbxproxyd -t. */
enum rc daemon_check(const struct config *cfg, struct err *e) MUST_CHECK;

#endif
