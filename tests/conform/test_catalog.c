/* Catalog functions and SQLGetTypeInfo. */
#include "conform.h"
#include "control.h"

#include <stdio.h>

static int count_rows(SQLHSTMT stmt) {
    int n = 0;
    while (SQLFetch(stmt) == SQL_SUCCESS) n++;
    return n;
}

#define T(s) (SQLCHAR *)(s), (SQLSMALLINT)((s) ? SQL_NTS : 0)
#define NOT_GIVEN NULL, 0

static void close_one(struct conn *c) {
    SQLFreeHandle(SQL_HANDLE_STMT, c->stmt);
    SQLDisconnect(c->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, c->env);
}

static void an_escaped_underscore_finds_one_table(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLTables(c->stmt, T("main"), T("unicode"), T("a_b"), NOT_GIVEN));
    assert_int_equal(count_rows(c->stmt), 2);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLTables(c->stmt, T("main"), T("unicode"), T("a\\_b"), NOT_GIVEN));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 3), "a_b");
    assert_string_equal(get_text(c->stmt, 4), "TABLE");
    CHECK('N', SQLFetch(c->stmt));
}

static void the_special_forms_list_catalogs_schemas_and_types(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLTables(c->stmt, T("%"), T(""), T(""), NOT_GIVEN));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_not_equal(get_text(c->stmt, 1), "<NULL>");
    assert_string_equal(get_text(c->stmt, 2), "<NULL>");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLTables(c->stmt, T(""), T("%"), T(""), NOT_GIVEN));
    CHECK('S', SQLFetch(c->stmt));
    for (int i = 1; i <= 5; i++) assert_int_equal(strcmp(get_text(c->stmt, i), "<NULL>") != 0, i == 2);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLTables(c->stmt, T(""), T(""), T(""), T("%")));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "<NULL>");
    assert_string_not_equal(get_text(c->stmt, 4), "<NULL>");
}

/* Times that a schema is in the list of all of them; in *n_r how many the list has. */
static int times_listed(SQLHSTMT st, const char *schema, int *n_r) {
    int times = 0;
    *n_r = 0;
    CHECK('S', SQLTables(st, T(""), T("%"), T(""), NOT_GIVEN));
    for (; SQLFetch(st) == SQL_SUCCESS; (*n_r)++) times += strcmp(get_text(st, 2), schema) == 0;
    CHECK('S', SQLFreeStmt(st, SQL_CLOSE));
    return times;
}

/* "… a list of valid schemas for the data source": tpch is in another catalog than the connection, default in several. */
static void the_schemas_of_all_catalogs_are_listed_once_each(void **state) {
    struct conn *c = *state, one = { .env = NULL };
    int n = 0, n_of_one = 0;
    long before = control_count("statements_executed");
    assert_int_equal(times_listed(c->stmt, "tpch", &n), 1);
    assert_int_equal(control_count("statements_executed") - before, 1);
    assert_int_equal(times_listed(c->stmt, "many", &n), 1);
    assert_int_equal(times_listed(c->stmt, "information_schema", &n), 1);
    open_conn_with(&one, "EnableMultipleCatalogsSupport=0;", SQL_OV_ODBC3);
    assert_int_equal(times_listed(one.stmt, "tpch", &n_of_one), 0);
    assert_int_equal(times_listed(one.stmt, "many", &n_of_one), 1);
    assert_true(n_of_one > 0 && n_of_one < n);
    close_one(&one);
}

static void without_system_tables_the_schemas_are_listed_catalog_by_catalog(void **state) {
    struct conn *c = *state, other = { .env = NULL };
    int n = 0, n_asked = 0;
    times_listed(c->stmt, "tpch", &n);
    control_fault("execute", "schemata", "{\"type\":\"fail_statement\",\"error_code\":\"BAD_REQUEST\",\"message\":"
                  "\"[INSUFFICIENT_PERMISSIONS] no USE CATALOG on system\",\"sql_state\":\"42501\"}");
    open_conn_with(&other, "", SQL_OV_ODBC3);
    int times = times_listed(other.stmt, "tpch", &n_asked);
    control_heal();
    close_one(&other);
    assert_int_equal(times, 1);
    assert_int_equal(n_asked, n);
}

/* ---- one table after the other --------------------------------------------------------------------------------------- */

static long statements(void) { return control_count("statements_executed"); }

/* The rows that the four functions have for a table, and all their text. */
static int ask_of_table(SQLHSTMT st, int function, const char *table, char *text, size_t size) {
    SQLSMALLINT width = 0;
    int n = 0;
    text[0] = 0;
    switch (function) {
    case 0: CHECK('S', SQLColumns(st, T("main"), T("many"), T(table), NOT_GIVEN)); break;
    case 1: CHECK('S', SQLPrimaryKeys(st, T("main"), T("many"), T(table))); break;
    case 2: CHECK('S', SQLSpecialColumns(st, SQL_BEST_ROWID, T("main"), T("many"), T(table), SQL_SCOPE_CURROW,
                                         SQL_NULLABLE)); break;
    default: CHECK('S', SQLStatistics(st, T("main"), T("many"), T(table), SQL_INDEX_ALL, SQL_QUICK));
    }
    CHECK('S', SQLNumResultCols(st, &width));
    for (size_t at = 0; SQLFetch(st) == SQL_SUCCESS; n++)
        for (int i = 1; i <= width && at < size; i++)
            at += (size_t)snprintf(text + at, size - at, "%s|", get_text(st, i));
    CHECK('S', SQLFreeStmt(st, SQL_CLOSE));
    return n;
}

/* What a connection without a cache says is right. */
static void tables_asked_for_one_after_the_other_take_three_statements(void **state) {
    static char plain[8192], walked[8192];
    struct conn fresh = { .env = NULL }, walk = { .env = NULL };
    (void)state;
    open_conn_with(&fresh, "MetadataCacheTTL=0;KeysAsIndexes=1;", SQL_OV_ODBC3);
    open_conn_with(&walk, "KeysAsIndexes=1;", SQL_OV_ODBC3);
    for (int function = 0; function < 4; function++) {
        for (int i = 0; i < 12; i++) {
            static const char *const STARTS[] = { "t0", "t\\0", "T0", "none" };
            char name[16];
            snprintf(name, sizeof name, "%s%03d", STARTS[i < 3 || (function > 0 && i % 4 == 1) ? 0 : i % 4], 37 * i);
            int want = ask_of_table(fresh.stmt, function, name, plain, sizeof plain);
            long before = statements();
            int got = ask_of_table(walk.stmt, function, name, walked, sizeof walked);
            assert_int_equal(statements() - before, i < 3 ? 1 : 0);
            assert_int_equal(got, want);
            assert_string_equal(walked, plain);
            assert_true(got > 0 || i % 4 == 3);
        }
    }
    close_one(&fresh);
    close_one(&walk);
}

/* A mebibyte holds one table's columns, but not those of a thousand tables. */
static void a_schema_that_is_too_large_for_the_cache_is_asked_for_once(void **state) {
    char text[8192], name[16];
    struct conn small = { .env = NULL };
    (void)state;
    open_conn_with(&small, "MetadataCacheSize=1;", SQL_OV_ODBC3);
    long before = statements();
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "t%04d", i);
        assert_int_equal(ask_of_table(small.stmt, 0, name, text, sizeof text), 20);
    }
    assert_int_equal(statements() - before, 9);
    close_one(&small);
}

/* SHOW KEYS may be allowed where information_schema is not. */
static void what_information_schema_refuses_is_asked_table_by_table(void **state) {
    char text[8192], name[16];
    struct conn *c = *state;
    control_fault("execute", "key_column_usage", "{\"type\":\"fail_statement\",\"error_code\":\"BAD_REQUEST\",\"message\":"
                  "\"[TABLE_OR_VIEW_NOT_FOUND] no such view\",\"sql_state\":\"42P01\"}");
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "t%04d", i);
        int n = ask_of_table(c->stmt, 1, name, text, sizeof text);
        if (n != 1) control_heal();
        assert_int_equal(n, 1);
    }
    control_heal();
}

static void own_ddl_between_two_tables_is_seen(void **state) {
    struct conn *c = *state;
    char text[8192], name[16];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "t%04d", i);
        ask_of_table(c->stmt, 0, name, text, sizeof text);
    }
    exec(c, "CREATE TABLE main.many.newcomer (a INT, b INT)");
    int n = ask_of_table(c->stmt, 0, "newcomer", text, sizeof text);
    exec(c, "DROP TABLE main.many.newcomer");
    assert_int_equal(n, 2);
}

/* ---- what is not there --------------------------------------------------------------------------------------------- */

static void what_does_not_exist_is_an_empty_set(void **state) {
    struct conn *c = *state;
    SQLSMALLINT n = 0;
    CHECK('S', SQLTables(c->stmt, T("no_such_catalog"), NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
    assert_int_equal(count_rows(c->stmt), 0);
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 5);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLPrimaryKeys(c->stmt, T("main"), T("default"), T("no_such_table")));
    assert_int_equal(count_rows(c->stmt), 0);
}

static void columns_have_types_sizes_and_ordinals(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLColumns(c->stmt, T("samples"), T("tpch"), T("orders"), T("%")));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 4), "o_orderkey");
    assert_int_equal(get_long(c->stmt, 5), SQL_BIGINT);
    assert_int_equal(get_long(c->stmt, 7), 19);
    assert_int_equal(get_long(c->stmt, 17), 1);
    assert_int_equal(count_rows(c->stmt), 8);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLColumns(c->stmt, T("samples"), T("tpch"), T("orders"), T("o\\_orderdate")));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(get_long(c->stmt, 5), SQL_TYPE_DATE);
    assert_int_equal(get_long(c->stmt, 14), SQL_DATETIME);
    assert_int_equal(get_long(c->stmt, 15), SQL_CODE_DATE);
    assert_int_equal(get_long(c->stmt, 17), 5);
    CHECK('N', SQLFetch(c->stmt));
}

static void identifiers_are_literal_with_metadata_id(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_METADATA_ID, (SQLPOINTER)SQL_TRUE, 0));
    CHECK('S', SQLTables(c->stmt, T("MAIN"), T("`unicode`"), T("A_B"), NOT_GIVEN));
    assert_int_equal(count_rows(c->stmt), 1);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('E', SQLColumns(c->stmt, T("main"), T("unicode"), NOT_GIVEN, T("x")));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY009");
}

static void keys_are_found_and_ordered(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLPrimaryKeys(c->stmt, T("samples"), T("tpch"), T("lineitem")));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 4), "l_orderkey");
    assert_int_equal(get_long(c->stmt, 5), 1);
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(get_long(c->stmt, 5), 2);
    CHECK('N', SQLFetch(c->stmt));
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLForeignKeys(c->stmt, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, T("samples"), T("tpch"), T("nation")));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 3), "region");
    assert_string_equal(get_text(c->stmt, 8), "n_regionkey");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('E', SQLForeignKeys(c->stmt, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
}

static void empty_sets_have_exact_columns_and_check_their_arguments(void **state) {
    struct conn *c = *state;
    SQLSMALLINT n = 0;
    CHECK('S', SQLStatistics(c->stmt, NOT_GIVEN, NOT_GIVEN, T("t"), SQL_INDEX_ALL, SQL_QUICK));
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 13);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLSpecialColumns(c->stmt, SQL_BEST_ROWID, NOT_GIVEN, NOT_GIVEN, T("t"), SQL_SCOPE_CURROW,
                                 SQL_NULLABLE));
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 8);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLProcedures(c->stmt, NOT_GIVEN, NOT_GIVEN, T("no_such_procedure")));
    CHECK('N', SQLFetch(c->stmt));
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLProcedureColumns(c->stmt, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 19);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('E', SQLStatistics(c->stmt, NOT_GIVEN, NOT_GIVEN, T("t"), 7, SQL_QUICK));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY100");
}

static void type_info_is_ordered_and_agrees_with_columns(void **state) {
    struct conn *c = *state;
    SQLLEN last = -1000, rows = 0;
    CHECK('S', SQLGetTypeInfo(c->stmt, SQL_ALL_TYPES));
    while (SQLFetch(c->stmt) == SQL_SUCCESS) {
        SQLLEN type = get_long(c->stmt, 2);
        assert_true(type >= last);
        last = type;
        rows++;
    }
    assert_true(rows > 20);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLGetTypeInfo(c->stmt, SQL_TYPE_TIMESTAMP));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "TIMESTAMP");
    assert_int_equal(get_long(c->stmt, 3), 26);
    assert_int_equal(get_long(c->stmt, 16), SQL_DATETIME);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLGetTypeInfo(c->stmt, SQL_GUID));
    CHECK('N', SQLFetch(c->stmt));
}

/* ---- columns of the result sets -------------------------------------------------------------------------------------- */

/* "NAME type", ! = not nullable; v varchar, s smallint, i integer. ODBC reference, the table of each function. */
static const char TABLES[] = "TABLE_CAT v,TABLE_SCHEM v,TABLE_NAME v,TABLE_TYPE v,REMARKS v";
static const char COLUMNS[] = "TABLE_CAT v,TABLE_SCHEM v,TABLE_NAME v!,COLUMN_NAME v!,DATA_TYPE s!,TYPE_NAME v!,"
    "COLUMN_SIZE i,BUFFER_LENGTH i,DECIMAL_DIGITS s,NUM_PREC_RADIX s,NULLABLE s!,REMARKS v,COLUMN_DEF v,SQL_DATA_TYPE s!,"
    "SQL_DATETIME_SUB s,CHAR_OCTET_LENGTH i,ORDINAL_POSITION i!,IS_NULLABLE v";
static const char PRIMARY_KEYS[] = "TABLE_CAT v,TABLE_SCHEM v,TABLE_NAME v!,COLUMN_NAME v!,KEY_SEQ s!,PK_NAME v";
static const char FOREIGN_KEYS[] = "PKTABLE_CAT v,PKTABLE_SCHEM v,PKTABLE_NAME v!,PKCOLUMN_NAME v!,FKTABLE_CAT v,"
    "FKTABLE_SCHEM v,FKTABLE_NAME v!,FKCOLUMN_NAME v!,KEY_SEQ s!,UPDATE_RULE s,DELETE_RULE s,FK_NAME v,PK_NAME v,"
    "DEFERRABILITY s";
static const char SPECIAL_COLUMNS[] = "SCOPE s,COLUMN_NAME v!,DATA_TYPE s!,TYPE_NAME v!,COLUMN_SIZE i,BUFFER_LENGTH i,"
    "DECIMAL_DIGITS s,PSEUDO_COLUMN s";
static const char STATISTICS[] = "TABLE_CAT v,TABLE_SCHEM v,TABLE_NAME v!,NON_UNIQUE s,INDEX_QUALIFIER v,INDEX_NAME v,"
    "TYPE s!,ORDINAL_POSITION s,COLUMN_NAME v,ASC_OR_DESC v,CARDINALITY i,PAGES i,FILTER_CONDITION v";
static const char PROCEDURES[] = "PROCEDURE_CAT v,PROCEDURE_SCHEM v,PROCEDURE_NAME v!,NUM_INPUT_PARAMS i,"
    "NUM_OUTPUT_PARAMS i,NUM_RESULT_SETS i,REMARKS v,PROCEDURE_TYPE s";
static const char PROCEDURE_COLUMNS[] = "PROCEDURE_CAT v,PROCEDURE_SCHEM v,PROCEDURE_NAME v!,COLUMN_NAME v!,"
    "COLUMN_TYPE s!,DATA_TYPE s!,TYPE_NAME v!,COLUMN_SIZE i,BUFFER_LENGTH i,DECIMAL_DIGITS s,NUM_PREC_RADIX s,NULLABLE s!,"
    "REMARKS v,COLUMN_DEF v,SQL_DATA_TYPE s!,SQL_DATETIME_SUB s,CHAR_OCTET_LENGTH i,ORDINAL_POSITION i!,IS_NULLABLE v";
static const char TABLE_PRIVILEGES[] = "TABLE_CAT v,TABLE_SCHEM v,TABLE_NAME v!,GRANTOR v,GRANTEE v!,PRIVILEGE v!,"
    "IS_GRANTABLE v";
static const char COLUMN_PRIVILEGES[] = "TABLE_CAT v,TABLE_SCHEM v,TABLE_NAME v!,COLUMN_NAME v!,GRANTOR v,GRANTEE v!,"
    "PRIVILEGE v!,IS_GRANTABLE v";
static const char TYPE_INFO[] = "TYPE_NAME v!,DATA_TYPE s!,COLUMN_SIZE i,LITERAL_PREFIX v,LITERAL_SUFFIX v,"
    "CREATE_PARAMS v,NULLABLE s!,CASE_SENSITIVE s!,SEARCHABLE s!,UNSIGNED_ATTRIBUTE s,FIXED_PREC_SCALE s!,"
    "AUTO_UNIQUE_VALUE s,LOCAL_TYPE_NAME v,MINIMUM_SCALE s,MAXIMUM_SCALE s,SQL_DATA_TYPE s!,SQL_DATETIME_SUB s,"
    "NUM_PREC_RADIX i,INTERVAL_PRECISION s";

static void check_columns(SQLHSTMT stmt, const char *want) {
    char got[2048] = "";
    SQLSMALLINT n = 0, type, nullable;
    CHECK('S', SQLNumResultCols(stmt, &n));
    for (SQLSMALLINT i = 1; i <= n; i++) {
        char name[64];
        CHECK('S', SQLDescribeCol(stmt, (SQLUSMALLINT)i, (SQLCHAR *)name, sizeof name, NULL, &type, NULL, NULL, &nullable));
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s %c%s", i > 1 ? "," : "", name,
                 type == SQL_VARCHAR ? 'v' : type == SQL_SMALLINT ? 's' : type == SQL_INTEGER ? 'i' : '?',
                 nullable == SQL_NO_NULLS ? "!" : "");
    }
    assert_string_equal(got, want);
    CHECK('S', SQLFreeStmt(stmt, SQL_CLOSE));
}

#define NONE T("no_such_catalog"), T("s")
static void every_result_set_has_the_columns_of_the_manual(void **state) {
    SQLHSTMT st = ((struct conn *)*state)->stmt;
    CHECK('S', SQLTables(st, NONE, T("t"), NOT_GIVEN));
    check_columns(st, TABLES);
    CHECK('S', SQLColumns(st, NONE, T("t"), NOT_GIVEN));
    check_columns(st, COLUMNS);
    CHECK('S', SQLPrimaryKeys(st, NONE, T("t")));
    check_columns(st, PRIMARY_KEYS);
    CHECK('S', SQLForeignKeys(st, NONE, T("t"), NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
    check_columns(st, FOREIGN_KEYS);
    CHECK('S', SQLSpecialColumns(st, SQL_ROWVER, NONE, T("t"), SQL_SCOPE_CURROW, SQL_NULLABLE));
    check_columns(st, SPECIAL_COLUMNS);
    CHECK('S', SQLStatistics(st, NONE, T("t"), SQL_INDEX_ALL, SQL_QUICK));
    check_columns(st, STATISTICS);
    CHECK('S', SQLProcedures(st, NONE, T("t")));
    check_columns(st, PROCEDURES);
    CHECK('S', SQLProcedureColumns(st, NONE, T("t"), NOT_GIVEN));
    check_columns(st, PROCEDURE_COLUMNS);
    CHECK('S', SQLTablePrivileges(st, NONE, T("t")));
    check_columns(st, TABLE_PRIVILEGES);
    CHECK('S', SQLColumnPrivileges(st, NONE, T("t"), NOT_GIVEN));
    check_columns(st, COLUMN_PRIVILEGES);
    CHECK('S', SQLGetTypeInfo(st, SQL_ALL_TYPES));
    check_columns(st, TYPE_INFO);
}

/* ---- arguments ---------------------------------------------------------------------------------------------------------- */

#define REFUSED(want, call) do { CHECK('E', call); assert_state(SQL_HANDLE_STMT, st, want); } while (0)

static void bad_arguments_have_their_states(void **state) {
    SQLHSTMT st = ((struct conn *)*state)->stmt;
    REFUSED("HY009", SQLPrimaryKeys(st, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
    REFUSED("HY009", SQLForeignKeys(st, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
    REFUSED("HY009", SQLStatistics(st, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, SQL_INDEX_ALL, SQL_QUICK));
    REFUSED("HY009", SQLSpecialColumns(st, SQL_BEST_ROWID, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, SQL_SCOPE_CURROW, SQL_NULLABLE));
    REFUSED("HY009", SQLColumnPrivileges(st, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
    REFUSED("HY097", SQLSpecialColumns(st, 77, NOT_GIVEN, NOT_GIVEN, T("t"), SQL_SCOPE_CURROW, SQL_NULLABLE));
    REFUSED("HY098", SQLSpecialColumns(st, SQL_BEST_ROWID, NOT_GIVEN, NOT_GIVEN, T("t"), 77, SQL_NULLABLE));
    REFUSED("HY099", SQLSpecialColumns(st, SQL_BEST_ROWID, NOT_GIVEN, NOT_GIVEN, T("t"), SQL_SCOPE_CURROW, 77));
    REFUSED("HY100", SQLStatistics(st, NOT_GIVEN, NOT_GIVEN, T("t"), 77, SQL_QUICK));
    REFUSED("HY101", SQLStatistics(st, NOT_GIVEN, NOT_GIVEN, T("t"), SQL_INDEX_ALL, 77));
    REFUSED("HY090", SQLTables(st, (SQLCHAR *)"x", -5, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
    REFUSED("HY004", SQLGetTypeInfo(st, 4711));
}

static void names_must_be_given_with_metadata_id(void **state) {
    SQLHSTMT st = ((struct conn *)*state)->stmt;
    CHECK('S', SQLSetStmtAttr(st, SQL_ATTR_METADATA_ID, (SQLPOINTER)SQL_TRUE, 0));
    REFUSED("HY009", SQLTables(st, NOT_GIVEN, T("s"), T("t"), NOT_GIVEN));
    REFUSED("HY009", SQLTables(st, T("main"), NOT_GIVEN, T("t"), NOT_GIVEN));
    REFUSED("HY009", SQLColumns(st, T("main"), T("s"), T("t"), NOT_GIVEN));
    REFUSED("HY009", SQLPrimaryKeys(st, NOT_GIVEN, T("s"), T("t")));
    REFUSED("HY009", SQLProcedures(st, T("main"), T("s"), NOT_GIVEN));
    REFUSED("HY009", SQLTablePrivileges(st, T("main"), NOT_GIVEN, T("t")));
    CHECK('S', SQLPrimaryKeys(st, T(" SAMPLES "), T("`tpch`"), T("Orders")));
    assert_int_equal(count_rows(st), 1);
}

static int count_tables(SQLHSTMT st, const char *catalog, const char *schema, const char *table, const char *type) {
    CHECK('S', SQLTables(st, T(catalog), T(schema), T(table), T(type)));
    int n = count_rows(st);
    CHECK('S', SQLFreeStmt(st, SQL_CLOSE));
    return n;
}

static void null_is_no_restriction_and_an_empty_pattern_matches_nothing(void **state) {
    SQLHSTMT st = ((struct conn *)*state)->stmt;
    int all = count_tables(st, NULL, NULL, NULL, NULL), tpch = count_tables(st, "samples", "tpch", NULL, NULL);
    assert_true(all > 1000 && tpch >= 8);
    assert_int_equal(count_tables(st, "%", "%", "%", NULL), all);
    assert_int_equal(count_tables(st, "samples", "tpch", "%", ""), tpch);
    assert_int_equal(count_tables(st, "sample_", "t__h", "%", "TABLE,'VIEW'"), tpch);
    assert_int_equal(count_tables(st, "samples", "tpch", "", NULL), 0);
    assert_int_equal(count_tables(st, "samples", "", "orders", NULL), 0);
    assert_int_equal(count_tables(st, "", "tpch", "orders", NULL), 0);
    assert_int_equal(count_tables(st, "samples", "%", "", NULL), count_tables(st, "samples", "%", "", "TABLE"));
    assert_int_equal(count_tables(st, "samples", "TPCH", "Orders", " 'table' "), 1);
}

/* Ordinary arguments: their wildcards are letters, and the key functions read "" as "not given". */
static void ordinary_arguments_are_no_patterns(void **state) {
    SQLHSTMT st = ((struct conn *)*state)->stmt;
    CHECK('S', SQLColumns(st, T("sample_"), T("tpch"), T("orders"), NOT_GIVEN));
    assert_int_equal(count_rows(st), 0);
    CHECK('S', SQLFreeStmt(st, SQL_CLOSE));
    CHECK('S', SQLPrimaryKeys(st, T("samples"), T("tpch"), T("order_")));
    assert_int_equal(count_rows(st), 0);
    CHECK('S', SQLFreeStmt(st, SQL_CLOSE));
    exec(*state, "USE samples.tpch");
    CHECK('S', SQLPrimaryKeys(st, T(""), T(""), T("orders")));
    assert_int_equal(count_rows(st), 1);
    CHECK('S', SQLFreeStmt(st, SQL_CLOSE));
    CHECK('S', SQLForeignKeys(st, T(""), T(""), T("nation"), T(""), T(""), T("")));
    assert_int_equal(count_rows(st), 2);
    CHECK('S', SQLFreeStmt(st, SQL_CLOSE));
    CHECK('S', SQLSpecialColumns(st, SQL_BEST_ROWID, T(""), T(""), T("orders"), SQL_SCOPE_TRANSACTION, SQL_NO_NULLS));
    assert_int_equal(count_rows(st), 1);
}

/* ---- privileges ------------------------------------------------------------------------------------------------------------ */

static void privileges_are_told_in_the_words_of_sql(void **state) {
    static const char *const WANT[] = { "APPLY_TAG", "DELETE", "INSERT", "SELECT", "UPDATE" };
    struct conn *c = *state;
    exec(c, "CREATE OR REPLACE TABLE main.default.granted (a INT, b INT)");
    exec(c, "GRANT SELECT, MODIFY, APPLY TAG ON TABLE main.default.granted TO `analysts`");
    CHECK('S', SQLTablePrivileges(c->stmt, T("main"), T("def%"), T("granted")));
    for (size_t i = 0; i < COUNT(WANT); i++) {
        CHECK('S', SQLFetch(c->stmt));
        assert_string_equal(get_text(c->stmt, 5), "analysts");
        assert_string_equal(get_text(c->stmt, 6), WANT[i]);
        assert_string_equal(get_text(c->stmt, 7), "NO");
    }
    CHECK('N', SQLFetch(c->stmt));
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLColumnPrivileges(c->stmt, T("main"), T("default"), T("granted"), T("b%")));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 4), "b");
    assert_int_equal(count_rows(c->stmt), 3);       /* no DELETE on a column */
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    exec(c, "DROP TABLE main.default.granted");
}

/* ---- ODBC 2 --------------------------------------------------------------------------------------------------------------- */

static void an_odbc_2_program_gets_old_type_codes_in_catalog_rows(void **state) {
    struct conn old = { .env = NULL };
    (void)state;
    open_conn_with(&old, "", SQL_OV_ODBC2);
    CHECK('S', SQLColumns(old.stmt, T("samples"), T("tpch"), T("orders"), T("o\\_orderdate")));
    CHECK('S', SQLFetch(old.stmt));
    assert_int_equal(get_long(old.stmt, 5), SQL_DATE);
    CHECK('S', SQLFreeStmt(old.stmt, SQL_CLOSE));
    CHECK('S', SQLGetTypeInfo(old.stmt, SQL_TIMESTAMP));
    CHECK('S', SQLFetch(old.stmt));
    assert_int_equal(get_long(old.stmt, 2), SQL_TIMESTAMP);
    CHECK('S', SQLFreeStmt(old.stmt, SQL_CLOSE));
    assert_int_equal(count_tables(old.stmt, "sample_", "tpch", "orders", NULL), 0);
    close_one(&old);
}

/* ---- schema evolution -------------------------------------------------------------------------------------------------------- */

static SQLSMALLINT type_of(SQLHSTMT stmt, int col) {
    SQLSMALLINT type = 0;
    CHECK('S', SQLDescribeCol(stmt, (SQLUSMALLINT)col, NULL, 0, NULL, &type, NULL, NULL, NULL));
    return type;
}

static int width(SQLHSTMT stmt) {
    SQLSMALLINT n = -1;
    CHECK('S', SQLNumResultCols(stmt, &n));
    return n;
}

static SQLLEN ird_count(SQLHSTMT stmt) {
    SQLHDESC ird = NULL;
    SQLSMALLINT n = -1;
    CHECK('S', SQLGetStmtAttr(stmt, SQL_ATTR_IMP_ROW_DESC, &ird, 0, NULL));
    CHECK('S', SQLGetDescField(ird, 0, SQL_DESC_COUNT, &n, 0, NULL));
    return n;
}

/* A second statement changes the table behind a prepared one. */
static void change(struct conn *c, const char *sql) {
    struct conn other = *c;
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &other.stmt));
    exec(&other, sql);
    SQLFreeHandle(SQL_HANDLE_STMT, other.stmt);
}

static void a_described_statement_follows_its_table(void **state) {
    struct conn *c = *state;
    exec(c, "CREATE OR REPLACE TABLE main.default.moving (a INT, b STRING)");
    exec(c, "INSERT INTO main.default.moving VALUES (1, 'x')");
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT * FROM main.default.moving", SQL_NTS));
    assert_int_equal(width(c->stmt), 2);
    assert_int_equal(type_of(c->stmt, 1), SQL_INTEGER);
    change(c, "ALTER TABLE main.default.moving ADD COLUMN d DATE");
    CHECK('S', SQLExecute(c->stmt));
    assert_int_equal(width(c->stmt), 3);
    assert_int_equal(ird_count(c->stmt), 3);
    assert_int_equal(type_of(c->stmt, 3), SQL_TYPE_DATE);
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 3), "<NULL>");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    assert_int_equal(width(c->stmt), 3);
    change(c, "CREATE OR REPLACE TABLE main.default.moving (a DECIMAL(9,2))");
    change(c, "INSERT INTO main.default.moving VALUES (1.25)");
    CHECK('S', SQLExecute(c->stmt));
    assert_int_equal(width(c->stmt), 1);
    assert_int_equal(ird_count(c->stmt), 1);
    assert_int_equal(type_of(c->stmt, 1), SQL_DECIMAL);
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "1.25");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    exec(c, "DROP TABLE main.default.moving");
}

static void a_bound_column_follows_its_columns_new_type(void **state) {
    struct conn *c = *state;
    SQLINTEGER a = 0, b = 0;
    SQLLEN ia = 7, ib = 7;
    exec(c, "CREATE OR REPLACE TABLE main.default.moving AS SELECT 1 AS a, 2 AS b");
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT * FROM main.default.moving", SQL_NTS));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &a, 0, &ia));
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_SLONG, &b, 0, &ib));
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(a + 10 * b, 21);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    change(c, "CREATE OR REPLACE TABLE main.default.moving AS SELECT '77' AS a");
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_SLONG, NULL, 0, NULL));
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(a, 77);
    assert_int_equal(b, 2);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLFreeStmt(c->stmt, SQL_UNBIND));
    exec(c, "DROP TABLE main.default.moving");
}

const struct CMUnitTest CATALOG_TESTS[] = {
    TEST(an_escaped_underscore_finds_one_table), TEST(the_special_forms_list_catalogs_schemas_and_types),
    TEST(the_schemas_of_all_catalogs_are_listed_once_each),
    TEST(without_system_tables_the_schemas_are_listed_catalog_by_catalog),
    TEST(tables_asked_for_one_after_the_other_take_three_statements),
    TEST(a_schema_that_is_too_large_for_the_cache_is_asked_for_once),
    TEST(what_information_schema_refuses_is_asked_table_by_table), TEST(own_ddl_between_two_tables_is_seen),
    TEST(what_does_not_exist_is_an_empty_set), TEST(columns_have_types_sizes_and_ordinals),
    TEST(identifiers_are_literal_with_metadata_id), TEST(keys_are_found_and_ordered),
    TEST(every_result_set_has_the_columns_of_the_manual), TEST(bad_arguments_have_their_states),
    TEST(names_must_be_given_with_metadata_id), TEST(null_is_no_restriction_and_an_empty_pattern_matches_nothing),
    TEST(ordinary_arguments_are_no_patterns), TEST(privileges_are_told_in_the_words_of_sql),
    TEST(an_odbc_2_program_gets_old_type_codes_in_catalog_rows), TEST(a_described_statement_follows_its_table),
    TEST(a_bound_column_follows_its_columns_new_type),
    TEST(empty_sets_have_exact_columns_and_check_their_arguments), TEST(type_info_is_ordered_and_agrees_with_columns),
};
const size_t N_CATALOG_TESTS = COUNT(CATALOG_TESTS);
