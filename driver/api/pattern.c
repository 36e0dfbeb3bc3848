#include "pattern.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

enum rc match_pattern(struct match *m, struct sv arg, struct arena *a, struct err *e) {
    *m = (struct match){ sv_is_null(arg) ? MATCH_ALL : MATCH_NONE, arg };
    if (arg.len == 0) return RC_OK;
    if (sv_eq(arg, SV_LIT("%"))) {
        m->kind = MATCH_ALL;
        return RC_OK;
    }
    char *plain = arena_alloc(a, arg.len + 1);
    size_t n = 0;
    if (!plain) return err_nomem(e);
    m->kind = MATCH_EXACT;
    for (size_t i = 0; i < arg.len; i++) {
        if (arg.ptr[i] == '%' || arg.ptr[i] == '_') m->kind = MATCH_PATTERN;
        if (arg.ptr[i] == '\\' && i + 1 < arg.len) i++;
        plain[n++] = arg.ptr[i];
    }
    if (m->kind == MATCH_EXACT) m->text = sv_make(plain, n);
    return RC_OK;
}

struct match match_ordinary(struct sv arg) {
    if (sv_is_null(arg)) return (struct match){ MATCH_ALL, SV_NULL };
    return (struct match){ arg.len ? MATCH_EXACT : MATCH_NONE, arg };
}

enum rc match_identifier(struct match *m, struct sv arg, struct arena *a, struct err *e) {
    arg = sv_trim(arg);
    bool quoted = arg.len >= 2 && (arg.ptr[0] == '`' || arg.ptr[0] == '"') && arg.ptr[arg.len - 1] == arg.ptr[0];
    char quote = quoted ? arg.ptr[0] : '\0';
    if (quoted) arg = sv_make(arg.ptr + 1, arg.len - 2);
    char *name = arena_alloc(a, arg.len + 1);
    size_t n = 0;
    if (!name) return err_nomem(e);
    for (size_t i = 0; i < arg.len; i++) {
        if (quoted && arg.ptr[i] == quote && i + 1 < arg.len && arg.ptr[i + 1] == quote) i++;
        name[n++] = arg.ptr[i];
    }
    *m = (struct match){ n ? MATCH_EXACT : MATCH_NONE, sv_make(name, n) };
    return RC_OK;
}

/* ---- matching ----------------------------------------------------------------------------------------------------- */

static size_t char_len(struct sv s, size_t i) {
    size_t n = 1;
    while (i + n < s.len && ((unsigned char)s.ptr[i + n] & 0xc0) == 0x80) n++;
    return n;
}

/* One literal or _ of the pattern at p against name at n. Moves both on success. */
static bool match_one(struct sv pattern, size_t *p, struct sv name, size_t *n) {
    if (*n >= name.len) return false;
    if (pattern.ptr[*p] == '_') {
        *p += 1;
        *n += char_len(name, *n);
        return true;
    }
    size_t at = *p;
    if (pattern.ptr[at] == '\\' && at + 1 < pattern.len) at++;
    if (lower(pattern.ptr[at]) != lower(name.ptr[*n])) return false;
    *p = at + 1;
    *n += 1;
    return true;
}

/* Greedy with one point to come back to: linear in practice, quadratic at worst, never exponential. */
static bool match_wild(struct sv pattern, struct sv name) {
    size_t p = 0, n = 0, back_p = 0, back_n = 0;
    bool can_go_back = false;
    for (;;) {
        if (p < pattern.len && pattern.ptr[p] == '%') {
            back_p = ++p;
            back_n = n;
            can_go_back = true;
        } else if (p == pattern.len && n == name.len) {
            return true;
        } else if (p == pattern.len || !match_one(pattern, &p, name, &n)) {
            if (!can_go_back || back_n >= name.len) return false;
            back_n += char_len(name, back_n);
            p = back_p;
            n = back_n;
        }
    }
}

bool match_name(const struct match *m, struct sv name) {
    switch (m->kind) {
    case MATCH_ALL: return true;
    case MATCH_NONE: return name.len == 0;
    case MATCH_EXACT: return sv_ieq(m->text, name);
    default: return match_wild(m->text, name);
    }
}

/* ---- for the server ------------------------------------------------------------------------------------------------ */

static bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

enum rc match_to_show(const struct match *m, struct buf *out, struct err *e) {
    if (m->kind == MATCH_ALL) return buf_addc(out, '*', e);
    bool wild = m->kind == MATCH_PATTERN;
    for (size_t i = 0; i < m->text.len; i++) {
        char c = m->text.ptr[i];
        bool escaped = wild && c == '\\' && i + 1 < m->text.len;
        if (escaped) c = m->text.ptr[++i];
        char put = is_plain(c) ? lower(c) : '*';
        if (wild && !escaped && c == '_') put = '.';
        if (put == '*' && out->len > 0 && out->ptr[out->len - 1] == '*') continue;
        if (buf_addc(out, put, e)) return RC_ERR;
    }
    return RC_OK;
}

enum rc quote_name(struct sv name, struct buf *out, struct err *e) {
    enum rc rc = buf_addc(out, '`', e);
    for (size_t i = 0; i < name.len && rc == RC_OK; i++) {
        if (name.ptr[i] == '`') rc = buf_addc(out, '`', e);
        if (rc == RC_OK) rc = buf_addc(out, name.ptr[i], e);
    }
    return rc == RC_OK ? buf_addc(out, '`', e) : rc;
}
