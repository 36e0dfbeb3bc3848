#include "sqlscan.h"

/* ---- characters ------------------------------------------------------------------------------------------------ */

static unsigned char byte_at(const struct sqlscan *s, size_t i) {
    return i < s->text.len ? (unsigned char)s->text.ptr[i] : 0;
}

static bool at_text(const struct sqlscan *s, size_t i, const char *what) {
    size_t len = strlen(what);
    return i <= s->text.len && s->text.len - i >= len && memcmp(s->text.ptr + i, what, len) == 0;
}

static bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }

static bool is_word(unsigned char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Bytes of the blank at i; 0 = no blank. Spark's list, form feed and vertical tab included; beyond ASCII: U+00A0 U+1680 U+2000-200A U+2028 U+202F U+205F
 * U+3000. */
static size_t blank_at(const struct sqlscan *s, size_t i) {
    unsigned char a = byte_at(s, i), b = byte_at(s, i + 1), c = byte_at(s, i + 2);
    if (i >= s->text.len) return 0;
    if (a == ' ' || (a >= '\t' && a <= '\r')) return 1;
    if (a == 0xC2) return b == 0xA0 ? 2 : 0;
    if (a == 0xE1) return b == 0x9A && c == 0x80 ? 3 : 0;
    if (a == 0xE3) return b == 0x80 && c == 0x80 ? 3 : 0;
    if (a != 0xE2) return 0;
    if (b == 0x80) return (c >= 0x80 && c <= 0x8A) || c == 0xA8 || c == 0xAF ? 3 : 0;
    return b == 0x81 && c == 0x9F ? 3 : 0;
}

/* ---- comments -------------------------------------------------------------------------------------------------- */

/* To the end of the line; a backslash right before the line feed carries the comment on. */
static size_t end_of_line_comment(const struct sqlscan *s, size_t i) {
    while (i < s->text.len) {
        if (at_text(s, i, "\\\n")) i += 2;
        else if (byte_at(s, i) == '\n' || byte_at(s, i) == '\r') return i;
        else i++;
    }
    return i;
}

/* After the comment that begins at i. Comments nest, but a hint's opening inside one does not count; an unclosed one
 * runs to the end. SIZE_MAX: versions may disagree about it. */
static size_t end_of_block_comment(const struct sqlscan *s, size_t i) {
    size_t depth = 1;
    for (i += 2; i < s->text.len;) {
        if (at_text(s, i, "/*/")) return (size_t)-1;
        if (at_text(s, i, "*/")) {
            i += 2;
            if (--depth == 0) return i;
        } else if (at_text(s, i, "/*") && byte_at(s, i + 2) != '+') {
            i += 2;
            depth++;
        } else {
            i++;
        }
    }
    return s->text.len;
}

/* Skip blanks and comments; false when one of them is not understood. */
static bool skip_gap(struct sqlscan *s) {
    for (;;) {
        size_t blank = blank_at(s, s->at);
        if (blank) {
            s->at += blank;
        } else if (at_text(s, s->at, "--")) {
            s->at = end_of_line_comment(s, s->at);
        } else if (at_text(s, s->at, "/*") && byte_at(s, s->at + 2) != '+') {
            size_t end = end_of_block_comment(s, s->at);
            if (end == (size_t)-1) return false;
            s->at = end;
        } else {
            return true;
        }
    }
}

/* ---- tokens ---------------------------------------------------------------------------------------------------- */

static struct sqltoken make(struct sqlscan *s, enum sqltok kind, size_t len) {
    struct sqltoken t = {.kind = kind, .text = sv_make(s->text.ptr + s->at, len), .in_hint = s->in_hint};
    s->at += len;
    return t;
}

static struct sqltoken rest_is_odd(struct sqlscan *s) { return make(s, SQLTOK_ODD, s->text.len - s->at); }

/* From an opening quote at i to after its end; 0 = never closed. */
static size_t end_of_quoted(const struct sqlscan *s, size_t i, bool escapes) {
    unsigned char quote = byte_at(s, i);
    for (i++; i < s->text.len; i++) {
        if (escapes && byte_at(s, i) == '\\') i++;
        else if (byte_at(s, i) == quote) return i + 1;
    }
    return 0;
}

/* `a``b` is one name. */
static size_t end_of_name(const struct sqlscan *s, size_t i) {
    size_t end = end_of_quoted(s, i, false);
    while (end && byte_at(s, end) == '`') end = end_of_quoted(s, end, false);
    return end;
}

static struct sqltoken quoted(struct sqlscan *s, enum sqltok kind, size_t end) {
    return end ? make(s, kind, end - s->at) : rest_is_odd(s);
}

static size_t skip_digits(struct sv v, size_t i) {
    while (i < v.len && is_digit((unsigned char)v.ptr[i])) i++;
    return i;
}

/* 12, 1e5, 12L, 1.5BD's last part: a number. 12abc: a name. */
static bool is_number(struct sv v) {
    size_t i = skip_digits(v, 0);
    if (i == 0) return false;
    if (i < v.len && (v.ptr[i] == 'e' || v.ptr[i] == 'E')) i = skip_digits(v, i + 1);
    struct sv suffix = sv_make(v.ptr + i, v.len - i);
    return suffix.len == 0 || (suffix.len == 1 && strchr("lLsSyYfFdD", suffix.ptr[0])) || sv_ieq(suffix, SV_LIT("bd"));
}

static bool is_raw_start(const struct sqlscan *s, size_t from, size_t to) {
    unsigned char r = byte_at(s, from), quote = byte_at(s, to);
    return to == from + 1 && (r == 'r' || r == 'R') && (quote == '\'' || quote == '"');
}

/* 1e+5: where such a number whose sign is at i ends, its suffix included; 0 = it is none. */
static size_t end_of_signed_exponent(const struct sqlscan *s, size_t from, size_t i) {
    size_t digits = skip_digits(s->text, from), end = skip_digits(s->text, i + 1), suffix;
    bool exponent = digits > from && digits + 1 == i && (byte_at(s, digits) == 'e' || byte_at(s, digits) == 'E');
    if (!exponent || (byte_at(s, i) != '+' && byte_at(s, i) != '-') || end == i + 1) return 0;
    for (suffix = end; is_word(byte_at(s, suffix)) || byte_at(s, suffix) >= 0x80;) suffix++;
    struct sv letters = sv_make(s->text.ptr + end, suffix - end);
    bool known = (letters.len == 1 && strchr("fFdD", letters.ptr[0])) || sv_ieq(letters, SV_LIT("bd"));
    return known ? suffix : end;
}

static struct sqltoken word(struct sqlscan *s) {
    size_t i = s->at;
    bool odd = false;
    while (i < s->text.len && !blank_at(s, i) && (is_word(byte_at(s, i)) || byte_at(s, i) >= 0x80)) {
        if (byte_at(s, i) >= 0x80) odd = true;
        i++;
    }
    struct sv text = sv_make(s->text.ptr + s->at, i - s->at);
    if (is_raw_start(s, s->at, i)) return quoted(s, SQLTOK_STRING, end_of_quoted(s, i, false));
    size_t exponent = end_of_signed_exponent(s, s->at, i);
    if (exponent) return make(s, SQLTOK_NUMBER, exponent - s->at);
    return make(s, odd ? SQLTOK_ODD : is_number(text) ? SQLTOK_NUMBER : SQLTOK_WORD, text.len);
}

static struct sqltoken marker(struct sqlscan *s) {
    size_t i = s->at + 1;
    while (is_word(byte_at(s, i))) i++;
    if (is_raw_start(s, s->at + 1, i)) i = s->at + 1; /* a colon and a raw string */
    return make(s, i == s->at + 1 ? SQLTOK_PUNCT : SQLTOK_MARKER, i - s->at);
}

static struct sqltoken hint_edge(struct sqlscan *s, bool opens) {
    if (opens == s->in_hint) return rest_is_odd(s);
    s->in_hint = true;
    struct sqltoken t = make(s, SQLTOK_HINT, opens ? 3 : 2);
    s->in_hint = opens;
    return t;
}

static struct sqltoken punct(struct sqlscan *s, unsigned char c) {
    static const char *const PAIRS[] = {"::", "|>", "->", "=>"};
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++)
        if (at_text(s, s->at, PAIRS[i])) return make(s, SQLTOK_PUNCT, 2);
    if (c == ':') return marker(s);
    if (strchr("()[],.<>=!+-*/%&|^~", c)) return make(s, SQLTOK_PUNCT, 1);
    return make(s, SQLTOK_ODD, 1);
}

/* $$ … $$ and $tag$ … $tag$ hold bodies of functions; versions differ, so it is odd, but it is one token. */
static struct sqltoken dollar(struct sqlscan *s) {
    size_t i = s->at + 1;
    while (is_word(byte_at(s, i))) i++;
    struct sv tag = sv_make(s->text.ptr + s->at, i + 1 - s->at);
    if (byte_at(s, i) != '$') return make(s, SQLTOK_ODD, 1);
    for (i++; s->text.len - i >= tag.len; i++)
        if (sv_eq(sv_make(s->text.ptr + i, tag.len), tag)) return make(s, SQLTOK_ODD, i + tag.len - s->at);
    return rest_is_odd(s);
}

static struct sqltoken next(struct sqlscan *s) {
    unsigned char c = byte_at(s, s->at);
    if (s->at == s->text.len) return make(s, s->in_hint ? SQLTOK_ODD : SQLTOK_END, 0);
    if (c == 0) return make(s, SQLTOK_ODD, 1);
    if (is_word(c) || c >= 0x80) return word(s);
    if (c == '\'' || c == '"') return quoted(s, SQLTOK_STRING, end_of_quoted(s, s->at, true));
    if (c == '`') return quoted(s, SQLTOK_NAME, end_of_name(s, s->at));
    if (c == '?') return make(s, SQLTOK_MARKER, 1);
    if (c == ';') return make(s, SQLTOK_SEMI, 1);
    if (c == '$') return dollar(s);
    if (at_text(s, s->at, "/*+")) return hint_edge(s, true);
    if (at_text(s, s->at, "*/"))
        return hint_edge(s, false); /* Spark takes the longest token, even where * and a comment were meant */
    return punct(s, c);
}

struct sqltoken sqlscan_next(struct sqlscan *s) {
    size_t before = s->at;
    bool understood = skip_gap(s), gap = s->at != before;
    struct sqltoken t = understood ? next(s) : rest_is_odd(s);
    t.gap = gap;
    if (t.kind == SQLTOK_ODD && t.text.len == 0)
        s->in_hint = false; /* an unclosed hint is told once, then comes the end */
    return t;
}

struct sv sqlscan_leading_comment(struct sv text) {
    struct sqlscan s = sqlscan_of(text);
    size_t blank, end;
    while ((blank = blank_at(&s, s.at))) s.at += blank;
    if (!at_text(&s, s.at, "/*") || byte_at(&s, s.at + 2) == '+') return SV_NULL;
    end = end_of_block_comment(&s, s.at);
    if (end == (size_t)-1 || end - s.at < 4 || !at_text(&s, end - 2, "*/")) return SV_NULL;
    return sv_make(text.ptr + s.at + 2, end - s.at - 4);
}

/* ---- looking at tokens ----------------------------------------------------------------------------------------- */

bool sqltoken_is(const struct sqltoken *t, const char *word_text) {
    return t->kind == SQLTOK_WORD && sv_ieq(t->text, sv_of(word_text));
}

bool sqltoken_is_punct(const struct sqltoken *t, const char *text) {
    return t->kind == SQLTOK_PUNCT && sv_eq(t->text, sv_of(text));
}

struct sv sqltoken_unquoted(const struct sqltoken *t) {
    if (t->kind != SQLTOK_NAME && t->kind != SQLTOK_STRING) return t->text;
    size_t skip = t->text.ptr[0] == 'r' || t->text.ptr[0] == 'R' ? 2 : 1;
    return sv_make(t->text.ptr + skip, t->text.len - skip - 1);
}
