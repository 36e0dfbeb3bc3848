/* Every pair of a SQL type and a C type, both ways: it converts if pairs.txt lists it, and is 07006 if not. The types come
 * from the product's own lists, so that a new one without a line here is noticed. */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/interval.h"
#include "driver/convert/convert.h"
#include "driver/convert/from_c.h"
#include "driver/result/cell.h"

struct code { SQLSMALLINT code; const char *group; };

static const struct code C_TYPES[] = {
    {SQL_C_CHAR, "text"}, {SQL_C_WCHAR, "text"}, {SQL_C_BINARY, "binary"}, {SQL_C_STINYINT, "integer"},
    {SQL_C_UTINYINT, "integer"}, {SQL_C_TINYINT, "integer"}, {SQL_C_SSHORT, "integer"}, {SQL_C_USHORT, "integer"},
    {SQL_C_SHORT, "integer"}, {SQL_C_SLONG, "integer"}, {SQL_C_ULONG, "integer"}, {SQL_C_LONG, "integer"},
    {SQL_C_SBIGINT, "integer"}, {SQL_C_UBIGINT, "integer"}, {SQL_C_BIT, "bit"}, {SQL_C_FLOAT, "float"},
    {SQL_C_DOUBLE, "float"}, {SQL_C_NUMERIC, "numeric"}, {SQL_C_TYPE_DATE, "date"}, {SQL_C_DATE, "date"},
    {SQL_C_TYPE_TIME, "time"}, {SQL_C_TIME, "time"}, {SQL_C_TYPE_TIMESTAMP, "timestamp"},
    {SQL_C_TIMESTAMP, "timestamp"}, {SQL_C_GUID, "guid"}, {SQL_C_INTERVAL_YEAR, "month_single"},
    {SQL_C_INTERVAL_MONTH, "month_single"}, {SQL_C_INTERVAL_YEAR_TO_MONTH, "months"},
    {SQL_C_INTERVAL_DAY, "duration_single"}, {SQL_C_INTERVAL_HOUR, "duration_single"},
    {SQL_C_INTERVAL_MINUTE, "duration_single"}, {SQL_C_INTERVAL_SECOND, "duration_single"},
    {SQL_C_INTERVAL_DAY_TO_HOUR, "durations"}, {SQL_C_INTERVAL_DAY_TO_MINUTE, "durations"},
    {SQL_C_INTERVAL_DAY_TO_SECOND, "durations"}, {SQL_C_INTERVAL_HOUR_TO_MINUTE, "durations"},
    {SQL_C_INTERVAL_HOUR_TO_SECOND, "durations"}, {SQL_C_INTERVAL_MINUTE_TO_SECOND, "durations"},
};

static const struct code SQL_TYPES[] = {
    {SQL_CHAR, "character"}, {SQL_VARCHAR, "character"}, {SQL_LONGVARCHAR, "character"}, {SQL_WCHAR, "character"},
    {SQL_WVARCHAR, "character"}, {SQL_WLONGVARCHAR, "character"}, {SQL_BIT, "bit"}, {SQL_TINYINT, "exact"},
    {SQL_SMALLINT, "exact"}, {SQL_INTEGER, "exact"}, {SQL_BIGINT, "exact"}, {SQL_DECIMAL, "exact"},
    {SQL_NUMERIC, "exact"}, {SQL_REAL, "approximate"}, {SQL_FLOAT, "approximate"}, {SQL_DOUBLE, "approximate"},
    {SQL_TYPE_DATE, "date"}, {SQL_DATE, "date"}, {SQL_TYPE_TIME, "time"}, {SQL_TIME, "time"},
    {SQL_TYPE_TIMESTAMP, "timestamp"}, {SQL_TIMESTAMP, "timestamp"}, {SQL_BINARY, "binary"},
    {SQL_VARBINARY, "binary"}, {SQL_LONGVARBINARY, "binary"}, {SQL_GUID, "guid"},
    {SQL_INTERVAL_YEAR, "month_single"}, {SQL_INTERVAL_MONTH, "month_single"}, {SQL_INTERVAL_YEAR_TO_MONTH, "months"},
    {SQL_INTERVAL_DAY, "duration_single"}, {SQL_INTERVAL_HOUR, "duration_single"},
    {SQL_INTERVAL_MINUTE, "duration_single"}, {SQL_INTERVAL_SECOND, "duration_single"},
    {SQL_INTERVAL_DAY_TO_HOUR, "durations"}, {SQL_INTERVAL_DAY_TO_MINUTE, "durations"},
    {SQL_INTERVAL_DAY_TO_SECOND, "durations"}, {SQL_INTERVAL_HOUR_TO_MINUTE, "durations"},
    {SQL_INTERVAL_HOUR_TO_SECOND, "durations"}, {SQL_INTERVAL_MINUTE_TO_SECOND, "durations"},
};

#define N_OF(list) (sizeof (list) / sizeof *(list))

static const char *group_of(const struct code *list, size_t n, SQLSMALLINT code) {
    for (size_t i = 0; i < n; i++)
        if (list[i].code == code) return list[i].group;
    return NULL;
}

/* ---- the tables --------------------------------------------------------------------------------------------------- */

static struct { char way[8], from[24], to[256]; } lines[64];
static int n_lines;

static int read_tables(void **state) {
    char path[1024], line[512];
    const char *src = getenv("srcdir");
    UNUSED(state);
    snprintf(path, sizeof path, "%s/tests/conv/pairs.txt", src ? src : ".");
    FILE *f = fopen(path, "r");
    if (!f) return -1;
    while (fgets(line, sizeof line, f)) {
        char *bar = strchr(line, '|');
        if (line[0] == '#' || !bar) continue;
        sscanf(line, "%7s %23[a-z_]", lines[n_lines].way, lines[n_lines].from);
        snprintf(lines[n_lines].to, sizeof lines[n_lines].to, " %s", bar + 1);
        for (char *p = lines[n_lines].to; *p; p++)
            if (*p == '+' || *p == '\n') *p = ' ';
        n_lines++;
    }
    fclose(f);
    return 0;
}

static bool is_listed(const char *way, const char *from, const char *to) {
    char word[32];
    snprintf(word, sizeof word, " %s ", to);
    for (int i = 0; i < n_lines; i++)
        if (strcmp(lines[i].way, way) == 0 && strcmp(lines[i].from, from) == 0) return strstr(lines[i].to, word);
    fail_msg("pairs.txt has no line %s %s", way, from);
    return false;
}

/* ---- SQL to C ------------------------------------------------------------------------------------------------------- */

static const char *kind_of(enum col_phys phys) {
    switch (phys) {
    case COL_NULL: return "void";
    case COL_BOOL: return "bit";
    case COL_I8: case COL_I16: case COL_I32: case COL_I64: case COL_DEC128: return "exact";
    case COL_F32: case COL_F64: return "approximate";
    case COL_DATE32: return "date";
    case COL_TIME_US: return "time";
    case COL_TS_US: return "timestamp";
    case COL_MONTHS: return "months";
    case COL_DURATION_US: return "duration";
    case COL_UTF8: return "character";
    case COL_BINARY: return "binary";
    }
    return NULL;
}

static int check_column(const struct sea_column *sea, const char *name) {
    struct cell_column cell;
    struct column column = {.sea = *sea, .zone = ""};
    int bad = 0;
    cell_column_init(&cell, sea);
    for (int code = INT16_MIN; code <= INT16_MAX; code++) {
        const char *group = group_of(C_TYPES, N_OF(C_TYPES), (SQLSMALLINT)code);
        bool listed = group && is_listed("to_c", kind_of(cell.phys), group);
        bool converts = conv_find(cell.phys, &column, (SQLSMALLINT)code) != NULL;
        if (converts == listed) continue;
        print_message("# %s to C type %d (%s): %s\n", name, code, group ? group : "none", listed ? "missing" : "not listed");
        bad++;
    }
    return bad;
}

static void every_type_goes_to_the_c_types_of_the_manual_and_no_others(void **state) {
    static const char *const INTERVALS[] = {"YEAR", "MONTH", "YEAR TO MONTH", "DAY", "HOUR", "MINUTE", "SECOND",
        "DAY TO HOUR", "DAY TO MINUTE", "DAY TO SECOND", "HOUR TO MINUTE", "HOUR TO SECOND", "MINUTE TO SECOND"};
    int bad = 0;
    UNUSED(state);
    for (int type = 0; type < DBX_TYPE_COUNT; type++) {
        struct sea_column sea = {.name = "c", .type = (enum dbx_type)type, .type_text = "", .precision = 10, .scale = 2,
                                 .interval = ""};
        char name[16];
        snprintf(name, sizeof name, "type %d", type);
        bad += check_column(&sea, name);
        for (size_t i = 0; type == DBX_INTERVAL && i < N_OF(INTERVALS); i++) {
            sea.interval = INTERVALS[i];
            bad += check_column(&sea, INTERVALS[i]);
        }
    }
    assert_int_equal(bad, 0);
}

/* ---- C to SQL ------------------------------------------------------------------------------------------------------- */

static enum conv_issue outcome(SQLSMALLINT c_type, SQLSMALLINT sql_type) {
    char place[64] = {0};
    SQL_DATE_STRUCT day = {2024, 2, 29};
    SQL_TIMESTAMP_STRUCT stamp = {2024, 2, 29, 0, 0, 0, 0};
    struct arena a = ARENA_INIT;
    struct from_c_out out;
    struct from_c_in in = {.c_type = c_type, .sql_type = sql_type, .data = place, .length = SQL_NTS};
    if (c_type == SQL_C_BINARY) in.length = 0;
    if (c_type == SQL_C_TYPE_DATE || c_type == SQL_C_DATE) memcpy(place, &day, sizeof day);
    if (c_type == SQL_C_TYPE_TIMESTAMP || c_type == SQL_C_TIMESTAMP) memcpy(place, &stamp, sizeof stamp);
    enum conv_issue issue = from_c(&in, &a, &out);
    arena_fini(&a);
    return issue;
}

static void every_c_type_goes_to_the_types_of_the_manual_and_no_others(void **state) {
    int bad = 0;
    UNUSED(state);
    for (size_t c = 0; c < N_OF(C_TYPES); c++) {
        for (int code = INT16_MIN; code <= INT16_MAX; code++) {
            const char *group = group_of(SQL_TYPES, N_OF(SQL_TYPES), (SQLSMALLINT)code);
            bool listed = group && is_listed("from_c", C_TYPES[c].group, group);
            if ((outcome(C_TYPES[c].code, (SQLSMALLINT)code) != CONV_RESTRICTED) == listed) continue;
            print_message("# C type %d to SQL type %d (%s): %s\n", C_TYPES[c].code, code, group ? group : "none",
                          listed ? "missing" : "not listed");
            bad++;
        }
    }
    assert_int_equal(bad, 0);
}

static void every_default_is_a_type_that_the_type_converts_to(void **state) {
    UNUSED(state);
    for (int type = 0; type < DBX_TYPE_COUNT; type++) {
        struct sea_column sea = {.name = "c", .type = (enum dbx_type)type, .type_text = "", .precision = 10, .scale = 2,
                                 .interval = ""};
        struct column column = {.sea = sea, .zone = ""};
        struct cell_column cell;
        cell_column_init(&cell, &sea);
        for (int wide = 0; wide < 2; wide++)
            assert_non_null(conv_find(cell.phys, &column, conv_default_c_type(&column, wide)));
    }
    for (size_t i = 0; i < N_OF(SQL_TYPES); i++) {
        struct arena a = ARENA_INIT;
        struct from_c_out out;
        struct from_c_in in = {.c_type = SQL_C_DEFAULT, .sql_type = SQL_TYPES[i].code, .data = "", .length = SQL_NULL_DATA};
        assert_int_equal(from_c(&in, &a, &out), CONV_OK);
        arena_fini(&a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_goes_to_the_c_types_of_the_manual_and_no_others),
        cmocka_unit_test(every_c_type_goes_to_the_types_of_the_manual_and_no_others),
        cmocka_unit_test(every_default_is_a_type_that_the_type_converts_to),
    };
    return cmocka_run_group_tests(tests, read_tables, NULL);
}
