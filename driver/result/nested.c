#include "nested.h"

#include <math.h>

#include "base64.h"
#include "core/dec.h"
#include "core/dtime.h"
#include "core/interval.h"
#include "core/json.h"
#include "core/num.h"
#include "scale.h"

/* One scalar's text, and whether JSON wants quotes around it. */
struct piece { char text[DEC_TEXT_MAX]; size_t len; bool quoted; };

static void put_float(struct piece *p, const struct field *f, double v) {
    p->len = f->type == NANOARROW_TYPE_DOUBLE ? num_put_f64(p->text, v) : num_put_f32(p->text, (float)v);
    p->quoted = !isfinite(v);
}

static enum rc put_decimal(struct piece *p, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                           struct err *e) {
    dec_int v;
    if (!scale_decimal(f, a, i, &v) || f->scale < -DEC_MAX_DIGITS || f->scale > DEC_MAX_DIGITS)
        return err_set(e, ERR_RESULT_CORRUPT, "field \"%s\": a decimal has more than 38 digits", f->name);
    p->len = dec_put(p->text, v, f->scale, NULL);
    return RC_OK;
}

static void put_stamp(struct piece *p, const struct field *f, int64_t us) {
    struct tz_span span = {0, 0, 0};
    struct dtime t;
    dtime_of_us(tz_local_us(f->zone, &span, us), &t);
    p->len = dtime_put_stamp(p->text, &t, ' ');
}

/* Values that are an integer on the wire: the scaled number, then its text. */
static enum rc put_scaled(struct piece *p, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                          struct err *e) {
    struct scale s;
    int64_t v;
    struct dtime t;
    if (!scale_of(f, &s) || !scale_value(&s, f, a, i, &v))
        return err_set(e, ERR_RESULT_CORRUPT, "field \"%s\": a value of Arrow type %s cannot be read", f->name,
                       ArrowTypeString(f->type));
    p->quoted = true;
    switch (s.phys) {
    case COL_DATE32:
        dtime_civil(v, &t);
        p->len = dtime_put_date(p->text, &t);
        break;
    case COL_TIME_US:
        dtime_clock_of_us(v, &t);
        p->len = dtime_put_clock(p->text, &t);
        break;
    case COL_TS_US: put_stamp(p, f, v); break;
    case COL_MONTHS: p->len = interval_put_months(p->text, (int32_t)v); break;
    case COL_DURATION_US: p->len = interval_put_duration(p->text, v); break;
    default:
        p->len = num_put_i64(p->text, v);
        p->quoted = false;
    }
    return RC_OK;
}

static enum rc put_bool(struct piece *p, bool v) {
    p->len = v ? 4 : 5;
    memcpy(p->text, v ? "true" : "false", p->len);
    return RC_OK;
}

static enum rc scalar(struct piece *p, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                      struct err *e) {
    p->quoted = false;
    switch (f->type) {
    case NANOARROW_TYPE_BOOL: return put_bool(p, ArrowArrayViewGetIntUnsafe(a, i));
    case NANOARROW_TYPE_UINT64:
        p->len = num_put_u64(p->text, ArrowArrayViewGetUIntUnsafe(a, i));
        return RC_OK;
    case NANOARROW_TYPE_HALF_FLOAT:
    case NANOARROW_TYPE_FLOAT:
    case NANOARROW_TYPE_DOUBLE:
        put_float(p, f, ArrowArrayViewGetDoubleUnsafe(a, i));
        return RC_OK;
    case NANOARROW_TYPE_DECIMAL32:
    case NANOARROW_TYPE_DECIMAL64:
    case NANOARROW_TYPE_DECIMAL128:
    case NANOARROW_TYPE_DECIMAL256: return put_decimal(p, f, a, i, e);
    default: return put_scaled(p, f, a, i, e);
    }
}

/* ---- containers ------------------------------------------------------------------------------------------------ */

static enum rc put_elements(struct buf *out, const struct field *f, const struct ArrowArrayView *items, int64_t from,
                            int64_t to, struct err *e) {
    if (buf_addc(out, '[', e) != RC_OK) return RC_ERR;
    for (int64_t i = from; i < to; i++) {
        if (i > from && buf_addc(out, ',', e) != RC_OK) return RC_ERR;
        if (nested_put(out, &f->children[0], items, i, e) != RC_OK) return RC_ERR;
    }
    return buf_addc(out, ']', e);
}

static enum rc put_list(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                        struct err *e) {
    int64_t at = a->offset + i;
    if (f->type == NANOARROW_TYPE_FIXED_SIZE_LIST)
        return put_elements(out, f, a->children[0], at * f->width, (at + 1) * f->width, e);
    return put_elements(out, f, a->children[0], ArrowArrayViewListChildOffset(a, at),
                        ArrowArrayViewListChildOffset(a, at + 1), e);
}

static enum rc put_struct(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                          struct err *e) {
    if (buf_addc(out, '{', e) != RC_OK) return RC_ERR;
    for (int c = 0; c < f->n_children; c++) {
        if (c && buf_addc(out, ',', e) != RC_OK) return RC_ERR;
        if (json_quote(out, sv_of(f->children[c].name), e) != RC_OK || buf_addc(out, ':', e) != RC_OK) return RC_ERR;
        if (nested_put(out, &f->children[c], a->children[c], i, e) != RC_OK) return RC_ERR;
    }
    return buf_addc(out, '}', e);
}

/* A key is a string whatever its type; that of a struct or list is its JSON text. */
static enum rc put_key(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                       struct err *e) {
    struct buf plain;
    enum rc rc;
    buf_init(&plain, out->max - out->len);
    rc = nested_put_plain(&plain, f, a, i, e);
    if (rc == RC_OK) rc = json_quote(out, buf_sv(&plain), e);
    buf_fini(&plain);
    return rc;
}

static enum rc put_map(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                       struct err *e) {
    const struct field *entry = &f->children[0];
    const struct ArrowArrayView *entries = a->children[0];
    int64_t at = a->offset + i;
    int64_t from = ArrowArrayViewListChildOffset(a, at), to = ArrowArrayViewListChildOffset(a, at + 1);
    if (entry->n_children != 2) return err_set(e, ERR_RESULT_CORRUPT, "map \"%s\" is not made of keys and values",
                                               f->name);
    if (buf_addc(out, '{', e) != RC_OK) return RC_ERR;
    for (int64_t k = from; k < to; k++) {
        if (k > from && buf_addc(out, ',', e) != RC_OK) return RC_ERR;
        if (put_key(out, &entry->children[0], entries->children[0], k, e) != RC_OK) return RC_ERR;
        if (buf_addc(out, ':', e) != RC_OK) return RC_ERR;
        if (nested_put(out, &entry->children[1], entries->children[1], k, e) != RC_OK) return RC_ERR;
    }
    return buf_addc(out, '}', e);
}

/* ---- one value ------------------------------------------------------------------------------------------------- */

static enum rc put_bytes(struct buf *out, const struct ArrowArrayView *a, int64_t i, bool is_text, bool quotes,
                         struct err *e) {
    struct ArrowBufferView v = ArrowArrayViewGetBytesUnsafe(a, i);
    struct sv bytes = sv_make(v.data.as_char, (size_t)v.size_bytes);
    if (is_text) return quotes ? json_quote(out, bytes, e) : buf_addsv(out, bytes, e);
    if (quotes && buf_addc(out, '"', e) != RC_OK) return RC_ERR;
    if (base64_put(out, bytes, e) != RC_OK) return RC_ERR;
    return quotes ? buf_addc(out, '"', e) : RC_OK;
}

static enum rc put_scalar(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                          bool quotes,
                          struct err *e) {
    struct piece p;
    if (scalar(&p, f, a, i, e) != RC_OK) return RC_ERR;
    quotes = quotes && p.quoted;
    if (quotes && buf_addc(out, '"', e) != RC_OK) return RC_ERR;
    if (buf_add(out, p.text, p.len, e) != RC_OK) return RC_ERR;
    return quotes ? buf_addc(out, '"', e) : RC_OK;
}

static enum rc put(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i, bool quotes,
                   struct err *e) {
    if (f->type == NANOARROW_TYPE_NA || ArrowArrayViewIsNull(a, i)) return buf_adds(out, "null", e);
    if (f->dictionary) {
        int64_t at = ArrowArrayViewGetIntUnsafe(a, i);
        if (at < 0 || at >= a->dictionary->length)
            return err_set(e, ERR_RESULT_CORRUPT, "field \"%s\": a dictionary index is out of range", f->name);
        return put(out, f->dictionary, a->dictionary, at, quotes, e);
    }
    switch (f->type) {
    case NANOARROW_TYPE_LIST:
    case NANOARROW_TYPE_LARGE_LIST:
    case NANOARROW_TYPE_FIXED_SIZE_LIST: return put_list(out, f, a, i, e);
    case NANOARROW_TYPE_MAP: return put_map(out, f, a, i, e);
    case NANOARROW_TYPE_STRUCT: return put_struct(out, f, a, i, e);
    case NANOARROW_TYPE_STRING:
    case NANOARROW_TYPE_LARGE_STRING: return put_bytes(out, a, i, true, quotes, e);
    case NANOARROW_TYPE_BINARY:
    case NANOARROW_TYPE_LARGE_BINARY:
    case NANOARROW_TYPE_FIXED_SIZE_BINARY: return put_bytes(out, a, i, false, quotes, e);
    default: return put_scalar(out, f, a, i, quotes, e);
    }
}

enum rc nested_put(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i, struct err *e) {
    return put(out, f, a, i, true, e);
}

enum rc nested_put_plain(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                         struct err *e) {
    return put(out, f, a, i, false, e);
}
