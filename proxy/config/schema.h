/* schema: the tables of include/tbl/config/ as data: which sections there are, which keys, and where their values lie.
 * Constant. */
#ifndef PROXY_CONFIG_SCHEMA_H
#define PROXY_CONFIG_SCHEMA_H

#include "config.h"
#include "core/sv.h"

enum cfg_kind { CFG_TEXT, CFG_LIST, CFG_SECRET, CFG_TIME, CFG_SIZE, CFG_INT, CFG_PERCENT, CFG_BOOL, CFG_WORD };

struct cfg_key {
    enum cfg_kind kind;
    const char *key, *dflt, *bounds, *doc;
    int flags;                 /* enum cfg_flag */
    size_t offset;             /* in the section's struct */
};

enum section_id {
    SEC_SERVER, SEC_LISTEN, SEC_TENANT, SEC_UPSTREAM, SEC_CACHE, SEC_REDIS, SEC_LIMITS, SEC_BREAKER, SEC_RETRY,
    SEC_SECURITY, SEC_LOG, SEC_RULE, SEC_COUNT
};

struct cfg_section {
    const char *name;          /* "tenant" of [tenant.NAME] */
    const struct cfg_key *keys;
    int n_keys;
    size_t size;               /* of one struct */
    size_t offset;             /* in struct config: of the struct, or of the pointer to the array of named ones */
    size_t count_offset;       /* named: of their number (int); 0 = there is one, without a name */
};

const struct cfg_section *schema_section(enum section_id id);
bool schema_find(struct sv name, enum section_id *id_r);
const struct cfg_key *schema_key(enum section_id id, struct sv name);  /* NULL: none */
static inline bool schema_is_named(const struct cfg_section *s) { return s->count_offset != 0; }

/* The item'th struct of a section (0 for those without a name). Named structs start with char *name. */
int schema_count(const struct config *c, enum section_id id);
void *schema_item(const struct config *c, enum section_id id, int item);
const char *schema_item_name(const struct config *c, enum section_id id, int item);  /* "" for those without */
static inline void *schema_slot(void *item, const struct cfg_key *k) { return (char *)item + k->offset; }

/* What the user may have meant: the nearest of the names, or NULL when none is near. */
const char *schema_nearest_section(struct sv name);
const char *schema_nearest_key(enum section_id id, struct sv name);

#endif
