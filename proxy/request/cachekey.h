/* cachekey: the name under which a result is kept: HMAC-SHA-256 over everything that can change it, in an encoding
 * where every field has a tag and a length, so that no two different requests have the same bytes. Pure. */
#ifndef PROXY_CACHEKEY_H
#define PROXY_CACHEKEY_H

#include <event2/keyvalq_struct.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "execreq.h"
#include "proxy/keys/secrets.h"

struct evkeyvalq;

struct cachekey_fields {
    const uint8_t *principal;         /* DIGEST_BYTES */
    struct sv upstream;
    struct sv query;                  /* of the request target; ptr NULL = none */
    const struct execreq *request;
    const uint8_t *session;           /* fingerprint, DIGEST_BYTES; NULL = the statement is its own session */
    const struct evkeyvalq *headers;  /* of the request; the keyed ones are picked */
};

enum rc cachekey_make(const struct secrets *s, const struct cachekey_fields *f, uint8_t out[DIGEST_BYTES],
                      struct err *e) MUST_CHECK;

/* The text under the HMAC, for tests. */
enum rc cachekey_encode(const struct cachekey_fields *f, struct buf *out, struct err *e) MUST_CHECK;

/* The statement without what cannot matter: blanks and comments between tokens become one space, those at the ends and
 * trailing semicolons go. Letters, literals, quoted names and hints stay as they are. */
enum rc cachekey_normalise(struct sv sql, struct buf *out, struct err *e) MUST_CHECK;

#endif
