/* cachenews: what a caching proxy said about an answer (RFC 9211 Cache-Status, RFC 9111 Age). Pure. */
#ifndef DRIVER_SESSION_CACHENEWS_H
#define DRIVER_SESSION_CACHENEWS_H

#include <stdint.h>

#include "core/sv.h"

enum cachenews_kind { CACHENEWS_NONE, CACHENEWS_HIT, CACHENEWS_STALE, CACHENEWS_JOINED, CACHENEWS_MISS, CACHENEWS_BYPASS };

struct cachenews {
    enum cachenews_kind kind;
    int64_t age_s, life_s;      /* of a result from the cache; life below zero is told as 0 */
};

/* status: the value of Cache-Status; "" or that of another cache than ours = NONE. age: of Age; -1 = not given. */
struct cachenews cachenews_read(const char *status, int64_t age_s);
const char *cachenews_word(enum cachenews_kind kind);   /* "hit" */

#endif
