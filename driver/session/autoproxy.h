/* autoproxy: Proxy=auto. One dbxproxyd per user and workspace host, started by whoever comes first.
 *
 *   $XDG_RUNTIME_DIR/dbx-odbc/ (or /tmp/dbx-odbc-<uid>/), mode 0700 and ours, else we do not use it
 *       <key>.sock    the proxy listens here          <key>.lock   held while one is being started
 *       <key>.admin   its admin socket                <key>.log    its standard error
 *
 * The daemon is detached: it inherits no file descriptor, is not a child of the host program (no SIGCHLD, no zombie) and
 * ends after 15 idle minutes. */
#ifndef DRIVER_SESSION_AUTOPROXY_H
#define DRIVER_SESSION_AUTOPROXY_H

#include "core/err.h"
#include "core/log.h"
#include "driver/conf/options.h"

/* route_r (caller frees with mem_free): "unix:/path" of a proxy that accepts connections. */
enum rc autoproxy_find(const struct options *o, struct log *log, int64_t deadline, char **route_r,
                       struct err *e) MUST_CHECK;

#endif
