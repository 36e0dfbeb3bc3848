/* Handles and environment attributes. */
#include "rules.h"

#define ALLOC "SQLAllocHandle / "
#define FREE "SQLFreeHandle / "

RULE(handle_env_null_output_hy009, ALLOC "Diagnostics / HY009",
     "a NULL OutputHandlePtr gives HY009 on the input handle") {
    DBC_ERR(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, NULL), "HY009");
}
RULE(handle_unknown_type_hy092, ALLOC "Diagnostics / HY092",
     "a handle type that is none gives HY092 or SQL_INVALID_HANDLE") {
    SQLHANDLE h = NULL;
    SQLRETURN rc = SQLAllocHandle(77, r->dbc, &h);
    MUST(rc == SQL_ERROR || rc == SQL_INVALID_HANDLE, "%c", letter_of(rc));
    if (rc == SQL_ERROR) DBC_ERR(rc, "HY092 HY010");
}
RULE(handle_stmt_unconnected_08003, ALLOC "Diagnostics / 08003", "a statement needs an open connection") {
    SQLHANDLE h = NULL;
    unconnected(r);
    DBC_ERR(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &h), "08003");
}
RULE(handle_desc_unconnected_08003, ALLOC "Diagnostics / 08003", "a descriptor needs an open connection") {
    SQLHANDLE h = NULL;
    unconnected(r);
    DBC_ERR(SQLAllocHandle(SQL_HANDLE_DESC, r->dbc, &h), "08003");
}
RULE(handle_dbc_needs_version_hy010, ALLOC "Diagnostics / HY010",
     "a connection before SQL_ATTR_ODBC_VERSION is set is out of sequence") {
    SQLHENV env = NULL;
    SQLHDBC dbc = NULL;
    char state[6] = "";
    OK(SQLAllocHandle(SQL_HANDLE_ENV, NULL, &env));
    SQLRETURN rc = SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
    state_of(r, SQL_HANDLE_ENV, env, state);
    if (rc == SQL_SUCCESS) SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    SQLFreeHandle(SQL_HANDLE_ENV, env);
    EQ(rc, SQL_ERROR);
    TEXT(state, "HY010");
}
RULE(handle_invalid_input, ALLOC "Returns", "an input handle that is none gives SQL_INVALID_HANDLE") {
    SQLHANDLE h = NULL;
    INVALID(SQLAllocHandle(SQL_HANDLE_STMT, NULL, &h));
}
RULE(handle_wrong_kind_invalid, ALLOC "Returns", "a statement is no parent of a statement") {
    SQLHANDLE h = NULL;
    INVALID(SQLAllocHandle(SQL_HANDLE_STMT, r->stmt, &h));
}
RULE(handle_failed_alloc_gives_null, ALLOC "Comments", "on an error the output handle is a null handle") {
    SQLHANDLE h = r->stmt;
    unconnected(r);
    SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &h);
    MUST(!h, "not NULL");
}
RULE(handle_many_statements, ALLOC "Allocating a Statement Handle", "several statements live on one connection") {
    SQLHSTMT h[20];
    for (size_t i = 0; i < COUNT(h); i++) OK(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &h[i]));
    for (size_t i = 0; i < COUNT(h); i++) OK(SQLFreeHandle(SQL_HANDLE_STMT, h[i]));
}
RULE(handle_implicit_descriptors, ALLOC "Allocating a Statement Handle", "a statement has four different descriptors") {
    SQLHDESC d[4] = { desc_of(r, SQL_ATTR_APP_ROW_DESC), desc_of(r, SQL_ATTR_APP_PARAM_DESC),
                      desc_of(r, SQL_ATTR_IMP_ROW_DESC), desc_of(r, SQL_ATTR_IMP_PARAM_DESC) };
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < i; k++) MUST(d[i] != d[k], "descriptors %d and %d are one", k, i);
}
RULE(handle_two_cursors, "SQLGetInfo / SQL_MAX_CONCURRENT_ACTIVITIES",
     "two result sets are read in turns, unless the limit is 1") {
    SQLINTEGER a = 0, b = 0;
    if (info_u16(r, SQL_MAX_CONCURRENT_ACTIVITIES) == 1) unsupported(r, "", "SQL_MAX_CONCURRENT_ACTIVITIES is 1");
    more(r);
    query(r, rows_sql(r, 3));
    OK(SQLExecDirect(r->stmt2, (SQLCHAR *)rows_sql(r, 3), SQL_NTS));
    for (int i = 1; i <= 3; i++) {
        OK(SQLFetch(r->stmt));
        OK(SQLFetch(r->stmt2));
        OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &a, 0, NULL));
        OK(SQLGetData(r->stmt2, 1, SQL_C_SLONG, &b, 0, NULL));
        EQ(a, i);
        EQ(b, i);
    }
}
RULE(handle_free_env_with_dbc_hy010, FREE "Diagnostics / HY010", "an environment with a connection cannot be freed") {
    unconnected(r);
    ERR_ON(SQL_HANDLE_ENV, r->env, SQLFreeHandle(SQL_HANDLE_ENV, r->env), "HY010");
}
RULE(handle_free_open_dbc_hy010, FREE "Diagnostics / HY010", "an open connection cannot be freed") {
    fresh(r);
    DBC_ERR(SQLFreeHandle(SQL_HANDLE_DBC, r->dbc), "HY010");
}
RULE(handle_freed_is_invalid, FREE "Comments", "a freed handle is invalid") {
    SQLHSTMT h = NULL;
    OK(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &h));
    OK(SQLFreeHandle(SQL_HANDLE_STMT, h));
    INVALID(SQLFetch(h));
}
RULE(handle_free_null_invalid, FREE "Returns",
     "SQL_NULL_HANDLE cannot be freed") { INVALID(SQLFreeHandle(SQL_HANDLE_STMT, NULL)); }
RULE(handle_free_stmt_with_cursor, FREE "Freeing a Statement Handle",
     "a statement with an open cursor can be freed: its results go") {
    more(r);
    OK(SQLExecDirect(r->stmt2, (SQLCHAR *)rows_sql(r, 3), SQL_NTS));
    OK(SQLFetch(r->stmt2));
    OK(SQLFreeHandle(SQL_HANDLE_STMT, r->stmt2));
    r->stmt2 = NULL;
}
RULE(handle_freestmt_bad_option_hy092, "SQLFreeStmt / Diagnostics / HY092", "an option that is none gives HY092") {
    ERR(SQLFreeStmt(r->stmt, 77), "HY092");
}
RULE(handle_freestmt_close_without_cursor, "SQLFreeStmt / SQL_CLOSE",
     "without an open cursor SQL_CLOSE has no effect and succeeds") {
    OK(SQLFreeStmt(r->stmt, SQL_CLOSE));
}
RULE(handle_freestmt_close_keeps_prepared, "SQLFreeStmt / SQL_CLOSE",
     "a prepared statement can be executed again after SQL_CLOSE") {
    OK(SQLPrepare(r->stmt, (SQLCHAR *)rows_sql(r, 1), SQL_NTS));
    for (int i = 0; i < 2; i++) {
        OK(SQLExecute(r->stmt));
        OK(SQLFetch(r->stmt));
        OK(SQLFreeStmt(r->stmt, SQL_CLOSE));
    }
}
RULE(handle_freestmt_close_keeps_bindings, "SQLFreeStmt / SQL_CLOSE", "bindings survive SQL_CLOSE") {
    SQLINTEGER v = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    query(r, rows_sql(r, 1));
    OK(SQLFreeStmt(r->stmt, SQL_CLOSE));
    query(r, rows_sql(r, 1));
    OK(SQLFetch(r->stmt));
    EQ(v, 1);
}
RULE(handle_freestmt_unbind_keeps_cursor, "SQLFreeStmt / SQL_UNBIND",
     "the cursor stays open, the buffer is written no more") {
    SQLINTEGER v = 0;
    OK(SQLBindCol(r->stmt, 1, SQL_C_SLONG, &v, 0, NULL));
    query(r, rows_sql(r, 2));
    OK(SQLFetch(r->stmt));
    OK(SQLFreeStmt(r->stmt, SQL_UNBIND));
    OK(SQLFetch(r->stmt));
    EQ(v, 1);
}

/* ---- environment attributes ---- */

struct env_line {
    struct row row;
    SQLINTEGER attr;
    SQLINTEGER value;
    const char *set;    /* "" = success, else the states */
};
#define E(id, attr, value, set, text) { { "env_" #id, "SQLSetEnvAttr / " #attr, text }, attr, (SQLINTEGER)(value), \
    set }
static const struct env_line ENVS[] = {
    E(version_2, SQL_ATTR_ODBC_VERSION, SQL_OV_ODBC2, "", "SQL_OV_ODBC2 can be set and is read back"),
    E(version_3, SQL_ATTR_ODBC_VERSION, SQL_OV_ODBC3, "", "SQL_OV_ODBC3 can be set and is read back"),
    E(version_380, SQL_ATTR_ODBC_VERSION, SQL_OV_ODBC3_80, "", "SQL_OV_ODBC3_80 can be set and is read back"),
    E(version_bad, SQL_ATTR_ODBC_VERSION, 99, "HY024 S1009",
        "a version that is none gives HY024 (S1009, says unixODBC before it knows the version)"),
    E(unknown, 12345, 1, "HY092", "an attribute that is none gives HY092"),
    E(pooling, SQL_ATTR_CONNECTION_POOLING, SQL_CP_OFF, "", "SQL_CP_OFF can be set and is read back"),
    E(cp_match, SQL_ATTR_CP_MATCH, SQL_CP_STRICT_MATCH, "", "SQL_CP_STRICT_MATCH can be set and is read back"),
    E(output_nts, SQL_ATTR_OUTPUT_NTS, SQL_TRUE, "", "SQL_TRUE can be set and is read back"),
    E(output_nts_false, SQL_ATTR_OUTPUT_NTS, SQL_FALSE, "HYC00", "SQL_FALSE gives HYC00"),
};
static void check_env(struct run *r, const void *arg) {
    const struct env_line *line = arg;
    SQLINTEGER now = -1;
    drop_connection(r);
    r->spoiled = true;
    OK(SQLAllocHandle(SQL_HANDLE_ENV, NULL, &r->env));
    if (line->attr != SQL_ATTR_ODBC_VERSION)
        OK(SQLSetEnvAttr(r->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3_80, 0));
    SQLRETURN rc = SQLSetEnvAttr(r->env, line->attr, (SQLPOINTER)(intptr_t)line->value, 0);
    if (line->set[0]) {
        ERR_ON(SQL_HANDLE_ENV, r->env, rc, line->set);
        return;
    }
    OK(rc);
    OK(SQLGetEnvAttr(r->env, line->attr, &now, 0, NULL));
    EQ(now, line->value);
}
RULE_TABLE(ENVS, check_env)

RULE(env_get_unknown_hy092, "SQLGetEnvAttr / Diagnostics / HY092", "reading an attribute that is none gives HY092") {
    SQLINTEGER v = 0;
    ERR_ON(SQL_HANDLE_ENV, r->env, SQLGetEnvAttr(r->env, 12345, &v, 0, NULL), "HY092");
}
RULE(env_version_after_dbc_hy010, "SQLSetEnvAttr / Diagnostics / HY010",
     "the version cannot change while a connection handle exists") {
    unconnected(r);
    ERR_ON(SQL_HANDLE_ENV, r->env, SQLSetEnvAttr(r->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC2, 0),
        "HY010 HY011");
}
RULE(env_null_handle_invalid, "SQLSetEnvAttr / Returns", "without an environment the call gives SQL_INVALID_HANDLE") {
    SQLRETURN rc = SQLSetEnvAttr(NULL, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
    MUST(rc == SQL_INVALID_HANDLE, "%c", letter_of(rc));
}
