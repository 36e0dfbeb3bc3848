/* fetch: read one result through the driver manager into bound arrays, and say how fast and how large.
 *
 *   bench/fetch CONNECTION-STRING SQL [ROWSET] [TYPES]
 *
 * TYPES says how columns are bound: native as the C type that fits what the driver describes, char and wchar all alike,
 * or a letter per column (the table KINDS), so that drivers which describe differently fill the same buffers. "get:"
 * before it: nothing is bound, every cell is asked for by SQLGetData. Instead of SQL, "SQLTables CATALOG SCHEMA" and
 * "SQLColumns CATALOG SCHEMA" call the catalog function of that name for everything in there.
 *
 * Prints one JSON object: rows, columns, seconds to connect, until executed, to the first rowset and in all, peak
 * resident memory of the process, CPU seconds. */
#include <sql.h>
#include <sqlext.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usage.h"

enum { MAX_COLUMNS = 1024, MAX_TEXT = 260 };

static const struct kind {
    char letter;
    SQLSMALLINT c_type;
    SQLLEN bytes;
} KINDS[] = {
    {'b', SQL_C_SBIGINT, 8},
    {'i', SQL_C_SLONG, 4},
    {'f', SQL_C_DOUBLE, 8},
    {'t', SQL_C_TYPE_DATE, sizeof(SQL_DATE_STRUCT)},
    {'p', SQL_C_TYPE_TIMESTAMP, sizeof(SQL_TIMESTAMP_STRUCT)},
    {'s', SQL_C_CHAR, MAX_TEXT},
    {'w', SQL_C_WCHAR, MAX_TEXT * sizeof(SQLWCHAR)},
};

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
    bool by_cell;      /* SQLGetData instead of bound buffers */
    const char *types; /* native, char, wchar, or letters */
    struct column columns[MAX_COLUMNS];
    unsigned long long rows, warned;
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

/* The letter of the C type a careful program would bind. */
static char native_kind(SQLSMALLINT sql_type) {
    switch (sql_type) {
    case SQL_BIT:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:        return 'i';
    case SQL_BIGINT:         return 'b';
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:         return 'f';
    case SQL_TYPE_DATE:      return 't';
    case SQL_TYPE_TIMESTAMP: return 'p';
    default:                 return 's';
    }
}

static char described_kind(struct bench *b, SQLUSMALLINT column) {
    SQLCHAR name[256];
    SQLSMALLINT len, type, digits, nullable;
    SQLULEN size;
    must(SQLDescribeCol(b->stmt, column, name, sizeof name, &len, &type, &size, &digits, &nullable), SQL_HANDLE_STMT,
         b->stmt, "SQLDescribeCol");
    return native_kind(type);
}

static const struct kind *kind_of(struct bench *b, SQLUSMALLINT column) {
    char letter = !strcmp(b->types, "native")  ? described_kind(b, column)
                  : !strcmp(b->types, "char")  ? 's'
                  : !strcmp(b->types, "wchar") ? 'w'
                  : strlen(b->types) >= column ? b->types[column - 1]
                                               : '?';
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (KINDS[i].letter == letter) return &KINDS[i];
    fprintf(stderr, "fetch: no type for column %u in \"%s\"\n", column, b->types);
    exit(2);
}

static void make_buffers(struct bench *b) {
    must(SQLNumResultCols(b->stmt, &b->n_columns), SQL_HANDLE_STMT, b->stmt, "SQLNumResultCols");
    if (b->n_columns > MAX_COLUMNS) b->n_columns = MAX_COLUMNS;
    for (SQLSMALLINT i = 0; i < b->n_columns; i++) {
        struct column *c = &b->columns[i];
        const struct kind *k = kind_of(b, (SQLUSMALLINT)(i + 1));
        c->c_type = k->c_type;
        c->cell_bytes = k->bytes;
        c->cells = malloc(b->rowset * (size_t)c->cell_bytes);
        c->lengths = malloc(b->rowset * sizeof *c->lengths);
        if (!c->cells || !c->lengths) exit(1);
        if (b->by_cell) continue;
        must(SQLBindCol(b->stmt, (SQLUSMALLINT)(i + 1), c->c_type, c->cells, c->cell_bytes, c->lengths),
             SQL_HANDLE_STMT, b->stmt, "SQLBindCol");
    }
}

static void get_row(struct bench *b) {
    for (SQLSMALLINT i = 0; i < b->n_columns; i++) {
        struct column *c = &b->columns[i];
        SQLRETURN rc = SQLGetData(b->stmt, (SQLUSMALLINT)(i + 1), c->c_type, c->cells, c->cell_bytes, c->lengths);
        if (!SQL_SUCCEEDED(rc)) die(SQL_HANDLE_STMT, b->stmt, "SQLGetData");
        b->warned += rc == SQL_SUCCESS_WITH_INFO;
    }
}

/* A statement, or a catalog function with its catalog and schema. */
static SQLRETURN execute(struct bench *b, char *sql) {
    char name[16], catalog[128], schema[128];
    if (sscanf(sql, "%15s %127s %127s", name, catalog, schema) == 3) {
        if (!strcmp(name, "SQLTables"))
            return SQLTables(b->stmt, (SQLCHAR *)catalog, SQL_NTS, (SQLCHAR *)schema, SQL_NTS, NULL, 0, NULL, 0);
        if (!strcmp(name, "SQLColumns"))
            return SQLColumns(b->stmt, (SQLCHAR *)catalog, SQL_NTS, (SQLCHAR *)schema, SQL_NTS, NULL, 0, NULL, 0);
    }
    return SQLExecDirect(b->stmt, (SQLCHAR *)sql, SQL_NTS);
}

/* Everything, and the moment when the first rowset was there. */
static double fetch_all(struct bench *b) {
    double first = 0;
    for (SQLRETURN rc; (rc = SQLFetch(b->stmt)) != SQL_NO_DATA; b->rows += b->fetched) {
        if (!SQL_SUCCEEDED(rc)) die(SQL_HANDLE_STMT, b->stmt, "SQLFetch");
        b->warned += rc == SQL_SUCCESS_WITH_INFO;
        if (b->by_cell) get_row(b);
        if (!b->rows) first = now();
    }
    return first;
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: fetch CONNECTION-STRING SQL [ROWSET] [[get:]native|char|wchar|LETTERS]\n");
        return 2;
    }
    static struct bench b;
    b.rowset = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    b.types = argc > 4 ? argv[4] : "native";
    b.by_cell = !strncmp(b.types, "get:", 4);
    if (b.by_cell) b.types += 4;
    if (!b.rowset || (b.by_cell && b.rowset != 1)) return 2;

    double begin = now();
    connect_to(&b, argv[1]);
    double connected = now();
    SQLSetStmtAttr(b.stmt, SQL_ATTR_ROW_ARRAY_SIZE, (SQLPOINTER)b.rowset, 0);
    SQLSetStmtAttr(b.stmt, SQL_ATTR_ROWS_FETCHED_PTR, &b.fetched, 0);

    double start = now();
    must(execute(&b, argv[2]), SQL_HANDLE_STMT, b.stmt, "execute");
    double executed = now();
    make_buffers(&b);
    double first = fetch_all(&b), end = now();
    printf("{\"rows\": %llu, \"columns\": %d, \"rowset\": %lu, \"connect_s\": %.6f, \"execute_s\": %.6f, "
           "\"first_rowset_s\": %.6f, \"seconds\": %.6f, \"peak_rss_mib\": %.1f, \"cpu_s\": %.4f, "
           "\"with_info\": %llu}\n",
           b.rows, b.n_columns, (unsigned long)b.rowset, connected - begin, executed - start, first - start, end - start,
           peak_rss_mib(), cpu_seconds(), b.warned);
    SQLFreeHandle(SQL_HANDLE_STMT, b.stmt);
    SQLDisconnect(b.dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, b.dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, b.env);
    return 0;
}
