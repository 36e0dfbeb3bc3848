/* Locks of flights between instances: one key with a nonce, for a while, renewed by a third of that. */
#include <event2/event.h>

#include "core/clock.h"
#include "core/mem.h"
#include "shared_priv.h"

enum { NONCE_BYTES = 16 };

struct shared_lock {
    struct shared *s;
    struct shared_lock *next, **link;
    struct shared_op *op; /* taking it, or renewing */
    struct event *timer;
    shared_fn *fn;
    void (*on_lost)(void *arg);
    void *arg;
    struct name name;
    char value[2 * NONCE_BYTES + 1 + INSTANCE_HEX + 1];
    int64_t life_ms, good_until;
    bool is_ours, was_asked;
};

static void set_timer(struct shared_lock *l) {
    int64_t ms = l->life_ms / 3;
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    evtimer_add(l->timer, &tv);
}

/* ---- keeping it -------------------------------------------------------------------------------------------------- */

static void lost(struct shared_lock *l) {
    void (*fn)(void *) = l->on_lost;
    l->is_ours = false;
    if (fn) fn(l->arg);
}

/* One part, and a status of its own: no value, no epochs. */
static void on_single(struct shared_op *op, int part, const struct reply *r) {
    (void)part;
    if (shared_is_bad(op->s, r)) op_end(op, SHARED_DOWN);
    else if (r->type == REPLY_NIL || (r->type == REPLY_INTEGER && r->integer == 0)) op_end(op, SHARED_HELD);
    else op_end(op, SHARED_GOT);
}

static void ask(struct shared_lock *l, struct parcel *w, int64_t deadline_ms, shared_fn *fn) {
    struct op_spec spec = {.size = sizeof(struct shared_op),
                           .n_parts = 1,
                           .deadline_ms = deadline_ms,
                           .fn = fn,
                           .arg = l,
                           .seconds = M_REDIS_OTHER,
                           .on_reply = on_single};
    struct shared_op *op = op_new(l->s, &spec, &l->op);
    if (!op) {
        parcel_unref(&w);
        return;
    }
    op_ask(op, 0, name_sv(&l->name), w, CLUSTER_SMALL);
    op_sent(op);
}

static void on_renewed(void *arg, struct shared_answer *a) {
    struct shared_lock *l = arg;
    l->op = NULL;
    if (a->result == SHARED_GOT) l->good_until = clock_mono_ms() + l->life_ms;
    if (a->result == SHARED_HELD || clock_mono_ms() >= l->good_until) lost(l);
    else set_timer(l);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct shared_lock *l = arg;
    char life[24];
    (void)fd;
    (void)what;
    snprintf(life, sizeof life, "%lld", (long long)l->life_ms);
    struct sv args[] = {name_sv(&l->name), sv_of(l->value), sv_of(life)};
    ask(l, parcel_script(SCRIPT_RENEW, 1, 3, args), clock_deadline(l->life_ms / 3), on_renewed);
}

/* ---- taking it --------------------------------------------------------------------------------------------------- */

static void on_taken(void *arg, struct shared_answer *a) {
    struct shared_lock *l = arg;
    l->op = NULL;
    l->is_ours = a->result == SHARED_GOT;
    if (l->is_ours) {
        l->good_until = clock_mono_ms() + l->life_ms;
        set_timer(l);
    }
    l->fn(l->arg, a);
}

static bool make_value(struct shared_lock *l) {
    uint8_t nonce[NONCE_BYTES];
    struct err e = ERR_INIT;
    if (secrets_random(nonce, sizeof nonce, &e)) return false;
    name_hex(nonce, sizeof nonce, l->value);
    l->value[2 * NONCE_BYTES] = ' ';
    memcpy(l->value + 2 * NONCE_BYTES + 1, l->s->instance, INSTANCE_HEX + 1);
    return true;
}

void shared_lock(struct shared *s, const uint8_t key[DIGEST_BYTES], int64_t deadline_ms, shared_fn *fn,
                 void (*on_lost)(void *arg), void *arg, struct shared_lock **lock_r) {
    struct shared_lock *l = mem_zalloc(sizeof *l);
    char life[24];
    *lock_r = NULL;
    if (!l || !(l->timer = evtimer_new(s->base, on_timer, l))) {
        struct shared_answer none = {.result = SHARED_DOWN};
        mem_free(l);
        fn(arg, &none);
        return;
    }
    *l = (struct shared_lock){.s = s,
                              .timer = l->timer,
                              .fn = fn,
                              .on_lost = on_lost,
                              .arg = arg,
                              .life_ms = s->lock_ms,
                              .name = name_of_key('l', key),
                              .next = s->locks,
                              .link = &s->locks,
                              .was_asked = true};
    if (l->next) l->next->link = &l->next;
    s->locks = l;
    snprintf(life, sizeof life, "%lld", (long long)l->life_ms);
    struct parcel *w = make_value(l) && shared_may_write(s) ? WIRE(SV_LIT("SET"), name_sv(&l->name), sv_of(l->value),
                                                                   SV_LIT("NX"), SV_LIT("PX"), sv_of(life))
                                                            : NULL;
    ask(l, w, deadline_ms, on_taken);
    if (l->op) *lock_r = l;
    else shared_unlock(&l);
}

/* ---- giving it up ------------------------------------------------------------------------------------------------ */

static void unlink_lock(struct shared_lock *l) {
    *l->link = l->next;
    if (l->next) l->next->link = l->link;
}

static void free_lock(struct shared_lock *l) {
    if (l->s) {
        shared_drop(&l->op);
        event_free(l->timer);
        unlink_lock(l);
    }
    mem_free(l);
}

/* Also when nobody said that it is ours: the answer may have been lost on its way. */
void shared_unlock(struct shared_lock **p) {
    struct shared_lock *l = *p;
    *p = NULL;
    if (!l) return;
    if (l->s && l->was_asked) {
        struct sv args[] = {name_sv(&l->name), SV_LIT("0"), SV_LIT("-1"), sv_of(l->value)};
        shared_say(l->s, name_sv(&l->name), parcel_script(SCRIPT_DROP, 1, 4, args));
    }
    free_lock(l);
}

/* They are their holders' to free. */
void lock_free_all(struct shared *s) {
    while (s->locks) {
        struct shared_lock *l = s->locks;
        shared_drop(&l->op);
        event_free(l->timer);
        unlink_lock(l);
        l->s = NULL;
    }
}
