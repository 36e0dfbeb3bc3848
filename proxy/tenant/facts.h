/* facts: things that were found out and are believed for a while, unless a grant was seen since: a bounded table from a
 * digest to a small number. What is forgotten is only asked again. */
#ifndef PROXY_TENANT_FACTS_H
#define PROXY_TENANT_FACTS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "proxy/keys/keymap.h"

enum { FACT_UNKNOWN = 0 };

struct facts {
    struct keymap map;
    TAILQ_HEAD(fact_list, fact) order;   /* oldest first */
    size_t most;
};

bool facts_init(struct facts *f, size_t most);  /* false = out of memory */
void facts_fini(struct facts *f);               /* all zero is welcome */

/* value > 0. at_ms: monotonic, when it was asked; epoch: the tenant's at that time. */
void facts_set(struct facts *f, const uint8_t key[DIGEST_BYTES], int value, int64_t at_ms, uint64_t epoch);
int facts_find(const struct facts *f, const uint8_t key[DIGEST_BYTES], int64_t within_ms, uint64_t epoch);

#endif
