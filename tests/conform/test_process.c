/* The driver as a guest in processes that fork, load and unload it, end without tidying up, or live long.
 *
 *   process              the tests; DBX_CYCLES=10000 makes the last one as long as that */
#include "conform.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"

enum { PATIENCE_S = 30, FINE = 0, BROKEN = 3 };

static bool open_quietly(struct conn *c) {
    return SQLAllocHandle(SQL_HANDLE_ENV, NULL, &c->env) == SQL_SUCCESS &&
           SQLSetEnvAttr(c->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0) == SQL_SUCCESS &&
           SQLAllocHandle(SQL_HANDLE_DBC, c->env, &c->dbc) == SQL_SUCCESS &&
           SQLDriverConnect(c->dbc, NULL, (SQLCHAR *)conn_string(""), SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT) ==
               SQL_SUCCESS &&
           SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &c->stmt) == SQL_SUCCESS;
}

static bool select_works(SQLHSTMT stmt) {
    SQLINTEGER v = 0;
    return SQLExecDirect(stmt, (SQLCHAR *)"SELECT 41 + 1", SQL_NTS) == SQL_SUCCESS && SQLFetch(stmt) == SQL_SUCCESS &&
           SQLGetData(stmt, 1, SQL_C_SLONG, &v, 0, NULL) == SQL_SUCCESS && v == 42 &&
           SQLFreeStmt(stmt, SQL_CLOSE) == SQL_SUCCESS;
}

static void close_quietly(struct conn *c) {
    SQLFreeHandle(SQL_HANDLE_STMT, c->stmt);
    SQLDisconnect(c->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, c->env);
}

static bool has_state(SQLHSTMT stmt, const char *want) {
    SQLCHAR state[6] = "";
    return SQLGetDiagRec(SQL_HANDLE_STMT, stmt, 1, state, NULL, NULL, 0, NULL) != SQL_NO_DATA &&
           strcmp((char *)state, want) == 0;
}

/* Runs in a child, which ends with exit(): by its answer, not by a signal, and within PATIENCE_S. */
static void in_child(int (*what)(struct conn *), struct conn *c, const char *name) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S);
        exit(what(c));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status)) fail_msg("%s: the child ended by signal %d", name, WTERMSIG(status));
    if (WEXITSTATUS(status) != FINE) fail_msg("%s: the child answered %d", name, WEXITSTATUS(status));
}

#define IN_CHILD(what, c) in_child(what, c, #what)

/* ---- forks -------------------------------------------------------------------------------------------------------- */

static int own_connection(struct conn *parents) {
    struct conn own = { NULL, NULL, NULL };
    (void)parents;
    if (!open_quietly(&own) || !select_works(own.stmt)) return BROKEN;
    close_quietly(&own);
    return FINE;
}

static int parents_connection(struct conn *c) {
    SQLHSTMT more = NULL;
    if (SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT 1", SQL_NTS) == SQL_SUCCESS || !has_state(c->stmt, "08S01")) return BROKEN;
    (void)SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &more);
    close_quietly(c);
    return own_connection(NULL);
}

static int parents_cursor(struct conn *c) {
    for (int i = 0; i < 3000 && SQLFetch(c->stmt) == SQL_SUCCESS; i++) {}
    close_quietly(c);
    return FINE;
}

static int parents_pending_call(struct conn *c) {
    if (SQLExecDirect(c->stmt, (SQLCHAR *)"x", SQL_NTS) == SQL_STILL_EXECUTING) return BROKEN;
    if (SQLExecDirect(c->stmt, (SQLCHAR *)"x", SQL_NTS) != SQL_ERROR) return BROKEN + 1;
    close_quietly(c);
    return own_connection(NULL);
}

static int nothing(struct conn *c) {
    (void)c;
    return FINE;
}

static void a_child_has_its_own_connections_and_leaves_the_parents_alone(void **state) {
    struct conn *c = *state;
    IN_CHILD(own_connection, c);
    assert_true(select_works(c->stmt));
    IN_CHILD(nothing, c);
    assert_true(select_works(c->stmt));
    IN_CHILD(parents_connection, c);
    assert_true(select_works(c->stmt));
}

static void a_cursor_goes_on_in_the_parent_whatever_the_child_does(void **state) {
    struct conn *c = *state;
    long rows = 1;
    exec(c, "SELECT * FROM samples.tpch.orders");
    CHECK('S', SQLFetch(c->stmt));
    IN_CHILD(parents_cursor, c);
    IN_CHILD(nothing, c);
    while (SQLFetch(c->stmt) == SQL_SUCCESS) rows++;
    assert_int_equal(rows, 150000);
}

static void a_pending_call_fails_in_the_child_and_ends_in_the_parent(void **state) {
    struct conn *c = *state;
    SQLRETURN rc;
    control_fault("execute", "slow", "{\"type\":\"slow_statement\",\"ms\":1500}");
    CHECK('S', SQLSetStmtAttr(c->stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_ON, 0));
    assert_int_equal(SQLExecDirect(c->stmt, (SQLCHAR *)"SELECT 'slow'", SQL_NTS), SQL_STILL_EXECUTING);
    control_sleep(0.3);
    IN_CHILD(parents_pending_call, c);
    IN_CHILD(nothing, c);
    while ((rc = SQLExecDirect(c->stmt, (SQLCHAR *)"x", SQL_NTS)) == SQL_STILL_EXECUTING) control_sleep(0.02);
    control_heal();
    CHECK('S', rc);
    CHECK('S', SQLFetch(c->stmt));
}

/* ---- ends --------------------------------------------------------------------------------------------------------- */

static struct conn left_open;

static void use_at_exit(void) {
    if (!select_works(left_open.stmt)) _exit(BROKEN + 2);
    close_quietly(&left_open);
}

static int exit_with_everything_open(struct conn *c) {
    (void)c;
    if (!open_quietly(&left_open)) return BROKEN;
    if (SQLExecDirect(left_open.stmt, (SQLCHAR *)"SELECT * FROM samples.tpch.orders", SQL_NTS) != SQL_SUCCESS) return BROKEN;
    return SQLFetch(left_open.stmt) == SQL_SUCCESS ? FINE : BROKEN;
}

static int exit_with_a_pending_call(struct conn *c) {
    (void)c;
    if (!open_quietly(&left_open)) return BROKEN;
    (void)SQLSetStmtAttr(left_open.stmt, SQL_ATTR_ASYNC_ENABLE, (SQLPOINTER)SQL_ASYNC_ENABLE_ON, 0);
    return SQLExecDirect(left_open.stmt, (SQLCHAR *)"SELECT 1", SQL_NTS) == SQL_STILL_EXECUTING ? FINE : BROKEN;
}

static int close_in_an_exit_handler(struct conn *c) {
    (void)c;
    atexit(use_at_exit);
    return open_quietly(&left_open) ? FINE : BROKEN;
}

static void a_process_may_end_with_open_handles(void **state) {
    for (int i = 0; i < 3; i++) {
        IN_CHILD(exit_with_everything_open, *state);
        IN_CHILD(exit_with_a_pending_call, *state);
        IN_CHILD(close_in_an_exit_handler, *state);
    }
}

/* ---- loading ------------------------------------------------------------------------------------------------------ */

static void the_library_is_loaded_and_unloaded_again_and_again(void **state) {
    struct conn c = { NULL, NULL, NULL };
    const char *path = getenv("DBX_LIBRARY");
    (void)state;
    if (!path) fail_msg("DBX_LIBRARY is not set: run this program through tests/conform/run.sh");
    for (int i = 0; i < 50; i++) {
        void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!lib) fail_msg("%s", dlerror());
        assert_non_null(dlsym(lib, "SQLExecDirectW"));
        assert_int_equal(dlclose(lib), 0);
        if (i % 10) continue;
        assert_true(open_quietly(&c) && select_works(c.stmt));
        close_quietly(&c);      /* the last connection: the driver manager unloads the driver */
    }
}

/* ---- long life ---------------------------------------------------------------------------------------------------- */

static long rss_kib(void) {
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &pages, &resident) != 2) fail_msg("no /proc/self/statm");
    fclose(f);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int open_files(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n;
}

static void cycle(int i) {
    struct conn c = { NULL, NULL, NULL };
    if (!open_quietly(&c) || !select_works(c.stmt)) fail_msg("cycle %d", i);
    close_quietly(&c);
}

static void thousands_of_cycles_leave_nothing_behind(void **state) {
    const char *asked = getenv("DBX_CYCLES");
    int cycles = asked ? atoi(asked) : 200, warm = cycles / 4;
    (void)state;
    for (int i = 0; i < warm; i++) cycle(i);
    long before = rss_kib();
    int files = open_files();
    double began = control_seconds();
    for (int i = warm; i < cycles; i++) cycle(i);
    long grown = rss_kib() - before;
    print_message("# %d cycles of connect, execute, fetch, free: %ld KiB resident after %d, %+ld KiB at the end; %d files, "
                  "%+d; %.1f ms each\n", cycles, before, warm, grown, files, open_files() - files,
                  (control_seconds() - began) * 1000 / (cycles - warm));
    assert_int_equal(open_files(), files);
    const char *sanitizer = getenv("SANITIZER");    /* its quarantine grows */
    if (!sanitizer || !*sanitizer) assert_true(grown < 2048);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        TEST(a_child_has_its_own_connections_and_leaves_the_parents_alone),
        TEST(a_cursor_goes_on_in_the_parent_whatever_the_child_does),
        TEST(a_pending_call_fails_in_the_child_and_ends_in_the_parent),
        cmocka_unit_test(a_process_may_end_with_open_handles),
        cmocka_unit_test(the_library_is_loaded_and_unloaded_again_and_again),
        cmocka_unit_test(thousands_of_cycles_leave_nothing_behind),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("process", tests, COUNT(tests), NULL, NULL);
}
