/* fill: a result to be kept, as it was known when its statement was sent. */
#ifndef PROXY_TENANT_FILL_H
#define PROXY_TENANT_FILL_H

#include "proxy/cache/cache.h"
#include "proxy/sql/classify.h"
#include "session_track.h"

struct tenant;

struct fill {
    struct tenant *tenant;
    uint8_t key[DIGEST_BYTES];
    uint8_t principal[DIGEST_BYTES];      /* who asked */
    uint8_t scope[DIGEST_BYTES];          /* whose it is: a principal's digest, or that of what shares it */
    uint8_t gen[HANDLE_GEN_BYTES];        /* of the content to come */
    int writes_at;                        /* place of the name of all writes in epochs; 0 = it is not there */
    bool is_narrow;                       /* its tables hide nothing: other tables' writes do not matter */
    struct epoch_set epochs;              /* read before the statement was sent */
    int64_t submitted_ms, submitted_wall_ms;
    int64_t ttl_ms, stale_revalidate_ms, stale_error_ms;
    enum sqlclass class;
    struct session_view session;
    bool hybrid;                          /* the server may choose between inline and links: see entry.h */
    int64_t exec_ms;                      /* until the result was there; set at the end */
};

void fill_to_entry(const struct fill *f, struct entry *e);  /* what an entry takes from it */
bool fill_may_be_joined(const struct fill *f);  /* what it reads is no older than any write that has ended by now */
bool fill_is_current(const struct fill *f);   /* nothing it rests on has changed */

/* Keep a finished entry in memory, and where instances share a store, there: where it fits. false = nowhere. */
bool fill_keep(const struct fill *f, struct entry *e);

#endif
