/* warehouse: "how is it?" and "start it!", asked once for all who ask at the same time.
 *
 * GET …/warehouses/{id}: those with the same token share one request, and its answer for two seconds more, until
 * something that is not a GET goes to the warehouses. POST …/warehouses/{id}/start: those of the same principal who come
 * while one is under way share it. Different principals never share: what one may see or do says nothing about another.
 * Only answers with status 200 are kept. */
#ifndef PROXY_SERVE_WAREHOUSE_H
#define PROXY_SERVE_WAREHOUSE_H

#include "exchange.h"

struct warehouses;

enum rc warehouses_new(struct warehouses **out, struct proxy *p, struct err *e) MUST_CHECK;
void warehouses_free(struct warehouses **w);  /* nobody may wait any more. NULL is welcome */

/* Takes the exchange if it is one of these; false = it is not, go on with it. */
bool warehouse_begin(struct exchange *x);
void warehouse_leave(struct exchange *x);     /* the client went; not waiting is welcome */

#endif
