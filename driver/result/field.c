#include "field.h"

#include <string.h>

static enum rc read_children(struct field *out, const struct ArrowSchema *schema, struct arena *a, int depth,
                             struct err *e) {
    out->n_children = (int)schema->n_children;
    out->children = arena_array(a, (size_t)schema->n_children, sizeof *out->children);
    if (!out->children) return err_nomem(e);
    for (int i = 0; i < out->n_children; i++)
        if (field_read(&out->children[i], schema->children[i], a, depth + 1, e) != RC_OK) return RC_ERR;
    return RC_OK;
}

/* Values inside lists and structs become text, and timestamps need their zone for that. A zone that is not known on
 * this machine is an error only there; for plain columns the caller of decoder_columns() decides. */
static enum rc load_zone(struct field *out, int depth, struct err *e) {
    if (out->type != NANOARROW_TYPE_TIMESTAMP || depth < 2 || !*out->zone_name) return RC_OK;
    return tz_get(&out->zone, sv_of(out->zone_name), e) == RC_OK ? RC_OK : err_wrap(e, "field \"%s\"", out->name);
}

enum rc field_read(struct field *out, const struct ArrowSchema *schema, struct arena *a, int depth, struct err *e) {
    struct ArrowSchemaView view = {0};    /* the reader sets only what the type has */
    struct ArrowError ae = {.message = ""};
    if (depth > FIELD_MAX_DEPTH)
        return err_set(e, ERR_RESULT_CORRUPT, "types are nested more than %d levels deep", FIELD_MAX_DEPTH);
    if (ArrowSchemaViewInit(&view, schema, &ae) != NANOARROW_OK)
        return err_set(e, ERR_RESULT_CORRUPT, "the Arrow schema is not valid: %.200s", ae.message);
    if (view.fixed_size < 0 || view.fixed_size > FIELD_MAX_WIDTH)
        return err_set(e, ERR_RESULT_CORRUPT, "a field of fixed size %d", (int)view.fixed_size);
    out->type = view.type == NANOARROW_TYPE_DICTIONARY ? view.storage_type : view.type;
    out->unit = view.time_unit;
    out->precision = view.decimal_precision;
    out->scale = view.decimal_scale;
    out->width = view.fixed_size;
    out->nullable = schema->flags & ARROW_FLAG_NULLABLE;
    out->name = arena_dup(a, sv_of(schema->name ? schema->name : ""));
    out->zone_name = arena_dup(a, sv_of(view.type == NANOARROW_TYPE_TIMESTAMP && view.timezone ? view.timezone : ""));
    if (!out->name || !out->zone_name) return err_nomem(e);
    if (schema->dictionary) {
        out->dictionary = arena_alloc(a, sizeof *out->dictionary);
        if (!out->dictionary) return err_nomem(e);
        if (field_read(out->dictionary, schema->dictionary, a, depth + 1, e) != RC_OK) return RC_ERR;
    }
    return load_zone(out, depth, e) == RC_OK ? read_children(out, schema, a, depth, e) : RC_ERR;
}
