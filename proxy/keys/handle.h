/* handle: the statement id of a result that this proxy may serve. "dbxp1." and base64url of the day, a nonce and
 * AES-256-GCM over what it stands for, so that it can be neither guessed nor forged nor used by another principal, and
 * any instance with the same master key opens it without looking anything up. The key is made anew for each day. Pure
 * but for the nonce. */
#ifndef PROXY_KEYS_HANDLE_H
#define PROXY_KEYS_HANDLE_H

#include "secrets.h"

#define HANDLE_PREFIX "dbxp1."

enum { HANDLE_GEN_BYTES = 16, HANDLE_UPSTREAM_BYTES = 64, HANDLE_TEXT_BYTES = 300 };

/* A statement id is of use with its token only; a link is one by itself, for a short time. Neither opens as the other.
 */
enum handle_kind { HANDLE_STATEMENT = 1, HANDLE_LINK = 2 };

struct handle {
    uint8_t principal[DIGEST_BYTES];  /* whose it is */
    uint8_t key[DIGEST_BYTES];        /* of the cache entry */
    uint8_t gen[HANDLE_GEN_BYTES];    /* of its content, or of the flight that fetches it */
    int64_t created_ms;               /* wall clock */
    uint8_t is_shared;                /* the entry is kept for those who share it, not for the principal alone */
    uint8_t zero[7];
    char upstream_id[HANDLE_UPSTREAM_BYTES];  /* the upstream's statement behind it, where the kept result is gone;
                                                 "" = none */
};

bool handle_is(struct sv id);  /* has our prefix */
enum rc handle_seal(const struct secrets *s, enum handle_kind kind, const struct handle *h, char out[HANDLE_TEXT_BYTES],
                    struct err *e) MUST_CHECK;
bool handle_open(const struct secrets *s, enum handle_kind kind, struct sv id,
                 struct handle *out); /* false = forged, cut or of other keys */

#endif
