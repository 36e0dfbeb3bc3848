#include "column.h"

#include "core/mem.h"
#include "core/utf.h"
#include "nested.h"
#include "scale.h"

/* ---- which physical types may stand for which SQL type ----------------------------------------------------------- */

#define BIT(phys) (1u << (phys))

enum {
    INTS = BIT(COL_I8) | BIT(COL_I16) | BIT(COL_I32) | BIT(COL_I64),
    FLOATS = BIT(COL_F32) | BIT(COL_F64),
    INTERVALS = BIT(COL_MONTHS) | BIT(COL_DURATION_US) | BIT(COL_UTF8),
};

static unsigned allowed(enum dbx_type type) {
    switch (type) {
    case DBX_BOOLEAN: return BIT(COL_BOOL);
    case DBX_TINYINT:
    case DBX_SMALLINT:
    case DBX_INT: return INTS;
    case DBX_BIGINT: return INTS | BIT(COL_DEC128);     /* unsigned 64-bit numbers */
    case DBX_FLOAT:
    case DBX_DOUBLE: return FLOATS;
    case DBX_DECIMAL: return BIT(COL_DEC128);
    case DBX_BINARY: return BIT(COL_BINARY);
    case DBX_DATE: return BIT(COL_DATE32);
    case DBX_TIME: return BIT(COL_TIME_US);
    case DBX_TIMESTAMP:
    case DBX_TIMESTAMP_NTZ: return BIT(COL_TS_US);
    case DBX_INTERVAL: return INTERVALS;
    default: return BIT(COL_UTF8);
    }
}

/* Types that we only know as text: whatever comes is written out. */
static bool is_text_only(enum dbx_type type) {
    return type == DBX_OTHER || type == DBX_UDT || type == DBX_VOID || type == DBX_VARIANT || type == DBX_GEOMETRY ||
           type == DBX_GEOGRAPHY;
}

static bool is_bytes(enum ArrowType t, enum col_phys *phys) {
    switch (t) {
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING: *phys = COL_UTF8; return true;
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY:
    case NANOARROW_TYPE_FIXED_SIZE_BINARY: *phys = COL_BINARY; return true;
    default: return false;
    }
}

static bool is_decimal(enum ArrowType t) {
    return t == NANOARROW_TYPE_DECIMAL32 || t == NANOARROW_TYPE_DECIMAL64 || t == NANOARROW_TYPE_DECIMAL128 ||
           t == NANOARROW_TYPE_DECIMAL256;
}

static bool phys_of(const struct field *f, enum col_phys *phys) {
    struct scale s;
    if (f->dictionary) return !field_is_nested(f->dictionary) && !f->dictionary->dictionary && phys_of(f->dictionary,
                                                                                                       phys);
    if (is_bytes(f->type, phys)) return true;
    if (scale_of(f, &s)) *phys = s.phys;
    else if (f->type == NANOARROW_TYPE_NA) *phys = COL_NULL;
    else if (f->type == NANOARROW_TYPE_BOOL) *phys = COL_BOOL;
    else if (f->type == NANOARROW_TYPE_FLOAT || f->type == NANOARROW_TYPE_HALF_FLOAT) *phys = COL_F32;
    else if (f->type == NANOARROW_TYPE_DOUBLE) *phys = COL_F64;
    else if (is_decimal(f->type) || f->type == NANOARROW_TYPE_UINT64) *phys = COL_DEC128;
    else if (field_is_nested(f)) *phys = COL_UTF8;
    else return false;
    return true;
}

/* Nested types below a column must be ones that we can write as text. */
static const struct field *find_unreadable(const struct field *f) {
    enum col_phys phys;
    if (f->dictionary) return find_unreadable(f->dictionary);
    if (!phys_of(f, &phys)) return f;
    for (int i = 0; i < f->n_children; i++) {
        const struct field *bad = find_unreadable(&f->children[i]);
        if (bad) return bad;
    }
    return NULL;
}

static const struct field *values_of(const struct field *f) { return f->dictionary ? f->dictionary : f; }

enum rc column_check(const struct field *f, const struct sea_column *sea, struct err *e) {
    const struct field *bad = find_unreadable(f);
    enum col_phys phys = COL_NULL;
    if (bad || !phys_of(f, &phys))
        return err_set(e, ERR_RESULT_CORRUPT, "column \"%s\": data of Arrow type %s cannot be read", sea->name,
                       ArrowTypeString((bad ? bad : f)->type));
    if (phys == COL_NULL || is_text_only(sea->type)) return RC_OK;
    if (!(allowed(sea->type) & BIT(phys)))
        return err_set(e, ERR_RESULT_CORRUPT, "column \"%s\": announced as %s, but the data is Arrow type %s",
                       sea->name,
                       *sea->type_text ? sea->type_text : dbx_type_sql_name(sea->type), ArrowTypeString(values_of(f)->type));
    if (is_decimal(values_of(f)->type) && (values_of(f)->scale < 0 || values_of(f)->scale > 38))
        return err_set(e, ERR_RESULT_CORRUPT, "column \"%s\": a decimal scale of %d", sea->name, values_of(f)->scale);
    if (is_decimal(values_of(f)->type) && sea->precision > 0 && sea->scale != values_of(f)->scale)
        return err_set(e, ERR_RESULT_CORRUPT, "column \"%s\": announced with scale %d, but the data has scale %d",
                       sea->name, sea->scale, values_of(f)->scale);
    return RC_OK;
}

/* ---- views ------------------------------------------------------------------------------------------------------- */

static const int32_t NO_OFFSETS[1] = {0};

static enum rc corrupt_cell(const struct column_in *in, int64_t row, const char *what, struct err *e) {
    return err_set(e, ERR_RESULT_CORRUPT, "column \"%s\", row %lld: %s", in->sea->name, (long long)row, what);
}

static void *new_data(const struct column_in *in, size_t width, struct err *e) {
    void *data = arena_array(in->arena, (size_t)in->n_rows, width);
    if (!data) err_nomem(e);
    return data;
}

/* Each cell alone is valid when all the bytes together are and no cell begins inside a character. Bytes below NULLs are
 * nobody's business, so a failure is looked at again cell by cell. */
static enum rc check_utf8(const struct column_in *in, const struct col_view *v, struct err *e) {
    const char *data = v->data;
    const int32_t *o = v->offsets;
    bool good = in->n_rows == 0 || utf8_is_valid(data + o[0], (size_t)(o[in->n_rows] - o[0]));
    for (int64_t i = 1; good &&
         i < in->n_rows; i++) good = o[i] == o[in->n_rows] || ((unsigned char)data[o[i]] & 0xC0) != 0x80;
    for (int64_t i = 0; !good && i < in->n_rows; i++)
        if (!col_is_null(v, i) && !utf8_is_valid(data + o[i], (size_t)(o[i + 1] - o[i])))
            return corrupt_cell(in, i, "the text is not valid UTF-8", e);
    return RC_OK;
}

static enum rc finish_text(const struct column_in *in, struct buf *text, int32_t *offsets, struct col_view *out,
                           struct err *e) {
    char *copy = arena_alloc(in->arena, text->len ? text->len : 1);
    if (!copy) return err_nomem(e);
    if (text->len) memcpy(copy, text->ptr, text->len);
    out->data = copy;
    out->offsets = offsets;
    return RC_OK;
}

typedef enum rc put_fn(struct buf *text, const struct column_in *in, int64_t row, struct err *e);

/* Cells written one after the other by put(). */
static enum rc make_text(const struct column_in *in, put_fn *put, struct col_view *out, struct err *e) {
    int32_t *offsets = arena_array(in->arena, (size_t)in->n_rows + 1, sizeof *offsets);
    struct buf text;
    enum rc rc = offsets ? RC_OK : err_nomem(e);
    buf_init(&text, in->max_bytes < INT32_MAX ? in->max_bytes : INT32_MAX);
    for (int64_t i = 0; rc == RC_OK && i < in->n_rows; i++) {
        if (!ArrowArrayViewIsNull(in->array, i)) rc = put(&text, in, i, e);
        offsets[i + 1] = (int32_t)text.len;
    }
    if (rc == RC_OK) rc = finish_text(in, &text, offsets, out, e);
    buf_fini(&text);
    return rc == RC_OK ? RC_OK : err_wrap(e, "column \"%s\"", in->sea->name);
}

static enum rc put_json(struct buf *text, const struct column_in *in, int64_t row, struct err *e) {
    return nested_put(text, in->field, in->array, row, e);
}

static enum rc put_plain(struct buf *text, const struct column_in *in, int64_t row, struct err *e) {
    return nested_put_plain(text, in->field, in->array, row, e);
}

static enum rc put_bytes(struct buf *text, const struct column_in *in, int64_t row, struct err *e) {
    struct ArrowBufferView v = ArrowArrayViewGetBytesUnsafe(in->array, row);
    return buf_add(text, v.data.data, (size_t)v.size_bytes, e);
}

static enum rc view_bytes(const struct column_in *in, struct col_view *out, struct err *e) {
    enum ArrowType t = in->field->type;
    if (t != NANOARROW_TYPE_STRING && t != NANOARROW_TYPE_BINARY) return make_text(in, put_bytes, out, e);
    out->offsets = in->array->buffer_views[1].size_bytes ? in->array->buffer_views[1].data.as_int32 : NO_OFFSETS;
    out->data = in->array->buffer_views[2].data.data;
    if (!out->data) out->data = "";
    return RC_OK;
}

static size_t width_of(enum col_phys phys) {
    switch (phys) {
    case COL_I8: return 1;
    case COL_I16: return 2;
    case COL_I32:
    case COL_F32:
    case COL_DATE32:
    case COL_MONTHS: return 4;
    case COL_DEC128: return 16;
    default: return 8;
    }
}

/* Integers of other widths, other units of time. */
static enum rc view_scaled(const struct column_in *in, const struct scale *s, struct col_view *out, struct err *e) {
    size_t width = width_of(s->phys);
    char *data;
    if (s->as_is) {
        out->data = in->array->buffer_views[1].data.data;
        return RC_OK;
    }
    if (!(data = new_data(in, width, e))) return RC_ERR;
    for (int64_t i = 0; i < in->n_rows; i++) {
        int64_t v;
        if (ArrowArrayViewIsNull(in->array, i)) continue;
        if (!scale_value(s, in->field, in->array, i, &v)) return corrupt_cell(in, i, "the value is out of range", e);
        memcpy(data + (size_t)i * width, &v, width);    /* little-endian: the low bytes come first */
    }
    out->data = data;
    return RC_OK;
}

static enum rc view_decimal(const struct column_in *in, struct col_view *out, struct err *e) {
    dec_int *data;
    if (in->field->type == NANOARROW_TYPE_DECIMAL128) {
        out->data = in->array->buffer_views[1].data.data;
        return RC_OK;
    }
    if (!(data = new_data(in, sizeof *data, e))) return RC_ERR;
    for (int64_t i = 0; i < in->n_rows; i++) {
        if (ArrowArrayViewIsNull(in->array, i)) continue;
        if (in->field->type == NANOARROW_TYPE_UINT64) data[i] = (dec_int)ArrowArrayViewGetUIntUnsafe(in->array, i);
        else if (!scale_decimal(in->field, in->array, i, &data[i]))
            return corrupt_cell(in, i, "the decimal has more than 38 digits", e);
    }
    out->data = data;
    return RC_OK;
}

static enum rc view_half(const struct column_in *in, struct col_view *out, struct err *e) {
    float *data = new_data(in, sizeof *data, e);
    if (!data) return RC_ERR;
    for (int64_t i = 0; i < in->n_rows; i++) data[i] = (float)ArrowArrayViewGetDoubleUnsafe(in->array, i);
    out->data = data;
    return RC_OK;
}

/* ---- dictionaries: values are looked up once, so that nobody further on has to know ------------------------------ */

static enum rc dictionary_row(const struct column_in *in, int64_t row, int64_t *at, struct err *e) {
    *at = ArrowArrayViewGetIntUnsafe(in->array, row);
    if (*at >= 0 && *at < in->array->dictionary->length) return RC_OK;
    return corrupt_cell(in, row, "a dictionary index is out of range", e);
}

static enum rc put_looked_up(struct buf *text, const struct column_in *in, int64_t row, struct err *e) {
    int64_t at;
    if (dictionary_row(in, row, &at, e) != RC_OK) return RC_ERR;
    if (ArrowArrayViewIsNull(in->array->dictionary, at)) return RC_OK;
    struct ArrowBufferView v = ArrowArrayViewGetBytesUnsafe(in->array->dictionary, at);
    return buf_add(text, v.data.data, (size_t)v.size_bytes, e);
}

static enum rc gather_fixed(const struct column_in *in, const struct col_view *values, struct col_view *out,
                            struct err *e) {
    size_t width = values->phys == COL_BOOL ? 1 : width_of(values->phys);
    char *data = new_data(in, width, e);
    if (!data) return RC_ERR;
    for (int64_t i = 0; i < in->n_rows; i++) {
        int64_t at;
        if (ArrowArrayViewIsNull(in->array, i)) continue;
        if (dictionary_row(in, i, &at, e) != RC_OK) return RC_ERR;
        if (col_is_null(values, at)) continue;
        if (values->phys != COL_BOOL) memcpy(data + (size_t)i * width, (const char *)values->data + (size_t)at * width,
                                             width);
        else if (((const uint8_t *)values->data)[at >> 3] >> (at & 7) & 1) data[i >> 3] |= (char)(1 << (i & 7));
    }
    out->data = data;
    return RC_OK;
}

/* NULL when the index is NULL or the value it names is. */
static enum rc gather_validity(const struct column_in *in, const struct col_view *values, struct col_view *out,
                               struct err *e) {
    uint8_t *bits = arena_array(in->arena, (size_t)(in->n_rows + 7) / 8, 1);
    if (!bits) return err_nomem(e);
    for (int64_t i = 0; i < in->n_rows; i++) {
        int64_t at;
        if (ArrowArrayViewIsNull(in->array, i)) continue;
        if (dictionary_row(in, i, &at, e) != RC_OK) return RC_ERR;
        if (!col_is_null(values, at)) bits[i >> 3] |= (uint8_t)(1 << (i & 7));
    }
    out->validity = bits;
    return RC_OK;
}

static enum rc view_dictionary(const struct column_in *in, struct col_view *out, struct err *e) {
    struct column_in inner = *in;
    struct col_view values;
    inner.field = in->field->dictionary;
    inner.array = in->array->dictionary;
    inner.n_rows = inner.array->length;
    if (column_view(&inner, &values, e) != RC_OK || gather_validity(in, &values, out, e) != RC_OK) return RC_ERR;
    out->phys = values.phys;
    if (values.phys == COL_NULL) return RC_OK;
    if (values.phys == COL_UTF8 || values.phys == COL_BINARY) return make_text(in, put_looked_up, out, e);
    return gather_fixed(in, &values, out, e);
}

/* ---- all together ------------------------------------------------------------------------------------------------ */

static enum rc view_data(const struct column_in *in, struct col_view *out, struct err *e) {
    const struct field *f = in->field;
    struct scale s;
    if (field_is_nested(f)) return make_text(in, put_json, out, e);
    if (out->phys == COL_UTF8 || out->phys == COL_BINARY) return view_bytes(in, out, e);
    if (out->phys == COL_DEC128) return view_decimal(in, out, e);
    if (f->type == NANOARROW_TYPE_HALF_FLOAT) return view_half(in, out, e);
    if (scale_of(f, &s)) return view_scaled(in, &s, out, e);
    out->data = in->array->buffer_views[1].data.data;   /* bits, float, double */
    return RC_OK;
}

enum rc column_view(const struct column_in *in, struct col_view *out, struct err *e) {
    const struct ArrowArrayView *a = in->array;
    memset(out, 0, sizeof *out);
    if (!phys_of(in->field, &out->phys)) return err_set(e, ERR_INTERNAL, "column \"%s\" was not checked",
                                                        in->sea->name);
    if (a->offset != 0 || a->length < in->n_rows) return err_set(e, ERR_RESULT_CORRUPT,
                                                                 "column \"%s\": the array is short", in->sea->name);
    if (in->n_rows == 0) out->offsets = NO_OFFSETS;
    if (out->phys == COL_NULL || in->n_rows == 0) return RC_OK;
    if (in->field->dictionary) {
        if (view_dictionary(in, out, e) != RC_OK) return RC_ERR;
    } else {
        if (a->null_count != 0) out->validity = a->buffer_views[0].data.as_uint8;
        if (is_text_only(in->sea->type) && out->phys != COL_UTF8) {
            out->phys = COL_UTF8;
            return make_text(in, put_plain, out, e);
        }
        if (view_data(in, out, e) != RC_OK) return RC_ERR;
    }
    return out->phys == COL_UTF8 ? check_utf8(in, out, e) : RC_OK;
}
