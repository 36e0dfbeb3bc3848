/* odbcini: the DSN section of odbc.ini and the environment. odbc.ini is read by unixODBC itself, so that ODBCINI,
 * ODBCSYSINI and ~/.odbc.ini mean what they mean for every driver. */
#include <odbcinst.h>
#include <stdlib.h>

#include "core/mem.h"
#include "options_priv.h"

/* unixODBC reads lines of at most 1000 bytes and takes the rest of a longer one for a further line, without a word. */
enum { INI_LINE = 1000, INI_SUSPECT = INI_LINE - 4, KEYS_BYTES = 64 * 1024, VALUE_BYTES = 8 * 1024 };

static enum rc check_length(const char *dsn, struct sv key, size_t value_len, struct err *e) {
    if (key.len + 1 + value_len < INI_SUSPECT || !options_key_is_secret(key)) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD,
                   "%.*s in section [%s] of odbc.ini is longer than an odbc.ini line may be (%d bytes) and was cut; "
                   "put the token into a file and name it with TokenFile",
                   SV_ARG(key), dsn, INI_LINE);
}

static enum rc load_key(struct options *o, const char *dsn, const char *key, char *value, struct err *e) {
    int n = SQLGetPrivateProfileString(dsn, key, "", value, VALUE_BYTES, "odbc.ini");
    struct sv v = sv_of(value);
    if (n < 0) return RC_OK;
    if (check_length(dsn, sv_of(key), v.len, e)) return RC_ERR;
    enum rc rc = options_set(o, FROM_DSN, sv_of(key), v, e);
    return rc ? err_wrap(e, "section [%s] of odbc.ini", dsn) : RC_OK;
}

enum rc odbcini_load(struct options *o, const char *dsn, struct err *e) {
    char *keys = mem_zalloc(KEYS_BYTES), *value = mem_zalloc(VALUE_BYTES);
    enum rc rc = keys && value ? RC_OK : err_nomem(e);
    if (rc == RC_OK) SQLGetPrivateProfileString(dsn, NULL, "", keys, KEYS_BYTES - 2, "odbc.ini");
    for (const char *key = keys; rc == RC_OK && *key; key += strlen(key) + 1) rc = load_key(o, dsn, key, value, e);
    if (value) mem_wipe(value, VALUE_BYTES);
    mem_free(value);
    mem_free(keys);
    return rc;
}

enum rc environment_load(struct options *o, struct err *e) {
    static const struct { const char *name; enum opt_id id; } vars[] = {
        {"DATABRICKS_HOST", OPT_host},           {"DATABRICKS_SERVER_HOSTNAME", OPT_host},
        {"DATABRICKS_WAREHOUSE_ID", OPT_warehouse_id}, {"DATABRICKS_HTTP_PATH", OPT_http_path},
        {"DATABRICKS_TOKEN", OPT_pwd},           {"DATABRICKS_CONFIG_PROFILE", OPT_profile},
    };
    bool has_path = options_has(o, OPT_warehouse_id) || options_has(o, OPT_http_path);
    bool has_token = options_has(o, OPT_pwd) || options_has(o, OPT_access_token) || options_has(o, OPT_token_file);
    /* a profile that was asked for by key is closer to the user than variables of the shell */
    bool by_profile = options_has(o, OPT_profile);
    for (size_t i = 0; i < sizeof vars / sizeof *vars; i++) {
        const char *value = getenv(vars[i].name);
        bool taken = (vars[i].id == OPT_pwd && has_token) ||
                     ((vars[i].id == OPT_warehouse_id || vars[i].id == OPT_http_path) && has_path);
        if (!value || !*value || taken || by_profile) continue;
        if (options_set_id(o, FROM_ENV, vars[i].id, sv_of(value), e))
            return err_wrap(e, "environment variable %s", vars[i].name);
    }
    return RC_OK;
}
