/* rules: the ODBC 3.80 reference as a list of rules, each checked through the driver manager on whatever driver a
 * connection string names. A rule says where it stands in the reference and what it demands, beside its check:
 *
 *   RULE(fetch_no_data_at_the_end, "SQLFetch / Returns", "SQL_NO_DATA is returned behind the last row") {
 *       query(r, "SELECT 1");
 *       OK(SQLFetch(r->stmt));
 *       NODATA(SQLFetch(r->stmt));
 *   }
 *
 * Rules that differ by a value are lines of a table whose struct begins with a struct row, and RULE_TABLE runs them.
 * A check gets a connected r->dbc and a fresh r->stmt; the first expectation that is not met ends it (longjmp), so it
 * owns nothing but handles in r. fresh() gives a connection of its own to a rule that leaves traces in one.
 *
 * Nothing here knows a driver: what a data source calls its types comes from a profile (profiles/NAME.ini), what it can
 * do from SQLGetInfo and SQLGetFunctions. */
#ifndef TESTS_RULES_RULES_H
#define TESTS_RULES_RULES_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>

enum outcome { PASS, FAIL, SKIPPED, UNSUPPORTED };

struct row {
    const char *id, *section, *sentence;
};

struct run {
    SQLHENV env;
    SQLHDBC dbc;
    SQLHSTMT stmt;
    SQLHSTMT stmt2;        /* more(): a second one on the same connection */
    SQLHDESC desc;         /* explicit_desc() */
    enum outcome outcome;
    char state[6];         /* the SQLSTATE that was judged last */
    char by[8];            /* "dm" or "driver": who wrote that record */
    char reason[400];
    bool spoiled;          /* the connection is not used by the next rule */
    jmp_buf out;
};

typedef void rule_fn(struct run *r, const void *line);

struct rule {
    const char *chapter;
    struct row row;
    rule_fn *check;
    const void *line;
};

void rule_add(const char *file, struct row row, rule_fn *check, const void *line);

#define RULE(ID, SECTION, SENTENCE) \
    static void rule_##ID(struct run *r); \
    static void call_##ID(struct run *r, const void *line) { (void)line; rule_##ID(r); } \
    __attribute__((constructor)) static void add_##ID(void) { \
        rule_add(__FILE__, (struct row){ #ID, SECTION, SENTENCE }, call_##ID, NULL); } \
    static void rule_##ID(struct run *r)

#define RULE_TABLE(TABLE, CHECK) \
    __attribute__((constructor)) static void add_##TABLE##_##CHECK(void) { \
        for (size_t i = 0; i < COUNT(TABLE); i++) rule_add(__FILE__, TABLE[i].row, CHECK, &TABLE[i]); }

#define COUNT(list) (sizeof (list) / sizeof *(list))

/* ---- judging; each ends the rule when not met ---- */
#define OK(call)            judge(r, "S", (call), #call)
#define OKI(call)           judge(r, "SI", (call), #call)     /* or with a warning */
#define NODATA(call)        judge(r, "N", (call), #call)
#define NEED(call)          judge(r, "D", (call), #call)
#define INVALID(call)       judge(r, "X", (call), #call)
#define ERR(call, states)   judge_state(r, SQL_HANDLE_STMT, r->stmt, SQL_ERROR, (call), states, #call)
#define INFO(call, states)  judge_state(r, SQL_HANDLE_STMT, r->stmt, SQL_SUCCESS_WITH_INFO, (call), states, #call)
#define ERR_ON(type, h, call, states) judge_state(r, type, h, SQL_ERROR, (call), states, #call)
#define INFO_ON(type, h, call, states) judge_state(r, type, h, SQL_SUCCESS_WITH_INFO, (call), states, #call)
#define DBC_ERR(call, states) ERR_ON(SQL_HANDLE_DBC, r->dbc, call, states)
#define EQ(actual, want)    equal(r, (long long)(actual), (long long)(want), #actual)
#define TEXT(actual, want)  same_text(r, (const char *)(actual), (want), #actual)
#define MUST(cond, ...)     do { if (!(cond)) fail(r, __VA_ARGS__); } while (0)
/* A feature that may be absent: an error with one of these states ends the rule as unsupported, unless declared. */
#define MAY(declared, call, states) optional(r, SQL_HANDLE_STMT, r->stmt, (declared), (call), states, #call)
#define DBC_MAY(declared, call, states) optional(r, SQL_HANDLE_DBC, r->dbc, (declared), (call), states, #call)
#define ABSENT_STATES "HYC00 IM001 HY092 01S02"

void fail(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
void skip(struct run *r, const char *why) __attribute__((noreturn));
void unsupported(struct run *r, const char *state, const char *why) __attribute__((noreturn));
void judge(struct run *r, const char *letters, SQLRETURN rc, const char *call);
void judge_state(struct run *r, SQLSMALLINT type, SQLHANDLE h, SQLRETURN want, SQLRETURN rc, const char *states,
                 const char *call);
void optional(struct run *r, SQLSMALLINT type, SQLHANDLE h, bool declared, SQLRETURN rc, const char *states,
              const char *call);
void equal(struct run *r, long long actual, long long want, const char *what);
void same_text(struct run *r, const char *actual, const char *want, const char *what);
bool state_of(struct run *r, SQLSMALLINT type, SQLHANDLE h, char state[6]);   /* of the first record */
bool has_word(const char *words, const char *word);
char letter_of(SQLRETURN rc);

/* ---- connections ---- */
void fresh(struct run *r);                              /* a connection of the rule's own */
void fresh_as(struct run *r, SQLINTEGER version);       /* of an application of that version */
void unconnected(struct run *r);                        /* r->env and r->dbc, not connected; no r->stmt */
void more(struct run *r);                               /* r->stmt2 */
void explicit_desc(struct run *r);                      /* r->desc */
const char *conn_string(void);
void drop_connection(struct run *r);
SQLHDESC desc_of(struct run *r, SQLINTEGER attr);       /* SQL_ATTR_APP_ROW_DESC and so on */

/* ---- the data source ---- */
const char *profile_get(const char *key);               /* NULL when the profile has no such line */
const char *sql_of(struct run *r, const char *key);     /* "sql.KEY", else the rule is skipped */
void query(struct run *r, const char *sql);             /* SQLExecDirect, must succeed */
/* Executes on r->stmt a query of one row and one column "v" of the type the profile calls type.TYPE; NULL value = SQL
 * NULL. Skips the rule where the data source has no such type. */
void select_typed(struct run *r, const char *type, const char *value);
const char *typed_sql(struct run *r, const char *type, const char *value);
/* n rows (1..n) of an INTEGER "id" and a VARCHAR "name" ("row1" …), in order */
const char *rows_sql(struct run *r, int n);

/* ---- what the driver says of itself ---- */
SQLUINTEGER info_u32(struct run *r, SQLUSMALLINT id);
SQLUSMALLINT info_u16(struct run *r, SQLUSMALLINT id);
const char *info_text(struct run *r, SQLUSMALLINT id);  /* static; a few live at a time */
bool has_function(struct run *r, SQLUSMALLINT id);
SQLULEN stmt_attr(struct run *r, SQLINTEGER attr);

#endif
