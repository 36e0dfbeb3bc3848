/* Escape sequences, by tables of text: tests/sql/escapes.txt and the functions of include/tbl.
 *
 * A row is "input → output", or "input ✗ CODE words", where words stand in the error's text. <nl> is a line feed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sql.h>
#include <sqlext.h>

#include "core/sqlscan.h"
#include "driver/sql/escape.h"

enum { MAX_LINE = 4096, MAX_SQL = 1 << 20 };

static const struct escape_settings HOW = { .decimal_scale = 10 };

static const char *translate(const char *sql, struct buf *out, struct err *e) {
    *e = (struct err)ERR_INIT;
    buf_reset(out);
    if (escape_translate(sv_of(sql), &HOW, out, e)) return NULL;
    return out->ptr ? out->ptr : "";
}

static void unfold(char *line) {
    line[strcspn(line, "\n")] = '\0';
    for (char *p; (p = strstr(line, "<nl>"));) {
        *p = '\n';
        memmove(p + 1, p + 4, strlen(p + 4) + 1);
    }
}

static bool check_error(const char *want, const struct err *e, const char *got) {
    char code[64];
    if (got || sscanf(want, "%63s", code) != 1 || strcmp(code, err_code_name(e->code)) != 0) return false;
    want += strcspn(want, " ");
    return strstr(e->text, want + strspn(want, " ")) != NULL;
}

static bool check_row(char *line, struct buf *out) {
    struct err e;
    char *arrow = strstr(line, " → "), *cross = strstr(line, " ✗ ");
    char *cut = arrow ? arrow : cross;
    if (!cut) return false;
    const char *want = cut + (arrow ? strlen(" → ") : strlen(" ✗ "));
    *cut = '\0';
    const char *got = translate(line, out, &e);
    bool ok = arrow ? got && strcmp(got, want) == 0 : check_error(want, &e, got);
    if (!ok) print_error("%s\n  want %s\n  got  %s\n", line, want, got ? got : e.text);
    return ok;
}

static void each_row_translates_as_written(void **state) {
    const char *dir = getenv("srcdir");
    char path[MAX_LINE], line[MAX_LINE];
    int rows = 0, bad = 0;
    struct buf out;
    (void)state;
    buf_init(&out, MAX_SQL);
    snprintf(path, sizeof path, "%s/tests/sql/escapes.txt", dir ? dir : ".");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        unfold(line);
        if (line[0] == '\0' || line[0] == '#') continue;
        rows++;
        bad += !check_row(line, &out);
    }
    fclose(f);
    buf_fini(&out);
    assert_int_equal(bad, 0);
    assert_true(rows > 200);
}

static void nesting_is_bounded(void **state) {
    char sql[MAX_LINE] = "";
    struct buf out;
    struct err e;
    (void)state;
    buf_init(&out, MAX_SQL);
    for (int depth = 1; depth <= ESCAPE_MAX_DEPTH + 1; depth++) {
        memset(sql, 0, sizeof sql);
        for (int i = 0; i < depth; i++) memcpy(sql + strlen(sql), "{fn ABS(", 8);
        sql[strlen(sql)] = '1';
        for (int i = 0; i < depth; i++) memcpy(sql + strlen(sql), ")}", 2);
        assert_int_equal(translate(sql, &out, &e) != NULL, depth <= ESCAPE_MAX_DEPTH);
    }
    assert_int_equal(e.code, ERR_ESCAPE);
    buf_fini(&out);
}

static void a_result_over_the_ceiling_is_an_error(void **state) {
    struct buf out;
    struct err e = ERR_INIT;
    (void)state;
    buf_init(&out, 10);
    assert_int_equal(escape_translate(SV_LIT("SELECT {fn CURRENT_TIMESTAMP}"), &HOW, &out, &e), RC_ERR);
    assert_int_equal(e.code, ERR_LIMIT);
    buf_fini(&out);
}

/* ---- what SQLGetInfo claims is what is translated ---------------------------------------------------------------------------- */

static const struct { const char *name; unsigned info; uint32_t bit; int min, max; } FUNCTIONS[] = {
#define SCALAR(name, info, bit, shape, min, max, text) { name, info, bit, min, max },
#include "tbl/scalar_functions.h"
};

static void all_functions_are_claimed(void **state) {
    (void)state;
    assert_int_equal(escape_info(SQL_STRING_FUNCTIONS), 0xFFFFFF);
    assert_int_equal(escape_info(SQL_NUMERIC_FUNCTIONS), 0xFFFFFF);
    assert_int_equal(escape_info(SQL_TIMEDATE_FUNCTIONS), 0x1FFFFF);
    assert_int_equal(escape_info(SQL_SYSTEM_FUNCTIONS),
                     SQL_FN_SYS_USERNAME | SQL_FN_SYS_DBNAME | SQL_FN_SYS_IFNULL);
    assert_int_equal(escape_info(SQL_TIMEDATE_ADD_INTERVALS), 0x1FF);
    assert_int_equal(escape_info(SQL_TIMEDATE_DIFF_INTERVALS), 0x1FF);
    assert_int_equal(escape_info(SQL_CONVERT_FUNCTIONS), SQL_FN_CVT_CONVERT);
    assert_int_equal(escape_info(SQL_MAX_ROW_SIZE), 0);
}

static void conversions_are_claimed_by_class(void **state) {
    const uint32_t texts = SQL_CVT_CHAR | SQL_CVT_VARCHAR | SQL_CVT_LONGVARCHAR | SQL_CVT_WCHAR | SQL_CVT_WVARCHAR |
                           SQL_CVT_WLONGVARCHAR;
    const uint32_t numbers = SQL_CVT_TINYINT | SQL_CVT_SMALLINT | SQL_CVT_INTEGER | SQL_CVT_BIGINT | SQL_CVT_REAL |
                             SQL_CVT_FLOAT | SQL_CVT_DOUBLE | SQL_CVT_DECIMAL | SQL_CVT_NUMERIC | SQL_CVT_BIT;
    const uint32_t binaries = SQL_CVT_BINARY | SQL_CVT_VARBINARY | SQL_CVT_LONGVARBINARY;
    (void)state;
    assert_int_equal(escape_info(SQL_CONVERT_INTEGER), texts | numbers);
    assert_int_equal(escape_info(SQL_CONVERT_BIT), texts | numbers);
    assert_int_equal(escape_info(SQL_CONVERT_DATE), texts | SQL_CVT_DATE | SQL_CVT_TIMESTAMP);
    assert_int_equal(escape_info(SQL_CONVERT_TIME), texts | SQL_CVT_TIME | SQL_CVT_TIMESTAMP);
    assert_int_equal(escape_info(SQL_CONVERT_TIMESTAMP), texts | SQL_CVT_DATE | SQL_CVT_TIME | SQL_CVT_TIMESTAMP);
    assert_int_equal(escape_info(SQL_CONVERT_BINARY), texts | binaries);
    assert_int_equal(escape_info(SQL_CONVERT_INTERVAL_DAY_TIME), texts | SQL_CVT_INTERVAL_DAY_TIME);
    assert_int_equal(escape_info(SQL_CONVERT_INTERVAL_YEAR_MONTH), texts | SQL_CVT_INTERVAL_YEAR_MONTH);
    assert_int_equal(escape_info(SQL_CONVERT_VARCHAR) & SQL_CVT_GUID, SQL_CVT_GUID);
    assert_int_equal(escape_info(SQL_CONVERT_GUID) & texts, texts);
}

/* Functions whose arguments have words in them have rows of their own. */
static bool is_special(const char *name) {
    static const char *const NAMES[] = { "POSITION", "EXTRACT", "TIMESTAMPADD", "TIMESTAMPDIFF", "CONVERT" };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(name, NAMES[i]) == 0) return true;
    return false;
}

static void put_call(char *sql, size_t cap, const char *name, int n) {
    size_t at = (size_t)snprintf(sql, cap, "SELECT {fn %s(", name);
    for (int i = 0; i < n; i++) at += (size_t)snprintf(sql + at, cap - at, "%s?", i > 0 ? ", " : "");
    snprintf(sql + at, cap - at, ")}");
}

static int count_markers(const char *sql) {
    struct sqlscan s = sqlscan_of(sv_of(sql));
    int n = 0;
    for (struct sqltoken t = sqlscan_next(&s); t.kind != SQLTOK_END; t = sqlscan_next(&s)) n += t.kind == SQLTOK_MARKER;
    return n;
}

static void every_function_takes_each_marker_once(void **state) {
    char sql[MAX_LINE];
    struct buf out;
    struct err e;
    (void)state;
    buf_init(&out, MAX_SQL);
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        for (int n = FUNCTIONS[i].min; n <= FUNCTIONS[i].max && !is_special(FUNCTIONS[i].name); n++) {
            put_call(sql, sizeof sql, FUNCTIONS[i].name, n);
            const char *got = translate(sql, &out, &e);
            if (!got) fail_msg("%s: %s", sql, e.text);
            if (count_markers(got) != n) fail_msg("%s: %s", sql, got);
        }
    }
    buf_fini(&out);
}

int main(void) {
    const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(each_row_translates_as_written),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_result_over_the_ceiling_is_an_error),
        cmocka_unit_test(all_functions_are_claimed),
        cmocka_unit_test(conversions_are_claimed_by_class),
        cmocka_unit_test(every_function_takes_each_marker_once),
    };
    return cmocka_run_group_tests(TESTS, NULL, NULL);
}
