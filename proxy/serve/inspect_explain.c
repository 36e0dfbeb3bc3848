#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyse.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "exchange.h"
#include "inspect_priv.h"
#include "proxy/tenant/identity.h"
#include "proxy/tenant/memo.h"

/* The question as an exchange that nobody waits for: the very same steps as those of a real request decide. Its tenant is
 * a copy with numbers and a memory of its own, so that asking leaves no trace. */
struct question {
    struct proxy *proxy;
    struct tenant *tenant;     /* the real one */
    struct tenant *copy;
    char *body;                /* of the execute request alone */
    char *token;               /* NULL = whose request it is, is not known. Wiped at the end */
    bool no_warehouse;         /* none was named: the key is that of no real request */
    bool no_user;              /* principal=user, and whose token it is was not asked yet */
    struct exchange x;
    struct statement s;
    struct refusal no;
    bool refused;
};

/* ---- finding out ----------------------------------------------------------------------------------------------- */

static enum rc find_tenant(struct question *q, const cJSON *question, struct err *e) {
    const char *name = json_str(question, "tenant");
    struct tenant *only = TAILQ_FIRST(&q->proxy->tenants);
    q->tenant = name ? proxy_tenant(q->proxy, name) : only && !TAILQ_NEXT(only, link) ? only : NULL;
    if (q->tenant) return RC_OK;
    return name ? err_set(e, ERR_CONFIG_BAD, "there is no tenant %s", name)
                : err_set(e, ERR_CONFIG_BAD, "say which tenant: there are %d", q->proxy->n_tenants);
}

/* The request as a client would send it: what is only for us is taken out. */
static enum rc read_request(struct question *q, cJSON *question, struct err *e) {
    if (!json_str(question, "statement")) return err_set(e, ERR_CONFIG_BAD, "there is no statement in the question");
    q->no_warehouse = !json_str(question, "warehouse_id") && !json_str(question, "session_id");
    if (q->no_warehouse) cJSON_AddStringToObject(question, "warehouse_id", "none");
    cJSON *token = cJSON_DetachItemFromObjectCaseSensitive(question, "token");
    char *text = cJSON_GetStringValue(token);
    q->token = text ? mem_strdup(text) : NULL;
    if (text) mem_wipe(text, strlen(text));
    cJSON_Delete(token);
    cJSON_DeleteItemFromObjectCaseSensitive(question, "tenant");
    q->body = cJSON_PrintUnformatted(question);
    return q->body ? RC_OK : err_nomem(e);
}

static enum rc copy_tenant(struct question *q, struct err *e) {
    q->copy = mem_alloc(sizeof *q->copy);
    if (!q->copy) return err_nomem(e);
    *q->copy = *q->tenant;
    q->copy->memo = NULL;
    return memo_new(&q->copy->memo, e);
}

static enum rc set_owner(struct question *q, struct err *e) {
    struct buf line;
    struct exchange *x = &q->x;
    x->has_token = x->has_principal = true; /* without one everything but the look-up can still be told */
    if (!q->token) return RC_OK;
    buf_init(&line, 16 * 1024);
    enum rc rc = buf_addf(&line, e, "Bearer %s", q->token);
    if (rc == RC_OK && !identity_token(q->tenant->identity, line.ptr, x->token))
        rc = err_set(e, ERR_CONFIG_BAD, "the token is not usable");
    if (rc == RC_OK) q->no_user = !identity_principal(q->tenant->identity, x->token, x->principal, &x->user);
    buf_wipe(&line);
    return rc;
}

static enum rc judge(struct question *q, struct err *e) {
    struct exchange *x = &q->x;
    x->req = evhttp_request_new(NULL, NULL);
    if (!x->req || copy_tenant(q, e)) return err_nomem(e);
    x->proxy = q->proxy;
    x->tenant = q->copy;
    x->method = "POST";
    x->path = "/api/2.0/sql/statements";
    x->statement = &q->s;
    x->body = sv_of(q->body);
    if (set_owner(q, e)) return RC_ERR;
    q->refused = !analyse(x, &q->s, &q->no);
    return RC_OK;
}

static bool is_cacheable(const struct question *q) { return q->s.analysis != NULL; }

static bool has_key(const struct question *q) { return is_cacheable(q) && q->token && !q->no_user; }

static void drop(struct question *q) {
    analysis_unref(&q->s.analysis);
    execreq_fini(&q->s.request);
    if (q->copy) {
        memo_free(&q->copy->memo);
        mem_wipe(q->copy, sizeof *q->copy);
        mem_free(q->copy);
    }
    if (q->x.req) evhttp_request_free(q->x.req);
    buf_fini(&q->x.inflated);
    arena_fini(&q->x.arena);
    mem_free_secret(q->token);
    cJSON_free(q->body);
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
    const struct analysis *a = q->s.analysis;
    cJSON *o = cJSON_AddObjectToObject(out, "life");
    cJSON_AddNumberToObject(o, "seconds", (double)a->ttl_ms / 1000);
    cJSON_AddNumberToObject(o, "stale_while_revalidate_s", (double)a->stale_revalidate_ms / 1000);
    cJSON_AddNumberToObject(o, "stale_if_error_s", (double)a->stale_error_ms / 1000);
    if (q->s.policy.life_rule) cJSON_AddStringToObject(o, "rule", q->s.policy.life_rule);
}

static void add_epochs(cJSON *out, const struct question *q) {
    const struct analysis *a = q->s.analysis;
    cJSON *list = cJSON_AddArrayToObject(out, "epochs");
    for (int i = 0; i < a->n_names; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber((double)epochs_known(q->tenant->cache.epochs, &a->names[i])));
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
    static const char *const VERDICTS[] = {"missing", "fresh", "stale", "late", "expired", "invalidated"};
    const struct cache *c = &q->tenant->cache;
    struct entry *entry = store_peek(c->store, q->s.analysis->key);
    int64_t left_ms;
    cJSON *memory = cJSON_AddObjectToObject(out, "memory");
    cJSON_AddBoolToObject(memory, "found", entry != NULL);
    if (entry) {
        enum cache_verdict v = cache_judge(c, entry, clock_mono_ms(), &q->s.analysis->wish, &left_ms);
        cJSON_AddBoolToObject(memory, "servable", v == CACHE_FRESH || v == CACHE_STALE);
        cJSON_AddStringToObject(memory, "state", VERDICTS[v]);
        add_found(memory, entry);
    }
    entry_unref(&entry);
}

static void add_key(cJSON *out, const uint8_t key[DIGEST_BYTES]) {
    char hex[2 * DIGEST_BYTES + 1];
    for (int i = 0; i < DIGEST_BYTES; i++) snprintf(hex + 2 * i, 3, "%02x", key[i]);
    cJSON_AddStringToObject(out, "key", hex);
}

static void add_notes(cJSON *out, const struct question *q) {
    const char *note = NULL;
    if (q->no_user) note = "whose token this is was not asked yet: it must have been used through the proxy first";
    else if (q->no_warehouse) note = "no warehouse was named";
    else if (is_cacheable(q) && !q->token) note = "without a token nothing is looked up: results belong to somebody";
    if (note) cJSON_AddStringToObject(out, "note", note);
}

static void add_reason(cJSON *out, const struct question *q) {
    enum bypass why = q->x.bypass;
    cJSON_AddBoolToObject(out, "cacheable", is_cacheable(q));
    if (q->refused) {
        cJSON_AddStringToObject(out, "refused", q->no.error_code);
        cJSON_AddStringToObject(out, "meaning", q->no.message);
    } else if (why != BYPASS_NONE) {
        cJSON_AddStringToObject(out, "reason", bypass_word(why));
        cJSON_AddStringToObject(out, "meaning", bypass_meaning(why));
    }
}

static void add_dependencies(cJSON *out, struct question *q) {
    const struct sqldeps *d = q->s.deps;
    if (!d) return;
    add_names(out, "reads", d->reads, d->n_reads, &q->x.arena);
    cJSON_AddBoolToObject(out, "reads_all_known", !d->open_reads);
    if (d->n_writes) add_names(out, "writes", d->writes, d->n_writes, &q->x.arena);
}

static cJSON *tell(struct question *q) {
    cJSON *out = cJSON_CreateObject();
    char digest[20];
    cJSON_AddStringToObject(out, "tenant", q->tenant->name);
    if (q->s.request.statement.ptr) {
        cJSON_AddStringToObject(out, "class", sqlclass_name(q->s.verdict.class));
        add_text(out, "verb", q->s.verdict.verb, &q->x.arena);
    }
    add_reason(out, q);
    add_traits(out, q->s.verdict.traits);
    add_dependencies(out, q);
    if (q->s.deps) add_policy(out, &q->s.policy);
    snprintf(digest, sizeof digest, "%016" PRIx64, q->x.digest);
    if (q->x.digest) cJSON_AddStringToObject(out, "digest", digest);
    if (is_cacheable(q)) {
        add_life(out, q);
        add_epochs(out, q);
    }
    if (has_key(q)) {
        add_key(out, q->s.analysis->key);
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
    if (rc == RC_OK) *out = tell(&q);
    drop(&q);
    return rc == RC_OK && !*out ? err_nomem(e) : rc;
}
