/* store: kept results in this process's memory, limited by bytes. One for all tenants, in parts: what a tenant keeps
 * beyond its quota goes first.
 *
 * S3-FIFO within a part: a small queue takes newcomers, those asked for again move to the main queue, the others leave
 * only their name (ghost), by which a second coming goes straight to the main queue. So one large scan of statements
 * never asked again does not empty the cache.
 *
 * An entry is immutable once it was put, and reference-counted: eviction never takes it from an answer being written.
 */
#ifndef PROXY_CACHE_STORE_H
#define PROXY_CACHE_STORE_H

#include "entry.h"
#include "ledger.h"
#include "proxy/watch/metrics.h"

struct store;
struct store_part;

enum rc store_new(struct store **out, struct ledger *ledger, struct err *e) MUST_CHECK;
void store_free(struct store **s);   /* after its parts */

/* quota 0 = an equal share. metrics: of the tenant. */
enum rc store_part_new(struct store_part **out, struct store *s, size_t quota, struct metrics *m,
                       struct err *e) MUST_CHECK;
void store_part_free(struct store_part **p);
void store_part_set_quota(struct store_part *p, size_t quota);
void store_part_clear(struct store_part *p);
size_t store_part_bytes(const struct store_part *p);
size_t store_part_entries(const struct store_part *p);

struct entry *store_find(struct store *s, const uint8_t key[DIGEST_BYTES]);  /* a reference for the caller, or NULL */
struct entry *store_peek(const struct store *s, const uint8_t key[DIGEST_BYTES]);  /* likewise, not counted as use */
bool store_put(struct store_part *p, struct entry *e);  /* takes its own reference; false = it did not fit */
void store_remove(struct store *s, const uint8_t key[DIGEST_BYTES]);

/* Evict until so many more bytes are within the limit; false = even an empty store leaves no such room. */
bool store_make_room(struct store *s, size_t bytes);

/* Each entry of a part, for what must be looked through by the operator's wish. fn true = drop it. */
void store_part_each(struct store_part *p, bool (*fn)(void *arg, const struct entry *e), void *arg);

#endif
