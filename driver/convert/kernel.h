/* kernel: the loop that all conversions share, and the kinds of target they write.
 *
 * A conversion of one cell is a put_fn; run() is the loop around it. Both are inlined into one function per (physical
 * type x target), so that nothing is decided per cell that is the same for the column. */
#ifndef DRIVER_CONVERT_KERNEL_H
#define DRIVER_CONVERT_KERNEL_H

#include <string.h>

#include "convert.h"
#include "core/interval.h"
#include "core/tz.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

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
    const struct tz *zone;      /* of a TIMESTAMP column; NULL for all others */
    struct tz_span span;        /* where the last timestamp fell */
    int64_t unit;               /* single-field intervals: months or microseconds of one */
    char *target;
    SQLLEN cap;                 /* bytes at target, for variable-length types */
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

static ALWAYS_INLINE int64_t run(const struct conv_job *job, const struct col_view *v, int64_t row, int64_t n,
                                 uint8_t *issues, put_fn *put, int64_t unit) {
    char sink[SINK];
    bool lengths_only = job->data == NULL;
    struct cell c = {job, job->column->sea.type == DBX_TIMESTAMP ? job->zone : NULL, {0, 0, 0}, unit, sink,
                     lengths_only ? SINK : job->capacity, 0};
    int64_t bad = 0;
    for (int64_t k = 0; k < n; k++) {
        int64_t i = v->offset + row + k;
        enum conv_issue issue;
        if (v->validity && !(v->validity[i >> 3] >> (i & 7) & 1)) {
            issue = put_null(job, k);
        } else {
            if (!lengths_only) c.target = job->data + k * job->data_stride;
            issue = put(&c, v, i);
            if (lengths_only && issue == CONV_TRUNCATED) issue = CONV_OK;
            if (!issue_is_error(issue)) put_lengths(job, k, c.len);
        }
        issues[k] = (uint8_t)issue;
        bad += issue != CONV_OK;
    }
    return bad;
}

#define KERNEL_ARGS const struct conv_job *job, const struct col_view *view, int64_t row, int64_t n, uint8_t *issues

/* A kernel out of a put_fn. The loop is there twice, so that a run without NULLs tests nothing for them. */
#define KERNEL(name, put) \
    static int64_t name(KERNEL_ARGS) { \
        struct col_view dense = *view; \
        dense.validity = NULL; \
        return view->validity ? run(job, view, row, n, issues, put, 0) : run(job, &dense, row, n, issues, put, 0); \
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
struct sv cell_limited(const struct conv_job *job, const struct col_view *v, int64_t i);

static ALWAYS_INLINE bool cell_bit(const struct col_view *v, int64_t i) {
    return ((const uint8_t *)v->data)[i >> 3] >> (i & 7) & 1;
}

#endif
