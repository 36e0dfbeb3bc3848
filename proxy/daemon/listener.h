/* listener: the addresses that one evhttp serves. A Unix socket gets mode 0600; a stale file left by a dead process is
 * replaced, a socket that somebody serves is not; the file is removed at the end if it is still ours. */
#ifndef PROXY_LISTENER_H
#define PROXY_LISTENER_H

#include <event2/event.h>
#include <event2/http.h>
#include <sys/types.h>

#include "proxy/config/addr.h"

struct listener {
    struct addr addr;      /* with the real port */
    struct evhttp_bound_socket *bound;
    dev_t dev;             /* of the socket file, so that a successor's is not removed */
    ino_t ino;
};

enum rc listener_open(struct listener *l, struct event_base *base, struct evhttp *http, const struct addr *addr,
                      struct err *e) MUST_CHECK;
void listener_close(struct listener *l, struct evhttp *http);  /* accepts no more; removes the socket file */

#endif
