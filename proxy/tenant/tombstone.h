/* tombstone: statement ids of ours that their clients closed, remembered in a bounded number, oldest forgotten first.
 */
#ifndef PROXY_TOMBSTONE_H
#define PROXY_TOMBSTONE_H

#include "proxy/keys/secrets.h"

struct tombstones;

enum rc tombstones_new(struct tombstones **out, const struct secrets *s, struct err *e) MUST_CHECK;
void tombstones_free(struct tombstones **t);
void tombstones_add(struct tombstones *t, struct sv id);
bool tombstones_has(const struct tombstones *t, struct sv id);

#endif
