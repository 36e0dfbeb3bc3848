/* memo: what was found out about request bodies, by a digest of the raw bytes and all that stands beside them, so that
 * a repeated body costs no parsing. It holds no results, and nothing in it depends on time or on epochs. Bounded: the
 * least recently used are forgotten. */
#ifndef PROXY_TENANT_MEMO_H
#define PROXY_TENANT_MEMO_H

#include "fill.h"

struct memo;

struct analysis_table {
    char *name;                       /* three parts, as deps.h spells them */
    struct epoch_name epoch;
};

/* What is known about one cacheable request. Immutable, reference-counted. */
struct analysis {
    int refs;
    uint8_t key[DIGEST_BYTES], scope[DIGEST_BYTES];
    struct analysis *shared;          /* the same under the key of those who share it; NULL = it is the principal's own */
    struct session_view session;      /* must still be the same (session_track_is_same) */
    enum sqlclass class;
    int64_t ttl_ms, stale_revalidate_ms, stale_error_ms;
    struct cache_wish wish;           /* of the client */
    bool no_lookup, no_store, only_if_cached;
    int64_t wait_ms;                  /* the client's wait_timeout; 0 = do not wait */
    bool cancel_on_timeout;           /* on_wait_timeout=CANCEL */
    bool hybrid;                      /* disposition=INLINE_OR_EXTERNAL_LINKS */
    uint64_t digest;                  /* for the list of top statements */
    char warehouse[64];               /* "" = unknown */
    char masked[200];                 /* the statement without its literals; "" unless it is to be logged */
    bool deps_open;
    bool is_shared;                   /* several principals may have the result; each must show its right */
    int n_tables;                     /* whose versions tell whether the result is still true; 0 = nothing does */
    struct analysis_table *tables;
    int writes_at;                    /* place of the name of all writes; 0 = it is not there */
    int n_names;
    struct epoch_name names[];        /* the first is the tenant's */
};

struct analysis *analysis_new(int n_names);        /* one reference; NULL = out of memory */
bool analysis_add_table(struct analysis *a, struct sv name, const struct epoch_name *epoch);  /* false = out of memory */
struct analysis *analysis_ref(struct analysis *a);
void analysis_unref(struct analysis **a);

enum rc memo_new(struct memo **out, struct err *e) MUST_CHECK;
void memo_free(struct memo **m);
void memo_clear(struct memo *m);
struct analysis *memo_find(struct memo *m, const uint8_t l0[DIGEST_BYTES]);   /* a reference for the caller, or NULL */
void memo_put(struct memo *m, const uint8_t l0[DIGEST_BYTES], struct analysis *a);  /* takes its own reference */

#endif
