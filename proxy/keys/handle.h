/* handle: the statement id of a hit. "dbxp1." and base64url of a nonce and AES-256-GCM over what it stands for, so that
 * it can be neither guessed nor forged nor used by another principal. Pure but for the nonce. */
#ifndef PROXY_HANDLE_H
#define PROXY_HANDLE_H

#include "secrets.h"

#define HANDLE_PREFIX "dbxp1."

enum { HANDLE_GEN_BYTES = 16, HANDLE_TEXT_BYTES = 200 };

/* A statement id is of use with its token only; a link is one by itself, for a short time. Neither opens as the other.
 */
enum handle_kind { HANDLE_STATEMENT = 1, HANDLE_LINK = 2 };

struct handle {
    uint8_t principal[DIGEST_BYTES];
    uint8_t key[DIGEST_BYTES];        /* of the cache entry */
    uint8_t gen[HANDLE_GEN_BYTES];    /* of its content */
    int64_t created_ms;               /* wall clock */
};

bool handle_is(struct sv id);  /* has our prefix */
enum rc handle_seal(const struct secrets *s, enum handle_kind kind, const struct handle *h, char out[HANDLE_TEXT_BYTES],
                    struct err *e) MUST_CHECK;
bool handle_open(const struct secrets *s, enum handle_kind kind, struct sv id,
                 struct handle *out); /* false = forged, cut or of another process */

#endif
