/* chunk: GET of a chunk of an upstream statement: passed on as it is, and shown to the result that is being gathered,
 * if there is one. */
#ifndef PROXY_CHUNK_H
#define PROXY_CHUNK_H

#include "exchange.h"

void chunk_begin(struct exchange *x);  /* ROUTE_CHUNK of an upstream id */

#endif
