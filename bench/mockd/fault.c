#include "fault.h"

#include <string.h>

static const char *const NAMES[] = {
    "NONE",
#define NAME_IT(name) #name,
    STORAGE_FAULTS(NAME_IT) LINK_FAULTS(NAME_IT)
#undef NAME_IT
};

const char *fault_name(enum fault f) { return NAMES[f]; }

enum fault fault_named(const char *name, unsigned len) {
    for (int f = 1; f < N_FAULTS; f++)
        if (strncmp(NAMES[f], name, len) == 0 && !NAMES[f][len]) return (enum fault)f;
    return FAULT_NONE;
}

static uint64_t mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

uint64_t fault_random(const struct fault_plan *p, long long chunk, unsigned salt) {
    return mix(mix(mix(p->seed) + (uint64_t)chunk) + salt);
}

enum fault fault_at(const struct fault_plan *p, enum fault_place place, long long chunk, unsigned attempt) {
    static const enum fault FIRST[] = {FAULT_RESET, FAULT_LINK_RESET, FAULT_LINK_EXPIRED};
    static const enum fault END[] = {FAULT_LINK_RESET, N_FAULTS, N_FAULTS};
    unsigned again = p->seed & 1 ? 0 : attempt;
    uint64_t r = fault_random(p, chunk, 16 + 4 * again + place);
    if (!p->per_mille || r % 1000 >= (uint64_t)p->per_mille) return FAULT_NONE;
    if (p->only) return p->only >= FIRST[place] && p->only < END[place] ? p->only : FAULT_NONE;
    return FIRST[place] + (enum fault)((r >> 32) % (unsigned)(END[place] - FIRST[place]));
}
