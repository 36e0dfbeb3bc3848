/* blob: a value as it lies in Redis, whose servers and other users are not trusted.
 *
 *   magic "dxb1" · codec · 3 × 0 · key id 4 · gen 16 · salt 16 · index 4 · count 4 · created 8 · expires 8 · total 8 ·
 *   plain 4 · AES-256-GCM(codec(bytes)) · tag 16                                      (numbers big-endian)
 *
 * DEK = HKDF-SHA-256(KEK, salt = gen ‖ salt, info = principal ‖ "e1"); nonce = index. The salt is random for every
 * sealing, so that no key and nonce are used twice even if the same content is stored twice. AAD = the whole header ‖ K
 * ‖ space ‖ tenant: a value cannot be swapped with another, moved to another key, tenant, principal or kind, cut, put
 * together of two, or live longer. Nothing is parsed, decompressed or allocated for that was not authenticated, the
 * sizes in the header apart, which are bounded first. Pure but for the random salt; no clock. */
#ifndef PROXY_REDIS_BLOB_H
#define PROXY_REDIS_BLOB_H

#include <openssl/types.h>

#include "core/buf.h"

enum {
    BLOB_HEADER_BYTES = 80,
    BLOB_TAG_BYTES = 16,
    BLOB_MAX_PLAIN = 512 * 1024,  /* of one piece */
    BLOB_MAX_COUNT = 1024,
    BLOB_MIN_COMPRESS = 1024
};

enum blob_codec { BLOB_NONE, BLOB_LZ4, BLOB_ZSTD };

/* Keys of one tenant. */
struct blob_keys {
    int n;                     /* 1 or 2: kek[0] seals, all open */
    uint8_t kek[2][32];
    uint32_t id[2];            /* these by blob_keys_init */
    EVP_KDF_CTX *kdf;          /* looked up once: by name and for each value it costs more than the work */
    EVP_CIPHER *cipher;
};
void blob_keys_init(struct blob_keys *k);   /* after n and kek were filled */
void blob_keys_fini(struct blob_keys *k);   /* wipes them */

/* What a value is bound to. */
struct blob_place {
    const uint8_t *key;        /* 32 bytes: K, or a record's id */
    const uint8_t *principal;  /* 32 bytes */
    char space;                /* 'e' result, 's' … records */
    struct sv tenant;
    uint32_t index;            /* 0 = the first; nonce */
};

struct blob_head {
    enum blob_codec codec;
    uint32_t key_id;
    uint8_t gen[16];
    uint8_t salt[16];
    uint32_t index, count;
    int64_t created_ms, expires_ms;  /* wall */
    uint64_t total;            /* plain bytes of all pieces */
    uint32_t plain;            /* of this piece */
};

/* gen, count, created_ms, expires_ms and total of h are the caller's; codec is a wish (small or stubborn bytes are not
 * compressed). Appends to out. ERR_LIMIT: over BLOB_MAX_PLAIN. */
enum rc blob_seal(const struct blob_keys *k, const struct blob_place *p, const struct blob_head *h, struct sv plain,
                  struct buf *out, struct err *e) MUST_CHECK;

/* The header as it claims to be, within bounds: false = no blob of ours. Proves nothing. */
bool blob_peek(struct sv blob, struct blob_head *h);

/* Appends the plain bytes to out and fills h, or fails with ERR_RESULT_CORRUPT: forged, damaged, not for this place, of
 * an unknown key. The caller judges the expiry. */
enum rc blob_open(const struct blob_keys *k, const struct blob_place *p, struct sv blob, struct blob_head *h,
                  struct buf *out, struct err *e) MUST_CHECK;

#endif
