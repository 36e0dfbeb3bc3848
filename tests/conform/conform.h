/* conform: plain ODBC calls through the driver manager, judged by result letters:
 * S success, I success with info, E error, N no data, D need data, X invalid handle. */
#ifndef TESTS_CONFORM_CONFORM_H
#define TESTS_CONFORM_CONFORM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

struct conn {
    SQLHENV env;
    SQLHDBC dbc;
    SQLHSTMT stmt;
};

char letter(SQLRETURN rc);
#define CHECK(want, call) check_letter((want), (call), #call, __FILE__, __LINE__)
void check_letter(char want, SQLRETURN rc, const char *call, const char *file, int line);

/* The connection string of the sandbox, and more keys behind it. */
const char *conn_string(const char *more);
void open_conn_with(struct conn *c, const char *more, SQLINTEGER version);
void end_conn(struct conn *c);
int open_conn(void **state);    /* cmocka set-up: a fresh connection with one statement */
int close_conn(void **state);

void assert_state(SQLSMALLINT type, SQLHANDLE h, const char *want);   /* of the first record */
void exec(struct conn *c, const char *sql);
SQLLEN get_long(SQLHSTMT stmt, int col);        /* SQLGetData as SQL_C_SBIGINT; −12345 = NULL */
const char *get_text(SQLHSTMT stmt, int col);   /* "<NULL>" for NULL; static */

extern const struct CMUnitTest CONNECT_TESTS[], RESULT_TESTS[], BINDING_TESTS[], CATALOG_TESTS[], DESC_TESTS[],
    PARAM_TESTS[], THREAD_TESTS[];
extern const size_t N_CONNECT_TESTS, N_RESULT_TESTS, N_BINDING_TESTS, N_CATALOG_TESTS, N_DESC_TESTS,
    N_PARAM_TESTS, N_THREAD_TESTS;

extern const struct CMUnitTest ATTR_TESTS[], DIAG_TESTS[], SETUP_TESTS[], SOURCE_TESTS[];
extern const size_t N_ATTR_TESTS, N_DIAG_TESTS, N_SETUP_TESTS, N_SOURCE_TESTS;

extern const struct CMUnitTest ESCAPE_TESTS[];
extern const size_t N_ESCAPE_TESTS;

extern const struct CMUnitTest ARRAY_TESTS[], CELL_TESTS[];
extern const size_t N_ARRAY_TESTS, N_CELL_TESTS;

extern const struct CMUnitTest CURSOR_TESTS[], CURSOR2_TESTS[];
extern const size_t N_CURSOR_TESTS, N_CURSOR2_TESTS;

extern const struct CMUnitTest ASYNC_TESTS[];
extern const size_t N_ASYNC_TESTS;

extern const struct CMUnitTest PARALLEL_TESTS[];
extern const size_t N_PARALLEL_TESTS;

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_conn, close_conn)
#define COUNT(list) (sizeof (list) / sizeof *(list))

#endif
