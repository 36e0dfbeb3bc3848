/* Catalog functions: every column of every result, ordering, patterns, special forms. */
#include "rules.h"

static SQLCHAR keyed[] = "rules_keyed";
#define NO NULL, 0
#define KEYED keyed, SQL_NTS

typedef SQLRETURN catalog_fn(struct run *r);
#define CALL(name, expression) static SQLRETURN name(struct run *r) { return expression; }
CALL(tables, SQLTables(r->stmt, NO, NO, KEYED, NO))
CALL(columns, SQLColumns(r->stmt, NO, NO, KEYED, NO))
CALL(statistics, SQLStatistics(r->stmt, NO, NO, KEYED, SQL_INDEX_ALL, SQL_QUICK))
CALL(special, SQLSpecialColumns(r->stmt, SQL_BEST_ROWID, NO, NO, KEYED, SQL_SCOPE_CURROW, SQL_NULLABLE))
CALL(primary, SQLPrimaryKeys(r->stmt, NO, NO, KEYED))
CALL(foreign, SQLForeignKeys(r->stmt, NO, NO, KEYED, NO, NO, NO))
CALL(procedures, SQLProcedures(r->stmt, NO, NO, NO))
CALL(proc_columns, SQLProcedureColumns(r->stmt, NO, NO, NO, NO))
CALL(table_privileges, SQLTablePrivileges(r->stmt, NO, NO, KEYED))
CALL(column_privileges, SQLColumnPrivileges(r->stmt, NO, NO, KEYED, (SQLCHAR *)"%", SQL_NTS))
CALL(type_info, SQLGetTypeInfo(r->stmt, SQL_ALL_TYPES))

enum sort { TEXTUAL, SMALL, INTEGER };
struct column_line { struct row row; catalog_fn *call; SQLUSMALLINT number; const char *name; enum sort sort; };
#define COL(fn, title, number, name, sort) { { "catalog_" #fn "_" name, "SQL" title " / Comments", \
    "column " #number " is " name ", " #sort }, fn, number, name, sort }
#define TAB(n, name, sort) COL(tables, "Tables", n, name, sort)
#define CLM(n, name, sort) COL(columns, "Columns", n, name, sort)
#define STA(n, name, sort) COL(statistics, "Statistics", n, name, sort)
#define SPE(n, name, sort) COL(special, "SpecialColumns", n, name, sort)
#define PK(n, name, sort) COL(primary, "PrimaryKeys", n, name, sort)
#define FK(n, name, sort) COL(foreign, "ForeignKeys", n, name, sort)
#define PRO(n, name, sort) COL(procedures, "Procedures", n, name, sort)
#define PRC(n, name, sort) COL(proc_columns, "ProcedureColumns", n, name, sort)
#define TPR(n, name, sort) COL(table_privileges, "TablePrivileges", n, name, sort)
#define CPR(n, name, sort) COL(column_privileges, "ColumnPrivileges", n, name, sort)
#define TYP(n, name, sort) COL(type_info, "GetTypeInfo", n, name, sort)

static const struct column_line COLUMNS[] = {
    TAB(1, "TABLE_CAT", TEXTUAL), TAB(2, "TABLE_SCHEM", TEXTUAL), TAB(3, "TABLE_NAME", TEXTUAL),
    TAB(4, "TABLE_TYPE", TEXTUAL), TAB(5, "REMARKS", TEXTUAL),
    CLM(1, "TABLE_CAT", TEXTUAL), CLM(2, "TABLE_SCHEM", TEXTUAL), CLM(3, "TABLE_NAME", TEXTUAL), CLM(4, "COLUMN_NAME",
        TEXTUAL),
    CLM(5, "DATA_TYPE", SMALL), CLM(6, "TYPE_NAME", TEXTUAL), CLM(7, "COLUMN_SIZE", INTEGER), CLM(8, "BUFFER_LENGTH",
        INTEGER),
    CLM(9, "DECIMAL_DIGITS", SMALL), CLM(10, "NUM_PREC_RADIX", SMALL), CLM(11, "NULLABLE", SMALL), CLM(12, "REMARKS",
        TEXTUAL),
    CLM(13, "COLUMN_DEF", TEXTUAL), CLM(14, "SQL_DATA_TYPE", SMALL), CLM(15, "SQL_DATETIME_SUB", SMALL),
    CLM(16, "CHAR_OCTET_LENGTH", INTEGER), CLM(17, "ORDINAL_POSITION", INTEGER), CLM(18, "IS_NULLABLE", TEXTUAL),
    STA(1, "TABLE_CAT", TEXTUAL), STA(2, "TABLE_SCHEM", TEXTUAL), STA(3, "TABLE_NAME", TEXTUAL), STA(4, "NON_UNIQUE",
        SMALL),
    STA(5, "INDEX_QUALIFIER", TEXTUAL), STA(6, "INDEX_NAME", TEXTUAL), STA(7, "TYPE", SMALL), STA(8, "ORDINAL_POSITION",
        SMALL),
    STA(9, "COLUMN_NAME", TEXTUAL), STA(10, "ASC_OR_DESC", TEXTUAL), STA(11, "CARDINALITY", INTEGER), STA(12, "PAGES",
        INTEGER),
    STA(13, "FILTER_CONDITION", TEXTUAL),
    SPE(1, "SCOPE", SMALL), SPE(2, "COLUMN_NAME", TEXTUAL), SPE(3, "DATA_TYPE", SMALL), SPE(4, "TYPE_NAME", TEXTUAL),
    SPE(5, "COLUMN_SIZE", INTEGER), SPE(6, "BUFFER_LENGTH", INTEGER), SPE(7, "DECIMAL_DIGITS", SMALL), SPE(8,
        "PSEUDO_COLUMN", SMALL),
    PK(1, "TABLE_CAT", TEXTUAL), PK(2, "TABLE_SCHEM", TEXTUAL), PK(3, "TABLE_NAME", TEXTUAL), PK(4, "COLUMN_NAME",
        TEXTUAL),
    PK(5, "KEY_SEQ", SMALL), PK(6, "PK_NAME", TEXTUAL),
    FK(1, "PKTABLE_CAT", TEXTUAL), FK(2, "PKTABLE_SCHEM", TEXTUAL), FK(3, "PKTABLE_NAME", TEXTUAL), FK(4,
        "PKCOLUMN_NAME", TEXTUAL),
    FK(5, "FKTABLE_CAT", TEXTUAL), FK(6, "FKTABLE_SCHEM", TEXTUAL), FK(7, "FKTABLE_NAME", TEXTUAL), FK(8,
        "FKCOLUMN_NAME", TEXTUAL),
    FK(9, "KEY_SEQ", SMALL), FK(10, "UPDATE_RULE", SMALL), FK(11, "DELETE_RULE", SMALL), FK(12, "FK_NAME", TEXTUAL),
    FK(13, "PK_NAME", TEXTUAL), FK(14, "DEFERRABILITY", SMALL),
    PRO(1, "PROCEDURE_CAT", TEXTUAL), PRO(2, "PROCEDURE_SCHEM", TEXTUAL), PRO(3, "PROCEDURE_NAME", TEXTUAL),
    PRO(4, "NUM_INPUT_PARAMS", INTEGER), PRO(5, "NUM_OUTPUT_PARAMS", INTEGER), PRO(6, "NUM_RESULT_SETS", INTEGER),
    PRO(7, "REMARKS", TEXTUAL), PRO(8, "PROCEDURE_TYPE", SMALL),
    PRC(1, "PROCEDURE_CAT", TEXTUAL), PRC(2, "PROCEDURE_SCHEM", TEXTUAL), PRC(3, "PROCEDURE_NAME", TEXTUAL),
    PRC(4, "COLUMN_NAME", TEXTUAL), PRC(5, "COLUMN_TYPE", SMALL), PRC(6, "DATA_TYPE", SMALL), PRC(7, "TYPE_NAME",
        TEXTUAL),
    PRC(8, "COLUMN_SIZE", INTEGER), PRC(9, "BUFFER_LENGTH", INTEGER), PRC(10, "DECIMAL_DIGITS", SMALL),
    PRC(11, "NUM_PREC_RADIX", SMALL), PRC(12, "NULLABLE", SMALL), PRC(13, "REMARKS", TEXTUAL), PRC(14, "COLUMN_DEF",
        TEXTUAL),
    PRC(15, "SQL_DATA_TYPE", SMALL), PRC(16, "SQL_DATETIME_SUB", SMALL), PRC(17, "CHAR_OCTET_LENGTH", INTEGER),
    PRC(18, "ORDINAL_POSITION", INTEGER), PRC(19, "IS_NULLABLE", TEXTUAL),
    TPR(1, "TABLE_CAT", TEXTUAL), TPR(2, "TABLE_SCHEM", TEXTUAL), TPR(3, "TABLE_NAME", TEXTUAL), TPR(4, "GRANTOR",
        TEXTUAL),
    TPR(5, "GRANTEE", TEXTUAL), TPR(6, "PRIVILEGE", TEXTUAL), TPR(7, "IS_GRANTABLE", TEXTUAL),
    CPR(1, "TABLE_CAT", TEXTUAL), CPR(2, "TABLE_SCHEM", TEXTUAL), CPR(3, "TABLE_NAME", TEXTUAL), CPR(4, "COLUMN_NAME",
        TEXTUAL),
    CPR(5, "GRANTOR", TEXTUAL), CPR(6, "GRANTEE", TEXTUAL), CPR(7, "PRIVILEGE", TEXTUAL), CPR(8, "IS_GRANTABLE",
        TEXTUAL),
    TYP(1, "TYPE_NAME", TEXTUAL), TYP(2, "DATA_TYPE", SMALL), TYP(3, "COLUMN_SIZE", INTEGER), TYP(4, "LITERAL_PREFIX",
        TEXTUAL),
    TYP(5, "LITERAL_SUFFIX", TEXTUAL), TYP(6, "CREATE_PARAMS", TEXTUAL), TYP(7, "NULLABLE", SMALL), TYP(8,
        "CASE_SENSITIVE", SMALL),
    TYP(9, "SEARCHABLE", SMALL), TYP(10, "UNSIGNED_ATTRIBUTE", SMALL), TYP(11, "FIXED_PREC_SCALE", SMALL),
    TYP(12, "AUTO_UNIQUE_VALUE", SMALL), TYP(13, "LOCAL_TYPE_NAME", TEXTUAL), TYP(14, "MINIMUM_SCALE", SMALL),
    TYP(15, "MAXIMUM_SCALE", SMALL), TYP(16, "SQL_DATA_TYPE", SMALL), TYP(17, "SQL_DATETIME_SUB", SMALL),
    TYP(18, "NUM_PREC_RADIX", INTEGER), TYP(19, "INTERVAL_PRECISION", SMALL),
};

static void run_catalog(struct run *r, catalog_fn *call) {
    SQLRETURN rc = call(r);
    MAY(false, rc, "IM001 HYC00");
    judge(r, "S", rc, "the catalog function");
}
static void check_column(struct run *r, const void *arg) {
    const struct column_line *line = arg;
    SQLCHAR name[60] = "";
    SQLSMALLINT type = 0;
    run_catalog(r, line->call);
    OK(SQLDescribeCol(r->stmt, line->number, name, sizeof name, NULL, &type, NULL, NULL, NULL));
    TEXT(name, line->name);
    bool text = type == SQL_VARCHAR || type == SQL_WVARCHAR || type == SQL_CHAR || type == SQL_WCHAR ||
        type == SQL_LONGVARCHAR || type == SQL_WLONGVARCHAR;
    bool good = line->sort == TEXTUAL ? text : line->sort == SMALL ? type == SQL_SMALLINT : type == SQL_INTEGER ||
        type == SQL_BIGINT;
    MUST(good, "%s has type %d", line->name, type);
}
RULE_TABLE(COLUMNS, check_column)

static const char *cell(struct run *r, SQLUSMALLINT n) {
    static char text[6][300];
    static int turn;
    char *to = text[turn++ % 6];
    SQLLEN ind = 0;
    OKI(SQLGetData(r->stmt, n, SQL_C_CHAR, to, sizeof text[0], &ind));
    if (ind == SQL_NULL_DATA) strcpy(to, "<NULL>");
    return to;
}
static int rows_left(struct run *r) {
    int n = 0;
    while (SQL_SUCCEEDED(SQLFetch(r->stmt))) n++;
    return n;
}

/* ---- SQLTables ---- */

RULE(tables_finds_one, "SQLTables / Comments", "a table is found by its name, once, as TABLE") {
    OK(tables(r));
    OK(SQLFetch(r->stmt));
    TEXT(cell(r, 3), "rules_keyed");
    TEXT(cell(r, 4), "TABLE");
    NODATA(SQLFetch(r->stmt));
}
RULE(tables_pattern_percent, "Catalog Functions / Pattern Value Arguments", "% stands for any characters") {
    OK(SQLTables(r->stmt, NO, NO, (SQLCHAR *)"rules\\_%", SQL_NTS, NO));
    MUST(rows_left(r) >= 3, "too few tables");
}
RULE(tables_pattern_underscore, "Catalog Functions / Pattern Value Arguments", "_ stands for one character") {
    OK(SQLTables(r->stmt, NO, NO, (SQLCHAR *)"rules_keye_", SQL_NTS, NO));
    EQ(rows_left(r), 1);
}
RULE(tables_pattern_escape, "Catalog Functions / Pattern Value Arguments",
     "SQL_SEARCH_PATTERN_ESCAPE makes _ an ordinary character") {
    char pattern[60];
    const char *escape = info_text(r, SQL_SEARCH_PATTERN_ESCAPE);
    if (!escape[0]) unsupported(r, "", "no pattern escape");
    snprintf(pattern, sizeof pattern, "rules%s_keyed", escape);
    OK(SQLTables(r->stmt, NO, NO, (SQLCHAR *)pattern, SQL_NTS, NO));
    EQ(rows_left(r), 1);
}
RULE(tables_no_match, "SQLTables / Comments", "a name that no table has gives an empty result, no error") {
    OK(SQLTables(r->stmt, NO, NO, (SQLCHAR *)"no_such_table_at_all", SQL_NTS, NO));
    NODATA(SQLFetch(r->stmt));
}
RULE(tables_type_list, "SQLTables / TableType",
     "a list of types limits the result; \"'TABLE','VIEW'\" and \"TABLE,VIEW\" mean the same") {
    OK(SQLTables(r->stmt, NO, NO, KEYED, (SQLCHAR *)"'TABLE','VIEW'", SQL_NTS));
    EQ(rows_left(r), 1);
    OK(SQLCloseCursor(r->stmt));
    OK(SQLTables(r->stmt, NO, NO, KEYED, (SQLCHAR *)"TABLE,VIEW", SQL_NTS));
    EQ(rows_left(r), 1);
}
RULE(tables_type_excludes, "SQLTables / TableType", "a table is not found among views") {
    OK(SQLTables(r->stmt, NO, NO, KEYED, (SQLCHAR *)"VIEW", SQL_NTS));
    EQ(rows_left(r), 0);
}
RULE(tables_all_types, "SQLTables / Comments / SQL_ALL_TABLE_TYPES", "lists types with all other columns NULL") {
    bool seen = false;
    OK(SQLTables(r->stmt, (SQLCHAR *)"", 0, (SQLCHAR *)"", 0, (SQLCHAR *)"", 0, (SQLCHAR *)SQL_ALL_TABLE_TYPES,
        SQL_NTS));
    while (SQL_SUCCEEDED(SQLFetch(r->stmt))) {
        TEXT(cell(r, 1), "<NULL>");
        TEXT(cell(r, 2), "<NULL>");
        TEXT(cell(r, 3), "<NULL>");
        seen = seen || !strcmp(cell(r, 4), "TABLE");
    }
    MUST(seen, "no type TABLE");
}
RULE(tables_all_catalogs, "SQLTables / Comments / SQL_ALL_CATALOGS", "lists catalogs with all other columns NULL") {
    int n = 0;
    if (info_text(r, SQL_CATALOG_NAME)[0] == 'N') unsupported(r, "", "no catalogs");
    OK(SQLTables(r->stmt, (SQLCHAR *)SQL_ALL_CATALOGS, SQL_NTS, (SQLCHAR *)"", 0, (SQLCHAR *)"", 0, NO));
    for (; SQL_SUCCEEDED(SQLFetch(r->stmt)); n++) {
        MUST(strcmp(cell(r, 1), "<NULL>"), "a catalog without a name");
        TEXT(cell(r, 3), "<NULL>");
    }
    MUST(n >= 1, "no catalog");
}
RULE(tables_all_schemas, "SQLTables / Comments / SQL_ALL_SCHEMAS", "lists schemas with all other columns NULL") {
    int n = 0;
    if (!info_u32(r, SQL_SCHEMA_USAGE)) unsupported(r, "", "no schemas");
    OK(SQLTables(r->stmt, (SQLCHAR *)"", 0, (SQLCHAR *)SQL_ALL_SCHEMAS, SQL_NTS, (SQLCHAR *)"", 0, NO));
    for (; SQL_SUCCEEDED(SQLFetch(r->stmt)); n++) {
        MUST(strcmp(cell(r, 2), "<NULL>"), "a schema without a name");
        TEXT(cell(r, 3), "<NULL>");
    }
    MUST(n >= 1, "no schema");
}
RULE(tables_ordered, "SQLTables / Comments", "ordered by TABLE_TYPE, TABLE_CAT, TABLE_SCHEM, TABLE_NAME") {
    char last[1200] = "", now[1200];
    OK(SQLTables(r->stmt, NO, NO, (SQLCHAR *)"rules%", SQL_NTS, NO));
    while (SQL_SUCCEEDED(SQLFetch(r->stmt))) {
        const char *cat = cell(r, 1), *schema = cell(r, 2), *name = cell(r, 3), *type = cell(r, 4);
        snprintf(now, sizeof now, "%s\x01%s\x01%s\x01%s", type, cat, schema, name);
        MUST(strcmp(last, now) <= 0, "%s.%s stands too late", schema, name);
        memcpy(last, now, sizeof last);
    }
}
RULE(tables_metadata_id, "SQLTables / Comments; SQL_ATTR_METADATA_ID",
     "with SQL_TRUE arguments are identifiers: % matches nothing") {
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_METADATA_ID, (SQLPOINTER)SQL_TRUE, 0));
    SQLRETURN rc = SQLTables(r->stmt, NO, NO, (SQLCHAR *)"rules%", SQL_NTS, NO);
    if (rc == SQL_ERROR) ERR(rc, "HY009");
    else EQ(rows_left(r), 0);
}
RULE(tables_negative_length_hy090, "SQLTables / Diagnostics / HY090", "a negative length gives HY090") {
    ERR(SQLTables(r->stmt, NO, NO, keyed, -9, NO), "HY090");
}

/* ---- SQLColumns ---- */

RULE(columns_in_order, "SQLColumns / Comments",
     "a table's columns come in order of ORDINAL_POSITION, which begins with 1") {
    static const char *const NAMES[] = { "k", "note", "amount", "day" };
    OK(columns(r));
    for (size_t i = 0; i < COUNT(NAMES); i++) {
        OK(SQLFetch(r->stmt));
        TEXT(cell(r, 4), NAMES[i]);
        EQ(atoi(cell(r, 17)), i + 1);
    }
    NODATA(SQLFetch(r->stmt));
}
RULE(columns_pattern, "SQLColumns / ColumnName", "ColumnName is a pattern") {
    OK(SQLColumns(r->stmt, NO, NO, KEYED, (SQLCHAR *)"%o%", SQL_NTS));
    EQ(rows_left(r), 2);
}
struct fact_line { struct row row; int column; SQLUSMALLINT field; const char *want; };
#define C(id, column, field, want, text) { { "columns_fact_" #id, \
    "SQLColumns / Comments; Appendix D: Column Size, Decimal Digits, Transfer Octet Length", text }, column, field, \
    want }
static const struct fact_line FACTS[] = {
    C(int_type, 1, 5, "4", "an INTEGER column has DATA_TYPE SQL_INTEGER"), C(int_size, 1, 7, "10",
        "its COLUMN_SIZE is 10"),
    C(int_buffer, 1, 8, "4", "its BUFFER_LENGTH is 4"), C(int_digits, 1, 9, "0", "its DECIMAL_DIGITS is 0"),
    C(int_radix, 1, 10, "10", "its NUM_PREC_RADIX is 10"), C(int_nullable, 1, 11, "0",
        "NOT NULL makes NULLABLE SQL_NO_NULLS"),
    C(int_is_nullable, 1, 18, "NO", "NOT NULL makes IS_NULLABLE NO"), C(int_octets, 1, 16, "<NULL>",
        "CHAR_OCTET_LENGTH of a number is NULL"),
    C(int_sub, 1, 15, "<NULL>", "SQL_DATETIME_SUB of a number is NULL"), C(text_size, 2, 7, "20",
        "a VARCHAR(20) column has COLUMN_SIZE 20"),
    C(text_digits, 2, 9, "<NULL>", "DECIMAL_DIGITS of text is NULL"), C(text_radix, 2, 10, "<NULL>",
        "NUM_PREC_RADIX of text is NULL"),
    C(text_nullable, 2, 11, "1", "a column that takes NULL is SQL_NULLABLE"), C(text_is_nullable, 2, 18, "YES",
        "a column that takes NULL is YES"),
    C(decimal_size, 3, 7, "10", "a DECIMAL(10,2) column has COLUMN_SIZE 10"), C(decimal_digits, 3, 9, "2",
        "its DECIMAL_DIGITS is 2"),
    C(decimal_radix, 3, 10, "10", "its NUM_PREC_RADIX is 10"), C(decimal_buffer, 3, 8, "12",
        "its BUFFER_LENGTH is precision + 2"),
    C(date_type, 4, 5, "91", "a DATE column has DATA_TYPE SQL_TYPE_DATE"), C(date_size, 4, 7, "10",
        "its COLUMN_SIZE is 10"),
    C(date_buffer, 4, 8, "6", "its BUFFER_LENGTH is 6"), C(date_sql_type, 4, 14, "9",
        "its SQL_DATA_TYPE is SQL_DATETIME"),
    C(date_sub, 4, 15, "1", "its SQL_DATETIME_SUB is SQL_CODE_DATE"),
};
static void check_fact(struct run *r, const void *arg) {
    const struct fact_line *line = arg;
    OK(columns(r));
    for (int i = 0; i < line->column; i++) OK(SQLFetch(r->stmt));
    TEXT(cell(r, line->field), line->want);
}
RULE_TABLE(FACTS, check_fact)

RULE(columns_as_described, "SQLColumns / Comments", "DATA_TYPE is what SQLDescribeCol says of a SELECT of the column") {
    SQLSMALLINT type[4] = { 0 };
    query(r, "SELECT k, note, amount, day FROM rules_keyed");
    for (SQLUSMALLINT i = 0; i < 4; i++) OK(SQLDescribeCol(r->stmt, (SQLUSMALLINT)(i + 1), NULL, 0, NULL, &type[i],
        NULL, NULL, NULL));
    OK(SQLCloseCursor(r->stmt));
    OK(columns(r));
    for (int i = 0; i < 4; i++) {
        OK(SQLFetch(r->stmt));
        EQ(atoi(cell(r, 5)), type[i]);
    }
}
RULE(primary_keys_found, "SQLPrimaryKeys / Comments", "the key's column is found, KEY_SEQ 1") {
    run_catalog(r, primary);
    OK(SQLFetch(r->stmt));
    TEXT(cell(r, 4), "k");
    TEXT(cell(r, 5), "1");
}
RULE(primary_keys_no_table_hy009, "SQLPrimaryKeys / Diagnostics / HY009", "without a table name the call gives HY009") {
    ERR(SQLPrimaryKeys(r->stmt, NO, NO, NO), "HY009 IM001");
}
RULE(foreign_keys_no_tables_hy009, "SQLForeignKeys / Diagnostics / HY009",
     "without any table name the call gives HY009") {
    ERR(SQLForeignKeys(r->stmt, NO, NO, NO, NO, NO, NO), "HY009 IM001");
}
RULE(statistics_no_table_hy009, "SQLStatistics / Diagnostics / HY009", "without a table name the call gives HY009") {
    ERR(SQLStatistics(r->stmt, NO, NO, NO, SQL_INDEX_ALL, SQL_QUICK), "HY009");
}
RULE(statistics_bad_unique_hy100, "SQLStatistics / Diagnostics / HY100", "a Unique that is none gives HY100") {
    ERR(SQLStatistics(r->stmt, NO, NO, KEYED, 99, SQL_QUICK), "HY100");
}
RULE(statistics_bad_accuracy_hy101, "SQLStatistics / Diagnostics / HY101", "a Reserved that is none gives HY101") {
    ERR(SQLStatistics(r->stmt, NO, NO, KEYED, SQL_INDEX_ALL, 99), "HY101");
}
RULE(special_bad_type_hy097, "SQLSpecialColumns / Diagnostics / HY097", "an IdentifierType that is none gives HY097") {
    ERR(SQLSpecialColumns(r->stmt, 99, NO, NO, KEYED, SQL_SCOPE_CURROW, SQL_NULLABLE), "HY097");
}
RULE(special_bad_scope_hy098, "SQLSpecialColumns / Diagnostics / HY098", "a Scope that is none gives HY098") {
    ERR(SQLSpecialColumns(r->stmt, SQL_BEST_ROWID, NO, NO, KEYED, 99, SQL_NULLABLE), "HY098");
}
RULE(special_bad_nullable_hy099, "SQLSpecialColumns / Diagnostics / HY099", "a Nullable that is none gives HY099") {
    ERR(SQLSpecialColumns(r->stmt, SQL_BEST_ROWID, NO, NO, KEYED, SQL_SCOPE_CURROW, 99), "HY099");
}
RULE(special_no_table_hy009, "SQLSpecialColumns / Diagnostics / HY009", "without a table name the call gives HY009") {
    ERR(SQLSpecialColumns(r->stmt, SQL_BEST_ROWID, NO, NO, NO, SQL_SCOPE_CURROW, SQL_NULLABLE), "HY009");
}

/* ---- SQLGetTypeInfo ---- */

RULE(type_info_bad_type_hy004, "SQLGetTypeInfo / Diagnostics / HY004", "a type that is none gives HY004") {
    ERR(SQLGetTypeInfo(r->stmt, 7777), "HY004");
}
RULE(type_info_ordered, "SQLGetTypeInfo / Comments", "ordered by DATA_TYPE") {
    int last = -100000;
    OK(type_info(r));
    while (SQL_SUCCEEDED(SQLFetch(r->stmt))) {
        int now = atoi(cell(r, 2));
        MUST(now >= last, "%d behind %d", now, last);
        last = now;
    }
    MUST(last > -100000, "no types at all");
}
RULE(type_info_one_type, "SQLGetTypeInfo / DataType", "asked for SQL_INTEGER it says nothing else") {
    int n = 0;
    OK(SQLGetTypeInfo(r->stmt, SQL_INTEGER));
    for (; SQL_SUCCEEDED(SQLFetch(r->stmt)); n++) EQ(atoi(cell(r, 2)), SQL_INTEGER);
    MUST(n >= 1, "no integer");
}
RULE(type_info_datetime_verbose, "SQLGetTypeInfo / SQL_DATA_TYPE",
     "datetime types have SQL_DATETIME there, and their code in SQL_DATETIME_SUB") {
    OK(SQLGetTypeInfo(r->stmt, SQL_TYPE_DATE));
    if (SQLFetch(r->stmt) == SQL_NO_DATA) skip(r, "the data source has no DATE");
    TEXT(cell(r, 16), "9");
    TEXT(cell(r, 17), "1");
}
RULE(type_info_columns_known, "SQLGetTypeInfo / Comments",
     "every DATA_TYPE of SQLColumns is a type of SQLGetTypeInfo") {
    int type[8], n = 0;
    OK(columns(r));
    for (; n < 8 && SQL_SUCCEEDED(SQLFetch(r->stmt)); n++) type[n] = atoi(cell(r, 5));
    OK(SQLCloseCursor(r->stmt));
    for (int i = 0; i < n; i++) {
        OK(SQLGetTypeInfo(r->stmt, (SQLSMALLINT)type[i]));
        MUST(SQLFetch(r->stmt) == SQL_SUCCESS, "type %d is unknown", type[i]);
        OK(SQLCloseCursor(r->stmt));
    }
    MUST(n == 4, "%d columns", n);
}
