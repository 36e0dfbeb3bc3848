/* A result is stored: its pieces first, few at a time, the manifest last: before that nobody finds it. */
#include "core/clock.h"
#include "core/mem.h"
#include "shared_priv.h"

enum { WINDOW = 2 };

struct put {
    struct shared_op op;
    uint8_t key[DIGEST_BYTES], principal[DIGEST_BYTES];
    struct blob_head head;
    struct sv bytes;
    void (*release)(void *owner);
    void *owner;
    int64_t keep_ms;
    uint32_t sent, acked; /* pieces */
};

static struct sv piece_of(const struct put *q, uint32_t index) {
    if (q->head.count == 1) return q->bytes;
    if (index == 0) return SV_NULL;
    size_t at = (size_t)(index - 1) * BLOB_MAX_PLAIN, left = q->bytes.len - at;
    return sv_make(q->bytes.ptr + at, left < BLOB_MAX_PLAIN ? left : BLOB_MAX_PLAIN);
}

/* One piece sealed and sent; a part's place is its index modulo the window. */
static void send_piece(struct put *q, uint32_t index) {
    struct err e = ERR_INIT;
    struct blob_place p = {
        .key = q->key, .principal = q->principal, .space = 'e', .tenant = sv_of(q->op.t->name), .index = index};
    struct name n = index ? name_of_piece(q->key, q->head.gen, index) : name_of_key('e', q->key);
    struct buf blob;
    struct parcel *w = NULL;
    char life[24];
    buf_init(&blob, BLOB_MAX_PLAIN + BLOB_HEADER_BYTES + BLOB_TAG_BYTES);
    snprintf(life, sizeof life, "%lld", (long long)q->keep_ms);
    if (blob_seal(&q->op.t->keys, &p, &q->head, piece_of(q, index), &blob, &e) == RC_OK)
        w = WIRE(SV_LIT("SET"), name_sv(&n), buf_sv(&blob), SV_LIT("PX"), sv_of(life));
    buf_fini(&blob);
    op_ask(&q->op, (int)(index % WINDOW), name_sv(&n), w, CLUSTER_BULK);
}

static void go_on(struct put *q) {
    while (q->sent + 1 < q->head.count && q->sent - q->acked < WINDOW && !q->op.is_refused) send_piece(q, ++q->sent);
    if (q->op.n_open == 0 && q->acked + 1 == q->head.count && !q->op.is_refused) {
        q->acked++;
        send_piece(q, 0);
    }
}

static void on_reply(struct shared_op *op, int part, const struct reply *r) {
    struct put *q = (struct put *)op;
    (void)part;
    if (shared_is_bad(op->s, r)) {
        op_end(op, SHARED_DOWN);
        return;
    }
    if (q->acked == q->head.count) {
        op_end(op, SHARED_DONE);
        return;
    }
    q->acked++;
    go_on(q);
    if (op->is_refused) op_end(op, SHARED_DOWN);
}

static void free_put(struct shared_op *op) {
    struct put *q = (struct put *)op;
    op->s->write_bytes -= q->bytes.len;
    if (q->release) q->release(q->owner);
}

static void fill(struct put *q, const struct shared_value *v) {
    size_t len = v->bytes.len;
    memcpy(q->key, v->key, sizeof q->key);
    memcpy(q->principal, v->principal, sizeof q->principal);
    q->head = (struct blob_head){.codec = v->is_compressed ? BLOB_NONE : q->op.s->codec,
                                 .created_ms = v->created_ms,
                                 .expires_ms = v->expires_ms,
                                 .total = len};
    memcpy(q->head.gen, v->gen, sizeof v->gen);
    q->head.count = len <= INLINE_BYTES ? 1 : (uint32_t)((len + BLOB_MAX_PLAIN - 1) / BLOB_MAX_PLAIN) + 1;
    q->bytes = v->bytes;
    q->release = v->release;
    q->owner = v->owner;
}

static bool may_put(struct shared *s, const struct shared_value *v) {
    if (v->bytes.len > SHARED_MAX_VALUE || !shared_may_write(s) || !cluster_is_up(s->cluster)) return false;
    if (s->write_bytes + v->bytes.len <= MAX_WRITE_BYTES) return true;
    metrics_add_named(s->metrics, M_REDIS_ERRORS, "queue-full", 1);
    return false;
}

void shared_put(struct shared *s, struct shared_tenant *t, const struct shared_value *v) {
    struct op_spec spec = {.size = sizeof(struct put),
                           .t = t,
                           .n_parts = WINDOW,
                           .deadline_ms = clock_deadline(WRITE_MS),
                           .seconds = M_REDIS_SET,
                           .on_reply = on_reply,
                           .on_end = free_put};
    int64_t left = v->expires_ms - clock_wall_ms(), keep = v->keep_ms > 0 && v->keep_ms < left ? v->keep_ms : left;
    struct put *q = keep > 0 && may_put(s, v) ? (struct put *)op_new(s, &spec, NULL) : NULL;
    if (!q) {
        if (v->release) v->release(v->owner);
        return;
    }
    fill(q, v);
    q->keep_ms = keep;
    s->write_bytes += v->bytes.len;
    go_on(q);
    op_sent(&q->op);
}
