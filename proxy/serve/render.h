/* render: a kept result as the answers of a statement of ours: the upstream's own bytes, with our statement id, our
 * paths to further chunks and our links in their places. Large parts are referenced, not copied. */
#ifndef PROXY_RENDER_H
#define PROXY_RENDER_H

#include <event2/buffer.h>

#include "proxy/cache/entry.h"
#include "proxy/keys/handle.h"

enum { RENDER_LINK_LIFE_MS = 15 * 60 * 1000, RENDER_ATTACHMENT_MAX = 4 * 1024 * 1024 };

struct render {
    struct entry *entry;
    const char *id;                  /* statement id of ours */
    const char *origin;              /* scheme://authority that this client reaches us by; NULL = it follows no links */
    const struct secrets *secrets;   /* for links */
};

/* Can this client be given this result at all? One without links gets what has none, and a result in one small Arrow
 * chunk where it left the disposition to the server: as an attachment. Never several: clients read the first only. */
bool render_can(const struct entry *e, bool has_links);

/* false = out of memory: out is of no use then. */
bool render_answer(const struct render *r, struct evbuffer *out);
bool render_chunk(const struct render *r, int64_t chunk, struct evbuffer *out);  /* the chunk must exist */

int render_chunk_count(const struct entry *e);   /* that can be asked for by index */

static inline bool render_link_lives(const struct handle *h, int64_t now_wall_ms) {
    return now_wall_ms - h->created_ms <= RENDER_LINK_LIFE_MS;
}

/* Bytes of a chunk behind a link. */
bool render_bytes(struct entry *e, int chunk, size_t from, size_t len, struct evbuffer *out);

#endif
