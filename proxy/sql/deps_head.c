#include "deps_priv.h"

/* What the name is to the statement. */
enum role {
    CHANGES,    /* what is in a table */
    DEFINES,    /* a table: also the list of its schema changes */
    SCHEMA,     /* a schema comes: also the list of its catalog changes */
    ALL_SCHEMA, /* … or goes, with all that is in it */
    COLUMN,     /* DEFINES, with the column's name behind the table's */
    HIDDEN,     /* a table, but we do not look for its name */
    NOTHING,    /* no name follows, and nothing changes that a reader could see */
    READS_TABLE,
    READS_SCHEMA,
    READS_CATALOG,
    READS_CURRENT  /* no name follows: the list of the current schema */
};

/* The words behind the verb: a|b = one of them, a trailing ? = may be missing. Tried in order. */
struct head {
    const char *verb, *words;
    enum role role;
};

static const struct head HEADS[] = {
    {"INSERT", "INTO|OVERWRITE INTO? TABLE?", CHANGES},
    {"UPDATE", "", CHANGES},
    {"DELETE", "FROM", CHANGES},
    {"MERGE", "WITH SCHEMA EVOLUTION INTO", CHANGES},
    {"MERGE", "INTO", CHANGES},
    {"COPY", "INTO", CHANGES},
    {"TRUNCATE", "TABLE", CHANGES},
    {"RESTORE", "TABLE?", DEFINES},
    {"OPTIMIZE", "", CHANGES},
    {"VACUUM", "", CHANGES},
    {"REORG", "TABLE", CHANGES},
    {"ANALYZE", "TABLE", CHANGES},
    {"MSCK", "REPAIR TABLE", DEFINES},
    {"FSCK", "REPAIR TABLE", DEFINES},
    {"REPAIR", "TABLE", DEFINES},
    {"REFRESH", "MATERIALIZED? TABLE|VIEW", DEFINES},
    {"REFRESH", "STREAMING TABLE", DEFINES},
    {"CONVERT", "TO DELTA", DEFINES},
    {"REPLACE", "TABLE|VIEW", DEFINES},
    {"CREATE", "OR? REPLACE|REFRESH? EXTERNAL|MANAGED|STREAMING|LIVE|MATERIALIZED? TABLE|VIEW IF? NOT? EXISTS?", DEFINES},
    {"CREATE", "SCHEMA|DATABASE IF? NOT? EXISTS?", SCHEMA},
    {"ALTER", "MATERIALIZED|STREAMING? TABLE|VIEW IF? EXISTS?", DEFINES},
    {"ALTER", "SCHEMA|DATABASE IF? EXISTS?", ALL_SCHEMA},
    {"DROP", "MATERIALIZED|STREAMING? TABLE|VIEW IF? EXISTS?", DEFINES},
    {"DROP", "SCHEMA|DATABASE IF? EXISTS?", ALL_SCHEMA},
    {"UNDROP", "MATERIALIZED? TABLE|VIEW", DEFINES},
    {"COMMENT", "ON TABLE|VIEW", DEFINES},
    {"COMMENT", "ON COLUMN", COLUMN},
    {"COMMENT", "ON SCHEMA|DATABASE", SCHEMA},
    {"UNDROP", "SCHEMA|DATABASE", ALL_SCHEMA},
    {"LOAD", "", HIDDEN},
    {"SYNC", "", HIDDEN},
    {"UNCACHE", "TABLE IF? EXISTS?", NOTHING},
    {"CLEAR", "CACHE", NOTHING},
    {"SET", "", NOTHING},
    {"RESET", "", NOTHING},
    {"USE", "", NOTHING},
    {"DECLARE", "", NOTHING},
    {"PUT", "", NOTHING},
    {"GET", "", NOTHING},
    {"REMOVE", "", NOTHING},
    {"EXPLAIN", "", NOTHING},
    {"LIST", "", NOTHING},
    {"SHOW", "USER|SYSTEM|ALL? TABLES|VIEWS FROM|IN", READS_SCHEMA},
    {"SHOW", "USER|SYSTEM|ALL? TABLES|VIEWS", READS_CURRENT},
    {"SHOW", "SCHEMAS|DATABASES FROM|IN", READS_CATALOG},
    {"SHOW", "CREATE TABLE|VIEW", READS_TABLE},
    {"SHOW", "TBLPROPERTIES|PARTITIONS", READS_TABLE},
    {"SHOW", "COLUMNS FROM|IN", READS_TABLE},
    {"DESCRIBE", "HISTORY|DETAIL", READS_TABLE},
    {"DESCRIBE", "SCHEMA|DATABASE EXTENDED?", READS_SCHEMA},
    {"DESCRIBE", "TABLE? EXTENDED|FORMATTED?", READS_TABLE},
};

/* Words that begin something else than a name, where a name was looked for. */
static bool is_no_name(const struct sqltoken *t) {
    static const char *const WORDS[] = {"SELECT",  "VALUES",  "WITH",   "FROM",   "USING",  "QUERY",  "FUNCTION",
                                        "CATALOG", "SCHEMA",  "DATABASE", "VOLUME", "TABLE", "VIEW",  "FOREIGN",
                                        "SHARE",   "DIRECTORY", "LOCAL", "IDENTIFIER", "CONNECTION", "EXTERNAL",
                                        "STORAGE", "CREDENTIAL", "RECIPIENT", "PROVIDER", "PROCEDURE", "METRIC",
                                        "STREAMING", "MATERIALIZED", "POLICY", "SERVICE", "LOCATION", "INDEX"};
    return IS_ONE_OF(t, WORDS);
}

/* One element of a pattern off the front. */
static struct sv next_element(struct sv *words, bool *optional) {
    struct sv element = *words, rest = SV_NULL;
    sv_cut(*words, ' ', &element, &rest);
    *words = rest;
    *optional = element.len && element.ptr[element.len - 1] == '?';
    if (*optional) element.len--;
    return element;
}

static bool is_alternative(struct sv element, struct sv word) {
    struct sv one = element, rest = SV_NULL;
    while (sv_cut(element, '|', &one, &rest)) {
        if (sv_ieq(one, word)) return true;
        element = rest;
    }
    return sv_ieq(element, word);
}

/* The words behind cur; on success cur is the last of them. */
static bool match(struct deps_cursor *c, const char *pattern) {
    struct deps_cursor at = *c;
    struct sv words = sv_of(pattern);
    while (words.len) {
        bool optional;
        struct sv element = next_element(&words, &optional);
        if (at.next.kind == SQLTOK_WORD && is_alternative(element, at.next.text)) deps_advance(&at);
        else if (!optional) return false;
    }
    *c = at;
    return true;
}

/* The first n parts of a name that was completed, as the name of what holds it. */
static void add_parent(struct deps_walk *w, const struct deps_name *name, int parts) {
    struct deps_name parent = *name;
    parent.n--;
    if (parent.n > 0) {
        deps_add(w, true, &parent, parts - 1);
        return;
    }
    parent.part[0] = parts == 3 ? w->schema : w->catalog;
    parent.n = 1;
    if (parent.part[0].ptr) deps_add(w, true, &parent, parts - 1);
    else w->out->open_writes = true;
}

static void add_target(struct deps_walk *w, struct deps_name *name, enum role role) {
    if (role == COLUMN) {
        if (name->n > 2) w->out->open_writes = true; /* s.t.column, or a field in a column of t? */
        name->odd = name->odd || --name->n == 0;
    }
    int parts = role == SCHEMA || role == ALL_SCHEMA ? 2 : 3;
    deps_add(w, true, name, parts);
    if (role == ALL_SCHEMA) w->out->open_writes = true;
    if (role == CHANGES) return;
    w->out->defines = true;
    if (!name->odd && name->n <= parts) add_parent(w, name, parts);
}

/* CREATE TABLE a LIKE b, CREATE TABLE a SHALLOW CLONE b, ALTER TABLE a RENAME TO b. */
static void take_second_name(struct deps_walk *w) {
    struct deps_cursor *c = &w->at;
    if (match(c, "LIKE") || match(c, "SHALLOW|DEEP? CLONE")) {
        w->expect = true;
    } else if (match(c, "RENAME TO") && deps_is_name(&c->next)) {
        deps_advance(c);
        struct deps_name name = deps_read_name(c);
        add_target(w, &name, DEFINES);
    }
}

/* SHOW and DESCRIBE end with their name: what else qualifies it we do not try to understand. */
static void skip_rest(struct deps_walk *w) {
    for (; w->at.next.kind != SQLTOK_END; deps_advance(&w->at)) {
        const struct sqltoken *t = &w->at.next;
        if (sqltoken_is(t, "IN") || sqltoken_is(t, "FROM") || t->kind == SQLTOK_ODD || sqltoken_is_punct(t, "("))
            w->out->open_reads = true;
    }
}

static void add_read(struct deps_walk *w, enum role role) {
    struct deps_name name = {.n = 1, .part = {w->schema}};
    if (role == READS_CURRENT && !w->schema.ptr) w->out->open_reads = true;
    if (role != READS_CURRENT) {
        deps_advance(&w->at);
        name = deps_read_name(&w->at);
    }
    if (name.part[0].ptr) deps_add(w, false, &name, role == READS_TABLE ? 3 : role == READS_CATALOG ? 1 : 2);
    w->not_fixed = true;
    skip_rest(w);
}

static void apply(struct deps_walk *w, enum role role) {
    bool named = deps_is_name(&w->at.next) && !is_no_name(&w->at.next);
    bool reads = role >= READS_TABLE;
    if (role == NOTHING) return;
    if (role == HIDDEN || (!named && !reads)) {
        deps_hide(w, true);
    } else if (!named && role != READS_CURRENT) {
        w->out->open_reads = true;
    } else if (reads) {
        add_read(w, role);
    } else {
        deps_advance(&w->at);
        struct deps_name name = deps_read_name(&w->at);
        add_target(w, &name, role);
        take_second_name(w);
    }
}

static void open_everything(struct deps_walk *w) {
    if (w->verb.class == SQL_META) w->out->open_reads = true;
    else if (w->verb.class != SQL_SESSION && w->verb.class != SQL_PROBE) w->out->open_writes = true;
}

void deps_head(struct deps_walk *w) {
    struct sqltoken verb = w->at.cur;
    struct sv word = sqltoken_is(&verb, "DESC") ? SV_LIT("DESCRIBE") : verb.text;
    w->merge = sqltoken_is(&verb, "MERGE");
    for (size_t i = 0; i < sizeof HEADS / sizeof *HEADS; i++) {
        if (!sv_ieq(word, sv_of(HEADS[i].verb)) || !match(&w->at, HEADS[i].words)) continue;
        apply(w, HEADS[i].role);
        return;
    }
    open_everything(w);
}
