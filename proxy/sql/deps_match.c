#include <stdint.h>

#include "deps.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool sqldeps_matches(struct sv pattern, struct sv name) {
    size_t p = 0, n = 0, star = SIZE_MAX, retry = 0;
    while (n < name.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            retry = n;
        } else if (p < pattern.len && lower(pattern.ptr[p]) == lower(name.ptr[n])) {
            p++, n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++retry;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*') p++;
    return p == pattern.len;
}

bool sqldep_matches(struct sv pattern, const struct sqldep *d) { return !d->missing && sqldeps_matches(pattern, d->name); }

/* The part of a pattern of three parts that is about the thing that holds them. */
static struct sv about_parent(struct sv pattern, int parts) {
    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.ptr[i] == '.' && parts-- == 1) return sv_make(pattern.ptr, i);
    return pattern;
}

bool sqldep_may_match(struct sv pattern, const struct sqldep *d) {
    int dots = 0;
    bool star = false;
    if (d->parts < 3 && sqldeps_matches(about_parent(pattern, d->parts), d->name)) return true;
    for (size_t i = 0; i < pattern.len && dots <= d->missing; i++) { /* is there a front for which it would match? */
        star = star || pattern.ptr[i] == '*';
        bool splits = i == 0 || pattern.ptr[i - 1] == '.' || pattern.ptr[i] == '*';
        struct sv rest = sv_make(pattern.ptr + i, pattern.len - i);
        if (splits && (star || dots == d->missing) && sqldeps_matches(rest, d->name)) return true;
        dots += pattern.ptr[i] == '.';
    }
    return false;
}
