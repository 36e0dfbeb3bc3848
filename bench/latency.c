/* latency: what a small query costs through the driver, beside the bare exchange of the same bytes.
 *
 *   bench/latency CONNECTION-STRING SQL URL REQUEST-FILE [N]
 *
 * One process, by turns: SQLExecDirect, SQLFetch, SQLGetData and SQLCloseCursor through the driver manager; and libcurl
 * that posts the request in REQUEST-FILE (header lines, an empty line, the body: what the driver sends for that
 * statement, as bench/run has recorded it) over one connection that stays open, and reads the answer. Then N/10 times
 * SQLDriverConnect and SQLDisconnect. Prints one JSON object: medians in microseconds. */
#include <curl/curl.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usage.h"

enum { MAX_REQUEST = 1 << 20 };

struct bare {
    CURL *curl;
    struct curl_slist *headers;
    char *body;
    size_t answer_bytes;
};

static void fail(const char *what) {
    fprintf(stderr, "latency: %s failed\n", what);
    exit(1);
}

static void must(SQLRETURN rc, SQLSMALLINT kind, SQLHANDLE handle, const char *what) {
    SQLCHAR state[6] = "", text[1024] = "";
    if (SQL_SUCCEEDED(rc)) return;
    SQLGetDiagRec(kind, handle, 1, state, NULL, text, sizeof text, NULL);
    fprintf(stderr, "latency: [%s] %s\n", state, text);
    fail(what);
}

/* ---- the bare exchange -------------------------------------------------------------------------------------------- */

static size_t on_body(char *bytes, size_t size, size_t n, void *arg) {
    struct bare *b = arg;
    (void)bytes;
    b->answer_bytes += size * n;
    return size * n;
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "r");
    char *text = malloc(MAX_REQUEST);
    if (!f || !text) fail("reading the request");
    text[fread(text, 1, MAX_REQUEST - 1, f)] = '\0';
    fclose(f);
    return text;
}

static void prepare_bare(struct bare *b, const char *url, const char *path) {
    char *at = read_file(path);
    for (char *end; (end = strchr(at, '\n')) && end != at; at = end + 1) {
        *end = '\0';
        b->headers = curl_slist_append(b->headers, at);
    }
    b->body = *at ? at + 1 : at;
    b->curl = curl_easy_init();
    if (!b->curl) fail("curl");
    curl_easy_setopt(b->curl, CURLOPT_URL, url);
    curl_easy_setopt(b->curl, CURLOPT_HTTPHEADER, b->headers);
    curl_easy_setopt(b->curl, CURLOPT_POSTFIELDS, b->body);
    curl_easy_setopt(b->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(b->curl, CURLOPT_WRITEDATA, b);
}

static double bare_once(struct bare *b) {
    long status = 0;
    double start = now();
    if (curl_easy_perform(b->curl)) fail("the bare exchange");
    double seconds = now() - start;
    curl_easy_getinfo(b->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) fail("the bare exchange: not a 200");
    return seconds;
}

/* ---- through the driver manager ----------------------------------------------------------------------------------- */

static double query_once(SQLHSTMT stmt, char *sql) {
    SQLINTEGER value = 0;
    double start = now();
    must(SQLExecDirect(stmt, (SQLCHAR *)sql, SQL_NTS), SQL_HANDLE_STMT, stmt, "SQLExecDirect");
    must(SQLFetch(stmt), SQL_HANDLE_STMT, stmt, "SQLFetch");
    must(SQLGetData(stmt, 1, SQL_C_SLONG, &value, 0, NULL), SQL_HANDLE_STMT, stmt, "SQLGetData");
    must(SQLCloseCursor(stmt), SQL_HANDLE_STMT, stmt, "SQLCloseCursor");
    if (value != 1) fail("the value of SELECT 1");
    return now() - start;
}

static double connect_once(SQLHENV env, char *conn) {
    SQLHDBC dbc;
    SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    double start = now();
    must(SQLDriverConnect(dbc, NULL, (SQLCHAR *)conn, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT), SQL_HANDLE_DBC, dbc, "connect");
    SQLDisconnect(dbc);
    double seconds = now() - start;
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    return seconds;
}

/* ---- numbers ------------------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile_us(double *all, int n, int percent) {
    qsort(all, (size_t)n, sizeof *all, ascending);
    return all[(n - 1) * percent / 100] * 1e6;
}

int main(int argc, char **argv) {
    struct bare bare = {0};
    SQLHENV env;
    SQLHDBC dbc;
    SQLHSTMT stmt;
    if (argc < 5) fail("usage: latency CONNECTION-STRING SQL URL REQUEST-FILE [N]: understanding this");
    int n = argc > 5 ? atoi(argv[5]) : 1000, connects = n / 10;
    double *ours = malloc(sizeof *ours * (size_t)n), *theirs = malloc(sizeof *theirs * (size_t)n);
    if (connects < 1 || !ours || !theirs) fail("memory");
    prepare_bare(&bare, argv[3], argv[4]);
    SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
    SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0);
    SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    must(SQLDriverConnect(dbc, NULL, (SQLCHAR *)argv[1], SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT), SQL_HANDLE_DBC, dbc, "connect");
    SQLAllocHandle(SQL_HANDLE_STMT, dbc, &stmt);
    for (int i = -connects; i < n; i++) { /* the first ones warm up */
        double a = query_once(stmt, argv[2]), b = bare_once(&bare);
        if (i >= 0) ours[i] = a, theirs[i] = b;
    }
    printf("{\"n\": %d, \"query_p50_us\": %.1f, \"query_p99_us\": %.1f, ", n, percentile_us(ours, n, 50), percentile_us(ours, n, 99));
    printf("\"bare_p50_us\": %.1f, \"bare_p99_us\": %.1f, \"answer_bytes\": %zu, ", percentile_us(theirs, n, 50),
           percentile_us(theirs, n, 99), bare.answer_bytes / (size_t)(n + connects));
    for (int i = 0; i < connects; i++) ours[i] = connect_once(env, argv[1]);
    printf("\"connects\": %d, \"connect_p50_us\": %.1f, \"connect_p99_us\": %.1f, \"peak_rss_mib\": %.1f, \"cpu_s\": %.3f}\n",
           connects, percentile_us(ours, connects, 50), percentile_us(ours, connects, 99), peak_rss_mib(), cpu_seconds());
    SQLFreeHandle(SQL_HANDLE_STMT, stmt);
    SQLDisconnect(dbc);
    SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    curl_slist_free_all(bare.headers);
    curl_easy_cleanup(bare.curl);
    return 0;
}
