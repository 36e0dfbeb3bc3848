/* entry, shelf, range: what a kept result holds, how it travels, how long it is held for who walks its chunks. */
#include "proxy/cache/entry.h"
#include "proxy/cache/shelf.h"
#include "proxy/request/range.h"

#include "core/clock.h"
#include "core/mem.h"
#include "tests/unit/test.h"

static struct err e;

#define JSON "{\"statement_id\":\"abc\",\"result\":{\"chunk_index\":0,\"next_chunk_internal_link\":\"/x\"}}"
static const char CHUNK[] = "{\"chunk_index\":1,\"data_array\":[[\"\\u00e4\"],[null]]}";

static void set_bytes(struct entry_chunk *c, const char *text) {
    c->len = strlen(text);
    c->bytes = mem_strdup(text);
}

static struct entry *two_chunks(void) {
    struct entry *entry = entry_new(SV_LIT(JSON), 2);
    const char *result = strstr(JSON, "{\"chunk_index"), *link = strstr(JSON, "\"/x\"");
    assert_non_null(entry);
    memset(entry->key, 1, sizeof entry->key);
    memset(entry->scope, 2, sizeof entry->scope);
    memset(entry->gen, 3, sizeof entry->gen);
    entry->submitted_wall_ms = clock_wall_ms() - 5000;
    entry->ttl_ms = 900000;
    entry->rows = 3;
    entry->class = 1;
    entry->truncated = true;
    entry->id = (struct entry_place){16, 5};
    entry->result = (struct entry_place){(size_t)(result - JSON), strlen(result) - 1};
    entry->chunks[0] = (struct entry_chunk){.row_count = 1, .byte_count = -1,
                                            .next = {(size_t)(link - result), strlen("\"/x\"")}};
    entry->chunks[1] = (struct entry_chunk){.row_offset = 1, .row_count = 2, .byte_count = 7};
    set_bytes(&entry->chunks[1], CHUNK);
    return entry;
}

static struct entry *linked(void) {
    static const char TEXT[] = "{\"statement_id\":\"abc\",\"result\":{}}";
    struct entry *entry = entry_new(SV_LIT(TEXT), 1);
    entry->linked = entry->hybrid = entry->arrow = true;
    entry->first_links = 1;
    entry->id = (struct entry_place){16, 5};
    entry->result = (struct entry_place){sizeof TEXT - 4, 2};
    set_bytes(&entry->chunks[0], "arrow");
    return entry;
}

static void pack(const struct entry *entry, struct buf *out) {
    buf_init(out, 1 << 20);
    assert_ok(entry_pack(entry, out, &e), e);
}

static void what_is_packed_comes_out_again(void **state) {
    struct entry *in = two_chunks();
    struct entry_dep dep = {.name = "table", .epoch = UINT64_MAX, .version = -7, .table_id = "id", .has_version = true};
    struct buf packed;
    UNUSED(state);
    assert_true(entry_add_dep(in, &dep));
    in->hits = 9;
    pack(in, &packed);
    struct entry *out = entry_unpack(buf_sv(&packed), &e);
    assert_non_null(out);
    assert_memory_equal(out->key, in->key, sizeof in->key);
    assert_memory_equal(out->scope, in->scope, sizeof in->scope);
    assert_memory_equal(out->gen, in->gen, sizeof in->gen);
    assert_int_equal(out->ttl_ms, 900000);
    assert_int_equal(out->rows, 3);
    assert_true(out->truncated && !out->linked && !out->hybrid && !out->deps_open);
    assert_int_equal(out->hits, 0);
    assert_int_equal(out->n_deps, 1);
    assert_memory_equal(&out->deps[0], &dep, sizeof dep.name + sizeof dep.epoch);
    assert_int_equal(out->deps[0].version, -7);
    assert_true(out->deps[0].has_version);
    assert_true(sv_eq(sv_make(out->json, out->json_len), SV_LIT(JSON)));
    assert_true(sv_eq(entry_chunk_bytes(out, 1), sv_of(CHUNK)));
    assert_true(sv_eq(entry_chunk_bytes(out, 0), entry_chunk_bytes(in, 0)));
    assert_int_equal(out->chunks[1].byte_count, 7);
    entry_unref(&in);
    entry_unref(&out);
    buf_fini(&packed);
}

static void its_age_goes_with_it(void **state) {
    struct entry *in = two_chunks();
    struct buf packed;
    UNUSED(state);
    pack(in, &packed);
    struct entry *out = entry_unpack(buf_sv(&packed), &e);
    assert_in_range(clock_mono_ms() - out->submitted_ms, 5000, 6000);
    entry_unref(&out);
    buf_fini(&packed);
    in->submitted_wall_ms = clock_wall_ms() + 2000; /* of a machine whose clock is a little ahead */
    pack(in, &packed);
    out = entry_unpack(buf_sv(&packed), &e);
    assert_in_range(clock_mono_ms() - out->submitted_ms, 0, 1000);
    entry_unref(&out);
    buf_fini(&packed);
    in->submitted_wall_ms = clock_wall_ms() + 3600 * 1000; /* of one whose clock is wrong */
    pack(in, &packed);
    out = entry_unpack(buf_sv(&packed), &e);
    assert_true(clock_mono_ms() < out->submitted_ms);
    entry_unref(&out);
    entry_unref(&in);
    buf_fini(&packed);
}

static struct sv whole_as_exact_copy(struct sv v, char **owned) {
    *owned = mem_strndup(v.ptr, v.len);
    return sv_make(*owned, v.len);
}

static void no_cut_or_grown_form_is_taken(void **state) {
    struct entry *entry = two_chunks();
    struct buf packed;
    UNUSED(state);
    pack(entry, &packed);
    for (size_t len = 0; len < packed.len; len++) {
        char *copy;
        struct sv cut = whole_as_exact_copy(sv_make(packed.ptr, len), &copy);
        err_clear(&e);
        assert_null(entry_unpack(cut, &e));
        assert_int_equal(e.code, ERR_PROTOCOL);
        mem_free(copy);
    }
    assert_ok(buf_addc(&packed, 'x', &e), e);
    assert_null(entry_unpack(buf_sv(&packed), &e));
    entry_unref(&entry);
    buf_fini(&packed);
}

/* Every byte in turn gets other values: what is still taken is sound and is written as it was read. */
static void a_damaged_form_is_refused_or_read_as_it_stands(void **state) {
    static const uint8_t VALUES[] = {0, 1, 2, 0x7F, 0x80, 0xFF};
    struct entry *entries[] = {two_chunks(), linked()};
    UNUSED(state);
    for (int k = 0; k < 2; k++) {
        struct buf packed, again;
        pack(entries[k], &packed);
        for (size_t i = 0; i < packed.len; i++) {
            char was = packed.ptr[i];
            for (size_t v = 0; v < sizeof VALUES; v++) {
                packed.ptr[i] = (char)VALUES[v];
                struct entry *got = entry_unpack(buf_sv(&packed), &e);
                if (!got) continue;
                pack(got, &again);
                assert_true(sv_eq(buf_sv(&packed), buf_sv(&again)));
                buf_fini(&again);
                entry_unref(&got);
            }
            packed.ptr[i] = was;
        }
        buf_fini(&packed);
        entry_unref(&entries[k]);
    }
}

static void chunks_with_a_gap_are_refused(void **state) {
    struct entry *entry = two_chunks();
    struct buf packed;
    UNUSED(state);
    entry->chunks[1].row_offset = 2;
    pack(entry, &packed);
    assert_null(entry_unpack(buf_sv(&packed), &e));
    entry_unref(&entry);
    buf_fini(&packed);
}

static void dependencies_are_bounded_and_then_open(void **state) {
    struct entry *entry = two_chunks();
    struct entry_dep dep = {.epoch = 1};
    UNUSED(state);
    for (int i = 0; i < ENTRY_MAX_DEPS; i++) assert_true(entry_add_dep(entry, &dep));
    assert_false(entry->deps_open);
    assert_false(entry_add_dep(entry, &dep));
    assert_true(entry->deps_open);
    assert_int_equal(entry->n_deps, ENTRY_MAX_DEPS);
    entry_unref(&entry);
}

static void its_cost_is_no_less_than_its_bytes(void **state) {
    struct entry *entry = two_chunks();
    UNUSED(state);
    assert_true(entry_cost(entry) > sizeof JSON + sizeof CHUNK);
    assert_int_equal(entry_missing(entry), -1);
    mem_free(entry->chunks[1].bytes);
    entry->chunks[1].bytes = NULL;
    assert_int_equal(entry_missing(entry), 1);
    entry_unref(&entry);
}

/* ---- shelf ----------------------------------------------------------------------------------------------------- */

static void what_was_handed_out_is_found_until_its_time_is_up(void **state) {
    struct shelf shelf = {.bytes = 0};
    struct entry *entry = two_chunks(), *found;
    uint8_t other[HANDLE_GEN_BYTES] = {0};
    UNUSED(state);
    shelf_put(&shelf, entry, 1000, 1 << 20);
    shelf_put(&shelf, entry, 2000, 1 << 20); /* again: lives longer, is there once */
    assert_int_equal(entry->refs, 2);
    assert_null(shelf_find(&shelf, entry->key, other, 2000));
    found = shelf_find(&shelf, entry->key, entry->gen, 2000 + SHELF_LIFE_MS - 1);
    assert_ptr_equal(found, entry);
    entry_unref(&found);
    assert_null(shelf_find(&shelf, entry->key, entry->gen, 2000 + SHELF_LIFE_MS));
    assert_int_equal(shelf.bytes, 0);
    assert_int_equal(entry->refs, 1);
    entry_unref(&entry);
}

static void a_shelf_holds_no_more_than_it_may(void **state) {
    struct shelf shelf = {.bytes = 0};
    UNUSED(state);
    for (int i = 0; i < 3 * SHELF_SLOTS; i++) {
        struct entry *entry = two_chunks();
        memcpy(entry->gen, &i, sizeof i);
        shelf_put(&shelf, entry, 1000 + i, i % 2 ? 1 << 20 : 1); /* every other one is too large */
        entry_unref(&entry);
    }
    int n = 0;
    for (int i = 0; i < SHELF_SLOTS; i++) n += shelf.entries[i] != NULL;
    assert_int_equal(n, SHELF_SLOTS);
    shelf_clear(&shelf);
    assert_int_equal(shelf.bytes, 0);
}

/* ---- range ----------------------------------------------------------------------------------------------------- */

static void a_range_names_the_bytes_that_exist(void **state) {
    static const struct {
        const char *header;
        size_t total;
        struct range want;
    } ROWS[] = {
        {NULL, 10, {RANGE_ALL, 0, 10}},
        {"bytes=0-0", 10, {RANGE_PART, 0, 1}},
        {"bytes=2-5", 10, {RANGE_PART, 2, 4}},
        {"Bytes= 2 - 5 ", 10, {RANGE_PART, 2, 4}},
        {"bytes=5-", 10, {RANGE_PART, 5, 5}},
        {"bytes=5-99", 10, {RANGE_PART, 5, 5}},
        {"bytes=-3", 10, {RANGE_PART, 7, 3}},
        {"bytes=-99", 10, {RANGE_PART, 0, 10}},
        {"bytes=10-", 10, {RANGE_NONE, 0, 0}},
        {"bytes=-0", 10, {RANGE_NONE, 0, 0}},
        {"bytes=0-", 0, {RANGE_NONE, 0, 0}},
        {"bytes=5-2", 10, {RANGE_ALL, 0, 10}},
        {"bytes=0-1,4-5", 10, {RANGE_ALL, 0, 10}},
        {"bytes=a-b", 10, {RANGE_ALL, 0, 10}},
        {"bytes=+1-2", 10, {RANGE_ALL, 0, 10}},
        {"bytes=-", 10, {RANGE_ALL, 0, 10}},
        {"bytes=99999999999999999999-", 10, {RANGE_ALL, 0, 10}},
        {"rows=0-1", 10, {RANGE_ALL, 0, 10}},
        {"bytes", 10, {RANGE_ALL, 0, 10}},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct range r = range_parse(ROWS[i].header, ROWS[i].total);
        if (r.kind != ROWS[i].want.kind || r.from != ROWS[i].want.from || r.len != ROWS[i].want.len)
            fail_msg("%s: kind %d, %zu from %zu", ROWS[i].header, (int)r.kind, r.len, r.from);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_out_again),
        cmocka_unit_test(its_age_goes_with_it),
        cmocka_unit_test(no_cut_or_grown_form_is_taken),
        cmocka_unit_test(a_damaged_form_is_refused_or_read_as_it_stands),
        cmocka_unit_test(chunks_with_a_gap_are_refused),
        cmocka_unit_test(dependencies_are_bounded_and_then_open),
        cmocka_unit_test(its_cost_is_no_less_than_its_bytes),
        cmocka_unit_test(what_was_handed_out_is_found_until_its_time_is_up),
        cmocka_unit_test(a_shelf_holds_no_more_than_it_may),
        cmocka_unit_test(a_range_names_the_bytes_that_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
