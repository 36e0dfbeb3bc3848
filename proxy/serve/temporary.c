/* temporary: weak stand-ins for parts that are on their way. */
#include "core/buf.h"
#include "proxy/redis/shared.h"
#include "proxy/request/cachekey.h"
#include "proxy/request/control.h"
#include "proxy/request/reqbody.h"
#include "proxy/sql/policy.h"
#include "proxy/config/config.h"
#define W __attribute__((weak))
W enum rc policy_new(const struct config *c, const struct config_tenant *t, struct policy **out, struct err *e) { (void)c; (void)t; (void)e; *out = NULL; return RC_OK; }
W void policy_free(struct policy **p) { *p = NULL; }
W void policy_check(struct policy *p, const struct policy_question *q, struct policy_verdict *out) { (void)p; (void)q; *out = (struct policy_verdict){.ttl_ms = -1, .stale_revalidate_ms = -1, .stale_error_ms = -1}; }
W struct sqlrules policy_sqlrules(const struct config *c, const struct config_tenant *t) { (void)c; (void)t; return (struct sqlrules){0}; }
W bool reqbody_is_plain(const char *c) { return !c; }
W bool reqbody_is_known(const char *c) { (void)c; return false; }
W enum rc reqbody_inflate(struct sv p, const char *c, struct buf *out, struct err *e) { (void)p; (void)c; (void)out; return err_set(e, ERR_ARG, "no"); }
W enum rc cachekey_make_l0(const struct secrets *s, const struct cachekey_fields *f, struct sv path, struct sv body, uint8_t out[DIGEST_BYTES], struct err *e) { (void)s; (void)f; (void)path; (void)body; (void)out; return err_set(e, ERR_ARG, "no"); }
W int64_t control_ttl(const struct control *c, int64_t ttl) { return c->ttl_ms < ttl ? c->ttl_ms : ttl; }
W int64_t control_stale(const struct control *c, int64_t w) { (void)c; return w; }
W enum rc shared_new(struct shared **out, struct event_base *base, const struct config_redis *c, const struct shared_hooks *h, struct metrics *m, struct log *log, struct err *e) { (void)out; (void)base; (void)c; (void)h; (void)m; (void)log; return err_set(e, ERR_CONFIG_BAD, "no redis yet"); }
W void shared_free(struct shared **s) { *s = NULL; }
W void shared_reconfigure(struct shared *s, const struct config_redis *c) { (void)s; (void)c; }
W enum rc shared_tenant_new(struct shared *s, const struct shared_keys *k, void *owner, struct shared_tenant **out, struct err *e) { (void)s; (void)k; (void)owner; (void)out; return err_set(e, ERR_ARG, "no"); }
W void shared_tenant_free(struct shared_tenant **t) { *t = NULL; }
W void shared_name(const struct shared_tenant *t, struct sv text, uint8_t out[SHARED_NAME_BYTES]) { (void)t; (void)text; (void)out; }
W void shared_notify(struct shared *s, const uint8_t key[DIGEST_BYTES]) { (void)s; (void)key; }
W void shared_unlock(struct shared_lock **l) { *l = NULL; }
W void shared_lookup(struct shared *s, struct shared_tenant *t, const struct shared_ask *a, shared_fn *fn, void *arg, struct shared_op **op_r) { (void)s; (void)t; (void)a; (void)fn; (void)arg; (void)op_r; }
W void shared_unwatch(struct shared_watch **w) { *w = NULL; }
W void shared_drop(struct shared_op **op) { *op = NULL; }
W struct shared_watch *shared_watch(struct shared *s, const uint8_t key[DIGEST_BYTES], void (*fn)(void *arg), void *arg) { (void)s; (void)key; (void)fn; (void)arg; return NULL; }
W void shared_lock(struct shared *s, const uint8_t key[DIGEST_BYTES], int64_t d, shared_fn *fn, void (*l)(void *arg), void *arg, struct shared_lock **r) { (void)s; (void)key; (void)d; (void)fn; (void)l; (void)arg; (void)r; }
W bool shared_is_up(const struct shared *s) { (void)s; return false; }
W int64_t shared_heard_ms(const struct shared *s) { (void)s; return 0; }
W void shared_put(struct shared *s, struct shared_tenant *t, const struct shared_value *v) { (void)s; (void)t; v->release(v->owner); }
W void shared_tell(struct shared *s, struct shared_tenant *t, char word, const uint8_t digest[DIGEST_BYTES]) { (void)s; (void)t; (void)word; (void)digest; }
#include "proxy/request/route.h"
W bool route_is_listed(struct sv path) { (void)path; return true; }
