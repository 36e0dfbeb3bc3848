/* The packed form, little-endian, fixed widths:
 *
 *   "dxe1" · flags · class · n_deps · key · scope · gen · times and rows · places · first_links · n_chunks · json_len
 *   · deps · chunk table · json · the chunks' bytes
 *
 * Everything but the last two is of fixed size per item, so that all lengths are known and compared with what is there
 * before anything is allocated for them. */
#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "entry.h"

enum { FLAG_TRUNCATED = 1, FLAG_LINKED = 2, FLAG_HYBRID = 4, FLAG_ARROW = 8, FLAG_OPEN = 16, FLAG_VERSIONED = 32,
       ALL_FLAGS = 63, SKEW_MS = 5000,
       HEAD_BYTES = 8 + 2 * DIGEST_BYTES + HANDLE_GEN_BYTES + 6 * 8 + 4 * 8 + 2 * 4 + 8,
       DEP_BYTES = ENTRY_DEP_NAME_BYTES + 8 + 8 + ENTRY_TABLE_ID_BYTES + 1, CHUNK_BYTES = 6 * 8 };

static const char MAGIC[4] = {'d', 'x', 'e', '1'};

/* ---- out ------------------------------------------------------------------------------------------------------- */

static enum rc put(struct buf *b, uint64_t v, int bytes, struct err *err) {
    uint8_t text[8];
    for (int i = 0; i < bytes; i++) text[i] = (uint8_t)(v >> 8 * i);
    return buf_add(b, text, (size_t)bytes, err);
}

static enum rc put_place(struct buf *b, const struct entry_place *p, struct err *err) {
    return put(b, p->at, 8, err) ? RC_ERR : put(b, p->len, 8, err);
}

static enum rc put_numbers(struct buf *b, const struct entry *e, struct err *err) {
    const int64_t numbers[] = {e->submitted_wall_ms, e->ttl_ms, e->stale_revalidate_ms, e->stale_error_ms, e->exec_ms,
                               e->rows};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (put(b, (uint64_t)numbers[i], 8, err)) return RC_ERR;
    if (put_place(b, &e->id, err) || put_place(b, &e->result, err)) return RC_ERR;
    if (put(b, (uint64_t)e->first_links, 4, err) || put(b, (uint64_t)e->n_chunks, 4, err)) return RC_ERR;
    return put(b, e->json_len, 8, err);
}

static enum rc put_head(struct buf *b, const struct entry *e, struct err *err) {
    int flags = (e->truncated ? FLAG_TRUNCATED : 0) | (e->linked ? FLAG_LINKED : 0) | (e->hybrid ? FLAG_HYBRID : 0) |
                (e->arrow ? FLAG_ARROW : 0) | (e->deps_open ? FLAG_OPEN : 0) | (e->versioned ? FLAG_VERSIONED : 0);
    if (buf_add(b, MAGIC, sizeof MAGIC, err) || put(b, (uint64_t)flags, 1, err) || put(b, e->class, 1, err) ||
        put(b, (uint64_t)e->n_deps, 2, err))
        return RC_ERR;
    if (buf_add(b, e->key, sizeof e->key, err) || buf_add(b, e->scope, sizeof e->scope, err) ||
        buf_add(b, e->gen, sizeof e->gen, err))
        return RC_ERR;
    return put_numbers(b, e, err);
}

static enum rc put_dep(struct buf *b, const struct entry_dep *d, struct err *err) {
    if (buf_add(b, d->name, sizeof d->name, err) || put(b, d->epoch, 8, err) || put(b, (uint64_t)d->version, 8, err) ||
        buf_add(b, d->table_id, sizeof d->table_id, err))
        return RC_ERR;
    return put(b, d->has_version, 1, err);
}

static enum rc put_chunk(struct buf *b, const struct entry_chunk *c, struct err *err) {
    const uint64_t numbers[] = {c->bytes ? c->len : 0, (uint64_t)c->row_offset, (uint64_t)c->row_count,
                                (uint64_t)c->byte_count};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (put(b, numbers[i], 8, err)) return RC_ERR;
    return put_place(b, &c->next, err);
}

static size_t packed_size(const struct entry *e) {
    size_t bytes = HEAD_BYTES + (size_t)e->n_deps * DEP_BYTES + (size_t)e->n_chunks * CHUNK_BYTES + e->json_len;
    for (int i = 0; i < e->n_chunks; i++)
        if (e->chunks[i].bytes) bytes += e->chunks[i].len;
    return bytes;
}

enum rc entry_pack(const struct entry *e, struct buf *out, struct err *err) {
    if (buf_reserve(out, packed_size(e), err) || put_head(out, e, err)) return RC_ERR;
    for (int i = 0; i < e->n_deps; i++)
        if (put_dep(out, &e->deps[i], err)) return RC_ERR;
    for (int i = 0; i < e->n_chunks; i++)
        if (put_chunk(out, &e->chunks[i], err)) return RC_ERR;
    if (buf_add(out, e->json, e->json_len, err)) return RC_ERR;
    for (int i = 0; i < e->n_chunks; i++)
        if (e->chunks[i].bytes && buf_add(out, e->chunks[i].bytes, e->chunks[i].len, err)) return RC_ERR;
    return RC_OK;
}

/* ---- in -------------------------------------------------------------------------------------------------------- */

struct reader {
    const uint8_t *at;
    size_t left;
    bool is_bad;
};

static const uint8_t *take(struct reader *r, size_t len) {
    static const uint8_t ZEROS[DIGEST_BYTES];
    const uint8_t *at = r->at;
    if (r->is_bad || len > r->left) {
        r->is_bad = true;
        return ZEROS; /* never more than this is asked for without looking at is_bad first */
    }
    r->at += len;
    r->left -= len;
    return at;
}

static uint64_t get(struct reader *r, int bytes) {
    const uint8_t *at = take(r, (size_t)bytes);
    uint64_t v = 0;
    for (int i = 0; i < bytes; i++) v |= (uint64_t)at[i] << 8 * i;
    return v;
}

/* A number that no honest entry has below zero or near the end of its range. */
static int64_t get_amount(struct reader *r) {
    uint64_t v = get(r, 8);
    if (v > INT64_MAX / 4) r->is_bad = true;
    return r->is_bad ? 0 : (int64_t)v;
}

static int get_count(struct reader *r, int bytes, int max) {
    uint64_t v = get(r, bytes);
    if (v > (uint64_t)max) r->is_bad = true;
    return r->is_bad ? 0 : (int)v;
}

static struct entry_place get_place(struct reader *r) {
    struct entry_place p;
    p.at = (size_t)get_amount(r);
    p.len = (size_t)get_amount(r);
    return p;
}

/* An entry's plain members, and how many dependencies follow. */
struct head {
    struct entry e;
    int n_deps;
};

static void get_head(struct reader *r, struct head *h) {
    struct entry *e = &h->e;
    if (memcmp(take(r, sizeof MAGIC), MAGIC, sizeof MAGIC) != 0) r->is_bad = true;
    unsigned flags = (unsigned)get(r, 1);
    if (flags & ~(unsigned)ALL_FLAGS) r->is_bad = true;
    e->truncated = flags & FLAG_TRUNCATED;
    e->linked = flags & FLAG_LINKED;
    e->hybrid = flags & FLAG_HYBRID;
    e->arrow = flags & FLAG_ARROW;
    e->deps_open = flags & FLAG_OPEN;
    e->versioned = flags & FLAG_VERSIONED;
    e->class = (uint8_t)get(r, 1);
    h->n_deps = get_count(r, 2, ENTRY_MAX_DEPS);
    memcpy(e->key, take(r, sizeof e->key), sizeof e->key);
    memcpy(e->scope, take(r, sizeof e->scope), sizeof e->scope);
    memcpy(e->gen, take(r, sizeof e->gen), sizeof e->gen);
    int64_t *const numbers[] = {&e->submitted_wall_ms, &e->ttl_ms, &e->stale_revalidate_ms, &e->stale_error_ms,
                                &e->exec_ms, &e->rows};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) *numbers[i] = get_amount(r);
    e->id = get_place(r);
    e->result = get_place(r);
    e->first_links = get_count(r, 4, ENTRY_MAX_CHUNKS);
    e->n_chunks = get_count(r, 4, ENTRY_MAX_CHUNKS);
    e->json_len = (size_t)get_amount(r);
    if (e->first_links > e->n_chunks) r->is_bad = true;
}

static bool get_deps(struct reader *r, struct entry *e, int n) {
    for (int i = 0; i < n; i++) {
        struct entry_dep d = {.epoch = 0};
        memcpy(d.name, take(r, sizeof d.name), sizeof d.name);
        d.epoch = get(r, 8);
        d.version = (int64_t)get(r, 8);
        memcpy(d.table_id, take(r, sizeof d.table_id), sizeof d.table_id);
        uint64_t has = get(r, 1);
        if (has > 1) r->is_bad = true;
        d.has_version = has == 1;
        if (r->is_bad || !entry_add_dep(e, &d)) return false;
    }
    return true;
}

/* The table first: when it is read, all lengths are known. */
static bool get_chunk_table(struct reader *r, struct entry *e) {
    uint64_t total = e->json_len;
    for (int i = 0; i < e->n_chunks; i++) {
        struct entry_chunk *c = &e->chunks[i];
        c->len = (size_t)get_amount(r);
        c->row_offset = get_amount(r);
        c->row_count = get_amount(r);
        c->byte_count = (int64_t)get(r, 8);
        c->next = get_place(r);
        total += c->len;
        if (r->is_bad || c->byte_count < -1 || total > r->left) return false;
    }
    return total == r->left;
}

static bool get_bytes(struct reader *r, struct entry *e) {
    memcpy(e->json, r->at, e->json_len); /* the table's lengths are what is left */
    r->at += e->json_len;
    for (int i = 0; i < e->n_chunks; i++) {
        struct entry_chunk *c = &e->chunks[i];
        bool in_json = !e->linked && i == 0;
        if (in_json != (c->len == 0)) return false;
        if (in_json) continue;
        c->bytes = mem_alloc(c->len);
        if (!c->bytes) return false;
        memcpy(c->bytes, r->at, c->len);
        r->at += c->len;
    }
    return true;
}

/* ---- does it make sense? --------------------------------------------------------------------------------------- */

static bool is_token(struct sv text, const struct entry_place *p) {
    if (p->at > text.len || p->len > text.len - p->at || p->len < 2) return false;
    return text.ptr[p->at] == '"' && text.ptr[p->at + p->len - 1] == '"';
}

static bool is_chunk_sound(const struct entry *e, int i, int64_t rows_before) {
    const struct entry_chunk *c = &e->chunks[i];
    if (c->row_offset != rows_before) return false;
    if (c->next.len == 0) return c->next.at == 0;
    return !e->linked && i + 1 < e->n_chunks && is_token(entry_chunk_bytes(e, i), &c->next);
}

static bool is_sound(const struct entry *e) {
    const struct entry_place *id = &e->id, *result = &e->result;
    int64_t rows = 0;
    if (!is_token(sv_make(e->json, e->json_len), id)) return false;
    if (result->at > e->json_len || result->len > e->json_len - result->at) return false;
    if (result->len && result->at < id->at + id->len && id->at < result->at + result->len) return false;
    if (e->n_chunks ? result->len < 2 : e->linked) return false;
    if (e->linked ? e->first_links < 1 : e->first_links != 0) return false;
    for (int i = 0; i < e->n_chunks; i++) {
        if (!is_chunk_sound(e, i, rows)) return false;
        rows += e->chunks[i].row_count;
    }
    return e->n_chunks == 0 || rows == e->rows;
}

/* Clocks differ a little between machines: what comes from the near future was sent now. */
static int64_t local_time_of(int64_t wall_ms) {
    int64_t age = clock_wall_ms() - wall_ms;
    if (age < 0 && age > -SKEW_MS) age = 0;
    return clock_mono_ms() - age;
}

/* An entry with the head's members; its own pointers stay. */
static struct entry *start(const struct head *h, struct sv any_json) {
    struct entry *e = entry_new(any_json, h->e.n_chunks);
    if (!e) return NULL;
    struct entry own = *e;
    *e = h->e;
    e->refs = own.refs;
    e->chunks = own.chunks;
    e->json = own.json;
    e->submitted_ms = local_time_of(e->submitted_wall_ms);
    return e;
}

struct entry *entry_unpack(struct sv packed, struct err *err) {
    struct reader r = {(const uint8_t *)packed.ptr, packed.len, false};
    struct head h = {.n_deps = 0};
    get_head(&r, &h);
    if (r.is_bad || h.e.json_len > r.left) {
        (void)err_set(err, ERR_PROTOCOL, "a packed entry has no sound head");
        return NULL;
    }
    struct entry *e = start(&h, sv_make((const char *)r.at, h.e.json_len));
    if (!e) {
        (void)err_nomem(err);
        return NULL;
    }
    if (get_deps(&r, e, h.n_deps) && get_chunk_table(&r, e) && get_bytes(&r, e) && is_sound(e)) return e;
    (void)err_set(err, ERR_PROTOCOL, "a packed entry is not sound");
    entry_unref(&e);
    return NULL;
}
