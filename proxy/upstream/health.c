/* health: how the warehouses of the fail-over group are, asked by REST every few seconds. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "proxy/request/http_hdr.h"
#include "question.h"
#include "upstream_priv.h"

enum { ASK_MS = 10 * 1000, MAX_ANSWER = 64 * 1024 };

struct patient {
    struct health_watch *watch;
    struct target *target;
    struct question question;
};

struct health_watch {
    struct upstream *up;
    struct event *timer;
    int n;
    struct patient patients[];
};

/* What cannot be learned is unknown: neither well nor ill. 404 is how a deleted one looks. */
static void learn(struct patient *p) {
    static const char *const PATH[] = {"state", NULL};
    struct target *t = p->target;
    struct err e = ERR_INIT;
    struct sv token = SV_NULL;
    bool found = false;
    int status = question_status(&p->question);
    t->health = status == 404 ? HEALTH_DOWN : HEALTH_UNKNOWN;
    snprintf(t->health_word, sizeof t->health_word, "%s", status == 404 ? "DELETED" : "");
    if (status != 200 || json_slice(buf_sv(&p->question.answer), PATH, &token, &found, &e) || !found || token.len < 2) return;
    t->health = health_of_word(token.ptr + 1, token.len - 2);
    snprintf(t->health_word, sizeof t->health_word, "%.*s", (int)token.len - 2, token.ptr + 1);
}

static void on_answer(void *arg, enum upstream_fault fault) {
    struct patient *p = arg;
    (void)fault;
    learn(p);
    buf_fini(&p->question.answer);
}

static enum rc ask(struct patient *p, struct err *e) {
    const struct config_upstream *up = p->watch->up->up;
    struct evkeyvalq headers;
    struct buf path, token;
    TAILQ_INIT(&headers);
    buf_init(&path, 1024);
    buf_init(&token, 64 * 1024);
    struct upstream_call call = {.kind = UP_HEALTH, .method = "GET", .headers = &headers, .total_ms = ASK_MS};
    enum rc rc = buf_addf(&path, e, "/api/2.0/sql/warehouses/%s", p->target->warehouse);
    if (rc == RC_OK) rc = buf_addf(&token, e, "Bearer %s", up->health_token);
    if (rc == RC_OK && evhttp_add_header(&headers, "Authorization", token.ptr)) rc = err_nomem(e);
    call.target = path.ptr;
    if (rc == RC_OK) rc = question_ask(&p->question, p->watch->up, call, e);
    http_hdr_wipe(&headers);
    buf_wipe(&token);
    buf_fini(&path);
    return rc;
}

static void again_in(struct health_watch *w, int64_t ms) {
    struct timeval tv = {ms / 1000, ms % 1000 * 1000};
    evtimer_add(w->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg) {
    struct health_watch *w = arg;
    int64_t ms = w->up->up->health_ms;
    (void)fd;
    (void)what;
    for (int i = 0; i < w->n; i++) {
        struct err e = ERR_INIT;
        if (!w->patients[i].question.req && ask(&w->patients[i], &e)) w->patients[i].target->health = HEALTH_UNKNOWN;
    }
    /* spread by a fifth, so that instances do not ask in step */
    again_in(w, ms * 4 / 5 + ms * 2 / 5 * (int64_t)(upstream_chance(w->up) % 1024) / 1024);
}

enum rc health_start(struct upstream *u, struct err *e) {
    const struct cfg_list *ids = &u->up->failover;
    if (ids->n < 2 || !*u->up->health_token) return RC_OK;
    struct health_watch *w = mem_zalloc(sizeof *w + (size_t)ids->n * sizeof w->patients[0]);
    if (!w) return err_nomem(e);
    w->up = u;
    u->health = w;
    w->timer = evtimer_new(u->base, on_timer, w);
    if (!w->timer) return err_nomem(e);
    for (int i = 0; i < ids->n; i++) {
        struct target *t = targets_get(&u->targets, ids->v[i]);
        if (!t) return err_nomem(e);
        t->users++;
        w->patients[w->n].watch = w;
        w->patients[w->n].target = t;
        question_init(&w->patients[w->n].question, MAX_ANSWER, on_answer, &w->patients[w->n]);
        w->n++;
    }
    again_in(w, 0);
    return RC_OK;
}

void health_stop(struct upstream *u) {
    struct health_watch *w = u->health;
    if (!w) return;
    u->health = NULL;
    for (int i = 0; i < w->n; i++) {
        struct patient *p = &w->patients[i];
        question_fini(&p->question);
        p->target->users--;
        p->target->health = HEALTH_UNKNOWN;
        p->target->health_word[0] = '\0';
    }
    if (w->timer) event_free(w->timer);
    mem_free(w);
}
