/* SQLBindCol writes to the ARD and nothing else. */
#include "bind.h"

#include "api.h"
#include "bookmark.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

SQLSMALLINT bind_c_type(SQLSMALLINT c_type) {
    switch (c_type) {
    case SQL_C_DATE: return SQL_C_TYPE_DATE;
    case SQL_C_TIME: return SQL_C_TYPE_TIME;
    case SQL_C_TIMESTAMP: return SQL_C_TYPE_TIMESTAMP;
    default: return c_type;
    }
}

static SQLRETURN unbind(struct desc *ard, int number) {
    struct desc_rec *r = number < ard->cap ? &ard->recs[number] : NULL;
    if (r) r->data = r->octet_length_ptr = r->indicator_ptr = NULL;
    while (ard->count > 0 && !bind_is_bound(&ard->recs[ard->count])) ard->count--;
    return SQL_SUCCESS;
}

SQLRETURN api_bind_col(struct stmt *s, SQLUSMALLINT number, SQLSMALLINT c_type, SQLPOINTER target, SQLLEN cap,
                       SQLLEN *ind) {
    if (number == 0 && s->attrs.use_bookmarks == SQL_UB_OFF)
        return diag_fail(&s->h, ST_BAD_INDEX, "column 0 is the bookmark column, and bookmarks are off");
    if (number > DESC_MAX_RECORDS) return diag_fail(&s->h, ST_BAD_INDEX, "there is no column %u", number);
    if (!target && !ind) return unbind(s->ard, number);
    c_type = bind_c_type(c_type);
    if (number == 0 && !bookmark_is_c_type(c_type))
        return diag_fail(&s->h, ST_C_TYPE, "a bookmark is SQL_C_VARBOOKMARK or SQL_C_BOOKMARK, not %d", c_type);
    if (!conv_is_c_type(c_type)) return diag_fail(&s->h, ST_C_TYPE, "%d is no C data type", c_type);
    if (cap < 0) return diag_fail(&s->h, ST_LENGTH, "the buffer length %ld is negative", (long)cap);
    struct desc_rec *r = desc_at(s->ard, number);
    if (!r) return diag_nomem(&s->h);
    desc_set_concise(r, c_type);
    r->octet_length = cap;
    r->length = (SQLULEN)cap;
    r->data = target;
    r->octet_length_ptr = r->indicator_ptr = ind;
    if (number > s->ard->count) s->ard->count = number;
    return SQL_SUCCESS;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

struct bind_frame bind_frame_of(const struct stmt *s) {
    const struct desc *ard = s->ard;
    return (struct bind_frame){
        .by_row = ard->bind_type != SQL_BIND_BY_COLUMN ? (ptrdiff_t)ard->bind_type : 0,
        .offset = ard->bind_offset ? (ptrdiff_t)*ard->bind_offset : 0,
        .max_length = (size_t)s->attrs.max_length, .parts = (enum conv_parts)s->dbc->options.whole_characters,
        .wide_types = s->dbc->options.wide_types };
}

static inline char *place(void *base, ptrdiff_t distance) { return base ? (char *)base + distance : NULL; }

static inline SQLSMALLINT c_type_of(const struct stmt *s, const struct bind_frame *f, int col, SQLSMALLINT concise) {
    if (col == BOOKMARK_COL) return bookmark_c_type(concise, s->attrs.use_bookmarks);
    if (concise != SQL_C_DEFAULT) return concise;
    return conv_default_c_type(&s->cursor->cols[col], f->wide_types);
}

void bind_job(const struct stmt *s, const struct bind_frame *f, int col, const struct desc_rec *r, int64_t row,
              struct conv_job *out) {
    const struct cursor *c = s->cursor;
    SQLSMALLINT c_type = c_type_of(s, f, col, r->concise);
    SQLLEN size = conv_c_size(c_type);
    if (size == 0) size = r->octet_length;          /* delivered in parts */
    ptrdiff_t data_stride = f->by_row ? f->by_row : (ptrdiff_t)size;
    ptrdiff_t length_stride = f->by_row ? f->by_row : (ptrdiff_t)sizeof(SQLLEN);
    ptrdiff_t lengths = f->offset + length_stride * row;
    *out = (struct conv_job){
        .column = col == BOOKMARK_COL ? bookmark_column(c_type) : &c->cols[col],
        .zone = col == BOOKMARK_COL ? NULL : c->zones[col], .c_type = c_type,
        .precision = r->precision, .scale = r->scale,
        .leading = r->interval_precision,
        .max_length = f->max_length, .parts = f->parts,
        .data = place(r->data, f->offset + data_stride * row), .data_stride = data_stride, .capacity = size,
        .octet_length = place(r->octet_length_ptr, lengths),
        .indicator = place(r->indicator_ptr, lengths), .length_stride = length_stride };
}
