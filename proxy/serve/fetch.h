/* fetch: the bodies behind an answer's links, loaded in the background after the client was given the links, so that
 * the next request for the same result is a hit. Nobody waits for it; whatever goes wrong means that nothing is kept.
 */
#ifndef PROXY_FETCH_H
#define PROXY_FETCH_H

#include "proxy/cache/answer.h"
#include "proxy/tenant/follow.h"
#include "proxy.h"

struct fetch;

/* body and answer are copied; false = not worth it or not possible now. */
bool fetch_start(struct proxy *p, const struct fill *f, struct sv body, const struct answer *a);
void fetch_drop_all(struct proxy *p);

#endif
