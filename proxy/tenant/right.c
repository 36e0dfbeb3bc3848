#define _GNU_SOURCE /* memmem */
#include "right.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "proxy/request/http_hdr.h"
#include "tenant.h"

enum { MAX_SHOWN = 65536, MAX_TABLES = 16384, MAX_ASKS = 64, MAX_ANSWER = 1024 * 1024, TIMEOUT_MS = 30 * 1000 };

#define STATEMENTS "/api/2.0/sql/statements"
#define TABLES "/api/2.1/unity-catalog/tables/"

/* One thing that is known for a while, in a bounded table. */
struct fact {
    struct keymap_node node;
    int64_t at_ms;
    uint64_t epoch;              /* of the tenant when it was learned: a grant makes it void */
    bool yes;
    TAILQ_ENTRY(fact) link;
};

struct facts {
    struct keymap map;
    TAILQ_HEAD(fact_list, fact) order;   /* oldest first */
    size_t most;
};

struct rights {
    struct tenant *tenant;
    struct facts shown, plain;
    TAILQ_HEAD(, right_ask) asks;
    int n_asks;
};

/* One question: a table of the catalog, or an EXPLAIN. */
struct right_ask {
    struct rights *owner;
    struct upstream_req *req;
    struct evkeyvalq headers;
    uint8_t principal[DIGEST_BYTES], key[DIGEST_BYTES];
    struct buf body, answer;
    int status;
    uint64_t epoch;
    int64_t sent_ms;
    struct analysis *analysis;   /* whose tables are asked about, one after the other; NULL = an EXPLAIN */
    int next;
    right_fn *fn;
    void *arg;
    TAILQ_ENTRY(right_ask) link;
};

/* ---- facts ----------------------------------------------------------------------------------------------------- */

static bool facts_init(struct facts *f, size_t most) {
    TAILQ_INIT(&f->order);
    f->most = most;
    return keymap_init(&f->map);
}

static void drop_fact(struct facts *f, struct fact *one) {
    TAILQ_REMOVE(&f->order, one, link);
    keymap_remove(&f->map, &one->node);
    mem_free(one);
}

static void facts_fini(struct facts *f) {
    while (f->map.slots && !TAILQ_EMPTY(&f->order)) drop_fact(f, TAILQ_FIRST(&f->order));
    keymap_fini(&f->map);
}

static void facts_set(struct facts *f, const uint8_t key[DIGEST_BYTES], bool yes, int64_t at_ms, uint64_t epoch) {
    struct fact *one = (struct fact *)keymap_find(&f->map, key); /* node is the first member */
    if (one) drop_fact(f, one);
    if (f->map.count >= f->most) drop_fact(f, TAILQ_FIRST(&f->order));
    one = mem_zalloc(sizeof *one);
    if (!one) return;
    memcpy(one->node.key, key, DIGEST_BYTES);
    one->yes = yes;
    one->at_ms = at_ms;
    one->epoch = epoch;
    keymap_add(&f->map, &one->node);
    TAILQ_INSERT_TAIL(&f->order, one, link);
}

static uint64_t tenant_epoch(const struct rights *r) {
    struct epoch_name all = epoch_name_all(r->tenant->cache.epochs);
    return epochs_get(r->tenant->cache.epochs, &all);
}

static enum right facts_find(const struct rights *r, const struct facts *f, const uint8_t key[DIGEST_BYTES],
                             int64_t within_ms) {
    const struct fact *one = (const struct fact *)keymap_find(&f->map, key);
    if (!one || clock_mono_ms() - one->at_ms >= within_ms || one->epoch != tenant_epoch(r)) return RIGHT_UNKNOWN;
    return one->yes ? RIGHT_YES : RIGHT_NO;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

enum rc rights_new(struct rights **out, struct tenant *t, struct err *e) {
    struct rights *r = mem_zalloc(sizeof *r);
    *out = r;
    if (!r) return err_nomem(e);
    r->tenant = t;
    TAILQ_INIT(&r->asks);
    if (facts_init(&r->shown, MAX_SHOWN) && facts_init(&r->plain, MAX_TABLES)) return RC_OK;
    rights_free(out);
    return err_nomem(e);
}

static void ask_free(struct right_ask *a) {
    struct evkeyval *h;
    upstream_cancel(&a->req);
    TAILQ_FOREACH(h, &a->headers, next) mem_wipe(h->value, strlen(h->value));
    evhttp_clear_headers(&a->headers);
    buf_fini(&a->body);
    buf_fini(&a->answer);
    analysis_unref(&a->analysis);
    TAILQ_REMOVE(&a->owner->asks, a, link);
    a->owner->n_asks--;
    mem_free(a);
}

void rights_free(struct rights **slot) {
    struct rights *r = *slot;
    if (!r) return;
    while (!TAILQ_EMPTY(&r->asks)) ask_free(TAILQ_FIRST(&r->asks));
    facts_fini(&r->shown);
    facts_fini(&r->plain);
    mem_free(r);
    *slot = NULL;
}

void right_ask_drop(struct right_ask **a) {
    if (*a) ask_free(*a);
    *a = NULL;
}

static struct right_ask *ask_new(struct rights *r, const struct evkeyvalq *headers,
                                 const uint8_t principal[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    struct right_ask *a = r->n_asks < MAX_ASKS ? mem_zalloc(sizeof *a) : NULL;
    if (!a) return NULL;
    a->owner = r;
    TAILQ_INIT(&a->headers);
    TAILQ_INSERT_TAIL(&r->asks, a, link);
    r->n_asks++;
    memcpy(a->principal, principal, DIGEST_BYTES);
    buf_init(&a->body, 64 * 1024 * 1024);
    buf_init(&a->answer, MAX_ANSWER);
    a->epoch = tenant_epoch(r);
    if (http_hdr_copy_request(headers, true, &a->headers, &e)) {
        ask_free(a);
        return NULL;
    }
    evhttp_remove_header(&a->headers, "Content-Type");
    evhttp_remove_header(&a->headers, "Content-Encoding");
    evhttp_add_header(&a->headers, "Content-Type", "application/json");
    return a;
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static void on_head(void *arg, int status, struct evkeyvalq *headers) {
    struct right_ask *a = arg;
    (void)headers;
    a->status = status;
}

static bool on_body(void *arg, struct sv bytes) {
    struct right_ask *a = arg;
    struct err e = ERR_INIT;
    if (buf_addsv(&a->answer, bytes, &e)) a->status = 0; /* too long to be understood: a no */
    return true;
}

static enum rc send_ask(struct right_ask *a, const char *method, const char *target, enum upstream_kind kind,
                        const char *warehouse, void (*on_done)(void *arg, const struct upstream_end *end),
                        struct err *e) {
    struct upstream_events events = {on_head, on_body, on_done};
    struct tenant *t = a->owner->tenant;
    struct upstream_call call = {
        .kind = kind, .client = t->client, .principal = a->principal, .warehouse = warehouse, .method = method,
        .target = target, .headers = &a->headers, .body = buf_sv(&a->body), .decode = true,
        .silence_ms = TIMEOUT_MS, .total_ms = TIMEOUT_MS};
    buf_reset(&a->answer);
    a->status = 0;
    a->sent_ms = clock_mono_ms();
    return upstream_start(t->upstream, &call, &events, a, &a->req, e);
}

/* ---- plain tables ---------------------------------------------------------------------------------------------- */

static void pad(const struct epoch_name *name, uint8_t out[DIGEST_BYTES]) {
    memset(out, 0, DIGEST_BYTES);
    memcpy(out, name->bytes, EPOCH_NAME_BYTES);
}

static enum right plain_one(const struct rights *r, const struct analysis_table *table) {
    uint8_t key[DIGEST_BYTES];
    pad(&table->epoch, key);
    return facts_find(r, &r->plain, key, r->tenant->config->cache.metadata_ttl_ms);
}

enum right rights_are_plain(const struct rights *r, const struct analysis *a) {
    enum right all = a->n_tables ? RIGHT_YES : RIGHT_NO;
    for (int i = 0; i < a->n_tables; i++) {
        enum right one = plain_one(r, &a->tables[i]);
        if (one == RIGHT_NO) return one;
        if (one == RIGHT_UNKNOWN) all = one;
    }
    return all;
}

static bool has_mask(const cJSON *columns) {
    const cJSON *c;
    if (!cJSON_IsArray(columns)) return true; /* not told: not known */
    cJSON_ArrayForEach(c, columns)
        if (cJSON_HasObjectItem(c, "mask") && !cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(c, "mask"))) return true;
    return false;
}

static bool has(const cJSON *tree, const char *name) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(tree, name);
    return v && !cJSON_IsNull(v) && !(cJSON_IsArray(v) && cJSON_GetArraySize(v) == 0);
}

/* Unity Catalog's TableInfo: table_type, row_filter, columns[].mask. */
static bool says_plain(const struct right_ask *a) {
    static const char *const TYPES[] = {"MANAGED", "EXTERNAL"};
    struct err e = ERR_INIT;
    cJSON *tree = NULL;
    bool plain = false;
    if (a->status != 200 || json_parse(buf_sv(&a->answer), &tree, &e)) return false;
    const char *type = json_str(tree, "table_type");
    for (size_t i = 0; type && i < sizeof TYPES / sizeof *TYPES; i++) plain = plain || strcmp(type, TYPES[i]) == 0;
    plain = plain && !has(tree, "row_filter") && !has(tree, "effective_policies") && !has(tree, "policies") &&
            !has(tree, "view_definition") && !has_mask(cJSON_GetObjectItemCaseSensitive(tree, "columns"));
    cJSON_Delete(tree);
    return plain;
}

static void ask_next_table(struct right_ask *a);

static void on_table(void *arg, const struct upstream_end *end) {
    struct right_ask *a = arg;
    uint8_t key[DIGEST_BYTES];
    a->req = NULL;
    if (end->fault != UPSTREAM_OK) a->status = 0;
    pad(&a->analysis->tables[a->next].epoch, key);
    facts_set(&a->owner->plain, key, says_plain(a), a->sent_ms, a->epoch);
    a->next++;
    ask_next_table(a);
}

static bool is_plain_name(const char *name) {
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == strlen(name);
}

static void ask_next_table(struct right_ask *a) {
    struct err e = ERR_INIT;
    char target[1024];
    const struct analysis *of = a->analysis;
    while (a->next < of->n_tables && plain_one(a->owner, &of->tables[a->next]) != RIGHT_UNKNOWN) a->next++;
    bool more = a->next < of->n_tables && is_plain_name(of->tables[a->next].name) &&
                strlen(of->tables[a->next].name) + sizeof TABLES < sizeof target;
    if (more) snprintf(target, sizeof target, "%s%s", TABLES, of->tables[a->next].name);
    if (!more || send_ask(a, "GET", target, UP_HEALTH, "", on_table, &e)) ask_free(a);
}

void rights_learn(struct rights *r, const struct analysis *of, const struct evkeyvalq *headers,
                  const uint8_t principal[DIGEST_BYTES]) {
    struct right_ask *a = ask_new(r, headers, principal);
    if (!a) return;
    a->analysis = analysis_ref((struct analysis *)(uintptr_t)of);
    ask_next_table(a);
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
    return name_shown(r, principal, key, name) && facts_find(r, &r->shown, name, within) == RIGHT_YES;
}

static void note_shown(struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES],
                       int64_t at_ms, uint64_t epoch) {
    uint8_t name[DIGEST_BYTES];
    if (name_shown(r, principal, key, name)) facts_set(&r->shown, name, true, at_ms, epoch);
}

void rights_note_shown(struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES]) {
    note_shown(r, principal, key, clock_mono_ms(), tenant_epoch(r));
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

static bool passed(const struct right_ask *a) {
    struct err e = ERR_INIT;
    cJSON *tree = NULL;
    if (a->status != 200 || json_parse(buf_sv(&a->answer), &tree, &e)) return false;
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

static void on_explained(void *arg, const struct upstream_end *end) {
    struct right_ask *a = arg;
    right_fn *fn = a->fn;
    void *fn_arg = a->arg;
    a->req = NULL;
    if (end->fault != UPSTREAM_OK) a->status = 0;
    bool may = passed(a);
    if (may) note_shown(a->owner, a->principal, a->key, a->sent_ms, a->epoch);
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

enum rc right_explain(struct rights *r, struct sv body, const struct evkeyvalq *headers, const char *warehouse,
                      const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES], right_fn *fn, void *arg,
                      struct right_ask **ask_r, struct err *e) {
    struct right_ask *a = ask_new(r, headers, principal);
    if (!a) return err_nomem(e);
    memcpy(a->key, key, DIGEST_BYTES);
    a->fn = fn;
    a->arg = arg;
    if (write_explain(body, &a->body, e) ||
        send_ask(a, "POST", STATEMENTS, UP_READ, warehouse, on_explained, e)) {
        ask_free(a);
        return RC_ERR;
    }
    *ask_r = a;
    return RC_OK;
}
