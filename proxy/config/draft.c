#include "draft.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "value.h"

enum { MAX_ITEMS = 1024, MAX_NAME = 40 };

/* ---- where things came from ------------------------------------------------------------------------------------ */

static const struct draft_origin *origin_of(const struct draft *d, struct draft_place at, const struct cfg_key *key) {
    for (int i = d->n_origins - 1; i >= 0; i--) {
        const struct draft_origin *o = &d->origins[i];
        if (o->id == at.id && o->item == at.item && o->key == key) return o;
    }
    return NULL;
}

static enum rc remember(struct draft *d, struct draft_place at, const struct cfg_key *key, int line, struct err *e) {
    struct draft_origin *more = mem_realloc(d->origins, ((size_t)d->n_origins + 1) * sizeof *more);
    if (!more) return err_nomem(e);
    d->origins = more;
    more[d->n_origins++] = (struct draft_origin){at.id, at.item, key, line};
    return RC_OK;
}

static void title(const struct draft *d, struct draft_place at, char *out, size_t cap) {
    const char *name = schema_item_name(d->c, at.id, at.item), *section = schema_section(at.id)->name;
    snprintf(out, cap, "[%s%s%s]", section, *name ? "." : "", name);
}

enum rc draft_where(const struct draft *d, struct draft_place at, const char *key, struct err *e) {
    const struct cfg_key *k = key ? schema_key(at.id, sv_of(key)) : NULL;
    const struct draft_origin *o = origin_of(d, at, k);
    char where[96];
    if (!o) o = origin_of(d, at, NULL);
    title(d, at, where, sizeof where);
    err_wrap(e, "%s%s%s", where, key ? " " : "", key ? key : "");
    return o && o->line > 0 ? err_wrap(e, "%s:%d", d->path, o->line) : RC_ERR;
}

enum rc draft_bad(const struct draft *d, struct draft_place at, const char *key, struct err *e, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    err_vset(e, ERR_CONFIG_BAD, fmt, ap);
    va_end(ap);
    return draft_where(d, at, key, e);
}

/* The same for something that has no place yet. */
static enum rc bad_line(const struct draft *d, int line, struct err *e) {
    return line > 0 ? err_wrap(e, "%s:%d", d->path, line) : RC_ERR;
}

/* ---- sections -------------------------------------------------------------------------------------------------- */

static enum rc fill_defaults(struct config *c, enum section_id id, int item, struct err *e) {
    const struct cfg_section *s = schema_section(id);
    for (int i = 0; i < s->n_keys; i++)
        if (value_set(schema_slot(schema_item(c, id, item), &s->keys[i]), &s->keys[i], s->keys[i].dflt, e))
            return err_wrap(e, "default of %s", s->keys[i].key);
    return RC_OK;
}

static bool is_good_name(struct sv name) {
    static const char GOOD[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (name.len == 0 || name.len > MAX_NAME) return false;
    for (size_t i = 0; i < name.len; i++)
        if (!memchr(GOOD, name.ptr[i], sizeof GOOD - 1)) return false;
    return true;
}

static int find_item(const struct config *c, enum section_id id, struct sv name) {
    for (int i = 0; i < schema_count(c, id); i++)
        if (sv_eq(name, sv_of(schema_item_name(c, id, i)))) return i;
    return -1;
}

/* Room for one more; it is zeroed, then named, so that config_unref can free it at any moment. */
static enum rc add_item(struct config *c, enum section_id id, struct sv name, struct err *e) {
    const struct cfg_section *s = schema_section(id);
    int n = schema_count(c, id);
    char *array = n ? schema_item(c, id, 0) : NULL, *copy = mem_strndup(name.ptr, name.len);
    char *grown = copy && n < MAX_ITEMS ? mem_realloc(array, ((size_t)n + 1) * s->size) : NULL;
    if (!grown) {
        mem_free(copy);
        return n < MAX_ITEMS ? err_nomem(e) : err_set(e, ERR_CONFIG_BAD, "more than %d sections", MAX_ITEMS);
    }
    memset(grown + (size_t)n * s->size, 0, s->size);
    memcpy(grown + (size_t)n * s->size, &copy, sizeof copy);
    memcpy((char *)c + s->offset, &grown, sizeof grown);
    n++;
    memcpy((char *)c + s->count_offset, &n, sizeof n);
    return fill_defaults(c, id, n - 1, e);
}

static enum rc find_section(struct sv section, enum section_id *id_r, struct err *e) {
    if (schema_find(section, id_r)) return RC_OK;
    const char *near = schema_nearest_section(section);
    return err_set(e, ERR_CONFIG_BAD, "there is no section [" SV_FMT "]%s%s%s", SV_ARG(section),
                   near ? "; did you mean [" : "", near ? near : "", near ? "]?" : "");
}

static enum rc check_name(enum section_id id, struct sv name, struct err *e) {
    const char *section = schema_section(id)->name;
    if (!schema_is_named(schema_section(id)))
        return name.len ? err_set(e, ERR_CONFIG_BAD, "[%s] has no name", section) : RC_OK;
    if (is_good_name(name)) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "[%s.NAME] needs a name of 1 to %d letters, digits, dots, - or _", section,
                   MAX_NAME);
}

enum rc draft_section(struct draft *d, struct sv section, struct sv name, int line, struct draft_place *at_r,
                      struct err *e) {
    struct draft_place at = {0};
    if (find_section(section, &at.id, e) || check_name(at.id, name, e)) return bad_line(d, line, e);
    if (schema_is_named(schema_section(at.id))) at.item = find_item(d->c, at.id, name);
    if (at.item < 0) {
        at.item = schema_count(d->c, at.id);
        if (add_item(d->c, at.id, name, e)) return bad_line(d, line, e);
    }
    *at_r = at;
    const struct draft_origin *before = line > 0 ? origin_of(d, at, NULL) : NULL;
    if (!before) return line > 0 ? remember(d, at, NULL, line, e) : RC_OK;
    err_set(e, ERR_CONFIG_BAD, "this section stands in line %d already", before->line);
    return bad_line(d, line, e);
}

/* ---- settings -------------------------------------------------------------------------------------------------- */

static enum rc find_key(const struct draft *d, struct draft_place at, struct sv key, const struct cfg_key **k_r,
                        struct err *e) {
    *k_r = schema_key(at.id, key);
    if (*k_r) return RC_OK;
    const char *near = schema_nearest_key(at.id, key);
    char where[96];
    title(d, at, where, sizeof where);
    return err_set(e, ERR_CONFIG_BAD, "%s has no key \"" SV_FMT "\"%s%s%s", where, SV_ARG(key),
                   near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Values end up in headers, answers and file names, and are printed line by line. */
static bool has_control_bytes(const char *text) {
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f) return true;
    return false;
}

enum rc draft_set(struct draft *d, struct draft_place at, struct sv key, const char *text, int line, struct err *e) {
    const struct cfg_key *k;
    if (find_key(d, at, key, &k, e)) return bad_line(d, line, e);
    const struct draft_origin *before = line > 0 ? origin_of(d, at, k) : NULL;
    if (before) {
        err_set(e, ERR_CONFIG_BAD, "%s stands in line %d already", k->key, before->line);
        return bad_line(d, line, e);
    }
    if (remember(d, at, k, line, e)) return RC_ERR;
    if (has_control_bytes(text)) err_set(e, ERR_CONFIG_BAD, "a control character stands in the value");
    else if (value_set(schema_slot(schema_item(d->c, at.id, at.item), k), k, text, e) == RC_OK) return RC_OK;
    err_wrap(e, "%s", k->key);
    return bad_line(d, line, e);
}

enum rc draft_continue(struct draft *d, struct draft_place at, struct sv key, const char *text, int line,
                       struct err *e) {
    const struct cfg_key *k;
    if (find_key(d, at, key, &k, e)) return bad_line(d, line, e);
    if (k->kind != CFG_LIST)
        err_set(e, ERR_CONFIG_BAD, "an indented line continues the one before, but %s is not a list", k->key);
    else if (value_append(schema_slot(schema_item(d->c, at.id, at.item), k), text, e) == RC_OK) return RC_OK;
    return bad_line(d, line, e);
}

/* ---- life ------------------------------------------------------------------------------------------------------ */

enum rc draft_init(struct draft *d, const char *path, struct err *e) {
    *d = (struct draft){.c = mem_zalloc(sizeof *d->c), .path = path};
    if (!d->c) return err_nomem(e);
    d->c->refs = 1;
    if (path && !(d->c->path = mem_strdup(path))) return err_nomem(e);
    for (int id = 0; id < SEC_COUNT; id++)
        if (!schema_is_named(schema_section(id)) && fill_defaults(d->c, id, 0, e)) return RC_ERR;
    return RC_OK;
}

struct config *draft_take(struct draft *d) {
    struct config *c = d->c;
    d->c = NULL;
    return c;
}

void draft_fini(struct draft *d) {
    config_unref(&d->c);
    mem_free(d->origins);
    *d = (struct draft){0};
}
