#include "verb.h"

struct known {
    const char *word;
    enum sqlclass class;
};

static const struct known VERBS[] = {
    {"SELECT", SQL_READ},    {"VALUES", SQL_READ},    {"TABLE", SQL_READ},     {"SHOW", SQL_META},
    {"DESCRIBE", SQL_META},  {"DESC", SQL_META},      {"EXPLAIN", SQL_PROBE},  {"LIST", SQL_PROBE},
    {"INSERT", SQL_WRITE},   {"UPDATE", SQL_WRITE},   {"DELETE", SQL_WRITE},   {"MERGE", SQL_WRITE},
    {"COPY", SQL_WRITE},     {"TRUNCATE", SQL_WRITE}, {"CREATE", SQL_WRITE},   {"REPLACE", SQL_WRITE},
    {"ALTER", SQL_WRITE},    {"DROP", SQL_WRITE},     {"UNDROP", SQL_WRITE},   {"RESTORE", SQL_WRITE},
    {"OPTIMIZE", SQL_WRITE}, {"VACUUM", SQL_WRITE},   {"REFRESH", SQL_WRITE},  {"REORG", SQL_WRITE},
    {"ANALYZE", SQL_WRITE},  {"MSCK", SQL_WRITE},     {"FSCK", SQL_WRITE},     {"REPAIR", SQL_WRITE},
    {"SYNC", SQL_WRITE},     {"CACHE", SQL_WRITE},    {"UNCACHE", SQL_WRITE},  {"COMMENT", SQL_WRITE},
    {"LOAD", SQL_WRITE},     {"CLEAR", SQL_WRITE},    {"CONVERT", SQL_WRITE},  {"GRANT", SQL_AUTHZ},
    {"REVOKE", SQL_AUTHZ},   {"DENY", SQL_AUTHZ},     {"UNSET", SQL_AUTHZ},    {"SET", SQL_SESSION},
    {"RESET", SQL_SESSION},  {"USE", SQL_SESSION},    {"DECLARE", SQL_SESSION}, {"PUT", SQL_FILE},
    {"GET", SQL_FILE},       {"REMOVE", SQL_FILE},
};

static const char *const NAMES[] = {"read", "meta", "probe", "write", "authz", "session", "file", "code", "multi"};

const char *sqlclass_name(enum sqlclass c) { return NAMES[c]; }

bool sqlclass_of_name(struct sv name, enum sqlclass *out) {
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (sv_ieq(name, sv_of(NAMES[i]))) return *out = (enum sqlclass)i, true;
    return false;
}

bool sqltoken_is_one_of(const struct sqltoken *t, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sqltoken_is(t, words[i])) return true;
    return false;
}

bool sqlverb_is_pipe(const struct sqltoken *t) {
    static const char *const READS[] = {
        "SELECT", "EXTEND", "SET",     "DROP",  "AS",        "WHERE",  "LIMIT",    "OFFSET",  "ORDER",
        "SORT",   "WINDOW", "CLUSTER", "INNER", "AGGREGATE", "JOIN",   "LEFT",     "RIGHT",   "FULL",
        "CROSS",  "SEMI",   "ANTI",    "UNION", "INTERSECT", "EXCEPT", "MINUS",    "NATURAL", "LATERAL",
        "PIVOT",  "UNPIVOT", "DISTINCT", "DISTRIBUTE", "TABLESAMPLE",
    };
    return IS_ONE_OF(t, READS);
}

enum sqlclass sqlverb_class_of_word(struct sv word) {
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++)
        if (sv_ieq(word, sv_of(VERBS[i].word))) return VERBS[i].class;
    return SQL_CODE;
}

static struct sqltoken skip_open(struct sqlscan *s) {
    struct sqltoken t = sqlscan_next(s);
    while (sqltoken_is_punct(&t, "(")) t = sqlscan_next(s);
    return t;
}

/* After an opening parenthesis: to behind its end. */
static bool skip_balanced(struct sqlscan *s) {
    for (size_t depth = 1; depth;) {
        struct sqltoken t = sqlscan_next(s);
        if (t.kind == SQLTOK_END || t.kind == SQLTOK_ODD) return false;
        if (sqltoken_is_punct(&t, "(")) depth++;
        if (sqltoken_is_punct(&t, ")")) depth--;
    }
    return true;
}

/* name [(columns)] [MAX RECURSION LEVEL n] [AS] (body); false when it is something else. t is the name. */
static bool skip_cte(struct sqlscan *s, struct sqltoken t) {
    if (t.kind != SQLTOK_WORD && t.kind != SQLTOK_NAME) return false;
    t = sqlscan_next(s);
    if (sqltoken_is_punct(&t, "(")) {
        if (!skip_balanced(s)) return false;
        struct sqlscan before = *s;
        t = sqlscan_next(s);
        if (!sqltoken_is(&t, "AS") && !sqltoken_is(&t, "MAX") && !sqltoken_is_punct(&t, "(")) {
            *s = before; /* AS was left out: that was the body already */
            return true;
        }
    }
    if (sqltoken_is(&t, "MAX"))
        for (int i = 0; i < 4; i++) t = sqlscan_next(s);
    if (sqltoken_is(&t, "AS")) t = sqlscan_next(s);
    return sqltoken_is_punct(&t, "(") && skip_balanced(s);
}

/* After WITH: past the common table expressions to the main verb. A token of kind END means: not understood. */
static struct sqltoken skip_ctes(struct sqlscan *s) {
    static const struct sqltoken NOTHING = {.kind = SQLTOK_END};
    struct sqltoken t = sqlscan_next(s);
    struct sqlscan peek = *s;
    struct sqltoken after = sqlscan_next(&peek);
    if (sqltoken_is(&t, "RECURSIVE") && !sqltoken_is(&after, "AS") && !sqltoken_is_punct(&after, "("))
        t = sqlscan_next(s);
    while (skip_cte(s, t)) {
        t = skip_open(s);
        if (!sqltoken_is_punct(&t, ",")) return t;
        t = sqlscan_next(s);
    }
    return NOTHING;
}

/* FROM t SELECT … and FROM t |> … read; FROM t INSERT … writes. */
static struct sqlverb verb_of_from(struct sqlscan s) {
    static const char *const WRITES[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "OVERWRITE"};
    static const char *const SCRIPTS[] = {"MAP", "REDUCE"};
    struct sqlverb v = {SQL_READ, SV_LIT("SELECT"), s};
    size_t depth = 0;
    for (;;) {
        struct sqltoken t = sqlscan_next(&s);
        if (t.kind == SQLTOK_END) return v;
        if (t.kind == SQLTOK_ODD) return (struct sqlverb){SQL_CODE, SV_LIT("FROM"), s};
        if (sqltoken_is_punct(&t, "(")) depth++;
        if (sqltoken_is_punct(&t, ")") && depth) depth--;
        if (depth == 0 && IS_ONE_OF(&t, WRITES)) return (struct sqlverb){SQL_WRITE, t.text, s};
        if (depth == 0 && IS_ONE_OF(&t, SCRIPTS)) return (struct sqlverb){SQL_CODE, t.text, s};
    }
}

/* CREATE [OR REPLACE|REFRESH] [GLOBAL|LOCAL] TEMP…, DROP TEMPORARY …: lives and dies with the session. */
static bool is_temporary(struct sqlscan s) {
    static const char *const SKIPPED[] = {"OR", "REPLACE", "REFRESH", "GLOBAL", "LOCAL", "PRIVATE"};
    struct sqltoken t = sqlscan_next(&s);
    while (IS_ONE_OF(&t, SKIPPED)) t = sqlscan_next(&s);
    return sqltoken_is(&t, "TEMP") || sqltoken_is(&t, "TEMPORARY");
}

static bool touches_rights(struct sqlscan s) {
    static const char *const WORDS[] = {"MASK",  "POLICY",    "TAG",        "TAGS",   "GROUP", "ROLE", "USER",
                                        "OWNER", "RECIPIENT", "PRIVILEGES", "DENY",   "GRANT"};
    for (;;) {
        struct sqltoken t = sqlscan_next(&s);
        if (t.kind == SQLTOK_END) return false;
        if (t.kind == SQLTOK_ODD || IS_ONE_OF(&t, WORDS)) return true;
        if (sqltoken_is(&t, "ROW")) {
            t = sqlscan_next(&s);
            if (sqltoken_is(&t, "FILTER")) return true;
        }
    }
}

static enum sqlclass refine(const struct sqltoken *verb, enum sqlclass class, struct sqlscan rest) {
    static const char *const DDL[] = {"CREATE", "ALTER", "DROP", "REPLACE", "UNDROP", "MSCK", "REPAIR", "SYNC"};
    struct sqlscan peek = rest;
    struct sqltoken second = sqlscan_next(&peek);
    if (class == SQL_META && !sqltoken_is(verb, "SHOW") &&
        (sqltoken_is(&second, "HISTORY") || sqltoken_is(&second, "DETAIL")))
        return SQL_PROBE;
    if (sqltoken_is(verb, "SET") && sqltoken_is(&second, "TAG")) return SQL_AUTHZ;
    if (!IS_ONE_OF(verb, DDL)) return class;
    if (is_temporary(rest)) return SQL_SESSION;
    return touches_rights(rest) ? SQL_AUTHZ : class;
}

struct sqlverb sqlverb_of(struct sv sql) {
    struct sqlscan s = sqlscan_of(sql);
    struct sqltoken t = skip_open(&s);
    bool with = sqltoken_is(&t, "WITH");
    if (with) t = skip_ctes(&s);
    if (sqltoken_is(&t, "FROM")) return verb_of_from(s);
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++) {
        enum sqlclass c = VERBS[i].class;
        if (!sqltoken_is(&t, VERBS[i].word)) continue;
        if (with && c != SQL_READ && c != SQL_WRITE) c = SQL_CODE;
        return (struct sqlverb){refine(&t, c, s), t.text, s};
    }
    return (struct sqlverb){SQL_CODE, t.kind == SQLTOK_END ? SV_NULL : t.text, s};
}
