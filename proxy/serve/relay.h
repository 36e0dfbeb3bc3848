/* relay: a request on a statement id of ours whose result is not kept: it goes to the upstream under the upstream's id,
 * and what comes back carries ours. */
#ifndef PROXY_SERVE_RELAY_H
#define PROXY_SERVE_RELAY_H

#include "exchange.h"

void relay_begin(struct exchange *x, struct sv upstream_id);

#endif
