/* sources: which places options come from, and in which order. The first one that gives a key has the last word. */
#include <string.h>

#include "connstr.h"
#include "options_priv.h"

/* Of DSN, FILEDSN and DRIVER the first one present decides (ODBC, SQLDriverConnect). */
static enum rc set_from_pair(struct options *o, struct sv key, struct sv value, struct err *e) {
    bool is_dsn = sv_ieq(key, SV_LIT("DSN")), is_driver = sv_ieq(key, SV_LIT("DRIVER"));
    if (!is_dsn && !is_driver) return options_set(o, FROM_STRING, key, value, e);
    if (o->dsn || o->driver || !value.len) return RC_OK;
    return conf_put(is_dsn ? &o->dsn : &o->driver, value, e);
}

static enum rc take_string(struct options *o, struct sv text, struct err *e) {
    struct buf value;
    bool more;
    struct sv key;
    enum rc rc;
    if (text.len && memchr(text.ptr, '\0', text.len))
        return err_set(e, ERR_CONFIG_BAD, "a NUL inside the connection string");
    buf_init(&value, CONNSTR_MAX_VALUE);
    while ((rc = connstr_next(&text, &key, &value, &more, e)) == RC_OK && more)
        if ((rc = set_from_pair(o, key, buf_sv(&value), e)) != RC_OK) break;
    buf_wipe(&value);
    return rc;
}

static enum rc gather(struct options *o, struct err *e) {
    if (o->dsn && odbcini_load(o, o->dsn, e)) return RC_ERR;
    return environment_load(o, e) || profile_load(o, e) ? RC_ERR : RC_OK;
}

static enum rc complete(struct options *o, struct err *e) {
    return gather(o, e) || options_check(o, e) ? RC_ERR : RC_OK;
}

enum rc options_parse(struct options *o, struct sv conn_string, struct err *e) {
    if (options_defaults(o, e) == RC_OK && take_string(o, conn_string, e) == RC_OK) return RC_OK;
    options_fini(o);
    return RC_ERR;
}

enum rc options_from_string(struct options *o, struct sv conn_string, struct err *e) {
    if (options_parse(o, conn_string, e)) return RC_ERR;
    if (complete(o, e) == RC_OK) return RC_OK;
    options_fini(o);
    return RC_ERR;
}

enum rc options_gather(struct options *o, struct sv conn_string, struct err *e) {
    if (options_parse(o, conn_string, e)) return RC_ERR;
    if (gather(o, e) == RC_OK) return RC_OK;
    options_fini(o);
    return RC_ERR;
}

enum rc options_from_dsn(struct options *o, struct sv dsn, struct sv uid, struct sv pwd, struct err *e) {
    if (options_defaults(o, e) == RC_OK && (!dsn.len || conf_put(&o->dsn, dsn, e) == RC_OK) &&
        (!uid.len || options_set_id(o, FROM_STRING, OPT_uid, uid, e) == RC_OK) &&
        (!pwd.len || options_set_id(o, FROM_STRING, OPT_pwd, pwd, e) == RC_OK) && complete(o, e) == RC_OK)
        return RC_OK;
    options_fini(o);
    return RC_ERR;
}
