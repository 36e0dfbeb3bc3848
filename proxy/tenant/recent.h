/* recent: what is remembered of results that are not kept: how often each was asked for lately, and which turned out
 * not to be worth waiting for. Bounded: the least recently asked for are forgotten, which only costs a miss. */
#ifndef PROXY_TENANT_RECENT_H
#define PROXY_TENANT_RECENT_H

#include <stdbool.h>

#include "core/err.h"
#include "proxy/keys/keymap.h"

struct recent;

enum rc recent_new(struct recent **out, struct err *e) MUST_CHECK;
void recent_free(struct recent **r);

/* One more request for it: the count within window_ms, this one included. */
int recent_count(struct recent *r, const uint8_t key[DIGEST_BYTES], int64_t window_ms);

int recent_seen(const struct recent *r, const uint8_t key[DIGEST_BYTES]);  /* the count, and no more; at least 1 */

/* Its result could not be kept: for_ms long identical requests do not wait for each other. */
void recent_mark_pass(struct recent *r, const uint8_t key[DIGEST_BYTES], int64_t for_ms);
bool recent_is_pass(const struct recent *r, const uint8_t key[DIGEST_BYTES]);

#endif
