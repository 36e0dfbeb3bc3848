/* inspect_priv: what the files of inspect share. */
#ifndef PROXY_INSPECT_PRIV_H
#define PROXY_INSPECT_PRIV_H

#include "inspect.h"

/* One entry for the list of pools, those of its breakers for theirs. */
void inspect_add_upstream(struct upstream *u, const char *name, cJSON *pools, cJSON *breakers);

#endif
