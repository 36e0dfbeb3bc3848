#include "right.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "facts.h"
#include "proxy/request/http_hdr.h"
#include "proxy/upstream/question.h"
#include "tenant.h"

enum { SHOWN = 1, MAX_SHOWN = 65536, MAX_ASKS = 64, MAX_BODY = 64 * 1024 * 1024, MAX_ANSWER = 1024 * 1024,
       TIMEOUT_MS = 30 * 1000 };

#define STATEMENTS "/api/2.0/sql/statements"

struct rights {
    struct tenant *tenant;
    struct facts shown;
    TAILQ_HEAD(, right_ask) asks;
    int n_asks;
};

/* One EXPLAIN under way. */
struct right_ask {
    struct rights *owner;
    struct question question;
    uint8_t principal[DIGEST_BYTES], key[DIGEST_BYTES];
    struct buf body;
    uint64_t epoch;
    right_fn *fn;
    void *arg;
    TAILQ_ENTRY(right_ask) link;
};

/* ---- life ------------------------------------------------------------------------------------------------------ */

enum rc rights_new(struct rights **out, struct tenant *t, struct err *e) {
    struct rights *r = mem_zalloc(sizeof *r);
    *out = r;
    if (!r) return err_nomem(e);
    r->tenant = t;
    TAILQ_INIT(&r->asks);
    if (facts_init(&r->shown, MAX_SHOWN)) return RC_OK;
    rights_free(out);
    return err_nomem(e);
}

static void ask_free(struct right_ask *a) {
    question_fini(&a->question);
    buf_fini(&a->body);
    TAILQ_REMOVE(&a->owner->asks, a, link);
    a->owner->n_asks--;
    mem_free(a);
}

void rights_free(struct rights **slot) {
    struct rights *r = *slot;
    if (!r) return;
    while (!TAILQ_EMPTY(&r->asks)) ask_free(TAILQ_FIRST(&r->asks));
    facts_fini(&r->shown);
    mem_free(r);
    *slot = NULL;
}

void right_ask_drop(struct right_ask **a) {
    if (*a) ask_free(*a);
    *a = NULL;
}

/* ---- shown rights ---------------------------------------------------------------------------------------------- */

static bool name_shown(const struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES],
                       uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    uint8_t both[2 * DIGEST_BYTES];
    memcpy(both, principal, DIGEST_BYTES);
    memcpy(both + DIGEST_BYTES, key, DIGEST_BYTES);
    return secrets_digest(&r->tenant->secrets, "right", sv_make((const char *)both, sizeof both), out, &e) == RC_OK;
}

bool rights_are_shown(const struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES]) {
    const struct config *c = r->tenant->config;
    int64_t within = c->security.authz_ttl_ms ? c->security.authz_ttl_ms : c->cache.ttl_ms;
    uint8_t name[DIGEST_BYTES];
    return name_shown(r, principal, key, name) && facts_find(&r->shown, name, within, tenant_epoch(r->tenant)) == SHOWN;
}

static void note_shown(struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES],
                       int64_t at_ms, uint64_t epoch) {
    uint8_t name[DIGEST_BYTES];
    if (name_shown(r, principal, key, name)) facts_set(&r->shown, name, SHOWN, at_ms, epoch);
}

void rights_note_shown(struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES]) {
    note_shown(r, principal, key, clock_mono_ms(), tenant_epoch(r->tenant));
}

/* ---- EXPLAIN --------------------------------------------------------------------------------------------------- */

/* Spark tells an analysis that failed as a plan: a text with the exception in it. A statement that merely contains such
 * a word does not pass, which costs a run. */
static bool is_a_plan(const char *text) {
    static const char *const BAD[] = {"Exception", "PERMISSION", "INSUFFICIENT", "Error"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (strstr(text, BAD[i])) return false;
    return strstr(text, "==") != NULL;
}

static bool passed(const struct question *q) {
    cJSON *tree = question_json(q);
    const cJSON *status = json_obj(tree, "status"), *result = json_obj(tree, "result");
    const char *state = status ? json_str(status, "state") : NULL;
    const cJSON *rows = result ? json_arr(result, "data_array") : NULL, *row;
    bool ok = state && strcmp(state, "SUCCEEDED") == 0 && cJSON_GetArraySize(rows) > 0;
    cJSON_ArrayForEach(row, rows) {
        const cJSON *cell = cJSON_GetArrayItem(row, 0);
        ok = ok && cJSON_IsString(cell) && is_a_plan(cell->valuestring);
    }
    cJSON_Delete(tree);
    return ok;
}

static void on_explained(void *arg, enum upstream_fault fault) {
    struct right_ask *a = arg;
    right_fn *fn = a->fn;
    void *fn_arg = a->arg;
    bool may = passed(&a->question);
    (void)fault;
    if (may) note_shown(a->owner, a->principal, a->key, a->question.sent_ms, a->epoch);
    ask_free(a);
    fn(fn_arg, may);
}

static bool set_text(cJSON *tree, const char *name, const char *text) {
    cJSON_DeleteItemFromObjectCaseSensitive(tree, name);
    return cJSON_AddStringToObject(tree, name, text) != NULL;
}

/* The same request, but its statement is only explained. */
static enum rc write_explain(struct sv body, struct buf *out, struct err *e) {
    cJSON *tree = NULL;
    struct buf sql;
    char *text = NULL;
    enum rc rc = RC_ERR;
    buf_init(&sql, 32 * 1024 * 1024);
    if (json_parse(body, &tree, e)) goto out;
    const char *statement = json_str(tree, "statement");
    if (!statement) {
        err_set(e, ERR_PROTOCOL, "there is no statement");
        goto out;
    }
    if (buf_addf(&sql, e, "EXPLAIN %s", statement)) goto out;
    cJSON_DeleteItemFromObjectCaseSensitive(tree, "row_limit");
    cJSON_DeleteItemFromObjectCaseSensitive(tree, "byte_limit");
    cJSON_DeleteItemFromObjectCaseSensitive(tree, "result_compression");
    bool ok = set_text(tree, "statement", sql.ptr) && set_text(tree, "disposition", "INLINE") &&
              set_text(tree, "format", "JSON_ARRAY") && set_text(tree, "wait_timeout", "20s") &&
              set_text(tree, "on_wait_timeout", "CANCEL");
    text = ok ? cJSON_PrintUnformatted(tree) : NULL;
    rc = text ? buf_adds(out, text, e) : err_nomem(e);
out:
    cJSON_free(text);
    cJSON_Delete(tree);
    buf_fini(&sql);
    return rc;
}

static struct right_ask *ask_new(struct rights *r, const uint8_t principal[DIGEST_BYTES],
                                 const uint8_t key[DIGEST_BYTES]) {
    struct right_ask *a = r->n_asks < MAX_ASKS ? mem_zalloc(sizeof *a) : NULL;
    if (!a) return NULL;
    a->owner = r;
    TAILQ_INSERT_TAIL(&r->asks, a, link);
    r->n_asks++;
    memcpy(a->principal, principal, DIGEST_BYTES);
    memcpy(a->key, key, DIGEST_BYTES);
    a->epoch = tenant_epoch(r->tenant);
    buf_init(&a->body, MAX_BODY);
    question_init(&a->question, MAX_ANSWER, on_explained, a);
    return a;
}

static enum rc send_ask(struct right_ask *a, const struct evkeyvalq *headers, const char *warehouse, struct err *e) {
    struct tenant *t = a->owner->tenant;
    struct evkeyvalq own;
    TAILQ_INIT(&own);
    struct upstream_call call = {.kind = UP_READ, .client = t->client, .principal = a->principal,
                                 .warehouse = warehouse, .method = "POST", .target = STATEMENTS, .headers = &own,
                                 .body = buf_sv(&a->body), .total_ms = TIMEOUT_MS};
    enum rc rc = http_hdr_copy_caller(headers, true, &own, e);
    if (rc == RC_OK) rc = question_ask(&a->question, t->upstream, call, e);
    http_hdr_wipe(&own);
    return rc;
}

enum rc right_explain(struct rights *r, struct sv body, const struct evkeyvalq *headers, const char *warehouse,
                      const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES], right_fn *fn, void *arg,
                      struct right_ask **ask_r, struct err *e) {
    struct right_ask *a = ask_new(r, principal, key);
    if (!a) return err_nomem(e);
    a->fn = fn;
    a->arg = arg;
    if (write_explain(body, &a->body, e) || send_ask(a, headers, warehouse, e)) {
        ask_free(a);
        return RC_ERR;
    }
    *ask_r = a;
    return RC_OK;
}
