/* ParallelWrites: an INSERT with an array of parameters as several statements at once. Whatever becomes of one of them, the
 * states of the sets say what is in the table. */
#include "conform.h"

#include <stdio.h>
#include <stdlib.h>

#include "control.h"

enum { ROWS = 800, PIECE = 200 };       /* four pieces */

static const char TABLE[] = "main.default.conform_parallel";
static SQLINTEGER id[ROWS], small[ROWS];
static SQLUSMALLINT status[ROWS];
static SQLULEN processed;

static int open_parallel(void **state) {
    struct conn *c = calloc(1, sizeof *c);
    char sql[200];
    open_conn_with(c, "ParallelWrites=4;", SQL_OV_ODBC3);
    snprintf(sql, sizeof sql, "CREATE OR REPLACE TABLE %s (id INT, small TINYINT)", TABLE);
    exec(c, sql);
    for (int i = 0; i < ROWS; i++) {
        id[i] = i;
        small[i] = i % 100;
        status[i] = 99;
    }
    *state = c;
    return 0;
}

static int close_parallel(void **state) {
    control_heal();
    end_conn(*state);
    free(*state);
    return 0;
}

static SQLRETURN insert(struct conn *c) {
    char sql[200];
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)ROWS, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, &processed, 0));
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, id, 0, NULL));
    CHECK('S', SQLBindParameter(c->stmt, 2, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, small, 0, NULL));
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, ?)", TABLE);
    return SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS);
}

/* Which ids are in the table, by a connection of its own. */
static void read_back(SQLCHAR there[ROWS]) {
    struct conn c;
    char sql[200];
    memset(there, 0, ROWS);
    open_conn_with(&c, "", SQL_OV_ODBC3);
    snprintf(sql, sizeof sql, "SELECT id FROM %s", TABLE);
    exec(&c, sql);
    while (SQL_SUCCEEDED(SQLFetch(c.stmt))) {
        SQLLEN i = get_long(c.stmt, 1);
        assert_in_range(i, 0, ROWS - 1);
        assert_int_equal(there[i]++, 0);
    }
    end_conn(&c);
}

static int sets_with(SQLUSMALLINT what) {
    int n = 0;
    for (int i = 0; i < ROWS; i++) n += status[i] == what;
    return n;
}

/* Success is in the table; an error and what was not used are not. */
static void assert_states_are_true(void) {
    SQLCHAR there[ROWS];
    read_back(there);
    for (int i = 0; i < ROWS; i++) {
        if (status[i] == SQL_PARAM_SUCCESS) assert_int_equal(there[i], 1);
        else if (status[i] == SQL_PARAM_ERROR || status[i] == SQL_PARAM_UNUSED) assert_int_equal(there[i], 0);
        else assert_int_equal(status[i], SQL_PARAM_DIAG_UNAVAILABLE);
    }
}

static SQLLEN row_of_record(SQLHSTMT stmt, SQLSMALLINT record) {
    SQLLEN row = -99;
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, stmt, record, SQL_DIAG_ROW_NUMBER, &row, 0, NULL));
    return row;
}

static void the_pieces_are_sent_at_once_and_all_rows_arrive(void **state) {
    struct conn *c = *state;
    SQLLEN rows = 0;
    long before = control_count("statements_executed");
    control_fault("execute", "INSERT INTO", "{\"type\":\"delay\",\"ms\":400}");
    double began = control_seconds();
    CHECK('S', insert(c));
    assert_true(control_seconds() - began < 1.2);       /* one after the other: 1.6 s and more */
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, ROWS);
    assert_int_equal(processed, ROWS);
    assert_int_equal(sets_with(SQL_PARAM_SUCCESS), ROWS);
    assert_int_equal(control_count("statements_executed") - before, 4);
    assert_states_are_true();
}

static void refused_rows_of_several_pieces_are_found_and_told_in_their_order(void **state) {
    struct conn *c = *state;
    SQLLEN rows = 0;
    small[7] = small[PIECE * 2 + 5] = small[ROWS - 1] = 1000;   /* too large for the column */
    CHECK('I', insert(c));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22003");
    assert_int_equal(row_of_record(c->stmt, 1), 8);
    assert_int_equal(row_of_record(c->stmt, 2), PIECE * 2 + 6);
    assert_int_equal(row_of_record(c->stmt, 3), ROWS);
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, ROWS - 3);
    assert_int_equal(processed, ROWS);
    assert_int_equal(sets_with(SQL_PARAM_ERROR), 3);
    assert_int_equal(sets_with(SQL_PARAM_SUCCESS), ROWS - 3);
    assert_states_are_true();
}

static void a_piece_whose_answer_is_lost_does_not_hide_what_the_others_did(void **state) {
    struct conn *c = *state;
    control_fault("execute", "INSERT INTO.*[^0-9]250[^0-9]", "{\"type\":\"reset\",\"when\":\"after\"}");
    CHECK('E', insert(c));
    assert_int_equal(sets_with(SQL_PARAM_DIAG_UNAVAILABLE), PIECE);
    for (int i = PIECE; i < 2 * PIECE; i++) assert_int_equal(status[i], SQL_PARAM_DIAG_UNAVAILABLE);
    for (int i = 0; i < PIECE; i++) assert_int_equal(status[i], SQL_PARAM_SUCCESS);
    control_heal();
    assert_states_are_true();
}

static void a_piece_refused_for_no_value_is_an_error_and_the_others_are_in(void **state) {
    struct conn *c = *state;
    control_fault("execute", "INSERT INTO.*[^0-9]450[^0-9]", "{\"type\":\"fail_statement\",\"error_code\":\"BAD_REQUEST\","
                  "\"message\":\"[DELTA_CONCURRENT_APPEND] no luck SQLSTATE: 2D521\"}");
    CHECK('I', insert(c));
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(status[i], i / PIECE == 2 ? SQL_PARAM_ERROR : SQL_PARAM_SUCCESS);
    control_heal();
    assert_states_are_true();
}

static void a_time_out_ends_all_pieces_at_once(void **state) {
    struct conn *c = *state;
    control_fault("execute", "INSERT INTO", "{\"type\":\"slow_statement\",\"ms\":20000}");
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0));
    double began = control_seconds();
    CHECK('E', insert(c));
    assert_true(control_seconds() - began < 5);
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYT00");
    assert_int_equal(sets_with(SQL_PARAM_DIAG_UNAVAILABLE), ROWS);
}

static void a_small_array_is_one_statement(void **state) {
    struct conn *c = *state;
    SQLLEN rows = 0;
    char sql[200];
    CHECK('S', insert(c));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)50, 0));
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, ?)", TABLE);
    long before = control_count("statements_executed");
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS));
    assert_int_equal(control_count("statements_executed") - before, 1);
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, 50);
}

#define PARALLEL(f) cmocka_unit_test_setup_teardown(f, open_parallel, close_parallel)

const struct CMUnitTest PARALLEL_TESTS[] = {
    PARALLEL(the_pieces_are_sent_at_once_and_all_rows_arrive),
    PARALLEL(refused_rows_of_several_pieces_are_found_and_told_in_their_order),
    PARALLEL(a_piece_whose_answer_is_lost_does_not_hide_what_the_others_did),
    PARALLEL(a_piece_refused_for_no_value_is_an_error_and_the_others_are_in),
    PARALLEL(a_time_out_ends_all_pieces_at_once),
    PARALLEL(a_small_array_is_one_statement),
};
const size_t N_PARALLEL_TESTS = COUNT(PARALLEL_TESTS);
