/* analyse: what an execute request means for policy and cache, from its bytes alone. */
#ifndef PROXY_SERVE_ANALYSE_H
#define PROXY_SERVE_ANALYSE_H

#include "statement.h"

struct refusal {
    int status;
    const char *error_code;
    char message[600];
};

/* Fills s; s->analysis is set, or x->bypass tells why not. false = the request is refused, as *no says. */
bool analyse(struct exchange *x, struct statement *s, struct refusal *no);

#endif
