/* One question: its parts under way, its deadline, its answer. */
#include <event2/event.h>

#include "core/clock.h"
#include "core/mem.h"
#include "shared_priv.h"

enum { MAX_BLAMED = 8, COMPLAIN_MS = 60000 };

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static void drop_parts(struct shared_op *op) {
    for (int i = 0; i < op->n_parts; i++) cluster_drop(&op->parts[i].call);
    op->n_open = 0;
}

bool op_parts(struct shared_op *op, int n) {
    struct op_part *parts = mem_array((size_t)n, sizeof *parts);
    if (!parts) return false;
    mem_free(op->parts);
    op->parts = parts;
    op->n_parts = n;
    for (int i = 0; i < n; i++) parts[i] = (struct op_part){.op = op, .index = i};
    return true;
}

static void on_part(void *arg, const struct reply *r) {
    struct op_part *part = arg;
    struct shared_op *op = part->op;
    part->call = NULL;
    op->n_open--;
    if (!op->is_over) op->on_reply(op, part->index, r);
}

void op_ask(struct shared_op *op, int part, struct sv key, struct parcel *w, enum cluster_kind kind) {
    struct op_part *p = &op->parts[part];
    if (p->call) { /* its last reply is still to come: replies got out of order */
        op->is_refused = true;
        parcel_unref(&w);
        return;
    }
    p->call = w ? cluster_ask(op->s->cluster, slots_of(key), w, kind, on_part, p) : NULL;
    if (p->call) op->n_open++;
    else op->is_refused = true;
    parcel_unref(&w);
}

void op_sent(struct shared_op *op) {
    if (op->is_refused) op_end_soon(op, SHARED_DOWN);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void release(struct shared_op *op) {
    drop_parts(op);
    *op->link = op->next;
    if (op->next) op->next->link = op->link;
    if (op->timer) event_free(op->timer);
    buf_wipe(&op->answer.value);
    mem_free(op->parts);
    mem_free(op->epochs);
    mem_free(op);
}

void op_end(struct shared_op *op, enum shared_result result) {
    shared_fn *fn = op->fn;
    op->is_over = true;
    op->answer.result = result;
    op->answer.epochs = op->epochs;
    op->answer.n_epochs = result == SHARED_DOWN ? 0 : op->n_epochs;
    drop_parts(op);
    if (op->on_end) op->on_end(op);
    if (result != SHARED_DOWN) metrics_observe(op->s->metrics, op->seconds, clock_mono_us() - op->began_us);
    if (fn) fn(op->arg, &op->answer);
    release(op);
}

void op_end_soon(struct shared_op *op, enum shared_result result) {
    op->is_over = true;
    op->answer.result = result;
    event_active(op->timer, EV_TIMEOUT, 0);
}

/* One failure for each server that was asked, however many parts it owes. */
static void blame(struct shared_op *op) {
    struct node *who[MAX_BLAMED];
    int n = 0;
    for (int i = 0; i < op->n_parts; i++) {
        struct node *node = op->parts[i].call ? cluster_call_node(op->parts[i].call) : NULL;
        int seen = 0;
        while (seen < n && who[seen] != node) seen++;
        if (node && seen == n && n < MAX_BLAMED) who[n++] = node;
    }
    drop_parts(op);
    metrics_add_named(op->s->metrics, M_REDIS_ERRORS, "timeout", 1);
    for (int i = 0; i < n; i++) node_timed_out(who[i]);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct shared_op *op = arg;
    (void)fd;
    (void)what;
    if (!op->is_over) {
        op->is_over = true;
        op->answer.result = SHARED_DOWN;
        blame(op);
    }
    op_end(op, op->answer.result);
}

void op_set_deadline(struct shared_op *op, int64_t deadline_ms) {
    int64_t ms = clock_left_ms(deadline_ms, 60000);
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    evtimer_add(op->timer, &tv);
}

void shared_drop(struct shared_op **p) {
    struct shared_op *op = *p;
    *p = NULL;
    if (!op) return;
    op->fn = NULL;
    if (op->goes_on) return;
    op->is_over = true;
    if (op->on_end) op->on_end(op);
    release(op);
}

/* ---- the beginning ----------------------------------------------------------------------------------------------- */

/* Nothing can be done later, so the answer comes now: worse than that would be none. */
static struct shared_op *no_memory(const struct op_spec *spec) {
    struct shared_answer a = {.result = SHARED_DOWN};
    if (spec->fn) spec->fn(spec->arg, &a);
    return NULL;
}

struct shared_op *op_new(struct shared *s, const struct op_spec *spec, struct shared_op **op_r) {
    struct shared_op *op = mem_zalloc(spec->size);
    if (op_r) *op_r = NULL;
    if (!op) return no_memory(spec);
    op->s = s;
    op->t = spec->t;
    op->fn = spec->fn;
    op->arg = spec->arg;
    op->seconds = spec->seconds;
    op->on_reply = spec->on_reply;
    op->on_end = spec->on_end;
    op->began_us = clock_mono_us();
    op->n_epochs = spec->n_epochs;
    buf_init(&op->answer.value, SHARED_MAX_VALUE);
    op->timer = evtimer_new(s->base, on_timer, op);
    op->epochs = spec->n_epochs ? mem_array((size_t)spec->n_epochs, sizeof *op->epochs) : NULL;
    op->next = s->ops;
    op->link = &s->ops;
    if (op->next) op->next->link = &op->next;
    s->ops = op;
    if (!op->timer || (spec->n_epochs && !op->epochs) || !op_parts(op, spec->n_parts)) {
        op->on_end = NULL;
        release(op);
        return no_memory(spec);
    }
    if (spec->n_epochs) memcpy(op->epochs, spec->epochs, (size_t)spec->n_epochs * sizeof *op->epochs);
    op_set_deadline(op, spec->deadline_ms);
    if (op_r) *op_r = op;
    return op;
}

/* ---- replies that are errors ------------------------------------------------------------------------------------- */

static const char *kind_of(const struct reply *r) {
    if (!r) return "no-answer";
    if (reply_is_error(r, "OOM") || reply_is_error(r, "MISCONF")) return "full";
    if (reply_is_error(r, "READONLY") || reply_is_error(r, "NOREPLICAS")) return "read-only";
    return "server";
}

bool shared_is_bad(struct shared *s, const struct reply *r) {
    if (r && r->type != REPLY_ERROR) return false;
    const char *kind = kind_of(r);
    int64_t now = clock_mono_ms();
    metrics_add_named(s->metrics, M_REDIS_ERRORS, kind, 1);
    if (strcmp(kind, "full") == 0 || strcmp(kind, "read-only") == 0) s->no_writes_until = now + NO_WRITES_MS;
    if (r && (s->complained_ms == 0 || now - s->complained_ms > COMPLAIN_MS)) {
        s->complained_ms = now;
        log_line(s->log, LOG_WARNING, "redis", "a command was refused: %s", r->str);
    }
    return true;
}

bool shared_may_write(const struct shared *s) { return clock_mono_ms() >= s->no_writes_until; }
