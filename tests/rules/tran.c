/* Transactions. */
#include "rules.h"

#define END "SQLEndTran / "
#define AUTO "SQLSetConnectAttr / SQL_ATTR_AUTOCOMMIT"

static bool has_transactions(struct run *r) { return info_u16(r, SQL_TXN_CAPABLE) != SQL_TC_NONE; }
static void manual(struct run *r) {
    bool capable = has_transactions(r);
    fresh(r);
    DBC_MAY(capable, SQLSetConnectAttr(r->dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_OFF, 0), "HYC00 IM001");
}
static long long rows_of(struct run *r, int id) {
    char sql[100];
    SQLINTEGER n = -1;
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM rules_in WHERE id = %d", id);
    query(r, sql);
    OK(SQLFetch(r->stmt));
    OK(SQLGetData(r->stmt, 1, SQL_C_SLONG, &n, 0, NULL));
    OK(SQLFreeStmt(r->stmt, SQL_CLOSE));
    return n;
}
RULE(tran_commit_in_autocommit, END "Comments", "in auto-commit mode SQLEndTran succeeds and has no effect") {
    fresh(r);
    OK(SQLEndTran(SQL_HANDLE_DBC, r->dbc, SQL_COMMIT));
}
RULE(tran_rollback_in_autocommit, END "Comments",
     "in auto-commit mode SQL_ROLLBACK undoes nothing and succeeds, or says it cannot") {
    fresh(r);
    query(r, "INSERT INTO rules_in VALUES (2001, 'kept')");
    SQLRETURN rc = SQLEndTran(SQL_HANDLE_DBC, r->dbc, SQL_ROLLBACK);
    DBC_MAY(has_transactions(r), rc, "HYC00 01000");
    EQ(rows_of(r, 2001), 1);
}
RULE(tran_env_handle, END "Comments", "on an environment it works on all its connections") {
    fresh(r);
    OK(SQLEndTran(SQL_HANDLE_ENV, r->env, SQL_COMMIT));
}
RULE(tran_bad_completion_hy012, END "Diagnostics / HY012", "a completion that is none gives HY012") {
    DBC_ERR(SQLEndTran(SQL_HANDLE_DBC, r->dbc, 99), "HY012");
}
RULE(tran_bad_handle_type, END "Diagnostics / HY092", "a handle type that is none gives HY092 or SQL_INVALID_HANDLE") {
    SQLRETURN rc = SQLEndTran(SQL_HANDLE_STMT, r->stmt, SQL_COMMIT);
    MUST(rc == SQL_ERROR || rc == SQL_INVALID_HANDLE, "%c", letter_of(rc));
}
RULE(tran_unconnected_08003, END "Diagnostics / 08003", "without a connection it gives 08003") {
    unconnected(r);
    DBC_ERR(SQLEndTran(SQL_HANDLE_DBC, r->dbc, SQL_COMMIT), "08003");
}
RULE(tran_manual_mode, AUTO, "SQL_AUTOCOMMIT_OFF is accepted where transactions are supported") {
    SQLUINTEGER v = 77;
    manual(r);
    OK(SQLGetConnectAttr(r->dbc, SQL_ATTR_AUTOCOMMIT, &v, 0, NULL));
    EQ(v, SQL_AUTOCOMMIT_OFF);
}
RULE(tran_commit_keeps, END "Comments", "SQL_COMMIT in manual mode keeps the work") {
    manual(r);
    query(r, "INSERT INTO rules_in VALUES (2002, 'committed')");
    OK(SQLEndTran(SQL_HANDLE_DBC, r->dbc, SQL_COMMIT));
    EQ(rows_of(r, 2002), 1);
}
RULE(tran_rollback_undoes, END "Comments", "SQL_ROLLBACK in manual mode undoes the work, or does not claim success") {
    bool capable = has_transactions(r);
    manual(r);
    query(r, "INSERT INTO rules_in VALUES (2003, 'undone')");
    SQLRETURN rc = SQLEndTran(SQL_HANDLE_DBC, r->dbc, SQL_ROLLBACK);
    DBC_MAY(capable, rc, "HYC00 01000");
    judge(r, "S", rc, "SQLEndTran(SQL_ROLLBACK)");
    EQ(rows_of(r, 2003), 0);
}
RULE(tran_switch_to_auto_commits, AUTO, "switching to auto-commit commits what is open") {
    manual(r);
    query(r, "INSERT INTO rules_in VALUES (2004, 'switched')");
    OK(SQLFreeStmt(r->stmt, SQL_CLOSE));
    OK(SQLSetConnectAttr(r->dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_ON, 0));
    EQ(rows_of(r, 2004), 1);
}
RULE(tran_disconnect_open_25000, "SQLDisconnect / Diagnostics / 25000",
     "an open transaction keeps SQLDisconnect from closing (25000)") {
    if (!has_transactions(r)) unsupported(r, "", "SQL_TXN_CAPABLE is SQL_TC_NONE");
    manual(r);
    query(r, "INSERT INTO rules_in VALUES (2005, 'open')");
    SQLFreeHandle(SQL_HANDLE_STMT, r->stmt);
    r->stmt = NULL;
    DBC_ERR(SQLDisconnect(r->dbc), "25000");
}
RULE(tran_cursor_after_commit, "SQLGetInfo / SQL_CURSOR_COMMIT_BEHAVIOR",
     "after SQL_COMMIT a cursor lives exactly where it is SQL_CB_PRESERVE") {
    SQLUSMALLINT behaviour = info_u16(r, SQL_CURSOR_COMMIT_BEHAVIOR);
    manual(r);
    query(r, rows_sql(r, 3));
    OK(SQLFetch(r->stmt));
    OK(SQLEndTran(SQL_HANDLE_DBC, r->dbc, SQL_COMMIT));
    SQLRETURN rc = SQLFetch(r->stmt);
    judge(r, behaviour == SQL_CB_PRESERVE ? "S" : "E", rc, "SQLFetch after SQL_COMMIT");
}
RULE(tran_isolation_set, "SQLSetConnectAttr / SQL_ATTR_TXN_ISOLATION",
     "the default level can be set, where there are levels") {
    SQLUINTEGER dflt = info_u32(r, SQL_DEFAULT_TXN_ISOLATION);
    if (!dflt) unsupported(r, "", "no isolation levels");
    fresh(r);
    OK(SQLSetConnectAttr(r->dbc, SQL_ATTR_TXN_ISOLATION, (SQLPOINTER)(uintptr_t)dflt, 0));
}
