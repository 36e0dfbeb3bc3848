/* dispatch: which room an exchange goes to. */
#ifndef PROXY_DISPATCH_H
#define PROXY_DISPATCH_H

#include "exchange.h"

void dispatch(struct exchange *x);

#endif
