#include "transport.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"
#include "config.h"
#include "pipe_guard.h"
#include "transport_priv.h"

enum { MAX_IDLE = 64 };

/* ---- libcurl once per process ------------------------------------------------------------------------------------ */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_state;

/* Never undone: the host program may use libcurl too. */
static void start_curl(void) { curl_state = curl_global_init(CURL_GLOBAL_DEFAULT); }

/* ---- routes ------------------------------------------------------------------------------------------------------ */

static void route_fini(struct route *r) {
    mem_free(r->base);
    mem_free(r->host);
    mem_free(r->socket);
    *r = (struct route){0};
}

enum rc http_join_text(char **out, const char *a, const char *b, int port, struct err *e) {
    struct buf text;
    buf_init(&text, 4096);
    enum rc rc = port ? buf_addf(&text, e, "%s%s:%d", a, b, port) : buf_addf(&text, e, "%s%s", a, b);
    *out = buf_take(&text);
    return rc;
}

static enum rc route_direct(struct route *r, const struct options *o, struct err *e) {
    if (!(r->host = mem_strdup(o->host))) return err_nomem(e);
    return http_join_text(&r->base, o->plain_http ? "http://" : "https://", o->host, o->port, e);
}

/* Over a Unix socket the address still names the workspace: it becomes the Host header, and the origin of the links
 * that the proxy hands out. */
static enum rc route_unix(struct route *r, const struct options *o, const char *path, struct err *e) {
    r->proxied = true;
    r->host = mem_strdup(o->host);
    r->socket = mem_strdup(path);
    if (!r->host || !r->socket) return err_nomem(e);
    return http_join_text(&r->base, "http://", o->host, 0, e);
}

static enum rc route_http(struct route *r, const char *url, struct err *e) {
    struct sv v = sv_of(url);
    while (v.len && v.ptr[v.len - 1] == '/') v.len--;
    char host[256];
    http_url_host(url, host, sizeof host);
    r->proxied = true;
    r->base = mem_strndup(v.ptr, v.len);
    r->host = mem_strdup(host);
    return r->base && r->host ? RC_OK : err_nomem(e);
}

enum rc transport_route(struct transport *t, const char *proxy, struct err *e) {
    struct sv p = sv_trim(sv_of(proxy));
    route_fini(&t->via);
    if (!p.len) return RC_OK;
    const char *path = p.ptr + 5;
    bool is_unix = sv_istarts(p, SV_LIT("unix:"));
    if (is_unix ? route_unix(&t->via, t->conf, strncmp(path, "//", 2) == 0 ? path + 2 : path, e)
                : route_http(&t->via, proxy, e))
        return RC_ERR;
    atomic_store(&t->route, &t->via);
    return RC_OK;
}

const struct route *transport_route_now(const struct transport *t) { return atomic_load(&((struct transport *)t)->route); }

void transport_go_direct(struct transport *t) { atomic_store(&t->route, &t->direct); }
bool transport_is_routed(const struct transport *t) { return transport_route_now(t)->proxied; }
const char *transport_host(const struct transport *t) {
    return transport_route_now(t)->socket ? transport_route_now(t)->socket : transport_route_now(t)->host;
}
bool transport_survived_fork(const struct transport *t) { return t->pid == getpid(); }

enum rc transport_check_fork(const struct transport *t, struct err *e) {
    if (transport_survived_fork(t)) return RC_OK;
    return err_set(e, ERR_NET_RESET,
                   "this connection belongs to the parent of the forked process; connect anew in the child");
}

void http_url_host(const char *url, char *host, size_t cap) {
    struct sv v = sv_of(url), before, after;
    snprintf(host, cap, "?");
    const char *sep = url ? strstr(url, "://") : NULL;
    if (!sep) return;
    v = sv_make(sep + 3, strlen(sep + 3));
    size_t n = strcspn(v.ptr, "/?#");
    v.len = n;
    while (sv_cut(v, '@', &before, &after)) v = after;  /* user:password@ */
    if (v.len) snprintf(host, cap, "%.*s", (int)(v.len < 255 ? v.len : 255), v.ptr);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void share_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *arg) {
    (void)easy;
    (void)access;
    pthread_mutex_lock(&((struct transport *)arg)->share_locks[data]);
}

static void share_unlock(CURL *easy, curl_lock_data data, void *arg) {
    (void)easy;
    pthread_mutex_unlock(&((struct transport *)arg)->share_locks[data]);
}

static enum rc share_open(struct transport *t, struct err *e) {
    if (!(t->share = curl_share_init())) return err_nomem(e);
    curl_share_setopt(t->share, CURLSHOPT_LOCKFUNC, share_lock);
    curl_share_setopt(t->share, CURLSHOPT_UNLOCKFUNC, share_unlock);
    curl_share_setopt(t->share, CURLSHOPT_USERDATA, t);
    curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return RC_OK;
}

static enum rc agent_text(struct transport *t, struct err *e) {
    return http_join_text(&t->user_agent, "dbx-odbc/" PACKAGE_VERSION " (ODBC; Linux)", "", 0, e);
}

static enum rc agent_entry(struct transport *t, struct err *e) {
    if (!*t->conf->user_agent) return RC_OK;
    char *plain = t->user_agent;
    t->user_agent = NULL;
    struct buf text;
    buf_init(&text, 4096);
    enum rc rc = buf_addf(&text, e, "%s %s", plain, t->conf->user_agent);
    t->user_agent = buf_take(&text);
    mem_free(plain);
    return rc;
}

enum rc transport_new(struct transport **out, const struct options *conf, struct log *log, struct err *e) {
    pthread_once(&curl_once, start_curl);
    if (curl_state != CURLE_OK)
        return err_set(e, ERR_INTERNAL, "libcurl cannot start: %s", curl_easy_strerror(curl_state));
    struct transport *t = mem_zalloc(sizeof *t);
    if (!t) return err_nomem(e);
    t->conf = conf;
    t->log = log;
    t->pid = getpid();
    t->silence_ms = (int64_t)conf->socket_timeout * 1000;
    pthread_mutex_init(&t->lock, NULL);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_init(&t->share_locks[i], NULL);
    atomic_store(&t->route, &t->direct);
    if (share_open(t, e) || agent_text(t, e) || agent_entry(t, e) || route_direct(&t->direct, conf, e)) {
        transport_free(&t);
        return RC_ERR;
    }
    *out = t;
    return RC_OK;
}

static void conn_free(struct http_conn *c) {
    if (!c) return;
    if (c->easy) curl_easy_cleanup(c->easy);
    if (c->multi) curl_multi_cleanup(c->multi);
    http_headers_free(c->headers);
    mem_free(c);
}

void transport_free(struct transport **pt) {
    struct transport *t = *pt;
    if (!t) return;
    *pt = NULL;
    /* In a forked child the sockets are the parent's too, and closing TLS politely would end them for the parent. */
    if (!transport_survived_fork(t)) return;
    struct pipe_guard guard;
    pipe_guard_enter(&guard);
    for (int i = 0; i < 2; i++)
        while (t->idle[i]) {
            struct http_conn *next = t->idle[i]->next;
            conn_free(t->idle[i]);
            t->idle[i] = next;
        }
    if (t->share) curl_share_cleanup(t->share);
    pipe_guard_leave(&guard);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) pthread_mutex_destroy(&t->share_locks[i]);
    pthread_mutex_destroy(&t->lock);
    route_fini(&t->direct);
    route_fini(&t->via);
    mem_free(t->user_agent);
    mem_free(t);
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

struct http_conn *http_conn_get(struct transport *t, bool to_storage) {
    pthread_mutex_lock(&t->lock);
    struct http_conn *c = t->idle[to_storage];
    if (c) {
        t->idle[to_storage] = c->next;
        t->n_idle[to_storage]--;
    }
    pthread_mutex_unlock(&t->lock);
    if (c) return c;
    if (!(c = mem_zalloc(sizeof *c))) return NULL;
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    if (c->multi && c->easy) return c;
    conn_free(c);
    return NULL;
}

void http_conn_put(struct transport *t, bool to_storage, struct http_conn *c) {
    if (!c) return;
    pthread_mutex_lock(&t->lock);
    bool keep = t->n_idle[to_storage] < MAX_IDLE;
    if (keep) {
        c->next = t->idle[to_storage];
        t->idle[to_storage] = c;
        t->n_idle[to_storage]++;
    }
    pthread_mutex_unlock(&t->lock);
    if (!keep) conn_free(c);
}
