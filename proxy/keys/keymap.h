/* keymap: an intrusive hash table whose keys are 32-byte keyed digests, hence evenly spread and not to be chosen by an
 * attacker. The owner allocates and frees the nodes; a node is in one map at most. */
#ifndef PROXY_KEYMAP_H
#define PROXY_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32 };

struct keymap_node {
    uint8_t key[DIGEST_BYTES];
    struct keymap_node *next;
};

struct keymap {
    struct keymap_node **slots;
    size_t n_slots, count;
};

bool keymap_init(struct keymap *m);  /* false = out of memory */
void keymap_fini(struct keymap *m);  /* nodes are the owner's */
struct keymap_node *keymap_find(const struct keymap *m, const uint8_t key[DIGEST_BYTES]);  /* NULL = none */
void keymap_add(struct keymap *m, struct keymap_node *n);     /* the key must not be there yet */
void keymap_remove(struct keymap *m, struct keymap_node *n);  /* must be there */

#endif
