/* link: where storage keeps a chunk, for some minutes. Its URL and headers are credentials: wiped when they go, never
 * logged. */
#ifndef DRIVER_PREFETCH_LINK_H
#define DRIVER_PREFETCH_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/sea_model.h"

struct link {
    char *url;                      /* NULL = no link */
    int64_t expires_ms;             /* wall clock; 0 = not told */
    int n_headers;
    struct sea_header *headers;     /* owned, names and values too */
};

static inline bool link_is_set(const struct link *l) { return l->url != NULL; }
enum rc link_set(struct link *l, const struct sea_link *told, struct err *e) MUST_CHECK;   /* in place of what was there */
struct link link_take(struct link *l);  /* the caller's from then on; l has none */
void link_fini(struct link *l);         /* leaves no link */

#endif
