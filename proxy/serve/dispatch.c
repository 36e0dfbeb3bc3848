#include "dispatch.h"

#include <stdio.h>
#include <string.h>

#include "auth.h"
#include "chunk.h"
#include "core/json.h"
#include "fetch.h"
#include "flight.h"
#include "forward.h"
#include "proxy/keys/handle.h"
#include "proxy/tenant/session_track.h"
#include "proxy/tenant/tombstone.h"
#include "proxy/tenant/writes.h"
#include "replay.h"
#include "statement.h"
#include "warehouse.h"

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
        session_track_open(x->tenant->sessions, x->principal, x->body, buf_sv(&id));
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

/* ---- upstream's own ids ---------------------------------------------------------------------------------------- */

static void answer_state(struct exchange *x, const char *state) {
    struct evbuffer *body = evbuffer_new();
    bool ok = body && evbuffer_add_printf(body, "{\"statement_id\":\"" SV_FMT "\",\"status\":{\"state\":\"%s\"}}",
                                          SV_ARG(x->route.id), state) > 0;
    if (ok) exchange_answer(x, 200, body, NULL);
    else exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    if (body) evbuffer_free(body);
}

static void answer_done(struct exchange *x) {
    struct evbuffer *body = evbuffer_new();
    if (body && evbuffer_add(body, "{}", 2) == 0) exchange_answer(x, 200, body, NULL);
    else exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
    if (body) evbuffer_free(body);
}

static struct flight *own_flight(const struct exchange *x) {
    struct flight *f = flight_by_upstream_id(x->proxy->flights, x->tenant, x->route.id);
    return f && x->has_principal && flight_is_of(f, x->principal) ? f : NULL;
}

/* Cancel or close of a statement in which others take part ends this client's part only. */
static void leave_statement(struct exchange *x) {
    struct flight *f = own_flight(x);
    bool closes = x->route.route == ROUTE_CLOSE;
    enum tombstone what = closes ? TOMBSTONE_CLOSED : TOMBSTONE_CANCELED;
    bool again = f && tombstones_find(x->tenant->tombstones, x->route.id) != TOMBSTONE_NONE;
    struct sv id;
    bool shared = closes && !f && x->has_principal &&
                  flights_id_is_shared(x->proxy->flights, x->tenant, x->principal, x->route.id);
    if (closes && !shared) fetch_statement_closed(x->proxy, x->route.id);
    if (again || shared || (f && flight_detach(f, true, &id))) {
        tenant_bury(x->tenant, x->route.id, what);
        answer_done(x);
    } else {
        forward_plainly(x);
    }
}

/* News of a flight may come by another's token. */
static void on_poller(struct exchange *x, const struct identity_answer *a) {
    struct flight *f = own_flight(x);
    if (a->result == IDENTITY_REFUSED) auth_pass_refusal(x, a);
    else if (a->result == IDENTITY_ACCEPTED && f) flight_poll(x, f, true);
    else statement_poll(x);
}

static void poll_statement(struct exchange *x) {
    static const char *const STATES[] = {[TOMBSTONE_CANCELED] = "CANCELED", [TOMBSTONE_CLOSED] = "CLOSED"};
    enum tombstone stone = tombstones_find(x->tenant->tombstones, x->route.id);
    struct flight *f = own_flight(x);
    if (stone != TOMBSTONE_NONE) answer_state(x, STATES[stone]);
    else if (f) auth_require(x, on_poller);
    else statement_poll(x);
}

/* ---- everything else ------------------------------------------------------------------------------------------- */

static void pass(struct exchange *x) {
    int allowed = x->tenant->config->security.passthrough;
    bool may = allowed == PASS_ALL || (allowed == PASS_LISTED && route_is_listed(sv_of(x->path)));
    if (may && warehouse_begin(x)) return;
    if (may) forward_plainly(x);
    else
        exchange_refuse(x, 404, "ENDPOINT_NOT_FOUND",
                        "dbxproxyd: this path is not forwarded (security.passthrough)", 0);
}

static void pass_write(struct exchange *x) {
    x->write = write_begin(x->tenant->writes, NULL, 0, M_INVALIDATE_CODE);
    if (x->write) pass(x);
    else exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
}

static void close_session(struct exchange *x) {
    session_track_close(x->tenant->sessions, x->route.id);
    forward_plainly(x);
}

static void on_principal(struct exchange *x) {
    bool sealed = handle_is(x->route.id);
    switch (x->route.route) {
    case ROUTE_EXECUTE: statement_begin(x); break;
    case ROUTE_STATUS: sealed ? replay_begin(x) : poll_statement(x); break;
    case ROUTE_CHUNK: sealed ? replay_begin(x) : chunk_begin(x); break;
    case ROUTE_CANCEL:
    case ROUTE_CLOSE: sealed ? replay_begin(x) : leave_statement(x); break;
    case ROUTE_SESSION_OPEN: open_session(x); break;
    case ROUTE_SESSION_CLOSE: close_session(x); break;
    case ROUTE_PASS_WRITES: pass_write(x); break;
    default: pass(x); break;
    }
}

/* Within the tenant's rates? What ends a statement is never held up. */
static bool is_admitted(struct exchange *x) {
    struct upstream_refusal no;
    enum route r = x->route.route;
    if (r == ROUTE_CANCEL || r == ROUTE_CLOSE || r == ROUTE_SESSION_CLOSE) return true;
    if (upstream_client_admit(x->tenant->client, &no)) return true;
    snprintf(x->cache_status, sizeof x->cache_status, "dbxproxyd; detail=%s", no.reason);
    exchange_refuse(x, no.status, no.error_code,
                    "dbxproxyd: more requests or bytes per second than this tenant may have", no.retry_after_s);
    return false;
}

void dispatch(struct exchange *x) {
    if (!is_admitted(x)) return;
    if (x->route.route == ROUTE_LINK) replay_link(x);
    else auth_find_principal(x, on_principal);
}
