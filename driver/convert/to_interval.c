/* Cells to SQL_INTERVAL_STRUCT: from intervals, exact numbers and text.
 *
 * An interval's value is a number of months or of microseconds; the target's fields divide it anew. What is smaller
 * than the target's last field is lost with 01S07, a leading field with more digits than the descriptor's leading
 * precision (2, if nobody set it) is 22015. */
#include "core/dec.h"
#include "kernel.h"

#define AT(T) (((const T *)v->data)[i])
#define PUT(name) static ALWAYS_INLINE enum conv_issue name(struct cell *c, const struct col_view *v, int64_t i)

enum { DEFAULT_LEADING = 2, MOST_LEADING = 9 };

bool interval_of_text(struct sv text, struct interval_kind to, int64_t *amount_r) {
    struct sv t = sv_trim(text);
    int32_t months;
    if (t.len > 2 && t.ptr[0] == '{' && t.ptr[t.len - 1] == '}') t = sv_trim(sv_make(t.ptr + 1, t.len - 2));
    if (!interval_kind_is_months(to)) return interval_parse_duration(t, to, amount_r);
    if (!interval_parse_months(t, to, &months)) return false;
    *amount_r = months;
    return true;
}

/* ---- storing ----------------------------------------------------------------------------------------------------- */

static uint64_t leading_end(const struct conv_job *job) {
    int digits = job->leading > 0 ? (int)job->leading : DEFAULT_LEADING;
    return (uint64_t)dec_pow10(digits < MOST_LEADING ? digits : MOST_LEADING);
}

/* Microseconds below a second in the units that the descriptor's precision means. */
static SQLUINTEGER fraction(const struct conv_job *job, uint64_t us, bool *cut) {
    int digits = job->precision < 0 ? 0 : job->precision > 9 ? 9 : job->precision;
    uint64_t nanos = us * 1000, unit = (uint64_t)dec_pow10(9 - digits);
    *cut |= nanos % unit != 0;
    return (SQLUINTEGER)(nanos / unit);
}

static void fill(SQL_INTERVAL_STRUCT *s, struct interval_kind kind, const uint64_t v[6]) {
    if (interval_kind_is_months(kind)) {
        s->intval.year_month.year = (SQLUINTEGER)v[INTERVAL_YEAR];
        s->intval.year_month.month = (SQLUINTEGER)v[INTERVAL_MONTH];
        return;
    }
    s->intval.day_second.day = (SQLUINTEGER)v[INTERVAL_DAY];
    s->intval.day_second.hour = (SQLUINTEGER)v[INTERVAL_HOUR];
    s->intval.day_second.minute = (SQLUINTEGER)v[INTERVAL_MINUTE];
    s->intval.day_second.second = (SQLUINTEGER)v[INTERVAL_SECOND];
}

static enum conv_issue store(struct cell *c, int64_t amount, bool cut) {
    struct interval_kind kind = interval_fields_of(c->job->c_type);
    uint64_t v[6] = {0}, rest = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount, any = 0;
    SQL_INTERVAL_STRUCT s;
    memset(&s, 0, sizeof s);
    for (int f = (int)kind.first; f <= (int)kind.last; f++) {
        uint64_t size = (uint64_t)interval_field_size((enum interval_field)f);
        v[f] = rest / size;
        rest %= size;
        any |= v[f];
    }
    if (v[kind.first] >= leading_end(c->job)) return CONV_INTERVAL;
    fill(&s, kind, v);
    if (kind.last == INTERVAL_SECOND) any |= s.intval.day_second.fraction = fraction(c->job, rest, &cut);
    else cut |= rest != 0;
    s.interval_type = (SQLINTERVAL)(c->job->c_type - SQL_INTERVAL_YEAR + SQL_IS_YEAR);
    s.interval_sign = amount < 0 && any ? SQL_TRUE : SQL_FALSE;
    memcpy(c->target, &s, sizeof s);
    c->len = (SQLLEN)sizeof s;
    return cut ? CONV_FRACTION : CONV_OK;
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

PUT(put_months) { return store(c, AT(int32_t), false); }
PUT(put_duration) { return store(c, AT(int64_t), false); }

PUT(put_text) {
    int64_t amount;
    struct interval_kind to = interval_fields_of(c->job->c_type);
    return interval_of_text(cell_limited(c->job, v, i), to, &amount) ? store(c, amount, false) : CONV_INVALID;
}

/* So many of the target's one field; seconds have a fraction. */
static enum conv_issue store_number(struct cell *c, dec_int v, int scale) {
    enum interval_field field = interval_fields_of(c->job->c_type).last;
    struct dec_number n = {v < 0, dec_abs(v), -scale, false};
    bool cut = false, seconds = field == INTERVAL_SECOND;
    dec_uint u;
    int64_t amount;
    if (!dec_at_scale(&n, seconds ? 6 : 0, &u, &cut) || u > INT64_MAX) return CONV_INTERVAL;
    if (__builtin_mul_overflow((int64_t)u, seconds ? 1 : interval_field_size(field), &amount)) return CONV_INTERVAL;
    return store(c, n.negative ? -amount : amount, cut);
}

PUT(put_i8) { return store_number(c, AT(int8_t), 0); }
PUT(put_i16) { return store_number(c, AT(int16_t), 0); }
PUT(put_i32) { return store_number(c, AT(int32_t), 0); }
PUT(put_i64) { return store_number(c, AT(int64_t), 0); }
PUT(put_dec) { return store_number(c, dec_load((const char *)v->data + i * 16), c->job->column->sea.scale); }

KERNEL(k_months, put_months)
KERNEL(k_duration, put_duration)
KERNEL(k_text, put_text)
KERNEL(k_i8, put_i8)
KERNEL(k_i16, put_i16)
KERNEL(k_i32, put_i32)
KERNEL(k_i64, put_i64)
KERNEL(k_dec, put_dec)

/* "Exact numeric SQL types can be converted to interval C types of a single field"; the two families do not mix. */
conv_kernel *to_interval_find(enum col_phys phys, SQLSMALLINT c_type) {
    static conv_kernel *const NUMBERS[COL_PHYS_COUNT] = {
        [COL_I8] = k_i8, [COL_I16] = k_i16, [COL_I32] = k_i32, [COL_I64] = k_i64, [COL_DEC128] = k_dec,
    };
    struct interval_kind kind = interval_fields_of(c_type);
    if (phys == COL_UTF8) return k_text;
    if (phys == COL_MONTHS) return interval_kind_is_months(kind) ? k_months : NULL;
    if (phys == COL_DURATION_US) return interval_kind_is_months(kind) ? NULL : k_duration;
    return kind.first == kind.last ? NUMBERS[phys] : NULL;
}
