/* relation: what the catalog says about the names in statements (Unity Catalog's TableInfo, GET
 * /api/2.1/unity-catalog/tables/NAME, no warehouse needed): a plain table, one with a row filter or a column mask, or
 * something that hides what it reads. Asked with the token of the request that wants to know, in the background, once per
 * name and metadata_ttl, and anew after a grant. Where there is no such catalog nothing is known, and what follows from
 * that is the careful thing: results are not shared, and any write drops them. */
#ifndef PROXY_TENANT_RELATION_H
#define PROXY_TENANT_RELATION_H

#include <event2/http.h>

#include "memo.h"

struct relations;
struct tenant;

/* From the least to the most that is known; of several names the least counts. */
enum relation { RELATION_UNKNOWN, RELATION_OTHER, RELATION_GUARDED, RELATION_PLAIN };

enum rc relations_new(struct relations **out, struct tenant *t, struct err *e) MUST_CHECK;
void relations_free(struct relations **r);

enum relation relations_of(const struct relations *r, const struct analysis *a);  /* its tables; none = UNKNOWN */
void relations_learn(struct relations *r, const struct analysis *a, const struct evkeyvalq *headers,
                     const uint8_t principal[DIGEST_BYTES]);

#endif
