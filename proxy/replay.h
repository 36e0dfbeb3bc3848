/* replay: requests on statement ids of ours, that is, on hits: status, chunk, cancel, close. */
#ifndef PROXY_REPLAY_H
#define PROXY_REPLAY_H

#include "exchange.h"
#include "store.h"

/* End with the entry's answer under this statement id. */
void replay_answer(struct exchange *x, struct entry *e, const char *id);

void replay_begin(struct exchange *x);  /* route.id has our prefix */

#endif
