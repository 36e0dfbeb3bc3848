/* convert: cells of column views into the application's C buffers (ODBC reference, appendix D, "SQL to C").
 *
 * Bound columns: a kernel is chosen once per (physical type x C type) by conv_find() and then fills a run of rows of
 * one column; it never allocates, locks or branches on type per cell. SQLGetData: conv_part() hands out one cell in
 * parts. Both use the same conversion functions and leave the same bytes. Nothing here posts diagnostics: issues are
 * values (include/tbl/issues.h).
 *
 * SQL_C_CHAR is UTF-8, SQL_C_WCHAR is UTF-16 in host order. Lengths and buffer sizes are bytes in both. */
#ifndef DRIVER_CONVERT_CONVERT_H
#define DRIVER_CONVERT_CONVERT_H

#include <sql.h>
#include <sqlext.h>

#include "core/buf.h"
#include "driver/result/batch.h"

enum conv_issue {
#define ISSUE(id, sqlstate, is_error, text) id,
#include "tbl/issues.h"
#undef ISSUE
    CONV_ISSUE_COUNT
};

struct tz;  /* core/tz.h */

/* Where the parts of a value end that is longer than the buffer (WholeCharacterParts). The manual has bytes become whole
 * pairs of digits, but says nothing of characters. */
enum conv_parts { PARTS_USUAL, PARTS_WHOLE, PARTS_FULL };  /* pairs are heeded; characters too; nothing is */

struct conv_job {
    const struct column *column;
    const struct tz *zone;          /* for TIMESTAMP (instant) columns; NULL = UTC */
    SQLSMALLINT c_type;             /* concise, SQL_C_DEFAULT already resolved by conv_default_c_type() */
    SQLSMALLINT precision, scale;   /* SQL_C_NUMERIC: from the ARD; precision is also an interval's fraction digits */
    SQLINTEGER leading;             /* digits of an interval's first field, from the ARD; 0 = 2 */
    size_t max_length;              /* SQL_ATTR_MAX_LENGTH in bytes of source text or binary; 0 = none */
    enum conv_parts parts;          /* SQLGetData */

    char *data;                     /* first row's target; NULL = column has indicators only */
    ptrdiff_t data_stride;          /* bytes to the next row's target */
    SQLLEN capacity;                /* bytes per target, for variable-length C types */
    char *octet_length;             /* SQLLEN per row, or NULL */
    char *indicator;                /* SQLLEN per row, or NULL; may equal octet_length */
    ptrdiff_t length_stride;        /* bytes to the next row's SQLLEN */
};

/* Converts view rows [row, row + n). The k-th row goes to data + k * data_stride. The return value counts
 * rows whose outcome is not CONV_OK; unless it is 0, issues[k] has the k-th row's, else nothing is written there. */
typedef int64_t conv_kernel(const struct conv_job *job, const struct col_view *view, int64_t row, int64_t n,
                            uint8_t *issues);

/* NULL when the pair is not convertible (07006). Never NULL for COL_NULL with a valid C type. */
conv_kernel *conv_find(enum col_phys phys, const struct column *column, SQLSMALLINT c_type);

/* The C type that SQL_C_DEFAULT stands for (fact: DECIMAL is CHAR; wide when the column is reported wide). */
SQLSMALLINT conv_default_c_type(const struct column *column, bool wide);
bool conv_is_c_type(SQLSMALLINT c_type);            /* valid at all, else HY003 */
bool conv_is_variable(SQLSMALLINT c_type);          /* CHAR, WCHAR, BINARY: delivered in parts */
SQLLEN conv_c_size(SQLSMALLINT c_type);             /* octets of a fixed-length C type, 0 for variable ones */

/* Whether a value surely fits, told without a look at its characters: bytes of the target per byte of the source, and
 * of the NUL. Numbers and dates as text, and targets of a fixed size, are always worth a try. */
struct conv_growth { uint8_t factor, nul; };
struct conv_growth conv_growth(enum col_phys phys, SQLSMALLINT c_type);
static inline bool conv_has_room(struct conv_growth g, const struct col_view *v, int64_t row, SQLLEN capacity) {
    const int32_t *at = v->offsets + v->offset + row;
    return g.factor == 0 || (int64_t)(at[1] - at[0]) * g.factor + g.nul <= capacity;
}

/* One cell in parts, for SQLGetData. Zero-initialise; part_reset() when the row or column changes. */
struct part {
    bool started, done;
    SQLSMALLINT c_type;
    const char *bytes;              /* the whole value in the target's encoding: a view into the batch or into scratch */
    size_t len, pos;
    size_t whole;                   /* a number's text: bytes without which it would be wrong rather than rounded */
    size_t grain;                   /* bytes that belong together: pairs of hexadecimal digits */
    struct buf scratch;
};

void part_reset(struct part *p);
void part_fini(struct part *p);
/* Delivers the next part of view[row] to target (capacity bytes). *ind_r gets SQL_NULL_DATA or the bytes that were left
 * before this call. *no_data_r is set when everything had been delivered before (SQL_NO_DATA). Parts of text fill
 * the buffer, also in the middle of a character, because applications compute what they got from the buffer's size; job->parts
 * says otherwise. A buffer with room for something, but not for the next character or pair, is CONV_TINY_BUFFER, which loses
 * nothing. */
enum conv_issue conv_part(struct part *p, const struct conv_job *job, const struct col_view *view, int64_t row,
                          void *target, SQLLEN capacity, SQLLEN *ind_r, bool *no_data_r);

#endif
