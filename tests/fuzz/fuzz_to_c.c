/* Text and bytes of a cell to every C type: nothing is read or written beyond, a value that is said to be one is one,
 * and the parts of SQLGetData add up to the value, whatever the buffer's size.
 *
 * Input: C type, capacity, precision, scale, what else (1 = a BINARY column, 2 = whole characters, 4 = MAX_LENGTH), one
 * byte each; then the cell. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf.h"
#include "driver/convert/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const SQLSMALLINT C_TYPES[] = {
    SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY, SQL_C_STINYINT, SQL_C_UTINYINT, SQL_C_SSHORT, SQL_C_USHORT, SQL_C_SLONG,
    SQL_C_ULONG, SQL_C_SBIGINT, SQL_C_UBIGINT, SQL_C_BIT, SQL_C_FLOAT, SQL_C_DOUBLE, SQL_C_NUMERIC, SQL_C_TYPE_DATE,
    SQL_C_TYPE_TIME, SQL_C_TYPE_TIMESTAMP, SQL_C_GUID, SQL_C_INTERVAL_YEAR, SQL_C_INTERVAL_MONTH, SQL_C_INTERVAL_DAY,
    SQL_C_INTERVAL_HOUR, SQL_C_INTERVAL_MINUTE, SQL_C_INTERVAL_SECOND, SQL_C_INTERVAL_YEAR_TO_MONTH,
    SQL_C_INTERVAL_DAY_TO_HOUR, SQL_C_INTERVAL_DAY_TO_MINUTE, SQL_C_INTERVAL_DAY_TO_SECOND,
    SQL_C_INTERVAL_HOUR_TO_MINUTE, SQL_C_INTERVAL_HOUR_TO_SECOND, SQL_C_INTERVAL_MINUTE_TO_SECOND,
};

enum { BINARY_COLUMN = 1, WHOLE_CHARACTERS = 2, MAX_LENGTH = 4 };

static const bool IS_ERROR[] = {
#define ISSUE(id, sqlstate, is_error, text) is_error,
#include "tbl/issues.h"
#undef ISSUE
};

static void check(bool ok) {
    if (!ok) abort();
}

/* What the manual promises of a structure that was filled. */
static void check_value(SQLSMALLINT c_type, const char *p) {
    SQL_DATE_STRUCT d;
    SQL_TIME_STRUCT t;
    SQL_TIMESTAMP_STRUCT s;
    SQL_NUMERIC_STRUCT n;
    switch (c_type) {
    case SQL_C_BIT: check(*p == 0 || *p == 1); break;
    case SQL_C_TYPE_DATE:
        memcpy(&d, p, sizeof d);
        check(d.year >= 1 && d.year <= 9999 && d.month >= 1 && d.month <= 12 && d.day >= 1 && d.day <= 31);
        break;
    case SQL_C_TYPE_TIME:
        memcpy(&t, p, sizeof t);
        check(t.hour < 24 && t.minute < 60 && t.second < 60);
        break;
    case SQL_C_TYPE_TIMESTAMP:
        memcpy(&s, p, sizeof s);
        check(s.month >= 1 && s.month <= 12 && s.day >= 1 && s.day <= 31 && s.hour < 24 && s.minute < 60);
        check(s.fraction < 1000000000u);
        break;
    case SQL_C_NUMERIC:
        memcpy(&n, p, sizeof n);
        check(n.precision >= 1 && n.precision <= 38 && n.sign <= 1);
        break;
    default: break;
    }
}

/* A bound buffer: the value as far as it fits, ended, between characters. */
static void check_text(const struct conv_job *job, const char *p, SQLLEN cap, SQLLEN ind, enum conv_issue issue) {
    if (job->c_type != SQL_C_CHAR || cap < 1) return;
    size_t len = strnlen(p, (size_t)cap);
    check(len < (size_t)cap || memchr(p, 0, (size_t)cap));
    check(ind >= 0 && (issue != CONV_OK || ind < cap));
    check(job->column->sea.type == DBX_BINARY || utf8_is_valid(p, len));
}

static void bound(struct conv_job *job, const struct col_view *view, SQLLEN cap) {
    size_t size = conv_is_variable(job->c_type) ? (size_t)cap : (size_t)conv_c_size(job->c_type);
    char *target = malloc(size ? size : 1);
    SQLLEN ind = -99;
    uint8_t issue = CONV_OK;
    conv_kernel *kernel = conv_find(view->phys, job->column, job->c_type);
    if (target && kernel) {
        job->data = target;
        job->capacity = cap;
        job->octet_length = job->indicator = (char *)&ind;
        int64_t bad = kernel(job, view, 0, 1, &issue);
        check(issue < CONV_ISSUE_COUNT && bad == (issue != CONV_OK));
        if (!IS_ERROR[issue] && conv_is_variable(job->c_type)) check_text(job, target, cap, ind, (enum conv_issue)issue);
        else if (!IS_ERROR[issue]) check_value(job->c_type, target);
    }
    free(target);
}

/* The bytes of one part that counts: up to its NUL where characters are kept whole. */
static size_t part_size(const struct conv_job *job, const char *p, size_t room, size_t nul, SQLLEN left, bool last) {
    size_t n = 0;
    if (last) return (size_t)left;
    if (job->parts != PARTS_WHOLE || nul == 0) return room - nul;
    while (n < room - nul && memcmp(p + n, "\0\0", nul) != 0) n += nul;
    return n;
}

/* All parts together are the value: what is left before each call is what the last call left. */
static void in_parts(struct conv_job *job, const struct col_view *view, SQLLEN cap) {
    bool variable = conv_is_variable(job->c_type), done = false;
    size_t nul = job->c_type == SQL_C_BINARY ? 0 : job->c_type == SQL_C_WCHAR ? 2 : 1;
    size_t size = variable ? (size_t)cap : (size_t)conv_c_size(job->c_type), room = nul ? size / nul * nul : size;
    char *target = malloc(size ? size : 1);
    struct part part = {0};
    SQLLEN expected = -1;
    job->data = job->octet_length = job->indicator = NULL;
    while (target) {
        SQLLEN left = 0;
        enum conv_issue issue = conv_part(&part, job, view, 0, target, cap, &left, &done);
        check((unsigned)issue < CONV_ISSUE_COUNT);
        if (done || IS_ERROR[issue]) break;
        if (!variable) continue;
        check(left >= 0 && (expected < 0 || left == expected));
        if (room <= nul && issue == CONV_TRUNCATED) break;     /* the length alone */
        size_t n = part_size(job, target, room, nul, left, issue != CONV_TRUNCATED);
        check(n <= room && (SQLLEN)n <= left);
        bool has_nul_inside = job->parts == PARTS_WHOLE && memchr(view->data, 0, (size_t)view->offsets[1]);
        expected = has_nul_inside ? -1 : left - (SQLLEN)n;
        if (job->parts == PARTS_WHOLE && nul == 1 && view->phys == COL_UTF8) check(utf8_is_valid(target, n));
    }
    part_fini(&part);
    free(target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 5) return 0;
    size_t len = size - 5;
    bool binary = data[4] & BINARY_COLUMN;
    char *cell = malloc(len ? len : 1);
    const int32_t offsets[] = {0, (int32_t)len};
    if (cell && len) memcpy(cell, data + 5, len);
    struct column column = {.sea = {.name = "c", .type = binary ? DBX_BINARY : DBX_STRING, .type_text = "", .interval = ""},
                            .zone = ""};
    struct col_view view = {.phys = binary ? COL_BINARY : COL_UTF8, .data = cell, .offsets = offsets};
    struct conv_job job = {.column = &column, .c_type = C_TYPES[data[0] % (sizeof C_TYPES / sizeof *C_TYPES)],
                           .precision = (SQLSMALLINT)(data[2] % 48), .scale = (int8_t)data[3], .leading = data[2] % 12,
                           .max_length = data[4] & MAX_LENGTH ? data[3] : 0u,
                           .parts = data[4] & WHOLE_CHARACTERS ? PARTS_WHOLE : PARTS_FULL, .data_stride = 0, .length_stride = 0};
    if (cell && (binary || utf8_is_valid(cell, len))) {
        bound(&job, &view, data[1] % 64);
        in_parts(&job, &view, data[1] % 64);
    }
    free(cell);
    return 0;
}
