/* Rows of text, interpreted: what becomes of a parameter's C value.
 *
 *   C type | value | SQL type | issue | API type | result
 *
 * C type    without SQL_C_; NUMERIC(scale) and INTERVAL_…(leading precision,fraction digits) set the APD
 * value     text with \n \t \\ \p (a bar) \s (a blank) \xHH, WCHAR also \uXXXX; BINARY hex digits; numbers; the fields
 *           of a structure, divided by blanks, intervals with + or - before them; NULL
 * SQL type  without SQL_; VARCHAR(column size), DECIMAL(column size,decimal digits)
 * issue     include/tbl/issues.h without CONV_
 * result    'the value' or {the expression}, escaped as above; NULL
 *
 * Values lie unaligned at the very end of their memory; text is given with its length and as SQL_NTS. The literal of
 * every value is unescaped again and compared. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/utf.h"
#include "driver/convert/from_c.h"

enum { ROOM = 4096 };

static const char *const ISSUES[] = {
#define ISSUE(id, sqlstate, is_error, text) #id,
#include "tbl/issues.h"
#undef ISSUE
};

struct name { const char *name; SQLSMALLINT code; };

#define INTERVALS(prefix) \
    {"INTERVAL_YEAR", prefix##_INTERVAL_YEAR}, {"INTERVAL_MONTH", prefix##_INTERVAL_MONTH}, \
    {"INTERVAL_DAY", prefix##_INTERVAL_DAY}, {"INTERVAL_HOUR", prefix##_INTERVAL_HOUR}, \
    {"INTERVAL_MINUTE", prefix##_INTERVAL_MINUTE}, {"INTERVAL_SECOND", prefix##_INTERVAL_SECOND}, \
    {"INTERVAL_YEAR_TO_MONTH", prefix##_INTERVAL_YEAR_TO_MONTH}, \
    {"INTERVAL_DAY_TO_HOUR", prefix##_INTERVAL_DAY_TO_HOUR}, \
    {"INTERVAL_DAY_TO_MINUTE", prefix##_INTERVAL_DAY_TO_MINUTE}, \
    {"INTERVAL_DAY_TO_SECOND", prefix##_INTERVAL_DAY_TO_SECOND}, \
    {"INTERVAL_HOUR_TO_MINUTE", prefix##_INTERVAL_HOUR_TO_MINUTE}, \
    {"INTERVAL_HOUR_TO_SECOND", prefix##_INTERVAL_HOUR_TO_SECOND}, \
    {"INTERVAL_MINUTE_TO_SECOND", prefix##_INTERVAL_MINUTE_TO_SECOND}

static const struct name C_TYPES[] = {
    {"DEFAULT", SQL_C_DEFAULT}, {"CHAR", SQL_C_CHAR}, {"WCHAR", SQL_C_WCHAR}, {"BINARY", SQL_C_BINARY},
    {"STINYINT", SQL_C_STINYINT}, {"UTINYINT", SQL_C_UTINYINT}, {"TINYINT", SQL_C_TINYINT}, {"SSHORT", SQL_C_SSHORT},
    {"USHORT", SQL_C_USHORT}, {"SHORT", SQL_C_SHORT}, {"SLONG", SQL_C_SLONG}, {"ULONG", SQL_C_ULONG},
    {"LONG", SQL_C_LONG}, {"SBIGINT", SQL_C_SBIGINT}, {"UBIGINT", SQL_C_UBIGINT}, {"BIT", SQL_C_BIT},
    {"FLOAT", SQL_C_FLOAT}, {"DOUBLE", SQL_C_DOUBLE}, {"NUMERIC", SQL_C_NUMERIC}, {"TYPE_DATE", SQL_C_TYPE_DATE},
    {"TYPE_TIME", SQL_C_TYPE_TIME}, {"TYPE_TIMESTAMP", SQL_C_TYPE_TIMESTAMP}, {"DATE", SQL_C_DATE}, {"TIME", SQL_C_TIME},
    {"TIMESTAMP", SQL_C_TIMESTAMP}, {"GUID", SQL_C_GUID}, INTERVALS(SQL_C), {"NONSENSE", 12345},
};

static const struct name SQL_TYPES[] = {
    {"CHAR", SQL_CHAR}, {"VARCHAR", SQL_VARCHAR}, {"LONGVARCHAR", SQL_LONGVARCHAR}, {"WCHAR", SQL_WCHAR},
    {"WVARCHAR", SQL_WVARCHAR}, {"WLONGVARCHAR", SQL_WLONGVARCHAR}, {"BIT", SQL_BIT}, {"TINYINT", SQL_TINYINT},
    {"SMALLINT", SQL_SMALLINT}, {"INTEGER", SQL_INTEGER}, {"BIGINT", SQL_BIGINT}, {"REAL", SQL_REAL},
    {"FLOAT", SQL_FLOAT}, {"DOUBLE", SQL_DOUBLE}, {"DECIMAL", SQL_DECIMAL}, {"NUMERIC", SQL_NUMERIC},
    {"TYPE_DATE", SQL_TYPE_DATE}, {"TYPE_TIME", SQL_TYPE_TIME}, {"TYPE_TIMESTAMP", SQL_TYPE_TIMESTAMP},
    {"DATE", SQL_DATE}, {"TIME", SQL_TIME}, {"TIMESTAMP", SQL_TIMESTAMP}, {"BINARY", SQL_BINARY},
    {"VARBINARY", SQL_VARBINARY}, {"LONGVARBINARY", SQL_LONGVARBINARY}, {"GUID", SQL_GUID}, INTERVALS(SQL),
    {"NONSENSE", 12345},
};

static SQLSMALLINT find(const struct name *names, size_t n, const char *name) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i].name, name) == 0) return names[i].code;
    fail_msg("no such type: %s", name);
    return 0;
}

/* ---- a value ----------------------------------------------------------------------------------------------------- */

struct row {
    char *c_type, *value, *sql_type, *issue, *type, *want;
    struct from_c_in in;
    char data[ROOM];
    size_t len;
    char problem[ROOM];
};

static size_t unescape(char *out, const char *s) {
    char *p = out;
    for (; *s; s++) {
        unsigned hex;
        if (*s != '\\') *p++ = *s;
        else if (*++s == 'n') *p++ = '\n';
        else if (*s == 't') *p++ = '\t';
        else if (*s == 'p') *p++ = '|';
        else if (*s == 's') *p++ = ' ';
        else if (*s == 'x' && sscanf(s + 1, "%2x", &hex) == 1) *p++ = (char)hex, s += 2;
        else *p++ = *s;
    }
    *p = '\0';
    return (size_t)(p - out);
}

static void read_wide(struct row *r) {
    char text[ROOM];
    uint16_t units[ROOM];
    size_t n = 0, used;
    for (char *s = r->value; *s;) {
        char *at = strstr(s, "\\u");
        unsigned unit;
        if (at) *at = '\0';
        size_t len = unescape(text, s);
        n += utf8_to_16(text, len, units + n, ROOM - n, &used, NULL);
        if (!at || sscanf(at + 2, "%4x", &unit) != 1) break;
        units[n++] = (uint16_t)unit;
        s = at + 6;
    }
    memcpy(r->data, units, r->len = n * 2);
}

static void read_hex(struct row *r) {
    unsigned byte;
    for (const char *s = r->value; sscanf(s, "%2x", &byte) == 1; s += 2) r->data[r->len++] = (char)byte;
}

static void read_numeric(struct row *r) {
    SQL_NUMERIC_STRUCT n = {38, 0, r->value[0] != '-', {0}};
    __extension__ unsigned __int128 v = 0;
    for (const char *s = r->value; *s; s++)
        if (*s >= '0' && *s <= '9') v = v * 10 + (unsigned)(*s - '0');
    memcpy(n.val, &v, sizeof v);
    memcpy(r->data, &n, r->len = sizeof n);
}

static void read_guid(struct row *r) {
    SQLGUID g;
    unsigned d[8], a, b, c;
    assert_int_equal(sscanf(r->value, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &d[0], &d[1], &d[2], &d[3],
                            &d[4], &d[5], &d[6], &d[7]), 11);
    g.Data1 = a;
    g.Data2 = (uint16_t)b;
    g.Data3 = (uint16_t)c;
    for (int i = 0; i < 8; i++) g.Data4[i] = (unsigned char)d[i];
    memcpy(r->data, &g, r->len = sizeof g);
}

static void read_interval(struct row *r) {
    SQL_INTERVAL_STRUCT s;
    unsigned v[5] = {0};
    memset(&s, 0, sizeof s);
    s.interval_type = (SQLINTERVAL)(r->in.c_type - SQL_C_INTERVAL_YEAR + SQL_IS_YEAR);
    s.interval_sign = r->value[0] == '-' ? SQL_TRUE : SQL_FALSE;
    int n = sscanf(r->value + 1, "%u %u %u %u %u", &v[0], &v[1], &v[2], &v[3], &v[4]);
    if (n == 2) {
        s.intval.year_month.year = v[0];
        s.intval.year_month.month = v[1];
    } else {
        s.intval.day_second = (SQL_DAY_SECOND_STRUCT){v[0], v[1], v[2], v[3], v[4]};
    }
    memcpy(r->data, &s, r->len = sizeof s);
}

static void read_fields(struct row *r) {
    int y = 0, v[6] = {0}, a[3] = {0};
    if (r->in.c_type == SQL_C_TYPE_DATE || r->in.c_type == SQL_C_DATE) {
        sscanf(r->value, "%d %d %d", &a[0], &a[1], &a[2]);
        SQL_DATE_STRUCT t = {(SQLSMALLINT)a[0], (SQLUSMALLINT)a[1], (SQLUSMALLINT)a[2]};
        memcpy(r->data, &t, r->len = sizeof t);
    } else if (r->in.c_type == SQL_C_TYPE_TIME || r->in.c_type == SQL_C_TIME) {
        sscanf(r->value, "%d %d %d", &a[0], &a[1], &a[2]);
        SQL_TIME_STRUCT t = {(SQLUSMALLINT)a[0], (SQLUSMALLINT)a[1], (SQLUSMALLINT)a[2]};
        memcpy(r->data, &t, r->len = sizeof t);
    } else {
        sscanf(r->value, "%d %d %d %d %d %d %d", &y, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]);
        SQL_TIMESTAMP_STRUCT t = {(SQLSMALLINT)y, (SQLUSMALLINT)v[0], (SQLUSMALLINT)v[1], (SQLUSMALLINT)v[2],
                                  (SQLUSMALLINT)v[3], (SQLUSMALLINT)v[4], (SQLUINTEGER)v[5]};
        memcpy(r->data, &t, r->len = sizeof t);
    }
}

#define STORE(T, x) { T t = (T)(x); memcpy(r->data, &t, r->len = sizeof t); break; }

static void read_value(struct row *r) {
    switch (r->in.c_type) {
    case SQL_C_CHAR: case SQL_C_DEFAULT: case 12345: r->len = unescape(r->data, r->value); break;
    case SQL_C_WCHAR: read_wide(r); break;
    case SQL_C_BINARY: read_hex(r); break;
    case SQL_C_STINYINT: case SQL_C_UTINYINT: case SQL_C_TINYINT: case SQL_C_BIT: STORE(char, atoi(r->value))
    case SQL_C_SSHORT: case SQL_C_USHORT: case SQL_C_SHORT: STORE(uint16_t, atoi(r->value))
    case SQL_C_SLONG: case SQL_C_ULONG: case SQL_C_LONG: STORE(uint32_t, atoll(r->value))
    case SQL_C_SBIGINT: STORE(int64_t, strtoll(r->value, NULL, 10))
    case SQL_C_UBIGINT: STORE(uint64_t, strtoull(r->value, NULL, 10))
    case SQL_C_FLOAT: STORE(float, strtof(r->value, NULL))
    case SQL_C_DOUBLE: STORE(double, strtod(r->value, NULL))
    case SQL_C_NUMERIC: read_numeric(r); break;
    case SQL_C_GUID: read_guid(r); break;
    default:
        if (r->in.c_type >= SQL_C_INTERVAL_YEAR && r->in.c_type <= SQL_C_INTERVAL_MINUTE_TO_SECOND) read_interval(r);
        else read_fields(r);
    }
}

static int read_paren(char *s, int *a, int *b) {
    char *paren = strchr(s, '(');
    int n = paren ? sscanf(paren, "(%d,%d)", a, b) : 0;
    if (paren) *paren = '\0';
    return n;
}

static void read_types(struct row *r) {
    int a = 0, b = 0, size = 0, digits = 0;
    read_paren(r->c_type, &a, &b);
    read_paren(r->sql_type, &size, &digits);
    r->in.c_type = find(C_TYPES, sizeof C_TYPES / sizeof *C_TYPES, r->c_type);
    r->in.sql_type = find(SQL_TYPES, sizeof SQL_TYPES / sizeof *SQL_TYPES, r->sql_type);
    r->in.column_size = (SQLULEN)size;
    r->in.digits = (SQLSMALLINT)digits;
    if (r->in.c_type == SQL_C_NUMERIC) r->in.scale = (SQLSMALLINT)a;
    else r->in.leading = a, r->in.precision = (SQLSMALLINT)b;
}

/* ---- judging ----------------------------------------------------------------------------------------------------- */

/* What a string in SQL means, from behind its first quote; the rest of the text follows. */
static const char *sql_unescape(const char *s, const char *end, char *out, size_t *len_r) {
    char *p = out;
    for (; s < end && *s != '\''; s++) {
        unsigned code;
        if (*s != '\\') *p++ = *s;
        else if (*++s == 'n') *p++ = '\n';
        else if (*s == 'r') *p++ = '\r';
        else if (*s == 't') *p++ = '\t';
        else if (*s == 'u' && sscanf(s + 1, "%4x", &code) == 1) *p++ = (char)code, s += 4;
        else *p++ = *s;
    }
    *len_r = (size_t)(p - out);
    return s;
}

static bool literal_agrees(const struct from_c_out *value, struct sv literal) {
    char text[2 * ROOM], inside[ROOM];
    size_t len;
    if (!sv_is_null(value->expression)) return sv_eq(literal, value->expression);
    if (sv_is_null(value->value)) {
        snprintf(text, sizeof text, "CAST(NULL AS %s)", value->type);
        return sv_eq(literal, sv_of(text));
    }
    bool cast = strcmp(value->type, "STRING") != 0;
    struct sv head = cast ? SV_LIT("CAST('") : SV_LIT("'");
    if (literal.len < head.len || memcmp(literal.ptr, head.ptr, head.len) != 0) return false;
    const char *end = literal.ptr + literal.len, *rest = sql_unescape(literal.ptr + head.len, end, inside, &len);
    if (!sv_eq(sv_make(inside, len), value->value)) return false;
    snprintf(text, sizeof text, cast ? "' AS %s)" : "'", value->type);
    return sv_eq(sv_make(rest, (size_t)(end - rest)), sv_of(text));
}

static void judge(struct row *r, const char *how) {
    struct arena a = ARENA_INIT;
    struct from_c_out out, again;
    struct sv literal, got;
    char want[ROOM];
    enum conv_issue issue = from_c(&r->in, &a, &out), literal_issue = from_c_literal(&r->in, &a, &again, &literal);
    got = sv_is_null(out.expression) ? out.value : out.expression;
    bool spliced = !sv_is_null(out.expression), ok = issue == CONV_OK, null = strcmp(r->want, "NULL") == 0;
    size_t len = unescape(want, r->want);
    bool same = null ? sv_is_null(got)
                     : len >= 2 && want[0] == (spliced ? '{' : '\'') && sv_eq(got, sv_make(want + 1, len - 2));
    if (strcmp(ISSUES[issue] + 5, r->issue) != 0 || (ok && (!same || strcmp(out.type, r->type) != 0)))
        snprintf(r->problem, sizeof r->problem, "%s: %s | %s | %c%.2000s", how, ISSUES[issue] + 5,
                 ok ? out.type : "-", spliced ? '{' : '\'', ok && got.ptr ? got.ptr : "NULL");
    else if (literal_issue != issue || (ok && !literal_agrees(&out, literal)))
        snprintf(r->problem, sizeof r->problem, "%s: its literal is %.*s", how, (int)literal.len, literal.ptr);
    arena_fini(&a);
}

static void check_row(struct row *r) {
    bool text, wide;
    read_types(r);
    if (strcmp(r->value, "NULL") == 0) {
        r->in.length = SQL_NULL_DATA;
        judge(r, "NULL");
        return;
    }
    read_value(r);
    text = r->in.c_type == SQL_C_CHAR || r->in.c_type == SQL_C_DEFAULT;
    wide = r->in.c_type == SQL_C_WCHAR;
    char *memory = malloc(r->len + 1);      /* odd addresses, and nothing behind */
    memcpy(memory + 1, r->data, r->len);
    r->in.data = memory + 1;
    r->in.length = (SQLLEN)r->len;
    judge(r, "with its length");
    free(memory);
    if (r->problem[0] || !(text || wide) || (text && memchr(r->data, 0, r->len))) return;
    memory = calloc(r->len + 3, 1);
    memcpy(memory + 1, r->data, r->len);
    r->in.data = memory + 1;
    r->in.length = SQL_NTS;
    judge(r, "up to its NUL");
    free(memory);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static char *next_cell(char **rest) {
    char *cell = *rest, *bar = cell ? strchr(cell, '|') : NULL;
    if (!cell) return NULL;
    *rest = bar ? bar + 1 : NULL;
    if (bar) *bar = '\0';
    while (*cell == ' ') cell++;
    char *end = cell + strlen(cell);
    while (end > cell && (end[-1] == ' ' || end[-1] == '\n')) *--end = '\0';
    return cell;
}

static bool check_line(int number, char *line) {
    struct row *r = calloc(1, sizeof *r);
    char *rest = line;
    r->c_type = next_cell(&rest);
    r->value = next_cell(&rest);
    r->sql_type = next_cell(&rest);
    r->issue = next_cell(&rest);
    r->type = next_cell(&rest);
    r->want = next_cell(&rest);
    if (!r->want) fail_msg("from_c.txt:%d: too few cells", number);
    check_row(r);
    bool good = !r->problem[0];
    if (!good) print_message("# from_c.txt:%d:\n#     got %s\n", number, r->problem);
    free(r);
    return good;
}

static void every_c_type_to_every_sql_type(void **state) {
    char path[1024], line[4096];
    const char *src = getenv("srcdir");
    int number = 0, bad = 0;
    snprintf(path, sizeof path, "%s/tests/conv/from_c.txt", src ? src : ".");
    FILE *f = fopen(path, "r");
    UNUSED(state);
    if (!f) fail_msg("cannot open %s", path);
    while (fgets(line, sizeof line, f)) {
        number++;
        if (line[0] != '#' && line[0] != '\n') bad += !check_line(number, line);
    }
    fclose(f);
    assert_true(number > 500);
    if (bad) fail_msg("%d rows are not as they should be", bad);
}

/* ---- what rows of text cannot say -------------------------------------------------------------------------------- */

static enum conv_issue outcome(SQLSMALLINT c_type, SQLSMALLINT sql_type, const void *data, SQLLEN length) {
    struct arena a = ARENA_INIT;
    struct from_c_in in = {.c_type = c_type, .sql_type = sql_type, .data = data, .length = length};
    struct from_c_out out;
    enum conv_issue issue = from_c(&in, &a, &out);
    arena_fini(&a);
    return issue;
}

static void lengths_that_are_none_are_hy090(void **state) {
    UNUSED(state);
    assert_int_equal(outcome(SQL_C_CHAR, SQL_VARCHAR, "x", -4), CONV_LENGTH);
    assert_int_equal(outcome(SQL_C_CHAR, SQL_VARCHAR, "x", SQL_DEFAULT_PARAM), CONV_LENGTH);
    assert_int_equal(outcome(SQL_C_CHAR, SQL_VARCHAR, "x", SQL_DATA_AT_EXEC), CONV_LENGTH);
    assert_int_equal(outcome(SQL_C_WCHAR, SQL_WVARCHAR, "x\0y", 3), CONV_LENGTH);
    assert_int_equal(outcome(SQL_C_BINARY, SQL_VARBINARY, "x", SQL_NTS), CONV_LENGTH);
    assert_int_equal(outcome(SQL_C_BINARY, SQL_INTEGER, "x", SQL_NTS), CONV_LENGTH);
}

static void a_length_without_a_value_is_hy009(void **state) {
    UNUSED(state);
    assert_int_equal(outcome(SQL_C_CHAR, SQL_VARCHAR, NULL, 3), CONV_NO_VALUE);
    assert_int_equal(outcome(SQL_C_CHAR, SQL_VARCHAR, NULL, SQL_NTS), CONV_NO_VALUE);
    assert_int_equal(outcome(SQL_C_SLONG, SQL_INTEGER, NULL, 0), CONV_NO_VALUE);
    assert_int_equal(outcome(SQL_C_BINARY, SQL_INTEGER, NULL, 4), CONV_NO_VALUE);
    assert_int_equal(outcome(SQL_C_CHAR, SQL_VARCHAR, NULL, 0), CONV_OK);
    assert_int_equal(outcome(SQL_C_CHAR, SQL_VARCHAR, NULL, SQL_NULL_DATA), CONV_OK);
}

static void the_length_of_a_fixed_type_is_ignored(void **state) {
    int32_t n = 5;
    UNUSED(state);
    assert_int_equal(outcome(SQL_C_SLONG, SQL_INTEGER, &n, 0), CONV_OK);
    assert_int_equal(outcome(SQL_C_SLONG, SQL_INTEGER, &n, 77), CONV_OK);
    assert_int_equal(outcome(SQL_C_SLONG, SQL_INTEGER, &n, SQL_NTS), CONV_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_c_type_to_every_sql_type),
        cmocka_unit_test(lengths_that_are_none_are_hy090),
        cmocka_unit_test(a_length_without_a_value_is_hy009),
        cmocka_unit_test(the_length_of_a_fixed_type_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
