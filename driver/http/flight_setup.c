/* flight_setup: what libcurl is told of a request. A connection to the API keeps its handle and what does not change from
 * one request to the next. */
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "transport_priv.h"

/* A request that must not be repeated goes out on a connection that was in use moments ago or on a new one: servers
 * close idle connections after 5 seconds and more, and a close that crosses our request looks like a lost answer. */
enum { ONCE_MAX_IDLE_S = 4, MAX_IDLE_S = 55 };
void http_headers_free(struct curl_slist *list) {
    for (struct curl_slist *h = list; h; h = h->next) mem_wipe(h->data, strlen(h->data));
    curl_slist_free_all(list);
}

static enum rc add_line(struct curl_slist **list, const char *line, struct err *e) {
    struct curl_slist *more = curl_slist_append(*list, line);
    if (!more) return err_nomem(e);
    *list = more;
    return RC_OK;
}

static enum rc add_header(struct curl_slist **list, const char *name, const char *value, struct err *e) {
    struct buf line;
    buf_init(&line, 128 * 1024);
    enum rc rc = *value ? buf_addf(&line, e, "%s: %s", name, value) : buf_addf(&line, e, "%s;", name);
    if (rc == RC_OK) rc = add_line(list, line.ptr, e);
    buf_wipe(&line);
    return rc;
}

/* The headers that all API requests of a connection have. */
static enum rc add_api_headers(struct curl_slist **list, const struct options *o, struct err *e) {
    struct buf bearer;
    buf_init(&bearer, 128 * 1024);
    enum rc rc = buf_addf(&bearer, e, "Bearer %s", o->token);
    if (rc == RC_OK) rc = add_header(list, "Authorization", bearer.ptr, e);
    buf_wipe(&bearer);
    if (rc || add_header(list, "Accept", "application/json", e)) return RC_ERR;
    if (o->org_id && add_header(list, "x-databricks-org-id", o->org_id, e)) return RC_ERR;
    for (int i = 0; i < o->n_headers; i++)
        if (add_header(list, o->headers[i].key, o->headers[i].value, e)) return RC_ERR;
    return RC_OK;
}

/* Those of one request, before those of the connection. */
static enum rc set_headers(struct http_flight *f, const struct http_request *rq, struct err *e) {
    struct curl_slist *last;
    if (add_line(&f->headers, "Expect:", e)) return RC_ERR;     /* no waiting for 100 Continue */
    if (!rq->to_storage && rq->body.ptr && add_line(&f->headers, "Content-Type: application/json", e)) return RC_ERR;
    for (int i = 0; i < rq->n_headers; i++)
        if (add_header(&f->headers, rq->headers[i].name, rq->headers[i].value, e)) return RC_ERR;
    for (last = f->headers; last->next; last = last->next) {}
    last->next = f->conn->headers;
    curl_easy_setopt(f->conn->easy, CURLOPT_HTTPHEADER, f->headers);
    return RC_OK;
}

/* Links of a dbxproxyd that we reach through its socket carry the name of the workspace or of the proxy itself. */
static bool is_own_link(const struct route *route, const char *url) {
    const char *path = strstr(url, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    return route->socket && path && strncmp(path, "/dbxp/", 6) == 0 && strncmp(url, "http://", 7) == 0;
}

static enum rc check_link(const struct route *route, const char *url, const char *host, struct err *e) {
    struct sv v = sv_of(url), h = sv_of(host), name, port;
    char bare[256];
    if (sv_istarts(v, SV_LIT("https://"))) return RC_OK;
    if (!sv_istarts(v, SV_LIT("http://")))
        return err_set(e, ERR_STORAGE, "a result link that is neither https nor http");
    if (is_own_link(route, url)) return RC_OK;
    if (h.len && h.ptr[0] != '[' && sv_cut(h, ':', &name, &port)) h = name;
    else if (h.len && h.ptr[0] == '[' && sv_cut(h, ']', &name, &port)) h.len = name.len + 1;
    snprintf(bare, sizeof bare, SV_FMT, SV_ARG(h));
    if (options_is_loopback(bare)) return RC_OK;
    return err_set(e, ERR_STORAGE, "the result link to %s is plain http; results are taken over https only", host);
}

static bool is_near(const struct http_flight *f) {
    char bare[256];
    struct sv h = sv_of(f->host), name, port;
    if (h.len && h.ptr[0] != '[' && sv_cut(h, ':', &name, &port)) h = name;
    else if (h.len && h.ptr[0] == '[' && sv_cut(h, ']', &name, &port)) h.len = name.len + 1;
    snprintf(bare, sizeof bare, SV_FMT, SV_ARG(h));
    return options_is_loopback(bare);
}

static void set_network(struct http_flight *f) {
    const struct options *o = f->t->conf;
    CURL *c = f->conn->easy;
    bool own = !f->to_storage || is_own_link(f->route, f->url);
    if (own && f->route->socket) curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, f->route->socket);
    if ((own && f->route->proxied) || is_near(f)) curl_easy_setopt(c, CURLOPT_PROXY, "");
    else if (o->use_http_proxy) {
        curl_easy_setopt(c, CURLOPT_PROXY, o->http_proxy_host);
        curl_easy_setopt(c, CURLOPT_PROXYPORT, (long)o->http_proxy_port);
        if (*o->http_proxy_uid) curl_easy_setopt(c, CURLOPT_PROXYUSERNAME, o->http_proxy_uid);
        if (*o->http_proxy_pwd) curl_easy_setopt(c, CURLOPT_PROXYPASSWORD, o->http_proxy_pwd);
        if (*o->no_proxy) curl_easy_setopt(c, CURLOPT_NOPROXY, o->no_proxy);
    }
    curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout * 1000);
    curl_easy_setopt(c, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)(f->to_storage ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(c, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L); /* an interrupted request does not wait for its name look-up */
#endif
}

static void set_tls(struct http_flight *f) {
    const struct options *o = f->t->conf;
    CURL *c = f->conn->easy;
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, o->verify_host ? 2L : 0L);
    if (!*o->ca_file) return;
    curl_easy_setopt(c, CURLOPT_CAINFO, o->ca_file);
    curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
}

/* Feeds the body of a long request that is sent once. There is no seek function on purpose: libcurl cannot rewind, and
 * so cannot send it again on a new connection when a kept one turns out to be dead. */
static size_t on_read(char *bytes, size_t size, size_t n, void *arg) {
    struct http_flight *f = arg;
    size_t left = f->body.len - f->body_read, take = size * n < left ? size * n : left;
    if (take) memcpy(bytes, f->body.ptr + f->body_read, take);
    f->body_read += take;
    return take;
}

#if LIBCURL_VERSION_NUM >= 0x075000
enum { SHORT_BODY = 32 * 1024 };

/* A short one leaves with its header, in one packet; that libcurl wants to send it again shows here. */
static int on_begin(void *arg, char *to, char *from, int to_port, int from_port) {
    struct http_flight *f = arg;
    (void)to, (void)from, (void)to_port, (void)from_port;
    return f->begun++ && f->once ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}
#else
enum { SHORT_BODY = -1 };
#endif

static void set_method(CURL *c, enum http_method method) {
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method == HTTP_DELETE ? "DELETE" : NULL);
    curl_easy_setopt(c, method == HTTP_POST ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
}

static void set_body(struct http_flight *f, enum http_method method) {
    CURL *c = f->conn->easy;
    if (method != HTTP_POST) return;
    f->reads_body = f->once && (long long)f->body.len > SHORT_BODY;
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->reads_body ? NULL : f->body.ptr ? f->body.ptr : "");
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.len);
    curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(c, CURLOPT_READDATA, f);
}

/* What is the same for all requests of a connection as long as they go the same way. */
static void set_conn(struct http_flight *f) {
    CURL *c = f->conn->easy;
    curl_easy_setopt(c, CURLOPT_SHARE, f->t->share);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, f->t->user_agent);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, http_on_body);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, http_on_header);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, http_on_progress);
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_begin);
#endif
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, f->to_storage ? 128L * 1024 : 32L * 1024);
    set_network(f);
    set_tls(f);
    f->conn->set_for = f->to_storage ? NULL : f->route;
}

static enum rc set_flight(struct http_flight *f, const struct http_request *rq, struct err *e) {
    CURL *c = f->conn->easy;
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->why);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, f);
#if LIBCURL_VERSION_NUM >= 0x075000
    curl_easy_setopt(c, CURLOPT_PREREQDATA, f);
#endif
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, (long)(f->once ? ONCE_MAX_IDLE_S : MAX_IDLE_S));
    set_method(c, rq->method);
    set_body(f, rq->method);
    if (set_headers(f, rq, e)) return RC_ERR;
    CURLcode bad = curl_easy_setopt(c, CURLOPT_URL, f->url);
    return bad ? err_set(e, ERR_INTERNAL, "libcurl refuses a request: %s", curl_easy_strerror(bad)) : RC_OK;
}

/* A connection that last went another way (or to storage, where each link may be another) begins anew. */
static enum rc set_options(struct http_flight *f, const struct http_request *rq, struct err *e) {
    struct http_conn *conn = f->conn;
    if (!conn->set_for || conn->set_for != f->route) {
        curl_easy_reset(conn->easy);
        set_conn(f);
    }
    if (!f->to_storage && !conn->headers && add_api_headers(&conn->headers, f->t->conf, e)) {
        http_headers_free(conn->headers);
        conn->headers = NULL;
        return RC_ERR;
    }
    return set_flight(f, rq, e);
}

enum rc http_flight_set_up(struct http_flight *f, const struct http_request *rq, struct err *e) {
    if (rq->to_storage ? !(f->url = mem_strdup(rq->target)) && err_nomem(e)
                       : http_join_text(&f->url, f->route->base, rq->target, 0, e))
        return RC_ERR;
    http_url_host(f->url, f->host, sizeof f->host);
    if (rq->to_storage && check_link(f->route, f->url, f->host, e)) return RC_ERR;
    buf_init(&f->body, rq->body.len + 1);
    if (rq->body.len && buf_addsv(&f->body, rq->body, e)) return RC_ERR;
    if (!(f->conn = http_conn_get(f->t, rq->to_storage))) return err_nomem(e);
    if (set_options(f, rq, e)) return RC_ERR;
    CURLMcode bad = curl_multi_add_handle(f->conn->multi, f->conn->easy);
    return bad ? err_set(e, ERR_INTERNAL, "libcurl refuses a request: %s", curl_multi_strerror(bad)) : RC_OK;
}

void http_flight_take_down(struct http_flight *f) {
    CURL *c = f->conn->easy;
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, NULL);
    struct curl_slist **at = &f->headers;
    while (*at && *at != f->conn->headers) at = &(*at)->next;
    *at = NULL;                         /* from here on they are the connection's */
    http_headers_free(f->headers);
    f->headers = NULL;
}
