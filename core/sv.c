#include "sv.h"

#include <limits.h>

static unsigned char fold(char c) {
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + 32) : u;
}

bool sv_ieq(struct sv a, struct sv b) { return a.len == b.len && sv_istarts(a, b); }

bool sv_istarts(struct sv text, struct sv prefix) {
    if (text.len < prefix.len) return false;
    for (size_t i = 0; i < prefix.len; i++)
        if (fold(text.ptr[i]) != fold(prefix.ptr[i])) return false;
    return true;
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct sv sv_trim(struct sv v) {
    while (v.len && is_blank(v.ptr[0])) v.ptr++, v.len--;
    while (v.len && is_blank(v.ptr[v.len - 1])) v.len--;
    return v;
}

bool sv_cut(struct sv text, char sep, struct sv *before, struct sv *after) {
    const char *at = text.len ? memchr(text.ptr, sep, text.len) : NULL;
    if (!at) return false;
    *before = sv_make(text.ptr, (size_t)(at - text.ptr));
    *after = sv_make(at + 1, text.len - before->len - 1);
    return true;
}

bool sv_to_i64(struct sv v, long long *out) {
    size_t i = 0;
    bool minus = false;
    unsigned long long n = 0;
    if (v.len && (v.ptr[0] == '-' || v.ptr[0] == '+')) minus = v.ptr[i++] == '-';
    if (i == v.len) return false;
    for (; i < v.len; i++) {
        unsigned digit = (unsigned)(v.ptr[i] - '0');
        if (digit > 9 || n > ((unsigned long long)LLONG_MAX + minus - digit) / 10) return false;
        n = n * 10 + digit;
    }
    *out = minus ? (n ? -(long long)(n - 1) - 1 : 0) : (long long)n;
    return true;
}
