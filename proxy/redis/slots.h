/* slots: where a key lives in a Redis Cluster. Pure. */
#ifndef PROXY_REDIS_SLOTS_H
#define PROXY_REDIS_SLOTS_H

#include <stdint.h>

#include "reply.h"

enum { SLOTS = 16384, SLOTS_MAX_NODES = 128, SLOTS_HOST_BYTES = 256 };

struct slots_node {
    char host[SLOTS_HOST_BYTES];   /* "" = where the question went */
    int port;
};

/* A map as a server told it. */
struct slots_map {
    int n_nodes;
    struct slots_node nodes[SLOTS_MAX_NODES];
    int n_slots;                   /* that have a master */
    int16_t owner[SLOTS];          /* index of a node; -1 = nobody */
};

unsigned slots_of(struct sv key);  /* of what stands in the first {…}, else of all */
/* The reply of CLUSTER SLOTS: masters only. false = it is none. */
bool slots_read(const struct reply *r, struct slots_map *out);

enum slots_redirect { SLOTS_STAY, SLOTS_MOVED, SLOTS_ASK };
/* "MOVED 3999 127.0.0.1:6381" and "ASK …" */
enum slots_redirect slots_redirect(const struct reply *r, unsigned *slot, struct slots_node *to);

#endif
