/* cell: the text of a JSON_ARRAY cell into a column under construction. */
#ifndef DRIVER_RESULT_CELL_H
#define DRIVER_RESULT_CELL_H

#include "batch.h"
#include "core/buf.h"
#include "core/interval.h"

struct cell_column;

/* Stores the text as row's value. false: it is not a value of the column's type. RC_ERR only for memory and limits. */
typedef enum rc cell_fn(struct cell_column *c, int64_t row, struct sv text, bool *good, struct err *e);

struct cell_column {
    const struct sea_column *sea;
    enum col_phys phys;
    cell_fn *put;
    size_t width;               /* bytes per row in data; 0 = bits (COL_BOOL), text and binary */
    struct interval_kind interval;
    char *data;                 /* of the current batch; NULL for text and binary */
    uint8_t *validity;
    int32_t *offsets;
    struct buf *text;           /* COL_UTF8 and COL_BINARY */
    size_t usual;               /* bytes of text in a batch, from the one before; 0 = not known */
    bool has_nulls;
};

/* Text that needs no check, behind the text of the rows before. */
static inline enum rc cell_add_text(struct cell_column *c, struct sv text, struct err *e) {
    struct buf *b = c->text;
    if (text.len >= b->cap - b->len) return buf_addsv(b, text, e);
    memcpy(b->ptr + b->len, text.ptr, text.len);
    b->len += text.len;
    return RC_OK;
}

void cell_column_init(struct cell_column *c, const struct sea_column *sea);

#endif
