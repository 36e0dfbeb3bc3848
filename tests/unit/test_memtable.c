/* The rows that catalog functions make: their order. What opens them as a cursor is left out. */
#include "driver/api/memtable.h"

#include "driver/api/cursor.h"
#include "driver/api/exec.h"
#include "driver/handle/diag.h"
#include "driver/result/batch.h"
#include "test.h"

SQLRETURN exec_open_cursor(struct stmt *s, struct cursor *c) { return UNUSED(s), UNUSED(c), SQL_ERROR; }
SQLRETURN diag_nomem(struct handle *h) { return UNUSED(h), SQL_ERROR; }
SQLRETURN diag_err(struct handle *h, const struct err *e) { return UNUSED(h), UNUSED(e), SQL_ERROR; }
void batch_free(struct batch **b) { UNUSED(b); }
enum rc cursor_of_rows(struct cursor **out, struct arena *a, int n_cols, const struct column *cols, struct batch **rows,
                       int64_t limit, struct err *e) {
    return UNUSED(out), UNUSED(a), UNUSED(n_cols), UNUSED(cols), UNUSED(rows), UNUSED(limit), err_nomem(e);
}

enum { NAME, NUMBER, WHEN };
static const struct mem_col COLS[] = {{"name", MEM_TEXT, 20, false}, {"number", MEM_INTEGER, 0, false},
                                      {"when", MEM_INTEGER, 0, false}};
static const int BY_BOTH[] = {NAME, NUMBER, -1};

static uint64_t seed = 7;
static unsigned below(unsigned n) {
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned)(seed >> 33) % n;
}

static void fill(struct memtable *t, unsigned rows, unsigned names) {
    struct err e;
    for (unsigned i = 0; i < rows; i++) {
        char name[20];
        snprintf(name, sizeof name, "n%u", below(names));
        assert_ok(memtable_row(t, &e), e);
        if (below(10)) assert_ok(memtable_text(t, NAME, sv_of(name), &e), e);
        if (below(10)) memtable_int(t, NUMBER, below(5));
        memtable_int(t, WHEN, i);
    }
}

static int compare(const struct mem_row *a, const struct mem_row *b) {
    const struct mem_cell *x = &a->cells[NAME], *y = &b->cells[NAME];
    if (x->is_set != y->is_set) return x->is_set ? 1 : -1;
    size_t n = x->text.len < y->text.len ? x->text.len : y->text.len;
    int diff = x->is_set ? memcmp(x->text.ptr, y->text.ptr, n) : 0;
    if (!diff && x->is_set) diff = (x->text.len > y->text.len) - (x->text.len < y->text.len);
    if (diff) return diff;
    x = &a->cells[NUMBER], y = &b->cells[NUMBER];
    if (x->is_set != y->is_set) return x->is_set ? 1 : -1;
    return x->is_set ? (x->number > y->number) - (x->number < y->number) : 0;
}

static void sorting_keeps_every_row_and_the_order_of_those_alike(void **state) {
    UNUSED(state);
    for (unsigned rows = 0; rows < 200; rows += 1 + rows / 4) {
        for (unsigned names = 1; names < 40; names += 13) {
            struct memtable t;
            bool seen[200] = {false};
            memtable_init(&t, COLS, 3);
            fill(&t, rows, names);
            memtable_sort(&t, BY_BOTH);
            assert_int_equal(t.n_rows, rows);
            for (unsigned i = 0; i < rows; i++) {
                int64_t when = t.rows[i].cells[WHEN].number;
                assert_false(seen[when]);
                seen[when] = true;
                int diff = i ? compare(&t.rows[i - 1], &t.rows[i]) : -1;
                assert_true(diff < 0 || (diff == 0 && t.rows[i - 1].cells[WHEN].number < when));
            }
            memtable_fini(&t);
        }
    }
}

static void a_text_that_repeats_is_stored_once(void **state) {
    struct memtable t;
    struct err e;
    UNUSED(state);
    memtable_init(&t, COLS, 3);
    for (int i = 0; i < 3; i++) {
        char name[] = "same";
        assert_ok(memtable_row(&t, &e), e);
        assert_ok(memtable_text(&t, NAME, sv_of(name), &e), e);
        memset(name, 'x', 4);
    }
    assert_true(sv_eq(t.rows[2].cells[NAME].text, SV_LIT("same")));
    assert_ptr_equal(t.rows[0].cells[NAME].text.ptr, t.rows[2].cells[NAME].text.ptr);
    memtable_fini(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_keeps_every_row_and_the_order_of_those_alike),
        cmocka_unit_test(a_text_that_repeats_is_stored_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
