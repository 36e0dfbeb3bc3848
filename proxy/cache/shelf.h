/* shelf: results that were handed out with more chunks to come, held for as long as a client may walk them, even if the
 * store evicts them or replaces them by newer ones: chunks of two snapshots never mix under one statement id. Bounded by
 * number and bytes; what does not fit is served from the store alone. All zeros is an empty shelf. */
#ifndef PROXY_SHELF_H
#define PROXY_SHELF_H

#include "entry.h"
#include "ledger.h"

enum { SHELF_SLOTS = 64, SHELF_LIFE_MS = 15 * 60 * 1000 };

struct shelf {
    struct ledger *ledger;                /* they count there as captured; NULL = nowhere */
    struct entry *entries[SHELF_SLOTS];   /* until their keep_until_ms */
    size_t bytes;                         /* of them; they may be in the store too */
};

/* Extends keep_until_ms and takes a reference if there is room below max_bytes and within the ledger's limit. */
void shelf_put(struct shelf *s, struct entry *e, int64_t now_ms, size_t max_bytes);

bool shelf_has(const struct shelf *s, const struct entry *e);

/* By key and generation; a reference for the caller, or NULL. */
struct entry *shelf_find(struct shelf *s, const uint8_t key[DIGEST_BYTES], const uint8_t gen[HANDLE_GEN_BYTES],
                         int64_t now_ms);
void shelf_clear(struct shelf *s);

#endif
