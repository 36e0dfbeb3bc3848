/* A result is looked for: its manifest and the epochs in one turn, its pieces in more when it is large. */
#include "core/clock.h"
#include "core/mem.h"
#include "shared_priv.h"

enum { WINDOW = 4, LARGE_BYTES = 1024 * 1024 };
enum phase { FIRST, MENDING, PIECES };

struct lookup {
    struct shared_op op;
    enum phase phase;
    uint8_t key[DIGEST_BYTES], principal[DIGEST_BYTES];
    struct shared_epoch *known;
    int64_t large_deadline_ms;
    struct buf manifest;
    bool is_there;
    struct blob_head head;
    uint32_t asked, got; /* pieces */
};

static void drop_value(struct lookup *q, struct sv blob);

static struct blob_place place_of(const struct lookup *q, uint32_t index) {
    return (struct blob_place){
        .key = q->key, .principal = q->principal, .space = 'e', .tenant = sv_of(q->op.t->name), .index = index};
}

/* Unusable: counted, and taken away unless it has been replaced meanwhile. */
static void miss(struct lookup *q, struct sv blob, bool is_corrupt) {
    struct shared_tenant *t = q->op.t;
    if (is_corrupt) metrics_add(t->metrics, M_CRYPTO_FAILURES);
    if (blob.ptr) drop_value(q, blob);
    op_end(&q->op, SHARED_MISS);
}

static void hit(struct lookup *q) {
    struct shared_answer *a = &q->op.answer;
    memcpy(a->gen, q->head.gen, sizeof a->gen);
    a->created_ms = q->head.created_ms;
    a->expires_ms = q->head.expires_ms;
    op_end(&q->op, SHARED_HIT);
}

/* ---- pieces ------------------------------------------------------------------------------------------------------ */

static void ask_pieces(struct lookup *q) {
    while (q->asked + 1 < q->head.count && q->asked - q->got < WINDOW && !q->op.is_refused) {
        struct name n = name_of_piece(q->key, q->head.gen, ++q->asked);
        op_ask(&q->op, (int)(q->asked % WINDOW), name_sv(&n), WIRE(SV_LIT("GET"), name_sv(&n)), CLUSTER_BULK);
    }
}

static bool is_same_value(const struct blob_head *a, const struct blob_head *b) {
    return memcmp(a->gen, b->gen, sizeof a->gen) == 0 && a->count == b->count && a->total == b->total &&
           a->expires_ms == b->expires_ms && a->created_ms == b->created_ms;
}

static void take_piece(struct lookup *q, int part, const struct reply *r) {
    struct err e = ERR_INIT;
    struct blob_head h;
    struct blob_place p = place_of(q, q->got + 1);
    struct buf *value = &q->op.answer.value;
    if ((uint32_t)part != (q->got + 1) % WINDOW || shared_is_bad(q->op.s, r)) {
        op_end(&q->op, SHARED_DOWN);
        return;
    }
    bool ok = r->type == REPLY_STRING && blob_open(&q->op.t->keys, &p, reply_text(r), &h, value, &e) == RC_OK &&
              is_same_value(&h, &q->head);
    if (!ok) {
        miss(q, buf_sv(&q->manifest), r->type == REPLY_STRING);
        return;
    }
    if (++q->got + 1 < q->head.count) {
        ask_pieces(q);
        if (q->op.is_refused) op_end(&q->op, SHARED_DOWN);
    } else if (value->len == q->head.total) hit(q);
    else miss(q, buf_sv(&q->manifest), true);
}

static void begin_pieces(struct lookup *q) {
    struct err e = ERR_INIT;
    if (q->head.total > SHARED_MAX_VALUE || q->op.answer.value.len ||
        buf_reserve(&q->op.answer.value, q->head.total, &e)) {
        miss(q, buf_sv(&q->manifest), true);
        return;
    }
    q->phase = PIECES;
    if (q->head.total > LARGE_BYTES) op_set_deadline(&q->op, q->large_deadline_ms);
    bool ok = op_parts(&q->op, WINDOW);
    if (ok) ask_pieces(q);
    if (!ok || q->op.is_refused) op_end(&q->op, SHARED_DOWN);
}

/* ---- manifest ---------------------------------------------------------------------------------------------------- */

static void judge(struct lookup *q) {
    struct err e = ERR_INIT;
    struct blob_place p = place_of(q, 0);
    if (!q->is_there) {
        op_end(&q->op, SHARED_MISS);
        return;
    }
    if (blob_open(&q->op.t->keys, &p, buf_sv(&q->manifest), &q->head, &q->op.answer.value, &e)) {
        miss(q, buf_sv(&q->manifest), true);
        return;
    }
    if (q->head.expires_ms <= clock_wall_ms()) miss(q, buf_sv(&q->manifest), false);
    else if (q->head.count > 1) begin_pieces(q);
    else if (q->op.answer.value.len == q->head.total) hit(q);
    else miss(q, buf_sv(&q->manifest), true);
}

/* Epochs that had to be made or raised equal those of no entry. */
static void all_here(struct lookup *q) {
    if (q->phase == MENDING) op_end(&q->op, SHARED_MISS);
    else if (!epoch_is_amiss(&q->op, q->known)) judge(q);
    else {
        q->phase = MENDING;
        if (!epoch_mend(&q->op, q->known)) op_end(&q->op, SHARED_DOWN);
    }
}

static bool take_manifest(struct lookup *q, const struct reply *r) {
    struct err e = ERR_INIT;
    if (shared_is_bad(q->op.s, r)) return false;
    q->is_there = r->type == REPLY_STRING;
    return !q->is_there || buf_add(&q->manifest, r->str, r->n, &e) == RC_OK;
}

static void on_reply(struct shared_op *op, int part, const struct reply *r) {
    struct lookup *q = (struct lookup *)op;
    bool ok;
    if (q->phase == PIECES) {
        take_piece(q, part, r);
        return;
    }
    if (q->phase == MENDING) ok = epoch_take(op, part, r);
    else ok = part == 0 ? take_manifest(q, r) : epoch_read_take(op, 1, part, r);
    if (!ok) op_end(op, SHARED_DOWN);
    else if (op->n_open == 0) all_here(q);
}

static void free_lookup(struct shared_op *op) {
    struct lookup *q = (struct lookup *)op;
    mem_free(q->known);
    buf_fini(&q->manifest);
}

void shared_lookup(struct shared *s, struct shared_tenant *t, const struct shared_ask *a, shared_fn *fn, void *arg,
                   struct shared_op **op_r) {
    struct op_spec spec = {.size = sizeof(struct lookup),
                           .t = t,
                           .epochs = a->epochs,
                           .n_epochs = a->n_epochs,
                           .n_parts = 1 + epoch_parts(s, a->n_epochs),
                           .deadline_ms = a->deadline_ms,
                           .fn = fn,
                           .arg = arg,
                           .seconds = M_REDIS_GET,
                           .on_reply = on_reply,
                           .on_end = free_lookup};
    struct lookup *q = (struct lookup *)op_new(s, &spec, op_r);
    struct name n = name_of_key('e', a->key);
    if (!q) return;
    buf_init(&q->manifest, REPLY_MAX_BYTES);
    memcpy(q->key, a->key, sizeof q->key);
    memcpy(q->principal, a->principal, sizeof q->principal);
    q->large_deadline_ms = a->large_deadline_ms;
    q->known = a->n_epochs ? mem_array((size_t)a->n_epochs, sizeof *q->known) : NULL;
    if (tenant_owes(t) || a->n_epochs > SHARED_MAX_EPOCHS || (a->n_epochs && !q->known)) {
        op_end_soon(&q->op, SHARED_DOWN);
        return;
    }
    if (a->n_epochs) memcpy(q->known, a->epochs, (size_t)a->n_epochs * sizeof *a->epochs);
    op_ask(&q->op, 0, name_sv(&n), WIRE(SV_LIT("GET"), name_sv(&n)), CLUSTER_SMALL);
    if (a->n_epochs) epoch_read_ask(&q->op, 1);
    op_sent(&q->op);
}

/* ---- removing and extending -------------------------------------------------------------------------------------- */

static void on_told(struct shared_op *op, int part, const struct reply *r) {
    (void)part;
    op_end(op, shared_is_bad(op->s, r) ? SHARED_DOWN : SHARED_DONE);
}

void shared_say(struct shared *s, struct sv key, struct parcel *w) {
    struct op_spec spec = {.size = sizeof(struct shared_op),
                           .n_parts = 1,
                           .deadline_ms = clock_deadline(WRITE_MS),
                           .seconds = M_REDIS_OTHER,
                           .on_reply = on_told};
    struct shared_op *op = op_new(s, &spec, NULL);
    if (!op) {
        parcel_unref(&w);
        return;
    }
    op_ask(op, 0, key, w, CLUSTER_SMALL);
    op_sent(op);
}

static void drop_range(struct shared *s, const uint8_t *key, const char *from, const char *to, struct sv is) {
    struct name n = name_of_key('e', key);
    struct sv args[] = {name_sv(&n), sv_of(from), sv_of(to), is};
    shared_say(s, name_sv(&n), parcel_script(SCRIPT_DROP, 1, 4, args));
}

/* Where a blob has its gen; what is too short for that is compared as a whole. */
#define GEN_FROM "12"
#define GEN_TO "27"

static void drop_value(struct lookup *q, struct sv blob) {
    if (blob.len >= 28) drop_range(q->op.s, q->key, GEN_FROM, GEN_TO, sv_make(blob.ptr + 12, 16));
    else drop_range(q->op.s, q->key, "0", "-1", blob);
}

void shared_remove(struct shared *s, struct shared_tenant *t, const uint8_t key[DIGEST_BYTES],
                   const uint8_t gen[SHARED_GEN_BYTES]) {
    struct name n = name_of_key('e', key);
    (void)t;
    if (gen) drop_range(s, key, GEN_FROM, GEN_TO, sv_make((const char *)gen, SHARED_GEN_BYTES));
    else shared_say(s, name_sv(&n), WIRE(SV_LIT("DEL"), name_sv(&n)));
}

void shared_extend(struct shared *s, const uint8_t key[DIGEST_BYTES], const uint8_t gen[SHARED_GEN_BYTES], size_t len,
                   int64_t ms) {
    uint32_t n = len <= INLINE_BYTES ? 1 : (uint32_t)((len + BLOB_MAX_PLAIN - 1) / BLOB_MAX_PLAIN) + 1;
    struct sv args[SHARED_MAX_VALUE / BLOB_MAX_PLAIN + 3];
    struct name names[SHARED_MAX_VALUE / BLOB_MAX_PLAIN + 2];
    char life[24];
    if (len > SHARED_MAX_VALUE || ms <= 0) return;
    for (uint32_t i = 0; i < n; i++) {
        names[i] = i == 0 ? name_of_key('e', key) : name_of_piece(key, gen, i);
        args[i] = name_sv(&names[i]);
    }
    snprintf(life, sizeof life, "%lld", (long long)ms);
    args[n] = sv_of(life);
    shared_say(s, args[0], parcel_script(SCRIPT_EXTEND, (int)n, (int)n + 1, args));
}
