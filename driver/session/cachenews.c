#include "cachenews.h"

#include <string.h>

/* The next parameter of "dbxproxyd; a; b=c"; false at the end. */
static bool next(struct sv *rest, struct sv *name, struct sv *value) {
    struct sv one, tail;
    if (!rest->len) return false;
    if (!sv_cut(*rest, ';', &one, &tail)) one = *rest, tail = SV_NULL;
    *rest = tail;
    if (!sv_cut(one, '=', name, value)) *name = one, *value = SV_NULL;
    *name = sv_trim(*name);
    *value = sv_trim(*value);
    return true;
}

static void take(struct cachenews *n, struct sv name, struct sv value) {
    long long number;
    if (sv_eq(name, SV_LIT("hit"))) n->kind = CACHENEWS_HIT;
    else if (sv_eq(name, SV_LIT("fwd"))) n->kind = sv_eq(value, SV_LIT("bypass")) ? CACHENEWS_BYPASS : CACHENEWS_MISS;
    else if (sv_eq(name, SV_LIT("collapsed"))) n->kind = CACHENEWS_JOINED;
    else if (sv_eq(name, SV_LIT("ttl")) && sv_to_i64(value, &number)) n->life_s = number;
}

struct cachenews cachenews_read(const char *status, int64_t age_s) {
    struct cachenews n = {CACHENEWS_NONE, age_s > 0 ? age_s : 0, 0};
    struct sv rest = sv_of(status), name, value;
    if (!next(&rest, &name, &value) || !sv_eq(name, SV_LIT("dbxproxyd"))) return (struct cachenews){0};
    while (next(&rest, &name, &value)) take(&n, name, value);
    if (n.kind == CACHENEWS_HIT && n.life_s < 0) n.kind = CACHENEWS_STALE;
    if (n.life_s < 0) n.life_s = 0;
    return n;
}

const char *cachenews_word(enum cachenews_kind kind) {
    static const char *const WORDS[] = {"no proxy", "hit", "stale hit", "joined another run", "miss", "not cacheable"};
    return WORDS[kind];
}
