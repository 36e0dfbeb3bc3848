/* The driver manager's connection pool (Pooling=Yes, CPTimeout): a connection that comes back from it is like a new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sql.h>
#include <sqlext.h>

struct seat { SQLHENV env; SQLHDBC dbc; };

#define FINE(call) assert_true(SQL_SUCCEEDED(call))

static void fail_with(SQLHSTMT stmt, const char *sql) {
    SQLCHAR state[6] = "", text[1000] = "";
    SQLGetDiagRec(SQL_HANDLE_STMT, stmt, 1, state, NULL, text, sizeof text, NULL);
    fail_msg("%s: %s %s", sql, (char *)state, (char *)text);
}

static void take_seat(struct seat *s) {
    char text[2048];
    snprintf(text, sizeof text, "%s", getenv("DBX_CONN"));
    if (!s->env) {
        FINE(SQLAllocHandle(SQL_HANDLE_ENV, NULL, &s->env));
        FINE(SQLSetEnvAttr(s->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0));
    }
    FINE(SQLAllocHandle(SQL_HANDLE_DBC, s->env, &s->dbc));
    FINE(SQLDriverConnect(s->dbc, NULL, (SQLCHAR *)text, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
}

static void leave_seat(struct seat *s) {
    FINE(SQLDisconnect(s->dbc));
    FINE(SQLFreeHandle(SQL_HANDLE_DBC, s->dbc));
}

static SQLHSTMT run(struct seat *s, const char *sql) {
    SQLHSTMT stmt;
    FINE(SQLAllocHandle(SQL_HANDLE_STMT, s->dbc, &stmt));
    if (!SQL_SUCCEEDED(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS))) fail_with(stmt, sql);
    return stmt;
}

static void check_answer(struct seat *s, const char *sql, const char *want) {
    char got[200] = "";
    SQLHSTMT stmt = run(s, sql);
    FINE(SQLFetch(stmt));
    FINE(SQLGetData(stmt, 1, SQL_C_CHAR, got, sizeof got, NULL));
    assert_string_equal(got, want);
    FINE(SQLFreeHandle(SQL_HANDLE_STMT, stmt));
}

/* Statements are numbered per connection of the driver: a high number means that the pool gave an old one. */
static int statement_number(struct seat *s) {
    SQLHSTMT stmt;
    SQLCHAR name[64];
    FINE(SQLAllocHandle(SQL_HANDLE_STMT, s->dbc, &stmt));
    FINE(SQLGetCursorName(stmt, name, sizeof name, NULL));
    FINE(SQLFreeHandle(SQL_HANDLE_STMT, stmt));
    return atoi((char *)name + strlen("SQL_CUR"));
}

static void nothing_of_its_last_user_is_left(void **state) {
    struct seat s = { .env = NULL };
    SQLHSTMT open, stmt;
    SQLULEN v = 77;
    (void)state;
    take_seat(&s);
    FINE(SQLSetConnectAttr(s.dbc, SQL_ATTR_CURRENT_CATALOG, (SQLPOINTER)"samples", SQL_NTS));
    FINE(SQLSetConnectAttr(s.dbc, SQL_ATTR_METADATA_ID, (SQLPOINTER)SQL_TRUE, 0));
    FINE(SQLSetConnectAttr(s.dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0));
    FINE(SQLSetConnectAttr(s.dbc, SQL_ATTR_QUERY_TIMEOUT, (SQLPOINTER)300, 0));
    FINE(SQLFreeHandle(SQL_HANDLE_STMT, run(&s, "SET TIME ZONE 'Asia/Tokyo'")));
    FINE(SQLFreeHandle(SQL_HANDLE_STMT, run(&s, "USE SCHEMA tpch")));
    open = run(&s, "SELECT * FROM samples.tpch.nation");
    FINE(SQLFetch(open));
    leave_seat(&s);     /* with the statement open */

    take_seat(&s);
    assert_true(statement_number(&s) > 3);
    check_answer(&s, "SELECT current_catalog()", "main");
    check_answer(&s, "SELECT current_schema()", "default");
    check_answer(&s, "SELECT current_timezone()", "Etc/UTC");
    FINE(SQLAllocHandle(SQL_HANDLE_STMT, s.dbc, &stmt));
    FINE(SQLGetStmtAttr(stmt, SQL_ATTR_QUERY_TIMEOUT, &v, 0, NULL));
    assert_int_equal(v, 0);
    FINE(SQLGetStmtAttr(stmt, SQL_ATTR_METADATA_ID, &v, 0, NULL));
    assert_int_equal(v, SQL_FALSE);
    FINE(SQLFreeHandle(SQL_HANDLE_STMT, stmt));
    leave_seat(&s);
    FINE(SQLFreeHandle(SQL_HANDLE_ENV, s.env));
}

static void many_users_in_a_row_share_one_connection(void **state) {
    struct seat s = { .env = NULL };
    (void)state;
    for (int i = 0; i < 50; i++) {
        take_seat(&s);
        SQLHSTMT left = run(&s, "SELECT 1");
        FINE(SQLFetch(left));
        if (i % 2) FINE(SQLFreeHandle(SQL_HANDLE_STMT, left));
        leave_seat(&s);
    }
    take_seat(&s);
    assert_true(statement_number(&s) > 50);
    leave_seat(&s);
    FINE(SQLFreeHandle(SQL_HANDLE_ENV, s.env));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_its_last_user_is_left), cmocka_unit_test(many_users_in_a_row_share_one_connection),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
