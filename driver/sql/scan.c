#include "scan.h"

#include <sql.h>
#include <sqlext.h>

#include "core/sqlscan.h"

enum { MAX_OBJECT_WORD = 5 };   /* CREATE OR REPLACE TEMPORARY VIEW */

/* ---- meaning ------------------------------------------------------------------------------------------------------ */

static const struct { const char *word; enum scan_kind kind; const char *function; int code; } WORDS[] = {
    { "SELECT", SCAN_QUERY, "SELECT CURSOR", SQL_DIAG_SELECT_CURSOR },
    { "VALUES", SCAN_QUERY, "", 0 }, { "TABLE", SCAN_QUERY, "", 0 },
    { "SHOW", SCAN_SHOW, "", 0 }, { "DESCRIBE", SCAN_SHOW, "", 0 }, { "DESC", SCAN_SHOW, "", 0 },
    { "EXPLAIN", SCAN_SHOW, "", 0 }, { "LIST", SCAN_SHOW, "", 0 },
    { "INSERT", SCAN_WRITE, "INSERT", SQL_DIAG_INSERT },
    { "UPDATE", SCAN_WRITE, "UPDATE WHERE", SQL_DIAG_UPDATE_WHERE },
    { "DELETE", SCAN_WRITE, "DELETE WHERE", SQL_DIAG_DELETE_WHERE },
    { "MERGE", SCAN_WRITE, "", 0 }, { "COPY", SCAN_WRITE, "", 0 }, { "TRUNCATE", SCAN_WRITE, "", 0 },
    { "REPLACE", SCAN_WRITE, "", 0 },
    { "CREATE", SCAN_DDL, "", 0 }, { "ALTER", SCAN_DDL, "", 0 }, { "DROP", SCAN_DDL, "", 0 },
    { "GRANT", SCAN_DDL, "GRANT", SQL_DIAG_GRANT }, { "REVOKE", SCAN_DDL, "REVOKE", SQL_DIAG_REVOKE }, { "COMMENT", SCAN_DDL, "", 0 },
    { "USE", SCAN_SESSION, "", 0 }, { "SET", SCAN_SESSION, "", 0 }, { "RESET", SCAN_SESSION, "", 0 },
};

static void judge(struct sv word, struct scan *out) {
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (!sv_ieq(word, sv_of(WORDS[i].word))) continue;
        out->kind = WORDS[i].kind;
        out->function = WORDS[i].function;
        out->function_code = WORDS[i].code;
        return;
    }
    out->kind = SCAN_OTHER;
}

/* The words of the outermost level, one after the other. */
struct words { int depth, n; bool with, settled; struct sv first; };

static void name_ddl(struct sv first, struct sv word, struct scan *out) {
    static const struct { const char *first, *object, *function; int code; } NAMES[] = {
        { "CREATE", "TABLE", "CREATE TABLE", SQL_DIAG_CREATE_TABLE },
        { "CREATE", "VIEW", "CREATE VIEW", SQL_DIAG_CREATE_VIEW },
        { "CREATE", "SCHEMA", "CREATE SCHEMA", SQL_DIAG_CREATE_SCHEMA },
        { "DROP", "TABLE", "DROP TABLE", SQL_DIAG_DROP_TABLE },
        { "DROP", "VIEW", "DROP VIEW", SQL_DIAG_DROP_VIEW },
        { "DROP", "SCHEMA", "DROP SCHEMA", SQL_DIAG_DROP_SCHEMA },
        { "ALTER", "TABLE", "ALTER TABLE", SQL_DIAG_ALTER_TABLE },
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES && !out->function_code; i++) {
        if (!sv_ieq(first, sv_of(NAMES[i].first)) || !sv_ieq(word, sv_of(NAMES[i].object))) continue;
        out->function = NAMES[i].function;
        out->function_code = NAMES[i].code;
    }
}

/* WITH … SELECT or WITH … INSERT, FROM t INSERT …: a later word decides. */
static void look_further(struct words *w, struct sv word, struct scan *out) {
    struct scan later = { .function = "" };
    judge(word, &later);
    if (sv_ieq(word, SV_LIT("REPLACE"))) return;
    if (later.kind != SCAN_WRITE && !(w->with && later.kind == SCAN_QUERY)) return;
    out->kind = later.kind;
    out->function = later.function;
    out->function_code = later.function_code;
    w->settled = true;
}

static void look_at(struct words *w, struct sv word, struct scan *out) {
    if (w->n++ > 0) {
        if (w->n <= MAX_OBJECT_WORD && out->kind == SCAN_DDL) name_ddl(w->first, word, out);
        if (!w->settled) look_further(w, word, out);
        return;
    }
    w->first = word;
    w->with = sv_ieq(word, SV_LIT("WITH"));
    if (w->with || sv_ieq(word, SV_LIT("FROM"))) {
        out->kind = SCAN_QUERY;
        return;
    }
    judge(word, out);
    w->settled = true;
}

/* "raw:owner" is a path into semi-structured data; ":owner" behind a blank, a sign or a key word is a parameter. */
static bool is_path(const struct sqltoken *before, const struct sqltoken *t) {
    if (t->gap) return false;
    return before->kind == SQLTOK_WORD || before->kind == SQLTOK_NAME || before->kind == SQLTOK_ODD ||
           sqltoken_is_punct(before, ")") || sqltoken_is_punct(before, "]");
}

static void count_marker(const struct sqltoken *before, const struct sqltoken *t, struct scan *out) {
    if (t->kind != SQLTOK_MARKER || t->in_hint) return;
    if (t->text.len == 1) out->n_markers++;
    else if (!is_path(before, t)) out->has_named = true;
}

void scan_sql(struct sv sql, struct scan *out) {
    struct words w = { .depth = 0 };
    struct sqlscan s = sqlscan_of(sql);
    struct sqltoken before = { .kind = SQLTOK_END };
    *out = (struct scan){ .kind = SCAN_EMPTY, .function = "" };
    for (struct sqltoken t; (t = sqlscan_next(&s)).kind != SQLTOK_END; before = t) {
        count_marker(&before, &t, out);
        if (t.in_hint || t.kind == SQLTOK_HINT) continue;
        if (sqltoken_is_punct(&t, "(") && w.n > 0) w.depth++;
        if (sqltoken_is_punct(&t, ")") && w.depth > 0) w.depth--;
        if (t.kind == SQLTOK_WORD && w.depth == 0) look_at(&w, t.text, out);
        if (out->kind == SCAN_EMPTY && t.kind != SQLTOK_SEMI && !sqltoken_is_punct(&t, "(")) out->kind = SCAN_OTHER;
    }
}

struct sv scan_trim(struct sv sql) {
    sql = sv_trim(sql);
    while (sql.len > 0 && sql.ptr[sql.len - 1] == ';') sql = sv_trim(sv_make(sql.ptr, sql.len - 1));
    return sql;
}
