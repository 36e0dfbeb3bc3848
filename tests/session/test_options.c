/* options: connection strings, odbc.ini, environment, profiles, and what is refused with which words. */
#include "../unit/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/conf/connstr.h"
#include "driver/conf/options.h"

#define BASE "Host=h.cloud.databricks.com;HTTPPath=/sql/1.0/warehouses/abc123;PWD=dapi1;"

static struct err e;
static char folder[] = "/tmp/dbx-options-XXXXXX";

static void put_file(const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int fresh(void **state) {
    UNUSED(state);
    static const char *const vars[] = {
        "DATABRICKS_HOST",         "DATABRICKS_SERVER_HOSTNAME", "DATABRICKS_TOKEN",      "DATABRICKS_HTTP_PATH",
        "DATABRICKS_WAREHOUSE_ID", "DATABRICKS_CONFIG_PROFILE",  "DATABRICKS_CONFIG_FILE"};
    for (size_t i = 0; i < sizeof vars / sizeof *vars; i++) unsetenv(vars[i]);
    setenv("HOME", folder, 1);
    setenv("ODBCINI", path_of("odbc.ini"), 1);
    setenv("ODBCSYSINI", folder, 1);
    unlink(path_of(".databrickscfg"));
    return 0;
}

static void load(struct options *o, const char *text) { assert_ok(options_from_string(o, sv_of(text), &e), e); }

static void refused(const char *text, enum err_code code, const char *words) {
    struct options o;
    if (options_from_string(&o, sv_of(text), &e) == RC_OK) fail_msg("accepted: %s", text);
    if (e.code != code || !strstr(e.text, words)) fail_msg("%s: %s %s", text, err_code_name(e.code), e.text);
}

/* ---- grammar ----------------------------------------------------------------------------------------------------- */

static void values_lose_one_level_of_braces_or_quotes(void **state) {
    UNUSED(state);
    static const struct { const char *text, *value;
    } rows[] = {
        {"k=v", "v"},        {"k = v ;", "v"},         {"k={v}", "v"},         {"k={a;b}", "a;b"},
        {"k={a}}b}", "a}b"}, {"k={{v}}", "{v}"},       {"k={{v}};x=1", "{v}"}, {"k={{v}}}", "{v}"},
        {"k='a;b'", "a;b"},  {"k=\"a;b\";x=1", "a;b"}, {"k='a", "'a"},         {"k=", ""},
        {"k={}", ""},        {"k=a=b", "a=b"},         {"k= {v} ", "v"},       {"k=it's;x='", "it's"},
        {"k={ v }", " v "},  {";;k=v", "v"},           {"k='it''s'", "it''s"},
    };
    struct buf value;
    buf_init(&value, 1000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sv rest = sv_of(rows[i].text), key;
        bool more;
        assert_ok(connstr_next(&rest, &key, &value, &more, &e), e);
        assert_true(more && sv_eq(key, SV_LIT("k")));
        if (!sv_eq(buf_sv(&value), sv_of(rows[i].value))) fail_msg("%s gives %s", rows[i].text, value.ptr);
    }
    buf_fini(&value);
}

static void broken_strings_are_refused(void **state) {
    UNUSED(state);
    refused("Host={h", ERR_CONFIG_BAD, "brace");
    refused(BASE "UID", ERR_CONFIG_BAD, "without \"=\"");
    refused(BASE "UID={a}b;", ERR_CONFIG_BAD, "after a closing brace");
}

static void what_is_written_reads_back(void **state) {
    UNUSED(state);
    static const char *const values[] = {"plain", "a;b", "a}b", "{x}", " lead", "'q'", "a=b", "\xC3\xA9"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct buf out, value;
        struct sv rest, key;
        bool more;
        buf_init(&out, 1000);
        buf_init(&value, 1000);
        assert_ok(connstr_add(&out, "k", values[i], &e), e);
        rest = buf_sv(&out);
        assert_ok(connstr_next(&rest, &key, &value, &more, &e), e);
        assert_string_equal(value.ptr ? value.ptr : "", values[i]);
        buf_fini(&out);
        buf_fini(&value);
    }
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static void keys_and_aliases_are_read_whatever_their_case(void **state) {
    UNUSED(state);
    struct options o;
    load(&o, "DRIVER={dbx};SERVER=https://H.cloud.databricks.com:443/;httppath=sql/1.0/endpoints/abc123/"
             "?o=42;uid={token};Password=dapi1;"
             "MaxNumResultFileDownloadThreads=1e+05;defaultstringcolumnlength=65535.0;SSP_ANSI_MODE=true;ssp_Time.Zone="
             "{UTC};http.header.X-A=b;"
             "ssp_databricks.catalog=main;ThriftTransport=2;Fancy "
             "Key=1;SSP_spark.sql.thriftserver.metadata.table.singleschema=1;host=second;LogLevel=warning");
    assert_string_equal(o.host, "h.cloud.databricks.com");
    assert_int_equal(o.port, 443);
    assert_string_equal(o.warehouse_id, "abc123");
    assert_string_equal(o.org_id, "42");
    assert_string_equal(o.token, "dapi1");
    assert_int_equal(o.downloads, 64);
    assert_int_equal(o.string_length, 65535);
    assert_string_equal(o.catalog, "main");
    assert_int_equal(o.n_confs, 2);
    assert_string_equal(o.confs[0].key, "ansi_mode");
    assert_string_equal(o.confs[1].key, "time.zone");
    assert_int_equal(o.n_headers, 1);
    assert_int_equal(o.n_unknown, 1);
    assert_string_equal(o.unknown[0], "Fancy Key");
    assert_string_equal(o.driver, "dbx");
    options_fini(&o);
}

static void the_completed_string_gives_the_same_options(void **state) {
    UNUSED(state);
    struct options a, b;
    struct buf text;
    buf_init(&text, 10000);
    load(&a, "DRIVER=dbx;Host=127.0.0.1:8080;SSL=0;HTTPPath=/sql/1.0/warehouses/abc123?o=7;PWD={p;}}};UserAgentEntry=x "
             "y;SSP_timezone=UTC;EnableArrow=0");
    assert_ok(options_to_string(&a, &text, &e), e);
    assert_int_equal(strncmp(text.ptr, "DRIVER=dbx;", 11), 0);
    load(&b, text.ptr);
    assert_int_equal(b.port, 8080);
    assert_string_equal(b.token, "p;}");
    assert_string_equal(b.user_agent, "x y");
    assert_false(b.arrow);
    assert_true(b.plain_http);
    assert_int_equal(b.n_confs, 1);
    options_fini(&a);
    options_fini(&b);
    buf_fini(&text);
}

static void unusable_values_are_refused_by_name(void **state) {
    UNUSED(state);
    refused("", ERR_CONFIG_MISSING, "Host and HTTPPath");
    refused("Host=h;PWD=x", ERR_CONFIG_MISSING, "HTTPPath");
    refused("HTTPPath=/sql/1.0/warehouses/a;PWD=x", ERR_CONFIG_MISSING, "Host");
    refused("Host=h;HTTPPath=/sql/1.0/warehouses/a", ERR_AUTH, "PWD");
    refused("Host=accounts.cloud.databricks.com;HTTPPath=/sql/1.0/warehouses/a;PWD=x", ERR_CONFIG_BAD, "account");
    refused("Host=h;HTTPPath=sql/protocolv1/o/1/0101-x;PWD=x", ERR_CONFIG_BAD, "all-purpose cluster");
    refused("Host=h;HTTPPath=/sql/1.0/warehouses/;PWD=x", ERR_CONFIG_BAD, "HTTPPath");
    refused("Host=h;HTTPPath=/sql/1.0/warehouses/a%2F..;PWD=x", ERR_CONFIG_BAD, "HTTPPath");
    refused("Host=h/x;HTTPPath=/sql/1.0/warehouses/a;PWD=x", ERR_CONFIG_BAD, "Host");
    refused("Host=u@h;HTTPPath=/sql/1.0/warehouses/a;PWD=x", ERR_CONFIG_BAD, "Host");
    refused(BASE "Port=0", ERR_CONFIG_BAD, "1 to 65535");
    refused(BASE "Port=443.5", ERR_CONFIG_BAD, "whole number");
    refused(BASE "SSL=maybe", ERR_CONFIG_BAD, "0 or 1");
    refused(BASE "SSL=0", ERR_CONFIG_BAD, "loopback");
    refused("Host=http://h;HTTPPath=/sql/1.0/warehouses/a;PWD=x", ERR_CONFIG_BAD, "loopback");
    refused(BASE "AuthMech=1", ERR_CONFIG_BAD, "allowed are 3");
    refused(BASE "AuthMech=11;Auth_Flow=1", ERR_CONFIG_BAD, "Auth_Flow=1");
    refused(BASE "Auth_AccessToken=other", ERR_CONFIG_BAD, "both Auth_AccessToken and PWD");
    refused(BASE "Proxy=ftp://x", ERR_CONFIG_BAD, "unix:/path");
    refused(BASE "Proxy=http://proxy.example.com:8443", ERR_CONFIG_BAD, "https://");
    refused(BASE "Proxy=unix:relative", ERR_CONFIG_BAD, "absolute path");
    refused(BASE "UseProxy=1", ERR_CONFIG_MISSING, "ProxyHost");
    refused(BASE "http.header.Authorization=x", ERR_CONFIG_BAD, "belongs to the driver");
    refused(BASE "http.header.X-A={a\r\nb: c}", ERR_CONFIG_BAD, "control character");
    refused(BASE "UserAgentEntry={a\nb}", ERR_CONFIG_BAD, "control character");
    refused(BASE "TrustedCerts=/nonexistent.pem", ERR_CONFIG_BAD, "TrustedCerts");
    refused(BASE "LogLevel=loud", ERR_CONFIG_BAD, "LogLevel");
    refused(BASE "SSP_a b=1", ERR_CONFIG_BAD, "SSP_");
    refused("Host=h;HTTPPath=/sql/1.0/warehouses/a;TokenFile=/nonexistent", ERR_AUTH, "TokenFile");
}

static void secrets_stay_out_of_errors(void **state) {
    UNUSED(state);
    refused("Host=h;HTTPPath=/sql/1.0/warehouses/a;PWD={dapi secret}", ERR_AUTH, "token contains");
    assert_null(strstr(e.text, "secret"));
    refused(BASE "Auth_AccessToken=secret2", ERR_CONFIG_BAD, "both");
    assert_null(strstr(e.text, "secret2"));
}

static void a_token_file_is_read_and_trimmed(void **state) {
    UNUSED(state);
    struct options o;
    char text[600];
    put_file("token", "  eyJ.long.token\n");
    snprintf(text, sizeof text, "Host=h;WarehouseId=a;TokenFile=%s", path_of("token"));
    load(&o, text);
    assert_string_equal(o.token, "eyJ.long.token");
    options_fini(&o);
}

/* ---- other sources ----------------------------------------------------------------------------------------------- */

static void a_dsn_fills_what_the_string_leaves_out(void **state) {
    UNUSED(state);
    struct options o;
    struct buf text;
    put_file("odbc.ini", "[mine]\nDriver=dbx\nHost=dsn.example.com\nHTTPPath=/sql/1.0/warehouses/"
                         "w1\nPWD=dapi2\nSchema=s1\nSocketTimeout=0\n");
    load(&o, "DSN=mine;Schema=s2;DRIVER=other");
    assert_string_equal(o.host, "dsn.example.com");
    assert_string_equal(o.schema, "s2");
    assert_string_equal(o.token, "dapi2");
    assert_null(o.driver);
    assert_true(o.socket_timeout > 0);
    buf_init(&text, 1000);
    assert_ok(options_to_string(&o, &text, &e), e);
    assert_string_equal(text.ptr, "DSN=mine;Schema=s2;");
    buf_fini(&text);
    options_fini(&o);
    assert_ok(options_from_dsn(&o, SV_LIT("mine"), SV_LIT("token"), SV_LIT("dapi3"), &e), e);
    assert_string_equal(o.token, "dapi3");
    options_fini(&o);
    refused("DSN=nosuch", ERR_CONFIG_MISSING, "[nosuch]");
}

static void a_token_that_odbc_ini_cuts_is_refused_with_the_way_out(void **state) {
    UNUSED(state);
    char text[4000] = "[mine2]\nHost=h\nHTTPPath=/sql/1.0/warehouses/w1\nPWD=";
    memset(text + strlen(text), 'e', 1800);
    put_file("odbc.ini", text);
    refused("DSN=mine2", ERR_CONFIG_BAD, "TokenFile");
    assert_null(strstr(e.text, "eeeee"));
}

static void the_environment_comes_after_string_and_dsn(void **state) {
    UNUSED(state);
    struct options o;
    setenv("DATABRICKS_HOST", "https://env.example.com", 1);
    setenv("DATABRICKS_TOKEN", "dapienv", 1);
    setenv("DATABRICKS_WAREHOUSE_ID", "envw", 1);
    load(&o, "DRIVER=x");
    assert_string_equal(o.host, "env.example.com");
    assert_string_equal(o.token, "dapienv");
    assert_string_equal(o.warehouse_id, "envw");
    options_fini(&o);
    load(&o, BASE);
    assert_string_equal(o.host, "h.cloud.databricks.com");
    assert_string_equal(o.token, "dapi1");
    assert_string_equal(o.warehouse_id, "abc123");
    options_fini(&o);
}

static const char CFG[] =
    "[DEFAULT]\nhost = https://default.example.com/\ntoken = dapidefault\nwarehouse_id = wd\n"
    "[prod]\nhost=prod.example.com\ntoken=dapiprod "
    "#comment\nwarehouse_id=wp\n[half]\nhost=half.example.com\nwarehouse_id=wh\n"
    "[m2m]\nhost=m.example.com\nauth_type=oauth-m2m\nclient_id=a\nclient_secret=b\nwarehouse_id=w\n";

static void profiles_are_chosen_by_name_then_setting_then_default(void **state) {
    UNUSED(state);
    struct options o;
    put_file(".databrickscfg", CFG);
    load(&o, "DRIVER=x");
    assert_string_equal(o.host, "default.example.com");
    options_fini(&o);
    load(&o, "Profile=prod");
    assert_string_equal(o.token, "dapiprod");
    assert_string_equal(o.warehouse_id, "wp");
    options_fini(&o);
    char text[2000];
    snprintf(text, sizeof text, "%s[__settings__]\ndefault_profile = prod\n", CFG);
    put_file(".databrickscfg", text);
    load(&o, "DRIVER=x");
    assert_string_equal(o.host, "prod.example.com");
    options_fini(&o);
    refused("Profile=nosuch", ERR_CONFIG_BAD, "[nosuch]");
    refused("Profile=half", ERR_AUTH, "no credentials");          /* nothing is inherited from [DEFAULT] */
    refused("Profile=m2m", ERR_AUTH, "oauth-m2m");
    refused("Profile=prod;Host=evil.example.com", ERR_CONFIG_BAD, "is for the host");
}

static void a_default_profile_for_another_host_gives_no_token_away(void **state) {
    UNUSED(state);
    put_file(".databrickscfg", CFG);
    refused("Host=evil.example.com;HTTPPath=/sql/1.0/warehouses/a", ERR_AUTH, "no credentials");
}

static void long_tokens_in_a_profile_arrive_whole(void **state) {
    UNUSED(state);
    struct options o;
    char text[4000] = "[DEFAULT]\nhost=h\nwarehouse_id=w\n# a comment that is very, very, very, very, very, very, "
                      "very, very, very, very, very, very, very, very, very, very, very, very long\ntoken = ";
    memset(text + strlen(text), 'e', 2500);
    put_file(".databrickscfg", text);
    load(&o, "");
    assert_int_equal(strlen(o.token), 2500);
    options_fini(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(values_lose_one_level_of_braces_or_quotes, fresh),
        cmocka_unit_test_setup(broken_strings_are_refused, fresh),
        cmocka_unit_test_setup(what_is_written_reads_back, fresh),
        cmocka_unit_test_setup(keys_and_aliases_are_read_whatever_their_case, fresh),
        cmocka_unit_test_setup(the_completed_string_gives_the_same_options, fresh),
        cmocka_unit_test_setup(unusable_values_are_refused_by_name, fresh),
        cmocka_unit_test_setup(secrets_stay_out_of_errors, fresh),
        cmocka_unit_test_setup(a_token_file_is_read_and_trimmed, fresh),
        cmocka_unit_test_setup(a_dsn_fills_what_the_string_leaves_out, fresh),
        cmocka_unit_test_setup(a_token_that_odbc_ini_cuts_is_refused_with_the_way_out, fresh),
        cmocka_unit_test_setup(the_environment_comes_after_string_and_dsn, fresh),
        cmocka_unit_test_setup(profiles_are_chosen_by_name_then_setting_then_default, fresh),
        cmocka_unit_test_setup(a_default_profile_for_another_host_gives_no_token_away, fresh),
        cmocka_unit_test_setup(long_tokens_in_a_profile_arrive_whole, fresh),
    };
    if (!mkdtemp(folder)) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    static const char *const files[] = {"odbc.ini", "token", ".databrickscfg"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) unlink(path_of(files[i]));
    rmdir(folder);
    return failed;
}
