/* routines: SQLProcedures and SQLProcedureColumns: Unity Catalog's functions and procedures. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "infoschema.h"
#include "typecells.h"

static enum rc add_conditions(struct buf *sql, const struct catalog_query *q, struct err *e) {
    if (infoschema_and(sql, "r.routine_catalog", &q->name[Q_CATALOG], e)) return RC_ERR;
    if (infoschema_and(sql, "r.routine_schema", &q->name[Q_SCHEMA], e)) return RC_ERR;
    return infoschema_and(sql, "r.routine_name", &q->name[Q_TABLE], e);
}

static bool is_wanted(struct ask *a, const struct catalog_query *q) {
    return match_name(&q->name[Q_CATALOG], ask_text(a, ask_column(a, "routine_catalog"))) &&
           match_name(&q->name[Q_SCHEMA], ask_text(a, ask_column(a, "routine_schema"))) &&
           match_name(&q->name[Q_TABLE], ask_text(a, ask_column(a, "routine_name")));
}

/* ---- SQLProcedures ----------------------------------------------------------------------------------------------------- */

enum { R_CAT, R_SCHEM, R_NAME, R_INPUTS, R_OUTPUTS, R_RESULTS, R_REMARKS, R_TYPE };

static const struct mem_col PROCEDURES[] = {
    COL_NAME("PROCEDURE_CAT"), COL_NAME("PROCEDURE_SCHEM"), COL_NAME_NN("PROCEDURE_NAME"), COL_INT("NUM_INPUT_PARAMS"),
    COL_INT("NUM_OUTPUT_PARAMS"), COL_INT("NUM_RESULT_SETS"), COL_TEXT("REMARKS"), COL_SHORT("PROCEDURE_TYPE"),
};
static const int PROCEDURES_ORDER[] = { R_CAT, R_SCHEM, R_NAME, -1 };

static int64_t kind_of(struct sv type) {
    if (sv_ieq(type, SV_LIT("FUNCTION"))) return SQL_PT_FUNCTION;
    return sv_ieq(type, SV_LIT("PROCEDURE")) ? SQL_PT_PROCEDURE : SQL_PT_UNKNOWN;
}

/* The three counts are "reserved for future use" in the manual, and stay NULL. */
static enum rc add_procedure(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const struct catalog_copy TEXTS[] = {
        { R_CAT, "routine_catalog" }, { R_SCHEM, "routine_schema" }, { R_NAME, "routine_name" },
        { R_REMARKS, "comment" },
    };
    if (!is_wanted(a, q)) return RC_OK;
    if (memtable_row(t, e) || catalog_copy_texts(a, TEXTS, sizeof TEXTS / sizeof *TEXTS, t, e)) return RC_ERR;
    memtable_int(t, R_TYPE, kind_of(ask_text(a, ask_column(a, "routine_type"))));
    return RC_OK;
}

static enum rc fill_procedures(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf sql;
    if (catalog_matches_nothing(q, 3) || infoschema_is_missing(&q->name[Q_CATALOG])) return RC_OK;
    buf_init(&sql, CATALOG_MAX_SQL);
    enum rc rc = buf_adds(&sql, "SELECT r.routine_catalog, r.routine_schema, r.routine_name, r.routine_type, r.comment "
                          "FROM ", e);
    if (rc == RC_OK) rc = infoschema_home(s, &q->name[Q_CATALOG], &sql, e);
    if (rc == RC_OK) rc = buf_adds(&sql, ".routines r WHERE 1 = 1", e);
    if (rc == RC_OK) rc = add_conditions(&sql, q, e);
    if (rc == RC_OK) rc = catalog_ask_if_there(s, buf_sv(&sql), add_procedure, q, t, e);
    buf_fini(&sql);
    return rc;
}

SQLRETURN api_procedures(struct stmt *s, struct sv catalog, struct sv schema, struct sv procedure) {
    static const struct catalog_fn FN = { "procedures", "opp", CATALOG_COLS(PROCEDURES), PROCEDURES_ORDER,
                                          fill_procedures, NULL, 0 };
    struct catalog_query q = { .given = { catalog, schema, procedure } };
    return catalog_run(s, &FN, &q);
}

/* ---- SQLProcedureColumns ------------------------------------------------------------------------------------------------- */

enum {
    C_CAT, C_SCHEM, C_PROC, C_NAME, C_KIND, C_DATA_TYPE, C_TYPE_NAME, C_SIZE, C_BUFFER, C_DIGITS, C_RADIX, C_NULLABLE,
    C_REMARKS, C_DEF, C_SQL_TYPE, C_SUB, C_OCTETS, C_ORDINAL, C_IS_NULLABLE
};

static const struct mem_col COLUMNS[] = {
    COL_NAME("PROCEDURE_CAT"), COL_NAME("PROCEDURE_SCHEM"), COL_NAME_NN("PROCEDURE_NAME"), COL_NAME_NN("COLUMN_NAME"),
    COL_SHORT_NN("COLUMN_TYPE"), COL_SHORT_NN("DATA_TYPE"), COL_NAME_NN("TYPE_NAME"), COL_INT("COLUMN_SIZE"),
    COL_INT("BUFFER_LENGTH"), COL_SHORT("DECIMAL_DIGITS"), COL_SHORT("NUM_PREC_RADIX"), COL_SHORT_NN("NULLABLE"),
    COL_TEXT("REMARKS"), COL_TEXT("COLUMN_DEF"), COL_SHORT_NN("SQL_DATA_TYPE"), COL_SHORT("SQL_DATETIME_SUB"),
    COL_INT("CHAR_OCTET_LENGTH"), COL_INT_NN("ORDINAL_POSITION"), COL_YES_NO("IS_NULLABLE"),
};
static const int COLUMNS_ORDER[] = { C_CAT, C_SCHEM, C_PROC, C_KIND, C_ORDINAL, -1 };
static const struct typecells TYPE = { C_DATA_TYPE, C_TYPE_NAME, C_SIZE, C_BUFFER, C_DIGITS, C_RADIX, C_SQL_TYPE, C_SUB,
                                       C_OCTETS };

static int64_t role_of(struct sv mode) {
    static const struct { const char *mode; int64_t kind; } ROLES[] = {
        { "RETURN", SQL_RETURN_VALUE }, { "RESULT", SQL_RESULT_COL }, { "INOUT", SQL_PARAM_INPUT_OUTPUT },
        { "OUT", SQL_PARAM_OUTPUT },
    };
    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++)
        if (sv_ieq(mode, sv_of(ROLES[i].mode))) return ROLES[i].kind;
    return SQL_PARAM_INPUT;
}

/* "The driver returns an empty string for a procedure column that does not have a name." */
static enum rc add_column(struct ask *a, struct catalog_query *q, struct memtable *t, struct err *e) {
    static const struct catalog_copy TEXTS[] = {
        { C_CAT, "routine_catalog" }, { C_SCHEM, "routine_schema" }, { C_PROC, "routine_name" },
        { C_REMARKS, "comment" }, { C_DEF, "parameter_default" },
    };
    struct sv name = ask_text(a, ask_column(a, "parameter_name"));
    if (sv_is_null(name)) name = SV_LIT("");
    if (!is_wanted(a, q)) return RC_OK;
    if (memtable_row(t, e) || catalog_copy_texts(a, TEXTS, sizeof TEXTS / sizeof *TEXTS, t, e) ||
        memtable_text(t, C_NAME, name, e) || memtable_text(t, C_IS_NULLABLE, SV_LIT("YES"), e))
        return RC_ERR;
    memtable_int(t, C_KIND, role_of(ask_text(a, ask_column(a, "parameter_mode"))));
    memtable_int(t, C_NULLABLE, SQL_NULLABLE);
    memtable_int(t, C_ORDINAL, ask_number(a, ask_column(a, "ordinal_position"), 0));
    return typecells_set(a->stmt, t, &TYPE, ask_text(a, ask_column(a, "full_data_type")), e);
}

/* Parameters, the value that a function returns, and the columns of a table function, in one query. %s: home. */
static const char *const PARTS[] = {
    "SELECT r.routine_catalog, r.routine_schema, r.routine_name, c.parameter_name, c.parameter_mode, "
    "c.ordinal_position, c.full_data_type, c.parameter_default, c.comment FROM %s.parameters c JOIN %s.routines r ON "
    "c.specific_catalog = r.specific_catalog AND c.specific_schema = r.specific_schema AND "
    "c.specific_name = r.specific_name WHERE 1 = 1",
    " UNION ALL SELECT r.routine_catalog, r.routine_schema, r.routine_name, '', 'RETURN', 0, r.full_data_type, "
    "CAST(NULL AS STRING), CAST(NULL AS STRING) FROM %s.routines r WHERE r.routine_type = 'FUNCTION' AND "
    "r.data_type NOT IN ('TABLE', 'TABLE_TYPE')",
    " UNION ALL SELECT r.routine_catalog, r.routine_schema, r.routine_name, c.column_name, 'RESULT', "
    "c.ordinal_position, c.full_data_type, CAST(NULL AS STRING), c.comment FROM %s.routine_columns c JOIN %s.routines r "
    "ON c.specific_catalog = r.specific_catalog AND c.specific_schema = r.specific_schema AND "
    "c.specific_name = r.specific_name WHERE 1 = 1",
};

static enum rc add_part(struct buf *sql, const char *part, struct sv home, struct err *e) {
    struct sv rest = sv_of(part), piece = SV_NULL;
    while (sv_cut(rest, '%', &piece, &rest)) {
        if (buf_addsv(sql, piece, e) || buf_addsv(sql, home, e)) return RC_ERR;
        rest = sv_make(rest.ptr + 1, rest.len - 1);     /* the s */
    }
    return buf_addsv(sql, rest, e);
}

static enum rc fill_columns(struct stmt *s, struct catalog_query *q, struct memtable *t, struct err *e) {
    struct buf sql, home;
    if (catalog_matches_nothing(q, 3) || infoschema_is_missing(&q->name[Q_CATALOG])) return RC_OK;
    buf_init(&sql, CATALOG_MAX_SQL);
    buf_init(&home, CATALOG_MAX_SQL);
    enum rc rc = infoschema_home(s, &q->name[Q_CATALOG], &home, e);
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS && rc == RC_OK; i++) {
        rc = add_part(&sql, PARTS[i], buf_sv(&home), e);
        if (rc == RC_OK) rc = add_conditions(&sql, q, e);
    }
    if (rc == RC_OK) rc = catalog_ask_if_there(s, buf_sv(&sql), add_column, q, t, e);
    buf_fini(&home);
    buf_fini(&sql);
    return rc;
}

static bool has_wanted_name(const struct mem_row *row, void *arg) { return match_name(arg, row->cells[C_NAME].text); }

/* The server's first parameter has number 0 or 1; with ODBC that is the return value's, or the first one's. */
static void number_columns(struct catalog_query *q, struct memtable *t) {
    bool from_0 = false;
    for (size_t i = 0; i < t->n_rows; i++)
        from_0 |= t->rows[i].cells[C_KIND].number != SQL_RETURN_VALUE && t->rows[i].cells[C_ORDINAL].number == 0;
    for (size_t i = 0; i < t->n_rows && from_0; i++)
        if (t->rows[i].cells[C_KIND].number != SQL_RETURN_VALUE) t->rows[i].cells[C_ORDINAL].number++;
    if (q->name[Q_COLUMN].kind != MATCH_ALL) memtable_filter(t, has_wanted_name, &q->name[Q_COLUMN]);
}

SQLRETURN api_procedure_columns(struct stmt *s, struct sv catalog, struct sv schema, struct sv procedure,
                                struct sv column) {
    static const struct catalog_fn FN = { "procedure columns", "oppp", CATALOG_COLS(COLUMNS), COLUMNS_ORDER,
                                          fill_columns, number_columns, 0 };
    struct catalog_query q = { .given = { catalog, schema, procedure, column } };
    return catalog_run(s, &FN, &q);
}
