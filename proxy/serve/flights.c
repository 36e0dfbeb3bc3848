#include <string.h>

#include "core/clock.h"
#include "core/mem.h"
#include "flight_priv.h"

enum { MAX_LANDINGS = 4096, LANDED_MS = 60 * 60 * 1000, SWEEP_S = 5 };

/* What is left of a flight of which somebody may hold an id without the upstream's in it. */
struct landing {
    struct keymap_node node;
    int64_t until_ms;
    char upstream_id[HANDLE_UPSTREAM_BYTES];
    uint8_t principal[DIGEST_BYTES];
    TAILQ_ENTRY(landing) link;
};

/* ---- the registry ---------------------------------------------------------------------------------------------- */

static void drop_landing(struct flights *f, struct landing *l) {
    TAILQ_REMOVE(&f->landings, l, link);
    keymap_remove(&f->landed, &l->node);
    f->n_landings--;
    mem_free(l);
}

static void on_sweep(evutil_socket_t fd, short what, void *arg) {
    struct flights *all = arg;
    int64_t now = clock_mono_ms();
    struct flight *f, *next;
    (void)fd;
    (void)what;
    while (!TAILQ_EMPTY(&all->landings) && TAILQ_FIRST(&all->landings)->until_ms <= now)
        drop_landing(all, TAILQ_FIRST(&all->landings));
    for (f = TAILQ_FIRST(&all->all); f; f = next) {
        next = TAILQ_NEXT(f, link);
        bool forgotten = f->is_over || now - f->news_ms > FLIGHT_HEARD_MS;
        if (TAILQ_EMPTY(&f->seats) && !f->up && forgotten) flight_free(f);
    }
}

enum rc flights_new(struct flights **out, struct proxy *p, struct err *e) {
    static const struct timeval EVERY = {SWEEP_S, 0};
    struct flights *f = mem_zalloc(sizeof *f);
    *out = f;
    if (!f) return err_nomem(e);
    f->proxy = p;
    TAILQ_INIT(&f->all);
    TAILQ_INIT(&f->landings);
    f->sweep = event_new(p->base, -1, EV_PERSIST, on_sweep, f);
    if (keymap_init(&f->by_key) && keymap_init(&f->by_gen) && keymap_init(&f->by_id) && keymap_init(&f->landed) &&
        f->sweep && event_add(f->sweep, &EVERY) == 0)
        return RC_OK;
    flights_free(out);
    return err_nomem(e);
}

void flights_free(struct flights **slot) {
    struct flights *f = *slot;
    if (!f) return;
    while (!TAILQ_EMPTY(&f->all)) flight_free(TAILQ_FIRST(&f->all));
    while (!TAILQ_EMPTY(&f->landings)) drop_landing(f, TAILQ_FIRST(&f->landings));
    if (f->sweep) event_free(f->sweep);
    keymap_fini(&f->by_key);
    keymap_fini(&f->by_gen);
    keymap_fini(&f->by_id);
    keymap_fini(&f->landed);
    mem_free(f);
    *slot = NULL;
}

size_t flights_count(const struct flights *f) { return f->n_flights; }
size_t flights_waiters(const struct flights *f) { return f->n_waiters; }

static struct flight *find(const struct keymap *m, const uint8_t key[DIGEST_BYTES]) {
    struct flight_name *n = (struct flight_name *)keymap_find(m, key); /* node is the first member */
    return n ? n->flight : NULL;
}

static void enlist(struct keymap *m, struct flight_name *n, struct flight *f, const uint8_t key[DIGEST_BYTES]) {
    memcpy(n->node.key, key, DIGEST_BYTES);
    n->flight = f;
    n->in = true;
    keymap_add(m, &n->node);
}

static void unlist(struct keymap *m, struct flight_name *n) {
    if (n->in) keymap_remove(m, &n->node);
    n->in = false;
}

void flight_delist(struct flight *f) { unlist(&f->proxy->flights->by_key, &f->by_key); }

static void pad(const uint8_t gen[HANDLE_GEN_BYTES], uint8_t out[DIGEST_BYTES]) {
    memset(out, 0, DIGEST_BYTES);
    memcpy(out, gen, HANDLE_GEN_BYTES);
}

struct flight *flight_by_gen(struct flights *all, const uint8_t gen[HANDLE_GEN_BYTES]) {
    uint8_t key[DIGEST_BYTES];
    pad(gen, key);
    return find(&all->by_gen, key);
}

bool flight_is_of(const struct flight *f, const uint8_t principal[DIGEST_BYTES]) {
    return memcmp(f->principal, principal, DIGEST_BYTES) == 0;
}

bool flight_digest_id(const struct tenant *t, struct sv id, uint8_t out[DIGEST_BYTES]) {
    struct err e = ERR_INIT;
    return id.len && secrets_digest(&t->secrets, "flight", id, out, &e) == RC_OK;
}

struct flight *flight_by_upstream_id(struct flights *all, const struct tenant *t, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    return all->n_flights && flight_digest_id(t, id, key) ? find(&all->by_id, key) : NULL;
}

bool flight_name_upstream(struct flight *f, struct sv id) {
    uint8_t key[DIGEST_BYTES];
    if (!id.len || id.len >= sizeof f->upstream_id || !flight_digest_id(f->tenant, id, key)) return false;
    unlist(&f->proxy->flights->by_id, &f->by_id);
    memcpy(f->upstream_id, id.ptr, id.len);
    f->upstream_id[id.len] = '\0';
    if (!find(&f->proxy->flights->by_id, key)) enlist(&f->proxy->flights->by_id, &f->by_id, f, key);
    return true;
}

void flight_unname_upstream(struct flight *f) {
    unlist(&f->proxy->flights->by_id, &f->by_id);
    f->upstream_id[0] = '\0';
    if (f->first_holds) f->handles--;
    f->first_holds = false;
}

struct sv flights_landed_id(struct flights *all, const uint8_t gen[HANDLE_GEN_BYTES]) {
    uint8_t key[DIGEST_BYTES];
    pad(gen, key);
    struct landing *l = (struct landing *)keymap_find(&all->landed, key); /* node is the first member */
    return l ? sv_of(l->upstream_id) : SV_NULL;
}

static void add_landing(const struct flight *f, const uint8_t key[DIGEST_BYTES]) {
    struct flights *all = f->proxy->flights;
    if (keymap_find(&all->landed, key)) return;
    if (all->n_landings >= MAX_LANDINGS) drop_landing(all, TAILQ_FIRST(&all->landings));
    struct landing *l = mem_zalloc(sizeof *l);
    if (!l) return;
    memcpy(l->node.key, key, DIGEST_BYTES);
    memcpy(l->upstream_id, f->upstream_id, sizeof l->upstream_id);
    memcpy(l->principal, f->principal, sizeof l->principal);
    l->until_ms = clock_mono_ms() + LANDED_MS;
    keymap_add(&all->landed, &l->node);
    TAILQ_INSERT_TAIL(&all->landings, l, link);
    all->n_landings++;
}

/* Under its generation, and under the upstream's id when others hold that result too: see flights_id_is_shared. */
static void remember_landing(struct flight *f) {
    uint8_t key[DIGEST_BYTES];
    if (!f->upstream_id[0]) return;
    add_landing(f, f->by_gen.node.key);
    if (f->told_others && flight_digest_id(f->tenant, sv_of(f->upstream_id), key)) add_landing(f, key);
}

bool flights_id_is_shared(struct flights *all, const struct tenant *t, const uint8_t principal[DIGEST_BYTES],
                          struct sv id) {
    uint8_t key[DIGEST_BYTES];
    if (!all->n_landings || !flight_digest_id(t, id, key)) return false;
    const struct landing *l = (const struct landing *)keymap_find(&all->landed, key); /* node is the first member */
    return l && memcmp(l->principal, principal, sizeof l->principal) == 0;
}

void flights_offer(struct flight *f) {
    struct flight *older = find(&f->proxy->flights->by_key, f->fill.key);
    if (older) flight_delist(older);
    enlist(&f->proxy->flights->by_key, &f->by_key, f, f->fill.key);
}

struct flight *flights_find(struct flights *all, const uint8_t key[DIGEST_BYTES]) { return find(&all->by_key, key); }

void flights_add(struct flight *f) {
    struct flights *all = f->proxy->flights;
    TAILQ_INSERT_TAIL(&all->all, f, link);
    all->n_flights++;
    f->tenant->metrics.value[M_FLIGHTS]++;
}

void flights_name(struct flight *f, const uint8_t gen[DIGEST_BYTES]) {
    enlist(&f->proxy->flights->by_gen, &f->by_gen, f, gen);
}

void flights_remove(struct flight *f) {
    struct flights *all = f->proxy->flights;
    remember_landing(f);
    flight_delist(f);
    unlist(&all->by_gen, &f->by_gen);
    unlist(&all->by_id, &f->by_id);
    TAILQ_REMOVE(&all->all, f, link);
    all->n_flights--;
    f->tenant->metrics.value[M_FLIGHTS]--;
}
