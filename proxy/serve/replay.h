/* replay: a hit, and the requests on its statement id: status, chunk, cancel, close, and what is behind our links. */
#ifndef PROXY_REPLAY_H
#define PROXY_REPLAY_H

#include "exchange.h"
#include "proxy/cache/entry.h"

/* Can this client be given this entry? One on a Unix socket, for instance, cannot follow links to us unless it has been
 * told where we are. */
bool replay_can_serve(const struct exchange *x, const struct entry *e);

/* End with the entry's answer under this statement id. The client may come back for the chunks for 15 minutes. */
void replay_answer(struct exchange *x, struct entry *e, const char *id);

void replay_link(struct exchange *x);   /* ROUTE_LINK: the link is the credential */

void replay_begin(struct exchange *x);  /* route.id has our prefix */

#endif
