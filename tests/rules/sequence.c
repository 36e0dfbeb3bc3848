/* Appendix B: what a statement answers to a call in a state that is not its time. */
#include "rules.h"

enum state { S1_ALLOCATED, S2_PREPARED, S3_PREPARED_RESULT, S4_EXECUTED, S5_OPENED, S6_FETCHED, S8_NEED_DATA };

static SQLINTEGER needed = 1;
static SQLLEN at_exec = SQL_DATA_AT_EXEC;

static void bring_to(struct run *r, enum state state) {
    SQLCHAR *insert = (SQLCHAR *)"INSERT INTO rules_in VALUES (901, 'state')";
    switch (state) {
    case S1_ALLOCATED: break;
    case S2_PREPARED: OK(SQLPrepare(r->stmt, insert, SQL_NTS)); break;
    case S3_PREPARED_RESULT: OK(SQLPrepare(r->stmt, (SQLCHAR *)rows_sql(r, 3), SQL_NTS)); break;
    case S4_EXECUTED: query(r, (const char *)insert); break;
    case S5_OPENED: query(r, rows_sql(r, 3)); break;
    case S6_FETCHED:
        query(r, rows_sql(r, 3));
        OK(SQLFetch(r->stmt));
        break;
    case S8_NEED_DATA:
        OK(SQLPrepare(r->stmt, (SQLCHAR *)"INSERT INTO rules_in VALUES (?, 'state')", SQL_NTS));
        OK(SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &needed, 0, &at_exec));
        NEED(SQLExecute(r->stmt));
        break;
    }
}

#define CALL(name, expression) static SQLRETURN name(struct run *r) { return expression; }
static SQLINTEGER v32;
static SQLLEN vlen;
static SQLULEN vulen;
static SQLSMALLINT v16;
static SQLUSMALLINT status16[4];
static SQLCHAR text[100];
static SQLPOINTER vptr;
CALL(fetch, SQLFetch(r->stmt))
CALL(fetch_scroll, SQLFetchScroll(r->stmt, SQL_FETCH_NEXT, 0))
CALL(extended_fetch, SQLExtendedFetch(r->stmt, SQL_FETCH_NEXT, 0, &vulen, status16))
CALL(get_data, SQLGetData(r->stmt, 1, SQL_C_SLONG, &v32, 0, &vlen))
CALL(execute, SQLExecute(r->stmt))
CALL(exec_direct, SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT 1", SQL_NTS))
CALL(prepare, SQLPrepare(r->stmt, (SQLCHAR *)"SELECT 1", SQL_NTS))
CALL(close_cursor, SQLCloseCursor(r->stmt))
CALL(num_result_cols, SQLNumResultCols(r->stmt, &v16))
CALL(describe_col, SQLDescribeCol(r->stmt, 1, text, sizeof text, &v16, NULL, NULL, NULL, NULL))
CALL(col_attribute, SQLColAttribute(r->stmt, 1, SQL_DESC_CONCISE_TYPE, NULL, 0, NULL, &vlen))
CALL(row_count, SQLRowCount(r->stmt, &vlen))
CALL(num_params, SQLNumParams(r->stmt, &v16))
CALL(describe_param, SQLDescribeParam(r->stmt, 1, &v16, &vulen, &v16, &v16))
CALL(more_results, SQLMoreResults(r->stmt))
CALL(param_data, SQLParamData(r->stmt, &vptr))
CALL(put_data, SQLPutData(r->stmt, &v32, 0))
CALL(set_pos, SQLSetPos(r->stmt, 1, SQL_POSITION, SQL_LOCK_NO_CHANGE))
CALL(bulk, SQLBulkOperations(r->stmt, SQL_ADD))
CALL(set_cursor_name, SQLSetCursorName(r->stmt, (SQLCHAR *)"c_state", SQL_NTS))
CALL(get_cursor_name, SQLGetCursorName(r->stmt, text, sizeof text, &v16))
CALL(tables, SQLTables(r->stmt, NULL, 0, NULL, 0, (SQLCHAR *)"rules_rows", SQL_NTS, NULL, 0))
CALL(columns, SQLColumns(r->stmt, NULL, 0, NULL, 0, (SQLCHAR *)"rules_rows", SQL_NTS, NULL, 0))
CALL(type_info, SQLGetTypeInfo(r->stmt, SQL_ALL_TYPES))
CALL(statistics, SQLStatistics(r->stmt, NULL, 0, NULL, 0, (SQLCHAR *)"rules_rows", SQL_NTS, SQL_INDEX_ALL, SQL_QUICK))
CALL(special, SQLSpecialColumns(r->stmt, SQL_BEST_ROWID, NULL, 0, NULL, 0, (SQLCHAR *)"rules_rows", SQL_NTS, 0, 1))
CALL(bind_col, SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v32, 0, NULL))
CALL(bind_param, SQLBindParameter(r->stmt, 1, SQL_PARAM_INPUT, SQL_C_SLONG, SQL_INTEGER, 0, 0, &v32, 0, NULL))
CALL(free_close, SQLFreeStmt(r->stmt, SQL_CLOSE))
CALL(set_attr, SQLSetStmtAttr(r->stmt, SQL_ATTR_NOSCAN, (SQLPOINTER)SQL_NOSCAN_OFF, 0))
CALL(get_attr, SQLGetStmtAttr(r->stmt, SQL_ATTR_NOSCAN, &vulen, 0, NULL))

struct state_line { struct row row; enum state state; SQLRETURN (*call)(struct run *r); const char *letters, *states; };
#define X(fn, state, states) { { "state_" #state "_" #fn, "Appendix B: ODBC State Transition Tables; " #fn, \
    "in state " #state " the answer is " states }, state, fn, "E", states }
#define G(fn, state, letters, text) { { "state_" #state "_" #fn, "Appendix B: ODBC State Transition Tables; " #fn, \
    "in state " #state " " text }, state, fn, letters, "" }

static const struct state_line LINES[] = {
    X(fetch, S1_ALLOCATED, "HY010"), X(fetch, S2_PREPARED, "HY010"), X(fetch, S3_PREPARED_RESULT, "HY010"),
    X(fetch, S4_EXECUTED, "24000"), X(fetch, S8_NEED_DATA, "HY010"),
    X(fetch_scroll, S1_ALLOCATED, "HY010"), X(fetch_scroll, S2_PREPARED, "HY010"),
    X(fetch_scroll, S3_PREPARED_RESULT, "HY010"), X(fetch_scroll, S4_EXECUTED, "24000"), X(fetch_scroll, S8_NEED_DATA,
        "HY010"),
    X(extended_fetch, S1_ALLOCATED, "HY010"), X(extended_fetch, S2_PREPARED, "HY010"),
    X(extended_fetch, S4_EXECUTED, "24000"), X(extended_fetch, S6_FETCHED, "HY010"), X(extended_fetch, S8_NEED_DATA,
        "HY010"),
    X(get_data, S1_ALLOCATED, "HY010"), X(get_data, S2_PREPARED, "HY010"), X(get_data, S3_PREPARED_RESULT, "HY010"),
    X(get_data, S4_EXECUTED, "24000"), X(get_data, S5_OPENED, "24000"), X(get_data, S8_NEED_DATA, "HY010"),
    X(execute, S1_ALLOCATED, "HY010"), X(execute, S5_OPENED, "24000 HY010"), X(execute, S6_FETCHED, "24000 HY010"),
    X(execute, S8_NEED_DATA, "HY010"),
    X(exec_direct, S5_OPENED, "24000"), X(exec_direct, S6_FETCHED, "24000"), X(exec_direct, S8_NEED_DATA, "HY010"),
    X(prepare, S5_OPENED, "24000"), X(prepare, S6_FETCHED, "24000"), X(prepare, S8_NEED_DATA, "HY010"),
    X(close_cursor, S1_ALLOCATED, "24000"), X(close_cursor, S2_PREPARED, "24000"),
    X(close_cursor, S3_PREPARED_RESULT, "24000"), X(close_cursor, S4_EXECUTED, "24000"), X(close_cursor, S8_NEED_DATA,
        "HY010"),
    X(num_result_cols, S1_ALLOCATED, "HY010"), X(num_result_cols, S8_NEED_DATA, "HY010"),
    X(describe_col, S1_ALLOCATED, "HY010"), X(describe_col, S2_PREPARED, "07005"), X(describe_col, S4_EXECUTED,
        "07005 24000"),
    X(describe_col, S8_NEED_DATA, "HY010"),
    X(col_attribute, S1_ALLOCATED, "HY010"), X(col_attribute, S2_PREPARED, "07005"),
    X(col_attribute, S4_EXECUTED, "07005 24000"), X(col_attribute, S8_NEED_DATA, "HY010"),
    X(row_count, S1_ALLOCATED, "HY010"), X(row_count, S2_PREPARED, "HY010"), X(row_count, S3_PREPARED_RESULT, "HY010"),
    X(row_count, S8_NEED_DATA, "HY010"),
    X(num_params, S1_ALLOCATED, "HY010"), X(num_params, S8_NEED_DATA, "HY010"),
    X(describe_param, S1_ALLOCATED, "HY010"), X(describe_param, S8_NEED_DATA, "HY010"),
    X(more_results, S8_NEED_DATA, "HY010"), G(more_results, S1_ALLOCATED, "N", "there are no more results"),
    G(more_results, S2_PREPARED, "N", "there are no more results"),
    X(param_data, S1_ALLOCATED, "HY010"), X(param_data, S2_PREPARED, "HY010"), X(param_data, S5_OPENED, "HY010"),
    X(put_data, S1_ALLOCATED, "HY010"), X(put_data, S2_PREPARED, "HY010"), X(put_data, S5_OPENED, "HY010"),
    X(put_data, S8_NEED_DATA, "HY010"),
    X(set_pos, S1_ALLOCATED, "HY010"), X(set_pos, S2_PREPARED, "HY010"), X(set_pos, S4_EXECUTED, "24000"),
    X(set_pos, S5_OPENED, "24000"), X(set_pos, S8_NEED_DATA, "HY010"),
    X(bulk, S1_ALLOCATED, "HY010"), X(bulk, S2_PREPARED, "HY010"), X(bulk, S4_EXECUTED, "24000"), X(bulk, S8_NEED_DATA,
        "HY010"),
    X(set_cursor_name, S5_OPENED, "24000"), X(set_cursor_name, S6_FETCHED, "24000"), X(set_cursor_name, S8_NEED_DATA,
        "HY010"),
    G(set_cursor_name, S1_ALLOCATED, "S", "a name can be given"),
    X(get_cursor_name, S8_NEED_DATA, "HY010"),
    X(tables, S5_OPENED, "24000"), X(tables, S6_FETCHED, "24000"), X(tables, S8_NEED_DATA, "HY010"),
    X(columns, S5_OPENED, "24000"), X(columns, S6_FETCHED, "24000"), X(columns, S8_NEED_DATA, "HY010"),
    X(type_info, S5_OPENED, "24000"), X(type_info, S6_FETCHED, "24000"), X(type_info, S8_NEED_DATA, "HY010"),
    X(statistics, S5_OPENED, "24000"), X(statistics, S8_NEED_DATA, "HY010"),
    X(special, S5_OPENED, "24000"), X(special, S8_NEED_DATA, "HY010"),
    X(bind_col, S8_NEED_DATA, "HY010"), X(bind_param, S8_NEED_DATA, "HY010"), X(free_close, S8_NEED_DATA, "HY010"),
    X(set_attr, S8_NEED_DATA, "HY010"), X(get_attr, S8_NEED_DATA, "HY010"),
    G(num_result_cols, S2_PREPARED, "S", "the number of columns, 0, is known"),
    G(num_result_cols, S4_EXECUTED, "S", "the number of columns, 0, is known"),
    G(describe_col, S3_PREPARED_RESULT, "S", "the result can be described before it is executed"),
    G(col_attribute, S3_PREPARED_RESULT, "S", "the result can be described before it is executed"),
    G(describe_col, S6_FETCHED, "S", "the result can be described"),
    G(num_params, S2_PREPARED, "S", "the number of parameters is known"),
    G(bind_col, S6_FETCHED, "S", "columns can be bound"), G(row_count, S4_EXECUTED, "S", "the count of rows is known"),
    G(row_count, S5_OPENED, "S", "the count is a number or -1"), G(tables, S3_PREPARED_RESULT, "S",
        "another result begins"),
    G(tables, S4_EXECUTED, "S", "another result begins"), G(exec_direct, S2_PREPARED, "S",
        "another statement replaces it"),
    G(prepare, S4_EXECUTED, "S", "another statement replaces it"),
    G(get_cursor_name, S5_OPENED, "S", "the cursor has a name"),
};

static void check_state(struct run *r, const void *arg) {
    const struct state_line *line = arg;
    bring_to(r, line->state);
    SQLRETURN rc = line->call(r);
    if (!line->states[0]) {
        judge(r, line->letters, rc, line->row.id);
    } else {
        char state[6] = "";
        if (rc == SQL_ERROR && state_of(r, SQL_HANDLE_STMT, r->stmt, state) && has_word("IM001 HYC00", state))
            unsupported(r, state, "the function is not there");
        judge_state(r, SQL_HANDLE_STMT, r->stmt, SQL_ERROR, rc, line->states, line->row.id);
    }
    SQLCancel(r->stmt);
}
RULE_TABLE(LINES, check_state)

RULE(state_error_keeps_cursor, "Appendix B: ODBC State Transition Tables",
     "a refused call leaves the cursor where it was") {
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    ERR(SQLExecDirect(r->stmt, (SQLCHAR *)"SELECT 1", SQL_NTS), "24000");
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v32, 0, NULL));
    EQ(v32, 2);
}
RULE(state_cancel_ends_need_data, "SQLCancel / Canceling Functions that Need Data",
     "after SQLCancel the statement can be executed again") {
    bring_to(r, S8_NEED_DATA);
    OK(SQLCancel(r->stmt));
    at_exec = SQL_DATA_AT_EXEC;
    NEED(SQLExecute(r->stmt));
    OK(SQLCancel(r->stmt));
}
RULE(state_cancel_idle, "SQLCancel / Comments", "with nothing to cancel SQLCancel has no effect and succeeds") {
    OK(SQLCancel(r->stmt));
}
RULE(state_disconnect_frees, "SQLDisconnect / Comments", "statements left behind are freed with the connection") {
    fresh(r);
    query(r, rows_sql(r, 3));
    OK(SQLDisconnect(r->dbc));
    r->stmt = NULL;
}
RULE(state_fetch_after_end, "SQLFetch / Positioning the Cursor",
     "behind the end SQLFetch says SQL_NO_DATA again and again") {
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    NODATA(SQLFetch(r->stmt));
    NODATA(SQLFetch(r->stmt));
}
RULE(state_getdata_after_end, "SQLGetData / Diagnostics / 24000", "behind the end there is no row to get data of") {
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    NODATA(SQLFetch(r->stmt));
    ERR(SQLGetData(r->stmt, 1, SQL_C_SLONG, &v32, 0, NULL), "24000");
}
