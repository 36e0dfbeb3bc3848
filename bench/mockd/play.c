#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mock.h"

enum { MAX_REPEAT = 100000 };

void play_id(const struct play *p, char id[ID_BYTES]) {
    snprintf(id, ID_BYTES, "mock-%d-%ld-%u-%u-%d-%d-%d-%d-%d-%d", p->index, p->repeat, p->serial, p->plan.seed,
             p->plan.per_mille, (int)p->plan.only, p->links, p->expire_ms, p->dead, p->inlined);
}

bool play_of_id(const struct mock *m, const char *id, struct play *out) {
    int only, inlined;
    struct play p;
    if (sscanf(id, "mock-%d-%ld-%u-%u-%d-%d-%d-%d-%d-%d", &p.index, &p.repeat, &p.serial, &p.plan.seed,
               &p.plan.per_mille, &only, &p.links, &p.expire_ms, &p.dead, &inlined) != 10)
        return false;
    if (p.index < 0 || p.index >= m->shelf.n || p.repeat < 1 || p.repeat > MAX_REPEAT || only < 0 || only >= N_FAULTS)
        return false;
    if (p.dead < 0 || p.dead > 2) return false;
    p.cassette = &m->shelf.all[p.index];
    p.plan.only = (enum fault)only;
    p.inlined = inlined;
    *out = p;
    return true;
}

static long number_after(const char *sql, const char *word, long otherwise) {
    const char *at = strstr(sql, word);
    return at ? strtol(at + strlen(word), NULL, 10) : otherwise;
}

static void read_plan(const char *sql, struct fault_plan *plan) {
    const char *at = strstr(sql, "faults ");
    char name[64] = "";
    if (!at || sscanf(at, "faults %u:%d:%63[A-Z_0-9]", &plan->seed, &plan->per_mille, name) < 2) return;
    plan->only = fault_named(name, (unsigned)strlen(name));
}

bool play_of_sql(struct mock *m, const char *sql, bool json, struct play *out) {
    const struct cassette *c = shelf_find(&m->shelf, sql);
    const struct cassette *twin = c && json ? shelf_named(&m->shelf, c->name, strlen(c->name), "_json") : NULL;
    if (!c) return false;
    if (twin) c = twin;
    *out = (struct play){.cassette = c, .index = (int)(c - m->shelf.all), .plan = m->plan};
    out->repeat = number_after(sql, "repeat ", 1);
    if (out->repeat < 1 || out->repeat > MAX_REPEAT) out->repeat = 1;
    out->serial = ++m->serial;
    out->links = (int)number_after(sql, "links ", m->links);
    out->expire_ms = (int)number_after(sql, "expire ", m->expire_s * 1000L);
    out->dead = strstr(sql, "dead refuse") ? 1 : strstr(sql, "dead drop") ? 2 : 0;
    read_plan(sql, &out->plan);
    for (unsigned i = 0; out->plan.per_mille && i < SEEN_EACH; i++) m->seen[(out->serial * SEEN_EACH + i) % SEEN] = 0;
    return true;
}

enum fault mock_fault(struct mock *m, const struct play *p, enum fault_place place, long long chunk) {
    if (!p->plan.per_mille) return FAULT_NONE;
    unsigned at = (p->serial * SEEN_EACH + (unsigned)chunk % (SEEN_EACH / 4) * 4 + place) % SEEN;
    unsigned attempt = m->seen[at]++;
    enum fault f = fault_at(&p->plan, place, chunk, attempt);
    bool plain = p->cassette->plain;
    if (plain && (f == FAULT_FLIP || f == FAULT_FRAME_LOST || f == FAULT_FRAME_TWICE)) f = FAULT_CUT;
    if (f) m->faults[f]++;
    return f;
}
