/* Parameters: binding, describing, data at execution, arrays. */
#include "conform.h"

#include <stdio.h>

static void bind_long(struct conn *c, int number, SQLINTEGER *v, SQLLEN *ind) {
    CHECK('S', SQLBindParameter(c->stmt, (SQLUSMALLINT)number, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, v, 0,
                                ind));
}

static void bind_text(struct conn *c, int number, void *v, SQLLEN cap, SQLLEN *ind) {
    CHECK('S', SQLBindParameter(c->stmt, (SQLUSMALLINT)number, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 100, 0, v,
                                cap, ind));
}

static SQLLEN count_of(struct conn *c, const char *from) {
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", from);
    exec(c, sql);
    CHECK('S', SQLFetch(c->stmt));
    SQLLEN n = get_long(c->stmt, 1);
    CHECK('S', SQLCloseCursor(c->stmt));
    return n;
}

static void fresh_table(struct conn *c) {
    exec(c, "DROP TABLE IF EXISTS main.default.conform_params");
    exec(c, "CREATE TABLE main.default.conform_params (id INT, s VARCHAR(20), n DECIMAL(10,2), b BINARY)");
}

static const char INSERT[] = "INSERT INTO main.default.conform_params (id, s) VALUES (?, ?)";

/* ---- one set ---------------------------------------------------------------------------------------------------- */

static void bound_values_are_read_when_executing(void **state) {
    struct conn *c = *state;
    SQLINTEGER n = 1;
    char text[20] = "a'b\\c?";
    SQLLEN n_ind = 0, t_ind = SQL_NTS;
    bind_long(c, 1, &n, &n_ind);
    bind_text(c, 2, text, sizeof text, &t_ind);
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ? + 1, ?", SQL_NTS));
    n = 41;
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(get_long(c->stmt, 1), 42);
    assert_string_equal(get_text(c->stmt, 2), "a'b\\c?");
    CHECK('S', SQLCloseCursor(c->stmt));
    n_ind = SQL_NULL_DATA;
    t_ind = 2;
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(get_long(c->stmt, 1), -12345);
    assert_string_equal(get_text(c->stmt, 2), "a'");
}

static void what_binding_refuses_has_its_state(void **state) {
    struct conn *c = *state;
    SQLINTEGER n = 1;
    static const struct { int number, io, c_type, sql_type; const char *want; } ROWS[] = {
        { 0, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, "07009" },
        { 1, SQL_PARAM_OUTPUT, SQL_C_SLONG, SQL_INTEGER, "HYC00" },
        { 1, SQL_PARAM_INPUT_OUTPUT, SQL_C_SLONG, SQL_INTEGER, "HYC00" }, { 1, 77, SQL_C_SLONG, SQL_INTEGER, "HY105" },
        { 1, SQL_PARAM_INPUT, 7777, SQL_INTEGER, "HY003" }, { 1, SQL_PARAM_INPUT, SQL_C_SLONG, 7777, "HY004" },
    };
    for (size_t i = 0; i < COUNT(ROWS); i++) {
        CHECK('E', SQLBindParameter(c->stmt, (SQLUSMALLINT)ROWS[i].number, (SQLSMALLINT)ROWS[i].io,
                                    (SQLSMALLINT)ROWS[i].c_type, (SQLSMALLINT)ROWS[i].sql_type, 0, 0, &n, 0, NULL));
        assert_state(SQL_HANDLE_STMT, c->stmt, ROWS[i].want);
    }
    CHECK('E', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 1, 0, &n, -5, NULL));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY090");
    CHECK('E', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_DECIMAL, 10, 99, &n, 5, NULL));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY104");
    CHECK('E', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, NULL, 0, NULL));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY009");
}

static void what_execution_refuses_has_its_state(void **state) {
    struct conn *c = *state;
    SQLINTEGER n = 1;
    char text[8] = "x";
    SQLLEN ind = 0, bad = -77;
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07002");
    bind_long(c, 1, &n, &ind);
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?, ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07002");
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT :a, ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07002");
    ind = SQL_DEFAULT_PARAM;
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07S01");
    bind_text(c, 1, text, sizeof text, &bad);
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY090");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_RESET_PARAMS));
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07002");
    exec(c, "SELECT '?' -- ?");
}

static void a_value_that_cannot_be_converted_names_its_parameter(void **state) {
    struct conn *c = *state;
    char text[] = "twelve";
    SQLINTEGER column = 0;
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_INTEGER, 0, 0, text, sizeof text, NULL));
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22018");
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, c->stmt, 1, SQL_DIAG_COLUMN_NUMBER, &column, 0, NULL));
    assert_int_equal(column, 1);
}

static void bytes_stand_in_the_text_and_the_other_markers_are_counted_anew(void **state) {
    struct conn *c = *state;
    unsigned char bytes[] = { 0, 0xff, '\'', '\\' };
    SQLLEN len = sizeof bytes, n_ind = 0;
    SQLINTEGER n = 7;
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_VARBINARY, 4, 0, bytes, 4, &len));
    bind_long(c, 2, &n, &n_ind);
    CHECK('S', SQLBindParameter(c->stmt, 3, SQL_PARAM_INPUT, SQL_C_BINARY, SQL_VARBINARY, 4, 0, bytes, 4, &len));
    exec(c, "SELECT hex(?), ?, hex(?)");
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "00FF275C");
    assert_int_equal(get_long(c->stmt, 2), 7);
    assert_string_equal(get_text(c->stmt, 3), "00FF275C");
}

static void a_statement_with_markers_is_described_before_it_runs(void **state) {
    struct conn *c = *state;
    SQLSMALLINT n = 0, type = 0;
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT CAST(? AS DATE) AS d, '?'", SQL_NTS));
    CHECK('S', SQLNumParams(c->stmt, &n));
    assert_int_equal(n, 1);
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 2);
    CHECK('S', SQLDescribeCol(c->stmt, 1, NULL, 0, NULL, &type, NULL, NULL, NULL));
    assert_int_equal(type, SQL_TYPE_DATE);
}

static void parameters_of_an_insert_have_the_types_of_its_columns(void **state) {
    struct conn *c = *state;
    SQLSMALLINT type = 0, digits = 0, nullable = 0;
    SQLULEN size = 0;
    fresh_table(c);
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"INSERT INTO main.default.conform_params (n, `s`, id) VALUES (?, ?, "
                          "? + 1)", SQL_NTS));
    CHECK('S', SQLDescribeParam(c->stmt, 1, &type, &size, &digits, &nullable));
    assert_int_equal(type, SQL_DECIMAL);
    assert_int_equal(size, 10);
    assert_int_equal(digits, 2);
    assert_int_equal(nullable, SQL_NULLABLE_UNKNOWN);
    CHECK('S', SQLDescribeParam(c->stmt, 2, &type, &size, &digits, &nullable));
    assert_int_equal(type, SQL_VARCHAR);
    assert_int_equal(size, 20);
    CHECK('S', SQLDescribeParam(c->stmt, 3, &type, &size, &digits, NULL));
    assert_int_equal(type, SQL_VARCHAR);
    assert_int_equal(size, 0);      /* cannot be determined */
    CHECK('E', SQLDescribeParam(c->stmt, 4, &type, &size, &digits, &nullable));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07009");
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"INSERT INTO no_such_table VALUES (?)", SQL_NTS));
    CHECK('S', SQLDescribeParam(c->stmt, 1, &type, &size, &digits, &nullable));
    assert_int_equal(type, SQL_VARCHAR);
}

static void descriptors_show_and_take_what_is_bound(void **state) {
    struct conn *c = *state;
    SQLHDESC apd = NULL, ipd = NULL;
    SQLSMALLINT v = 0;
    SQLINTEGER n = 5;
    SQL_NUMERIC_STRUCT num = { .precision = 5, .scale = 2, .sign = 1, .val = { 0x39, 0x30 } };
    bind_long(c, 1, &n, NULL);
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_PARAM_DESC, &apd, 0, NULL));
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_IMP_PARAM_DESC, &ipd, 0, NULL));
    CHECK('S', SQLGetDescField(apd, 1, SQL_DESC_CONCISE_TYPE, &v, 0, NULL));
    assert_int_equal(v, SQL_C_SLONG);
    CHECK('S', SQLGetDescField(ipd, 1, SQL_DESC_CONCISE_TYPE, &v, 0, NULL));
    assert_int_equal(v, SQL_INTEGER);
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_NUMERIC, SQL_NUMERIC, 5, 2, &num, sizeof num, NULL));
    CHECK('S', SQLSetDescField(apd, 1, SQL_DESC_TYPE, (SQLPOINTER)SQL_C_NUMERIC, 0));
    CHECK('S', SQLSetDescField(apd, 1, SQL_DESC_PRECISION, (SQLPOINTER)5, 0));
    CHECK('S', SQLSetDescField(apd, 1, SQL_DESC_SCALE, (SQLPOINTER)2, 0));
    CHECK('S', SQLSetDescField(apd, 1, SQL_DESC_DATA_PTR, &num, 0));
    exec(c, "SELECT CAST(? AS DECIMAL(5,2))");
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "123.45");
}

static void more_parameters_than_the_server_takes_become_literals(void **state) {
    struct conn *c = *state;
    static char sql[4000];
    static SQLINTEGER v[300];
    int len = snprintf(sql, sizeof sql, "SELECT 0");
    for (int i = 0; i < 300; i++) {
        v[i] = i;
        bind_long(c, i + 1, &v[i], NULL);
        len += snprintf(sql + len, sizeof sql - (size_t)len, "+?");
    }
    exec(c, sql);
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(get_long(c->stmt, 1), 300 * 299 / 2);
}

/* ---- data at execution ------------------------------------------------------------------------------------------ */

static void data_at_execution_arrives_in_parts(void **state) {
    struct conn *c = *state;
    SQLLEN wide_ind = SQL_DATA_AT_EXEC, narrow_ind = SQL_LEN_DATA_AT_EXEC(3), n_ind = SQL_DATA_AT_EXEC;
    const unsigned char emoji[] = { 0xf0, 0x9f, 0x98, 0x80 };
    const char wide[] = { 'a', 0, 0x3d, (char)0xd8, 0, (char)0xde };
    SQLINTEGER n = 42;
    SQLPOINTER token = NULL;
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_WCHAR, SQL_WVARCHAR, 10, 0, (SQLPOINTER)1, 0,
                                &wide_ind));
    CHECK('S', SQLBindParameter(c->stmt, 2, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, (SQLPOINTER)2, 0,
                                &narrow_ind));
    CHECK('S', SQLBindParameter(c->stmt, 3, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 10, 0, (SQLPOINTER)3, 0,
                                &n_ind));
    CHECK('D', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?, ?, ?", SQL_NTS));
    CHECK('D', SQLParamData(c->stmt, &token));
    assert_ptr_equal(token, (SQLPOINTER)1);
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)wide, 3));       /* half a unit, then half a pair */
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)(wide + 3), 1));
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)(wide + 4), 2));
    CHECK('D', SQLParamData(c->stmt, &token));
    assert_ptr_equal(token, (SQLPOINTER)2);
    for (int i = 0; i < 4; i++) CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)(emoji + i), 1));
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)"", 0));
    CHECK('D', SQLParamData(c->stmt, &token));
    assert_ptr_equal(token, (SQLPOINTER)3);
    CHECK('S', SQLPutData(c->stmt, &n, 0));
    CHECK('S', SQLParamData(c->stmt, &token));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "a\xf0\x9f\x98\x80");
    assert_string_equal(get_text(c->stmt, 2), "\xf0\x9f\x98\x80");
    assert_int_equal(get_long(c->stmt, 3), 42);
}

static void an_error_of_putdata_ends_the_execution(void **state) {
    struct conn *c = *state;
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER token = NULL;
    SQLINTEGER n = 1;
    bind_long(c, 1, &n, &ind);
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    CHECK('D', SQLExecute(c->stmt));
    CHECK('D', SQLParamData(c->stmt, &token));
    CHECK('S', SQLPutData(c->stmt, &n, 0));
    CHECK('E', SQLPutData(c->stmt, &n, 0));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY019");
    ind = 0;
    CHECK('S', SQLExecute(c->stmt));
}

static void null_at_execution_stands_alone(void **state) {
    struct conn *c = *state;
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER token = NULL;
    bind_text(c, 1, (SQLPOINTER)1, 0, &ind);
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    CHECK('D', SQLExecute(c->stmt));
    CHECK('E', SQLPutData(c->stmt, (SQLPOINTER)"x", 1));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY010");
    CHECK('D', SQLParamData(c->stmt, &token));
    CHECK('S', SQLPutData(c->stmt, NULL, SQL_NULL_DATA));
    CHECK('S', SQLParamData(c->stmt, &token));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "<NULL>");
    CHECK('S', SQLCloseCursor(c->stmt));
    CHECK('D', SQLExecute(c->stmt));
    CHECK('D', SQLParamData(c->stmt, &token));
    CHECK('S', SQLPutData(c->stmt, NULL, SQL_NULL_DATA));
    CHECK('E', SQLPutData(c->stmt, (SQLPOINTER)"x", 1));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY020");
}

static void cancelling_ends_the_wait_for_data(void **state) {
    struct conn *c = *state;
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER token = NULL;
    char text[] = "now";
    bind_text(c, 1, (SQLPOINTER)1, 0, &ind);
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    CHECK('D', SQLExecute(c->stmt));
    CHECK('D', SQLParamData(c->stmt, &token));
    CHECK('E', SQLExecute(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY010");
    CHECK('S', SQLCancel(c->stmt));
    CHECK('E', SQLPutData(c->stmt, text, 3));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY010");
    bind_text(c, 1, text, sizeof text, NULL);
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "now");
}

/* ---- arrays ----------------------------------------------------------------------------------------------------- */

enum { N = 5 };

static void set_array(struct conn *c, SQLULEN n, SQLUSMALLINT *status, SQLULEN *processed) {
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)n, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_STATUS_PTR, status, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMS_PROCESSED_PTR, processed, 0));
}

static void arrays_by_column_insert_and_skip_what_is_ignored(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[N] = { 1, 2, 3, 4, 5 };
    char s[N][8] = { "a", "b'\\", "c", "", "e" };
    SQLLEN s_ind[N] = { SQL_NTS, SQL_NTS, SQL_NULL_DATA, 0, 1 }, rows = 0;
    SQLUSMALLINT status[N], operation[N] = { 0, 0, 0, SQL_PARAM_IGNORE, 0 };
    SQLULEN processed = 99;
    fresh_table(c);
    set_array(c, N, status, &processed);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_OPERATION_PTR, operation, 0));
    bind_long(c, 1, id, NULL);
    bind_text(c, 2, s, sizeof s[0], s_ind);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)INSERT, SQL_NTS));
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, 4);
    assert_int_equal(processed, N);
    for (int i = 0; i < N; i++) assert_int_equal(status[i], i == 3 ? SQL_PARAM_UNUSED : SQL_PARAM_SUCCESS);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0));
    assert_int_equal(count_of(c, "main.default.conform_params WHERE s IS NULL AND id = 3"), 1);
    exec(c, "SELECT s FROM main.default.conform_params WHERE id = 2");
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "b'\\");
}

static void arrays_by_row_follow_the_bind_offset(void **state) {
    struct conn *c = *state;
    struct { SQLINTEGER id; SQLLEN ind; char s[12]; } rows[N + 1];
    SQLUSMALLINT status[N];
    SQLULEN processed = 0, offset = sizeof rows[0];
    fresh_table(c);
    for (int i = 0; i <= N; i++) {
        rows[i].id = i;
        rows[i].ind = snprintf(rows[i].s, sizeof rows[i].s, "row %d", i);
    }
    set_array(c, N, status, &processed);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_BIND_TYPE, (SQLPOINTER)sizeof rows[0], 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAM_BIND_OFFSET_PTR, &offset, 0));
    bind_long(c, 1, &rows[0].id, NULL);
    bind_text(c, 2, rows[0].s, sizeof rows[0].s, &rows[0].ind);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)INSERT, SQL_NTS));
    assert_int_equal(processed, N);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0));
    assert_int_equal(count_of(c, "main.default.conform_params WHERE s = 'row ' || id AND id BETWEEN 1 AND 5"), N);
}

static void a_bad_set_is_told_and_the_others_go_on(void **state) {
    struct conn *c = *state;
    char id[N][8] = { "1", "x", "3", "4", "y" };
    char s[N][8] = { "a", "b", "c", "d", "e" };
    SQLUSMALLINT status[N];
    SQLULEN processed = 0;
    SQLLEN row = 0, rows = 0;
    fresh_table(c);
    set_array(c, N, status, &processed);
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_INTEGER, 0, 0, id, sizeof id[0], NULL));
    bind_text(c, 2, s, sizeof s[0], NULL);
    CHECK('I', SQLExecDirect(c->stmt, (SQLCHAR *)INSERT, SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22018");
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, c->stmt, 1, SQL_DIAG_ROW_NUMBER, &row, 0, NULL));
    assert_int_equal(row, 2);
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, 3);
    assert_int_equal(processed, N);
    for (int i = 0; i < N; i++) assert_int_equal(status[i], i == 1 || i == 4 ? SQL_PARAM_ERROR : SQL_PARAM_SUCCESS);
}

static void a_refused_chunk_marks_all_its_sets(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[N] = { 1, 2, 3, 4, 5 };
    SQLUSMALLINT status[N];
    SQLULEN processed = 0;
    set_array(c, N, status, &processed);
    bind_long(c, 1, id, NULL);
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"INSERT INTO main.default.no_such_table VALUES (?)", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "42S02");
    for (int i = 0; i < N; i++) assert_int_equal(status[i], SQL_PARAM_ERROR);
}

static void other_statements_run_once_per_set_and_queries_do_not(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[3] = { 1, 2, 3 };
    char s[3][4] = { "a", "b", "c" };
    SQLUSMALLINT status[3];
    SQLULEN processed = 0;
    SQLLEN rows = 0;
    fresh_table(c);
    set_array(c, 3, status, &processed);
    bind_long(c, 1, id, NULL);
    bind_text(c, 2, s, sizeof s[0], NULL);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)INSERT, SQL_NTS));
    bind_text(c, 1, s, sizeof s[0], NULL);
    bind_long(c, 2, id, NULL);
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)"UPDATE main.default.conform_params SET s = ? || '!' WHERE id >= ?",
                             SQL_NTS));
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, 3 + 2 + 1);
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ?, ?", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYC00");
}

static void data_at_execution_works_inside_arrays(void **state) {
    struct conn *c = *state;
    SQLINTEGER id[3] = { 1, 2, 3 };
    char s[3][4] = { "in", "", "" };
    SQLLEN ind[3] = { SQL_NTS, SQL_DATA_AT_EXEC, SQL_DATA_AT_EXEC };
    SQLUSMALLINT status[3];
    SQLULEN processed = 0;
    SQLPOINTER token = NULL;
    SQLLEN rows = 0;
    fresh_table(c);
    set_array(c, 3, status, &processed);
    bind_long(c, 1, id, NULL);
    bind_text(c, 2, s, sizeof s[0], ind);
    CHECK('D', SQLExecDirect(c->stmt, (SQLCHAR *)INSERT, SQL_NTS));
    CHECK('D', SQLParamData(c->stmt, &token));
    assert_ptr_equal(token, s[1]);
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)"seco", 4));
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)"nd", SQL_NTS));
    CHECK('D', SQLParamData(c->stmt, &token));
    assert_ptr_equal(token, s[2]);
    CHECK('S', SQLPutData(c->stmt, NULL, SQL_NULL_DATA));
    CHECK('S', SQLParamData(c->stmt, &token));
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, 3);
    assert_int_equal(processed, 3);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_PARAMSET_SIZE, (SQLPOINTER)1, 0));
    assert_int_equal(count_of(c, "main.default.conform_params WHERE s = 'second' OR (id = 3 AND s IS NULL)"), 2);
}

static void functions_and_info_say_what_parameters_can_do(void **state) {
    struct conn *c = *state;
    static const SQLUSMALLINT FUNCTIONS[] = { SQL_API_SQLBINDPARAMETER, SQL_API_SQLDESCRIBEPARAM, SQL_API_SQLNUMPARAMS,
        SQL_API_SQLPARAMDATA, SQL_API_SQLPUTDATA };
    SQLUSMALLINT yes = 0;
    SQLCHAR text[4];
    SQLUINTEGER v = 0;
    for (size_t i = 0; i < COUNT(FUNCTIONS); i++) {
        CHECK('S', SQLGetFunctions(c->dbc, FUNCTIONS[i], &yes));
        assert_int_equal(yes, SQL_TRUE);
    }
    CHECK('S', SQLGetInfo(c->dbc, SQL_DESCRIBE_PARAMETER, text, sizeof text, NULL));
    assert_string_equal((char *)text, "Y");
    CHECK('S', SQLGetInfo(c->dbc, SQL_NEED_LONG_DATA_LEN, text, sizeof text, NULL));
    assert_string_equal((char *)text, "N");
    CHECK('S', SQLGetInfo(c->dbc, SQL_PARAM_ARRAY_ROW_COUNTS, &v, sizeof v, NULL));
    assert_int_equal(v, SQL_PARC_NO_BATCH);
    CHECK('S', SQLGetInfo(c->dbc, SQL_PARAM_ARRAY_SELECTS, &v, sizeof v, NULL));
    assert_int_equal(v, SQL_PAS_NO_SELECT);
}

/* ---- there and back ---------------------------------------------------------------------------------------------- */

/* What is bound comes back from SELECT ? into the same C type, byte by byte. */
static void comes_back(struct conn *c, SQLSMALLINT c_type, SQLSMALLINT sql_type, void *value, SQLLEN size) {
    unsigned char got[64];
    SQLLEN ind = size, len = 0;
    memset(got, 0, sizeof got);
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, c_type, sql_type, 0, 0, value, size, &ind));
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ? AS v", SQL_NTS));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLGetData(c->stmt, 1, c_type, got, sizeof got, &len));
    assert_int_equal(len, size);
    assert_memory_equal(got, value, (size_t)size);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    ind = SQL_NULL_DATA;
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT ? AS v", SQL_NTS));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLGetData(c->stmt, 1, c_type, got, sizeof got, &len));
    assert_int_equal(len, SQL_NULL_DATA);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
}

#define BACK(T, c_type, sql_type, ...) do { \
        T v_ = __VA_ARGS__; \
        comes_back(c, c_type, sql_type, &v_, (SQLLEN)sizeof v_); \
    } while (0)

static void numbers_dates_and_bytes_come_back_as_they_were(void **state) {
    struct conn *c = *state;
    BACK(SQLSCHAR, SQL_C_STINYINT, SQL_TINYINT, -128);
    BACK(SQLCHAR, SQL_C_UTINYINT, SQL_SMALLINT, 255);
    BACK(SQLSMALLINT, SQL_C_SSHORT, SQL_SMALLINT, -32768);
    BACK(SQLUSMALLINT, SQL_C_USHORT, SQL_INTEGER, 65535);
    BACK(SQLINTEGER, SQL_C_SLONG, SQL_INTEGER, INT32_MIN);
    BACK(SQLUINTEGER, SQL_C_ULONG, SQL_BIGINT, UINT32_MAX);
    BACK(SQLBIGINT, SQL_C_SBIGINT, SQL_BIGINT, INT64_MIN);
    BACK(SQLUBIGINT, SQL_C_UBIGINT, SQL_DECIMAL, UINT64_MAX);
    BACK(SQLCHAR, SQL_C_BIT, SQL_BIT, 1);
    BACK(SQLREAL, SQL_C_FLOAT, SQL_REAL, 0.1f);
    BACK(SQLDOUBLE, SQL_C_DOUBLE, SQL_DOUBLE, 0.1);
    BACK(SQLDOUBLE, SQL_C_DOUBLE, SQL_DOUBLE, 1.7976931348623157e308);
    BACK(SQL_NUMERIC_STRUCT, SQL_C_NUMERIC, SQL_NUMERIC, {38, 0, 0, {1, 2, 3, 4, 5, 6, 7, 8, 9}});
    BACK(SQL_DATE_STRUCT, SQL_C_TYPE_DATE, SQL_TYPE_DATE, {2024, 2, 29});
    BACK(SQL_TIME_STRUCT, SQL_C_TYPE_TIME, SQL_TYPE_TIME, {23, 59, 58});
    BACK(SQL_TIMESTAMP_STRUCT, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, {2024, 2, 29, 1, 2, 3, 123456000});
    BACK(SQLGUID, SQL_C_GUID, SQL_GUID, {0x12345678, 0x9abc, 0xdef0, {1, 2, 3, 4, 5, 6, 7, 8}});
    unsigned char bytes[] = {0, 255, '\'', '\\', '\n'};
    comes_back(c, SQL_C_BINARY, SQL_VARBINARY, bytes, sizeof bytes);
    char text[] = "it's \\ \"\n ${x} ? :p -- /* \xe2\x80\xa8";
    comes_back(c, SQL_C_CHAR, SQL_VARCHAR, text, sizeof text - 1);
    SQLWCHAR wide[] = {0xd83d, 0xde00, '\'', 0x2028};
    comes_back(c, SQL_C_WCHAR, SQL_WVARCHAR, wide, sizeof wide);
}

static void every_kind_of_interval_comes_back(void **state) {
    /* the fields of each kind, YEAR … MINUTE TO SECOND, a bit per field from year to second */
    static const unsigned FIELDS[] = {1, 2, 4, 8, 16, 32, 3, 12, 28, 60, 24, 56, 48};
    for (int k = 0; k < 13; k++) {
        SQL_INTERVAL_STRUCT s;
        memset(&s, 0, sizeof s);
        s.interval_type = (SQLINTERVAL)(SQL_IS_YEAR + k);
        s.interval_sign = k % 2 ? SQL_TRUE : SQL_FALSE;
        if (FIELDS[k] & 1) s.intval.year_month.year = 12;
        if (FIELDS[k] & 2) s.intval.year_month.month = 5;
        if (FIELDS[k] & 4) s.intval.day_second.day = 98;
        if (FIELDS[k] & 8) s.intval.day_second.hour = 23;
        if (FIELDS[k] & 16) s.intval.day_second.minute = 7;
        if (FIELDS[k] & 32) s.intval.day_second.second = 59, s.intval.day_second.fraction = 120000;
        SQLSMALLINT type = (SQLSMALLINT)(SQL_C_INTERVAL_YEAR + k);
        comes_back(*state, type, type, &s, sizeof s);
    }
}

const struct CMUnitTest PARAM_TESTS[] = {
    TEST(bound_values_are_read_when_executing),
    TEST(what_binding_refuses_has_its_state),
    TEST(what_execution_refuses_has_its_state),
    TEST(a_value_that_cannot_be_converted_names_its_parameter),
    TEST(bytes_stand_in_the_text_and_the_other_markers_are_counted_anew),
    TEST(a_statement_with_markers_is_described_before_it_runs),
    TEST(parameters_of_an_insert_have_the_types_of_its_columns),
    TEST(descriptors_show_and_take_what_is_bound),
    TEST(more_parameters_than_the_server_takes_become_literals),
    TEST(data_at_execution_arrives_in_parts),
    TEST(an_error_of_putdata_ends_the_execution),
    TEST(null_at_execution_stands_alone),
    TEST(cancelling_ends_the_wait_for_data),
    TEST(arrays_by_column_insert_and_skip_what_is_ignored),
    TEST(arrays_by_row_follow_the_bind_offset),
    TEST(a_bad_set_is_told_and_the_others_go_on),
    TEST(a_refused_chunk_marks_all_its_sets),
    TEST(other_statements_run_once_per_set_and_queries_do_not),
    TEST(data_at_execution_works_inside_arrays),
    TEST(functions_and_info_say_what_parameters_can_do),
    TEST(numbers_dates_and_bytes_come_back_as_they_were), TEST(every_kind_of_interval_comes_back),
};
const size_t N_PARAM_TESTS = COUNT(PARAM_TESTS);
