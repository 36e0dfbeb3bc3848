/* Several threads on one connection, cancelling while rows are fetched, and many cursors one after the other. */
#include "conform.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- storms: many threads on one environment, a connection each and several statements on one, some of them asynchronous,
 * and cancels from everywhere. Each execution ends with its own rows or with HY008. --------------------------------------- */

enum { STORM_THREADS = 6, STORM_ROUNDS = 12 };

struct storm {
    SQLHENV env;
    SQLHDBC shared;             /* NULL = each thread has a connection of its own */
    _Atomic(SQLHSTMT) victims[STORM_THREADS];
    atomic_bool over;
    atomic_int failures, finished, cancelled;
};

struct storm_thread { struct storm *storm; int number; };

static SQLRETURN run_polled(SQLHSTMT stmt, SQLCHAR *sql) {
    SQLRETURN rc;
    while ((rc = SQLExecDirect(stmt, sql, SQL_NTS)) == SQL_STILL_EXECUTING)
        nanosleep(&(struct timespec){ .tv_nsec = 2 * 1000 * 1000 }, NULL);
    return rc;
}

/* The driver manager notes that a call was cancelled after the driver's SQLCancel has returned, without a lock. When the
 * call has ended meanwhile, it takes the next one for out of sequence: HY010, of its own. */
static bool was_cancelled(SQLHSTMT stmt) {
    SQLCHAR state[6] = "", text[100] = "";
    SQLGetDiagRec(SQL_HANDLE_STMT, stmt, 1, state, NULL, text, sizeof text, NULL);
    bool is_managers = strstr((char *)text, "[Driver Manager]") != NULL;
    return strcmp((char *)state, is_managers ? "HY010" : "HY008") == 0;
}

static void storm_round(struct storm_thread *t, SQLHSTMT stmt, int round) {
    struct storm *w = t->storm;
    SQLCHAR sql[100];
    SQLBIGINT got = -1;
    int want = t->number * 1000 + round;
    snprintf((char *)sql, sizeof sql, "SELECT %d FROM range(40)", want);
    SQLSetStmtAttr(stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)(intptr_t)(round % 2), 0);
    SQLRETURN rc = run_polled(stmt, sql);
    for (int i = 0; rc == SQL_SUCCESS && i < 40; i++) {
        rc = SQLFetch(stmt);
        if (rc == SQL_SUCCESS) rc = SQLGetData(stmt, 1, SQL_C_SBIGINT, &got, 0, NULL);
        if (rc == SQL_SUCCESS && got != want) w->failures++;
    }
    if (rc == SQL_SUCCESS) w->finished++;
    else if (rc == SQL_ERROR && was_cancelled(stmt)) w->cancelled++;
    else w->failures++;
    SQLFreeStmt(stmt, SQL_CLOSE);
}

static void *storm_work(void *arg) {
    struct storm_thread *t = arg;
    struct storm *w = t->storm;
    SQLHDBC dbc = w->shared;
    SQLHSTMT stmt = NULL;
    bool fine = true;
    if (!dbc)
        fine = SQLAllocHandle(SQL_HANDLE_DBC, w->env, &dbc) == SQL_SUCCESS &&
               SQL_SUCCEEDED(SQLDriverConnect(dbc, NULL, (SQLCHAR *)getenv("DBX_CONN"), SQL_NTS, NULL, 0, NULL,
                                              SQL_DRIVER_NOPROMPT));
    fine = fine && SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt) == SQL_SUCCESS;
    atomic_store(&w->victims[t->number], stmt);
    for (int i = 0; fine && i < STORM_ROUNDS; i++) storm_round(t, stmt, i);
    while (!atomic_load(&w->over)) nanosleep(&(struct timespec){ .tv_nsec = 5 * 1000 * 1000 }, NULL);
    if (!fine) w->failures++;
    if (stmt) SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    if (w->shared || !dbc) return NULL;
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    return NULL;
}

/* Ends when every thread has done its rounds: until then it cancels, but for one round in three. */
static void cancel_all(struct storm *w) {
    for (int i = 0; w->finished + w->cancelled + w->failures < STORM_THREADS * STORM_ROUNDS && i < 6000; i++) {
        SQLHSTMT victim = atomic_load(&w->victims[i % STORM_THREADS]);
        if (victim && i % 3) SQLCancel(victim);
        nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
    }
    atomic_store(&w->over, true);
}

static void storm_over(SQLHENV env, SQLHDBC shared) {
    struct storm w = { .env = env, .shared = shared };
    struct storm_thread threads[STORM_THREADS];
    pthread_t ids[STORM_THREADS];
    for (int i = 0; i < STORM_THREADS; i++) {
        threads[i] = (struct storm_thread){ &w, i };
        pthread_create(&ids[i], NULL, storm_work, &threads[i]);
    }
    cancel_all(&w);
    for (int i = 0; i < STORM_THREADS; i++) pthread_join(ids[i], NULL);
    assert_int_equal(w.failures, 0);
    assert_int_equal(w.finished + w.cancelled, STORM_THREADS * STORM_ROUNDS);
}

static void a_storm_of_cancels_over_statements_of_one_connection(void **state) {
    struct conn *c = *state;
    storm_over(c->env, c->dbc);
    exec(c, "SELECT 1");
    CHECK('S', SQLFetch(c->stmt));
}

static void a_storm_of_cancels_over_connections_of_one_environment(void **state) {
    struct conn *c = *state;
    storm_over(c->env, NULL);
    exec(c, "SELECT 1");
    CHECK('S', SQLFetch(c->stmt));
}

const struct CMUnitTest THREAD_TESTS[] = {
    TEST(threads_share_a_connection), TEST(cancelling_a_fetch_never_ends_early_without_an_error),
    TEST(many_cursors_one_after_the_other_leave_nothing_behind),
    TEST(a_storm_of_cancels_over_statements_of_one_connection), TEST(a_storm_of_cancels_over_connections_of_one_environment),
};
const size_t N_THREAD_TESTS = COUNT(THREAD_TESTS);
