#include "conform.h"

#include <stdio.h>
#include <stdlib.h>

char letter(SQLRETURN rc) {
    switch (rc) {
    case SQL_SUCCESS: return 'S';
    case SQL_SUCCESS_WITH_INFO: return 'I';
    case SQL_NO_DATA: return 'N';
    case SQL_NEED_DATA: return 'D';
    case SQL_INVALID_HANDLE: return 'X';
    default: return 'E';
    }
}

void check_letter(char want, SQLRETURN rc, const char *call, const char *file, int line) {
    if (letter(rc) == want) return;
    print_error("%s gave %c instead of %c\n", call, letter(rc), want);
    _fail(file, line);
}

const char *conn_string(const char *more) {
    static char text[2048];
    const char *base = getenv("DBX_CONN");
    if (!base) fail_msg("DBX_CONN is not set: run this program through tests/conform/run.sh");
    snprintf(text, sizeof text, "%s%s", base, more);
    return text;
}

void open_conn_with(struct conn *c, const char *more, SQLINTEGER version) {
    CHECK('S', SQLAllocHandle(SQL_HANDLE_ENV, NULL, &c->env));
    CHECK('S', SQLSetEnvAttr(c->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)(intptr_t)version, 0));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_DBC, c->env, &c->dbc));
    CHECK('S', SQLDriverConnect(c->dbc, NULL, (SQLCHAR *)conn_string(more), SQL_NTS, NULL, 0, NULL,
                                SQL_DRIVER_NOPROMPT));
    CHECK('S', SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &c->stmt));
}

int open_conn(void **state) {
    struct conn *c = calloc(1, sizeof *c);
    open_conn_with(c, "", SQL_OV_ODBC3_80);
    *state = c;
    return 0;
}

void end_conn(struct conn *c) {
    if (c->stmt) SQLFreeHandle(SQL_HANDLE_STMT, c->stmt);
    SQLDisconnect(c->dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, c->env);
}

int close_conn(void **state) {
    struct conn *c = *state;
    end_conn(c);
    free(c);
    return 0;
}

void assert_state(SQLSMALLINT type, SQLHANDLE h, const char *want) {
    SQLCHAR state[6] = "", text[2000] = "";
    SQLINTEGER native = 0;
    SQLSMALLINT len = 0;
    SQLRETURN rc = SQLGetDiagRec(type, h, 1, state, &native, text, sizeof text, &len);
    if (!SQL_SUCCEEDED(rc)) fail_msg("no diagnostic record, expected %s", want);
    if (strcmp((char *)state, want) != 0) fail_msg("SQLSTATE %s instead of %s: %s", (char *)state, want, (char *)text);
}

void exec(struct conn *c, const char *sql) {
    SQLRETURN rc = SQLExecDirect(c->stmt, (SQLCHAR *)sql, SQL_NTS);
    if (rc != SQL_SUCCESS) assert_state(SQL_HANDLE_STMT, c->stmt, "00000");
}

SQLLEN get_long(SQLHSTMT stmt, int col) {
    SQLBIGINT v = 0;
    SQLLEN ind = 0;
    CHECK('S', SQLGetData(stmt, (SQLUSMALLINT)col, SQL_C_SBIGINT, &v, sizeof v, &ind));
    return ind == SQL_NULL_DATA ? -12345 : (SQLLEN)v;
}

const char *get_text(SQLHSTMT stmt, int col) {
    static char text[8][1024];
    static int turn;
    SQLLEN ind = 0;
    char *to = text[turn++ % 8];
    CHECK('S', SQLGetData(stmt, (SQLUSMALLINT)col, SQL_C_CHAR, to, sizeof text[0], &ind));
    return ind == SQL_NULL_DATA ? "<NULL>" : to;
}

#ifndef CONFORM_WITHOUT_MAIN     /* another program uses the helpers */
int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_test_filter(argv[1]);      /* a name, with * and ? */
    struct CMUnitTest all[1024];
    const struct { const struct CMUnitTest *tests; size_t n; } PARTS[] = {
        { CONNECT_TESTS, N_CONNECT_TESTS }, { RESULT_TESTS, N_RESULT_TESTS }, { BINDING_TESTS, N_BINDING_TESTS },
        { CATALOG_TESTS, N_CATALOG_TESTS },
        { DESC_TESTS, N_DESC_TESTS }, { ATTR_TESTS, N_ATTR_TESTS }, { DIAG_TESTS, N_DIAG_TESTS },
        { SETUP_TESTS, N_SETUP_TESTS }, { SOURCE_TESTS, N_SOURCE_TESTS }, { PARAM_TESTS, N_PARAM_TESTS },
        { THREAD_TESTS, N_THREAD_TESTS },
        { ESCAPE_TESTS, N_ESCAPE_TESTS }, { ARRAY_TESTS, N_ARRAY_TESTS }, { CELL_TESTS, N_CELL_TESTS },
        { CURSOR_TESTS, N_CURSOR_TESTS }, { CURSOR2_TESTS, N_CURSOR2_TESTS },
        { ASYNC_TESTS, N_ASYNC_TESTS }, { PARALLEL_TESTS, N_PARALLEL_TESTS },
    };
    size_t n = 0;
    for (size_t i = 0; i < COUNT(PARTS); i++)
        for (size_t k = 0; k < PARTS[i].n && n < COUNT(all); k++) all[n++] = PARTS[i].tests[k];
    return _cmocka_run_group_tests("conform", all, n, NULL, NULL);
}
#endif
