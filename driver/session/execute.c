/* execute: one statement from its text to its end at the server. */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "core/sea_codec.h"
#include "session_priv.h"

enum {
    FIRST_POLL_MS = 20,
    MAX_POLL_MS = 1000,
    CANCEL_MS = 5000,
    CLOSE_MS = 3000,
    SERVER_WAIT_MS = 12000,
    STATUS_WAIT_MS = 6000
};
/* A proxy seals what it must remember into its ids, which makes them long. */
enum { MAX_ID = 1024, MAX_PATH_BYTES = MAX_ID + 64 };
enum { MAX_ANSWER = 256 * 1024 * 1024, MAX_STATEMENT = 16 * 1024 * 1024, MAX_REQUEST = 192 * 1024 * 1024 };

void outcome_fini(struct outcome *o) {
    http_answer_fini(&o->http);
    arena_fini(&o->arena);
    memset(&o->sea, 0, sizeof o->sea);
}

/* ---- how results are asked for ----------------------------------------------------------------------------------- */

static const struct {
    enum sea_disposition disposition;
    enum sea_format format;
    const char *wait;           /* with hybrid a wait time makes servers deliver the first chunk only */
    enum sea_mode next;
} MODES[] = {
    [MODE_HYBRID] = {SEA_HYBRID, SEA_ARROW_STREAM, NULL, MODE_LINKS_ARROW},
    [MODE_LINKS_ARROW] = {SEA_EXTERNAL_LINKS, SEA_ARROW_STREAM, "10s", MODE_INLINE_JSON},
    [MODE_LINKS_JSON] = {SEA_EXTERNAL_LINKS, SEA_JSON_ARRAY, "10s", MODE_INLINE_JSON},
    [MODE_INLINE_JSON] = {SEA_INLINE, SEA_JSON_ARRAY, "10s", MODE_NONE},
};

enum sea_mode mode_first(const struct options *o) {
    if (!o->cloud_fetch) return MODE_INLINE_JSON;
    if (!o->arrow) return MODE_LINKS_JSON;
    return o->hybrid ? MODE_HYBRID : MODE_LINKS_ARROW;
}

enum sea_mode mode_next(enum sea_mode mode) { return mode == MODE_NONE ? MODE_NONE : MODES[mode].next; }

/* A 400 about a parameter: the statement was not accepted, and an older server may know fewer ways. */
bool is_mode_refused(const struct err *e) {
    return e->http_status == 400 && e->code != ERR_SQL &&
           (strstr(e->text, "INVALID_PARAMETER_VALUE") || strstr(e->text, "MALFORMED_REQUEST") ||
            strstr(e->text, "INVALID_ARGUMENT") || strstr(e->text, "BAD_REQUEST"));
}

/* ---- cancel and close -------------------------------------------------------------------------------------------- */

/* Ids become part of a path. */
static bool is_id(const char *id) {
    size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~");
    return n > 0 && n <= MAX_ID && !id[n] && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

enum rc execute_cancel(struct session *s, const char *statement_id, struct err *e) {
    char path[MAX_PATH_BYTES];
    struct http_answer answer;
    if (!is_id(statement_id)) return err_set(e, ERR_INTERNAL, "no statement to cancel");
    snprintf(path, sizeof path, "/api/2.0/sql/statements/%s/cancel", statement_id);
    struct sea_call call = {.method = HTTP_POST, .path = path, .body = SV_LIT("{}"), .class = RETRY_IDEMPOTENT,
                            .deadline = clock_mono_ms() + CANCEL_MS};
    enum rc rc = sea_call(&s->client, &call, NULL, &answer, NULL, e);
    log_line(s->log, LOG_INFO, "session", "cancel of statement %s: %s", statement_id, rc ? e->text : "sent");
    http_answer_fini(&answer);
    return rc;
}

void execute_close(struct session *s, const char *statement_id, struct cancel *c) {
    char path[MAX_PATH_BYTES];
    struct http_answer answer;
    struct err e = ERR_INIT;
    if (!is_id(statement_id)) return;
    snprintf(path, sizeof path, "/api/2.0/sql/statements/%s", statement_id);
    struct sea_call call = {
        .method = HTTP_DELETE, .path = path, .class = RETRY_IDEMPOTENT, .deadline = clock_mono_ms() + CLOSE_MS};
    if (sea_call(&s->client, &call, c, &answer, NULL, &e) && e.http_status != 404)
        log_line(s->log, LOG_INFO, "session", "statement %s could not be closed: %s", statement_id, e.text);
    http_answer_fini(&answer);
}

void execute_part(struct session *s, const char *statement_id) {
    if (is_id(statement_id) && !parting_add(s, statement_id)) execute_close(s, statement_id, NULL);
}

/* The caller gave up waiting: the server is told, and the error says why we stopped. */
static enum rc abandon(struct session *s, const char *statement_id, struct cancel *c, struct err *e) {
    bool told = statement_id && reaper_cancel(s, statement_id);
    if (cancel_is_raised(c))
        err_set(e, ERR_CANCELLED, "the statement was cancelled%s",
                told || !statement_id ? "" : " here; the server could not be told");
    else err_set(e, ERR_QUERY_TIMEOUT, "the statement took longer than its time-out and was cancelled");
    snprintf(e->statement_id, sizeof e->statement_id, "%s", statement_id ? statement_id : "");
    return RC_ERR;
}

static bool must_stop(struct cancel *c, int64_t deadline) { return cancel_is_raised(c) || clock_passed(deadline); }

/* ---- POST -------------------------------------------------------------------------------------------------------- */

/* Until its wait is over the server keeps the statement's id to itself, and without an id nothing can be cancelled. So a
 * deadline that comes before that asks for the id first. */
static bool wants_id_first(const struct exec_in *in) {
    return in->id_first || clock_left_ms(in->deadline, INT64_MAX) < SERVER_WAIT_MS;
}

static enum rc write_request(struct session *s, const struct exec_in *in, enum sea_mode mode, struct buf *out,
                             struct err *e) {
    struct sea_request rq = {.statement = in->sql,
                             .warehouse_id = s->conf->warehouse_id,
                             .format = MODES[mode].format,
                             .disposition = MODES[mode].disposition,
                             .lz4 = s->conf->lz4,
                             .wait_timeout = wants_id_first(in) ? "0s" : MODES[mode].wait,
                             .row_limit = in->row_limit,
                             .n_params = in->n_params,
                             .params = in->params};
    if (in->sql.len > MAX_STATEMENT)
        return err_set(e, ERR_LIMIT, "the statement has %zu bytes; the server takes %d", in->sql.len, MAX_STATEMENT);
    pthread_mutex_lock(&s->lock);
    rq.session_id = s->id;
    enum rc rc = sea_request_write(&rq, out, e);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

static enum rc parse_answer(struct outcome *o, struct err *e) {
    if (sea_answer_parse(buf_sv(&o->http.body), &o->arena, &o->sea, e)) return RC_ERR;
    if (!is_id(o->sea.statement_id)) return err_set(e, ERR_PROTOCOL, "the server's answer has no usable statement_id");
    return RC_OK;
}

static enum rc post(struct session *s, const struct exec_in *in, enum sea_mode mode, struct cancel *c,
                    struct outcome *o, struct err *e) {
    struct buf body;
    struct http_flight *left = NULL;
    buf_init(&body, MAX_REQUEST);
    enum rc rc = write_request(s, in, mode, &body, e);
    if (rc == RC_OK) {
        struct sea_call call = {.method = HTTP_POST,
                                .path = "/api/2.0/sql/statements",
                                .body = buf_sv(&body),
                                .class = RETRY_EXECUTE,
                                .starts_statement = true,
                                .is_metadata = in->is_metadata,
                                .deadline = in->deadline,
                                .quiet_ms = SERVER_WAIT_MS,
                                .max_body = MAX_ANSWER};
        rc = sea_call(&s->client, &call, c, &o->http, &left, e);
    }
    buf_fini(&body);
    if (left) reaper_start(s, &left);
    if (rc && must_stop(c, in->deadline)) return abandon(s, NULL, c, e);
    o->accepted = rc == RC_OK;
    return rc ? RC_ERR : parse_answer(o, e);
}

/* ---- polling ----------------------------------------------------------------------------------------------------- */

static enum rc poll_once(struct session *s, const char *statement_id, struct cancel *c, int64_t deadline,
                         struct outcome *o, struct err *e) {
    char path[MAX_PATH_BYTES];
    snprintf(path, sizeof path, "/api/2.0/sql/statements/%s", statement_id);
    outcome_fini(o);
    struct sea_call call = {.method = HTTP_GET,
                            .path = path,
                            .class = RETRY_IDEMPOTENT,
                            .deadline = deadline,
                            .quiet_ms = STATUS_WAIT_MS,
                            .max_body = MAX_ANSWER};
    if (sea_call(&s->client, &call, c, &o->http, NULL, e)) return RC_ERR;
    if (sea_answer_parse(buf_sv(&o->http.body), &o->arena, &o->sea, e)) return RC_ERR;
    if (*o->sea.statement_id && strcmp(o->sea.statement_id, statement_id) != 0)
        return err_set(e, ERR_PROTOCOL, "the server answered about another statement");
    return (o->sea.statement_id = arena_dup(&o->arena, sv_of(statement_id))) ? RC_OK : err_nomem(e);
}

static bool is_going(const struct outcome *o) { return o->sea.state == SEA_PENDING || o->sea.state == SEA_RUNNING; }

/* A statement that pends for ever is polled for ever, unless a deadline was set; each request ends, and cancel works. */
static enum rc poll(struct session *s, const struct exec_in *in, struct cancel *c, struct outcome *o, struct err *e) {
    char id[MAX_ID + 1];
    snprintf(id, sizeof id, "%s", o->sea.statement_id);
    for (int64_t nap = FIRST_POLL_MS; is_going(o); nap = nap * 3 / 2 < MAX_POLL_MS ? nap * 3 / 2 : MAX_POLL_MS) {
        cancel_nap(c, clock_sooner(in->deadline, clock_mono_ms() + nap));
        if (must_stop(c, in->deadline)) return abandon(s, id, c, e);
        if (poll_once(s, id, c, in->deadline, o, e) == RC_OK) continue;
        if (must_stop(c, in->deadline)) return abandon(s, id, c, e);
        snprintf(e->statement_id, sizeof e->statement_id, "%s", id);
        return RC_ERR;
    }
    return RC_OK;
}

/* CLOSED in the answer to the POST, with a manifest, means: here is everything, and there is nothing left to close. */
static enum rc judge(struct outcome *o, bool first, struct err *e) {
    o->closed = first && o->sea.state == SEA_CLOSED && o->sea.has_manifest;
    if (o->sea.state != SEA_SUCCEEDED && !o->closed) return sea_statement_error(&o->sea, e);
    if (o->sea.has_manifest && !o->sea.manifest.is_volume_operation) return RC_OK;
    if (o->sea.has_manifest) /* its rows hold a presigned URL: a credential that is not the application's to see */
        err_set(e, ERR_UNSUPPORTED, "PUT, GET and REMOVE on volumes are not implemented; use the Files API for the transfer");
    else
        err_set(e, ERR_PROTOCOL, "the statement succeeded, but the answer has no manifest");
    snprintf(e->statement_id, sizeof e->statement_id, "%s", o->sea.statement_id);
    return RC_ERR;
}

enum rc execute_run(struct session *s, const struct exec_in *in, enum sea_mode mode, struct cancel *c,
                    struct outcome *o, struct err *e) {
    *o = (struct outcome){0};
    if (post(s, in, mode, c, o, e)) return RC_ERR;
    bool first = !is_going(o);
    if (poll(s, in, c, o, e)) return RC_ERR;
    enum rc rc = judge(o, first, e);
    if (rc != RC_OK) session_keep_message(s, &o->sea);
    return rc;
}
