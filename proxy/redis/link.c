#include "link.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/mem.h"

struct waiter {
    struct waiter *next;
    link_fn *fn;
    void *arg;
};

/* A name that is being resolved: outlives its link, since the answer may come in between. */
struct lookup_name {
    struct link *link; /* NULL = nobody waits any more */
    struct evdns_getaddrinfo_request *request;
};

struct link {
    struct bufferevent *bev;
    struct event *flush; /* NULL with TLS */
    struct reply_reader *reader;
    struct link_events ev;
    struct lookup_name *name;
    int dns_error;
    struct waiter *first, **last; /* in the order of the replies */
    size_t queued;
    bool is_open, is_closed, is_reading, is_dead;
};

/* ---- TLS --------------------------------------------------------------------------------------------------------- */

static enum rc tls_failed(SSL_CTX *c, const char *what, const char *file, struct err *e) {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    SSL_CTX_free(c);
    return err_set(e, ERR_CONFIG_BAD, "[redis] %s '%s' cannot be used: %s", what, file ? file : "", text);
}

enum rc link_tls_new(const char *ca_file, const char *cert, const char *key, struct ssl_ctx_st **out, struct err *e) {
    SSL_CTX *c = SSL_CTX_new(TLS_client_method());
    if (!c) return err_nomem(e);
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER, NULL);
    if (ca_file && *ca_file ? SSL_CTX_load_verify_locations(c, ca_file, NULL) != 1
                            : SSL_CTX_set_default_verify_paths(c) != 1)
        return tls_failed(c, "ca_file", ca_file, e);
    if (cert && *cert && SSL_CTX_use_certificate_chain_file(c, cert) != 1) return tls_failed(c, "tls_cert", cert, e);
    if (key && *key &&
        (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(c) != 1))
        return tls_failed(c, "tls_key", key, e);
    *out = c;
    return RC_OK;
}

/* The certificate has to be for the name or address that we were told. */
static SSL *tls_session(SSL_CTX *ctx, const char *host) {
    struct in6_addr any;
    SSL *ssl = SSL_new(ctx);
    if (!ssl) return NULL;
    bool is_ip = inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
    int ok = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host)
                   : SSL_set1_host(ssl, host) && SSL_set_tlsext_host_name(ssl, host);
    if (ok != 1) {
        SSL_free(ssl);
        return NULL;
    }
    return ssl;
}

/* ---- the end of it ----------------------------------------------------------------------------------------------- */

static void closed(struct link *l, const char *reason) {
    if (l->is_closed) return;
    l->is_closed = true;
    bufferevent_disable(l->bev, EV_READ | EV_WRITE);
    l->ev.on_close(l->ev.arg, reason);
}

static void describe_failure(struct link *l, short what, char *out, size_t len) {
    unsigned long tls = bufferevent_get_openssl_error(l->bev);
    int err = EVUTIL_SOCKET_ERROR();
    SSL *ssl = bufferevent_openssl_get_ssl(l->bev);
    long verify = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;
    if (verify != X509_V_OK) snprintf(out, len, "TLS: %s", X509_verify_cert_error_string(verify));
    else if (tls) snprintf(out, len, "TLS: %s", ERR_reason_error_string(tls) ? ERR_reason_error_string(tls) : "failed");
    else if (l->dns_error) snprintf(out, len, "the name does not resolve: %s", evutil_gai_strerror(l->dns_error));
    else if (what & BEV_EVENT_EOF) snprintf(out, len, "the server closed the connection");
    else snprintf(out, len, "%s", err ? evutil_socket_error_to_string(err) : "the connection broke");
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What is asked within one turn of the loop goes out together at its end: a bufferevent would first ask the loop
 * whether the socket takes bytes, which is a turn and two system calls more. What the socket does not take, and faults,
 * are the bufferevent's. */
static void on_flush(evutil_socket_t fd, short what, void *arg) {
    struct link *l = arg;
    struct evbuffer *out = bufferevent_get_output(l->bev);
    (void)fd;
    (void)what;
    if (l->is_closed || !evbuffer_get_length(out)) return;
    bufferevent_disable(l->bev, EV_WRITE);
    evbuffer_unfreeze(out, 1); /* a bufferevent keeps the front of its output to itself */
    evbuffer_write(out, bufferevent_getfd(l->bev));
    evbuffer_freeze(out, 1);
    if (evbuffer_get_length(out)) bufferevent_enable(l->bev, EV_WRITE);
}

static void want_flush(struct link *l) {
    if (l->flush && l->is_open) event_active(l->flush, EV_WRITE, 0);
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
    struct link *l = arg;
    char reason[256];
    (void)bev;
    if (l->is_closed) return;
    if (what & BEV_EVENT_CONNECTED) {
        l->is_open = true;
        l->ev.on_open(l->ev.arg);
        return;
    }
    describe_failure(l, what, reason, sizeof reason);
    closed(l, reason);
}

/* ---- replies ----------------------------------------------------------------------------------------------------- */

static void deliver(struct link *l, const struct reply *r) {
    struct waiter *w = l->first;
    if (!w) {
        if (l->ev.on_push) l->ev.on_push(l->ev.arg, r);
        else closed(l, r->type == REPLY_ERROR ? r->str : "the server said something that nobody asked for");
        return;
    }
    l->first = w->next;
    if (!l->first) l->last = &l->first;
    l->queued--;
    if (w->fn) w->fn(w->arg, r);
    mem_free(w);
}

static bool read_replies(struct link *l, struct err *e) {
    for (;;) {
        struct reply *r;
        if (reply_reader_next(l->reader, &r, e)) return false;
        if (!r) return true;
        deliver(l, r);
        reply_free(&r);
        if (l->is_closed || l->is_dead) return true;
    }
}

static void destroy(struct link *l);

static void on_read(struct bufferevent *bev, void *arg) {
    struct link *l = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    struct evbuffer_iovec part;
    struct err e = ERR_INIT;
    bool ok = true;
    l->is_reading = true;
    while (ok && !l->is_closed && !l->is_dead && evbuffer_peek(in, -1, NULL, &part, 1) > 0) {
        ok = reply_reader_feed(l->reader, part.iov_base, part.iov_len, &e) == RC_OK;
        evbuffer_drain(in, part.iov_len);
        ok = ok && read_replies(l, &e);
    }
    if (!ok && !l->is_dead) closed(l, e.text);
    l->is_reading = false;
    if (l->is_dead) destroy(l);
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

/* Told by the loop, as other failures are. */
static void cannot_resolve(struct link *l, int error) {
    l->dns_error = error;
    bufferevent_trigger_event(l->bev, BEV_EVENT_ERROR, BEV_OPT_DEFER_CALLBACKS);
}

/* Perhaps from within evdns_getaddrinfo(). A name of /etc/hosts that has no address of this family is a success without
 * any: bufferevent_socket_connect_hostname() of libevent 2.1 follows that NULL, which is why it is not used. */
static void on_resolved(int error, struct evutil_addrinfo *list, void *arg) {
    struct lookup_name *n = arg;
    struct link *l = n->link;
    if (l) {
        l->name = NULL;
        if (error || !list) cannot_resolve(l, error ? error : EVUTIL_EAI_NONAME);
        else if (bufferevent_socket_connect(l->bev, list->ai_addr, (int)list->ai_addrlen)) cannot_resolve(l, 0);
    }
    if (list) evutil_freeaddrinfo(list);
    mem_free(n);
}

static bool resolve(struct link *l, const struct link_env *env, const struct server *to, int family) {
    struct evutil_addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_TCP};
    struct lookup_name *n = mem_zalloc(sizeof *n);
    char port[8];
    if (!n) return false;
    n->link = l;
    l->name = n;
    snprintf(port, sizeof port, "%d", to->port);
    struct evdns_getaddrinfo_request *r = evdns_getaddrinfo(env->dns, to->host, port, &hints, on_resolved, n);
    if (r && l->name) n->request = r;
    return true;
}

static bool connect_to(struct link *l, const struct link_env *env, const struct server *to, int family) {
    if (!to->is_unix) return resolve(l, env, to, family);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(to->host) >= sizeof a.sun_path) return false;
    memcpy(a.sun_path, to->host, strlen(to->host) + 1);
    return bufferevent_socket_connect(l->bev, (struct sockaddr *)&a, sizeof a) == 0;
}

static struct bufferevent *make_bev(const struct link_env *env, const struct server *to) {
    int options = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;
    if (!to->tls) return bufferevent_socket_new(env->base, -1, options);
    SSL *ssl = env->tls ? tls_session(env->tls, to->host) : NULL;
    if (!ssl) return NULL;
    struct bufferevent *bev = bufferevent_openssl_socket_new(env->base, -1, ssl, BUFFEREVENT_SSL_CONNECTING, options);
    if (bev) bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

struct link *link_new(const struct link_env *env, const struct server *to, int family, const struct link_events *ev,
                      struct err *e) {
    struct link *l = mem_zalloc(sizeof *l);
    if (!l || reply_reader_new(&l->reader, e)) goto out;
    l->ev = *ev;
    l->last = &l->first;
    if (!(l->bev = make_bev(env, to))) goto out;
    if (!to->tls && !(l->flush = event_new(env->base, -1, 0, on_flush, l))) goto out;
    bufferevent_setcb(l->bev, on_read, NULL, on_event, l);
    bufferevent_setwatermark(l->bev, EV_READ, 0, 256 * 1024);
    bufferevent_enable(l->bev, EV_READ | EV_WRITE);
    if (connect_to(l, env, to, family)) return l;
out:
    if (l) destroy(l);
    err_set(e, ERR_NET_CONNECT, "a connection cannot even be begun");
    return NULL;
}

static void destroy(struct link *l) {
    if (l->name) {
        l->name->link = NULL;
        if (l->name->request) evdns_getaddrinfo_cancel(l->name->request);
    }
    if (l->flush) event_free(l->flush);
    if (l->bev) bufferevent_free(l->bev);
    reply_reader_free(&l->reader);
    mem_free(l);
}

/* Also from within a reply's callback: the reader is left alone until it returns. */
void link_free(struct link **lp) {
    struct link *l = *lp;
    *lp = NULL;
    if (!l) return;
    struct waiter *w = l->first;
    l->first = NULL;
    l->last = &l->first;
    l->is_closed = l->is_dead = true;
    bufferevent_setcb(l->bev, NULL, NULL, NULL, NULL);
    bufferevent_disable(l->bev, EV_READ | EV_WRITE);
    while (w) {
        struct waiter *next = w->next;
        if (w->fn) w->fn(w->arg, NULL);
        mem_free(w);
        w = next;
    }
    if (!l->is_reading) destroy(l);
}

static void parcel_done(const void *bytes, size_t len, void *arg) {
    struct parcel *w = arg;
    (void)bytes;
    (void)len;
    parcel_unref(&w);
}

bool link_send_push(struct link *l, struct parcel *w) {
    struct evbuffer *out = bufferevent_get_output(l->bev);
    if (l->is_closed || evbuffer_get_length(out) > LINK_MAX_QUEUED_BYTES) return false;
    want_flush(l);
    if (w->len < 4096) return bufferevent_write(l->bev, w->bytes, w->len) == 0;
    if (evbuffer_add_reference(out, w->bytes, w->len, parcel_done, parcel_ref(w)) == 0) return true;
    parcel_done(NULL, 0, w);
    return false;
}

bool link_send(struct link *l, struct parcel *w, link_fn *fn, void *arg) {
    struct waiter *one = l->queued < LINK_MAX_QUEUED ? mem_zalloc(sizeof *one) : NULL;
    if (!one || !link_send_push(l, w)) {
        mem_free(one);
        return false;
    }
    *one = (struct waiter){.fn = fn, .arg = arg};
    *l->last = one;
    l->last = &one->next;
    l->queued++;
    return true;
}

size_t link_queued(const struct link *l) { return l->queued; }
