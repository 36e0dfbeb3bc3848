#include "failover.h"

#include <string.h>

#include "breaker.h"

enum health health_of_word(const char *state, unsigned long len) {
    static const struct {
        const char *word;
        enum health health;
    } WORDS[] = {{"RUNNING", HEALTH_RUNNING}, {"STARTING", HEALTH_STARTING}, {"STOPPED", HEALTH_STOPPED},
                 {"STOPPING", HEALTH_STOPPED}, {"DELETED", HEALTH_DOWN},     {"DELETING", HEALTH_DOWN},
                 {"FAILED", HEALTH_DOWN}};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strlen(WORDS[i].word) == len && memcmp(WORDS[i].word, state, len) == 0) return WORDS[i].health;
    return HEALTH_UNKNOWN;
}

static bool is_well(const struct failover_member *m) { return !m->open && !m->denied && m->health != HEALTH_DOWN; }

int failover_choose(const struct failover_member *m, int n, int asked, int avoid, uint32_t chance) {
    int best = -1, open = 0;
    if (asked != avoid && is_well(&m[asked])) return asked;
    for (int i = 0; i < n; i++) {
        open += m[i].open;
        if (i == asked || i == avoid || !is_well(&m[i])) continue;
        if (best < 0 || m[i].health < m[best].health) best = i;
    }
    if (best >= 0) return best;
    if (!m[asked].open) return asked; /* also when it is down: its own error says why */
    return n > 1 && open == n && breaker_panic(chance) ? asked : -1;
}

/* FNV-1a. The ids are the operator's, a handful: they do not collide. */
static uint64_t hash_of(const char *text) {
    uint64_t h = 14695981039346656037U;
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 1099511628211U;
    return h;
}

void denials_add(struct denials *d, const uint8_t principal[DIGEST_BYTES], const char *warehouse, int64_t now_ms) {
    struct denial *n = &d->list[d->next++ % DENIALS];
    memcpy(n->principal, principal, DIGEST_BYTES);
    n->warehouse = hash_of(warehouse);
    n->until_ms = now_ms + DENIAL_MS;
    d->next %= DENIALS;
}

bool denials_has(const struct denials *d, const uint8_t principal[DIGEST_BYTES], const char *warehouse,
                 int64_t now_ms) {
    uint64_t h = hash_of(warehouse);
    for (int i = 0; i < DENIALS; i++) {
        const struct denial *n = &d->list[i];
        bool same = n->warehouse == h && memcmp(n->principal, principal, DIGEST_BYTES) == 0;
        if (same && n->until_ms > now_ms) return true;
    }
    return false;
}
