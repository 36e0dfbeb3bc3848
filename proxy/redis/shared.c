/* Life: what was configured, the servers, the tenants. */
#include "shared.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <openssl/ssl.h>

#include "core/clock.h"
#include "core/mem.h"
#include "keyed.h"
#include "proxy/config/config.h"
#include "shared_priv.h"

static enum blob_codec codec_of(const struct config_redis *c) {
    return c->compression == COMPRESSION_ZSTD ? BLOB_ZSTD : c->compression == COMPRESSION_LZ4 ? BLOB_LZ4 : BLOB_NONE;
}

void shared_reconfigure(struct shared *s, const struct config_redis *c) {
    s->env.budget_ms = c->budget_ms;
    s->codec = codec_of(c);
    s->lock_ms = c->lock_ms;
}

/* ---- servers ----------------------------------------------------------------------------------------------------- */

static void on_up(void *arg) {
    struct shared *s = arg;
    metrics_set(s->metrics, M_REDIS_UP, 1);
    epoch_on_up(s);
    survey(s);
    if (s->hooks.on_up) s->hooks.on_up(s->hooks.arg);
}

static void on_change(void *arg) {
    struct shared *s = arg;
    metrics_set(s->metrics, M_REDIS_UP, cluster_is_up(s->cluster));
    listen_on_change(s->listen);
}

static void on_repay(evutil_socket_t fd, short what, void *arg) {
    (void)fd;
    (void)what;
    epoch_on_timer(arg);
}

static enum rc read_addresses(struct shared *s, const struct config_redis *c, struct err *e) {
    bool tls = false;
    if (c->urls.n < 1) return err_set(e, ERR_CONFIG_BAD, "[redis] url is empty");
    if (!(s->seeds = mem_array((size_t)c->urls.n, sizeof *s->seeds))) return err_nomem(e);
    for (int i = 0; i < c->urls.n; i++) {
        if (server_parse(c->urls.v[i], &s->seeds[i], e)) return RC_ERR;
        tls |= s->seeds[i].tls;
    }
    s->n_seeds = c->urls.n;
    return tls ? link_tls_new(c->ca_file, c->tls_cert, c->tls_key, &s->env.link.tls, e) : RC_OK;
}

static enum rc copy_credentials(struct shared *s, const struct config_redis *c, struct err *e) {
    s->env.database = c->database;
    if (c->user && !(s->env.user = mem_strdup(c->user))) return err_nomem(e);
    if (c->password && !(s->env.password = mem_strdup(c->password))) return err_nomem(e);
    return RC_OK;
}

/* Without a file of name servers only addresses and /etc/hosts are resolved: still better than no store. */
static enum rc make_env(struct shared *s, struct event_base *base, struct err *e) {
    int flags = EVDNS_BASE_DISABLE_WHEN_INACTIVE;
    uint8_t id[INSTANCE_HEX / 2];
    s->env.link.base = s->base = base;
    s->env.metrics = s->metrics;
    s->env.log = s->log;
    s->env.link.dns = evdns_base_new(base, flags | EVDNS_BASE_INITIALIZE_NAMESERVERS);
    if (!s->env.link.dns && (s->env.link.dns = evdns_base_new(base, flags)))
        evdns_base_load_hosts(s->env.link.dns, "/etc/hosts");
    if (!s->env.link.dns || !(s->repay = evtimer_new(base, on_repay, s))) return err_nomem(e);
    if (secrets_random(id, sizeof id, e)) return RC_ERR;
    name_hex(id, sizeof id, s->instance);
    return RC_OK;
}

enum rc shared_new(struct shared **out, struct event_base *base, const struct config_redis *c,
                   const struct shared_hooks *h, struct metrics *m, struct log *log, struct err *e) {
    struct shared *s = mem_zalloc(sizeof *s);
    if (!s) return err_nomem(e);
    s->hooks = h ? *h : (struct shared_hooks){0};
    s->metrics = m;
    s->log = log;
    shared_reconfigure(s, c);
    struct cluster_events ev = {.arg = s, .on_up = on_up, .on_change = on_change};
    if (read_addresses(s, c, e) || copy_credentials(s, c, e) || make_env(s, base, e) || listen_new(&s->listen, s, e) ||
        cluster_new(&s->cluster, &s->env, (enum cluster_mode)c->cluster, s->seeds, s->n_seeds, &ev, e)) {
        shared_free(&s);
        return RC_ERR;
    }
    metrics_set(m, M_REDIS_UP, 0);
    *out = s;
    return RC_OK;
}

static void end_ops(struct shared *s, const struct shared_tenant *t) {
    struct shared_op *next;
    for (struct shared_op *op = s->ops; op; op = next) {
        next = op->next;
        if (t && op->t != t) continue;
        struct shared_op *gone = op;
        op->goes_on = false;
        op->t = NULL;
        shared_drop(&gone);
    }
}

void shared_free(struct shared **sp) {
    struct shared *s = *sp;
    *sp = NULL;
    if (!s) return;
    s->hooks = (struct shared_hooks){0};
    lock_free_all(s);
    epoch_free_all(s);
    end_ops(s, NULL);
    listen_free(&s->listen);
    cluster_free(&s->cluster);
    if (s->repay) event_free(s->repay);
    if (s->env.link.dns) evdns_base_free(s->env.link.dns, 0);
    SSL_CTX_free(s->env.link.tls);
    mem_free_secret(s->env.password);
    mem_free(s->env.user);
    mem_free(s->seeds);
    mem_free(s);
}

bool shared_is_up(const struct shared *s) { return cluster_is_up(s->cluster); }
int64_t shared_heard_ms(const struct shared *s) { return listen_heard_ms(s->listen); }

/* ---- tenants ----------------------------------------------------------------------------------------------------- */

void shared_name(const struct shared_tenant *t, struct sv text, uint8_t out[SHARED_NAME_BYTES]) {
    uint8_t hash[DIGEST_BYTES];
    keyed_hash(t->mac_key, "table", 5, text, hash);
    memcpy(out, hash, SHARED_NAME_BYTES);
}

static void make_keys(struct shared_tenant *t, const struct shared_keys *k) {
    uint8_t hash[DIGEST_BYTES];
    t->keys.n = k->n_kek > 1 ? 2 : 1;
    memcpy(t->keys.kek, k->kek, sizeof t->keys.kek);
    blob_keys_init(&t->keys);
    memcpy(t->mac_key, k->mac_key, sizeof t->mac_key);
    keyed_hash(t->mac_key, "tenant", 6, sv_of(k->name), hash);
    name_hex(hash, (NAME_TAG - 1) / 2, t->tag);
    t->news = name_of_news(t->tag);
    shared_name(t, SV_LIT("*"), t->star);
}

enum rc shared_tenant_new(struct shared *s, const struct shared_keys *k, void *owner, struct shared_tenant **out,
                          struct err *e) {
    struct shared_tenant *t = mem_zalloc(sizeof *t);
    if (!t || !(t->name = mem_strdup(k->name))) {
        mem_free(t);
        return err_nomem(e);
    }
    t->s = s;
    t->owner = owner;
    t->metrics = k->metrics ? k->metrics : s->metrics;
    make_keys(t, k);
    t->next = s->tenants;
    t->link = &s->tenants;
    if (t->next) t->next->link = &t->next;
    s->tenants = t;
    epoch_share_debts(t);
    listen_join(s->listen, t);
    *out = t;
    return RC_OK;
}

void shared_tenant_free(struct shared_tenant **tp) {
    struct shared_tenant *t = *tp;
    *tp = NULL;
    if (!t) return;
    listen_leave(t->s->listen, t);
    epoch_share_debts(t);
    epoch_forget_tenant(t);
    end_ops(t->s, t);
    *t->link = t->next;
    if (t->next) t->next->link = t->link;
    blob_keys_fini(&t->keys);
    mem_wipe(t->mac_key, sizeof t->mac_key);
    mem_free(t->name);
    mem_free(t);
}

void *shared_tenant_owner(const struct shared_tenant *t) { return t->owner; }
