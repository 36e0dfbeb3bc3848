/* Small records, sealed like results. */
#include "core/clock.h"
#include "core/mem.h"
#include "keyed.h"
#include "shared_priv.h"

struct getting {
    struct shared_op op;
    char kind;
    uint8_t id[DIGEST_BYTES];
};

static const uint8_t NOBODY[DIGEST_BYTES];

static struct blob_place place_of(const struct shared_tenant *t, char kind, const uint8_t *id) {
    return (struct blob_place){.key = id, .principal = NOBODY, .space = kind, .tenant = sv_of(t->name)};
}

/* The id is hashed again with the tenant's key: who sees Redis cannot link it with anything. */
static struct name name_of(const struct shared_tenant *t, char kind, const uint8_t *id) {
    uint8_t hash[DIGEST_BYTES];
    keyed_hash(t->mac_key, &kind, 1, sv_make((const char *)id, DIGEST_BYTES), hash);
    return name_of_record(kind, hash);
}

static void on_put(struct shared_op *op, int part, const struct reply *r) {
    (void)part;
    op_end(op, shared_is_bad(op->s, r) ? SHARED_DOWN : SHARED_DONE);
}

static struct parcel *sealed(const struct shared_tenant *t, char kind, const uint8_t *id, struct sv bytes,
                             int64_t ttl_ms, const struct name *n) {
    int64_t now = clock_wall_ms();
    struct blob_head h = {
        .codec = BLOB_NONE, .count = 1, .created_ms = now, .expires_ms = now + ttl_ms, .total = bytes.len};
    struct blob_place p = place_of(t, kind, id);
    struct err e = ERR_INIT;
    struct buf blob;
    struct parcel *w = NULL;
    char life[24];
    buf_init(&blob, INLINE_BYTES + BLOB_HEADER_BYTES + BLOB_TAG_BYTES);
    snprintf(life, sizeof life, "%lld", (long long)ttl_ms);
    if (bytes.len <= INLINE_BYTES && ttl_ms > 0 && secrets_random(h.gen, sizeof h.gen, &e) == RC_OK &&
        blob_seal(&t->keys, &p, &h, bytes, &blob, &e) == RC_OK)
        w = WIRE(SV_LIT("SET"), name_sv(n), buf_sv(&blob), SV_LIT("PX"), sv_of(life));
    buf_fini(&blob);
    return w;
}

void shared_record_put(struct shared *s, struct shared_tenant *t, char kind, const uint8_t id[DIGEST_BYTES],
                       struct sv bytes, int64_t ttl_ms, int64_t deadline_ms, shared_fn *fn, void *arg,
                       struct shared_op **op_r) {
    struct op_spec spec = {.size = sizeof(struct shared_op),
                           .t = t,
                           .n_parts = 1,
                           .deadline_ms = deadline_ms,
                           .fn = fn,
                           .arg = arg,
                           .seconds = M_REDIS_SET,
                           .on_reply = on_put};
    struct name n = name_of(t, kind, id);
    struct shared_op *op = op_new(s, &spec, op_r);
    if (!op) return;
    op_ask(op, 0, name_sv(&n), shared_may_write(s) ? sealed(t, kind, id, bytes, ttl_ms, &n) : NULL, CLUSTER_SMALL);
    op_sent(op);
}

static void on_get(struct shared_op *op, int part, const struct reply *r) {
    struct getting *q = (struct getting *)op;
    struct blob_place p = place_of(op->t, q->kind, q->id);
    struct shared_answer *a = &op->answer;
    struct blob_head h;
    struct err e = ERR_INIT;
    (void)part;
    if (shared_is_bad(op->s, r)) {
        op_end(op, SHARED_DOWN);
        return;
    }
    if (r->type != REPLY_STRING) {
        op_end(op, SHARED_MISS);
        return;
    }
    if (blob_open(&op->t->keys, &p, reply_text(r), &h, &a->value, &e)) {
        metrics_add(op->t->metrics, M_CRYPTO_FAILURES);
        op_end(op, SHARED_MISS);
        return;
    }
    memcpy(a->gen, h.gen, sizeof a->gen);
    a->created_ms = h.created_ms;
    a->expires_ms = h.expires_ms;
    op_end(op, h.expires_ms > clock_wall_ms() ? SHARED_HIT : SHARED_MISS);
}

void shared_record_get(struct shared *s, struct shared_tenant *t, char kind, const uint8_t id[DIGEST_BYTES],
                       int64_t deadline_ms, shared_fn *fn, void *arg, struct shared_op **op_r) {
    struct op_spec spec = {.size = sizeof(struct getting),
                           .t = t,
                           .n_parts = 1,
                           .deadline_ms = deadline_ms,
                           .fn = fn,
                           .arg = arg,
                           .seconds = M_REDIS_GET,
                           .on_reply = on_get};
    struct name n = name_of(t, kind, id);
    struct getting *q = (struct getting *)op_new(s, &spec, op_r);
    if (!q) return;
    q->kind = kind;
    memcpy(q->id, id, sizeof q->id);
    op_ask(&q->op, 0, name_sv(&n), WIRE(SV_LIT("GET"), name_sv(&n)), CLUSTER_SMALL);
    op_sent(&q->op);
}

void shared_record_remove(struct shared *s, struct shared_tenant *t, char kind, const uint8_t id[DIGEST_BYTES]) {
    struct name n = name_of(t, kind, id);
    shared_say(s, name_sv(&n), WIRE(SV_LIT("DEL"), name_sv(&n)));
}
