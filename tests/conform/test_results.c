/* Execution, columns, fetching, SQLGetData, cancelling. */
#include "conform.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static void prepare_sends_nothing_and_columns_are_known_before_execution(void **state) {
    struct conn *c = *state;
    SQLSMALLINT n = 0, type = 0, digits = 0, nullable = 0, len = 0;
    SQLULEN size = 0;
    SQLCHAR name[64];
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT CAST(1 AS DECIMAL(12,3)) AS d, 'x' AS s, '?' AS q", SQL_NTS));
    CHECK('S', SQLNumParams(c->stmt, &n));
    assert_int_equal(n, 0);
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 3);
    CHECK('S', SQLDescribeCol(c->stmt, 1, name, sizeof name, &len, &type, &size, &digits, &nullable));
    assert_string_equal((char *)name, "d");
    assert_int_equal(type, SQL_DECIMAL);
    assert_int_equal(size, 12);
    assert_int_equal(digits, 3);
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "1.000");
    CHECK('S', SQLCloseCursor(c->stmt));
    CHECK('S', SQLExecute(c->stmt));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('N', SQLFetch(c->stmt));
}

static void column_attributes_agree_with_describe(void **state) {
    struct conn *c = *state;
    SQLLEN v = 0;
    SQLCHAR text[64];
    SQLSMALLINT len = 0;
    exec(c, "SELECT CAST(1 AS BIGINT) AS n, 'x' AS s, TIMESTAMP'2024-01-02 03:04:05.678901' AS t");
    CHECK('S', SQLColAttribute(c->stmt, 1, SQL_DESC_CONCISE_TYPE, NULL, 0, NULL, &v));
    assert_int_equal(v, SQL_BIGINT);
    CHECK('S', SQLColAttribute(c->stmt, 1, SQL_DESC_UNSIGNED, NULL, 0, NULL, &v));
    assert_int_equal(v, SQL_FALSE);
    CHECK('S', SQLColAttribute(c->stmt, 2, SQL_DESC_OCTET_LENGTH, NULL, 0, NULL, &v));
    assert_int_equal(v, 65535 * 4);
    CHECK('S', SQLColAttribute(c->stmt, 2, SQL_DESC_NAME, NULL, 0, &len, NULL));
    assert_int_equal(len, 1);
    CHECK('S', SQLColAttribute(c->stmt, 3, SQL_DESC_TYPE, NULL, 0, NULL, &v));
    assert_int_equal(v, SQL_DATETIME);
    CHECK('S', SQLColAttribute(c->stmt, 3, SQL_DESC_TYPE_NAME, text, sizeof text, &len, NULL));
    assert_string_equal((char *)text, "TIMESTAMP");
    CHECK('S', SQLColAttribute(c->stmt, 3, SQL_COLUMN_PRECISION, NULL, 0, NULL, &v));
    assert_int_equal(v, 26);
    CHECK('E', SQLColAttribute(c->stmt, 3, 1212, NULL, 0, NULL, &v));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY091");
    CHECK('E', SQLColAttribute(c->stmt, 4, SQL_DESC_NAME, text, sizeof text, &len, NULL));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07009");
}

static void a_write_has_a_count_and_no_columns(void **state) {
    struct conn *c = *state;
    SQLSMALLINT n = 9;
    SQLLEN rows = 0;
    exec(c, "CREATE OR REPLACE TABLE main.default.conform_dml (id INT, s STRING)");
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 0);
    exec(c, "INSERT INTO main.default.conform_dml VALUES (1, 'a'), (2, 'b'), (3, NULL)");
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_int_equal(rows, 3);
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 0);
    CHECK('E', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "24000");
    CHECK('N', SQLMoreResults(c->stmt));
    exec(c, "SELECT count(*) AS num_affected_rows FROM main.default.conform_dml");
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 1);
    CHECK('S', SQLCloseCursor(c->stmt));
    exec(c, "DROP TABLE main.default.conform_dml");
}

static void a_long_text_comes_whole_in_parts_also_from_a_bound_column(void **state) {
    struct conn *c = *state;
    char part[1000], bound[10];
    SQLLEN ind = 0, bound_ind = 0;
    size_t total = 0;
    exec(c, "SELECT repeat('abcdefghij', 500) AS s");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_CHAR, bound, sizeof bound, &bound_ind));
    CHECK('I', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "01004");
    assert_int_equal(bound_ind, 5000);
    assert_string_equal(bound, "abcdefghi");
    for (SQLLEN left = 5000; left >= (SQLLEN)sizeof part; left -= sizeof part - 1) {
        CHECK('I', SQLGetData(c->stmt, 1, SQL_C_CHAR, part, sizeof part, &ind));
        assert_int_equal(ind, left);
        total += strlen(part);
    }
    CHECK('S', SQLGetData(c->stmt, 1, SQL_C_CHAR, part, sizeof part, &ind));
    total += strlen(part);
    assert_int_equal(total, 5000);
    CHECK('N', SQLGetData(c->stmt, 1, SQL_C_CHAR, part, sizeof part, &ind));
}

enum { ROWS = 7 };

static void a_rowset_fills_arrays_by_column_with_statuses_to_the_end(void **state) {
    struct conn *c = *state;
    SQLBIGINT id[ROWS];
    char name[ROWS][26];
    SQLLEN id_ind[ROWS], name_ind[ROWS];
    SQLUSMALLINT status[ROWS];
    SQLULEN fetched = 0;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)ROWS, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0));
    exec(c, "SELECT n_nationkey, n_name FROM samples.tpch.nation ORDER BY 1");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SBIGINT, id, 0, id_ind));
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_CHAR, name, sizeof name[0], name_ind));
    SQLBIGINT next = 0;
    for (int i = 0; i < 3; i++) {
        CHECK('S', SQLFetchScroll(c->stmt, SQL_FETCH_NEXT, 0));
        assert_int_equal(fetched, ROWS);
        for (int k = 0; k < ROWS; k++) assert_int_equal(id[k], next++);
    }
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(fetched, 4);
    assert_int_equal(status[3], SQL_ROW_SUCCESS);
    assert_int_equal(status[4], SQL_ROW_NOROW);
    assert_string_equal(name[3], "UNITED STATES");
    CHECK('N', SQLFetch(c->stmt));
    assert_int_equal(fetched, 0);
    CHECK('N', SQLFetch(c->stmt));
}

struct record { SQLLEN id_ind; SQLINTEGER id; SQLLEN name_ind; char name[8]; };

static void row_wise_binding_with_an_offset_reports_each_cut_row(void **state) {
    struct conn *c = *state;
    struct record rows[6];
    SQLUSMALLINT status[5];
    SQLLEN offset = sizeof rows[0], number = 0;
    SQLINTEGER column = 0;
    memset(rows, 0x55, sizeof rows);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_BIND_TYPE, (SQLPOINTER)sizeof rows[0], 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_BIND_OFFSET_PTR, &offset, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)5, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0));
    exec(c, "SELECT CAST(r_regionkey AS INT), r_name FROM samples.tpch.region ORDER BY 1");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, &rows[0].id, 0, &rows[0].id_ind));
    CHECK('S', SQLBindCol(c->stmt, 2, SQL_C_CHAR, rows[0].name, sizeof rows[0].name, &rows[0].name_ind));
    CHECK('I', SQLFetch(c->stmt));
    assert_int_equal(rows[0].id, 0x55555555);
    for (int i = 0; i < 5; i++) assert_int_equal(rows[i + 1].id, i);
    assert_string_equal(rows[1].name, "AFRICA");
    assert_string_equal(rows[5].name, "MIDDLE ");
    assert_int_equal(rows[5].name_ind, 11);
    assert_int_equal(status[0], SQL_ROW_SUCCESS);
    assert_int_equal(status[4], SQL_ROW_SUCCESS_WITH_INFO);
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, c->stmt, 1, SQL_DIAG_ROW_NUMBER, &number, 0, NULL));
    CHECK('S', SQLGetDiagField(SQL_HANDLE_STMT, c->stmt, 1, SQL_DIAG_COLUMN_NUMBER, &column, 0, NULL));
    assert_int_equal(number, 5);
    assert_int_equal(column, 2);
}

static void some_bad_rows_are_info_and_only_bad_rows_an_error(void **state) {
    struct conn *c = *state;
    SQLINTEGER v[3];
    SQLLEN ind[3];
    SQLUSMALLINT status[3];
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)3, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_STATUS_PTR, status, 0));
    exec(c, "SELECT * FROM VALUES ('1'), ('x'), ('3') AS t(s)");
    CHECK('S', SQLBindCol(c->stmt, 1, SQL_C_SLONG, v, 0, ind));
    CHECK('I', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22018");
    assert_int_equal(status[0], SQL_ROW_SUCCESS);
    assert_int_equal(status[1], SQL_ROW_ERROR);
    assert_int_equal(v[2], 3);
    CHECK('S', SQLCloseCursor(c->stmt));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)1, 0));
    exec(c, "SELECT 'x'");
    CHECK('E', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22018");
}

static void getdata_reads_any_row_of_a_block_after_setpos(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)5, 0));
    exec(c, "SELECT r_regionkey, r_name FROM samples.tpch.region ORDER BY 1");
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLSetPos(c->stmt, 4, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    assert_string_equal(get_text(c->stmt, 2), "EUROPE");
    assert_int_equal(get_long(c->stmt, 1), 3);
    CHECK('S', SQLSetPos(c->stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    assert_string_equal(get_text(c->stmt, 2), "AFRICA");
    CHECK('E', SQLSetPos(c->stmt, 6, SQL_POSITION, SQL_LOCK_NO_CHANGE));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY107");
    CHECK('E', SQLSetPos(c->stmt, 1, SQL_DELETE, SQL_LOCK_NO_CHANGE));
}

static void null_without_an_indicator_is_22002(void **state) {
    struct conn *c = *state;
    SQLINTEGER v = 0;
    exec(c, "SELECT CAST(NULL AS INT)");
    CHECK('S', SQLFetch(c->stmt));
    CHECK('E', SQLGetData(c->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22002");
    assert_string_equal(get_text(c->stmt, 1), "<NULL>");
}

/* The driver manager lets interval C types through; the leading precision is 2 digits until the ARD says otherwise. */
static void intervals_arrive_in_interval_structures_within_the_precision_of_the_ard(void **state) {
    struct conn *c = *state;
    SQL_INTERVAL_STRUCT s;
    SQLLEN ind = 0;
    SQLHDESC ard;
    exec(c, "SELECT INTERVAL '3 12:30:15.5' DAY TO SECOND AS d, INTERVAL '-2-6' YEAR TO MONTH AS m, "
            "INTERVAL '100' DAY AS big, 7 AS n, '1:30' AS t");
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLGetData(c->stmt, 1, SQL_C_INTERVAL_DAY_TO_SECOND, &s, sizeof s, &ind));
    assert_int_equal(ind, sizeof s);
    assert_int_equal(s.interval_type, SQL_IS_DAY_TO_SECOND);
    assert_int_equal(s.intval.day_second.day * 24 + s.intval.day_second.hour, 84);
    assert_int_equal(s.intval.day_second.second, 15);
    assert_int_equal(s.intval.day_second.fraction, 500000);
    CHECK('I', SQLGetData(c->stmt, 2, SQL_C_INTERVAL_YEAR, &s, sizeof s, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "01S07");
    assert_int_equal(s.intval.year_month.year, 2);
    assert_int_equal(s.interval_sign, SQL_TRUE);
    CHECK('E', SQLGetData(c->stmt, 3, SQL_C_INTERVAL_DAY, &s, sizeof s, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22015");
    CHECK('S', SQLGetStmtAttr(c->stmt, SQL_ATTR_APP_ROW_DESC, &ard, 0, NULL));
    CHECK('S', SQLSetDescField(ard, 3, SQL_DESC_CONCISE_TYPE, (SQLPOINTER)SQL_C_INTERVAL_DAY, SQL_IS_SMALLINT));
    CHECK('S', SQLSetDescField(ard, 3, SQL_DESC_DATETIME_INTERVAL_PRECISION, (SQLPOINTER)3, SQL_IS_INTEGER));
    CHECK('S', SQLGetData(c->stmt, 3, SQL_ARD_TYPE, &s, sizeof s, &ind));
    assert_int_equal(s.intval.day_second.day, 100);
    CHECK('S', SQLGetData(c->stmt, 4, SQL_C_INTERVAL_HOUR, &s, sizeof s, &ind));
    assert_int_equal(s.intval.day_second.hour, 7);
    CHECK('S', SQLGetData(c->stmt, 5, SQL_C_INTERVAL_HOUR_TO_MINUTE, &s, sizeof s, &ind));
    assert_int_equal(s.intval.day_second.minute, 30);
    CHECK('E', SQLGetData(c->stmt, 5, SQL_C_INTERVAL_YEAR, &s, sizeof s, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "22018");
    CHECK('E', SQLGetData(c->stmt, 1, SQL_C_INTERVAL_YEAR, &s, sizeof s, &ind));
    assert_state(SQL_HANDLE_STMT, c->stmt, "07006");
}

static void max_rows_stops_without_a_warning(void **state) {
    struct conn *c = *state;
    SQLLEN rows = 0;
    int n = 0;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_MAX_ROWS, (SQLPOINTER)3, 0));
    CHECK('S', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT * FROM samples.tpch.nation", SQL_NTS));
    CHECK('S', SQLRowCount(c->stmt, &rows));
    assert_true(rows == 3 || rows == -1);
    while (SQLFetch(c->stmt) == SQL_SUCCESS) n++;
    assert_int_equal(n, 3);
}

static void an_empty_result_has_its_columns(void **state) {
    struct conn *c = *state;
    SQLSMALLINT n = 0;
    exec(c, "SELECT * FROM samples.tpch.nation WHERE 1 = 0");
    CHECK('S', SQLNumResultCols(c->stmt, &n));
    assert_int_equal(n, 4);
    CHECK('N', SQLFetch(c->stmt));
}

static void extended_fetch_has_its_own_size_and_does_not_mix(void **state) {
    struct conn *c = *state;
    SQLUSMALLINT status[4];
    SQLULEN rows = 0;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ROWSET_SIZE, (SQLPOINTER)4, 0));
    exec(c, "SELECT r_regionkey FROM samples.tpch.region ORDER BY 1");
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    assert_int_equal(rows, 4);
    CHECK('S', SQLExtendedFetch(c->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    assert_int_equal(rows, 1);
    assert_int_equal(status[1], SQL_ROW_NOROW);
    CHECK('N', SQLExtendedFetch(c->stmt, SQL_FETCH_NEXT, 0, &rows, status));
    CHECK('E', SQLFetch(c->stmt));
}

static void *cancel_soon(void *stmt) {
    nanosleep(&(struct timespec){ .tv_nsec = 400 * 1000 * 1000 }, NULL);
    SQLCancel(stmt);
    return NULL;
}

static void cancel_from_another_thread_ends_a_running_statement_with_HY008(void **state) {
    struct conn *c = *state;
    pthread_t thread;
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    pthread_create(&thread, NULL, cancel_soon, c->stmt);
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT count(*) FROM range(1000000000000)", SQL_NTS));
    clock_gettime(CLOCK_MONOTONIC, &to);
    pthread_join(thread, NULL);
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY008");
    assert_true(to.tv_sec - from.tv_sec <= 3);
    CHECK('S', SQLCancel(c->stmt));     /* idle: no effect */
    exec(c, "SELECT 1");
    CHECK('S', SQLFetch(c->stmt));
}

static void a_query_timeout_is_HYT00(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0));
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT count(*) FROM range(1000000000000)", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYT00");
}

static void wide_text_keeps_every_character(void **state) {
    struct conn *c = *state;
    SQLWCHAR sql[] = { 'S', 'E', 'L', 'E', 'C', 'T', ' ', '\'', 0x00fc, 0x4e2d, 0xd83d, 0xde00, '\'', 0, 0 };
    SQLWCHAR got[8], bad[] = { 'S', 'E', 'L', 'E', 'C', 'T', ' ', '\'', 0xd83d, '\'', 0 };
    SQLLEN ind = 0;
    CHECK('S', SQLExecDirectW(c->stmt, sql, 14));   /* a NUL that is counted */
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLGetData(c->stmt, 1, SQL_C_WCHAR, got, sizeof got, &ind));
    assert_int_equal(ind, 8);
    assert_memory_equal(got, sql + 8, 8);
    CHECK('S', SQLCloseCursor(c->stmt));
    CHECK('E', SQLExecDirectW(c->stmt, bad, SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY000");
}

static SQLSMALLINT described_type(SQLHSTMT stmt, SQLULEN *size) {
    SQLSMALLINT type = 0;
    CHECK('S', SQLDescribeCol(stmt, 1, NULL, 0, NULL, &type, size, NULL, NULL));
    return type;
}

static int open_long(void **state) {
    struct conn *c = calloc(1, sizeof *c);
    *state = c;
    open_conn_with(c, "StringAsLong=1;UseUnicodeSqlCharacterTypes=1;DefaultStringColumnLength=200000;", SQL_OV_ODBC3);
    return 0;
}

static void text_without_a_length_is_long_with_StringAsLong(void **state) {
    struct conn *c = *state;
    SQLULEN size = 0;
    SQLSMALLINT type = 0;
    exec(c, "SELECT c_string, c_binary FROM main.default.all_types");
    assert_int_equal(described_type(c->stmt, &size), SQL_WLONGVARCHAR);
    assert_int_equal(size, 200000);
    CHECK('S', SQLCloseCursor(c->stmt));
    CHECK('S', SQLColumns(c->stmt, (SQLCHAR *)"main", SQL_NTS, (SQLCHAR *)"default", SQL_NTS,
                          (SQLCHAR *)"all\\_types", SQL_NTS, (SQLCHAR *)"c\\_binary", SQL_NTS));
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(get_long(c->stmt, 5), SQL_LONGVARBINARY);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    CHECK('S', SQLDescribeParam(c->stmt, 1, &type, &size, NULL, NULL));
    assert_int_equal(size, 0);          /* a longer value than that of a column would be 22001 */
}

/* A program that binds what was described at SQLPrepare must not lose text that only the parameter's value brings. */
static void an_expression_of_a_marker_alone_is_described_as_text_with_room(void **state) {
    struct conn *c = *state;
    SQLULEN size = 0;
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ? AS t", SQL_NTS));
    assert_int_equal(described_type(c->stmt, &size), SQL_VARCHAR);
    assert_int_equal(size, 65535);
}

/* ---- what an execution answers ------------------------------------------------------------------------------------ */

static SQLRETURN delete_nothing(struct conn *c) {
    SQLRETURN rc = SQLExecDirect(c->stmt, (SQLCHAR *)"DELETE FROM main.default.met WHERE id > 1000", SQL_NTS);
    SQLLEN n = -7;
    CHECK('S', SQLRowCount(c->stmt, &n));
    assert_int_equal(n, 0);
    return rc;
}

static void a_write_that_meets_no_row_is_no_data(void **state) {
    static const struct { const char *keys; SQLINTEGER version; SQLRETURN want; } WAYS[] = {
        { "", SQL_OV_ODBC3_80, SQL_NO_DATA }, { "", SQL_OV_ODBC2, SQL_SUCCESS },
        { "EmptyWritesSucceed=1;", SQL_OV_ODBC3_80, SQL_SUCCESS },
    };
    struct conn *c = *state;
    exec(c, "CREATE OR REPLACE TABLE main.default.met (id INT)");
    for (size_t i = 0; i < COUNT(WAYS); i++) {
        struct conn other;
        open_conn_with(&other, WAYS[i].keys, WAYS[i].version);
        assert_int_equal(delete_nothing(&other), WAYS[i].want);
        CHECK('S', SQLExecDirect(other.stmt, (SQLCHAR *)"INSERT INTO main.default.met VALUES (1)", SQL_NTS));
        end_conn(&other);
    }
    exec(c, "DROP TABLE main.default.met");
}

static void an_unfetched_query_is_closed_before_the_next_statement_and_a_setting_need_not_be(void **state) {
    struct conn *c = *state;
    exec(c, "SELECT 1");
    CHECK('E', SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT 2", SQL_NTS));
    assert_state(SQL_HANDLE_STMT, c->stmt, "24000");
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    exec(c, "SET TIME ZONE 'UTC'");
    exec(c, "SET ANSI_MODE");
    exec(c, "SELECT 3");
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(SQLFetch(c->stmt), SQL_NO_DATA);
    exec(c, "SELECT 4");    /* unixODBC takes a cursor read to its end for closed */
}

const struct CMUnitTest RESULT_TESTS[] = {
    TEST(prepare_sends_nothing_and_columns_are_known_before_execution), TEST(column_attributes_agree_with_describe),
    TEST(a_write_has_a_count_and_no_columns), TEST(a_long_text_comes_whole_in_parts_also_from_a_bound_column),
    TEST(a_rowset_fills_arrays_by_column_with_statuses_to_the_end),
    TEST(row_wise_binding_with_an_offset_reports_each_cut_row), TEST(some_bad_rows_are_info_and_only_bad_rows_an_error),
    TEST(getdata_reads_any_row_of_a_block_after_setpos), TEST(null_without_an_indicator_is_22002),
    TEST(intervals_arrive_in_interval_structures_within_the_precision_of_the_ard),
    TEST(max_rows_stops_without_a_warning), TEST(an_empty_result_has_its_columns),
    TEST(extended_fetch_has_its_own_size_and_does_not_mix),
    TEST(cancel_from_another_thread_ends_a_running_statement_with_HY008), TEST(a_query_timeout_is_HYT00),
    TEST(wide_text_keeps_every_character),
    cmocka_unit_test_setup_teardown(text_without_a_length_is_long_with_StringAsLong, open_long, close_conn),
    TEST(an_expression_of_a_marker_alone_is_described_as_text_with_room),
    TEST(a_write_that_meets_no_row_is_no_data),
    TEST(an_unfetched_query_is_closed_before_the_next_statement_and_a_setting_need_not_be),
};
const size_t N_RESULT_TESTS = COUNT(RESULT_TESTS);
