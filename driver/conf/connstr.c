#include "connstr.h"

static struct sv skip_blank(struct sv v) {
    while (v.len && (*v.ptr == ' ' || *v.ptr == '\t' || *v.ptr == '\r' || *v.ptr == '\n')) v.ptr++, v.len--;
    return v;
}

static struct sv from(struct sv v, size_t at) { return sv_make(v.ptr + at, v.len - at); }

/* Nothing but blanks up to the next ";" or the end: a closing brace or quote may stand here. */
static bool ends_value(struct sv after) {
    after = skip_blank(after);
    return !after.len || *after.ptr == ';';
}

static void past_semicolon(struct sv *rest, struct sv after) {
    after = skip_blank(after);
    *rest = after.len ? from(after, 1) : after;
}

/* At "{". An odd run of "}" closes the value (its pairs mean one "}" each). "{{v}}" is what scripts write that brace a
 * value twice: strictly it never closes, so there an even run of two closes too and the inner braces stay. */
static enum rc take_braced(struct sv *rest, struct buf *value, struct err *e) {
    struct sv v = *rest;
    bool doubled = v.len > 1 && v.ptr[1] == '{';
    for (size_t i = 1; i < v.len; i++) {
        if (v.ptr[i] != '}') {
            if (buf_addc(value, v.ptr[i], e)) return RC_ERR;
            continue;
        }
        size_t run = 1;
        while (i + run < v.len && v.ptr[i + run] == '}') run++;
        struct sv after = from(v, i + run);
        bool closes = run % 2 == 1 || (doubled && run == 2 && ends_value(after));
        for (size_t k = 0; k < run / 2; k++)
            if (buf_addc(value, '}', e)) return RC_ERR;
        i += run - 1;
        if (!closes) continue;
        if (!ends_value(after))
            return err_set(e, ERR_CONFIG_BAD, "text after a closing brace in the connection string");
        past_semicolon(rest, after);
        return RC_OK;
    }
    return err_set(e, ERR_CONFIG_BAD, "a value in the connection string opens a brace that never closes");
}

/* At a quote that has its partner right before ";" or the end; otherwise the quote is part of the value. */
static bool find_quoted(struct sv v, size_t *len) {
    char quote = v.ptr[0];
    for (size_t i = 1; i < v.len; i++)
        if (v.ptr[i] == quote && ends_value(from(v, i + 1))) return *len = i - 1, true;
    return false;
}

static enum rc take_value(struct sv *rest, struct buf *value, struct err *e) {
    struct sv v = skip_blank(*rest), plain, after;
    size_t len;
    if (v.len && *v.ptr == '{') {
        *rest = v;
        return take_braced(rest, value, e);
    }
    if (v.len && (*v.ptr == '"' || *v.ptr == '\'') && find_quoted(v, &len)) {
        past_semicolon(rest, from(v, len + 2));
        return buf_add(value, v.ptr + 1, len, e);
    }
    if (!sv_cut(v, ';', &plain, &after)) plain = v, after = from(v, v.len);
    *rest = after;
    return buf_addsv(value, sv_trim(plain), e);
}

enum rc connstr_next(struct sv *rest, struct sv *key, struct buf *value, bool *more, struct err *e) {
    buf_reset(value);
    while (rest->len && (*rest->ptr == ';' || skip_blank(*rest).ptr != rest->ptr))
        *rest = *rest->ptr == ';' ? from(*rest, 1) : skip_blank(*rest);
    *more = rest->len > 0;
    if (!*more) return RC_OK;
    struct sv name, after, word, ignored;
    if (!sv_cut(*rest, '=', &name, &after) || sv_cut(name, ';', &word, &ignored)) {
        /* not quoted in full: it may be the tail of a secret with an unescaped ";" */
        return err_set(e, ERR_CONFIG_BAD,
                       "the connection string has a part without \"=\"; put values that contain ; in braces");
    }
    *key = sv_trim(name);
    *rest = after;
    return take_value(rest, value, e);
}

static bool needs_braces(const char *value) {
    size_t len = strlen(value);
    return len && (strpbrk(value, "[]{}(),;?*=!@'\"") || value[0] == ' ' || value[len - 1] == ' ' || value[0] == '\t' ||
                   value[len - 1] == '\t');
}

enum rc connstr_add(struct buf *out, const char *key, const char *value, struct err *e) {
    if (buf_adds(out, key, e) || buf_addc(out, '=', e)) return RC_ERR;
    if (!needs_braces(value)) return buf_adds(out, value, e) || buf_addc(out, ';', e) ? RC_ERR : RC_OK;
    if (buf_addc(out, '{', e)) return RC_ERR;
    for (; *value; value++)
        if (buf_addc(out, *value, e) || (*value == '}' && buf_addc(out, '}', e))) return RC_ERR;
    return buf_adds(out, "};", e);
}
