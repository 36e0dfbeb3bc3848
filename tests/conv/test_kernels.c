/* Kernels over runs of rows against one cell at a time: rowsets around a word of the validity bitmap, odd offsets, NULLs
 * at its borders, every size of buffer, bound by column and by row. Sources and buffers are as large as they have to be and no
 * larger, so that a sanitizer sees a byte too far. */
#include "tests/unit/test.h"

#include <stdlib.h>

#include "core/dec.h"
#include "core/dtime.h"
#include "core/num.h"
#include "core/utf.h"
#include "driver/convert/convert.h"

enum { MOST = 200, TEXT = 80, GUARD = 0xA5 };

struct table {
    struct column column;
    struct col_view view;
    int n;                          /* rows in the buffers, before view.offset as well */
    char want[MOST][TEXT];          /* as UTF-8, by index in the buffers */
    bool null[MOST];
    void *data;
    uint8_t *validity;
    int32_t *offsets;
};

struct shape { SQLSMALLINT c_type; SQLLEN cap; bool by_row; };

static uint64_t seed = 88172645463325252u;
static uint64_t any(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void begin(struct table *t, enum col_phys phys, enum dbx_type type, int scale, int n, int64_t offset) {
    memset(t, 0, sizeof *t);
    t->n = n;
    t->column = (struct column){.sea = {.name = "c", .type = type, .type_text = "", .interval = "", .scale = scale}, .zone = ""};
    t->view.phys = phys;
    t->view.offset = offset;
}

/* kind 0: no NULLs; 1: at the borders of words; 2: anywhere; 3: a bitmap without one. */
static void add_nulls(struct table *t, int kind) {
    size_t bytes = ((size_t)t->n + 7) / 8;
    if (kind == 0) return;
    t->validity = malloc(bytes);
    memset(t->validity, 0, bytes);
    for (int i = 0; i < t->n; i++) {
        int64_t k = i - t->view.offset;
        t->null[i] = kind == 1 ? k % 64 == 0 || k % 64 == 63 : kind == 2 ? any() % 3 == 0 : false;
        if (!t->null[i]) t->validity[i / 8] |= (uint8_t)(1 << i % 8);
    }
    t->view.validity = t->validity;
}

static void end(struct table *t) {
    free(t->data);
    free(t->validity);
    free(t->offsets);
}

static int64_t any_number(void) {
    int64_t v = (int64_t)(any() >> any() % 64);
    return any() % 3 == 0 ? -v : v;
}

static void make_i32(struct table *t, int n, int64_t offset) {
    begin(t, COL_I32, DBX_INT, 0, n, offset);
    int32_t *v = t->data = malloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) {
        v[i] = i == 3 ? INT32_MIN : i == 4 ? 0 : (int32_t)any_number();
        snprintf(t->want[i], TEXT, "%d", v[i]);
    }
}

static void make_i16(struct table *t, int n, int64_t offset) {
    begin(t, COL_I16, DBX_SMALLINT, 0, n, offset);
    int16_t *v = t->data = malloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) snprintf(t->want[i], TEXT, "%d", v[i] = (int16_t)any_number());
}

static void make_i64(struct table *t, int n, int64_t offset) {
    begin(t, COL_I64, DBX_BIGINT, 0, n, offset);
    int64_t *v = t->data = malloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) {
        v[i] = i == 3 ? INT64_MIN : i == 4 ? 99999999 : i == 5 ? 100000000 : i == 6 ? 9999999999999999 : any_number();
        snprintf(t->want[i], TEXT, "%lld", (long long)v[i]);
    }
}

/* Digits with a point in front of the last `scale` of them. */
static void spell(char *out, dec_int v, int scale) {
    char digits[TEXT];
    int n = 0, at = 0;
    dec_uint u = dec_abs(v);
    while (u || n <= scale) digits[n++] = (char)('0' + (int)(u % 10)), u /= 10;
    if (v < 0) out[at++] = '-';
    while (n) {
        if (n == scale) out[at++] = '.';
        out[at++] = digits[--n];
    }
    out[at] = '\0';
}

static void make_dec(struct table *t, int n, int64_t offset, int scale) {
    begin(t, COL_DEC128, DBX_DECIMAL, scale, n, offset);
    t->column.sea.precision = 38;
    dec_int *v = t->data = aligned_alloc(16, (size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) {
        v[i] = any_number();
        if (i % 5 == 4) v[i] *= (dec_int)(any() >> any() % 64 >> 2);
        if (i == 2) v[i] = 0;
        if (i == 3) v[i] = INT64_C(9999999999999999);
        if (i == 6) v[i] = -99999999;
        spell(t->want[i], v[i], scale);
    }
}

static void make_date(struct table *t, int n, int64_t offset) {
    static const int32_t EDGES[] = {-25509, -25508, -25507, 47540, 47541, 0, -719162, 2932896, -1, 11016, 11017, 59};
    begin(t, COL_DATE32, DBX_DATE, 0, n, offset);
    int32_t *v = t->data = malloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) {
        struct dtime d;
        v[i] = i < 12 ? EDGES[i] : (int32_t)(any() % 80000) - 30000;
        dtime_civil(v[i], &d);
        snprintf(t->want[i], TEXT, "%04lld-%02d-%02d", (long long)d.year, d.month, d.day);
    }
}

static void make_f64(struct table *t, int n, int64_t offset) {
    begin(t, COL_F64, DBX_DOUBLE, 0, n, offset);
    double *v = t->data = malloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; i++) {
        char text[NUM_TEXT_MAX];
        v[i] = i % 3 ? (double)any_number() / 1e3 : (double)any_number() * 0.37;
        memcpy(t->want[i], text, num_put_f64(text, v[i]));
    }
}

/* Words of one to four bytes per character; ascii: of one. */
static void make_text(struct table *t, int n, int64_t offset, bool ascii) {
    static const char *const LETTERS[] = {"a", "Z", "9", " ", "é", "Ω", "漢", "€", "😀"};
    begin(t, COL_UTF8, DBX_STRING, 0, n, offset);
    t->offsets = malloc(((size_t)n + 1) * sizeof *t->offsets);
    t->offsets[0] = 0;
    for (int i = 0; i < n; i++) {
        for (int k = (int)(any() % 20); k > 0; k--) strcat(t->want[i], LETTERS[any() % (ascii || any() % 4 ? 4 : 9)]);
        t->offsets[i + 1] = t->offsets[i] + (int32_t)strlen(t->want[i]);
    }
    char *all = t->data = malloc((size_t)t->offsets[n] + 1);
    for (int i = 0; i < n; i++) memcpy(all + t->offsets[i], t->want[i], strlen(t->want[i]));
    t->data = realloc(all, (size_t)(t->offsets[n] ? t->offsets[n] : 1));
    t->view.offsets = t->offsets;
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* The wanted text in the C type, without NUL; returns its bytes. */
static size_t wanted(const struct table *t, int64_t i, SQLSMALLINT c_type, char *out) {
    size_t used, len = strlen(t->want[i]);
    if (c_type == SQL_C_WCHAR) return 2 * utf8_to_16(t->want[i], len, (uint16_t *)(void *)out, TEXT, &used, NULL);
    memcpy(out, t->want[i], len);
    return len;
}

static void check_cell(const struct table *t, int64_t i, const struct shape *s, const char *cell, SQLLEN len, uint8_t issue) {
    _Alignas(8) char want[2 * TEXT];
    SQLLEN bytes = (SQLLEN)wanted(t, i, s->c_type, want), nul = s->c_type == SQL_C_WCHAR ? 2 : 1;
    if (t->null[i]) {
        assert_int_equal(len, SQL_NULL_DATA);
        assert_int_equal(issue, CONV_OK);
        return;
    }
    if (bytes + nul > s->cap / nul * nul) {
        assert_true(issue == CONV_TRUNCATED || issue == CONV_RANGE);
        if (issue == CONV_TRUNCATED) assert_int_equal(len, bytes);
        return;
    }
    if (issue != CONV_OK || len != bytes || memcmp(cell, want, (size_t)bytes) || memcmp(cell + bytes, "\0\0", (size_t)nul))
        fail_msg("%s (row %lld, C type %d, %ld bytes): issue %d, length %ld", t->want[i], (long long)i, s->c_type, (long)s->cap,
                 issue, (long)len);
}

static void run(const struct table *t, const struct shape *s, int64_t row, int64_t n) {
    size_t width = s->by_row ? ((size_t)s->cap + 15) / 8 * 8 + 8 : (size_t)s->cap;
    size_t lengths_at = s->by_row ? width - 8 : 0, step = s->by_row ? width : sizeof(SQLLEN);
    char *cells = malloc(width * (size_t)n), *lengths = s->by_row ? cells : malloc(sizeof(SQLLEN) * (size_t)n);
    uint8_t *issues = calloc(1, (size_t)n);
    memset(cells, GUARD, width * (size_t)n);
    struct conv_job job = {.column = &t->column, .c_type = s->c_type, .data = cells, .data_stride = (ptrdiff_t)width,
                           .capacity = s->cap, .octet_length = lengths + lengths_at, .indicator = lengths + lengths_at,
                           .length_stride = (ptrdiff_t)step};
    conv_kernel *kernel = conv_find(t->view.phys, &t->column, s->c_type);
    assert_non_null(kernel);
    bool fine = kernel(&job, &t->view, row, n, issues) == 0;
    for (int64_t k = 0; k < n; k++) {
        SQLLEN len;
        const char *cell = cells + width * (size_t)k;
        memcpy(&len, lengths + lengths_at + step * (size_t)k, sizeof len);
        check_cell(t, t->view.offset + row + k, s, cell, len, fine ? CONV_OK : issues[k]);
        for (size_t b = (size_t)s->cap; s->by_row && b < width - 8; b++) assert_int_equal((unsigned char)cell[b], GUARD);
    }
    if (!s->by_row) free(lengths);
    free(cells);
    free(issues);
}

static void run_all(struct table *t) {
    t->view.data = t->data;
    static const int64_t RUNS[][2] = {{0, 1}, {0, 63}, {0, 64}, {0, 65}, {1, 128}, {63, 2}, {64, 1}, {5, 129}, {129, 1}, {120, 10}};
    static const SQLSMALLINT TYPES[] = {SQL_C_CHAR, SQL_C_WCHAR};
    for (size_t type = 0; type < 2; type++)
        for (SQLLEN cap = 1; cap < 100; cap += cap < 48 ? 1 : 17)
            for (size_t i = 0; i < sizeof RUNS / sizeof *RUNS; i++)
                if (RUNS[i][0] + RUNS[i][1] + t->view.offset <= t->n)
                    run(t, &(struct shape){TYPES[type], cap, i % 2 == 0}, RUNS[i][0], RUNS[i][1]);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static const int64_t OFFSETS[] = {0, 1, 7, 13};

#define FOR_EACH_TABLE(make) \
    for (int kind = 0; kind < 4; kind++) { \
        struct table t; \
        int64_t offset = OFFSETS[kind]; \
        make; \
        add_nulls(&t, kind); \
        run_all(&t); \
        end(&t); \
    }

static void integers_come_out_right_at_every_size(void **state) {
    UNUSED(state);
    FOR_EACH_TABLE(make_i16(&t, 160, offset))
    FOR_EACH_TABLE(make_i32(&t, 160, offset))
    FOR_EACH_TABLE(make_i64(&t, 160, offset))
}

static void decimals_come_out_right_at_every_scale(void **state) {
    UNUSED(state);
    for (int scale = 0; scale <= 20; scale++) FOR_EACH_TABLE(make_dec(&t, 160, offset, scale))
}

static void dates_and_doubles_come_out_right_at_every_size(void **state) {
    UNUSED(state);
    FOR_EACH_TABLE(make_date(&t, 160, offset))
    FOR_EACH_TABLE(make_f64(&t, 160, offset))
}

static void text_comes_out_right_at_every_size(void **state) {
    UNUSED(state);
    for (int i = 0; i < 5; i++) {
        FOR_EACH_TABLE(make_text(&t, 160, offset, true))
        FOR_EACH_TABLE(make_text(&t, 160, offset, false))
    }
}

/* The calendar's tables against arithmetic, also where they end. */
static void dates_become_structures_whether_or_not_the_calendar_has_them(void **state) {
    struct column column = {.sea = {.name = "c", .type = DBX_DATE, .type_text = "DATE", .interval = ""}, .zone = ""};
    UNUSED(state);
    for (int32_t day = -30000; day < 50000; day++) {
        struct col_view view = {.phys = COL_DATE32, .data = &day};
        SQL_TIMESTAMP_STRUCT got;
        SQLLEN len = 0;
        uint8_t issue = 0;
        struct dtime want;
        dtime_civil(day, &want);
        for (int stamp = 0; stamp < 2; stamp++) {
            SQLSMALLINT c_type = stamp ? SQL_C_TYPE_TIMESTAMP : SQL_C_TYPE_DATE;
            struct conv_job job = {.column = &column, .c_type = c_type, .data = (char *)&got, .octet_length = (char *)&len,
                                   .indicator = (char *)&len};
            memset(&got, GUARD, sizeof got);
            assert_int_equal(conv_find(COL_DATE32, &column, c_type)(&job, &view, 0, 1, &issue), 0);
            assert_int_equal(len, stamp ? sizeof got : sizeof(SQL_DATE_STRUCT));
            if (got.year != want.year || got.month != want.month || got.day != want.day) fail_msg("day %d", day);
            if (stamp && (got.hour || got.minute || got.second || got.fraction)) fail_msg("day %d has a clock", day);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_come_out_right_at_every_size),
        cmocka_unit_test(decimals_come_out_right_at_every_scale),
        cmocka_unit_test(dates_and_doubles_come_out_right_at_every_size),
        cmocka_unit_test(text_comes_out_right_at_every_size),
        cmocka_unit_test(dates_become_structures_whether_or_not_the_calendar_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
