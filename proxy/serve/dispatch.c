#include "dispatch.h"

#include <stdio.h>
#include <string.h>

#include "chunk.h"
#include "core/clock.h"
#include "core/json.h"
#include "fetch.h"
#include "forward.h"
#include "proxy/keys/handle.h"
#include "proxy/tenant/identity.h"
#include "replay.h"
#include "proxy/tenant/session_track.h"
#include "statement.h"

enum { SILENCE_MS = 75 * 1000, SESSION_ANSWER_MAX = 256 * 1024 };

static void on_session_opened(struct exchange *x, const struct forward_answer *f) {
    static const char *const PATH[] = {"session_id", NULL};
    struct sv token;
    struct buf id;
    struct err e = ERR_INIT;
    bool found = false;
    if (f->fault != UPSTREAM_OK || f->status != 200 || !f->complete || !x->has_principal) return;
    if (json_slice(f->body, PATH, &token, &found, &e) || !found) return;
    buf_init(&id, 4096);
    if (json_unquote(&id, token, &e) == RC_OK)
        session_track_open(x->proxy->sessions, x->principal, x->body, buf_sv(&id));
    buf_fini(&id);
}

static void open_session(struct exchange *x) {
    struct forward_plan plan = {.kind = UP_SESSION, .allow_list_only = true, .capture_max = SESSION_ANSWER_MAX,
                                .silence_ms = SILENCE_MS, .finish = on_session_opened};
    x->must_finish = true;
    forward_start(x, &plan);
}

static enum upstream_kind kind_of(enum route r) {
    switch (r) {
    case ROUTE_STATUS:
        return UP_POLL;
    case ROUTE_CHUNK:
        return UP_CHUNK;
    case ROUTE_CANCEL:
    case ROUTE_CLOSE:
    case ROUTE_SESSION_CLOSE:
        return UP_CANCEL;
    case ROUTE_SESSION_OPEN:
        return UP_SESSION;
    default:
        return UP_PASS;
    }
}

static void forward_plainly(struct exchange *x) {
    bool ours = x->route.route != ROUTE_PASS && x->route.route != ROUTE_PASS_WRITES;
    struct forward_plan plan = {
        .allow_list_only = ours,
        .kind = kind_of(x->route.route),
        .silence_ms = SILENCE_MS,
    };
    forward_start(x, &plan);
}

static void close_statement(struct exchange *x) {
    fetch_statement_closed(x->proxy, x->route.id);
    forward_plainly(x);
}

static void find_principal(struct exchange *x) {
    x->has_principal = identity_principal(x->proxy->identity, exchange_header(x, "Authorization"), x->principal);
    if (x->has_principal) memcpy(&x->principal_tag, x->principal, sizeof x->principal_tag);
}

/* Within the tenant's rates? What ends a statement is never held up. */
static bool is_admitted(struct exchange *x) {
    struct upstream_refusal no;
    enum route r = x->route.route;
    if (r == ROUTE_CANCEL || r == ROUTE_CLOSE || r == ROUTE_SESSION_CLOSE) return true;
    if (upstream_client_admit(x->proxy->client, &no)) return true;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; detail=%s", no.reason);
    exchange_refuse(x, no.status, no.error_code, "dbxproxyd: more requests or bytes per second than this tenant may have",
                    no.retry_after_s);
    return false;
}

void dispatch(struct exchange *x) {
    find_principal(x);
    if (!is_admitted(x)) return;
    switch (x->route.route) {
    case ROUTE_EXECUTE:
        statement_begin(x);
        break;
    case ROUTE_STATUS:
    case ROUTE_CHUNK:
    case ROUTE_CANCEL:
    case ROUTE_CLOSE:
        if (handle_is(x->route.id)) replay_begin(x);
        else if (x->route.route == ROUTE_STATUS) statement_poll(x);
        else if (x->route.route == ROUTE_CHUNK) chunk_begin(x);
        else if (x->route.route == ROUTE_CLOSE) close_statement(x);
        else forward_plainly(x);
        break;
    case ROUTE_LINK:
        replay_link(x);
        break;
    case ROUTE_SESSION_OPEN:
        open_session(x);
        break;
    case ROUTE_SESSION_CLOSE:
        session_track_close(x->proxy->sessions, x->route.id);
        forward_plainly(x);
        break;
    case ROUTE_PASS_WRITES:
        cache_write_begin(&x->proxy->cache, M_INVALIDATE_CODE);
        x->write_open = true;
        forward_plainly(x);
        break;
    default:
        forward_plainly(x);
        break;
    }
}
