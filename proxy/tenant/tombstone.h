/* tombstone: statement ids that their clients cancelled or closed while others go on with the same statement, remembered
 * in a bounded number, oldest forgotten first. */
#ifndef PROXY_TOMBSTONE_H
#define PROXY_TOMBSTONE_H

#include "proxy/keys/secrets.h"

struct tombstones;

enum rc tombstones_new(struct tombstones **out, const struct secrets *s, struct err *e) MUST_CHECK;
void tombstones_free(struct tombstones **t);
enum tombstone { TOMBSTONE_NONE, TOMBSTONE_CANCELED, TOMBSTONE_CLOSED };

/* closed outlives cancelled. digest_r: what other instances know the id by; NULL = not wanted. */
void tombstones_add(struct tombstones *t, struct sv id, enum tombstone what, uint8_t digest_r[DIGEST_BYTES]);
void tombstones_learn(struct tombstones *t, const uint8_t digest[DIGEST_BYTES], enum tombstone what);
enum tombstone tombstones_find(const struct tombstones *t, struct sv id);

#endif
