/* shared: what instances have in common through Redis: results, epochs of tables, locks of flights, small records,
 * short messages. The door of this room; nobody else includes its other headers, blob.h apart.
 *
 * Redis is never trusted and never waited for longer than the asker's deadline: refused, slow, full, lying or empty, it
 * costs misses. Values are sealed (blob.h) and opaque here; names are keyed digests, so that no text is readable there.
 *
 * Every question has one answer, by callback from the loop and never from within the call that asked. SHARED_DOWN is
 * an answer like others: no server, deadline passed, breaker open (then in the next turn of the loop, at no cost).
 * (Only where there is no memory for the question, DOWN comes from within.) *op_r (may be NULL) is good until the
 * callback begins; shared_drop() before that and there will be none.
 * What is only told (put, extend, notify, …) is never waited for: it happens or is counted as an error.
 * One loop, one thread. shared_free() ends all without callbacks, and is not called from one; tenants are given back
 * before, writes, locks and watches may be ended later.
 *
 * Errors, durations and up are counted here; what a look-up was worth (tier="l2") the caller judges and counts. */
#ifndef PROXY_REDIS_SHARED_H
#define PROXY_REDIS_SHARED_H

#include "core/buf.h"
#include "core/log.h"
#include "proxy/keys/keymap.h"
#include "proxy/watch/metrics.h"

struct config_redis;           /* proxy/config/config.h */
struct event_base;
struct shared;
struct shared_op;

enum {
    SHARED_NAME_BYTES = 16,
    SHARED_GEN_BYTES = 16,
    SHARED_MAX_EPOCHS = 256,             /* in one question */
    SHARED_MAX_VALUE = 80 * 1024 * 1024  /* bytes of one result, whatever Redis says */
};

enum shared_result { SHARED_DOWN, SHARED_MISS, SHARED_HIT, SHARED_DONE, SHARED_GOT, SHARED_HELD };

/* ---- tenants ----------------------------------------------------------------------------------------------------- */

/* Made of the master keys by the caller; the same in all instances. kek[0] seals, all of them open. */
struct shared_keys {
    const char *name;         /* of the tenant */
    int n_kek;                /* 1 or 2 */
    uint8_t kek[2][32];
    struct metrics *metrics;  /* of the tenant; NULL = those of the process */
    uint8_t mac_key[32];      /* names tables. Must not differ between instances that serve the same data: bumps of one
                                 would not be seen by the other */
};

struct shared_tenant;

/* Listens for the tenant's epochs and messages from now on. Free it before shared_free(), and after its questions. */
enum rc shared_tenant_new(struct shared *s, const struct shared_keys *k, void *owner, struct shared_tenant **out,
                          struct err *e) MUST_CHECK;
void shared_tenant_free(struct shared_tenant **t);
void *shared_tenant_owner(const struct shared_tenant *t);

/* ---- life -------------------------------------------------------------------------------------------------------- */

/* All optional, all from the loop. owner is that of shared_tenant_new(). */
struct shared_hooks {
    void *arg;
    void (*on_up)(void *arg);  /* a server answers (again) */
    /* News may have been missed: what was learned of epochs before now is to be read again before it is trusted. Always
     * called before shared_heard_ms() moves again. */
    void (*on_resync)(void *arg);
    /* An epoch was raised, or its pending mark changed, by anybody (ourselves too). Values only rise. */
    void (*on_epoch)(void *arg, void *owner, const uint8_t name[SHARED_NAME_BYTES], int64_t us, bool pending);
    void (*on_told)(void *arg, void *owner, char word, const uint8_t digest[DIGEST_BYTES]);
};

/* Begins to connect; the configuration is copied. c->urls must not be empty. ERR_CONFIG_BAD: an address that cannot be
 * read, a file of TLS that cannot be used; a server that does not answer is no error. metrics and log outlive it. */
enum rc shared_new(struct shared **out, struct event_base *base, const struct config_redis *c,
                   const struct shared_hooks *h, struct metrics *m, struct log *log, struct err *e) MUST_CHECK;
void shared_free(struct shared **s);

/* Budgets and compression of a reloaded configuration; addresses and credentials stay until a restart. */
void shared_reconfigure(struct shared *s, const struct config_redis *c);

bool shared_is_up(const struct shared *s);       /* some server answers and its breaker is closed */
/* Monotonic ms of the last proof that what others publish reaches us: a message of our own that went through every
 * master and came back. Everything published before that time has been delivered. 0 = never. About 3 a second. */
int64_t shared_heard_ms(const struct shared *s);

void shared_drop(struct shared_op **op);         /* NULL is welcome; sets NULL */

/* ---- epochs ------------------------------------------------------------------------------------------------------ */

/* The name of a table ("main.sales.orders", as the caller canonises it) or of the whole tenant ("*"). */
void shared_name(const struct shared_tenant *t, struct sv text, uint8_t out[SHARED_NAME_BYTES]);

/* In a question: us = the highest value known so far, 0 = none. In an answer: the current one, never below what was
 * known: a server that went back behind it is set right on the side. A missing one is made, as now. */
struct shared_epoch {
    uint8_t name[SHARED_NAME_BYTES];
    int64_t us;
    bool pending;             /* a write is under way: results on this table are not to be stored */
};

/* ---- answers ----------------------------------------------------------------------------------------------------- */

struct shared_answer {
    enum shared_result result;
    int n_epochs;             /* in the order of the question; 0 when DOWN */
    const struct shared_epoch *epochs;
    /* of a HIT: */
    struct buf value;         /* buf_take() it to keep it */
    uint8_t gen[SHARED_GEN_BYTES];
    int64_t created_ms, expires_ms;  /* wall clock */
};
typedef void shared_fn(void *arg, struct shared_answer *a);  /* everything in the answer is good until it returns */

/* ---- results ----------------------------------------------------------------------------------------------------- */

struct shared_ask {
    const uint8_t *key;        /* DIGEST_BYTES: K */
    const uint8_t *principal;  /* DIGEST_BYTES: whose result it is (or the group's, tenant's scope) */
    const struct shared_epoch *epochs;
    int n_epochs;
    int64_t deadline_ms;       /* monotonic: of all reads of this request */
    int64_t large_deadline_ms; /* the same when it turns out to be over 1 MiB */
};

/* HIT or MISS with the epochs, in one round trip (a value over 64 KiB takes a second). A value that does not open, is
 * expired, or is in pieces of which one is gone is a MISS, counted and removed. */
void shared_lookup(struct shared *s, struct shared_tenant *t, const struct shared_ask *a, shared_fn *fn, void *arg,
                   struct shared_op **op_r);

struct shared_value {
    const uint8_t *key, *principal;  /* as shared_ask */
    uint8_t gen[SHARED_GEN_BYTES];
    int64_t created_ms;        /* wall: when its statement was sent */
    int64_t expires_ms;        /* wall: not served by anybody afterwards; sealed in */
    int64_t keep_ms;           /* how long Redis should keep it unless extended; 0 = until it expires */
    bool is_compressed;        /* do not try again */
    struct sv bytes;           /* good until release(owner), which is always called, perhaps from within the call */
    void (*release)(void *owner);
    void *owner;
};

void shared_put(struct shared *s, struct shared_tenant *t, const struct shared_value *v);
/* gen NULL = whatever is there. */
void shared_remove(struct shared *s, struct shared_tenant *t, const uint8_t key[DIGEST_BYTES],
                   const uint8_t gen[SHARED_GEN_BYTES]);
/* Redis keeps the value (of len bytes) for ms from now at least; it is not served beyond what is sealed in. */
void shared_extend(struct shared *s, const uint8_t key[DIGEST_BYTES], const uint8_t gen[SHARED_GEN_BYTES], size_t len,
                   int64_t ms);

/* DONE or DOWN, with the epochs. */
void shared_read_epochs(struct shared *s, struct shared_tenant *t, const struct shared_epoch *epochs, int n,
                        int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r);

/* Raises epochs (max(now, old + 1)) and publishes them: DONE with the new values, or DOWN. fn NULL = told only.
 * What could not be raised is owed: until the tenant's own epoch ("*") is raised after reconnecting, no value of that
 * tenant is read (DOWN). So no result from before a write is revived by Redis coming back. */
void shared_bump(struct shared *s, struct shared_tenant *t, const struct shared_epoch *epochs, int n,
                 int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r);

/* A write under way: raises the epochs and marks the tables as pending, renewed by itself, until shared_write_end(),
 * which raises them once more and takes our mark away (others' marks stay; a dead instance's end after 15 minutes).
 * fn as above, about the beginning. NULL is returned when memory ended: then only bump. */
struct shared_write;
struct shared_write *shared_write_begin(struct shared *s, struct shared_tenant *t, const struct shared_epoch *epochs,
                                        int n, int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r);
void shared_write_end(struct shared_write **w);

/* ---- flights ----------------------------------------------------------------------------------------------------- */

/* GOT: ours, renewed by itself until shared_unlock(). HELD: by another instance. DOWN. *lock_r is set at once and is
 * unlocked in every case, also to give up waiting for the answer (then fn is not called). on_lost (may be NULL): it is
 * no longer ours. The lock saves work, nothing may depend on it for being right. */
struct shared_lock;
void shared_lock(struct shared *s, const uint8_t key[DIGEST_BYTES], int64_t deadline_ms, shared_fn *fn,
                 void (*on_lost)(void *arg), void *arg, struct shared_lock **lock_r);
void shared_unlock(struct shared_lock **l);

/* fn when somebody calls shared_notify() for the key. May be lost: look again every 250 ms or so. NULL = no memory. */
struct shared_watch;
struct shared_watch *shared_watch(struct shared *s, const uint8_t key[DIGEST_BYTES], void (*fn)(void *arg), void *arg);
void shared_unwatch(struct shared_watch **w);
void shared_notify(struct shared *s, const uint8_t key[DIGEST_BYTES]);

/* ---- records and messages ---------------------------------------------------------------------------------------- */

/* kind: 's' session, 'x' tombstone, 'f' flight, 'u' uuid handle. Sealed by us for this tenant, kind and id. put and
 * remove: DONE or DOWN, fn may be NULL. get: HIT, MISS or DOWN. At most 64 KiB. */
void shared_record_put(struct shared *s, struct shared_tenant *t, char kind, const uint8_t id[DIGEST_BYTES],
                       struct sv bytes, int64_t ttl_ms, int64_t deadline_ms, shared_fn *fn, void *arg,
                       struct shared_op **op_r);
void shared_record_get(struct shared *s, struct shared_tenant *t, char kind, const uint8_t id[DIGEST_BYTES],
                       int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r);
void shared_record_remove(struct shared *s, struct shared_tenant *t, char kind, const uint8_t id[DIGEST_BYTES]);

/* A word to all instances (on_told), ourselves too: 'r' = the token of this digest was refused. Not kept. */
void shared_tell(struct shared *s, struct shared_tenant *t, char word, const uint8_t digest[DIGEST_BYTES]);

#endif
