#define _GNU_SOURCE /* memmem */
#include "classify.h"

#include "deps.h"
#include "functions.h"

enum { MAX_DEPTH = 64, MAX_CHAIN = 3, MAX_NAME = 256 };

/* A walk over the tokens with what must be remembered on the way. */
struct judge {
    const struct sqlrules *rules;
    struct sqlverdict *out;
    struct sqlscan scan;                          /* behind next */
    struct sqltoken before, prev, cur, next;
    struct sqltoken chain[MAX_CHAIN];             /* a.b.c, as far as cur */
    int n_chain;                                  /* MAX_CHAIN + 1 = longer */
    size_t depth, leading;                        /* parentheses open; those before the first word */
    uint64_t ordered;                             /* bit per depth: this query has had its ORDER BY */
    uint64_t in_with;                             /* bit per depth: in a list of common table expressions */
    bool cte_next;                                /* the next name is that of one */
    bool begun;
    bool script;                                  /* SELECT TRANSFORM … USING 'program' */
};

static bool is_name(const struct sqltoken *t) { return t->kind == SQLTOK_WORD || t->kind == SQLTOK_NAME; }

static bool contains(struct sv text, const char *what) {
    return text.len && memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static void note(struct judge *j, enum sqltrait trait) { j->out->traits |= (uint32_t)trait; }

static uint64_t bit(size_t depth) { return depth < MAX_DEPTH ? (uint64_t)1 << depth : 0; }

/* ---- words that mean the present ------------------------------------------------------------------------------- */

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

static enum bypass opaque(struct judge *j) {
    note(j, SQLTRAIT_OPAQUE);
    return BYPASS_OPAQUE;
}

/* ---- functions ------------------------------------------------------------------------------------------------- */

static enum bypass judge_clock(struct judge *j, struct sv name) {
    bool date = sv_ieq(name, SV_LIT("current_date")) || sv_ieq(name, SV_LIT("curdate"));
    note(j, date ? SQLTRAIT_TODAY : SQLTRAIT_CLOCK);
    return date && j->rules->day_bucket ? BYPASS_NONE : BYPASS_CLOCK;
}

static enum bypass judge_session_value(struct judge *j, struct sv name) {
    static const struct {
        const char *name;
        enum sqlkeyed keyed;
    } ROWS[] = {{"current_catalog", SQLKEYED_CATALOG}, {"current_schema", SQLKEYED_SCHEMA},
                {"current_database", SQLKEYED_SCHEMA}, {"current_timezone", SQLKEYED_TIME_ZONE}};
    note(j, SQLTRAIT_SESSION_VALUES);
    if (sv_ieq(name, SV_LIT("current_timezone"))) note(j, SQLTRAIT_TIME_ZONE);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (sv_ieq(name, sv_of(ROWS[i].name)) && (j->rules->keyed & ROWS[i].keyed)) return BYPASS_NONE;
    return BYPASS_STATE;
}

static enum bypass judge_function(struct judge *j, struct sv name, enum function_class c) {
    switch (c) {
    case FUNCTION_RANDOM: return BYPASS_RANDOM;
    case FUNCTION_CLOCK: return judge_clock(j, name);
    case FUNCTION_SESSION: return judge_session_value(j, name);
    case FUNCTION_SOURCE: return BYPASS_SOURCE;
    case FUNCTION_EXTERNAL: return BYPASS_EXTERNAL;
    case FUNCTION_UNKNOWN: return BYPASS_FUNCTION;
    case FUNCTION_PRINCIPAL:
        note(j, SQLTRAIT_PRINCIPAL);
        return j->rules->principal_functions ? BYPASS_NONE : BYPASS_PRINCIPAL;
    case FUNCTION_ORDER:
        note(j, SQLTRAIT_ORDER_DEPENDENT);
        return BYPASS_NONE;
    default: return BYPASS_NONE;
    }
}

/* IDENTIFIER names a relation by a value: only a plain literal or marker leaves no room for tricks. */
static enum bypass judge_identifier(struct judge *j) {
    struct sqlscan s = j->scan;
    struct sqltoken arg = sqlscan_next(&s), end = sqlscan_next(&s);
    note(j, SQLTRAIT_IDENTIFIER);
    if (!sqltoken_is_punct(&end, ")")) return BYPASS_OPAQUE;
    if (arg.kind == SQLTOK_MARKER) return BYPASS_NONE;
    if (arg.kind != SQLTOK_STRING || contains(arg.text, "\\") || contains(arg.text, "/")) return BYPASS_OPAQUE;
    struct sv name = sqltoken_unquoted(&arg);
    for (size_t i = 0; i < name.len; i++)
        if (sv_istarts(sv_make(name.ptr + i, name.len - i), SV_LIT("system")) ||
            sv_istarts(sv_make(name.ptr + i, name.len - i), SV_LIT("information_schema"))) {
            note(j, SQLTRAIT_SYSTEM);
            return j->rules->system_relations ? BYPASS_NONE : BYPASS_SYSTEM;
        }
    return BYPASS_NONE;
}

/* catalog.schema.name( where the operator vouches for it. */
static enum bypass judge_user_function(struct judge *j) {
    char text[MAX_NAME];
    size_t len = 0;
    if (j->n_chain != MAX_CHAIN) return BYPASS_EXTERNAL;
    for (int i = 0; i < MAX_CHAIN; i++) {
        struct sv part = sqltoken_unquoted(&j->chain[i]);
        if (len + part.len + 1 > sizeof text || contains(part, ".") || contains(part, "`")) return BYPASS_EXTERNAL;
        memcpy(text + len, part.ptr, part.len);
        len += part.len;
        text[len++] = '.';
    }
    for (int i = 0; i < j->rules->n_udf_allow; i++)
        if (sqldeps_matches(sv_of(j->rules->udf_allow[i]), sv_make(text, len - 1))) {
            note(j, SQLTRAIT_UDF);
            return BYPASS_NONE;
        }
    return BYPASS_EXTERNAL;
}

static enum bypass judge_call(struct judge *j, struct sv name) {
    enum function_class c = function_class_of(name);
    if (sqltoken_is_punct(&j->prev, ".")) return judge_user_function(j);
    if (c == FUNCTION_CLOCK_IF_EMPTY) {
        struct sqlscan peek = j->scan;
        struct sqltoken arg = sqlscan_next(&peek);
        return sqltoken_is_punct(&arg, ")") ? judge_clock(j, name) : BYPASS_NONE;
    }
    if (sv_ieq(name, SV_LIT("identifier"))) return judge_identifier(j);
    if (c == FUNCTION_KEYWORD && j->cur.kind == SQLTOK_NAME) return BYPASS_FUNCTION;
    /* AS t(a, b) names columns and x::decimal(10, 2) a type: nothing is called there */
    bool not_a_call = sqltoken_is(&j->prev, "AS") || sqltoken_is_punct(&j->prev, "::");
    if (c == FUNCTION_UNKNOWN && not_a_call) return BYPASS_NONE;
    return judge_function(j, name, c);
}

/* ---- relations ------------------------------------------------------------------------------------------------- */

static enum bypass judge_system(struct judge *j) {
    note(j, SQLTRAIT_SYSTEM);
    return j->rules->system_relations ? BYPASS_NONE : BYPASS_SYSTEM;
}

static enum bypass judge_path(struct judge *j) {
    note(j, SQLTRAIT_PATH);
    return j->rules->path_relations ? BYPASS_NONE : BYPASS_SOURCE;
}

static enum bypass judge_relation(struct judge *j, struct sv name) {
    static const char *const FORMATS[] = {"delta", "parquet",    "csv",     "json", "orc", "avro",
                                          "text",  "binaryfile", "iceberg", "xml",  "jdbc"};
    bool first = !sqltoken_is_punct(&j->prev, "."), last = !sqltoken_is_punct(&j->next, ".");
    bool source = sqltoken_is(&j->prev, "FROM") || sqltoken_is(&j->prev, "JOIN");
    bool meta = j->out->class == SQL_META;
    if (j->cur.kind == SQLTOK_NAME && contains(name, "/")) return judge_path(j);
    if (!first && IS_ONE_OF(&j->before, FORMATS) && j->cur.kind == SQLTOK_NAME) return judge_path(j);
    if (sv_ieq(name, SV_LIT("information_schema")) || sv_istarts(name, SV_LIT("__"))) return judge_system(j);
    if (first && (!last || meta) && sv_ieq(name, SV_LIT("system"))) return judge_system(j);
    if (first && !last && (sv_ieq(name, SV_LIT("global_temp")) || sv_ieq(name, SV_LIT("session"))))
        return BYPASS_STATE;
    if (source && last && sv_istarts(name, SV_LIT("temp"))) return judge_system(j);
    return BYPASS_NONE;
}

/* TIMESTAMP AS OF wants a constant: an expression may mean another moment each time. cur is OF. */
static enum bypass judge_time_travel(struct judge *j) {
    static const char *const TYPES[] = {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ"};
    struct sqlscan peek = j->scan;
    struct sqltoken after = sqlscan_next(&peek);
    enum sqltok kind = IS_ONE_OF(&j->next, TYPES) ? after.kind : j->next.kind;
    note(j, SQLTRAIT_TIME_TRAVEL);
    return kind == SQLTOK_STRING || kind == SQLTOK_NUMBER || kind == SQLTOK_MARKER ? BYPASS_NONE : BYPASS_CLOCK;
}

/* ---- tokens ---------------------------------------------------------------------------------------------------- */

static enum bypass judge_bare(struct judge *j, struct sv name) {
    if (sqltoken_is_punct(&j->prev, ".") || sqltoken_is_punct(&j->next, ".") || sqltoken_is(&j->prev, "AS"))
        return BYPASS_NONE;
    if (function_is_bare(name)) return judge_function(j, name, function_class_of(name));
    if (sqltoken_is(&j->cur, "STREAM")) return BYPASS_SOURCE;
    if (sqltoken_is(&j->cur, "USING") && j->next.kind == SQLTOK_STRING) j->script = true;
    return BYPASS_NONE;
}

static void note_limit(struct judge *j) {
    bool counts = j->next.kind == SQLTOK_NUMBER || j->next.kind == SQLTOK_MARKER;
    bool outermost = j->depth <= j->leading;
    bool key_word = !sqltoken_is_punct(&j->prev, ".") && !sqltoken_is_punct(&j->prev, ",") &&
                    !sqltoken_is(&j->prev, "SELECT") && !sqltoken_is(&j->prev, "AS");
    if (!(j->ordered & bit(j->depth))) note(j, SQLTRAIT_ORDER_DEPENDENT);
    if (counts && outermost && key_word && sqltoken_is(&j->cur, "LIMIT")) note(j, SQLTRAIT_LIMIT);
}

/* The words that shape a query. */
static void note_clause(struct judge *j) {
    static const char *const SETS[] = {"UNION", "INTERSECT", "EXCEPT", "MINUS"};
    static const char *const CUTS[] = {"LIMIT", "OFFSET"};
    static const char *const MAIN[] = {"SELECT", "FROM", "VALUES", "TABLE"};
    bool starts = !j->begun || sqltoken_is_punct(&j->prev, "(");
    if (sqltoken_is(&j->cur, "ORDER") && sqltoken_is(&j->next, "BY")) j->ordered |= bit(j->depth);
    if (IS_ONE_OF(&j->cur, CUTS)) note_limit(j);
    if (IS_ONE_OF(&j->cur, SETS)) {
        j->ordered &= ~bit(j->depth);
        if (j->depth < j->leading) j->out->traits &= ~(uint32_t)SQLTRAIT_LIMIT;
    }
    if (IS_ONE_OF(&j->cur, MAIN)) j->in_with &= ~bit(j->depth);
    if (sqltoken_is(&j->cur, "WITH") && starts && is_name(&j->next)) {
        note(j, SQLTRAIT_CTE);
        j->in_with |= bit(j->depth);
        j->cte_next = true;
    } else if (!(sqltoken_is(&j->cur, "RECURSIVE") && is_name(&j->next) && !sqltoken_is(&j->next, "AS"))) {
        j->cte_next = false;
    }
}

static enum bypass judge_name(struct judge *j) {
    struct sv name = sqltoken_unquoted(&j->cur);
    bool names_cte = j->cte_next;
    note_clause(j);
    if (has_false_ascii(name)) return opaque(j);
    if (sqltoken_is(&j->cur, "OF") && sqltoken_is(&j->prev, "AS")) return judge_time_travel(j);
    enum bypass why = judge_relation(j, name);
    if (why != BYPASS_NONE) return why;
    if (sqltoken_is(&j->cur, "TABLESAMPLE")) return BYPASS_RANDOM;
    if (names_cte && !j->cte_next) return BYPASS_NONE;
    return sqltoken_is_punct(&j->next, "(") ? judge_call(j, name) : judge_bare(j, name);
}

static enum bypass judge_string(struct judge *j) {
    static const char *const TYPES[] = {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME"};
    struct sv content = sqltoken_unquoted(&j->cur);
    bool may_be_name = j->cur.text.ptr[0] == '"';
    bool typed = IS_ONE_OF(&j->prev, TYPES) && (contains(content, "\\") || j->next.kind == SQLTOK_STRING);
    if (sqltoken_is_punct(&j->next, "(")) return BYPASS_FUNCTION;
    if (classify_is_moment(content) || typed) {
        note(j, SQLTRAIT_CLOCK);
        return BYPASS_CLOCK;
    }
    if (sqltoken_is(&j->prev, "FROM") || sqltoken_is(&j->prev, "JOIN")) return BYPASS_SOURCE;
    if (!may_be_name) return BYPASS_NONE;
    if (has_false_ascii(content)) return opaque(j);
    enum bypass why = judge_relation(j, content);
    return why != BYPASS_NONE ? why : judge_bare(j, content);
}

static bool ends_select_word(const struct sqltoken *t) {
    return sqltoken_is(t, "SELECT") || sqltoken_is(t, "DISTINCT") || sqltoken_is(t, "ALL") ||
           (t->kind == SQLTOK_HINT && t->text.len == 2) || sqltoken_is_punct(t, ",") || sqltoken_is_punct(t, ".");
}

static enum bypass judge_punct(struct judge *j) {
    if (sqltoken_is_punct(&j->cur, "(")) {
        j->leading += !j->begun;
        j->depth++;
        j->ordered &= ~bit(j->depth);
        j->in_with &= ~bit(j->depth);
    } else if (sqltoken_is_punct(&j->cur, ")")) {
        j->depth -= j->depth > 0;
        if (sqltoken_is_punct(&j->next, "(")) return BYPASS_FUNCTION; /* a computed name called */
    } else if (sqltoken_is_punct(&j->cur, ",")) {
        j->cte_next = (j->in_with & bit(j->depth)) && sqltoken_is_punct(&j->prev, ")");
    } else if (sqltoken_is_punct(&j->cur, "*")) {
        if (ends_select_word(&j->prev)) note(j, SQLTRAIT_SELECT_STAR);
    } else if (sqltoken_is_punct(&j->cur, "|>")) {
        if (!sqlverb_is_pipe(&j->next)) return opaque(j);
    }
    return BYPASS_NONE;
}

/* A hint stands behind SELECT; elsewhere somebody might read it as a comment. */
static enum bypass judge_hint(struct judge *j) {
    bool opens = j->cur.text.len == 3;
    return !opens || sqltoken_is(&j->prev, "SELECT") || j->prev.kind == SQLTOK_HINT ? BYPASS_NONE : opaque(j);
}

static enum bypass judge_token(struct judge *j) {
    enum bypass why = BYPASS_NONE;
    if (j->cur.kind == SQLTOK_ODD) return opaque(j);
    if (j->cur.kind == SQLTOK_HINT) return judge_hint(j);
    if (j->cur.in_hint) return BYPASS_NONE;
    if (is_name(&j->cur)) why = judge_name(j);
    if (j->cur.kind == SQLTOK_STRING) why = judge_string(j);
    if (j->cur.kind == SQLTOK_PUNCT) why = judge_punct(j);
    if (!is_name(&j->cur) && !sqltoken_is_punct(&j->cur, ",")) j->cte_next = false;
    if (!sqltoken_is_punct(&j->cur, "(")) j->begun = true;
    return why;
}

static void extend_chain(struct judge *j) {
    bool goes_on = sqltoken_is_punct(&j->prev, ".") && j->n_chain;
    if (is_name(&j->cur)) {
        if (!goes_on) j->n_chain = 0;
        if (j->n_chain < MAX_CHAIN) j->chain[j->n_chain] = j->cur;
        j->n_chain += j->n_chain <= MAX_CHAIN;
    } else if (!sqltoken_is_punct(&j->cur, ".")) {
        j->n_chain = 0;
    }
}

static void slide(struct judge *j) {
    j->before = j->prev;
    j->prev = j->cur;
    j->cur = j->next;
    j->next = sqlscan_next(&j->scan);
}

/* The first reason not to keep the result; *multi_r when there is a second statement. */
static enum bypass judge(struct judge *j, bool *multi_r) {
    enum bypass why = BYPASS_NONE;
    bool ended = false;
    slide(j);
    for (slide(j); j->cur.kind != SQLTOK_END; slide(j)) {
        if (j->cur.kind == SQLTOK_SEMI) {
            ended = true;
            continue;
        }
        if (ended) *multi_r = true;
        extend_chain(j);
        enum bypass now = judge_token(j);
        if (why == BYPASS_NONE) why = now;
    }
    return why;
}

/* ---- the verdict ----------------------------------------------------------------------------------------------- */

static enum bypass reason_of_class(enum sqlclass c) {
    static const enum bypass REASONS[] = {
        [SQL_READ] = BYPASS_NONE,   [SQL_META] = BYPASS_NONE,           [SQL_PROBE] = BYPASS_PROBE,
        [SQL_WRITE] = BYPASS_WRITE, [SQL_AUTHZ] = BYPASS_AUTHZ,         [SQL_SESSION] = BYPASS_SESSION_SQL,
        [SQL_FILE] = BYPASS_FILE,   [SQL_CODE] = BYPASS_CODE,           [SQL_MULTI] = BYPASS_MULTI,
    };
    return REASONS[c];
}

/* EXPLAIN [EXTENDED | CODEGEN | COST | FORMATTED] of something that reads. */
static bool explains_read(const struct sqlverb *verb) {
    static const char *const HOW[] = {"EXTENDED", "CODEGEN", "COST", "FORMATTED"};
    struct sqlscan s = verb->rest;
    struct sqltoken t = sqlscan_next(&s);
    struct sqlscan inner = verb->rest;
    if (!sv_ieq(verb->word, SV_LIT("EXPLAIN"))) return false;
    if (IS_ONE_OF(&t, HOW)) inner = s;
    return sqlverb_of(sv_make(inner.text.ptr + inner.at, inner.text.len - inner.at)).class == SQL_READ;
}

/* Reasons that only all of the text can give. */
static enum bypass judge_whole(const struct sqlverdict *v, const struct sqlrules *rules) {
    if ((v->traits & SQLTRAIT_TODAY) && (v->traits & SQLTRAIT_CLOCK)) return BYPASS_CLOCK;
    if (rules->strict_order && (v->traits & SQLTRAIT_ORDER_DEPENDENT)) return BYPASS_ORDER;
    return BYPASS_NONE;
}

struct sqlverdict classify(struct sv sql, const struct sqlrules *rules) {
    static const struct sqlrules STRICTEST = {0};
    struct sqlverb verb = sqlverb_of(sql);
    struct sqlverdict v = {.class = verb.class, .verb = verb.word};
    struct judge j = {.rules = rules ? rules : &STRICTEST, .out = &v, .scan = sqlscan_of(sql)};
    bool multi = false, explain = explains_read(&verb);
    enum bypass why = judge(&j, &multi), of_class;
    if (j.script && v.class == SQL_READ) v.class = SQL_CODE;
    if (multi) v.class = SQL_MULTI;
    if (explain) v.traits |= SQLTRAIT_EXPLAIN;
    if (sv_ieq(verb.word, SV_LIT("TABLE"))) v.traits |= SQLTRAIT_SELECT_STAR;
    of_class = explain && !multi && j.rules->explain ? BYPASS_NONE : reason_of_class(v.class);
    if (why == BYPASS_NONE) why = judge_whole(&v, j.rules);
    v.why = of_class != BYPASS_NONE ? of_class : why;
    return v;
}
