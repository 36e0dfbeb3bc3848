/* gate: one listener that is served: its address, evhttp, door, certificate, and who may come in. Clients and operators
 * come in by gates. A reload gives a gate new orders or closes it; a closed gate lives until its last connection ended.
 *
 *   gate_new (address taken) ─► gate_open (accepts) ─► gate_close (address given back) ─► gate_free */
#ifndef PROXY_GATE_H
#define PROXY_GATE_H

#include <openssl/ssl.h>
#include <sys/queue.h>

#include "listener.h"
#include "peers.h"
#include "proxy/serve/proxy.h"

/* What the configuration says about one gate. */
struct gate_orders {
    struct config *cfg;                   /* a reference */
    const struct config_listen *listen;   /* NULL: for operators */
    const struct addr *addr;
    const struct cfg_list *uids;
    SSL_CTX *tls;                         /* NULL: plain */
};

struct gate {
    struct peers_owner owner;    /* first */
    struct door door;
    struct gate_orders orders, next;
    bool has_next;
    struct addr wanted;          /* as the configuration had it: port 0 stays 0 */
    struct listener listener;
    struct evhttp *http;
    struct peers *peers;
    struct admin *admin;         /* who answers operators */
    TAILQ_ENTRY(gate) link;
};
TAILQ_HEAD(gate_list, gate);

enum rc gate_orders_init(struct gate_orders *o, const struct config *cfg, const struct config_listen *listen,
                         const struct addr *admin, struct err *e) MUST_CHECK;
void gate_orders_fini(struct gate_orders *o);

/* orders are moved into the gate, also on failure. */
enum rc gate_new(struct gate **out, struct proxy *p, struct peers *ps, struct gate_orders *orders,
                 struct err *e) MUST_CHECK;
enum rc gate_open(struct gate *g, struct err *e) MUST_CHECK;
void gate_obey(struct gate *g);                           /* next becomes the orders */
void gate_close(struct gate *g);    /* connections go on; what they answer says Connection: close */
void gate_free(struct gate **g);                          /* ends its connections */
/* Plain TCP is for loopback only. */
enum rc gate_check(const struct gate *g, const struct gate_orders *o, struct err *e) MUST_CHECK;
bool gate_fits(const struct gate *g, const struct gate_orders *o);  /* could the orders be its next? */

#endif
