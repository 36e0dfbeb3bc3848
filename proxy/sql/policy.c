#include "policy.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "core/mem.h"
#include "normalise.h"
#include "proxy/config/config.h"

/* A regular expression may cost this much; what costs more counts as a doubt. */
enum { MATCH_STEPS = 20000, MATCH_DEPTH = 1000, MATCH_HEAP_KIB = 1024, MATCH_TEXT = 256 * 1024 };

struct rule {
    const struct config_rule *of;
    unsigned classes;       /* bit per enum sqlclass; 0 = all */
    pcre2_code *match;      /* NULL = no condition */
};

struct policy {
    const struct config_tenant *tenant;
    int n;
    struct rule *rules;     /* those of this tenant */
    pcre2_match_context *limits;
    pcre2_match_data *scratch;
};

enum holds { NO, YES, MAYBE };

/* One question, with what is made for it on the way. */
struct asking {
    struct policy *p;
    const struct policy_question *q;
    struct buf text;        /* normalised, once it was needed */
    bool has_text, no_text;
};

/* ---- conditions ------------------------------------------------------------------------------------------------ */

static bool list_has(const struct cfg_list *l, struct sv word) {
    for (int i = 0; i < l->n; i++)
        if (sv_ieq(sv_of(l->v[i]), word)) return true;
    return false;
}

static enum holds some_dep(const struct cfg_list *patterns, const struct sqldep *deps, int n) {
    enum holds best = NO;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < patterns->n; k++) {
            if (sqldep_matches(sv_of(patterns->v[k]), &deps[i])) return YES;
            if (sqldep_may_match(sv_of(patterns->v[k]), &deps[i])) best = MAYBE;
        }
    return best;
}

static enum holds tables_match(const struct config_rule *r, const struct policy_question *q) {
    const struct sqldeps *d = q->deps;
    if (!r->tables.n) return YES;
    enum holds reads = some_dep(&r->tables, d->reads, d->n_reads);
    enum holds writes = some_dep(&r->tables, d->writes, d->n_writes);
    if (reads == YES || writes == YES) return YES;
    return reads == MAYBE || writes == MAYBE || d->hidden || !q->sql.ptr ? MAYBE : NO;
}

static bool tags_match(const struct config_rule *r, const struct policy_question *q) {
    for (int i = 0; i < q->n_tags; i++)
        for (int k = 0; k < r->tags.n; k++)
            if (sv_eq(sv_of(r->tags.v[k]), q->tags[i])) return true;
    return r->tags.n == 0;
}

static bool shape_matches(const struct config_rule *r, const struct policy_question *q) {
    bool limited = (q->verdict->traits & SQLTRAIT_LIMIT) || q->has_row_limit || q->verdict->class != SQL_READ;
    if (r->select_star && !(q->verdict->traits & SQLTRAIT_SELECT_STAR)) return false;
    return !r->without_limit || !limited;
}

static const struct buf *normalised(struct asking *a) {
    struct err ignored = ERR_INIT;
    if (a->has_text || a->no_text) return a->has_text ? &a->text : NULL;
    buf_init(&a->text, MATCH_TEXT);
    a->has_text = sql_normalise(a->q->sql, &a->text, &ignored) == RC_OK;
    a->no_text = !a->has_text;
    return a->has_text ? &a->text : NULL;
}

static enum holds text_matches(struct asking *a, const struct rule *r) {
    if (!r->match) return YES;
    if (!a->q->sql.ptr) return MAYBE;
    const struct buf *text = normalised(a);
    if (!text) return MAYBE;
    struct sv v = buf_sv(text);
    int n = pcre2_match(r->match, (PCRE2_SPTR)v.ptr, v.len, 0, 0, a->p->scratch, a->p->limits);
    return n >= 0 ? YES : n == PCRE2_ERROR_NOMATCH ? NO : MAYBE;
}

/* Of a script, and of code that runs other text, nobody knows what they do. */
static enum holds kind_matches(const struct rule *r, const struct sqlverdict *v) {
    unsigned classes = 1u << v->class;
    if (v->class == SQL_AUTHZ) classes |= 1u << sqlverb_class_of_word(v->verb);
    bool class = !r->classes || (r->classes & classes), verb = !r->of->verbs.n || list_has(&r->of->verbs, v->verb);
    if (class && verb) return YES;
    return v->class == SQL_MULTI || v->class == SQL_CODE ? MAYBE : NO;
}

static enum holds rule_matches(struct asking *a, const struct rule *r) {
    const struct config_rule *c = r->of;
    const struct policy_question *q = a->q;
    enum holds kind = kind_matches(r, q->verdict);
    if (kind == NO) return NO;
    if (c->principals.n && (!q->user.ptr || !list_has(&c->principals, q->user))) return NO;
    if (!tags_match(c, q) || !shape_matches(c, q)) return NO;
    enum holds tables = tables_match(c, q), text = tables == NO ? NO : text_matches(a, r);
    if (tables == NO || text == NO) return NO;
    return kind == YES && tables == YES && text == YES ? YES : MAYBE;
}

/* ---- verdicts -------------------------------------------------------------------------------------------------- */

static void refuse(struct policy_verdict *v, const char *code, const char *id, const char *why) {
    v->denied = true;
    v->error_code = code;
    v->rule = id;
    snprintf(v->message, sizeof v->message, "dbxproxyd policy %s: %s", id, why);
}

static bool is_script(const struct sqlverdict *v) {
    return v->class == SQL_MULTI || (v->class == SQL_CODE && sv_ieq(v->verb, SV_LIT("BEGIN")));
}

static bool only_reads(const struct sqlverdict *v) {
    static const char *const OWN[] = {"USE", "SET", "RESET"}; /* what they change is the client's own session */
    if (v->traits & SQLTRAIT_OPAQUE) return false;
    if (v->class == SQL_READ || v->class == SQL_META || v->class == SQL_PROBE) return true;
    for (size_t i = 0; v->class == SQL_SESSION && i < sizeof OWN / sizeof *OWN; i++)
        if (sv_ieq(v->verb, sv_of(OWN[i]))) return true;
    return false;
}

/* What the tenant's options refuse, whatever the rules say. */
static void check_options(const struct config_tenant *t, const struct policy_question *q, struct policy_verdict *out) {
    const struct sqlverdict *v = q->verdict;
    if (q->sql.len > t->max_statement)
        refuse(out, "BAD_REQUEST", "max_statement", "the statement is too long");
    else if (t->strict_validation && (!q->sql.ptr || (v->traits & SQLTRAIT_OPAQUE)))
        refuse(out, "BAD_REQUEST", "strict_validation", "a part of the statement cannot be followed for sure");
    else if (!t->allow_file_statements && v->class == SQL_FILE)
        refuse(out, "PERMISSION_DENIED", "allow_file_statements", "PUT, GET and REMOVE are not allowed");
    else if (!t->allow_scripts && is_script(v))
        refuse(out, "PERMISSION_DENIED", "allow_scripts", "several statements in one are not allowed");
    else if (t->policy == POLICY_READ_ONLY && !only_reads(v))
        refuse(out, "PERMISSION_DENIED", "read_only", "only statements that read are allowed");
}

/* The first rule that allows or denies. */
static void check_rules(struct asking *a, struct policy_verdict *out) {
    for (int i = 0; i < a->p->n; i++) {
        const struct rule *r = &a->p->rules[i];
        if (r->of->action == RULE_CACHE) continue;
        enum holds holds = rule_matches(a, r);
        if (holds == NO || (holds == MAYBE && r->of->action != RULE_DENY)) continue;
        if (r->of->action == RULE_ALLOW) return;
        refuse(out, "PERMISSION_DENIED", r->of->name, *r->of->message ? r->of->message
                                                      : holds == YES  ? "the statement is not allowed"
                                                                      : "it cannot be seen that the statement is allowed");
        return;
    }
}

static bool says_life(const struct config_rule *r) {
    return r->action == RULE_CACHE || r->ttl_ms >= 0 || r->stale_revalidate_ms >= 0 || r->stale_error_ms >= 0;
}

static void find_life(struct asking *a, struct policy_verdict *out) {
    for (int i = 0; i < a->p->n; i++) {
        const struct config_rule *r = a->p->rules[i].of;
        if (!says_life(r) || rule_matches(a, &a->p->rules[i]) != YES) continue;
        out->life_rule = r->name;
        out->ttl_ms = r->ttl_ms;
        out->stale_revalidate_ms = r->stale_revalidate_ms;
        out->stale_error_ms = r->stale_error_ms;
        return;
    }
}

void policy_check(struct policy *p, const struct policy_question *q, struct policy_verdict *out) {
    struct asking a = {.p = p, .q = q};
    *out = (struct policy_verdict){.ttl_ms = -1, .stale_revalidate_ms = -1, .stale_error_ms = -1};
    check_options(p->tenant, q, out);
    if (!out->denied) {
        check_rules(&a, out);
        if (out->denied && p->tenant->policy == POLICY_AUDIT) out->denied = false, out->would_deny = true;
    }
    if (!out->denied) find_life(&a, out);
    if (a.has_text || a.no_text) buf_fini(&a.text);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static bool is_for(const struct config_rule *r, const struct config_tenant *t) {
    return r->tenants.n == 0 || list_has(&r->tenants, sv_of(t->name));
}

static enum rc compile(struct rule *r, struct err *e) {
    const struct config_rule *c = r->of;
    enum sqlclass class;
    int code;
    PCRE2_SIZE at;
    for (int i = 0; i < c->classes.n; i++) {
        if (!sqlclass_of_name(sv_of(c->classes.v[i]), &class))
            return err_set(e, ERR_CONFIG_BAD, "[rule.%s] class: there is no class %s", c->name, c->classes.v[i]);
        r->classes |= 1u << class;
    }
    if (!*c->match) return RC_OK;
    r->match = pcre2_compile((PCRE2_SPTR)c->match, PCRE2_ZERO_TERMINATED,
                             PCRE2_UTF | PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
    if (r->match) return RC_OK;
    PCRE2_UCHAR words[128];
    pcre2_get_error_message(code, words, sizeof words);
    return err_set(e, ERR_CONFIG_BAD, "[rule.%s] match: %s at character %zu", c->name, (char *)words, (size_t)at + 1);
}

static enum rc make_limits(struct policy *p, struct err *e) {
    p->limits = pcre2_match_context_create(NULL);
    p->scratch = pcre2_match_data_create(1, NULL);
    if (!p->limits || !p->scratch) return err_nomem(e);
    pcre2_set_match_limit(p->limits, MATCH_STEPS);
    pcre2_set_depth_limit(p->limits, MATCH_DEPTH);
    pcre2_set_heap_limit(p->limits, MATCH_HEAP_KIB);
    return RC_OK;
}

enum rc policy_new(const struct config *c, const struct config_tenant *t, struct policy **out, struct err *e) {
    struct policy *p = mem_zalloc(sizeof *p);
    *out = NULL;
    if (!p) return err_nomem(e);
    p->tenant = t;
    p->rules = mem_zalloc((size_t)(c->n_rules ? c->n_rules : 1) * sizeof *p->rules);
    enum rc rc = p->rules ? make_limits(p, e) : err_nomem(e);
    for (int i = 0; rc == RC_OK && i < c->n_rules; i++) {
        if (!is_for(&c->rules[i], t)) continue;
        p->rules[p->n].of = &c->rules[i];
        rc = compile(&p->rules[p->n++], e);
    }
    if (rc == RC_OK) *out = p;
    else policy_free(&p);
    return rc;
}

void policy_free(struct policy **pp) {
    struct policy *p = *pp;
    *pp = NULL;
    if (!p) return;
    for (int i = 0; i < p->n; i++) pcre2_code_free(p->rules[i].match);
    pcre2_match_data_free(p->scratch);
    pcre2_match_context_free(p->limits);
    mem_free(p->rules);
    mem_free(p);
}

struct sqlrules policy_sqlrules(const struct config *c, const struct config_tenant *t) {
    return (struct sqlrules){
        .principal_functions = c->cache.principal_functions,
        .strict_order = c->cache.strict_order,
        .path_relations = c->cache.path_relations,
        .explain = c->cache.explain,
        .system_relations = c->cache.system_ttl_ms > 0,
        .day_bucket = c->cache.time_functions == TIME_DAY_BUCKET,
        .udf_allow = t->udf_allow.v,
        .n_udf_allow = t->udf_allow.n,
    };
}
