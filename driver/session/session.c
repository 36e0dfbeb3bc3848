#include "session.h"

#include <stdio.h>
#include <string.h>

#include "autoproxy.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/sea_codec.h"
#include "hostmem.h"
#include "session_priv.h"

enum { CLOSE_MS = 3000 };

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static enum rc write_open(const struct session *s, struct buf *out, struct err *e) {
    const struct options *o = s->conf;
    struct sea_header *confs = mem_array((size_t)o->n_confs + 1, sizeof *confs);
    if (!confs) return err_nomem(e);
    for (int i = 0; i < o->n_confs; i++) confs[i] = (struct sea_header){o->confs[i].key, o->confs[i].value};
    /* SPARK is an old word for "the server's default catalog" */
    const char *catalog = sv_ieq(sv_of(o->catalog), SV_LIT("SPARK")) ? "" : o->catalog;
    enum rc rc = sea_session_write(o->warehouse_id, catalog, o->schema, o->n_confs, confs, out, e);
    mem_free(confs);
    return rc;
}

static enum rc take_id(struct session *s, struct sv body, struct err *e) {
    cJSON *tree = NULL;
    if (json_parse(body, &tree, e)) return RC_ERR;
    const char *id = json_str(tree, "session_id");
    size_t len = id ? strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~") : 0;
    enum rc rc = RC_OK;
    if (!len || len > 256 || id[len])
        rc = err_set(e, ERR_PROTOCOL, "%s: the answer has no usable session_id", transport_host(s->client.http));
    if (rc == RC_OK) {
        mem_free(s->id);
        if (!(s->id = mem_strdup(id))) rc = err_nomem(e);
    }
    cJSON_Delete(tree);
    return rc;
}

static enum rc open_once(struct session *s, struct cancel *c, int64_t deadline, struct err *e) {
    struct buf body;
    struct http_answer answer = {0};
    buf_init(&body, 1024 * 1024);
    enum rc rc = write_open(s, &body, e);
    if (rc == RC_OK) {
        struct sea_call call = {.method = HTTP_POST,
                                .path = "/api/2.0/sql/sessions",
                                .body = buf_sv(&body),
                                .class = RETRY_EXECUTE,
                                .deadline = deadline};
        rc = sea_call(&s->client, &call, c, &answer, NULL, e);
    }
    if (rc == RC_OK) rc = take_id(s, buf_sv(&answer.body), e);
    else if (e->http_status == 404 && e->code == ERR_RESULT_GONE) e->code = ERR_WAREHOUSE;
    http_answer_fini(&answer);
    buf_fini(&body);
    return rc;
}

static bool is_auto(const struct session *s) { return sv_ieq(sv_trim(sv_of(s->conf->proxy)), SV_LIT("auto")); }

static bool is_unreachable(const struct err *e) {
    return e->code == ERR_NET_DNS || e->code == ERR_NET_CONNECT || e->code == ERR_NET_TLS || e->code == ERR_NET_RESET;
}

/* Proxy=auto: the socket of a proxy that runs, which may mean starting one. */
static enum rc find_proxy(struct session *s, int64_t deadline, struct err *e) {
    char *route = NULL;
    if (!is_auto(s)) return transport_route(s->client.http, s->conf->proxy, e);
    if (autoproxy_find(s->conf, s->log, deadline, &route, e)) return RC_ERR;
    enum rc rc = transport_route(s->client.http, route, e);
    mem_free(route);
    return rc;
}

/* ProxyFallback=1: a proxy that is not there must not keep anybody from working. */
static bool may_go_direct(struct session *s, const struct err *e) {
    if (!*s->conf->proxy || !s->conf->proxy_fallback || !is_unreachable(e)) return false;
    log_line(s->log, LOG_WARNING, "session", "going direct, because the proxy cannot be reached: %s", e->text);
    transport_go_direct(s->client.http);
    return true;
}

static enum rc open_routed(struct session *s, struct cancel *c, int64_t deadline, struct err *e) {
    if (find_proxy(s, deadline, e) == RC_OK && open_once(s, c, deadline, e) == RC_OK) return RC_OK;
    return may_go_direct(s, e) ? open_once(s, c, deadline, e) : RC_ERR;
}

/* Nothing listens where the proxy was: with Proxy=auto it may have ended of idleness and is started again. */
static bool is_proxy_gone(const struct session *s, const struct err *e) {
    return transport_is_routed(s->client.http) && (e->code == ERR_NET_CONNECT || e->code == ERR_NET_DNS);
}

static enum rc bring_back_proxy(struct session *s, int64_t deadline, struct err *e) {
    char *route = NULL;
    struct err cause = *e;
    if (is_auto(s) && autoproxy_find(s->conf, s->log, deadline, &route, e) == RC_OK) return mem_free(route), RC_OK;
    return may_go_direct(s, &cause) ? RC_OK : (*e = cause, RC_ERR);
}

static void session_free(struct session *s) {
    transport_free(&s->client.http);
    cancel_free(&s->stop);
    arena_fini(&s->names);
    state_fini(&s->state);
    mem_free(s->id);
    mem_free(s->message);
    pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

static void log_unknown_keys(const struct options *o, struct log *log) {
    for (int i = 0; i < o->n_unknown; i++)
        log_line(log, LOG_WARNING, "conf", "connection key %s is not known and has no effect", o->unknown[i]);
}

static enum rc setup(struct session *s, struct err *e) {
    if (!(s->stop = cancel_new())) return err_nomem(e);
    s->mode = (enum sea_mode)hostmem_mode(s->conf->host, (int)mode_first(s->conf));
    if (s->mode < mode_first(s->conf) || (s->mode != MODE_INLINE_JSON && !s->conf->arrow))
        s->mode = mode_first(s->conf);
    return transport_new(&s->client.http, s->conf, s->log, e);
}

enum rc session_open(struct session **out, const struct options *conf, struct log *log, struct cancel *c,
                     int64_t deadline, struct err *e) {
    struct session *s = mem_zalloc(sizeof *s);
    if (!s) return err_nomem(e);
    pthread_mutex_init(&s->lock, NULL);
    s->conf = s->client.conf = conf;
    s->log = s->client.log = log;
    log_unknown_keys(conf, log);
    if (setup(s, e) == RC_OK && open_routed(s, c, deadline, e) == RC_OK) {
        log_line(log, LOG_INFO, "session", "session %s at %s, warehouse %s", s->id, transport_host(s->client.http),
                 conf->warehouse_id);
        return *out = s, RC_OK;
    }
    if (e->code == ERR_NET_TIMEOUT && clock_passed(deadline)) e->code = ERR_LOGIN_TIMEOUT;
    session_free(s);
    return RC_ERR;
}

static void say_goodbye(struct session *s) {
    struct buf path;
    struct http_answer answer = {0};
    struct err e = ERR_INIT;
    buf_init(&path, 1024);
    if (buf_addf(&path, &e, "/api/2.0/sql/sessions/%s?warehouse_id=%s", s->id, s->conf->warehouse_id) == RC_OK) {
        struct sea_call call = {
            .method = HTTP_DELETE, .path = path.ptr, .class = RETRY_IDEMPOTENT, .deadline = clock_mono_ms() + CLOSE_MS};
        if (sea_call(&s->client, &call, NULL, &answer, NULL, &e) && e.http_status != 404)
            log_line(s->log, LOG_INFO, "session", "the session could not be closed: %s", e.text);
    }
    http_answer_fini(&answer);
    buf_fini(&path);
}

void session_close(struct session **ps) {
    struct session *s = *ps;
    if (!s) return;
    *ps = NULL;
    if (!transport_survived_fork(s->client.http)) return;   /* the parent closes its session */
    partings_end(s);
    reapers_end(s);
    say_goodbye(s);
    session_free(s);
}

bool session_is_dead(const struct session *s) {
    return atomic_load(&s->dead) || !transport_survived_fork(s->client.http);
}

/* ---- long messages ----------------------------------------------------------------------------------------------- */

void session_keep_message(struct session *s, const struct sea_answer *a) {
    struct err e;
    if (!a->error_text || !a->statement_id || strlen(a->error_text) + sizeof e.sqlstate < sizeof e.text) return;
    char *copy = mem_strdup(a->error_text);
    if (!copy) return;      /* what fits is told in any case */
    pthread_mutex_lock(&s->lock);
    mem_free(s->message);
    s->message = copy;
    snprintf(s->message_of, sizeof s->message_of, "%s", a->statement_id);
    pthread_mutex_unlock(&s->lock);
}

char *session_whole_message(struct session *s, const char *statement_id) {
    pthread_mutex_lock(&s->lock);
    bool is_it = s->message && strcmp(s->message_of, statement_id) == 0;
    char *copy = is_it ? mem_strdup(s->message) : NULL;
    pthread_mutex_unlock(&s->lock);
    return copy;
}

/* ---- a session that the server has dropped ----------------------------------------------------------------------- */

static bool has_word(const char *text, const char *word) {
    size_t n = strlen(word), len = strlen(text);
    for (size_t i = 0; i + n <= len; i++)
        if (sv_istarts(sv_make(text + i, len - i), sv_make(word, n))) return true;
    return false;
}

/* "Invalid SessionHandle: Session [...] is closed", "session … not found", "… does not exist", "… expired" */
static bool is_session_lost(const struct err *e, const struct outcome *o) {
    static const char *const signs[] = {"closed",  "not found", "does not exist", "expired",
                                        "invalid", "unknown",   "not exist",      NULL};
    bool http = e->http_status == 400 || e->http_status == 404 || e->http_status == 410;
    bool failed = o->accepted && o->sea.state == SEA_FAILED;    /* it failed for want of a session: it did not run */
    if (has_word(e->text, "Invalid SessionHandle") || has_word(e->text, "INVALID_SESSION"))
        return failed || (http && !o->accepted);
    if (!http || o->accepted || !has_word(e->text, "session")) return false;
    for (int i = 0; signs[i]; i++)
        if (has_word(e->text, signs[i])) return true;
    return false;
}

static enum rc replay(struct session *s, struct cancel *c, int64_t deadline, struct err *e) {
    for (int i = 0; i < s->state.n_replay; i++) {
        struct exec_in in = {.sql = sv_of(s->state.replay[i]), .deadline = deadline};
        struct outcome o;
        enum rc rc = execute_run(s, &in, MODE_INLINE_JSON, c, &o, e);
        if (rc == RC_OK && !o.closed) execute_part(s, o.sea.statement_id);
        outcome_fini(&o);
        if (rc) return err_wrap(e, "the server dropped the session, and saying its settings again failed");
    }
    return RC_OK;
}

static enum rc reopen_locked(struct session *s, struct cancel *c, int64_t deadline, struct err *e) {
    struct err cause = *e;
    if (s->state.sticky) {
        atomic_store(&s->dead, true);
        return err_set(
            e, ERR_SESSION_LOST,
            "the server closed the session, and with it temporary views, variables or the like (%s); connect anew",
            cause.text);
    }
    log_line(s->log, LOG_WARNING, "session", "opening a new session: %s", e->text);
    if (open_once(s, c, deadline, e)) return err_wrap(e, "the server closed the session, and opening a new one failed");
    s->generation++;
    return RC_OK;
}

/* Opens the session anew unless another thread has done so since the caller looked (generation). */
enum rc session_revive(struct session *s, unsigned generation, struct cancel *c, int64_t deadline, struct err *e) {
    pthread_mutex_lock(&s->lock);
    bool mine = s->generation == generation;
    enum rc rc = mine ? reopen_locked(s, c, deadline, e) : RC_OK;
    pthread_mutex_unlock(&s->lock);
    return rc == RC_OK && mine ? replay(s, c, deadline, e) : rc;
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

static void note_mode(struct session *s, enum sea_mode mode) {
    pthread_mutex_lock(&s->lock);
    s->mode = mode;
    pthread_mutex_unlock(&s->lock);
    hostmem_set_mode(s->conf->host, (int)mode);
    log_line(s->log, LOG_WARNING, "session",
             "the server refuses the better ways to deliver results; using %s from now on",
             mode == MODE_LINKS_ARROW ? "EXTERNAL_LINKS with ARROW_STREAM" : "INLINE with JSON_ARRAY");
}

/* Goes down the list of modes while the server refuses them. What was accepted at last is remembered, whether or not
 * the statement then succeeded; if nothing was, the fault is in the statement and the first refusal tells it. */
static enum rc run_modes(struct session *s, const struct exec_in *in, enum sea_mode mode, struct cancel *c,
                         struct outcome *o, struct err *e) {
    struct err refusal;
    enum rc rc = execute_run(s, in, mode, c, o, e);
    if (rc == RC_OK || o->accepted || !is_mode_refused(e)) return rc;
    refusal = *e;
    while (rc && !o->accepted && is_mode_refused(e) && (mode = mode_next(mode)) != MODE_NONE) {
        outcome_fini(o);
        rc = execute_run(s, in, mode, c, o, e);
    }
    if (rc && !o->accepted && is_mode_refused(e)) return *e = refusal, RC_ERR;
    if (o->accepted) note_mode(s, mode);
    return rc;
}

static enum rc run_revived(struct session *s, const struct exec_in *in, enum sea_mode mode, struct cancel *c,
                           struct outcome *o, struct err *e) {
    pthread_mutex_lock(&s->lock);
    unsigned generation = s->generation;
    pthread_mutex_unlock(&s->lock);
    if (run_modes(s, in, mode, c, o, e) == RC_OK) return RC_OK;
    if (!o->accepted && is_proxy_gone(s, e)) {
        outcome_fini(o);
        if (bring_back_proxy(s, in->deadline, e)) return RC_ERR;
        if (run_modes(s, in, mode, c, o, e) == RC_OK) return RC_OK;
    }
    if (!is_session_lost(e, o)) return RC_ERR;
    outcome_fini(o);
    if (session_revive(s, generation, c, in->deadline, e)) return RC_ERR;
    return run_modes(s, in, mode, c, o, e);
}

static enum sea_mode best_mode(struct session *s) {
    pthread_mutex_lock(&s->lock);
    enum sea_mode mode = s->mode;
    pthread_mutex_unlock(&s->lock);
    return mode;
}

/* What the outcome says about the connection's health. */
static void note_health(struct session *s, const struct err *e, bool fine) {
    if (fine) atomic_store(&s->dead, false);
    else if (e->code == ERR_NET_DNS || e->code == ERR_NET_CONNECT || e->code == ERR_NET_TLS || e->code == ERR_AUTH ||
             e->code == ERR_WAREHOUSE || e->code == ERR_SESSION_LOST || e->code == ERR_NET_RESET)
        atomic_store(&s->dead, true);
}

static void note_state(struct session *s, const struct exec_in *in, enum stmt_kind kind) {
    pthread_mutex_lock(&s->lock);
    state_note(&s->state, in->sql, kind, in->n_params > 0);
    if (kind != STMT_READ && kind != STMT_WRITE) s->catalog = s->schema = NULL;
    pthread_mutex_unlock(&s->lock);
}

static enum rc run_to_result(struct session *s, const struct exec_in *in, enum stmt_kind kind, enum sea_mode mode,
                             struct cancel *c, struct result **out, struct err *e) {
    struct outcome o;
    enum rc rc = run_revived(s, in, mode, c, &o, e);
    if (rc == RC_OK) note_state(s, in, kind);
    if (rc == RC_OK) rc = result_new(out, s, &o, c, in->deadline, e);
    outcome_fini(&o);
    note_health(s, e, rc == RC_OK);
    return rc;
}

/* "Inline byte limit exceeded", said of a mode that was only chosen because the storage could not be reached lately. */
static bool is_too_large_inline(const struct err *e) {
    return e->code == ERR_LIMIT ||
           (e->code == ERR_SQL && (has_word(e->text, "EXTERNAL_LINKS") || has_word(e->text, "inline")));
}

/* Result data out of reach: a statement that only reads is asked again, to be answered through the API. A storage that
 * answered, if only that it has no such object or is out of order, is within reach, and the next statement may try it. */
static enum rc run_inline(struct session *s, const struct exec_in *in, struct cancel *c, struct result **out,
                          struct err *e) {
    struct err cause = *e;
    bool blocked = !e->http_status;
    if (blocked) hostmem_block_storage(s->conf->host);
    log_line(s->log, LOG_WARNING, "session", "asking again for the result through the API%s: %s",
             blocked ? ", as for all results in the next ten minutes" : "", e->text);
    enum rc rc = run_to_result(s, in, STMT_READ, MODE_INLINE_JSON, c, out, e);
    if (rc && (e->code == ERR_SQL || is_too_large_inline(e))) *e = cause;   /* the storage is the news */
    return rc;
}

enum rc session_execute(struct session *s, const struct exec_in *in, struct cancel *c, struct result **out,
                        struct err *e) {
    *out = NULL;
    /* Before any lock is taken: in a forked child a thread that is not there may hold it for ever. */
    if (transport_check_fork(s->client.http, e)) return RC_ERR;
    enum stmt_kind kind = stmt_kind_of(in->sql);
    enum sea_mode best = best_mode(s), mode = hostmem_storage_blocked(s->conf->host) ? MODE_INLINE_JSON : best;
    enum rc rc = run_to_result(s, in, kind, mode, c, out, e);
    if (rc && kind == STMT_READ && mode != best && is_too_large_inline(e))
        return run_to_result(s, in, kind, best, c, out, e);
    if (rc && kind == STMT_READ && mode != MODE_INLINE_JSON && e->code == ERR_STORAGE)
        return run_inline(s, in, c, out, e);
    return rc;
}

/* ---- catalog and schema ------------------------------------------------------------------------------------------ */

static struct sv text_cell(const struct batch *b, int col) {
    const struct col_view *v = &b->cols[col];
    if (v->phys != COL_UTF8 || col_is_null(v, 0)) return SV_LIT("");
    int32_t from = v->offsets[v->offset], to = v->offsets[v->offset + 1];
    return sv_make((const char *)v->data + from, (size_t)(to - from));
}

static enum rc keep_names(struct session *s, const struct batch *b, struct err *e) {
    if (!b || b->n_cols < 2 || b->n_rows < 1)
        return err_set(e, ERR_PROTOCOL, "the server does not say which catalog and schema are current");
    pthread_mutex_lock(&s->lock);
    s->catalog = arena_dup(&s->names, text_cell(b, 0));
    s->schema = arena_dup(&s->names, text_cell(b, 1));
    bool kept = s->catalog && s->schema;
    pthread_mutex_unlock(&s->lock);
    return kept ? RC_OK : err_nomem(e);
}

static enum rc ask_names(struct session *s, struct cancel *c, int64_t deadline, struct err *e) {
    struct exec_in in = {
        .sql = SV_LIT("SELECT current_catalog(), current_schema()"), .deadline = deadline, .is_metadata = true};
    struct result *r = NULL;
    struct batch *b = NULL;
    enum rc rc = session_execute(s, &in, c, &r, e);
    if (rc == RC_OK) rc = result_next(r, c, deadline, &b, e);
    if (rc == RC_OK) rc = keep_names(s, b, e);
    batch_free(&b);
    result_free(&r);
    return rc;
}

enum rc session_namespace(struct session *s, struct cancel *c, int64_t deadline, const char **catalog,
                          const char **schema, struct err *e) {
    if (transport_check_fork(s->client.http, e)) return RC_ERR;
    for (int i = 0; i < 2; i++) {
        pthread_mutex_lock(&s->lock);
        *catalog = s->catalog;
        *schema = s->schema;
        pthread_mutex_unlock(&s->lock);
        if (*catalog && *schema) return RC_OK;
        if (ask_names(s, c, deadline, e)) return RC_ERR;
    }
    return err_set(e, ERR_INTERNAL, "the namespace changed while it was asked for");
}

enum rc session_use_catalog(struct session *s, struct sv catalog, struct cancel *c, int64_t deadline, struct err *e) {
    struct buf sql;
    struct result *r = NULL;
    if (!catalog.len) return err_set(e, ERR_ARG, "an empty catalog name");
    buf_init(&sql, 64 * 1024);
    enum rc rc = buf_adds(&sql, "USE CATALOG `", e);
    for (size_t i = 0; rc == RC_OK && i < catalog.len; i++)
        rc = catalog.ptr[i] == '`' ? buf_adds(&sql, "``", e) : buf_addc(&sql, catalog.ptr[i], e);
    if (rc == RC_OK) rc = buf_addc(&sql, '`', e);
    struct exec_in in = {.sql = buf_sv(&sql), .deadline = deadline};
    if (rc == RC_OK) rc = session_execute(s, &in, c, &r, e);
    result_free(&r);
    buf_fini(&sql);
    return rc;
}
