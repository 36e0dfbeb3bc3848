/* A statement, or a whole request body, through all that the proxy decides from it: what is kept is a read and has one normal
 * form, names are bounded and well-formed, a read-only tenant is never given what is not understood, and keys decode. */
#include <event2/http.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/utf.h"
#include "proxy/config/config.h"
#include "proxy/request/cachekey.h"
#include "proxy/request/control.h"
#include "proxy/sql/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
    if (!ok) abort();
}

static void check_names(const struct sqldep *list, int n, bool open) {
    check(n >= 0 && n <= SQLDEPS_MAX);
    for (int i = 0; i < n; i++) {
        check(list[i].name.len > 0 && list[i].name.len <= 3 * 258 && list[i].missing < list[i].parts && list[i].parts <= 3);
        check(list[i].missing == 0 || open);
        check(utf8_is_valid(list[i].name.ptr, list[i].name.len));
    }
}

static void check_deps(const struct sqldeps *d, const struct sqlverdict *v) {
    check_names(d->reads, d->n_reads, d->open_reads);
    check_names(d->writes, d->n_writes, d->open_writes);
    if (v->class == SQL_READ && v->why == BYPASS_NONE) check(d->n_writes == 0 && !d->open_writes);
    if (v->class == SQL_CODE || v->class == SQL_MULTI || v->class == SQL_AUTHZ) check(d->open_writes);
    if (v->class == SQL_WRITE && !d->open_writes && d->n_writes == 0) check(sv_ieq(v->verb, SV_LIT("CLEAR")) || sv_ieq(v->verb, SV_LIT("UNCACHE")));
}

static void ask_policy(struct sv sql, const struct sqlverdict *v, const struct sqldeps *d) {
    static char pattern[] = "c.s.*", *patterns[] = {pattern};
    struct config_rule rules[2] = {{.name = pattern, .action = RULE_DENY, .tables = {1, patterns}, .ttl_ms = -1},
                                   {.name = pattern, .action = RULE_CACHE, .ttl_ms = 5}};
    struct config c = {.n_rules = 2, .rules = rules};
    struct config_tenant t = {.name = pattern, .policy = POLICY_READ_ONLY, .max_statement = 100000};
    struct policy_question q = {.sql = sql, .verdict = v, .deps = d};
    struct policy_verdict out;
    struct policy *p = NULL;
    struct err e = ERR_INIT;
    rules[0].match = rules[1].match = (char *)"select|t";
    rules[0].message = rules[1].message = (char *)"";
    check(policy_new(&c, &t, &p, &e) == RC_OK);
    policy_check(p, &q, &out);
    if (v->traits & SQLTRAIT_OPAQUE || v->class == SQL_WRITE || v->class == SQL_CODE || v->class == SQL_MULTI) check(out.denied);
    check(out.denied == (out.error_code != NULL));
    policy_free(&p);
}

static void judge(struct sv sql) {
    static const struct sqldeps_at at = {SV_LIT("c"), SV_LIT("s")};
    struct sqlrules loose = {.principal_functions = true, .path_relations = true, .explain = true, .system_relations = true,
                             .day_bucket = true, .keyed = 7};
    struct sqlverdict v = classify(sql, NULL), more = classify(sql, &loose);
    struct control c = control_none();
    struct arena a = ARENA_INIT;
    struct sqldeps d;
    struct err e = ERR_INIT;
    check(v.class == more.class && sv_eq(v.verb, more.verb) && v.traits == more.traits);
    check(v.why != BYPASS_NONE || more.why == BYPASS_NONE);
    check(more.why != BYPASS_NONE || v.class == SQL_READ || v.class == SQL_META || v.class == SQL_PROBE);
    check(!(v.traits & SQLTRAIT_OPAQUE) || more.why != BYPASS_NONE);
    check(sqldeps_find(sql, &at, &a, &d, &e) == RC_OK);
    check_deps(&d, &v);
    ask_policy(sql, &v, &d);
    control_read_comment(&c, sql);
    check(c.n_tags <= CONTROL_MAX_TAGS);
    arena_fini(&a);
}

static void key(struct sv body) {
    struct arena a = ARENA_INIT;
    struct execreq r;
    struct evkeyvalq headers;
    struct cachekey_decoded d;
    struct buf text, again;
    struct err e = ERR_INIT;
    uint8_t who[DIGEST_BYTES] = {1};
    TAILQ_INIT(&headers);
    buf_init(&text, 1 << 24);
    buf_init(&again, 1 << 24);
    if (execreq_parse(body, &a, &r, &e) == RC_OK && r.why == BYPASS_NONE) {
        struct cachekey_fields f = {.principal = who, .request = &r, .headers = &headers, .strict = true};
        check(cachekey_encode(&f, &text, &e) == RC_OK);
        check(cachekey_decode(buf_sv(&text), &a, &d, &e) == RC_OK);
        d.fields.request = &d.request;
        d.fields.headers = &headers;
        check(cachekey_encode(&d.fields, &again, &e) == RC_OK && sv_eq(buf_sv(&text), buf_sv(&again)));
        judge(r.statement);
    }
    if (cachekey_decode(body, &a, &d, &e) == RC_OK) check(d.n_headers >= 0);
    buf_fini(&text);
    buf_fini(&again);
    execreq_fini(&r);
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sv text = sv_make((const char *)data, size);
    key(text);
    if (utf8_is_valid(text.ptr, text.len)) judge(text);
    return 0;
}
