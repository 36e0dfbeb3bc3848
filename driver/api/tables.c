/* tables: SQLTables and its special forms. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

enum { T_CAT, T_SCHEM, T_NAME, T_TYPE, T_REMARKS };

static const struct mem_col TABLES[] = {
    { "TABLE_CAT", MEM_TEXT, 255, false }, { "TABLE_SCHEM", MEM_TEXT, 255, false },
    { "TABLE_NAME", MEM_TEXT, 255, false },
    { "TABLE_TYPE", MEM_TEXT, 128, false }, { "REMARKS", MEM_TEXT, 4096, false },
};
static const int ORDER[] = { T_TYPE, T_CAT, T_SCHEM, T_NAME, -1 };

enum { MAX_SHOW = 1 << 16 };

/* ---- table types ---------------------------------------------------------------------------------------------------- */

/* What the server calls its tables, in the words that ODBC programs filter by. */
static struct sv odbc_type(struct sv theirs) {
    static const char *const VIEWS[] = { "VIEW", "MATERIALIZED_VIEW", "MATERIALIZED VIEW", "METRIC_VIEW" };
    for (size_t i = 0; i < sizeof VIEWS / sizeof *VIEWS; i++)
        if (sv_ieq(theirs, sv_of(VIEWS[i]))) return SV_LIT("VIEW");
    if (sv_ieq(theirs, SV_LIT("SYSTEM TABLE")) || sv_ieq(theirs, SV_LIT("SYSTEM_TABLE"))) return SV_LIT("SYSTEM TABLE");
    return SV_LIT("TABLE");
}

static struct sv unquoted(struct sv one) {
    one = sv_trim(one);
    if (one.len >= 2 && one.ptr[0] == '\'' && one.ptr[one.len - 1] == '\'') one = sv_trim(sv_make(one.ptr + 1,
                                                                                                  one.len - 2));
    return one;
}

/* The list is comma-separated, each with or without quotes; NULL, "" and "%" stand for every type. */
static bool is_wanted_type(struct sv list, struct sv type) {
    struct sv one = SV_NULL;
    if (sv_trim(list).len == 0 || sv_eq(list, SV_LIT("%"))) return true;
    for (bool more = true; more;) {
        more = sv_cut(list, ',', &one, &list);
        if (!more) one = list;
        if (sv_ieq(unquoted(one), type)) return true;
    }
    return false;
}

/* ---- rows -------------------------------------------------------------------------------------------------------------- */

struct listing {                    /* one SHOW and where its answer has what */
    struct catalog_args *args;
    struct sv types, fixed_catalog;
    int cat, schem, name, type, remarks;
};

static enum rc add_row(struct memtable *t, struct sv cat, struct sv schem, struct sv name, struct sv type,
                       struct sv remarks,
                       struct err *e) {
    if (memtable_row(t, e) || memtable_text(t, T_CAT, cat, e) || memtable_text(t, T_SCHEM, schem, e) ||
        memtable_text(t, T_NAME, name, e) || memtable_text(t, T_TYPE, type, e))
        return RC_ERR;
    return memtable_text(t, T_REMARKS, remarks, e);
}

static enum rc add_listed(struct ask *a, const struct listing *l, struct memtable *t, struct err *e) {
    struct sv cat = ask_text(a, l->cat), schem = ask_text(a, l->schem), name = ask_text(a, l->name);
    struct sv type = odbc_type(ask_text(a, l->type)), remarks = ask_text(a, l->remarks);
    if (sv_is_null(cat)) cat = l->fixed_catalog;
    bool wanted = match_name(&l->args->catalog, cat) && match_name(&l->args->schema, schem) &&
                  match_name(&l->args->table, name) && is_wanted_type(l->types, type);
    if (!wanted) return RC_OK;
    return add_row(t, cat, schem, name, type, sv_is_null(remarks) ? SV_LIT("") : remarks, e);
}

static enum rc read_listing(struct ask *a, struct listing *l, struct memtable *t, struct err *e) {
    bool more = true;
    l->cat = ask_column(a, "catalogName|catalog|table_catalog");
    l->schem = ask_column(a, "namespace|database|schemaName|databaseName");
    l->name = ask_column(a, "tableName|table_name");
    l->type = ask_column(a, "tableType|table_type");
    l->remarks = ask_column(a, "remarks|comment");
    if (l->name < 0) return err_set(e, ERR_PROTOCOL, "SHOW TABLES answered without a column tableName");
    while (more) {
        if (ask_next(a, &more, e)) return RC_ERR;
        if (more && add_listed(a, l, t, e)) return RC_ERR;
    }
    return RC_OK;
}

static enum rc show_tables(struct stmt *s, struct catalog_args *args, const struct match *scope, struct sv types,
                           struct memtable *t, struct err *e) {
    struct buf sql;
    struct ask a = { .stmt = NULL };
    struct listing l = { .args = args, .types = types };
    if (scope->kind == MATCH_EXACT) l.fixed_catalog = scope->text;
    buf_init(&sql, MAX_SHOW);
    enum rc rc = buf_adds(&sql, "SHOW TABLES IN", e);
    if (rc == RC_OK) rc = catalog_add_scope(s, scope, &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("SCHEMA LIKE", &args->schema, &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("LIKE", &args->table, &sql, e);
    if (rc == RC_OK) rc = ask_open(&a, s, buf_sv(&sql), e);
    if (rc == RC_OK) rc = read_listing(&a, &l, t, e);
    ask_close(&a);
    buf_fini(&sql);
    return rc;
}

/* SHOW TABLES IN ALL CATALOGS is a syntax error for older servers: then catalog by catalog. */
static enum rc list_tables(struct stmt *s, struct catalog_args *args, struct sv types, struct memtable *t, struct err *e) {
    struct sv *names = NULL;
    size_t n = 0;
    bool all = args->catalog.kind != MATCH_EXACT && s->dbc->options.multi_catalog;
    if (show_tables(s, args, &args->catalog, types, t, e) == RC_OK) return RC_OK;
    if (!all || !diag_says_syntax(e) || catalog_names(s, &args->arena, &names, &n, e)) return RC_ERR;
    for (size_t i = 0; i < n; i++) {
        struct match one = { MATCH_EXACT, names[i] };
        if (!match_name(&args->catalog, names[i]) || show_tables(s, args, &one, types, t, e) == RC_OK) continue;
        if (!catalog_may_be_skipped(e)) return RC_ERR;
        log_line(s->dbc->log, LOG_INFO, "catalog", "tables of a catalog left out: %s", e->text);
    }
    return RC_OK;
}

/* ---- special forms ------------------------------------------------------------------------------------------------------ */

/* One name per row of a SHOW, into column to; other columns stay NULL but the catalog, if given. */
static enum rc list_names(struct stmt *s, struct sv sql, const char *names, int to, struct sv catalog,
                          struct memtable *t,
                          struct err *e) {
    struct ask a = { .stmt = NULL };
    enum rc rc = ask_open(&a, s, sql, e);
    int col = rc == RC_OK ? ask_column(&a, names) : -1;
    if (rc == RC_OK && col < 0) rc = err_set(e, ERR_PROTOCOL, "the answer to " SV_FMT " has no column of names",
                                             SV_ARG(sql));
    for (bool more = true; rc == RC_OK && more;) {
        rc = ask_next(&a, &more, e);
        if (rc != RC_OK || !more) break;
        rc = memtable_row(t, e);
        if (rc == RC_OK) rc = memtable_text(t, T_CAT, catalog, e);
        if (rc == RC_OK) rc = memtable_text(t, to, ask_text(&a, col), e);
    }
    ask_close(&a);
    return rc;
}

static enum rc list_catalogs(struct stmt *s, struct memtable *t, struct err *e) {
    return list_names(s, SV_LIT("SHOW CATALOGS"), "catalog|catalogName|catalog_name", T_CAT, SV_NULL, t, e);
}

/* Schemas of the current catalog (catalog NULL), or of the one named. */
static enum rc list_schemas(struct stmt *s, struct sv catalog, struct memtable *t, struct err *e) {
    struct buf sql;
    buf_init(&sql, MAX_SHOW);
    enum rc rc = buf_adds(&sql, "SHOW SCHEMAS", e);
    if (rc == RC_OK && catalog.len > 0) rc = buf_adds(&sql, " IN ", e);
    if (rc == RC_OK && catalog.len > 0) rc = quote_name(catalog, &sql, e);
    if (rc == RC_OK)
        rc = list_names(s, buf_sv(&sql), "databaseName|namespace|schemaName|schema_name", T_SCHEM, catalog, t, e);
    buf_fini(&sql);
    return rc;
}

static enum rc list_types(struct memtable *t, struct err *e) {
    static const char *const TYPES[] = { "SYSTEM TABLE", "TABLE", "VIEW" };
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (add_row(t, SV_NULL, SV_NULL, SV_NULL, sv_of(TYPES[i]), SV_NULL, e)) return RC_ERR;
    return RC_OK;
}

static bool is_empty(struct sv v) { return !sv_is_null(v) && v.len == 0; }

static bool is_percent(struct sv v) { return sv_eq(v, SV_LIT("%")); }

enum form { FORM_TABLES, FORM_CATALOGS, FORM_SCHEMAS, FORM_TYPES };

/* "If CatalogName is SQL_ALL_CATALOGS and SchemaName and TableName are empty strings …" (SQLTables, Comments). */
static enum form form_of(const struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv types) {
    if (s->attrs.metadata_id == SQL_TRUE) return FORM_TABLES;
    if (is_percent(catalog) && is_empty(schema) && is_empty(table)) return FORM_CATALOGS;
    if (is_percent(schema) && is_empty(table) && !sv_is_null(catalog) && !is_percent(catalog)) return FORM_SCHEMAS;
    if (is_percent(types) && is_empty(catalog) && is_empty(schema) && is_empty(table)) return FORM_TYPES;
    return FORM_TABLES;
}

static bool none_can_match(const struct catalog_args *args) {
    return args->catalog.kind == MATCH_NONE || args->schema.kind == MATCH_NONE || args->table.kind == MATCH_NONE;
}

static enum rc fill(struct stmt *s, enum form form, struct catalog_args *args, struct sv types, struct memtable *t,
                    struct err *e) {
    switch (form) {
    case FORM_CATALOGS: return list_catalogs(s, t, e);
    case FORM_SCHEMAS: return list_schemas(s, args->catalog.kind == MATCH_EXACT ? args->catalog.text : SV_NULL, t, e);
    case FORM_TYPES: return list_types(t, e);
    default: return none_can_match(args) ? RC_OK : list_tables(s, args, types, t, e);
    }
}

SQLRETURN api_tables(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv types) {
    struct err e = ERR_INIT;
    struct catalog_args args;
    struct memtable t;
    SQLRETURN ret = catalog_begin(s);
    if (SQL_SUCCEEDED(ret)) ret = catalog_read_args(s, &args, "ppp", catalog, schema, table, SV_NULL);
    if (!SQL_SUCCEEDED(ret)) return ret;
    memtable_init(&t, CATALOG_COLS(TABLES));
    enum rc rc = fill(s, form_of(s, catalog, schema, table, types), &args, types, &t, &e);
    ret = catalog_finish(s, rc, &e, &t, ORDER);
    catalog_args_fini(&args);
    return ret;
}
