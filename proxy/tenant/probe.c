#include "probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/json.h"
#include "core/mem.h"
#include "proxy/request/http_hdr.h"
#include "proxy/upstream/question.h"
#include "tenant.h"

enum { MAX_PROBES = 64, MAX_ANSWER = 256 * 1024, TIMEOUT_MS = 15 * 1000 };

#define STATEMENTS "/api/2.0/sql/statements"

struct probe {
    struct probes *owner;
    struct analysis *analysis;     /* a reference: whose tables */
    struct evkeyvalq headers;      /* with the token; wiped at the end */
    uint8_t principal[DIGEST_BYTES];
    char warehouse[64];
    int next;                      /* the table that is asked about */
    bool asks_state;               /* the question under way is about the warehouse */
    int64_t after_ms;
    bool verifies;
    uint8_t gen[HANDLE_GEN_BYTES];
    struct version *before;        /* one per table; NULL unless it verifies */
    struct question question;
    struct buf body;
    TAILQ_ENTRY(probe) link;
};

struct probes {
    struct tenant *tenant;
    int64_t quiet_until_ms;        /* a warehouse was found asleep: no more questions about it until then */
    TAILQ_HEAD(, probe) all;
    int n;
};

enum rc probes_new(struct probes **out, struct tenant *t, struct err *e) {
    struct probes *p = mem_zalloc(sizeof *p);
    *out = p;
    if (!p) return err_nomem(e);
    p->tenant = t;
    TAILQ_INIT(&p->all);
    return RC_OK;
}

static void probe_free(struct probe *p) {
    question_fini(&p->question);
    http_hdr_wipe(&p->headers);
    analysis_unref(&p->analysis);
    mem_free(p->before);
    buf_fini(&p->body);
    TAILQ_REMOVE(&p->owner->all, p, link);
    p->owner->n--;
    mem_free(p);
}

void probes_free(struct probes **slot) {
    struct probes *p = *slot;
    if (!p) return;
    while (!TAILQ_EMPTY(&p->all)) probe_free(TAILQ_FIRST(&p->all));
    mem_free(p);
    *slot = NULL;
}

/* ---- what is gained -------------------------------------------------------------------------------------------- */

static bool is_unchanged(const struct probe *p, int i, struct version *now) {
    const struct version *before = &p->before[i];
    return versions_find(p->owner->tenant->cache.versions, &p->analysis->tables[i].epoch, now) &&
           now->read_ms >= p->after_ms && before->number == now->number &&
           memcmp(before->id, now->id, sizeof now->id) == 0;
}

static void set_version(struct entry *e, const struct epoch_name *table, const struct version *v) {
    for (int i = 0; i < e->n_deps; i++) {
        struct entry_dep *d = &e->deps[i];
        if (memcmp(d->name, table->bytes, sizeof d->name) != 0) continue;
        d->version = v->number;
        memcpy(d->table_id, v->id, sizeof d->table_id);
        d->has_version = true;
    }
}

/* All tables are what they were before the statement ran: what it read is that version of them. */
static void verify(struct probe *p) {
    struct tenant *t = p->owner->tenant;
    const struct analysis *a = p->analysis;
    struct entry *e = store_peek(t->cache.store, a->key);
    bool same = e && memcmp(e->gen, p->gen, sizeof p->gen) == 0;
    struct version now;
    for (int i = 0; same && i < a->n_tables; i++) same = is_unchanged(p, i, &now);
    for (int i = 0; same && i < a->n_tables; i++)
        if (versions_find(t->cache.versions, &a->tables[i].epoch, &now)) set_version(e, &a->tables[i].epoch, &now);
    if (same) e->versioned = true;
    entry_unref(&e);
}

static void finish(struct probe *p) {
    if (p->verifies) verify(p);
    probe_free(p);
}

/* ---- what the answer says -------------------------------------------------------------------------------------- */

/* The first row of the history: its version, and the whole of it as the commit's mark. Columns stand as the manifest
 * says; "version" is the first of DESCRIBE HISTORY. */
static bool read_version(const struct probe *p, struct version *out) {
    struct secrets *s = &p->owner->tenant->secrets;
    uint8_t digest[DIGEST_BYTES];
    struct err e = ERR_INIT;
    cJSON *tree = question_json(&p->question);
    long long number;
    const cJSON *status = json_obj(tree, "status"), *result = json_obj(tree, "result");
    const char *state = status ? json_str(status, "state") : NULL;
    const cJSON *row = result ? cJSON_GetArrayItem(json_arr(result, "data_array"), 0) : NULL;
    const cJSON *first = cJSON_GetArrayItem(row, 0);
    char *text = row ? cJSON_PrintUnformatted(row) : NULL;
    bool ok = state && strcmp(state, "SUCCEEDED") == 0 && cJSON_IsString(first) && text &&
              sv_to_i64(sv_of(first->valuestring), &number) &&
              secrets_digest(s, "commit", sv_of(text), digest, &e) == RC_OK;
    if (ok) {
        out->number = number;
        memcpy(out->id, digest, sizeof out->id);
    }
    cJSON_free(text);
    cJSON_Delete(tree);
    return ok;
}

static void take_version(struct probe *p) {
    struct tenant *t = p->owner->tenant;
    struct version v = {0};
    bool known = read_version(p, &v);
    metrics_add(&t->metrics, known ? M_PROBE_KNOWN : question_status(&p->question) == 200 ? M_PROBE_UNKNOWN : M_PROBE_ERROR);
    versions_learn(t->cache.versions, &p->analysis->tables[p->next].epoch, known ? &v : NULL, p->question.sent_ms);
}

static bool says_running(const struct probe *p) {
    cJSON *tree = question_json(&p->question);
    const char *state = json_str(tree, "state");
    bool running = state && strcmp(state, "RUNNING") == 0;
    cJSON_Delete(tree);
    return running;
}

/* ---- asking ---------------------------------------------------------------------------------------------------- */

static void ask_next(struct probe *p);

static void on_answer(void *arg, enum upstream_fault fault) {
    struct probe *p = arg;
    (void)fault;
    if (p->asks_state) {
        p->asks_state = false;
        if (!says_running(p)) {
            p->owner->quiet_until_ms = clock_mono_ms() + p->owner->tenant->config->cache.version_ttl_ms;
            finish(p);
            return;
        }
    } else {
        take_version(p);
        p->next++;
    }
    ask_next(p);
}

static enum rc ask(struct probe *p, const char *method, const char *target, enum upstream_kind kind, struct err *e) {
    struct tenant *t = p->owner->tenant;
    struct upstream_call call = {.kind = kind, .client = t->client, .principal = p->principal,
                                 .warehouse = p->warehouse, .method = method, .target = target,
                                 .headers = &p->headers, .body = buf_sv(&p->body), .total_ms = TIMEOUT_MS};
    return question_ask(&p->question, t->upstream, call, e);
}

/* catalog.schema.table of deps.h → `catalog`.`schema`.`table`; a part that is quoted already makes the whole so. */
static enum rc add_quoted(struct buf *out, const char *name, struct err *e) {
    if (strchr(name, '`')) return buf_adds(out, name, e);
    if (buf_addc(out, '`', e)) return RC_ERR;
    for (; *name; name++)
        if (*name == '.' ? buf_adds(out, "`.`", e) : buf_addc(out, *name, e)) return RC_ERR;
    return buf_addc(out, '`', e);
}

static enum rc write_question(struct probe *p, struct err *e) {
    struct buf sql;
    buf_init(&sql, 4096);
    buf_reset(&p->body);
    enum rc rc = buf_adds(&sql, "DESCRIBE HISTORY ", e);
    if (rc == RC_OK) rc = add_quoted(&sql, p->analysis->tables[p->next].name, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " LIMIT 1", e);
    if (rc == RC_OK) rc = buf_adds(&p->body, "{\"statement\":", e);
    if (rc == RC_OK) rc = json_quote(&p->body, buf_sv(&sql), e);
    if (rc == RC_OK) rc = buf_adds(&p->body, ",\"warehouse_id\":", e);
    if (rc == RC_OK) rc = json_quote(&p->body, sv_of(p->warehouse), e);
    if (rc == RC_OK)
        rc = buf_adds(&p->body,
                      ",\"format\":\"JSON_ARRAY\",\"disposition\":\"INLINE\",\"wait_timeout\":\"10s\","
                      "\"on_wait_timeout\":\"CANCEL\"}", e);
    buf_fini(&sql);
    return rc;
}

static bool is_known(const struct probe *p, int i) {
    struct version v;
    return versions_find(p->owner->tenant->cache.versions, &p->analysis->tables[i].epoch, &v) && v.read_ms >= p->after_ms;
}

static void ask_next(struct probe *p) {
    struct err e = ERR_INIT;
    while (p->next < p->analysis->n_tables && is_known(p, p->next)) p->next++;
    if (p->next == p->analysis->n_tables || write_question(p, &e) || ask(p, "POST", STATEMENTS, UP_READ, &e)) finish(p);
}

static bool ask_state(struct probe *p) {
    struct err e = ERR_INIT;
    char target[160];
    if (strspn(p->warehouse, "0123456789abcdefABCDEF-_") != strlen(p->warehouse)) return false;
    snprintf(target, sizeof target, "/api/2.0/sql/warehouses/%s", p->warehouse);
    p->asks_state = true;
    return ask(p, "GET", target, UP_HEALTH, &e) == RC_OK;
}

/* ---- starting -------------------------------------------------------------------------------------------------- */

static bool is_asked_already(const struct probes *all, const struct analysis *a) {
    const struct probe *p;
    TAILQ_FOREACH(p, &all->all, link)
        for (int i = p->next; i < p->analysis->n_tables; i++)
            if (memcmp(p->analysis->tables[i].epoch.bytes, a->tables[0].epoch.bytes, EPOCH_NAME_BYTES) == 0) return true;
    return false;
}

static bool is_needed(const struct probes *all, const struct probe_ask *ask) {
    const struct analysis *a = ask->analysis;
    struct version v;
    bool wanted = all->tenant->cache.version_ttl_ms > 0; /* versions=history */
    if (!wanted || all->n >= MAX_PROBES || a->n_tables == 0 || !ask->warehouse[0]) return false;
    if (ask->before) return true;
    if (!ask->is_running && clock_mono_ms() < all->quiet_until_ms) return false;
    for (int i = 0; i < a->n_tables; i++)
        if (!versions_find(all->tenant->cache.versions, &a->tables[i].epoch, &v) || v.read_ms < ask->after_ms)
            return !is_asked_already(all, a);
    return false;
}

static bool take_before(struct probe *p, const struct probe_ask *ask) {
    size_t n = (size_t)ask->analysis->n_tables;
    if (!ask->before) return true;
    p->before = mem_array(n, sizeof *p->before);
    if (!p->before) return false;
    memcpy(p->before, ask->before, n * sizeof *p->before);
    memcpy(p->gen, ask->gen, sizeof p->gen);
    p->verifies = true;
    return true;
}

void probe_start(struct probes *all, const struct probe_ask *ask) {
    struct err e = ERR_INIT;
    struct probe *p = is_needed(all, ask) ? mem_zalloc(sizeof *p) : NULL;
    if (!p) return;
    p->owner = all;
    p->analysis = analysis_ref((struct analysis *)(uintptr_t)ask->analysis);
    p->after_ms = ask->after_ms;
    TAILQ_INIT(&p->headers);
    TAILQ_INSERT_TAIL(&all->all, p, link);
    all->n++;
    memcpy(p->principal, ask->principal, DIGEST_BYTES);
    snprintf(p->warehouse, sizeof p->warehouse, "%s", ask->warehouse);
    buf_init(&p->body, 16 * 1024);
    question_init(&p->question, MAX_ANSWER, on_answer, p);
    bool taken = take_before(p, ask) && http_hdr_copy_caller(ask->headers, true, &p->headers, &e) == RC_OK;
    if (!taken || (!ask->is_running && !ask_state(p))) probe_free(p);
    else if (ask->is_running) ask_next(p);
}
