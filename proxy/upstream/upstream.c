#include "upstream.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/mem.h"

enum {
    MAX_CONNECTIONS = 256,      /* at once; more requests wait in libcurl */
    KEPT_CONNECTIONS = 64,
    CONNECT_TIMEOUT_MS = 10000,
    IDLE_READ_S = 55,           /* a kept connection older than this is not trusted with a repeatable request */
    IDLE_WRITE_S = 2,           /* … nor, with a request that must not be repeated, one older than this */
    MAX_HEAD_BYTES = 256 * 1024
};

struct upstream_req {
    struct upstream *up;
    CURL *easy;
    struct curl_slist *headers;
    struct upstream_events events;
    void *arg;
    struct sv body;
    size_t body_sent;
    bool repeatable;
    struct evkeyvalq head;
    size_t head_bytes;
    int status;
    bool head_told;
    int64_t started_us;
    TAILQ_ENTRY(upstream_req) link;
};

struct upstream {
    struct event_base *base;
    const struct config_upstream *cfg;
    struct metrics *metrics;
    CURLM *multi;
    struct event *timer;
    TAILQ_HEAD(, upstream_req) active;
};

/* ---- libcurl in libevent's loop -------------------------------------------------------------------------------- */

static void req_free(struct upstream_req *r);
static void collect_done(struct upstream *u);

static void on_socket_event(evutil_socket_t fd, short what, void *arg) {
    struct upstream *u = arg;
    int running, action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(u->multi, fd, action, &running);
    collect_done(u);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct upstream *u = arg;
    int running;
    (void)fd;
    (void)what;
    curl_multi_socket_action(u->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect_done(u);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg) {
    struct upstream *u = arg;
    (void)multi;
    if (timeout_ms < 0) {
        evtimer_del(u->timer);
    } else {
        struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
        evtimer_add(u->timer, &tv);
    }
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg) {
    struct upstream *u = arg;
    struct event *ev = socket_arg;
    (void)easy;
    if (ev) {
        event_free(ev);
        curl_multi_assign(u->multi, fd, NULL);
    }
    if (what == CURL_POLL_REMOVE) return 0;
    short events = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    ev = event_new(u->base, fd, events, on_socket_event, u);
    if (!ev || event_add(ev, NULL)) return -1;
    curl_multi_assign(u->multi, fd, ev);
    return 0;
}

static bool is_repeatable(enum upstream_kind kind) {
    return kind != UP_PASS && kind != UP_WRITE && kind != UP_SESSION;
}

/* ---- one transfer ---------------------------------------------------------------------------------------------- */

static size_t give_body(char *out, size_t size, size_t count, void *arg) {
    struct upstream_req *r = arg;
    size_t left = r->body.len - r->body_sent, room = size * count, take = left < room ? left : room;
    if (take == 0) return CURL_READFUNC_ABORT; /* asked for more than was announced: a repetition we refused */
    memcpy(out, r->body.ptr + r->body_sent, take);
    r->body_sent += take;
    return take;
}

/* libcurl rewinds when it wants to send the request once more on a new connection. */
static int rewind_body(void *arg, curl_off_t offset, int origin) {
    struct upstream_req *r = arg;
    if (!r->repeatable || origin != SEEK_SET || offset != 0) return CURL_SEEKFUNC_FAIL;
    r->body_sent = 0;
    return CURL_SEEKFUNC_OK;
}

static void head_reset(struct upstream_req *r) {
    evhttp_clear_headers(&r->head);
    r->head_bytes = 0;
}

static size_t take_header(char *line, size_t size, size_t count, void *arg) {
    struct upstream_req *r = arg;
    size_t len = size * count;
    struct sv name, value, text = sv_make(line, len);
    if (r->head_told) return len; /* trailers */
    if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        head_reset(r);
        return len;
    }
    r->head_bytes += len;
    if (r->head_bytes > MAX_HEAD_BYTES) return 0;
    if (!sv_cut(text, ':', &name, &value)) return len;
    value = sv_trim(value);
    char *n = mem_strndup(name.ptr, name.len), *v = mem_strndup(value.ptr, value.len);
    bool ok = n && v;
    if (ok) evhttp_add_header(&r->head, n, v); /* refuses line breaks: such a header is dropped */
    mem_free(n);
    mem_free(v);
    return ok ? len : 0;
}

static void tell_head(struct upstream_req *r) {
    long status = 0;
    if (r->head_told) return;
    r->head_told = true;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    r->status = (int)status;
    r->events.on_head(r->arg, r->status, &r->head);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg) {
    struct upstream_req *r = arg;
    tell_head(r);
    return r->events.on_body(r->arg, sv_make(bytes, size * count)) ? size * count : CURL_WRITEFUNC_PAUSE;
}

static enum upstream_fault judge(struct upstream_req *r, CURLcode code) {
    long sent = 0, status = 0;
    if (code == CURLE_OK) return UPSTREAM_OK;
    curl_easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (r->head_told || status >= 200) return UPSTREAM_CUT;
    return sent == 0 ? UPSTREAM_NOT_SENT : UPSTREAM_NO_ANSWER;
}

static void count_end(struct upstream *u, struct upstream_req *r, enum upstream_fault fault) {
    static const enum metric FAULTS[] = {[UPSTREAM_NOT_SENT] = M_UP_FAULT_CONNECT,
                                         [UPSTREAM_NO_ANSWER] = M_UP_FAULT_UNKNOWN,
                                         [UPSTREAM_CUT] = M_UP_FAULT_CUT};
    long connects = 0;
    curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &connects);
    u->metrics->value[M_UP_CONNECTS] += (uint64_t)(connects > 0 ? connects : 0);
    metrics_observe(u->metrics, M_UP_SECONDS, clock_mono_us() - r->started_us);
    if (fault != UPSTREAM_OK) metrics_add(u->metrics, FAULTS[fault]);
}

static void finish(struct upstream *u, struct upstream_req *r, CURLcode code) {
    enum upstream_fault fault = judge(r, code);
    struct upstream_events events = r->events;
    void *arg = r->arg;
    count_end(u, r, fault);
    if (fault == UPSTREAM_OK) tell_head(r); /* an answer without a body */
    req_free(r);
    struct upstream_end end = {.fault = fault, .why = code == CURLE_OK ? "" : curl_easy_strerror(code),
                               .warehouse = "", .tries = 1};
    events.on_done(arg, &end);
}

static void collect_done(struct upstream *u) {
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(u->multi, &left))) {
        struct upstream_req *r = NULL;
        CURLcode code = msg->data.result; /* msg dies with the handle */
        if (msg->msg != CURLMSG_DONE) continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        finish(u, r, code);
    }
}

/* ---- starting -------------------------------------------------------------------------------------------------- */

static enum rc add_line(struct curl_slist **list, const char *name, const char *value, struct err *e) {
    struct buf line;
    buf_init(&line, 64 * 1024);
    /* libcurl's spelling of a header without value is "Name;" */
    enum rc rc = value[0] ? buf_addf(&line, e, "%s: %s", name, value) : buf_addf(&line, e, "%s;", name);
    struct curl_slist *grown = rc == RC_OK ? curl_slist_append(*list, line.ptr) : NULL;
    if (grown) *list = grown;
    else if (rc == RC_OK) rc = err_nomem(e);
    buf_wipe(&line);
    return rc;
}

static enum rc add_silencer(struct curl_slist **list, const char *text, struct err *e) {
    struct curl_slist *grown = curl_slist_append(*list, text);
    if (!grown) return err_nomem(e);
    *list = grown;
    return RC_OK;
}

static enum rc copy_headers(struct upstream_req *r, const struct upstream_call *call, struct err *e) {
    static const char *const OWN[] = {"Accept", "Content-Type", "User-Agent"}; /* libcurl would add them by itself */
    const struct evkeyval *h;
    TAILQ_FOREACH(h, call->headers, next)
        if (add_line(&r->headers, h->key, h->value, e)) return RC_ERR;
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) {
        char text[32] = "";
        if (evhttp_find_header(call->headers, OWN[i])) continue;
        evutil_snprintf(text, sizeof text, "%s:", OWN[i]);
        if (add_silencer(&r->headers, text, e)) return RC_ERR;
    }
    return add_silencer(&r->headers, "Expect:", e);
}

static void set_method(struct upstream_req *r, const struct upstream_call *call) {
    bool has_body = r->body.len > 0;
    CURL *c = r->easy;
    if (strcmp(call->method, "HEAD") == 0) {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    } else if (has_body || strcmp(call->method, "POST") == 0 || strcmp(call->method, "PUT") == 0 ||
               strcmp(call->method, "PATCH") == 0) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        if (!has_body) curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
        curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(c, CURLOPT_READDATA, r);
        curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, rewind_body);
        curl_easy_setopt(c, CURLOPT_SEEKDATA, r);
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
    } else if (strcmp(call->method, "GET") != 0) {
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, call->method);
    }
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, is_repeatable(call->kind) ? (long)IDLE_READ_S : (long)IDLE_WRITE_S);
    /* Without a body nothing would stop libcurl from repeating on a kept connection that died: take a new one. */
    if (!is_repeatable(call->kind) && !has_body) curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
}

static void set_limits(CURL *c, const struct upstream_call *call) {
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)((call->silence_ms + 999) / 1000));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)call->total_ms);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(c, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, call->decode ? "gzip" : NULL);
}

/* Links come from the upstream's answers, which must not lead us into places that only we can reach. */
static bool is_storage_host(const char *host) {
    static const char *const SUFFIXES[] = {".amazonaws.com",         ".blob.core.windows.net",
                                           ".dfs.core.windows.net",  ".storage.googleapis.com",
                                           "storage.googleapis.com", ".cloud.databricks.com"};
    size_t len = strlen(host);
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        size_t n = strlen(SUFFIXES[i]);
        if (len >= n && strcasecmp(host + len - n, SUFFIXES[i]) == 0) return true;
    }
    return false;
}

static enum rc check_link(const struct config_upstream *cfg, const char *link, struct err *e) {
    CURLU *url = curl_url();
    char *host = NULL, *scheme = NULL;
    bool ok = url && curl_url_set(url, CURLUPART_URL, link, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
              curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
    /* an upstream on this machine (a sandbox) has its storage here too */
    if (ok)
        ok = (strcmp(scheme, "https") == 0 && is_storage_host(host)) ||
             (cfg->is_local && addr_host_is_loopback(host));
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(url);
    return ok ? RC_OK : err_set(e, ERR_UNSUPPORTED, "the link leads to a host that is not known as storage");
}

/* Not even through a DNS answer: link hosts must have public addresses. */
static curl_socket_t open_public(void *arg, curlsocktype purpose, struct curl_sockaddr *a) {
    const unsigned char *v4 = (const unsigned char *)&((struct sockaddr_in *)&a->addr)->sin_addr;
    const unsigned char *v6 = (const unsigned char *)&((struct sockaddr_in6 *)&a->addr)->sin6_addr;
    bool private = true;
    (void)arg;
    (void)purpose;
    if (a->family == AF_INET)
        private = v4[0] == 0 || v4[0] == 10 || v4[0] == 127 || (v4[0] == 169 && v4[1] == 254) ||
                  (v4[0] == 172 && (v4[1] & 0xF0) == 16) || (v4[0] == 192 && v4[1] == 168) || v4[0] >= 224;
    else if (a->family == AF_INET6)
        private = (v6[0] & 0xE0) != 0x20; /* only 2000::/3 is public */
    return private ? CURL_SOCKET_BAD : socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static enum rc set_target(struct upstream_req *r, const struct upstream_call *call, struct err *e) {
    struct buf url;
    buf_init(&url, 64 * 1024);
    enum rc rc = call->url ? check_link(r->up->cfg, call->url, e) : RC_OK;
    if (rc == RC_OK && call->url) rc = buf_adds(&url, call->url, e);
    else if (rc == RC_OK) rc = buf_addf(&url, e, "%s%s", r->up->cfg->url, call->target);
    if (rc == RC_OK && curl_easy_setopt(r->easy, CURLOPT_URL, url.ptr)) rc = err_nomem(e);
    buf_fini(&url);
    return rc;
}

static void set_trust(CURL *c, const struct config_upstream *cfg) {
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    if (*cfg->ca_file) curl_easy_setopt(c, CURLOPT_CAINFO, cfg->ca_file);
    if (cfg->is_local) curl_easy_setopt(c, CURLOPT_PROXY, "");
}

static void set_callbacks(struct upstream_req *r) {
    curl_easy_setopt(r->easy, CURLOPT_PRIVATE, (char *)r);
    curl_easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers);
}

static enum rc prepare(struct upstream_req *r, const struct upstream_call *call, struct err *e) {
    if (copy_headers(r, call, e) || set_target(r, call, e)) return RC_ERR;
    set_method(r, call);
    set_limits(r->easy, call);
    set_trust(r->easy, r->up->cfg);
    set_callbacks(r);
    if (call->url && !r->up->cfg->is_local) curl_easy_setopt(r->easy, CURLOPT_OPENSOCKETFUNCTION, open_public);
    if (curl_multi_add_handle(r->up->multi, r->easy)) return err_set(e, ERR_INTERNAL, "libcurl refused a transfer");
    return RC_OK;
}

enum rc upstream_start(struct upstream *u, const struct upstream_call *call, const struct upstream_events *events,
                       void *arg, struct upstream_req **out, struct err *e) {
    struct upstream_req *r = mem_zalloc(sizeof *r);
    if (!r) return err_nomem(e);
    r->up = u;
    r->events = *events;
    r->arg = arg;
    r->body = call->body;
    r->repeatable = is_repeatable(call->kind);
    r->started_us = clock_mono_us();
    TAILQ_INIT(&r->head);
    TAILQ_INSERT_TAIL(&u->active, r, link);
    u->metrics->value[M_UP_ACTIVE]++;
    r->easy = curl_easy_init();
    if (!r->easy || prepare(r, call, e)) {
        if (!r->easy) err_nomem(e);
        req_free(r);
        return RC_ERR;
    }
    metrics_add(u->metrics, M_UP_REQUESTS);
    *out = r;
    return RC_OK;
}

void upstream_resume(struct upstream_req *r) {
    struct upstream *u = r->up;
    curl_easy_pause(r->easy, CURLPAUSE_CONT);
    collect_done(u);
}

static void headers_wipe(struct curl_slist *list) {
    for (struct curl_slist *h = list; h; h = h->next) mem_wipe(h->data, strlen(h->data));
    curl_slist_free_all(list);
}

static void req_free(struct upstream_req *r) {
    if (r->easy) {
        curl_multi_remove_handle(r->up->multi, r->easy);
        curl_easy_cleanup(r->easy);
    }
    headers_wipe(r->headers);
    evhttp_clear_headers(&r->head);
    TAILQ_REMOVE(&r->up->active, r, link);
    r->up->metrics->value[M_UP_ACTIVE]--;
    mem_free(r);
}

void upstream_cancel(struct upstream_req **r) {
    if (*r) req_free(*r);
    *r = NULL;
}

/* ---- the pool -------------------------------------------------------------------------------------------------- */

static void set_pool(struct upstream *u) {
    curl_multi_setopt(u->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(u->multi, CURLMOPT_SOCKETDATA, u);
    curl_multi_setopt(u->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(u->multi, CURLMOPT_TIMERDATA, u);
    curl_multi_setopt(u->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(u->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)MAX_CONNECTIONS);
    curl_multi_setopt(u->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
}

enum rc upstream_new(struct upstream **out, struct event_base *base, const struct config_upstream *cfg, struct metrics *m,
                     struct err *e) {
    struct upstream *u = mem_zalloc(sizeof *u);
    *out = NULL;
    if (!u) return err_nomem(e);
    u->base = base;
    u->cfg = cfg;
    u->metrics = m;
    TAILQ_INIT(&u->active);
    u->timer = evtimer_new(base, on_timer, u);
    u->multi = curl_multi_init();
    *out = u;
    if (!u->timer || !u->multi) {
        upstream_free(out);
        return err_nomem(e);
    }
    set_pool(u);
    return RC_OK;
}

void upstream_free(struct upstream **slot) {
    struct upstream *u = *slot;
    if (!u) return;
    while (!TAILQ_EMPTY(&u->active)) req_free(TAILQ_FIRST(&u->active));
    if (u->multi) curl_multi_cleanup(u->multi);
    if (u->timer) event_free(u->timer);
    mem_free(u);
    *slot = NULL;
}
