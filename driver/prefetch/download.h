/* download: the bytes behind a chunk's link, repeated where that helps, with an error that names the storage host and what
 * to do about it. Downloads carry no token. */
#ifndef DRIVER_PREFETCH_DOWNLOAD_H
#define DRIVER_PREFETCH_DOWNLOAD_H

#include "link.h"
#include "driver/http/sea_client.h"

struct download {
    const struct sea_client *client;
    int64_t index;                  /* of the chunk, for messages */
    int64_t byte_count;             /* that the server announced; -1 = not told. A hint for the ceiling */
    bool fresh;                     /* the link came moments ago: its expiry is not doubted */
    int *refreshes;                 /* links of this chunk that turned out to be stale so far */
    const struct http_sink *sink;   /* where the bytes go */
    void (*restart)(void *arg);     /* sink->arg: they come again from the first */
};

/* RC_OK and *done: all bytes have gone to the sink. RC_OK without: the link is stale or was refused; ask for another
 * (that is counted and ends in ERR_STORAGE). */
enum rc download_run(const struct download *d, const struct link *link, struct cancel *c, bool *done,
                     struct err *e) MUST_CHECK;

#endif
