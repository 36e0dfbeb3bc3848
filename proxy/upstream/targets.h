/* targets: what has a breaker: the workspace, and each warehouse that statements are sent to. Warehouse ids come from
 * clients, so there are only so many at a time: the least used makes room while nothing is under way to it. */
#ifndef PROXY_UPSTREAM_TARGETS_H
#define PROXY_UPSTREAM_TARGETS_H

#include <sys/queue.h>

#include "breaker.h"
#include "failover.h"

enum { TARGETS_MAX = 256, TARGET_NAME = 96 };

struct target {
    char warehouse[TARGET_NAME];  /* "" = the workspace */
    struct breaker breaker;
    enum health health;
    char health_word[16];         /* "" = not known */
    int users;                    /* requests under way; members of the group are always in use */
    TAILQ_ENTRY(target) link;
};

struct targets {
    struct target host;
    TAILQ_HEAD(target_list, target) list;  /* warehouses, the latest used first */
    int count;
};

void targets_init(struct targets *t);
void targets_fini(struct targets *t);
struct target *targets_get(struct targets *t, const char *warehouse);  /* NULL = "", too long, or no room */
struct target *targets_find(const struct targets *t, const char *warehouse);  /* NULL = none */

#endif
