/* identity: which tokens the upstream accepted, and when. Tokens themselves are not kept, only keyed digests.
 *
 * A hit needs a token that was accepted within auth_ttl. Otherwise identity_ask() makes one cheap request with it;
 * several askers of one token share that request. The answer comes from the event loop, never from within
 * identity_ask(). */
#ifndef PROXY_IDENTITY_H
#define PROXY_IDENTITY_H

#include <event2/http.h>

#include "proxy/config/config.h"
#include "proxy/keys/secrets.h"
#include "proxy/upstream/upstream.h"

struct identity;
struct identity_wait;

enum identity_result { IDENTITY_ACCEPTED, IDENTITY_REFUSED, IDENTITY_UNCERTAIN };

struct identity_answer {
    enum identity_result result;
    int status;              /* of a refusal, with its body: the upstream's own words */
    struct sv body;          /* borrowed for the call */
};

typedef void identity_fn(void *arg, const struct identity_answer *a);

enum rc identity_new(struct identity **out, const struct config *cfg, struct upstream *up, const struct secrets *s,
                     struct metrics *m, struct err *e) MUST_CHECK;
void identity_free(struct identity **id);

/* The principal behind an Authorization field: every token is its own. false = no usable token. */
bool identity_principal(const struct identity *id, const char *authorization, uint8_t out[DIGEST_BYTES]);

bool identity_is_fresh(const struct identity *id, const uint8_t principal[DIGEST_BYTES]);

/* What an ordinary request taught us: its HTTP status, and when it was sent. */
void identity_learn(struct identity *id, const uint8_t principal[DIGEST_BYTES], int status, int64_t sent_ms);

/* headers: those of the request, for the token. RC_ERR: nothing will come. */
enum rc identity_ask(struct identity *id, const uint8_t principal[DIGEST_BYTES], const struct evkeyvalq *headers,
                     identity_fn *fn, void *arg, struct identity_wait **out, struct err *e) MUST_CHECK;
void identity_wait_drop(struct identity_wait **w);  /* the asker has gone; NULL is welcome */

#endif
