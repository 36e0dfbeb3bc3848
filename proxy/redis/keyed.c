#include "keyed.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { SHORT = 512 };

/* Names are short; what is longer is hashed first. */
void keyed_hash(const uint8_t key[32], const char *purpose, size_t purpose_len, struct sv bytes, uint8_t out[32]) {
    uint8_t text[32 + 1 + SHORT], sum[EVP_MAX_MD_SIZE], kind = 0;
    unsigned len = 0;
    if (purpose_len > 32) purpose_len = 32;
    memcpy(text, purpose, purpose_len);
    if (bytes.len > SHORT) {
        EVP_Digest(bytes.ptr, bytes.len, sum, &len, EVP_sha256(), NULL);
        bytes = sv_make((const char *)sum, 32);
        kind = 1;
    }
    text[purpose_len] = kind;
    if (bytes.len) memcpy(text + purpose_len + 1, bytes.ptr, bytes.len);
    HMAC(EVP_sha256(), key, 32, text, purpose_len + 1 + bytes.len, out, &len);
}
