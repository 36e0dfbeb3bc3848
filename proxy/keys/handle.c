#include "handle.h"

#include <openssl/evp.h>
#include <string.h>

#include "core/clock.h"

/* kind, day, nonce, ciphertext, tag. What is sealed has a length that does not depend on the upstream's id, so that
 * all handles look alike. */
enum { KIND = 1, DAY = 2, HEAD = KIND + DAY, NONCE = 12, TAG = 16, BODY = HEAD + NONCE,
       PLAIN = DIGEST_BYTES * 2 + HANDLE_GEN_BYTES + 8 + 8 + HANDLE_UPSTREAM_BYTES,
       PAD = (3 - (BODY + PLAIN + TAG) % 3) % 3,
       SEALED = BODY + PLAIN + PAD + TAG, DAY_MS = 24 * 60 * 60 * 1000 };

_Static_assert(sizeof(struct handle) == PLAIN, "no padding to leak");
_Static_assert((SEALED + 2) / 3 * 4 + sizeof HANDLE_PREFIX <= HANDLE_TEXT_BYTES, "the text fits");
_Static_assert(SEALED % 3 == 0, "base64 without padding has one spelling only");

bool handle_is(struct sv id) {
    return id.len >= strlen(HANDLE_PREFIX) && memcmp(id.ptr, HANDLE_PREFIX, strlen(HANDLE_PREFIX)) == 0;
}

/* "+/" of base64 are "-_" in its URL form. */
static void swap_letters(char *text, size_t len, const char *from, const char *to) {
    for (size_t i = 0; i < len; i++)
        for (int k = 0; k < 2; k++)
            if (text[i] == from[k]) {
                text[i] = to[k];
                break;
            }
}

static uint16_t day_of(const uint8_t sealed[SEALED]) { return (uint16_t)(sealed[KIND] << 8 | sealed[KIND + 1]); }

static bool encrypt(EVP_CIPHER_CTX *ctx, const uint8_t plain[PLAIN + PAD], uint8_t sealed[SEALED]) {
    int len = 0;
    return EVP_EncryptInit_ex2(ctx, NULL, NULL, sealed + HEAD, NULL) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &len, sealed, HEAD) == 1 &&
           EVP_EncryptUpdate(ctx, sealed + BODY, &len, plain, PLAIN + PAD) == 1 &&
           EVP_EncryptFinal_ex(ctx, sealed + BODY + len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, sealed + SEALED - TAG) == 1;
}

static bool decrypt(EVP_CIPHER_CTX *ctx, uint8_t sealed[SEALED], uint8_t plain[PLAIN + PAD]) {
    int len = 0;
    return EVP_DecryptInit_ex2(ctx, NULL, NULL, sealed + HEAD, NULL) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &len, sealed, HEAD) == 1 &&
           EVP_DecryptUpdate(ctx, plain, &len, sealed + BODY, PLAIN + PAD) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, sealed + SEALED - TAG) == 1 &&
           EVP_DecryptFinal_ex(ctx, plain + PLAIN + PAD, &len) == 1;
}

enum rc handle_seal(const struct secrets *s, enum handle_kind kind, const struct handle *h, char out[HANDLE_TEXT_BYTES],
                    struct err *e) {
    uint64_t day = (uint64_t)clock_wall_ms() / DAY_MS;
    uint8_t sealed[SEALED] = {(uint8_t)kind, (uint8_t)(day >> 8), (uint8_t)day}, plain[PLAIN + PAD] = {0};
    EVP_CIPHER_CTX *ctx = secrets_cipher(s, (uint16_t)day, true, false);
    memcpy(plain, h, PLAIN);
    if (secrets_nonce(s, sealed + HEAD, NONCE, e)) return RC_ERR;
    if (!ctx || !encrypt(ctx, plain, sealed)) return err_set(e, ERR_INTERNAL, "a statement id could not be sealed");
    memcpy(out, HANDLE_PREFIX, sizeof HANDLE_PREFIX);
    char *text = out + strlen(HANDLE_PREFIX);
    swap_letters(text, (size_t)EVP_EncodeBlock((uint8_t *)text, sealed, SEALED), "+/", "-_");
    return RC_OK;
}

static bool unseal(EVP_CIPHER_CTX *ctx, uint8_t sealed[SEALED], struct handle *out) {
    uint8_t plain[PLAIN + PAD];
    if (!ctx || !decrypt(ctx, sealed, plain)) return false;
    memcpy(out, plain, PLAIN);
    return memchr(out->upstream_id, '\0', HANDLE_UPSTREAM_BYTES) != NULL;
}

/* Days long past or to come are nobody's: a forger cannot make us prepare keys for all of them. */
static bool is_near(uint16_t day) {
    int64_t today = clock_wall_ms() / DAY_MS;
    return day + 2 >= today && day <= today + 1;
}

bool handle_open(const struct secrets *s, enum handle_kind kind, struct sv id, struct handle *out) {
    enum { TEXT = SEALED / 3 * 4 };
    char text[TEXT + 1];
    uint8_t sealed[SEALED + 3];
    if (!handle_is(id) || id.len != strlen(HANDLE_PREFIX) + TEXT) return false;
    memcpy(text, id.ptr + strlen(HANDLE_PREFIX), TEXT);
    if (memchr(text, '+', TEXT) || memchr(text, '/', TEXT) || memchr(text, '=', TEXT)) return false;
    swap_letters(text, TEXT, "-_", "+/");
    if (EVP_DecodeBlock(sealed, (const uint8_t *)text, TEXT) != SEALED || sealed[0] != kind) return false;
    uint16_t day = day_of(sealed);
    if (!is_near(day)) return false;
    return unseal(secrets_cipher(s, day, false, false), sealed, out) ||
           unseal(secrets_cipher(s, day, false, true), sealed, out);
}
