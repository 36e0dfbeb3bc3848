/* failover: which warehouse of a declared group takes a statement. Members share workspace and channel; the operator
 * says so. Pure, but for the memory of who may not use which. */
#ifndef PROXY_UPSTREAM_FAILOVER_H
#define PROXY_UPSTREAM_FAILOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "proxy/keys/keymap.h"

/* By REST, in the order of preference. What is stopped starts when asked: healthy, but cold. */
enum health { HEALTH_RUNNING, HEALTH_UNKNOWN, HEALTH_STARTING, HEALTH_STOPPED, HEALTH_DOWN };
enum health health_of_word(const char *state, unsigned long len);  /* of "RUNNING", … */

struct failover_member {
    bool open;          /* its breaker says no */
    bool denied;        /* this principal may not use it */
    enum health health;
};

/* asked: the statement's own; avoid: has just failed, -1 = none. The own one while it is well, else the best of the
 * others, else the own one when it may be asked at all, or by panic when all are open. -1 = nobody now. */
int failover_choose(const struct failover_member *m, int n, int asked, int avoid, uint32_t chance);

enum { DENIALS = 256, DENIAL_MS = 5 * 60 * 1000 };

struct denials {        /* all zero = empty; the oldest is forgotten first */
    struct denial {
        uint8_t principal[DIGEST_BYTES];
        uint64_t warehouse;
        int64_t until_ms;
    } list[DENIALS];
    int next;
};

void denials_add(struct denials *d, const uint8_t principal[DIGEST_BYTES], const char *warehouse, int64_t now_ms);
bool denials_has(const struct denials *d, const uint8_t principal[DIGEST_BYTES], const char *warehouse,
                 int64_t now_ms);

#endif
