/* keys: SQLPrimaryKeys, SQLForeignKeys. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"

enum { MAX_SHOW = 1 << 16 };

enum { P_CAT, P_SCHEM, P_TABLE, P_COLUMN, P_SEQ, P_NAME };

static const struct mem_col PRIMARY[] = {
    { "TABLE_CAT", MEM_TEXT, 255, false }, { "TABLE_SCHEM", MEM_TEXT, 255, false },
    { "TABLE_NAME", MEM_TEXT, 255, true },
    { "COLUMN_NAME", MEM_TEXT, 255, true }, { "KEY_SEQ", MEM_SMALLINT, 0, true }, { "PK_NAME", MEM_TEXT, 255, false },
};
static const int PRIMARY_ORDER[] = { P_CAT, P_SCHEM, P_TABLE, P_SEQ, -1 };

enum {
    F_PK_CAT, F_PK_SCHEM, F_PK_TABLE, F_PK_COLUMN, F_FK_CAT, F_FK_SCHEM, F_FK_TABLE, F_FK_COLUMN, F_SEQ, F_UPDATE,
        F_DELETE,
    F_FK_NAME, F_PK_NAME, F_DEFERRABILITY
};

static const struct mem_col FOREIGN[] = {
    { "PKTABLE_CAT", MEM_TEXT, 255, false }, { "PKTABLE_SCHEM", MEM_TEXT, 255, false },
    { "PKTABLE_NAME", MEM_TEXT, 255, true }, { "PKCOLUMN_NAME", MEM_TEXT, 255, true },
    { "FKTABLE_CAT", MEM_TEXT, 255, false }, { "FKTABLE_SCHEM", MEM_TEXT, 255, false },
    { "FKTABLE_NAME", MEM_TEXT, 255, true }, { "FKCOLUMN_NAME", MEM_TEXT, 255, true },
    { "KEY_SEQ", MEM_SMALLINT, 0, true }, { "UPDATE_RULE", MEM_SMALLINT, 0, false },
    { "DELETE_RULE", MEM_SMALLINT, 0, false }, { "FK_NAME", MEM_TEXT, 255, false }, { "PK_NAME", MEM_TEXT, 255, false },
    { "DEFERRABILITY", MEM_SMALLINT, 0, false },
};
static const int FOREIGN_BY_PK[] = { F_PK_CAT, F_PK_SCHEM, F_PK_TABLE, F_SEQ, -1 };
static const int FOREIGN_BY_FK[] = { F_FK_CAT, F_FK_SCHEM, F_FK_TABLE, F_SEQ, -1 };

/* ---- which table ------------------------------------------------------------------------------------------------------ */

/* Catalog and schema that are NULL or "" are the current ones; many programs pass "" here. */
static enum rc complete(struct stmt *s, struct catalog_args *args, struct err *e) {
    const char *catalog = NULL, *schema = NULL;
    bool has_catalog = args->catalog.kind == MATCH_EXACT, has_schema = args->schema.kind == MATCH_EXACT;
    if (has_catalog && has_schema) return RC_OK;
    if (dbc_namespace(s->dbc, s->cancel, stmt_deadline(s), &catalog, &schema, e)) return RC_ERR;
    char *own_catalog = arena_dup(&args->arena, sv_of(catalog)), *own_schema = arena_dup(&args->arena, sv_of(schema));
    if (!own_catalog || !own_schema) return err_nomem(e);
    if (!has_catalog) args->catalog = match_ordinary(sv_of(own_catalog));
    if (!has_schema) args->schema = match_ordinary(sv_of(own_schema));
    return RC_OK;
}

/* The legacy catalogs know no keys; nothing needs to be asked. */
static bool has_no_keys(const struct stmt *s, const struct match *catalog) {
    return !s->dbc->options.keys || sv_ieq(catalog->text, SV_LIT("hive_metastore")) ||
        sv_ieq(catalog->text, SV_LIT("spark"));
}

static enum rc ask_keys(struct stmt *s, const char *show, const struct catalog_args *args, struct ask *a,
                        struct err *e) {
    struct buf sql;
    buf_init(&sql, MAX_SHOW);
    enum rc rc = buf_addf(&sql, e, "%s IN CATALOG ", show);
    if (rc == RC_OK) rc = quote_name(args->catalog.text, &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " IN SCHEMA ", e);
    if (rc == RC_OK) rc = quote_name(args->schema.text, &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, " IN TABLE ", e);
    if (rc == RC_OK) rc = quote_name(args->table.text, &sql, e);
    if (rc == RC_OK) rc = ask_open(a, s, buf_sv(&sql), e);
    buf_fini(&sql);
    return rc;
}

/* ---- primary keys ------------------------------------------------------------------------------------------------------- */

static enum rc add_primary(struct ask *a, struct memtable *t, struct err *e) {
    if (memtable_row(t, e) || memtable_text(t, P_CAT, ask_text(a, ask_column(a, "catalogName|catalog")), e) ||
        memtable_text(t, P_SCHEM, ask_text(a, ask_column(a, "namespace|schemaName|databaseName")), e) ||
        memtable_text(t, P_TABLE, ask_text(a, ask_column(a, "tableName")), e) ||
        memtable_text(t, P_COLUMN, ask_text(a, ask_column(a, "col_name|columnName")), e) ||
        memtable_text(t, P_NAME, ask_text(a, ask_column(a, "constraintName")), e))
        return RC_ERR;
    memtable_int(t, P_SEQ, ask_number(a, ask_column(a, "keySeq"), (int64_t)t->n_rows));
    return RC_OK;
}

static enum rc fill_primary(struct stmt *s, struct catalog_args *args, struct memtable *t, struct err *e) {
    struct ask a = { .stmt = NULL };
    if (args->table.kind == MATCH_NONE || !s->dbc->options.keys) return RC_OK;
    enum rc rc = complete(s, args, e);
    if (rc == RC_OK && has_no_keys(s, &args->catalog)) return RC_OK;
    if (rc == RC_OK) rc = ask_keys(s, "SHOW KEYS", args, &a, e);
    for (bool more = true; rc == RC_OK && more;) {
        rc = ask_next(&a, &more, e);
        if (rc == RC_OK && more) rc = add_primary(&a, t, e);
    }
    ask_close(&a);
    return rc;
}

SQLRETURN api_primary_keys(struct stmt *s, struct sv catalog, struct sv schema, struct sv table) {
    struct err e = ERR_INIT;
    struct catalog_args args;
    struct memtable t;
    if (sv_is_null(table)) return diag_fail(&s->h, ST_NULL_POINTER, "the table name is a NULL pointer");
    SQLRETURN ret = catalog_begin(s);
    if (SQL_SUCCEEDED(ret)) ret = catalog_read_args(s, &args, "ooo", catalog, schema, table, SV_NULL);
    if (!SQL_SUCCEEDED(ret)) return ret;
    memtable_init(&t, CATALOG_COLS(PRIMARY));
    enum rc rc = fill_primary(s, &args, &t, &e);
    ret = catalog_finish(s, rc, &e, &t, PRIMARY_ORDER);
    catalog_args_fini(&args);
    return ret;
}

/* ---- foreign keys ------------------------------------------------------------------------------------------------------- */

static bool fits(const struct match *m, struct sv name) { return m->kind != MATCH_EXACT || sv_ieq(m->text, name); }

static enum rc add_foreign(struct ask *a, const struct catalog_args *pk, struct memtable *t, struct err *e) {
    static const struct { int col; const char *names; } TEXTS[] = {
    { F_PK_CAT, "parentCatalogName" }, { F_PK_SCHEM, "parentNamespace" }, { F_PK_TABLE, "parentTableName" },
    { F_PK_COLUMN, "parentColName" }, { F_FK_CAT, "catalogName" }, { F_FK_SCHEM, "namespace" },
    { F_FK_TABLE, "tableName" }, { F_FK_COLUMN, "col_name|columnName" }, { F_FK_NAME, "constraintName" },
    };
    bool wanted = fits(&pk->catalog, ask_text(a, ask_column(a, "parentCatalogName"))) &&
                  fits(&pk->schema, ask_text(a, ask_column(a, "parentNamespace"))) &&
                  fits(&pk->table, ask_text(a, ask_column(a, "parentTableName")));
    if (!wanted) return RC_OK;
    if (memtable_row(t, e)) return RC_ERR;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        if (memtable_text(t, TEXTS[i].col, ask_text(a, ask_column(a, TEXTS[i].names)), e)) return RC_ERR;
    memtable_int(t, F_SEQ, ask_number(a, ask_column(a, "keySeq"), 1));
    memtable_int(t, F_UPDATE, ask_number(a, ask_column(a, "updateRule"), SQL_NO_ACTION));
    memtable_int(t, F_DELETE, ask_number(a, ask_column(a, "deleteRule"), SQL_NO_ACTION));
    memtable_int(t, F_DEFERRABILITY, ask_number(a, ask_column(a, "deferrability"), SQL_NOT_DEFERRABLE));
    return RC_OK;
}

/* The server tells a table's own foreign keys; it cannot be asked who refers to a table, which is an empty set. */
static enum rc fill_foreign(struct stmt *s, struct catalog_args *pk, struct catalog_args *fk, struct memtable *t,
                            struct err *e) {
    struct ask a = { .stmt = NULL };
    if (fk->table.kind != MATCH_EXACT || !s->dbc->options.keys) return RC_OK;
    enum rc rc = complete(s, fk, e);
    if (rc == RC_OK && has_no_keys(s, &fk->catalog)) return RC_OK;
    if (rc == RC_OK) rc = ask_keys(s, "SHOW FOREIGN KEYS", fk, &a, e);
    for (bool more = true; rc == RC_OK && more;) {
        rc = ask_next(&a, &more, e);
        if (rc == RC_OK && more) rc = add_foreign(&a, pk, t, e);
    }
    ask_close(&a);
    return rc;
}

/* With SQL_ATTR_METADATA_ID on, the names of the table that is not asked about may be absent all the same. */
static SQLRETURN read_side(struct stmt *s, struct catalog_args *args, struct sv catalog, struct sv schema,
                           struct sv table) {
    if (!sv_is_null(table)) return catalog_read_args(s, args, "ooo", catalog, schema, table, SV_NULL);
    *args = (struct catalog_args){ .arena = ARENA_INIT };
    return SQL_SUCCESS;
}

SQLRETURN api_foreign_keys(struct stmt *s, struct sv pk_catalog, struct sv pk_schema, struct sv pk_table,
                           struct sv fk_catalog, struct sv fk_schema, struct sv fk_table) {
    struct err e = ERR_INIT;
    struct catalog_args pk, fk;
    struct memtable t;
    if (pk_table.len == 0) pk_table = SV_NULL;
    if (fk_table.len == 0) fk_table = SV_NULL;
    if (sv_is_null(pk_table) && sv_is_null(fk_table))
        return diag_fail(&s->h, ST_NULL_POINTER, "one of the two tables must be named");
    SQLRETURN ret = catalog_begin(s);
    if (SQL_SUCCEEDED(ret)) ret = read_side(s, &pk, pk_catalog, pk_schema, pk_table);
    if (!SQL_SUCCEEDED(ret)) return ret;
    ret = read_side(s, &fk, fk_catalog, fk_schema, fk_table);
    if (SQL_SUCCEEDED(ret)) {
        memtable_init(&t, CATALOG_COLS(FOREIGN));
        enum rc rc = fill_foreign(s, &pk, &fk, &t, &e);
        ret = catalog_finish(s, rc, &e, &t, sv_is_null(fk_table) ? FOREIGN_BY_FK : FOREIGN_BY_PK);
        catalog_args_fini(&fk);
    }
    catalog_args_fini(&pk);
    return ret;
}
