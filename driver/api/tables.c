/* tables: SQLTables and its special forms. */
#include "api.h"
#include "catalog.h"
#include "connect.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"
#include "infoschema.h"

enum { T_CAT, T_SCHEM, T_NAME, T_TYPE, T_REMARKS };

static const struct mem_col TABLES[] = {
    COL_NAME("TABLE_CAT"), COL_NAME("TABLE_SCHEM"), COL_NAME("TABLE_NAME"), { "TABLE_TYPE", MEM_TEXT, 128, false },
    COL_TEXT("REMARKS"),
};
static const int ORDER[] = { T_TYPE, T_CAT, T_SCHEM, T_NAME, -1 };

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

static const struct catalog_copy TEXTS[] = {
    { T_CAT, "catalogName|catalog|table_catalog" }, { T_SCHEM, "namespace|database|schemaName|databaseName|table_schema" },
    { T_NAME, "tableName|table_name" },
};

static enum rc add_row(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct sv cat = ask_text(a, ask_column(a, TEXTS[T_CAT].from)), schem = ask_text(a, ask_column(a, TEXTS[T_SCHEM].from));
    struct sv name = ask_text(a, ask_column(a, TEXTS[T_NAME].from));
    struct sv type = odbc_type(ask_text(a, ask_column(a, "tableType|table_type")));
    struct sv remarks = ask_text(a, ask_column(a, "remarks|comment"));
    bool wanted = (sv_is_null(cat) || match_name(&q->name[Q_CATALOG], cat)) && match_name(&q->name[Q_SCHEMA], schem) &&
                  match_name(&q->name[Q_TABLE], name) && is_wanted_type(q->types, type);
    if (sv_is_null(name)) return err_set(e, ERR_PROTOCOL, "the list of tables came without a column of names");
    if (!wanted) return RC_OK;
    if (memtable_row(t, e) || catalog_copy_texts(a, TEXTS, sizeof TEXTS / sizeof *TEXTS, t, e) ||
        memtable_text(t, T_TYPE, type, e))
        return RC_ERR;
    return memtable_text(t, T_REMARKS, sv_is_null(remarks) ? SV_LIT("") : remarks, e);
}

/* Some servers leave the catalog's name out of their answer. */
static enum rc name_catalog(struct memtable *t, size_t from, const struct match *scope, struct err *e) {
    char *own = scope->kind == MATCH_EXACT ? arena_dup(&t->arena, scope->text) : NULL;
    if (scope->kind != MATCH_EXACT) return RC_OK;
    if (!own) return err_nomem(e);
    for (size_t i = from; i < t->n_rows; i++)
        if (!t->rows[i].cells[T_CAT].is_set)
            t->rows[i].cells[T_CAT] = (struct mem_cell){ .is_set = true, .text = sv_make(own, scope->text.len) };
    return RC_OK;
}

static enum rc show_tables(struct stmt *s, struct catalog_query *q, const struct match *scope, struct memtable *t,
                           struct err *e) {
    struct buf sql;
    size_t before = t->n_rows;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SHOW TABLES IN", e);
    if (rc == RC_OK) rc = catalog_add_scope(s, scope, &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("SCHEMA LIKE", &q->name[Q_SCHEMA], &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("LIKE", &q->name[Q_TABLE], &sql, e);
    if (rc == RC_OK) rc = catalog_ask(s, buf_sv(&sql), add_row, q, t, e);
    if (rc == RC_OK) rc = name_catalog(t, before, scope, e);
    buf_fini(&sql);
    return rc;
}

/* SHOW TABLES IN ALL CATALOGS is a syntax error for older servers: then catalog by catalog. */
static enum rc list_tables(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct sv *names = NULL;
    size_t n = 0;
    bool all = q->name[Q_CATALOG].kind != MATCH_EXACT && s->dbc->options.multi_catalog;
    if (show_tables(s, q, &q->name[Q_CATALOG], t, e) == RC_OK) return RC_OK;
    if (!all || !diag_says_syntax(e) || catalog_names(s, &q->arena, &names, &n, e)) return RC_ERR;
    for (size_t i = 0; i < n; i++) {
        struct match one = { MATCH_EXACT, names[i] };
        if (!match_name(&q->name[Q_CATALOG], names[i]) || show_tables(s, q, &one, t, e) == RC_OK) continue;
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
    const char *current = NULL;
    if (!s->dbc->options.multi_catalog) {
        if (connect_catalog(s->dbc, &current, e) || memtable_row(t, e)) return RC_ERR;
        return memtable_text(t, T_CAT, sv_of(current), e);
    }
    return list_names(s, SV_LIT("SHOW CATALOGS"), "catalog|catalogName|catalog_name", T_CAT, SV_NULL, t, e);
}

static const char SCHEMA_NAMES[] = "databaseName|namespace|schemaName|schema_name";

/* Schemas of the current catalog (catalog NULL), or of the one named. */
static enum rc show_schemas(struct stmt *s, struct sv catalog, struct memtable *t, struct err *e) {
    struct buf sql;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SHOW SCHEMAS", e);
    if (rc == RC_OK && catalog.len > 0) rc = buf_adds(&sql, " IN ", e);
    if (rc == RC_OK && catalog.len > 0) rc = quote_name(catalog, &sql, e);
    if (rc == RC_OK)
        rc = list_names(s, buf_sv(&sql), SCHEMA_NAMES, T_SCHEM, catalog, t, e);
    buf_fini(&sql);
    return rc;
}

/* For servers without an information_schema over all catalogs, or users who may not read it. */
static enum rc show_schemas_of_all(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct sv *names = NULL;
    size_t n = 0;
    t->n_rows = 0;
    if (catalog_names(s, &q->arena, &names, &n, e)) return RC_ERR;
    for (size_t i = 0; i < n; i++) {
        if (show_schemas(s, names[i], t, e) == RC_OK) continue;
        if (!catalog_may_be_skipped(e)) return RC_ERR;
        log_line(s->dbc->log, LOG_INFO, "catalog", "schemas of a catalog left out: %s", e->text);
    }
    return RC_OK;
}

/* "… a list of valid schemas for the data source", which is that of all its catalogs; one of several catalogs is listed
 * once, since only the name is told. The old metastore is not among them in information_schema. */
static enum rc list_all_schemas(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const char ALL[] = "SELECT DISTINCT schema_name FROM system.information_schema.schemata";
    struct match own = match_ordinary(sv_of(s->dbc->options.catalog));
    if (!s->dbc->options.multi_catalog) return show_schemas(s, SV_NULL, t, e);
    enum rc rc = list_names(s, sv_of(ALL), SCHEMA_NAMES, T_SCHEM, SV_NULL, t, e);
    if (rc != RC_OK && catalog_may_be_skipped(e)) rc = show_schemas_of_all(s, q, t, e);
    else if (rc == RC_OK && infoschema_is_missing(&own)) rc = show_schemas(s, own.text, t, e);
    for (size_t i = 0; i < t->n_rows; i++) t->rows[i].cells[T_CAT].is_set = false;
    memtable_sort(t, ORDER);
    memtable_unique(t);
    return rc;
}

static enum rc list_types(struct memtable *t, struct err *e) {
    static const char *const TYPES[] = { "SYSTEM TABLE", "TABLE", "VIEW" };
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (memtable_row(t, e) || memtable_text(t, T_TYPE, sv_of(TYPES[i]), e)) return RC_ERR;
    return RC_OK;
}

static bool is_empty(struct sv v) { return !sv_is_null(v) && v.len == 0; }

static bool is_percent(struct sv v) { return sv_eq(v, SV_LIT("%")); }

enum form { FORM_TABLES, FORM_CATALOGS, FORM_SCHEMAS, FORM_TYPES };

/* "If CatalogName is SQL_ALL_CATALOGS and SchemaName and TableName are empty strings …" (SQLTables, Comments). The schemas
 * of a catalog that is named are our addition: tools ask that way, and it would have no answer otherwise. */
static enum form form_of(const struct stmt *s, const struct catalog_query *q) {
    struct sv catalog = q->given[Q_CATALOG], schema = q->given[Q_SCHEMA], table = q->given[Q_TABLE], types = q->types;
    bool one_catalog = is_empty(catalog) || q->name[Q_CATALOG].kind == MATCH_EXACT;
    if (s->attrs.metadata_id == SQL_TRUE) return FORM_TABLES;
    if (is_percent(catalog) && is_empty(schema) && is_empty(table)) return FORM_CATALOGS;
    if (is_percent(schema) && is_empty(table) && one_catalog) return FORM_SCHEMAS;
    if (is_percent(types) && is_empty(catalog) && is_empty(schema) && is_empty(table)) return FORM_TYPES;
    return FORM_TABLES;
}

static enum rc fill(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    const struct match *catalog = &q->name[Q_CATALOG];
    switch (form_of(s, q)) {
    case FORM_CATALOGS: return list_catalogs(s, t, e);
    case FORM_SCHEMAS:
        return catalog->kind == MATCH_EXACT ? show_schemas(s, catalog->text, t, e) : list_all_schemas(s, q, t, e);
    case FORM_TYPES: return list_types(t, e);
    default: return catalog_matches_nothing(q, 3) ? RC_OK : list_tables(s, q, t, e);
    }
}

static const struct catalog_fn FN = { "tables", "ppp", CATALOG_COLS(TABLES), ORDER, fill, NULL, 0 };
/* "ODBC 2.x drivers do not accept search patterns in CatalogName", and neither do we for applications of that age. */
static const struct catalog_fn FN_ODBC2 = { "tables", "opp", CATALOG_COLS(TABLES), ORDER, fill, NULL, 0 };

SQLRETURN api_tables(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv types) {
    struct catalog_query q = { .given = { catalog, schema, table }, .types = types };
    bool old = s->dbc->env->odbc_version == SQL_OV_ODBC2 && !is_percent(catalog);
    return catalog_run(s, old ? &FN_ODBC2 : &FN, &q);
}
