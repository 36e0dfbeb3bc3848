/* identity: which tokens the upstream accepted, when, and whose they are. Tokens themselves are not kept, only keyed
 * digests.
 *
 * A hit needs a token that was accepted within auth_ttl. Otherwise identity_ask() makes one cheap request with it;
 * several askers of one token share that request. The answer comes from the event loop, never from within
 * identity_ask(). What other instances learn about refused tokens comes in by identity_refuse(). */
#ifndef PROXY_TENANT_IDENTITY_H
#define PROXY_TENANT_IDENTITY_H

#include <event2/http.h>

#include "core/sv.h"
#include "proxy/keys/secrets.h"

struct evkeyvalq;
struct identity;
struct identity_wait;
struct tenant;

enum identity_result { IDENTITY_ACCEPTED, IDENTITY_REFUSED, IDENTITY_UNCERTAIN };

struct identity_answer {
    enum identity_result result;
    int status;              /* of a refusal, with its body: the upstream's own words */
    struct sv body;          /* borrowed for the call */
};

typedef void identity_fn(void *arg, const struct identity_answer *a);

enum rc identity_new(struct identity **out, struct tenant *t, struct err *e) MUST_CHECK;
void identity_free(struct identity **id);

/* The digest of the token in an Authorization field. false = no usable token. */
bool identity_token(const struct identity *id, const char *authorization, uint8_t token[DIGEST_BYTES]);

/* Whose token it is: with principal=token the token itself; with principal=user the user it belongs to, once that was
 * asked (false = not yet: ask). *user_r: the name; ptr NULL = not known. Good until the loop runs again. */
bool identity_principal(const struct identity *id, const uint8_t token[DIGEST_BYTES], uint8_t principal[DIGEST_BYTES],
                        struct sv *user_r);

bool identity_is_fresh(const struct identity *id, const uint8_t token[DIGEST_BYTES]);     /* accepted within auth_ttl */
bool identity_is_in_grace(const struct identity *id, const uint8_t token[DIGEST_BYTES]);  /* … within auth_grace */

/* What an ordinary request taught us: its HTTP status, and when it was sent. */
void identity_learn(struct identity *id, const uint8_t token[DIGEST_BYTES], int status, int64_t sent_ms);
void identity_refuse(struct identity *id, const uint8_t token[DIGEST_BYTES]);

/* headers: those of the request, for the token. RC_ERR: nothing will come. */
enum rc identity_ask(struct identity *id, const uint8_t token[DIGEST_BYTES], const struct evkeyvalq *headers,
                     identity_fn *fn, void *arg, struct identity_wait **out, struct err *e) MUST_CHECK;
void identity_wait_drop(struct identity_wait **w);  /* the asker has gone; NULL is welcome */

size_t identity_count(const struct identity *id);

#endif
