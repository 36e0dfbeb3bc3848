#include "config.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "check.h"
#include "core/mem.h"
#include "ini.h"
#include "value.h"

/* ---- life ------------------------------------------------------------------------------------------------------ */

static enum rc load(const struct args *a, struct config **out, struct err *e) {
    struct draft d;
    enum rc rc = draft_init(&d, a->path, e);
    if (rc == RC_OK && a->path) rc = ini_load(&d, a->path, e);
    if (rc == RC_OK) rc = args_apply(a, &d, e);
    if (rc == RC_OK) rc = check_all(&d, e);
    if (rc == RC_OK) *out = draft_take(&d);
    draft_fini(&d);
    return rc;
}

enum rc config_from_args(int argc, char **argv, struct config **out, enum config_action *action, struct err *e) {
    struct args a;
    *out = NULL;
    *action = CONFIG_RUN;
    if (args_scan(&a, argc, argv, e)) return RC_ERR;
    *action = a.action;
    return a.action == CONFIG_HELP || a.action == CONFIG_VERSION ? RC_OK : load(&a, out, e);
}

struct config *config_ref(const struct config *c) {
    struct config *mine = (struct config *)c; /* read-only but for the count */
    mine->refs++;
    return mine;
}

static void clear_item(const struct config *c, enum section_id id, int item) {
    const struct cfg_section *s = schema_section(id);
    for (int i = 0; i < s->n_keys; i++)
        value_clear(schema_slot(schema_item(c, id, item), &s->keys[i]), s->keys[i].kind);
    if (schema_is_named(s)) mem_free((char *)schema_item_name(c, id, item));
}

void config_unref(struct config **ref) {
    struct config *c = *ref;
    *ref = NULL;
    if (!c || --c->refs > 0) return;
    for (int id = 0; id < SEC_COUNT; id++)
        for (int item = 0; item < schema_count(c, id); item++) clear_item(c, id, item);
    mem_free(c->listen);
    mem_free(c->upstreams);
    mem_free(c->tenants);
    mem_free(c->rules);
    mem_free(c->admin);
    mem_free(c->path);
    mem_free(c);
}

static enum rc keep_fixed(struct config *fresh, const struct config *used, enum section_id id, const struct cfg_key *k,
                          void (*tell)(void *, const char *), void *arg, struct err *e) {
    void *to = schema_slot(schema_item(fresh, id, 0), k);
    const void *from = schema_slot(schema_item(used, id, 0), k);
    char name[64];
    if (value_same(to, from, k->kind)) return RC_OK;
    snprintf(name, sizeof name, "[%s] %s", schema_section(id)->name, k->key);
    tell(arg, name);
    return value_copy(to, from, k->kind, e);
}

enum rc config_keep_fixed(struct config *fresh, const struct config *used, void (*tell)(void *, const char *),
                          void *arg, struct err *e) {
    for (int id = 0; id < SEC_COUNT; id++)
        for (int i = 0; i < schema_section(id)->n_keys; i++) {
            const struct cfg_key *k = &schema_section(id)->keys[i];
            bool is_fixed = k->flags & CF_RESTART && !schema_is_named(schema_section(id));
            if (is_fixed && keep_fixed(fresh, used, id, k, tell, arg, e)) return RC_ERR;
        }
    return RC_OK;
}

/* ---- as text --------------------------------------------------------------------------------------------------- */

static enum rc print_key(const struct config *c, enum section_id id, int item, const struct cfg_key *k, struct buf *out,
                         struct err *e) {
    const char *comment = k->kind == CFG_SECRET ? "; " : "";
    if (buf_addf(out, e, "%s%s = ", comment, k->key)) return RC_ERR;
    if (value_print(out, schema_slot(schema_item(c, id, item), k), k, e)) return RC_ERR;
    return buf_addc(out, '\n', e);
}

static enum rc print_section(const struct config *c, enum section_id id, int item, struct buf *out, struct err *e) {
    const struct cfg_section *s = schema_section(id);
    const char *name = schema_item_name(c, id, item);
    if (buf_addf(out, e, "%s[%s%s%s]\n", out->len ? "\n" : "", s->name, *name ? "." : "", name)) return RC_ERR;
    for (int i = 0; i < s->n_keys; i++)
        if (print_key(c, id, item, &s->keys[i], out, e)) return RC_ERR;
    return RC_OK;
}

enum rc config_print(const struct config *c, struct buf *out, struct err *e) {
    for (int id = 0; id < SEC_COUNT; id++)
        for (int item = 0; item < schema_count(c, id); item++)
            if (print_section(c, id, item, out, e)) return RC_ERR;
    return RC_OK;
}

static enum rc add_semantics(const struct config *c, enum section_id id, int item, struct buf *out, struct err *e) {
    const struct cfg_section *s = schema_section(id);
    for (int i = 0; i < s->n_keys; i++) {
        const struct cfg_key *k = &s->keys[i];
        if (!(k->flags & CF_SEMANTIC) || k->kind == CFG_SECRET) continue;
        if (buf_addf(out, e, "%s.", s->name) || print_key(c, id, item, k, out, e)) return RC_ERR;
    }
    return RC_OK;
}

enum rc config_semantics(const struct config *c, const struct config_tenant *t, struct buf *out, struct err *e) {
    for (int id = 0; id < SEC_COUNT; id++)
        if (!schema_is_named(schema_section(id)) && add_semantics(c, id, 0, out, e)) return RC_ERR;
    if (buf_addf(out, e, "tenant %s\n", t->name) || add_semantics(c, SEC_TENANT, (int)(t - c->tenants), out, e))
        return RC_ERR;
    return add_semantics(c, SEC_UPSTREAM, (int)(t->up - c->upstreams), out, e);
}
