#include "admin.h"

#include <config.h>
#include <event2/buffer.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <sys/queue.h>

#include "admin_auth.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "proxy/serve/inspect.h"
#include "proxy/watch/report.h"
#include "proxy/daemon/status_page.gen.h"

enum { METRICS_MAX = 64 * 1024 * 1024, DRAIN_AFTER_MS = 50 };

struct admin {
    struct proxy *proxy;
    struct admin_host host;
    struct event *tick, *drain;
};

static const char *const JSON = "application/json";

/* ---- answers --------------------------------------------------------------------------------------------------- */

static void add_header(struct evhttp_request *req, const char *name, const char *value) {
    evhttp_add_header(evhttp_request_get_output_headers(req), name, value);
}

static void reply(struct evhttp_request *req, int status, const char *type, struct sv text) {
    struct evbuffer *body = evbuffer_new();
    if (!body || evbuffer_add(body, text.ptr, text.len)) {
        evhttp_send_error(req, 503, NULL);
    } else {
        add_header(req, "Content-Type", type);
        add_header(req, "Cache-Control", "no-store");
        add_header(req, "X-Content-Type-Options", "nosniff");
        evhttp_send_reply(req, status, NULL, body);
    }
    if (body) evbuffer_free(body);
}

/* The tree is taken; NULL = out of memory. */
static void reply_tree(struct evhttp_request *req, int status, cJSON *tree) {
    char *text = tree ? cJSON_PrintUnformatted(tree) : NULL;
    if (text) reply(req, status, JSON, sv_of(text));
    else evhttp_send_error(req, 503, NULL);
    cJSON_free(text);
    cJSON_Delete(tree);
}

static void reply_error(struct evhttp_request *req, int status, const char *text) {
    cJSON *tree = cJSON_CreateObject();
    cJSON_AddStringToObject(tree, "error", text);
    reply_tree(req, status, tree);
}

/* ---- questions ------------------------------------------------------------------------------------------------- */

/* The members of the query string, as strings. */
static cJSON *read_query(struct evhttp_request *req) {
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(req));
    struct evkeyvalq pairs;
    struct evkeyval *pair;
    cJSON *tree = cJSON_CreateObject();
    if (!query || evhttp_parse_query_str(query, &pairs)) return tree;
    TAILQ_FOREACH(pair, &pairs, next) cJSON_AddStringToObject(tree, pair->key, pair->value);
    evhttp_clear_headers(&pairs);
    return tree;
}

/* The body if there is one, the query string otherwise. NULL: an answer was given. */
static cJSON *read_question(struct evhttp_request *req) {
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t len = evbuffer_get_length(in);
    struct err e = ERR_INIT;
    cJSON *tree = NULL;
    if (!len) return read_query(req);
    if (json_parse(sv_make((const char *)evbuffer_pullup(in, -1), len), &tree, &e)) {
        reply_error(req, 400, e.text);
        return NULL;
    }
    if (cJSON_IsObject(tree)) return tree;
    cJSON_Delete(tree);
    reply_error(req, 400, "the body must be a JSON object");
    return NULL;
}

/* ---- pages ----------------------------------------------------------------------------------------------------- */

static void do_health(struct admin *a, struct evhttp_request *req) {
    (void)a;
    reply(req, 200, "text/plain", SV_LIT("ok\n"));
}

static void do_ready(struct admin *a, struct evhttp_request *req) {
    if (a->proxy->draining) reply(req, 503, "text/plain", SV_LIT("draining\n"));
    else reply(req, 200, "text/plain", SV_LIT("ready\n"));
}

static void do_metrics(struct admin *a, struct evhttp_request *req) {
    struct err e = ERR_INIT;
    struct metrics_of *sets = NULL;
    size_t n = inspect_sets(a->proxy, &sets);
    struct buf text;
    buf_init(&text, METRICS_MAX);
    if (!n || metrics_print(sets, n, &text, &e)) evhttp_send_error(req, 503, NULL);
    else reply(req, 200, "text/plain; version=0.0.4; charset=utf-8", buf_sv(&text));
    buf_fini(&text);
    mem_free(sets);
}

static void do_page(struct admin *a, struct evhttp_request *req) {
    (void)a;
    add_header(req, "Content-Security-Policy",
               "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
               "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    add_header(req, "Referrer-Policy", "no-referrer");
    reply(req, 200, "text/html; charset=utf-8", sv_make((const char *)STATUS_PAGE, sizeof STATUS_PAGE));
}

static void do_status(struct admin *a, struct evhttp_request *req) { reply_tree(req, 200, inspect_status(a->proxy)); }

static void do_state(struct admin *a, struct evhttp_request *req) {
    cJSON *state = cJSON_CreateObject();
    cJSON_AddStringToObject(state, "version", VERSION);
    cJSON_AddNumberToObject(state, "uptime_s", (double)(clock_wall_ms() - a->proxy->watch->started_ms) / 1000);
    cJSON_AddStringToObject(state, "loglevel", log_level_name(log_level_of(a->proxy->log)));
    a->host.describe(a->host.arg, state);
    inspect_state(a->proxy, state);
    reply_tree(req, 200, state);
}

static void do_top(struct admin *a, struct evhttp_request *req) {
    cJSON *query = read_query(req), *answer = cJSON_CreateObject();
    const char *by = json_str(query, "by");
    enum top_order order = by && strcmp(by, "saved") == 0      ? TOP_BY_SAVED
                           : by && strcmp(by, "upstream") == 0 ? TOP_BY_UPSTREAM
                                                               : TOP_BY_COUNT;
    int64_t max = json_i64(query, "n", REPORT_TOP);
    cJSON_AddItemToObject(answer, "top",
                          report_top(a->proxy->watch, order, max > 0 && max < TOP_KEPT ? (int)max : TOP_KEPT));
    cJSON_Delete(query);
    reply_tree(req, 200, answer);
}

static void do_explain(struct admin *a, struct evhttp_request *req) {
    struct err e = ERR_INIT;
    cJSON *question = read_question(req), *answer = NULL;
    if (!question) return;
    if (inspect_explain(a->proxy, question, &answer, &e)) reply_error(req, 400, e.text);
    else reply_tree(req, 200, answer);
    cJSON_Delete(question);
}

static void do_invalidate(struct admin *a, struct evhttp_request *req) {
    struct err e = ERR_INIT;
    cJSON *wish = read_question(req), *answer = NULL;
    if (!wish) return;
    if (inspect_invalidate(a->proxy, wish, &answer, &e)) reply_error(req, 400, e.text);
    else reply_tree(req, 200, answer);
    cJSON_Delete(wish);
}

/* The answer goes out first: with nothing under way draining ends the process. */
static void do_drain(struct admin *a, struct evhttp_request *req) {
    static const struct timeval SOON = {0, DRAIN_AFTER_MS * 1000};
    cJSON *answer = cJSON_CreateObject();
    evtimer_add(a->drain, &SOON);
    cJSON_AddBoolToObject(answer, "draining", true);
    add_header(req, "Connection", "close");
    reply_tree(req, 200, answer);
}

static void do_reload(struct admin *a, struct evhttp_request *req) {
    struct err e = ERR_INIT;
    cJSON *answer;
    if (a->host.reload(a->host.arg, &e)) {
        reply_error(req, 409, e.text);
        return;
    }
    answer = cJSON_CreateObject();
    cJSON_AddBoolToObject(answer, "reloaded", true);
    reply_tree(req, 200, answer);
}

static void do_loglevel(struct admin *a, struct evhttp_request *req) {
    cJSON *wish = read_question(req), *answer;
    enum log_level level = log_level_of(a->proxy->log);
    if (!wish) return;
    const char *word = json_str(wish, "level");
    bool known = !word || log_level_parse(word, &level);
    cJSON_Delete(wish);
    if (!known) {
        reply_error(req, 400, "level is one of off, fatal, error, warning, info, debug, trace");
        return;
    }
    log_set_level(a->proxy->log, level);
    answer = cJSON_CreateObject();
    cJSON_AddStringToObject(answer, "level", log_level_name(log_level_of(a->proxy->log)));
    reply_tree(req, 200, answer);
}

/* ---- dispatch -------------------------------------------------------------------------------------------------- */

enum { GET = EVHTTP_REQ_GET | EVHTTP_REQ_HEAD, POST = EVHTTP_REQ_POST };

static const struct page {
    const char *path;
    unsigned methods;
    enum admin_need need;
    void (*open)(struct admin *a, struct evhttp_request *req);
} PAGES[] = {
    {"/healthz", GET, ADMIN_FREE, do_health},
    {"/readyz", GET, ADMIN_FREE, do_ready},
    {"/metrics", GET, ADMIN_FREE, do_metrics},
    {"/", GET, ADMIN_LOCAL, do_page},
    {"/admin/v1/status.json", GET, ADMIN_LOCAL, do_status},
    {"/admin/v1/state", GET, ADMIN_OWNER, do_state},
    {"/admin/v1/top", GET, ADMIN_OWNER, do_top},
    {"/admin/v1/explain", GET | POST, ADMIN_OWNER, do_explain},
    {"/admin/v1/invalidate", POST, ADMIN_OWNER, do_invalidate},
    {"/admin/v1/drain", POST, ADMIN_OWNER, do_drain},
    {"/admin/v1/reload", POST, ADMIN_OWNER, do_reload},
    {"/admin/v1/loglevel", GET | POST, ADMIN_OWNER, do_loglevel},
};

static const struct page *find_page(const char *path) {
    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++)
        if (strcmp(PAGES[i].path, path) == 0) return &PAGES[i];
    return NULL;
}

static void refuse(struct evhttp_request *req, int status, const char *why) {
    if (status == 401) add_header(req, "WWW-Authenticate", "Bearer realm=\"dbxproxyd admin\"");
    reply_error(req, status, why);
}

void admin_request(struct evhttp_request *req, void *arg) {
    struct admin *a = arg;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    const struct page *page = find_page(path && *path ? path : "/");
    int status;
    /* what is there is told only to who may use it */
    const char *why = admin_auth_refuses(req, &a->proxy->cfg->server, page ? page->need : ADMIN_OWNER, &status);
    if (why) refuse(req, status, why);
    else if (!page) reply_error(req, 404, "there is no such page");
    else if (!(page->methods & (unsigned)evhttp_request_get_command(req))) reply_error(req, 405, "method not allowed");
    else page->open(a, req);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    struct admin *a = arg;
    (void)fd;
    (void)what;
    inspect_tick(a->proxy);
}

static void on_drain(evutil_socket_t fd, short what, void *arg) {
    struct admin *a = arg;
    (void)fd;
    (void)what;
    a->host.drain(a->host.arg);
}

enum rc admin_new(struct admin **out, struct proxy *p, const struct admin_host *host, struct err *e) {
    static const struct timeval EVERY = {HISTORY_STEP_MS / 1000, 0};
    struct admin *a = mem_zalloc(sizeof *a);
    *out = a;
    if (!a) return err_nomem(e);
    a->proxy = p;
    a->host = *host;
    a->tick = event_new(p->base, -1, EV_PERSIST, on_tick, a);
    a->drain = evtimer_new(p->base, on_drain, a);
    if (a->tick && a->drain && event_add(a->tick, &EVERY) == 0) return RC_OK;
    admin_free(out);
    return err_nomem(e);
}

void admin_free(struct admin **a) {
    if (!*a) return;
    if ((*a)->tick) event_free((*a)->tick);
    if ((*a)->drain) event_free((*a)->drain);
    mem_free(*a);
    *a = NULL;
}
