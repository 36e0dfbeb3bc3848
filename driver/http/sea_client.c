#include "sea_client.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/sea_codec.h"

enum { IDEMPOTENT_BUDGET_MS = 60000, ONCE_BUDGET_MS = 3000, MAX_OTHER = 6, REQUEST_MS = 15 * 60 * 1000 };

static const char *const METHODS[] = {"GET", "POST", "DELETE"};

uint32_t sea_random(void) {
    uint64_t x = (uint64_t)clock_mono_us() * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)((x ^ x >> 29) >> 16);
}

/* Names that do not resolve and certificates that do not fit will not do so a second later either. */
static bool is_hopeless(const struct err *e) {
    return e->code != ERR_NET_CONNECT && e->code != ERR_NET_RESET && e->code != ERR_NET_TIMEOUT;
}

/* Nothing listens where the proxy was, and session.c knows another way, or how to bring it back: no time is lost here. */
static bool has_other_way(const struct sea_client *client, const struct sea_call *call, const struct http_answer *a,
                          const struct err *e) {
    const struct options *o = client->conf;
    bool is_auto = sv_ieq(sv_trim(sv_of(o->proxy)), SV_LIT("auto"));
    if (call->class != RETRY_EXECUTE || a->sent || e->code != ERR_NET_CONNECT) return false;
    return transport_is_routed(client->http) && (o->proxy_fallback || (is_auto && call->starts_statement));
}

static struct retry_out decide(const struct sea_client *client, const struct sea_call *call,
                               const struct http_answer *a, bool answered, const struct err *e, int attempt,
                               int64_t began) {
    const struct options *o = client->conf;
    /* 503 may mean a starting warehouse only until it has taken the statement; after that it is trouble. */
    int busy_s = call->class == RETRY_EXECUTE ? o->warehouse_timeout : o->rate_limit_timeout;
    struct retry_budget budget = {.rate_limit_ms = (int64_t)o->rate_limit_timeout * 1000,
                                  .busy_ms = (int64_t)busy_s * 1000,
                                  .other_ms = call->class == RETRY_EXECUTE ? ONCE_BUDGET_MS : IDEMPOTENT_BUDGET_MS,
                                  .max_other = MAX_OTHER};
    struct retry_in in = {.class = call->class,
                          .outcome = answered ? RETRY_GOT_STATUS : a->sent ? RETRY_BROKE : RETRY_NOT_SENT,
                          .status = a->status,
                          .retry_after_ms = a->retry_after_ms,
                          .attempt = attempt,
                          .elapsed_ms = clock_mono_ms() - began,
                          .left_ms = clock_left_ms(call->deadline, INT64_MAX),
                          .random = sea_random()};
    if (!answered && is_hopeless(e) && !(a->sent && call->class == RETRY_EXECUTE)) in.class = RETRY_NONE;
    if (!answered && has_other_way(client, call, a, e)) in.class = RETRY_NONE;
    return retry_decide(&in, &budget);
}

/* ---- the error --------------------------------------------------------------------------------------------------- */

static const char *hint_of(const struct err *e) {
    switch (e->code) {
    case ERR_AUTH:
        return e->http_status == 403 ? "; check the token and the right to use this warehouse (CAN USE)"
                                     : "; check the token (PWD, Auth_AccessToken or TokenFile)";
    case ERR_WAREHOUSE: return "; check HTTPPath against the warehouse's connection details";
    case ERR_BUSY: return "; try later, or raise WarehouseStartTimeout or RateLimitRetryTimeout";
    default: return "";
    }
}

/* "POST dbc-x.cloud.databricks.com/api/2.0/sql/statements: HTTP 403: …; check … [x-request-id …]" */
static enum rc tell(const struct sea_client *client, const struct sea_call *call, const struct http_answer *a,
                    struct err *e) {
    size_t used = strlen(e->text);
    const char *hint = hint_of(e);
    snprintf(e->text + used, sizeof e->text - used, "%s%s%s%s", hint, *a->request_id ? " [x-request-id " : "",
             a->request_id, *a->request_id ? "]" : "");
    if (!a->status) return err_wrap(e, "%s %.120s", METHODS[call->method], call->path);
    return err_wrap(e, "%s %s%.120s", METHODS[call->method], transport_host(client->http), call->path);
}

static enum rc outcome_unknown(struct err *e) {
    struct err cause = *e;
    err_set(e, ERR_OUTCOME_UNKNOWN,
            "the statement was sent, but no answer came (%s); it may have run: check before repeating it", cause.text);
    e->http_status = cause.http_status;
    return RC_ERR;
}

static bool is_final_code(const struct err *e) {
    return e->code == ERR_CANCELLED || e->code == ERR_NOMEM || e->code == ERR_INTERNAL || e->code == ERR_LIMIT;
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static enum rc attempt(const struct sea_client *client, const struct sea_call *call, struct cancel *c,
                       struct http_answer *out, struct http_flight **left, struct err *e) {
    static const struct sea_header sync = {"x-databricks-sea-can-run-fully-sync", "true"};
    struct http_request rq = {.method = call->method,
                              .target = call->path,
                              .once = call->class == RETRY_EXECUTE,
                              .body = call->body,
                              .n_headers = call->is_metadata ? 1 : 0,
                              .headers = &sync,
                              .max_body = call->max_body ? call->max_body : 16 * 1024 * 1024,
                              .deadline = clock_sooner(call->deadline, clock_mono_ms() + REQUEST_MS),
                              .quiet_ms = call->quiet_ms};
    int64_t began = clock_mono_ms();
    enum rc rc = transport_perform(client->http, &rq, c, out, left, e);
    log_line(client->log, LOG_DEBUG, "http", "%s %s -> %d, %zu bytes, %lld ms%s%s%s%s", METHODS[call->method],
             call->path, out->status, out->body.len, (long long)(clock_mono_ms() - began),
             *out->request_id ? ", request " : "", out->request_id, rc ? ": " : "", rc ? e->text : "");
    return rc;
}

enum rc sea_call(const struct sea_client *client, const struct sea_call *call, struct cancel *c,
                 struct http_answer *out, struct http_flight **left, struct err *e) {
    int64_t began = clock_mono_ms();
    for (int n = 1;; n++) {
        bool answered = attempt(client, call, c, out, left, e) == RC_OK;
        if (answered && out->status >= 200 && out->status < 300) return RC_OK;
        if (answered) sea_http_error(out->status, buf_sv(&out->body), e);
        if (!answered && is_final_code(e)) return e->code == ERR_CANCELLED ? RC_ERR : tell(client, call, out, e);
        struct retry_out next = decide(client, call, out, answered, e, n, began);
        if (!next.again) {
            log_line(client->log, LOG_DEBUG, "http", "no repetition of %s %s: %s", METHODS[call->method], call->path,
                     next.reason);
            return next.maybe_done && call->starts_statement ? outcome_unknown(e) : tell(client, call, out, e);
        }
        log_line(client->log, LOG_WARNING, "retry", "%s %s in %lld ms (%s), attempt %d failed: %s",
                 METHODS[call->method], call->path, (long long)next.wait_ms, next.reason, n, e->text);
        http_answer_fini(out);
        if (cancel_nap(c, clock_mono_ms() + next.wait_ms)) return err_set(e, ERR_CANCELLED, "cancelled");
    }
}
