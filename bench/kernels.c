/* kernels: what one cell costs in each kernel of the convert room, without a server, a driver manager or a file.
 *
 *   bench/kernels [WORD]     nanoseconds per cell, best of several runs; WORD picks the lines that contain it
 *   bench/kernels --count    every kernel once, each as one dump of callgrind (see bench/kernels-check)
 *
 * A line is: source, C type, "dense" or "nulls" (each tenth row is NULL), figure. Rowsets have 1,000 rows, bound by
 * column, with one array for length and indicator: what applications do. Pairs that cannot be converted, and values that
 * do not fit, are left out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT ((void)0)
#define CALLGRIND_DUMP_STATS_AT(name) ((void)(name))
#endif

#include "core/dec.h"
#include "core/num.h"
#include "core/tz.h"
#include "driver/convert/convert.h"

enum { ROWS = 1000, CELL = 512, TEXT_BYTES = ROWS * 256, REPEATS = 200, RUNS = 5 };

static union { int8_t i8[ROWS]; int16_t i16[ROWS]; int32_t i32[ROWS]; int64_t i64[ROWS]; float f32[ROWS];
               double f64[ROWS];
               dec_int dec[ROWS]; char text[TEXT_BYTES]; } values;
static int32_t offsets[ROWS + 1];
static uint8_t validity[(ROWS + 7) / 8];
static char cells[ROWS * CELL];
static SQLLEN lengths[ROWS];
static uint8_t issues[ROWS];

/* ---- sources ----------------------------------------------------------------------------------------------------- */

static void make_bool(int i) { values.text[i / 8] = (char)(i * 37); }
static void make_i8(int i) { values.i8[i] = (int8_t)(i * 7); }
static void make_i16(int i) { values.i16[i] = (int16_t)(i * 31); }
static void make_i32(int i) { values.i32[i] = i * 104729; }
static void make_i64(int i) { values.i64[i] = i * INT64_C(2654435761); }
static void make_small(int i) { values.i64[i] = i % 100; }
static void make_bits(int i) { values.i64[i] = i % 2; }
static void make_f32(int i) { values.f32[i] = (float)i * 0.37f; }
static void make_f64(int i) { values.f64[i] = i * 0.37; }
static void make_dec(int i) { values.dec[i] = i * 104729; }
static void make_wide(int i) { values.dec[i] = (dec_int)i * INT64_C(1000000007) * INT64_C(100000000000); }
static void make_date(int i) { values.i32[i] = 8000 + i * 3; }
static void make_time(int i) { values.i64[i] = i * INT64_C(86000123); }
static void make_stamp(int i) { values.i64[i] = INT64_C(1577836800000000) + i * INT64_C(1234567000); }
static void make_months(int i) { values.i32[i] = i % 90; }
static void make_duration(int i) { values.i64[i] = i * INT64_C(86400000000) % (90 * INT64_C(86400000000)); }

static void add_text(int i, const char *text, size_t len) {
    memcpy(values.text + offsets[i], text, len);
    offsets[i + 1] = offsets[i] + (int32_t)len;
}

static void make_word(int i) {
    static const char *const WORDS[] = {"R", "AIR", "TRUCK", "REG AIR", "DELIVER IN PERSON", "COLLECT COD", "F", "NONE"};
    const char *word = WORDS[i * 5 % 8];
    add_text(i, word, strlen(word));
}
static void make_comment(int i) {
    static const char WORDS[] = "furiously final packages sleep carefully about the ironic deposits. blithely even";
    add_text(i, WORDS + i % 31, 10 + (size_t)(i * 7 % 34));
}
static void make_unicode(int i) {
    static const char *const WORDS[] = {"Ωμέγα ñandú 12345", "漢字かな交じり文漢字かな", "😀 smile 77 👩‍👦", "plain ascii text"};
    add_text(i, WORDS[i % 4], strlen(WORDS[i % 4]));
}
static void make_number(int i) { char t[NUM_TEXT_MAX]; add_text(i, t, num_put_f64(t, i * 0.25)); }
static void make_digits(int i) { char t[NUM_TEXT_MAX]; add_text(i, t, num_put_i64(t, i * 7 % 100)); }
static void make_day(int i) {
    char t[32];
    add_text(i, t, (size_t)snprintf(t, sizeof t, "2021-%02d-%02d", 1 + i % 12, 1 + i % 28));
}
static void make_moment(int i) {
    char t[48];
    add_text(i, t, (size_t)snprintf(t, sizeof t, "2021-%02d-%02d %02d:15:00", 1 + i % 12, 1 + i % 28, i % 24));
}
static void make_guid(int i) {
    char t[48];
    add_text(i, t, (size_t)snprintf(t, sizeof t, "%08x-0123-4567-89ab-cdef01234567", (unsigned)i * 2654435761u));
}

/* As in TPC-H's lineitem. */
static void make_key(int i) { values.i64[i] = (i * INT64_C(2654435761) & 0xFFFFFF) % 6000000 + 1; }
static void make_line(int i) { values.i32[i] = 1 + i * 5 % 7; }
static void make_price(int i) { values.dec[i] = 90100 + i * INT64_C(104729) % 10400000; }
static void make_rate(int i) { values.dec[i] = i * 7 % 11; }
static void make_flag(int i) { add_text(i, &"RANOF"[i * 3 % 5], 1); }

static const struct source {
    const char *name;
    enum col_phys phys;
    enum dbx_type type;
    int scale;
    void (*make)(int i);
} SOURCES[] = {
    {"bool", COL_BOOL, DBX_BOOLEAN, 0, make_bool}, {"i8", COL_I8, DBX_TINYINT, 0, make_i8},
    {"i16", COL_I16, DBX_SMALLINT, 0, make_i16}, {"i32", COL_I32, DBX_INT, 0, make_i32},
    {"i64", COL_I64, DBX_BIGINT, 0, make_i64}, {"i64-small", COL_I64, DBX_BIGINT, 0, make_small},
    {"i64-bits", COL_I64, DBX_BIGINT, 0, make_bits},
    {"f32", COL_F32, DBX_FLOAT, 0, make_f32}, {"f64", COL_F64, DBX_DOUBLE, 0, make_f64},
    {"dec", COL_DEC128, DBX_DECIMAL, 2, make_dec}, {"dec-wide", COL_DEC128, DBX_DECIMAL, 6, make_wide},
    {"date", COL_DATE32, DBX_DATE, 0, make_date}, {"time", COL_TIME_US, DBX_TIME, 0, make_time},
    {"stamp", COL_TS_US, DBX_TIMESTAMP_NTZ, 0, make_stamp}, {"stamp-zone", COL_TS_US, DBX_TIMESTAMP, 0, make_stamp},
    {"months", COL_MONTHS, DBX_INTERVAL, 0, make_months},
    {"duration", COL_DURATION_US, DBX_INTERVAL, 0, make_duration},
    {"text-word", COL_UTF8, DBX_STRING, 0, make_word}, {"text-comment", COL_UTF8, DBX_STRING, 0, make_comment},
    {"text-unicode", COL_UTF8, DBX_STRING, 0, make_unicode}, {"text-number", COL_UTF8, DBX_STRING, 0, make_number},
    {"text-digits", COL_UTF8, DBX_STRING, 0, make_digits},
    {"text-day", COL_UTF8, DBX_STRING, 0, make_day}, {"text-moment", COL_UTF8, DBX_STRING, 0, make_moment},
    {"text-guid", COL_UTF8, DBX_STRING, 0, make_guid}, {"binary", COL_BINARY, DBX_BINARY, 0, make_comment},
    {"line-key", COL_I64, DBX_BIGINT, 0, make_key}, {"line-number", COL_I32, DBX_INT, 0, make_line},
    {"line-price", COL_DEC128, DBX_DECIMAL, 2, make_price}, {"line-rate", COL_DEC128, DBX_DECIMAL, 2, make_rate},
    {"line-flag", COL_UTF8, DBX_STRING, 0, make_flag},
};

static const struct { const char *name; SQLSMALLINT code; SQLLEN capacity; } TARGETS[] = {
    {"CHAR", SQL_C_CHAR, 128}, {"WCHAR", SQL_C_WCHAR, 256}, {"BINARY", SQL_C_BINARY, 128},
    {"STINYINT", SQL_C_STINYINT, 0}, {"UTINYINT", SQL_C_UTINYINT, 0},
    {"SSHORT", SQL_C_SSHORT, 0}, {"USHORT", SQL_C_USHORT, 0},
    {"SLONG", SQL_C_SLONG, 0}, {"ULONG", SQL_C_ULONG, 0}, {"SBIGINT", SQL_C_SBIGINT, 0}, {"UBIGINT", SQL_C_UBIGINT, 0},
    {"BIT", SQL_C_BIT, 0}, {"FLOAT", SQL_C_FLOAT, 0}, {"DOUBLE", SQL_C_DOUBLE, 0}, {"NUMERIC", SQL_C_NUMERIC, 0},
    {"DATE", SQL_C_TYPE_DATE, 0}, {"TIME", SQL_C_TYPE_TIME, 0}, {"STAMP", SQL_C_TYPE_TIMESTAMP, 0},
    {"GUID", SQL_C_GUID, 0},
    {"MONTH", SQL_C_INTERVAL_MONTH, 0}, {"DAY", SQL_C_INTERVAL_DAY, 0},
};

static bool is_error(uint8_t issue) {
    static const bool ERRORS[] = {
#define ISSUE(id, sqlstate, is_error, text) is_error,
#include "tbl/issues.h"
#undef ISSUE
    };
    return ERRORS[issue];
}

/* ---- measuring --------------------------------------------------------------------------------------------------- */

struct ask { bool count; const char *word; };

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double best_ns(conv_kernel *kernel, const struct conv_job *job, const struct col_view *view) {
    double best = 1e9;
    for (int run = 0; run < RUNS; run++) {
        double start = seconds();
        for (int i = 0; i < REPEATS; i++) kernel(job, view, 0, ROWS, issues);
        double ns = (seconds() - start) * 1e9 / REPEATS / ROWS;
        if (ns < best) best = ns;
    }
    return best;
}

/* Whether all cells come through; also warms what is looked up once. */
static bool all_fine(conv_kernel *kernel, const struct conv_job *job, const struct col_view *view) {
    memset(issues, 0, sizeof issues);
    if (kernel(job, view, 0, ROWS, issues) == 0) return true;
    for (int i = 0; i < ROWS; i++)
        if (is_error(issues[i])) return false;
    return true;
}

static void measure(const struct ask *ask, const char *name, conv_kernel *kernel, const struct conv_job *job,
                    const struct col_view *view) {
    if ((ask->word && !strstr(name, ask->word)) || !all_fine(kernel, job, view)) return;
    if (!ask->count) {
        printf("%s\t%.2f\n", name, best_ns(kernel, job, view));
        return;
    }
    CALLGRIND_TOGGLE_COLLECT;
    kernel(job, view, 0, ROWS, issues);
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
}

static void measure_source(const struct ask *ask, const struct source *s, const struct tz *zone) {
    const char *interval = s->phys == COL_MONTHS ? "MONTH" : s->phys == COL_DURATION_US ? "DAY" : "";
    struct column column = {.sea = {.name = s->name, .type = s->type, .type_text = "", .precision = s->scale ? 38 : 0,
                                    .scale = s->scale, .interval = interval}, .zone = ""};
    offsets[0] = 0;
    for (int i = 0; i < ROWS; i++) s->make(i);
    for (size_t t = 0; t < sizeof TARGETS / sizeof *TARGETS; t++) {
        SQLLEN size = TARGETS[t].capacity ? TARGETS[t].capacity : conv_c_size(TARGETS[t].code);
        struct conv_job job = {.column = &column, .zone = zone, .c_type = TARGETS[t].code, .precision = 38,
                               .scale = (SQLSMALLINT)s->scale, .data = cells, .data_stride = size, .capacity = size,
                               .octet_length = (char *)lengths, .indicator = (char *)lengths,
                               .length_stride = sizeof *lengths};
        conv_kernel *kernel = conv_find(s->phys, &column, TARGETS[t].code);
        for (int nulls = 0; kernel && nulls < 2; nulls++) {
            struct col_view view = {.phys = s->phys, .validity = nulls ? validity : NULL, .data = &values,
                                    .offsets = offsets};
            char name[64];
            snprintf(name, sizeof name, "%s\t%s\t%s", s->name, TARGETS[t].name, nulls ? "nulls" : "dense");
            measure(ask, name, kernel, &job, &view);
        }
    }
}

int main(int argc, char **argv) {
    struct ask ask = {argc > 1 && strcmp(argv[1], "--count") == 0, NULL};
    struct err e = ERR_INIT;
    const struct tz *zone = NULL;
    if (argc > 1 && !ask.count) ask.word = argv[1];
    if (tz_get(&zone, SV_LIT("America/Los_Angeles"), &e) != RC_OK) fprintf(stderr, "kernels: %s\n", e.text);
    for (int i = 0; i < ROWS; i++)
        if (i % 10) validity[i / 8] |= (uint8_t)(1 << i % 8);
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++) measure_source(&ask, &SOURCES[i], zone);
    return 0;
}
