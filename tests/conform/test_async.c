/* Asynchronous calls in polling mode, cancelling from the same and from another thread, and time-outs. The slow server is
 * the sandbox's: statements that mention "slow" take their time, others do not. */
#include "conform.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "control.h"

#define SLOW "SELECT 7 AS slow"
#define AT_ONCE 1.0     /* seconds */

static void make_slow(int ms) {
    char action[80];
    snprintf(action, sizeof action, "{\"type\":\"slow_statement\",\"ms\":%d}", ms);
    control_fault("execute", "slow", action);
}

static int open_async(void **state) {
    control_heal();
    open_conn(state);
    struct conn *c = *state;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_ON, 0));
    return 0;
}

static int open_plain(void **state) {
    control_heal();
    return open_conn(state);
}

static int close_healed(void **state) {
    control_heal();
    return close_conn(state);
}

static SQLRETURN direct(SQLHSTMT stmt, const char *sql) { return SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS); }

/* Polls with another text each time: a poll's arguments are ignored. */
static SQLRETURN wait_direct(SQLHSTMT stmt, int *polls) {
    SQLRETURN rc;
    *polls = 0;
    while ((rc = direct(stmt, "SELECT 'a poll is no statement'")) == SQL_STILL_EXECUTING) {
        control_sleep(0.01);
        if (++*polls > 3000) fail_msg("still executing after half a minute");
    }
    return rc;
}

/* Waits until the server has the statement. */
static void wait_for_statements(long n) {
    for (int i = 0; control_count("active_statements") < n; i++) {
        if (i > 500) fail_msg("the statement did not reach the server");
        control_sleep(0.01);
    }
}

/* A cancel without effect leaves statements there for the time they were made slow by, which is longer. */
static void assert_server_is_idle_within(double seconds) {
    double until = control_seconds() + seconds;
    while (control_count("active_statements") > 0) {
        if (control_seconds() > until) fail_msg("the server still works for nobody");
        control_sleep(0.05);
    }
}

static void assert_server_is_idle(void) { assert_server_is_idle_within(3); }

static void assert_usable(SQLHSTMT stmt) {
    (void)SQLFreeStmt(stmt, SQL_CLOSE);
    CHECK('S', SQLSetStmtAttr(stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_OFF, 0));
    CHECK('S', SQLSetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, 0, 0));
    CHECK('S', direct(stmt, "SELECT 3"));
    CHECK('S', SQLFetch(stmt));
    assert_int_equal(get_long(stmt, 1), 3);
    CHECK('S', SQLFreeStmt(stmt, SQL_CLOSE));
}

/* ---- polling ------------------------------------------------------------------------------------------------------ */

static void an_asynchronous_execution_is_polled_to_its_result(void **state) {
    struct conn *c = *state;
    SQLCHAR text[40] = SLOW;
    int polls = 0;
    make_slow(400);
    double began = control_seconds();
    assert_int_equal(SQLExecDirect(c->stmt, text, SQL_NTS), SQL_STILL_EXECUTING);
    assert_true(control_seconds() - began < 0.3);
    memset(text, 'x', sizeof text);     /* the text was copied */
    CHECK('S', wait_direct(c->stmt, &polls));
    assert_true(polls > 2);
    CHECK('S', SQLFetch(c->stmt));
    assert_int_equal(get_long(c->stmt, 1), 7);
    CHECK('N', SQLFetch(c->stmt));
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    assert_usable(c->stmt);
}

static void a_wide_text_is_copied_too(void **state) {
    struct conn *c = *state;
    SQLWCHAR text[] = { 'S', 'E', 'L', 'E', 'C', 'T', ' ', '\'', 0x3a9, 's', 'l', 'o', 'w', '\'', 0 };
    make_slow(200);
    assert_int_equal(SQLExecDirectW(c->stmt, text, SQL_NTS), SQL_STILL_EXECUTING);
    memset(text, 'x', sizeof text - sizeof *text);
    SQLRETURN rc;
    while ((rc = SQLExecDirectW(c->stmt, text, SQL_NTS)) == SQL_STILL_EXECUTING) control_sleep(0.01);
    CHECK('S', rc);
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "\xce\xa9slow");
}

static void other_calls_meanwhile_are_out_of_sequence(void **state) {
    struct conn *c = *state;
    SQLCHAR sqlstate[6];
    SQLSMALLINT n = 0;
    int polls;
    make_slow(600);
    assert_int_equal(direct(c->stmt, SLOW), SQL_STILL_EXECUTING);
    assert_int_equal(SQLGetDiagRec(SQL_HANDLE_STMT, c->stmt, 1, sqlstate, NULL, NULL, 0, NULL), SQL_NO_DATA);
    CHECK('E', SQLFetch(c->stmt));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY010");
    CHECK('E', SQLNumResultCols(c->stmt, &n));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY010");
    CHECK('E', SQLFreeHandle(SQL_HANDLE_STMT, c->stmt));
    CHECK('E', SQLDisconnect(c->dbc));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY010");
    CHECK('E', SQLEndTran(SQL_HANDLE_DBC, c->dbc, SQL_COMMIT));
    CHECK('S', wait_direct(c->stmt, &polls));
    assert_usable(c->stmt);
}

static void another_statement_of_the_connection_works_meanwhile(void **state) {
    struct conn *c = *state;
    SQLHSTMT other = NULL;
    int polls;
    make_slow(500);
    assert_int_equal(direct(c->stmt, SLOW), SQL_STILL_EXECUTING);
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &other));
    assert_usable(other);
    CHECK('S', SQLFreeHandle(SQL_HANDLE_STMT, other));
    CHECK('S', wait_direct(c->stmt, &polls));
}

static void an_asynchronous_error_comes_with_the_last_poll(void **state) {
    struct conn *c = *state;
    int polls;
    control_fault("execute", "slow", "{\"type\":\"fail_statement\",\"error_code\":\"BAD_REQUEST\",\"message\":"
                  "\"[TABLE_OR_VIEW_NOT_FOUND] slow\",\"sql_state\":\"42P01\"}");
    assert_int_equal(direct(c->stmt, SLOW), SQL_STILL_EXECUTING);
    CHECK('E', wait_direct(c->stmt, &polls));
    assert_state(SQL_HANDLE_STMT, c->stmt, "42S02");
    assert_usable(c->stmt);
}

static void a_prepared_statement_executes_asynchronously_again_and_again(void **state) {
    struct conn *c = *state;
    SQLBIGINT value = 0;
    SQLRETURN rc;
    make_slow(60);
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ? AS slow", SQL_NTS));
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 0, 0, &value, 0, NULL));
    for (value = 1; value <= 3; value++) {
        assert_int_equal(SQLExecute(c->stmt), SQL_STILL_EXECUTING);
        while ((rc = SQLExecute(c->stmt)) == SQL_STILL_EXECUTING) control_sleep(0.01);
        CHECK('S', rc);
        CHECK('S', SQLFetch(c->stmt));
        assert_int_equal(get_long(c->stmt, 1), value);
        CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    }
}

static void data_at_execution_follows_an_asynchronous_execution(void **state) {
    struct conn *c = *state;
    SQLLEN ind = SQL_LEN_DATA_AT_EXEC(2);
    SQLPOINTER which = NULL;
    SQLRETURN rc;
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, (SQLPOINTER)1, 0, &ind));
    assert_int_equal(SQLExecute(c->stmt), SQL_STILL_EXECUTING);
    while ((rc = SQLExecute(c->stmt)) == SQL_STILL_EXECUTING) control_sleep(0.01);
    CHECK('D', rc);
    CHECK('D', SQLParamData(c->stmt, &which));
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)"ab", 2));
    CHECK('S', SQLParamData(c->stmt, &which));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "ab");
}

static void a_catalog_function_is_polled(void **state) {
    struct conn *c = *state;
    SQLRETURN rc;
    int polls = 0, rows = 0;
    SQLCHAR schema[] = "tpch";
    control_fault("execute", "", "{\"type\":\"delay\",\"ms\":300}");
    assert_int_equal(SQLTables(c->stmt, (SQLCHAR *)"samples", SQL_NTS, schema, SQL_NTS, NULL, 0, NULL, 0),
                     SQL_STILL_EXECUTING);
    memset(schema, 'x', sizeof schema - 1);
    while ((rc = SQLTables(c->stmt, NULL, 0, NULL, 0, NULL, 0, NULL, 0)) == SQL_STILL_EXECUTING) {
        control_sleep(0.01);
        polls++;
    }
    CHECK('S', rc);
    assert_true(polls > 2);
    while (SQLFetch(c->stmt) == SQL_SUCCESS) rows++;
    assert_int_equal(rows, 10);     /* eight tables and two views */
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
}

static void all_statements_of_a_connection_are_made_asynchronous(void **state) {
    struct conn *c = *state;
    SQLULEN on = 9;
    SQLHSTMT later = NULL;
    int polls;
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_ON, SQL_IS_UINTEGER));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &later));
    CHECK('S', SQLGetStmtAttr(later, SQL_ATTR_ASYNC_ENABLE, &on, 0, NULL));
    assert_int_equal(on, SQL_ASYNC_ENABLE_ON);
    assert_int_equal(direct(later, "SELECT 1"), SQL_STILL_EXECUTING);
    CHECK('S', wait_direct(later, &polls));
    CHECK('S', SQLFreeHandle(SQL_HANDLE_STMT, later));
}

static void what_is_claimed_is_what_is_done(void **state) {
    struct conn *c = *state;
    SQLUINTEGER mode = 9, dbc = 9, notification = 9, most = 9;
    CHECK('S', SQLGetInfo(c->dbc, SQL_ASYNC_MODE, &mode, sizeof mode, NULL));
    CHECK('S', SQLGetInfo(c->dbc, SQL_ASYNC_DBC_FUNCTIONS, &dbc, sizeof dbc, NULL));
    CHECK('S', SQLGetInfo(c->dbc, SQL_ASYNC_NOTIFICATION, &notification, sizeof notification, NULL));
    CHECK('S', SQLGetInfo(c->dbc, SQL_MAX_ASYNC_CONCURRENT_STATEMENTS, &most, sizeof most, NULL));
    assert_int_equal(mode, SQL_AM_STATEMENT);
    assert_int_equal(dbc, SQL_ASYNC_DBC_CAPABLE);
    assert_int_equal(notification, SQL_ASYNC_NOTIFICATION_NOT_CAPABLE);
    assert_int_equal(most, 0);
    CHECK('E', SQLSetStmtAttr(c->stmt, SQL_ATTR_ASYNC_STMT_EVENT, c, 0));
}

/* ---- connections -------------------------------------------------------------------------------------------------- */

static void the_current_catalog_is_changed_asynchronously(void **state) {
    struct conn *c = *state;
    SQLCHAR name[] = "samples", text[40] = "", sqlstate[6];
    SQLUINTEGER on = 9;
    SQLRETURN rc;
    SQLHSTMT other = NULL;
    int polls = 0;
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE, (SQLPOINTER)SQL_ASYNC_DBC_ENABLE_ON,
                                 SQL_IS_UINTEGER));
    CHECK('S', SQLGetConnectAttr(c->dbc, SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE, &on, 0, NULL));
    assert_int_equal(on, SQL_ASYNC_DBC_ENABLE_ON);
    control_fault("execute", "", "{\"type\":\"delay\",\"ms\":300}");
    assert_int_equal(SQLSetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, name, SQL_NTS), SQL_STILL_EXECUTING);
    assert_int_equal(SQLGetDiagRec(SQL_HANDLE_DBC, c->dbc, 1, sqlstate, NULL, NULL, 0, NULL), SQL_NO_DATA);
    CHECK('E', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &other));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY010");
    CHECK('E', direct(c->stmt, "SELECT 1"));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY010");
    CHECK('E', SQLDisconnect(c->dbc));
    assert_state(SQL_HANDLE_DBC, c->dbc, "HY010");
    while ((rc = SQLSetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, name, SQL_NTS)) == SQL_STILL_EXECUTING) {
        control_sleep(0.01);
        polls++;
    }
    CHECK('S', rc);
    assert_true(polls > 2);
    control_heal();
    CHECK('S', SQLGetConnectAttr(c->dbc, SQL_ATTR_CURRENT_CATALOG, text, sizeof text, NULL));
    assert_string_equal((char *)text, "samples");
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE, (SQLPOINTER)SQL_ASYNC_DBC_ENABLE_OFF,
                                 SQL_IS_UINTEGER));
}

static void disconnecting_asynchronously_is_polled(void **state) {
    struct conn c = { NULL, NULL, NULL };
    SQLRETURN rc;
    int polls = 0;
    (void)state;
    control_heal();
    open_conn_with(&c, "", SQL_OV_ODBC3_80);
    CHECK('S', SQLSetConnectAttr(c.dbc, SQL_ATTR_ASYNC_DBC_FUNCTIONS_ENABLE, (SQLPOINTER)SQL_ASYNC_DBC_ENABLE_ON,
                                 SQL_IS_UINTEGER));
    control_fault("close_session", "", "{\"type\":\"delay\",\"ms\":300}");
    assert_int_equal(SQLDisconnect(c.dbc), SQL_STILL_EXECUTING);
    while ((rc = SQLDisconnect(c.dbc)) == SQL_STILL_EXECUTING) {
        control_sleep(0.01);
        polls++;
    }
    CHECK('S', rc);
    assert_true(polls > 2);
    CHECK('S', SQLFreeHandle(SQL_HANDLE_DBC, c.dbc));
    CHECK('S', SQLFreeHandle(SQL_HANDLE_ENV, c.env));
    control_heal();
}

/* ---- cancelling --------------------------------------------------------------------------------------------------- */

static void cancelling_a_pending_call_ends_it_here_and_at_the_server(void **state) {
    struct conn *c = *state;
    int polls;
    make_slow(20000);
    assert_int_equal(direct(c->stmt, SLOW), SQL_STILL_EXECUTING);
    wait_for_statements(1);
    double began = control_seconds();
    CHECK('S', SQLCancel(c->stmt));
    CHECK('E', wait_direct(c->stmt, &polls));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY008");
    assert_true(control_seconds() - began < AT_ONCE);
    assert_server_is_idle();
    assert_usable(c->stmt);
}

static void cancelling_at_once_after_the_start_is_not_lost(void **state) {
    struct conn *c = *state;
    int polls;
    make_slow(20000);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(direct(c->stmt, SLOW), SQL_STILL_EXECUTING);
        CHECK('S', i % 2 ? SQLCancel(c->stmt) : SQLCancelHandle(SQL_HANDLE_STMT, c->stmt));
        CHECK('E', wait_direct(c->stmt, &polls));
        assert_state(SQL_HANDLE_STMT, c->stmt, "HY008");
    }
    assert_server_is_idle();
    assert_usable(c->stmt);
}

static void *cancel_when_running(void *stmt) {
    for (int i = 0; control_count("active_statements") < 1 && i < 500; i++) control_sleep(0.01);
    SQLCancel(stmt);
    return NULL;
}

static void cancelling_from_another_thread_ends_the_execution(void **state) {
    struct conn *c = *state;
    pthread_t thread;
    make_slow(20000);
    double began = control_seconds();
    pthread_create(&thread, NULL, cancel_when_running, c->stmt);
    CHECK('E', direct(c->stmt, SLOW));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY008");
    pthread_join(thread, NULL);
    assert_true(control_seconds() - began < 8);
    assert_server_is_idle_within(14);   /* the id comes with the answer, after the server's wait of 10 s */
    assert_usable(c->stmt);
}

static void cancelling_an_idle_statement_does_nothing(void **state) {
    struct conn *c = *state;
    CHECK('S', SQLCancel(c->stmt));
    CHECK('S', direct(c->stmt, "SELECT 1"));
    CHECK('S', SQLFetch(c->stmt));
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    CHECK('S', SQLCancelHandle(SQL_HANDLE_STMT, c->stmt));
    CHECK('S', SQLCancelHandle(SQL_HANDLE_DBC, c->dbc));
    assert_usable(c->stmt);
}

static void cancelling_a_statement_that_waits_for_data_gives_the_execution_up(void **state) {
    struct conn *c = *state;
    SQLLEN ind = SQL_DATA_AT_EXEC;
    SQLPOINTER which = NULL;
    CHECK('S', SQLPrepare(c->stmt, (SQLCHAR *)"SELECT ?", SQL_NTS));
    CHECK('S', SQLBindParameter(c->stmt, 1, SQL_PARAM_INPUT, SQL_C_CHAR, SQL_VARCHAR, 10, 0, (SQLPOINTER)1, 0, &ind));
    CHECK('D', SQLExecute(c->stmt));
    CHECK('D', SQLParamData(c->stmt, &which));
    CHECK('S', SQLCancel(c->stmt));
    CHECK('E', SQLPutData(c->stmt, (SQLPOINTER)"ab", 2));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY010");
    CHECK('D', SQLExecute(c->stmt));
    CHECK('D', SQLParamData(c->stmt, &which));
    CHECK('S', SQLPutData(c->stmt, (SQLPOINTER)"ab", 2));
    CHECK('S', SQLParamData(c->stmt, &which));
    CHECK('S', SQLFetch(c->stmt));
    assert_string_equal(get_text(c->stmt, 1), "ab");
}

/* A server that hears the cancel and does not answer it must not hold up the application. */
static void a_cancel_that_the_server_does_not_answer_returns_at_once(void **state) {
    struct conn *c = *state;
    int polls;
    make_slow(4000);
    control_fault("cancel", "", "{\"type\":\"delay\",\"ms\":3000}");
    assert_int_equal(direct(c->stmt, SLOW), SQL_STILL_EXECUTING);
    wait_for_statements(1);
    double began = control_seconds();
    CHECK('S', SQLCancel(c->stmt));
    CHECK('E', wait_direct(c->stmt, &polls));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HY008");
    assert_true(control_seconds() - began < AT_ONCE);
    control_heal();
    assert_usable(c->stmt);
}

struct other_dbc { SQLHDBC dbc; double after; };

static void *cancel_connection(void *arg) {
    struct other_dbc *o = arg;
    control_sleep(o->after);
    SQLCancelHandle(SQL_HANDLE_DBC, o->dbc);
    return NULL;
}

static void connect_to(SQLHDBC *dbc, SQLHENV *env) {
    CHECK('S', SQLAllocHandle(SQL_HANDLE_ENV, NULL, env));
    CHECK('S', SQLSetEnvAttr(*env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, *env, dbc));
}

static SQLRETURN connect_with(SQLHDBC dbc, const char *more) {
    return SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn_string(more), SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
}

/* The same connection string with the port of a server that never answers. Earlier keys win, so it goes in front. */
static SQLRETURN connect_to_mute(SQLHDBC dbc) {
    char text[2300], *host = NULL;
    snprintf(text, sizeof text, "%s", conn_string(""));
    host = strstr(text, "Port=");
    char rest[2300], port[40];
    snprintf(rest, sizeof rest, "%s", strchr(host, ';'));
    snprintf(port, sizeof port, "Port=%d", control_mute_port());
    snprintf(host, sizeof text - (size_t)(host - text), "%s%s", port, rest);
    return SQLDriverConnect(dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
}

static void end(SQLHDBC dbc, SQLHENV env) {
    CHECK('S', SQLFreeHandle(SQL_HANDLE_DBC, dbc));
    CHECK('S', SQLFreeHandle(SQL_HANDLE_ENV, env));
}

static void connecting_is_cancelled_from_another_thread(void **state) {
    struct other_dbc o = { NULL, 0.5 };
    SQLHENV env = NULL;
    pthread_t thread;
    const char *sanitizer = getenv("SANITIZER");
    (void)state;
    /* the driver manager hands the driver's new handle from thread to thread without a lock */
    if (sanitizer && strstr(sanitizer, "thread")) return;
    connect_to(&o.dbc, &env);
    double began = control_seconds();
    pthread_create(&thread, NULL, cancel_connection, &o);
    CHECK('E', connect_to_mute(o.dbc));
    assert_state(SQL_HANDLE_DBC, o.dbc, "HY008");
    pthread_join(thread, NULL);
    assert_true(control_seconds() - began < 0.5 + AT_ONCE);
    CHECK('S', connect_with(o.dbc, ""));
    CHECK('S', SQLDisconnect(o.dbc));
    end(o.dbc, env);
}

/* ---- time-outs ---------------------------------------------------------------------------------------------------- */

static void a_query_timeout_ends_the_statement_here_and_at_the_server(void **state) {
    struct conn *c = *state;
    make_slow(20000);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0));
    double began = control_seconds();
    CHECK('E', direct(c->stmt, SLOW));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYT00");
    double took = control_seconds() - began;
    assert_true(took >= 0.9 && took < 1 + AT_ONCE);
    assert_server_is_idle();
    assert_usable(c->stmt);
}

static void a_query_timeout_counts_for_pending_calls(void **state) {
    struct conn *c = *state;
    int polls;
    make_slow(20000);
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0));
    assert_int_equal(direct(c->stmt, SLOW), SQL_STILL_EXECUTING);
    CHECK('E', wait_direct(c->stmt, &polls));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYT00");
    assert_server_is_idle();
    assert_usable(c->stmt);
}

/* The request is taken and nothing comes back, not even headers. */
static void a_query_timeout_ends_a_request_that_is_not_answered(void **state) {
    struct conn *c = *state;
    control_fault("execute", "slow", "{\"type\":\"delay\",\"ms\":3000}");
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0));
    double began = control_seconds();
    CHECK('E', direct(c->stmt, SLOW));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYT00");
    assert_true(control_seconds() - began < 1 + AT_ONCE);
    control_heal();
    assert_usable(c->stmt);
}

static void a_connection_timeout_bounds_requests(void **state) {
    struct conn *c = *state;
    make_slow(20000);
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_CONNECTION_TIMEOUT, (SQLPOINTER)1, SQL_IS_UINTEGER));
    double began = control_seconds();
    CHECK('E', direct(c->stmt, SLOW));
    assert_state(SQL_HANDLE_STMT, c->stmt, "HYT01");
    assert_true(control_seconds() - began < 1 + AT_ONCE);
    CHECK('S', SQLSetConnectAttr(c->dbc, SQL_ATTR_CONNECTION_TIMEOUT, (SQLPOINTER)0, SQL_IS_UINTEGER));
    assert_server_is_idle();
    assert_usable(c->stmt);
}

static void a_login_timeout_ends_connecting_to_a_mute_server(void **state) {
    SQLHDBC dbc = NULL;
    SQLHENV env = NULL;
    (void)state;
    connect_to(&dbc, &env);
    CHECK('S', SQLSetConnectAttr(dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)1, SQL_IS_UINTEGER));
    double began = control_seconds();
    CHECK('E', connect_to_mute(dbc));
    assert_state(SQL_HANDLE_DBC, dbc, "HYT00");
    double took = control_seconds() - began;
    assert_true(took >= 0.9 && took < 1 + AT_ONCE);
    CHECK('S', connect_with(dbc, ""));
    CHECK('S', SQLDisconnect(dbc));
    end(dbc, env);
}

#define ASYNC(f) cmocka_unit_test_setup_teardown(f, open_async, close_healed)
#define PLAIN(f) cmocka_unit_test_setup_teardown(f, open_plain, close_healed)

const struct CMUnitTest ASYNC_TESTS[] = {
    ASYNC(an_asynchronous_execution_is_polled_to_its_result), ASYNC(a_wide_text_is_copied_too),
    ASYNC(other_calls_meanwhile_are_out_of_sequence), ASYNC(another_statement_of_the_connection_works_meanwhile),
    ASYNC(an_asynchronous_error_comes_with_the_last_poll),
    ASYNC(a_prepared_statement_executes_asynchronously_again_and_again),
    ASYNC(data_at_execution_follows_an_asynchronous_execution), ASYNC(a_catalog_function_is_polled),
    PLAIN(all_statements_of_a_connection_are_made_asynchronous), PLAIN(what_is_claimed_is_what_is_done),
    PLAIN(the_current_catalog_is_changed_asynchronously), cmocka_unit_test(disconnecting_asynchronously_is_polled),
    ASYNC(cancelling_a_pending_call_ends_it_here_and_at_the_server),
    ASYNC(cancelling_at_once_after_the_start_is_not_lost), PLAIN(cancelling_from_another_thread_ends_the_execution),
    PLAIN(cancelling_an_idle_statement_does_nothing),
    PLAIN(cancelling_a_statement_that_waits_for_data_gives_the_execution_up),
    ASYNC(a_cancel_that_the_server_does_not_answer_returns_at_once),
    cmocka_unit_test(connecting_is_cancelled_from_another_thread),
    PLAIN(a_query_timeout_ends_the_statement_here_and_at_the_server), ASYNC(a_query_timeout_counts_for_pending_calls),
    PLAIN(a_query_timeout_ends_a_request_that_is_not_answered), PLAIN(a_connection_timeout_bounds_requests),
    cmocka_unit_test(a_login_timeout_ends_connecting_to_a_mute_server),
};
const size_t N_ASYNC_TESTS = COUNT(ASYNC_TESTS);
