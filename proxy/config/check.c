#define PCRE2_CODE_UNIT_WIDTH 8
#include "check.h"

#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/mem.h"
#include "value.h"

/* ---- what every section owes ----------------------------------------------------------------------------------- */

static enum rc check_required(const struct draft *d, struct err *e) {
    for (int id = 0; id < SEC_COUNT; id++)
        for (int item = 0; item < schema_count(d->c, id); item++)
            for (int i = 0; i < schema_section(id)->n_keys; i++) {
                const struct cfg_key *k = &schema_section(id)->keys[i];
                const void *slot = schema_slot(schema_item(d->c, id, item), k);
                if (!(k->flags & CF_REQUIRED) || !value_is_empty(slot, k->kind)) continue;
                return draft_bad(d, (struct draft_place){id, item}, NULL, e, "%s is missing", k->key);
            }
    return RC_OK;
}

static enum rc check_presence(const struct config *c, struct err *e) {
    if (!c->n_upstreams)
        return err_set(e, ERR_CONFIG_MISSING,
                       "there is no workspace: --upstream URL or an [upstream.NAME] section is missing");
    if (!c->n_tenants) return err_set(e, ERR_CONFIG_MISSING, "there is no tenant: a [tenant.NAME] section is missing");
    if (!c->n_listen)
        return err_set(e, ERR_CONFIG_MISSING,
                       "there is no address to listen on: --listen ADDR or a [listen.NAME] section is missing");
    return RC_OK;
}

/* ---- tenants --------------------------------------------------------------------------------------------------- */

static struct config_tenant *find_tenant(struct config *c, const char *name) {
    for (int i = 0; i < c->n_tenants; i++)
        if (strcmp(c->tenants[i].name, name) == 0) return &c->tenants[i];
    return NULL;
}

static enum rc link_upstream(struct draft *d, int item, struct err *e) {
    struct config_tenant *t = &d->c->tenants[item];
    struct draft_place at = {SEC_TENANT, item};
    if (!*t->upstream && d->c->n_upstreams == 1 &&
        draft_set(d, at, SV_LIT("upstream"), d->c->upstreams[0].name, 0, e))
        return RC_ERR;
    if (!*t->upstream) return draft_bad(d, at, NULL, e, "upstream is missing, and there are several");
    for (int i = 0; i < d->c->n_upstreams && !t->up; i++)
        if (strcmp(d->c->upstreams[i].name, t->upstream) == 0) t->up = &d->c->upstreams[i];
    if (t->up) return RC_OK;
    return draft_bad(d, at, "upstream", e, "there is no [upstream.%s]", t->upstream);
}

static enum rc check_host(struct draft *d, int item, const char *host, struct err *e) {
    struct draft_place at = {SEC_TENANT, item};
    if (strpbrk(host, "/ \t@*") || (strchr(host, ':') && host[0] != '['))
        return draft_bad(d, at, "hosts", e, "\"%s\" is not a host name without port", host);
    for (int i = 0; i < item; i++)
        for (int j = 0; j < d->c->tenants[i].hosts.n; j++)
            if (strcasecmp(d->c->tenants[i].hosts.v[j], host) == 0)
                return draft_bad(d, at, "hosts", e, "%s belongs to [tenant.%s] already", host, d->c->tenants[i].name);
    return RC_OK;
}

static enum rc check_share(struct draft *d, int item, struct err *e) {
    const struct config_tenant *t = &d->c->tenants[item];
    struct draft_place at = {SEC_TENANT, item};
    bool is_group = strncmp(t->share, "group:", 6) == 0 && t->share[6];
    if (!is_group && strcmp(t->share, "principal") != 0 && strcmp(t->share, "tenant") != 0)
        return draft_bad(d, at, "share", e, "\"%s\" is none of principal, tenant, group:NAME", t->share);
    if (!is_group) return RC_OK;
    if (!t->group_members.n)
        return draft_bad(d, at, "share", e, "%s needs its user names in group_members", t->share);
    if (t->principal != PRINCIPAL_USER)
        return draft_bad(d, at, "share", e, "%s needs principal = user, so that members are known", t->share);
    return RC_OK;
}

/* What is forwarded and keyed must not be what carries or frames the request. */
static enum rc check_key_extra(struct draft *d, int item, struct err *e) {
    static const char *const NEVER[] = {"authorization", "cookie", "host", "content-length", "content-encoding",
                                        "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
                                        "proxy-authorization", "expect"};
    const struct cfg_list *l = &d->c->tenants[item].key_extra;
    for (int i = 0; i < l->n; i++) {
        bool is_bad = strpbrk(l->v[i], " \t:;\"()<>@\\/[]?={}") != NULL;
        for (size_t j = 0; j < sizeof NEVER / sizeof *NEVER; j++) is_bad |= strcasecmp(l->v[i], NEVER[j]) == 0;
        if (is_bad)
            return draft_bad(d, (struct draft_place){SEC_TENANT, item}, "key_extra", e,
                             "\"%s\" is not a header that may be passed on", l->v[i]);
    }
    return RC_OK;
}

static enum rc check_tenants(struct draft *d, struct err *e) {
    for (int i = 0; i < d->c->n_tenants; i++) {
        const struct cfg_list *hosts = &d->c->tenants[i].hosts;
        if (link_upstream(d, i, e) || check_share(d, i, e) || check_key_extra(d, i, e)) return RC_ERR;
        for (int j = 0; j < hosts->n; j++)
            if (check_host(d, i, hosts->v[j], e)) return RC_ERR;
    }
    return RC_OK;
}

/* ---- addresses ------------------------------------------------------------------------------------------------- */

static enum rc check_exposed(const struct draft *d, struct draft_place at, const char *key, const struct addr *a,
                             struct err *e) {
    if (a->is_unix || a->is_passed || d->c->server.insecure_listen || addr_host_is_loopback(a->host)) return RC_OK;
    return draft_bad(d, at, key, e, "%s is not loopback: plain TCP would show tokens to the network "
                                    "(insecure_listen = yes, --insecure-listen allow it)", a->host);
}

static enum rc check_uids(const struct draft *d, struct draft_place at, const char *key, const struct cfg_list *uids,
                          struct err *e) {
    long long n;
    for (int i = 0; i < uids->n; i++)
        if (strcmp(uids->v[i], "*") != 0 && (!sv_to_i64(sv_of(uids->v[i]), &n) || n < 0 || n >= UINT32_MAX))
            return draft_bad(d, at, key, e, "\"%s\" is neither the number of a user nor *", uids->v[i]);
    return RC_OK;
}

static enum rc check_tls(const struct draft *d, int item, struct err *e) {
    const struct config_listen *l = &d->c->listen[item];
    struct draft_place at = {SEC_LISTEN, item};
    if (!*l->tls_cert != !*l->tls_key)
        return draft_bad(d, at, *l->tls_cert ? "tls_cert" : "tls_key", e, "tls_cert and tls_key go together");
    if (*l->tls_client_ca && !*l->tls_cert)
        return draft_bad(d, at, "tls_client_ca", e, "is for addresses with tls_cert and tls_key");
    if (l->allow_uids.n && !l->addr.is_unix && !l->addr.is_passed)
        return draft_bad(d, at, "allow_uids", e, "is for Unix sockets");
    return check_uids(d, at, "allow_uids", &l->allow_uids, e);
}

static enum rc check_twice(const struct draft *d, int item, struct err *e) {
    const struct config *c = d->c;
    const struct addr *a = &c->listen[item].addr;
    struct draft_place at = {SEC_LISTEN, item};
    for (int i = 0; i < item; i++)
        if (addr_same(a, &c->listen[i].addr))
            return draft_bad(d, at, "address", e, "[listen.%s] has the same address", c->listen[i].name);
    for (int i = 0; i < c->n_admin; i++)
        if (addr_same(a, &c->admin[i])) return draft_bad(d, at, "address", e, "[server] admin has the same address");
    return RC_OK;
}

/* The only tenant, when it does not ask for hosts, owns whatever arrives. */
static enum rc link_tenant(struct draft *d, int item, struct err *e) {
    struct config *c = d->c;
    struct config_listen *l = &c->listen[item];
    l->of = *l->tenant ? find_tenant(c, l->tenant) : c->n_tenants == 1 && !c->tenants[0].hosts.n ? c->tenants : NULL;
    if (l->of || !*l->tenant) return RC_OK;
    return draft_bad(d, (struct draft_place){SEC_LISTEN, item}, "tenant", e, "there is no [tenant.%s]", l->tenant);
}

static enum rc check_listen(struct draft *d, int item, struct err *e) {
    struct config_listen *l = &d->c->listen[item];
    struct draft_place at = {SEC_LISTEN, item};
    if (addr_parse(l->address, &l->addr, e)) return draft_where(d, at, "address", e);
    if (check_tls(d, item, e) || link_tenant(d, item, e) || check_twice(d, item, e)) return RC_ERR;
    if (!*l->tls_cert && check_exposed(d, at, "address", &l->addr, e)) return RC_ERR;
    return check_public_url(d, item, e);
}

static enum rc check_admin(struct draft *d, struct err *e) {
    struct config *c = d->c;
    const struct cfg_list *list = &c->server.admin;
    struct draft_place at = {SEC_SERVER, 0};
    if (list->n && !(c->admin = mem_array((size_t)list->n, sizeof *c->admin))) return err_nomem(e);
    for (; c->n_admin < list->n; c->n_admin++) {
        struct addr *a = &c->admin[c->n_admin];
        if (addr_parse(list->v[c->n_admin], a, e)) return draft_where(d, at, "admin", e);
        if (check_exposed(d, at, "admin", a, e)) return RC_ERR;
        for (int i = 0; i < c->n_admin; i++)
            if (addr_same(a, &c->admin[i])) return draft_bad(d, at, "admin", e, "%s stands there twice", list->v[i]);
    }
    return check_uids(d, at, "admin_uids", &c->server.admin_uids, e);
}

/* A tenant that no request can reach, or an address where every request is refused, is a mistake. */
static enum rc check_reach(struct draft *d, struct err *e) {
    const struct config *c = d->c;
    bool by_host = false, any_hosts = false;
    for (int i = 0; i < c->n_tenants; i++) any_hosts |= c->tenants[i].hosts.n > 0;
    for (int i = 0; i < c->n_listen; i++) {
        by_host |= !c->listen[i].of;
        if (!c->listen[i].of && !any_hosts)
            return draft_bad(d, (struct draft_place){SEC_LISTEN, i}, NULL, e,
                             "which tenant? Set tenant here, or hosts in the [tenant.NAME] sections");
    }
    for (int t = 0; t < c->n_tenants; t++) {
        bool reached = by_host && c->tenants[t].hosts.n;
        for (int i = 0; i < c->n_listen; i++) reached |= c->listen[i].of == &c->tenants[t];
        if (!reached)
            return draft_bad(d, (struct draft_place){SEC_TENANT, t}, NULL, e,
                             "no request reaches it: set hosts here, or tenant = %s in a [listen.NAME]",
                             c->tenants[t].name);
    }
    return RC_OK;
}

/* ---- what must fit together ------------------------------------------------------------------------------------ */

static enum rc check_match(const struct draft *d, int item, struct err *e) {
    const char *match = d->c->rules[item].match;
    PCRE2_UCHAR why[120];
    PCRE2_SIZE at = 0;
    int code = 0;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)match, PCRE2_ZERO_TERMINATED,
                                   PCRE2_UTF | PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C, &code, &at,
                                   NULL);
    pcre2_code_free(re);
    if (re) return RC_OK;
    pcre2_get_error_message(code, why, sizeof why);
    return draft_bad(d, (struct draft_place){SEC_RULE, item}, "match", e, "%s, at character %zu", (const char *)why,
                     (size_t)at + 1);
}

static enum rc check_rule(struct draft *d, int item, struct err *e) {
    static const char CLASSES[] = "|read|meta|probe|write|authz|session|file|code|multi|";
    const struct config_rule *r = &d->c->rules[item];
    struct draft_place at = {SEC_RULE, item};
    char word[24];
    for (int i = 0; i < r->classes.n; i++)
        if (strlen(r->classes.v[i]) + 3 > sizeof word ||
            (snprintf(word, sizeof word, "|%s|", r->classes.v[i]), !strstr(CLASSES, word)))
            return draft_bad(d, at, "class", e, "\"%s\" is not a class of statements", r->classes.v[i]);
    for (int i = 0; i < r->tenants.n; i++)
        if (!find_tenant(d->c, r->tenants.v[i]))
            return draft_bad(d, at, "tenant", e, "there is no [tenant.%s]", r->tenants.v[i]);
    return check_match(d, item, e);
}

static enum rc check_redis(const struct draft *d, struct err *e) {
    const struct config_redis *r = &d->c->redis;
    struct draft_place at = {SEC_REDIS, 0};
    for (int i = 0; i < r->urls.n; i++)
        if (strncmp(r->urls.v[i], "redis://", 8) != 0 && strncmp(r->urls.v[i], "rediss://", 9) != 0 &&
            strncmp(r->urls.v[i], "unix:", 5) != 0)
            return draft_bad(d, at, "url", e, "\"%s\" is not redis://host:port, rediss://host:port or unix:PATH",
                             r->urls.v[i]);
    if (!*r->tls_cert != !*r->tls_key)
        return draft_bad(d, at, *r->tls_cert ? "tls_cert" : "tls_key", e, "tls_cert and tls_key go together");
    if (r->cluster == CLUSTER_YES && r->database)
        return draft_bad(d, at, "database", e, "a cluster has database 0 only");
    if (r->urls.n && !*r->master_key)
        return draft_bad(d, at, "master_key", e, "is missing: what is kept in Redis is encrypted with it");
    if ((*r->master_key && strlen(r->master_key) < 32) || (*r->old_master_key && strlen(r->old_master_key) < 32))
        return draft_bad(d, at, strlen(r->master_key) < 32 ? "master_key" : "old_master_key", e,
                         "needs at least 32 bytes");
    return RC_OK;
}

static enum rc check_pairs(const struct draft *d, struct err *e) {
    const struct config *c = d->c;
    if (c->cache.ttl_ms > c->cache.max_ttl_ms || c->cache.metadata_ttl_ms > c->cache.max_ttl_ms ||
        c->cache.system_ttl_ms > c->cache.max_ttl_ms)
        return draft_bad(d, (struct draft_place){SEC_CACHE, 0}, "max_ttl", e,
                         "is shorter than ttl, metadata_ttl or system_ttl");
    if (c->breaker.open_ms > c->breaker.open_max_ms)
        return draft_bad(d, (struct draft_place){SEC_BREAKER, 0}, "open_max", e, "is shorter than open");
    if (c->retry.base_ms > c->retry.cap_ms)
        return draft_bad(d, (struct draft_place){SEC_RETRY, 0}, "cap", e, "is shorter than base");
    return RC_OK;
}

enum rc check_all(struct draft *d, struct err *e) {
    if (check_presence(d->c, e) || check_required(d, e)) return RC_ERR;
    for (int i = 0; i < d->c->n_upstreams; i++)
        if (check_upstream(d, i, e)) return RC_ERR;
    if (check_tenants(d, e) || check_admin(d, e)) return RC_ERR;
    for (int i = 0; i < d->c->n_listen; i++)
        if (check_listen(d, i, e)) return RC_ERR;
    for (int i = 0; i < d->c->n_rules; i++)
        if (check_rule(d, i, e)) return RC_ERR;
    return check_reach(d, e) || check_redis(d, e) || check_pairs(d, e) || check_files(d, e) ? RC_ERR : RC_OK;
}
