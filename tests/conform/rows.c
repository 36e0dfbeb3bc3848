/* What scrolling stands on, without a driver manager: the row store, its file, and its faults. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "core/mem.h"
#include "driver/api/scroll.h"
#include "driver/result/rowstore.h"
#include "driver/result/spill.h"

/* ---- batches whose cells follow from the row's number ------------------------------------------------------------ */

enum { COLS = 8, OFFSET = 3 };      /* the views begin in the middle of a byte */

static const enum col_phys PHYS[COLS] = { COL_BOOL, COL_I8, COL_I16, COL_I32, COL_I64, COL_DEC128, COL_UTF8, COL_NULL };
static const size_t WIDTH[COLS] = { 0, 1, 2, 4, 8, 16, 0, 0 };

static bool null_at(int64_t id, int col) { return (id + col) % 4 == 0; }
static int text_of(int64_t id, char *out) { return id % 6 ? sprintf(out, "%*lld", (int)(id % 40), (long long)id) : 0; }

static void release(struct batch *b) {
    for (int i = 0; i < b->n_cols; i++) {
        mem_free((void *)(uintptr_t)b->cols[i].validity);
        mem_free((void *)(uintptr_t)b->cols[i].data);
        mem_free((void *)(uintptr_t)b->cols[i].offsets);
    }
    mem_free(b->cols);
    mem_free(b);
}

static void fill_col(struct col_view *v, int col, int64_t first, int64_t n) {
    size_t room = (size_t)(n + OFFSET) * (v->phys == COL_UTF8 ? 48 : 16) + 16;
    uint8_t *validity = mem_zalloc(room), *data = mem_zalloc(room);
    int32_t *offsets = mem_zalloc(room), at = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t id = first + i, k = i + OFFSET;
        char text[64];
        if (!null_at(id, col)) validity[k >> 3] |= (uint8_t)(1 << (k & 7));
        if (v->phys == COL_BOOL && id % 3 == 0) data[k >> 3] |= (uint8_t)(1 << (k & 7));
        for (size_t byte = 0; byte < WIDTH[col]; byte++)
            data[(size_t)k * WIDTH[col] + byte] = (uint8_t)(id + (int64_t)byte);
        if (v->phys != COL_UTF8) continue;
        offsets[k] = at;
        int len = text_of(id, text);
        memcpy(data + at, text, (size_t)len);
        offsets[k + 1] = at += len;
    }
    *v = (struct col_view){ v->phys, OFFSET, validity, data, offsets };
}

static struct batch *make(int64_t first, int64_t n, size_t bytes) {
    struct batch *b = mem_zalloc(sizeof *b);
    b->cols = mem_array(COLS, sizeof *b->cols);
    b->n_cols = COLS;
    b->n_rows = n;
    b->bytes = bytes;
    b->release = release;
    for (int i = 0; i < COLS; i++) {
        b->cols[i].phys = PHYS[i];
        fill_col(&b->cols[i], i, first, n);
    }
    return b;
}

static void check_cell(const struct col_view *v, int col, int64_t row, int64_t id) {
    int64_t k = v->offset + row;
    char text[64];
    assert_int_equal(v->phys, PHYS[col]);
    assert_int_equal(col_is_null(v, row), v->phys == COL_NULL || null_at(id, col));
    if (v->phys == COL_BOOL) assert_int_equal(((const uint8_t *)v->data)[k >> 3] >> (k & 7) & 1, id % 3 == 0);
    for (size_t byte = 0; byte < WIDTH[col]; byte++)
        assert_int_equal(((const uint8_t *)v->data)[(size_t)k * WIDTH[col] + byte], (uint8_t)(id + (int64_t)byte));
    if (v->phys != COL_UTF8) return;
    assert_int_equal(v->offsets[k + 1] - v->offsets[k], text_of(id, text));
    assert_memory_equal((const char *)v->data + v->offsets[k], text, (size_t)(v->offsets[k + 1] - v->offsets[k]));
}

static void check_row(struct rowstore *s, int64_t id) {
    struct err e = ERR_INIT;
    struct batch *b = NULL;
    int64_t row = 0;
    if (rowstore_find(s, id, &b, &row, &e)) fail_msg("%s", e.text);
    for (int i = 0; i < COLS; i++) check_cell(&b->cols[i], i, row, id);
}

static void fill(struct rowstore *s, int n_batches, size_t bytes) {
    struct err e = ERR_INIT;
    int64_t first = 0;
    for (int i = 0; i < n_batches; i++) {
        int64_t n = 1 + i * 37 % 700;
        struct batch *b = make(first, n, bytes);
        if (rowstore_add(s, &b, &e)) fail_msg("%s", e.text);
        first += n;
    }
    assert_int_equal(rowstore_rows(s), first);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void any_row_is_found_again_wherever_it_is_kept(void **state) {
    static const size_t BUDGETS[] = { 0, 40 << 20, SIZE_MAX };     /* disk, both, memory */
    (void)state;
    srand(1);
    for (size_t i = 0; i < 3; i++) {
        struct err e = ERR_INIT;
        struct rowstore *s = NULL;
        if (rowstore_new(&s, &(struct rowstore_in){ .max_bytes = BUDGETS[i] }, &e)) fail_msg("%s", e.text);
        fill(s, 120, 1 << 20);
        for (int64_t id = 0; id < rowstore_rows(s); id++) check_row(s, id);
        for (int k = 0; k < 3000; k++) {
            check_row(s, rand() % rowstore_rows(s));
            rowstore_trim(s);
        }
        rowstore_free(&s);
        assert_null(s);
    }
}

static void a_row_that_was_not_added_is_not_found(void **state) {
    struct err e = ERR_INIT;
    struct rowstore *s = NULL;
    struct batch *b = NULL;
    int64_t row = 0;
    (void)state;
    if (rowstore_new(&s, &(struct rowstore_in){ .max_bytes = 0 }, &e)) fail_msg("%s", e.text);
    assert_int_equal(rowstore_find(s, 0, &b, &row, &e), RC_ERR);
    fill(s, 3, 1000);
    assert_int_equal(rowstore_find(s, rowstore_rows(s), &b, &row, &e), RC_ERR);
    assert_int_equal(rowstore_find(s, -1, &b, &row, &e), RC_ERR);
    rowstore_free(&s);
}

/* A limit on file sizes stands for a full disk. Its signal must not end the program, and what was kept stays good. */
static void a_full_disk_is_an_error_and_earlier_rows_stay(void **state) {
    struct rlimit old, small;
    struct err e = ERR_INIT;
    struct rowstore *s = NULL;
    int64_t rows = 0;
    (void)state;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 600 * 1000;
    setrlimit(RLIMIT_FSIZE, &small);
    if (rowstore_new(&s, &(struct rowstore_in){ .max_bytes = 0 }, &e)) fail_msg("%s", e.text);
    enum rc rc = RC_OK;
    for (int i = 0; i < 100 && rc == RC_OK; i++) {
        struct batch *b = make(rows, 1000, 100000);
        rc = rowstore_add(s, &b, &e);
        assert_null(b);
        if (rc == RC_OK) rows = rowstore_rows(s);
    }
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(rc, RC_ERR);
    assert_int_equal(e.code, ERR_SPILL);
    assert_non_null(strstr(e.text, "File too large"));
    assert_true(rows > 1000);
    for (int64_t id = 0; id < rows; id += 97) check_row(s, id);
    rowstore_free(&s);
}

static void the_file_has_no_name_in_its_folder(void **state) {
    struct err e = ERR_INIT;
    struct spill *s = NULL;
    char folder[] = "/tmp/dbx-rows-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    if (spill_new(&s, folder, &e)) fail_msg("%s", e.text);
    assert_int_equal(rmdir(folder), 0);     /* only an empty folder can be removed */
    spill_free(&s);
    assert_int_equal(spill_new(&s, folder, &e), RC_ERR);
    assert_int_equal(e.code, ERR_SPILL);
    assert_non_null(strstr(e.text, folder));
}

/* Every place, offset and size of small results: the answer is a place that exists, and rowsets begin within it. */
static void scrolling_never_leaves_the_result(void **state) {
    static const SQLSMALLINT HOW[] = { SQL_FETCH_NEXT, SQL_FETCH_PRIOR, SQL_FETCH_FIRST, SQL_FETCH_LAST,
                                       SQL_FETCH_ABSOLUTE, SQL_FETCH_RELATIVE, SQL_FETCH_BOOKMARK };
    static const int64_t OFFSETS[] = { INT64_MIN, -9, -5, -4, -2, -1, 0, 1, 2, 4, 5, 9, INT64_MAX };
    (void)state;
    for (int64_t last = 0; last < 6; last++)
        for (int64_t start = -1; start <= last + 1; start++)
            for (size_t how = 0; how < sizeof HOW / sizeof *HOW; how++)
                for (size_t k = 0; k < sizeof OFFSETS / sizeof *OFFSETS; k++) {
                    bool overlap = false;
                    struct scroll now = { SCROLL_ROWS, start, 3 };
                    if (start < 1) now.place = SCROLL_BEFORE;
                    else if (start > last) now.place = SCROLL_AFTER;
                    struct scroll_ask ask = { HOW[how], OFFSETS[k], 1, 4 };
                    struct scroll to = scroll_to(&now, &ask, last, &overlap);
                    if (to.place == SCROLL_ROWS) assert_true(to.start >= 1 && to.start <= last);
                    if (overlap) assert_true(to.place == SCROLL_ROWS && to.start == 1);
                }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_row_is_found_again_wherever_it_is_kept),
        cmocka_unit_test(a_row_that_was_not_added_is_not_found),
        cmocka_unit_test(a_full_disk_is_an_error_and_earlier_rows_stay),
        cmocka_unit_test(the_file_has_no_name_in_its_folder),
        cmocka_unit_test(scrolling_never_leaves_the_result),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
