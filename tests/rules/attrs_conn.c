/* Connection attributes. */
#include "rules.h"

#define SETS "SQLSetConnectAttr / "
#define GETS "SQLGetConnectAttr / "

static SQLULEN attr_of(struct run *r, SQLINTEGER attr) {
    SQLULEN v = 0;
    OK(SQLGetConnectAttr(r->dbc, attr, &v, 0, NULL));
    return v;
}

struct default_line { struct row row; SQLINTEGER attr; SQLUINTEGER value; };
#define D(name, value) { { "conn_default_" #name, SETS "SQL_ATTR_" #name, "a new connection has " #value }, \
    SQL_ATTR_##name, value }
static const struct default_line DEFAULTS[] = {
    D(ACCESS_MODE, SQL_MODE_READ_WRITE), D(ASYNC_ENABLE, SQL_ASYNC_ENABLE_OFF), D(AUTOCOMMIT, SQL_AUTOCOMMIT_ON),
    D(CONNECTION_DEAD, SQL_CD_FALSE), D(METADATA_ID, SQL_FALSE), D(ODBC_CURSORS, SQL_CUR_USE_DRIVER),
    D(TRACE, SQL_OPT_TRACE_OFF),
};
static void check_default(struct run *r, const void *arg) {
    const struct default_line *line = arg;
    fresh(r);
    EQ((SQLUINTEGER)attr_of(r, line->attr), line->value);
}
RULE_TABLE(DEFAULTS, check_default)

struct set_line { struct row row; SQLINTEGER attr; SQLUINTEGER value; bool before; const char *absent; };
#define A(id, name, value, before, absent, text) { { "conn_set_" #id, SETS "SQL_ATTR_" #name, text }, SQL_ATTR_##name, \
    value, before, absent }
static const struct set_line SETTERS[] = {
    A(read_only, ACCESS_MODE, SQL_MODE_READ_ONLY, false, "", "SQL_MODE_READ_ONLY is a hint that is accepted"),
    A(read_only_before, ACCESS_MODE, SQL_MODE_READ_ONLY, true, "",
        "SQL_ATTR_ACCESS_MODE can be set before connecting and survives it"),
    A(autocommit_on, AUTOCOMMIT, SQL_AUTOCOMMIT_ON, false, "", "SQL_AUTOCOMMIT_ON is accepted"),
    A(autocommit_before, AUTOCOMMIT, SQL_AUTOCOMMIT_ON, true, "", "SQL_ATTR_AUTOCOMMIT can be set before connecting"),
    A(login_timeout, LOGIN_TIMEOUT, 20, true, "", "SQL_ATTR_LOGIN_TIMEOUT is set before connecting and is kept"),
    A(connection_timeout, CONNECTION_TIMEOUT, 30, false, "HYC00 01S02",
        "SQL_ATTR_CONNECTION_TIMEOUT is kept, or refused with HYC00"),
    A(connection_timeout_before, CONNECTION_TIMEOUT, 30, true, "HYC00 01S02",
        "SQL_ATTR_CONNECTION_TIMEOUT can be set before connecting"),
    A(packet_size, PACKET_SIZE, 8192, true, "HYC00 01S02",
        "SQL_ATTR_PACKET_SIZE is kept, substituted with 01S02, or refused with HYC00"),
    A(metadata_id, METADATA_ID, SQL_TRUE, false, "", "SQL_TRUE is accepted"),
    A(async_off, ASYNC_ENABLE, SQL_ASYNC_ENABLE_OFF, false, "", "SQL_ASYNC_ENABLE_OFF is accepted"),
    A(odbc_cursors, ODBC_CURSORS, SQL_CUR_USE_DRIVER, true, "", "SQL_CUR_USE_DRIVER is accepted before connecting"),
};
static void check_set(struct run *r, const void *arg) {
    const struct set_line *line = arg;
    if (line->before) unconnected(r); else fresh(r);
    SQLRETURN rc = SQLSetConnectAttr(r->dbc, line->attr, (SQLPOINTER)(intptr_t)line->value, 0);
    if (line->absent[0]) DBC_MAY(false, rc, line->absent); else OK(rc);
    if (line->before) {
        rc = SQLDriverConnect(r->dbc, NULL, (SQLCHAR *)conn_string(), SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT);
        judge(r, "SI", rc, "SQLDriverConnect");
        if (rc == SQL_SUCCESS_WITH_INFO) DBC_MAY(false, rc, line->absent);
        if (line->attr == SQL_ATTR_PACKET_SIZE && (SQLUINTEGER)attr_of(r, line->attr) != line->value)
            unsupported(r, "01S02", "substituted while connecting");
    }
    EQ((SQLUINTEGER)attr_of(r, line->attr), line->value);
}
RULE_TABLE(SETTERS, check_set)

struct bad_line { struct row row; SQLINTEGER attr; SQLUINTEGER value; const char *states; };
#define B(id, attr, value, states, text) { { "conn_bad_" #id, SETS "Diagnostics; " #attr, text }, attr, value, \
    states }
static const struct bad_line BADS[] = {
    B(access_mode, SQL_ATTR_ACCESS_MODE, 99, "HY024", "a value that is none gives HY024"),
    B(autocommit, SQL_ATTR_AUTOCOMMIT, 99, "HY024", "a value that is none gives HY024"),
    B(async, SQL_ATTR_ASYNC_ENABLE, 99, "HY024", "a value that is none gives HY024"),
    B(metadata_id, SQL_ATTR_METADATA_ID, 99, "HY024", "a value that is none gives HY024"),
    B(odbc_cursors_late, SQL_ATTR_ODBC_CURSORS, SQL_CUR_USE_ODBC, "08002",
        "SQL_ATTR_ODBC_CURSORS cannot change on an open connection"),
    B(connection_dead, SQL_ATTR_CONNECTION_DEAD, 1, "HY092", "SQL_ATTR_CONNECTION_DEAD is read-only"),
    B(auto_ipd, SQL_ATTR_AUTO_IPD, 1, "HY092", "SQL_ATTR_AUTO_IPD is read-only"),
    B(unknown, 29999, 1, "HY092", "an attribute that is none gives HY092"),
    B(isolation, SQL_ATTR_TXN_ISOLATION, 99, "HY024 HYC00",
        "an isolation level that is none gives HY024, or HYC00 without transactions"),
    B(packet_size_late, SQL_ATTR_PACKET_SIZE, 512, "HY011", "SQL_ATTR_PACKET_SIZE cannot change on an open connection"),
};
static void check_bad(struct run *r, const void *arg) {
    const struct bad_line *line = arg;
    fresh(r);
    DBC_ERR(SQLSetConnectAttr(r->dbc, line->attr, (SQLPOINTER)(intptr_t)line->value, 0), line->states);
}
RULE_TABLE(BADS, check_bad)

RULE(conn_get_unknown_hy092, GETS "Diagnostics / HY092", "reading an attribute that is none gives HY092") {
    SQLULEN v;
    DBC_ERR(SQLGetConnectAttr(r->dbc, 29999, &v, 0, NULL), "HY092");
}
RULE(conn_dead_unconnected_08003, GETS "Diagnostics / 08003",
     "SQL_ATTR_CURRENT_CATALOG needs an open connection, or was set before") {
    char v[40];
    unconnected(r);
    SQLRETURN rc = SQLGetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, v, sizeof v, NULL);
    if (rc == SQL_NO_DATA) return;
    DBC_ERR(rc, "08003");
}
RULE(conn_catalog_length, GETS "Comments", "a string attribute comes with its length in bytes") {
    char v[300] = "";
    SQLINTEGER len = -1;
    if (info_text(r, SQL_CATALOG_NAME)[0] == 'N') unsupported(r, "", "no catalogs");
    OK(SQLGetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, v, sizeof v, &len));
    EQ(len, strlen(v));
}
RULE(conn_catalog_cut_01004, GETS "Diagnostics / 01004",
     "a string attribute too long for its buffer is cut with 01004") {
    char v[3] = "";
    SQLINTEGER len = -1;
    if (info_text(r, SQL_CATALOG_NAME)[0] == 'N') unsupported(r, "", "no catalogs");
    INFO_ON(SQL_HANDLE_DBC, r->dbc, SQLGetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, v, sizeof v, &len), "01004");
    MUST(len > 2 && strlen(v) == 2, "length %d, text \"%s\"", (int)len, v);
}
RULE(conn_catalog_set_same, SETS "SQL_ATTR_CURRENT_CATALOG", "the current catalog can be set to what it is") {
    char v[300] = "", now[300] = "";
    if (info_text(r, SQL_CATALOG_NAME)[0] == 'N') unsupported(r, "", "no catalogs");
    fresh(r);
    OK(SQLGetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, v, sizeof v, NULL));
    DBC_MAY(false, SQLSetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, v, SQL_NTS), "HYC00 01S02");
    OK(SQLGetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, now, sizeof now, NULL));
    TEXT(now, v);
}
RULE(conn_catalog_unknown_3d000, SETS "Diagnostics / 3D000", "a catalog that does not exist gives 3D000") {
    if (info_text(r, SQL_CATALOG_NAME)[0] == 'N') unsupported(r, "", "no catalogs");
    fresh(r);
    SQLRETURN rc = SQLSetConnectAttr(r->dbc, SQL_ATTR_CURRENT_CATALOG, "no_such_catalog_here", SQL_NTS);
    char state[6] = "";
    if (state_of(r, SQL_HANDLE_DBC, r->dbc, state) && has_word("HYC00 01S02", state)) unsupported(r, state,
        "one catalog");
    DBC_ERR(rc, "3D000");
}
RULE(conn_metadata_id_is_inherited, SETS "SQL_ATTR_METADATA_ID",
     "statements allocated later take it from the connection") {
    fresh(r);
    OK(SQLSetConnectAttr(r->dbc, SQL_ATTR_METADATA_ID, (SQLPOINTER)SQL_TRUE, 0));
    more(r);
    SQLULEN v = 0;
    OK(SQLGetStmtAttr(r->stmt2, SQL_ATTR_METADATA_ID, &v, 0, NULL));
    EQ(v, SQL_TRUE);
}
RULE(conn_auto_ipd_answers, GETS "SQL_ATTR_AUTO_IPD", "says SQL_TRUE or SQL_FALSE") {
    SQLUINTEGER v = 77;
    OK(SQLGetConnectAttr(r->dbc, SQL_ATTR_AUTO_IPD, &v, 0, NULL));
    MUST(v == SQL_TRUE || v == SQL_FALSE, "%u", (unsigned)v);
}
RULE(conn_txn_isolation_reads, GETS "SQL_ATTR_TXN_ISOLATION", "with transactions it is one of the supported levels") {
    SQLUINTEGER v = 0;
    DBC_MAY(info_u16(r, SQL_TXN_CAPABLE) != SQL_TC_NONE, SQLGetConnectAttr(r->dbc, SQL_ATTR_TXN_ISOLATION, &v, 0, NULL),
        "HYC00");
    MUST(!(v & ~info_u32(r, SQL_TXN_ISOLATION_OPTION)), "0x%x", (unsigned)v);
}
