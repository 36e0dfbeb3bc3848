#include "secrets.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <string.h>

#include "core/mem.h"

enum { POOL_BYTES = 1024, DAYS_KEPT = 4 };

struct secrets_pool {
    uint8_t bytes[POOL_BYTES];
    size_t left;
};

struct secrets_days {
    struct {
        uint16_t day;
        bool encrypt, old;
        EVP_CIPHER_CTX *ctx;   /* NULL = free */
    } kept[DAYS_KEPT];
    int next;
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

/* ---- keys of keys ---------------------------------------------------------------------------------------------- */

static OSSL_PARAM octets(const char *name, struct sv v) {
    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(v.ptr ? v.ptr : ""), v.len);
}

enum rc secrets_derive(struct sv key, struct sv salt, struct sv info, uint8_t out[SECRET_BYTES], struct err *e) {
    char sha256[] = "SHA256";
    OSSL_PARAM params[5] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, sha256, 0),
                            octets(OSSL_KDF_PARAM_KEY, key), octets(OSSL_KDF_PARAM_INFO, info),
                            OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
    if (salt.len) params[3] = octets(OSSL_KDF_PARAM_SALT, salt);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    bool ok = ctx && EVP_KDF_derive(ctx, out, SECRET_BYTES, params) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return ok ? RC_OK : err_set(e, ERR_INTERNAL, "a key could not be derived");
}

/* ---- digests --------------------------------------------------------------------------------------------------- */

static enum rc set_mac(struct secrets *s, const uint8_t key[SECRET_BYTES], struct err *e) {
    char sha256[] = "SHA256";
    OSSL_PARAM params[2] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
                            OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    s->mac = mac ? EVP_MAC_CTX_new(mac) : NULL;
    bool ok = s->mac && EVP_MAC_init(s->mac, key, SECRET_BYTES, params) == 1;
    EVP_MAC_free(mac);
    return ok ? RC_OK : err_set(e, ERR_INTERNAL, "the digest is not available");
}

enum rc secrets_digest(const struct secrets *s, const char *purpose, struct sv bytes, uint8_t out[DIGEST_BYTES],
                       struct err *e) {
    size_t len = 0;
    /* without a key: the one it has. The purpose's NUL is digested too, so that no purpose is a prefix of another */
    bool ok = EVP_MAC_init(s->mac, NULL, 0, NULL) == 1 &&
              EVP_MAC_update(s->mac, (const uint8_t *)purpose, strlen(purpose) + 1) == 1 &&
              EVP_MAC_update(s->mac, (const uint8_t *)(bytes.ptr ? bytes.ptr : ""), bytes.len) == 1 &&
              EVP_MAC_final(s->mac, out, &len, DIGEST_BYTES) == 1 && len == DIGEST_BYTES;
    return ok ? RC_OK : err_set(e, ERR_INTERNAL, "the digest failed");
}

/* ---- statement ids --------------------------------------------------------------------------------------------- */

static EVP_CIPHER_CTX *new_cipher(const uint8_t key[SECRET_BYTES], bool encrypt) {
    EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    EVP_CIPHER_CTX *ctx = gcm ? EVP_CIPHER_CTX_new() : NULL;
    if (ctx && EVP_CipherInit_ex2(ctx, gcm, key, NULL, encrypt, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        ctx = NULL;
    }
    EVP_CIPHER_free(gcm);
    return ctx;
}

static EVP_CIPHER_CTX *new_day_cipher(const struct secrets *s, uint16_t day, bool encrypt, bool old) {
    struct err e = ERR_INIT;
    uint8_t key[SECRET_BYTES], number[2] = {(uint8_t)(day >> 8), (uint8_t)day};
    const uint8_t *seal_key = old ? s->old_seal_key : s->seal_key;
    if (secrets_derive(sv_make((const char *)seal_key, SECRET_BYTES), sv_make((const char *)number, sizeof number),
                       SV_LIT("dbxproxy handle"), key, &e))
        return NULL;
    EVP_CIPHER_CTX *ctx = new_cipher(key, encrypt);
    mem_wipe(key, sizeof key);
    return ctx;
}

EVP_CIPHER_CTX *secrets_cipher(const struct secrets *s, uint16_t day, bool encrypt, bool old) {
    struct secrets_days *d = s->days;
    for (int i = 0; i < DAYS_KEPT; i++)
        if (d->kept[i].ctx && d->kept[i].day == day && d->kept[i].encrypt == encrypt && d->kept[i].old == old)
            return d->kept[i].ctx;
    EVP_CIPHER_CTX *ctx = new_day_cipher(s, day, encrypt, old);
    if (!ctx) return NULL;
    int slot = d->next;
    d->next = (d->next + 1) % DAYS_KEPT;
    EVP_CIPHER_CTX_free(d->kept[slot].ctx);
    d->kept[slot].day = day;
    d->kept[slot].encrypt = encrypt;
    d->kept[slot].old = old;
    d->kept[slot].ctx = ctx;
    return ctx;
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

static enum rc derive_all(struct secrets *s, struct sv master, struct sv old, struct sv tenant, struct err *e) {
    uint8_t digest_key[SECRET_BYTES];
    enum rc rc = RC_ERR;
    if (secrets_derive(master, tenant, SV_LIT("dbxproxy digest 1"), digest_key, e) ||
        secrets_derive(master, tenant, SV_LIT("dbxproxy seal 1"), s->seal_key, e) ||
        secrets_derive(master, tenant, SV_LIT("dbxproxy store 1"), s->store_key, e) ||
        secrets_derive(old.ptr ? old : master, tenant, SV_LIT("dbxproxy seal 1"), s->old_seal_key, e))
        goto out;
    rc = set_mac(s, digest_key, e);
out:
    mem_wipe(digest_key, sizeof digest_key);
    return rc;
}

enum rc secrets_init(struct secrets *s, struct sv master, struct sv old, const char *tenant, struct err *e) {
    uint8_t random[SECRET_BYTES];
    *s = (struct secrets){0};
    if (secrets_random(random, sizeof random, e)) return RC_ERR;
    s->pool = mem_zalloc(sizeof *s->pool);
    s->days = mem_zalloc(sizeof *s->days);
    if (!s->pool || !s->days) return err_nomem(e);
    if (!master.len) master = sv_make((const char *)random, sizeof random);
    enum rc rc = derive_all(s, master, old.len ? old : SV_NULL, sv_of(tenant), e);
    mem_wipe(random, sizeof random);
    return rc;
}

void secrets_fini(struct secrets *s) {
    EVP_MAC_CTX_free(s->mac);
    for (int i = 0; s->days && i < DAYS_KEPT; i++) EVP_CIPHER_CTX_free(s->days->kept[i].ctx);
    if (s->pool) mem_wipe(s->pool, sizeof *s->pool);
    mem_free(s->pool);
    mem_free(s->days);
    mem_wipe(s, sizeof *s);
}
