#include "dispatch.h"

#include "forward.h"

enum { SILENCE_MS = 75 * 1000 };

void dispatch(struct exchange *x) {
    struct forward_plan plan = {
        .allow_list_only = x->route.route != ROUTE_PASS && x->route.route != ROUTE_PASS_WRITES,
        .repeatable = route_is_idempotent(x->route.route, sv_of(x->method)),
        .silence_ms = SILENCE_MS,
    };
    forward_start(x, &plan);
}
