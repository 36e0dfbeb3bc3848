/* kernel: the loops that all conversions share, and the kinds of target they write.
 *
 * A conversion of one cell is a put_fn. Two loops go around it: run_usual() for what applications bind, a buffer with
 * one array for length and indicator, and run_unusual() for every other binding. All are inlined into one function per
 * (physical type x target), so that nothing is decided per cell that is the same for the column. */
#ifndef DRIVER_CONVERT_KERNEL_H
#define DRIVER_CONVERT_KERNEL_H

#include <string.h>

#include "convert.h"
#include "core/interval.h"
#include "core/tz.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#define LIKELY(condition) __builtin_expect((condition) != 0, 1)
#define UNLIKELY(condition) __builtin_expect((condition) != 0, 0)

/* C types by what is written; signless codes and those of ODBC 2 fall together with their newer names. */
enum target {
    TO_CHAR, TO_WCHAR, TO_BINARY,
    TO_I8, TO_U8, TO_I16, TO_U16, TO_I32, TO_U32, TO_I64, TO_U64, TO_BIT, TO_F32, TO_F64, TO_NUMERIC,
    TO_DATE, TO_TIME, TO_STAMP, TO_GUID, TO_INTERVAL,
    TO_COUNT,
    TO_NOTHING = TO_COUNT       /* not a C type */
};

enum { COL_PHYS_COUNT = COL_BINARY + 1 };

/* One cell on its way. */
struct cell {
    const struct conv_job *job;
    const struct col_view *view;    /* the caller's; what a put_fn gets may be a copy of it */
    const struct tz *zone;      /* of a TIMESTAMP column; NULL for all others */
    struct tz_span span;        /* where the last timestamp fell */
    int64_t unit;               /* single-field intervals: months or microseconds of one; decimals to text: scale */
    uint64_t limit;             /* decimals to text: from here on they are not done the short way. Text: where
                                   the run's ends; 0 = cells are not to be read beyond their own end */
    char *target;
    SQLLEN cap;                 /* bytes at target, for variable-length types */
    size_t room;                /* the same, never below 0 */
    SQLLEN len;                 /* out: what the length indicator says */
};

/* Converts the value at index i of the view's buffers, which is not NULL. */
typedef enum conv_issue put_fn(struct cell *c, const struct col_view *v, int64_t i);

enum { ISSUE_ERRORS = 0
#define ISSUE(id, sqlstate, is_error, text) | ((is_error) << (id))
#include "tbl/issues.h"
#undef ISSUE
};
static ALWAYS_INLINE bool issue_is_error(enum conv_issue issue) { return ISSUE_ERRORS >> issue & 1; }

struct interval_kind interval_fields_of(SQLSMALLINT code);  /* code: one of the 13 interval types, SQL or C alike */

int64_t interval_unit(const struct column *column);   /* 0 = the column's intervals have several fields */

static ALWAYS_INLINE void put_lengths(const struct conv_job *job, int64_t k, SQLLEN length) {
    static const SQLLEN not_null = 0;
    if (job->octet_length) memcpy(job->octet_length + k * job->length_stride, &length, sizeof length);
    if (job->indicator && job->indicator != job->octet_length)
        memcpy(job->indicator + k * job->length_stride, &not_null, sizeof not_null);
}

static ALWAYS_INLINE enum conv_issue put_null(const struct conv_job *job, int64_t k) {
    static const SQLLEN null = SQL_NULL_DATA;
    if (!job->indicator) return CONV_NO_INDICATOR;
    memcpy(job->indicator + k * job->length_stride, &null, sizeof null);
    return CONV_OK;
}

enum { SINK = 128 };            /* where values go that only their length is wanted of */

/* A cell that a function out of line works on is a copy: the loop's own, and its view, stay in registers. */
static ALWAYS_INLINE enum conv_issue put_apart(struct cell *c, int64_t i, put_fn *put) {
    struct cell copy = *c;
    enum conv_issue issue = put(&copy, c->view, i);
    c->len = copy.len;
    c->span = copy.span;
    return issue;
}

/* The wall clock of a timestamp, in microseconds. */
static ALWAYS_INLINE int64_t cell_local_us(struct cell *c, int64_t utc_us) {
    struct tz_span span = c->span;
    if (!c->zone) return utc_us;
    int64_t local = tz_local_us(c->zone, &span, utc_us);
    c->span = span;
    return local;
}

/* Issues are written from the first bad row on: a run that is fine never touches them. */
static ALWAYS_INLINE void note_issue(uint8_t *issues, int64_t n, int64_t k, enum conv_issue issue, int64_t *bad) {
    if ((*bad)++ == 0) memset(issues, CONV_OK, (size_t)n);
    issues[k] = (uint8_t)issue;
}

static ALWAYS_INLINE struct cell cell_of(const struct conv_job *job, const struct col_view *view, int64_t unit,
                                         uint64_t limit) {
    return (struct cell){job, view, job->column->sea.type == DBX_TIMESTAMP ? job->zone : NULL, {0, 0, 0}, unit, limit,
                         job->data, job->capacity, job->capacity > 0 ? (size_t)job->capacity : 0, 0};
}

#define KERNEL_ARGS const struct conv_job *job, const struct col_view *view, int64_t row, int64_t n, uint8_t *issues

static ALWAYS_INLINE int64_t run_unusual(KERNEL_ARGS, put_fn *put, int64_t unit, uint64_t limit) {
    char sink[SINK];
    bool lengths_only = job->data == NULL;
    struct cell c = cell_of(job, view, unit, limit);
    int64_t bad = 0;
    if (lengths_only) c.target = sink, c.cap = SINK, c.room = SINK;
    for (int64_t k = 0; k < n; k++) {
        int64_t i = view->offset + row + k;
        enum conv_issue issue;
        if (view->validity && !(view->validity[i >> 3] >> (i & 7) & 1)) {
            issue = put_null(job, k);
        } else {
            if (!lengths_only) c.target = job->data + k * job->data_stride;
            issue = put(&c, view, i);
            if (lengths_only && issue == CONV_TRUNCATED) issue = CONV_OK;
            if (!issue_is_error(issue)) put_lengths(job, k, c.len);
        }
        if (UNLIKELY(issue != CONV_OK)) note_issue(issues, n, k, issue, &bad);
    }
    return bad;
}

/* Where the k-th row of a usual binding goes. */
static ALWAYS_INLINE void put_length(const struct conv_job *job, int64_t k, SQLLEN length) {
    memcpy(job->octet_length + k * job->length_stride, &length, sizeof length);
}

/* Rows k … end - 1 of the run. valid: a bit for each, the lowest for k; always_valid: a constant, nothing is tested. */
static ALWAYS_INLINE void run_rows(struct cell *c, const struct col_view *v, int64_t first, int64_t k, int64_t end,
                                   int64_t n, uint64_t valid, bool always_valid, uint8_t *issues, put_fn *put,
                                   int64_t *bad) {
    const struct conv_job *job = c->job;
    ptrdiff_t data_stride = job->data_stride, length_stride = job->length_stride;
    char *length = job->octet_length + k * length_stride;
    SQLLEN null = SQL_NULL_DATA;
    c->target = job->data + k * data_stride;
    for (; k < end; k++, valid >>= 1, length += length_stride, c->target += data_stride) {
        if (!always_valid && !(valid & 1)) {
            memcpy(length, &null, sizeof null);
            continue;
        }
        enum conv_issue issue = put(c, v, first + k);
        if (LIKELY(!issue_is_error(issue))) memcpy(length, &c->len, sizeof c->len);
        if (UNLIKELY(issue != CONV_OK)) note_issue(issues, n, k, issue, bad);
    }
}

/* 64 bits of a bitmap from bit i on, or the `n` there are if fewer. No byte is read that holds none of them. */
uint64_t valid_bits(const uint8_t *bitmap, int64_t i, int64_t n);

/* twice: a constant; the loop is there a second time for 64 rows among which none is NULL, which pays for small puts. */
static ALWAYS_INLINE int64_t run_usual(KERNEL_ARGS, put_fn *put, int64_t unit, uint64_t limit,
                                      bool twice) {
    struct cell c = cell_of(job, view, unit, limit);
    const struct col_view own = *view;      /* what is stored in targets cannot change it */
    int64_t bad = 0, first = own.offset + row;
    for (int64_t k = 0, end; k < n; k = end) {
        uint64_t valid = UINT64_MAX, all = UINT64_MAX;
        end = n;
        if (n - k > 64 && (own.validity || !twice)) end = k + 64;
        if (own.validity) {
            if (end - k < 64) all >>= 64 - (end - k);
            valid = valid_bits(own.validity, first + k, end - k) & all;
        }
        if (twice && valid == all) run_rows(&c, &own, first, k, end, n, 0, true, issues, put, &bad);
        else run_rows(&c, &own, first, k, end, n, valid, false, issues, put, &bad);
    }
    return bad;
}

static ALWAYS_INLINE bool is_usual(const struct conv_job *job) {
    return job->data && job->octet_length && job->indicator == job->octet_length;
}

/* The usual binding for one row: arrays of 1 and SQLGetData. */
static ALWAYS_INLINE int64_t run_single(const struct conv_job *job, const struct col_view *view, int64_t row,
                                     uint8_t *issues, put_fn *put, int64_t unit, uint64_t limit) {
    int64_t i = view->offset + row;
    if (view->validity && !(view->validity[i >> 3] >> (i & 7) & 1)) {
        put_length(job, 0, SQL_NULL_DATA);
        return 0;
    }
    struct cell c = cell_of(job, view, unit, limit);
    enum conv_issue issue = put(&c, view, i);
    if (LIKELY(!issue_is_error(issue))) put_length(job, 0, c.len);
    if (LIKELY(issue == CONV_OK)) return 0;
    issues[0] = (uint8_t)issue;
    return 1;
}

/* A kernel out of a put_fn. KERNEL is for those of many instructions, SMALL_KERNEL for those of few. */
#define KERNEL_OF(name, put, unit, limit, twice) \
    static NOINLINE int64_t name##_unusual(KERNEL_ARGS) { \
        return run_unusual(job, view, row, n, issues, put, unit, limit); \
    } \
    static NOINLINE int64_t name##_many(KERNEL_ARGS) { \
        return LIKELY(is_usual(job)) ? run_usual(job, view, row, n, issues, put, unit, limit, twice) \
                                     : name##_unusual(job, view, row, n, issues); \
    } \
    static int64_t name(KERNEL_ARGS) { \
        return n == 1 && is_usual(job) ? run_single(job, view, row, issues, put, unit, limit) \
                                       : name##_many(job, view, row, n, issues); \
    }
#define KERNEL(name, put) KERNEL_OF(name, put, 0, 0, false)
#define SMALL_KERNEL(name, put) KERNEL_OF(name, put, 0, 0, true)

/* Values that are the target already, side by side, by the block; false when the binding or a NULL is in the way. */
bool copy_run(const struct conv_job *job, const struct col_view *view, int64_t row, int64_t n, size_t size);

#define COPY_KERNEL(name, otherwise, size) \
    static int64_t name(KERNEL_ARGS) { \
        return copy_run(job, view, row, n, size) ? 0 : otherwise(job, view, row, n, issues); \
    }

/* Whether a table of kernels has an entry; each file below answers for its own targets. */
conv_kernel *to_num_find(enum col_phys phys, enum target target, const struct column *column);
conv_kernel *to_text_find(enum col_phys phys, enum target target);
conv_kernel *to_time_find(enum col_phys phys, enum target target);
conv_kernel *to_bin_find(enum col_phys phys, enum target target);
conv_kernel *to_interval_find(enum col_phys phys, SQLSMALLINT c_type);

/* Months or microseconds out of text for an interval of these fields: {INTERVAL '…' …}, a literal, or its inside. */
bool interval_of_text(struct sv text, struct interval_kind to, int64_t *amount_r);

/* The value as text for CHAR and WCHAR: at most TEXT_MAX bytes, all ASCII. *whole_r = bytes without which it would be
 * wrong rather than rounded. Not for COL_UTF8 and COL_BINARY, which are text or bytes already. */
enum { TEXT_MAX = 128 };
typedef size_t render_fn(struct cell *c, const struct col_view *v, int64_t i, char *out, size_t *whole_r);
render_fn *to_text_renderer(enum col_phys phys);

enum target target_of(SQLSMALLINT c_type);

/* ---- reading cells ----------------------------------------------------------------------------------------------- */

static ALWAYS_INLINE struct sv cell_bytes(const struct col_view *v, int64_t i) {
    return sv_make((const char *)v->data + v->offsets[i], (size_t)(v->offsets[i + 1] - v->offsets[i]));
}

/* Bytes of a text or binary cell, cut by SQL_ATTR_MAX_LENGTH if that is set: without a warning, as the manual says. */
struct sv cell_cut(const struct conv_job *job, const struct col_view *v, struct sv bytes);

static ALWAYS_INLINE struct sv cell_limited(const struct conv_job *job, const struct col_view *v, int64_t i) {
    struct sv bytes = cell_bytes(v, i);
    return LIKELY(job->max_length == 0) ? bytes : cell_cut(job, v, bytes);
}

/* memcpy for the lengths that cells have: up to 32 bytes by two moves that overlap, in line. */
static ALWAYS_INLINE void copy_short(char *to, const char *from, size_t len) {
    if (len > 32) memcpy(to, from, len);
    else if (len >= 16) memcpy(to, from, 16), memcpy(to + len - 16, from + len - 16, 16);
    else if (len >= 8) memcpy(to, from, 8), memcpy(to + len - 8, from + len - 8, 8);
    else if (len >= 4) memcpy(to, from, 4), memcpy(to + len - 4, from + len - 4, 4);
    else if (len >= 2) memcpy(to, from, 2), memcpy(to + len - 2, from + len - 2, 2);
    else if (len) *to = *from;
}

static ALWAYS_INLINE bool cell_bit(const struct col_view *v, int64_t i) {
    return ((const uint8_t *)v->data)[i >> 3] >> (i & 7) & 1;
}

#endif
