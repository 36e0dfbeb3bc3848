#include "scan.h"

#include <sql.h>
#include <sqlext.h>
#include <stdint.h>

enum token { TOKEN_END, TOKEN_BLANK, TOKEN_WORD, TOKEN_TEXT, TOKEN_MARKER, TOKEN_OTHER };

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
        (unsigned char)c >= 0x80;
}

/* ---- tokens: each returns where the token that starts at i ends --------------------------------------------------- */

static size_t skip_quoted(struct sv s, size_t i, bool backslash) {
    char quote = s.ptr[i++];
    while (i < s.len && s.ptr[i] != quote) i += backslash && s.ptr[i] == '\\' ? 2 : 1;
    return i < s.len ? i + 1 : s.len;
}

static size_t skip_line(struct sv s, size_t i) {
    while (i < s.len && s.ptr[i] != '\n') i++;
    return i;
}

static bool at(struct sv s, size_t i, char a, char b) { return i + 1 < s.len && s.ptr[i] == a && s.ptr[i + 1] == b; }

static size_t skip_comment(struct sv s, size_t i) {
    int depth = 0;
    while (i < s.len) {
        if (at(s, i, '/', '*')) {
            depth++;
            i += 2;
        } else if (at(s, i, '*', '/')) {
            i += 2;
            if (--depth == 0) return i;
        } else {
            i++;
        }
    }
    return s.len;
}

static size_t skip_word(struct sv s, size_t i) {
    size_t from = i;
    while (i < s.len && is_word(s.ptr[i])) i++;
    bool is_raw = i - from == 1 && (s.ptr[from] == 'r' || s.ptr[from] == 'R') && i < s.len &&
                  (s.ptr[i] == '\'' || s.ptr[i] == '"');
    return is_raw ? skip_quoted(s, i, false) : i;
}

static enum token next_token(struct sv s, size_t *i) {
    if (*i >= s.len) return TOKEN_END;
    size_t from = *i;
    char c = s.ptr[from];
    if (is_blank(c)) return (*i)++, TOKEN_BLANK;
    if (at(s, from, '-', '-')) return *i = skip_line(s, from), TOKEN_BLANK;
    if (at(s, from, '/', '*')) return *i = skip_comment(s, from), TOKEN_BLANK;
    if (c == '\'' || c == '"') return *i = skip_quoted(s, from, true), TOKEN_TEXT;
    if (c == '`') return *i = skip_quoted(s, from, false), TOKEN_TEXT;
    if (is_word(c)) {
        *i = skip_word(s, from);
        return is_word(s.ptr[*i - 1]) ? TOKEN_WORD : TOKEN_TEXT;
    }
    (*i)++;
    return c == '?' ? TOKEN_MARKER : TOKEN_OTHER;
}

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
    { "GRANT", SCAN_DDL, "", 0 }, { "REVOKE", SCAN_DDL, "", 0 }, { "COMMENT", SCAN_DDL, "", 0 },
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
    if (!sv_ieq(word, SV_LIT("TABLE"))) return;
    if (sv_ieq(first, SV_LIT("CREATE"))) *out = (struct scan){ out->kind, out->n_markers, "CREATE TABLE",
        SQL_DIAG_CREATE_TABLE };
    if (sv_ieq(first, SV_LIT("DROP"))) *out = (struct scan){ out->kind, out->n_markers, "DROP TABLE",
        SQL_DIAG_DROP_TABLE };
}

/* WITH … SELECT or WITH … INSERT, FROM t INSERT …: a later word decides. */
static void look_further(struct words *w, struct sv word, struct scan *out) {
    struct scan later = { .function = "" };
    judge(word, &later);
    if (sv_ieq(word, SV_LIT("REPLACE"))) return;
    if (later.kind != SCAN_WRITE && !(w->with && later.kind == SCAN_QUERY)) return;
    later.n_markers = out->n_markers;
    *out = later;
    w->settled = true;
}

static void look_at(struct words *w, struct sv word, struct scan *out) {
    if (w->n++ > 0) {
        if (w->n == 2 && out->kind == SCAN_DDL) name_ddl(w->first, word, out);
        if (!w->settled) look_further(w, word, out);
        return;
    }
    w->first = word;
    w->with = sv_ieq(word, SV_LIT("WITH"));
    if (w->with || sv_ieq(word, SV_LIT("FROM"))) {
        out->kind = SCAN_QUERY;
        return;
    }
    int markers = out->n_markers;
    judge(word, out);
    out->n_markers = markers;
    w->settled = true;
}

void scan_sql(struct sv sql, struct scan *out) {
    struct words w = { .depth = 0 };
    *out = (struct scan){ .kind = SCAN_EMPTY, .function = "" };
    size_t i = 0, from = 0;
    for (enum token t; (t = next_token(sql, &i)) != TOKEN_END; from = i) {
        if (t == TOKEN_MARKER) out->n_markers++;
        if (t == TOKEN_OTHER && sql.ptr[from] == '(' && w.n > 0) w.depth++;
        if (t == TOKEN_OTHER && sql.ptr[from] == ')' && w.depth > 0) w.depth--;
        if (t == TOKEN_WORD && w.depth == 0) look_at(&w, sv_make(sql.ptr + from, i - from), out);
        if (out->kind == SCAN_EMPTY && t != TOKEN_BLANK && !(t == TOKEN_OTHER && strchr(";(", sql.ptr[from])))
            out->kind = SCAN_OTHER;
    }
}

struct sv scan_trim(struct sv sql) {
    sql = sv_trim(sql);
    while (sql.len > 0 && sql.ptr[sql.len - 1] == ';') sql = sv_trim(sv_make(sql.ptr, sql.len - 1));
    return sql;
}

enum rc scan_without_markers(struct sv sql, struct buf *out, struct err *e) {
    size_t i = 0, from = 0;
    for (enum token t; (t = next_token(sql, &i)) != TOKEN_END; from = i) {
        struct sv text = t == TOKEN_MARKER ? SV_LIT("NULL") : sv_make(sql.ptr + from, i - from);
        if (buf_addsv(out, text, e)) return RC_ERR;
    }
    return RC_OK;
}
