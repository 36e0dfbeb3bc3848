/* entry: the kept result of one statement: the upstream's answer byte for byte, with the places that a hit must fill
 * in anew, and the further chunks of the result.
 *
 * Life: entry_new → filled in by its maker (chunks, dependencies, times) → put into a store, from when on it is
 * immutable but for its hit count and keep_until_ms. Reference-counted: eviction never takes it from an answer that is
 * being written. JSON is never written anew: numbers, escapes and nulls keep the upstream's spelling.
 *
 *   inline   json = {… "statement_id":▢ … "result":{chunk 0, "next_chunk_internal_link":▢}}, chunks 1… as their
 *            answers came: {chunk n, "next_chunk_internal_link":▢}
 *   linked   json = {… "statement_id":▢ … "result":▢}; every chunk is the body that was behind its link. The links
 *            themselves are credentials and are not kept.
 *
 * Not thread-safe. */
#ifndef PROXY_ENTRY_H
#define PROXY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"
#include "proxy/keys/handle.h"

enum { ENTRY_MAX_DEPS = 64, ENTRY_MAX_CHUNKS = 4096, ENTRY_DEP_NAME_BYTES = 16, ENTRY_TABLE_ID_BYTES = 16 };

/* What the result was read from, as it was when the statement was sent. */
struct entry_dep {
    uint8_t name[ENTRY_DEP_NAME_BYTES];      /* digest of the table's name; the first one is the tenant as a whole */
    uint64_t epoch;
    int64_t version;
    uint8_t table_id[ENTRY_TABLE_ID_BYTES];
    bool has_version;                        /* version and table_id are known */
};

struct entry_place {
    size_t at, len;              /* length 0 = there is none */
};

struct entry_chunk {
    char *bytes;                 /* the entry's; NULL for chunk 0 of an inline result, which is in the json */
    size_t len;
    int64_t row_offset, row_count;
    int64_t byte_count;          /* as the upstream told it; -1 = not told */
    struct entry_place next;     /* inline: the token of next_chunk_internal_link, in the chunk's own bytes */
};

struct entry {
    int refs;
    uint8_t key[DIGEST_BYTES];
    uint8_t scope[DIGEST_BYTES]; /* digest of the principal, or of those who share it */
    uint8_t gen[HANDLE_GEN_BYTES];
    int64_t submitted_ms;        /* monotonic, of this process: when the statement was sent; its age counts from here */
    int64_t submitted_wall_ms;   /* the same moment for other processes */
    int64_t ttl_ms, stale_revalidate_ms, stale_error_ms;
    int64_t exec_ms;             /* how long the upstream took */
    int64_t rows;                /* of the result */
    int64_t keep_until_ms;       /* monotonic: a client walks its chunks until then; a store evicts it last. 0 = none */
    uint64_t epoch;              /* of the cache when it was sent */
    uint8_t class;               /* enum sqlclass */
    uint8_t hits;                /* since it was filled; stays at 255 */
    bool truncated;              /* the server cut the result */
    bool linked;                 /* see above */
    bool hybrid;                 /* the client leaves it to the server whether a result comes inline or behind links */
    bool arrow;                  /* the result's format is ARROW_STREAM */
    bool deps_open;              /* there may be dependencies that are not among deps */
    bool versioned;              /* all versions were equal before and after it ran */
    int n_deps;
    struct entry_dep *deps;      /* entry_add_dep; at most ENTRY_MAX_DEPS */
    struct entry_place id;       /* the statement id's token in the json */
    struct entry_place result;   /* the value of "result" in the json */
    int first_links;             /* linked: how many links the first answer has; the others are asked for by index */
    int n_chunks;
    struct entry_chunk *chunks;
    size_t json_len;
    char *json;                  /* a direct result's state apart, as the upstream sent it */
};

/* One reference, a copy of the json and room for chunks; the rest zero. NULL = out of memory. */
struct entry *entry_new(struct sv json, int n_chunks);
struct entry *entry_ref(struct entry *e);
void entry_unref(struct entry **e);          /* sets NULL; NULL is welcome */

/* Before the entry is put. false = too many or out of memory: then the set is open (deps_open). */
bool entry_add_dep(struct entry *e, const struct entry_dep *d);

void entry_count_hit(struct entry *e);
int entry_missing(const struct entry *e);    /* the first chunk whose bytes are not there yet; -1 = all are */
struct sv entry_chunk_bytes(const struct entry *e, int i);  /* as long as the entry */
size_t entry_cost(const struct entry *e);    /* bytes of memory that it holds, overhead included */

/* The form in which it leaves the process. Versioned; lengths and places are checked on the way in, so that foreign
 * bytes give ERR_PROTOCOL and nothing worse. Neither submitted_ms nor hits travel: the first is found again from the
 * wall clock. One form per entry: what unpack accepts, pack writes byte for byte. */
enum rc entry_pack(const struct entry *e, struct buf *out, struct err *err) MUST_CHECK;
struct entry *entry_unpack(struct sv packed, struct err *err);  /* one reference, or NULL and *err is filled */

#endif
