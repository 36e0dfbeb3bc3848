#include "handle.h"

#include <openssl/evp.h>
#include <string.h>

/* kind, nonce, ciphertext, tag */
enum { KIND = 1, NONCE = 12, TAG = 16, BODY = KIND + NONCE, SEALED = BODY + (int)sizeof(struct handle) + TAG };

_Static_assert(sizeof(struct handle) == DIGEST_BYTES * 2 + HANDLE_GEN_BYTES + sizeof(int64_t), "no padding to leak");
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

enum rc handle_seal(const struct secrets *s, enum handle_kind kind, const struct handle *h, char out[HANDLE_TEXT_BYTES],
                    struct err *e) {
    uint8_t sealed[SEALED] = {(uint8_t)kind};
    int len = 0;
    if (secrets_nonce(s, sealed + KIND, NONCE, e)) return RC_ERR;
    EVP_CIPHER_CTX *ctx = s->seal;
    bool ok = EVP_EncryptInit_ex2(ctx, NULL, NULL, sealed + KIND, NULL) == 1 &&
              EVP_EncryptUpdate(ctx, NULL, &len, sealed, KIND) == 1 &&
              EVP_EncryptUpdate(ctx, sealed + BODY, &len, (const uint8_t *)h, sizeof *h) == 1 &&
              EVP_EncryptFinal_ex(ctx, sealed + BODY + len, &len) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, sealed + SEALED - TAG) == 1;
    if (!ok) return err_set(e, ERR_INTERNAL, "a statement id could not be sealed");
    memcpy(out, HANDLE_PREFIX, sizeof HANDLE_PREFIX);
    char *text = out + strlen(HANDLE_PREFIX);
    swap_letters(text, (size_t)EVP_EncodeBlock((uint8_t *)text, sealed, SEALED), "+/", "-_");
    return RC_OK;
}

static bool unseal(const struct secrets *s, uint8_t sealed[SEALED], struct handle *out) {
    int len = 0;
    uint8_t plain[sizeof *out];
    EVP_CIPHER_CTX *ctx = s->open;
    bool ok = EVP_DecryptInit_ex2(ctx, NULL, NULL, sealed + KIND, NULL) == 1 &&
              EVP_DecryptUpdate(ctx, NULL, &len, sealed, KIND) == 1 &&
              EVP_DecryptUpdate(ctx, plain, &len, sealed + BODY, sizeof plain) == 1 &&
              EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, sealed + SEALED - TAG) == 1 &&
              EVP_DecryptFinal_ex(ctx, plain + sizeof plain, &len) == 1;
    if (ok) memcpy(out, plain, sizeof plain);
    return ok;
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
    return unseal(s, sealed, out);
}
