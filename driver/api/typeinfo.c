/* typeinfo: SQLGetTypeInfo: what can stand in CREATE TABLE, per SQL data type, in the order of DATA_TYPE and, within one,
 * of closeness. Sizes and names come from typefacts, as for SQLColumns and SQLDescribeCol. */
#include "api.h"
#include "catalog.h"
#include "driver/handle/dbc.h"
#include "driver/handle/diag.h"
#include "driver/handle/env.h"
#include "driver/handle/stmt.h"
#include "exec.h"
#include "typefacts.h"

enum {
    I_NAME, I_TYPE, I_SIZE, I_PREFIX, I_SUFFIX, I_PARAMS, I_NULLABLE, I_CASE, I_SEARCHABLE, I_UNSIGNED, I_FIXED, I_AUTO,
    I_LOCAL, I_MIN_SCALE, I_MAX_SCALE, I_SQL_TYPE, I_SUB, I_RADIX, I_INTERVAL
};

static const struct mem_col COLS[] = {
    { "TYPE_NAME", MEM_TEXT, 128, true }, { "DATA_TYPE", MEM_SMALLINT, 0, true },
    { "COLUMN_SIZE", MEM_INTEGER, 0, false },
    { "LITERAL_PREFIX", MEM_TEXT, 128, false }, { "LITERAL_SUFFIX", MEM_TEXT, 128, false },
    { "CREATE_PARAMS", MEM_TEXT, 128, false }, { "NULLABLE", MEM_SMALLINT, 0, true },
    { "CASE_SENSITIVE", MEM_SMALLINT, 0, true }, { "SEARCHABLE", MEM_SMALLINT, 0, true },
    { "UNSIGNED_ATTRIBUTE", MEM_SMALLINT, 0, false }, { "FIXED_PREC_SCALE", MEM_SMALLINT, 0, true },
    { "AUTO_UNIQUE_VALUE", MEM_SMALLINT, 0, false }, { "LOCAL_TYPE_NAME", MEM_TEXT, 128, false },
    { "MINIMUM_SCALE", MEM_SMALLINT, 0, false }, { "MAXIMUM_SCALE", MEM_SMALLINT, 0, false },
    { "SQL_DATA_TYPE", MEM_SMALLINT, 0, true }, { "SQL_DATETIME_SUB", MEM_SMALLINT, 0, false },
    { "NUM_PREC_RADIX", MEM_INTEGER, 0, false }, { "INTERVAL_PRECISION", MEM_SMALLINT, 0, false },
};

/* By DATA_TYPE; rows of one type stay in the order of the list, which is that of closeness. */
static const int ORDER[] = { I_TYPE, -1 };

/* One row: the type it is reported under, and the type of ours behind it. Programs decide by the size of a text type
 * whether a value must be sent in pieces, so it is never small here. */
static const struct offer { SQLSMALLINT odbc; enum dbx_type type; const char *params; } OFFERS[] = {
    { SQL_WLONGVARCHAR, DBX_STRING, NULL },
    { SQL_WVARCHAR, DBX_STRING, NULL }, { SQL_WVARCHAR, DBX_VARCHAR, "max length" },
    { SQL_WVARCHAR, DBX_INTERVAL, NULL }, { SQL_WVARCHAR, DBX_ARRAY, NULL }, { SQL_WVARCHAR, DBX_MAP, NULL },
    { SQL_WVARCHAR, DBX_STRUCT, NULL }, { SQL_WVARCHAR, DBX_VARIANT, NULL }, { SQL_WVARCHAR, DBX_GEOMETRY, NULL },
    { SQL_WVARCHAR, DBX_GEOGRAPHY, NULL }, { SQL_WVARCHAR, DBX_UDT, NULL }, { SQL_WVARCHAR, DBX_VOID, NULL },
    { SQL_WCHAR, DBX_CHAR, "length" },
    { SQL_BIT, DBX_BOOLEAN, NULL }, { SQL_TINYINT, DBX_TINYINT, NULL }, { SQL_BIGINT, DBX_BIGINT, NULL },
    { SQL_LONGVARBINARY, DBX_BINARY, NULL }, { SQL_VARBINARY, DBX_BINARY, NULL }, { SQL_BINARY, DBX_BINARY, NULL },
    { SQL_LONGVARCHAR, DBX_STRING, NULL }, { SQL_CHAR, DBX_CHAR, "length" },
    { SQL_NUMERIC, DBX_DECIMAL, "precision,scale" }, { SQL_DECIMAL, DBX_DECIMAL, "precision,scale" },
    { SQL_INTEGER, DBX_INT, NULL }, { SQL_SMALLINT, DBX_SMALLINT, NULL }, { SQL_FLOAT, DBX_DOUBLE, NULL },
    { SQL_REAL, DBX_FLOAT, NULL }, { SQL_DOUBLE, DBX_DOUBLE, NULL },
    { SQL_VARCHAR, DBX_STRING, NULL }, { SQL_VARCHAR, DBX_VARCHAR, "max length" },
    { SQL_VARCHAR, DBX_INTERVAL, NULL }, { SQL_VARCHAR, DBX_ARRAY, NULL }, { SQL_VARCHAR, DBX_MAP, NULL },
    { SQL_VARCHAR, DBX_STRUCT, NULL }, { SQL_VARCHAR, DBX_VARIANT, NULL }, { SQL_VARCHAR, DBX_GEOMETRY, NULL },
    { SQL_VARCHAR, DBX_GEOGRAPHY, NULL }, { SQL_VARCHAR, DBX_UDT, NULL }, { SQL_VARCHAR, DBX_VOID, NULL },
    { SQL_TYPE_DATE, DBX_DATE, NULL },
    { SQL_TYPE_TIME, DBX_TIME, NULL },
    { SQL_TYPE_TIMESTAMP, DBX_TIMESTAMP, NULL }, { SQL_TYPE_TIMESTAMP, DBX_TIMESTAMP_NTZ, NULL },
};

enum { MAX_DECIMAL = 38 };

/* With StringAsLong the types that are only text to us have the code that columns of theirs are described with. */
static SQLSMALLINT code_of(const struct stmt *s, const struct offer *o) {
    bool only_text = o->type > DBX_INTERVAL;
    if (!s->dbc->options.long_strings || !only_text) return o->odbc;
    return o->odbc == SQL_WVARCHAR ? SQL_WLONGVARCHAR : SQL_LONGVARCHAR;
}

static void describe(const struct stmt *s, const struct offer *o, struct type_facts *f) {
    struct type_spec spec = { .type = o->type, .precision = o->type == DBX_DECIMAL ? MAX_DECIMAL : 0 };
    type_describe(&spec, &s->dbc->options, f);
    f->concise = type_for_version(code_of(s, o), s->dbc->env->odbc_version);
    if (f->is_text && o->type != DBX_INTERVAL && f->size < TYPE_LEAST_LONG) f->size = TYPE_LEAST_LONG;
    if (!f->sub) f->verbose = f->concise;
}

static enum rc add_texts(struct memtable *t, const struct offer *o, const struct type_facts *f, struct err *e) {
    if (memtable_text(t, I_NAME, sv_of(f->name), e)) return RC_ERR;
    if (f->prefix[0] && memtable_text(t, I_PREFIX, sv_of(f->prefix), e)) return RC_ERR;
    if (f->suffix[0] && memtable_text(t, I_SUFFIX, sv_of(f->suffix), e)) return RC_ERR;
    if (memtable_text(t, I_PARAMS, sv_of(o->params), e)) return RC_ERR;
    return memtable_text(t, I_LOCAL, sv_of(f->name), e);
}

static void add_numbers(struct memtable *t, const struct type_facts *f) {
    memtable_int(t, I_TYPE, f->concise);
    memtable_int(t, I_SIZE, (int64_t)f->size);
    memtable_int(t, I_NULLABLE, SQL_NULLABLE);
    memtable_int(t, I_CASE, f->case_sensitive ? SQL_TRUE : SQL_FALSE);
    memtable_int(t, I_SEARCHABLE, f->searchable);
    memtable_int(t, I_FIXED, SQL_FALSE);
    memtable_int(t, I_SQL_TYPE, f->verbose);
    if (f->sub) memtable_int(t, I_SUB, f->sub);
    if (!f->radix) return;
    memtable_int(t, I_UNSIGNED, SQL_FALSE);
    memtable_int(t, I_AUTO, SQL_FALSE);
    memtable_int(t, I_RADIX, f->radix);
}

static void add_scales(struct memtable *t, const struct offer *o, const struct type_facts *f) {
    if (!f->has_digits) return;
    bool varies = o->type == DBX_DECIMAL;
    memtable_int(t, I_MIN_SCALE, varies ? 0 : f->sub ? 0 : f->digits);
    memtable_int(t, I_MAX_SCALE, varies ? MAX_DECIMAL : f->digits);
}

static enum rc add_offer(struct stmt *s, const struct offer *o, struct memtable *t, struct err *e) {
    struct type_facts f;
    describe(s, o, &f);
    if (memtable_row(t, e) || add_texts(t, o, &f, e)) return RC_ERR;
    add_numbers(t, &f);
    add_scales(t, o, &f);
    return RC_OK;
}

static bool is_sql_type(SQLSMALLINT type) {
    return type == SQL_ALL_TYPES || (type >= SQL_CHAR && type <= SQL_VARCHAR) ||
           (type >= SQL_TYPE_DATE && type <= SQL_TYPE_TIMESTAMP) ||
           (type >= SQL_INTERVAL_YEAR && type <= SQL_INTERVAL_MINUTE_TO_SECOND) ||
           (type >= SQL_GUID && type <= SQL_LONGVARCHAR);
}

static SQLSMALLINT modern(SQLSMALLINT type) {
    switch (type) {
    case SQL_DATE: return SQL_TYPE_DATE;
    case SQL_TIME: return SQL_TYPE_TIME;
    case SQL_TIMESTAMP: return SQL_TYPE_TIMESTAMP;
    default: return type;
    }
}

SQLRETURN api_get_type_info(struct stmt *s, SQLSMALLINT type) {
    struct err e = ERR_INIT;
    struct memtable t;
    if (!is_sql_type(type)) return diag_fail(&s->h, ST_SQL_TYPE, "%d is no SQL data type", type);
    SQLRETURN ret = exec_begin(s);
    if (!SQL_SUCCEEDED(ret)) return ret;
    memtable_init(&t, CATALOG_COLS(COLS));
    enum rc rc = RC_OK;
    for (size_t i = 0; i < sizeof OFFERS / sizeof *OFFERS && rc == RC_OK; i++)
        if (type == SQL_ALL_TYPES || code_of(s, &OFFERS[i]) == modern(type)) rc = add_offer(s, &OFFERS[i], &t, &e);
    memtable_sort(&t, ORDER);
    ret = rc == RC_OK ? memtable_open(&t, s) : diag_err(&s->h, &e);
    memtable_fini(&t);
    return ret;
}
