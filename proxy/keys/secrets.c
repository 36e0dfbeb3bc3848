#include "secrets.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#include "core/mem.h"

enum { POOL_BYTES = 1024 };

struct secrets_pool {
    uint8_t bytes[POOL_BYTES];
    size_t left;
};

/* ---- random bytes ---------------------------------------------------------------------------------------------- */

enum rc secrets_random(void *out, size_t len, struct err *e) {
    return RAND_bytes(out, (int)len) == 1 ? RC_OK : err_set(e, ERR_INTERNAL, "no random bytes");
}

enum rc secrets_nonce(const struct secrets *s, void *out, size_t len, struct err *e) {
    struct secrets_pool *p = s->pool;
    if (len > POOL_BYTES) return err_set(e, ERR_INTERNAL, "a nonce of %zu bytes", len);
    if (p->left < len) {
        if (secrets_random(p->bytes, POOL_BYTES, e)) return RC_ERR;
        p->left = POOL_BYTES;
    }
    p->left -= len;
    memcpy(out, p->bytes + p->left, len);
    mem_wipe(p->bytes + p->left, len);
    return RC_OK;
}

/* ---- beginning and end ----------------------------------------------------------------------------------------- */

static EVP_MAC_CTX *new_mac(const uint8_t key[32]) {
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac);
    if (ctx && EVP_MAC_init(ctx, key, 32, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

static EVP_CIPHER_CTX *new_cipher(const uint8_t key[32], int encrypt) {
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    EVP_CIPHER_CTX *ctx = gcm ? EVP_CIPHER_CTX_new() : NULL;
    if (ctx && EVP_CipherInit_ex2(ctx, gcm, key, NULL, encrypt, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_CIPHER_free(gcm);
    return ctx;
}

enum rc secrets_init(struct secrets *s, struct err *e) {
    *s = (struct secrets){0};
    if (secrets_random(s->digest_key, sizeof s->digest_key, e) || secrets_random(s->seal_key, sizeof s->seal_key, e))
        return RC_ERR;
    s->mac = new_mac(s->digest_key);
    s->seal = new_cipher(s->seal_key, 1);
    s->open = new_cipher(s->seal_key, 0);
    s->pool = mem_zalloc(sizeof *s->pool);
    if (s->mac && s->seal && s->open && s->pool) return RC_OK;
    secrets_fini(s);
    return err_set(e, ERR_INTERNAL, "HMAC and AES-256-GCM are not to be had");
}

void secrets_fini(struct secrets *s) {
    EVP_MAC_CTX_free(s->mac);
    EVP_CIPHER_CTX_free(s->seal);
    EVP_CIPHER_CTX_free(s->open);
    if (s->pool) mem_wipe(s->pool, sizeof *s->pool);
    mem_free(s->pool);
    mem_wipe(s, sizeof *s);
}

/* ---- digests --------------------------------------------------------------------------------------------------- */

enum rc secrets_digest(const struct secrets *s, const char *purpose, struct sv bytes, uint8_t out[DIGEST_BYTES],
                       struct err *e) {
    size_t len = 0;
    /* the purpose's NUL is digested too, so that no purpose is a prefix of another */
    bool ok = EVP_MAC_init(s->mac, NULL, 0, NULL) == 1 &&
              EVP_MAC_update(s->mac, (const uint8_t *)purpose, strlen(purpose) + 1) == 1 &&
              EVP_MAC_update(s->mac, (const uint8_t *)(bytes.ptr ? bytes.ptr : ""), bytes.len) == 1 &&
              EVP_MAC_final(s->mac, out, &len, DIGEST_BYTES) == 1 && len == DIGEST_BYTES;
    return ok ? RC_OK : err_set(e, ERR_INTERNAL, "the digest failed");
}
