/* Packed entries: what is taken is sound, touches no byte outside, and is written as it was read; answers of an upstream:
 * what becomes an entry can be packed and taken. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proxy/cache/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct entry *e, struct sv must_equal) {
    struct buf packed;
    struct err err = ERR_INIT;
    volatile size_t sink = 0;
    for (int i = 0; i < e->n_chunks; i++) {
        struct sv bytes = entry_chunk_bytes(e, i);
        for (size_t k = 0; k < bytes.len; k++) sink += (unsigned char)bytes.ptr[k];
        if (e->chunks[i].next.at + e->chunks[i].next.len > bytes.len) __builtin_trap();
    }
    if (e->id.at + e->id.len > e->json_len || e->result.at + e->result.len > e->json_len) __builtin_trap();
    buf_init(&packed, (size_t)1 << 24);
    if (entry_pack(e, &packed, &err)) __builtin_trap();
    if (must_equal.ptr && !sv_eq(must_equal, buf_sv(&packed))) __builtin_trap();
    if (!must_equal.ptr) {
        struct entry *again = entry_unpack(buf_sv(&packed), &err);
        if (!again) __builtin_trap();
        entry_unref(&again);
    }
    buf_fini(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sv text = sv_make((const char *)data, size);
    struct arena a = ARENA_INIT;
    struct err err = ERR_INIT;
    struct entry *e = entry_unpack(text, &err);
    if (e) check(e, text);
    entry_unref(&e);
    struct answer answer = answer_look(text, &a);
    e = answer_to_entry(text, &answer);
    if (e && entry_missing(e) < 0) check(e, SV_NULL);
    entry_unref(&e);
    arena_fini(&a);
    return 0;
}
