/* What others publish: epochs, messages, the ends of flights; and the proof that it reaches us.
 *
 * An ear is a connection that subscribes. The main ear has all that is broadcast; where channels are sharded (a
 * cluster of Redis 7) every master has an ear for the flights of its slots. Each master is told a heartbeat of ours
 * several times a second; when it comes back through the main ear, all that was published there before has come too. */
#include <event2/event.h>

#include "core/clock.h"
#include "core/mem.h"
#include "shared_priv.h"

enum { BEAT_MS = 300, GAP_MS = 2000, DEAF_MS = 3000, SHARDED_SINCE = 7 };

struct ear {
    struct listen *l;
    struct node *node;
    int64_t heard_ms;
};

struct master {
    struct server server;
    int64_t echo_ms; /* when the last beat was sent that came back */
};

struct channel {
    struct keymap_node node;
    uint8_t key[DIGEST_BYTES];
    struct shared_watch *watches;
};

struct shared_watch {
    struct shared *s;
    struct shared_watch *next, **link;
    uint8_t id[DIGEST_BYTES]; /* of the channel in the map: only what is in its name counts */
    void (*fn)(void *arg);
    void *arg;
    bool is_due;
};

struct listen {
    struct shared *s;
    struct event *timer;
    struct ear *ears[SLOTS_MAX_NODES];
    int n_ears;
    struct ear *main; /* NULL = none listens */
    struct master masters[SLOTS_MAX_NODES];
    int n_masters;
    unsigned round; /* of the set of masters and the main ear: older beats prove nothing */
    bool has_gap;
    int64_t heard_ms;
    struct keymap channels;
    struct name beat;
};

/* ---- subscribing ------------------------------------------------------------------------------------------------- */

static void subscribe(struct ear *ear, struct sv verb, struct sv channel) {
    struct parcel *w = WIRE(verb, channel);
    if (w && node_is_ready(ear->node)) (void)!node_send_push(ear->node, w);
    parcel_unref(&w);
}

static bool is_sharded(const struct shared *s, unsigned slot) {
    struct node *n = cluster_node_of(s->cluster, slot);
    return cluster_is_many(s->cluster) && n && node_version(n) >= SHARDED_SINCE;
}

static struct ear *ear_of(struct listen *l, const struct server *s) {
    for (int i = 0; i < l->n_ears; i++)
        if (server_is(node_server(l->ears[i]->node), s)) return l->ears[i];
    return NULL;
}

static void subscribe_channel(struct listen *l, const struct channel *c, bool on) {
    struct name n = name_of_key('n', c->key);
    unsigned slot = slots_of(name_sv(&n));
    bool sharded = is_sharded(l->s, slot);
    struct ear *ear = sharded ? ear_of(l, node_server(cluster_node_of(l->s->cluster, slot))) : l->main;
    if (!ear) return;
    if (sharded) subscribe(ear, on ? SV_LIT("SSUBSCRIBE") : SV_LIT("SUNSUBSCRIBE"), name_sv(&n));
    else subscribe(ear, on ? SV_LIT("SUBSCRIBE") : SV_LIT("UNSUBSCRIBE"), name_sv(&n));
}

static void subscribe_channels(struct listen *l) {
    for (size_t i = 0; i < l->channels.n_slots; i++)
        for (struct keymap_node *n = l->channels.slots[i]; n; n = n->next)
            subscribe_channel(l, (struct channel *)n, true);
}

/* ---- proof ------------------------------------------------------------------------------------------------------- */

static void begin_round(struct listen *l) {
    l->round++;
    l->has_gap = true;
    for (int i = 0; i < l->n_masters; i++) l->masters[i].echo_ms = 0;
}

static void send_beats(struct listen *l) {
    char text[64];
    for (int i = 0; i < l->n_masters; i++) {
        struct node *n = cluster_master(l->s->cluster, i);
        snprintf(text, sizeof text, "%u %d %lld", l->round, i, (long long)clock_mono_ms());
        struct parcel *w = n && node_is_ready(n) ? WIRE(SV_LIT("PUBLISH"), name_sv(&l->beat), sv_of(text)) : NULL;
        if (w) (void)!node_send(n, w, NULL, NULL);
        parcel_unref(&w);
    }
}

static void on_beat(struct listen *l, struct sv text) {
    struct sv round, index, sent, rest;
    long long r, i, ms;
    if (!sv_cut(text, ' ', &round, &rest) || !sv_cut(rest, ' ', &index, &sent) || !sv_to_i64(round, &r) ||
        !sv_to_i64(index, &i) || !sv_to_i64(sent, &ms) || r != (long long)l->round || i < 0 || i >= l->n_masters ||
        ms > clock_mono_ms())
        return;
    if (ms > l->masters[i].echo_ms) l->masters[i].echo_ms = ms;
    int64_t least = INT64_MAX;
    for (int m = 0; m < l->n_masters; m++)
        if (l->masters[m].echo_ms < least) least = l->masters[m].echo_ms;
    if (least <= l->heard_ms) return;
    bool had_gap = l->has_gap;
    l->has_gap = false;
    if (had_gap && l->s->hooks.on_resync) l->s->hooks.on_resync(l->s->hooks.arg);
    l->heard_ms = least;
}

int64_t listen_heard_ms(const struct listen *l) { return l->heard_ms; }

/* ---- news -------------------------------------------------------------------------------------------------------- */

static void on_epoch(struct shared_tenant *t, struct sv text) {
    struct shared_hooks *h = &t->s->hooks;
    uint8_t name[SHARED_NAME_BYTES];
    struct sv hash, rest, value, pending;
    long long us;
    if (!sv_cut(text, ' ', &hash, &rest) || !sv_cut(rest, ' ', &value, &pending) ||
        !name_unhex(hash, name, sizeof name) || !sv_to_i64(value, &us) || us <= 0 || us >= 1LL << 53)
        return;
    if (us > t->top_us) t->top_us = us;
    if (h->on_epoch) h->on_epoch(h->arg, t->owner, name, us, !sv_eq(pending, SV_LIT("0")));
}

static void on_told(struct shared_tenant *t, struct sv text) {
    struct shared_hooks *h = &t->s->hooks;
    uint8_t digest[DIGEST_BYTES];
    struct sv word, hex;
    if (sv_cut(text, ' ', &word, &hex) && word.len == 1 && name_unhex(hex, digest, sizeof digest) && h->on_told)
        h->on_told(h->arg, t->owner, word.ptr[0], digest);
}

static void on_news(struct shared_tenant *t, struct sv text) {
    struct sv kind, rest;
    if (!sv_cut(text, ' ', &kind, &rest)) return;
    if (sv_eq(kind, SV_LIT("e"))) on_epoch(t, rest);
    else if (sv_eq(kind, SV_LIT("t"))) on_told(t, rest);
}

static struct channel *find_channel(struct listen *l, const uint8_t id[DIGEST_BYTES]) {
    return (struct channel *)keymap_find(&l->channels, id);
}

/* A watcher may unwatch itself and others, and the channel go with the last. */
static void wake(struct listen *l, struct sv hex) {
    uint8_t id[DIGEST_BYTES] = {0};
    struct channel *c = name_unhex(hex, id, 16) ? find_channel(l, id) : NULL;
    for (struct shared_watch *w = c ? c->watches : NULL; w; w = w->next) w->is_due = true;
    while (c) {
        struct shared_watch *w = c->watches;
        while (w && !w->is_due) w = w->next;
        if (!w) return;
        w->is_due = false;
        w->fn(w->arg);
        c = find_channel(l, id);
    }
}

static void on_message(struct listen *l, struct sv channel, struct sv text) {
    static const struct sv FLIGHT = SV_LIT("dxp1:n:{");
    if (sv_eq(channel, name_sv(&l->beat))) {
        on_beat(l, text);
        return;
    }
    if (sv_istarts(channel, FLIGHT) && channel.len == FLIGHT.len + 33) {
        wake(l, sv_make(channel.ptr + FLIGHT.len, 32));
        return;
    }
    for (struct shared_tenant *t = l->s->tenants; t; t = t->next)
        if (sv_eq(channel, name_sv(&t->news))) on_news(t, text);
}

static void on_push(void *arg, struct node *n, const struct reply *r) {
    struct ear *ear = arg;
    struct sv kind = reply_text(reply_at(r, 0));
    (void)n;
    ear->heard_ms = clock_mono_ms();
    if (sv_eq(kind, SV_LIT("message")) || sv_eq(kind, SV_LIT("smessage")))
        on_message(ear->l, reply_text(reply_at(r, 1)), reply_text(reply_at(r, 2)));
    /* MOVED for a sharded channel: the next map brings it to its place */
    if (r->type == REPLY_ERROR && !reply_is_error(r, "MOVED")) shared_is_bad(ear->l->s, r);
}

/* ---- ears -------------------------------------------------------------------------------------------------------- */

static void make_main(struct listen *l, struct ear *ear) {
    l->main = ear;
    begin_round(l);
    subscribe(ear, SV_LIT("SUBSCRIBE"), name_sv(&l->beat));
    for (struct shared_tenant *t = l->s->tenants; t; t = t->next)
        subscribe(ear, SV_LIT("SUBSCRIBE"), name_sv(&t->news));
}

static void on_ready(void *arg, struct node *n) {
    struct ear *ear = arg;
    (void)n;
    ear->heard_ms = clock_mono_ms();
    if (!ear->l->main) make_main(ear->l, ear);
    subscribe_channels(ear->l);
    send_beats(ear->l);
}

static void leave_main(struct listen *l) {
    l->main = NULL;
    begin_round(l);
    for (int i = 0; i < l->n_ears && !l->main; i++)
        if (node_is_ready(l->ears[i]->node)) make_main(l, l->ears[i]);
}

static void on_lost(void *arg, struct node *n) {
    struct ear *ear = arg;
    (void)n;
    if (ear->l->main == ear) leave_main(ear->l);
}

static void add_ear(struct listen *l, const struct server *s) {
    struct ear *ear = l->n_ears < SLOTS_MAX_NODES && !ear_of(l, s) ? mem_zalloc(sizeof *ear) : NULL;
    struct node_events ev = {.arg = ear, .on_ready = on_ready, .on_lost = on_lost, .on_push = on_push};
    if (!ear) return;
    ear->l = l;
    if ((ear->node = node_new(&l->s->env, s, NODE_EAR, &ev))) l->ears[l->n_ears++] = ear;
    else mem_free(ear);
}

static void remove_ear(struct listen *l, int i) {
    struct ear *ear = l->ears[i];
    l->ears[i] = l->ears[--l->n_ears];
    if (l->main == ear) leave_main(l);
    node_free(&ear->node);
    mem_free(ear);
}

static bool is_master(const struct listen *l, const struct server *s) {
    for (int i = 0; i < l->n_masters; i++)
        if (server_is(&l->masters[i].server, s)) return true;
    return false;
}

/* true = another set than before. */
static bool note_masters(struct listen *l) {
    const struct cluster *c = l->s->cluster;
    int n = cluster_masters(c), same = n == l->n_masters;
    if (n > SLOTS_MAX_NODES) n = SLOTS_MAX_NODES;
    for (int i = 0; i < n && same; i++) same = server_is(&l->masters[i].server, node_server(cluster_master(c, i)));
    if (same) return false;
    for (int i = 0; i < n; i++) l->masters[i] = (struct master){.server = *node_server(cluster_master(c, i))};
    l->n_masters = n;
    return true;
}

static bool wants_all(const struct listen *l) {
    const struct cluster *c = l->s->cluster;
    bool is_new = false;
    for (int i = 0; i < l->n_masters && cluster_is_many(c); i++)
        is_new |= node_version(cluster_master(c, i)) >= SHARDED_SINCE;
    return is_new;
}

void listen_on_change(struct listen *l) {
    if (note_masters(l)) begin_round(l);
    for (int i = l->n_ears - 1; i >= 0; i--)
        if (!is_master(l, node_server(l->ears[i]->node))) remove_ear(l, i);
    bool all = wants_all(l);
    for (int i = 0; i < l->n_masters; i++)
        if ((all || l->n_ears == 0) && node_is_ready(cluster_master(l->s->cluster, i)))
            add_ear(l, &l->masters[i].server);
    if (all) subscribe_channels(l);
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

static void set_timer(struct listen *l) {
    struct timeval tv = {.tv_usec = BEAT_MS * 1000};
    evtimer_add(l->timer, &tv);
}

static void check_ears(struct listen *l, int64_t now) {
    for (int i = 0; i < l->n_ears; i++) {
        struct ear *ear = l->ears[i];
        if (!node_is_ready(ear->node)) continue;
        struct parcel *w = WIRE(SV_LIT("PING"));
        bool ok = w && node_send_push(ear->node, w);
        parcel_unref(&w);
        if (!ok || now - ear->heard_ms > DEAF_MS)
            node_drop_connection(ear->node, "the subscription says nothing any more");
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct listen *l = arg;
    int64_t now = clock_mono_ms();
    (void)fd;
    (void)what;
    set_timer(l);
    check_ears(l, now);
    if (l->heard_ms && !l->has_gap && now - l->heard_ms > GAP_MS) l->has_gap = true;
    send_beats(l);
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

enum rc listen_new(struct listen **out, struct shared *s, struct err *e) {
    struct listen *l = mem_zalloc(sizeof *l);
    if (!l || !keymap_init(&l->channels) || !(l->timer = evtimer_new(s->base, on_timer, l))) {
        if (l) keymap_fini(&l->channels);
        mem_free(l);
        return err_nomem(e);
    }
    l->s = s;
    l->has_gap = true;
    l->beat.len = (size_t)snprintf(l->beat.text, sizeof l->beat.text, "dxp1:hb:%s", s->instance);
    set_timer(l);
    *out = l;
    return RC_OK;
}

static void free_channel(struct listen *l, struct channel *c) {
    keymap_remove(&l->channels, &c->node);
    mem_free(c);
}

void listen_free(struct listen **lp) {
    struct listen *l = *lp;
    *lp = NULL;
    if (!l) return;
    l->main = NULL;
    while (l->n_ears) remove_ear(l, l->n_ears - 1);
    for (size_t i = 0; i < l->channels.n_slots; i++)
        while (l->channels.slots[i]) {
            struct channel *c = (struct channel *)l->channels.slots[i];
            for (struct shared_watch *w = c->watches; w; w = w->next) w->s = NULL;
            free_channel(l, c);
        }
    keymap_fini(&l->channels);
    event_free(l->timer);
    mem_free(l);
}

void listen_join(struct listen *l, const struct shared_tenant *t) {
    if (l->main) subscribe(l->main, SV_LIT("SUBSCRIBE"), name_sv(&t->news));
}

void listen_leave(struct listen *l, const struct shared_tenant *t) {
    for (const struct shared_tenant *o = l->s->tenants; o; o = o->next)
        if (o != t && strcmp(o->tag, t->tag) == 0) return;
    if (l->main) subscribe(l->main, SV_LIT("UNSUBSCRIBE"), name_sv(&t->news));
}

struct shared_watch *shared_watch(struct shared *s, const uint8_t key[DIGEST_BYTES], void (*fn)(void *arg), void *arg) {
    struct listen *l = s->listen;
    struct shared_watch *w = mem_zalloc(sizeof *w);
    if (!w) return NULL;
    *w = (struct shared_watch){.s = s, .fn = fn, .arg = arg};
    memcpy(w->id, key, 16);
    struct channel *c = find_channel(l, w->id);
    bool is_new = !c;
    if (!c && !(c = mem_zalloc(sizeof *c))) {
        mem_free(w);
        return NULL;
    }
    w->next = c->watches;
    w->link = &c->watches;
    if (w->next) w->next->link = &w->next;
    c->watches = w;
    if (!is_new) return w;
    memcpy(c->node.key, w->id, sizeof c->node.key);
    memcpy(c->key, key, sizeof c->key);
    keymap_add(&l->channels, &c->node);
    subscribe_channel(l, c, true);
    return w;
}

void shared_unwatch(struct shared_watch **p) {
    struct shared_watch *w = *p;
    *p = NULL;
    if (!w) return;
    struct channel *c = w->s ? find_channel(w->s->listen, w->id) : NULL;
    if (c) {
        *w->link = w->next;
        if (w->next) w->next->link = w->link;
    }
    if (c && !c->watches) {
        subscribe_channel(w->s->listen, c, false);
        free_channel(w->s->listen, c);
    }
    mem_free(w);
}

void shared_notify(struct shared *s, const uint8_t key[DIGEST_BYTES]) {
    struct name n = name_of_key('n', key);
    bool sharded = is_sharded(s, slots_of(name_sv(&n)));
    shared_say(s, name_sv(&n), WIRE(sharded ? SV_LIT("SPUBLISH") : SV_LIT("PUBLISH"), name_sv(&n), SV_LIT("1")));
}

void shared_tell(struct shared *s, struct shared_tenant *t, char word, const uint8_t digest[DIGEST_BYTES]) {
    char text[4 + 2 * DIGEST_BYTES + 1] = "t ? ";
    text[2] = word;
    name_hex(digest, DIGEST_BYTES, text + 4);
    shared_say(s, name_sv(&t->news), WIRE(SV_LIT("PUBLISH"), name_sv(&t->news), sv_of(text)));
}
