#include "infoschema.h"

#include "driver/handle/dbc.h"
#include "driver/handle/stmt.h"

bool infoschema_is_missing(const struct match *catalog) {
    static const char *const LEGACY[] = { "hive_metastore", "spark_catalog", "spark" };
    if (catalog->kind != MATCH_EXACT) return false;
    for (size_t i = 0; i < sizeof LEGACY / sizeof *LEGACY; i++)
        if (sv_ieq(catalog->text, sv_of(LEGACY[i]))) return true;
    return false;
}

enum rc infoschema_home(const struct stmt *s, const struct match *catalog, struct buf *out, struct err *e) {
    bool all = catalog->kind != MATCH_EXACT && s->dbc->options.multi_catalog;
    return all ? buf_adds(out, "system.information_schema", e) : infoschema_home_current(catalog, out, e);
}

enum rc infoschema_home_current(const struct match *catalog, struct buf *out, struct err *e) {
    if (catalog->kind == MATCH_EXACT && (quote_name(catalog->text, out, e) || buf_addc(out, '.', e))) return RC_ERR;
    return buf_adds(out, "information_schema", e);
}

/* One character of a pattern that means itself, within LIKE '…' ESCAPE '!'. */
static enum rc add_plain(struct buf *sql, char c, struct err *e) {
    if ((c == '%' || c == '_' || c == '!') && buf_addc(sql, '!', e)) return RC_ERR;
    if ((c == '\'' || c == '\\') && buf_addc(sql, '\\', e)) return RC_ERR;
    return buf_addc(sql, c, e);
}

enum rc infoschema_and(struct buf *sql, const char *column, const struct match *m, struct err *e) {
    bool wild = m->kind == MATCH_PATTERN;
    if (m->kind == MATCH_ALL || m->kind == MATCH_NONE) return RC_OK;
    enum rc rc = buf_addf(sql, e, " AND %s ILIKE '", column);
    for (size_t i = 0; i < m->text.len && rc == RC_OK; i++) {
        char c = m->text.ptr[i];
        if (wild && (c == '%' || c == '_')) rc = buf_addc(sql, c, e);
        else if (wild && c == '\\' && i + 1 < m->text.len) rc = add_plain(sql, m->text.ptr[++i], e);
        else rc = add_plain(sql, c, e);
    }
    return rc == RC_OK ? buf_adds(sql, "' ESCAPE '!'", e) : rc;
}

enum rc infoschema_and_current(struct buf *sql, const char *column, const struct match *m, const char *current,
                               struct err *e) {
    if (m->kind == MATCH_EXACT) return infoschema_and(sql, column, m, e);
    return buf_addf(sql, e, " AND %s = %s", column, current);
}
