/* prefetch: the chunks of one result in order, loaded ahead by worker threads.
 *
 *   links (answer, GET …/chunks/n) ── download ──┐
 *   inline data (answer, GET …/chunks/n) ────────┴→ body: segments ── unpack ──→ queue of batches ── prefetch_next
 *
 * Chunks stay compressed until shortly before they are read, so that many fit into MaxFetchMemory; a quarter of it is for
 * batches that are ready. One chunk is always allowed. Segments are unpacked as they arrive, so the first batch is there
 * long before the first chunk is. How many downloads there are at a time follows from what is seen (pace.h). */
#ifndef DRIVER_PREFETCH_PREFETCH_H
#define DRIVER_PREFETCH_PREFETCH_H

#include "driver/result/batch.h"
#include "driver/http/sea_client.h"

struct prefetch;

struct prefetch_in {
    const struct sea_client *client;    /* these three must outlive the prefetch */
    const char *statement_id;
    const struct sea_manifest *manifest;
    const struct sea_result *first;     /* of the answer; copied or decoded before prefetch_new returns */
    struct column *columns;             /* manifest->n_columns entries; completed from the first chunk's data */
};

/* Checks the manifest's chunk list (ERR_RESULT_CORRUPT) and takes inline data. */
enum rc prefetch_new(struct prefetch **out, const struct prefetch_in *in, struct err *e) MUST_CHECK;

/* Waits for the first batch, so that columns are complete. */
enum rc prefetch_start(struct prefetch *p, struct cancel *c, int64_t deadline, struct err *e) MUST_CHECK;

/* The next batch, the caller's from then on; NULL after the last chunk. A cancelled or timed-out call may be repeated;
 * any other error stays. */
enum rc prefetch_next(struct prefetch *p, struct cancel *c, int64_t deadline, struct batch **out,
                      struct err *e) MUST_CHECK;

void prefetch_free(struct prefetch **p);    /* stops downloads and waits for the workers */

#endif
