/* Epochs: read with what depends on them, raised by writes, owed while Redis was away. */
#include <event2/event.h>

#include "core/clock.h"
#include "core/mem.h"
#include "shared_priv.h"

static struct name epoch_name(const struct shared_tenant *t, char kind, const uint8_t *hash) {
    return name_of_epoch(kind, t->tag, hash);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* A server alone answers all of them in one reply, a cluster name by name. */
static bool is_one_reply(const struct shared *s) { return !cluster_is_many(s->cluster); }

int epoch_parts(const struct shared *s, int n_epochs) { return n_epochs == 0 ? 0 : is_one_reply(s) ? 1 : n_epochs; }

static void ask_some(struct shared_op *op, int part, int from, int n) {
    struct sv *args = mem_array((size_t)(2 * n + 1), sizeof *args);
    struct name *names = mem_array((size_t)(2 * n), sizeof *names);
    struct parcel *w = NULL;
    if (args && names) {
        args[0] = SV_LIT("MGET");
        for (int i = 0; i < 2 * n; i++) {
            names[i] = epoch_name(op->t, i % 2 ? 'w' : 'v', op->epochs[from + i / 2].name);
            args[1 + i] = name_sv(&names[i]);
        }
        w = parcel_new(2 * n + 1, args);
        op_ask(op, part, name_sv(&names[0]), w, CLUSTER_SMALL);
    } else op->is_refused = true;
    mem_free(args);
    mem_free(names);
}

/* It may turn out to be a cluster just now: then the one question is refused by it, and that is all. */
void epoch_read_ask(struct shared_op *op, int first) {
    int parts = op->n_parts - first;
    if (parts == 1) ask_some(op, first, 0, op->n_epochs);
    else
        for (int i = 0; i < parts; i++) ask_some(op, first + i, i, 1);
}

static int64_t to_epoch(struct sv text) {
    long long us;
    return sv_to_i64(text, &us) && us > 0 && us < (1LL << 53) ? us : 0;
}

/* us = 0: it is not there. */
static void take_pair(struct shared_epoch *ep, const struct reply *value, const struct reply *mark) {
    ep->us = to_epoch(reply_text(value));
    ep->pending = reply_text(mark).len > 0;
}

/* A reply of another length than asked for says nothing: what is not in it must not pass for what was known before. */
bool epoch_read_take(struct shared_op *op, int first, int part, const struct reply *r) {
    int from = part - first, n = op->n_parts - first == 1 ? op->n_epochs : 1;
    if (shared_is_bad(op->s, r) || r->type != REPLY_ARRAY || r->n != 2 * (size_t)n) return false;
    for (int i = 0; i < n; i++) {
        struct shared_epoch *ep = &op->epochs[from + i];
        take_pair(ep, r->element[2 * i], r->element[2 * i + 1]);
        if (ep->us > op->t->top_us) op->t->top_us = ep->us;
    }
    return true;
}

static bool is_amiss(const struct shared_epoch *read, const struct shared_epoch *known) {
    return read->us == 0 || read->us < known->us;
}

bool epoch_is_amiss(const struct shared_op *op, const struct shared_epoch *known) {
    for (int i = 0; i < op->n_epochs; i++)
        if (is_amiss(&op->epochs[i], &known[i])) return true;
    return false;
}

/* ---- the script -------------------------------------------------------------------------------------------------- */

void epoch_ask(struct shared_op *op, int part, const struct shared_epoch *ep, char mode, const char *writer) {
    struct name v = epoch_name(op->t, 'v', ep->name), w = epoch_name(op->t, 'w', ep->name);
    char known[24], hash[NAME_HEX], life[16], mark[16];
    snprintf(known, sizeof known, "%lld", (long long)ep->us);
    snprintf(life, sizeof life, "%d", EPOCH_LIFE_MS);
    snprintf(mark, sizeof mark, "%d", MARK_LIFE_MS);
    name_hex(ep->name, SHARED_NAME_BYTES, hash);
    struct sv args[] = {name_sv(&v), name_sv(&w),   sv_make(&mode, 1), sv_of(known), name_sv(&op->t->news),
                        sv_of(hash), sv_of(writer), sv_of(mark),       sv_of(life)};
    op_ask(op, part, name_sv(&v), parcel_script(SCRIPT_EPOCH, 2, (int)(sizeof args / sizeof *args), args),
           CLUSTER_SMALL);
}

bool epoch_take(struct shared_op *op, int i, const struct reply *r) {
    if (shared_is_bad(op->s, r)) return false;
    const struct reply *value = reply_at(r, 0), *pending = reply_at(r, 1);
    int64_t us = value ? to_epoch(reply_text(value)) : 0;
    if (!us || us < op->epochs[i].us) return false;
    op->epochs[i].us = us;
    op->epochs[i].pending = pending && sv_eq(reply_text(pending), SV_LIT("1"));
    if (us > op->t->top_us) op->t->top_us = us;
    return true;
}

/* Makes those that are missing, raises those that went back. */
bool epoch_mend(struct shared_op *op, const struct shared_epoch *known) {
    if (!op_parts(op, op->n_epochs)) return false;
    for (int i = 0; i < op->n_epochs; i++) {
        if (!is_amiss(&op->epochs[i], &known[i])) continue;
        op->epochs[i].us = known[i].us;
        epoch_ask(op, i, &known[i], 'r', "");
    }
    return !op->is_refused;
}

/* ---- reading alone ----------------------------------------------------------------------------------------------- */

struct reading {
    struct shared_op op;
    struct shared_epoch *known;
    bool is_mending;
};

static void on_reading(struct shared_op *op, int part, const struct reply *r) {
    struct reading *q = (struct reading *)op;
    bool ok = q->is_mending ? epoch_take(op, part, r) : epoch_read_take(op, 0, part, r);
    if (ok && op->n_open) return;
    if (ok && !q->is_mending && epoch_is_amiss(op, q->known)) {
        q->is_mending = true;
        if (epoch_mend(op, q->known)) return;
        ok = false;
    }
    op_end(op, ok ? SHARED_DONE : SHARED_DOWN);
}

static void free_reading(struct shared_op *op) { mem_free(((struct reading *)op)->known); }

void shared_read_epochs(struct shared *s, struct shared_tenant *t, const struct shared_epoch *epochs, int n,
                        int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r) {
    struct op_spec spec = {.size = sizeof(struct reading),
                           .t = t,
                           .epochs = epochs,
                           .n_epochs = n,
                           .n_parts = epoch_parts(s, n),
                           .deadline_ms = deadline_ms,
                           .fn = fn,
                           .arg = arg,
                           .seconds = M_REDIS_GET,
                           .on_reply = on_reading,
                           .on_end = free_reading};
    struct reading *q = (struct reading *)op_new(s, &spec, op_r);
    if (!q) return;
    q->known = mem_array((size_t)n, sizeof *q->known);
    if (!q->known || n < 1 || n > SHARED_MAX_EPOCHS) {
        op_end_soon(&q->op, n < 1 && q->known ? SHARED_DONE : SHARED_DOWN);
        return;
    }
    memcpy(q->known, epochs, (size_t)n * sizeof *epochs);
    epoch_read_ask(&q->op, 0);
    op_sent(&q->op);
}

/* ---- raising ----------------------------------------------------------------------------------------------------- */

struct raising {
    struct shared_op op;
    unsigned pays; /* debts of the tenant when this began; 0 = it pays nothing */
    int n_done;
    bool failed;
};

static void set_repay(struct shared *s, int64_t ms) {
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    evtimer_add(s->repay, &tv);
}

static void owe(struct shared_tenant *t) {
    t->debts++;
    if (t->debts == 0) t->debts = t->paid + 1; /* wrapped */
    if (t->s->is_repaying) return;
    t->s->is_repaying = true;
    set_repay(t->s, 100);
}

static void on_raising(struct shared_op *op, int part, const struct reply *r) {
    struct raising *q = (struct raising *)op;
    if (epoch_take(op, part, r)) q->n_done++;
    else q->failed = true;
    if (op->n_open == 0) op_end(op, q->failed ? SHARED_DOWN : SHARED_DONE);
}

/* What was not raised is owed, whoever still listens. */
static void after_raising(struct shared_op *op) {
    struct raising *q = (struct raising *)op;
    bool done = q->n_done == op->n_epochs;
    if (!op->t) return;
    if (q->pays) op->t->is_paying = false;
    if (q->pays && done) op->t->paid = q->pays;
    if (!q->pays && !done) owe(op->t);
}

static void raise_epochs(struct shared_tenant *t, const struct shared_epoch *epochs, int n, char mode,
                         const char *writer, unsigned pays, int64_t deadline_ms, shared_fn *fn, void *arg,
                         struct shared_op **op_r) {
    struct op_spec spec = {.size = sizeof(struct raising),
                           .t = t,
                           .epochs = epochs,
                           .n_epochs = n,
                           .n_parts = n,
                           .deadline_ms = deadline_ms,
                           .fn = fn,
                           .arg = arg,
                           .seconds = M_REDIS_SCRIPT,
                           .on_reply = on_raising,
                           .on_end = after_raising};
    struct raising *q = (struct raising *)op_new(t->s, &spec, op_r);
    if (!q) {
        if (pays) t->is_paying = false;
        else owe(t);
        return;
    }
    q->pays = pays;
    q->op.goes_on = true;
    for (int i = 0; i < n; i++) epoch_ask(&q->op, i, &q->op.epochs[i], mode, writer);
    if (n == 0) op_end_soon(&q->op, SHARED_DONE);
    /* those that could be asked go on; the deadline answers for the rest */
    else if (q->op.n_open == 0) op_end_soon(&q->op, SHARED_DOWN);
    else q->failed = q->op.is_refused;
}

void shared_bump(struct shared *s, struct shared_tenant *t, const struct shared_epoch *epochs, int n,
                 int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r) {
    (void)s;
    raise_epochs(t, epochs, n, 'b', "", 0, deadline_ms, fn, arg, op_r);
}

/* ---- debts ------------------------------------------------------------------------------------------------------- */

/* The tenant's own epoch, above everything that was ever seen. */
static void pay(struct shared_tenant *t) {
    struct shared_epoch star = {.us = t->top_us};
    memcpy(star.name, t->star, sizeof star.name);
    t->is_paying = true;
    raise_epochs(t, &star, 1, 'b', "", t->debts, clock_deadline(1000), NULL, NULL, NULL);
}

static void on_repay(struct shared *s) {
    bool left = false;
    for (struct shared_tenant *t = s->tenants; t; t = t->next) {
        if (!tenant_owes(t)) continue;
        left = true;
        if (!t->is_paying && cluster_is_up(s->cluster)) pay(t);
    }
    s->is_repaying = left;
    if (left) set_repay(s, 500);
}

/* ---- writes under way -------------------------------------------------------------------------------------------- */

struct shared_write {
    struct shared_write *next, **link;
    struct shared_tenant *t;
    int64_t renewed_ms;
    char writer[INSTANCE_HEX + 1];
    int n;
    struct shared_epoch epochs[];
};

static void renew_marks(struct shared *s, bool all) {
    int64_t now = clock_mono_ms();
    for (struct shared_write *w = s->writes; w; w = w->next) {
        if (!all && now - w->renewed_ms < MARK_RENEW_MS) continue;
        w->renewed_ms = now;
        raise_epochs(w->t, w->epochs, w->n, 'k', w->writer, 0, clock_deadline(WRITE_MS), NULL, NULL, NULL);
    }
}

void epoch_on_up(struct shared *s) {
    renew_marks(s, true);
    on_repay(s);
}

struct shared_write *shared_write_begin(struct shared *s, struct shared_tenant *t, const struct shared_epoch *epochs,
                                        int n, int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r) {
    struct shared_write *w = mem_zalloc(sizeof *w + (size_t)n * sizeof *epochs);
    uint8_t id[INSTANCE_HEX / 2];
    struct err e = ERR_INIT;
    if (op_r) *op_r = NULL;
    if (!w || secrets_random(id, sizeof id, &e)) {
        mem_free(w);
        owe(t);
        return NULL;
    }
    name_hex(id, sizeof id, w->writer);
    w->t = t;
    w->n = n;
    w->renewed_ms = clock_mono_ms();
    memcpy(w->epochs, epochs, (size_t)n * sizeof *epochs);
    w->next = s->writes;
    w->link = &s->writes;
    if (w->next) w->next->link = &w->next;
    s->writes = w;
    if (!evtimer_pending(s->repay, NULL)) set_repay(s, MARK_RENEW_MS);
    raise_epochs(t, epochs, n, 'w', w->writer, 0, deadline_ms, fn, arg, op_r);
    return w;
}

/* Nothing is known of its tenant any more; the mark ends by itself, the memory is the holder's. */
static void abandon_write(struct shared_write *w) {
    *w->link = w->next;
    if (w->next) w->next->link = w->link;
    w->t = NULL;
}

void shared_write_end(struct shared_write **p) {
    struct shared_write *w = *p;
    *p = NULL;
    if (!w) return;
    if (w->t) {
        raise_epochs(w->t, w->epochs, w->n, 'e', w->writer, 0, clock_deadline(WRITE_MS), NULL, NULL, NULL);
        abandon_write(w);
    }
    mem_free(w);
}

void epoch_free_all(struct shared *s) {
    while (s->writes) abandon_write(s->writes);
}

/* A reload puts another tenant of the same name in the place of one: what one owes, the other does. */
void epoch_share_debts(struct shared_tenant *t) {
    bool owes = tenant_owes(t);
    for (struct shared_tenant *o = t->s->tenants; o; o = o->next)
        if (o != t && strcmp(o->tag, t->tag) == 0) {
            if (owes && !tenant_owes(o)) owe(o);
            if (tenant_owes(o) && !tenant_owes(t)) owe(t);
            if (o->top_us > t->top_us) t->top_us = o->top_us;
            else o->top_us = t->top_us;
        }
}

void epoch_forget_tenant(struct shared_tenant *t) {
    struct shared_write *next;
    for (struct shared_write *w = t->s->writes; w; w = next) {
        next = w->next;
        if (w->t == t) abandon_write(w);
    }
}

void epoch_on_timer(struct shared *s) {
    on_repay(s);
    renew_marks(s, false);
    if (s->writes && !evtimer_pending(s->repay, NULL)) set_repay(s, MARK_RENEW_MS);
}
