/* Diagnostics: header and record fields, order, long messages, and records that stay until the next call. */
#include "conform.h"

#include <stdbool.h>
#include <stdio.h>

static const char *text_field(SQLHSTMT stmt, SQLSMALLINT record, SQLSMALLINT field) {
    static SQLCHAR text[4][2000];
    static int turn;
    SQLSMALLINT len = -1;
    SQLCHAR *to = text[turn++ % 4];
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, stmt, record, field, to, sizeof text[0], &len));
    assert_int_equal(len, strlen((char *)to));
    return (char *)to;
}

static SQLLEN number_field(SQLHSTMT stmt, SQLSMALLINT record, SQLSMALLINT field, size_t bytes) {
    SQLLEN v = 0;
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, stmt, record, field, &v, 0, NULL));
    return bytes == 4 ? (SQLINTEGER)v : v;
}

static void a_record_has_all_its_fields(void **state) {
    struct conn *c = *state;
    SQLCHAR text[300];
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT * FROM no_such_table", SQL_NTS));
    assert_int_equal(number_field(c->stmt, 0, SQL_DIAG_NUMBER, 4), 1);
    assert_string_equal(text_field(c->stmt, 1, SQL_DIAG_SQLSTATE), "42S02");
    assert_string_equal(text_field(c->stmt, 1, SQL_DIAG_CLASS_ORIGIN), "ISO 9075");
    assert_string_equal(text_field(c->stmt, 1, SQL_DIAG_SUBCLASS_ORIGIN), "ODBC 3.0");
    assert_non_null(strstr(text_field(c->stmt, 1, SQL_DIAG_MESSAGE_TEXT), "[dbx-odbc][server] "));
    assert_string_equal(text_field(c->stmt, 1, SQL_DIAG_CONNECTION_NAME), "127.0.0.1");
    assert_string_equal(text_field(c->stmt, 1, SQL_DIAG_SERVER_NAME), "127.0.0.1");
    assert_int_equal(number_field(c->stmt, 1, SQL_DIAG_NATIVE, 4), 35);
    assert_int_equal(number_field(c->stmt, 1, SQL_DIAG_ROW_NUMBER, 8), SQL_NO_ROW_NUMBER);
    assert_int_equal(number_field(c->stmt, 1, SQL_DIAG_COLUMN_NUMBER, 4), SQL_NO_COLUMN_NUMBER);
    CHECK('N', SQLGetDiagField(SQL_HANDLE_STMT, c->stmt, 2, SQL_DIAG_SQLSTATE, text, sizeof text, NULL));
    CHECK('E', SQLGetDiagField(SQL_HANDLE_STMT, c->stmt, 0, SQL_DIAG_SQLSTATE, text, sizeof text, NULL));
}

static void records_stay_until_the_next_call_and_reading_changes_nothing(void **state) {
    struct conn *c = *state;
    SQLULEN v = 0;
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELEC", SQL_NTS));
    for (int i = 0; i < 3; i++) assert_state(SQL_HANDLE_STMT, c->stmt, "42000");
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, &v, 0, NULL));
    SQLCHAR text[100];
    CHECK('N', SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, 1, text, NULL, text, sizeof text, NULL));
}

static void the_header_knows_the_function_and_the_counts(void **state) {
    struct conn *c = *state;
    static const struct { const char *sql, *function; SQLINTEGER code; SQLLEN rows; } ROWS[] = {
        { "CREATE SCHEMA IF NOT EXISTS main.diag_s", "CREATE SCHEMA", SQL_DIAG_CREATE_SCHEMA, -2 },
        { "CREATE OR REPLACE TABLE main.diag_s.t (a INT)", "CREATE TABLE", SQL_DIAG_CREATE_TABLE, -2 },
        { "INSERT INTO main.diag_s.t VALUES (1), (2), (3)", "INSERT", SQL_DIAG_INSERT, 3 },
        { "UPDATE main.diag_s.t SET a = 9 WHERE a > 1", "UPDATE WHERE", SQL_DIAG_UPDATE_WHERE, 2 },
        { "DELETE FROM main.diag_s.t WHERE a = 1", "DELETE WHERE", SQL_DIAG_DELETE_WHERE, 1 },
        { "CREATE OR REPLACE VIEW main.diag_s.v AS SELECT 1 AS a", "CREATE VIEW", SQL_DIAG_CREATE_VIEW, -2 },
        { "SELECT a FROM main.diag_s.t", "SELECT CURSOR", SQL_DIAG_SELECT_CURSOR, -2 },
        { "SHOW SCHEMAS", "", SQL_DIAG_UNKNOWN_STATEMENT, -2 },
        { "DROP VIEW main.diag_s.v", "DROP VIEW", SQL_DIAG_DROP_VIEW, -2 },
        { "DROP TABLE main.diag_s.t", "DROP TABLE", SQL_DIAG_DROP_TABLE, -2 },
        { "DROP SCHEMA main.diag_s", "DROP SCHEMA", SQL_DIAG_DROP_SCHEMA, -2 },
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        exec(c, ROWS[i].sql);
        assert_string_equal(text_field(c->stmt, 0, SQL_DIAG_DYNAMIC_FUNCTION), ROWS[i].function);
        assert_int_equal(number_field(c->stmt, 0, SQL_DIAG_DYNAMIC_FUNCTION_CODE, 4), ROWS[i].code);
        if (ROWS[i].rows != -2) assert_int_equal(number_field(c->stmt, 0, SQL_DIAG_ROW_COUNT, 8), ROWS[i].rows);
        assert_int_equal(number_field(c->stmt, 0, SQL_DIAG_NUMBER, 4), 0);
        SQLFreeStmt(c->stmt, SQL_CLOSE);
    }
}

static void counts_belong_to_statements(void **state) {
    struct conn *c = *state;
    SQLLEN v = 0;
    CHECK('E', SQLGetDiagField(SQL_HANDLE_DBC, c->dbc, 0, SQL_DIAG_ROW_COUNT, &v, 0, NULL));
    CHECK('S', SQLGetDiagField(SQL_HANDLE_DBC, c->dbc, 0, SQL_DIAG_NUMBER, &v, 0, NULL));
}

static void rows_of_a_rowset_are_told_by_row_and_errors_first_within_a_row(void **state) {
    struct conn *c = *state;
    SQLSMALLINT small[4];
    SQLCHAR text[4][3];
    SQLLEN ind[4], len[4];
    SQLUSMALLINT status[4];
    exec(c, "SELECT * FROM VALUES (1, 'ab'), (2, 'abcdef'), (99999, 'abc'), (4, 'abc') AS t(n, s)");
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)4, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0));
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SSHORT, small, 0, ind));
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_CHAR, text, sizeof text[0], len));
    CHECK('I', SQLFetch(c->stmt));
    assert_int_equal(number_field(c->stmt, 0, SQL_DIAG_NUMBER, 4), 4);
    static const struct { const char *state; SQLLEN row; SQLINTEGER column; } WANT[] = {
        { "01004", 2, 2 }, { "22003", 3, 1 }, { "01004", 3, 2 }, { "01004", 4, 2 },
    };
    for (SQLSMALLINT i = 1; i <= 4; i++) {
        assert_string_equal(text_field(c->stmt, i, SQL_DIAG_SQLSTATE), WANT[i - 1].state);
        assert_int_equal(number_field(c->stmt, i, SQL_DIAG_ROW_NUMBER, 8), WANT[i - 1].row);
        assert_int_equal(number_field(c->stmt, i, SQL_DIAG_COLUMN_NUMBER, 4), WANT[i - 1].column);
    }
    assert_int_equal(status[2], SQL_ROW_ERROR);
}

/* One line per state that can be provoked by a statement or a call; states that need a fault at the server are in
 * tests/e2e/test_sqlstates.py. */
static void statements_provoke_the_states_of_the_mapping(void **state) {
    struct conn *c = *state;
    static const struct { const char *sql, *want; } ROWS[] = {
        { "SELECT * FROM no_such_table", "42S02" }, { "SELECT * FROM no_such_schema.t", "42S02" },
        { "USE CATALOG no_such_catalog", "3D000" }, { "USE SCHEMA no_such_schema", "3F000" },
        { "SELECT nope FROM samples.tpch.region", "42S22" }, { "SELEC 1", "42000" }, { ";", "42000" },
        { "CREATE TABLE samples.tpch.region (a INT)", NULL }, { "SELECT 1/0", "22012" },
        { "SELECT CAST('abc' AS INT)", "22018" }, { "SELECT CAST(99999999999 AS INT)", "22003" },
        { "SELECT no_such_function(1)", "42000" }, { "SELECT ?", "07002" },
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        SQLCHAR got[6] = "-", text[500];
        SQLRETURN rc = SQLExecDirect(c->stmt, (SQLCHAR *)ROWS[i].sql, SQL_NTS);
        if (SQL_SUCCEEDED(rc)) rc = SQLFetch(c->stmt);
        if (rc != SQL_ERROR) fail_msg("%s gave %c", ROWS[i].sql, letter(rc));
        SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, 1, got, NULL, text, sizeof text, NULL);
        if (ROWS[i].want && strcmp((char *)got, ROWS[i].want) != 0)
            fail_msg("%s: %s instead of %s: %s", ROWS[i].sql, (char *)got, ROWS[i].want, (char *)text);
        SQLFreeStmt(c->stmt, SQL_CLOSE);
    }
}

const struct CMUnitTest DIAG_TESTS[] = {
    TEST(a_record_has_all_its_fields), TEST(records_stay_until_the_next_call_and_reading_changes_nothing),
    TEST(the_header_knows_the_function_and_the_counts), TEST(counts_belong_to_statements),
    TEST(rows_of_a_rowset_are_told_by_row_and_errors_first_within_a_row),
    TEST(statements_provoke_the_states_of_the_mapping),
};
const size_t N_DIAG_TESTS = COUNT(DIAG_TESTS);
