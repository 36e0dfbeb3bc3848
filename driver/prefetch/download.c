#include "download.h"

#include <stdio.h>

#include "core/clock.h"
#include "core/sea_codec.h"

enum {
    MAX_REFRESHES = 3,
    MAX_ATTEMPTS = 6,
    EXPIRY_MARGIN_MS = 60000,
    DOWNLOAD_BUDGET_MS = 30000,
    CONNECT_BUDGET_MS = 5000,
    REQUEST_MS = 15 * 60 * 1000
};
enum { MIB = 1024 * 1024, MIN_BODY = 64 * MIB, UNKNOWN_BODY = 256 * MIB, MAX_BODY = 1024 * MIB };

/* What a link announces is a hint (older servers told the size before compression), but not one to exceed by far. */
static size_t body_ceiling(const struct download *d) {
    if (d->byte_count <= 0) return UNKNOWN_BODY;
    if (d->byte_count > MAX_BODY / 2) return MAX_BODY;
    size_t twice = (size_t)d->byte_count * 2;
    return twice < MIN_BODY ? MIN_BODY : twice;
}

static enum rc storage_error(const struct download *d, const struct link *link, const char *cause, struct err *e) {
    char host[256];
    http_url_host(link->url, host, sizeof host);
    return err_set(
        e, ERR_STORAGE,
        "result chunk %lld could not be downloaded from storage host %s: %s; let this machine reach that host, or set "
        "EnableQueryResultDownload=0 to take results through the API",
        (long long)d->index, host, cause);
}

/* The caller asks for a link again, a few times at most. */
static enum rc ask_anew(const struct download *d, const struct link *link, const char *cause, struct err *e) {
    return (*d->refreshes)++ >= MAX_REFRESHES ? storage_error(d, link, cause, e) : RC_OK;
}

static bool is_stale(const struct link *link) {
    return link->expires_ms && clock_wall_ms() > link->expires_ms - EXPIRY_MARGIN_MS;
}

/* Storage says "expired" in several ways: 403 (S3, GCS, Azure), 401, and 400 or 404 with a word about it. */
static bool is_refused(int status, struct sv body) {
    if (status == 401 || status == 403) return true;
    if (status != 400 && status != 404) return false;
    for (size_t i = 0; i + 5 < body.len && i < 4096; i++)
        if (sv_istarts(sv_make(body.ptr + i, body.len - i), SV_LIT("expire"))) return true;
    return false;
}

/* ---- one attempt ------------------------------------------------------------------------------------------------- */

struct attempt {
    struct http_answer answer;
    bool answered;
    int64_t took_ms;
};

static void attempt(const struct download *d, const struct link *link, struct cancel *c, struct attempt *a,
                    struct err *e) {
    int64_t began = clock_mono_ms();
    struct http_request rq = {.method = HTTP_GET,
                              .target = link->url,
                              .to_storage = true,
                              .n_headers = link->n_headers,
                              .headers = link->headers,
                              .max_body = body_ceiling(d),
                              .sink = d->sink,
                              .deadline = began + REQUEST_MS};
    a->answered = transport_perform(d->client->http, &rq, c, &a->answer, NULL, e) == RC_OK;
    a->took_ms = clock_mono_ms() - began;
    log_line(d->client->log, LOG_DEBUG, "storage", "chunk %lld -> %d%s, %lld ms%s%s", (long long)d->index,
             a->answer.status, a->answer.http2 ? " over HTTP/2" : "", (long long)a->took_ms, a->answered ? "" : ": ",
             a->answered ? "" : e->text);
}

/* ---- again, or not ----------------------------------------------------------------------------------------------- */

struct tries {
    int n;
    int64_t waited_ms;
};

/* An answer that is none may be the rest of the one before it on that connection. */
static bool is_worth_another(const struct err *e) {
    return e->code == ERR_NET_CONNECT || e->code == ERR_NET_RESET || e->code == ERR_NET_TIMEOUT ||
           e->code == ERR_PROTOCOL;
}

static struct retry_out decide(const struct tries *t, const struct attempt *a, const struct err *e) {
    bool reached = a->answered || a->answer.sent;
    struct retry_budget budget = {DOWNLOAD_BUDGET_MS, DOWNLOAD_BUDGET_MS,
                                  reached ? DOWNLOAD_BUDGET_MS : CONNECT_BUDGET_MS, MAX_ATTEMPTS};
    struct retry_in in = {.class = a->answered || is_worth_another(e) ? RETRY_IDEMPOTENT : RETRY_NONE,
                          .outcome = a->answered ? RETRY_GOT_STATUS : a->answer.sent ? RETRY_BROKE : RETRY_NOT_SENT,
                          .status = a->answer.status,
                          .retry_after_ms = a->answer.retry_after_ms,
                          .attempt = t->n,
                          /* a long download that broke deserves another try; a host that does not answer does not */
                          .elapsed_ms = t->waited_ms + (reached ? 0 : a->took_ms),
                          .left_ms = INT64_MAX,
                          .random = sea_random()};
    return retry_decide(&in, &budget);
}

static enum rc give_up(const struct download *d, const struct link *link, const struct attempt *a, struct err *e) {
    char cause[700];
    if (!a->answered && !is_worth_another(e) && e->code != ERR_NET_DNS && e->code != ERR_NET_TLS) return RC_ERR;
    if (a->answered) sea_http_error(a->answer.status, buf_sv(&a->answer.body), e);
    snprintf(cause, sizeof cause, "%.600s", e->text);
    int status = a->answered ? a->answer.status : 0;
    storage_error(d, link, cause, e);
    e->http_status = status;
    return RC_ERR;
}

static enum rc wait_for_next(const struct download *d, struct tries *t, const struct retry_out *next,
                             const struct attempt *a, struct cancel *c, struct err *e) {
    log_line(d->client->log, LOG_WARNING, "retry", "result chunk %lld in %lld ms (%s), attempt %d failed: %s",
             (long long)d->index, (long long)next->wait_ms, next->reason, t->n,
             a->answered ? "HTTP error from storage" : e->text);
    t->waited_ms += next->wait_ms;
    if (!cancel_nap(c, clock_mono_ms() + next->wait_ms)) return RC_OK;
    return err_set(e, ERR_CANCELLED, "cancelled while downloading result chunk %lld", (long long)d->index);
}

/* *again = false: the download is at its end, done or not. */
static enum rc judge(const struct download *d, const struct link *link, const struct attempt *a, struct tries *t,
                     struct cancel *c, bool *again, struct err *e) {
    *again = false;
    if (a->answered && is_refused(a->answer.status, buf_sv(&a->answer.body)))
        return ask_anew(d, link, "the storage refused the link (HTTP 401 or 403) again and again", e);
    struct retry_out next = decide(t, a, e);
    if (!next.again) return give_up(d, link, a, e);
    *again = true;
    return wait_for_next(d, t, &next, a, c, e);
}

enum rc download_run(const struct download *d, const struct link *link, struct cancel *c, bool *done, struct err *e) {
    struct tries tries = {0, 0};
    enum rc rc = RC_OK;
    *done = false;
    for (bool again = true; again && rc == RC_OK && !*done;) {
        struct attempt a;
        if (!(d->fresh && !tries.n) && is_stale(link))
            return ask_anew(d, link, "the links that the server hands out have expired already", e);
        attempt(d, link, c, &a, e);
        tries.n++;
        *done = a.answered && a.answer.status == 200;
        if (!*done) {
            d->restart(d->sink->arg);
            rc = judge(d, link, &a, &tries, c, &again, e);
        }
        http_answer_fini(&a.answer);
    }
    return rc;
}
