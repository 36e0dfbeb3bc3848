/* replay: requests on statement ids of ours, that is, on hits: status, chunk, cancel, close. */
#ifndef PROXY_REPLAY_H
#define PROXY_REPLAY_H

#include "exchange.h"
#include "proxy/cache/store.h"

/* End with the entry's answer under this statement id. */
void replay_answer(struct exchange *x, struct entry *e, const char *id);

/* Can this client be given links to us? A client on a Unix socket cannot follow any. */
bool replay_can_link(const struct exchange *x);

void replay_link(struct exchange *x);   /* ROUTE_LINK: the link is the credential */

void replay_begin(struct exchange *x);  /* route.id has our prefix */

#endif
