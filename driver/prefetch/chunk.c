#include "chunk.h"

#include <string.h>

#include "core/mem.h"

enum { MAX_CHUNKS = 200000 };

/* ---- a chunk ----------------------------------------------------------------------------------------------------- */

static struct chunk *chunk_new(const struct chunk_list *l, int64_t index) {
    struct chunk *k = mem_zalloc(sizeof *k);
    if (!k) return NULL;
    k->index = index;
    k->row_offset = k->row_count = k->byte_count = -1;
    body_init(&k->body, l->slabs, l->held);
    return k;
}

void chunk_drop_batches(struct chunk *k) {
    while (chunk_has_batch(k)) {
        struct batch *b = chunk_pop(k);
        batch_free(&b);
    }
    mem_free(k->batches);
    k->batches = NULL;
    k->n_batches = k->at = k->cap = 0;
}

void chunk_empty(struct chunk *k) {
    link_fini(&k->link);
    body_fini(&k->body);
    decoder_free(&k->decoder);
    chunk_drop_batches(k);
}

enum rc chunk_push(struct chunk *k, struct batch *b, struct err *e) {
    if (k->n_batches == k->cap) {
        int cap = k->cap ? k->cap * 2 : 8;
        struct batch **grown = mem_realloc(k->batches, (size_t)cap * sizeof(struct batch *));
        if (!grown) return batch_free(&b), err_nomem(e);
        k->batches = grown;
        k->cap = cap;
    }
    k->batches[k->n_batches++] = b;
    return RC_OK;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static enum rc grow(struct chunk_list *l, int64_t n, struct err *e) {
    if (n <= l->n) return RC_OK;
    if (n > MAX_CHUNKS) return err_set(e, ERR_LIMIT, "a result of more than %d chunks", MAX_CHUNKS);
    if (n > l->cap) {
        int64_t cap = l->cap * 2 > n ? l->cap * 2 : n;
        struct chunk **grown = mem_realloc(l->at, (size_t)cap * sizeof(struct chunk *));
        if (!grown) return err_nomem(e);
        l->at = grown;
        l->cap = cap;
    }
    for (; l->n < n; l->n++)
        if (!(l->at[l->n] = chunk_new(l, l->n))) return err_nomem(e);
    return RC_OK;
}

static enum rc corrupt(struct err *e, const char *what, int64_t index) {
    return err_set(e, ERR_RESULT_CORRUPT, "the server's chunk list is inconsistent: chunk %lld %s", (long long)index,
                   what);
}

static enum rc note_info(struct chunk *k, const struct sea_chunk_info *info, struct err *e) {
    if (info->row_offset >= 0 && k->row_offset >= 0 && info->row_offset != k->row_offset)
        return corrupt(e, "has two row offsets", k->index);
    if (info->row_count >= 0 && k->row_count >= 0 && info->row_count != k->row_count)
        return corrupt(e, "has two row counts", k->index);
    if (info->row_offset >= 0) k->row_offset = info->row_offset;
    if (info->row_count >= 0) k->row_count = info->row_count;
    return RC_OK;
}

static enum rc check_offsets(const struct chunk_list *l, struct err *e) {
    const struct sea_manifest *m = l->manifest;
    int64_t rows = 0;
    for (int64_t i = 0; i < l->n; i++) {
        const struct chunk *k = l->at[i];
        if (!k->listed) return corrupt(e, "is missing", i);
        if (k->row_count < 0) return RC_OK;
        if (k->row_offset >= 0 && k->row_offset != rows) return corrupt(e, "has the wrong row offset", i);
        rows += k->row_count;
    }
    if (m->total_rows >= 0 && rows != m->total_rows)
        return err_set(e, ERR_RESULT_CORRUPT, "the server announces %lld rows and chunks of %lld rows",
                       (long long)m->total_rows, (long long)rows);
    return RC_OK;
}

static enum rc take_info(struct chunk_list *l, const struct sea_chunk_info *info, struct err *e) {
    if (info->index < 0 || info->index >= l->n) return corrupt(e, "is not one of those announced", info->index);
    struct chunk *k = l->at[info->index];
    if (k->listed) return corrupt(e, "is listed twice", info->index);
    k->listed = true;
    k->byte_count = info->byte_count;
    return note_info(k, info, e);
}

enum rc chunk_list_init(struct chunk_list *l, const struct sea_manifest *m, struct slabs *slabs, size_t *held,
                        struct err *e) {
    *l = (struct chunk_list){.manifest = m, .slabs = slabs, .held = held};
    if (m->total_chunks >= 0 && m->n_chunks && m->total_chunks != m->n_chunks)
        return err_set(e, ERR_RESULT_CORRUPT, "the server announces %lld chunks and lists %d",
                       (long long)m->total_chunks, m->n_chunks);
    int64_t n = m->total_chunks >= 0 ? m->total_chunks : m->n_chunks;
    l->end_known = n > 0 || m->total_chunks == 0;
    if (grow(l, n, e)) return RC_ERR;
    for (int i = 0; i < m->n_chunks; i++)
        if (take_info(l, &m->chunks[i], e)) return RC_ERR;
    return m->n_chunks ? check_offsets(l, e) : RC_OK;
}

void chunk_list_fini(struct chunk_list *l) {
    for (int64_t i = 0; i < l->n; i++) {
        chunk_empty(l->at[i]);
        mem_free(l->at[i]->fault);
        mem_free(l->at[i]);
    }
    mem_free(l->at);
    *l = (struct chunk_list){0};
}

/* ---- what answers bring ------------------------------------------------------------------------------------------ */

/* The chunk after index is next (-1 = none). Where the manifest told the number of chunks, it is only checked. */
static enum rc note_next(struct chunk_list *l, int64_t index, int64_t next, struct err *e) {
    if (next >= 0 && next <= index) return corrupt(e, "is followed by an earlier one", index);
    if (l->end_known) return next >= l->n ? corrupt(e, "is followed by one that does not exist", index) : RC_OK;
    if (next >= 0) return grow(l, next + 1, e);
    if (index == l->n - 1) l->end_known = true;
    return RC_OK;
}

static enum rc take_link(struct chunk_list *l, const struct sea_link *link, struct err *e) {
    int64_t index = link->chunk.index;
    if (l->end_known && index >= l->n) return corrupt(e, "has a link but is not one of those announced", index);
    if (grow(l, index + 1, e)) return RC_ERR;
    struct chunk *k = l->at[index];
    if (note_info(k, &link->chunk, e)) return RC_ERR;
    if (k->load == CHUNK_DONE) return RC_OK;
    if (k->byte_count < 0) k->byte_count = link->chunk.byte_count;
    return link_set(&k->link, link, e);
}

static enum rc take_links(struct chunk_list *l, const struct sea_result *r, struct err *e) {
    for (int i = 0; i < r->n_links; i++)
        for (int j = 0; j < i && r->n_links <= 64; j++)
            if (r->links[i].chunk.index == r->links[j].chunk.index)
                return err_set(e, ERR_RESULT_CORRUPT, "the server sent two links for one chunk");
    for (int i = 0; i < r->n_links; i++)
        if (take_link(l, &r->links[i], e)) return RC_ERR;
    for (int i = 0; i < r->n_links; i++)
        if (note_next(l, r->links[i].chunk.index, r->links[i].next_index, e)) return RC_ERR;
    return RC_OK;
}

static enum rc take_bytes(struct chunk *k, const struct sea_result *r, struct err *e) {
    char *bytes = NULL;
    size_t len = r->data_array.len;
    if (r->attachment.ptr && attachment_decode(r->attachment, &bytes, &len, e)) return RC_ERR;
    if (!r->attachment.ptr && !(bytes = mem_strndup(r->data_array.ptr, len))) return err_nomem(e);
    if (body_set(&k->body, bytes, len, e)) return RC_ERR;
    k->load = CHUNK_DONE;
    return RC_OK;
}

static enum rc take_inline(struct chunk_list *l, const struct sea_result *r, int64_t asked, struct err *e) {
    int64_t index = r->chunk.index >= 0 ? r->chunk.index : asked;
    if (index != asked) return corrupt(e, "came instead of the one that was asked for", index);
    if (l->end_known && index >= l->n && (l->n || index)) return corrupt(e, "is not one of those announced", index);
    if (grow(l, index + 1, e)) return RC_ERR;
    struct chunk *k = l->at[index];
    if (note_info(k, &r->chunk, e) || take_bytes(k, r, e)) return RC_ERR;
    return note_next(l, index, r->next_index, e);
}

enum rc chunk_list_learn(struct chunk_list *l, const struct sea_result *r, int64_t asked, struct err *e) {
    if (take_links(l, r, e)) return RC_ERR;
    return r->data_array.ptr || r->attachment.ptr ? take_inline(l, r, asked, e) : RC_OK;
}
