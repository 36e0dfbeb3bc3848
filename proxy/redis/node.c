#include "node.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <sys/socket.h>

#include "core/clock.h"
#include "core/mem.h"
#include "health.h"

enum { CONNECT_MS = 2000, SILENCE_MS = 2000, WATCH_MS = 500, WELL_MS = 10000, MIN_PROBE_MS = 50 };

enum state { WAITING, CONNECTING, GREETING, PROBING, READY };

struct node {
    const struct node_env *env;
    struct node_events ev;
    struct server server;
    enum node_role role;
    enum state state;
    struct link *link;
    struct event *timer;
    struct health health;
    int family; /* of this attempt; a name may have addresses of both */
    int version;
    int64_t ready_ms, heard_ms, probe_us;
    char reason[256]; /* of the last failure, so that it is told once */
    char first_reason[256]; /* of the first family, while the second is tried */
    bool is_told;
};

static void connect_now(struct node *n);

static void set_timer(struct node *n, int64_t ms) {
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    evtimer_add(n->timer, &tv);
}

/* ---- failing ----------------------------------------------------------------------------------------------------- */

static void tell(struct node *n, const char *reason, bool was_ready) {
    char where[280];
    bool is_news = was_ready || !n->is_told || strcmp(n->reason, reason) != 0;
    snprintf(n->reason, sizeof n->reason, "%s", reason);
    if (!is_news) return;
    n->is_told = true;
    server_text(&n->server, where);
    log_line(n->env->log, LOG_WARNING, "redis", "%s %s: %s", where, was_ready ? "lost" : "not usable", reason);
}

static void count_failure(struct node *n, bool was_ready) {
    metrics_add_named(n->env->metrics, M_REDIS_ERRORS, was_ready ? "lost" : "connect", 1);
}

/* A name may have addresses of both families, and the server listen to one: the other is tried without a pause. */
static bool has_other_family(const struct node *n) {
    unsigned char any[16];
    return !n->server.is_unix && n->state == CONNECTING && n->family == AF_INET &&
           inet_pton(AF_INET, n->server.host, any) != 1;
}

static void leave_alone(struct node *n) {
    uint32_t random = 0;
    RAND_bytes((unsigned char *)&random, sizeof random);
    n->family = 0;
    set_timer(n, health_pause_ms(&n->health, random));
}

static void fail(struct node *n, const char *reason) {
    bool was_ready = n->state == READY, again = has_other_family(n);
    /* that there is no address of the other family says less than what the first attempt said */
    if (n->state == CONNECTING && n->first_reason[0]) reason = n->first_reason;
    if (!again) {
        tell(n, reason, was_ready);
        count_failure(n, was_ready);
    }
    snprintf(n->first_reason, sizeof n->first_reason, "%s", again ? reason : "");
    n->state = WAITING;
    if (again) {
        n->family = AF_INET6;
        set_timer(n, 0);
    } else leave_alone(n);
    link_free(&n->link);
    if (was_ready) n->ev.on_lost(n->ev.arg, n);
    else if (!again && n->ev.on_failed) n->ev.on_failed(n->ev.arg, n);
}

static void on_close(void *arg, const char *reason) {
    char text[256];
    snprintf(text, sizeof text, "%s", reason);
    fail(arg, text);
}

void node_drop_connection(struct node *n, const char *reason) {
    if (n->state != WAITING) fail(n, reason);
}

void node_timed_out(struct node *n) {
    if (n->state == READY && health_failed(&n->health, clock_mono_ms(), n->env->budget_ms))
        fail(n, "three questions in a row were not answered in their time");
}

void node_answered(struct node *n, int64_t us) {
    n->heard_ms = clock_mono_ms();
    if (us >= 0 && n->state == READY && health_answered(&n->health, us, n->heard_ms, n->env->budget_ms))
        fail(n, "more than one answer in a hundred took longer than three budgets");
}

/* ---- greeting ---------------------------------------------------------------------------------------------------- */

static void become_ready(struct node *n) {
    char where[280];
    n->state = READY;
    n->ready_ms = n->heard_ms = clock_mono_ms();
    health_reset(&n->health);
    n->is_told = false;
    n->reason[0] = n->first_reason[0] = '\0';
    server_text(&n->server, where);
    if (n->role == NODE_COMMANDS) log_line(n->env->log, LOG_INFO, "redis", "%s answers", where);
    set_timer(n, WATCH_MS);
    n->ev.on_ready(n->ev.arg, n);
}

static void on_probe(void *arg, const struct reply *r) {
    struct node *n = arg;
    if (!r || n->state != PROBING) return;
    int64_t us = clock_mono_us() - n->probe_us;
    if (n->role == NODE_COMMANDS && us > 3 * n->env->budget_ms * 1000 && us > MIN_PROBE_MS * 1000)
        fail(n, "it answers, but takes longer than three budgets");
    else become_ready(n);
}

static void on_ping(void *arg, const struct reply *r) {
    struct node *n = arg;
    if (!r || n->state != GREETING) return;
    if (r->type == REPLY_ERROR) {
        fail(n, r->str);
        return;
    }
    n->state = PROBING;
    n->probe_us = clock_mono_us();
    struct parcel *w = WIRE(SV_LIT("PING"));
    if (!w || !link_send(n->link, w, on_probe, n)) fail(n, "out of memory");
    parcel_unref(&w);
}

/* AUTH and SELECT: without them nothing would be right. */
static void on_needed(void *arg, const struct reply *r) {
    struct node *n = arg;
    if (r && n->state == GREETING && r->type == REPLY_ERROR) fail(n, r->str);
}

static void on_hello(void *arg, const struct reply *r) {
    struct node *n = arg;
    long long major;
    struct sv first, rest;
    n->version = 0;
    for (size_t i = 0; r && r->type == REPLY_ARRAY && i + 1 < r->n; i += 2)
        if (sv_eq(reply_text(r->element[i]), SV_LIT("version")) &&
            sv_cut(reply_text(r->element[i + 1]), '.', &first, &rest) && sv_to_i64(first, &major) && major > 0 &&
            major < 1000)
            n->version = (int)major;
}

static bool greet_with(struct node *n, struct parcel *w, link_fn *fn) {
    if (w && fn == on_needed) w->is_secret = true;
    bool ok = w && link_send(n->link, w, fn, n);
    parcel_unref(&w);
    return ok;
}

static bool greet(struct node *n) {
    const struct node_env *v = n->env;
    char db[16];
    snprintf(db, sizeof db, "%d", v->database);
    bool has_user = v->user && *v->user, has_password = v->password && *v->password;
    bool ok = true;
    if (has_user)
        ok = greet_with(n, WIRE(SV_LIT("AUTH"), sv_of(v->user), sv_of(has_password ? v->password : "")), on_needed);
    else if (has_password) ok = greet_with(n, WIRE(SV_LIT("AUTH"), sv_of(v->password)), on_needed);
    ok = ok && greet_with(n, WIRE(SV_LIT("HELLO"), SV_LIT("2")), on_hello);
    ok = ok && greet_with(n, WIRE(SV_LIT("CLIENT"), SV_LIT("SETNAME"), SV_LIT("dbxproxyd")), NULL);
    if (v->database) ok = ok && greet_with(n, WIRE(SV_LIT("SELECT"), sv_of(db)), on_needed);
    return ok && greet_with(n, WIRE(SV_LIT("PING")), on_ping);
}

static void on_open(void *arg) {
    struct node *n = arg;
    n->state = GREETING;
    if (!greet(n)) fail(n, "out of memory");
}

static void on_push(void *arg, const struct reply *r) {
    struct node *n = arg;
    n->heard_ms = clock_mono_ms();
    n->ev.on_push(n->ev.arg, n, r);
}

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static void connect_now(struct node *n) {
    struct err e = ERR_INIT;
    struct link_events ev = {
        .arg = n, .on_open = on_open, .on_close = on_close, .on_push = n->role == NODE_EAR ? on_push : NULL};
    if (!n->family) n->family = strchr(n->server.host, ':') ? AF_INET6 : AF_INET;
    n->state = CONNECTING;
    set_timer(n, CONNECT_MS);
    n->link = link_new(&n->env->link, &n->server, n->family, &ev, &e);
    if (!n->link) fail(n, e.text);
}

static void watch(struct node *n) {
    int64_t now = clock_mono_ms();
    if (now - n->ready_ms > WELL_MS) health_well(&n->health);
    if (link_queued(n->link) && now - n->heard_ms > SILENCE_MS) fail(n, "it says nothing any more");
    else set_timer(n, WATCH_MS);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct node *n = arg;
    (void)fd;
    (void)what;
    if (n->state == WAITING) connect_now(n);
    else if (n->state == READY) watch(n);
    else fail(n, n->state == CONNECTING ? "no connection within two seconds" : "connected, but it says nothing");
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

struct node *node_new(const struct node_env *env, const struct server *s, enum node_role role,
                      const struct node_events *ev) {
    struct node *n = mem_zalloc(sizeof *n);
    if (!n || !(n->timer = evtimer_new(env->link.base, on_timer, n))) {
        mem_free(n);
        return NULL;
    }
    n->env = env;
    n->server = *s;
    n->role = role;
    n->ev = *ev;
    set_timer(n, 0);
    return n;
}

void node_free(struct node **np) {
    struct node *n = *np;
    *np = NULL;
    if (!n) return;
    n->state = WAITING;
    event_free(n->timer);
    link_free(&n->link);
    mem_free(n);
}

const struct server *node_server(const struct node *n) { return &n->server; }
bool node_is_ready(const struct node *n) { return n->state == READY; }
int node_version(const struct node *n) { return n->version; }

bool node_send(struct node *n, struct parcel *w, link_fn *fn, void *arg) {
    if (n->state != READY) return false;
    if (!link_queued(n->link)) n->heard_ms = clock_mono_ms();
    return link_send(n->link, w, fn, arg);
}

bool node_send_push(struct node *n, struct parcel *w) { return n->state == READY && link_send_push(n->link, w); }

void node_move(struct node *n, const struct server *to) {
    n->server = *to;
    n->family = 0;
}
