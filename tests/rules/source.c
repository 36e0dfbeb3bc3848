/* The data source: its profile, its connections, its typed values; and one rule run against it. */
#include "rules.h"

#include "runner.h"

enum { MAX_LINES = 200 };

static struct { char key[40], value[1000]; } lines[MAX_LINES];
static int n_lines;

bool profile_load(const char *path) {
    char line[1100];
    FILE *f = fopen(path, "r");
    if (!f) return false;
    while (n_lines < MAX_LINES && fgets(line, sizeof line, f)) {
        char key[40];
        int at = 0;
        line[strcspn(line, "\r\n")] = 0;
        if (line[0] == '#' || sscanf(line, " %39[^= ] = %n", key, &at) != 1 || !at) continue;
        snprintf(lines[n_lines].key, sizeof lines[0].key, "%s", key);
        snprintf(lines[n_lines++].value, sizeof lines[0].value, "%s", line + at);
    }
    fclose(f);
    return true;
}

const char *profile_get(const char *key) {
    for (int i = 0; i < n_lines; i++)
        if (!strcmp(lines[i].key, key)) return lines[i].value;
    return NULL;
}

static const char *profile_sub(const char *group, const char *name) {
    char key[80];
    snprintf(key, sizeof key, "%s.%s", group, name);
    return profile_get(key);
}

const char *sql_of(struct run *r, const char *key) {
    static char why[80];
    const char *s = profile_sub("sql", key);
    if (s) return s;
    snprintf(why, sizeof why, "the data source has no statement for %s", key);
    skip(r, why);
}

const char *conn_string(void) { return getenv("RULES_CONN"); }

/* ---- connections ---- */

void drop_connection(struct run *r) {
    if (r->stmt2) SQLFreeHandle(SQL_HANDLE_STMT, r->stmt2);
    if (r->stmt) SQLFreeHandle(SQL_HANDLE_STMT, r->stmt);
    if (r->desc) SQLFreeHandle(SQL_HANDLE_DESC, r->desc);
    if (r->dbc) {
        if (SQLDisconnect(r->dbc) == SQL_ERROR) {
            SQLEndTran(SQL_HANDLE_DBC, r->dbc, SQL_ROLLBACK);
            SQLDisconnect(r->dbc);
        }
        SQLFreeHandle(SQL_HANDLE_DBC, r->dbc);
    }
    if (r->env) SQLFreeHandle(SQL_HANDLE_ENV, r->env);
    r->stmt2 = r->stmt = r->desc = r->dbc = r->env = NULL;
}

static bool open_env(struct run *r, SQLINTEGER version) {
    return SQLAllocHandle(SQL_HANDLE_ENV, NULL, &r->env) == SQL_SUCCESS &&
           SQLSetEnvAttr(r->env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)(intptr_t)version, 0) == SQL_SUCCESS &&
           SQLAllocHandle(SQL_HANDLE_DBC, r->env, &r->dbc) == SQL_SUCCESS;
}

static bool open_connection(struct run *r, SQLINTEGER version) {
    return open_env(r, version) && SQL_SUCCEEDED(SQLDriverConnect(r->dbc, NULL, (SQLCHAR *)conn_string(), SQL_NTS, NULL,
                                                                  0, NULL, SQL_DRIVER_NOPROMPT));
}

static bool open_stmt(struct run *r, SQLINTEGER version) {
    if (!r->dbc && !open_connection(r, version)) return false;
    return SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &r->stmt) == SQL_SUCCESS;
}

void fresh_as(struct run *r, SQLINTEGER version) {
    drop_connection(r);
    r->spoiled = true;
    if (!open_stmt(r, version)) judge(r, "S", SQL_ERROR, "connecting");
}

void fresh(struct run *r) { fresh_as(r, SQL_OV_ODBC3_80); }

void unconnected(struct run *r) {
    drop_connection(r);
    r->spoiled = true;
    if (!open_env(r, SQL_OV_ODBC3_80)) fail(r, "no environment");
}

void more(struct run *r) { OK(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &r->stmt2)); }

void explicit_desc(struct run *r) { OK(SQLAllocHandle(SQL_HANDLE_DESC, r->dbc, &r->desc)); }

SQLHDESC desc_of(struct run *r, SQLINTEGER attr) {
    SQLHDESC d = NULL;
    OK(SQLGetStmtAttr(r->stmt, attr, &d, 0, NULL));
    MUST(d, "no descriptor");
    return d;
}

void run_rule(struct run *r, const struct rule *rule) {
    r->outcome = PASS;
    r->reason[0] = r->state[0] = r->by[0] = 0;
    r->spoiled = false;
    if (setjmp(r->out) == 0) {
        if (profile_sub("skip", rule->row.id)) skip(r, profile_sub("skip", rule->row.id));
        if (!open_stmt(r, SQL_OV_ODBC3_80)) fail(r, "no connection");
        rule->check(r, rule->line);
    }
    if (r->stmt2) SQLFreeHandle(SQL_HANDLE_STMT, r->stmt2);
    if (r->stmt) SQLFreeHandle(SQL_HANDLE_STMT, r->stmt);
    if (r->desc) SQLFreeHandle(SQL_HANDLE_DESC, r->desc);
    r->stmt = r->stmt2 = r->desc = NULL;
    if (r->spoiled || r->outcome == FAIL) drop_connection(r);
}

bool run_setup(void) {
    struct run *r = calloc(1, sizeof *r);
    char key[20];
    bool good = r && open_stmt(r, SQL_OV_ODBC3_80);
    for (int i = 1; good && i < 50; i++) {
        snprintf(key, sizeof key, "setup.%d", i);
        const char *sql = profile_get(key);
        if (!sql) continue;
        if (!SQL_SUCCEEDED(SQLExecDirect(r->stmt, (SQLCHAR *)sql, SQL_NTS)) && sql[0] != 'D') {
            good = false;
            printf("# %s\n", sql);
        }
        SQLFreeStmt(r->stmt, SQL_CLOSE);
    }
    if (r && !good) {
        SQLCHAR state[6] = "", text[500] = "";
        SQLINTEGER native;
        SQLSMALLINT len;
        SQLGetDiagRec(r->stmt ? SQL_HANDLE_STMT : SQL_HANDLE_DBC, r->stmt ? r->stmt : r->dbc, 1, state, &native, text,
                      sizeof text, &len);
        printf("# %s %s\n", (char *)state, (char *)text);
    }
    if (r) drop_connection(r);
    free(r);
    fflush(stdout);
    return good;
}

/* ---- statements ---- */

void query(struct run *r, const char *sql) {
    char call[120];
    snprintf(call, sizeof call, "SQLExecDirect(%s)", sql);
    judge(r, "S", SQLExecDirect(r->stmt, (SQLCHAR *)sql, SQL_NTS), call);
}

static void run_quietly(struct run *r, const char *sql) {
    SQLHSTMT own = NULL;
    OK(SQLAllocHandle(SQL_HANDLE_STMT, r->dbc, &own));
    SQLRETURN rc = SQLExecDirect(own, (SQLCHAR *)sql, SQL_NTS);
    SQLFreeHandle(SQL_HANDLE_STMT, own);
    if (rc == SQL_ERROR && sql[0] != 'D') fail(r, "cannot prepare the value: %s", sql);
}

/* A data source whose expressions have no types keeps the value in a column of a table. */
static void keep_in_table(struct run *r, const char *type, const char *literal) {
    char sql[400];
    run_quietly(r, "DROP TABLE IF EXISTS rules_v");
    snprintf(sql, sizeof sql, "CREATE TABLE rules_v (v %s)", type);
    run_quietly(r, sql);
    snprintf(sql, sizeof sql, "INSERT INTO rules_v VALUES (%s)", literal);
    run_quietly(r, sql);
}

const char *typed_sql(struct run *r, const char *type, const char *value) {
    static char sql[600];
    char literal[300] = "NULL", why[80];
    const char *name = profile_sub("type", type), *form = profile_sub("literal", type);
    if (!name) {
        snprintf(why, sizeof why, "the data source has no type for %s", type);
        skip(r, why);
    }
    if (!form) form = "'%s'";
    const char *hole = strstr(form, "%s");
    if (value && hole)
        snprintf(literal, sizeof literal, "%.*s%s%s", (int)(hole - form), form, value, hole + 2);
    if (profile_get("values_in_table")) {
        keep_in_table(r, name, literal);
        return "SELECT v FROM rules_v";
    }
    snprintf(sql, sizeof sql, "SELECT CAST(%s AS %s) AS v", literal, name);
    return sql;
}

void select_typed(struct run *r, const char *type, const char *value) { query(r, typed_sql(r, type, value)); }

const char *rows_sql(struct run *r, int n) {
    static char sql[200];
    (void)r;
    snprintf(sql, sizeof sql, "SELECT id, name FROM rules_rows WHERE id <= %d ORDER BY id", n);
    return sql;
}

/* ---- what the driver says of itself ---- */

SQLUINTEGER info_u32(struct run *r, SQLUSMALLINT id) {
    SQLUINTEGER v = 0;
    OK(SQLGetInfo(r->dbc, id, &v, sizeof v, NULL));
    return v;
}

SQLUSMALLINT info_u16(struct run *r, SQLUSMALLINT id) {
    SQLUSMALLINT v = 0;
    OK(SQLGetInfo(r->dbc, id, &v, sizeof v, NULL));
    return v;
}

const char *info_text(struct run *r, SQLUSMALLINT id) {
    static char text[4][4096];
    static int turn;
    char *to = text[turn++ % 4];
    OK(SQLGetInfo(r->dbc, id, to, sizeof text[0], NULL));
    return to;
}

bool has_function(struct run *r, SQLUSMALLINT id) {
    SQLUSMALLINT map[SQL_API_ODBC3_ALL_FUNCTIONS_SIZE] = { 0 };
    OK(SQLGetFunctions(r->dbc, SQL_API_ODBC3_ALL_FUNCTIONS, map));
    return SQL_FUNC_EXISTS(map, id) == SQL_TRUE;
}

SQLULEN stmt_attr(struct run *r, SQLINTEGER attr) {
    SQLULEN v = 0;
    OK(SQLGetStmtAttr(r->stmt, attr, &v, 0, NULL));
    return v;
}
