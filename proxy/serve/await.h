/* await: requests that wait for a result which is being downloaded for the cache right now, rather than run it once
 * more. Each waits as long as the run took that gave the links, within bounds; then it goes its own way. */
#ifndef PROXY_AWAIT_H
#define PROXY_AWAIT_H

#include "exchange.h"

struct await;

/* then(x) is called from the loop, once, when the download of this result has ended or the time is up. false = nothing
 * is being downloaded that this client could be given, or it is not worth waiting for: go on. */
bool await_start(struct exchange *x, const uint8_t key[DIGEST_BYTES], int64_t at_most_ms,
                 void (*then)(struct exchange *x));
void await_drop(struct exchange *x);   /* then() will not be called. Nothing under way is welcome */

void await_wake(struct proxy *p, const uint8_t key[DIGEST_BYTES]);

#endif
