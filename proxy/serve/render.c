#include "render.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

enum { COPY_BELOW = 1024, BASE64_STEP = 48 * 1024 };

/* ---- pieces ---------------------------------------------------------------------------------------------------- */

static void unref(const void *data, size_t len, void *arg) {
    struct entry *e = arg;
    (void)data;
    (void)len;
    entry_unref(&e);
}

/* Bytes of the entry, without a copy where that pays. */
static bool add_part(struct evbuffer *out, struct entry *e, const char *bytes, size_t len) {
    if (len < COPY_BELOW) return evbuffer_add(out, bytes, len) == 0;
    if (evbuffer_add_reference(out, bytes, len, unref, entry_ref(e)) == 0) return true;
    entry_unref(&(struct entry *){e});
    return false;
}

bool render_bytes(struct entry *e, int chunk, size_t from, size_t len, struct evbuffer *out) {
    return add_part(out, e, entry_chunk_bytes(e, chunk).ptr + from, len);
}

/* The upstream's path to the next chunk may carry a row_offset; ours then does too. */
static bool add_next(const struct render *r, struct evbuffer *out, int64_t chunk, bool with_offset) {
    bool ok = evbuffer_add_printf(out, "\"/api/2.0/sql/statements/%s/result/chunks/%" PRId64, r->id, chunk) > 0;
    if (ok && with_offset) ok = evbuffer_add_printf(out, "?row_offset=%" PRId64, r->entry->chunks[chunk].row_offset) > 0;
    return ok && evbuffer_add(out, "\"", 1) == 0;
}

/* An inline chunk's answer. */
static bool add_inline(const struct render *r, struct evbuffer *out, int chunk) {
    struct sv bytes = entry_chunk_bytes(r->entry, chunk);
    const struct entry_place *next = &r->entry->chunks[chunk].next;
    const char *token = bytes.ptr + next->at, *after = token + next->len;
    if (!next->len) return add_part(out, r->entry, bytes.ptr, bytes.len);
    bool with_offset = memmem(token, next->len, "row_offset", strlen("row_offset")) != NULL;
    return add_part(out, r->entry, bytes.ptr, next->at) && add_next(r, out, chunk + 1, with_offset) &&
           add_part(out, r->entry, after, (size_t)(bytes.ptr + bytes.len - after));
}

/* ---- links ----------------------------------------------------------------------------------------------------- */

static void print_expiration(char out[40]) {
    time_t s = (time_t)((clock_wall_ms() + RENDER_LINK_LIFE_MS) / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(out, 40, "%Y-%m-%dT%H:%M:%S.000Z", &tm); /* numbers only: no locale has a say */
}

static bool seal_link(const struct render *r, char sealed[HANDLE_TEXT_BYTES]) {
    struct handle h = {.created_ms = clock_wall_ms()};
    struct err err = ERR_INIT;
    memcpy(h.principal, r->entry->scope, sizeof h.principal);
    memcpy(h.key, r->entry->key, sizeof h.key);
    memcpy(h.gen, r->entry->gen, sizeof h.gen);
    return handle_seal(r->secrets, HANDLE_LINK, &h, sealed, &err) == RC_OK;
}

static bool add_link(const struct render *r, struct evbuffer *out, int i, const char *sealed, const char *expiration) {
    const struct entry_chunk *c = &r->entry->chunks[i];
    bool ok = evbuffer_add_printf(out,
                                  "{\"chunk_index\":%d,\"row_offset\":%" PRId64 ",\"row_count\":%" PRId64
                                  ",\"byte_count\":%zu,",
                                  i, c->row_offset, c->row_count, c->len) > 0;
    if (ok && i + 1 < r->entry->n_chunks)
        ok = evbuffer_add_printf(out, "\"next_chunk_index\":%d,\"next_chunk_internal_link\":", i + 1) > 0 &&
             add_next(r, out, i + 1, false) && evbuffer_add(out, ",", 1) == 0;
    return ok && evbuffer_add_printf(out, "\"external_link\":\"%s/dbxp/v1/r/%s/%d\",\"expiration\":\"%s\"}", r->origin,
                                     sealed, i, expiration) > 0;
}

/* A "result" object with links to us for some of the chunks. */
static bool add_links(const struct render *r, struct evbuffer *out, int first, int count) {
    char sealed[HANDLE_TEXT_BYTES], expiration[40];
    print_expiration(expiration);
    bool ok = seal_link(r, sealed) && evbuffer_add_printf(out, "{\"external_links\":[") > 0;
    for (int i = first; ok && i < first + count; i++)
        ok = (i == first || evbuffer_add(out, ",", 1) == 0) && add_link(r, out, i, sealed, expiration);
    return ok && evbuffer_add(out, "]}", 2) == 0;
}

/* ---- a linked chunk for who follows no links -------------------------------------------------------------------- */

static bool add_base64(struct evbuffer *out, struct sv bytes) {
    struct evbuffer_iovec space;
    for (size_t at = 0; at < bytes.len; at += BASE64_STEP) {
        size_t len = bytes.len - at < BASE64_STEP ? bytes.len - at : BASE64_STEP, room = (len + 2) / 3 * 4;
        if (evbuffer_reserve_space(out, (ev_ssize_t)room + 1, &space, 1) < 1) return false; /* 1: its NUL */
        EVP_EncodeBlock(space.iov_base, (const unsigned char *)bytes.ptr + at, (int)len);
        space.iov_len = room;
        if (evbuffer_commit_space(out, &space, 1)) return false;
    }
    return true;
}

static bool add_attachment(const struct render *r, struct evbuffer *out) {
    const struct entry_chunk *c = &r->entry->chunks[0];
    return evbuffer_add_printf(out,
                               "{\"chunk_index\":0,\"row_offset\":0,\"row_count\":%" PRId64
                               ",\"byte_count\":%zu,\"attachment\":\"",
                               c->row_count, c->len) > 0 &&
           add_base64(out, entry_chunk_bytes(r->entry, 0)) && evbuffer_add(out, "\"}", 2) == 0;
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

bool render_can(const struct entry *e, bool has_links) {
    if (!e->linked || has_links) return true;
    return e->hybrid && e->arrow && e->n_chunks == 1 && e->chunks[0].len <= RENDER_ATTACHMENT_MAX;
}

int render_chunk_count(const struct entry *e) { return e->n_chunks ? e->n_chunks : e->result.len > 0; }

static bool add_result(const struct render *r, struct evbuffer *out) {
    if (!r->entry->linked && !r->entry->n_chunks)
        return add_part(out, r->entry, r->entry->json + r->entry->result.at, r->entry->result.len);
    if (!r->entry->linked) return add_inline(r, out, 0);
    return r->origin ? add_links(r, out, 0, r->entry->first_links) : add_attachment(r, out);
}

static bool add_id(const struct render *r, struct evbuffer *out) {
    return evbuffer_add_printf(out, "\"%s\"", r->id) > 0;
}

bool render_answer(const struct render *r, struct evbuffer *out) {
    struct entry *e = r->entry;
    const struct entry_place *id = &e->id, *result = &e->result;
    bool result_first = result->len && result->at < id->at;
    const struct entry_place *first = result_first ? result : id, *second = result_first ? id : result;
    size_t after_first = first->at + first->len;
    if (!add_part(out, e, e->json, first->at) || !(result_first ? add_result(r, out) : add_id(r, out))) return false;
    if (!second->len) return add_part(out, e, e->json + after_first, e->json_len - after_first);
    size_t after = second->at + second->len;
    return add_part(out, e, e->json + after_first, second->at - after_first) &&
           (result_first ? add_id(r, out) : add_result(r, out)) &&
           add_part(out, e, e->json + after, e->json_len - after);
}

bool render_chunk(const struct render *r, int64_t chunk, struct evbuffer *out) {
    if (r->entry->n_chunks == 0) return add_result(r, out);
    if (!r->entry->linked) return add_inline(r, out, (int)chunk);
    return r->origin ? add_links(r, out, (int)chunk, 1) : add_attachment(r, out);
}
