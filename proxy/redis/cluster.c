#include "cluster.h"

#include <event2/event.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/mem.h"

enum { MAX_HOPS = 5, REFRESH_MIN_MS = 250, REFRESH_MS = 30000, RETRY_MS = 50, MAX_NODES = SLOTS_MAX_NODES + 1 };

struct cluster_call {
    struct cluster *cluster;
    struct cluster_call *next, **link; /* of those that wait for a little while */
    struct node *node; /* that is asked; NULL = waits */
    struct parcel *parcel;
    cluster_fn *fn; /* NULL = dropped, its reply is still to come */
    void *arg;
    unsigned slot;
    enum cluster_kind kind;
    int hops;
    bool asking;
    int64_t sent_us;
};

struct cluster {
    const struct node_env *env;
    struct cluster_events ev;
    enum cluster_mode mode;
    const struct server *seeds;
    int n_seeds, seed, n_tried;
    struct node *nodes[MAX_NODES];
    bool is_master[MAX_NODES];
    int n_nodes;
    bool is_known, is_many;
    int16_t owner[SLOTS]; /* index of nodes; -1 */
    struct event *timer;
    bool is_asking_map;
    int64_t asked_map_ms;
    struct cluster_call *waiting; /* TRYAGAIN, or a new map */
};

static void send_call(struct cluster_call *call);

/* ---- servers ----------------------------------------------------------------------------------------------------- */

static void set_timer(struct cluster *c, int64_t ms) {
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    if (ms < 0) tv.tv_sec = tv.tv_usec = 0;
    evtimer_add(c->timer, &tv);
}

/* A new map is wanted: at once, or as soon as the last one is old enough. */
static void want_map(struct cluster *c) {
    if (c->mode == CLUSTER_NEVER || c->is_asking_map) return;
    set_timer(c, c->asked_map_ms + REFRESH_MIN_MS - clock_mono_ms());
}

static void on_ready(void *arg, struct node *n);

static void on_lost(void *arg, struct node *n) {
    struct cluster *c = arg;
    (void)n;
    if (c->is_many) want_map(c);
    c->ev.on_change(c->ev.arg);
}

/* Without a map there is one node, which tries the addresses of the configuration in turn. */
static void on_failed(void *arg, struct node *n) {
    struct cluster *c = arg;
    if (c->is_many || c->n_seeds < 2) return;
    c->seed = (c->seed + 1) % c->n_seeds;
    node_move(n, &c->seeds[c->seed]);
}

static int add_node(struct cluster *c, const struct server *s) {
    struct node_events ev = {.arg = c, .on_ready = on_ready, .on_lost = on_lost, .on_failed = on_failed};
    for (int i = 0; i < c->n_nodes; i++)
        if (server_is(node_server(c->nodes[i]), s)) return i;
    if (c->n_nodes == MAX_NODES || !(c->nodes[c->n_nodes] = node_new(c->env, s, NODE_COMMANDS, &ev))) return -1;
    c->is_master[c->n_nodes] = false;
    return c->n_nodes++;
}

/* As a node names another: by address and port, or by port alone, meaning itself. */
static struct server resolve(const struct node *told_by, const struct slots_node *n) {
    struct server s = *node_server(told_by);
    if (n->host[0]) {
        snprintf(s.host, sizeof s.host, "%s", n->host);
        s.is_unix = false;
    }
    if (!s.is_unix) s.port = n->port;
    return s;
}

/* ---- the map ----------------------------------------------------------------------------------------------------- */

static void free_unused(struct cluster *c, const bool used[MAX_NODES]) {
    struct node *gone[MAX_NODES];
    int16_t moved[MAX_NODES];
    int kept = 0, n_gone = 0;
    for (int i = 0; i < c->n_nodes; i++) {
        moved[i] = used[i] ? (int16_t)kept : -1;
        if (!used[i]) {
            gone[n_gone++] = c->nodes[i];
            continue;
        }
        c->is_master[kept] = c->is_master[i];
        c->nodes[kept++] = c->nodes[i];
    }
    c->n_nodes = kept;
    for (int s = 0; s < SLOTS; s++)
        if (c->owner[s] >= 0) c->owner[s] = moved[c->owner[s]];
    for (int i = 0; i < n_gone; i++) node_free(&gone[i]);
}

static void adopt(struct cluster *c, const struct node *told_by, const struct slots_map *m) {
    bool used[MAX_NODES] = {false};
    int16_t at[SLOTS_MAX_NODES];
    for (int i = 0; i < m->n_nodes; i++) {
        struct server s = resolve(told_by, &m->nodes[i]);
        at[i] = (int16_t)add_node(c, &s);
        if (at[i] >= 0) used[at[i]] = true;
    }
    for (int s = 0; s < SLOTS; s++) c->owner[s] = m->owner[s] >= 0 ? at[m->owner[s]] : -1;
    for (int i = 0; i < c->n_nodes; i++) {
        c->is_master[i] = used[i];
        if (c->nodes[i] == told_by) used[i] = true; /* its reply is being read; it goes with the next map */
    }
    c->is_many = true;
    free_unused(c, used);
}

static void adopt_one(struct cluster *c) {
    for (int s = 0; s < SLOTS; s++) c->owner[s] = 0;
    c->is_master[0] = true;
}

static bool all_ready(const struct cluster *c) {
    for (int i = 0; i < c->n_nodes; i++)
        if (c->is_master[i] && !node_is_ready(c->nodes[i])) return false;
    return true;
}

static void retry_waiting(struct cluster *c) {
    struct cluster_call *list = c->waiting;
    c->waiting = NULL;
    while (list) {
        struct cluster_call *call = list;
        list = call->next;
        if (list) list->link = &list;
        call->link = NULL;
        send_call(call);
    }
}

static void say_no_cluster(const struct cluster *c, const struct reply *r) {
    if (c->mode == CLUSTER_SURELY && !c->is_known)
        log_line(c->env->log, LOG_WARNING, "redis", "cluster=yes, but the server gives no map: %s", r->str);
}

static void on_map(void *arg, const struct reply *r) {
    struct cluster_call *call = arg;
    struct cluster *c = call->cluster;
    struct slots_map *m = r && r->type == REPLY_ARRAY ? mem_alloc(sizeof *m) : NULL;
    bool was_known = c->is_known;
    c->is_asking_map = false;
    if (m && slots_read(r, m) && m->n_slots > 0) {
        adopt(c, call->node, m);
        c->is_known = true;
    } else if (r && r->type == REPLY_ERROR && !c->is_many && c->mode == CLUSTER_MAYBE) {
        adopt_one(c);
        c->is_known = true;
    } else if (r && r->type == REPLY_ERROR) say_no_cluster(c, r);
    mem_free(m);
    mem_free(call);
    if (c->waiting) retry_waiting(c);
    if (r && c->is_known) c->ev.on_change(c->ev.arg);
    if (!was_known && c->is_known) c->ev.on_up(c->ev.arg);
    if (c->is_many || !c->is_known) set_timer(c, c->is_known && all_ready(c) ? REFRESH_MS : REFRESH_MIN_MS * 2);
}

static bool ask_map_of(struct cluster *c, struct node *n) {
    struct cluster_call *call = mem_zalloc(sizeof *call);
    struct parcel *w = WIRE(SV_LIT("CLUSTER"), SV_LIT("SLOTS"));
    if (call) *call = (struct cluster_call){.cluster = c, .node = n};
    bool ok = call && w && node_send(n, w, on_map, call);
    parcel_unref(&w);
    if (!ok) mem_free(call);
    c->is_asking_map = ok;
    return ok;
}

/* Any server may be asked; another one each time, for one may be cut off from the rest. */
static void ask_map(struct cluster *c) {
    c->asked_map_ms = clock_mono_ms();
    for (int i = 0; i < c->n_nodes; i++) {
        c->seed = (c->seed + 1) % c->n_nodes;
        if (ask_map_of(c, c->nodes[c->seed])) return;
    }
    /* nobody answers: perhaps they live elsewhere by now, and the configured names lead there */
    if (c->is_many) add_node(c, &c->seeds[c->n_tried++ % c->n_seeds]);
    set_timer(c, REFRESH_MIN_MS * 2);
}

static void on_ready(void *arg, struct node *n) {
    struct cluster *c = arg;
    if (c->mode == CLUSTER_NEVER && !c->is_known) {
        adopt_one(c);
        c->is_known = true;
    }
    if (!c->is_known) {
        ask_map_of(c, n);
        return;
    }
    c->ev.on_change(c->ev.arg);
    c->ev.on_up(c->ev.arg);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

static void unlink_call(struct cluster_call *call) {
    if (!call->link) return;
    *call->link = call->next;
    if (call->next) call->next->link = call->link;
    call->link = NULL;
}

static void wait_a_little(struct cluster_call *call) {
    struct cluster *c = call->cluster;
    call->node = NULL;
    call->next = c->waiting;
    call->link = &c->waiting;
    if (call->next) call->next->link = &call->next;
    c->waiting = call;
    set_timer(c, RETRY_MS);
}

static void free_call(struct cluster_call *call) {
    unlink_call(call);
    parcel_unref(&call->parcel);
    mem_free(call);
}

static void finish(struct cluster_call *call, const struct reply *r) {
    cluster_fn *fn = call->fn;
    void *arg = call->arg;
    free_call(call);
    if (fn) fn(arg, r);
}

static void retry_as_eval(struct cluster_call *call) {
    struct parcel *w = parcel_eval(call->parcel);
    parcel_unref(&call->parcel);
    call->parcel = w;
    if (w) send_call(call);
    else finish(call, NULL);
}

/* true: the call goes on. */
static bool redirect(struct cluster_call *call, const struct reply *r) {
    struct cluster *c = call->cluster;
    struct slots_node to;
    unsigned slot;
    enum slots_redirect what = slots_redirect(r, &slot, &to);
    if (call->hops++ >= MAX_HOPS || !call->fn) return false;
    if (reply_is_error(r, "NOSCRIPT") && call->parcel->is_script) {
        retry_as_eval(call);
        return true;
    }
    if (what == SLOTS_STAY) {
        bool later = c->is_many && (reply_is_error(r, "TRYAGAIN") || reply_is_error(r, "READONLY") ||
                                    reply_is_error(r, "CLUSTERDOWN"));
        if (later && !reply_is_error(r, "TRYAGAIN")) want_map(c);
        if (later) wait_a_little(call);
        return later;
    }
    if (c->mode == CLUSTER_NEVER) return false;
    metrics_add_named(c->env->metrics, M_REDIS_ERRORS, "redirect", 1);
    struct server s = resolve(call->node, &to);
    int at = add_node(c, &s);
    if (at < 0) return false;
    if (what == SLOTS_MOVED) {
        c->is_many = true;
        c->owner[slot] = (int16_t)at;
        want_map(c);
    }
    call->asking = what == SLOTS_ASK;
    call->node = c->nodes[at];
    if (node_is_ready(call->node)) send_call(call);
    else wait_a_little(call);
    return true;
}

static void on_reply(void *arg, const struct reply *r) {
    struct cluster_call *call = arg;
    struct node *n = call->node;
    if (r) {
        int64_t us = call->kind == CLUSTER_SMALL ? clock_mono_us() - call->sent_us : -1;
        if (redirect(call, r)) node_answered(n, -1);
        else {
            finish(call, r);
            node_answered(n, us);
        }
        return;
    }
    finish(call, NULL);
}

static bool send_to(struct cluster_call *call, struct node *n) {
    struct parcel *asking = NULL;
    bool ok = true;
    if (call->asking) {
        asking = WIRE(SV_LIT("ASKING"));
        ok = asking && node_send(n, asking, NULL, NULL);
        parcel_unref(&asking);
    }
    call->asking = false;
    call->node = n;
    call->sent_us = clock_mono_us();
    return ok && node_send(n, call->parcel, on_reply, call);
}

static void send_call(struct cluster_call *call) {
    struct node *n = call->node ? call->node : cluster_node_of(call->cluster, call->slot);
    if (!n || !send_to(call, n)) finish(call, NULL);
}

struct cluster_call *cluster_ask(struct cluster *c, unsigned slot, struct parcel *w, enum cluster_kind kind,
                                 cluster_fn *fn, void *arg) {
    struct node *n = cluster_node_of(c, slot);
    struct cluster_call *call = n && w && node_is_ready(n) ? mem_zalloc(sizeof *call) : NULL;
    if (!call) return NULL;
    *call = (struct cluster_call){
        .cluster = c, .parcel = parcel_ref(w), .fn = fn, .arg = arg, .slot = slot, .kind = kind};
    if (send_to(call, n)) return call;
    metrics_add_named(c->env->metrics, M_REDIS_ERRORS, "queue-full", 1);
    free_call(call);
    return NULL;
}

void cluster_drop(struct cluster_call **p) {
    struct cluster_call *call = *p;
    *p = NULL;
    if (!call) return;
    call->fn = NULL;
    if (call->link) free_call(call);
}

struct node *cluster_call_node(const struct cluster_call *call) {
    return call->node;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct cluster *c = arg;
    (void)fd;
    (void)what;
    if (c->waiting) retry_waiting(c);
    int64_t due = c->asked_map_ms + REFRESH_MIN_MS - clock_mono_ms();
    if (c->is_asking_map || c->mode == CLUSTER_NEVER || (c->is_known && !c->is_many)) return;
    if (due > 0) set_timer(c, due);
    else ask_map(c);
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

enum rc cluster_new(struct cluster **out, const struct node_env *env, enum cluster_mode mode,
                    const struct server *seeds, int n_seeds, const struct cluster_events *ev, struct err *e) {
    struct cluster *c = mem_zalloc(sizeof *c);
    if (!c || !(c->timer = evtimer_new(env->link.base, on_timer, c))) {
        mem_free(c);
        return err_nomem(e);
    }
    c->env = env;
    c->mode = mode;
    c->seeds = seeds;
    c->n_seeds = n_seeds;
    c->ev = *ev;
    c->asked_map_ms = -REFRESH_MIN_MS;
    for (int s = 0; s < SLOTS; s++) c->owner[s] = -1;
    if (add_node(c, &seeds[0]) < 0) {
        cluster_free(&c);
        return err_nomem(e);
    }
    *out = c;
    return RC_OK;
}

void cluster_free(struct cluster **cp) {
    struct cluster *c = *cp;
    if (!c) return;
    while (c->waiting) finish(c->waiting, NULL);
    for (int i = 0; i < c->n_nodes; i++) node_free(&c->nodes[i]);
    event_free(c->timer);
    mem_free(c);
    *cp = NULL;
}

bool cluster_is_up(const struct cluster *c) {
    for (int i = 0; c->is_known && i < c->n_nodes; i++)
        if (c->is_master[i] && node_is_ready(c->nodes[i])) return true;
    return false;
}

bool cluster_is_many(const struct cluster *c) { return c->is_many; }

int cluster_masters(const struct cluster *c) {
    int n = 0;
    for (int i = 0; i < c->n_nodes; i++) n += c->is_master[i];
    return n;
}

struct node *cluster_master(const struct cluster *c, int i) {
    for (int at = 0; at < c->n_nodes; at++)
        if (c->is_master[at] && i-- == 0) return c->nodes[at];
    return NULL;
}

struct node *cluster_node_of(const struct cluster *c, unsigned slot) {
    int at = c->owner[slot % SLOTS];
    return at >= 0 ? c->nodes[at] : NULL;
}
