#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "link.h"

enum {
    IDLE_S = 55,          /* a kept connection older than this is not trusted with a repeatable request */
    IDLE_ONCE_S = 2,      /* … nor, with a request that must not be repeated, one older than this */
    LIFETIME_S = 600,     /* so that a change of addresses is followed */
    MAX_HEAD_BYTES = 256 * 1024
};

struct wire_req {
    struct wire *wire;
    CURL *easy;
    struct wire_events events;
    void *arg;
    struct sv body;
    size_t body_sent;
    bool harmless;
    bool public_only;
    int sends;            /* times libcurl set out to send it */
    long stream;          /* its number on an HTTP/2 connection; 0 = none yet */
    bool refused_stream;  /* the server said that it did not look at it */
    struct evkeyvalq head;
    size_t head_bytes;
    bool head_told;
    int status;
    bool dead;            /* cancelled within a callback of libcurl, which cannot bear it then */
    TAILQ_ENTRY(wire_req) link;
};

struct wire {
    struct event_base *base;
    struct metrics *metrics;
    CURLM *multi;
    CURLSH *share;        /* TLS sessions, for resumption */
    struct event *timer;
    int max_connections;
    int connections;      /* open */
    bool http2;
    int in_callback;
    TAILQ_HEAD(, wire_req) dead;
};

/* ---- libcurl in libevent's loop -------------------------------------------------------------------------------- */

static void collect_done(struct wire *w);

static void on_socket_event(evutil_socket_t fd, short what, void *arg) {
    struct wire *w = arg;
    int running, action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(w->multi, fd, action, &running);
    collect_done(w);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct wire *w = arg;
    int running;
    (void)fd;
    (void)what;
    curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect_done(w);
}

static int set_timer(CURLM *multi, long timeout_ms, void *arg) {
    struct wire *w = arg;
    (void)multi;
    if (timeout_ms < 0) {
        evtimer_del(w->timer);
    } else {
        struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
        evtimer_add(w->timer, &tv);
    }
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg) {
    struct wire *w = arg;
    struct event *ev = socket_arg;
    (void)easy;
    if (ev) {
        event_free(ev);
        curl_multi_assign(w->multi, fd, NULL);
    }
    if (what == CURL_POLL_REMOVE) return 0;
    short events = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    ev = event_new(w->base, fd, events, on_socket_event, w);
    if (!ev || event_add(ev, NULL)) {
        if (ev) event_free(ev);
        return -1;
    }
    curl_multi_assign(w->multi, fd, ev);
    return 0;
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a) {
    struct wire_req *r = arg;
    (void)purpose;
    if (r->public_only && !link_address_is_public(a->family, &a->addr)) return CURL_SOCKET_BAD;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
    if (fd >= 0) r->wire->connections++;
    return fd;
}

static int close_socket(void *arg, curl_socket_t fd) {
    struct wire *w = arg;
    w->connections--;
    return close(fd);
}

/* ---- once at most ---------------------------------------------------------------------------------------------- */

/* Called before each sending, also when libcurl begins anew by itself: on another connection, since a kept one died. */
static int before_send(void *arg, char *their_ip, char *our_ip, int their_port, int our_port) {
    struct wire_req *r = arg;
    (void)their_ip;
    (void)our_ip;
    (void)their_port;
    (void)our_port;
    if (r->dead) return CURL_PREREQFUNC_ABORT;
    if (r->sends++ > 0) {
        if (!r->harmless) return CURL_PREREQFUNC_ABORT;
        r->refused_stream = false;
        r->stream = 0;
    }
    return CURL_PREREQFUNC_OK;
}

static size_t give_body(char *out, size_t size, size_t count, void *arg) {
    struct wire_req *r = arg;
    size_t left = r->body.len - r->body_sent, room = size * count, take = left < room ? left : room;
    if (take == 0 || r->dead) return CURL_READFUNC_ABORT; /* more than was announced: a repetition we refused */
    memcpy(out, r->body.ptr + r->body_sent, take);
    r->body_sent += take;
    return take;
}

/* libcurl rewinds when it wants to send the request once more on a new connection. */
static int rewind_body(void *arg, curl_off_t offset, int origin) {
    struct wire_req *r = arg;
    if (!r->harmless || origin != SEEK_SET || offset != 0) return CURL_SEEKFUNC_FAIL;
    r->body_sent = 0;
    return CURL_SEEKFUNC_OK;
}

static bool number_after(const char *text, const char *words, long *out) {
    const char *at = strstr(text, words);
    if (at) *out = strtol(at + strlen(words), NULL, 10);
    return at != NULL;
}

/* A stream refused (by RST_STREAM, or by a GOAWAY that names an earlier one as the last) is the server's word that
 * nothing was done (RFC 9113, 8.7). libcurl tells it in its trace only; unheard, the request counts as perhaps executed. */
static int on_trace(CURL *easy, curl_infotype type, char *bytes, size_t len, void *arg) {
    struct wire_req *r = arg;
    char text[96];
    long last;
    (void)easy;
    if (type != CURLINFO_TEXT) return 0;
    if (len >= sizeof text) len = sizeof text - 1;
    memcpy(text, bytes, len);
    text[len] = '\0';
    if (number_after(text, "Using Stream ID: ", &r->stream)) return 0;
    if (strncmp(text, "REFUSED_STREAM", 14) == 0) r->refused_stream = true;
    else if (strstr(text, "GOAWAY, error=") && number_after(text, "last_stream=", &last) && r->stream > last)
        r->refused_stream = true;
    return 0;
}

/* ---- the answer ------------------------------------------------------------------------------------------------ */

static void head_reset(struct wire_req *r) {
    evhttp_clear_headers(&r->head);
    r->head_bytes = 0;
}

static size_t take_header(char *line, size_t size, size_t count, void *arg) {
    struct wire_req *r = arg;
    size_t len = size * count;
    struct sv name, value, text = sv_make(line, len);
    if (r->head_told || r->dead) return len; /* trailers */
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

static void tell_head(struct wire_req *r) {
    long status = 0;
    if (r->head_told) return;
    r->head_told = true;
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    r->status = (int)status;
    r->wire->in_callback++;
    r->events.on_head(r->arg, r->status, &r->head);
    r->wire->in_callback--;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg) {
    struct wire_req *r = arg;
    struct wire *w = r->wire;
    tell_head(r);
    if (r->dead) return 0;
    w->in_callback++;
    bool taken = r->events.on_body(r->arg, sv_make(bytes, size * count));
    w->in_callback--;
    if (r->dead) return 0;
    return taken ? size * count : CURL_WRITEFUNC_PAUSE;
}

static enum upstream_fault judge(struct wire_req *r, CURLcode code) {
    long sent = 0, status = 0;
    if (code == CURLE_OK) return UPSTREAM_OK;
    curl_easy_getinfo(r->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
    if (r->head_told || status >= 200) return UPSTREAM_CUT;
    if (r->refused_stream) return UPSTREAM_NOT_SENT;
    return sent == 0 && r->sends <= 1 ? UPSTREAM_NOT_SENT : UPSTREAM_NO_ANSWER;
}

static const char *why_of(const struct wire_req *r, CURLcode code) {
    if (code == CURLE_OK) return "";
    if (r->refused_stream) return "the stream was refused";
    if (code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_SEND_FAIL_REWIND) return "the connection was closed";
    return curl_easy_strerror(code);
}

static void wire_req_free(struct wire_req *r) {
    if (r->easy) {
        curl_multi_remove_handle(r->wire->multi, r->easy);
        curl_easy_cleanup(r->easy);
    }
    evhttp_clear_headers(&r->head);
    mem_free(r);
}

static void set_most(struct wire *w) {
    long most = w->http2 ? WIRE_H2_CONNECTIONS : w->max_connections;
    curl_multi_setopt(w->multi, CURLMOPT_MAX_HOST_CONNECTIONS, most);
}

static void learn(struct wire *w, const struct wire_req *r) {
    long connects = 0, version = 0;
    curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &connects);
    if (connects > 0) metrics_add_n(w->metrics, M_UP_CONNECTS, (uint64_t)connects);
    curl_easy_getinfo(r->easy, CURLINFO_HTTP_VERSION, &version);
    if (version == 0 || w->http2 == (version == CURL_HTTP_VERSION_2_0)) return;
    w->http2 = version == CURL_HTTP_VERSION_2_0;
    set_most(w);
}

static void finish(struct wire *w, struct wire_req *r, CURLcode code) {
    enum upstream_fault fault = judge(r, code);
    struct wire_events events = r->events;
    const char *why = why_of(r, code);
    void *arg = r->arg;
    learn(w, r);
    if (fault == UPSTREAM_OK) tell_head(r); /* an answer without a body */
    bool dead = r->dead;
    if (dead) TAILQ_REMOVE(&w->dead, r, link);
    wire_req_free(r);
    if (!dead) events.on_done(arg, fault, why);
}

static void bury(struct wire *w) {
    struct wire_req *r;
    while ((r = TAILQ_FIRST(&w->dead))) {
        TAILQ_REMOVE(&w->dead, r, link);
        wire_req_free(r);
    }
}

static void collect_done(struct wire *w) {
    CURLMsg *msg;
    int left;
    if (w->in_callback) return; /* whoever called libcurl does it */
    bury(w);
    while ((msg = curl_multi_info_read(w->multi, &left))) {
        struct wire_req *r = NULL;
        CURLcode code = msg->data.result; /* msg dies with the handle */
        if (msg->msg != CURLMSG_DONE) continue;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
        finish(w, r, code);
    }
}

/* ---- starting -------------------------------------------------------------------------------------------------- */

static void set_body(CURL *c, struct wire_req *r) {
    curl_easy_setopt(c, CURLOPT_POST, 1L);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    if (r->body.len == 0) curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
    else if (r->harmless) curl_easy_setopt(c, CURLOPT_POSTFIELDS, r->body.ptr); /* head and body go as one */
    curl_easy_setopt(c, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(c, CURLOPT_READDATA, r);
    curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(c, CURLOPT_SEEKDATA, r);
}

static void set_method(struct wire_req *r, const struct wire_call *call) {
    const char *m = call->method;
    bool has_body = r->body.len > 0 || strcmp(m, "POST") == 0 || strcmp(m, "PUT") == 0 || strcmp(m, "PATCH") == 0;
    if (strcmp(m, "HEAD") == 0) {
        curl_easy_setopt(r->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    if (has_body) set_body(r->easy, r);
    if (has_body || strcmp(m, "GET") != 0) curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, m);
}

/* When a kept connection dies libcurl repeats by itself, whatever the request, unless it is said to be a mere receiving
 * (a word of RTSP, the only one that it heeds here). Said so, the end of a connection is told as what it was, and a
 * refused stream as refused. Where libcurl does not know the word, before_send() and rewind_body() still hold: the
 * refusal then counts as perhaps executed. */
static void set_once(CURL *c, const struct wire_call *call) {
    if (!call->harmless) (void)curl_easy_setopt(c, CURLOPT_RTSP_REQUEST, (long)CURL_RTSPREQ_RECEIVE);
}

static void set_limits(CURL *c, const struct wire_call *call) {
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)call->connect_ms);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)((call->silence_ms + 999) / 1000));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)call->total_ms);
    curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, call->harmless ? (long)IDLE_S : (long)IDLE_ONCE_S);
    curl_easy_setopt(c, CURLOPT_MAXLIFETIME_CONN, (long)LIFETIME_S);
}

static void set_manners(CURL *c, const struct wire_call *call) {
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_TCP_NODELAY, 1L);
    /* What is packed is unpacked in one go per read and waits within libcurl while we pause: a thousand times as much. */
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, call->decode ? 16L * 1024 : 256L * 1024);
    curl_easy_setopt(c, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, call->decode ? "gzip" : NULL);
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    /* learn first whether one connection can carry all: a hundred handshakes would be for nothing. Without TLS only the
     * first answer would tell, and until its end nothing else would be sent. */
    long tls = strncmp(call->url, "https:", 6) == 0;
    curl_easy_setopt(c, CURLOPT_PIPEWAIT, tls);
    curl_easy_setopt(c, CURLOPT_VERBOSE, tls); /* for on_trace: only HTTP/2 refuses streams, and only TLS offers it */
}

static void set_trust(CURL *c, const struct wire *w, const struct wire_call *call) {
    curl_easy_setopt(c, CURLOPT_SHARE, w->share);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (*call->ca_file) curl_easy_setopt(c, CURLOPT_CAINFO, call->ca_file);
    if (call->no_proxy) curl_easy_setopt(c, CURLOPT_PROXY, "");
}

static void set_callbacks(struct wire_req *r) {
    CURL *c = r->easy;
    curl_easy_setopt(c, CURLOPT_PRIVATE, (char *)r);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, r);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, before_send);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, r);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, r);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(c, CURLOPT_CLOSESOCKETDATA, r->wire);
    curl_easy_setopt(c, CURLOPT_DEBUGFUNCTION, on_trace);
    curl_easy_setopt(c, CURLOPT_DEBUGDATA, r);
}

enum rc wire_start(struct wire *w, const struct wire_call *call, const struct wire_events *events, void *arg,
                   struct wire_req **out, struct err *e) {
    struct wire_req *r = mem_zalloc(sizeof *r);
    if (!r) return err_nomem(e);
    *r = (struct wire_req){.wire = w, .events = *events, .arg = arg, .body = call->body, .harmless = call->harmless,
                           .public_only = call->public_only, .easy = curl_easy_init()};
    TAILQ_INIT(&r->head);
    if (!r->easy || curl_easy_setopt(r->easy, CURLOPT_URL, call->url) != CURLE_OK) {
        wire_req_free(r);
        return err_nomem(e);
    }
    set_method(r, call);
    set_once(r->easy, call);
    set_limits(r->easy, call);
    set_manners(r->easy, call);
    set_trust(r->easy, w, call);
    set_callbacks(r);
    curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, call->headers);
    if (curl_multi_add_handle(w->multi, r->easy)) {
        wire_req_free(r);
        return err_set(e, ERR_INTERNAL, "libcurl refused a transfer");
    }
    *out = r;
    return RC_OK;
}

void wire_resume(struct wire_req *r) {
    struct wire *w = r->wire;
    curl_easy_pause(r->easy, CURLPAUSE_CONT);
    collect_done(w);
}

void wire_cancel(struct wire_req **slot) {
    struct wire_req *r = *slot;
    *slot = NULL;
    if (r && r->wire->in_callback) {
        r->dead = true;
        curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, NULL); /* theirs */
        curl_easy_pause(r->easy, CURLPAUSE_ALL);             /* the body is theirs too: no byte of it goes out now */
        TAILQ_INSERT_TAIL(&r->wire->dead, r, link);
    } else if (r) {
        wire_req_free(r);
    }
}

bool wire_is_busy(const struct wire *w) { return w->in_callback > 0; }

bool wire_is_http2(const struct wire *w) { return w->http2; }
int wire_connections(const struct wire *w) { return w->connections; }

/* ---- the pool -------------------------------------------------------------------------------------------------- */

void wire_resize(struct wire *w, int max_connections) {
    w->max_connections = max_connections;
    curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)max_connections);
    set_most(w);
}

enum rc wire_new(struct wire **out, struct event_base *base, int max_connections, struct metrics *m, struct err *e) {
    struct wire *w = mem_zalloc(sizeof *w);
    *out = NULL;
    if (!w) return err_nomem(e);
    *w = (struct wire){.base = base, .metrics = m, .multi = curl_multi_init(), .share = curl_share_init()};
    w->timer = evtimer_new(base, on_timer, w);
    TAILQ_INIT(&w->dead);
    *out = w;
    if (!w->timer || !w->multi || !w->share) {
        wire_free(out);
        return err_nomem(e);
    }
    curl_share_setopt(w->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
    curl_multi_setopt(w->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(w->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)WIRE_H2_STREAMS);
    wire_resize(w, max_connections);
    return RC_OK;
}

void wire_free(struct wire **slot) {
    struct wire *w = *slot;
    if (!w) return;
    bury(w);
    if (w->multi) curl_multi_cleanup(w->multi);
    if (w->share) curl_share_cleanup(w->share);
    if (w->timer) event_free(w->timer);
    mem_free(w);
    *slot = NULL;
}
