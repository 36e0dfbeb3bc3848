/* store: the seam between the cache's decisions and where entries are held. Memory today; Redis is another of these.
 *
 * An entry is immutable once it was put, and reference-counted: eviction never takes it from an answer being written.
 */
#ifndef PROXY_STORE_H
#define PROXY_STORE_H

#include "proxy/keys/handle.h"
#include "proxy/watch/metrics.h"

enum { ENTRY_MAX_BLOBS = 16 };

struct entry_blob {
    size_t at, len;              /* in the body */
    int64_t index, row_offset, row_count;
};

struct entry {
    int refs;
    uint8_t key[DIGEST_BYTES];
    uint8_t principal[DIGEST_BYTES];
    uint8_t gen[HANDLE_GEN_BYTES];
    int64_t submitted_ms;        /* monotonic: when the statement was sent; its age counts from here */
    int64_t ttl_ms;
    uint64_t epoch;              /* of the cache when it was sent */
    size_t id_at, id_len;        /* the statement id's JSON token in the body */
    size_t result_at, result_len;/* the "result" object in the body; length 0 = none */
    int n_blobs;                 /* > 0: the result was behind links, and these are the bodies behind them */
    struct entry_blob blobs[ENTRY_MAX_BLOBS];
    size_t json_len;             /* of the body: the upstream's answer, byte for byte (a direct result's state apart) */
    size_t len;                  /* of the body: the blobs follow the answer */
    char body[];
};

/* One reference; the rest zero. The blobs' bytes stand together. NULL = out of memory. */
struct entry *entry_new(struct sv json, struct sv blobs);
struct entry *entry_ref(struct entry *e);
void entry_unref(struct entry **e);

struct store;

struct store_ops {
    struct entry *(*find)(struct store *s, const uint8_t key[DIGEST_BYTES]);  /* a reference for the caller, or NULL */
    bool (*put)(struct store *s, struct entry *e); /* takes its own reference; false = refused */
    void (*remove)(struct store *s, const uint8_t key[DIGEST_BYTES]);
    void (*clear)(struct store *s);
    void (*free)(struct store *s);
};

struct store {
    const struct store_ops *ops;
};

enum rc store_mem_new(struct store **out, size_t memory_limit, struct metrics *m, struct err *e) MUST_CHECK;

#endif
