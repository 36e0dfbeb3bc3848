#include "epoch.h"

#include <string.h>
#include <sys/queue.h>

#include "core/clock.h"
#include "core/mem.h"

enum { MAX_KNOWN = 65536, REMOTE_PENDING_MS = 15 * 60 * 1000 };

struct item {
    struct keymap_node node;     /* its key is the name, padded with zeros */
    uint64_t value;
    bool is_sure;                /* raised by us or told by the store; a number made as now is neither */
    bool is_doubtful;            /* news about it may have been missed */
    unsigned writes;             /* of ours, under way */
    int64_t remote_until_ms;     /* another instance writes: at the longest until then. 0 = no */
    TAILQ_ENTRY(item) link;
};

struct epochs {
    const struct secrets *secrets;
    struct epoch_namer namer;
    struct epoch_name all, writes;
    struct keymap map;
    TAILQ_HEAD(items, item) order;   /* least recently used first */
    uint64_t lost;               /* highest value that was forgotten: a name made anew begins above it */
};

static struct epoch_name own_name(const struct secrets *s, struct sv text) {
    struct err e = ERR_INIT;
    struct epoch_name n;
    uint8_t digest[DIGEST_BYTES];
    /* without digests one name is for all: that is only misses */
    if (secrets_digest(s, "epoch", text, digest, &e)) memset(digest, 0xFF, sizeof digest);
    memcpy(n.bytes, digest, EPOCH_NAME_BYTES);
    return n;
}

struct epoch_name epoch_name_of(const struct epochs *e, struct sv table) {
    struct epoch_name n;
    if (!e->namer.name) return own_name(e->secrets, table);
    e->namer.name(e->namer.arg, table, n.bytes);
    return n;
}

enum rc epochs_new(struct epochs **out, const struct secrets *s, const struct epoch_namer *namer, struct err *err) {
    struct epochs *e = mem_zalloc(sizeof *e);
    *out = NULL;
    if (!e || !keymap_init(&e->map)) {
        mem_free(e);
        return err_nomem(err);
    }
    e->secrets = s;
    if (namer) e->namer = *namer;
    TAILQ_INIT(&e->order);
    e->all = epoch_name_of(e, SV_LIT("*"));
    e->writes = epoch_name_of(e, SV_LIT("~"));
    *out = e;
    return RC_OK;
}

static void item_free(struct epochs *e, struct item *it) {
    TAILQ_REMOVE(&e->order, it, link);
    keymap_remove(&e->map, &it->node);
    mem_free(it);
}

void epochs_free(struct epochs **slot) {
    struct epochs *e = *slot;
    if (!e) return;
    while (!TAILQ_EMPTY(&e->order)) item_free(e, TAILQ_FIRST(&e->order));
    keymap_fini(&e->map);
    mem_free(e);
    *slot = NULL;
}

struct epoch_name epoch_name_tag(const struct epochs *e, struct sv tag) {
    char text[128] = "#"; /* no table's name begins so */
    size_t len = tag.len < sizeof text - 1 ? tag.len : sizeof text - 1;
    if (len) memcpy(text + 1, tag.ptr, len);
    return epoch_name_of(e, sv_make(text, 1 + len));
}

struct epoch_name epoch_name_all(const struct epochs *e) { return e->all; }
struct epoch_name epoch_name_writes(const struct epochs *e) { return e->writes; }

/* ---- the table ------------------------------------------------------------------------------------------------- */

static struct item *find(const struct epochs *e, const struct epoch_name *name) {
    uint8_t key[DIGEST_BYTES] = {0};
    memcpy(key, name->bytes, sizeof name->bytes);
    return (struct item *)keymap_find(&e->map, key); /* node is the first member */
}

static uint64_t now_us(void) { return (uint64_t)clock_wall_ms() * 1000; }

static uint64_t higher(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* Room for one more: the least recently used that nobody writes to goes. */
static void make_room(struct epochs *e) {
    struct item *it = TAILQ_FIRST(&e->order);
    while (it && it->writes) it = TAILQ_NEXT(it, link);
    if (!it) return;
    e->lost = higher(e->lost, it->value);
    item_free(e, it);
}

/* NULL = out of memory. */
static struct item *get(struct epochs *e, const struct epoch_name *name) {
    struct item *it = find(e, name);
    if (it) {
        TAILQ_REMOVE(&e->order, it, link);
        TAILQ_INSERT_TAIL(&e->order, it, link);
        return it;
    }
    if (e->map.count >= MAX_KNOWN) make_room(e);
    it = mem_zalloc(sizeof *it);
    if (!it) return NULL;
    memcpy(it->node.key, name->bytes, sizeof name->bytes);
    it->value = higher(now_us(), e->lost + 1);
    keymap_add(&e->map, &it->node);
    TAILQ_INSERT_TAIL(&e->order, it, link);
    return it;
}

uint64_t epochs_get(struct epochs *e, const struct epoch_name *name) {
    struct item *it = get(e, name);
    return it ? it->value : higher(now_us(), ++e->lost); /* never twice the same: nothing agrees with it */
}

static bool item_is_pending(const struct item *it) {
    return it && (it->writes || it->remote_until_ms > clock_mono_ms());
}

bool epochs_is_pending(const struct epochs *e, const struct epoch_name *name) {
    return item_is_pending(find(e, name));
}

void epochs_read(struct epochs *e, struct epoch_set *set) {
    for (int i = 0; i < set->n; i++) set->values[i] = epochs_get(e, &set->names[i]);
}

bool epochs_are_same(struct epochs *e, const struct epoch_set *set) {
    for (int i = 0; i < set->n; i++) {
        const struct item *it = find(e, &set->names[i]);
        if (!it || it->value != set->values[i]) return false;
    }
    return set->n > 0;
}

bool epochs_agree(struct epochs *e, const struct epoch_set *set) {
    for (int i = 0; i < set->n; i++) {
        const struct item *it = find(e, &set->names[i]);
        if (!it || it->value != set->values[i] || item_is_pending(it)) return false;
    }
    return set->n > 0;
}

/* ---- writes ---------------------------------------------------------------------------------------------------- */

static void raise_item(struct item *it) {
    it->value = higher(now_us(), it->value + 1);
    it->is_sure = true;
}

void epochs_raise(struct epochs *e, const struct epoch_name *name) {
    struct item *it = get(e, name);
    if (it) raise_item(it);
}

void epochs_begin(struct epochs *e, const struct epoch_name *name) {
    struct item *it = get(e, name);
    if (!it) return;
    raise_item(it);
    it->writes++;
}

void epochs_end(struct epochs *e, const struct epoch_name *name) {
    struct item *it = get(e, name);
    if (!it) return;
    raise_item(it);
    if (it->writes) it->writes--;
}

uint64_t epochs_known(const struct epochs *e, const struct epoch_name *name) {
    const struct item *it = find(e, name);
    return it && it->is_sure ? it->value : 0;
}

void epochs_learn(struct epochs *e, const struct epoch_name *name, uint64_t value, bool pending) {
    struct item *it = get(e, name);
    if (!it) return;
    it->remote_until_ms = pending && !it->writes ? clock_mono_ms() + REMOTE_PENDING_MS : 0;
    if (!it->is_sure || value > it->value) it->value = value;
    it->is_sure = true;
    it->is_doubtful = false;
}

void epochs_doubt(struct epochs *e) {
    struct item *it;
    TAILQ_FOREACH(it, &e->order, link) it->is_doubtful = true;
}

bool epochs_are_doubtful(const struct epochs *e, const struct epoch_name *names, int n) {
    for (int i = 0; i < n; i++) {
        const struct item *it = find(e, &names[i]);
        if (!it || it->is_doubtful) return true;
    }
    return false;
}

size_t epochs_count(const struct epochs *e) { return e->map.count; }
