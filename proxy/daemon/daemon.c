#include "daemon.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admin.h"
#include "core/clock.h"
#include "core/json.h"
#include "proxy/serve/exchange.h"
#include "proxy/serve/fetch.h"
#include "proxy/tenant/follow.h"
#include "proxy/tenant/identity.h"
#include "listener.h"
#include "proxy/serve/proxy.h"
#include "proxy/tenant/session_track.h"
#include "proxy/tenant/tombstone.h"

enum { MAX_HEADER_BYTES = 32 * 1024, FIRST_REQUEST_S = 30, ADMIN_MAX_BODY = 1024 * 1024, N_SIGNALS = 4, MAX_ADDRS = 64 };

struct daemon {
    struct proxy proxy;
    struct evhttp *http, *admin;
    struct admin *operator;
    struct door door;
    struct listener listen[MAX_ADDRS], admin_listen[MAX_ADDRS];
    struct event *signals[N_SIGNALS];
    struct event *idle_timer, *drain_timer;
};

/* ---- ends ------------------------------------------------------------------------------------------------------ */

static void close_listeners(struct daemon *d) {
    for (int i = 0; i < MAX_ADDRS; i++)
        if (d->http) listener_close(&d->listen[i], d->http);
}

static void close_admin_listeners(struct daemon *d) {
    for (int i = 0; i < MAX_ADDRS; i++)
        if (d->admin) listener_close(&d->admin_listen[i], d->admin);
}

static void stop_loop(void *arg) {
    struct daemon *d = arg;
    event_base_loopexit(d->proxy.base, NULL);
}

static void on_drain_over(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    stop_loop(arg);
}

static struct timeval tv_of_ms(int64_t ms) { return (struct timeval){ms / 1000, ms % 1000 * 1000}; }

static void start_drain(struct daemon *d) {
    struct timeval limit = tv_of_ms(d->proxy.cfg->server.drain_timeout_ms);
    d->proxy.draining = true;
    close_listeners(d);
    evtimer_add(d->drain_timer, &limit);
    if (d->proxy.n_exchanges == 0 && d->proxy.n_sending == 0) stop_loop(d);
}

static void on_stop_signal(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    if (d->proxy.draining) event_base_loopbreak(d->proxy.base);
    else start_drain(d);
}

static void on_hangup(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    struct err e = ERR_INIT;
    (void)fd;
    (void)what;
    if (accesslog_reopen(d->proxy.accesslog, &e)) log_line(d->proxy.log, LOG_ERROR, "daemon", "%s", e.text);
}

static void on_idle_check(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    int64_t idle_ms = clock_mono_ms() - d->proxy.last_request_ms;
    (void)fd;
    (void)what;
    if (!d->proxy.draining && d->proxy.n_exchanges == 0 && idle_ms >= d->proxy.cfg->server.idle_exit_ms) start_drain(d);
}

/* ---- what the operator may ask for ----------------------------------------------------------------------------- */

static enum rc host_reload(void *arg, struct err *e) {
    struct daemon *d = arg;
    return accesslog_reopen(d->proxy.accesslog, e);
}

static void host_drain(void *arg) {
    struct daemon *d = arg;
    if (!d->proxy.draining) start_drain(d);
}

static void add_addrs(cJSON *to, const char *name, const struct listener *list, int count) {
    cJSON *addrs = cJSON_AddArrayToObject(to, name);
    char text[300];
    for (int i = 0; i < count; i++) {
        addr_print(&list[i].addr, text, sizeof text);
        cJSON_AddItemToArray(addrs, cJSON_CreateString(text));
    }
}

static void host_describe(void *arg, cJSON *state) {
    struct daemon *d = arg;
    const struct config *cfg = d->proxy.cfg;
    cJSON *listeners = cJSON_AddObjectToObject(state, "listeners");
    cJSON_AddStringToObject(state, "config", cfg->path ? cfg->path : "");
    add_addrs(listeners, "clients", d->listen, cfg->n_listen);
    add_addrs(listeners, "admin", d->admin_listen, cfg->n_admin);
}

static enum rc new_operator(struct daemon *d, struct err *e) {
    struct admin_host host = {.arg = d, .reload = host_reload, .drain = host_drain, .describe = host_describe};
    return admin_new(&d->operator, &d->proxy, &host, e);
}

/* ---- beginnings ------------------------------------------------------------------------------------------------ */

static void harden(void) {
    struct rlimit files;
    prctl(PR_SET_DUMPABLE, 0); /* tokens must not end in a core file, nor be read by a debugger of the same user */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static enum rc add_signal(struct daemon *d, int slot, int number, event_callback_fn fn, struct err *e) {
    d->signals[slot] = evsignal_new(d->proxy.base, number, fn, d);
    if (!d->signals[slot] || evsignal_add(d->signals[slot], NULL)) return err_nomem(e);
    return RC_OK;
}

static enum rc start_timers(struct daemon *d, struct err *e) {
    struct timeval every;
    d->drain_timer = evtimer_new(d->proxy.base, on_drain_over, d);
    d->idle_timer = event_new(d->proxy.base, -1, EV_PERSIST, on_idle_check, d);
    if (!d->drain_timer || !d->idle_timer) return err_nomem(e);
    if (d->proxy.cfg->server.idle_exit_ms <= 0) return RC_OK;
    every = tv_of_ms(d->proxy.cfg->server.idle_exit_ms < 4000 ? d->proxy.cfg->server.idle_exit_ms / 4 + 1 : 1000);
    return evtimer_add(d->idle_timer, &every) ? err_nomem(e) : RC_OK;
}

static struct evhttp *new_http(struct daemon *d, size_t max_body, void (*handler)(struct evhttp_request *, void *), void *arg) {
    struct evhttp *http = evhttp_new(d->proxy.base);
    if (!http) return NULL;
    evhttp_set_max_headers_size(http, MAX_HEADER_BYTES);
    evhttp_set_max_body_size(http, (ev_ssize_t)max_body);
    evhttp_set_timeout(http, FIRST_REQUEST_S);
    evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                                         EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_PATCH);
    evhttp_set_default_content_type(http, NULL);
    evhttp_set_gencb(http, handler, arg);
    return http;
}


static enum rc open_listeners(struct daemon *d, struct err *e) {
    const struct config *cfg = d->proxy.cfg;
    d->door = (struct door){.proxy = &d->proxy, .listen = cfg->listen};
    d->http = new_http(d, cfg->limits.max_body, exchange_begin, &d->door);
    if (new_operator(d, e)) return RC_ERR;
    d->admin = new_http(d, ADMIN_MAX_BODY, admin_request, d->operator);
    if (!d->http || !d->admin) return err_nomem(e);
    if (cfg->n_listen > MAX_ADDRS || cfg->n_admin > MAX_ADDRS)
        return err_set(e, ERR_CONFIG_BAD, "more than %d addresses", MAX_ADDRS);
    for (int i = 0; i < cfg->n_listen; i++)
        if (listener_open(&d->listen[i], d->proxy.base, d->http, &cfg->listen[i].addr, e)) return RC_ERR;
    for (int i = 0; i < cfg->n_admin; i++)
        if (listener_open(&d->admin_listen[i], d->proxy.base, d->admin, &cfg->admin[i], e)) return RC_ERR;
    return RC_OK;
}

/* ---- the ready file -------------------------------------------------------------------------------------------- */

static enum rc print_addrs(struct buf *out, const char *name, const struct listener *list, int count, struct err *e) {
    char text[300];
    if (buf_addf(out, e, ",\"%s\":[", name)) return RC_ERR;
    for (int i = 0; i < count; i++) {
        addr_print(&list[i].addr, text, sizeof text);
        if ((i && buf_addc(out, ',', e)) || json_quote(out, sv_of(text), e)) return RC_ERR;
    }
    return buf_addc(out, ']', e);
}

/* A reader sees either nothing or all of it. */
static enum rc write_atomically(const char *path, struct sv text, struct err *e) {
    struct buf temp;
    buf_init(&temp, 4096);
    if (buf_addf(&temp, e, "%s.%ld.tmp", path, (long)getpid())) return RC_ERR;
    int fd = open(temp.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && write(fd, text.ptr, text.len) == (ssize_t)text.len;
    if (fd >= 0 && close(fd)) ok = false;
    if (ok && rename(temp.ptr, path)) ok = false;
    enum rc rc = ok ? RC_OK
                    : err_set(e, ERR_CONFIG_BAD, "the ready file %s cannot be written: %s", path, strerror(errno));
    if (!ok && fd >= 0) unlink(temp.ptr);
    buf_fini(&temp);
    return rc;
}

static enum rc tell_ready(struct daemon *d, struct err *e) {
    const struct config *cfg = d->proxy.cfg;
    struct buf text;
    if (!*cfg->server.ready_file) return RC_OK;
    buf_init(&text, 64 * 1024);
    enum rc rc = buf_addf(&text, e, "{\"pid\":%ld", (long)getpid());
    if (rc == RC_OK) rc = print_addrs(&text, "listen", d->listen, cfg->n_listen, e);
    if (rc == RC_OK) rc = print_addrs(&text, "admin", d->admin_listen, cfg->n_admin, e);
    if (rc == RC_OK) rc = buf_adds(&text, "}\n", e);
    if (rc == RC_OK) rc = write_atomically(cfg->server.ready_file, buf_sv(&text), e);
    buf_fini(&text);
    return rc;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static enum rc start_cache(struct proxy *p, const struct config *cfg, struct err *e) {
    p->cache = (struct cache){.metrics = &p->metrics};
    if (secrets_init(&p->secrets, e) || store_mem_new(&p->cache.store, cfg->cache.memory_limit, &p->metrics, e))
        return RC_ERR;
    if (identity_new(&p->identity, cfg, p->upstream, &p->secrets, &p->metrics, e)) return RC_ERR;
    if (session_track_new(&p->sessions, &p->secrets, &p->metrics, e)) return RC_ERR;
    if (follow_new(&p->follow, p->base, &p->cache, &p->secrets, &p->metrics, e)) return RC_ERR;
    return tombstones_new(&p->tombstones, &p->secrets, e);
}

static void stop_cache(struct proxy *p) {
    tombstones_free(&p->tombstones);
    follow_free(&p->follow);
    session_track_free(&p->sessions);
    identity_free(&p->identity);
    if (p->cache.store) p->cache.store->ops->free(p->cache.store);
    secrets_fini(&p->secrets);
}

static enum rc start(struct daemon *d, const struct config *cfg, struct err *e) {
    struct proxy *p = &d->proxy;
    p->cfg = cfg;
    p->last_request_ms = clock_mono_ms();
    p->on_quiet = stop_loop;
    p->on_quiet_arg = d;
    TAILQ_INIT(&p->exchanges);
    TAILQ_INIT(&p->fetches);
    p->base = event_base_new();
    if (!p->base) return err_nomem(e);
    if (log_open(&p->log, (enum log_level)cfg->log.level, "-", e)) return RC_ERR;
    log_use_json(p->log);
    if (watch_new(&p->watch, p->log, e)) return RC_ERR;
    if (*cfg->log.access && accesslog_open(&p->accesslog, cfg->log.access, e)) return RC_ERR;
    if (upstream_new(&p->upstream, p->base, cfg, cfg->tenants[0].up, &p->metrics, e)) return RC_ERR;
    if (upstream_client_new(&p->client, p->upstream, &cfg->tenants[0], &p->metrics, e)) return RC_ERR;
    if (start_cache(p, cfg, e)) return RC_ERR;
    if (add_signal(d, 0, SIGTERM, on_stop_signal, e) || add_signal(d, 1, SIGINT, on_stop_signal, e) ||
        add_signal(d, 2, SIGHUP, on_hangup, e))
        return RC_ERR;
    if (start_timers(d, e) || open_listeners(d, e)) return RC_ERR;
    return tell_ready(d, e);
}

static void stop(struct daemon *d) {
    close_listeners(d);
    close_admin_listeners(d);
    exchange_drop_all(&d->proxy);
    if (d->http) evhttp_free(d->http);
    if (d->admin) evhttp_free(d->admin);
    admin_free(&d->operator);
    fetch_drop_all(&d->proxy);
    shelf_clear(&d->proxy.shelf);
    stop_cache(&d->proxy);
    upstream_client_free(&d->proxy.client);
    upstream_free(&d->proxy.upstream);
    for (int i = 0; i < N_SIGNALS; i++)
        if (d->signals[i]) event_free(d->signals[i]);
    if (d->idle_timer) event_free(d->idle_timer);
    if (d->drain_timer) event_free(d->drain_timer);
    accesslog_close(&d->proxy.accesslog);
    if (d->proxy.base) event_base_free(d->proxy.base);
    if (*d->proxy.cfg->server.ready_file) unlink(d->proxy.cfg->server.ready_file);
    watch_free(&d->proxy.watch);
    log_close(&d->proxy.log);
}

enum rc daemon_run(const struct config *cfg, struct err *e) {
    struct daemon d = {0};
    harden();
    signal(SIGPIPE, SIG_IGN);
    enum rc rc = start(&d, cfg, e);
    if (rc == RC_OK && event_base_dispatch(d.proxy.base) < 0) rc = err_set(e, ERR_INTERNAL, "the event loop failed");
    d.proxy.draining = true;
    d.proxy.on_quiet = NULL;
    stop(&d);
    return rc;
}
