/* daemon: one process from its configuration to its end: listeners, loop, signals, ready file. */
#ifndef PROXY_DAEMON_H
#define PROXY_DAEMON_H

#include "proxy/config/config.h"

/* Runs until SIGTERM or SIGINT (a second one ends at once) or until idle. RC_OK is a clean end. */
enum rc daemon_run(const struct config *cfg, struct err *e) MUST_CHECK;

#endif
