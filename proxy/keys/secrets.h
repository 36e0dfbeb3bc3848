/* secrets: the random keys of this process, and what is done with them. What they protect (cache keys, principals,
 * statement ids of hits) means nothing to any other process or after a restart. Belongs to one thread. */
#ifndef PROXY_SECRETS_H
#define PROXY_SECRETS_H

#include <openssl/types.h>

#include "core/err.h"
#include "core/sv.h"
#include "keymap.h"

struct secrets {
    uint8_t digest_key[32];
    uint8_t seal_key[32];
    /* Made of the keys once: OpenSSL looks an algorithm up by name and schedules its key each time otherwise, which
     * costs more than the work itself. */
    EVP_MAC_CTX *mac;
    EVP_CIPHER_CTX *seal, *open;
    struct secrets_pool *pool;
};

enum rc secrets_init(struct secrets *s, struct err *e) MUST_CHECK;
void secrets_fini(struct secrets *s);

/* HMAC-SHA-256 over the purpose and the bytes; equal bytes for different purposes give unrelated digests. */
enum rc secrets_digest(const struct secrets *s, const char *purpose, struct sv bytes, uint8_t out[DIGEST_BYTES],
                       struct err *e) MUST_CHECK;
enum rc secrets_random(void *out, size_t len, struct err *e) MUST_CHECK;

/* A few random bytes from a supply that is drawn many at a time; each is given once. */
enum rc secrets_nonce(const struct secrets *s, void *out, size_t len, struct err *e) MUST_CHECK;

#endif
