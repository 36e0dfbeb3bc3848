#include "question.h"

#include "core/clock.h"

void question_init(struct question *q, size_t most, question_fn *fn, void *arg) {
    *q = (struct question){.fn = fn, .arg = arg};
    buf_init(&q->answer, most);
}

void question_fini(struct question *q) {
    upstream_cancel(&q->req);
    buf_fini(&q->answer);
}

static void on_head(void *arg, int status, struct evkeyvalq *headers) {
    struct question *q = arg;
    (void)headers;
    q->head = status;
}

static bool on_body(void *arg, struct sv bytes) {
    struct question *q = arg;
    struct err e = ERR_INIT;
    if (q->is_whole && buf_addsv(&q->answer, bytes, &e)) q->is_whole = false;
    return true;
}

static void on_done(void *arg, const struct upstream_end *end) {
    struct question *q = arg;
    q->req = NULL;
    if (end->fault != UPSTREAM_OK) q->is_whole = false;
    q->fn(q->arg, end->fault);
}

enum rc question_ask(struct question *q, struct upstream *u, struct upstream_call call, struct err *e) {
    static const struct upstream_events EVENTS = {on_head, on_body, on_done};
    call.decode = true;
    call.silence_ms = call.total_ms;
    buf_reset(&q->answer);
    q->head = 0;
    q->is_whole = true;
    q->sent_ms = clock_mono_ms();
    return upstream_start(u, &call, &EVENTS, q, &q->req, e);
}

int question_status(const struct question *q) { return q->is_whole ? q->head : 0; }

cJSON *question_json(const struct question *q) {
    struct err e = ERR_INIT;
    cJSON *tree = NULL;
    if (question_status(q) != 200 || json_parse(buf_sv(&q->answer), &tree, &e)) return NULL;
    return tree;
}
