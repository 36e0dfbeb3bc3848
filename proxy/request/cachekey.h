/* cachekey: the name under which a result is kept: HMAC-SHA-256 over everything that can change it, in an encoding
 * where every field has a tag and a length, so that no two different requests have the same bytes. Pure. */
#ifndef PROXY_CACHEKEY_H
#define PROXY_CACHEKEY_H

#include <event2/keyvalq_struct.h>
#include <sys/queue.h>

#include "core/arena.h"
#include "core/buf.h"
#include "execreq.h"
#include "proxy/keys/secrets.h"

struct evkeyvalq;

enum cachekey_scope { CACHEKEY_PRINCIPAL, CACHEKEY_GROUP, CACHEKEY_TENANT };

struct cachekey_fields {
    struct sv generation;             /* of what the configuration makes of results; any bytes */
    struct sv tenant;
    struct sv upstream;               /* scheme, host, and workspace id where known */
    enum cachekey_scope scope;        /* who shares it: one principal, a group, or all of the tenant */
    const uint8_t *principal;         /* DIGEST_BYTES; scope principal */
    struct sv group;                  /* its name; scope group */
    struct sv warehouse_group;        /* ptr NULL: the warehouse stands for itself */
    struct sv query;                  /* of the request target; ptr NULL = none */
    const struct execreq *request;
    const uint8_t *session;           /* fingerprint, DIGEST_BYTES; NULL = the statement is its own session */
    struct sv time_zone;              /* of the session; ptr NULL = not known */
    struct sv day;                    /* 2026-11-21, of a statement with SQLTRAIT_TODAY; ptr NULL = none */
    const struct evkeyvalq *headers;  /* of the request; the keyed ones are picked */
    char *const *key_extra;           /* names of more headers that are forwarded and keyed */
    int n_key_extra;
    bool strict;                      /* every byte of the statement counts */
};

enum rc cachekey_make(const struct secrets *s, const struct cachekey_fields *f, uint8_t out[DIGEST_BYTES],
                      struct err *e) MUST_CHECK;

/* The text under the HMAC, and its fields again: for explain and for the test that nothing is lost in it. The decoded
 * statement is the normalised one; headers come as names and values. Views into the text, or in the arena. */
struct cachekey_header {
    struct sv name, value;
};
struct cachekey_decoded {
    struct cachekey_fields fields;    /* but request, headers and key_extra, which are these: */
    struct execreq request;
    int n_headers;
    struct cachekey_header *headers;  /* sorted, names in upper case */
};
enum rc cachekey_encode(const struct cachekey_fields *f, struct buf *out, struct err *e) MUST_CHECK;
enum rc cachekey_decode(struct sv text, struct arena *a, struct cachekey_decoded *out, struct err *e) MUST_CHECK;

/* A name for the analysis of a request, cheap to make: the raw body and all that stands beside it. Equal names, equal
 * analysis. It names no result. query, control and headers as in the fields above; the body is the client's. */
enum rc cachekey_make_l0(const struct secrets *s, const struct cachekey_fields *f, struct sv path, struct sv body,
                         uint8_t out[DIGEST_BYTES], struct err *e) MUST_CHECK;

/* The statement without what cannot matter: blanks and comments between tokens become one space, those at the ends and
 * trailing semicolons go. Letters, literals, quoted names and hints stay as they are. */
enum rc cachekey_normalise(struct sv sql, struct buf *out, struct err *e) MUST_CHECK;

#endif
