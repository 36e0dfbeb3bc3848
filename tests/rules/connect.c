/* Connecting: SQLConnect, SQLDriverConnect, SQLBrowseConnect, SQLDisconnect, and what the manager lists. */
#include "rules.h"

#define DC "SQLDriverConnect / "

static SQLRETURN dial(struct run *r, const char *conn, char *out, SQLSMALLINT size, SQLSMALLINT *len,
    SQLUSMALLINT how) {
    return SQLDriverConnect(r->dbc, NULL, (SQLCHAR *)conn, SQL_NTS, (SQLCHAR *)out, size, len, how);
}

RULE(connect_out_string, DC "OutConnectionString", "the completed string and its length come back") {
    char out[2048] = "";
    SQLSMALLINT len = -1;
    unconnected(r);
    OKI(dial(r, conn_string(), out, sizeof out, &len, SQL_DRIVER_NOPROMPT));
    MUST(out[0], "empty");
    EQ(len, strlen(out));
}
RULE(connect_out_string_reconnects, DC "OutConnectionString", "the completed string connects again") {
    char out[2048] = "";
    unconnected(r);
    OKI(dial(r, conn_string(), out, sizeof out, NULL, SQL_DRIVER_NOPROMPT));
    OK(SQLDisconnect(r->dbc));
    OKI(dial(r, out, NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
}
RULE(connect_out_string_names_driver, DC "OutConnectionString", "begins with DSN= or DRIVER=, as it was given") {
    char out[2048] = "";
    unconnected(r);
    OKI(dial(r, conn_string(), out, sizeof out, NULL, SQL_DRIVER_NOPROMPT));
    MUST(!strncasecmp(out, "DRIVER=", 7) || !strncasecmp(out, "DSN=", 4), "\"%.40s\"", out);
}
RULE(connect_out_cut_01004, DC "Diagnostics / 01004",
     "too small a buffer gives 01004 and the full length, and the connection is open") {
    char out[10] = "";
    SQLSMALLINT len = -1;
    unconnected(r);
    INFO_ON(SQL_HANDLE_DBC, r->dbc, dial(r, conn_string(), out, sizeof out, &len, SQL_DRIVER_NOPROMPT), "01004");
    MUST(len > 9 && strlen(out) == 9, "length %d, text \"%s\"", len, out);
    OK(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &r->stmt));
}
RULE(connect_complete_without_window, DC "DriverCompletion",
     "SQL_DRIVER_COMPLETE with a complete string connects without asking") {
    unconnected(r);
    OKI(dial(r, conn_string(), NULL, 0, NULL, SQL_DRIVER_COMPLETE));
}
RULE(connect_complete_required, DC "DriverCompletion",
     "SQL_DRIVER_COMPLETE_REQUIRED with a complete string connects without asking") {
    unconnected(r);
    OKI(dial(r, conn_string(), NULL, 0, NULL, SQL_DRIVER_COMPLETE_REQUIRED));
}
RULE(connect_bad_completion_hy110, DC "Diagnostics / HY110", "a completion that is none gives HY110") {
    unconnected(r);
    DBC_ERR(dial(r, conn_string(), NULL, 0, NULL, 77), "HY110");
}
RULE(connect_negative_length_hy090, DC "Diagnostics / HY090", "a negative length gives HY090") {
    unconnected(r);
    DBC_ERR(SQLDriverConnect(r->dbc, NULL, (SQLCHAR *)conn_string(), -9, NULL, 0, NULL, SQL_DRIVER_NOPROMPT), "HY090");
}
RULE(connect_negative_buffer_hy090, DC "Diagnostics / HY090", "a negative BufferLength gives HY090") {
    char out[20];
    unconnected(r);
    DBC_ERR(dial(r, conn_string(), out, -1, NULL, SQL_DRIVER_NOPROMPT), "HY090");
}
RULE(connect_length_given, DC "StringLength1", "a length that is given is obeyed, not the NUL") {
    char text[2100];
    SQLSMALLINT n = (SQLSMALLINT)snprintf(text, sizeof text, "%s;;;garbage", conn_string());
    unconnected(r);
    OKI(SQLDriverConnect(r->dbc, NULL, (SQLCHAR *)text, (SQLSMALLINT)(n - 10), NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
}
RULE(connect_unknown_dsn_im002, DC "Diagnostics / IM002", "a data source nobody knows gives IM002") {
    unconnected(r);
    DBC_ERR(dial(r, "DSN=no_such_source_here;", NULL, 0, NULL, SQL_DRIVER_NOPROMPT), "IM002");
}
RULE(connect_unknown_driver_01000, DC "Diagnostics / IM003", "a driver that cannot be loaded gives IM003 or 01000") {
    unconnected(r);
    DBC_ERR(dial(r, "DRIVER=/no/such/driver.so;", NULL, 0, NULL, SQL_DRIVER_NOPROMPT), "IM003 01000");
}
RULE(connect_twice_08002, DC "Diagnostics / 08002", "an open connection cannot be opened again") {
    fresh(r);
    DBC_ERR(dial(r, conn_string(), NULL, 0, NULL, SQL_DRIVER_NOPROMPT), "08002");
}
RULE(connect_plain_twice_08002, "SQLConnect / Diagnostics / 08002", "an open connection cannot be opened again") {
    fresh(r);
    DBC_ERR(SQLConnect(r->dbc, (SQLCHAR *)"x", SQL_NTS, NULL, 0, NULL, 0), "08002");
}
RULE(connect_plain_unknown_im002, "SQLConnect / Diagnostics / IM002", "a data source nobody knows gives IM002") {
    unconnected(r);
    DBC_ERR(SQLConnect(r->dbc, (SQLCHAR *)"no_such_source_here", SQL_NTS, NULL, 0, NULL, 0), "IM002");
}
RULE(connect_plain_negative_length_hy090, "SQLConnect / Diagnostics / HY090", "a negative length gives HY090") {
    unconnected(r);
    DBC_ERR(SQLConnect(r->dbc, (SQLCHAR *)"x", -7, NULL, 0, NULL, 0), "HY090");
}
RULE(connect_plain_long_name_hy090, "SQLConnect / Diagnostics / HY090",
     "a data source name longer than SQL_MAX_DSN_LENGTH gives HY090 or IM010") {
    unconnected(r);
    DBC_ERR(SQLConnect(r->dbc, (SQLCHAR *)"abcdefghijabcdefghijabcdefghijabcdefghij", SQL_NTS, NULL, 0, NULL, 0),
        "HY090 IM010 IM002");
}
RULE(disconnect_unopened_08003, "SQLDisconnect / Diagnostics / 08003",
     "a connection that is not open cannot be closed") {
    unconnected(r);
    DBC_ERR(SQLDisconnect(r->dbc), "08003");
}
RULE(disconnect_and_connect_again, "SQLDisconnect / Comments", "the handle can be connected again") {
    unconnected(r);
    for (int i = 0; i < 3; i++) {
        OKI(dial(r, conn_string(), NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
        OK(SQLDisconnect(r->dbc));
    }
}
RULE(disconnect_frees_explicit_desc, "SQLDisconnect / Comments", "explicit descriptors are freed with the connection") {
    fresh(r);
    explicit_desc(r);
    OK(SQLFreeHandle(SQL_HANDLE_STMT, r->stmt));
    r->stmt = NULL;
    OK(SQLDisconnect(r->dbc));
    r->desc = NULL;
}
RULE(disconnect_error_leaves_usable, DC "Comments", "after a failed attempt the same handle connects") {
    unconnected(r);
    judge(r, "E", dial(r, "DSN=no_such_source_here;", NULL, 0, NULL, SQL_DRIVER_NOPROMPT),
        "SQLDriverConnect(no such DSN)");
    OKI(dial(r, conn_string(), NULL, 0, NULL, SQL_DRIVER_NOPROMPT));
}

/* ---- SQLBrowseConnect ---- */

static void browse(struct run *r, const char *in, char *out, SQLSMALLINT size) {
    SQLSMALLINT len = 0;
    unconnected(r);
    SQLRETURN rc = SQLBrowseConnect(r->dbc, (SQLCHAR *)in, SQL_NTS, (SQLCHAR *)out, size, &len);
    DBC_MAY(false, rc, "IM001 HYC00");
    NEED(rc);
}
static const char *only_driver(void) {
    static char text[200];
    snprintf(text, sizeof text, "%.*s", (int)strcspn(conn_string(), ";") + 1, conn_string());
    return text;
}
RULE(browse_asks, "SQLBrowseConnect / OutConnectionString",
     "without its keys the driver asks for them: SQL_NEED_DATA and KEY={?} or KEY=?") {
    char out[2000] = "";
    browse(r, only_driver(), out, sizeof out);
    MUST(strstr(out, "=?") || strstr(out, "={"), "\"%.100s\"", out);
}
RULE(browse_then_disconnect, "SQLBrowseConnect / Comments", "SQLDisconnect ends browsing") {
    char out[2000] = "";
    browse(r, only_driver(), out, sizeof out);
    OK(SQLDisconnect(r->dbc));
}
RULE(browse_complete_string_connects, "SQLBrowseConnect / Comments", "a complete string connects at once") {
    char out[2000] = "";
    SQLSMALLINT len = 0;
    unconnected(r);
    SQLRETURN rc = SQLBrowseConnect(r->dbc, (SQLCHAR *)conn_string(), SQL_NTS, (SQLCHAR *)out, sizeof out, &len);
    DBC_MAY(false, rc, "IM001 HYC00");
    judge(r, "SI", rc, "SQLBrowseConnect");
    EQ(len, strlen(out));
}
RULE(browse_statement_hy010, "SQLBrowseConnect / Comments",
     "while browsing there is no open connection: no statements") {
    char out[2000] = "";
    SQLHSTMT h = NULL;
    browse(r, only_driver(), out, sizeof out);
    DBC_ERR(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &h), "08003 HY010");
}

/* ---- what is installed ---- */

RULE(drivers_list_ends, "SQLDrivers / Returns", "the list has an entry and ends with SQL_NO_DATA") {
    SQLCHAR name[100], attrs[400];
    int n = 0;
    SQLUSMALLINT dir = SQL_FETCH_FIRST;
    for (SQLRETURN rc; (rc = SQLDrivers(r->env, dir, name, sizeof name, NULL, attrs, sizeof attrs, NULL))
        != SQL_NO_DATA; n++) {
        MUST(SQL_SUCCEEDED(rc) && n < 1000, "%c", letter_of(rc));
        dir = SQL_FETCH_NEXT;
    }
    MUST(n >= 1, "no driver");
}
RULE(drivers_bad_direction_hy103, "SQLDrivers / Diagnostics / HY103", "a direction that is none gives HY103") {
    SQLCHAR name[100], attrs[400];
    ERR_ON(SQL_HANDLE_ENV, r->env, SQLDrivers(r->env, 77, name, sizeof name, NULL, attrs, sizeof attrs, NULL), "HY103");
}
RULE(sources_bad_direction_hy103, "SQLDataSources / Diagnostics / HY103", "a direction that is none gives HY103") {
    SQLCHAR name[100], text[400];
    ERR_ON(SQL_HANDLE_ENV, r->env, SQLDataSources(r->env, 77, name, sizeof name, NULL, text, sizeof text, NULL),
        "HY103");
}
