#include "escape.h"

#include "core/sqlscan.h"
#include "literal.h"
#include "scalar.h"

/* One translation: where the lexer is, and how deep. */
struct job {
    struct sv sql;
    struct sqlscan scan;
    const struct escape_settings *how;
    int depth;
    struct err *e;
};

/* What was seen of a piece of text. */
struct seen {
    int n_tokens, n_markers, n_escapes;
    bool gaps;              /* between its tokens */
    bool only_names;        /* words, names, numbers, strings and dots, perhaps a sign in front */
    enum sqltok first;      /* kind of the first token that is no sign */
    struct sqltoken last, stop;
    size_t from;            /* offset of the first token */
};

typedef bool stop_fn(const struct sqltoken *t, const char *word);

/* ---- places and errors ------------------------------------------------------------------------------------------------ */

static size_t offset(const struct job *j, const struct sqltoken *t) { return (size_t)(t->text.ptr - j->sql.ptr); }

/* From bytes to characters, counted from 1. */
static size_t place(const struct job *j, size_t at) {
    size_t n = 1;
    for (size_t i = 0; i < at; i++) n += ((unsigned char)j->sql.ptr[i] & 0xC0) != 0x80;
    return n;
}

static size_t place_of(const struct job *j, const struct sqltoken *t) { return place(j, offset(j, t)); }

static enum rc not_closed(struct job *j, size_t open) {
    return err_set(j->e, ERR_ESCAPE, "the { at character %zu is not closed", place(j, open));
}

static struct sv shortened(struct sv text) { return sv_make(text.ptr, text.len > 64 ? 64 : text.len); }

static enum rc unexpected(struct job *j, const struct sqltoken *t, size_t open, const char *wanted) {
    if (t->kind == SQLTOK_END) return not_closed(j, open);
    return err_set(j->e, ERR_ESCAPE, SV_FMT " at character %zu is not expected in an escape sequence: %s",
                   SV_ARG(shortened(t->text)), place_of(j, t), wanted);
}

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

static bool is_word_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
        (unsigned char)c >= 0x80;
}

static bool is_quote(char c) { return c == '\'' || c == '"' || c == '`'; }

/* Where braces stood, two words or strings must not grow together. */
static enum rc glue(struct job *j, struct buf *out, struct sv text) {
    if (out->len > 0 && text.len > 0) {
        char a = out->ptr[out->len - 1], b = text.ptr[0];
        if ((is_word_byte(a) || is_quote(a)) && (is_word_byte(b) || is_quote(b)) && buf_addc(out, ' ', j->e)) return RC_ERR;
    }
    return buf_addsv(out, text, j->e);
}

/* ---- pieces of text ------------------------------------------------------------------------------------------------------ */

static bool is_brace(const struct sqltoken *t, char which) {
    return t->kind == SQLTOK_ODD && t->text.len == 1 && t->text.ptr[0] == which && !t->in_hint;
}

static bool stops_at_end(const struct sqltoken *t, const char *word) {
    (void)word;
    return is_brace(t, '}');
}

static bool stops_at_list(const struct sqltoken *t, const char *word) {
    return sqltoken_is_punct(t, ")") || is_brace(t, '}') || (word ? sqltoken_is(t, word) : sqltoken_is_punct(t, ","));
}

static enum rc escape(struct job *j, size_t open, struct buf *out);

static bool is_name_part(const struct sqltoken *t) {
    return t->kind == SQLTOK_WORD || t->kind == SQLTOK_NAME || t->kind == SQLTOK_NUMBER || t->kind == SQLTOK_STRING ||
           sqltoken_is_punct(t, ".");
}

static void look(struct seen *s, const struct sqltoken *t) {
    bool sign = s->n_tokens == 0 && (sqltoken_is_punct(t, "-") || sqltoken_is_punct(t, "+"));
    if (s->n_tokens == 0) s->only_names = true;
    else if (t->gap) s->gaps = true;
    if (!sign && s->first == SQLTOK_END) s->first = t->kind;
    if (!sign && !is_name_part(t)) s->only_names = false;
    if (t->kind == SQLTOK_MARKER) s->n_markers++;
    s->n_tokens++;
    s->last = *t;
}

static int step(const struct sqltoken *t) {
    if (sqltoken_is_punct(t, "(") || sqltoken_is_punct(t, "[")) return 1;
    return sqltoken_is_punct(t, ")") || sqltoken_is_punct(t, "]") ? -1 : 0;
}

static size_t end_of(const struct job *j, const struct sqltoken *t) { return offset(j, t) + t->text.len; }

static struct sv between(const struct job *j, size_t from, size_t to) { return sv_make(j->sql.ptr + from, to - from); }

/* Up to a token that stops it outside all brackets; that token is read and left in s->stop, blanks and comments at both
 * ends are dropped. open: the escape sequence this is in. */
static enum rc piece(struct job *j, size_t open, stop_fn *stops, const char *word, struct buf *out, struct seen *s) {
    size_t from = 0, to = 0;
    int level = 0;
    *s = (struct seen){ .n_tokens = 0 };
    for (;;) {
        struct sqltoken t = sqlscan_next(&j->scan);
        if (t.kind == SQLTOK_END) return not_closed(j, open);
        if ((level == 0 && stops(&t, word)) || is_brace(&t, '}')) {
            s->stop = t;
            if (level > 0) return unexpected(j, &t, open, "a bracket is not closed before it");
            return s->n_tokens > 0 ? glue(j, out, between(j, from, to)) : RC_OK;
        }
        level += step(&t);
        if (level < 0) return unexpected(j, &t, open, "no such bracket is open");
        look(s, &t);
        if (s->n_tokens == 1) s->from = from = to = offset(j, &t);
        if (is_brace(&t, '{')) {
            if (glue(j, out, between(j, from, offset(j, &t)))) return RC_ERR;
            int markers = s->n_markers;
            size_t begin = j->scan.at;
            if (escape(j, offset(j, &t), out)) return RC_ERR;
            struct sqlscan inside = sqlscan_of(between(j, begin, j->scan.at));
            for (t = sqlscan_next(&inside); t.kind != SQLTOK_END; t = sqlscan_next(&inside))
                markers += t.kind == SQLTOK_MARKER;
            s->n_markers = markers;
            s->n_escapes++;
            from = to = j->scan.at;
        } else {
            to = end_of(j, &t);
        }
    }
}

/* The } that ends the escape sequence. */
static enum rc close_brace(struct job *j, size_t open) {
    struct sqltoken t = sqlscan_next(&j->scan);
    return is_brace(&t, '}') ? RC_OK : unexpected(j, &t, open, "it should end here");
}

/* ---- literals ---------------------------------------------------------------------------------------------------------- */

typedef enum rc literal_fn(struct sv text, size_t at, struct buf *out, struct err *e);

static enum rc literal(struct job *j, size_t open, literal_fn *put, struct buf *out) {
    struct sqltoken t = sqlscan_next(&j->scan);
    if (t.kind != SQLTOK_STRING) return unexpected(j, &t, open, "a literal in quotes should stand here");
    if (put(sqltoken_unquoted(&t), place_of(j, &t), out, j->e)) return RC_ERR;
    return close_brace(j, open);
}

static enum rc put_date(struct job *j, size_t open, struct buf *out) { return literal(j, open, literal_date, out); }
static enum rc put_time(struct job *j, size_t open, struct buf *out) { return literal(j, open, literal_time, out); }
static enum rc put_stamp(struct job *j, size_t open, struct buf *out) { return literal(j, open, literal_stamp, out); }
static enum rc put_guid(struct job *j, size_t open, struct buf *out) { return literal(j, open, literal_guid, out); }

enum { MAX_KIND = 32 };

static enum rc add_word(struct job *j, struct buf *kind, struct sv word) {
    if (kind->len + word.len + 1 > MAX_KIND) return RC_OK;     /* too long for any kind: told as none */
    if (kind->len > 0 && buf_addc(kind, ' ', j->e)) return RC_ERR;
    return buf_addsv(kind, word, j->e);
}

/* DAY(3) TO SECOND(6): the words; the warehouse has no precisions. Reads the }. */
static enum rc read_kind(struct job *j, size_t open, struct buf *kind) {
    int level = 0;
    for (;;) {
        struct sqltoken t = sqlscan_next(&j->scan);
        if (level == 0 && is_brace(&t, '}')) return RC_OK;
        level += step(&t);
        bool fits = level >= 0 && (t.kind == SQLTOK_WORD ? level == 0 : t.kind == SQLTOK_NUMBER || t.kind == SQLTOK_PUNCT);
        if (!fits) return unexpected(j, &t, open, "a kind of interval like DAY(3) TO SECOND should stand here");
        if (t.kind == SQLTOK_WORD && add_word(j, kind, t.text)) return RC_ERR;
    }
}

static enum rc put_interval(struct job *j, size_t open, struct buf *out) {
    struct sqltoken t = sqlscan_next(&j->scan);
    struct sv sign = SV_LIT("");
    struct buf kind;
    if (sqltoken_is_punct(&t, "-") || sqltoken_is_punct(&t, "+")) {
        sign = t.text;
        t = sqlscan_next(&j->scan);
    }
    if (t.kind != SQLTOK_STRING) return unexpected(j, &t, open, "an interval in quotes should stand here");
    buf_init(&kind, MAX_KIND);
    enum rc rc = read_kind(j, open, &kind);
    if (rc == RC_OK) rc = literal_interval(sign, sqltoken_unquoted(&t), buf_sv(&kind), place_of(j, &t), out, j->e);
    buf_fini(&kind);
    return rc;
}

/* ---- clauses ------------------------------------------------------------------------------------------------------------- */

static enum rc put_outer_join(struct job *j, size_t open, struct buf *out) {
    struct seen s;
    if (piece(j, open, stops_at_end, NULL, out, &s)) return RC_ERR;
    return s.n_tokens > 0 ? RC_OK : unexpected(j, &s.stop, open, "an outer join should stand here");
}

static enum rc put_limit(struct job *j, size_t open, struct buf *out) {
    struct seen s;
    if (buf_adds(out, "LIMIT ", j->e) || piece(j, open, stops_at_end, NULL, out, &s)) return RC_ERR;
    return s.n_tokens > 0 ? RC_OK : unexpected(j, &s.stop, open, "a number of rows should stand here");
}

static enum rc put_call(struct job *j, size_t open, struct buf *out) {
    struct seen s;
    if (buf_adds(out, "CALL ", j->e) || piece(j, open, stops_at_end, NULL, out, &s)) return RC_ERR;
    if (s.n_tokens == 0 || (s.first != SQLTOK_WORD && s.first != SQLTOK_NAME && s.first != SQLTOK_ODD))
        return unexpected(j, &s.stop, open, "the name of a procedure should stand before it");
    return sqltoken_is_punct(&s.last, ")") ? RC_OK : buf_adds(out, "()", j->e);
}

/* {escape '\'} as the standard means it: to Spark's lexer that backslash would carry the string on. */
static bool eat_lone_backslash(struct job *j) {
    struct sv rest = between(j, j->scan.at, j->sql.len), blank = rest;
    rest = sv_trim(rest);
    size_t gap = (size_t)(rest.ptr - blank.ptr);
    if (rest.len < 4 || (memcmp(rest.ptr, "'\\'", 3) != 0 && memcmp(rest.ptr, "\"\\\"", 3) != 0)) return false;
    struct sv behind = sv_trim(sv_make(rest.ptr + 3, rest.len - 3));
    if (behind.len == 0 || behind.ptr[0] != '}') return false;
    j->scan.at += gap + 3;
    return true;
}

/* One character, or two that mean one. */
static bool is_one_character(struct sv text) {
    if (text.len == 2 && (text.ptr[0] == '\\' || (text.ptr[0] == '\'' && text.ptr[1] == '\''))) return true;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return n == 1;
}

static enum rc put_like_escape(struct job *j, size_t open, struct buf *out) {
    if (eat_lone_backslash(j)) return buf_adds(out, "ESCAPE '\\\\'", j->e) ? RC_ERR : close_brace(j, open);
    struct sqltoken t = sqlscan_next(&j->scan);
    if (t.kind != SQLTOK_STRING) return unexpected(j, &t, open, "one character in quotes should stand here");
    if (!is_one_character(sqltoken_unquoted(&t)))
        return err_set(j->e, ERR_ESCAPE_CHARACTER, SV_FMT " at character %zu is not one character in quotes, as {escape} "
                       "wants it", SV_ARG(shortened(t.text)), place_of(j, &t));
    if (buf_adds(out, "ESCAPE ", j->e) || buf_addsv(out, t.text, j->e)) return RC_ERR;
    return close_brace(j, open);
}

/* ---- scalar functions -------------------------------------------------------------------------------------------------------- */

/* Arguments lie one after the other in one buffer; their views are set when it grows no more. */
struct arguments { struct buf text; size_t ends[SCALAR_MAX_ARGS]; };

static enum rc add_argument(struct job *j, struct scalar_call *c, struct arguments *a, const struct buf *text,
                            const struct seen *s) {
    if (c->n == SCALAR_MAX_ARGS)
        return err_set(j->e, ERR_ESCAPE, SV_FMT " at character %zu has too many arguments", SV_ARG(c->name), c->at);
    if (s->n_tokens == 0)
        return err_set(j->e, ERR_ESCAPE, "argument %d of " SV_FMT " at character %zu is missing", c->n + 1,
                       SV_ARG(c->name), c->at);
    bool plain = s->only_names && !s->gaps && s->n_markers == 0 && s->n_escapes == 0;
    c->args[c->n] = (struct scalar_arg){ .at = place(j, s->from), .n_markers = s->n_markers, .is_plain = plain,
        .is_literal = plain && (s->first == SQLTOK_NUMBER || s->first == SQLTOK_STRING) };
    if (buf_addsv(&a->text, buf_sv(text), j->e)) return RC_ERR;
    a->ends[c->n++] = a->text.len;
    return RC_OK;
}

static void set_views(struct scalar_call *c, const struct arguments *a) {
    for (int i = 0; i < c->n; i++) {
        size_t from = i > 0 ? a->ends[i - 1] : 0;
        c->args[i].text = sv_make(a->text.ptr + from, a->ends[i] - from);
    }
}

/* From behind the ( to the ). */
static enum rc read_arguments(struct job *j, size_t open, struct scalar_call *c, struct arguments *a) {
    const char *separator = scalar_separator(c->name);
    struct buf text;
    enum rc rc;
    struct seen s;
    buf_init(&text, a->text.max);
    do {
        buf_reset(&text);
        rc = piece(j, open, stops_at_list, separator, &text, &s);
        if (rc == RC_OK && is_brace(&s.stop, '}')) rc = unexpected(j, &s.stop, open, "a bracket is not closed before it");
        bool none = c->n == 0 && s.n_tokens == 0 && sqltoken_is_punct(&s.stop, ")");
        if (rc == RC_OK && !none) rc = add_argument(j, c, a, &text, &s);
    } while (rc == RC_OK && !sqltoken_is_punct(&s.stop, ")"));
    buf_fini(&text);
    return rc;
}

static enum rc put_function(struct job *j, size_t open, struct buf *out) {
    struct sqltoken t = sqlscan_next(&j->scan);
    struct scalar_call c = { .name = t.text, .n = 0 };
    struct arguments a;
    if (t.kind != SQLTOK_WORD) return unexpected(j, &t, open, "the name of a function should stand here");
    c.at = place_of(j, &t);
    if (scalar_is_known(c.name, c.at, j->e)) return RC_ERR;
    buf_init(&a.text, out->max);
    enum rc rc = RC_OK;
    t = sqlscan_next(&j->scan);
    if (sqltoken_is_punct(&t, "(")) {
        c.has_list = true;
        rc = read_arguments(j, open, &c, &a);
        if (rc == RC_OK) rc = close_brace(j, open);
    } else if (!is_brace(&t, '}')) {
        rc = unexpected(j, &t, open, "( should stand behind the name of a function");
    }
    set_views(&c, &a);
    if (rc == RC_OK) rc = scalar_put(&c, j->how, out, j->e);
    buf_fini(&a.text);
    return rc;
}

/* ---- the sequences -------------------------------------------------------------------------------------------------------------- */

static const struct { const char *word; enum rc (*put)(struct job *j, size_t open, struct buf *out); } SEQUENCES[] = {
    { "d", put_date }, { "t", put_time }, { "ts", put_stamp }, { "guid", put_guid }, { "fn", put_function },
    { "oj", put_outer_join }, { "escape", put_like_escape }, { "call", put_call }, { "interval", put_interval },
    { "limit", put_limit },
};

static enum rc by_word(struct job *j, size_t open, struct buf *out) {
    struct sqltoken t = sqlscan_next(&j->scan);
    for (size_t i = 0; i < sizeof SEQUENCES / sizeof *SEQUENCES; i++)
        if (sqltoken_is(&t, SEQUENCES[i].word)) return SEQUENCES[i].put(j, open, out);
    if (t.kind == SQLTOK_END) return not_closed(j, open);
    if (t.kind == SQLTOK_MARKER && t.text.ptr[0] == '?')
        return err_set(j->e, ERR_UNSUPPORTED, "{? = call …} at character %zu: procedures of the warehouse return no value; "
                       "use {call …} without it, or SELECT for a function", place(j, open));
    return err_set(j->e, ERR_ESCAPE, "{" SV_FMT " at character %zu is no escape sequence of ODBC; it begins with d, t, ts, "
                   "guid, fn, oj, escape, call, interval or limit", SV_ARG(shortened(t.text)), place(j, open));
}

/* After its {, to behind its }. */
static enum rc escape(struct job *j, size_t open, struct buf *out) {
    struct buf text;
    if (++j->depth > ESCAPE_MAX_DEPTH)
        return err_set(j->e, ERR_ESCAPE, "the { at character %zu is nested deeper than %d", place(j, open),
                       ESCAPE_MAX_DEPTH);
    buf_init(&text, out->max);
    enum rc rc = by_word(j, open, &text);
    if (rc == RC_OK) rc = glue(j, out, buf_sv(&text));
    buf_fini(&text);
    j->depth--;
    return rc;
}

enum rc escape_translate(struct sv sql, const struct escape_settings *how, struct buf *out, struct err *e) {
    struct job j = { .sql = sql, .scan = sqlscan_of(sql), .how = how, .e = e };
    size_t from = 0;
    for (struct sqltoken t = sqlscan_next(&j.scan); t.kind != SQLTOK_END; t = sqlscan_next(&j.scan)) {
        if (is_brace(&t, '}'))
            return err_set(e, ERR_ESCAPE, "the } at character %zu closes nothing", place_of(&j, &t));
        if (!is_brace(&t, '{')) continue;
        if (glue(&j, out, between(&j, from, offset(&j, &t))) || escape(&j, offset(&j, &t), out)) return RC_ERR;
        from = j.scan.at;
    }
    return glue(&j, out, between(&j, from, sql.len));
}
