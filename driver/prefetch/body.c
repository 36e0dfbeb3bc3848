#include "body.h"

#include <stdint.h>
#include <string.h>

#include "core/mem.h"

void body_init(struct body *b, struct slabs *slabs, size_t *held) {
    *b = (struct body){.slabs = slabs, .held = held, .same = SIZE_MAX};
}

static void count(struct body *b, size_t more) {
    b->own += more;
    *b->held += more;
}

static void uncount(struct body *b, size_t less) {
    b->own -= less;
    *b->held -= less;
}

void body_fini(struct body *b) {
    for (int i = 0; i < b->n; i++) block_drop(&b->segments[i]);
    block_drop(&b->filling);
    mem_free(b->segments);
    uncount(b, b->own);
    body_init(b, b->slabs, b->held);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool is_comparing(const struct body *b) { return b->same != SIZE_MAX; }

bool body_is_full(const struct body *b) {
    return !is_comparing(b) && (!b->filling || b->filling->len == b->filling->cap);
}

static enum rc publish(struct body *b, struct err *e) {
    if (b->n == b->cap) {
        int cap = b->cap ? b->cap * 2 : 32;
        struct block **grown = mem_realloc(b->segments, (size_t)cap * sizeof(struct block *));
        if (!grown) return err_nomem(e);
        b->segments = grown;
        b->cap = cap;
    }
    b->bytes += b->filling->len;
    b->segments[b->n++] = b->filling;
    b->filling = NULL;
    return RC_OK;
}

enum rc body_open(struct body *b, size_t expected, struct err *e) {
    if (b->filling && publish(b, e)) return RC_ERR;
    if (!(b->filling = block_new(b->slabs))) return err_nomem(e);
    if (block_reserve(b->filling, expected < BODY_SEGMENT ? expected + !expected : BODY_SEGMENT, e)) return RC_ERR;
    count(b, b->filling->cap);
    return RC_OK;
}

/* The segment that holds byte number at, which is *from bytes into it. */
static const struct block *segment_at(const struct body *b, size_t at, size_t *from) {
    for (int i = 0; i < b->n; i++) {
        if (at < b->segments[i]->len) return *from = at, b->segments[i];
        at -= b->segments[i]->len;
    }
    return *from = at, NULL;
}

static enum rc differs(struct err *e) {
    return err_set(e, ERR_RESULT_CORRUPT, "the download broke, and what came when it was repeated is something else");
}

static enum rc compare(struct body *b, struct sv *bytes, struct err *e) {
    while (bytes->len && is_comparing(b)) {
        size_t from;
        const struct block *s = segment_at(b, b->same, &from);
        size_t left = s ? s->len - from : 0, n = left < bytes->len ? left : bytes->len;
        if (n && memcmp(s->bytes + from, bytes->ptr, n) != 0) return differs(e);
        *bytes = sv_make(bytes->ptr + n, bytes->len - n);
        b->same = n ? b->same + n : SIZE_MAX;
    }
    return RC_OK;
}

enum rc body_fill(struct body *b, struct sv *bytes, struct err *e) {
    if (is_comparing(b) && compare(b, bytes, e)) return RC_ERR;
    if (!b->filling) return RC_OK;
    size_t room = b->filling->cap - b->filling->len, n = room < bytes->len ? room : bytes->len;
    if (n && block_add(b->filling, bytes->ptr, n, e)) return RC_ERR;
    *bytes = sv_make(bytes->ptr + n, bytes->len - n);
    return RC_OK;
}

static void drop_segment(struct body *b, struct block **s) {
    if (*s) uncount(b, (*s)->cap);
    block_drop(s);
}

void body_restart(struct body *b) {
    drop_segment(b, &b->filling);
    for (; b->n > b->taken; b->n--) {
        b->bytes -= b->segments[b->n - 1]->len;
        drop_segment(b, &b->segments[b->n - 1]);
    }
    b->same = b->bytes ? 0 : SIZE_MAX;
}

static void drop_taken(struct body *b) {
    for (int i = 0; i < b->taken; i++) drop_segment(b, &b->segments[i]);
}

enum rc body_end(struct body *b, struct err *e) {
    if (is_comparing(b) && b->same < b->bytes) return differs(e);
    if (b->filling && publish(b, e)) return RC_ERR;
    b->ended = true;
    drop_taken(b);
    return RC_OK;
}

enum rc body_set(struct body *b, char *bytes, size_t len, struct err *e) {
    body_fini(b);
    if (!(b->filling = block_of(bytes, len))) return err_nomem(e);
    count(b, b->filling->cap);
    return body_end(b, e);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct block *body_take(struct body *b, bool *last) {
    struct block *s = NULL;
    if (b->taken < b->n) {
        struct block **slot = &b->segments[b->taken++];
        s = b->ended ? *slot : block_hold(*slot);
        if (b->ended) {
            *slot = NULL;
            uncount(b, s->cap);
        }
    }
    *last = b->ended && b->taken == b->n;
    return s;
}
