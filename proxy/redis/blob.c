#include "blob.h"

#include <lz4.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>
#include <zstd.h>

#include "core/mem.h"

static const uint8_t MAGIC[4] = {'d', 'x', 'b', '1'};

enum {
    AT_CODEC = 4,
    AT_KEY = 8,
    AT_GEN = 12,
    AT_SALT = 28,
    AT_INDEX = 44,
    AT_COUNT = 48,
    AT_CREATED = 52,
    AT_EXPIRES = 60,
    AT_TOTAL = 68,
    AT_PLAIN = 76
};

static void put32(uint8_t *p, uint32_t v) {
    for (int i = 3; i >= 0; i--, v >>= 8) p[i] = (uint8_t)v;
}

static void put64(uint8_t *p, uint64_t v) {
    put32(p, (uint32_t)(v >> 32));
    put32(p + 4, (uint32_t)v);
}

static uint32_t get32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t get64(const uint8_t *p) { return (uint64_t)get32(p) << 32 | get32(p + 4); }

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/* A key is named by what it is, not by its place in a list: the places change when keys are rotated. */
void blob_keys_init(struct blob_keys *k) {
    for (int i = 0; i < k->n; i++) {
        uint8_t mac[EVP_MAX_MD_SIZE] = {0};
        unsigned len = sizeof mac;
        HMAC(EVP_sha256(), k->kek[i], sizeof k->kek[i], (const uint8_t *)"key id", 6, mac, &len);
        k->id[i] = get32(mac);
    }
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    k->kdf = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;
    if (k->kdf) EVP_KDF_CTX_set_params(k->kdf, params); /* what fails here fails again when a key is derived */
    k->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    EVP_KDF_free(hkdf);
}

void blob_keys_fini(struct blob_keys *k) {
    EVP_KDF_CTX_free(k->kdf);
    EVP_CIPHER_free(k->cipher);
    mem_wipe(k, sizeof *k);
}

static const uint8_t *find_kek(const struct blob_keys *k, uint32_t id) {
    for (int i = 0; i < k->n; i++)
        if (k->id[i] == id) return k->kek[i];
    return NULL;
}

static bool derive(const struct blob_keys *k, const uint8_t kek[32], const struct blob_head *h,
                   const struct blob_place *p, uint8_t dek[32]) {
    uint8_t key[32], salt[sizeof h->gen + sizeof h->salt], info[34];
    memcpy(key, kek, sizeof key);
    memcpy(salt, h->gen, sizeof h->gen);
    memcpy(salt + sizeof h->gen, h->salt, sizeof h->salt);
    memcpy(info, p->principal, 32);
    memcpy(info + 32, "e1", 2);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, sizeof key),
                                 OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof salt),
                                 OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof info),
                                 OSSL_PARAM_construct_end()};
    bool ok = k->kdf && EVP_KDF_derive(k->kdf, dek, 32, params) == 1;
    mem_wipe(key, sizeof key);
    return ok;
}

/* ---- header ------------------------------------------------------------------------------------------------------ */

static void write_head(const struct blob_head *h, uint8_t out[BLOB_HEADER_BYTES]) {
    memset(out, 0, BLOB_HEADER_BYTES);
    memcpy(out, MAGIC, sizeof MAGIC);
    out[AT_CODEC] = (uint8_t)h->codec;
    put32(out + AT_KEY, h->key_id);
    memcpy(out + AT_GEN, h->gen, sizeof h->gen);
    memcpy(out + AT_SALT, h->salt, sizeof h->salt);
    put32(out + AT_INDEX, h->index);
    put32(out + AT_COUNT, h->count);
    put64(out + AT_CREATED, (uint64_t)h->created_ms);
    put64(out + AT_EXPIRES, (uint64_t)h->expires_ms);
    put64(out + AT_TOTAL, h->total);
    put32(out + AT_PLAIN, h->plain);
}

/* A codec makes bytes fewer, never more, and a piece's plain size is bounded before anybody allocates for it. */
static bool is_sane(const struct blob_head *h, size_t coded) {
    if (h->codec > BLOB_ZSTD || h->plain > BLOB_MAX_PLAIN || h->count < 1 || h->count > BLOB_MAX_COUNT ||
        h->index >= h->count || h->total > (uint64_t)BLOB_MAX_COUNT * BLOB_MAX_PLAIN)
        return false;
    return h->codec == BLOB_NONE ? coded == h->plain : coded > 0 && coded < h->plain;
}

bool blob_peek(struct sv blob, struct blob_head *h) {
    const uint8_t *p = (const uint8_t *)blob.ptr;
    memset(h, 0, sizeof *h);
    if (blob.len < BLOB_HEADER_BYTES + BLOB_TAG_BYTES || memcmp(p, MAGIC, sizeof MAGIC) != 0) return false;
    if (p[AT_CODEC + 1] || p[AT_CODEC + 2] || p[AT_CODEC + 3]) return false;
    h->codec = (enum blob_codec)p[AT_CODEC];
    h->key_id = get32(p + AT_KEY);
    memcpy(h->gen, p + AT_GEN, sizeof h->gen);
    memcpy(h->salt, p + AT_SALT, sizeof h->salt);
    h->index = get32(p + AT_INDEX);
    h->count = get32(p + AT_COUNT);
    h->created_ms = (int64_t)get64(p + AT_CREATED);
    h->expires_ms = (int64_t)get64(p + AT_EXPIRES);
    h->total = get64(p + AT_TOTAL);
    h->plain = get32(p + AT_PLAIN);
    return is_sane(h, blob.len - BLOB_HEADER_BYTES - BLOB_TAG_BYTES);
}

/* ---- compression ------------------------------------------------------------------------------------------------- */

/* Into out, or 0 when it is not worth it: at least a sixteenth has to be saved. */
static size_t compress(enum blob_codec codec, struct sv plain, char *out) {
    size_t cap = plain.len - plain.len / 16 - 1, got = 0;
    if (codec == BLOB_LZ4) {
        int n = LZ4_compress_default(plain.ptr, out, (int)plain.len, (int)cap);
        got = n > 0 ? (size_t)n : 0;
    } else if (codec == BLOB_ZSTD) {
        got = ZSTD_compress(out, cap, plain.ptr, plain.len, 1);
        if (ZSTD_isError(got)) got = 0;
    }
    return got;
}

static bool expand(enum blob_codec codec, struct sv coded, char *out, size_t plain) {
    if (codec == BLOB_LZ4) return LZ4_decompress_safe(coded.ptr, out, (int)coded.len, (int)plain) == (int)plain;
    return ZSTD_decompress(out, plain, coded.ptr, coded.len) == plain;
}

/* ---- AES-256-GCM ------------------------------------------------------------------------------------------------- */

/* All of the header, then what the value is for. */
static bool add_aad(EVP_CIPHER_CTX *c, const uint8_t head[BLOB_HEADER_BYTES], const struct blob_place *p) {
    uint8_t space = (uint8_t)p->space;
    int n;
    return EVP_CipherUpdate(c, NULL, &n, head, BLOB_HEADER_BYTES) && EVP_CipherUpdate(c, NULL, &n, p->key, 32) &&
           EVP_CipherUpdate(c, NULL, &n, &space, 1) &&
           (p->tenant.len == 0 || EVP_CipherUpdate(c, NULL, &n, (const uint8_t *)p->tenant.ptr, (int)p->tenant.len));
}

static EVP_CIPHER_CTX *cipher_begin(const EVP_CIPHER *cipher, const uint8_t dek[32],
                                    const uint8_t head[BLOB_HEADER_BYTES], const struct blob_place *p, bool seal) {
    uint8_t nonce[12] = {0};
    put32(nonce + 8, p->index);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c && cipher && EVP_CipherInit_ex2(c, cipher, dek, nonce, seal, NULL) && add_aad(c, head, p)) return c;
    EVP_CIPHER_CTX_free(c);
    return NULL;
}

static bool encrypt(const EVP_CIPHER *cipher, const uint8_t dek[32], const uint8_t *head, const struct blob_place *p,
                    struct sv in, uint8_t *out) {
    int n = 0, last = 0;
    EVP_CIPHER_CTX *c = cipher_begin(cipher, dek, head, p, true);
    bool ok = c && (in.len == 0 || EVP_EncryptUpdate(c, out, &n, (const uint8_t *)in.ptr, (int)in.len)) &&
              EVP_EncryptFinal_ex(c, out + n, &last) &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, BLOB_TAG_BYTES, out + in.len);
    EVP_CIPHER_CTX_free(c);
    return ok;
}

static bool decrypt(const EVP_CIPHER *cipher, const uint8_t dek[32], const uint8_t *head, const struct blob_place *p,
                    struct sv in, uint8_t *out) {
    int n = 0, last = 0;
    size_t len = in.len - BLOB_TAG_BYTES;
    uint8_t tag[BLOB_TAG_BYTES];
    memcpy(tag, in.ptr + len, sizeof tag);
    EVP_CIPHER_CTX *c = cipher_begin(cipher, dek, head, p, false);
    bool ok = c && (len == 0 || EVP_DecryptUpdate(c, out, &n, (const uint8_t *)in.ptr, (int)len)) &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, BLOB_TAG_BYTES, tag) &&
              EVP_DecryptFinal_ex(c, out + n, &last);
    EVP_CIPHER_CTX_free(c);
    return ok;
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

static enum rc seal_into(const struct blob_keys *k, const struct blob_place *p, struct blob_head *h, struct sv coded,
                         struct buf *out, struct err *e) {
    uint8_t dek[32];
    if (buf_reserve(out, BLOB_HEADER_BYTES + coded.len + BLOB_TAG_BYTES, e)) return RC_ERR;
    uint8_t *at = (uint8_t *)out->ptr + out->len;
    write_head(h, at);
    bool ok = derive(k, k->kek[0], h, p, dek) && encrypt(k->cipher, dek, at, p, coded, at + BLOB_HEADER_BYTES);
    mem_wipe(dek, sizeof dek);
    if (!ok) return err_set(e, ERR_INTERNAL, "a cached value could not be encrypted");
    out->len += BLOB_HEADER_BYTES + coded.len + BLOB_TAG_BYTES;
    out->ptr[out->len] = '\0';
    return RC_OK;
}

enum rc blob_seal(const struct blob_keys *k, const struct blob_place *p, const struct blob_head *head, struct sv plain,
                  struct buf *out, struct err *e) {
    struct blob_head h = *head;
    if (plain.len > BLOB_MAX_PLAIN) return err_set(e, ERR_LIMIT, "a piece of %zu bytes is too large", plain.len);
    if (RAND_bytes(h.salt, sizeof h.salt) != 1) return err_set(e, ERR_INTERNAL, "no random bytes");
    h.key_id = k->id[0];
    h.index = p->index;
    h.plain = (uint32_t)plain.len;
    char *room = NULL;
    struct sv coded = plain;
    if (h.codec != BLOB_NONE && plain.len > BLOB_MIN_COMPRESS && (room = mem_alloc(plain.len))) {
        size_t n = compress(h.codec, plain, room);
        if (n) coded = sv_make(room, n);
    }
    if (coded.ptr == plain.ptr) h.codec = BLOB_NONE;
    enum rc rc = seal_into(k, p, &h, coded, out, e);
    mem_free(room);
    return rc;
}

static enum rc open_into(const EVP_CIPHER *cipher, const uint8_t dek[32], const struct blob_place *p, struct sv blob,
                         const struct blob_head *h, struct buf *out, struct err *e) {
    struct sv body = sv_make(blob.ptr + BLOB_HEADER_BYTES, blob.len - BLOB_HEADER_BYTES);
    size_t len = body.len - BLOB_TAG_BYTES;
    if (buf_reserve(out, h->plain, e)) return RC_ERR;
    char *to = out->ptr + out->len, *room = h->codec == BLOB_NONE ? NULL : mem_alloc(len);
    if (h->codec != BLOB_NONE && !room) return err_nomem(e);
    bool ok = decrypt(cipher, dek, (const uint8_t *)blob.ptr, p, body, (uint8_t *)(room ? room : to)) &&
              (!room || expand(h->codec, sv_make(room, len), to, h->plain));
    if (room) mem_wipe(room, len);
    mem_free(room);
    if (ok) out->len += h->plain;
    else mem_wipe(to, h->plain);
    if (out->ptr) out->ptr[out->len] = '\0';
    return ok ? RC_OK : err_set(e, ERR_RESULT_CORRUPT, "a cached value is damaged, forged or not for this place");
}

enum rc blob_open(const struct blob_keys *k, const struct blob_place *p, struct sv blob, struct blob_head *h,
                  struct buf *out, struct err *e) {
    uint8_t dek[32];
    const uint8_t *kek;
    if (!blob_peek(blob, h) || h->index != p->index)
        return err_set(e, ERR_RESULT_CORRUPT, "a cached value is no value of ours, or not the expected piece");
    if (!(kek = find_kek(k, h->key_id)))
        return err_set(e, ERR_RESULT_CORRUPT, "a cached value was sealed with a master key that is not configured");
    enum rc rc = derive(k, kek, h, p, dek) ? open_into(k->cipher, dek, p, blob, h, out, e)
                                           : err_set(e, ERR_INTERNAL, "no key could be derived");
    mem_wipe(dek, sizeof dek);
    return rc;
}
