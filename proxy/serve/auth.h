/* auth: an exchange waits here until its token is known to be good now. */
#ifndef PROXY_AUTH_H
#define PROXY_AUTH_H

#include "exchange.h"
#include "proxy/tenant/identity.h"

/* then() is called at once when the token was accepted lately, else when the upstream has been asked. The exchange must
 * have a principal. */
void auth_require(struct exchange *x, void (*then)(struct exchange *x, const struct identity_answer *a));

/* End the exchange with the upstream's own refusal. */
void auth_pass_refusal(struct exchange *x, const struct identity_answer *a);

#endif
