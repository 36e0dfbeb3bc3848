/* control: what clients ask of the cache, by comment and by header. */
#include "proxy/request/control.h"

#include "tests/unit/test.h"

enum { MINUTE = 60000 };

static struct control control_of(const char *sql, const char *words, const char *http) {
    struct control c = control_none();
    control_read_comment(&c, sv_of(sql));
    if (words) control_read_words(&c, sv_of(words));
    if (http) control_read_cache_control(&c, sv_of(http));
    return c;
}

static void clients_tighten_in_three_ways(void **state) {
    UNUSED(state);
    struct control c = control_of("SELECT 1", NULL, NULL);
    assert_false(c.no_lookup || c.no_store || c.only_if_cached || c.ignored);
    c = control_of(" /* dbxproxy: nocache */ SELECT 1", NULL, NULL);
    assert_true(c.no_lookup && c.no_store);
    c = control_of("/*dbxproxy:refresh|ttl=30s*/SELECT 1", NULL, NULL);
    assert_true(c.no_lookup && !c.no_store && c.ttl_ms == 30000 && c.max_age_ms == 30000);
    c = control_of("SELECT 1", "only-if-cached", "max-age=5, no-store");
    assert_true(c.only_if_cached && c.no_store && c.max_age_ms == 5000);
    c = control_of("SELECT 1", NULL, "No-Cache, min-fresh=3, max-stale=7");
    assert_true(c.no_lookup && c.min_fresh_ms == 3000 && c.max_stale_ms == 7000 && c.ignored == 0);
}

static void only_a_comment_that_comes_first_counts(void **state) {
    static const char *const NOT[] = {
        "SELECT 1 /* dbxproxy: nocache */", "/* x */ /* dbxproxy: nocache */ SELECT 1", "-- dbxproxy: nocache\nSELECT 1",
        "/*+ dbxproxy: nocache */ SELECT 1", "(/* dbxproxy: nocache */ SELECT 1)", "/* dbxproxy nocache */ SELECT 1",
        "SELECT '/* dbxproxy: nocache */'", "/* dbxproxy: nocache SELECT 1", "/* x dbxproxy: nocache */ SELECT 1",
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof NOT / sizeof *NOT; i++)
        if (control_of(NOT[i], NULL, NULL).no_lookup) fail_msg("%s", NOT[i]);
    assert_true(control_of("\xC2\xA0\n/* DBXPROXY: NoCache */ SELECT 1", NULL, NULL).no_lookup);
}

static void what_cannot_be_read_is_ignored_and_counted(void **state) {
    static const char *const OWN[] = {"nonsense", "ttl=x", "ttl=", "ttl", "ttl=-5s", "nocache=1", "max-stale", "tag=", "tag=a b=c",
                                      "tag=a'b", "refresh=yes"};
    static const char *const HTTP[] = {"max-age", "max-age=", "max-age=5s", "max-age=-1", "max-age=\"5\"", "min-fresh=x",
                                       "max-stale=x", "private"};
    UNUSED(state);
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++)
        if (control_of("", OWN[i], NULL).ignored != 1) fail_msg("%s", OWN[i]);
    for (size_t i = 0; i < sizeof HTTP / sizeof *HTTP; i++) {
        struct control c = control_of("", NULL, HTTP[i]);
        if (c.ignored != 1 || c.max_age_ms != INT64_MAX) fail_msg("%s", HTTP[i]);
    }
    assert_int_equal(control_of("/* dbxproxy: nonsense ttl=x refresh */ SELECT 1", NULL, NULL).ignored, 2);
    assert_true(control_of("", NULL, "max-age=99999999999999999999").max_age_ms == INT64_MAX);
    assert_true(control_of("", NULL, "max-stale").max_stale_ms == INT64_MAX);
}

static void lives_shrink_and_grow_only_with_leave(void **state) {
    UNUSED(state);
    struct control c = control_of("", "ttl=1h, max-stale=1h", NULL);
    assert_true(control_ttl(&c, MINUTE) == MINUTE && control_stale(&c, MINUTE) == MINUTE);
    c.may_extend = true;
    assert_true(control_ttl(&c, MINUTE) == 60 * MINUTE && control_stale(&c, MINUTE) == 60 * MINUTE);
    c = control_of("", "ttl=1s max-stale=2s ttl=5s", NULL);
    assert_true(control_ttl(&c, MINUTE) == 1000 && control_stale(&c, MINUTE) == 2000 && control_stale(&c, 0) == 0);
    c = control_none();
    assert_true(control_ttl(&c, MINUTE) == MINUTE && control_stale(&c, MINUTE) == MINUTE);
    c = control_of("", NULL, "no-cache, max-stale=60");
    c.may_extend = true;
    assert_true(control_stale(&c, MINUTE) == 0);
}

static void tags_are_collected_once_each(void **state) {
    UNUSED(state);
    struct control c = control_of("/* dbxproxy: tag=nightly | tag=team:a.b */ SELECT 1", "tag=nightly", NULL);
    assert_int_equal(c.n_tags, 2);
    assert_true(sv_eq(c.tags[0], SV_LIT("nightly")) && sv_eq(c.tags[1], SV_LIT("team:a.b")));
    c = control_of("", "tag=1 tag=2 tag=3 tag=4 tag=5 tag=6 tag=7 tag=8 tag=9", NULL);
    assert_true(c.n_tags == CONTROL_MAX_TAGS && c.ignored == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_tighten_in_three_ways),
        cmocka_unit_test(only_a_comment_that_comes_first_counts),
        cmocka_unit_test(what_cannot_be_read_is_ignored_and_counted),
        cmocka_unit_test(lives_shrink_and_grow_only_with_leave),
        cmocka_unit_test(tags_are_collected_once_each),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
