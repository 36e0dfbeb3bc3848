/* Catalog functions and SQLGetTypeInfo. */
#include "conform.h"

static int count_rows(SQLHSTMT stmt) {
    int n = 0;
    while (SQLFetch(stmt) == SQL_SUCCESS) n++;
    return n;
}

#define T(s) (SQLCHAR *)(s), (SQLSMALLINT)((s) ? SQL_NTS : 0)
#define NOT_GIVEN NULL, 0

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
    assert_string_equal(get_text(c->stmt, 1), "<NULL>");
    assert_string_not_equal(get_text(c->stmt, 2), "<NULL>");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLTables(c->stmt, T(""), T(""), T(""), T("%")));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "<NULL>");
    assert_string_not_equal(get_text(c->stmt, 4), "<NULL>");
}

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
    CHECK('S', SQLProcedures(c->stmt, NOT_GIVEN, NOT_GIVEN, NOT_GIVEN));
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

const struct CMUnitTest CATALOG_TESTS[] = {
    TEST(an_escaped_underscore_finds_one_table), TEST(the_special_forms_list_catalogs_schemas_and_types),
    TEST(what_does_not_exist_is_an_empty_set), TEST(columns_have_types_sizes_and_ordinals),
    TEST(identifiers_are_literal_with_metadata_id), TEST(keys_are_found_and_ordered),
    TEST(empty_sets_have_exact_columns_and_check_their_arguments), TEST(type_info_is_ordered_and_agrees_with_columns),
};
const size_t N_CATALOG_TESTS = COUNT(CATALOG_TESTS);
