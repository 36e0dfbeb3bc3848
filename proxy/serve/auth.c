#include "auth.h"

static void on_answer(void *arg, const struct identity_answer *a) {
    struct exchange *x = arg;
    identity_wait_drop(&x->waiting);
    x->auth_then(x, a);
}

void auth_require(struct exchange *x, void (*then)(struct exchange *x, const struct identity_answer *a)) {
    static const struct identity_answer YES = {.result = IDENTITY_ACCEPTED}, UNCERTAIN = {.result = IDENTITY_UNCERTAIN};
    struct err e = ERR_INIT;
    if (identity_is_fresh(x->proxy->identity, x->principal)) {
        then(x, &YES);
        return;
    }
    exchange_move(x, EXCHANGE_ASKING);
    x->auth_then = then;
    if (identity_ask(x->proxy->identity, x->principal, evhttp_request_get_input_headers(x->req), on_answer, x,
                     &x->waiting, &e))
        then(x, &UNCERTAIN);
}

void auth_pass_refusal(struct exchange *x, const struct identity_answer *a) {
    struct evbuffer *body = evbuffer_new();
    if (!body || evbuffer_add(body, a->body.ptr, a->body.len)) {
        if (body) evbuffer_free(body);
        exchange_break(x);
        return;
    }
    x->outcome = OUTCOME_REFUSED;
    exchange_answer(x, a->status, body, NULL);
    evbuffer_free(body);
}
