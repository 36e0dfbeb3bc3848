#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "inspect_priv.h"
#include "proxy/redis/shared.h"
#include "proxy/tenant/writes.h"

enum { MAX_TABLES = 60, NAME_BYTES = 800 };

/* What is to be forgotten, of each tenant in turn. */
struct wish {
    const char *tenant;       /* NULL = of all */
    bool all;
    const cJSON *tables;      /* NULL = none */
    const char *tag;
    bool has_key;
    uint8_t key[DIGEST_BYTES];
};

/* ---- reading it ------------------------------------------------------------------------------------------------ */

static bool read_hex(const char *text, uint8_t out[DIGEST_BYTES]) {
    if (strlen(text) != 2 * DIGEST_BYTES || strspn(text, "0123456789abcdefABCDEF") != 2 * DIGEST_BYTES) return false;
    for (int i = 0; i < DIGEST_BYTES; i++)
        if (sscanf(text + 2 * i, "%2hhx", &out[i]) != 1) return false;
    return true;
}

static bool is_table_name(const cJSON *name) {
    const char *text = cJSON_GetStringValue(name);
    int dots = 0;
    if (!text || strlen(text) >= NAME_BYTES || strchr(text, '*')) return false;
    for (const char *c = text; *c; c++) dots += *c == '.';
    return strchr(text, '`') ? dots >= 2 : dots == 2;
}

static enum rc read_tables(struct wish *w, struct err *e) {
    const cJSON *name;
    int n = cJSON_GetArraySize(w->tables);
    if (n == 0 || n > MAX_TABLES) return err_set(e, ERR_CONFIG_BAD, "tables wants 1 to %d names", MAX_TABLES);
    cJSON_ArrayForEach(name, w->tables) {
        if (!is_table_name(name))
            return err_set(e, ERR_CONFIG_BAD, "a table is written catalog.schema.table, without patterns");
    }
    return RC_OK;
}

static enum rc read_wish(const struct proxy *p, const cJSON *tree, struct wish *w, struct err *e) {
    const char *key = json_str(tree, "key");
    *w = (struct wish){.tenant = json_str(tree, "tenant"), .all = json_bool(tree, "all", false),
                       .tables = json_arr(tree, "tables"), .tag = json_str(tree, "tag"), .has_key = key != NULL};
    if (w->all + (w->tables != NULL) + (w->tag != NULL) + w->has_key != 1)
        return err_set(e, ERR_CONFIG_BAD, "say one of all, tables, tag or key");
    if (w->tenant && !proxy_tenant(p, w->tenant)) return err_set(e, ERR_CONFIG_BAD, "there is no tenant %s", w->tenant);
    if (w->has_key && !read_hex(key, w->key))
        return err_set(e, ERR_CONFIG_BAD, "a key is %d hex digits, as explain shows it", 2 * DIGEST_BYTES);
    return w->tables ? read_tables(w, e) : RC_OK;
}

/* ---- doing it -------------------------------------------------------------------------------------------------- */

/* As one that changed it: a name that is raised makes what rests on it unusable, in all instances. */
static void raise_names(struct tenant *t, const struct epoch_name *names, int n) {
    struct write *w = write_begin(t->writes, names, n, M_INVALIDATE_ADMIN);
    write_end(&w);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* The name of all writes too: a view hides the tables that it reads. */
static void forget_tables(struct tenant *t, const cJSON *tables) {
    struct epoch_name names[MAX_TABLES + 1];
    char text[NAME_BYTES];
    const cJSON *name;
    int n = 0;
    names[n++] = epoch_name_writes(t->cache.epochs);
    cJSON_ArrayForEach(name, tables) {
        size_t len = strlen(name->valuestring);
        for (size_t i = 0; i < len; i++) text[i] = lower(name->valuestring[i]);
        names[n++] = epoch_name_of(t->cache.epochs, sv_make(text, len));
    }
    raise_names(t, names, n);
}

static void forget_tag(struct tenant *t, const char *tag) {
    struct epoch_name name = epoch_name_tag(t->cache.epochs, sv_of(tag));
    raise_names(t, &name, 1);
}

static void forget(struct tenant *t, const struct wish *w) {
    if (w->all) raise_names(t, NULL, 0);
    else if (w->tables) forget_tables(t, w->tables);
    else if (w->tag) forget_tag(t, w->tag);
    else {
        cache_forget(&t->cache, w->key);
        if (t->store) shared_remove(t->shared, t->store, w->key, NULL);
        metrics_add(&t->metrics, M_INVALIDATE_ADMIN);
    }
}

static cJSON *tell(const struct wish *w, int n_tenants) {
    cJSON *out = cJSON_CreateObject();
    cJSON_AddStringToObject(out, "invalidated", w->all ? "all" : w->tables ? "tables" : w->tag ? "tag" : "key");
    cJSON_AddNumberToObject(out, "tenants", n_tenants);
    if (w->tables) cJSON_AddStringToObject(out, "note", "with them whatever may read them through a view");
    return out;
}

enum rc inspect_invalidate(struct proxy *p, const cJSON *tree, cJSON **out, struct err *e) {
    struct wish w;
    struct tenant *t;
    int n = 0;
    if (read_wish(p, tree, &w, e)) return RC_ERR;
    TAILQ_FOREACH(t, &p->tenants, link) {
        if (w.tenant && strcmp(w.tenant, t->name) != 0) continue;
        forget(t, &w);
        n++;
    }
    *out = tell(&w, n);
    return *out ? RC_OK : err_nomem(e);
}
