/* listener: one address that is listened on. A Unix socket gets mode 0600, or 0666 where uids are asked for at the
 * door; a stale file left by a dead process is replaced, a socket that somebody serves is not; the file is removed
 * at the end if it is still ours. A socket passed by systemd is shared with it: closing ours leaves it open there.
 *
 * listener_open() takes the address: whoever connects from then on waits. Nothing is accepted before evhttp has it. */
#ifndef PROXY_LISTENER_H
#define PROXY_LISTENER_H

#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <sys/types.h>

#include "proxy/config/addr.h"

struct listener {
    struct addr addr;      /* as asked for, with the real port */
    bool is_unix;          /* also when passed */
    bool is_exposed;       /* others than this machine can reach it */
    struct evconnlistener *lev;       /* ours until it is bound */
    struct evhttp_bound_socket *bound;
    dev_t dev;             /* of the socket file, so that a successor's is not removed */
    ino_t ino;
};

enum rc listener_open(struct listener *l, struct event_base *base, const struct addr *addr, bool for_all_users,
                      struct err *e) MUST_CHECK;
enum rc listener_serve(struct listener *l, struct evhttp *http, struct err *e) MUST_CHECK;
void listener_set_mode(struct listener *l, bool for_all_users);   /* of a Unix socket of ours */
void listener_pause(struct listener *l, bool paused);
void listener_close(struct listener *l, struct evhttp *http);  /* accepts no more; removes the socket file */

#endif
