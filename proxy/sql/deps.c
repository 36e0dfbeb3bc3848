#include "deps.h"

#include "deps_priv.h"

/* ---- tokens ---------------------------------------------------------------------------------------------------- */

static struct sqltoken fetch(struct sqlscan *s) {
    struct sqltoken t = sqlscan_next(s);
    while ((t.in_hint || t.kind == SQLTOK_HINT) && t.kind != SQLTOK_ODD && t.kind != SQLTOK_END) t = sqlscan_next(s);
    return t;
}

void deps_advance(struct deps_cursor *c) {
    c->prev = c->cur;
    c->cur = c->next;
    c->next = fetch(&c->scan);
}

struct sqltoken deps_peek(const struct deps_cursor *c) {
    struct sqlscan s = c->scan;
    return fetch(&s);
}

struct deps_name deps_read_name(struct deps_cursor *c) {
    struct deps_name name = {.odd = !deps_is_name(&c->cur)};
    name.part[name.n++] = sqltoken_unquoted(&c->cur);
    while (sqltoken_is_punct(&c->next, ".")) {
        deps_advance(c);
        deps_advance(c);
        if (!deps_is_name(&c->cur)) name.odd = true;
        if (name.n < DEPS_MAX_PARTS) name.part[name.n] = sqltoken_unquoted(&c->cur);
        name.n += name.n < DEPS_MAX_PARTS;
    }
    return name;
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

enum { MAX_PART = 255, MAX_CANONICAL = 3 * (MAX_PART + 3) };

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* Letters beyond ASCII have cases of their own, a slash makes a path: neither is compared by us. */
static bool is_plain(struct sv part) {
    for (size_t i = 0; i < part.len; i++)
        if ((unsigned char)part.ptr[i] >= 0x80 || part.ptr[i] == '/') return false;
    return part.len > 0 && part.len <= MAX_PART;
}

static bool needs_quotes(struct sv part) { return memchr(part.ptr, '.', part.len) || memchr(part.ptr, '`', part.len); }

static char *put_part(char *out, struct sv part) {
    bool quotes = needs_quotes(part);
    if (quotes) *out++ = '`';
    for (size_t i = 0; i < part.len; i++) *out++ = lower(part.ptr[i]);
    if (quotes) *out++ = '`';
    return out;
}

static struct sv canonical(char room[MAX_CANONICAL], const struct sv *parts, int n) {
    char *end = room;
    for (int i = 0; i < n; i++) {
        if (i) *end++ = '.';
        end = put_part(end, parts[i]);
    }
    return sv_make(room, (size_t)(end - room));
}

void deps_hide(struct deps_walk *w, bool write) {
    *(write ? &w->out->open_writes : &w->out->open_reads) = true;
    w->out->hidden = true;
}

/* The parts in front that the text left out, as far as they are known: those nearest to the name first. */
static int complete(const struct deps_walk *w, const struct deps_name *name, int parts, struct sv all[3]) {
    struct sv defaults[3] = {w->catalog, w->schema, SV_NULL};
    int first = parts - name->n;
    for (int i = 0; i < name->n; i++) all[first + i] = name->part[i];
    for (int i = first - 1; i >= 0; i--) {
        if (!defaults[i].ptr || !is_plain(defaults[i])) return i + 1;
        all[i] = defaults[i];
    }
    return 0;
}

void deps_add(struct deps_walk *w, bool write, const struct deps_name *name, int parts) {
    struct sqldep *list = write ? w->out->writes : w->out->reads;
    int *n = write ? &w->out->n_writes : &w->out->n_reads;
    struct sv all[3];
    char text[MAX_CANONICAL];
    bool plain = !name->odd && name->n <= parts;
    for (int i = 0; plain && i < name->n; i++) plain = is_plain(name->part[i]);
    if (!plain) {
        deps_hide(w, write);
        return;
    }
    struct sqldep d = {.parts = parts, .missing = complete(w, name, parts, all)};
    d.name = canonical(text, all + d.missing, parts - d.missing);
    if (d.missing) *(write ? &w->out->open_writes : &w->out->open_reads) = true;
    for (int i = 0; i < *n; i++)
        if (list[i].parts == parts && list[i].missing == d.missing && sv_eq(list[i].name, d.name)) return;
    if (*n == SQLDEPS_MAX) {
        deps_hide(w, write);
        return;
    }
    d.name.ptr = arena_dup(w->arena, d.name);
    if (d.name.ptr) list[(*n)++] = d;
    else w->no_memory = true;
}

/* ---- common table expressions ---------------------------------------------------------------------------------- */

static uint64_t bit(const struct deps_walk *w) { return w->depth < DEPS_MAX_DEPTH ? (uint64_t)1 << w->depth : 0; }

static bool is_cte(const struct deps_walk *w, struct sv name) {
    for (int i = w->n_ctes; i > 0; i--)
        if (w->ctes[i - 1].visible && sv_ieq(w->ctes[i - 1].name, name)) return true;
    return false;
}

/* cur is WITH, RECURSIVE or a comma, and next the name. */
static void begin_cte(struct deps_walk *w) {
    deps_advance(&w->at);
    if (!deps_is_name(&w->at.cur) || w->n_ctes == DEPS_MAX_CTES) {
        deps_hide(w, false);
        return;
    }
    w->ctes[w->n_ctes++] = (struct deps_cte){
        .name = sqltoken_unquoted(&w->at.cur), .depth = w->depth, .visible = (w->recursive & bit(w)) != 0};
}

/* WITH name AS ( …, WITH name ( …; not WITH ROLLUP, nor the options of a table. */
static void begin_with(struct deps_walk *w) {
    struct sqltoken after = deps_peek(&w->at);
    bool recursive = sqltoken_is(&w->at.next, "RECURSIVE") && deps_is_name(&after) && !sqltoken_is(&after, "AS");
    bool list = deps_is_name(&w->at.next) && (recursive || sqltoken_is(&after, "AS") || sqltoken_is(&after, "MAX") ||
                                              sqltoken_is_punct(&after, "("));
    if (!list) return;
    w->in_with |= bit(w);
    w->recursive = recursive ? w->recursive | bit(w) : w->recursive & ~bit(w);
    if (recursive) deps_advance(&w->at);
    begin_cte(w);
}

static struct deps_cte *pending_cte(struct deps_walk *w) {
    struct deps_cte *last = w->n_ctes ? &w->ctes[w->n_ctes - 1] : NULL;
    return last && last->depth == w->depth && !last->visible ? last : NULL;
}

/* A parenthesis ended: it may have been the body of the pending one, or only its list of columns. */
static void end_cte_body(struct deps_walk *w) {
    struct deps_cte *c = pending_cte(w);
    bool columns = sqltoken_is(&w->at.next, "AS") || sqltoken_is(&w->at.next, "MAX") || sqltoken_is_punct(&w->at.next, "(");
    if (c && (c->has_as || !columns)) c->visible = true;
}

/* ---- relations ------------------------------------------------------------------------------------------------- */

/* Functions that make rows from their arguments alone. */
static bool is_generator(struct sv name) {
    static const char *const NAMES[] = {"range", "explode", "explode_outer", "posexplode", "posexplode_outer",
                                        "inline", "inline_outer", "stack", "json_tuple", "variant_explode",
                                        "variant_explode_outer", "sql_keywords", "collations"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (sv_ieq(name, sv_of(NAMES[i]))) return true;
    return false;
}

static bool is_format(struct sv name) {
    static const char *const NAMES[] = {"delta", "parquet", "csv", "json", "orc", "avro", "text", "binaryfile",
                                        "iceberg", "xml", "jdbc"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (sv_ieq(name, sv_of(NAMES[i]))) return true;
    return false;
}

/* … VERSION AS OF 3, behind cur. */
static bool has_fixed_version(const struct deps_walk *w) {
    struct deps_cursor c = w->at;
    deps_advance(&c);
    if (sqltoken_is(&c.cur, "FOR")) deps_advance(&c);
    if (!sqltoken_is(&c.cur, "VERSION") && !sqltoken_is(&c.cur, "SYSTEM_VERSION")) return false;
    deps_advance(&c);
    if (!sqltoken_is(&c.cur, "AS") || !sqltoken_is(&c.next, "OF")) return false;
    return deps_peek(&c).kind == SQLTOK_NUMBER;
}

static void take_relation(struct deps_walk *w) {
    struct deps_name name = deps_read_name(&w->at);
    bool call = sqltoken_is_punct(&w->at.next, "(");
    if (call && name.n == 1 && is_generator(name.part[0])) return;
    /* t (a, b) is a table and its columns, too: Spark asks for AS or an alias there, and so it is a call */
    if (call || name.odd || (name.n == 2 && is_format(name.part[0]))) {
        deps_hide(w, false);
        return;
    }
    if (name.n == 1 && is_cte(w, name.part[0])) return;
    if (!has_fixed_version(w)) w->not_fixed = true;
    deps_add(w, false, &name, 3);
}

static void open_paren(struct deps_walk *w) {
    static const char *const WITH_FROM[] = {"EXTRACT", "TRIM", "SUBSTRING", "SUBSTR", "OVERLAY"};
    if (++w->depth >= DEPS_MAX_DEPTH) deps_hide(w, false);
    w->in_call = IS_ONE_OF(&w->at.prev, WITH_FROM) ? w->in_call | bit(w) : w->in_call & ~bit(w);
    w->in_from &= ~bit(w);
    w->no_comma &= ~bit(w);
    w->in_values &= ~bit(w);
    w->in_with &= ~bit(w);
}

static void close_paren(struct deps_walk *w) {
    w->depth -= w->depth > 0;
    while (w->n_ctes && w->ctes[w->n_ctes - 1].depth > w->depth) w->n_ctes--;
    end_cte_body(w);
}

/* LATERAL before a subquery or a function; otherwise it is a table of that name. */
static bool is_lateral(const struct deps_walk *w) {
    struct sqltoken after = deps_peek(&w->at);
    return sqltoken_is(&w->at.cur, "LATERAL") &&
           (sqltoken_is_punct(&w->at.next, "(") || (deps_is_name(&w->at.next) && sqltoken_is_punct(&after, "(")));
}

static bool begins_query(const struct sqltoken *t) {
    static const char *const WORDS[] = {"SELECT", "WITH", "FROM"};
    return IS_ONE_OF(t, WORDS);
}

/* cur begins a relation, so it was said. True: it is used up. */
static bool take_expected(struct deps_walk *w) {
    const struct sqltoken *cur = &w->at.cur, *next = &w->at.next;
    if (sqltoken_is_punct(cur, "(")) {
        open_paren(w);
        w->in_from |= bit(w);
        return true;
    }
    if (is_lateral(w)) return true;
    if (sqltoken_is(cur, "TABLE") && deps_is_name(next)) return true;
    w->expect = false;
    if (begins_query(cur)) return false;
    if (sqltoken_is(cur, "VALUES") && !deps_is_name(next)) {
        w->in_values |= bit(w);
        return true;
    }
    bool stream = sqltoken_is(cur, "STREAM") && (deps_is_name(next) || sqltoken_is_punct(next, "("));
    bool table = sqltoken_is(cur, "TABLE") || sqltoken_is(cur, "IDENTIFIER");
    if (cur->kind == SQLTOK_STRING && cur->text.ptr[0] != '"') w->out->open_reads = true; /* a path */
    else if (!deps_is_name(cur) || stream || (table && sqltoken_is_punct(next, "("))) deps_hide(w, false);
    else take_relation(w);
    return deps_is_name(&w->at.cur);
}

/* ---- clauses --------------------------------------------------------------------------------------------------- */

static bool is_from_clause(const struct deps_walk *w) {
    return !sqltoken_is(&w->at.prev, "DISTINCT") && !(w->in_call & bit(w)); /* IS DISTINCT FROM */
}

static void end_from(struct deps_walk *w, bool commas_follow) {
    w->in_from &= ~bit(w);
    w->no_comma = commas_follow ? w->no_comma & ~bit(w) : w->no_comma | bit(w);
}

static void begin_relations(struct deps_walk *w) {
    w->expect = true;
    w->in_from |= bit(w);
    w->no_comma &= ~bit(w);
}

/* The words that begin or end a list of relations. */
static void take_clause(struct deps_walk *w) {
    static const char *const SINGLE[] = {"WHERE", "HAVING", "QUALIFY", "LIMIT", "OFFSET"};
    static const char *const LISTS[] = {"GROUP", "ORDER", "SORT", "CLUSTER", "DISTRIBUTE"};
    static const char *const SETS[] = {"UNION", "INTERSECT", "EXCEPT", "MINUS"};
    const struct sqltoken *cur = &w->at.cur, *next = &w->at.next;
    if (sqltoken_is(cur, "JOIN")) begin_relations(w);
    else if (IS_ONE_OF(cur, SINGLE)) end_from(w, false);
    else if (IS_ONE_OF(cur, LISTS) && sqltoken_is(next, "BY")) end_from(w, true);
    else if (IS_ONE_OF(cur, SETS) && !sqltoken_is_punct(&w->at.prev, "*")) end_from(w, false);
    else if (sqltoken_is(cur, "VALUES")) end_from(w, true);
    else if (sqltoken_is(cur, "LATERAL") && sqltoken_is(next, "VIEW")) end_from(w, true);
    else if (sqltoken_is(cur, "TABLE") && deps_is_name(next)) w->expect = true;
    else if (sqltoken_is(cur, "WINDOW") && deps_is_name(next)) {
        struct sqltoken after = deps_peek(&w->at);
        if (sqltoken_is(&after, "AS")) end_from(w, true);
    } else if (sqltoken_is(cur, "USING") && w->merge && w->depth == 0) {
        w->merge = false;
        begin_relations(w);
    }
}

static void take_word(struct deps_walk *w) {
    const struct sqltoken *cur = &w->at.cur;
    bool alias = sqltoken_is(&w->at.prev, "AS") && !sqltoken_is(cur, "SELECT") && !sqltoken_is(cur, "WITH") &&
                 !sqltoken_is(cur, "FROM") && !sqltoken_is(cur, "TABLE") && !sqltoken_is(cur, "VALUES");
    w->in_values &= ~bit(w);
    if (alias || sqltoken_is_punct(&w->at.prev, ".")) return;
    if (sqltoken_is(cur, "SELECT")) {
        w->in_call &= ~bit(w);
        w->in_with &= ~bit(w);
        end_from(w, !sqltoken_is_punct(&w->at.next, ","));
    } else if (sqltoken_is(cur, "FROM")) {
        if (is_from_clause(w)) begin_relations(w);
    } else if (sqltoken_is(cur, "WITH")) {
        begin_with(w);
    } else if (sqltoken_is(cur, "AS")) {
        struct deps_cte *c = pending_cte(w);
        if (c) c->has_as = true;
    } else {
        take_clause(w);
    }
}

static void take_comma(struct deps_walk *w) {
    if ((w->in_with & bit(w)) && sqltoken_is_punct(&w->at.prev, ")")) begin_cte(w);
    else if ((w->in_values & bit(w)) && !deps_is_name(&w->at.next)) return;
    else if (w->in_from & bit(w)) begin_relations(w);
    else if (w->no_comma & bit(w)) deps_hide(w, false);
}

static bool is_head(const struct deps_walk *w) {
    bool more = w->depth == 0 && w->verb.class == SQL_WRITE && sqltoken_is(&w->at.cur, "INSERT") &&
                (sqltoken_is(&w->at.next, "INTO") || sqltoken_is(&w->at.next, "OVERWRITE"));
    return more || (w->verb.word.ptr && w->at.cur.text.ptr == w->verb.word.ptr && w->verb.class != SQL_READ);
}

static void step(struct deps_walk *w) {
    const struct sqltoken *cur = &w->at.cur;
    if (cur->kind == SQLTOK_ODD) {
        deps_hide(w, false);
        if (w->verb.class != SQL_READ && w->verb.class != SQL_META) deps_hide(w, true);
    } else if (cur->kind == SQLTOK_SEMI && w->at.next.kind != SQLTOK_SEMI && w->at.next.kind != SQLTOK_END) {
        deps_hide(w, false);
        deps_hide(w, true);
    } else if (w->expect && take_expected(w)) {
        return;
    } else if (is_head(w)) {
        deps_head(w);
    } else if (sqltoken_is_punct(cur, "(")) {
        open_paren(w);
    } else if (sqltoken_is_punct(cur, ")")) {
        close_paren(w);
    } else if (sqltoken_is_punct(cur, ",")) {
        take_comma(w);
    } else if (sqltoken_is_punct(cur, "|>")) {
        end_from(w, true);
    } else if (deps_is_name(cur)) {
        take_word(w);
    }
}

enum rc sqldeps_find(struct sv sql, const struct sqldeps_at *at, struct arena *a, struct sqldeps *out, struct err *e) {
    struct deps_walk w = {.catalog = at->catalog, .schema = at->schema, .arena = a, .out = out};
    *out = (struct sqldeps){0};
    w.verb = sqlverb_of(sql);
    w.at.scan = sqlscan_of(sql);
    if (w.verb.class == SQL_AUTHZ) out->open_writes = true;
    if (w.verb.class == SQL_CODE) deps_hide(&w, true), deps_hide(&w, false);
    deps_advance(&w.at);
    for (deps_advance(&w.at); w.at.cur.kind != SQLTOK_END; deps_advance(&w.at)) step(&w);
    out->fixed = out->n_reads && !out->open_reads && !w.not_fixed;
    return w.no_memory ? err_nomem(e) : RC_OK;
}
