/* profile: host, token and warehouse_id out of ~/.databrickscfg (or DATABRICKS_CONFIG_FILE).
 *
 * Which section: Profile= or DATABRICKS_CONFIG_PROFILE, else [__settings__] default_profile, else [DEFAULT]. Sections do
 * not inherit from [DEFAULT]. A section that was named and is not there is an error. */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/mem.h"
#include "options_priv.h"

enum { MAX_FILE = 1024 * 1024, MAX_INI_LINE = 150, MAX_LONG = 256 };

struct profile {
    const char *wanted;         /* section */
    bool found, failed;
    char *default_profile;
    char *host, *token, *warehouse_id, *auth_type;
    char *longs[MAX_LONG];      /* values that do not fit inih's lines, see shorten() */
    int n_longs;
};

static void profile_fini(struct profile *p) {
    char **secrets[] = {&p->default_profile, &p->host, &p->token, &p->warehouse_id, &p->auth_type};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        mem_free_secret(*secrets[i]);
        *secrets[i] = NULL;
    }
    for (int i = 0; i < p->n_longs; i++) mem_free_secret(p->longs[i]);
    p->n_longs = 0;
}

/* ---- the file, with lines that inih can take --------------------------------------------------------------------- */

static enum rc file_read(const char *path, struct buf *out, bool *exists, struct err *e) {
    char part[4096];
    size_t n;
    FILE *f = fopen(path, "re");
    *exists = f != NULL;
    if (!f)
        return errno == ENOENT || errno == ENOTDIR
                   ? RC_OK
                   : err_set(e, ERR_CONFIG_BAD, "%s cannot be read: %s", path, strerror(errno));
    enum rc rc = RC_OK;
    while (rc == RC_OK && (n = fread(part, 1, sizeof part, f)) > 0) rc = buf_add(out, part, n, e);
    if (rc == RC_OK && ferror(f)) rc = err_set(e, ERR_CONFIG_BAD, "%s cannot be read: %s", path, strerror(errno));
    fclose(f);
    mem_wipe(part, sizeof part);
    return rc ? err_wrap(e, "%s", path) : RC_OK;
}

/* inih as packaged reads lines of 200 bytes, and tokens are longer: the value of a long line is put aside and the line
 * gets "name = @n" instead. */
static enum rc shorten_line(struct profile *p, struct sv line, struct buf *out, struct err *e) {
    struct sv name, value;
    if (line.len <= MAX_INI_LINE) return buf_addsv(out, line, e) || buf_addc(out, '\n', e) ? RC_ERR : RC_OK;
    struct sv trimmed = sv_trim(line);
    if (!trimmed.len || *trimmed.ptr == '#' || *trimmed.ptr == ';') return RC_OK;
    if (!sv_cut(line, '=', &name, &value) || name.len > 100 || p->n_longs == MAX_LONG)
        return err_set(e, ERR_CONFIG_BAD, "a line of %zu bytes that is not \"name = value\"", line.len);
    value = sv_trim(value);
    if (!(p->longs[p->n_longs] = mem_strndup(value.ptr, value.len))) return err_nomem(e);
    return buf_addf(out, e, SV_FMT "= @%d\n", SV_ARG(name), p->n_longs++);
}

static enum rc shorten(struct profile *p, struct sv text, struct buf *out, struct err *e) {
    struct sv line, rest;
    while (text.len) {
        if (!sv_cut(text, '\n', &line, &rest)) line = text, rest = SV_NULL;
        if (shorten_line(p, line, out, e)) return RC_ERR;
        text = rest;
    }
    return RC_OK;
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

/* " #…" ends a value, as the command line tools of the platform have it. */
static struct sv without_comment(struct sv v) {
    for (size_t i = 1; i < v.len; i++)
        if (v.ptr[i] == '#' && (v.ptr[i - 1] == ' ' || v.ptr[i - 1] == '\t')) return sv_trim(sv_make(v.ptr, i));
    return v;
}

static struct sv full_value(const struct profile *p, const char *value) {
    long long n;
    if (value[0] == '@' && sv_to_i64(sv_of(value + 1), &n) && n >= 0 && n < p->n_longs)
        return without_comment(sv_of(p->longs[n]));
    return without_comment(sv_of(value));
}

static char **slot_of(struct profile *p, const char *section, const char *name) {
    if (strcmp(section, "__settings__") == 0) return strcmp(name, "default_profile") == 0 ? &p->default_profile : NULL;
    if (!p->wanted || strcmp(section, p->wanted) != 0) return NULL;
    p->found = true;
    return strcmp(name, "host") == 0           ? &p->host
           : strcmp(name, "token") == 0        ? &p->token
           : strcmp(name, "warehouse_id") == 0 ? &p->warehouse_id
           : strcmp(name, "auth_type") == 0    ? &p->auth_type : NULL;
}

static int on_entry(void *arg, const char *section, const char *name, const char *value) {
    struct profile *p = arg;
    char **slot = slot_of(p, section, name);
    struct sv v = full_value(p, value);
    if (slot && !*slot && v.len && !(*slot = mem_strndup(v.ptr, v.len))) p->failed = true;
    return 1;
}

static enum rc scan(struct profile *p, const char *text, const char *wanted, struct err *e) {
    p->wanted = wanted;
    int line = ini_parse_string(text ? text : "", on_entry, p);
    if (p->failed || line == -2) return err_nomem(e);
    return line ? err_set(e, ERR_CONFIG_BAD, "line %d is not INI syntax", line) : RC_OK;
}

/* ---- what the options take from it ------------------------------------------------------------------------------- */

static enum rc profile_path(struct buf *out, struct err *e) {
    const char *path = getenv("DATABRICKS_CONFIG_FILE"), *home = getenv("HOME");
    bool given = path && *path;
    if (given && strncmp(path, "~/", 2) != 0) return buf_adds(out, path, e);
    if (!home || !*home) return RC_OK;
    return buf_adds(out, home, e) || buf_addc(out, '/', e) || buf_adds(out, given ? path + 2 : ".databrickscfg", e)
               ? RC_ERR
               : RC_OK;
}

static bool same_host(const char *a, const char *b) {
    struct sv x[2] = {sv_trim(sv_of(a)), sv_trim(sv_of(b))};
    for (int i = 0; i < 2; i++) {
        if (sv_istarts(x[i], SV_LIT("https://"))) x[i].ptr += 8, x[i].len -= 8;
        else if (sv_istarts(x[i], SV_LIT("http://"))) x[i].ptr += 7, x[i].len -= 7;
        size_t n = 0;
        while (n < x[i].len && x[i].ptr[n] != '/' && x[i].ptr[n] != ':') n++;
        x[i].len = n;
    }
    return sv_ieq(x[0], x[1]);
}

/* A token goes to the host it was stored for and to no other. */
static enum rc take(struct options *o, const struct profile *p, const char *section, bool named, struct err *e) {
    bool has_token = options_has(o, OPT_pwd) || options_has(o, OPT_access_token) || options_has(o, OPT_token_file);
    bool has_path = options_has(o, OPT_warehouse_id) || options_has(o, OPT_http_path);
    if (p->host && options_has(o, OPT_host) && !same_host(p->host, o->host))
        return named ? err_set(e, ERR_CONFIG_BAD, "profile %s is for the host %s, but Host is %s", section, p->host,
                               o->host)
                     : RC_OK;
    if (!has_token && !p->token && p->auth_type && strcmp(p->auth_type, "pat") != 0)
        return err_set(
            e, ERR_AUTH,
            "profile %s uses auth_type %s; this driver takes a token (key token, PWD, Auth_AccessToken or TokenFile)",
            section, p->auth_type);
    if (p->host && options_set_id(o, FROM_PROFILE, OPT_host, sv_of(p->host), e)) return RC_ERR;
    if (p->token && !has_token && options_set_id(o, FROM_PROFILE, OPT_pwd, sv_of(p->token), e)) return RC_ERR;
    if (p->warehouse_id && !has_path && options_set_id(o, FROM_PROFILE, OPT_warehouse_id, sv_of(p->warehouse_id), e))
        return RC_ERR;
    return RC_OK;
}

static enum rc load_text(struct options *o, const char *path, const char *text, struct profile *p, struct err *e) {
    bool named = options_has(o, OPT_profile);
    if (scan(p, text, named ? o->profile : NULL, e)) return err_wrap(e, "%s", path);
    bool settled = !named && p->default_profile;
    const char *section = named ? o->profile : settled ? p->default_profile : "DEFAULT";
    if (!named && scan(p, text, section, e)) return err_wrap(e, "%s", path);
    if (!p->found)
        return named || settled ? err_set(e, ERR_CONFIG_BAD, "%s has no profile [%s]", path, section) : RC_OK;
    return take(o, p, section, named, e);
}

static bool is_wanted(const struct options *o) {
    bool has_token = options_has(o, OPT_pwd) || options_has(o, OPT_access_token) || options_has(o, OPT_token_file);
    return options_has(o, OPT_profile) || !has_token || !options_has(o, OPT_host);
}

enum rc profile_load(struct options *o, struct err *e) {
    struct profile p = {0};
    struct buf path, file, text;
    bool exists = false;
    if (!is_wanted(o)) return RC_OK;
    buf_init(&path, 4096);
    buf_init(&file, MAX_FILE);
    buf_init(&text, MAX_FILE);
    enum rc rc = profile_path(&path, e);
    if (rc == RC_OK && path.len) rc = file_read(path.ptr, &file, &exists, e);
    if (rc == RC_OK && exists) {
        rc = shorten(&p, buf_sv(&file), &text, e) ? err_wrap(e, "%s", path.ptr)
                                                  : load_text(o, path.ptr, text.ptr, &p, e);
    } else if (rc == RC_OK && options_has(o, OPT_profile)) {
        rc = err_set(e, ERR_CONFIG_BAD, "Profile=%s, but there is no file %s", o->profile,
                     path.len ? path.ptr : "~/.databrickscfg");
    }
    profile_fini(&p);
    buf_wipe(&file);
    buf_wipe(&text);
    buf_fini(&path);
    return rc;
}
