/* config: files, values and what must hold for the whole; every mistake is told with its place. */
#include "proxy/config/check.h"
#include "proxy/config/ini.h"
#include "proxy/config/value.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "tests/unit/test.h"

static struct err e;

#define WHOLE "[upstream.a]\nurl = https://h.example\n[tenant.a]\n[listen.a]\naddress = 127.0.0.1:0\n"

static enum rc load(const char *text, struct config **out) {
    struct draft d;
    *out = NULL;
    enum rc rc = draft_init(&d, "t.ini", &e);
    if (rc == RC_OK) rc = ini_parse_text(&d, sv_of(text), &e);
    if (rc == RC_OK) rc = check_all(&d, &e);
    if (rc == RC_OK) *out = draft_take(&d);
    draft_fini(&d);
    return rc;
}

static void refuse(const char *text, const char *want) {
    struct config *c;
    err_clear(&e);
    if (load(text, &c) != RC_ERR) fail_msg("taken: %s", text);
    if (!strstr(e.text, want)) fail_msg("\"%s\" instead of \"%s\" for\n%s", e.text, want, text);
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static void values_are_read_and_written_with_their_units(void **state) {
    static const struct {
        const char *section, *key, *text, *printed;
    } ROWS[] = {
        {"cache", "ttl", "90", "90s"},
        {"cache", "ttl", "1500ms", "1500ms"},
        {"cache", "ttl", "60m", "1h"},
        {"cache", "max_ttl", "48h", "2d"},
        {"cache", "ttl", "0", "0"},
        {"cache", "ttl", "2H", "2h"},
        {"cache", "memory_limit", "1048576", "1MiB"},
        {"cache", "memory_limit", "1536kib", "1536KiB"},
        {"cache", "memory_limit", "1TiB", "1TiB"},
        {"cache", "max_entry", "1025B", "1025B"},
        {"cache", "refresh_load_max", "20%", "20%"},
        {"cache", "refresh_load_max", "20", "20%"},
        {"cache", "coalesce", "Off", "no"},
        {"cache", "coalesce", "1", "yes"},
        {"cache", "time_functions", "Day-Bucket", "day-bucket"},
        {"cache", "generation", "7", "7"},
        {"log", "level", "trace", "trace"},
        {"server", "admin_uids", " 1,2 , ,3,", "1, 2, 3"},
    };
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct draft d;
        struct draft_place at;
        struct buf out;
        buf_init(&out, 1000);
        assert_ok(draft_init(&d, NULL, &e), e);
        assert_ok(draft_section(&d, sv_of(ROWS[i].section), SV_NULL, 0, &at, &e), e);
        assert_ok(draft_set(&d, at, sv_of(ROWS[i].key), ROWS[i].text, 0, &e), e);
        const struct cfg_key *k = schema_key(at.id, sv_of(ROWS[i].key));
        assert_ok(value_print(&out, schema_slot(schema_item(d.c, at.id, 0), k), k, &e), e);
        assert_string_equal(out.ptr, ROWS[i].printed);
        buf_fini(&out);
        draft_fini(&d);
    }
}

static void values_that_are_none_are_refused(void **state) {
    static const char *const ROWS[] = {
        "ttl = ", "ttl = 5 m", "ttl = -1", "ttl = +5", "ttl = 5w", "ttl = 99999999999999999999", "ttl = 106751991168d",
        "ttl = 31d", "memory_limit = 1023KiB", "memory_limit = 1e6", "memory_limit = 2TiB", "generation = 1.5",
        "generation = 0x10", "generation = 1000001", "coalesce = maybe", "coalesce =", "time_functions = day",
        "refresh_load_max = 101%", "refresh_load_max = 5%%", "admit_after = 0",
    };
    char text[300];
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        snprintf(text, sizeof text, WHOLE "[cache]\n%s\n", ROWS[i]);
        refuse(text, "t.ini:7: ");
    }
}

static void secrets_are_read_from_elsewhere_and_never_shown(void **state) {
    struct config *c;
    struct buf out;
    char path[] = "/tmp/secret.XXXXXX", text[300];
    UNUSED(state);
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "dapi0123\r\n\n", 11), 11);
    close(fd);
    setenv("TEST_CONFIG_SECRET", "from the environment", 1);
    assert_ok(load("[server]\nadmin_token = env:TEST_CONFIG_SECRET\n" WHOLE, &c), e);
    assert_string_equal(c->server.admin_token, "from the environment");
    buf_init(&out, 1 << 20);
    assert_ok(config_print(c, &out, &e), e);
    assert_non_null(strstr(out.ptr, "\n; admin_token = <set>\n"));
    assert_null(strstr(out.ptr, "environment"));
    buf_fini(&out);
    config_unref(&c);
    snprintf(text, sizeof text, WHOLE "[server]\nadmin_token = file:%s\n", path);
    assert_ok(load(text, &c), e);
    assert_string_equal(c->server.admin_token, "dapi0123");
    config_unref(&c);
    unlink(path);
    refuse(text, "cannot be read");
    refuse(WHOLE "[server]\nadmin_token = dapi-in-the-file\n", "file:PATH or env:NAME");
    assert_null(strstr(e.text, "dapi-in"));
    refuse(WHOLE "[server]\nadmin_token = env:TEST_CONFIG_NOT_SET\n", "not set in the environment");
    refuse(WHOLE "[server]\nadmin_token = file:/dev/zero\n", "cannot be read");
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

static void mistakes_are_told_with_their_line(void **state) {
    UNUSED(state);
    refuse("ttl = 5\n", "t.ini:1: \"ttl\" stands before the first [section]");
    refuse("\n# x\n[chache]\n", "t.ini:3: there is no section [chache]; did you mean [cache]?");
    refuse("[zzzzzzzz]\n", "t.ini:1: there is no section [zzzzzzzz]");
    refuse("[cache]\nmxa_ttl = 4\n", "t.ini:2: [cache] has no key \"mxa_ttl\"; did you mean max_ttl?");
    refuse("[tenant]\n", "t.ini:1: [tenant.NAME] needs a name");
    refuse("[tenant.]\n", "needs a name");
    refuse("[tenant.a b]\n", "needs a name");
    refuse("[cache.x]\n", "t.ini:1: [cache] has no name");
    refuse("[cache\n", "t.ini:1: the section's name has no ]");
    refuse("[cache] ttl = 4\n", "follows the section's name");
    refuse("[cache]\nttl = 5\nttl = 6\n", "t.ini:3: ttl stands in line 2 already");
    refuse("[cache]\n[log]\n[cache]\n", "t.ini:3: this section stands in line 1 already");
    refuse("[tenant.a]\n[tenant.b]\n[tenant.a]\n", "t.ini:3: ");
    refuse("[cache]\nttl = 5\n  6\n", "t.ini:3: an indented line continues the one before, but ttl is not a list");
    refuse("[rule.a]\nmessage = a\x01" "b\n", "t.ini:2: message: a control character");
    refuse("[cache]\njust words\n", "t.ini:2: neither [section] nor key = value");
    refuse("[listen.a]\n\n[upstream.a]\nurl = https://h\n[tenant.a]\n", "t.ini:1: [listen.a]: address is missing");
}

static void lines_may_be_long_and_lists_take_several(void **state) {
    struct config *c;
    struct buf text;
    UNUSED(state);
    buf_init(&text, 1 << 20);
    assert_ok(buf_adds(&text, WHOLE "[rule.r]\ntables = a.b.c, ; the first\n   d.e.f,\n\tg.h.i\nmatch = ", &e), e);
    for (int i = 0; i < 3000; i++) assert_ok(buf_addc(&text, 'x', &e), e);
    assert_ok(buf_adds(&text, "   ; and a comment\ntag = t0", &e), e);
    for (int i = 1; i < 300; i++) assert_ok(buf_addf(&text, &e, ",t%d", i), e);
    assert_ok(buf_adds(&text, "\n;", &e), e);
    for (int i = 0; i < 3000; i++) assert_ok(buf_adds(&text, "=", &e), e);
    assert_ok(buf_adds(&text, "\nmessage = no\r\n", &e), e);
    assert_ok(load(text.ptr, &c), e);
    assert_int_equal(c->rules[0].tables.n, 3);
    assert_string_equal(c->rules[0].tables.v[2], "g.h.i");
    assert_int_equal(strlen(c->rules[0].match), 3000);
    assert_int_equal(c->rules[0].tags.n, 300);
    assert_string_equal(c->rules[0].tags.v[299], "t299");
    assert_string_equal(c->rules[0].message, "no");
    config_unref(&c);
    buf_fini(&text);
}

static void a_file_without_a_last_line_end_and_with_a_mark_is_read(void **state) {
    struct config *c;
    UNUSED(state);
    assert_ok(load("\xEF\xBB\xBF" WHOLE "[cache]\r\nttl = 7s", &c), e);
    assert_int_equal(c->cache.ttl_ms, 7000);
    config_unref(&c);
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static void what_does_not_fit_together_is_refused(void **state) {
    UNUSED(state);
    refuse("", "there is no workspace");
    refuse("[upstream.a]\nurl = https://h\n", "there is no tenant");
    refuse("[upstream.a]\nurl = https://h\n[tenant.a]\n", "no address to listen on");
    refuse("[upstream.a]\nurl = http://h.example\n[tenant.a]\n[listen.a]\naddress=127.0.0.1:0\n",
           "t.ini:2: [upstream.a] url: plain http");
    refuse("[upstream.a]\nurl = https://u:p@h\n[tenant.a]\n[listen.a]\naddress=127.0.0.1:0\n", "nothing else");
    refuse("[upstream.a]\nurl = ftp://h\n[tenant.a]\n[listen.a]\naddress=127.0.0.1:0\n", "https://");
    refuse("[upstream.a]\nurl = https://h\n[tenant.a]\nupstream = b\n[listen.a]\naddress=127.0.0.1:0\n",
           "t.ini:4: [tenant.a] upstream: there is no [upstream.b]");
    refuse(WHOLE "[listen.b]\naddress = 0.0.0.0:1\n", "t.ini:7: [listen.b] address: 0.0.0.0 is not loopback");
    refuse(WHOLE "[listen.b]\naddress = 127.0.0.1:1\n[listen.c]\naddress = 127.0.0.1:1\n", "t.ini:9: [listen.c]");
    refuse(WHOLE "[listen.b]\naddress = unix:/x\n[server]\nadmin = unix:/x\n", "[server] admin has the same address");
    refuse(WHOLE "[listen.b]\naddress = nonsense\n", "host:port");
    refuse(WHOLE "[listen.b]\naddress = unix:/x\ntenant = zz\n", "there is no [tenant.zz]");
    refuse(WHOLE "[listen.b]\naddress = unix:/x\ntls_cert = c\n", "go together");
    refuse(WHOLE "[listen.b]\naddress = unix:/x\ntls_cert = /no/such\ntls_key = k\n",
           "t.ini:8: [listen.b] tls_cert: /no/such cannot be read");
    refuse("[upstream.a]\nurl = https://h\nca_file = /no/such\n[tenant.a]\n[listen.a]\naddress=unix:/x\n",
           "t.ini:3: [upstream.a] ca_file: /no/such cannot be read");
    refuse(WHOLE "[listen.b]\naddress = 127.0.0.1:1\nallow_uids = 5\n", "is for Unix sockets");
    refuse(WHOLE "[listen.b]\naddress = unix:/x\nallow_uids = root\n", "neither the number of a user");
    refuse(WHOLE "[listen.b]\naddress = unix:/x\npublic_url = https://h/x\n", "public_url");
    refuse(WHOLE "[tenant.b]\nhosts = b.example\n", "t.ini:3: [tenant.a]: no request reaches it");
    refuse(WHOLE "[tenant.b]\nhosts = b.example\n[tenant.c]\nhosts = c, B.example\n",
           "t.ini:9: [tenant.c] hosts: B.example belongs to [tenant.b] already");
    refuse(WHOLE "[redis]\nurl = http://h\n", "redis://");
    refuse(WHOLE "[redis]\nurl = redis://h:1\n", "master_key");
    refuse(WHOLE "[redis]\ncluster = yes\ndatabase = 1\n", "database 0 only");
    refuse(WHOLE "[cache]\nttl = 25h\n", "max_ttl");
    refuse(WHOLE "[retry]\nbase = 6s\n", "[retry] cap");
    refuse(WHOLE "[rule.r]\nclass = reed\n", "not a class");
    refuse(WHOLE "[rule.r]\ntenant = zz\n", "there is no [tenant.zz]");
    refuse(WHOLE "[rule.r]\nmatch = (\n", "t.ini:7: [rule.r] match");
}

static void a_tenant_must_say_what_sharing_needs(void **state) {
    static const char FORM[] = "[upstream.a]\nurl = https://h\n[listen.a]\naddress = 127.0.0.1:0\n[tenant.a]\n%s\n";
    static const char *const ROWS[][2] = {
        {"share = everybody", "t.ini:6: [tenant.a] share"},
        {"share = group:", "none of principal"},
        {"share = group:x\nprincipal = user", "group_members"},
        {"share = group:x\ngroup_members = a", "principal = user"},
        {"key_extra = Authorization", "may be passed on"},
        {"key_extra = a b", "may be passed on"},
        {"hosts = h:80", "without port"},
    };
    char text[300];
    UNUSED(state);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        snprintf(text, sizeof text, FORM, ROWS[i][0]);
        refuse(text, ROWS[i][1]);
    }
}

static void tenants_are_found_by_listener_or_left_to_the_host(void **state) {
    struct config *c;
    UNUSED(state);
    assert_ok(load(WHOLE, &c), e);
    assert_ptr_equal(c->listen[0].of, &c->tenants[0]);
    assert_ptr_equal(c->tenants[0].up, &c->upstreams[0]);
    config_unref(&c);
    assert_ok(load("[upstream.a]\nurl = https://h//\n[tenant.a]\nhosts = A.example\n[tenant.b]\n"
                   "[listen.a]\naddress = 127.0.0.1:0\n[listen.b]\naddress = unix:/x\ntenant = b\n", &c), e);
    assert_null(c->listen[0].of);
    assert_ptr_equal(c->listen[1].of, &c->tenants[1]);
    assert_string_equal(c->upstreams[0].url, "https://h");
    assert_false(c->upstreams[0].is_local);
    config_unref(&c);
}

static void what_is_printed_gives_the_same_again(void **state) {
    struct config *c;
    struct buf first, second;
    UNUSED(state);
    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    assert_ok(load(WHOLE "[cache]\nttl = 90\nmax_entry = 1536KiB\n[rule.z]\nttl = 1h\ntables = a.*, b.*\n[rule.a]\n"
                   "[server]\nadmin = unix:/a, 127.0.0.1:7\n", &c), e);
    assert_ok(config_print(c, &first, &e), e);
    assert_true(strstr(first.ptr, "[rule.z]") < strstr(first.ptr, "[rule.a]")); /* rules keep their order */
    config_unref(&c);
    assert_ok(load(first.ptr, &c), e);
    assert_ok(config_print(c, &second, &e), e);
    assert_string_equal(first.ptr, second.ptr);
    config_unref(&c);
    buf_fini(&first);
    buf_fini(&second);
}

/* ---- changes --------------------------------------------------------------------------------------------------- */

static void semantics(const char *extra, struct buf *out) {
    char text[400];
    struct config *c;
    snprintf(text, sizeof text, WHOLE "%s", extra);
    assert_ok(load(text, &c), e);
    buf_init(out, 1 << 16);
    assert_ok(config_semantics(c, &c->tenants[0], out, &e), e);
    config_unref(&c);
}

static void only_what_changes_the_meaning_of_results_changes_their_name(void **state) {
    struct buf plain, ttl, order;
    UNUSED(state);
    semantics("", &plain);
    semantics("[cache]\nttl = 1s\n[limits]\nmax_body = 1MiB\n", &ttl);
    semantics("[cache]\nstrict_order = yes\n", &order);
    assert_string_equal(plain.ptr, ttl.ptr);
    assert_string_not_equal(plain.ptr, order.ptr);
    assert_non_null(strstr(plain.ptr, "upstream.url = https://h.example"));
    buf_fini(&plain);
    buf_fini(&ttl);
    buf_fini(&order);
}

static void tell(void *arg, const char *key) { snprintf(arg, 64, "%s", key); }

static void a_reload_keeps_what_only_a_restart_changes(void **state) {
    struct config *used, *fresh;
    char told[64] = "";
    UNUSED(state);
    assert_ok(load(WHOLE "[redis]\ndatabase = 1\n", &used), e);
    assert_ok(load(WHOLE "[redis]\ndatabase = 2\n[cache]\nttl = 5s\n", &fresh), e);
    assert_ok(config_keep_fixed(fresh, used, tell, told, &e), e);
    assert_string_equal(told, "[redis] database");
    assert_int_equal(fresh->redis.database, 1);
    assert_int_equal(fresh->cache.ttl_ms, 5000);
    config_unref(&used);
    config_unref(&fresh);
}

/* ---- the sample ------------------------------------------------------------------------------------------------ */

static char *read_sample(void) {
    const char *folder = getenv("srcdir");
    char path[1000];
    snprintf(path, sizeof path, "%s/proxy/dbxproxyd.ini.sample", folder ? folder : ".");
    FILE *f = fopen(path, "r");
    char *text = mem_zalloc(200000);
    if (!f) fail_msg("%s is missing", path);
    assert_true(fread(text, 1, 199999, f) > 1000);
    fclose(f);
    return text;
}

/* "\n;x" becomes "\nx", as somebody who wants to change all of it would do. */
static void uncomment(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++)
        if (*from != ';' || from[-1] != '\n') *to++ = *from;
    *to = '\0';
}

static void the_sample_works_and_shows_every_setting_with_its_default(void **state) {
    struct config *plain, *all;
    struct buf one, two;
    char *text = read_sample(), line[100];
    UNUSED(state);
    assert_ok(load(text, &plain), e);
    for (int id = 0; id < SEC_COUNT; id++)
        for (int i = 0; i < schema_section(id)->n_keys; i++) {
            snprintf(line, sizeof line, "%s =", schema_section(id)->keys[i].key);
            if (!strstr(text, line)) fail_msg("[%s] %s is missing", schema_section(id)->name, line);
        }
    uncomment(text);
    assert_ok(load(text, &all), e);
    assert_int_equal(all->n_rules, 1);
    all->n_rules = 0; /* the one rule is an example */
    buf_init(&one, 1 << 20);
    buf_init(&two, 1 << 20);
    assert_ok(config_print(plain, &one, &e), e);
    assert_ok(config_print(all, &two, &e), e);
    assert_string_equal(one.ptr, two.ptr);
    all->n_rules = 1;
    buf_fini(&one);
    buf_fini(&two);
    config_unref(&plain);
    config_unref(&all);
    mem_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_written_with_their_units),
        cmocka_unit_test(values_that_are_none_are_refused),
        cmocka_unit_test(secrets_are_read_from_elsewhere_and_never_shown),
        cmocka_unit_test(mistakes_are_told_with_their_line),
        cmocka_unit_test(lines_may_be_long_and_lists_take_several),
        cmocka_unit_test(a_file_without_a_last_line_end_and_with_a_mark_is_read),
        cmocka_unit_test(what_does_not_fit_together_is_refused),
        cmocka_unit_test(a_tenant_must_say_what_sharing_needs),
        cmocka_unit_test(tenants_are_found_by_listener_or_left_to_the_host),
        cmocka_unit_test(what_is_printed_gives_the_same_again),
        cmocka_unit_test(only_what_changes_the_meaning_of_results_changes_their_name),
        cmocka_unit_test(a_reload_keeps_what_only_a_restart_changes),
        cmocka_unit_test(the_sample_works_and_shows_every_setting_with_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
