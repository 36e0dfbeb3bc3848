/* Rows of text, interpreted: what an application finds in its buffer after a conversion.
 *
 *   type | value | C type | capacity | issue | what is in the buffer / indicator        a bound column
 *   part type | value | C type | capacity | outcome; outcome; …                          SQLGetData, call by call
 *
 * type      as in SQL; "TIMESTAMP@zone" shows the value, written in UTC, in a zone
 * value     the text of a JSON_ARRAY cell; NULL; \n \t \\ \p (a bar) \s (a blank) \xHH
 * C type    without SQL_C_; NUMERIC(p,s) sets the ARD, and so does INTERVAL_…(leading precision,fraction digits);
 *           CHAR#n sets SQL_ATTR_MAX_LENGTH
 * capacity  bytes; - = 256
 * issue     include/tbl/issues.h without CONV_
 * buffer    'text', numbers, structures as text, x'hex'; - = do not look. "outcome" of a part: ISSUE 'text' /
 *           indicator, or NO_DATA
 *
 * Every bound row is converted twice, alone and beside NULLs, in strided targets with guard bytes around; every text
 * that fits is also fetched in parts of every size. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/dec.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/tz.h"
#include "core/utf.h"
#include "driver/convert/convert.h"
#include "driver/result/block.h"

enum { STRIDE = 640, GUARD = 0xEE, ROWS = 3 };

static const char *const ISSUES[] = {
#define ISSUE(id, sqlstate, is_error, text) #id,
#include "tbl/issues.h"
#undef ISSUE
};

static const bool ISSUE_IS_ERROR[] = {
#define ISSUE(id, sqlstate, is_error, text) is_error,
#include "tbl/issues.h"
#undef ISSUE
};

static const struct { const char *name; SQLSMALLINT code; } C_TYPES[] = {
    {"CHAR", SQL_C_CHAR}, {"WCHAR", SQL_C_WCHAR}, {"BINARY", SQL_C_BINARY}, {"STINYINT", SQL_C_STINYINT},
    {"UTINYINT", SQL_C_UTINYINT}, {"TINYINT", SQL_C_TINYINT}, {"SSHORT", SQL_C_SSHORT}, {"USHORT", SQL_C_USHORT},
    {"SHORT", SQL_C_SHORT}, {"SLONG", SQL_C_SLONG}, {"ULONG", SQL_C_ULONG}, {"LONG", SQL_C_LONG},
    {"SBIGINT", SQL_C_SBIGINT}, {"UBIGINT", SQL_C_UBIGINT}, {"BIT", SQL_C_BIT}, {"FLOAT", SQL_C_FLOAT},
    {"DOUBLE", SQL_C_DOUBLE}, {"NUMERIC", SQL_C_NUMERIC}, {"TYPE_DATE", SQL_C_TYPE_DATE}, {"TYPE_TIME",
                                                                                           SQL_C_TYPE_TIME},
    {"TYPE_TIMESTAMP", SQL_C_TYPE_TIMESTAMP}, {"DATE", SQL_C_DATE}, {"TIME", SQL_C_TIME}, {"TIMESTAMP",
                                                                                           SQL_C_TIMESTAMP},
    {"GUID", SQL_C_GUID},
    {"INTERVAL_YEAR", SQL_C_INTERVAL_YEAR},
    {"INTERVAL_MONTH", SQL_C_INTERVAL_MONTH},
    {"INTERVAL_DAY", SQL_C_INTERVAL_DAY},
    {"INTERVAL_HOUR", SQL_C_INTERVAL_HOUR},
    {"INTERVAL_MINUTE", SQL_C_INTERVAL_MINUTE},
    {"INTERVAL_SECOND", SQL_C_INTERVAL_SECOND},
    {"INTERVAL_YEAR_TO_MONTH", SQL_C_INTERVAL_YEAR_TO_MONTH},
    {"INTERVAL_DAY_TO_HOUR", SQL_C_INTERVAL_DAY_TO_HOUR},
    {"INTERVAL_DAY_TO_MINUTE", SQL_C_INTERVAL_DAY_TO_MINUTE},
    {"INTERVAL_DAY_TO_SECOND", SQL_C_INTERVAL_DAY_TO_SECOND},
    {"INTERVAL_HOUR_TO_MINUTE", SQL_C_INTERVAL_HOUR_TO_MINUTE},
    {"INTERVAL_HOUR_TO_SECOND", SQL_C_INTERVAL_HOUR_TO_SECOND},
    {"INTERVAL_MINUTE_TO_SECOND", SQL_C_INTERVAL_MINUTE_TO_SECOND},
};

/* ---- a line ------------------------------------------------------------------------------------------------------ */

struct row {
    char *type, *value, *c_type, *capacity, *issue, *want;
    bool in_parts;
    struct sea_column sea;
    char words[64];
    struct column column;
    struct conv_job job;
    struct batch *batch;
    char problem[1024];
};

static char *trimmed(char *s) {
    while (*s == ' ') s++;
    char *end = s + strlen(s);
    while (end > s && (end[-1] == ' ' || end[-1] == '\n')) *--end = '\0';
    return s;
}

static char *next_cell(char **rest) {
    char *cell = *rest, *bar = cell ? strchr(cell, '|') : NULL;
    if (!cell) return NULL;
    *rest = bar ? bar + 1 : NULL;
    if (bar) *bar = '\0';
    return trimmed(cell);
}

static void unescape(char *s) {
    char *out = s;
    for (; *s; s++) {
        unsigned hex;
        if (*s != '\\') *out++ = *s;
        else if (*++s == 'n') *out++ = '\n';
        else if (*s == 't') *out++ = '\t';
        else if (*s == 'p') *out++ = '|';
        else if (*s == 's') *out++ = ' ';
        else if (*s == 'x' && sscanf(s + 1, "%2x", &hex) == 1) *out++ = (char)hex, s += 2;
        else *out++ = *s;
    }
    *out = '\0';
}

static void read_type(struct row *r) {
    char *zone = strchr(r->type, '@'), *paren;
    struct err e;
    if (zone) *zone++ = '\0';
    r->sea = (struct sea_column){"c", dbx_type_of_sql(sv_of(r->type)), r->type, 0, 0, ""};
    paren = strchr(r->type, '(');
    if (r->sea.type == DBX_DECIMAL) sscanf(paren, "(%d,%d)", &r->sea.precision, &r->sea.scale);
    if (r->sea.type == DBX_INTERVAL) r->sea.interval = r->type + strlen("INTERVAL ");
    r->column.sea = r->sea;
    r->column.zone = "";
    if (zone) assert_ok(tz_get(&r->job.zone, sv_of(zone), &e), e);
}

static void read_c_type(struct row *r) {
    int p = 0, s = 0;
    unsigned long max = 0;
    char *paren = strchr(r->c_type, '('), *hash = strchr(r->c_type, '#');
    if (paren && sscanf(paren, "(%d,%d)", &p, &s) == 2) *paren = '\0';
    if (hash && sscanf(hash, "#%lu", &max) == 1) *hash = '\0';
    r->job.precision = (SQLSMALLINT)p;
    r->job.scale = (SQLSMALLINT)s;
    r->job.max_length = max;
    for (size_t i = 0; i < sizeof C_TYPES / sizeof *C_TYPES; i++)
        if (strcmp(C_TYPES[i].name, r->c_type) == 0) r->job.c_type = C_TYPES[i].code;
    if (!r->job.c_type) fail_msg("no such C type: %s", r->c_type);
    if (r->job.c_type < SQL_C_INTERVAL_YEAR || r->job.c_type > SQL_C_INTERVAL_MINUTE_TO_SECOND) return;
    r->job.leading = p;
    r->job.precision = (SQLSMALLINT)(p ? s : 6);
}

/* The cell by itself, or between two NULLs. */
static void make_batch(struct row *r, bool beside_nulls) {
    struct sea_manifest m = {.format = SEA_JSON_ARRAY, .n_columns = 1, .columns = &r->sea};
    struct decoder_in in = {.manifest = &m, .row_count = -1};
    struct decoder *d;
    struct err e;
    struct buf text;
    buf_init(&text, 1 << 20);
    assert_ok(buf_adds(&text, beside_nulls ? "[[null],[" : "[[", &e), e);
    if (strcmp(r->value, "NULL") == 0) assert_ok(buf_adds(&text, "null", &e), e);
    else assert_ok(json_quote(&text, sv_of(r->value), &e), e);
    assert_ok(buf_adds(&text, beside_nulls ? "],[null]]" : "]]", &e), e);
    size_t len = text.len;
    assert_ok(decoder_new(&d, &in, block_of(buf_take(&text), len), &e), e);
    assert_ok(decoder_next(d, &r->batch, &e), e);
    decoder_free(&d);
}

/* ---- what is in a buffer, as text -------------------------------------------------------------------------------- */

static size_t show_text(char *out, const char *data, size_t len) {
    out[0] = '\'';
    memcpy(out + 1, data, len);
    memcpy(out + 1 + len, "'", 2);
    return len + 2;
}

static size_t wide_len(const char *data) {
    size_t n = 0;
    while (data[n] || data[n + 1]) n += 2;
    return n;
}

static void show_wide(char *out, const char *data, size_t bytes) {
    uint16_t units[STRIDE];
    char text[4 * STRIDE];
    size_t used;
    memcpy(units, data, bytes);
    show_text(out, text, utf16_to_8(units, bytes / 2, text, sizeof text, &used, NULL));
}

static void show_hex(char *out, const char *data, size_t len) {
    out += sprintf(out, "x'");
    for (size_t i = 0; i < len; i++) out += sprintf(out, "%02X", (unsigned char)data[i]);
    sprintf(out, "'");
}

static void show_numeric(char *out, const SQL_NUMERIC_STRUCT *n) {
    char digits[DEC_TEXT_MAX];
    dec_int v = dec_load(n->val);
    digits[dec_put(digits, v, 0, NULL)] = '\0';
    sprintf(out, "%s%s %d,%d", n->sign ? "" : "-", digits, n->precision, n->scale);
}

static void show_guid(char *out, const SQLGUID *g) {
    out += sprintf(out, "%08x-%04x-%04x-", (unsigned)g->Data1, g->Data2, g->Data3);
    for (int i = 0; i < 8; i++) out += sprintf(out, i == 2 ? "-%02x" : "%02x", g->Data4[i]);
}

/* Both arms of the union that the type does not use are zero and are not shown. */
static void show_interval(char *out, const SQL_INTERVAL_STRUCT *t) {
    const SQL_DAY_SECOND_STRUCT *d = &t->intval.day_second;
    bool months = t->interval_type <= SQL_IS_MONTH || t->interval_type == SQL_IS_YEAR_TO_MONTH;
    const char *sign = t->interval_sign == SQL_TRUE ? "-" : "";
    if (months) sprintf(out, "%d: %s%u-%u", t->interval_type, sign, (unsigned)t->intval.year_month.year,
                        (unsigned)t->intval.year_month.month);
    else sprintf(out, "%d: %s%u %u:%u:%u %u", t->interval_type, sign, (unsigned)d->day, (unsigned)d->hour,
                 (unsigned)d->minute, (unsigned)d->second, (unsigned)d->fraction);
}

#define LOAD(T) T t; memcpy(&t, data, sizeof t)

static void show(char *out, SQLSMALLINT c_type, const char *data, SQLLEN ind, SQLLEN cap) {
    switch (c_type) {
    case SQL_C_CHAR: show_text(out, data, strlen(data)); break;
    case SQL_C_WCHAR: show_wide(out, data, wide_len(data)); break;
    case SQL_C_BINARY: show_hex(out, data, (size_t)(ind < cap ? ind : cap)); break;
    case SQL_C_TINYINT:
    case SQL_C_STINYINT: sprintf(out, "%d", *(const int8_t *)data); break;
    case SQL_C_BIT:
    case SQL_C_UTINYINT: sprintf(out, "%u", *(const uint8_t *)data); break;
    case SQL_C_SHORT:
    case SQL_C_SSHORT: { LOAD(int16_t); sprintf(out, "%d", t); break; }
    case SQL_C_USHORT: { LOAD(uint16_t); sprintf(out, "%u", t); break; }
    case SQL_C_LONG:
    case SQL_C_SLONG: { LOAD(int32_t); sprintf(out, "%d", t); break; }
    case SQL_C_ULONG: { LOAD(uint32_t); sprintf(out, "%u", t); break; }
    case SQL_C_SBIGINT: { LOAD(int64_t); sprintf(out, "%lld", (long long)t); break; }
    case SQL_C_UBIGINT: { LOAD(uint64_t); sprintf(out, "%llu", (unsigned long long)t); break; }
    case SQL_C_FLOAT: { LOAD(float); out[num_put_f32(out, t)] = '\0'; break; }
    case SQL_C_DOUBLE: { LOAD(double); out[num_put_f64(out, t)] = '\0'; break; }
    case SQL_C_NUMERIC: { LOAD(SQL_NUMERIC_STRUCT); show_numeric(out, &t); break; }
    case SQL_C_DATE:
    case SQL_C_TYPE_DATE: { LOAD(SQL_DATE_STRUCT); sprintf(out, "%04d-%02u-%02u", t.year, t.month, t.day); break; }
    case SQL_C_TIME:
    case SQL_C_TYPE_TIME: { LOAD(SQL_TIME_STRUCT); sprintf(out, "%02u:%02u:%02u", t.hour, t.minute, t.second); break; }
    case SQL_C_TIMESTAMP:
    case SQL_C_TYPE_TIMESTAMP: {
        LOAD(SQL_TIMESTAMP_STRUCT);
        sprintf(out, "%04d-%02u-%02u %02u:%02u:%02u.%09u", t.year, t.month, t.day, t.hour, t.minute, t.second,
                (unsigned)t.fraction);
        break;
    }
    case SQL_C_GUID: { LOAD(SQLGUID); show_guid(out, &t); break; }
    default: { LOAD(SQL_INTERVAL_STRUCT); show_interval(out, &t); }
    }
}

/* ---- bound columns ----------------------------------------------------------------------------------------------- */

static SQLLEN size_of_target(const struct row *r) {
    return conv_is_variable(r->job.c_type) ? r->job.capacity : conv_c_size(r->job.c_type);
}

static bool guards_hold(const unsigned char *data, SQLLEN size) {
    for (SQLLEN i = size; i < STRIDE; i++)
        if (data[i] != GUARD) return false;
    return true;
}

static void judge(struct row *r, enum conv_issue issue, const char *data, SQLLEN ind, const char *how) {
    char got[4 * STRIDE] = "-";
    bool is_error = ISSUE_IS_ERROR[issue], looks = strcmp(r->want, "-") != 0;
    if (!is_error && looks && ind == SQL_NULL_DATA) strcpy(got, "NULL");
    else if (!is_error && looks) {
        show(got, r->job.c_type, data, ind, r->job.capacity);
        sprintf(got + strlen(got), " / %lld", (long long)ind);
    }
    if (strcmp(ISSUES[issue] + 5, r->issue) != 0 || (!is_error && strcmp(got, r->want) != 0))
        snprintf(r->problem, sizeof r->problem, "%s: %s | %.900s", how, ISSUES[issue] + 5, got);
    else if (!guards_hold((const unsigned char *)data, size_of_target(r)))
        snprintf(r->problem, sizeof r->problem, "%s: wrote beyond the buffer", how);
}

static void check_bound(struct row *r, bool beside_nulls) {
    static char data[ROWS * STRIDE];
    SQLLEN ind[ROWS] = {-77, -77, -77};
    uint8_t issues[ROWS] = {0};
    int at = beside_nulls ? 1 : 0, n = beside_nulls ? 3 : 1;
    memset(data, GUARD, sizeof data);
    make_batch(r, beside_nulls);
    const struct col_view *v = &r->batch->cols[0];
    conv_kernel *kernel = conv_find(v->phys, &r->column, r->job.c_type);
    if (!kernel) {
        if (strcmp(r->issue, "RESTRICTED") != 0) snprintf(r->problem, sizeof r->problem, "no such conversion");
        batch_free(&r->batch);
        return;
    }
    r->job.column = &r->column;
    r->job.data = data;
    r->job.data_stride = STRIDE;
    r->job.octet_length = r->job.indicator = (char *)ind;
    r->job.length_stride = sizeof *ind;
    int64_t bad = kernel(&r->job, v, 0, n, issues);
    judge(r, issues[at], data + at * STRIDE, ind[at], beside_nulls ? "beside NULLs" : "alone");
    if (beside_nulls && (ind[0] != SQL_NULL_DATA || ind[2] != SQL_NULL_DATA || issues[0] || issues[2]))
        snprintf(r->problem, sizeof r->problem, "the NULLs beside it are not");
    if (bad != (issues[at] != CONV_OK)) snprintf(r->problem, sizeof r->problem, "the kernel counted %lld",
                                                 (long long)bad);
    batch_free(&r->batch);
}

/* All parts of a text, put together, are what one large buffer gets. */
static void check_all_part_sizes(struct row *r) {
    SQLSMALLINT t = r->job.c_type;
    size_t nul = t == SQL_C_BINARY ? 0 : t == SQL_C_WCHAR ? 2 : 1;
    make_batch(r, false);
    const struct col_view *v = &r->batch->cols[0];
    for (SQLLEN cap = (SQLLEN)nul + 1; !r->problem[0] && cap < 80; cap++) {
        char whole[STRIDE], piece[STRIDE], all[4 * STRIDE];
        SQLLEN ind = 0, len = 0;
        size_t got = 0;
        bool no_data = false;
        struct part p = {0};
        enum conv_issue issue = conv_part(&p, &r->job, v, 0, whole, sizeof whole, &len, &no_data);
        part_reset(&p);
        for (int calls = 0; issue == CONV_OK && calls < 2000; calls++) {
            enum conv_issue i = conv_part(&p, &r->job, v, 0, piece, cap, &ind, &no_data);
            if (no_data || (i != CONV_OK && i != CONV_TRUNCATED)) break;
            size_t room = ((size_t)cap & ~(nul == 2 ? (size_t)1 : 0)) - nul;
            if (v->phys == COL_BINARY && nul) room -= room % (2 * nul);     /* digits come in pairs */
            size_t n = (size_t)ind < room ? (size_t)ind : room;
            if ((size_t)ind + got != (size_t)len || (i == CONV_TRUNCATED) != ((size_t)ind > room)) break;
            memcpy(all + got, piece, n);
            got += n;
        }
        bool in_range = !(issue == CONV_OK && got == 0 && len > 0);    /* whole digits need not fit */
        if (in_range && (got != (size_t)len || memcmp(all, whole, got) != 0 || !no_data))
            snprintf(r->problem, sizeof r->problem, "parts of %lld bytes give %zu of %lld bytes", (long long)cap, got,
                     (long long)len);
        part_fini(&p);
    }
    batch_free(&r->batch);
}

/* ---- parts ------------------------------------------------------------------------------------------------------- */

static void check_parts(struct row *r) {
    char *rest = r->issue;
    struct part p = {0};
    r->job.column = &r->column;
    make_batch(r, false);
    for (int call = 1; rest && !r->problem[0]; call++) {
        char data[STRIDE], got[4 * STRIDE], *end = strchr(rest, ';'), *want = rest;
        SQLLEN ind = -77;
        bool no_data;
        rest = end ? end + 1 : NULL;
        if (end) *end = '\0';
        want = trimmed(want);
        memset(data, GUARD, sizeof data);
        enum conv_issue issue = conv_part(&p, &r->job, &r->batch->cols[0], 0, data, r->job.capacity, &ind, &no_data);
        if (no_data) strcpy(got, "NO_DATA");
        else {
            size_t n = (size_t)sprintf(got, "%s", ISSUES[issue] + 5);
            if (!ISSUE_IS_ERROR[issue] && ind == SQL_NULL_DATA) strcpy(got + n, " NULL");
            else if (!ISSUE_IS_ERROR[issue]) {
                bool empty = r->job.capacity < (r->job.c_type == SQL_C_WCHAR ? 2 : 1);
                got[n++] = ' ';
                if (empty) strcpy(got + n, "-");
                else show(got + n, r->job.c_type, data, ind, r->job.capacity);
                sprintf(got + strlen(got), " / %lld", (long long)ind);
            }
        }
        if (strcmp(got, want) != 0) snprintf(r->problem, sizeof r->problem, "call %d: %.900s", call, got);
        else if (!guards_hold((unsigned char *)data, size_of_target(r)))
            snprintf(r->problem, sizeof r->problem, "call %d: wrote beyond the buffer", call);
    }
    part_fini(&p);
    batch_free(&r->batch);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static void check_row(struct row *r) {
    read_type(r);
    read_c_type(r);
    r->job.capacity = strcmp(r->capacity, "-") == 0 ? 256 : atoi(r->capacity);
    if (r->in_parts) {
        check_parts(r);
        return;
    }
    check_bound(r, false);
    if (!r->problem[0]) check_bound(r, true);
    if (!r->problem[0] && strcmp(r->issue, "OK") == 0 && conv_is_variable(r->job.c_type) && strcmp(r->want,
                                                                                                   "NULL") != 0)
        check_all_part_sizes(r);
}

static bool check_line(const char *file, int number, char *line) {
    char copy[4096], *rest = line;
    struct row r = {0};
    snprintf(copy, sizeof copy, "%s", line);
    trimmed(copy);
    if (line[0] == '#' || line[0] == '\n' || line[0] == '\0') return true;
    r.type = next_cell(&rest);
    if (strncmp(r.type, "part ", 5) == 0) {
        r.in_parts = true;
        r.type += 5;
    }
    r.value = next_cell(&rest);
    r.c_type = next_cell(&rest);
    r.capacity = next_cell(&rest);
    r.issue = next_cell(&rest);
    r.want = r.in_parts ? r.issue : next_cell(&rest);
    if (!r.want) fail_msg("%s:%d: too few cells", file, number);
    unescape(r.value);
    unescape(r.want);
    check_row(&r);
    if (!r.problem[0]) return true;
    print_message("# %s:%d: %s\n#     got %s\n", file, number, copy, r.problem);
    return false;
}

static void check_file(const char *name) {
    char path[1024], line[4096];
    const char *src = getenv("srcdir");
    int number = 0, bad = 0, rows = 0;
    snprintf(path, sizeof path, "%s/tests/conv/%s.txt", src ? src : ".", name);
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("cannot open %s", path);
    while (fgets(line, sizeof line, f)) {
        rows += line[0] != '#' && line[0] != '\n';
        if (!check_line(name, ++number, line)) bad++;
    }
    fclose(f);
    assert_true(rows > 0);
    if (bad) fail_msg("%d of %d rows are not as they should be", bad, rows);
}

#define TABLE(name) static void name(void **state) { UNUSED(state); check_file(#name); }
TABLE(integers)
TABLE(floats)
TABLE(decimals)
TABLE(booleans)
TABLE(strings)
TABLE(binaries)
TABLE(dates)
TABLE(times)
TABLE(timestamps)
TABLE(intervals)
TABLE(interval_targets)
TABLE(nulls)
TABLE(parts)

/* ---- what rows of text cannot say -------------------------------------------------------------------------------- */

/* Three rows: abc, NULL, é. */
static struct batch *three_texts(struct column *column) {
    struct row r = {.sea = {"c", DBX_STRING, "STRING", 0, 0, ""}};
    struct sea_manifest m = {.format = SEA_JSON_ARRAY, .n_columns = 1, .columns = &r.sea};
    struct decoder_in in = {.manifest = &m, .row_count = 3};
    static const char TEXT[] = "[[\"abc\"],[null],[\"\xc3\xa9\"]]";
    struct decoder *d;
    struct err e;
    struct batch *b;
    assert_ok(decoder_new(&d, &in, block_of(mem_strndup(TEXT, sizeof TEXT - 1), sizeof TEXT - 1), &e), e);
    assert_ok(decoder_next(d, &b, &e), e);
    decoder_free(&d);
    *column = (struct column){.sea = {"c", DBX_STRING, "STRING", 0, 0, ""}, .zone = ""};
    return b;
}

static void a_null_without_an_indicator_is_22002(void **state) {
    struct column column;
    struct batch *b = three_texts(&column);
    char data[3][8];
    uint8_t issues[3] = {0};
    SQLLEN lengths[3] = {-7, -7, -7};
    struct conv_job job = {.column = &column, .c_type = SQL_C_CHAR, .data = data[0], .data_stride = 8, .capacity = 8,
                           .octet_length = (char *)lengths, .length_stride = sizeof *lengths};
    UNUSED(state);
    assert_int_equal(conv_find(COL_UTF8, &column, SQL_C_CHAR)(&job, &b->cols[0], 0, 3, issues), 1);
    assert_int_equal(issues[1], CONV_NO_INDICATOR);
    assert_int_equal(lengths[0], 3);
    assert_int_equal(lengths[1], -7);
    assert_int_equal(lengths[2], 2);
    batch_free(&b);
}

static void an_indicator_of_its_own_is_zero_for_values(void **state) {
    struct column column;
    struct batch *b = three_texts(&column);
    char data[3][8];
    uint8_t issues[3] = {0};
    SQLLEN lengths[3] = {-7, -7, -7}, indicators[3] = {-7, -7, -7};
    struct conv_job job = {.column = &column, .c_type = SQL_C_WCHAR, .data = data[0], .data_stride = 8, .capacity = 8,
                           .octet_length = (char *)lengths, .indicator = (char *)indicators, .length_stride = sizeof *lengths};
    UNUSED(state);
    assert_int_equal(conv_find(COL_UTF8, &column, SQL_C_WCHAR)(&job, &b->cols[0], 0, 3, issues), 0);
    assert_int_equal(lengths[0], 6);
    assert_int_equal(indicators[0], 0);
    assert_int_equal(indicators[1], SQL_NULL_DATA);
    assert_int_equal(indicators[2], 0);
    batch_free(&b);
}

static void a_column_bound_for_its_length_alone_gets_the_full_length(void **state) {
    struct column column;
    struct batch *b = three_texts(&column);
    uint8_t issues[3] = {0};
    SQLLEN lengths[3];
    struct conv_job job = {.column = &column, .c_type = SQL_C_CHAR, .octet_length = (char *)lengths,
                           .indicator = (char *)lengths, .length_stride = sizeof *lengths};
    UNUSED(state);
    assert_int_equal(conv_find(COL_UTF8, &column, SQL_C_CHAR)(&job, &b->cols[0], 0, 3, issues), 0);
    assert_int_equal(lengths[0], 3);
    assert_int_equal(lengths[1], SQL_NULL_DATA);
    assert_int_equal(lengths[2], 2);
    batch_free(&b);
}

static void row_wise_targets_may_lie_anywhere(void **state) {
    struct column column;
    struct batch *b = three_texts(&column);
    char rows[3][5 + sizeof(SQLLEN)];       /* text, then an unaligned length */
    uint8_t issues[3] = {0};
    SQLLEN length;
    struct conv_job job = {.column = &column, .c_type = SQL_C_CHAR, .data = rows[0], .data_stride = sizeof rows[0],
                           .capacity = 5,
                           .octet_length = rows[0] + 5, .indicator = rows[0] + 5, .length_stride = sizeof rows[0]};
    UNUSED(state);
    assert_int_equal(conv_find(COL_UTF8, &column, SQL_C_CHAR)(&job, &b->cols[0], 0, 3, issues), 0);
    memcpy(&length, rows[2] + 5, sizeof length);
    assert_int_equal(length, 2);
    assert_string_equal(rows[0], "abc");
    batch_free(&b);
}

static void every_c_type_has_its_size_and_kind(void **state) {
    UNUSED(state);
    assert_int_equal(conv_c_size(SQL_C_TYPE_TIMESTAMP), 16);
    assert_int_equal(conv_c_size(SQL_C_NUMERIC), 19);
    assert_int_equal(conv_c_size(SQL_C_INTERVAL_DAY_TO_SECOND), sizeof(SQL_INTERVAL_STRUCT));
    assert_int_equal(conv_c_size(SQL_C_CHAR), 0);
    assert_true(conv_is_variable(SQL_C_WCHAR) && conv_is_variable(SQL_C_BINARY) && !conv_is_variable(SQL_C_SLONG));
    assert_true(conv_is_c_type(SQL_C_DEFAULT) && conv_is_c_type(SQL_C_TINYINT) && conv_is_c_type(SQL_C_TIMESTAMP));
    assert_false(conv_is_c_type(12345) || conv_is_c_type(SQL_ARD_TYPE) || conv_is_variable(12345) ||
                 conv_is_variable(SQL_C_DEFAULT));
    for (size_t i = 0; i < sizeof C_TYPES / sizeof *C_TYPES; i++) assert_true(conv_is_c_type(C_TYPES[i].code));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_null_without_an_indicator_is_22002),
        cmocka_unit_test(an_indicator_of_its_own_is_zero_for_values),
        cmocka_unit_test(a_column_bound_for_its_length_alone_gets_the_full_length),
        cmocka_unit_test(row_wise_targets_may_lie_anywhere),
        cmocka_unit_test(every_c_type_has_its_size_and_kind),
        cmocka_unit_test(integers), cmocka_unit_test(floats), cmocka_unit_test(decimals), cmocka_unit_test(booleans),
        cmocka_unit_test(strings), cmocka_unit_test(binaries), cmocka_unit_test(dates), cmocka_unit_test(times),
        cmocka_unit_test(timestamps), cmocka_unit_test(intervals), cmocka_unit_test(interval_targets),
        cmocka_unit_test(nulls), cmocka_unit_test(parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
