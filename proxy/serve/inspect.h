/* inspect: what the operator may ask a running proxy: how it does, why a request would (not) be kept, and to forget
 * results. Trees of JSON go in and out; the admin listener carries them. Read-only but for inspect_invalidate().
 * Nothing of it is on the way of a client's request. */
#ifndef PROXY_INSPECT_H
#define PROXY_INSPECT_H

#include <cjson/cJSON.h>

#include "proxy.h"

/* All sets of numbers, gauges brought up to date, the process' own first. *out is allocated and the caller's
 * (mem_free); 0 = out of memory. */
size_t inspect_sets(struct proxy *p, struct metrics_of **out);

void inspect_tick(struct proxy *p);        /* every few seconds: the status page's last minutes are made of this */

cJSON *inspect_status(struct proxy *p);    /* the numbers of the status page; NULL = out of memory */

/* Adds to the tree what the daemon does not know itself: tenants and their settings in brief, stores, pools. */
void inspect_state(struct proxy *p, cJSON *state);

/* Why would this request (not) be served from the cache? The question is the body of an execute request, and "tenant"
 * (may be absent where there is one only) and "token" (whose it is; without it nothing is looked up, and it is wiped).
 * The tree is changed. Nothing is run, counted or remembered. ERR_CONFIG_BAD with a sentence when there is no answer. */
enum rc inspect_explain(struct proxy *p, cJSON *question, cJSON **out, struct err *e) MUST_CHECK;

/* {"tenant":…, and one of "all":true, "tables":["c.s.t",…], "tag":"x", "key":"<hex>"}: results of it are unusable from
 * now on, in all instances where they share a store (but a key: that is dropped here and in the store). tenant absent =
 * all of them. *out says what was done. */
enum rc inspect_invalidate(struct proxy *p, const cJSON *wish, cJSON **out, struct err *e) MUST_CHECK;

#endif
