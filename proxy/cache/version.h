/* version: the versions of Delta tables as they were read lately, by the tables' epoch names. A version is a number and a
 * digest of the commit that made it, because a table that is dropped and made again counts from the start. What is not
 * known is not known: then age alone decides. Bounded; the least recently read are forgotten. */
#ifndef PROXY_CACHE_VERSION_H
#define PROXY_CACHE_VERSION_H

#include "entry.h"
#include "epoch.h"

struct version {
    int64_t number;
    uint8_t id[ENTRY_TABLE_ID_BYTES];
    int64_t read_ms;     /* monotonic: when the question was sent */
};

enum version_verdict { VERSION_UNKNOWN, VERSION_SAME, VERSION_CHANGED };

struct versions;

enum rc versions_new(struct versions **out, struct err *e) MUST_CHECK;
void versions_free(struct versions **v);

/* Read at read_ms. v NULL = it has none (a view, no Delta table, no right to ask). */
void versions_learn(struct versions *v, const struct epoch_name *table, const struct version *known, int64_t read_ms);
bool versions_find(const struct versions *v, const struct epoch_name *table, struct version *out);
bool versions_is_recent(const struct versions *v, const struct epoch_name *table, int64_t now_ms, int64_t ttl_ms);

/* Are the tables of a versioned entry what they were, as far as was read within ttl_ms? */
enum version_verdict versions_judge(const struct versions *v, const struct entry *e, int64_t now_ms, int64_t ttl_ms);

#endif
