/* emptysets: catalog functions about things the server does not have or does not tell: indexes, row identifiers,
 * procedures, privileges. Arguments are checked, the columns are exact, and there are no rows. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

#define NAME(n) { n, MEM_TEXT, 255, false }
#define NAME_NN(n) { n, MEM_TEXT, 255, true }
#define TEXT(n) { n, MEM_TEXT, 4096, false }
#define SHORT(n) { n, MEM_SMALLINT, 0, false }
#define SHORT_NN(n) { n, MEM_SMALLINT, 0, true }
#define INT(n) { n, MEM_INTEGER, 0, false }
#define INT_NN(n) { n, MEM_INTEGER, 0, true }

static const struct mem_col SPECIAL_COLUMNS[] = {
    SHORT("SCOPE"), NAME_NN("COLUMN_NAME"), SHORT_NN("DATA_TYPE"), NAME_NN("TYPE_NAME"), INT("COLUMN_SIZE"),
    INT("BUFFER_LENGTH"), SHORT("DECIMAL_DIGITS"), SHORT("PSEUDO_COLUMN"),
};
static const struct mem_col STATISTICS[] = {
    NAME("TABLE_CAT"), NAME("TABLE_SCHEM"), NAME_NN("TABLE_NAME"), SHORT("NON_UNIQUE"), NAME("INDEX_QUALIFIER"),
    NAME("INDEX_NAME"), SHORT_NN("TYPE"), SHORT("ORDINAL_POSITION"), NAME("COLUMN_NAME"),
    { "ASC_OR_DESC", MEM_TEXT, 1, false }, INT("CARDINALITY"), INT("PAGES"), NAME("FILTER_CONDITION"),
};
static const struct mem_col PROCEDURES[] = {
    NAME("PROCEDURE_CAT"), NAME("PROCEDURE_SCHEM"), NAME_NN("PROCEDURE_NAME"), INT("NUM_INPUT_PARAMS"),
    INT("NUM_OUTPUT_PARAMS"), INT("NUM_RESULT_SETS"), TEXT("REMARKS"), SHORT("PROCEDURE_TYPE"),
};
static const struct mem_col PROCEDURE_COLUMNS[] = {
    NAME("PROCEDURE_CAT"), NAME("PROCEDURE_SCHEM"), NAME_NN("PROCEDURE_NAME"), NAME_NN("COLUMN_NAME"),
    SHORT_NN("COLUMN_TYPE"), SHORT_NN("DATA_TYPE"), NAME_NN("TYPE_NAME"), INT("COLUMN_SIZE"), INT("BUFFER_LENGTH"),
    SHORT("DECIMAL_DIGITS"), SHORT("NUM_PREC_RADIX"), SHORT_NN("NULLABLE"), TEXT("REMARKS"), TEXT("COLUMN_DEF"),
    SHORT_NN("SQL_DATA_TYPE"), SHORT("SQL_DATETIME_SUB"), INT("CHAR_OCTET_LENGTH"), INT_NN("ORDINAL_POSITION"),
    { "IS_NULLABLE", MEM_TEXT, 3, false },
};
static const struct mem_col TABLE_PRIVILEGES[] = {
    NAME("TABLE_CAT"), NAME("TABLE_SCHEM"), NAME_NN("TABLE_NAME"), NAME("GRANTOR"), NAME_NN("GRANTEE"),
    NAME_NN("PRIVILEGE"), { "IS_GRANTABLE", MEM_TEXT, 3, false },
};
static const struct mem_col COLUMN_PRIVILEGES[] = {
    NAME("TABLE_CAT"), NAME("TABLE_SCHEM"), NAME_NN("TABLE_NAME"), NAME_NN("COLUMN_NAME"), NAME("GRANTOR"),
    NAME_NN("GRANTEE"), NAME_NN("PRIVILEGE"), { "IS_GRANTABLE", MEM_TEXT, 3, false },
};

static SQLRETURN begin_for_table(struct stmt *s, struct sv table) {
    if (sv_is_null(table)) return diag_fail(&s->h, ST_NULL_POINTER, "the table name is a NULL pointer");
    return catalog_begin(s);
}

SQLRETURN api_special_columns(struct stmt *s, SQLUSMALLINT kind, struct sv catalog, struct sv schema, struct sv table,
                              SQLUSMALLINT scope, SQLUSMALLINT nullable) {
    (void)catalog, (void)schema;
    if (kind != SQL_BEST_ROWID && kind != SQL_ROWVER)
        return diag_fail(&s->h, ST_COLUMN_KIND, "%u is neither SQL_BEST_ROWID nor SQL_ROWVER", kind);
    if (scope > SQL_SCOPE_SESSION) return diag_fail(&s->h, ST_SCOPE, "%u is no scope", scope);
    if (nullable != SQL_NO_NULLS && nullable != SQL_NULLABLE)
        return diag_fail(&s->h, ST_NULLABLE, "%u is neither SQL_NO_NULLS nor SQL_NULLABLE", nullable);
    SQLRETURN rc = begin_for_table(s, table);
    return SQL_SUCCEEDED(rc) ? catalog_empty(s, CATALOG_COLS(SPECIAL_COLUMNS)) : rc;
}

SQLRETURN api_statistics(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, SQLUSMALLINT unique,
                         SQLUSMALLINT reserved) {
    (void)catalog, (void)schema;
    if (unique != SQL_INDEX_UNIQUE && unique != SQL_INDEX_ALL)
        return diag_fail(&s->h, ST_UNIQUE, "%u is neither SQL_INDEX_UNIQUE nor SQL_INDEX_ALL", unique);
    if (reserved != SQL_QUICK && reserved != SQL_ENSURE)
        return diag_fail(&s->h, ST_ACCURACY, "%u is neither SQL_QUICK nor SQL_ENSURE", reserved);
    SQLRETURN rc = begin_for_table(s, table);
    return SQL_SUCCEEDED(rc) ? catalog_empty(s, CATALOG_COLS(STATISTICS)) : rc;
}

SQLRETURN api_procedures(struct stmt *s, struct sv catalog, struct sv schema, struct sv procedure) {
    (void)catalog, (void)schema, (void)procedure;
    SQLRETURN rc = catalog_begin(s);
    return SQL_SUCCEEDED(rc) ? catalog_empty(s, CATALOG_COLS(PROCEDURES)) : rc;
}

SQLRETURN api_procedure_columns(struct stmt *s, struct sv catalog, struct sv schema, struct sv procedure,
                                struct sv column) {
    (void)catalog, (void)schema, (void)procedure, (void)column;
    SQLRETURN rc = catalog_begin(s);
    return SQL_SUCCEEDED(rc) ? catalog_empty(s, CATALOG_COLS(PROCEDURE_COLUMNS)) : rc;
}

SQLRETURN api_table_privileges(struct stmt *s, struct sv catalog, struct sv schema, struct sv table) {
    (void)catalog, (void)schema, (void)table;
    SQLRETURN rc = catalog_begin(s);
    return SQL_SUCCEEDED(rc) ? catalog_empty(s, CATALOG_COLS(TABLE_PRIVILEGES)) : rc;
}

SQLRETURN api_column_privileges(struct stmt *s, struct sv catalog, struct sv schema, struct sv table,
                                struct sv column) {
    (void)catalog, (void)schema, (void)column;
    SQLRETURN rc = begin_for_table(s, table);
    return SQL_SUCCEEDED(rc) ? catalog_empty(s, CATALOG_COLS(COLUMN_PRIVILEGES)) : rc;
}
