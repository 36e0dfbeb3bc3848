/* flight: one HTTP request from its headers to its answer. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/retry.h"
#include "pipe_guard.h"
#include "transport_priv.h"

enum { POLL_MS = 1000, BLIND_POLL_MS = 50 };

/* ---- callbacks of a flight --------------------------------------------------------------------------------------- */

static curl_off_t announced_length(const struct http_flight *f) {
    curl_off_t length = -1;
    curl_easy_getinfo(f->conn->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length;
}

/* One allocation instead of many, when the length is told and believable. When it fails, the bytes will say so. */
static void make_room(struct http_flight *f) {
    struct err ignored;
    curl_off_t length = announced_length(f);
    if (length <= 0 || (size_t)length > f->answer.body.max || length >= (curl_off_t)64 * 1024 * 1024) return;
    if (buf_reserve(&f->answer.body, (size_t)length, &ignored)) {}
}

static bool goes_to_sink(const struct http_flight *f) {
    long status = 0;
    if (!f->sink) return false;
    curl_easy_getinfo(f->conn->easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 200;
}

/* The time that the sink keeps us waiting is not the server's. */
static enum rc sink(struct http_flight *f, struct sv bytes, struct err *e) {
    int64_t began = clock_mono_ms();
    if (bytes.len > f->answer.body.max - f->sunk) return err_set(e, ERR_LIMIT, "more than %zu bytes", f->answer.body.max);
    if (!f->sunk) f->sink->begin(f->sink->arg, announced_length(f));
    f->sunk += bytes.len;
    if (f->sink->take(f->sink->arg, bytes, f->sink_fault)) return f->sink_failed = true, RC_ERR;
    f->last_byte = clock_mono_ms();
    if (f->deadline != CLOCK_NEVER) f->deadline += f->last_byte - began;
    return RC_OK;
}

size_t http_on_body(char *bytes, size_t size, size_t n, void *arg) {
    struct http_flight *f = arg;
    struct err e = ERR_INIT;
    f->last_byte = clock_mono_ms();
    bool sinks = goes_to_sink(f);
    if (!sinks && !f->answer.body.len) make_room(f);
    if ((sinks ? sink(f, sv_make(bytes, size * n), &e) : buf_add(&f->answer.body, bytes, size * n, &e)) == RC_OK)
        return size * n;
    f->too_large = !f->sink_failed && e.code == ERR_LIMIT;
    return 0;
}

static void copy_value(char *to, size_t cap, struct sv v) {
    size_t n = v.len < cap ? v.len : cap - 1, w = 0;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)v.ptr[i] >= 0x20 && (unsigned char)v.ptr[i] < 0x7F) to[w++] = v.ptr[i];
    to[w] = '\0';
}

static int64_t read_age(struct sv value) {
    long long seconds;
    return sv_to_i64(value, &seconds) && seconds >= 0 ? seconds : -1;
}

size_t http_on_header(char *bytes, size_t size, size_t n, void *arg) {
    struct http_flight *f = arg;
    struct sv line = sv_trim(sv_make(bytes, size * n)), name, value;
    f->last_byte = clock_mono_ms();
    f->header_bytes += size * n;
    if (f->header_bytes > MAX_HEADER_BYTES) return f->bad_headers = true, 0;
    if (sv_istarts(line, SV_LIT("HTTP/"))) { /* a new answer: what an interim one said is void */
        f->answer.retry_after_ms = -1;
        return size * n;
    }
    if (!sv_cut(line, ':', &name, &value)) return size * n;
    value = sv_trim(value);
    if (sv_ieq(name, SV_LIT("x-request-id"))) copy_value(f->answer.request_id, sizeof f->answer.request_id, value);
    else if (sv_ieq(name, SV_LIT("cache-status")))
        copy_value(f->answer.cache_status, sizeof f->answer.cache_status, value);
    else if (sv_ieq(name, SV_LIT("age"))) f->answer.age_s = read_age(value);
    else if (sv_ieq(name, SV_LIT("retry-after"))) f->answer.retry_after_ms = retry_after_parse(value, clock_wall_ms());
    return size * n;
}

int http_on_progress(void *arg, curl_off_t dl_total, curl_off_t dl, curl_off_t ul_total, curl_off_t ul) {
    struct http_flight *f = arg;
    (void)dl_total;
    (void)ul_total;
    if (dl + ul != f->moved) {
        f->moved = dl + ul;
        f->last_byte = clock_mono_ms();
    }
    return 0;
}

void http_answer_fini(struct http_answer *a) { buf_fini(&a->body); }

static void answer_init(struct http_answer *a, size_t max_body) {
    *a = (struct http_answer){.retry_after_ms = -1, .age_s = -1};
    buf_init(&a->body, max_body);
}

static void flight_free(struct http_flight **pf) {
    struct http_flight *f = *pf;
    if (!f) return;
    *pf = NULL;
    if (f->conn) {
        curl_multi_remove_handle(f->conn->multi, f->conn->easy);
        http_flight_take_down(f);
        http_conn_put(f->t, f->to_storage, f->conn);
    }
    http_answer_fini(&f->answer);
    mem_free_secret(f->url);
    buf_wipe(&f->body);
    mem_free(f);
}

static enum rc flight_new(struct http_flight **out, struct transport *t, const struct http_request *rq, struct err *e) {
    struct http_flight *f = mem_zalloc(sizeof *f);
    if (!f) return err_nomem(e);
    f->t = t;
    f->route = transport_route_now(t);
    f->to_storage = rq->to_storage;
    f->once = rq->once;
    f->deadline = rq->deadline;
    f->quiet_ms = rq->quiet_ms;
    f->sink = rq->sink;
    f->sink_fault = e;
    answer_init(&f->answer, rq->max_body);
    f->last_byte = clock_mono_ms();
    if (http_flight_set_up(f, rq, e) == RC_OK) return *out = f, RC_OK;
    flight_free(&f);
    return RC_ERR;
}

/* ---- the flight -------------------------------------------------------------------------------------------------- */

bool http_flight_sent(const struct http_flight *f) {
    long request_bytes = 0;
    if (f->reads_body) return f->body_read == f->body.len;
#if LIBCURL_VERSION_NUM >= 0x075000
    if (!f->begun) return false;        /* what was sent went to an HTTP proxy */
#endif
    curl_easy_getinfo(f->conn->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    return request_bytes > 0;
}

static int64_t stall_at(const struct http_flight *f) {
    const struct options *o = f->t->conf;
    return f->last_byte + f->t->silence_ms + f->quiet_ms +
           (http_flight_sent(f) ? 0 : (int64_t)o->connect_timeout * 1000);
}

static void wake_multi(void *multi) { curl_multi_wakeup(multi); }

/* Turns until the answer is there or one of the reasons to stop is. */
static enum flight_end flight_turn(struct http_flight *f, struct cancel *c, bool hooked, CURLcode *result) {
    for (;;) {
        int running = 0, queued, nap = POLL_MS;
        CURLMcode bad = curl_multi_perform(f->conn->multi, &running);
        if (bad || !running) {
            CURLMsg *msg = curl_multi_info_read(f->conn->multi, &queued);
            *result = bad ? CURLE_FAILED_INIT : msg && msg->msg == CURLMSG_DONE ? msg->data.result : CURLE_FAILED_INIT;
            return FLIGHT_DONE;
        }
        if (cancel_is_raised(c)) return FLIGHT_CANCELLED;
        if (clock_passed(f->deadline)) return FLIGHT_DEADLINE;
        if (clock_passed(stall_at(f))) return FLIGHT_STALLED;
        if (!hooked) nap = BLIND_POLL_MS;
        nap = (int)clock_left_ms(clock_sooner(f->deadline, stall_at(f)), nap);
        curl_multi_poll(f->conn->multi, NULL, 0, nap + 1, NULL);
    }
}

static enum flight_end flight_run(struct http_flight *f, struct cancel *c, CURLcode *result) {
    bool hooked = cancel_attach(c, wake_multi, f->conn->multi);
    enum flight_end end = flight_turn(f, c, hooked, result);
    if (hooked) cancel_detach(c, wake_multi, f->conn->multi);
    f->answer.sent = http_flight_sent(f);
    return end;
}

/* ---- from outside ------------------------------------------------------------------------------------------------ */

/* The answer belongs to the flight until it has landed. */
static void answer_move(struct http_answer *out, struct http_flight *f) {
    *out = f->answer;
    buf_init(&f->answer.body, 0);
}

static enum rc perform(struct transport *t, const struct http_request *rq, struct cancel *c, struct http_answer *out,
                       struct http_flight **left, struct err *e) {
    struct http_flight *f = NULL;
    CURLcode result = CURLE_OK;
    if (flight_new(&f, t, rq, e)) return RC_ERR;
    enum flight_end end = flight_run(f, c, &result);
    enum rc rc = http_flight_outcome(f, end, result, e);
    if (left && f->answer.sent && (end == FLIGHT_CANCELLED || end == FLIGHT_DEADLINE)) {
        out->sent = true;
        *left = f;
        return rc;
    }
    answer_move(out, f);
    flight_free(&f);
    return rc;
}

enum rc transport_perform(struct transport *t, const struct http_request *rq, struct cancel *c, struct http_answer *out,
                          struct http_flight **left, struct err *e) {
    struct pipe_guard guard;
    answer_init(out, rq->max_body);
    if (left) *left = NULL;
    if (transport_check_fork(t, e)) return RC_ERR;
    if (cancel_is_raised(c)) return err_set(e, ERR_CANCELLED, "cancelled");
    if (clock_passed(rq->deadline))
        return err_set(e, ERR_NET_TIMEOUT, "%s: the deadline passed before the request was sent", transport_host(t));
    pipe_guard_enter(&guard);
    enum rc rc = perform(t, rq, c, out, left, e);
    pipe_guard_leave(&guard);
    return rc;
}

enum rc http_flight_finish(struct http_flight **pf, struct cancel *c, int64_t deadline, struct http_answer *out,
                           struct err *e) {
    struct http_flight *f = *pf;
    struct pipe_guard guard;
    CURLcode result = CURLE_OK;
    pipe_guard_enter(&guard);
    f->deadline = deadline;
    enum flight_end end = flight_run(f, c, &result);
    enum rc rc = http_flight_outcome(f, end, result, e);
    answer_move(out, f);
    flight_free(pf);
    pipe_guard_leave(&guard);
    return rc;
}
