/* flight: one HTTP request from its headers to its answer. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/retry.h"
#include "config.h"
#include "pipe_guard.h"
#include "transport_priv.h"

enum { POLL_MS = 1000, BLIND_POLL_MS = 50 };
/* A request that must not be repeated goes out on a connection that was in use moments ago or on a new one: servers
 * close idle connections after 5 seconds and more, and a close that crosses our request looks like a lost answer. */
enum { ONCE_MAX_IDLE_S = 4, MAX_IDLE_S = 55 };

/* ---- callbacks of a flight --------------------------------------------------------------------------------------- */

static curl_off_t announced_length(const struct http_flight *f) {
    curl_off_t length = -1;
    curl_easy_getinfo(f->conn->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length;
}

/* One allocation instead of many, when the length is told and believable. When it fails, the bytes will say so. */
static void make_room(struct http_flight *f) {
    struct err ignored;
    curl_off_t length = announced_length(f);
    if (length <= 0 || (size_t)length > f->answer.body.max || length >= (curl_off_t)64 * 1024 * 1024) return;
    if (buf_reserve(&f->answer.body, (size_t)length, &ignored)) {}
}

static bool goes_to_sink(const struct http_flight *f) {
    long status = 0;
    if (!f->sink) return false;
    curl_easy_getinfo(f->conn->easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 200;
}

/* The time that the sink keeps us waiting is not the server's. */
static enum rc sink(struct http_flight *f, struct sv bytes, struct err *e) {
    int64_t began = clock_mono_ms();
    if (bytes.len > f->answer.body.max - f->sunk) return err_set(e, ERR_LIMIT, "more than %zu bytes", f->answer.body.max);
    if (!f->sunk) f->sink->begin(f->sink->arg, announced_length(f));
    f->sunk += bytes.len;
    if (f->sink->take(f->sink->arg, bytes, f->sink_fault)) return f->sink_failed = true, RC_ERR;
    f->last_byte = clock_mono_ms();
    if (f->deadline != CLOCK_NEVER) f->deadline += f->last_byte - began;
    return RC_OK;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
    struct http_flight *f = arg;
    struct err e = ERR_INIT;
    f->last_byte = clock_mono_ms();
    bool sinks = goes_to_sink(f);
    if (!sinks && !f->answer.body.len) make_room(f);
    if ((sinks ? sink(f, sv_make(bytes, size * n), &e) : buf_add(&f->answer.body, bytes, size * n, &e)) == RC_OK)
        return size * n;
    f->too_large = !f->sink_failed && e.code == ERR_LIMIT;
    return 0;
}

static void copy_value(char *to, size_t cap, struct sv v) {
    size_t n = v.len < cap ? v.len : cap - 1, w = 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)v.ptr[i] >= 0x20 && (unsigned char)v.ptr[i] < 0x7F) to[w++] = v.ptr[i];
    to[w] = '\0';
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg) {
    struct http_flight *f = arg;
    struct sv line = sv_trim(sv_make(bytes, size * n)), name, value;
    f->last_byte = clock_mono_ms();
    f->header_bytes += size * n;
    if (f->header_bytes > MAX_HEADER_BYTES) return f->bad_headers = true, 0;
    if (sv_istarts(line, SV_LIT("HTTP/"))) { /* a new answer: what an interim one said is void */
        f->answer.retry_after_ms = -1;
        return size * n;
    }
    if (!sv_cut(line, ':', &name, &value)) return size * n;
    value = sv_trim(value);
    if (sv_ieq(name, SV_LIT("x-request-id"))) copy_value(f->answer.request_id, sizeof f->answer.request_id, value);
    else if (sv_ieq(name, SV_LIT("cache-status")))
        copy_value(f->answer.cache_status, sizeof f->answer.cache_status, value);
    else if (sv_ieq(name, SV_LIT("retry-after"))) f->answer.retry_after_ms = retry_after_parse(value, clock_wall_ms());
    return size * n;
}

/* Feeds the body of a request that is sent once. There is no seek function on purpose: libcurl cannot rewind, and so
 * cannot send it again on a new connection when a kept one turns out to be dead. */
static size_t on_read(char *bytes, size_t size, size_t n, void *arg) {
    struct http_flight *f = arg;
    size_t left = f->body.len - f->body_read, take = size * n < left ? size * n : left;
    if (take) memcpy(bytes, f->body.ptr + f->body_read, take);
    f->body_read += take;
    return take;
}

static int on_progress(void *arg, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total, curl_off_t ul) {
    struct http_flight *f = arg;
    (void)dl_total;
    (void)ul_total;
    if (dl + ul != f->moved) {
        f->moved = dl + ul;
        f->last_byte = clock_mono_ms();
    }
    return 0;
}

void http_answer_fini(struct http_answer *a) { buf_fini(&a->body); }

static void answer_init(struct http_answer *a, size_t max_body) {
    *a = (struct http_answer){.retry_after_ms = -1};
    buf_init(&a->body, max_body);
}

/* ---- setting a flight up ----------------------------------------------------------------------------------------- */

static void headers_free(struct curl_slist *list) {
    for (struct curl_slist *h = list; h; h = h->next) mem_wipe(h->data, strlen(h->data));
    curl_slist_free_all(list);
}

static enum rc add_header(struct http_flight *f, const char *name, const char *value, struct err *e) {
    struct buf line;
    buf_init(&line, 128 * 1024);
    struct curl_slist *more = NULL;
    enum rc rc = *value ? buf_addf(&line, e, "%s: %s", name, value) : buf_addf(&line, e, "%s;", name);
    if (rc == RC_OK && !(more = curl_slist_append(f->headers, line.ptr))) rc = err_nomem(e);
    if (more) f->headers = more;
    buf_wipe(&line);
    return rc;
}

static enum rc add_api_headers(struct http_flight *f, const struct http_request *rq, struct err *e) {
    const struct options *o = f->t->conf;
    struct buf bearer;
    buf_init(&bearer, 128 * 1024);
    enum rc rc = buf_addf(&bearer, e, "Bearer %s", o->token);
    if (rc == RC_OK) rc = add_header(f, "Authorization", bearer.ptr, e);
    buf_wipe(&bearer);
    if (rc || add_header(f, "Accept", "application/json", e)) return RC_ERR;
    if (rq->body.ptr && add_header(f, "Content-Type", "application/json", e)) return RC_ERR;
    if (o->org_id && add_header(f, "x-databricks-org-id", o->org_id, e)) return RC_ERR;
    for (int i = 0; i < o->n_headers; i++)
        if (add_header(f, o->headers[i].key, o->headers[i].value, e)) return RC_ERR;
    return RC_OK;
}

static enum rc add_headers(struct http_flight *f, const struct http_request *rq, struct err *e) {
    if (!rq->to_storage && add_api_headers(f, rq, e)) return RC_ERR;
    for (int i = 0; i < rq->n_headers; i++)
        if (add_header(f, rq->headers[i].name, rq->headers[i].value, e)) return RC_ERR;
    struct curl_slist *more = curl_slist_append(f->headers, "Expect:"); /* no waiting for 100 Continue */
    if (!more) return err_nomem(e);
    f->headers = more;
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
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, (long)(f->once ? ONCE_MAX_IDLE_S : MAX_IDLE_S));
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
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

static void set_body(struct http_flight *f, enum http_method method) {
    CURL *c = f->conn->easy;
    if (method == HTTP_DELETE) curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, "DELETE");
    if (method != HTTP_POST) return;
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->body.len);
    if (f->once) {
        curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(c, CURLOPT_READDATA, f);
    } else {
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body.ptr ? f->body.ptr : "");
    }
}

static enum rc set_easy(struct http_flight *f, const struct http_request *rq, struct err *e) {
    CURL *c = f->conn->easy;
    curl_easy_setopt(c, CURLOPT_SHARE, f->t->share);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->why);
    curl_easy_setopt(c, CURLOPT_USERAGENT, f->t->user_agent);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, f);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, f);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 128L * 1024);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->headers);
    set_network(f);
    set_tls(f);
    set_body(f, rq->method);
    CURLcode bad = curl_easy_setopt(c, CURLOPT_URL, f->url);
    return bad ? err_set(e, ERR_INTERNAL, "libcurl refuses a request: %s", curl_easy_strerror(bad)) : RC_OK;
}

static void flight_free(struct http_flight **pf) {
    struct http_flight *f = *pf;
    if (!f) return;
    *pf = NULL;
    if (f->conn) {
        struct pipe_guard guard;
        pipe_guard_enter(&guard);
        curl_multi_remove_handle(f->conn->multi, f->conn->easy);
        http_conn_put(f->t, f->to_storage, f->conn);
        pipe_guard_leave(&guard);
    }
    http_answer_fini(&f->answer);
    headers_free(f->headers);
    mem_free_secret(f->url);
    buf_wipe(&f->body);
    mem_free(f);
}

static enum rc flight_prepare(struct http_flight *f, const struct http_request *rq, struct err *e) {
    if (rq->to_storage ? !(f->url = mem_strdup(rq->target)) && err_nomem(e)
                       : http_join_text(&f->url, f->route->base, rq->target, 0, e))
        return RC_ERR;
    http_url_host(f->url, f->host, sizeof f->host);
    if (rq->to_storage && check_link(f->route, f->url, f->host, e)) return RC_ERR;
    buf_init(&f->body, rq->body.len + 1);
    if (rq->body.len && buf_addsv(&f->body, rq->body, e)) return RC_ERR;
    if (add_headers(f, rq, e)) return RC_ERR;
    if (!(f->conn = http_conn_get(f->t, rq->to_storage))) return err_nomem(e);
    if (set_easy(f, rq, e)) return RC_ERR;
    CURLMcode bad = curl_multi_add_handle(f->conn->multi, f->conn->easy);
    return bad ? err_set(e, ERR_INTERNAL, "libcurl refuses a request: %s", curl_multi_strerror(bad)) : RC_OK;
}

static enum rc flight_new(struct http_flight **out, struct transport *t, const struct http_request *rq, struct err *e) {
    struct http_flight *f = mem_zalloc(sizeof *f);
    if (!f) return err_nomem(e);
    f->t = t;
    f->route = transport_route_now(t);
    f->to_storage = rq->to_storage;
    f->once = rq->once;
    f->deadline = rq->deadline;
    f->quiet_ms = rq->quiet_ms;
    f->sink = rq->sink;
    f->sink_fault = e;
    answer_init(&f->answer, rq->max_body);
    f->last_byte = clock_mono_ms();
    if (flight_prepare(f, rq, e) == RC_OK) return *out = f, RC_OK;
    flight_free(&f);
    return RC_ERR;
}

/* ---- the flight -------------------------------------------------------------------------------------------------- */

bool http_flight_sent(const struct http_flight *f) {
    long request_bytes = 0;
    if (f->once && f->body.len) return f->body_read == f->body.len;
    curl_easy_getinfo(f->conn->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    return request_bytes > 0;
}


static int64_t stall_at(const struct http_flight *f) {
    const struct options *o = f->t->conf;
    return f->last_byte + (int64_t)o->socket_timeout * 1000 + f->quiet_ms +
           (http_flight_sent(f) ? 0 : (int64_t)o->connect_timeout * 1000);
}

static void wake_multi(void *multi) { curl_multi_wakeup(multi); }

/* Turns until the answer is there or one of the reasons to stop is. */
static enum flight_end flight_turn(struct http_flight *f, struct cancel *c, bool hooked, CURLcode *result) {
    for (;;) {
        int running = 0, queued, nap = POLL_MS;
        CURLMcode bad = curl_multi_perform(f->conn->multi, &running);
        if (bad || !running) {
            CURLMsg *msg = curl_multi_info_read(f->conn->multi, &queued);
            *result = bad ? CURLE_FAILED_INIT : msg && msg->msg == CURLMSG_DONE ? msg->data.result : CURLE_FAILED_INIT;
            return FLIGHT_DONE;
        }
        if (cancel_is_raised(c)) return FLIGHT_CANCELLED;
        if (clock_passed(f->deadline)) return FLIGHT_DEADLINE;
        if (clock_passed(stall_at(f))) return FLIGHT_STALLED;
        if (!hooked) nap = BLIND_POLL_MS;
        nap = (int)clock_left_ms(clock_sooner(f->deadline, stall_at(f)), nap);
        curl_multi_poll(f->conn->multi, NULL, 0, nap + 1, NULL);
    }
}

static enum flight_end flight_run(struct http_flight *f, struct cancel *c, CURLcode *result) {
    struct pipe_guard guard;
    pipe_guard_enter(&guard);
    bool hooked = cancel_attach(c, wake_multi, f->conn->multi);
    enum flight_end end = flight_turn(f, c, hooked, result);
    if (hooked) cancel_detach(c, wake_multi, f->conn->multi);
    pipe_guard_leave(&guard);
    f->answer.sent = http_flight_sent(f);
    return end;
}

/* ---- from outside ------------------------------------------------------------------------------------------------ */

/* The answer belongs to the flight until it has landed. */
static void answer_move(struct http_answer *out, struct http_flight *f) {
    *out = f->answer;
    buf_init(&f->answer.body, 0);
}

enum rc transport_perform(struct transport *t, const struct http_request *rq, struct cancel *c, struct http_answer *out,
                          struct http_flight **left, struct err *e) {
    struct http_flight *f = NULL;
    CURLcode result = CURLE_OK;
    answer_init(out, rq->max_body);
    if (left) *left = NULL;
    if (!transport_survived_fork(t))
        return err_set(e, ERR_NET_RESET,
                       "this connection belongs to the parent of the forked process; connect anew in the child");
    if (cancel_is_raised(c)) return err_set(e, ERR_CANCELLED, "cancelled");
    if (clock_passed(rq->deadline))
        return err_set(e, ERR_NET_TIMEOUT, "%s: the deadline passed before the request was sent", transport_host(t));
    if (flight_new(&f, t, rq, e)) return RC_ERR;
    enum flight_end end = flight_run(f, c, &result);
    enum rc rc = http_flight_outcome(f, end, result, e);
    if (left && f->answer.sent && (end == FLIGHT_CANCELLED || end == FLIGHT_DEADLINE)) {
        out->sent = true;
        *left = f;
        return rc;
    }
    answer_move(out, f);
    flight_free(&f);
    return rc;
}

enum rc http_flight_finish(struct http_flight **pf, struct cancel *c, int64_t deadline, struct http_answer *out,
                           struct err *e) {
    struct http_flight *f = *pf;
    CURLcode result = CURLE_OK;
    f->deadline = deadline;
    enum flight_end end = flight_run(f, c, &result);
    enum rc rc = http_flight_outcome(f, end, result, e);
    answer_move(out, f);
    flight_free(pf);
    return rc;
}
