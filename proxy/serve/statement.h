/* statement: an execute request from its body to its end: classified, looked up, served or run, kept; and the polls of
 * statements that are still under way. */
#ifndef PROXY_STATEMENT_H
#define PROXY_STATEMENT_H

#include "exchange.h"

void statement_begin(struct exchange *x);  /* ROUTE_EXECUTE */
void statement_poll(struct exchange *x);   /* ROUTE_STATUS of an upstream id */
void statement_drop(struct exchange *x);   /* frees x->statement; a write still open counts as of unknown outcome */

#endif
