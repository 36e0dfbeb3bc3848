#include "scale.h"

#include "core/dtime.h"

static bool set(struct scale *s, enum col_phys phys, int64_t times, int64_t over, bool as_is) {
    *s = (struct scale){phys, times, over, as_is};
    return true;
}

static bool in_micros(struct scale *s, enum col_phys phys, enum ArrowTimeUnit unit) {
    switch (unit) {
    case NANOARROW_TIME_UNIT_SECOND: return set(s, phys, 1000000, 1, false);
    case NANOARROW_TIME_UNIT_MILLI: return set(s, phys, 1000, 1, false);
    case NANOARROW_TIME_UNIT_MICRO: return set(s, phys, 1, 1, true);
    case NANOARROW_TIME_UNIT_NANO: return set(s, phys, 1, 1000, false);
    }
    return false;
}

bool scale_of(const struct field *f, struct scale *out) {
    switch (f->type) {
    case NANOARROW_TYPE_INT8: return set(out, COL_I8, 1, 1, true);
    case NANOARROW_TYPE_INT16: return set(out, COL_I16, 1, 1, true);
    case NANOARROW_TYPE_INT32: return set(out, COL_I32, 1, 1, true);
    case NANOARROW_TYPE_INT64: return set(out, COL_I64, 1, 1, true);
    case NANOARROW_TYPE_UINT8:
    case NANOARROW_TYPE_UINT16:
    case NANOARROW_TYPE_UINT32: return set(out, COL_I64, 1, 1, false);
    case NANOARROW_TYPE_DATE32: return set(out, COL_DATE32, 1, 1, true);
    case NANOARROW_TYPE_DATE64: return set(out, COL_DATE32, 1, 86400000, false);
    case NANOARROW_TYPE_TIME32:
    case NANOARROW_TYPE_TIME64:
        in_micros(out, COL_TIME_US, f->unit);
        out->as_is = false;     /* a time of day is also range checked */
        return true;
    case NANOARROW_TYPE_TIMESTAMP: return in_micros(out, COL_TS_US, f->unit);
    case NANOARROW_TYPE_DURATION: return in_micros(out, COL_DURATION_US, f->unit);
    case NANOARROW_TYPE_INTERVAL_MONTHS: return set(out, COL_MONTHS, 1, 1, true);
    case NANOARROW_TYPE_INTERVAL_DAY_TIME:
    case NANOARROW_TYPE_INTERVAL_MONTH_DAY_NANO: return set(out, COL_DURATION_US, 1, 1, false);
    default: return false;
    }
}

/* Days and milliseconds, or months, days and nanoseconds; months are no duration. */
static bool mixed_interval(const struct field *f, const struct ArrowArrayView *a, int64_t i, int64_t *out) {
    const char *p = a->buffer_views[1].data.as_char;
    int32_t days, rest32, months = 0;
    int64_t us, nanos;
    if (f->type == NANOARROW_TYPE_INTERVAL_DAY_TIME) {
        memcpy(&days, p + i * 8, 4);
        memcpy(&rest32, p + i * 8 + 4, 4);
        us = rest32 * INT64_C(1000);
    } else {
        memcpy(&months, p + i * 16, 4);
        memcpy(&days, p + i * 16 + 4, 4);
        memcpy(&nanos, p + i * 16 + 8, 8);
        us = nanos / 1000;
    }
    return months == 0 && !__builtin_add_overflow(days * DTIME_US_PER_DAY, us, out);
}

static int64_t load(const struct field *f, const struct ArrowArrayView *a, int64_t i) {
    if (f->type != NANOARROW_TYPE_INTERVAL_MONTHS) return ArrowArrayViewGetIntUnsafe(a, i);
    return a->buffer_views[1].data.as_int32[a->offset + i];
}

static bool fits(enum col_phys phys, int64_t v) {
    if (phys == COL_DATE32) return v >= INT32_MIN && v <= INT32_MAX;
    if (phys == COL_TIME_US) return v >= 0 && v < DTIME_US_PER_DAY;
    return true;
}

bool scale_value(const struct scale *s, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                 int64_t *out) {
    if (f->type == NANOARROW_TYPE_INTERVAL_DAY_TIME || f->type == NANOARROW_TYPE_INTERVAL_MONTH_DAY_NANO)
        return mixed_interval(f, a, a->offset + i, out);
    int64_t v = load(f, a, i);
    if (s->over > 1) *out = dtime_floor_div(v, s->over);
    else if (__builtin_mul_overflow(v, s->times, out)) return false;
    return fits(s->phys, *out);
}

bool scale_decimal(const struct field *f, const struct ArrowArrayView *a, int64_t i, dec_int *out) {
    const char *p = a->buffer_views[1].data.as_char;
    int64_t at = a->offset + i, word, high[2];
    int32_t half;
    switch (f->type) {
    case NANOARROW_TYPE_DECIMAL32:
        memcpy(&half, p + at * 4, 4);
        *out = half;
        return true;
    case NANOARROW_TYPE_DECIMAL64:
        memcpy(&word, p + at * 8, 8);
        *out = word;
        return true;
    case NANOARROW_TYPE_DECIMAL256:
        *out = dec_load(p + at * 32);
        memcpy(high, p + at * 32 + 16, 16);
        word = *out < 0 ? -1 : 0;
        return high[0] == word && high[1] == word;
    default:
        *out = dec_load(p + at * 16);
        return true;
    }
}
