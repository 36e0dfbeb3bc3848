/* secrets: the keys of one tenant, all made of one master key, and what is done with them. With a master key of the
 * configuration, instances that share a store give and understand the same names and statement ids; without one it is
 * random, and what the keys protect means nothing to any other process or after a restart.
 *
 * Not thread-safe: digests reuse one context. */
#ifndef PROXY_KEYS_SECRETS_H
#define PROXY_KEYS_SECRETS_H

#include <openssl/evp.h>

#include <stdbool.h>

#include "core/err.h"
#include "core/sv.h"
#include "keymap.h"

enum { SECRET_BYTES = 32 };

struct secrets {
    uint8_t seal_key[SECRET_BYTES];      /* of statement ids and links */
    uint8_t old_seal_key[SECRET_BYTES];  /* of the master key before; only opens */
    uint8_t store_key[SECRET_BYTES];     /* of what lies in the shared store */
    /* Made of the keys once: OpenSSL looks an algorithm up by name and schedules its key each time otherwise, which
     * costs more than the work itself. */
    EVP_MAC_CTX *mac;                    /* of digests: HMAC-SHA-256, keyed */
    struct secrets_days *days;           /* of statement ids: AES-256-GCM, keyed for a day */
    struct secrets_pool *pool;
};

/* masters ptr NULL = random; old ptr NULL = none. The same master gives unrelated keys for different tenants. */
enum rc secrets_init(struct secrets *s, struct sv master, struct sv old, const char *tenant, struct err *e) MUST_CHECK;
void secrets_fini(struct secrets *s);

/* HMAC-SHA-256 over the purpose and the bytes; equal bytes for different purposes give unrelated digests. */
enum rc secrets_digest(const struct secrets *s, const char *purpose, struct sv bytes, uint8_t out[DIGEST_BYTES],
                       struct err *e) MUST_CHECK;
enum rc secrets_random(void *out, size_t len, struct err *e) MUST_CHECK;

/* A few random bytes from a supply that is drawn many at a time; each is given once. */
enum rc secrets_nonce(const struct secrets *s, void *out, size_t len, struct err *e) MUST_CHECK;

/* AES-256-GCM with the key of a day (since 1970), for sealing or for opening; made ready for the nonce. NULL = it failed.
 * old: with the master key before. Borrowed until the next call. */
EVP_CIPHER_CTX *secrets_cipher(const struct secrets *s, uint16_t day, bool encrypt, bool old);

/* HKDF-SHA-256 (RFC 5869). salt ptr NULL = none. */
enum rc secrets_derive(struct sv key, struct sv salt, struct sv info, uint8_t out[SECRET_BYTES],
                       struct err *e) MUST_CHECK;

#endif
