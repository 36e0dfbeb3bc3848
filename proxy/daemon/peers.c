#include "peers.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/mem.h"
#include "proxy/serve/exchange.h"

enum { BLOCK = 256, MAX_BLOCKS = 4096, LOOK_EVERY_MS = 1000, LOOK_AGAIN_MS = 10, MIN_BYTES_PER_S = 1024,
       SPARE_FDS = 64, IDLE_BYTES = 2304 /* of one idle connection, as measured */ };

struct peer {
    uint64_t cookie;             /* of the socket; 0 = the slot is free */
    struct bufferevent *bev;     /* good while the cookie is still the descriptor's */
    struct peers_owner *owner;
    int64_t reading_ms;          /* when the request that is arriving began; 0 = none is */
    int64_t seen_ms;             /* when the last request arrived, or the connection itself */
    size_t bytes;                /* of the request that is arriving */
    uint32_t busy_mark;          /* the look at which an exchange had it */
};

struct newcomer {
    struct bufferevent *bev;     /* a reference */
    struct peers_owner *owner;
    TAILQ_ENTRY(newcomer) link;
};

struct peers {
    struct proxy *proxy;
    struct event *timer, *adopt;
    TAILQ_HEAD(, newcomer) newcomers;
    int64_t header_timeout_ms;
    int64_t full_ms;             /* when nobody could give way */
    size_t max, n;               /* n: since the last look it can only be too high */
    uint32_t mark;
    int top;                     /* all descriptors in use are below */
    struct peer *blocks[MAX_BLOCKS];
};

/* ---- slots ----------------------------------------------------------------------------------------------------- */

static struct peer *slot_of(const struct peers *ps, int fd) {
    if (fd < 0 || fd / BLOCK >= MAX_BLOCKS || !ps->blocks[fd / BLOCK]) return NULL;
    return &ps->blocks[fd / BLOCK][fd % BLOCK];
}

static struct peer *make_slot(struct peers *ps, int fd) {
    if (fd < 0 || fd / BLOCK >= MAX_BLOCKS) return NULL;
    if (!ps->blocks[fd / BLOCK]) ps->blocks[fd / BLOCK] = mem_array(BLOCK, sizeof(struct peer));
    if (fd >= ps->top) ps->top = fd + 1;
    return slot_of(ps, fd);
}

static uint64_t cookie_of(int fd) {
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;
    return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) ? 0 : cookie;
}

static bool is_alive(const struct peer *p, int fd) { return p && p->cookie && p->cookie == cookie_of(fd); }

static void end(int fd) { shutdown(fd, SHUT_RDWR); }

/* ---- what arrives ---------------------------------------------------------------------------------------------- */

static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg) {
    struct peer *p = arg;
    (void)in;
    if (!info->n_added) return;
    p->bytes += info->n_added;
    if (!p->reading_ms) p->reading_ms = clock_mono_ms();
}

bool peers_request(struct peers *ps, struct evhttp_request *req) {
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
    struct peer *p = slot_of(ps, bufferevent_getfd(bev));
    if (!p || !p->cookie || p->bev != bev) return false;
    p->reading_ms = 0;
    p->bytes = 0;
    p->seen_ms = clock_mono_ms();
    return true;
}

/* ---- newcomers ------------------------------------------------------------------------------------------------- */

static bool has_room(struct peers *ps, const struct peers_owner *o) {
    int64_t now = clock_mono_ms();
    if (o->is_admin || ps->n < ps->max) return true;
    if (now - ps->full_ms < LOOK_AGAIN_MS) return false; /* all were busy a moment ago: looking is not cheap */
    if (peers_make_room(ps, 1 + ps->max / 64) > 0 || ps->n < ps->max) return true;
    ps->full_ms = now;
    return false;
}

static void adopt(struct peers *ps, struct bufferevent *bev, struct peers_owner *o) {
    int fd = bufferevent_getfd(bev);
    if (fd < 0) return; /* ended already */
    struct peer *p = o->admits(o, fd) ? make_slot(ps, fd) : NULL;
    bool room = p && has_room(ps, o);
    if (p && !room) metrics_add(&ps->proxy->metrics, M_CONN_REFUSED);
    if (!room || !evbuffer_add_cb(bufferevent_get_input(bev), on_input, p)) {
        end(fd);
        return;
    }
    bool was_known = p->cookie != 0;
    *p = (struct peer){.cookie = cookie_of(fd), .bev = bev, .owner = o, .seen_ms = clock_mono_ms()};
    if (bufferevent_openssl_get_ssl(bev)) p->reading_ms = p->seen_ms; /* the handshake has its time too */
    if (!was_known && !o->is_admin) ps->n++;
}

static void on_adopt(evutil_socket_t fd, short what, void *arg) {
    struct peers *ps = arg;
    struct newcomer *c;
    (void)fd;
    (void)what;
    while ((c = TAILQ_FIRST(&ps->newcomers))) {
        TAILQ_REMOVE(&ps->newcomers, c, link);
        adopt(ps, c->bev, c->owner);
        bufferevent_decref(c->bev);
        mem_free(c);
    }
}

/* The socket is set right after this; on_adopt runs before the loop waits for bytes again. */
void peers_expect(struct peers *ps, struct bufferevent *bev, struct peers_owner *o) {
    struct newcomer *c = bev ? mem_zalloc(sizeof *c) : NULL;
    if (!c) return; /* peers_request() will not know it */
    bufferevent_incref(bev);
    c->bev = bev;
    c->owner = o;
    TAILQ_INSERT_TAIL(&ps->newcomers, c, link);
    event_active(ps->adopt, EV_TIMEOUT, 1);
}

/* ---- looking after them ---------------------------------------------------------------------------------------- */

static void mark_busy(struct peers *ps) {
    const struct exchange *x;
    ps->mark++;
    TAILQ_FOREACH(x, &ps->proxy->exchanges, link) {
        struct peer *p = x->conn ? slot_of(ps, bufferevent_getfd(evhttp_connection_get_bufferevent(x->conn))) : NULL;
        if (p) p->busy_mark = ps->mark;
    }
}

static bool is_slow(struct peers *ps, struct peer *p, int64_t now) {
    if (!p->reading_ms) return false;
    SSL *ssl = bufferevent_openssl_get_ssl(p->bev);
    if (p->busy_mark == ps->mark) p->reading_ms = now; /* sent ahead: it waits for us */
    else if (ssl && !p->bytes && SSL_is_init_finished(ssl)) p->reading_ms = 0;
    else
        return now - p->reading_ms > ps->header_timeout_ms + (int64_t)(p->bytes / MIN_BYTES_PER_S) * 1000;
    return false;
}

static bool is_idle(const struct peers *ps, const struct peer *p) {
    return p->busy_mark != ps->mark && !p->reading_ms && evbuffer_get_length(bufferevent_get_output(p->bev)) == 0;
}

size_t peers_look(struct peers *ps) {
    const struct newcomer *c;
    size_t n = 0;
    for (int fd = 0; fd < ps->top; fd++) {
        struct peer *p = slot_of(ps, fd);
        if (p && p->cookie) p->owner->n = 0;
    }
    TAILQ_FOREACH(c, &ps->newcomers, link) c->owner->n++, n += !c->owner->is_admin;
    for (int fd = 0; fd < ps->top; fd++) {
        struct peer *p = slot_of(ps, fd);
        if (!p || !p->cookie) continue;
        if (!is_alive(p, fd)) p->cookie = 0;
        else p->owner->n++, n += !p->owner->is_admin;
    }
    return ps->n = n;
}

static void on_look(evutil_socket_t unused, short what, void *arg) {
    struct peers *ps = arg;
    int64_t now = clock_mono_ms();
    (void)unused;
    (void)what;
    peers_look(ps);
    mark_busy(ps);
    for (int fd = 0; fd < ps->top; fd++) {
        struct peer *p = slot_of(ps, fd);
        if (p && p->cookie && is_slow(ps, p, now)) end(fd);
    }
    metrics_set(&ps->proxy->metrics, M_CLIENTS, ps->n);
    ps->proxy->ledger.connections = ps->n * IDLE_BYTES;
}

static int by_age(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The moment before which n connections were last heard of. */
static int64_t nth_oldest(const int64_t *seen, size_t count, size_t n) { return seen[n < count ? n - 1 : count - 1]; }

size_t peers_make_room(struct peers *ps, size_t n) {
    size_t count = 0, ended = 0;
    int64_t *seen = ps->top && n ? mem_array((size_t)ps->top, sizeof *seen) : NULL;
    if (!seen) return 0;
    peers_look(ps);
    mark_busy(ps);
    for (int fd = 0; fd < ps->top; fd++) {
        const struct peer *p = slot_of(ps, fd);
        if (p && p->cookie && !p->owner->is_admin && is_idle(ps, p)) seen[count++] = p->seen_ms;
    }
    if (count) qsort(seen, count, sizeof *seen, by_age);
    int64_t limit = count ? nth_oldest(seen, count, n) : 0;
    mem_free(seen);
    for (int fd = 0; fd < ps->top && count && ended < n; fd++) {
        struct peer *p = slot_of(ps, fd);
        if (!p || !p->cookie || p->owner->is_admin || p->seen_ms > limit || !is_idle(ps, p)) continue;
        end(fd);
        p->cookie = 0;
        ended++;
    }
    ps->n -= ended;
    return ended;
}

void peers_end_idle(struct peers *ps, struct peers_owner *o) {
    peers_look(ps);
    mark_busy(ps);
    for (int fd = 0; fd < ps->top; fd++) {
        const struct peer *p = slot_of(ps, fd);
        if (p && p->cookie && (!o || p->owner == o) && is_idle(ps, p)) end(fd);
    }
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

/* Descriptors for all but clients: listeners, logs, Redis, and the connections to the workspaces. */
static size_t other_descriptors(const struct config *cfg) {
    size_t n = SPARE_FDS;
    for (int i = 0; i < cfg->n_upstreams; i++) n += (size_t)cfg->upstreams[i].max_connections;
    return n;
}

void peers_limit(struct peers *ps, const struct config *cfg) {
    struct rlimit files;
    size_t others = other_descriptors(cfg);
    ps->header_timeout_ms = cfg->limits.header_timeout_ms;
    ps->max = (size_t)cfg->server.max_connections;
    if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= ps->max + others) return;
    ps->max = files.rlim_cur > 2 * others ? files.rlim_cur - others : files.rlim_cur / 2;
    log_line(ps->proxy->log, LOG_INFO, "peers", "%llu descriptors (LimitNOFILE, ulimit -n) are enough for %zu "
             "connections of clients, not for max_connections = %d", (unsigned long long)files.rlim_cur, ps->max,
             cfg->server.max_connections);
}

enum rc peers_new(struct peers **out, struct proxy *p, struct err *e) {
    struct timeval every = {LOOK_EVERY_MS / 1000, LOOK_EVERY_MS % 1000 * 1000};
    struct peers *ps = *out = mem_zalloc(sizeof *ps);
    if (!ps) return err_nomem(e);
    ps->proxy = p;
    TAILQ_INIT(&ps->newcomers);
    peers_limit(ps, p->cfg);
    ps->timer = event_new(p->base, -1, EV_PERSIST, on_look, ps);
    ps->adopt = event_new(p->base, -1, 0, on_adopt, ps);
    return ps->timer && ps->adopt && event_add(ps->timer, &every) == 0 ? RC_OK : err_nomem(e);
}

void peers_free(struct peers **ref) {
    struct peers *ps = *ref;
    *ref = NULL;
    if (!ps) return;
    for (struct newcomer *c; (c = TAILQ_FIRST(&ps->newcomers));) {
        TAILQ_REMOVE(&ps->newcomers, c, link);
        bufferevent_decref(c->bev);
        mem_free(c);
    }
    if (ps->timer) event_free(ps->timer);
    if (ps->adopt) event_free(ps->adopt);
    for (int i = 0; i < MAX_BLOCKS; i++) mem_free(ps->blocks[i]);
    mem_free(ps);
}
