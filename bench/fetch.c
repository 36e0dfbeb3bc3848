/* fetch: read one result through the driver manager into bound arrays, and say how fast and how large.
 *
 *   bench/fetch CONNECTION-STRING SQL [ROWSET] [char|native]
 *
 * Prints one JSON object: rows, columns, seconds to the first rowset and in all, rows per second, peak resident
 * memory of the process, CPU seconds. native binds each column as the C type that fits it, char binds SQL_C_CHAR. */
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usage.h"

enum { MAX_COLUMNS = 1024, MAX_CELL = 512 };

struct column {
    SQLSMALLINT c_type;
    SQLLEN cell_bytes;
    char *cells;
    SQLLEN *lengths;
};

struct bench {
    SQLHENV env;
    SQLHDBC dbc;
    SQLHSTMT stmt;
    SQLULEN rowset;
    SQLULEN fetched;
    SQLSMALLINT n_columns;
    struct column columns[MAX_COLUMNS];
};

static void die(SQLSMALLINT kind, SQLHANDLE handle, const char *what) {
    SQLCHAR state[6], text[4096];
    SQLINTEGER native;
    SQLSMALLINT len;
    fprintf(stderr, "fetch: %s failed\n", what);
    for (SQLSMALLINT i = 1; SQL_SUCCEEDED(SQLGetDiagRec(kind, handle, i, state, &native, text, sizeof text, &len)); i++)
        fprintf(stderr, "  [%s] %s\n", state, text);
    exit(1);
}

static void must(SQLRETURN rc, SQLSMALLINT kind, SQLHANDLE handle, const char *what) {
    if (!SQL_SUCCEEDED(rc)) die(kind, handle, what);
}

static void connect_to(struct bench *b, char *conn) {
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &b->env);
    SQLSetEnvAttr(b->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, b->env, &b->dbc);
    must(SQLDriverConnect(b->dbc, NULL, (SQLCHAR *)conn, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT), SQL_HANDLE_DBC, b->dbc, "connect");
    SQLAllocHandle(SQL_HANDLE_STMT, b->dbc, &b->stmt);
}

/* The C type a careful program would bind, and the bytes of one cell. */
static SQLSMALLINT native_type(SQLSMALLINT sql_type, SQLULEN size, SQLLEN *bytes) {
    switch (sql_type) {
    case SQL_BIT:            return *bytes = 1, SQL_C_BIT;
    case SQL_TINYINT:        return *bytes = 1, SQL_C_STINYINT;
    case SQL_SMALLINT:       return *bytes = 2, SQL_C_SSHORT;
    case SQL_INTEGER:        return *bytes = 4, SQL_C_SLONG;
    case SQL_BIGINT:         return *bytes = 8, SQL_C_SBIGINT;
    case SQL_REAL:           return *bytes = 4, SQL_C_FLOAT;
    case SQL_DOUBLE:         return *bytes = 8, SQL_C_DOUBLE;
    case SQL_TYPE_DATE:      return *bytes = sizeof(SQL_DATE_STRUCT), SQL_C_TYPE_DATE;
    case SQL_TYPE_TIMESTAMP: return *bytes = sizeof(SQL_TIMESTAMP_STRUCT), SQL_C_TYPE_TIMESTAMP;
    default:                 return *bytes = size < MAX_CELL - 4 ? (SQLLEN)size + 4 : MAX_CELL, SQL_C_CHAR;
    }
}

static void bind_all(struct bench *b, bool native) {
    must(SQLNumResultCols(b->stmt, &b->n_columns), SQL_HANDLE_STMT, b->stmt, "SQLNumResultCols");
    if (b->n_columns > MAX_COLUMNS) b->n_columns = MAX_COLUMNS;
    for (SQLSMALLINT i = 0; i < b->n_columns; i++) {
        struct column *c = &b->columns[i];
        SQLCHAR name[256];
        SQLSMALLINT len, type, digits, nullable;
        SQLULEN size;
        must(SQLDescribeCol(b->stmt, (SQLUSMALLINT)(i + 1), name, sizeof name, &len, &type, &size, &digits, &nullable),
             SQL_HANDLE_STMT, b->stmt, "SQLDescribeCol");
        c->cell_bytes = MAX_CELL;
        c->c_type = native ? native_type(type, size, &c->cell_bytes) : SQL_C_CHAR;
        c->cells = malloc(b->rowset * (size_t)c->cell_bytes);
        c->lengths = malloc(b->rowset * sizeof *c->lengths);
        if (!c->cells || !c->lengths) exit(1);
        must(SQLBindCol(b->stmt, (SQLUSMALLINT)(i + 1), c->c_type, c->cells, c->cell_bytes, c->lengths),
             SQL_HANDLE_STMT, b->stmt, "SQLBindCol");
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: fetch CONNECTION-STRING SQL [ROWSET] [char|native]\n");
        return 2;
    }
    static struct bench b;
    b.rowset = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    if (!b.rowset) return 2;
    connect_to(&b, argv[1]);
    SQLSetStmtAttr(b.stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)b.rowset, 0);
    SQLSetStmtAttr(b.stmt, SQL_ATTR_ROWS_FETCHED_PTR, &b.fetched, 0);

    double start = now(), first = 0;
    unsigned long long rows = 0, warned = 0;
    must(SQLExecDirect(b.stmt, (SQLCHAR *)argv[2], SQL_NTS), SQL_HANDLE_STMT, b.stmt, "SQLExecDirect");
    bind_all(&b, argc <= 4 || strcmp(argv[4], "char") != 0);
    for (SQLRETURN rc; (rc = SQLFetch(b.stmt)) != SQL_NO_DATA; rows += b.fetched) {
        if (!SQL_SUCCEEDED(rc)) die(SQL_HANDLE_STMT, b.stmt, "SQLFetch");
        warned += rc == SQL_SUCCESS_WITH_INFO;
        if (!rows) first = now() - start;
    }
    double seconds = now() - start;
    printf("{\"rows\": %llu, \"columns\": %d, \"rowset\": %lu, \"first_rowset_s\": %.3f, \"seconds\": %.3f, \"rows_per_s\": %.0f, "
           "\"peak_rss_mib\": %.1f, \"cpu_s\": %.3f, \"rowsets_with_info\": %llu}\n",
           rows, b.n_columns, (unsigned long)b.rowset, first, seconds, (double)rows / seconds, peak_rss_mib(),
           cpu_seconds(),
           warned);
    SQLFreeHandle(SQL_HANDLE_STMT, b.stmt);
    SQLDisconnect(b.dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, b.dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, b.env);
    return 0;
}
