#include "relation.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/json.h"
#include "core/mem.h"
#include "facts.h"
#include "proxy/request/http_hdr.h"
#include "proxy/upstream/question.h"
#include "tenant.h"

enum { MAX_TABLES = 16384, MAX_ASKS = 64, MAX_ANSWER = 1024 * 1024, TIMEOUT_MS = 15 * 1000 };

#define TABLES "/api/2.1/unity-catalog/tables/"

/* Asks about the tables of one statement, one after the other. */
struct ask {
    struct relations *owner;
    struct analysis *analysis;   /* a reference */
    struct evkeyvalq headers;    /* with the token; wiped at the end */
    uint8_t principal[DIGEST_BYTES];
    int next;
    struct question question;
    uint64_t epoch;
    TAILQ_ENTRY(ask) link;
};

struct relations {
    struct tenant *tenant;
    struct facts known;
    TAILQ_HEAD(, ask) asks;
    int n_asks;
};

enum rc relations_new(struct relations **out, struct tenant *t, struct err *e) {
    struct relations *r = mem_zalloc(sizeof *r);
    *out = r;
    if (!r) return err_nomem(e);
    r->tenant = t;
    TAILQ_INIT(&r->asks);
    if (facts_init(&r->known, MAX_TABLES)) return RC_OK;
    relations_free(out);
    return err_nomem(e);
}

static void ask_free(struct ask *a) {
    question_fini(&a->question);
    http_hdr_wipe(&a->headers);
    analysis_unref(&a->analysis);
    TAILQ_REMOVE(&a->owner->asks, a, link);
    a->owner->n_asks--;
    mem_free(a);
}

void relations_free(struct relations **slot) {
    struct relations *r = *slot;
    if (!r) return;
    while (!TAILQ_EMPTY(&r->asks)) ask_free(TAILQ_FIRST(&r->asks));
    facts_fini(&r->known);
    mem_free(r);
    *slot = NULL;
}

/* ---- what is known --------------------------------------------------------------------------------------------- */

static void pad(const struct epoch_name *name, uint8_t out[DIGEST_BYTES]) {
    memset(out, 0, DIGEST_BYTES);
    memcpy(out, name->bytes, EPOCH_NAME_BYTES);
}

/* A grant or a statement that made the name something else makes what is known void. */
static uint64_t epoch_of(const struct relations *r, const struct analysis_table *table) {
    return tenant_epoch(r->tenant) + epochs_get(r->tenant->cache.epochs, &table->epoch) * UINT64_C(0x9E3779B97F4A7C15);
}

static enum relation find(const struct relations *r, const struct analysis_table *table) {
    uint8_t key[DIGEST_BYTES];
    const struct tenant *t = r->tenant;
    pad(&table->epoch, key);
    return (enum relation)facts_find(&r->known, key, t->config->cache.metadata_ttl_ms, epoch_of(r, table));
}

enum relation relations_of(const struct relations *r, const struct analysis *a) {
    enum relation least = a->n_tables ? RELATION_PLAIN : RELATION_UNKNOWN;
    for (int i = 0; i < a->n_tables; i++) {
        enum relation one = find(r, &a->tables[i]);
        if (one < least) least = one;
    }
    return least;
}

/* ---- what an answer says --------------------------------------------------------------------------------------- */

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

static enum relation judge(const cJSON *tree) {
    static const char *const TABLE_TYPES[] = {"MANAGED", "EXTERNAL"};
    const char *type = json_str(tree, "table_type");
    bool table = false;
    for (size_t i = 0; type && i < sizeof TABLE_TYPES / sizeof *TABLE_TYPES; i++)
        table = table || strcmp(type, TABLE_TYPES[i]) == 0;
    if (!table || has(tree, "view_definition")) return RELATION_OTHER;
    bool guarded = has(tree, "row_filter") || has(tree, "effective_policies") || has(tree, "policies") ||
                   has_mask(cJSON_GetObjectItemCaseSensitive(tree, "columns"));
    return guarded ? RELATION_GUARDED : RELATION_PLAIN;
}

static enum relation read_answer(const struct question *q) {
    cJSON *tree = question_json(q);
    enum relation found = tree ? judge(tree) : RELATION_OTHER;
    cJSON_Delete(tree);
    return found;
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static void ask_next(struct ask *a);

static void on_answer(void *arg, enum upstream_fault fault) {
    struct ask *a = arg;
    uint8_t key[DIGEST_BYTES];
    (void)fault;
    pad(&a->analysis->tables[a->next].epoch, key);
    facts_set(&a->owner->known, key, (int)read_answer(&a->question), a->question.sent_ms, a->epoch);
    a->next++;
    ask_next(a);
}

static enum rc send_ask(struct ask *a, const char *name, struct err *e) {
    const struct tenant *t = a->owner->tenant;
    char target[1024];
    if (strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != strlen(name) ||
        strlen(name) + sizeof TABLES > sizeof target)
        return err_set(e, ERR_UNSUPPORTED, "a name that has no place in a path");
    snprintf(target, sizeof target, "%s%s", TABLES, name);
    struct upstream_call call = {.kind = UP_HEALTH, .client = t->client, .principal = a->principal, .method = "GET",
                                 .target = target, .headers = &a->headers, .total_ms = TIMEOUT_MS};
    a->epoch = epoch_of(a->owner, &a->analysis->tables[a->next]);
    return question_ask(&a->question, t->upstream, call, e);
}

static void ask_next(struct ask *a) {
    struct err e = ERR_INIT;
    const struct analysis *of = a->analysis;
    while (a->next < of->n_tables && find(a->owner, &of->tables[a->next]) != RELATION_UNKNOWN) a->next++;
    if (a->next == of->n_tables || send_ask(a, of->tables[a->next].name, &e)) ask_free(a);
}

static bool is_asked_already(const struct relations *r, const struct analysis *of) {
    const struct ask *a;
    TAILQ_FOREACH(a, &r->asks, link)
        if (memcmp(a->analysis->tables[0].epoch.bytes, of->tables[0].epoch.bytes, EPOCH_NAME_BYTES) == 0) return true;
    return false;
}

void relations_learn(struct relations *r, const struct analysis *of, const struct evkeyvalq *headers,
                     const uint8_t principal[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    bool wanted = of->n_tables && r->n_asks < MAX_ASKS && !is_asked_already(r, of);
    struct ask *a = wanted ? mem_zalloc(sizeof *a) : NULL;
    if (!a) return;
    a->owner = r;
    a->analysis = analysis_ref((struct analysis *)(uintptr_t)of);
    memcpy(a->principal, principal, DIGEST_BYTES);
    TAILQ_INIT(&a->headers);
    TAILQ_INSERT_TAIL(&r->asks, a, link);
    r->n_asks++;
    question_init(&a->question, MAX_ANSWER, on_answer, a);
    if (http_hdr_copy_caller(headers, false, &a->headers, &e) == RC_OK) ask_next(a);
    else ask_free(a);
}
