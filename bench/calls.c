/* calls: what one cell costs a program that asks for it row by row, through the driver manager.
 *
 *   bench/calls CONNECTION-STRING SQL [ROWS]    250,000 rows of each pass without ROWS
 *
 * Four passes over the same statement, each with a cursor of its own:
 *
 *   bound native   SQLFetch, arrays of 1, every column bound as the C type that fits it
 *   bound char     the same as SQL_C_CHAR
 *   get native     SQLFetch, and SQLGetData for every cell as the C type that fits it
 *   get char       the same as SQL_C_CHAR
 *
 * Prints one JSON object: rows and columns, and for each pass nanoseconds per cell by the clock and of this thread's CPU.
 * The clock starts after the first thousand rows, when the result has begun to come and bindings are known. To have the
 * calls alone, subtract or divide by the figures of bench/nulldriver.c for the statement "ROWS COLUMNS". Under
 * callgrind (--collect-atstart=no) each pass is a dump of its own, of this thread's instructions. */
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT ((void)0)
#define CALLGRIND_DUMP_STATS_AT(name) ((void)(name))
#endif

#include "usage.h"

enum { MAX_COLUMNS = 256, CELL = 512, WARM_ROWS = 1000 };

struct cell {
    SQLSMALLINT native;
    SQLLEN bytes;           /* of the native type */
    SQLLEN length;
    char value[CELL];
};

static struct cell cells[MAX_COLUMNS];
static SQLSMALLINT columns;

static void must(SQLRETURN rc, SQLSMALLINT kind, SQLHANDLE handle, const char *what) {
    SQLCHAR state[6] = "", text[4096] = "";
    SQLINTEGER native;
    SQLSMALLINT len;
    if (SQL_SUCCEEDED(rc)) return;
    SQLGetDiagRec(kind, handle, 1, state, &native, text, sizeof text, &len);
    fprintf(stderr, "calls: %s failed: [%s] %s\n", what, state, text);
    exit(1);
}

static double cpu_of_thread(void) {
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The C type a careful program would ask for. */
static void choose(struct cell *c, SQLSMALLINT sql_type) {
    switch (sql_type) {
    case SQL_INTEGER: c->native = SQL_C_SLONG, c->bytes = 4; break;
    case SQL_BIGINT: c->native = SQL_C_SBIGINT, c->bytes = 8; break;
    case SQL_DOUBLE: c->native = SQL_C_DOUBLE, c->bytes = 8; break;
    case SQL_TYPE_DATE: c->native = SQL_C_TYPE_DATE, c->bytes = sizeof(SQL_DATE_STRUCT); break;
    case SQL_TYPE_TIMESTAMP: c->native = SQL_C_TYPE_TIMESTAMP, c->bytes = sizeof(SQL_TIMESTAMP_STRUCT); break;
    default: c->native = SQL_C_CHAR, c->bytes = CELL;
    }
}

static void look(SQLHSTMT stmt) {
    must(SQLNumResultCols(stmt, &columns), SQL_HANDLE_STMT, stmt, "SQLNumResultCols");
    if (columns > MAX_COLUMNS) columns = MAX_COLUMNS;
    for (SQLUSMALLINT i = 1; i <= columns; i++) {
        SQLCHAR name[256];
        SQLSMALLINT len, type, digits, nullable;
        SQLULEN size;
        must(SQLDescribeCol(stmt, i, name, sizeof name, &len, &type, &size, &digits, &nullable), SQL_HANDLE_STMT, stmt,
             "SQLDescribeCol");
        choose(&cells[i - 1], type);
    }
}

static SQLSMALLINT type_of(const struct cell *c, bool as_char) { return as_char ? SQL_C_CHAR : c->native; }
static SQLLEN room_of(const struct cell *c, bool as_char) { return as_char ? CELL : c->bytes; }

static void bind_all(SQLHSTMT stmt, bool as_char) {
    for (SQLUSMALLINT i = 1; i <= columns; i++) {
        struct cell *c = &cells[i - 1];
        must(SQLBindCol(stmt, i, type_of(c, as_char), c->value, room_of(c, as_char), &c->length), SQL_HANDLE_STMT, stmt,
             "SQLBindCol");
    }
}

/* Reads up to so many rows; returns how many there were. */
static long read_rows(SQLHSTMT stmt, long rows, bool get, bool as_char) {
    for (long n = 0; n < rows; n++) {
        SQLRETURN rc = SQLFetch(stmt);
        if (rc == SQL_NO_DATA) return n;
        if (rc != SQL_SUCCESS) must(SQL_ERROR, SQL_HANDLE_STMT, stmt, "SQLFetch");
        for (SQLUSMALLINT i = 1; get && i <= columns; i++) {
            struct cell *c = &cells[i - 1];
            rc = SQLGetData(stmt, i, type_of(c, as_char), c->value, room_of(c, as_char), &c->length);
            if (rc != SQL_SUCCESS) must(SQL_ERROR, SQL_HANDLE_STMT, stmt, "SQLGetData");
        }
    }
    return rows;
}

static void pass(SQLHDBC dbc, char *sql, long rows, bool get, bool as_char, const char *name) {
    SQLHSTMT stmt;
    must(SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt), SQL_HANDLE_DBC, dbc, "SQLAllocHandle");
    must(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT, stmt, "SQLExecDirect");
    look(stmt);
    if (!get) bind_all(stmt, as_char);
    (void)read_rows(stmt, WARM_ROWS, get, as_char);
    CALLGRIND_TOGGLE_COLLECT;
    double start = now(), cpu = cpu_of_thread();
    long n = read_rows(stmt, rows, get, as_char);
    cpu = cpu_of_thread() - cpu;
    double seconds = now() - start, n_cells = (double)(n ? n : 1) * columns;
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name);
    printf(", \"%s\": {\"rows\": %ld, \"columns\": %d, \"wall_ns\": %.2f, \"cpu_ns\": %.2f}", name, n, columns,
           seconds * 1e9 / n_cells, cpu * 1e9 / n_cells);
    SQLFreeHandle(SQL_HANDLE_STMT, stmt);
}

int main(int argc, char **argv) {
    SQLHENV env;
    SQLHDBC dbc;
    long rows = argc > 3 ? strtol(argv[3], NULL, 10) : 250000;
    if (argc < 3 || rows <= 0) {
        fprintf(stderr, "usage: calls CONNECTION-STRING SQL [ROWS]\n");
        return 2;
    }
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    must(SQLDriverConnect(dbc, NULL, (SQLCHAR *)argv[1], SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT), SQL_HANDLE_DBC, dbc,
         "SQLDriverConnect");
    printf("{\"unit\": \"ns per cell\"");
    pass(dbc, argv[2], rows, false, false, "bound native");
    pass(dbc, argv[2], rows, false, true, "bound char");
    pass(dbc, argv[2], rows, true, false, "get native");
    pass(dbc, argv[2], rows, true, true, "get char");
    printf("}\n");
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    return 0;
}
