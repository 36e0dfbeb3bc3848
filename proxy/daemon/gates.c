#define _GNU_SOURCE /* accept4 */
#include "gates.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"
#include "proxy/serve/exchange.h"

enum { PAUSE_MS = 50, GIVE_WAY = 16, TELL_EVERY_MS = 1000 };

/* ---- out of descriptors ---------------------------------------------------------------------------------------- */

static void keep_reserve(struct gates *gs) {
    if (gs->reserve_fd < 0) gs->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void pause_all(struct gates *gs, bool paused) {
    struct gate *g;
    gs->paused = paused;
    TAILQ_FOREACH(g, &gs->open, link) listener_pause(&g->listener, paused);
}

static void on_resume(evutil_socket_t fd, short what, void *arg) {
    struct gates *gs = arg;
    (void)fd;
    (void)what;
    keep_reserve(gs);
    pause_all(gs, false);
}

/* One that waits is told, rather than left hanging: with the descriptor in reserve. */
static void refuse_one(struct gates *gs, struct evconnlistener *lev, bool is_tls) {
    static const char SORRY[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
                                "Connection: close\r\n\r\n";
    if (gs->reserve_fd < 0) return;
    close(gs->reserve_fd);
    gs->reserve_fd = -1;
    int fd = accept4(evconnlistener_get_fd(lev), NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (!is_tls) (void)!send(fd, SORRY, sizeof SORRY - 1, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    close(fd);
    metrics_add(&gs->proxy->metrics, M_CONN_REFUSED);
}

static struct gate *find_listener(struct gates *gs, const struct evconnlistener *lev) {
    struct gate *g;
    TAILQ_FOREACH(g, &gs->open, link)
        if (g->listener.lev == lev) return g;
    return NULL;
}

static void on_pulse(evutil_socket_t fd, short what, void *arg);

static int is_pulse(const struct event_base *base, const struct event *ev, void *gs_r) {
    (void)base;
    if (event_get_callback(ev) != on_pulse) return 0;
    *(struct gates **)gs_r = event_get_callback_arg(ev);
    return 1;
}

/* evhttp made itself the argument of all that its listeners tell, and knows nothing of us: we are found in the loop. */
static void on_accept_error(struct evconnlistener *lev, void *evhttp) {
    struct timeval soon = {0, PAUSE_MS * 1000};
    struct gates *gs = NULL;
    int saved = errno;
    (void)evhttp;
    event_base_foreach_event(evconnlistener_get_base(lev), is_pulse, &gs);
    const struct gate *g = gs && !gs->paused ? find_listener(gs, lev) : NULL;
    if (!g) return;
    if (saved == EMFILE || saved == ENFILE) refuse_one(gs, lev, g->orders.tls != NULL);
    pause_all(gs, true);
    evtimer_add(gs->resume, &soon);
    size_t ended = peers_make_room(gs->peers, GIVE_WAY);
    if (clock_mono_ms() - gs->told_ms < TELL_EVERY_MS) return;
    gs->told_ms = clock_mono_ms();
    log_line(gs->proxy->log, LOG_ERROR, "gate", "accepting pauses: %s; %zu idle connections were ended",
             strerror(saved), ended);
}

/* ---- planning -------------------------------------------------------------------------------------------------- */

static struct gate *find_fitting(struct gates *gs, const struct gate_orders *o) {
    struct gate *g;
    TAILQ_FOREACH(g, &gs->open, link)
        if (gate_fits(g, o)) return g;
    return NULL;
}

static enum rc plan_one(struct gates *gs, const struct config *cfg, const struct config_listen *listen,
                        const struct addr *admin, struct err *e) {
    struct gate_orders orders;
    if (gate_orders_init(&orders, cfg, listen, admin, e)) return RC_ERR;
    struct gate *g = find_fitting(gs, &orders);
    if (g && gate_check(g, &orders, e)) {
        gate_orders_fini(&orders);
        return RC_ERR;
    }
    if (g) {
        g->next = orders;
        g->has_next = true;
        return RC_OK;
    }
    if (gate_new(&g, gs->proxy, gs->peers, &orders, e)) return RC_ERR;
    g->admin = gs->admin;
    TAILQ_INSERT_TAIL(&gs->fresh, g, link);
    return RC_OK;
}

enum rc gates_plan(struct gates *gs, const struct config *cfg, struct err *e) {
    for (int i = 0; i < cfg->n_listen; i++)
        if (plan_one(gs, cfg, &cfg->listen[i], NULL, e)) return RC_ERR;
    for (int i = 0; i < cfg->n_admin; i++)
        if (plan_one(gs, cfg, NULL, &cfg->admin[i], e)) return RC_ERR;
    return RC_OK;
}

static void leave(struct gates *gs, struct gate *g) {
    TAILQ_REMOVE(&gs->open, g, link);
    gate_close(g);
    TAILQ_INSERT_TAIL(&gs->leaving, g, link);
}

/* A request may run to its end after its connection went. */
static bool is_in_use(const struct gates *gs, const struct gate *g) {
    const struct exchange *x;
    TAILQ_FOREACH(x, &gs->proxy->exchanges, link)
        if (x->door == &g->door) return true;
    return g->owner.n > 0;
}

/* Those that are empty by now. */
static void bury(struct gates *gs) {
    struct gate *g, *next;
    peers_look(gs->peers);
    for (g = TAILQ_FIRST(&gs->leaving); g; g = next) {
        next = TAILQ_NEXT(g, link);
        if (is_in_use(gs, g)) continue;
        TAILQ_REMOVE(&gs->leaving, g, link);
        gate_free(&g);
    }
}

static void on_pulse(evutil_socket_t fd, short what, void *arg) {
    struct gates *gs = arg;
    (void)fd;
    (void)what;
    if (!TAILQ_EMPTY(&gs->leaving)) bury(gs);
    if (!gs->paused) keep_reserve(gs);
}

static void open_fresh(struct gates *gs) {
    struct gate *g;
    while ((g = TAILQ_FIRST(&gs->fresh))) {
        struct err e = ERR_INIT;
        TAILQ_REMOVE(&gs->fresh, g, link);
        TAILQ_INSERT_TAIL(&gs->open, g, link);
        if (gate_open(g, &e)) log_line(gs->proxy->log, LOG_ERROR, "gate", "%s", e.text);
        else evconnlistener_set_error_cb(g->listener.lev, on_accept_error);
        if (gs->paused) listener_pause(&g->listener, true);
    }
}

void gates_commit(struct gates *gs) {
    struct gate *g, *next;
    for (g = TAILQ_FIRST(&gs->open); g; g = next) {
        next = TAILQ_NEXT(g, link);
        if (g->has_next) gate_obey(g);
        else leave(gs, g);
    }
    open_fresh(gs);
    peers_limit(gs->peers, gs->proxy->cfg);
    bury(gs);
}

static void free_all(struct gate_list *list) {
    struct gate *g;
    while ((g = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, g, link);
        gate_free(&g);
    }
}

void gates_abort(struct gates *gs) {
    struct gate *g;
    free_all(&gs->fresh);
    TAILQ_FOREACH(g, &gs->open, link) {
        gate_orders_fini(&g->next);
        g->has_next = false;
    }
}

/* ---- the end --------------------------------------------------------------------------------------------------- */

bool gates_has_callers(struct gates *gs) {
    const struct gate *g;
    TAILQ_FOREACH(g, &gs->open, link) {
        struct pollfd p = {.fd = evconnlistener_get_fd(g->listener.lev), .events = POLLIN};
        if (g->orders.listen && poll(&p, 1, 0) > 0) return true;
    }
    return false;
}

void gates_close_clients(struct gates *gs) {
    struct gate *g, *next;
    for (g = TAILQ_FIRST(&gs->open); g; g = next) {
        next = TAILQ_NEXT(g, link);
        if (g->orders.listen) leave(gs, g);
    }
}

size_t gates_clients(struct gates *gs) { return peers_look(gs->peers); }

enum rc gates_init(struct gates *gs, struct proxy *p, struct admin *admin, struct err *e) {
    struct timeval every = {1, 0};
    *gs = (struct gates){.proxy = p, .admin = admin, .reserve_fd = -1};
    TAILQ_INIT(&gs->open);
    TAILQ_INIT(&gs->fresh);
    TAILQ_INIT(&gs->leaving);
    if (peers_new(&gs->peers, p, e)) return RC_ERR;
    gs->resume = evtimer_new(p->base, on_resume, gs);
    gs->pulse = event_new(p->base, -1, EV_PERSIST, on_pulse, gs);
    keep_reserve(gs);
    return gs->resume && gs->pulse && evtimer_add(gs->pulse, &every) == 0 ? RC_OK : err_nomem(e);
}

void gates_fini(struct gates *gs) {
    if (!gs->proxy) return;
    free_all(&gs->fresh);
    free_all(&gs->open);
    free_all(&gs->leaving);
    peers_free(&gs->peers);
    if (gs->resume) event_free(gs->resume);
    if (gs->pulse) event_free(gs->pulse);
    if (gs->reserve_fd >= 0) close(gs->reserve_fd);
    *gs = (struct gates){0};
}
