/* privileges: SQLTablePrivileges and SQLColumnPrivileges. Unity Catalog grants on tables; what is granted on a table is
 * granted on each of its columns. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "infoschema.h"

/* ---- words -------------------------------------------------------------------------------------------------------------- */

/* What the server's privileges allow in the words of SQL, which programs look for; others are reported as they are:
 * "a data source–specific privilege". A DELETE is nothing that could be granted on a column. */
static const struct { const char *theirs, *odbc; bool of_columns; } WORDS[] = {
    { "SELECT", "SELECT", true },
    { "MODIFY", "INSERT", true }, { "MODIFY", "UPDATE", true }, { "MODIFY", "DELETE", false },
    { "ALL_PRIVILEGES", "SELECT", true }, { "ALL_PRIVILEGES", "INSERT", true }, { "ALL_PRIVILEGES", "UPDATE", true },
    { "ALL_PRIVILEGES", "DELETE", false },
};
enum { N_WORDS = sizeof WORDS / sizeof *WORDS };

/* "ALL PRIVILEGES" is spelled with a blank or with a low line. */
static bool is_word(struct sv theirs, const char *word) {
    struct sv w = sv_of(word);
    if (theirs.len != w.len) return false;
    for (size_t i = 0; i < w.len; i++) {
        char c = theirs.ptr[i] == ' ' ? '_' : theirs.ptr[i];
        if (!sv_ieq(sv_make(&c, 1), sv_make(w.ptr + i, 1))) return false;
    }
    return true;
}

/* ---- rows ---------------------------------------------------------------------------------------------------------------- */

struct layout { const struct catalog_copy *texts; size_t n_texts; int privilege; bool of_columns; };

static enum rc add_row(struct ask *a, const struct layout *l, struct sv privilege, struct memtable *t, struct err *e) {
    if (memtable_row(t, e) || catalog_copy_texts(a, l->texts, l->n_texts, t, e)) return RC_ERR;
    return memtable_text(t, l->privilege, privilege, e);
}

static enum rc add_words(struct ask *a, const struct layout *l, struct memtable *t, struct err *e) {
    struct sv theirs = ask_text(a, ask_column(a, "privilege_type"));
    bool known = false;
    for (int i = 0; i < N_WORDS; i++) {
        if (!is_word(theirs, WORDS[i].theirs)) continue;
        known = true;
        if (l->of_columns && !WORDS[i].of_columns) continue;
        if (add_row(a, l, sv_of(WORDS[i].odbc), t, e)) return RC_ERR;
    }
    return known ? RC_OK : add_row(a, l, theirs, t, e);
}

static bool is_wanted(struct ask *a, const struct catalog_query *q) {
    return match_name(&q->name[Q_CATALOG], ask_text(a, ask_column(a, "table_catalog"))) &&
           match_name(&q->name[Q_SCHEMA], ask_text(a, ask_column(a, "table_schema"))) &&
           match_name(&q->name[Q_TABLE], ask_text(a, ask_column(a, "table_name")));
}

/* The same privilege may come from the table, its schema and its catalog. */
static void drop_twins(struct catalog_query *q, struct memtable *t) {
    (void)q;
    memtable_unique(t);
}

/* ---- SQLTablePrivileges ------------------------------------------------------------------------------------------------- */

enum { P_CAT, P_SCHEM, P_TABLE, P_GRANTOR, P_GRANTEE, P_PRIVILEGE, P_GRANTABLE };

static const struct mem_col TABLE_PRIVILEGES[] = {
    COL_NAME("TABLE_CAT"), COL_NAME("TABLE_SCHEM"), COL_NAME_NN("TABLE_NAME"), COL_NAME("GRANTOR"),
    COL_NAME_NN("GRANTEE"), COL_NAME_NN("PRIVILEGE"), COL_YES_NO("IS_GRANTABLE"),
};
static const int TABLE_ORDER[] = { P_CAT, P_SCHEM, P_TABLE, P_PRIVILEGE, P_GRANTEE, P_GRANTOR, P_GRANTABLE, -1 };

static enum rc add_table(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const struct catalog_copy TEXTS[] = {
        { P_CAT, "table_catalog" }, { P_SCHEM, "table_schema" }, { P_TABLE, "table_name" }, { P_GRANTOR, "grantor" },
        { P_GRANTEE, "grantee" }, { P_GRANTABLE, "is_grantable" },
    };
    static const struct layout LAYOUT = { TEXTS, sizeof TEXTS / sizeof *TEXTS, P_PRIVILEGE, false };
    return is_wanted(a, q) ? add_words(a, &LAYOUT, t, e) : RC_OK;
}

static enum rc fill_tables(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf sql;
    if (catalog_matches_nothing(q, 3) || infoschema_is_missing(&q->name[Q_CATALOG])) return RC_OK;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SELECT p.grantor, p.grantee, p.table_catalog, p.table_schema, p.table_name, "
                          "p.privilege_type, p.is_grantable FROM ", e);
    if (rc == RC_OK) rc = infoschema_home(s, &q->name[Q_CATALOG], &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, ".table_privileges p WHERE 1 = 1", e);
    if (rc == RC_OK) rc = infoschema_and(&sql, "p.table_catalog", &q->name[Q_CATALOG], e);
    if (rc == RC_OK) rc = infoschema_and(&sql, "p.table_schema", &q->name[Q_SCHEMA], e);
    if (rc == RC_OK) rc = infoschema_and(&sql, "p.table_name", &q->name[Q_TABLE], e);
    if (rc == RC_OK) rc = catalog_ask_if_there(s, buf_sv(&sql), add_table, q, t, e);
    buf_fini(&sql);
    return rc;
}

SQLRETURN api_table_privileges(struct stmt *s, struct sv catalog, struct sv schema, struct sv table) {
    static const struct catalog_fn FN = { "table privileges", "opp", CATALOG_COLS(TABLE_PRIVILEGES), TABLE_ORDER,
                                          fill_tables, drop_twins, 0 };
    struct catalog_query q = { .given = { catalog, schema, table } };
    return catalog_run(s, &FN, &q);
}

/* ---- SQLColumnPrivileges ------------------------------------------------------------------------------------------------ */

enum { C_CAT, C_SCHEM, C_TABLE, C_COLUMN, C_GRANTOR, C_GRANTEE, C_PRIVILEGE, C_GRANTABLE };

static const struct mem_col COLUMN_PRIVILEGES[] = {
    COL_NAME("TABLE_CAT"), COL_NAME("TABLE_SCHEM"), COL_NAME_NN("TABLE_NAME"), COL_NAME_NN("COLUMN_NAME"),
    COL_NAME("GRANTOR"), COL_NAME_NN("GRANTEE"), COL_NAME_NN("PRIVILEGE"), COL_YES_NO("IS_GRANTABLE"),
};
static const int COLUMN_ORDER[] = { C_CAT, C_SCHEM, C_TABLE, C_COLUMN, C_PRIVILEGE, C_GRANTEE, C_GRANTOR, C_GRANTABLE, -1 };

/* A name that is not given is the current one, which the query has seen to. */
static bool fits(const struct match *m, struct sv name) { return m->kind != MATCH_EXACT || sv_ieq(m->text, name); }

static enum rc add_column(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const struct catalog_copy TEXTS[] = {
        { C_CAT, "table_catalog" }, { C_SCHEM, "table_schema" }, { C_TABLE, "table_name" }, { C_COLUMN, "column_name" },
        { C_GRANTOR, "grantor" }, { C_GRANTEE, "grantee" }, { C_GRANTABLE, "is_grantable" },
    };
    static const struct layout LAYOUT = { TEXTS, sizeof TEXTS / sizeof *TEXTS, C_PRIVILEGE, true };
    bool wanted = fits(&q->name[Q_TABLE], ask_text(a, ask_column(a, "table_name"))) &&
                  match_name(&q->name[Q_COLUMN], ask_text(a, ask_column(a, "column_name")));
    return wanted ? add_words(a, &LAYOUT, t, e) : RC_OK;
}

static enum rc add_conditions(const struct catalog_query *q, struct buf *sql, struct err *e) {
    enum rc rc = infoschema_and_current(sql, "p.table_catalog", &q->name[Q_CATALOG], "current_catalog()", e);
    if (rc == RC_OK) rc = infoschema_and_current(sql, "p.table_schema", &q->name[Q_SCHEMA], "current_schema()", e);
    if (rc == RC_OK) rc = infoschema_and(sql, "p.table_name", &q->name[Q_TABLE], e);
    return rc == RC_OK ? infoschema_and(sql, "c.column_name", &q->name[Q_COLUMN], e) : rc;
}

static enum rc fill_columns(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf sql, home;
    if (catalog_matches_nothing(q, 4) || infoschema_is_missing(&q->name[Q_CATALOG])) return RC_OK;
    buf_init(&sql, CATALOG_MAX_SQL);
    buf_init(&home, CATALOG_MAX_SQL);
    enum rc rc = infoschema_home_current(&q->name[Q_CATALOG], &home, e);
    if (rc == RC_OK)
        rc = buf_addf(&sql, e, "SELECT p.grantor, p.grantee, p.table_catalog, p.table_schema, p.table_name, "
                      "c.column_name, p.privilege_type, p.is_grantable FROM %s.table_privileges p JOIN %s.columns c ON "
                      "c.table_catalog = p.table_catalog AND c.table_schema = p.table_schema AND "
                      "c.table_name = p.table_name WHERE 1 = 1", home.ptr, home.ptr);
    if (rc == RC_OK) rc = add_conditions(q, &sql, e);
    if (rc == RC_OK) rc = catalog_ask_if_there(s, buf_sv(&sql), add_column, q, t, e);
    buf_fini(&home);
    buf_fini(&sql);
    return rc;
}

SQLRETURN api_column_privileges(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv column) {
    static const struct catalog_fn FN = { "column privileges", "ccop", CATALOG_COLS(COLUMN_PRIVILEGES), COLUMN_ORDER,
                                          fill_columns, drop_twins, 0 };
    struct catalog_query q = { .given = { catalog, schema, table, column } };
    if (sv_is_null(table)) return diag_fail(&s->h, ST_NULL_POINTER, "the table name is a NULL pointer");
    return catalog_run(s, &FN, &q);
}
