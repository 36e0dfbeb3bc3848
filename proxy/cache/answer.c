#include "answer.h"

#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/sea_codec.h"

static const char *const ID_PATH[] = {"statement_id", NULL};
static const char *const STATE_PATH[] = {"status", "state", NULL};
static const char *const RESULT_PATH[] = {"result", NULL};
static const char *const NEXT_PATH[] = {"next_chunk_internal_link", NULL};

/* ---- looking --------------------------------------------------------------------------------------------------- */

/* Where the string ends whose opening quote is at i: most of a result is strings, and few have escapes. */
static size_t closing_quote(struct sv text, size_t i) {
    const char *at = text.ptr + i + 1, *end = text.ptr + text.len;
    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at)), *escape = quote;
        if (!quote) break;
        while (at <= quote && (escape = memchr(at, '\\', (size_t)(quote - at)))) at = escape + 2;
        if (!escape) return (size_t)(quote - text.ptr); /* else this one is escaped, and at is behind it */
    }
    return text.len;
}

/* Rows of "[[…],[…]]". The text was checked to be JSON. */
static int64_t count_rows(struct sv array) {
    int64_t rows = 0;
    int depth = 0;
    for (size_t i = 0; i < array.len; i++) {
        char c = array.ptr[i];
        if (c == '"') {
            i = closing_quote(array, i);
        } else if (c == '[' || c == '{') {
            rows += ++depth == 2;
        } else if (c == ']' || c == '}') {
            depth--;
        }
    }
    return rows;
}

/* Bytes that a base64 token with its quotes stands for. */
static int64_t count_bytes(struct sv token) {
    size_t len = token.len >= 2 ? token.len - 2 : 0, padding = 0;
    while (padding < 2 && padding < len && token.ptr[len - padding] == '=') padding++;
    return (int64_t)((len - padding) * 3 / 4);
}

/* Is all of the inline data there that it claims to be? */
static bool has_its_data(const struct sea_result *r) {
    if (!sv_is_null(r->data_array)) return count_rows(r->data_array) == r->chunk.row_count;
    if (sv_is_null(r->attachment)) return r->chunk.row_count == 0;
    if (memchr(r->attachment.ptr, '\\', r->attachment.len)) return true; /* escaped letters: length unknown */
    return r->chunk.byte_count < 0 || count_bytes(r->attachment) == r->chunk.byte_count;
}

static enum answer_kind kind_of_success(const struct sea_answer *s) {
    const struct sea_manifest *m = &s->manifest;
    if (!s->has_manifest || m->total_rows < 0 || m->is_volume_operation) return ANSWER_PARTIAL;
    if (s->result.n_links) return ANSWER_EXTERNAL;
    if (m->total_chunks > 1 || s->result.next_index >= 0) return ANSWER_PARTIAL;
    if (m->total_rows == 0) return ANSWER_COMPLETE;
    if (sv_is_null(s->result.data_array) && sv_is_null(s->result.attachment)) return ANSWER_PARTIAL;
    if (s->result.chunk.row_count != m->total_rows || !has_its_data(&s->result)) return ANSWER_PARTIAL;
    return ANSWER_COMPLETE;
}

static enum answer_kind kind_of(const struct sea_answer *s) {
    switch (s->state) {
    case SEA_SUCCEEDED: return kind_of_success(s);
    case SEA_PENDING:
    case SEA_RUNNING: return ANSWER_RUNNING;
    case SEA_CLOSED: return s->has_manifest ? kind_of_success(s) : ANSWER_FAILED;
    case SEA_FAILED:
    case SEA_CANCELED: return ANSWER_FAILED;
    default: return ANSWER_UNREADABLE;
    }
}

/* Of an inline result in several chunks: is the first one there? */
static bool begins_well(const struct sea_answer *s) {
    const struct sea_result *r = &s->result;
    return r->present && r->chunk.index == 0 && has_its_data(r) &&
           !(sv_is_null(r->data_array) && sv_is_null(r->attachment));
}

/* Chunks without a gap, from the first row to the last. */
static bool is_whole(const struct sea_chunk_info *chunks, int n, int64_t total_rows) {
    int64_t rows = 0;
    for (int i = 0; i < n; i++) {
        if (chunks[i].index != i || chunks[i].row_offset != rows || chunks[i].row_count < 0) return false;
        rows += chunks[i].row_count;
    }
    return n > 0 && rows == total_rows;
}

static const struct sea_chunk_info *chunks_of_links(const struct sea_result *r, struct arena *a) {
    struct sea_chunk_info *chunks = arena_array(a, (size_t)r->n_links, sizeof *chunks);
    for (int i = 0; chunks && i < r->n_links; i++) chunks[i] = r->links[i].chunk;
    return chunks;
}

/* The manifest lists the chunks; where it does not, the links may. */
static void find_chunks(const struct sea_answer *s, struct arena *a, struct answer *out) {
    const struct sea_manifest *m = &s->manifest;
    const struct sea_chunk_info *chunks = m->chunks;
    int n = m->n_chunks;
    if (n == 0 && s->result.n_links) {
        chunks = chunks_of_links(&s->result, a);
        n = s->result.n_links;
    }
    if (!chunks || n != m->total_chunks || n > ENTRY_MAX_CHUNKS || !is_whole(chunks, n, m->total_rows)) return;
    out->n_chunks = n;
    out->chunks = chunks;
}

/* Links of the first chunks; an answer with others is none that an execute gives. */
static void find_links(const struct sea_answer *s, struct answer *out) {
    const struct sea_result *r = &s->result;
    if (r->n_links > out->n_chunks) return;
    for (int i = 0; i < r->n_links; i++)
        if (r->links[i].chunk.index != i) return;
    out->n_links = r->n_links;
    out->links = r->links;
}

struct answer answer_look(struct sv body, struct arena *a) {
    struct sea_answer s;
    struct err e = ERR_INIT;
    if (sea_answer_parse(body, a, &s, &e)) return (struct answer){.kind = ANSWER_UNREADABLE};
    struct answer out = {
        .kind = kind_of(&s),
        .id = s.statement_id[0] ? sv_of(s.statement_id) : SV_NULL,
        .closed = s.state == SEA_CLOSED,
        .truncated = s.manifest.truncated,
        .arrow = s.has_manifest && s.manifest.format == SEA_ARROW_STREAM,
        .lz4 = s.manifest.lz4,
        .rows = s.has_manifest ? s.manifest.total_rows : -1,
    };
    if (out.kind == ANSWER_EXTERNAL || (out.kind == ANSWER_PARTIAL && s.has_manifest && begins_well(&s)))
        find_chunks(&s, a, &out);
    if (out.kind == ANSWER_PARTIAL && out.n_chunks && out.chunks[0].row_count != s.result.chunk.row_count)
        out.n_chunks = 0;
    if (out.kind == ANSWER_EXTERNAL) find_links(&s, &out);
    return out;
}

/* ---- the entry ------------------------------------------------------------------------------------------------- */

static bool slice(struct sv body, const char *const *path, struct sv *out) {
    struct err e = ERR_INIT;
    bool found = false;
    return json_slice(body, path, out, &found, &e) == RC_OK && found;
}

static struct entry_place place_in(struct sv text, struct sv part) {
    return part.ptr ? (struct entry_place){(size_t)(part.ptr - text.ptr), part.len} : (struct entry_place){0, 0};
}

struct entry_place answer_next_place(struct sv chunk) {
    struct sv link = SV_NULL;
    if (!slice(chunk, NEXT_PATH, &link) || link.len < 2 || link.ptr[0] != '"') link = SV_NULL; /* null counts as none */
    return place_in(chunk, link);
}

/* text with the value at the path replaced, if it is there at all. */
static enum rc replace(struct buf *text, const char *const *path, const char *with, struct err *e) {
    struct sv all = buf_sv(text), old;
    struct buf out;
    if (!slice(all, path, &old)) return RC_OK;
    const char *after = old.ptr + old.len;
    buf_init(&out, text->max);
    if (buf_add(&out, all.ptr, (size_t)(old.ptr - all.ptr), e) || buf_adds(&out, with, e) ||
        buf_add(&out, after, (size_t)(all.ptr + all.len - after), e)) {
        buf_wipe(&out);
        return RC_ERR;
    }
    buf_wipe(text);
    *text = out;
    return RC_OK;
}

/* false = the only chunk names a successor. */
static bool fill_table(struct entry *e, const struct answer *a, bool whole) {
    for (int i = 0; i < e->n_chunks; i++) {
        struct entry_chunk *c = &e->chunks[i];
        c->byte_count = whole ? -1 : a->chunks[i].byte_count;
        c->row_offset = whole ? 0 : a->chunks[i].row_offset;
        c->row_count = whole ? a->rows : a->chunks[i].row_count;
    }
    if (e->n_chunks && !e->linked) e->chunks[0].next = answer_next_place(entry_chunk_bytes(e, 0));
    return e->n_chunks != 1 || e->chunks[0].next.len == 0;
}

static struct entry *make(struct sv json, const struct answer *a) {
    struct sv id, result = SV_NULL;
    bool whole = a->kind == ANSWER_COMPLETE;
    if (!slice(json, ID_PATH, &id) || id.len < 2 || id.ptr[0] != '"') return NULL;
    slice(json, RESULT_PATH, &result);
    if (!result.ptr && !whole) return NULL;
    struct entry *e = entry_new(json, whole ? (result.len > 0 && a->rows > 0) : a->n_chunks);
    if (!e) return NULL;
    e->id = place_in(json, id);
    e->result = place_in(json, result);
    e->rows = a->rows;
    e->truncated = a->truncated;
    e->arrow = a->arrow;
    e->linked = a->kind == ANSWER_EXTERNAL;
    e->first_links = a->n_links;
    if (!fill_table(e, a, whole)) entry_unref(&e);
    return e;
}

/* A direct result is closed upstream, but a hit can be polled and closed like any statement: it is told as SUCCEEDED.
 * Links are credentials, and of no use after some minutes: they go. */
struct entry *answer_to_entry(struct sv body, const struct answer *a) {
    struct buf text;
    struct err err = ERR_INIT;
    struct entry *e = NULL;
    bool linked = a->kind == ANSWER_EXTERNAL, whole = a->kind == ANSWER_COMPLETE;
    if (!whole && (a->closed || a->n_chunks == 0 || (linked && a->n_links == 0))) return NULL;
    if (!whole && !linked && a->kind != ANSWER_PARTIAL) return NULL;
    if (!linked && !a->closed) return make(body, a);
    buf_init(&text, body.len + 16);
    if (buf_addsv(&text, body, &err) == RC_OK &&
        (!a->closed || replace(&text, STATE_PATH, "\"SUCCEEDED\"", &err) == RC_OK) &&
        (!linked || replace(&text, RESULT_PATH, "{}", &err) == RC_OK))
        e = make(buf_sv(&text), a);
    buf_wipe(&text); /* there were links in it */
    return e;
}

/* ---- its chunks ------------------------------------------------------------------------------------------------ */

static bool is_the_chunk(const struct entry *e, int i, const struct sea_chunk_info *c) {
    const struct entry_chunk *want = &e->chunks[i];
    return c->index == i && c->row_offset == want->row_offset && c->row_count == want->row_count;
}

enum rc answer_add_chunk(struct entry *e, int i, struct sv body, struct err *err) {
    struct arena arena = ARENA_INIT;
    struct sea_result r;
    struct entry_chunk *c = &e->chunks[i];
    enum rc rc = sea_result_parse(body, &arena, &r, err);
    bool is_last = i + 1 == e->n_chunks;
    if (rc == RC_OK && (r.n_links || !is_the_chunk(e, i, &r.chunk) || !has_its_data(&r) ||
                        r.next_index != (is_last ? -1 : i + 1)))
        rc = err_set(err, ERR_PROTOCOL, "chunk %d is not what the manifest says of it", i);
    arena_fini(&arena);
    if (rc) return rc;
    struct entry_place next = answer_next_place(body);
    if (is_last && next.len) return err_set(err, ERR_PROTOCOL, "the last chunk names a successor");
    c->bytes = mem_alloc(body.len);
    if (!c->bytes) return err_nomem(err);
    memcpy(c->bytes, body.ptr, body.len);
    c->len = body.len;
    c->next = next;
    return RC_OK;
}

const struct sea_link *answer_links(struct sv body, struct arena *a, int *n_r) {
    struct sea_result r;
    struct err err = ERR_INIT;
    bool ok = sea_result_parse(body, a, &r, &err) == RC_OK;
    *n_r = ok ? r.n_links : 0;
    return ok ? r.links : NULL;
}

bool answer_link_fits(const struct entry *e, const struct sea_link *link) {
    int64_t i = link->chunk.index;
    return i >= 0 && i < e->n_chunks && is_the_chunk(e, (int)i, &link->chunk);
}
