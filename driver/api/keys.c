/* keys: what follows from a table's primary key: SQLPrimaryKeys, SQLSpecialColumns, SQLStatistics. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "infoschema.h"
#include "typecells.h"

/* ---- the question ----------------------------------------------------------------------------------------------------- */

/* The old metastore knows no keys; nothing needs to be asked. */
static bool has_no_keys(const struct stmt *s, const struct catalog_query *q) {
    return !s->dbc->options.keys || catalog_matches_nothing(q, 3) || infoschema_is_missing(&q->name[Q_CATALOG]);
}

#define SAME(a, b, column) a "." column " = " b "." column
#define SAME_KEY(a, b) SAME(a, b, "constraint_schema") " AND " SAME(a, b, "constraint_name")
#define SAME_TABLE(a, b) SAME(a, b, "table_schema") " AND " SAME(a, b, "table_name")

/* The primary key's columns in one query, with their types if wanted; names that are not given are the current ones, and
 * so is information_schema without a catalog. Of one table or, with MATCH_ALL, of all; then what may not be read is an
 * error, so that the one table is asked for. */
static enum rc add_tables(const struct match *catalog, bool with_types, struct buf *sql, struct err *e) {
    static const char *const TABLES[][2] = {
        { " FROM ", ".table_constraints t" },
        { " JOIN ", ".key_column_usage k ON " SAME_KEY("k", "t") " AND " SAME_TABLE("k", "t") },
        { " JOIN ", ".columns c ON " SAME_TABLE("c", "k") " AND " SAME("c", "k", "column_name") },
    };
    for (int i = 0; i < (with_types ? 3 : 2); i++)
        if (buf_adds(sql, TABLES[i][0], e) || infoschema_home_current(catalog, sql, e) ||
            buf_adds(sql, TABLES[i][1], e))
            return RC_ERR;
    return RC_OK;
}

static enum rc select_key(struct stmt *s, struct catalog_query *q, bool with_types, catalog_add_fn *add,
                          struct memtable *t, struct err *e) {
    struct buf sql;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SELECT k.table_catalog, k.table_schema, k.table_name, k.column_name, "
                          "k.ordinal_position AS keySeq, k.constraint_name", e);
    if (rc == RC_OK && with_types) rc = buf_adds(&sql, ", c.full_data_type, c.is_nullable", e);
    if (rc == RC_OK) rc = add_tables(&q->name[Q_CATALOG], with_types, &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " WHERE t.constraint_type = 'PRIMARY KEY'", e);
    if (rc == RC_OK) rc = infoschema_and_current(&sql, "t.table_catalog", &q->name[Q_CATALOG], "current_catalog()", e);
    if (rc == RC_OK) rc = infoschema_and_current(&sql, "t.table_schema", &q->name[Q_SCHEMA], "current_schema()", e);
    if (rc == RC_OK) rc = infoschema_and(&sql, "t.table_name", &q->name[Q_TABLE], e);
    if (rc == RC_OK) rc = buf_adds(&sql, " ORDER BY keySeq", e);
    if (rc == RC_OK && q->name[Q_TABLE].kind == MATCH_ALL) rc = catalog_ask(s, buf_sv(&sql), add, q, t, e);
    else if (rc == RC_OK) rc = catalog_ask_if_there(s, buf_sv(&sql), add, q, t, e);
    buf_fini(&sql);
    return rc;
}

/* ---- SQLPrimaryKeys ------------------------------------------------------------------------------------------------------ */

enum { P_CAT, P_SCHEM, P_TABLE, P_COLUMN, P_SEQ, P_NAME };

static const struct mem_col PRIMARY[] = {
    COL_NAME("TABLE_CAT"), COL_NAME("TABLE_SCHEM"), COL_NAME_NN("TABLE_NAME"), COL_NAME_NN("COLUMN_NAME"),
    COL_SHORT_NN("KEY_SEQ"), COL_NAME("PK_NAME"),
};
static const int PRIMARY_ORDER[] = { P_CAT, P_SCHEM, P_TABLE, P_SEQ, -1 };

static enum rc add_primary(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const struct catalog_copy TEXTS[] = {
        { P_CAT, "table_catalog|catalogName" }, { P_SCHEM, "table_schema|namespace" },
        { P_TABLE, "table_name|tableName" }, { P_COLUMN, "column_name|col_name|columnName" },
        { P_NAME, "constraint_name|constraintName" },
    };
    (void)q;
    if (memtable_row(t, e) || catalog_copy_texts(a, TEXTS, sizeof TEXTS / sizeof *TEXTS, t, e)) return RC_ERR;
    memtable_int(t, P_SEQ, ask_number(a, ask_column(a, "keySeq"), (int64_t)t->n_rows));
    return RC_OK;
}

static enum rc show_keys(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf sql;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SHOW KEYS IN CATALOG ", e);
    if (rc == RC_OK) rc = quote_name(q->name[Q_CATALOG].text, &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " IN SCHEMA ", e);
    if (rc == RC_OK) rc = quote_name(q->name[Q_SCHEMA].text, &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " IN TABLE ", e);
    if (rc == RC_OK) rc = quote_name(q->name[Q_TABLE].text, &sql, e);
    if (rc == RC_OK) rc = catalog_ask(s, buf_sv(&sql), add_primary, q, t, e);
    buf_fini(&sql);
    return rc;
}

/* SHOW KEYS is quicker than information_schema, but needs every name. */
static bool has_every_name(const struct catalog_query *q) {
    for (int i = Q_CATALOG; i <= Q_TABLE; i++)
        if (q->name[i].kind != MATCH_EXACT) return false;
    return true;
}

static enum rc fill_primary(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    if (has_no_keys(s, q)) return RC_OK;
    if (has_every_name(q)) return show_keys(s, q, t, e);
    return select_key(s, q, false, add_primary, t, e);
}

static SQLRETURN need_table(struct stmt *s, struct sv table) {
    if (!sv_is_null(table)) return SQL_SUCCESS;
    return diag_fail(&s->h, ST_NULL_POINTER, "the table name is a NULL pointer");
}

SQLRETURN api_primary_keys(struct stmt *s, struct sv catalog, struct sv schema, struct sv table) {
    static const struct catalog_fn FN = { "primary keys", "cco", CATALOG_COLS(PRIMARY), PRIMARY_ORDER, fill_primary,
                                          NULL, P_TABLE };
    struct catalog_query q = { .given = { catalog, schema, table } };
    return SQL_SUCCEEDED(need_table(s, table)) ? catalog_run(s, &FN, &q) : SQL_ERROR;
}

/* ---- SQLSpecialColumns ------------------------------------------------------------------------------------------------------ */

enum { S_SCOPE, S_NAME, S_TYPE, S_TYPE_NAME, S_SIZE, S_BUFFER, S_DIGITS, S_PSEUDO, S_TABLE };

static const struct mem_col SPECIAL[] = {
    COL_SHORT("SCOPE"), COL_NAME_NN("COLUMN_NAME"), COL_SHORT_NN("DATA_TYPE"), COL_NAME_NN("TYPE_NAME"),
    COL_INT("COLUMN_SIZE"), COL_INT("BUFFER_LENGTH"), COL_SHORT("DECIMAL_DIGITS"), COL_SHORT("PSEUDO_COLUMN"),
    COL_NAME("TABLE_NAME"),     /* for us alone: of the columns before it the result set is made */
};
static const int SPECIAL_ORDER[] = { S_SCOPE, -1 };
static const struct typecells SPECIAL_TYPE = { S_TYPE, S_TYPE_NAME, S_SIZE, S_BUFFER, S_DIGITS, -1, -1, -1, -1 };

/* The key stays what it is for as long as the row is there: good for the session, hence for every lesser scope. */
static enum rc add_special(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    bool nullable = sv_ieq(ask_text(a, ask_column(a, "is_nullable")), SV_LIT("YES"));
    if (nullable && q->numbers[1] == SQL_NO_NULLS) return RC_OK;
    if (memtable_row(t, e) || memtable_text(t, S_NAME, ask_text(a, ask_column(a, "column_name")), e) ||
        memtable_text(t, S_TABLE, ask_text(a, ask_column(a, "table_name")), e) ||
        typecells_set(a->stmt, t, &SPECIAL_TYPE, ask_text(a, ask_column(a, "full_data_type")), e))
        return RC_ERR;
    memtable_int(t, S_SCOPE, SQL_SCOPE_SESSION);
    memtable_int(t, S_PSEUDO, SQL_PC_NOT_PSEUDO);
    return RC_OK;
}

static enum rc fill_special(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    if (q->numbers[0] == SQL_ROWVER || has_no_keys(s, q)) return RC_OK;
    return select_key(s, q, true, add_special, t, e);
}

static SQLRETURN check_special(struct stmt *s, SQLUSMALLINT kind, SQLUSMALLINT scope, SQLUSMALLINT nullable) {
    if (kind != SQL_BEST_ROWID && kind != SQL_ROWVER)
        return diag_fail(&s->h, ST_COLUMN_KIND, "%u is neither SQL_BEST_ROWID nor SQL_ROWVER", kind);
    if (scope > SQL_SCOPE_SESSION) return diag_fail(&s->h, ST_SCOPE, "%u is no scope", scope);
    if (nullable != SQL_NO_NULLS && nullable != SQL_NULLABLE)
        return diag_fail(&s->h, ST_NULLABLE, "%u is neither SQL_NO_NULLS nor SQL_NULLABLE", nullable);
    return SQL_SUCCESS;
}

SQLRETURN api_special_columns(struct stmt *s, SQLUSMALLINT kind, struct sv catalog, struct sv schema, struct sv table,
                              SQLUSMALLINT scope, SQLUSMALLINT nullable) {
    static const struct catalog_fn FN = { "special columns", "cco", SPECIAL, S_TABLE, SPECIAL_ORDER, fill_special, NULL,
                                          S_TABLE };
    struct catalog_query q = { .given = { catalog, schema, table }, .numbers = { kind, nullable } };
    if (!SQL_SUCCEEDED(check_special(s, kind, scope, nullable)) || !SQL_SUCCEEDED(need_table(s, table)))
        return SQL_ERROR;
    return catalog_run(s, &FN, &q);
}

/* ---- SQLStatistics ------------------------------------------------------------------------------------------------------------ */

enum {
    X_CAT, X_SCHEM, X_TABLE, X_NON_UNIQUE, X_QUALIFIER, X_NAME, X_TYPE, X_ORDINAL, X_COLUMN, X_ASC, X_CARDINALITY,
    X_PAGES, X_FILTER
};

static const struct mem_col STATISTICS[] = {
    COL_NAME("TABLE_CAT"), COL_NAME("TABLE_SCHEM"), COL_NAME_NN("TABLE_NAME"), COL_SHORT("NON_UNIQUE"),
    COL_NAME("INDEX_QUALIFIER"), COL_NAME("INDEX_NAME"), COL_SHORT_NN("TYPE"), COL_SHORT("ORDINAL_POSITION"),
    COL_NAME("COLUMN_NAME"), { "ASC_OR_DESC", MEM_TEXT, 1, false }, COL_INT("CARDINALITY"), COL_INT("PAGES"),
    COL_NAME("FILTER_CONDITION"),
};
static const int STATISTICS_ORDER[] = { X_NON_UNIQUE, X_TYPE, X_QUALIFIER, X_NAME, X_ORDINAL, -1 };

static enum rc add_index(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const struct catalog_copy TEXTS[] = {
        { X_CAT, "table_catalog" }, { X_SCHEM, "table_schema" }, { X_TABLE, "table_name" },
        { X_NAME, "constraint_name" }, { X_COLUMN, "column_name" },
    };
    (void)q;
    if (memtable_row(t, e) || catalog_copy_texts(a, TEXTS, sizeof TEXTS / sizeof *TEXTS, t, e)) return RC_ERR;
    memtable_int(t, X_NON_UNIQUE, SQL_FALSE);
    memtable_int(t, X_TYPE, SQL_INDEX_OTHER);
    memtable_int(t, X_ORDINAL, ask_number(a, ask_column(a, "keySeq"), (int64_t)t->n_rows));
    return RC_OK;
}

/* Tables have no indexes, and a primary key is not enforced, so that by itself there is nothing to tell. Programs that
 * want a unique index before they let a row be edited can have the key as one: KeysAsIndexes. */
static enum rc fill_statistics(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    if (!s->dbc->options.keys_as_indexes || has_no_keys(s, q)) return RC_OK;
    return select_key(s, q, false, add_index, t, e);
}

SQLRETURN api_statistics(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, SQLUSMALLINT unique,
                         SQLUSMALLINT reserved) {
    static const struct catalog_fn FN = { "statistics", "cco", CATALOG_COLS(STATISTICS), STATISTICS_ORDER,
                                          fill_statistics, NULL, X_TABLE };
    struct catalog_query q = { .given = { catalog, schema, table } };
    if (unique != SQL_INDEX_UNIQUE && unique != SQL_INDEX_ALL)
        return diag_fail(&s->h, ST_UNIQUE, "%u is neither SQL_INDEX_UNIQUE nor SQL_INDEX_ALL", unique);
    if (reserved != SQL_QUICK && reserved != SQL_ENSURE)
        return diag_fail(&s->h, ST_ACCURACY, "%u is neither SQL_QUICK nor SQL_ENSURE", reserved);
    return SQL_SUCCEEDED(need_table(s, table)) ? catalog_run(s, &FN, &q) : SQL_ERROR;
}
