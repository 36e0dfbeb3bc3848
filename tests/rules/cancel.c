/* Cancelling, time-outs, asynchronous execution. */
#include "rules.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct canceller { SQLHSTMT stmt; bool by_handle; };
static void *cancel_soon(void *arg) {
    struct canceller *c = arg;
    usleep(400000);
    if (c->by_handle) SQLCancelHandle(SQL_HANDLE_STMT, c->stmt);
    else SQLCancel(c->stmt);
    return NULL;
}

/* Runs the slow statement and cancels it from another thread. */
static SQLRETURN run_and_cancel(struct run *r, bool by_handle, double *took) {
    struct canceller c = { r->stmt, by_handle };
    pthread_t thread;
    const char *sql = sql_of(r, "slow");
    double begin = now();
    if (pthread_create(&thread, NULL, cancel_soon, &c) != 0) fail(r, "no thread");
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS);
    if (rc == SQL_SUCCESS) rc = SQLFetch(r->stmt);
    pthread_join(thread, NULL);
    *took = now() - begin;
    return rc;
}
RULE(cancel_other_thread, "SQLCancel / Canceling Functions in Multithread Applications",
     "a running statement that is cancelled gives HY008, or S1008") {
    double took = 0;
    fresh(r);
    SQLRETURN rc = run_and_cancel(r, false, &took);
    ERR(rc, "HY008 57014");
}
RULE(cancel_is_prompt, "SQLCancel / Comments", "the call returns within five seconds") {
    double took = 0;
    fresh(r);
    SQLRETURN rc = run_and_cancel(r, false, &took);
    judge(r, "E", rc, "the cancelled statement");
    MUST(took < 5.4, "it took %.1f s", took);
}
RULE(cancel_usable_afterwards, "SQLCancel / Comments", "the statement can be executed again after it was cancelled") {
    double took = 0;
    fresh(r);
    run_and_cancel(r, false, &took);
    SQLFreeStmt(r->stmt, SQL_CLOSE);
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
}
RULE(cancel_handle, "SQLCancelHandle / Comments", "SQLCancelHandle on a statement is SQLCancel") {
    double took = 0;
    fresh(r);
    SQLRETURN rc = run_and_cancel(r, true, &took);
    ERR(rc, "HY008 57014");
}
RULE(cancel_invalid_handle, "SQLCancel / Returns",
     "a handle that is none gives SQL_INVALID_HANDLE") { INVALID(SQLCancel(NULL)); }
RULE(cancel_handle_dbc_idle, "SQLCancelHandle / Comments",
     "on a connection with nothing running it succeeds, or is not supported") {
    DBC_MAY(false, SQLCancelHandle(SQL_HANDLE_DBC, r->dbc), "IM001 HYC00 HY010");
}
RULE(cancel_handle_env_hy092, "SQLCancelHandle / Diagnostics / HY092", "an environment cannot be cancelled") {
    SQLRETURN rc = SQLCancelHandle(SQL_HANDLE_ENV, r->env);
    MUST(rc == SQL_ERROR || rc == SQL_INVALID_HANDLE, "%c", letter_of(rc));
}
RULE(timeout_hyt00, "SQLSetStmtAttr / SQL_ATTR_QUERY_TIMEOUT; Diagnostics / HYT00",
     "a statement that takes longer gives HYT00") {
    fresh(r);
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0), "HYC00 01S02");
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, "slow"), SQL_NTS);
    if (rc == SQL_SUCCESS) rc = SQLFetch(r->stmt);
    ERR(rc, "HYT00 S1T00");
}
RULE(timeout_prompt, "SQLSetStmtAttr / SQL_ATTR_QUERY_TIMEOUT", "a time-out of one second ends the call within six") {
    fresh(r);
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0), "HYC00 01S02");
    double begin = now();
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, "slow"), SQL_NTS);
    if (rc == SQL_SUCCESS) rc = SQLFetch(r->stmt);
    MUST(now() - begin < 6, "it took %.1f s", now() - begin);
    judge(r, "E", rc, "the slow statement");
}
RULE(timeout_usable_afterwards, "SQLSetStmtAttr / SQL_ATTR_QUERY_TIMEOUT",
     "the statement can be executed again after a time-out") {
    fresh(r);
    MAY(false, SQLSetStmtAttr(r->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)1, 0), "HYC00 01S02");
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, "slow"), SQL_NTS);
    if (rc == SQL_SUCCESS) rc = SQLFetch(r->stmt);
    judge(r, "E", rc, "the slow statement");
    SQLFreeStmt(r->stmt, SQL_CLOSE);
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)0, 0));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
}

/* ---- polling ---- */

static void go_async(struct run *r) {
    SQLUINTEGER mode = info_u32(r, SQL_ASYNC_MODE);
    fresh(r);
    if (mode == SQL_AM_CONNECTION)
        DBC_MAY(true, SQLSetConnectAttr(r->dbc, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_ON, 0), "HYC00");
    else
        MAY(mode == SQL_AM_STATEMENT, SQLSetStmtAttr(r->stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_ON,
            0), "HYC00 01S02");
}
#define POLL(rc, call) do { int polls_ = 0; \
        while (((rc) = (call)) == SQL_STILL_EXECUTING) { usleep(2000); MUST(++polls_ < 5000, \
            "still executing after 10 s"); } } while (0)

RULE(async_mode_truth, "SQLGetInfo / SQL_ASYNC_MODE", "SQL_AM_NONE: SQL_ATTR_ASYNC_ENABLE cannot be switched on") {
    if (info_u32(r, SQL_ASYNC_MODE) != SQL_AM_NONE) return;
    fresh(r);
    ERR(SQLSetStmtAttr(r->stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_ON, 0), "HYC00");
}
RULE(async_execdirect, "SQLSetStmtAttr / SQL_ATTR_ASYNC_ENABLE",
     "polling SQLExecDirect ends with its own return code") {
    SQLRETURN rc;
    SQLINTEGER v = 0;
    go_async(r);
    POLL(rc, SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)rows_sql(r, 1), SQL_NTS));
    judge(r, "S", rc, "SQLExecDirect");
    POLL(rc, SQLFetch(r->stmt));
    judge(r, "S", rc, "SQLFetch");
    POLL(rc, SQLGetData(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    EQ(v, 1);
}
RULE(async_error, "SQLSetStmtAttr / SQL_ATTR_ASYNC_ENABLE", "an error comes out of the last poll, with its SQLSTATE") {
    SQLRETURN rc;
    go_async(r);
    POLL(rc, SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, "no_such_table"), SQL_NTS));
    ERR(rc, "42S02");
}
RULE(async_slow_is_still_executing, "SQLExecDirect / Returns", "a slow statement answers SQL_STILL_EXECUTING at once") {
    go_async(r);
    double begin = now();
    SQLRETURN rc = SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, "slow"), SQL_NTS);
    MUST(now() - begin < 3, "it took %.1f s", now() - begin);
    judge(r, "W", rc, "SQLExecDirect");
    SQLCancel(r->stmt);
    POLL(rc, SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql_of(r, "slow"), SQL_NTS));
}
RULE(async_cancel, "SQLCancel / Canceling Asynchronous Processing", "after SQLCancel polling ends with HY008") {
    SQLRETURN rc;
    go_async(r);
    const char *sql = sql_of(r, "slow");
    judge(r, "W", SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS), "SQLExecDirect");
    OK(SQLCancel(r->stmt));
    POLL(rc, SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS));
    ERR(rc, "HY008");
}
RULE(async_other_call_hy010, "Diagnostics / HY010",
     "while a function is executing another on the same statement gives HY010") {
    SQLRETURN rc;
    SQLSMALLINT n;
    go_async(r);
    const char *sql = sql_of(r, "slow");
    judge(r, "W", SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS), "SQLExecDirect");
    SQLRETURN other = SQLNumResultCols(r->stmt, &n);
    char state[6] = "";
    state_of(r, SQL_HANDLE_STMT, r->stmt, state);
    SQLCancel(r->stmt);
    POLL(rc, SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)sql, SQL_NTS));
    EQ(other, SQL_ERROR);
    TEXT(state, "HY010");
}
RULE(async_catalog, "SQLTables / Returns", "catalog functions can be polled as well") {
    SQLRETURN rc;
    go_async(r);
    POLL(rc, SQLTables(r->stmt, NULL, 0, NULL, 0, (SQLCHAR *)"rules_rows", SQL_NTS, NULL, 0));
    judge(r, "S", rc, "SQLTables");
    POLL(rc, SQLFetch(r->stmt));
    judge(r, "S", rc, "SQLFetch");
}
RULE(async_off_again, "SQLSetStmtAttr / SQL_ATTR_ASYNC_ENABLE", "switched off, calls wait again") {
    go_async(r);
    SQLRETURN rc;
    POLL(rc, SQLExecDirect(r->stmt, (SQLCHAR *)(uintptr_t)rows_sql(r, 1), SQL_NTS));
    SQLFreeStmt(r->stmt, SQL_CLOSE);
    SQLSetConnectAttr(r->dbc, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_OFF, 0);
    OK(SQLSetStmtAttr(r->stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_OFF, 0));
    query(r, rows_sql(r, 1));
}
