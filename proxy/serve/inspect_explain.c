#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "inspect_priv.h"
#include "proxy/request/cachekey.h"
#include "proxy/request/control.h"
#include "proxy/sql/policy.h"
#include "proxy/tenant/identity.h"

/* What was found out: explain shows each step, also those after the first no. */
struct question {
    struct proxy *proxy;
    const struct config_tenant *tenant;
    struct arena arena;
    char *body;                /* of the execute request alone */
    char *token;               /* NULL = whose request it is, is not known. Wiped at the end */
    bool no_warehouse;         /* none was named: the key is that of no real request */
    struct execreq request;
    struct sqlverdict verdict;
    struct sqldeps deps;
    struct policy_verdict policy;
    struct control control;
    uint8_t principal[DIGEST_BYTES], key[DIGEST_BYTES];
    bool has_key;
    enum bypass why;
};

/* ---- finding out ----------------------------------------------------------------------------------------------- */

static enum rc find_tenant(struct question *q, const cJSON *question, struct err *e) {
    const struct config *cfg = q->proxy->cfg;
    const char *name = json_str(question, "tenant");
    q->tenant = inspect_find_tenant(cfg, name);
    if (q->tenant) return RC_OK;
    return name ? err_set(e, ERR_CONFIG_BAD, "there is no tenant %s", name)
                : err_set(e, ERR_CONFIG_BAD, "say which tenant: there are %d", cfg->n_tenants);
}

/* The request as a client would send it: what is only for us is taken out. */
static enum rc read_request(struct question *q, cJSON *question, struct err *e) {
    q->no_warehouse = !json_str(question, "warehouse_id") && !json_str(question, "session_id");
    if (q->no_warehouse) cJSON_AddStringToObject(question, "warehouse_id", "none");
    cJSON *token = cJSON_DetachItemFromObjectCaseSensitive(question, "token");
    char *text = cJSON_GetStringValue(token);
    q->token = text ? mem_strdup(text) : NULL;
    if (text) mem_wipe(text, strlen(text));
    cJSON_Delete(token);
    cJSON_DeleteItemFromObjectCaseSensitive(question, "tenant");
    q->body = cJSON_PrintUnformatted(question);
    if (!q->body) return err_nomem(e);
    if (execreq_parse(sv_of(q->body), &q->arena, &q->request, e)) return RC_ERR;
    return q->request.statement.ptr ? RC_OK : err_set(e, ERR_CONFIG_BAD, "there is no statement in the question");
}

static enum rc judge(struct question *q, struct err *e) {
    struct sqlrules rules = policy_sqlrules(q->proxy->cfg, q->tenant);
    struct sqldeps_at at = {q->request.catalog, q->request.schema};
    struct policy *policy = NULL;
    rules.keyed = (q->request.catalog.ptr ? SQLKEYED_CATALOG : 0) | (q->request.schema.ptr ? SQLKEYED_SCHEMA : 0);
    q->verdict = classify(q->request.statement, &rules);
    q->control = control_none();
    control_read_comment(&q->control, q->request.statement);
    if (sqldeps_find(q->request.statement, &at, &q->arena, &q->deps, e)) return RC_ERR;
    if (policy_new(q->proxy->cfg, q->tenant, &policy, e)) return RC_ERR;
    struct policy_question asked = {.sql = q->request.statement, .verdict = &q->verdict, .deps = &q->deps,
                                    .tags = q->control.tags, .n_tags = q->control.n_tags,
                                    .has_row_limit = q->request.row_limit.ptr != NULL};
    policy_check(policy, &asked, &q->policy);
    if (q->policy.rule) q->policy.rule = arena_dup(&q->arena, sv_of(q->policy.rule));
    if (q->policy.life_rule) q->policy.life_rule = arena_dup(&q->arena, sv_of(q->policy.life_rule));
    policy_free(&policy);
    return RC_OK;
}

static int64_t life_ms(const struct question *q) {
    const struct config_cache *c = &q->proxy->cfg->cache;
    int64_t ttl_ms = q->verdict.traits & SQLTRAIT_SYSTEM ? c->system_ttl_ms
                     : q->verdict.class == SQL_META      ? c->metadata_ttl_ms
                                                         : c->ttl_ms;
    if (q->policy.ttl_ms >= 0) ttl_ms = q->policy.ttl_ms;
    ttl_ms = control_ttl(&q->control, ttl_ms);
    return ttl_ms < c->max_ttl_ms ? ttl_ms : c->max_ttl_ms;
}

static enum bypass find_reason(const struct question *q) {
    if (q->verdict.why != BYPASS_NONE) return q->verdict.why;
    if (q->request.why != BYPASS_NONE) return q->request.why;
    if (q->control.no_store && q->control.no_lookup) return BYPASS_CLIENT;
    return life_ms(q) <= 0 ? BYPASS_OFF : BYPASS_NONE;
}

static void make_key(struct question *q) {
    struct err e = ERR_INIT;
    struct buf line;
    struct evkeyvalq no_headers;
    struct tenant *t = proxy_tenant(q->proxy, q->tenant->name);
    struct cachekey_fields fields = {.principal = q->principal, .upstream = sv_of(q->tenant->up->url),
                                     .request = &q->request, .headers = &no_headers};
    TAILQ_INIT(&no_headers);
    if (!q->token || q->why != BYPASS_NONE || q->request.session_id.ptr) return;
    buf_init(&line, 16 * 1024);
    uint8_t token[DIGEST_BYTES];
    struct sv user;
    fields.generation = sv_make((const char *)t->generation, sizeof t->generation);
    fields.tenant = sv_of(t->name);
    q->has_key = buf_addf(&line, &e, "Bearer %s", q->token) == RC_OK &&
                 identity_token(t->identity, line.ptr, token) &&
                 identity_principal(t->identity, token, q->principal, &user) &&
                 cachekey_make(&t->secrets, &fields, q->key, &e) == RC_OK;
    buf_wipe(&line);
}

/* ---- telling --------------------------------------------------------------------------------------------------- */

static void add_traits(cJSON *out, uint32_t traits) {
    static const char *const WORDS[] = {
        "order-dependent", "principal",    "today",         "clock",      "session-values", "path",
        "system",          "explain",      "limit",         "select-star", "fixed-version", "time-travel",
        "identifier",      "user-function", "opaque",       "time-zone",  "cte"};
    cJSON *list = cJSON_AddArrayToObject(out, "traits");
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (traits & 1u << i) cJSON_AddItemToArray(list, cJSON_CreateString(WORDS[i]));
}

static void add_text(cJSON *out, const char *name, struct sv text, struct arena *a) {
    const char *copy = text.ptr ? arena_dup(a, text) : NULL;
    if (copy) cJSON_AddStringToObject(out, name, copy);
}

static void add_names(cJSON *out, const char *name, const struct sqldep *deps, int n, struct arena *a) {
    cJSON *list = cJSON_AddArrayToObject(out, name);
    for (int i = 0; i < n; i++) {
        const char *copy = arena_dup(a, deps[i].name);
        if (copy) cJSON_AddItemToArray(list, cJSON_CreateString(copy));
    }
}

static void add_policy(cJSON *out, const struct policy_verdict *v) {
    cJSON *o = cJSON_AddObjectToObject(out, "policy");
    cJSON_AddStringToObject(o, "verdict", v->denied ? "denied" : v->would_deny ? "would be denied" : "may run");
    if (v->rule) cJSON_AddStringToObject(o, "rule", v->rule);
    if (v->denied || v->would_deny) cJSON_AddStringToObject(o, "message", v->message);
}

static void add_life(cJSON *out, const struct question *q) {
    cJSON *o = cJSON_AddObjectToObject(out, "life");
    cJSON_AddNumberToObject(o, "seconds", (double)life_ms(q) / 1000);
    if (q->policy.life_rule) cJSON_AddStringToObject(o, "rule", q->policy.life_rule);
}

static void add_found(cJSON *memory, const struct entry *entry) {
    cJSON_AddNumberToObject(memory, "age_s", (double)(clock_mono_ms() - entry->submitted_ms) / 1000);
    cJSON_AddNumberToObject(memory, "life_s", (double)entry->ttl_ms / 1000);
    cJSON_AddNumberToObject(memory, "rows", (double)entry->rows);
    cJSON_AddNumberToObject(memory, "bytes", (double)entry_cost(entry));
    cJSON_AddNumberToObject(memory, "hits", entry->hits);
    cJSON_AddNumberToObject(memory, "exec_ms", (double)entry->exec_ms);
    cJSON_AddBoolToObject(memory, "versioned", entry->versioned);
}

/* Looked at, not looked up: nothing is counted and nothing thrown away. */
static void add_memory(cJSON *out, const struct question *q) {
    struct cache *c = &proxy_tenant(q->proxy, q->tenant->name)->cache;
    struct cache_wish any = cache_wish_none();
    struct entry *entry = store_peek(c->store, q->key);
    int64_t left_ms;
    cJSON *memory = cJSON_AddObjectToObject(out, "memory");
    cJSON_AddBoolToObject(memory, "found", entry != NULL);
    if (entry) {
        bool fresh = cache_judge(c, entry, clock_mono_ms(), &any, &left_ms) == CACHE_FRESH;
        cJSON_AddBoolToObject(memory, "servable", fresh);
        add_found(memory, entry);
    }
    entry_unref(&entry);
}

static void add_key(cJSON *out, const struct question *q) {
    char hex[2 * DIGEST_BYTES + 1];
    for (int i = 0; i < DIGEST_BYTES; i++) snprintf(hex + 2 * i, 3, "%02x", q->key[i]);
    cJSON_AddStringToObject(out, "key", hex);
}

static void add_notes(cJSON *out, const struct question *q) {
    if (q->no_warehouse) cJSON_AddStringToObject(out, "note", "no warehouse was named");
    else if (q->why == BYPASS_NONE && !q->token)
        cJSON_AddStringToObject(out, "note", "without a token nothing can be looked up: results belong to somebody");
}

static cJSON *tell(struct question *q) {
    cJSON *out = cJSON_CreateObject();
    cJSON_AddStringToObject(out, "tenant", q->tenant->name);
    cJSON_AddStringToObject(out, "class", sqlclass_name(q->verdict.class));
    add_text(out, "verb", q->verdict.verb, &q->arena);
    cJSON_AddBoolToObject(out, "cacheable", q->why == BYPASS_NONE);
    if (q->why != BYPASS_NONE) {
        cJSON_AddStringToObject(out, "reason", bypass_word(q->why));
        cJSON_AddStringToObject(out, "meaning", bypass_meaning(q->why));
    }
    add_traits(out, q->verdict.traits);
    add_names(out, "reads", q->deps.reads, q->deps.n_reads, &q->arena);
    cJSON_AddBoolToObject(out, "reads_all_known", !q->deps.open_reads);
    if (q->deps.n_writes) add_names(out, "writes", q->deps.writes, q->deps.n_writes, &q->arena);
    add_policy(out, &q->policy);
    if (q->why == BYPASS_NONE) add_life(out, q);
    if (q->has_key) {
        add_key(out, q);
        add_memory(out, q);
    }
    add_notes(out, q);
    return out;
}

enum rc inspect_explain(struct proxy *p, cJSON *question, cJSON **out, struct err *e) {
    struct question q = {.proxy = p};
    enum rc rc = find_tenant(&q, question, e);
    if (rc == RC_OK) rc = read_request(&q, question, e);
    if (rc == RC_OK) rc = judge(&q, e);
    if (rc == RC_OK) {
        q.why = find_reason(&q);
        make_key(&q);
        *out = tell(&q);
    }
    execreq_fini(&q.request);
    mem_free_secret(q.token);
    cJSON_free(q.body);
    arena_fini(&q.arena);
    return rc == RC_OK && !*out ? err_nomem(e) : rc;
}
