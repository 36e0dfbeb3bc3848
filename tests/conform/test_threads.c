/* Several threads on one connection, cancelling while rows are fetched, and many cursors one after the other. */
#include "conform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 8 };

struct worker { SQLHDBC dbc; int number; atomic_int failures; };

static void work_once(struct worker *w, int round) {
    SQLHSTMT stmt = NULL;
    SQLCHAR sql[64];
    SQLBIGINT got = -1;
    int want = w->number * 1000 + round;
    snprintf((char *)sql, sizeof sql, "SELECT %d", want);
    if (SQLAllocHandle(SQL_HANDLE_STMT, w->dbc, &stmt) != SQL_SUCCESS) {
        w->failures++;
        return;
    }
    bool fine = SQLExecDirect(stmt, sql, SQL_NTS) == SQL_SUCCESS && SQLFetch(stmt) == SQL_SUCCESS &&
                SQLGetData(stmt, 1, SQL_C_SBIGINT, &got, 0, NULL) == SQL_SUCCESS && got == want &&
                SQLFetch(stmt) == SQL_NO_DATA;
    if (!fine) w->failures++;
    SQLFreeHandle(SQL_HANDLE_STMT, stmt);
}

static void *work(void *arg) {
    for (int i = 0; i < ROUNDS; i++) work_once(arg, i);
    return NULL;
}

static void threads_share_a_connection(void **state) {
    struct conn *c = *state;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .dbc = c->dbc, .number = i + 1 };
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].failures, 0);
    }
}

static void *cancel_soon(void *stmt) {
    nanosleep(&(struct timespec){ .tv_nsec = 300 * 1000 * 1000 }, NULL);
    SQLCancel(stmt);
    return NULL;
}

/* Cancelled or done: a fetch under way ends with HY008, and in no case are there rows missing without an error. */
static void cancelling_a_fetch_never_ends_early_without_an_error(void **state) {
    struct conn *c = *state;
    pthread_t thread;
    SQLULEN fetched = 0;
    long rows = 0;
    SQLRETURN rc;
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)100, 0));
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ROWS_FETCHED_PTR, &fetched, 0));
    exec(c, "SELECT * FROM samples.tpch.lineitem");
    pthread_create(&thread, NULL, cancel_soon, c->stmt);
    while ((rc = SQLFetch(c->stmt)) == SQL_SUCCESS) rows += (long)fetched;
    pthread_join(thread, NULL);
    if (rc == SQL_ERROR) assert_state(SQL_HANDLE_STMT, c->stmt, "HY008");
    else assert_true(rc == SQL_NO_DATA && rows > 100000);
    CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    exec(c, "SELECT 1");
    CHECK('S', SQLFetch(c->stmt));
}

static void many_cursors_one_after_the_other_leave_nothing_behind(void **state) {
    struct conn *c = *state;
    for (int i = 0; i < 60; i++) {
        exec(c, i % 2 ? "SELECT * FROM samples.tpch.nation" : "SELECT * FROM samples.tpch.nation WHERE 1 = 0");
        (void)SQLFetch(c->stmt);
        CHECK('S', SQLFreeStmt(c->stmt, SQL_CLOSE));
    }
}

const struct CMUnitTest THREAD_TESTS[] = {
    TEST(threads_share_a_connection), TEST(cancelling_a_fetch_never_ends_early_without_an_error),
    TEST(many_cursors_one_after_the_other_leave_nothing_behind),
};
const size_t N_THREAD_TESTS = COUNT(THREAD_TESTS);
