#include "auth.h"

#include <string.h>

#include "proxy/redis/shared.h"

static void on_answer(void *arg, const struct identity_answer *a) {
    struct exchange *x = arg;
    identity_wait_drop(&x->waiting);
    if (a->result == IDENTITY_REFUSED && x->tenant->shared)
        shared_tell(x->tenant->shared, x->tenant->store, 'r', x->token); /* no instance believes it any more */
    x->auth_then(x, a);
}

static void ask(struct exchange *x, void (*then)(struct exchange *x, const struct identity_answer *a)) {
    static const struct identity_answer UNCERTAIN = {.result = IDENTITY_UNCERTAIN};
    struct err e = ERR_INIT;
    exchange_move(x, EXCHANGE_ASKING);
    x->auth_then = then;
    if (identity_ask(x->tenant->identity, x->token, evhttp_request_get_input_headers(x->req), on_answer, x,
                     &x->waiting, &e))
        then(x, &UNCERTAIN);
}

void auth_require(struct exchange *x, void (*then)(struct exchange *x, const struct identity_answer *a)) {
    static const struct identity_answer YES = {.result = IDENTITY_ACCEPTED};
    if (identity_is_fresh(x->tenant->identity, x->token)) then(x, &YES);
    else ask(x, then);
}

/* ---- who is it? ------------------------------------------------------------------------------------------------ */

static bool take_principal(struct exchange *x) {
    struct sv user;
    if (!identity_principal(x->tenant->identity, x->token, x->principal, &user)) return false;
    x->has_principal = true;
    if (user.ptr) x->user = sv_of(arena_dup(&x->arena, user));
    memcpy(&x->principal_tag, x->principal, sizeof x->principal_tag);
    return true;
}

/* A user that cannot be found out is the token alone: nothing is shared then. */
static void on_principal(struct exchange *x, const struct identity_answer *a) {
    if (a->result == IDENTITY_REFUSED) {
        auth_pass_refusal(x, a);
        return;
    }
    if (!take_principal(x)) {
        memcpy(x->principal, x->token, sizeof x->principal);
        x->has_principal = true;
        memcpy(&x->principal_tag, x->principal, sizeof x->principal_tag);
    }
    x->principal_then(x);
}

void auth_find_principal(struct exchange *x, void (*then)(struct exchange *x)) {
    x->has_token = identity_token(x->tenant->identity, exchange_header(x, "Authorization"), x->token);
    x->principal_then = then;
    if (!x->has_token || take_principal(x)) then(x);
    else ask(x, on_principal);
}

void auth_pass_refusal(struct exchange *x, const struct identity_answer *a) {
    struct evbuffer *body = evbuffer_new();
    if (!body || evbuffer_add(body, a->body.ptr, a->body.len)) {
        if (body) evbuffer_free(body);
        exchange_break(x);
        return;
    }
    x->outcome = REQUEST_REFUSED;
    exchange_answer(x, a->status, body, NULL);
    evbuffer_free(body);
}
