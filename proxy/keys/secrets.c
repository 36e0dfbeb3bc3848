#include "secrets.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "core/mem.h"

enum rc secrets_random(void *out, size_t len, struct err *e) {
    return RAND_bytes(out, (int)len) == 1 ? RC_OK : err_set(e, ERR_INTERNAL, "no random bytes");
}

enum rc secrets_init(struct secrets *s, struct err *e) { return secrets_random(s, sizeof *s, e); }

void secrets_fini(struct secrets *s) { mem_wipe(s, sizeof *s); }

enum rc secrets_digest(const struct secrets *s, const char *purpose, struct sv bytes, uint8_t out[DIGEST_BYTES],
                       struct err *e) {
    size_t len = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, s->digest_key, sizeof s->digest_key);
    /* the purpose's NUL is digested too, so that no purpose is a prefix of another */
    bool ok = ctx && key && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSignUpdate(ctx, purpose, strlen(purpose) + 1) == 1 &&
              EVP_DigestSignUpdate(ctx, bytes.ptr ? bytes.ptr : "", bytes.len) == 1 &&
              EVP_DigestSignFinal(ctx, NULL, &len) == 1 && len == DIGEST_BYTES &&
              EVP_DigestSignFinal(ctx, out, &len) == 1;
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(ctx);
    return ok ? RC_OK : err_set(e, ERR_INTERNAL, "the digest failed");
}
