/* nulldriver: an ODBC driver that does nothing, correctly. What it costs is
 * what the driver manager and the calling program cost; the difference to it is
 * the driver's own share.
 *
 * A statement is "rows columns", e.g. "1000000 16": so many rows of so many
 * columns, described as those of TPC-H's lineitem, so that a program binds the
 * same C types. Cells are never written but for their length: of each bound
 * column for each row of the rowset, and by each SQLGetData. */
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOOR __attribute__((visibility("default")))

struct stmt {
    long long left;
    int columns;
    SQLULEN array, *fetched;
    SQLLEN **lengths;
};

DOOR SQLRETURN SQLAllocHandle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *out) {
    (void)type, (void)parent;
    struct stmt *s = calloc(1, sizeof *s);
    if (!s) return SQL_ERROR;
    s->array = 1;
    *out = s;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLFreeHandle(SQLSMALLINT type, SQLHANDLE h) {
    struct stmt *s = h;
    (void)type;
    free(s->lengths);
    free(s);
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLSetEnvAttr(SQLHENV e, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n) {
    (void)e, (void)a, (void)v, (void)n;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLSetConnectAttr(SQLHDBC d, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n) {
    (void)d, (void)a, (void)v, (void)n;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLDriverConnect(SQLHDBC d, SQLHWND w, SQLCHAR *in, SQLSMALLINT n, SQLCHAR *out, SQLSMALLINT cap,
                                SQLSMALLINT *len, SQLUSMALLINT how) {
    (void)d, (void)w, (void)in, (void)n, (void)out, (void)cap, (void)how;
    if (len) *len = 0;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLDisconnect(SQLHDBC d) {
    (void)d;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLGetInfo(SQLHDBC d, SQLUSMALLINT what, SQLPOINTER out, SQLSMALLINT cap, SQLSMALLINT *len) {
    (void)d;
    if (what == SQL_DRIVER_ODBC_VER && cap > 5) strcpy(out, "03.80");
    else if (out && cap >= 4) memset(out, 0, 4);
    if (len) *len = what == SQL_DRIVER_ODBC_VER ? 5 : 0;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLGetDiagRec(SQLSMALLINT type, SQLHANDLE h, SQLSMALLINT i, SQLCHAR *state, SQLINTEGER *native,
                             SQLCHAR *text, SQLSMALLINT cap, SQLSMALLINT *len) {
    (void)type, (void)h, (void)i, (void)state, (void)native, (void)text, (void)cap, (void)len;
    return SQL_NO_DATA;
}

DOOR SQLRETURN SQLSetStmtAttr(SQLHSTMT h, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n) {
    struct stmt *s = h;
    (void)n;
    if (a == SQL_ATTR_ROW_ARRAY_SIZE) s->array = (SQLULEN)v;
    if (a == SQL_ATTR_ROWS_FETCHED_PTR) s->fetched = v;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLGetStmtAttr(SQLHSTMT h, SQLINTEGER a, SQLPOINTER v, SQLINTEGER n, SQLINTEGER *len) {
    (void)a, (void)n, (void)len;
    *(SQLPOINTER *)v = h; /* descriptors: any handle will do */
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLExecDirect(SQLHSTMT h, SQLCHAR *sql, SQLINTEGER n) {
    struct stmt *s = h;
    (void)n;
    if (sscanf((char *)sql, "%lld %d", &s->left, &s->columns) != 2) return SQL_ERROR;
    free(s->lengths);
    s->lengths = calloc((size_t)s->columns + 1, sizeof *s->lengths);
    return s->lengths ? SQL_SUCCESS : SQL_ERROR;
}

DOOR SQLRETURN SQLNumResultCols(SQLHSTMT h, SQLSMALLINT *n) {
    *n = (SQLSMALLINT)((struct stmt *)h)->columns;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLDescribeCol(SQLHSTMT h, SQLUSMALLINT i, SQLCHAR *name, SQLSMALLINT cap, SQLSMALLINT *len,
                              SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable) {
    (void)h;
    static const SQLSMALLINT TYPES[16] = {
        SQL_BIGINT, SQL_BIGINT, SQL_BIGINT, SQL_INTEGER, SQL_DECIMAL, SQL_DECIMAL, SQL_DECIMAL, SQL_DECIMAL,
        SQL_VARCHAR, SQL_VARCHAR, SQL_TYPE_DATE, SQL_TYPE_DATE, SQL_TYPE_DATE, SQL_VARCHAR, SQL_VARCHAR, SQL_VARCHAR,
    };
    *len = (SQLSMALLINT)snprintf((char *)name, (size_t)cap, "c%d", i);
    *type = TYPES[(i - 1) % 16], *size = 19, *digits = 0, *nullable = SQL_NULLABLE;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLBindCol(SQLHSTMT h, SQLUSMALLINT i, SQLSMALLINT type, SQLPOINTER to, SQLLEN cap, SQLLEN *len) {
    struct stmt *s = h;
    (void)type, (void)to, (void)cap;
    if (i <= s->columns) s->lengths[i] = len;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLFetch(SQLHSTMT h) {
    struct stmt *s = h;
    SQLULEN n = s->left < (long long)s->array ? (SQLULEN)s->left : s->array;
    s->left -= (long long)n;
    if (s->fetched) *s->fetched = n;
    for (int i = 1; i <= s->columns; i++)
        for (SQLULEN k = 0; s->lengths[i] && k < n; k++) s->lengths[i][k] = 8;
    return n ? SQL_SUCCESS : SQL_NO_DATA;
}

DOOR SQLRETURN SQLGetData(SQLHSTMT h, SQLUSMALLINT i, SQLSMALLINT type, SQLPOINTER to, SQLLEN cap, SQLLEN *len) {
    (void)h, (void)i, (void)type, (void)to, (void)cap;
    if (len) *len = 8;
    return SQL_SUCCESS;
}

DOOR SQLRETURN SQLFreeStmt(SQLHSTMT h, SQLUSMALLINT what) {
    (void)h, (void)what;
    return SQL_SUCCESS;
}
