#include "analyse.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "day.h"
#include "proxy/request/cachekey.h"
#include "proxy/request/http_hdr.h"
#include "proxy/request/reqbody.h"
#include "proxy/tenant/session_track.h"
#include "proxy/watch/mask.h"

enum { DEFAULT_WAIT_MS = 10 * 1000, MAX_SKEW_MS = 30 * 1000, DIGESTED_MAX = 64 * 1024,
       MASKED_MAX = 195 /* with its ellipsis it fits an analysis */ };

/* What is only needed while it is found out. */
struct work {
    struct exchange *x;
    struct statement *s;
    struct tenant *t;
    struct session_view session;
    struct session_names names;   /* what the request's names mean */
    struct day day;               /* .text "" = the date does not matter */
    struct buf normalised;
};

static bool refuse(struct refusal *no, int status, const char *code, const char *why) {
    no->status = status;
    no->error_code = code;
    snprintf(no->message, sizeof no->message, "dbxproxyd: %.500s", why);
    return false;
}

/* ---- the body -------------------------------------------------------------------------------------------------- */

/* Content-Encoding is taken off, so that nobody upstream reads other bytes than we did. */
static bool inflate(struct exchange *x, struct refusal *no) {
    const char *encoding = exchange_header(x, "Content-Encoding");
    struct err e = ERR_INIT;
    if (reqbody_is_plain(encoding) || x->inflated.len) return true;
    if (!reqbody_is_known(encoding)) return refuse(no, 415, "BAD_REQUEST", "this Content-Encoding is not understood");
    buf_init(&x->inflated, x->tenant->config->limits.max_body);
    if (reqbody_inflate(x->body, encoding, &x->inflated, &e))
        return refuse(no, e.code == ERR_LIMIT ? 413 : 400, "BAD_REQUEST", e.text);
    x->body = buf_sv(&x->inflated);
    return true;
}

static bool parse(struct exchange *x, struct statement *s, struct refusal *no) {
    struct err e = ERR_INIT;
    if (execreq_parse(x->body, &x->arena, &s->request, &e)) return refuse(no, 400, "BAD_REQUEST", e.text);
    return true;
}

/* "10s" → 10000; what cannot be read is the upstream's to refuse. */
static int64_t read_wait(const struct execreq *r) {
    const char *text = r->tree ? json_str(r->tree, "wait_timeout") : NULL;
    long long seconds;
    size_t len = text ? strlen(text) : 0;
    if (len < 2 || text[len - 1] != 's' || !sv_to_i64(sv_make(text, len - 1), &seconds)) return DEFAULT_WAIT_MS;
    return seconds >= 0 && seconds <= 50 ? seconds * 1000 : DEFAULT_WAIT_MS;
}

static void read_control(struct exchange *x, struct statement *s) {
    const char *own = exchange_header(x, "X-Dbxproxy-Cache"), *http = exchange_header(x, "Cache-Control");
    s->control = control_none();
    s->control.may_extend = x->tenant->cfg->client_may_extend;
    if (s->request.statement.ptr) control_read_comment(&s->control, s->request.statement);
    if (own) control_read_words(&s->control, sv_of(own));
    if (http) control_read_cache_control(&s->control, sv_of(http));
    metrics_add_n(&x->tenant->metrics, M_CONTROL_IGNORED, (uint64_t)s->control.ignored);
}

/* ---- the statement --------------------------------------------------------------------------------------------- */

/* Which catalog, schema and zone the statement means: its own, else those of its session. */
static void find_names(struct work *w) {
    const struct execreq *r = &w->s->request;
    if (r->session_id.ptr) w->names = session_track_names(w->t->sessions, r->session_id);
    if (r->catalog.ptr) w->names.catalog = r->catalog;
    if (r->schema.ptr) w->names.schema = r->schema;
}

static void classify_it(struct work *w) {
    struct sqlrules rules = policy_sqlrules(w->t->config, w->t->cfg);
    if (w->names.catalog.ptr) rules.keyed |= SQLKEYED_CATALOG;
    if (w->names.schema.ptr) rules.keyed |= SQLKEYED_SCHEMA;
    if (w->names.time_zone.ptr) rules.keyed |= SQLKEYED_TIME_ZONE;
    rules.day_bucket = rules.day_bucket && w->names.time_zone.ptr;
    w->s->verdict = w->s->request.statement.ptr ? classify(w->s->request.statement, &rules)
                                                : (struct sqlverdict){.class = SQL_CODE, .why = BYPASS_BODY};
    /* What only looks like a read may change anything. */
    if (w->s->verdict.traits & SQLTRAIT_OPAQUE) w->s->verdict.class = SQL_CODE;
}

static bool find_deps(struct work *w, struct refusal *no) {
    struct sqldeps_at at = {w->names.catalog, w->names.schema};
    struct err e = ERR_INIT;
    struct statement *s = w->s;
    s->deps = arena_alloc(&w->x->arena, sizeof *s->deps);
    if (s->deps && !s->request.statement.ptr) s->deps->open_reads = s->deps->open_writes = true;
    else if (!s->deps || sqldeps_find(s->request.statement, &at, &w->x->arena, s->deps, &e))
        return refuse(no, 503, "TEMPORARILY_UNAVAILABLE", "out of memory");
    return true;
}

static bool ask_policy(struct work *w, struct refusal *no) {
    struct statement *s = w->s;
    struct policy_question q = {
        .sql = s->request.statement,
        .verdict = &s->verdict,
        .deps = s->deps,
        .user = w->x->user,
        .tags = s->control.tags,
        .n_tags = s->control.n_tags,
        .has_row_limit = s->request.row_limit.ptr != NULL,
    };
    policy_check(w->t->policy, &q, &s->policy);
    if (!s->policy.denied) return true;
    metrics_add_named(&w->t->metrics, M_POLICY_DENIED, s->policy.rule ? s->policy.rule : "mode", 1);
    no->status = 400;
    no->error_code = s->policy.error_code;
    snprintf(no->message, sizeof no->message, "%s", s->policy.message);
    return false;
}

/* ---- its place in the cache ------------------------------------------------------------------------------------ */

static int64_t first_set(int64_t rule, int64_t otherwise) { return rule >= 0 ? rule : otherwise; }

static int64_t base_ttl(const struct work *w) {
    const struct config_cache *c = &w->t->config->cache;
    uint32_t traits = w->s->verdict.traits;
    if (traits & SQLTRAIT_SYSTEM) return c->system_ttl_ms;
    if (w->s->verdict.class == SQL_META) return c->metadata_ttl_ms;
    return w->s->deps->fixed ? c->max_ttl_ms : c->ttl_ms;
}

/* Up to a tenth less, differently for each result, so that those filled together do not end together. */
static int64_t jittered(int64_t ms, const uint8_t key[DIGEST_BYTES]) { return ms - ms / 10 * (key[31] & 0x0F) / 16; }

static void set_life(struct work *w, struct analysis *a) {
    const struct config_cache *c = &w->t->config->cache;
    const struct policy_verdict *rule = &w->s->policy;
    const struct control *wish = &w->s->control;
    int64_t ttl = clock_sooner(control_ttl(wish, first_set(rule->ttl_ms, base_ttl(w))), c->max_ttl_ms);
    a->ttl_ms = rule->ttl_ms >= 0 || ttl < base_ttl(w) ? ttl : jittered(ttl, a->key);
    if (w->day.text[0]) a->ttl_ms = clock_sooner(a->ttl_ms, w->day.left_ms);
    a->stale_revalidate_ms = control_stale(wish, first_set(rule->stale_revalidate_ms, c->stale_revalidate_ms));
    a->stale_error_ms = control_stale(wish, first_set(rule->stale_error_ms, c->stale_error_ms));
    if (w->day.text[0]) a->stale_revalidate_ms = a->stale_error_ms = 0;
    a->wish = (struct cache_wish){wish->max_age_ms, wish->min_fresh_ms, wish->no_lookup, -1};
    if (wish->max_stale_ms >= 0) a->wish.max_stale_ms = wish->max_stale_ms;
}

static enum bypass check_namespace(const struct work *w) {
    bool system = sv_ieq(w->names.catalog, SV_LIT("system")) || sv_ieq(w->names.schema, SV_LIT("information_schema"));
    return system && w->t->config->cache.system_ttl_ms <= 0 ? BYPASS_SYSTEM : BYPASS_NONE;
}

/* Why this request has no place in the cache. */
static enum bypass find_reason(struct work *w) {
    struct statement *s = w->s;
    bool two_tokens = exchange_header(w->x, "X-Databricks-Azure-SP-Management-Token") != NULL;
    if (s->verdict.why != BYPASS_NONE) return s->verdict.why;
    if (s->request.why != BYPASS_NONE) return s->request.why;
    if (!w->x->has_principal || two_tokens) return BYPASS_NO_IDENTITY;
    if (check_namespace(w) != BYPASS_NONE) return BYPASS_SYSTEM;
    if (s->control.no_store && s->control.no_lookup) return BYPASS_CLIENT;
    if (first_set(s->policy.ttl_ms, base_ttl(w)) <= 0 || control_ttl(&s->control, INT64_MAX) <= 0) return BYPASS_OFF;
    bool today = s->verdict.traits & SQLTRAIT_TODAY;
    if (today && (w->t->skew_ms > MAX_SKEW_MS || !day_find(w->names.time_zone, &w->day))) return BYPASS_CLOCK;
    if (!s->request.session_id.ptr) return BYPASS_NONE;
    return session_track_view(w->t->sessions, w->x->principal, s->request.session_id, &w->session);
}

static struct sv warehouse_group(const struct config_tenant *cfg, struct sv warehouse) {
    for (int i = 0; i < cfg->equivalent.n; i++)
        if (sv_eq(warehouse, sv_of(cfg->equivalent.v[i]))) return SV_LIT("equivalent");
    return SV_NULL;
}

static struct cachekey_fields key_fields(const struct work *w) {
    const struct tenant *t = w->t;
    return (struct cachekey_fields){
        .generation = sv_make((const char *)t->generation, sizeof t->generation),
        .tenant = sv_of(t->name),
        .upstream = sv_of(t->cfg->up->url),
        .scope = CACHEKEY_PRINCIPAL,
        .principal = w->x->principal,
        .warehouse_group = warehouse_group(t->cfg, w->s->request.warehouse_id),
        .query = sv_of(w->x->query),
        .request = &w->s->request,
        .session = w->session.used ? w->session.fingerprint : NULL,
        .time_zone = w->names.time_zone,
        .day = w->day.text[0] ? sv_of(w->day.text) : SV_NULL,
        .headers = evhttp_request_get_input_headers(w->x->req),
        .key_extra = t->cfg->key_extra.v,
        .n_key_extra = t->cfg->key_extra.n,
        .strict = t->config->cache.normalise == NORMALISE_STRICT,
    };
}

/* The tenant's name, then that of all writes (a view hides what it reads), then tags and tables. */
static void name_deps(const struct work *w, struct analysis *a) {
    const struct epochs *e = w->t->cache.epochs;
    const struct sqldeps *d = w->s->deps;
    const struct control *c = &w->s->control;
    int n = 0;
    a->names[n++] = epoch_name_all(e);
    if (d->n_reads || d->open_reads || d->hidden) a->writes_at = n, a->names[n++] = epoch_name_writes(e);
    for (int i = 0; i < c->n_tags; i++) a->names[n++] = epoch_name_tag(e, c->tags[i]);
    a->deps_open = d->open_reads || d->hidden || d->n_reads + n > EPOCH_MAX_NAMES;
    for (int i = 0; i < d->n_reads && n < EPOCH_MAX_NAMES; i++) a->names[n++] = epoch_name_of(e, d->reads[i].name);
    a->n_names = n;
}

static enum cachekey_scope share_of(const struct config_tenant *cfg) {
    if (strncmp(cfg->share, "group:", strlen("group:")) == 0) return CACHEKEY_GROUP;
    return strcmp(cfg->share, "tenant") == 0 ? CACHEKEY_TENANT : CACHEKEY_PRINCIPAL;
}

/* The tables whose versions tell whether the result is still true: all that it reads, and nothing else decides it. */
static void name_tables(const struct work *w, struct analysis *a) {
    static const uint32_t OTHERWISE = SQLTRAIT_PRINCIPAL | SQLTRAIT_SESSION_VALUES | SQLTRAIT_PATH | SQLTRAIT_SYSTEM |
                                      SQLTRAIT_IDENTIFIER | SQLTRAIT_TODAY | SQLTRAIT_TIME_TRAVEL | SQLTRAIT_UDF;
    const struct sqldeps *d = w->s->deps;
    const struct config_cache *c = &w->t->config->cache;
    bool wanted = c->versions == VERSIONS_HISTORY || c->relations == RELATIONS_CATALOG ||
                  share_of(w->t->cfg) != CACHEKEY_PRINCIPAL;
    bool possible = wanted && a->class == SQL_READ && !a->deps_open &&
                    !d->hidden && !(w->s->verdict.traits & OTHERWISE);
    for (int i = 0; i < d->n_reads; i++) possible = possible && d->reads[i].parts == 3 && !d->reads[i].missing;
    for (int i = 0; possible && i < d->n_reads; i++) {
        struct epoch_name epoch = epoch_name_of(w->t->cache.epochs, d->reads[i].name);
        if (!analysis_add_table(a, d->reads[i].name, &epoch)) return;
    }
}

/* Statements that differ in their literals only are one; those that the lexer cannot follow, each by itself. */
static uint64_t digest_of(struct work *w, struct sv sql) {
    const struct top *top = w->x->proxy->watch->top;
    struct buf *text = &w->normalised;
    struct err e = ERR_INIT;
    if (mask_literals(sql, DIGESTED_MAX, text, &e)) return 0;
    bool cut = text->len >= 3 && memcmp(text->ptr + text->len - 3, "…", 3) == 0;
    if (!cut) return top_digest(top, w->t->name, buf_sv(text));
    buf_reset(text);
    return cachekey_normalise(sql, text, &e) ? 0 : top_digest(top, w->t->name, buf_sv(text));
}

/* For the list of top statements; the text only where it is wanted, and then masked. */
static void name_statement(struct work *w) {
    struct exchange *x = w->x;
    struct err e = ERR_INIT;
    struct buf masked;
    struct sv sql = w->s->request.statement;
    if (!sql.ptr) return;
    x->digest = digest_of(w, sql);
    if (!w->t->config->log.sql) return;
    buf_init(&masked, 1024);
    if (mask_literals(sql, MASKED_MAX, &masked, &e) == RC_OK) x->masked = arena_dup(&x->arena, buf_sv(&masked));
    buf_fini(&masked);
}

static void copy_request(const struct work *w, struct analysis *a) {
    const struct execreq *r = &w->s->request;
    const char *on_timeout = json_str(r->tree, "on_wait_timeout");
    a->class = w->s->verdict.class;
    a->session = w->session;
    a->no_lookup = w->s->control.no_lookup;
    a->no_store = w->s->control.no_store;
    a->only_if_cached = w->s->control.only_if_cached;
    a->wait_ms = w->s->wait_ms;
    a->cancel_on_timeout = on_timeout && strcmp(on_timeout, "CANCEL") == 0;
    a->hybrid = sv_eq(r->disposition, SV_LIT("INLINE_OR_EXTERNAL_LINKS"));
    snprintf(a->warehouse, sizeof a->warehouse, "%.*s", (int)r->warehouse_id.len,
             r->warehouse_id.ptr ? r->warehouse_id.ptr : "");
}

/* ---- shared results -------------------------------------------------------------------------------------------- */

static bool is_member(const struct config_tenant *cfg, struct sv user) {
    for (int i = 0; user.ptr && i < cfg->group_members.n; i++)
        if (sv_ieq(user, sv_of(cfg->group_members.v[i]))) return true;
    return false;
}

static bool is_covered(const struct config_tenant *cfg, struct sv table) {
    for (int i = 0; i < cfg->share_tables.n; i++)
        if (sqldeps_matches(sv_of(cfg->share_tables.v[i]), table)) return true;
    return false;
}

/* Does the operator share results of this statement? What else must hold is asked when it is looked up (right.h). */
static bool is_shared(const struct work *w, const struct analysis *a, enum cachekey_scope scope) {
    const struct config_tenant *cfg = w->t->cfg;
    if (scope == CACHEKEY_PRINCIPAL || a->n_tables == 0) return false;
    if (scope == CACHEKEY_GROUP && !is_member(cfg, w->x->user)) return false;
    for (int i = 0; i < a->n_tables; i++)
        if (!is_covered(cfg, sv_of(a->tables[i].name))) return false;
    return true;
}

/* NULL = out of memory, or the key could not be made: then nothing is shared. */
static struct analysis *copy_analysis(const struct analysis *a) {
    struct analysis *c = analysis_new(a->n_names);
    if (!c) return NULL;
    memcpy(c, a, sizeof *a + sizeof a->names[0] * (size_t)a->n_names);
    c->refs = 1;
    c->tables = NULL;
    c->n_tables = 0;
    for (int i = 0; i < a->n_tables; i++)
        if (!analysis_add_table(c, sv_of(a->tables[i].name), &a->tables[i].epoch)) {
            analysis_unref(&c);
            return NULL;
        }
    return c;
}

static struct analysis *make_shared(const struct work *w, const struct analysis *a) {
    struct err e = ERR_INIT;
    enum cachekey_scope scope = share_of(w->t->cfg);
    struct cachekey_fields fields = key_fields(w);
    if (!is_shared(w, a, scope)) return NULL;
    fields.scope = scope;
    if (scope == CACHEKEY_GROUP) fields.group = sv_of(w->t->cfg->share + strlen("group:"));
    struct analysis *c = copy_analysis(a);
    if (c && cachekey_make(&w->t->secrets, &fields, c->key, &e) == RC_OK) {
        memcpy(c->scope, w->t->share_scope, sizeof c->scope);
        c->is_shared = true;
        return c;
    }
    analysis_unref(&c);
    return NULL;
}

static struct analysis *make_analysis(struct work *w) {
    struct err e = ERR_INIT;
    struct cachekey_fields fields = key_fields(w);
    int n = 2 + w->s->deps->n_reads + w->s->control.n_tags;
    struct analysis *a = analysis_new(n < EPOCH_MAX_NAMES ? n : EPOCH_MAX_NAMES);
    if (!a || cachekey_make(&w->t->secrets, &fields, a->key, &e)) {
        analysis_unref(&a);
        return NULL;
    }
    memcpy(a->scope, w->x->principal, DIGEST_BYTES);
    name_deps(w, a);
    copy_request(w, a);
    set_life(w, a);
    name_tables(w, a);
    a->shared = make_shared(w, a);
    a->digest = w->x->digest;
    if (w->x->masked) snprintf(a->masked, sizeof a->masked, "%s", w->x->masked);
    return a;
}

/* ---- remembered ------------------------------------------------------------------------------------------------ */

static bool make_l0(struct work *w, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    struct cachekey_fields fields = key_fields(w);
    return w->x->has_principal &&
           cachekey_make_l0(&w->t->secrets, &fields, sv_of(w->x->path), w->x->body, out, &e) == RC_OK;
}

static void recall(struct work *w, const uint8_t l0[DIGEST_BYTES]) {
    struct statement *s = w->s;
    struct analysis *a = memo_find(w->t->memo, l0);
    if (a && !session_track_is_same(w->t->sessions, &a->session)) analysis_unref(&a);
    if (!a) return;
    s->analysis = a;
    s->wait_ms = a->wait_ms;
    s->warehouse = a->warehouse;
    s->verdict.class = a->class;
}

static bool find_out(struct work *w, struct refusal *no) {
    struct exchange *x = w->x;
    struct statement *s = w->s;
    if (!parse(x, s, no)) return false;
    read_control(x, s);
    find_names(w);
    classify_it(w);
    x->class = (enum request_class)(1 + s->verdict.class);
    name_statement(w);
    if (!find_deps(w, no) || !ask_policy(w, no)) return false;
    s->wait_ms = read_wait(&s->request);
    s->warehouse = s->request.warehouse_id.ptr; /* cJSON's strings end with a NUL */
    x->bypass = find_reason(w);
    if (x->bypass != BYPASS_NONE) return true;
    s->analysis = make_analysis(w);
    if (!s->analysis) x->bypass = BYPASS_UNKEYED;
    return true;
}

bool analyse(struct exchange *x, struct statement *s, struct refusal *no) {
    struct work w = {.x = x, .s = s, .t = x->tenant};
    uint8_t l0[DIGEST_BYTES];
    if (!inflate(x, no)) return false;
    bool named = make_l0(&w, l0);
    if (named) recall(&w, l0);
    if (!s->analysis) {
        buf_init(&w.normalised, 32 * 1024 * 1024);
        bool ok = find_out(&w, no);
        buf_fini(&w.normalised);
        if (!ok) return false;
        if (named && s->analysis && !w.day.text[0]) memo_put(w.t->memo, l0, s->analysis);
    }
    x->class = (enum request_class)(1 + s->verdict.class);
    if (s->analysis) {
        x->digest = s->analysis->digest;
        x->masked = s->analysis->masked[0] ? s->analysis->masked : NULL;
        memcpy(&x->key_prefix, s->analysis->key, sizeof x->key_prefix);
    }
    return true;
}
