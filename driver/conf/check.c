/* check: what the keys say, in the one form that the session wants, or the reason why it cannot be. */
#include <errno.h>
#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "options_priv.h"

enum { MAX_TOKEN = 64 * 1024 };

static bool starts(struct sv *v, const char *prefix) {
    struct sv p = sv_of(prefix);
    if (!sv_istarts(*v, p)) return false;
    v->ptr += p.len;
    v->len -= p.len;
    return true;
}

static bool only_host_chars(struct sv v) {
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                    c == '-' || c == '_';
        if (!fine) return false;
    }
    return v.len > 0 && v.len < 254;
}

static bool only_id_chars(struct sv v) {
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
            return false;
    }
    return v.len > 0 && v.len <= 128;
}

bool options_is_loopback(const char *host) {
    struct sv h = sv_of(host);
    if (sv_ieq(h, SV_LIT("localhost")) || sv_ieq(h, SV_LIT("::1")) || sv_ieq(h, SV_LIT("[::1]"))) return true;
    if (!sv_istarts(h, SV_LIT("127."))) return false;
    for (size_t i = 0; i < h.len; i++)
        if (h.ptr[i] != '.' && (h.ptr[i] < '0' || h.ptr[i] > '9')) return false;  /* "127.example.com" */
    return true;
}

/* ---- Host, Port, SSL --------------------------------------------------------------------------------------------- */

static bool only_v6_chars(struct sv v) {
    for (size_t i = 0; i < v.len; i++)
        if (!strchr("0123456789abcdefABCDEF:.", v.ptr[i]) || !v.ptr[i]) return false;
    return v.len > 1 && v.len < 46;
}

/* "host", "host:port", "[v6]:port". */
static bool split_host(struct sv v, struct sv *host, struct sv *port) {
    *port = SV_NULL;
    if (v.len && v.ptr[0] == '[') {
        struct sv after;
        if (!sv_cut(sv_make(v.ptr + 1, v.len - 1), ']', host, &after) || !only_v6_chars(*host)) return false;
        if (after.len && after.ptr[0] != ':') return false;
        if (after.len) *port = sv_make(after.ptr + 1, after.len - 1);
        *host = sv_make(v.ptr, host->len + 2);  /* with its brackets, as URLs want it */
        return true;
    }
    if (!sv_cut(v, ':', host, port)) *host = v;
    return only_host_chars(*host);
}

static enum rc check_host(struct options *o, struct err *e) {
    struct sv v = sv_trim(sv_of(o->host)), host, port;
    bool http = starts(&v, "http://");
    if (!http) starts(&v, "https://");
    while (v.len && v.ptr[v.len - 1] == '/') v.len--;
    if (!split_host(v, &host, &port))
        return err_set(e, ERR_CONFIG_BAD,
                       "Host=%s is not a host name; expected is for instance dbc-a1b2345c-d6e7.cloud.databricks.com",
                       o->host);
    if (port.len && o->source[OPT_port] == FROM_DEFAULT &&
        options_set_id(o, (enum opt_source)o->source[OPT_host], OPT_port, port, e))
        return err_wrap(e, "Host=%s", o->host);
    if (sv_istarts(host, SV_LIT("accounts.")) || sv_istarts(host, SV_LIT("accounts-dod.")))
        return err_set(
            e, ERR_CONFIG_BAD,
            "Host=" SV_FMT
            " is an account console; SQL runs on workspace hosts, see the connection details of the warehouse",
            SV_ARG(host));
    if (http && o->source[OPT_ssl] == FROM_DEFAULT) o->ssl = false;
    if (conf_put(&o->host, host, e)) return RC_ERR;
    for (char *c = o->host; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    o->plain_http = !o->ssl && options_is_loopback(o->host);
    if (!o->ssl && !o->plain_http)
        return err_set(
            e, ERR_CONFIG_BAD,
            "plain HTTP (SSL=0) to %s would show the token to the network; it is allowed for loopback hosts only",
            o->host);
    return RC_OK;
}

/* ---- HTTPPath ---------------------------------------------------------------------------------------------------- */

static enum rc take_org(struct options *o, struct sv query, struct err *e) {
    struct sv part, rest;
    while (query.len) {
        if (!sv_cut(query, '&', &part, &rest)) part = query, rest = SV_NULL;
        if (starts(&part, "o=")) {
            if (!only_id_chars(part))
                return err_set(e, ERR_CONFIG_BAD, "HTTPPath=%s has an unusable ?o=", o->http_path);
            return conf_put(&o->org_id, part, e);
        }
        query = rest;
    }
    return RC_OK;
}

static enum rc check_path(struct options *o, struct err *e) {
    struct sv path = sv_trim(sv_of(o->http_path)), query, before;
    if (sv_cut(path, '?', &before, &query)) {
        path = before;
        if (take_org(o, query, e)) return RC_ERR;
    }
    while (path.len && path.ptr[0] == '/') path.ptr++, path.len--;
    while (path.len && path.ptr[path.len - 1] == '/') path.len--;
    if (sv_istarts(path, SV_LIT("sql/protocolv1")) || sv_istarts(path, SV_LIT("cliservice")))
        return err_set(
            e, ERR_CONFIG_BAD,
            "HTTPPath=%s belongs to an all-purpose cluster; this driver speaks the SQL Statement Execution API, "
            "which runs on SQL warehouses (/sql/1.0/warehouses/<id>)",
            o->http_path);
    if (!starts(&path, "sql/1.0/warehouses/") && !starts(&path, "sql/1.0/endpoints/"))
        return err_set(e, ERR_CONFIG_BAD, "HTTPPath=%s is not usable; expected is /sql/1.0/warehouses/<id>",
                       o->http_path);
    if (!only_id_chars(path)) return err_set(e, ERR_CONFIG_BAD, "HTTPPath=%s has no usable warehouse id", o->http_path);
    /* the id of a stronger or equally strong source stands */
    bool given = options_has(o, OPT_warehouse_id) && o->source[OPT_warehouse_id] <= o->source[OPT_http_path];
    return given ? RC_OK : conf_put(&o->warehouse_id, path, e);
}

static enum rc check_missing(const struct options *o, struct err *e) {
    bool host = options_has(o, OPT_host), path = options_has(o, OPT_http_path) || options_has(o, OPT_warehouse_id);
    if (host && path) return RC_OK;
    const char *where = o->dsn ? o->dsn : "";
    return err_set(e, ERR_CONFIG_MISSING,
                   "%s%s%s missing%s%s%s: give %s in the connection string, in odbc.ini, as %s or in ~/.databrickscfg",
                   host ? "" : "Host", host || path ? "" : " and ", path ? "" : "HTTPPath", *where ? " for DSN [" : "",
                   where, *where ? "]" : "", host ? "it" : "them", host ? "DATABRICKS_HTTP_PATH" : "DATABRICKS_HOST");
}

/* ---- credentials ------------------------------------------------------------------------------------------------- */

static enum rc token_from_file(struct options *o, struct err *e) {
    char *bytes = mem_zalloc(MAX_TOKEN + 1);
    if (!bytes) return err_nomem(e);
    int fd = open(o->token_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, MAX_TOKEN + 1);
    int cause = errno;
    if (fd >= 0) close(fd);
    enum rc rc;
    struct sv token = sv_trim(sv_make(bytes, n > 0 ? (size_t)n : 0));
    if (n < 0) rc = err_set(e, ERR_AUTH, "TokenFile=%s cannot be read: %s", o->token_file, strerror(cause));
    else if (n > MAX_TOKEN || !token.len)
        rc = err_set(e, ERR_AUTH, "TokenFile=%s is %s", o->token_file,
                     n > MAX_TOKEN ? "too large for a token" : "empty");
    else rc = conf_put(&o->token, token, e);
    mem_wipe(bytes, MAX_TOKEN + 1);
    mem_free(bytes);
    return rc;
}

/* Of the three keys that can hold a credential those of the strongest source count; two of them must not differ. */
static enum rc pick_token(struct options *o, struct err *e) {
    static const enum opt_id ids[] = {OPT_access_token, OPT_pwd, OPT_token_file};
    enum opt_id first = OPT_COUNT, second = OPT_COUNT;
    for (int i = 0; i < 3; i++) {
        if (!options_has(o, ids[i])) continue;
        if (first == OPT_COUNT || o->source[ids[i]] < o->source[first]) first = ids[i], second = OPT_COUNT;
        else if (o->source[ids[i]] == o->source[first]) second = ids[i];
    }
    if (first == OPT_COUNT)
        return err_set(e, ERR_AUTH,
                       "no credentials: give PWD (a personal access token), Auth_AccessToken, TokenFile, "
                       "DATABRICKS_TOKEN or a profile");
    bool same = second == OPT_pwd && first == OPT_access_token && strcmp(o->pwd, o->access_token) == 0;
    if (second != OPT_COUNT && !same)
        return err_set(e, ERR_CONFIG_BAD, "both %s and %s are given; keep one", OPT_KEYS[first].name,
                       OPT_KEYS[second].name);
    if (first == OPT_token_file) return token_from_file(o, e);
    return conf_put(&o->token, sv_trim(sv_of(first == OPT_pwd ? o->pwd : o->access_token)), e);
}

static enum rc check_auth(struct options *o, struct err *e) {
    if (o->auth_mech != 3 && o->auth_mech != 11)
        return err_set(e, ERR_CONFIG_BAD,
                       "AuthMech=%d is not supported; allowed are 3 (personal access token in PWD) and 11 with "
                       "Auth_Flow=0 (token in Auth_AccessToken)",
                       o->auth_mech);
    if (o->auth_mech == 11 && o->auth_flow != 0)
        return err_set(e, ERR_CONFIG_BAD,
                       "Auth_Flow=%d is not supported yet; allowed with AuthMech=11 is 0 (token in Auth_AccessToken)",
                       o->auth_flow);
    if (pick_token(o, e)) return RC_ERR;
    for (const char *c = o->token; *c; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7F)
            return err_set(e, ERR_AUTH,
                           "the token contains a blank, a line end or a character that tokens do not have");
    return RC_OK;
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static enum rc check_proxy_address(struct options *o, struct sv v, bool http, struct err *e) {
    struct sv host, port;
    long long n = 0;
    while (v.len && v.ptr[v.len - 1] == '/') v.len--;
    if (!split_host(v, &host, &port) || !sv_to_i64(port, &n) || n < 1 || n > 65535)
        return err_set(e, ERR_CONFIG_BAD, "Proxy=%s is not usable; expected is %s://host:port", o->proxy,
                       http ? "http" : "https");
    char *name = mem_strndup(host.ptr, host.len);
    if (!name) return err_nomem(e);
    bool near = options_is_loopback(name);
    mem_free(name);
    if (http && !near)
        return err_set(e, ERR_CONFIG_BAD,
                       "Proxy=%s would show the token to the network; use https:// or a loopback address", o->proxy);
    return RC_OK;
}

static enum rc check_proxy(struct options *o, struct err *e) {
    struct sv v = sv_trim(sv_of(o->proxy));
    if (!v.len || sv_ieq(v, SV_LIT("auto"))) return RC_OK;
    if (starts(&v, "unix:")) {
        starts(&v, "//");
        if (v.len && v.ptr[0] == '/' && v.len < sizeof ((struct sockaddr_un *)0)->sun_path) return RC_OK;
        return err_set(e, ERR_CONFIG_BAD,
                       "Proxy=%s: after unix: stands the absolute path of a socket, at most %zu bytes", o->proxy,
                       sizeof((struct sockaddr_un *)0)->sun_path - 1);
    }
    if (starts(&v, "http://")) return check_proxy_address(o, v, true, e);
    if (starts(&v, "https://")) return check_proxy_address(o, v, false, e);
    return err_set(e, ERR_CONFIG_BAD, "Proxy=%s is not usable; allowed are auto, unix:/path and http://host:port",
                   o->proxy);
}

static enum rc check_http_proxy(struct options *o, struct err *e) {
    if (o->use_http_proxy && !*o->http_proxy_host)
        return err_set(e, ERR_CONFIG_MISSING, "UseProxy=1 needs ProxyHost");
    return RC_OK;
}

static enum rc check_user_agent(const struct options *o, struct err *e) {
    for (const char *c = o->user_agent; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            return err_set(e, ERR_CONFIG_BAD, "UserAgentEntry contains a control character");
    return RC_OK;
}

static enum rc check_log(const struct options *o, struct err *e) {
    enum log_level level;
    if (!*o->log_level || log_level_parse(o->log_level, &level)) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "LogLevel=%s is not usable; allowed are 0 (OFF) to 6 (TRACE)", o->log_level);
}

static enum rc check_ca(const struct options *o, struct err *e) {
    if (!*o->ca_file || access(o->ca_file, R_OK) == 0) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "TrustedCerts=%s cannot be read: %s", o->ca_file, strerror(errno));
}

enum rc options_check(struct options *o, struct err *e) {
    if (o->socket_timeout == 0) o->socket_timeout = 86400;  /* the vendor's "none": here every wait ends */
    if (check_missing(o, e) || check_host(o, e)) return RC_ERR;
    if (options_has(o, OPT_http_path) && check_path(o, e)) return RC_ERR;
    if (!only_id_chars(sv_of(o->warehouse_id)))
        return err_set(e, ERR_CONFIG_BAD, "WarehouseId=%s is not a warehouse id", o->warehouse_id);
    return check_auth(o, e) || check_proxy(o, e) || check_http_proxy(o, e) || check_user_agent(o, e) ||
                   check_log(o, e) || check_ca(o, e)
               ? RC_ERR
               : RC_OK;
}
