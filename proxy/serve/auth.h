/* auth: an exchange waits here until its token is known to be good now. */
#ifndef PROXY_AUTH_H
#define PROXY_AUTH_H

#include "exchange.h"
#include "proxy/tenant/identity.h"

/* then() is called at once when the token was accepted lately, else when the upstream has been asked. The exchange must
 * have a principal. */
void auth_require(struct exchange *x, void (*then)(struct exchange *x, const struct identity_answer *a));

/* Whose request it is. then() is called at once where that is known (always with principal=token), else when the upstream
 * has been asked. Without a usable token there is no principal. */
void auth_find_principal(struct exchange *x, void (*then)(struct exchange *x));

/* End the exchange with the upstream's own refusal. */
void auth_pass_refusal(struct exchange *x, const struct identity_answer *a);

#endif
