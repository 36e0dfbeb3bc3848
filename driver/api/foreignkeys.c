/* foreignkeys: SQLForeignKeys: SHOW FOREIGN KEYS tells the keys of a table; who refers to a table is asked from
 * information_schema. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "infoschema.h"

enum {
    F_PK_CAT, F_PK_SCHEM, F_PK_TABLE, F_PK_COLUMN, F_FK_CAT, F_FK_SCHEM, F_FK_TABLE, F_FK_COLUMN, F_SEQ, F_UPDATE,
    F_DELETE, F_FK_NAME, F_PK_NAME, F_DEFERRABILITY
};

static const struct mem_col FOREIGN[] = {
    COL_NAME("PKTABLE_CAT"), COL_NAME("PKTABLE_SCHEM"), COL_NAME_NN("PKTABLE_NAME"), COL_NAME_NN("PKCOLUMN_NAME"),
    COL_NAME("FKTABLE_CAT"), COL_NAME("FKTABLE_SCHEM"), COL_NAME_NN("FKTABLE_NAME"), COL_NAME_NN("FKCOLUMN_NAME"),
    COL_SHORT_NN("KEY_SEQ"), COL_SHORT("UPDATE_RULE"), COL_SHORT("DELETE_RULE"), COL_NAME("FK_NAME"),
    COL_NAME("PK_NAME"), COL_SHORT("DEFERRABILITY"),
};
/* "… ordered by PKTABLE_CAT, PKTABLE_SCHEM, PKTABLE_NAME, and KEY_SEQ"; the key's name keeps two keys to one table apart. */
static const int BY_PK[] = { F_PK_CAT, F_PK_SCHEM, F_PK_TABLE, F_SEQ, F_FK_NAME, -1 };
static const int BY_FK[] = { F_FK_CAT, F_FK_SCHEM, F_FK_TABLE, F_SEQ, F_FK_NAME, -1 };

enum { PK_CATALOG, PK_SCHEMA, PK_TABLE, FK_CATALOG, FK_SCHEMA, FK_TABLE };

/* ---- rows -------------------------------------------------------------------------------------------------------------- */

/* A rule as a number of ODBC's, or in the words of SQL. */
static int64_t rule_of(struct ask *a, const char *column) {
    static const struct { const char *word; int64_t rule; } RULES[] = {
        { "CASCADE", SQL_CASCADE }, { "RESTRICT", SQL_RESTRICT }, { "SET NULL", SQL_SET_NULL },
        { "SET DEFAULT", SQL_SET_DEFAULT },
    };
    struct sv text = ask_text(a, ask_column(a, column));
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        if (sv_ieq(text, sv_of(RULES[i].word))) return RULES[i].rule;
    return ask_number(a, ask_column(a, column), SQL_NO_ACTION);
}

static int64_t deferrability_of(struct ask *a) {
    int col = ask_column(a, "initially_deferred");
    if (col < 0) return ask_number(a, ask_column(a, "deferrability"), SQL_NOT_DEFERRABLE);
    if (!sv_ieq(ask_text(a, ask_column(a, "is_deferrable")), SV_LIT("YES"))) return SQL_NOT_DEFERRABLE;
    return sv_ieq(ask_text(a, col), SV_LIT("YES")) ? SQL_INITIALLY_DEFERRED : SQL_INITIALLY_IMMEDIATE;
}

static bool fits(const struct match *m, struct sv name) { return m->kind != MATCH_EXACT || sv_ieq(m->text, name); }

static enum rc add_row(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const struct catalog_copy TEXTS[] = {
        { F_PK_CAT, "parentCatalogName" }, { F_PK_SCHEM, "parentNamespace" }, { F_PK_TABLE, "parentTableName" },
        { F_PK_COLUMN, "parentColName" }, { F_FK_CAT, "catalogName" }, { F_FK_SCHEM, "namespace" },
        { F_FK_TABLE, "tableName" }, { F_FK_COLUMN, "col_name|columnName" }, { F_FK_NAME, "constraintName" },
        { F_PK_NAME, "parentConstraintName|primaryKeyName" },
    };
    for (int i = PK_CATALOG; i <= FK_TABLE; i++)
        if (!fits(&q->name[i], ask_text(a, ask_column(a, TEXTS[i < FK_CATALOG ? i : i + 1].from)))) return RC_OK;
    if (memtable_row(t, e) || catalog_copy_texts(a, TEXTS, sizeof TEXTS / sizeof *TEXTS, t, e)) return RC_ERR;
    memtable_int(t, F_SEQ, ask_number(a, ask_column(a, "keySeq"), 1));
    memtable_int(t, F_UPDATE, rule_of(a, "updateRule"));
    memtable_int(t, F_DELETE, rule_of(a, "deleteRule"));
    memtable_int(t, F_DEFERRABILITY, deferrability_of(a));
    return RC_OK;
}

/* ---- SHOW FOREIGN KEYS --------------------------------------------------------------------------------------------------- */

static enum rc show_keys(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf sql;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SHOW FOREIGN KEYS IN CATALOG ", e);
    if (rc == RC_OK) rc = quote_name(q->name[FK_CATALOG].text, &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " IN SCHEMA ", e);
    if (rc == RC_OK) rc = quote_name(q->name[FK_SCHEMA].text, &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " IN TABLE ", e);
    if (rc == RC_OK) rc = quote_name(q->name[FK_TABLE].text, &sql, e);
    if (rc == RC_OK) rc = catalog_ask(s, buf_sv(&sql), add_row, q, t, e);
    buf_fini(&sql);
    return rc;
}

/* ---- information_schema ---------------------------------------------------------------------------------------------------- */

static const char COLUMNS[] =
    "SELECT p.table_catalog AS parentCatalogName, p.table_schema AS parentNamespace, p.table_name AS parentTableName, "
    "p.column_name AS parentColName, f.table_catalog AS catalogName, f.table_schema AS namespace, "
    "f.table_name AS tableName, f.column_name AS col_name, f.ordinal_position AS keySeq, r.update_rule AS updateRule, "
    "r.delete_rule AS deleteRule, r.constraint_name AS constraintName, "
    "r.unique_constraint_name AS parentConstraintName, c.is_deferrable, c.initially_deferred";

#define SAME_KEY(a, b) \
    a ".constraint_catalog = " b ".constraint_catalog AND " a ".constraint_schema = " b ".constraint_schema AND " \
    a ".constraint_name = " b ".constraint_name"

/* The tables of the join, each behind the home of information_schema. */
static const char *const JOINS[][2] = {
    { " FROM ", ".referential_constraints r" },
    { " JOIN ", ".key_column_usage f ON " SAME_KEY("f", "r") },
    { " JOIN ", ".table_constraints c ON " SAME_KEY("c", "r") " AND c.table_name = f.table_name" },
    { " JOIN ", ".key_column_usage p ON p.constraint_catalog = r.unique_constraint_catalog AND "
                "p.constraint_schema = r.unique_constraint_schema AND p.constraint_name = r.unique_constraint_name AND "
                "p.ordinal_position = f.position_in_unique_constraint" },
};

static enum rc add_conditions(const struct catalog_query *q, struct buf *sql, struct err *e) {
    bool by_fk = q->name[FK_TABLE].kind == MATCH_EXACT, by_pk = q->name[PK_TABLE].kind == MATCH_EXACT;
    enum rc rc = buf_adds(sql, " WHERE 1 = 1", e);
    if (by_pk && rc == RC_OK)
        rc = infoschema_and_current(sql, "p.table_catalog", &q->name[PK_CATALOG], "current_catalog()", e);
    if (by_pk && rc == RC_OK)
        rc = infoschema_and_current(sql, "p.table_schema", &q->name[PK_SCHEMA], "current_schema()", e);
    if (by_pk && rc == RC_OK) rc = infoschema_and(sql, "p.table_name", &q->name[PK_TABLE], e);
    if (by_fk && rc == RC_OK)
        rc = infoschema_and_current(sql, "f.table_catalog", &q->name[FK_CATALOG], "current_catalog()", e);
    if (by_fk && rc == RC_OK)
        rc = infoschema_and_current(sql, "f.table_schema", &q->name[FK_SCHEMA], "current_schema()", e);
    if (by_fk && rc == RC_OK) rc = infoschema_and(sql, "f.table_name", &q->name[FK_TABLE], e);
    return rc;
}

static enum rc select_from(struct stmt *s, struct catalog_query *q, const char *home, struct memtable *t,
                           struct err *e) {
    struct buf sql;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, COLUMNS, e);
    for (size_t i = 0; i < sizeof JOINS / sizeof *JOINS && rc == RC_OK; i++)
        rc = buf_addf(&sql, e, "%s%s%s", JOINS[i][0], home, JOINS[i][1]);
    if (rc == RC_OK) rc = add_conditions(q, &sql, e);
    if (rc == RC_OK) rc = catalog_ask(s, buf_sv(&sql), add_row, q, t, e);
    buf_fini(&sql);
    return rc;
}

/* A key may refer to a table of another catalog, so all of them are looked at; where that is not allowed, the one. */
static enum rc select_keys(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf home;
    if (select_from(s, q, "system.information_schema", t, e) == RC_OK) return RC_OK;
    if (!catalog_may_be_skipped(e)) return RC_ERR;
    buf_init(&home, CATALOG_MAX_SQL);
    t->n_rows = 0;
    const struct match *catalog = &q->name[q->name[PK_TABLE].kind == MATCH_EXACT ? PK_CATALOG : FK_CATALOG];
    enum rc rc = infoschema_home_current(catalog, &home, e);
    if (rc == RC_OK) rc = select_from(s, q, home.ptr, t, e);
    buf_fini(&home);
    return rc == RC_OK || catalog_may_be_skipped(e) ? RC_OK : RC_ERR;
}

static enum rc fill(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    bool by_fk = q->name[FK_TABLE].kind == MATCH_EXACT, by_pk = q->name[PK_TABLE].kind == MATCH_EXACT;
    bool is_named = q->name[FK_CATALOG].kind == MATCH_EXACT && q->name[FK_SCHEMA].kind == MATCH_EXACT;
    bool pk_is_named = !by_pk || (q->name[PK_CATALOG].kind == MATCH_EXACT && q->name[PK_SCHEMA].kind == MATCH_EXACT);
    if (!s->dbc->options.keys || (!by_fk && !by_pk) || catalog_matches_nothing(q, CATALOG_MAX_NAMES)) return RC_OK;
    if (infoschema_is_missing(&q->name[FK_CATALOG]) || infoschema_is_missing(&q->name[PK_CATALOG])) return RC_OK;
    return by_fk && is_named && pk_is_named ? show_keys(s, q, t, e) : select_keys(s, q, t, e);
}

/* "HY009: both PKTableName and FKTableName were null pointers." "" is how many programs leave a table out. */
SQLRETURN api_foreign_keys(struct stmt *s, struct sv pk_catalog, struct sv pk_schema, struct sv pk_table,
                           struct sv fk_catalog, struct sv fk_schema, struct sv fk_table) {
    static const struct catalog_fn FN = { "foreign keys", "xxxxxx", CATALOG_COLS(FOREIGN), BY_PK, fill, NULL, 0 };
    if (sv_is_null(pk_table) && sv_is_null(fk_table))
        return diag_fail(&s->h, ST_NULL_POINTER, "one of the two tables must be named");
    if (pk_table.len == 0) pk_table = SV_NULL;
    if (fk_table.len == 0) fk_table = SV_NULL;
    struct catalog_query q = { .given = { pk_catalog, pk_schema, pk_table, fk_catalog, fk_schema, fk_table },
                               .order = sv_is_null(fk_table) ? BY_FK : NULL };
    return catalog_run(s, &FN, &q);
}
