#define _GNU_SOURCE /* struct ucred */
#include "gate.h"

#include <event2/bufferevent_ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "admin.h"
#include "core/mem.h"
#include "proxy/serve/exchange.h"
#include "tls.h"

enum { ADMIN_MAX_BODY = 1024 * 1024 };

/* ---- orders ---------------------------------------------------------------------------------------------------- */

enum rc gate_orders_init(struct gate_orders *o, const struct config *cfg, const struct config_listen *listen,
                         const struct addr *admin, struct err *e) {
    *o = (struct gate_orders){.listen = listen, .addr = listen ? &listen->addr : admin};
    if (listen && tls_of_listen(listen, &o->tls, e)) return RC_ERR;
    o->cfg = config_ref(cfg);
    o->uids = listen ? &listen->allow_uids : &cfg->server.admin_uids;
    return RC_OK;
}

void gate_orders_fini(struct gate_orders *o) {
    SSL_CTX_free(o->tls);
    config_unref(&o->cfg);
    *o = (struct gate_orders){0};
}

static bool is_for_all_users(const struct gate_orders *o) { return o->uids->n > 0; }

/* ---- who comes in ---------------------------------------------------------------------------------------------- */

static bool is_listed(const struct cfg_list *uids, uid_t uid) {
    long long n;
    for (int i = 0; i < uids->n; i++)
        if (strcmp(uids->v[i], "*") == 0 || (sv_to_i64(sv_of(uids->v[i]), &n) && n == (long long)uid)) return true;
    return false;
}

/* Unix sockets: our own user and root always, others as configured. */
static bool admits(struct peers_owner *o, int fd) {
    const struct gate *g = (const struct gate *)o;
    struct ucred who;
    socklen_t len = sizeof who;
    if (!g->listener.is_unix) return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len)) return false;
    if (who.uid == geteuid() || who.uid == 0 || is_listed(g->orders.uids, who.uid)) return true;
    log_line(g->door.proxy->log, LOG_WARNING, "gate", "user %u may not connect", (unsigned)who.uid);
    return false;
}

static struct bufferevent *new_connection(struct event_base *base, void *arg) {
    struct gate *g = arg;
    struct bufferevent *bev = NULL;
    SSL *ssl = g->orders.tls ? SSL_new(g->orders.tls) : NULL;
    if (!g->orders.tls) bev = bufferevent_socket_new(base, -1, 0);
    else if (ssl) bev = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (ssl && !bev) SSL_free(ssl);
    if (ssl && bev) bufferevent_openssl_set_allow_dirty_shutdown(bev, 1); /* HTTP says where a body ends */
    peers_expect(g->peers, bev, &g->owner);
    return bev;
}

static void on_request(struct evhttp_request *req, void *arg) {
    struct gate *g = arg;
    if (!peers_request(g->peers, req)) evhttp_send_error(req, 503, NULL);
    else if (g->orders.listen) exchange_begin(req, &g->door);
    else admin_request(req, g->admin);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static void configure(struct gate *g) {
    const struct config_limits *l = &g->orders.cfg->limits;
    struct timeval idle = {l->idle_timeout_ms / 1000, l->idle_timeout_ms % 1000 * 1000};
    evhttp_set_max_headers_size(g->http, (ev_ssize_t)l->max_header);
    evhttp_set_max_body_size(g->http, g->orders.listen ? (ev_ssize_t)l->max_body : ADMIN_MAX_BODY);
    evhttp_set_timeout_tv(g->http, &idle);
    g->door.cfg = g->orders.cfg;
    g->door.listen = g->orders.listen;
    g->door.is_tls = g->orders.tls != NULL;
}

static enum rc new_http(struct gate *g, struct event_base *base, struct err *e) {
    g->http = evhttp_new(base);
    if (!g->http) return err_nomem(e);
    evhttp_set_allowed_methods(g->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                            EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
    evhttp_set_default_content_type(g->http, NULL);
    evhttp_set_bevcb(g->http, new_connection, g);
    evhttp_set_gencb(g->http, on_request, g);
    configure(g);
    return RC_OK;
}

/* The configuration was checked for addresses that it names; what systemd passes is known only now. */
enum rc gate_check(const struct gate *g, const struct gate_orders *o, struct err *e) {
    if (!g->listener.is_exposed || o->tls || o->cfg->server.insecure_listen) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "%s is not loopback: plain TCP would show tokens to the network "
                   "(insecure_listen = yes allows it)", g->wanted.is_passed ? g->wanted.path : g->wanted.host);
}

enum rc gate_new(struct gate **out, struct proxy *p, struct peers *ps, struct gate_orders *orders, struct err *e) {
    struct gate *g = *out = mem_zalloc(sizeof *g);
    if (!g) {
        gate_orders_fini(orders);
        return err_nomem(e);
    }
    g->owner = (struct peers_owner){.admits = admits, .is_admin = !orders->listen};
    g->door.proxy = p;
    g->peers = ps;
    g->orders = *orders;
    *orders = (struct gate_orders){0};
    g->wanted = *g->orders.addr;
    if (new_http(g, p->base, e) ||
        listener_open(&g->listener, p->base, &g->wanted, is_for_all_users(&g->orders), e) ||
        gate_check(g, &g->orders, e)) {
        gate_free(out);
        return RC_ERR;
    }
    return RC_OK;
}

enum rc gate_open(struct gate *g, struct err *e) { return listener_serve(&g->listener, g->http, e); }

bool gate_fits(const struct gate *g, const struct gate_orders *o) {
    if (g->has_next || !g->orders.listen != !o->listen) return false;
    if (addr_same(&g->wanted, o->addr)) return true;
    bool same_name = !o->listen || strcmp(g->orders.listen->name, o->listen->name) == 0;
    return same_name && addr_equal(&g->wanted, o->addr); /* port 0 stays at the port it got */
}

void gate_obey(struct gate *g) {
    struct gate_orders old = g->orders;
    g->orders = g->next;
    g->next = (struct gate_orders){0};
    g->has_next = false;
    listener_set_mode(&g->listener, is_for_all_users(&g->orders));
    configure(g);
    gate_orders_fini(&old);
}

void gate_close(struct gate *g) {
    g->door.closing = true;
    listener_close(&g->listener, g->http);
}

void gate_free(struct gate **ref) {
    struct gate *g = *ref;
    *ref = NULL;
    if (!g) return;
    gate_close(g);
    if (g->http) evhttp_free(g->http);
    gate_orders_fini(&g->orders);
    gate_orders_fini(&g->next);
    mem_free(g);
}
