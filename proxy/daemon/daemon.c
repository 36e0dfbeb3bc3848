#include "daemon.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admin.h"
#include "core/clock.h"
#include "ready.h"
#include "reload.h"
#include "slim.h"
#include "systemd.h"
#include "tls.h"

/*   RUNNING ──SIGTERM──► LEAVING (/readyz says 503) ──drain_delay──► FINISHING (nothing new) ──quiet──► end
 *
 * Answers say Connection: close from FINISHING on. Once nothing is under way, connections that are still open get
 * LINGER_MS to show the request that may be on its way; a second signal or drain_timeout end all. */
enum daemon_stage { DAEMON_RUNNING, DAEMON_LEAVING, DAEMON_FINISHING };

enum { N_SIGNALS = 3, LINGER_MS = 300, MAX_LAST_CALLS = 1000 };

struct daemon {
    struct proxy proxy;
    struct gates gates;
    struct admin *operator;
    struct reload_source source;
    enum daemon_stage stage;
    int last_calls;              /* rounds of the loop that listeners were left open for who was about to come in */
    struct event *signals[N_SIGNALS];
    struct event *idle_timer, *delay_timer, *drain_timer, *linger_timer, *watchdog_timer;
};

static struct timeval tv_of_ms(int64_t ms) { return (struct timeval){ms / 1000, ms % 1000 * 1000}; }

/* ---- ends ------------------------------------------------------------------------------------------------------ */

static void stop_loop(struct daemon *d) { event_base_loopexit(d->proxy.base, NULL); }

static bool is_quiet(const struct daemon *d) { return d->proxy.n_exchanges == 0 && d->proxy.n_sending == 0; }

static void on_drain_over(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    log_line(d->proxy.log, LOG_WARNING, "daemon", "drain_timeout: %zu requests are broken off", d->proxy.n_exchanges);
    stop_loop(d);
}

static void on_linger_over(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    if (is_quiet(d)) stop_loop(d);
}

static void on_quiet(void *arg) {
    struct daemon *d = arg;
    struct timeval linger = tv_of_ms(LINGER_MS);
    if (d->stage != DAEMON_FINISHING || !is_quiet(d)) return;
    if (gates_clients(&d->gates) == 0) stop_loop(d);
    else evtimer_add(d->linger_timer, &linger);
}

static void on_delay_over(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    struct timeval limit = tv_of_ms(d->proxy.cfg->server.drain_timeout_ms), soon = {0, 0};
    (void)fd;
    (void)what;
    if (d->last_calls++ < MAX_LAST_CALLS && gates_has_callers(&d->gates) && evtimer_add(d->delay_timer, &soon) == 0)
        return; /* closing the listener would break them off */
    d->stage = DAEMON_FINISHING;
    d->proxy.closing = true;
    gates_close_clients(&d->gates);
    evtimer_add(d->drain_timer, &limit);
    on_quiet(d);
}

static void start_drain(struct daemon *d, int64_t delay_ms) {
    struct timeval delay = tv_of_ms(delay_ms);
    d->stage = DAEMON_LEAVING;
    d->proxy.draining = true;
    metrics_set(&d->proxy.metrics, M_DRAINING, 1);
    systemd_stopping();
    evtimer_add(d->delay_timer, &delay);
}

static void on_stop_signal(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    (void)fd;
    (void)what;
    if (d->stage == DAEMON_RUNNING) start_drain(d, d->proxy.cfg->server.drain_delay_ms);
    else event_base_loopbreak(d->proxy.base);
}

static void on_idle_check(evutil_socket_t fd, short what, void *arg) {
    struct daemon *d = arg;
    int64_t limit_ms = d->proxy.cfg->server.idle_exit_ms, idle_ms = clock_mono_ms() - d->proxy.last_request_ms;
    (void)fd;
    (void)what;
    if (limit_ms > 0 && d->stage == DAEMON_RUNNING && d->proxy.n_exchanges == 0 && idle_ms >= limit_ms)
        start_drain(d, 0);
}

/* ---- signals and timers ---------------------------------------------------------------------------------------- */

static enum rc start_idle_timer(struct daemon *d, struct err *e) {
    int64_t limit_ms = d->proxy.cfg->server.idle_exit_ms;
    struct timeval every = tv_of_ms(limit_ms < 4000 ? limit_ms / 4 + 1 : 1000);
    if (limit_ms <= 0) event_del(d->idle_timer);
    else if (event_add(d->idle_timer, &every)) return err_nomem(e);
    return RC_OK;
}

static enum rc reload(void *arg, struct err *e) {
    struct daemon *d = arg;
    if (d->stage != DAEMON_RUNNING) return err_set(e, ERR_CONFIG_BAD, "the process is about to end");
    systemd_reloading();
    if (accesslog_reopen(d->proxy.accesslog, e)) log_line(d->proxy.log, LOG_ERROR, "daemon", "%s", e->text);
    err_clear(e);
    enum rc rc = reload_run(&d->source, &d->proxy, &d->gates, e);
    if (rc == RC_OK) rc = start_idle_timer(d, e);
    if (rc) log_line(d->proxy.log, LOG_ERROR, "reload", "the configuration stays as it was: %s", e->text);
    else log_line(d->proxy.log, LOG_INFO, "reload", "the new configuration is in use");
    systemd_ready();
    return rc;
}

static void on_hangup(evutil_socket_t fd, short what, void *arg) {
    struct err e = ERR_INIT;
    (void)fd;
    (void)what;
    if (reload(arg, &e)) return; /* logged */
}

/* ---- what the operator may ask for ----------------------------------------------------------------------------- */

static void drain(void *arg) {
    struct daemon *d = arg;
    if (d->stage == DAEMON_RUNNING) start_drain(d, d->proxy.cfg->server.drain_delay_ms);
}

static void add_addrs(const struct daemon *d, cJSON *to, const char *name, bool of_clients) {
    cJSON *addrs = cJSON_AddArrayToObject(to, name);
    const struct gate *g;
    char text[300];
    TAILQ_FOREACH(g, &d->gates.open, link) {
        if (of_clients != (g->orders.listen != NULL)) continue;
        addr_print(&g->listener.addr, text, sizeof text);
        cJSON_AddItemToArray(addrs, cJSON_CreateString(text));
    }
}

static void describe(void *arg, cJSON *state) {
    const struct daemon *d = arg;
    cJSON *listeners = cJSON_AddObjectToObject(state, "listeners");
    cJSON_AddStringToObject(state, "config", d->proxy.cfg->path ? d->proxy.cfg->path : "");
    add_addrs(d, listeners, "clients", true);
    add_addrs(d, listeners, "admin", false);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    (void)arg;
    systemd_alive();
}

static enum rc add_signal(struct daemon *d, int slot, int number, event_callback_fn fn, struct err *e) {
    d->signals[slot] = evsignal_new(d->proxy.base, number, fn, d);
    if (!d->signals[slot] || evsignal_add(d->signals[slot], NULL)) return err_nomem(e);
    return RC_OK;
}

static enum rc start_timers(struct daemon *d, struct err *e) {
    struct event_base *base = d->proxy.base;
    struct timeval due = tv_of_ms(systemd_watchdog_ms());
    d->delay_timer = evtimer_new(base, on_delay_over, d);
    d->drain_timer = evtimer_new(base, on_drain_over, d);
    d->linger_timer = evtimer_new(base, on_linger_over, d);
    d->idle_timer = event_new(base, -1, EV_PERSIST, on_idle_check, d);
    d->watchdog_timer = event_new(base, -1, EV_PERSIST, on_watchdog, d);
    if (!d->delay_timer || !d->drain_timer || !d->linger_timer || !d->idle_timer || !d->watchdog_timer)
        return err_nomem(e);
    if ((due.tv_sec || due.tv_usec) && event_add(d->watchdog_timer, &due)) return err_nomem(e);
    return start_idle_timer(d, e);
}

static enum rc start_signals(struct daemon *d, struct err *e) {
    if (add_signal(d, 0, SIGTERM, on_stop_signal, e) || add_signal(d, 1, SIGINT, on_stop_signal, e)) return RC_ERR;
    return add_signal(d, 2, SIGHUP, on_hangup, e);
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static void harden(void) {
    struct rlimit files;
    prctl(PR_SET_DUMPABLE, 0); /* tokens must not end in a core file, nor be read by a debugger of the same user */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static enum rc open_logs(struct proxy *p, const struct config *cfg, struct err *e) {
    if (log_open(&p->log, (enum log_level)cfg->log.level, "-", e)) return RC_ERR;
    log_use_json(p->log);
    if (watch_new(&p->watch, p->log, e)) return RC_ERR;
    return *cfg->log.access ? accesslog_open(&p->accesslog, cfg->log.access, e) : RC_OK;
}

static enum rc open_gates(struct daemon *d, struct err *e) {
    struct admin_host host = {.arg = d, .reload = reload, .drain = drain, .describe = describe};
    if (admin_new(&d->operator, &d->proxy, &host, e)) return RC_ERR;
    if (gates_init(&d->gates, &d->proxy, d->operator, e)) return RC_ERR;
    if (gates_plan(&d->gates, d->proxy.cfg, e)) return RC_ERR;
    gates_commit(&d->gates);
    return ready_write(d->proxy.cfg->server.ready_file, &d->gates, e);
}

/* A request turns reading off and on and writing on and off: the kernel is told once per turn, and only what
 * differs. */
static struct event_base *new_base(void) {
    struct event_config *c = event_config_new();
    struct event_base *base = NULL;
    if (c && event_config_set_flag(c, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0) base = event_base_new_with_config(c);
    if (c) event_config_free(c);
    return base;
}

static enum rc start(struct daemon *d, const struct config *cfg, struct err *e) {
    struct proxy *p = &d->proxy;
    p->on_quiet = on_quiet;
    p->on_quiet_arg = d;
    metrics_set(&p->metrics, M_RELOAD_OK, 1);
    p->base = new_base();
    if (!p->base) return err_nomem(e);
    if (open_logs(p, cfg, e) || proxy_open(p, cfg, e)) return RC_ERR;
    if (start_signals(d, e) || start_timers(d, e) || open_gates(d, e)) return RC_ERR;
    systemd_ready();
    return RC_OK;
}

static void free_events(struct daemon *d) {
    struct event *timers[] = {d->idle_timer, d->delay_timer, d->drain_timer, d->linger_timer, d->watchdog_timer};
    for (int i = 0; i < N_SIGNALS; i++)
        if (d->signals[i]) event_free(d->signals[i]);
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
        if (timers[i]) event_free(timers[i]);
}

static void stop(struct daemon *d, const struct config *cfg) {
    struct proxy *p = &d->proxy;
    proxy_drop_all(p);
    gates_fini(&d->gates);
    admin_free(&d->operator);
    proxy_close(p);
    free_events(d);
    accesslog_close(&p->accesslog);
    if (p->base) event_base_free(p->base);
    ready_remove(cfg->server.ready_file); /* a reload cannot change it */
    watch_free(&p->watch);
    log_close(&p->log);
}

enum rc daemon_run(const struct config *cfg, int argc, char **argv, struct err *e) {
    struct daemon d = {.source = {argc, argv}};
    harden();
    signal(SIGPIPE, SIG_IGN);
    enum rc rc = start(&d, cfg, e);
    if (rc == RC_OK) slim_drop_start();
    if (rc == RC_OK && event_base_dispatch(d.proxy.base) < 0) rc = err_set(e, ERR_INTERNAL, "the event loop failed");
    d.proxy.draining = d.proxy.closing = true;
    d.proxy.on_quiet = NULL;
    stop(&d, cfg);
    return rc;
}

enum rc daemon_check(const struct config *cfg, struct err *e) {
    for (int i = 0; i < cfg->n_listen; i++) {
        SSL_CTX *tls = NULL;
        if (tls_of_listen(&cfg->listen[i], &tls, e)) return RC_ERR;
        SSL_CTX_free(tls);
    }
    return RC_OK;
}
