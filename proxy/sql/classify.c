#define _GNU_SOURCE /* memmem */
#include "classify.h"

#include "core/sqlscan.h"
#include "functions.h"

const char *sqlclass_name(enum sqlclass c) {
    static const char *const NAMES[] = {"read", "meta", "probe", "write", "authz", "session", "file", "code", "multi"};
    return NAMES[c];
}

static bool is_one_of(const struct sqltoken *t, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (sqltoken_is(t, words[i])) return true;
    return false;
}
#define IS_ONE_OF(t, words) is_one_of(t, words, sizeof(words) / sizeof *(words))

/* ---- the verb -------------------------------------------------------------------------------------------------- */

struct verb {
    const char *word;
    enum sqlclass class;
};

static const struct verb VERBS[] = {
    {"SELECT", SQL_READ},    {"VALUES", SQL_READ},    {"TABLE", SQL_READ},     {"SHOW", SQL_META},
    {"DESCRIBE", SQL_META},  {"DESC", SQL_META},      {"EXPLAIN", SQL_PROBE},  {"LIST", SQL_PROBE},
    {"INSERT", SQL_WRITE},   {"UPDATE", SQL_WRITE},   {"DELETE", SQL_WRITE},   {"MERGE", SQL_WRITE},
    {"COPY", SQL_WRITE},     {"TRUNCATE", SQL_WRITE}, {"CREATE", SQL_WRITE},   {"REPLACE", SQL_WRITE},
    {"ALTER", SQL_WRITE},    {"DROP", SQL_WRITE},     {"UNDROP", SQL_WRITE},   {"RESTORE", SQL_WRITE},
    {"OPTIMIZE", SQL_WRITE}, {"VACUUM", SQL_WRITE},   {"REFRESH", SQL_WRITE},  {"REORG", SQL_WRITE},
    {"ANALYZE", SQL_WRITE},  {"MSCK", SQL_WRITE},     {"SYNC", SQL_WRITE},     {"CACHE", SQL_WRITE},
    {"UNCACHE", SQL_WRITE},  {"COMMENT", SQL_WRITE},  {"LOAD", SQL_WRITE},     {"CLEAR", SQL_WRITE},
    {"GRANT", SQL_AUTHZ},    {"REVOKE", SQL_AUTHZ},   {"DENY", SQL_AUTHZ},     {"UNSET", SQL_AUTHZ},
    {"SET", SQL_SESSION},    {"RESET", SQL_SESSION},  {"USE", SQL_SESSION},    {"DECLARE", SQL_SESSION},
    {"PUT", SQL_FILE},       {"GET", SQL_FILE},       {"REMOVE", SQL_FILE},
};

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
        struct sqlscan before = *s;
        if (!skip_balanced(s)) return false;
        t = sqlscan_next(s);
        if (!sqltoken_is(&t, "AS") && !sqltoken_is(&t, "MAX")) {
            *s = before; /* AS was left out: that was the body already */
            return skip_balanced(s);
        }
    }
    if (sqltoken_is(&t, "MAX"))
        for (int i = 0; i < 4; i++) t = sqlscan_next(s);
    if (!sqltoken_is(&t, "AS")) return false;
    t = sqlscan_next(s);
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
static enum sqlclass class_of_from(struct sqlscan s) {
    static const char *const WRITES[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "OVERWRITE"};
    static const char *const SCRIPTS[] = {"MAP", "REDUCE"};
    size_t depth = 0;
    for (;;) {
        struct sqltoken t = sqlscan_next(&s);
        if (t.kind == SQLTOK_END) return SQL_READ;
        if (t.kind == SQLTOK_ODD) return SQL_CODE;
        if (sqltoken_is_punct(&t, "(")) depth++;
        if (sqltoken_is_punct(&t, ")") && depth) depth--;
        if (depth == 0 && IS_ONE_OF(&t, WRITES)) return SQL_WRITE;
        if (depth == 0 && IS_ONE_OF(&t, SCRIPTS)) return SQL_CODE;
    }
}

/* CREATE [OR REPLACE|REFRESH] [GLOBAL|LOCAL] TEMP…, DROP TEMPORARY …: lives and dies with the session. */
static bool is_temporary(struct sqlscan s) {
    static const char *const SKIPPED[] = {"OR", "REPLACE", "REFRESH", "GLOBAL", "LOCAL"};
    struct sqltoken t = sqlscan_next(&s);
    while (IS_ONE_OF(&t, SKIPPED)) t = sqlscan_next(&s);
    return sqltoken_is(&t, "TEMP") || sqltoken_is(&t, "TEMPORARY");
}

static bool touches_rights(struct sqlscan s) {
    static const char *const WORDS[] = {"MASK", "POLICY", "TAG", "TAGS", "GROUP", "ROLE", "USER", "OWNER", "RECIPIENT"};
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
    static const char *const DDL[] = {"CREATE", "ALTER", "DROP", "REPLACE"};
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

static enum sqlclass class_of(struct sv sql) {
    struct sqlscan s = sqlscan_of(sql);
    struct sqltoken t = skip_open(&s);
    bool with = sqltoken_is(&t, "WITH");
    if (with) t = skip_ctes(&s);
    if (sqltoken_is(&t, "FROM")) return class_of_from(s);
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++) {
        if (!sqltoken_is(&t, VERBS[i].word)) continue;
        if (with && VERBS[i].class != SQL_READ && VERBS[i].class != SQL_WRITE) return SQL_CODE;
        return refine(&t, VERBS[i].class, s);
    }
    return SQL_CODE;
}

/* ---- may the result be kept? ----------------------------------------------------------------------------------- */

struct window {
    struct sqlscan scan;                   /* behind next */
    struct sqltoken before, prev, cur, next;
    bool meta;
};

static bool is_name(const struct sqltoken *t) { return t->kind == SQLTOK_WORD || t->kind == SQLTOK_NAME; }

static bool contains(struct sv text, const char *what) {
    return text.len && memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

bool classify_is_moment(struct sv text) {
    static const char *const MOMENTS[] = {"now", "today", "tomorrow", "yesterday", "epoch"};
    text = sv_trim(text);
    for (size_t i = 0; i < sizeof MOMENTS / sizeof *MOMENTS; i++)
        if (sv_istarts(text, sv_of(MOMENTS[i]))) {
            char after = text.len > strlen(MOMENTS[i]) ? text.ptr[strlen(MOMENTS[i])] : ' ';
            if (after == ' ' || after == '\t' || after == '\\') return true;
        }
    return false;
}

/* Letters that Java's case mapping turns into ASCII ones: "uſer" is USER to Spark. */
static bool has_false_ascii(struct sv v) {
    return contains(v, "\xC5\xBF") || contains(v, "\xC4\xB1") || contains(v, "\xC4\xB0") || contains(v, "\xE2\x84\xAA");
}

static enum bypass of_class(enum function_class c) {
    switch (c) {
    case FUNCTION_RANDOM: return BYPASS_RANDOM;
    case FUNCTION_CLOCK: return BYPASS_CLOCK;
    case FUNCTION_PRINCIPAL: return BYPASS_PRINCIPAL;
    case FUNCTION_SESSION: return BYPASS_STATE;
    case FUNCTION_SOURCE: return BYPASS_SOURCE;
    case FUNCTION_EXTERNAL: return BYPASS_EXTERNAL;
    case FUNCTION_UNKNOWN: return BYPASS_FUNCTION;
    default: return BYPASS_NONE;
    }
}

/* IDENTIFIER names a relation by a value: only a plain literal or marker leaves no room for tricks. */
static enum bypass judge_identifier(struct sqlscan s) {
    struct sqltoken arg = sqlscan_next(&s), end = sqlscan_next(&s);
    if (!sqltoken_is_punct(&end, ")")) return BYPASS_OPAQUE;
    if (arg.kind == SQLTOK_MARKER) return BYPASS_NONE;
    if (arg.kind != SQLTOK_STRING || contains(arg.text, "\\") || contains(arg.text, "/")) return BYPASS_OPAQUE;
    struct sv name = sqltoken_unquoted(&arg);
    for (size_t i = 0; i < name.len; i++)
        if (sv_istarts(sv_make(name.ptr + i, name.len - i), SV_LIT("system")) ||
            sv_istarts(sv_make(name.ptr + i, name.len - i), SV_LIT("information_schema")))
            return BYPASS_SYSTEM;
    return BYPASS_NONE;
}

static enum bypass judge_call(const struct window *w) {
    struct sv name = sqltoken_unquoted(&w->cur);
    enum function_class c = function_class_of(name);
    if (sqltoken_is_punct(&w->prev, ".")) return BYPASS_EXTERNAL;
    if (c == FUNCTION_CLOCK_IF_EMPTY) {
        struct sqlscan peek = w->scan;
        struct sqltoken arg = sqlscan_next(&peek);
        return sqltoken_is_punct(&arg, ")") ? BYPASS_CLOCK : BYPASS_NONE;
    }
    if (sv_ieq(name, SV_LIT("identifier"))) return judge_identifier(w->scan);
    if (c == FUNCTION_KEYWORD && w->cur.kind == SQLTOK_NAME) return BYPASS_FUNCTION;
    /* AS t(a, b) names columns and x::decimal(10, 2) a type: nothing is called there */
    bool not_a_call = sqltoken_is(&w->prev, "AS") || sqltoken_is_punct(&w->prev, "::");
    if (c == FUNCTION_UNKNOWN && not_a_call) return BYPASS_NONE;
    return of_class(c);
}

static enum bypass judge_relation(const struct window *w, struct sv name) {
    static const char *const FORMATS[] = {"delta", "parquet",    "csv",     "json", "orc", "avro",
                                          "text",  "binaryfile", "iceberg", "xml",  "jdbc"};
    bool first = !sqltoken_is_punct(&w->prev, "."), last = !sqltoken_is_punct(&w->next, ".");
    bool source = sqltoken_is(&w->prev, "FROM") || sqltoken_is(&w->prev, "JOIN");
    if (w->cur.kind == SQLTOK_NAME && contains(name, "/")) return BYPASS_SOURCE;
    if (!first && IS_ONE_OF(&w->before, FORMATS) && w->cur.kind == SQLTOK_NAME) return BYPASS_SOURCE;
    if (sv_ieq(name, SV_LIT("information_schema")) || sv_istarts(name, SV_LIT("__"))) return BYPASS_SYSTEM;
    if (first && (!last || w->meta) && sv_ieq(name, SV_LIT("system"))) return BYPASS_SYSTEM;
    if (first && !last && (sv_ieq(name, SV_LIT("global_temp")) || sv_ieq(name, SV_LIT("session"))))
        return BYPASS_SYSTEM;
    if (source && sv_istarts(name, SV_LIT("temp"))) return BYPASS_SYSTEM;
    return BYPASS_NONE;
}

static enum bypass judge_bare(const struct window *w, struct sv name) {
    if (sqltoken_is_punct(&w->prev, ".") || sqltoken_is_punct(&w->next, ".") || sqltoken_is(&w->prev, "AS"))
        return BYPASS_NONE;
    if (function_is_bare(name)) {
        enum bypass why = of_class(function_class_of(name));
        return why == BYPASS_NONE ? BYPASS_FUNCTION : why;
    }
    if (sqltoken_is(&w->cur, "STREAM")) return BYPASS_SOURCE;
    if (sqltoken_is(&w->cur, "USING") && w->next.kind == SQLTOK_STRING) return BYPASS_EXTERNAL; /* a script */
    return BYPASS_NONE;
}

static enum bypass judge_name(const struct window *w) {
    struct sv name = sqltoken_unquoted(&w->cur);
    enum bypass why = has_false_ascii(name) ? BYPASS_OPAQUE : judge_relation(w, name);
    if (why != BYPASS_NONE) return why;
    if (sqltoken_is(&w->cur, "TABLESAMPLE")) return BYPASS_RANDOM;
    return sqltoken_is_punct(&w->next, "(") ? judge_call(w) : judge_bare(w, name);
}

static enum bypass judge_string(const struct window *w) {
    static const char *const TYPES[] = {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME"};
    struct sv content = sqltoken_unquoted(&w->cur);
    bool may_be_name = w->cur.text.ptr[0] == '"';
    if (sqltoken_is_punct(&w->next, "(")) return BYPASS_FUNCTION;
    if (classify_is_moment(content)) return BYPASS_CLOCK;
    if (IS_ONE_OF(&w->prev, TYPES) && (contains(content, "\\") || w->next.kind == SQLTOK_STRING)) return BYPASS_CLOCK;
    if (sqltoken_is(&w->prev, "FROM") || sqltoken_is(&w->prev, "JOIN")) return BYPASS_SOURCE;
    if (!may_be_name) return BYPASS_NONE;
    if (has_false_ascii(content)) return BYPASS_OPAQUE;
    enum bypass why = judge_relation(w, content);
    return why != BYPASS_NONE ? why : judge_bare(w, content);
}

static enum bypass judge_token(const struct window *w) {
    if (w->cur.kind == SQLTOK_ODD) return BYPASS_OPAQUE;
    if (w->cur.in_hint) return BYPASS_NONE;
    if (is_name(&w->cur)) return judge_name(w);
    if (w->cur.kind == SQLTOK_STRING) return judge_string(w);
    if (sqltoken_is_punct(&w->cur, ")") && sqltoken_is_punct(&w->next, "("))
        return BYPASS_FUNCTION; /* a computed name called */
    return BYPASS_NONE;
}

static void slide(struct window *w) {
    w->before = w->prev;
    w->prev = w->cur;
    w->cur = w->next;
    w->next = sqlscan_next(&w->scan);
}

/* The first reason not to keep the result; *multi_r when there is a second statement. */
static enum bypass judge(struct sv sql, bool meta, bool *multi_r) {
    struct window w = {.scan = sqlscan_of(sql), .meta = meta};
    enum bypass why = BYPASS_NONE;
    bool ended = false;
    slide(&w);
    for (slide(&w); w.cur.kind != SQLTOK_END; slide(&w)) {
        if (w.cur.kind == SQLTOK_SEMI) {
            ended = true;
            continue;
        }
        if (ended) *multi_r = true;
        if (why == BYPASS_NONE) why = judge_token(&w);
    }
    return why;
}

struct sqlverdict classify(struct sv sql, const struct sqlrules *rules) {
    (void)rules;
    static const enum bypass REASONS[] = {
        [SQL_READ] = BYPASS_NONE,   [SQL_META] = BYPASS_NONE,           [SQL_PROBE] = BYPASS_PROBE,
        [SQL_WRITE] = BYPASS_WRITE, [SQL_AUTHZ] = BYPASS_AUTHZ,         [SQL_SESSION] = BYPASS_SESSION_SQL,
        [SQL_FILE] = BYPASS_FILE,   [SQL_CODE] = BYPASS_CODE,           [SQL_MULTI] = BYPASS_MULTI,
    };
    bool multi = false;
    struct sqlverdict v = {.class = class_of(sql)};
    enum bypass why = judge(sql, v.class == SQL_META, &multi);
    if (multi) v.class = SQL_MULTI;
    v.why = REASONS[v.class] != BYPASS_NONE ? REASONS[v.class] : why;
    return v;
}
