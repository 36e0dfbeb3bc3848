/* columnlist: SQLColumns. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/stmt.h"
#include "typefacts.h"

enum {
    C_CAT, C_SCHEM, C_TABLE, C_NAME, C_DATA_TYPE, C_TYPE_NAME, C_SIZE, C_BUFFER, C_DIGITS, C_RADIX, C_NULLABLE,
    C_REMARKS,
    C_DEF, C_SQL_TYPE, C_SUB, C_OCTETS, C_ORDINAL, C_IS_NULLABLE
};

static const struct mem_col COLUMNS[] = {
    { "TABLE_CAT", MEM_TEXT, 255, false }, { "TABLE_SCHEM", MEM_TEXT, 255, false },
    { "TABLE_NAME", MEM_TEXT, 255, true },
    { "COLUMN_NAME", MEM_TEXT, 255, true }, { "DATA_TYPE", MEM_SMALLINT, 0, true },
    { "TYPE_NAME", MEM_TEXT, 255, true },
    { "COLUMN_SIZE", MEM_INTEGER, 0, false }, { "BUFFER_LENGTH", MEM_INTEGER, 0, false },
    { "DECIMAL_DIGITS", MEM_SMALLINT, 0, false }, { "NUM_PREC_RADIX", MEM_SMALLINT, 0, false },
    { "NULLABLE", MEM_SMALLINT, 0, true }, { "REMARKS", MEM_TEXT, 4096, false },
    { "COLUMN_DEF", MEM_TEXT, 4096, false },
    { "SQL_DATA_TYPE", MEM_SMALLINT, 0, true }, { "SQL_DATETIME_SUB", MEM_SMALLINT, 0, false },
    { "CHAR_OCTET_LENGTH", MEM_INTEGER, 0, false }, { "ORDINAL_POSITION", MEM_INTEGER, 0, true },
    { "IS_NULLABLE", MEM_TEXT, 3, false },
};
static const int ORDER[] = { C_CAT, C_SCHEM, C_TABLE, C_ORDINAL, -1 };

enum { MAX_SHOW = 1 << 16, MAX_KEY = 4096 };

struct listing {
    struct catalog_args *args;
    struct sv fixed_catalog;
    int cat, schem, table, name, type, nullable, remarks;
    struct buf last;                /* catalog, schema and table of the row before */
    int ordinal;
};

/* ---- one row ------------------------------------------------------------------------------------------------------------ */

static void set_type(struct stmt *s, struct memtable *t, struct sv type_text) {
    struct type_facts f;
    struct type_spec spec = type_parse(type_text);
    type_describe(&spec, &s->dbc->options, &f);
    memtable_int(t, C_DATA_TYPE, f.concise);
    memtable_int(t, C_SIZE, (int64_t)f.size);
    memtable_int(t, C_BUFFER, f.buffer);
    if (f.has_digits) memtable_int(t, C_DIGITS, f.digits);
    if (f.radix) memtable_int(t, C_RADIX, f.radix);
    memtable_int(t, C_SQL_TYPE, f.verbose);
    if (f.sub) memtable_int(t, C_SUB, f.sub);
    if (f.is_text || f.is_binary) memtable_int(t, C_OCTETS, f.octets);
}

/* Nested types keep their full spelling, which says what is in them; all others the base name, as in SQLGetTypeInfo. */
static struct sv name_of_type(struct sv type_text) {
    struct type_spec spec = type_parse(type_text);
    struct type_facts f;
    static const struct options NONE = { .string_length = 1 };
    if (spec.type == DBX_ARRAY || spec.type == DBX_MAP || spec.type == DBX_STRUCT) return type_text;
    type_describe(&spec, &NONE, &f);
    return sv_of(f.name);
}

static bool says_no(struct sv text) { return sv_ieq(text, SV_LIT("false")) || sv_ieq(text, SV_LIT("no")); }

static enum rc set_texts(struct ask *a, const struct listing *l, struct memtable *t, struct sv cat, bool nullable,
                         struct err *e) {
    struct sv type = ask_text(a, l->type);
    if (memtable_text(t, C_CAT, cat, e) || memtable_text(t, C_SCHEM, ask_text(a, l->schem), e) ||
        memtable_text(t, C_TABLE, ask_text(a, l->table), e) || memtable_text(t, C_NAME, ask_text(a, l->name), e) ||
        memtable_text(t, C_TYPE_NAME, name_of_type(type), e) || memtable_text(t, C_REMARKS, ask_text(a, l->remarks), e))
        return RC_ERR;
    return memtable_text(t, C_IS_NULLABLE, nullable ? SV_LIT("YES") : SV_LIT("NO"), e);
}

/* Rows come in the order of columns, table by table; the server's own numbers start at 0 or 1, so we count. */
static enum rc count_ordinal(struct ask *a, struct listing *l, struct sv cat, struct err *e) {
    struct buf now;
    buf_init(&now, MAX_KEY);
    struct sv schem = ask_text(a, l->schem), table = ask_text(a, l->table);
    enum rc rc = buf_addf(&now, e, SV_FMT "\n" SV_FMT "\n" SV_FMT, SV_ARG(cat), SV_ARG(schem), SV_ARG(table));
    l->ordinal = rc == RC_OK && sv_eq(buf_sv(&now), buf_sv(&l->last)) ? l->ordinal + 1 : 1;
    buf_fini(&l->last);
    l->last = now;
    return rc;
}

static enum rc add_listed(struct ask *a, struct listing *l, struct memtable *t, struct err *e) {
    struct sv cat = ask_text(a, l->cat);
    if (sv_is_null(cat)) cat = l->fixed_catalog;
    if (count_ordinal(a, l, cat, e)) return RC_ERR;
    bool wanted = match_name(&l->args->catalog, cat) && match_name(&l->args->schema, ask_text(a, l->schem)) &&
                  match_name(&l->args->table, ask_text(a, l->table)) &&
                      match_name(&l->args->column, ask_text(a, l->name));
    if (!wanted) return RC_OK;
    bool nullable = !says_no(ask_text(a, l->nullable)) && ask_number(a, l->nullable, 1) != 0;
    if (memtable_row(t, e) || set_texts(a, l, t, cat, nullable, e)) return RC_ERR;
    set_type(a->stmt, t, ask_text(a, l->type));
    memtable_int(t, C_NULLABLE, nullable ? SQL_NULLABLE : SQL_NO_NULLS);
    memtable_int(t, C_ORDINAL, l->ordinal);
    return RC_OK;
}

/* ---- one SHOW ------------------------------------------------------------------------------------------------------------ */

static enum rc read_listing(struct ask *a, struct listing *l, struct memtable *t, struct err *e) {
    bool more = true;
    l->cat = ask_column(a, "catalogName|catalog");
    l->schem = ask_column(a, "namespace|databaseName|schemaName");
    l->table = ask_column(a, "tableName|table_name");
    l->name = ask_column(a, "col_name|columnName|column_name");
    l->type = ask_column(a, "columnType|data_type|type");
    l->nullable = ask_column(a, "isNullable|is_nullable");
    l->remarks = ask_column(a, "remarks|comment");
    if (l->table < 0 || l->name < 0 || l->type < 0)
        return err_set(e, ERR_PROTOCOL, "SHOW COLUMNS answered without tableName, col_name or columnType");
    while (more) {
        if (ask_next(a, &more, e)) return RC_ERR;
        if (more && add_listed(a, l, t, e)) return RC_ERR;
    }
    return RC_OK;
}

/* The column pattern stays here: ordinals are counted over all columns of a table. */
static enum rc show_columns(struct stmt *s, struct catalog_args *args, const struct match *scope, struct memtable *t,
                            struct err *e) {
    struct buf sql;
    struct ask a = { .stmt = NULL };
    struct listing l = { .args = args };
    if (scope->kind == MATCH_EXACT) l.fixed_catalog = scope->text;
    buf_init(&sql, MAX_SHOW);
    buf_init(&l.last, MAX_KEY);
    enum rc rc = buf_adds(&sql, "SHOW COLUMNS IN", e);
    if (rc == RC_OK) rc = catalog_add_scope(s, scope, &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("SCHEMA LIKE", &args->schema, &sql, e);
    if (rc == RC_OK) rc = catalog_add_like("TABLE LIKE", &args->table, &sql, e);
    if (rc == RC_OK) rc = ask_open(&a, s, buf_sv(&sql), e);
    if (rc == RC_OK) rc = read_listing(&a, &l, t, e);
    ask_close(&a);
    buf_fini(&l.last);
    buf_fini(&sql);
    return rc;
}

/* Where the server cannot be asked for all catalogs at once. */
static enum rc one_by_one(struct stmt *s, struct catalog_args *args, struct memtable *t, struct err *e) {
    struct sv *names = NULL;
    size_t n = 0;
    if (catalog_names(s, &args->arena, &names, &n, e)) return RC_ERR;
    for (size_t i = 0; i < n; i++) {
        struct match one = { MATCH_EXACT, names[i] };
        if (!match_name(&args->catalog, names[i])) continue;
        if (show_columns(s, args, &one, t, e) == RC_OK) continue;
        if (!catalog_may_be_skipped(e)) return RC_ERR;
        log_line(s->dbc->log, LOG_INFO, "catalog", "columns of a catalog left out: %s", e->text);
    }
    return RC_OK;
}

static enum rc fill(struct stmt *s, struct catalog_args *args, struct memtable *t, struct err *e) {
    bool all = args->catalog.kind == MATCH_ALL && s->dbc->options.multi_catalog;
    if (args->catalog.kind == MATCH_NONE || args->schema.kind == MATCH_NONE || args->table.kind == MATCH_NONE ||
        args->column.kind == MATCH_NONE)
        return RC_OK;
    if (all && atomic_load(&s->dbc->no_columns_of_all)) return one_by_one(s, args, t, e);
    if (show_columns(s, args, &args->catalog, t, e) == RC_OK) return RC_OK;
    if (!all || !diag_says_syntax(e)) return RC_ERR;
    atomic_store(&s->dbc->no_columns_of_all, true);
    return one_by_one(s, args, t, e);
}

SQLRETURN api_columns(struct stmt *s, struct sv catalog, struct sv schema, struct sv table, struct sv column) {
    struct err e = ERR_INIT;
    struct catalog_args args;
    struct memtable t;
    SQLRETURN ret = catalog_begin(s);
    if (SQL_SUCCEEDED(ret)) ret = catalog_read_args(s, &args, "oppp", catalog, schema, table, column);
    if (!SQL_SUCCEEDED(ret)) return ret;
    memtable_init(&t, CATALOG_COLS(COLUMNS));
    ret = catalog_finish(s, fill(s, &args, &t, &e), &e, &t, ORDER);
    catalog_args_fini(&args);
    return ret;
}
