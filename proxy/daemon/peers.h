/* peers: the clients' connections, known by their descriptors: how many there are, which are slow, and which may
 * give way.
 *
 * evhttp owns the connections and does not say when one ends; a slot remembers the kernel's cookie of the socket, so
 * that a descriptor that was used again is told from the one before. A connection is ended by shutting its socket
 * down: evhttp sees the end and frees it. One loop, not thread-safe. */
#ifndef PROXY_PEERS_H
#define PROXY_PEERS_H

#include <event2/bufferevent.h>
#include <event2/http.h>

#include "proxy/config/config.h"
#include "proxy/serve/proxy.h"

struct peers;

/* Who lets connections in. */
struct peers_owner {
    bool (*admits)(struct peers_owner *o, int fd);  /* false: the connection is ended before anything is read */
    bool is_admin;                                  /* its connections neither count nor give way */
    size_t n;                                       /* connections, as of the last look */
};

enum rc peers_new(struct peers **out, struct proxy *p, struct err *e) MUST_CHECK;
void peers_free(struct peers **ps);
void peers_limit(struct peers *ps, const struct config *cfg);   /* also after a reload */

/* For evhttp's bevcb: bev has no socket yet; it is looked at before its first byte is read. */
void peers_expect(struct peers *ps, struct bufferevent *bev, struct peers_owner *o);

/* A request has arrived whole: the clock for slow ones stops. false: its connection was never looked at (no memory at
 * that moment), and must not be served. */
bool peers_request(struct peers *ps, struct evhttp_request *req);

size_t peers_look(struct peers *ps);                  /* counts anew, all and per owner; the total */
size_t peers_make_room(struct peers *ps, size_t n);   /* ends the n connections that are idle for longest; how many */
void peers_end_idle(struct peers *ps, struct peers_owner *o);  /* ends those of an owner without a request; NULL: all */

#endif
