/* Cells to DATE_STRUCT, TIME_STRUCT and TIMESTAMP_STRUCT. */
#include "core/calendar.h"
#include "core/clock.h"
#include "core/dtime.h"
#include "kernel.h"

#include <stddef.h>

#define AT(T) (((const T *)v->data)[i])
#define STORE(c, value) (memcpy((c)->target, &(value), sizeof(value)), (c)->len = (SQLLEN)sizeof(value))
#define PUT(name) static ALWAYS_INLINE enum conv_issue name(struct cell *c, const struct col_view *v, int64_t i)

/* What there is below seconds or below a day, and is not in the target. */
enum lost { LOST_NOTHING, LOST_SOMETHING };

/* Years that no application expects; a zone can push 9999-12-31 over the edge. */
static ALWAYS_INLINE bool is_usual_year(const struct dtime *t) { return t->year >= 1 && t->year <= 9999; }

static ALWAYS_INLINE enum conv_issue store_date(struct cell *c, const struct dtime *t, enum lost lost) {
    SQL_DATE_STRUCT s = {(SQLSMALLINT)t->year, (SQLUSMALLINT)t->month, (SQLUSMALLINT)t->day};
    if (!is_usual_year(t)) return CONV_DATETIME;
    STORE(c, s);
    return lost ? CONV_FRACTION : CONV_OK;
}

static ALWAYS_INLINE enum conv_issue store_time(struct cell *c, const struct dtime *t, enum lost lost) {
    SQL_TIME_STRUCT s = {(SQLUSMALLINT)t->hour, (SQLUSMALLINT)t->minute, (SQLUSMALLINT)t->second};
    STORE(c, s);
    return lost ? CONV_FRACTION : CONV_OK;
}

static ALWAYS_INLINE enum conv_issue store_stamp(struct cell *c, const struct dtime *t, enum lost lost) {
    SQL_TIMESTAMP_STRUCT s = {(SQLSMALLINT)t->year, (SQLUSMALLINT)t->month, (SQLUSMALLINT)t->day,
                              (SQLUSMALLINT)t->hour, (SQLUSMALLINT)t->minute, (SQLUSMALLINT)t->second,
                              (SQLUINTEGER)t->nanos};
    if (!is_usual_year(t)) return CONV_DATETIME;
    STORE(c, s);
    return lost ? CONV_FRACTION : CONV_OK;
}

static ALWAYS_INLINE enum lost lost_clock(const struct dtime *t) {
    return t->hour || t->minute || t->second || t->nanos ? LOST_SOMETHING : LOST_NOTHING;
}

static ALWAYS_INLINE enum lost lost_fraction(const struct dtime *t) { return t->nanos ? LOST_SOMETHING : LOST_NOTHING; }

/* "The date portion of the timestamp structure is set to the current date": in the session's zone. */
static void set_today(const struct cell *c, struct dtime *t) {
    struct tz_span span = {0, 0, 0};
    int64_t us = tz_local_us(c->job->zone, &span, clock_wall_ms() * 1000);
    dtime_civil(dtime_floor_div(us, DTIME_US_PER_DAY), t);
}

/* Dates that the calendar has go from its tables to the first six bytes of either structure. */
_Static_assert(sizeof(struct calendar_fields) == 4 && offsetof(SQL_TIMESTAMP_STRUCT, month) == 2 &&
               offsetof(SQL_DATE_STRUCT, month) == 2, "month and day are stored as one word");

static ALWAYS_INLINE void store_day(struct cell *c, int64_t days) {
    struct calendar_day d = calendar_find(days);
    uint16_t year = (uint16_t)(1900 + d.year);
    memcpy(c->target, &year, sizeof year);
    memcpy(c->target + 2, &CALENDAR_FIELDS[d.day], sizeof CALENDAR_FIELDS[d.day]);
}

/* ---- from dates and times ---------------------------------------------------------------------------------------- */

static ALWAYS_INLINE struct dtime read_date(const struct col_view *v, int64_t i) {
    struct dtime t = {0};
    dtime_civil(AT(int32_t), &t);
    return t;
}

static ALWAYS_INLINE struct dtime read_time(const struct col_view *v, int64_t i) {
    struct dtime t = {0};
    dtime_clock_of_us(AT(int64_t), &t);
    return t;
}

static ALWAYS_INLINE struct dtime read_stamp(struct cell *c, const struct col_view *v, int64_t i) {
    struct dtime t;
    dtime_of_us(cell_local_us(c, AT(int64_t)), &t);
    return t;
}

/* Those that it does not have. */
static NOINLINE enum conv_issue far_date_date(struct cell *c, const struct col_view *v, int64_t i) {
    struct dtime t = read_date(v, i);
    return store_date(c, &t, LOST_NOTHING);
}

static NOINLINE enum conv_issue far_stamp_date(struct cell *c, const struct col_view *v, int64_t i) {
    struct dtime t = read_date(v, i);
    return store_stamp(c, &t, LOST_NOTHING);
}

static NOINLINE enum conv_issue far_stamp_stamp(struct cell *c, const struct col_view *v, int64_t i) {
    struct dtime t = read_stamp(c, v, i);
    return store_stamp(c, &t, LOST_NOTHING);
}

PUT(put_date_date) {
    int64_t days = AT(int32_t);
    if (UNLIKELY(!calendar_has(days))) return put_apart(c, i, far_date_date);
    store_day(c, days);
    c->len = (SQLLEN)sizeof(SQL_DATE_STRUCT);
    return CONV_OK;
}

PUT(put_stamp_date) {
    static const char MIDNIGHT[sizeof(SQL_TIMESTAMP_STRUCT) - 6] = {0};
    int64_t days = AT(int32_t);
    if (UNLIKELY(!calendar_has(days))) return put_apart(c, i, far_stamp_date);
    store_day(c, days);
    memcpy(c->target + 6, MIDNIGHT, sizeof MIDNIGHT);
    c->len = (SQLLEN)sizeof(SQL_TIMESTAMP_STRUCT);
    return CONV_OK;
}

PUT(put_time_time) {
    struct dtime t = read_time(v, i);
    return store_time(c, &t, lost_fraction(&t));
}

PUT(put_stamp_time) {
    struct dtime t = read_time(v, i);
    set_today(c, &t);
    return store_stamp(c, &t, LOST_NOTHING);
}

PUT(put_date_stamp) {
    struct dtime t = read_stamp(c, v, i);
    return store_date(c, &t, lost_clock(&t));
}

PUT(put_time_stamp) {
    struct dtime t = read_stamp(c, v, i);
    return store_time(c, &t, lost_fraction(&t));
}

PUT(put_stamp_stamp) {
    struct dtime t;
    int64_t days = dtime_clock_and_days(cell_local_us(c, AT(int64_t)), &t);
    if (UNLIKELY(!calendar_has(days))) return put_apart(c, i, far_stamp_stamp);
    store_day(c, days);
    SQLUSMALLINT clock[3] = {(SQLUSMALLINT)t.hour, (SQLUSMALLINT)t.minute, (SQLUSMALLINT)t.second};
    SQLUINTEGER fraction = (SQLUINTEGER)t.nanos;
    memcpy(c->target + 6, clock, sizeof clock);
    memcpy(c->target + offsetof(SQL_TIMESTAMP_STRUCT, fraction), &fraction, sizeof fraction);
    c->len = (SQLLEN)sizeof(SQL_TIMESTAMP_STRUCT);
    return CONV_OK;
}

/* ---- from text. A zone's offset in it is not ours to drop: such text is refused. --------------------------------- */

static enum dtime_form read_text(struct cell *c, const struct col_view *v, int64_t i, struct dtime_text *t) {
    enum dtime_form form = dtime_parse(sv_trim(cell_limited(c->job, v, i)), t);
    return t->has_offset ? DTIME_BAD : form;
}

PUT(put_date_text) {
    struct dtime_text t;
    enum dtime_form form = read_text(c, v, i, &t);
    if (form != DTIME_DATE && form != DTIME_STAMP) return CONV_INVALID;
    return store_date(c, &t.t, t.cut ? LOST_SOMETHING : lost_clock(&t.t));
}

PUT(put_time_text) {
    struct dtime_text t;
    enum dtime_form form = read_text(c, v, i, &t);
    if (form != DTIME_CLOCK && form != DTIME_STAMP) return CONV_INVALID;
    return store_time(c, &t.t, t.cut ? LOST_SOMETHING : lost_fraction(&t.t));
}

PUT(put_stamp_text) {
    struct dtime_text t;
    enum dtime_form form = read_text(c, v, i, &t);
    if (form == DTIME_BAD) return CONV_INVALID;
    if (form == DTIME_CLOCK) set_today(c, &t.t);
    return store_stamp(c, &t.t, t.cut ? LOST_SOMETHING : LOST_NOTHING);
}

/* ---- the product ------------------------------------------------------------------------------------------------- */

#define SMALL(target, source) SMALL_KERNEL(k_##target##_##source, put_##target##_##source)
#define K(target, source) KERNEL(k_##target##_##source, put_##target##_##source)
SMALL(date, date)
K(date, stamp)
K(date, text)
SMALL(time, time)
K(time, stamp)
K(time, text)
SMALL(stamp, date)
K(stamp, time)
K(stamp, stamp)
K(stamp, text)

static conv_kernel *const KERNELS[COL_PHYS_COUNT][TO_COUNT] = {
    [COL_DATE32] = {[TO_DATE] = k_date_date, [TO_STAMP] = k_stamp_date},
    [COL_TIME_US] = {[TO_TIME] = k_time_time, [TO_STAMP] = k_stamp_time},
    [COL_TS_US] = {[TO_DATE] = k_date_stamp, [TO_TIME] = k_time_stamp, [TO_STAMP] = k_stamp_stamp},
    [COL_UTF8] = {[TO_DATE] = k_date_text, [TO_TIME] = k_time_text, [TO_STAMP] = k_stamp_text},
};

conv_kernel *to_time_find(enum col_phys phys, enum target target) { return KERNELS[phys][target]; }
