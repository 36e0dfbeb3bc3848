#include "base64.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum rc base64_put(struct buf *out, struct sv bytes, struct err *e) {
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    if (bytes.len > SIZE_MAX / 2 || buf_reserve(out, (bytes.len + 2) / 3 * 4, e) != RC_OK) return RC_ERR;
    char *q = out->ptr + out->len;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0u);
        *q++ = ALPHABET[v >> 18];
        *q++ = ALPHABET[v >> 12 & 63];
        *q++ = left > 1 ? ALPHABET[v >> 6 & 63] : '=';
        *q++ = left > 2 ? ALPHABET[v & 63] : '=';
    }
    out->len = (size_t)(q - out->ptr);
    *q = '\0';
    return RC_OK;
}

/* 1 … 64; 0 for anything that is not a letter. */
static const unsigned char VALUES[256] = {
    ['A'] = 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
    ['+'] = 63,
    ['/'] = 64,
};

enum { NO_LETTER = 64 };

static unsigned value_of(unsigned char c) { return VALUES[c] ? VALUES[c] - 1u : NO_LETTER; }

/* Four letters at a time while all of them are letters. Returns how many bytes of text it took. */
static size_t get_quads(const unsigned char *p, size_t len, unsigned char **out) {
    unsigned char *q = *out;
    size_t i = 0;
    for (; i + 4 <= len; i += 4) {
        unsigned a = value_of(p[i]), b = value_of(p[i + 1]), c = value_of(p[i + 2]), d = value_of(p[i + 3]);
        if ((a | b | c | d) & NO_LETTER) break;
        unsigned v = a << 18 | b << 12 | c << 6 | d;
        q[0] = (unsigned char)(v >> 16);
        q[1] = (unsigned char)(v >> 8);
        q[2] = (unsigned char)v;
        q += 3;
    }
    *out = q;
    return i;
}

/* One letter; skips the backslash that JSON may put before a slash. */
static unsigned next(const unsigned char *p, size_t len, size_t *i, bool is_json) {
    if (is_json && *i + 1 < len && p[*i] == '\\' && p[*i + 1] == '/') ++*i;
    if (*i >= len || !VALUES[p[*i]]) return NO_LETTER;
    return value_of(p[(*i)++]);
}

/* The end: up to three letters and the padding. */
static bool finish(const unsigned char *p, size_t len, size_t i, unsigned v, int n, unsigned char **q) {
    int padding = 0;
    while (i < len && p[i] == '=' && padding < 2) i++, padding++;
    if (i != len || n == 1 || (padding && padding != (4 - n) % 4)) return false;
    if (n >= 2) *(*q)++ = (unsigned char)(n == 2 ? v >> 4 : v >> 10);
    if (n == 3) *(*q)++ = (unsigned char)(v >> 2);
    return true;
}

bool base64_get(struct sv text, bool is_json, char *out, size_t *len_r, size_t *at_r) {
    const unsigned char *p = (const unsigned char *)text.ptr;
    unsigned char *q = (unsigned char *)out;
    size_t i = 0;
    for (;;) {
        unsigned v = 0;
        int n = 0;
        i += get_quads(p + i, text.len - i, &q);
        for (unsigned digit; n < 4 && (digit = next(p, text.len, &i, is_json)) != NO_LETTER; n++) v = v << 6 | digit;
        if (n == 4) {           /* a quad with an escape in it */
            *q++ = (unsigned char)(v >> 16);
            *q++ = (unsigned char)(v >> 8);
            *q++ = (unsigned char)v;
            continue;
        }
        *at_r = i;
        if (!finish(p, text.len, i, v, n, &q)) return false;
        *len_r = (size_t)(q - (unsigned char *)out);
        return true;
    }
}
