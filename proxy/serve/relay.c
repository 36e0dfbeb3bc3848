#include "relay.h"

#include "core/json.h"
#include "forward.h"

enum { SILENCE_MS = 75 * 1000, CAPTURE_MAX = 26 * 1024 * 1024 };

/* The path with the upstream's id in the place of ours. NULL = out of memory. */
static const char *swap_id(struct exchange *x, struct sv upstream_id) {
    struct err e = ERR_INIT;
    struct buf path;
    struct sv head = sv_make(x->path, (size_t)(x->route.id.ptr - x->path));
    const char *tail = x->route.id.ptr + x->route.id.len;
    buf_init(&path, 64 * 1024);
    const char *made = NULL;
    if (buf_addsv(&path, head, &e) == RC_OK && buf_addsv(&path, upstream_id, &e) == RC_OK &&
        buf_adds(&path, tail, &e) == RC_OK)
        made = arena_dup(&x->arena, buf_sv(&path));
    buf_fini(&path);
    return made;
}

static void put_own_id(struct exchange *x, struct buf *body) {
    static const char *const PATH[] = {"statement_id", NULL};
    struct err e = ERR_INIT;
    struct sv id;
    struct buf out;
    bool found = false;
    if (json_slice(buf_sv(body), PATH, &id, &found, &e) || !found) return;
    size_t at = (size_t)(id.ptr - body->ptr), after = at + id.len;
    buf_init(&out, body->len + x->route.id.len + 16);
    if (buf_add(&out, body->ptr, at, &e) == RC_OK && buf_addf(&out, &e, "\"" SV_FMT "\"", SV_ARG(x->route.id)) == RC_OK &&
        buf_add(&out, body->ptr + after, body->len - after, &e) == RC_OK) {
        buf_fini(body);
        *body = out;
    } else {
        buf_fini(&out);
    }
}

static enum upstream_kind kind_of(enum route r) {
    return r == ROUTE_STATUS ? UP_POLL : r == ROUTE_CHUNK ? UP_CHUNK : UP_CANCEL;
}

void relay_begin(struct exchange *x, struct sv upstream_id) {
    bool status = x->route.route == ROUTE_STATUS;
    struct forward_plan plan = {
        .allow_list_only = true,
        .kind = kind_of(x->route.route),
        .capture_max = status ? CAPTURE_MAX : 0,
        .silence_ms = SILENCE_MS,
        .edit = status ? put_own_id : NULL,
    };
    struct sv kept = sv_of(arena_dup(&x->arena, upstream_id));
    const char *path = kept.ptr ? swap_id(x, kept) : NULL;
    if (!path) {
        exchange_refuse(x, 503, "TEMPORARILY_UNAVAILABLE", "dbxproxyd: out of memory", 1);
        return;
    }
    x->upstream_id = kept;
    x->route.id = sv_of(arena_dup(&x->arena, x->route.id)); /* it was a view into the old path */
    x->path = path;
    forward_start(x, &plan);
}
