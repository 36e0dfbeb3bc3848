/* handle: a statement id opens with the keys, the kind and the days it was made for, and with every bit as it was. */
#include "proxy/keys/handle.h"

#include "core/mem.h"
#include "tests/unit/test.h"

static struct err e;
static const char MASTER[] = "0123456789abcdef0123456789abcdef", OTHER[] = "fedcba9876543210fedcba9876543210";

static struct secrets keys(const char *master, const char *old, const char *tenant) {
    struct secrets s;
    assert_ok(secrets_init(&s, master ? sv_of(master) : SV_NULL, old ? sv_of(old) : SV_NULL, tenant, &e), e);
    return s;
}

static struct handle sample(void) {
    struct handle h = {.created_ms = 1234567890123, .upstream_id = "01ef-aaaa"};
    memset(h.principal, 1, sizeof h.principal);
    memset(h.key, 2, sizeof h.key);
    memset(h.gen, 3, sizeof h.gen);
    return h;
}

static bool opens(const struct secrets *s, const char *id) {
    struct handle out;
    return handle_open(s, HANDLE_STATEMENT, sv_of(id), &out);
}

static void what_was_sealed_opens_as_it_was(void **state) {
    UNUSED(state);
    struct secrets s = keys(MASTER, NULL, "t");
    struct handle h = sample(), out;
    char id[HANDLE_TEXT_BYTES], other[HANDLE_TEXT_BYTES];
    assert_ok(handle_seal(&s, HANDLE_STATEMENT, &h, id, &e), e);
    assert_ok(handle_seal(&s, HANDLE_STATEMENT, &h, other, &e), e);
    assert_string_not_equal(id, other);
    assert_true(handle_is(sv_of(id)) && strlen(id) < HANDLE_TEXT_BYTES && !strchr(id, '|'));
    assert_true(handle_open(&s, HANDLE_STATEMENT, sv_of(id), &out));
    assert_memory_equal(out.principal, h.principal, sizeof h.principal);
    assert_memory_equal(out.key, h.key, sizeof h.key);
    assert_memory_equal(out.gen, h.gen, sizeof h.gen);
    assert_int_equal(out.created_ms, h.created_ms);
    assert_string_equal(out.upstream_id, h.upstream_id);
    secrets_fini(&s);
}

static void its_length_tells_nothing(void **state) {
    UNUSED(state);
    struct secrets s = keys(MASTER, NULL, "t");
    struct handle with = sample(), without = sample();
    char a[HANDLE_TEXT_BYTES], b[HANDLE_TEXT_BYTES];
    without.upstream_id[0] = '\0';
    assert_ok(handle_seal(&s, HANDLE_STATEMENT, &with, a, &e), e);
    assert_ok(handle_seal(&s, HANDLE_STATEMENT, &without, b, &e), e);
    assert_int_equal(strlen(a), strlen(b));
    secrets_fini(&s);
}

static void any_other_character_and_any_cut_is_refused(void **state) {
    UNUSED(state);
    struct secrets s = keys(MASTER, NULL, "t");
    struct handle h = sample();
    char id[HANDLE_TEXT_BYTES], bad[HANDLE_TEXT_BYTES + 8];
    assert_ok(handle_seal(&s, HANDLE_STATEMENT, &h, id, &e), e);
    size_t len = strlen(id);
    for (size_t i = 0; i < len; i++)
        for (const char *c = "ABQgwxz059-_.|/= "; *c; c++) {
            memcpy(bad, id, len + 1);
            if (bad[i] == *c) continue;
            bad[i] = *c;
            if (opens(&s, bad)) fail_msg("opens with %c at %zu of %zu", *c, i, len);
        }
    for (size_t i = 0; i < len; i++) {
        struct handle out;
        assert_false(handle_open(&s, HANDLE_STATEMENT, sv_make(id, i), &out));
        assert_false(handle_open(&s, HANDLE_STATEMENT, sv_make(id + i + 1, len - i - 1), &out));
    }
    for (const char *c = "A.=-"; *c; c++) {
        snprintf(bad, sizeof bad, "%s%c", id, *c);
        assert_false(opens(&s, bad));
    }
    secrets_fini(&s);
}

static void a_statement_is_no_link_and_a_link_no_statement(void **state) {
    UNUSED(state);
    struct secrets s = keys(MASTER, NULL, "t");
    struct handle h = sample(), out;
    char id[HANDLE_TEXT_BYTES];
    assert_ok(handle_seal(&s, HANDLE_LINK, &h, id, &e), e);
    assert_false(handle_open(&s, HANDLE_STATEMENT, sv_of(id), &out));
    assert_true(handle_open(&s, HANDLE_LINK, sv_of(id), &out));
    assert_ok(handle_seal(&s, HANDLE_STATEMENT, &h, id, &e), e);
    assert_false(handle_open(&s, HANDLE_LINK, sv_of(id), &out));
    secrets_fini(&s);
}

static void other_tenants_and_other_masters_do_not_open_it(void **state) {
    UNUSED(state);
    struct secrets s = keys(MASTER, NULL, "t"), tenant = keys(MASTER, NULL, "u"), other = keys(OTHER, NULL, "t"),
                   again = keys(MASTER, NULL, "t"), rotated = keys(OTHER, MASTER, "t"), random = keys(NULL, NULL, "t");
    struct handle h = sample();
    char id[HANDLE_TEXT_BYTES];
    assert_ok(handle_seal(&s, HANDLE_STATEMENT, &h, id, &e), e);
    assert_false(opens(&tenant, id) || opens(&other, id) || opens(&random, id));
    assert_true(opens(&again, id) && opens(&rotated, id));
    assert_ok(handle_seal(&rotated, HANDLE_STATEMENT, &h, id, &e), e);
    assert_false(opens(&s, id));
    struct secrets *all[] = {&s, &tenant, &other, &again, &rotated, &random};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) secrets_fini(all[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_opens_as_it_was),
        cmocka_unit_test(its_length_tells_nothing),
        cmocka_unit_test(any_other_character_and_any_cut_is_refused),
        cmocka_unit_test(a_statement_is_no_link_and_a_link_no_statement),
        cmocka_unit_test(other_tenants_and_other_masters_do_not_open_it),
    };
    return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
