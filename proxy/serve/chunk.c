#include "chunk.h"

#include "fetch.h"
#include "forward.h"

enum { SILENCE_MS = 75 * 1000, LINK_ANSWER_SLACK = 64 * 1024 };

static struct fetch *find_fetch(struct exchange *x, long long *chunk) {
    if (!x->has_principal || !sv_to_i64(x->route.chunk, chunk)) return NULL;
    return fetch_find(x->proxy, x->route.id, x->principal, *chunk);
}

/* What the fetch gets is what the client gets. A failed try leaves the chunk open for the next one. */
static void on_finish(struct exchange *x, const struct forward_answer *a) {
    long long chunk;
    struct fetch *f = find_fetch(x, &chunk); /* it may have ended meanwhile */
    if (!f || a->fault != UPSTREAM_OK || a->status == 429 || a->status >= 500) return;
    if (a->status != 200) fetch_give_up(f, FETCH_BROKEN);
    else if (!a->complete) fetch_give_up(f, FETCH_TOO_LARGE);
    else fetch_see_chunk(f, chunk, a->body);
}

void chunk_begin(struct exchange *x) {
    long long chunk;
    struct fetch *f = find_fetch(x, &chunk);
    struct forward_plan plan = {
        .kind = UP_CHUNK,
        .allow_list_only = true,
        .capture_max = f ? fetch_room(f) + LINK_ANSWER_SLACK : 0,
        .silence_ms = SILENCE_MS,
        .finish = f ? on_finish : NULL,
    };
    x->upstream_id = x->route.id;
    forward_start(x, &plan);
}
