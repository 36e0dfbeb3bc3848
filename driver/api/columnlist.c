/* columnlist: SQLColumns: one query on information_schema, which knows defaults; SHOW COLUMNS where there is none. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "infoschema.h"
#include "typecells.h"

enum {
    C_CAT, C_SCHEM, C_TABLE, C_NAME, C_DATA_TYPE, C_TYPE_NAME, C_SIZE, C_BUFFER, C_DIGITS, C_RADIX, C_NULLABLE,
    C_REMARKS, C_DEF, C_SQL_TYPE, C_SUB, C_OCTETS, C_ORDINAL, C_IS_NULLABLE
};

static const struct mem_col COLUMNS[] = {
    COL_NAME("TABLE_CAT"), COL_NAME("TABLE_SCHEM"), COL_NAME_NN("TABLE_NAME"), COL_NAME_NN("COLUMN_NAME"),
    COL_SHORT_NN("DATA_TYPE"), COL_NAME_NN("TYPE_NAME"), COL_INT("COLUMN_SIZE"), COL_INT("BUFFER_LENGTH"),
    COL_SHORT("DECIMAL_DIGITS"), COL_SHORT("NUM_PREC_RADIX"), COL_SHORT_NN("NULLABLE"), COL_TEXT("REMARKS"),
    COL_TEXT("COLUMN_DEF"), COL_SHORT_NN("SQL_DATA_TYPE"), COL_SHORT("SQL_DATETIME_SUB"), COL_INT("CHAR_OCTET_LENGTH"),
    COL_INT_NN("ORDINAL_POSITION"), COL_YES_NO("IS_NULLABLE"),
};
static const struct typecells TYPE = { C_DATA_TYPE, C_TYPE_NAME, C_SIZE, C_BUFFER, C_DIGITS, C_RADIX, C_SQL_TYPE, C_SUB,
                                       C_OCTETS };
static const int ORDER[] = { C_CAT, C_SCHEM, C_TABLE, C_ORDINAL, -1 };

/* ---- one row ------------------------------------------------------------------------------------------------------------ */

/* The same columns from either source, by the names they have there. */
static const struct catalog_copy TEXTS[] = {
    { C_CAT, "table_catalog|catalogName|catalog" }, { C_SCHEM, "table_schema|namespace|databaseName|schemaName" },
    { C_TABLE, "table_name|tableName" }, { C_NAME, "column_name|col_name|columnName" },
    { C_REMARKS, "comment|remarks" }, { C_DEF, "column_default|columnDefault" },
};
static const char TYPE_COLUMN[] = "full_data_type|columnType|data_type|type";

static bool is_nullable(struct ask *a) {
    int col = ask_column(a, "is_nullable|isNullable");
    struct sv text = ask_text(a, col);
    if (sv_ieq(text, SV_LIT("false")) || sv_ieq(text, SV_LIT("no"))) return false;
    return ask_number(a, col, 1) != 0;
}

static enum rc add_row(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct sv cat = ask_text(a, ask_column(a, TEXTS[C_CAT].from)), schem = ask_text(a, ask_column(a, TEXTS[C_SCHEM].from));
    struct sv table = ask_text(a, ask_column(a, TEXTS[C_TABLE].from));
    bool wanted = (sv_is_null(cat) || match_name(&q->name[Q_CATALOG], cat)) && match_name(&q->name[Q_SCHEMA], schem) &&
                  match_name(&q->name[Q_TABLE], table);
    if (!wanted) return RC_OK;
    bool nullable = is_nullable(a);
    if (memtable_row(t, e) || catalog_copy_texts(a, TEXTS, sizeof TEXTS / sizeof *TEXTS, t, e) ||
        typecells_set(a->stmt, t, &TYPE, ask_text(a, ask_column(a, TYPE_COLUMN)), e))
        return RC_ERR;
    memtable_int(t, C_NULLABLE, nullable ? SQL_NULLABLE : SQL_NO_NULLS);
    memtable_int(t, C_ORDINAL, ask_number(a, ask_column(a, "ordinal_position|ordinalPosition"), (int64_t)t->n_rows));
    return memtable_text(t, C_IS_NULLABLE, nullable ? SV_LIT("YES") : SV_LIT("NO"), e);
}

/* ---- information_schema ----------------------------------------------------------------------------------------------- */

static enum rc add_conditions(const struct catalog_query *q, struct buf *sql, struct err *e) {
    if (infoschema_and(sql, "table_catalog", &q->name[Q_CATALOG], e)) return RC_ERR;
    if (infoschema_and(sql, "table_schema", &q->name[Q_SCHEMA], e)) return RC_ERR;
    return infoschema_and(sql, "table_name", &q->name[Q_TABLE], e);
}

/* The column pattern stays here: columns are counted over all of a table. */
static enum rc select_columns(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf sql;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SELECT table_catalog, table_schema, table_name, column_name, ordinal_position, "
                          "column_default, is_nullable, full_data_type, comment FROM ", e);
    if (rc == RC_OK) rc = infoschema_home(s, &q->name[Q_CATALOG], &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, ".columns WHERE 1 = 1", e);
    if (rc == RC_OK) rc = add_conditions(q, &sql, e);
    if (rc == RC_OK) rc = catalog_ask(s, buf_sv(&sql), add_row, q, t, e);
    buf_fini(&sql);
    return rc;
}

/* ---- SHOW COLUMNS ------------------------------------------------------------------------------------------------------- */

/* Some servers leave the catalog's name out of their answer. */
static enum rc name_catalog(struct memtable *t, size_t from, const struct match *scope, struct err *e) {
    char *own = scope->kind == MATCH_EXACT ? arena_dup(&t->arena, scope->text) : NULL;
    if (scope->kind != MATCH_EXACT) return RC_OK;
    if (!own) return err_nomem(e);
    for (size_t i = from; i < t->n_rows; i++)
        if (!t->rows[i].cells[C_CAT].is_set)
            t->rows[i].cells[C_CAT] = (struct mem_cell){ .is_set = true, .text = sv_make(own, scope->text.len) };
    return RC_OK;
}

static enum rc show_columns(struct stmt *s, struct catalog_query *q, const struct match *scope, struct memtable *t,
                            struct err *e) {
    struct buf sql;
    size_t before = t->n_rows;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SHOW COLUMNS IN", e);
    if (rc == RC_OK) rc = catalog_add_scope(s, scope, &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("SCHEMA LIKE", &q->name[Q_SCHEMA], &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("TABLE LIKE", &q->name[Q_TABLE], &sql, e);
    if (rc == RC_OK) rc = catalog_ask(s, buf_sv(&sql), add_row, q, t, e);
    if (rc == RC_OK) rc = name_catalog(t, before, scope, e);
    buf_fini(&sql);
    return rc;
}

/* Where the server cannot be asked for all catalogs at once. */
static enum rc one_by_one(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct sv *names = NULL;
    size_t n = 0;
    if (catalog_names(s, &q->arena, &names, &n, e)) return RC_ERR;
    for (size_t i = 0; i < n; i++) {
        struct match one = { MATCH_EXACT, names[i] };
        if (!match_name(&q->name[Q_CATALOG], names[i]) || show_columns(s, q, &one, t, e) == RC_OK) continue;
        if (!catalog_may_be_skipped(e)) return RC_ERR;
        log_line(s->dbc->log, LOG_INFO, "catalog", "columns of a catalog left out: %s", e->text);
    }
    return RC_OK;
}

/* ---- which of them ------------------------------------------------------------------------------------------------------ */

/* A server or a catalog without information_schema, or a user who may not read it. */
static enum rc without_infoschema(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    const struct match *catalog = &q->name[Q_CATALOG];
    bool all = catalog->kind != MATCH_EXACT && s->dbc->options.multi_catalog;
    t->n_rows = 0;
    return all ? one_by_one(s, q, t, e) : show_columns(s, q, catalog, t, e);
}

/* The information_schema over all catalogs does not cover the old metastore; a connection that works there needs it. */
static enum rc add_legacy(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct match own = match_ordinary(sv_of(s->dbc->options.catalog));
    if (q->name[Q_CATALOG].kind == MATCH_EXACT || !infoschema_is_missing(&own)) return RC_OK;
    return show_columns(s, q, &own, t, e);
}

static enum rc fill(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    if (catalog_matches_nothing(q, 4)) return RC_OK;
    if (infoschema_is_missing(&q->name[Q_CATALOG]) || atomic_load(&s->dbc->no_information_schema))
        return without_infoschema(s, q, t, e);
    if (select_columns(s, q, t, e) == RC_OK) return add_legacy(s, q, t, e);
    if (!catalog_may_be_skipped(e)) return RC_ERR;
    if (diag_says_syntax(e)) atomic_store(&s->dbc->no_information_schema, true);
    return without_infoschema(s, q, t, e);
}

/* ---- numbers ------------------------------------------------------------------------------------------------------------ */

static bool is_same_table(const struct mem_row *a, const struct mem_row *b) {
    return sv_eq(a->cells[C_CAT].text, b->cells[C_CAT].text) && sv_eq(a->cells[C_SCHEM].text, b->cells[C_SCHEM].text) &&
           sv_eq(a->cells[C_TABLE].text, b->cells[C_TABLE].text);
}

static bool has_wanted_name(const struct mem_row *row, void *arg) { return match_name(arg, row->cells[C_NAME].text); }

/* The server's numbers start at 0 or at 1 and may have holes; the first column is 1. */
static void number_columns(struct catalog_query *q, struct memtable *t) {
    int64_t n = 0;
    for (size_t i = 0; i < t->n_rows; i++) {
        n = i > 0 && is_same_table(&t->rows[i - 1], &t->rows[i]) ? n + 1 : 1;
        t->rows[i].cells[C_ORDINAL].number = n;
    }
    memtable_filter(t, has_wanted_name, &q->name[Q_COLUMN]);
}

static const struct catalog_fn FN = { "columns", "oppp", CATALOG_COLS(COLUMNS), ORDER, fill, number_columns,
                                      C_TABLE };

SQLRETURN api_columns(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv column) {
    struct catalog_query q = { .given = { catalog, schema, table, column } };
    return catalog_run(s, &FN, &q);
}
