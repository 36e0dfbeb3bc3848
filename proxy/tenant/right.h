/* right: may this principal read a result that another one fetched? Only where the operator shares results
 * (share=group:NAME or tenant, share_tables), and then only when all of this is known:
 *
 *   - every relation of the statement is a plain table (relation.h): no row filter, no column mask, no view, whose rows
 *     may depend on who asks;
 *   - the principal itself may run the statement: it ran it, or passed an EXPLAIN of it, within authz_ttl and since the
 *     last grant that was seen.
 *
 * What is not known is a no: the result is the principal's own then. Bounded; what is forgotten costs a question. */
#ifndef PROXY_TENANT_RIGHT_H
#define PROXY_TENANT_RIGHT_H

#include <event2/http.h>

#include "memo.h"

struct right_ask;
struct rights;
struct tenant;

enum rc rights_new(struct rights **out, struct tenant *t, struct err *e) MUST_CHECK;
void rights_free(struct rights **r);   /* answers under way are not told any more */

/* Has this principal shown its right to the result of that key? */
bool rights_are_shown(const struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES]);
void rights_note_shown(struct rights *r, const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES]);

/* Let the upstream EXPLAIN the statement of an execute request with its own token. fn is called once, from the loop;
 * may = it passed (and was noted). RC_ERR: nothing will come. *ask_r is good until fn. */
typedef void right_fn(void *arg, bool may);
enum rc right_explain(struct rights *r, struct sv body, const struct evkeyvalq *headers, const char *warehouse,
                      const uint8_t principal[DIGEST_BYTES], const uint8_t key[DIGEST_BYTES], right_fn *fn, void *arg,
                      struct right_ask **ask_r, struct err *e) MUST_CHECK;
void right_ask_drop(struct right_ask **a);   /* the asker has gone; NULL is welcome */

#endif
