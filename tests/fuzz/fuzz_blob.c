/* What lies in Redis may be anything: a value of somebody else, damaged, or made to harm. It opens only when it is whole
 * and for its place; and replies of a server are read within bounds whatever they claim. */
#include <stdint.h>
#include <stdlib.h>

#include "core/mem.h"
#include "proxy/redis/blob.h"
#include "proxy/redis/slots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok) {
    if (!ok) abort();
}

static void open_value(const struct blob_keys *k, const struct blob_place *p, struct sv value) {
    struct err e = ERR_INIT;
    struct blob_head h;
    struct buf out;
    buf_init(&out, BLOB_MAX_PLAIN);
    if (blob_open(k, p, value, &h, &out, &e) == RC_OK) check(out.len == h.plain && h.plain <= BLOB_MAX_PLAIN);
    else check(out.len == 0 && e.text[0]);
    buf_fini(&out);
}

/* The input as plain bytes: sealed, and one byte of it changed. */
static void seal_and_spoil(const struct blob_keys *k, const struct blob_place *p, const uint8_t *data, size_t size) {
    struct err e = ERR_INIT;
    struct blob_head h = {.codec = (enum blob_codec)(size % 3), .count = 1, .total = size}, got;
    struct buf blob, out;
    struct sv plain = sv_make((const char *)data, size < BLOB_MAX_PLAIN ? size : BLOB_MAX_PLAIN);
    buf_init(&blob, BLOB_MAX_PLAIN * 2);
    buf_init(&out, BLOB_MAX_PLAIN);
    check(blob_seal(k, p, &h, plain, &blob, &e) == RC_OK);
    check(blob_open(k, p, buf_sv(&blob), &got, &out, &e) == RC_OK && sv_eq(buf_sv(&out), plain));
    buf_reset(&out);
    blob.ptr[size % blob.len] ^= 1;
    check(blob_open(k, p, buf_sv(&blob), &got, &out, &e) == RC_ERR && out.len == 0);
    buf_fini(&blob);
    buf_fini(&out);
}

static void read_replies(const uint8_t *data, size_t size) {
    struct err e = ERR_INIT;
    struct reply_reader *r = NULL;
    struct reply *one = NULL;
    struct slots_map *m = mem_alloc(sizeof *m);
    struct slots_node to;
    unsigned slot;
    check(m && reply_reader_new(&r, &e) == RC_OK);
    for (size_t at = 0; at < size; at += 7) {
        if (reply_reader_feed(r, (const char *)data + at, size - at < 7 ? size - at : 7, &e)) break;
        while (reply_reader_next(r, &one, &e) == RC_OK && one) {
            slots_read(one, m);
            if (slots_redirect(one, &slot, &to) != SLOTS_STAY) check(slot < SLOTS && to.port > 0 && to.port < 65536);
            reply_free(&one);
        }
    }
    reply_reader_free(&r);
    mem_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t key[32] = {1}, principal[32] = {2};
    struct blob_keys k = {.n = 1, .kek = {{3}}};
    struct blob_place p = {.key = key, .principal = principal, .space = 'e', .tenant = SV_LIT("t")};
    blob_keys_init(&k);
    open_value(&k, &p, sv_make((const char *)data, size));
    seal_and_spoil(&k, &p, data, size);
    read_replies(data, size);
    blob_keys_fini(&k);
    return 0;
}
