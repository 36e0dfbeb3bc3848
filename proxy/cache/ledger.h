/* ledger: who holds how much memory. kept + captured + connections stays within the limit: what comes in takes the
 * place of kept results (store_make_room), and where that is not enough it is refused. */
#ifndef PROXY_CACHE_LEDGER_H
#define PROXY_CACHE_LEDGER_H

#include <stddef.h>

struct ledger {
    size_t limit;
    size_t kept;          /* by the store */
    size_t captured;      /* answers under way, held whole until they are known to be worth keeping */
    size_t connections;   /* of clients, with what is queued for them; an estimate */
};

static inline size_t ledger_used(const struct ledger *l) { return l->kept + l->captured + l->connections; }

#endif
