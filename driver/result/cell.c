#include "cell.h"

#include "base64.h"
#include "core/dec.h"
#include "core/dtime.h"
#include "core/num.h"
#include "core/utf.h"
#include "usual.h"

#define CELL(name) static enum rc name(struct cell_column *c, int64_t row, struct sv text, bool *good, struct err *e)

/* size is a constant but for integers, and always c->width. */
static inline void store(struct cell_column *c, int64_t row, const void *value, size_t size) {
    memcpy(c->data + (size_t)row * size, value, size);
}

CELL(put_nothing) {         /* VOID has no values */
    (void)c, (void)row, (void)text, (void)e;
    *good = false;
    return RC_OK;
}

CELL(put_bool) {
    bool on = sv_ieq(text, SV_LIT("true")) || sv_eq(text, SV_LIT("1"));
    (void)e;
    *good = on || sv_ieq(text, SV_LIT("false")) || sv_eq(text, SV_LIT("0"));
    if (on) c->data[row >> 3] |= (char)(1 << (row & 7));
    return RC_OK;
}

CELL(put_int) {
    long long v = 0;
    int64_t usual, limit = c->width == 8 ? INT64_MAX : (INT64_C(1) << (c->width * 8 - 1)) - 1;
    (void)e;
    bool is_int = usual_int(text, &usual);
    if (is_int) v = usual;
    *good = (is_int || sv_to_i64(text, &v)) && v <= limit && v >= -limit - 1;
    switch (c->width) {     /* little-endian: the low bytes come first */
    case 1: store(c, row, &v, 1); break;
    case 2: store(c, row, &v, 2); break;
    case 4: store(c, row, &v, 4); break;
    default: store(c, row, &v, sizeof v);
    }
    return RC_OK;
}

CELL(put_f32) {
    float v = 0;
    double word;
    bool overflow = false;
    (void)e;
    *good = num_parse_f32(text, &v, &overflow) && !overflow;
    if (!*good && !overflow && num_parse_f64_word(text, &word)) {
        *good = true;
        v = (float)word;
    }
    store(c, row, &v, sizeof v);
    return RC_OK;
}

CELL(put_f64) {
    double v = 0;
    bool overflow = false;
    (void)e;
    *good = (num_parse_f64(text, &v, &overflow) && !overflow) || (!overflow && num_parse_f64_word(text, &v));
    store(c, row, &v, sizeof v);
    return RC_OK;
}

CELL(put_decimal) {
    dec_int v = 0;
    int64_t usual;
    (void)e;
    if (usual_decimal(text, c->sea->precision, c->sea->scale, &usual)) v = usual;
    else *good = dec_parse(text, c->sea->precision, c->sea->scale, &v);
    store(c, row, &v, sizeof v);
    return RC_OK;
}

CELL(put_date) {
    struct dtime_text t;
    int32_t days = 0;
    (void)e;
    if (usual_date(text, &days)) {
        store(c, row, &days, sizeof days);
        return RC_OK;
    }
    *good = dtime_parse(text, &t) == DTIME_DATE;
    days = *good ? (int32_t)dtime_days(t.t.year, t.t.month, t.t.day) : 0;
    store(c, row, &days, sizeof days);
    return RC_OK;
}

/* Nothing finer than a microsecond exists at the server, so digits below that are a mistake somewhere. */
static bool is_micros(const struct dtime_text *t) { return !t->cut && t->t.nanos % 1000 == 0; }

CELL(put_time) {
    struct dtime_text t;
    (void)e;
    *good = dtime_parse(text, &t) == DTIME_CLOCK && is_micros(&t);
    int64_t us = *good ? ((t.t.hour * INT64_C(60) + t.t.minute) * 60 + t.t.second) * 1000000 + t.t.nanos / 1000 : 0;
    store(c, row, &us, sizeof us);
    return RC_OK;
}

/* The offset, if any, is that of the session's zone at that moment: what remains is the wall clock (see batch.h). */
CELL(put_stamp) {
    struct dtime_text t;
    int64_t us = 0;
    (void)e;
    if (usual_stamp(text, &us)) {
        store(c, row, &us, sizeof us);
        return RC_OK;
    }
    enum dtime_form form = dtime_parse(text, &t);
    *good = (form == DTIME_STAMP || form == DTIME_DATE) && is_micros(&t) && dtime_to_us(&t.t, &us);
    store(c, row, &us, sizeof us);
    return RC_OK;
}

CELL(put_months) {
    int32_t v = 0;
    (void)e;
    *good = interval_parse_months(text, c->interval, &v);
    store(c, row, &v, sizeof v);
    return RC_OK;
}

CELL(put_duration) {
    int64_t v = 0;
    (void)e;
    *good = interval_parse_duration(text, c->interval, &v);
    store(c, row, &v, sizeof v);
    return RC_OK;
}

CELL(put_text) {
    (void)row;
    *good = utf8_is_valid(text.ptr, text.len);
    return buf_addsv(c->text, text, e);
}

static int hex_digit(char ch) {
    if (ch >= '0' && ch <= '9') return ch - '0';
    if ((ch | 32) >= 'a' && (ch | 32) <= 'f') return (ch | 32) - 'a' + 10;
    return -1;
}

static bool get_hex(struct sv text, char *out, size_t *len_r) {
    if (text.len % 2) return false;
    for (size_t i = 0; i < text.len; i += 2) {
        int hi = hex_digit(text.ptr[i]), lo = hex_digit(text.ptr[i + 1]);
        if (hi < 0 || lo < 0) return false;
        out[i / 2] = (char)(hi << 4 | lo);
    }
    *len_r = text.len / 2;
    return true;
}

/* Servers write base64 with its padding; some have been seen to write hexadecimal digits. */
CELL(put_binary) {
    size_t len = 0, at;
    (void)row;
    if (buf_reserve(c->text, text.len + 3, e) != RC_OK) return RC_ERR;
    char *out = c->text->ptr + c->text->len;
    *good = text.len % 4 == 0 && base64_get(text, false, out, &len, &at);
    if (!*good) *good = get_hex(text, out, &len);
    c->text->len += len;
    return RC_OK;
}

/* ---- by type ----------------------------------------------------------------------------------------------------- */

static void set(struct cell_column *c, enum col_phys phys, cell_fn *put, size_t width) {
    c->phys = phys;
    c->put = put;
    c->width = width;
}

/* type_interval_type, or else what follows the word INTERVAL in the type's text. */
static bool find_kind(const struct sea_column *sea, struct interval_kind *out) {
    struct sv text = sv_trim(sv_of(sea->type_text));
    if (*sea->interval && interval_kind_parse(sv_of(sea->interval), out)) return true;
    if (!sv_istarts(text, SV_LIT("INTERVAL"))) return false;
    return interval_kind_parse(sv_make(text.ptr + 8, text.len - 8), out);
}

void cell_column_init(struct cell_column *c, const struct sea_column *sea) {
    memset(c, 0, sizeof *c);
    c->sea = sea;
    switch (sea->type) {
    case DBX_BOOLEAN: set(c, COL_BOOL, put_bool, 0); break;
    case DBX_TINYINT: set(c, COL_I8, put_int, 1); break;
    case DBX_SMALLINT: set(c, COL_I16, put_int, 2); break;
    case DBX_INT: set(c, COL_I32, put_int, 4); break;
    case DBX_BIGINT: set(c, COL_I64, put_int, 8); break;
    case DBX_FLOAT: set(c, COL_F32, put_f32, 4); break;
    case DBX_DOUBLE: set(c, COL_F64, put_f64, 8); break;
    case DBX_DECIMAL: set(c, COL_DEC128, put_decimal, 16); break;
    case DBX_DATE: set(c, COL_DATE32, put_date, 4); break;
    case DBX_TIME: set(c, COL_TIME_US, put_time, 8); break;
    case DBX_TIMESTAMP:
    case DBX_TIMESTAMP_NTZ: set(c, COL_TS_US, put_stamp, 8); break;
    case DBX_BINARY: set(c, COL_BINARY, put_binary, 0); break;
    case DBX_VOID: set(c, COL_NULL, put_nothing, 0); break;
    case DBX_INTERVAL:
        if (!find_kind(sea, &c->interval)) set(c, COL_UTF8, put_text, 0);
        else if (interval_kind_is_months(c->interval)) set(c, COL_MONTHS, put_months, 4);
        else set(c, COL_DURATION_US, put_duration, 8);
        break;
    default: set(c, COL_UTF8, put_text, 0);
    }
}
