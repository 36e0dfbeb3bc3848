#include "options.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "connstr.h"
#include "core/mem.h"
#include "options_priv.h"

const struct opt_key OPT_KEYS[OPT_COUNT] = {
#define OPT_STR(field, name, aliases, dflt, flags, doc) \
    [OPT_##field] = {OPT_KIND_STR, name, aliases, offsetof(struct options, field), dflt, 0, 0, 0, flags},
#define OPT_INT(field, name, aliases, dflt, min, max, flags, doc) \
    [OPT_##field] = {OPT_KIND_INT, name, aliases, offsetof(struct options, field), "", dflt, min, max, flags},
#define OPT_BOOL(field, name, aliases, dflt, flags, doc) \
    [OPT_##field] = {OPT_KIND_BOOL, name, aliases, offsetof(struct options, field), "", dflt, 0, 1, flags},
#include "tbl/options.h"
#undef OPT_STR
#undef OPT_INT
#undef OPT_BOOL
};

static const char *const IGNORED_KEYS[] = {
#define IGNORED(name) name,
#include "tbl/options_ignored.h"
#undef IGNORED
};

enum { MAX_PAIRS = 256, MAX_UNKNOWN_NAME = 48 };

static char **str_slot(struct options *o, enum opt_id id) { return (char **)(void *)((char *)o + OPT_KEYS[id].offset); }
static int *int_slot(struct options *o, enum opt_id id) { return (int *)(void *)((char *)o + OPT_KEYS[id].offset); }
static bool *bool_slot(struct options *o, enum opt_id id) { return (bool *)(void *)((char *)o + OPT_KEYS[id].offset); }

enum rc conf_put(char **slot, struct sv value, struct err *e) {
    char *copy = mem_strndup(value.ptr, value.len);
    if (!copy) return err_nomem(e);
    mem_free_secret(*slot);
    *slot = copy;
    return RC_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* Whole numbers as programs print them: "300", "+300", "1e+05", "100000.0" (R prints integers like that). */
static bool int_parse(struct sv v, long long *out) {
    size_t i = 0;
    bool minus = v.len && v.ptr[0] == '-', any = false, dot = false;
    long long n = 0, exponent = 0;
    if (v.len && (v.ptr[0] == '-' || v.ptr[0] == '+')) i++;
    for (; i < v.len && (v.ptr[i] == '.' || (v.ptr[i] >= '0' && v.ptr[i] <= '9')); i++) {
        if (v.ptr[i] == '.') {
            if (dot) return false;
            dot = true;
            continue;
        }
        if (n > LLONG_MAX / 100) return false;
        n = n * 10 + (v.ptr[i] - '0');
        exponent -= dot;
        any = true;
    }
    if (!any) return false;
    if (i < v.len) {
        long long given;
        if ((v.ptr[i] | 32) != 'e' || !sv_to_i64(sv_make(v.ptr + i + 1, v.len - i - 1), &given) || given > 18 ||
            given < -18)
            return false;
        exponent += given;
    }
    for (; exponent > 0; exponent--) {
        if (n > LLONG_MAX / 10) return false;
        n *= 10;
    }
    for (; exponent < 0; exponent++) {
        if (n % 10) return false;
        n /= 10;
    }
    *out = minus ? -n : n;
    return true;
}

static bool bool_parse(struct sv v, bool *out) {
    static const char *const yes[] = {"1", "true", "yes", "on", NULL}, *const no[] = {"0", "false", "no", "off", NULL};
    for (int i = 0; yes[i]; i++) {
        if (sv_ieq(v, sv_of(yes[i]))) return *out = true, true;
        if (sv_ieq(v, sv_of(no[i]))) return *out = false, true;
    }
    return false;
}

static enum rc set_int(struct options *o, enum opt_id id, struct sv value, struct err *e) {
    const struct opt_key *k = &OPT_KEYS[id];
    long long n;
    if (!int_parse(value, &n))
        return err_set(e, ERR_CONFIG_BAD, "%s=" SV_FMT " is not a whole number", k->name, SV_ARG(value));
    if (id == OPT_downloads && n > k->max) n = k->max;  /* the vendor's driver allows more threads than make sense */
    if (n < k->min || n > k->max)
        return err_set(e, ERR_CONFIG_BAD, "%s=" SV_FMT " is out of range; allowed is %d to %d", k->name, SV_ARG(value),
                       k->min, k->max);
    *int_slot(o, id) = (int)n;
    return RC_OK;
}

static enum rc set_bool(struct options *o, enum opt_id id, struct sv value, struct err *e) {
    if (bool_parse(value, bool_slot(o, id))) return RC_OK;
    return err_set(e, ERR_CONFIG_BAD, "%s=" SV_FMT " is not usable; allowed is 0 or 1", OPT_KEYS[id].name,
                   SV_ARG(value));
}

static enum rc set_str(struct options *o, enum opt_id id, struct sv value, struct err *e) {
    const char *name = OPT_KEYS[id].name;
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x20 && value.ptr[i] != '\t')
            return err_set(e, ERR_CONFIG_BAD, "%s contains a control character (a line end?)", name);
    return conf_put(str_slot(o, id), value, e);
}

enum rc options_set_id(struct options *o, enum opt_source from, enum opt_id id, struct sv value, struct err *e) {
    const struct opt_key *k = &OPT_KEYS[id];
    value = sv_trim(value);
    if (o->source[id] != FROM_DEFAULT) return RC_OK;
    /* "PWD=;" or "Port=;" says nothing; "Schema=;" says: none */
    if (!value.len && (k->kind != OPT_KIND_STR || k->flags)) return RC_OK;
    enum rc rc = k->kind == OPT_KIND_STR   ? set_str(o, id, value, e)
                 : k->kind == OPT_KIND_INT ? set_int(o, id, value, e) : set_bool(o, id, value, e);
    if (rc == RC_OK) o->source[id] = (unsigned char)from;
    return rc;
}

bool options_has(const struct options *o, enum opt_id id) {
    if (o->source[id] == FROM_DEFAULT) return false;
    return OPT_KEYS[id].kind != OPT_KIND_STR || **str_slot((struct options *)o, id) != '\0';
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool in_list(struct sv name, const char *list) {
    struct sv rest = sv_of(list), one, after;
    while (rest.len) {
        if (!sv_cut(rest, '|', &one, &after)) one = rest, after = SV_NULL;
        if (sv_ieq(name, one)) return true;
        rest = after;
    }
    return false;
}

static enum opt_id find_key(struct sv name) {
    for (int i = 0; i < OPT_COUNT; i++)
        if (sv_ieq(name, sv_of(OPT_KEYS[i].name)) || in_list(name, OPT_KEYS[i].aliases)) return (enum opt_id)i;
    return OPT_COUNT;
}

static bool is_ignored(struct sv name) {
    for (size_t i = 0; i < sizeof IGNORED_KEYS / sizeof *IGNORED_KEYS; i++)
        if (sv_ieq(name, sv_of(IGNORED_KEYS[i]))) return true;
    return false;
}

bool options_key_is_secret(struct sv key) {
    enum opt_id id = find_key(sv_trim(key));
    return (id < OPT_COUNT && (OPT_KEYS[id].flags & OF_SECRET)) || sv_istarts(key, SV_LIT("http.header."));
}

static bool only(struct sv v, const char *extra) {
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(extra, c))))
            return false;
    }
    return v.len > 0;
}

static void pair_free(struct conf_pair *p) {
    mem_free_secret(p->key);
    mem_free_secret(p->value);
}

static enum rc add_pair(struct conf_pair **list, int *n, enum opt_source from, struct sv key, struct sv value,
                        struct err *e) {
    for (int i = 0; i < *n; i++)
        if (sv_ieq(key, sv_of((*list)[i].key))) return RC_OK;
    if (*n >= MAX_PAIRS) return err_set(e, ERR_CONFIG_BAD, "more than %d SSP_ or http.header. keys", MAX_PAIRS);
    struct conf_pair *grown = mem_realloc(*list, (size_t)(*n + 1) * sizeof *grown);
    if (!grown) return err_nomem(e);
    *list = grown;
    struct conf_pair p = {mem_strndup(key.ptr, key.len), mem_strndup(value.ptr ? value.ptr : "", value.len),
                          (unsigned char)from};
    if (!p.key || !p.value) return pair_free(&p), err_nomem(e);
    grown[(*n)++] = p;
    return RC_OK;
}

static enum rc set_conf(struct options *o, enum opt_source from, struct sv name, struct sv value, struct err *e) {
    if (!only(name, "_."))
        return err_set(e, ERR_CONFIG_BAD, "SSP_" SV_FMT " is not a configuration name", SV_ARG(name));
    /* settings of the vendor's own transport, which reporting tools send to every server */
    if (sv_istarts(name, SV_LIT("spark.thriftserver.")) || sv_istarts(name, SV_LIT("spark.sql.thriftserver.")))
        return RC_OK;
    if (add_pair(&o->confs, &o->n_confs, from, name, value, e)) return RC_ERR;
    for (char *c = o->confs[o->n_confs - 1].key; *c; c++)
        if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
    return RC_OK;
}

/* Headers that would change whom we talk to, as whom, or where a message ends are not the user's. */
static enum rc set_header(struct options *o, enum opt_source from, struct sv name, struct sv value, struct err *e) {
    static const char own[] =
        "authorization|host|content-length|transfer-encoding|connection|content-type|user-agent|cookie|te|upgrade";
    if (!only(name, "!#$%&'*+-.^_`|~"))
        return err_set(e, ERR_CONFIG_BAD, "http.header." SV_FMT " is not a header name", SV_ARG(name));
    if (in_list(name, own))
        return err_set(e, ERR_CONFIG_BAD, "http.header." SV_FMT " cannot be set; this header belongs to the driver",
                       SV_ARG(name));
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7F)
            return err_set(e, ERR_CONFIG_BAD, "the value of http.header." SV_FMT " contains a control character",
                           SV_ARG(name));
    return add_pair(&o->headers, &o->n_headers, from, name, value, e);
}

/* Names only, and no long ones: what ini readers cut off a long token looks like a key. */
static enum rc note_unknown(struct options *o, struct sv name, struct err *e) {
    if (!only(name, "_.- ") || name.len > MAX_UNKNOWN_NAME || o->n_unknown >= MAX_PAIRS) return RC_OK;
    char **grown = mem_realloc(o->unknown, (size_t)(o->n_unknown + 1) * sizeof *grown);
    if (!grown) return err_nomem(e);
    o->unknown = grown;
    if (!(grown[o->n_unknown] = mem_strndup(name.ptr, name.len))) return err_nomem(e);
    o->n_unknown++;
    return RC_OK;
}

static enum rc set_prefixed(struct options *o, enum opt_source from, struct sv key, struct sv value, bool *taken,
                            struct err *e) {
    struct sv ssp = SV_LIT("SSP_"), header = SV_LIT("http.header.");
    *taken = true;
    if (sv_istarts(key, ssp)) return set_conf(o, from, sv_make(key.ptr + ssp.len, key.len - ssp.len), value, e);
    if (sv_istarts(key, header))
        return set_header(o, from, sv_make(key.ptr + header.len, key.len - header.len), value, e);
    *taken = false;
    return RC_OK;
}

enum rc options_set(struct options *o, enum opt_source from, struct sv key, struct sv value, struct err *e) {
    bool taken;
    key = sv_trim(key);
    enum opt_id id = find_key(key);
    if (id < OPT_COUNT) return options_set_id(o, from, id, value, e);
    if (set_prefixed(o, from, key, value, &taken, e)) return RC_ERR;
    return taken || is_ignored(key) ? RC_OK : note_unknown(o, key, e);
}

enum rc options_defaults(struct options *o, struct err *e) {
    memset(o, 0, sizeof *o);
    for (int i = 0; i < OPT_COUNT; i++) {
        const struct opt_key *k = &OPT_KEYS[i];
        if (k->kind == OPT_KIND_INT) *int_slot(o, (enum opt_id)i) = k->num;
        else if (k->kind == OPT_KIND_BOOL) *bool_slot(o, (enum opt_id)i) = k->num != 0;
        else if (conf_put(str_slot(o, (enum opt_id)i), sv_of(k->str), e)) return RC_ERR;
    }
    return RC_OK;
}

/* ---- and back ---------------------------------------------------------------------------------------------------- */

static enum rc add_key(const struct options *o, enum opt_id id, struct buf *out, struct err *e) {
    const struct opt_key *k = &OPT_KEYS[id];
    struct options *any = (struct options *)o;
    if (k->kind == OPT_KIND_STR) return connstr_add(out, k->name, *str_slot(any, id), e);
    return buf_addf(out, e, "%s=%d;", k->name, k->kind == OPT_KIND_INT ? *int_slot(any, id) : *bool_slot(any, id));
}

static enum rc add_pairs(const struct conf_pair *list, int n, const char *prefix, struct buf *out, struct err *e) {
    for (int i = 0; i < n; i++)
        if (list[i].source == FROM_STRING &&
            (buf_adds(out, prefix, e) || connstr_add(out, list[i].key, list[i].value, e)))
            return RC_ERR;
    return RC_OK;
}

enum rc options_to_string(const struct options *o, struct buf *out, struct err *e) {
    if (o->dsn && connstr_add(out, "DSN", o->dsn, e)) return RC_ERR;
    if (!o->dsn && o->driver && connstr_add(out, "DRIVER", o->driver, e)) return RC_ERR;
    for (int i = 0; i < OPT_COUNT; i++)
        if (o->source[i] == FROM_STRING && add_key(o, (enum opt_id)i, out, e)) return RC_ERR;
    return add_pairs(o->confs, o->n_confs, "SSP_", out, e) ||
                   add_pairs(o->headers, o->n_headers, "http.header.", out, e)
               ? RC_ERR
               : RC_OK;
}

void options_fini(struct options *o) {
    for (int i = 0; i < OPT_COUNT; i++)
        if (OPT_KEYS[i].kind == OPT_KIND_STR) mem_free_secret(*str_slot(o, (enum opt_id)i));
    for (int i = 0; i < o->n_confs; i++) pair_free(&o->confs[i]);
    for (int i = 0; i < o->n_headers; i++) pair_free(&o->headers[i]);
    for (int i = 0; i < o->n_unknown; i++) mem_free(o->unknown[i]);
    mem_free(o->confs);
    mem_free(o->headers);
    mem_free(o->unknown);
    mem_free(o->dsn);
    mem_free(o->driver);
    mem_free(o->org_id);
    mem_free_secret(o->token);
    memset(o, 0, sizeof *o);
}
