#include "utf.h"

#include <string.h>


enum { REPLACEMENT = 0xFFFD };

/* Decodes one character at s (len > 0) by the table of well-formed sequences (Unicode 15, table 3-7). Returns the bytes
 * it takes and sets *cp; an ill-formed part gives its length and REPLACEMENT with *bad set. */
static size_t decode8(const unsigned char *s, size_t len, uint32_t *cp, bool *bad) {
    unsigned char c = s[0], low = 0x80, high = 0xBF;
    size_t need;
    if (c < 0x80) return *cp = c, 1;
    if (c >= 0xC2 && c <= 0xDF) need = 1, *cp = c & 0x1Fu;
    else if (c >= 0xE0 && c <= 0xEF) need = 2, *cp = c & 0x0Fu;
    else if (c >= 0xF0 && c <= 0xF4) need = 3, *cp = c & 0x07u;
    else return *cp = REPLACEMENT, *bad = true, 1;
    if (c == 0xE0) low = 0xA0;
    if (c == 0xED) high = 0x9F;
    if (c == 0xF0) low = 0x90;
    if (c == 0xF4) high = 0x8F;
    for (size_t i = 1; i <= need; i++) {
        if (i >= len || s[i] < low || s[i] > high) return *cp = REPLACEMENT, *bad = true, i;
        *cp = *cp << 6 | (s[i] & 0x3Fu);
        low = 0x80, high = 0xBF;
    }
    return need + 1;
}

/* Bytes at the front of s that are ASCII, eight at a time. */
static size_t ascii_run(const char *s, size_t len) {
    size_t i = 0;
    for (uint64_t w; i + sizeof w <= len; i += sizeof w) {
        memcpy(&w, s + i, sizeof w);
        if (w & 0x8080808080808080u) break;
    }
    while (i < len && (unsigned char)s[i] < 0x80) i++;
    return i;
}

size_t utf8_chars(const char *s, size_t len) {
    size_t n = 0;
    for (size_t i = 0; i < len; i++) n += ((unsigned char)s[i] & 0xC0) != 0x80;
    return n;
}

size_t utf8_floor(const char *s, size_t len, size_t at) {
    if (at >= len) return len;
    size_t edge = at;
    while (edge > 0 && at - edge < 3 && ((unsigned char)s[edge] & 0xC0) == 0x80) edge--;
    return ((unsigned char)s[edge] & 0xC0) == 0x80 ? at : edge; /* not UTF-8: any cut is as good */
}

/* A character beyond ASCII. The usual forms are told by their bits; what is left, wrong ones too, is for decode8(). */
static inline size_t decode_beyond(const unsigned char *s, size_t len, uint32_t *cp, bool *bad) {
    if (len >= 3 && (s[0] & 0xF0) == 0xE0 && (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80) {
        uint32_t v = (s[0] & 0x0Fu) << 12 | (s[1] & 0x3Fu) << 6 | (s[2] & 0x3Fu);
        if (v >= 0x800 && (v & 0xF800) != 0xD800) return *cp = v, 3;
    } else if (len >= 2 && s[0] >= 0xC2 && s[0] <= 0xDF && (s[1] & 0xC0) == 0x80) {
        return *cp = (s[0] & 0x1Fu) << 6 | (s[1] & 0x3Fu), 2;
    }
    return decode8(s, len, cp, bad);
}

bool utf8_is_valid(const char *s, size_t len) {
    for (size_t i = 0;;) {
        i += ascii_run(s + i, len - i);
        if (i >= len) return true;
        uint32_t cp;
        bool bad = false;
        do i += decode_beyond((const unsigned char *)s + i, len - i, &cp, &bad);
        while (i < len && (s[i] & 0x80) && !bad);
        if (bad) return false;
    }
}

size_t utf8_to_16_units(const char *s, size_t len) {
    size_t units = 0;
    for (size_t i = 0; i < len;) {
        size_t run = ascii_run(s + i, len - i);
        units += run;
        i += run;
        if (i >= len) break;
        uint32_t cp;
        bool bad = false;
        i += decode_beyond((const unsigned char *)s + i, len - i, &cp, &bad);
        units += cp >= 0x10000 ? 2 : 1;
    }
    return units;
}

/* Units are stored without regard to alignment: a row of an application's may have any length. */
static inline void put_pair(uint32_t cp, char *out) {
    uint32_t v = cp - 0x10000, units = (0xD800 + (v >> 10)) | (0xDC00 + (v & 0x3FF)) << 16;
    memcpy(out, &units, sizeof units);
}

static inline void put_unit(uint32_t cp, char *out) {
    uint16_t unit = (uint16_t)cp;
    memcpy(out, &unit, sizeof unit);
}

static size_t encode16(uint32_t cp, char *out, size_t room) {
    size_t need = cp < 0x10000 ? 1 : 2;
    if (need > room) return 0;
    if (need == 1) put_unit(cp, out);
    else put_pair(cp, out);
    return need;
}

/* Well-formed characters from s on, told by the bits of four bytes at a time; stops where there are fewer, where less than
 * four units fit, and at anything else. */
static size_t convert_quick(const char *s, size_t len, char *out, size_t cap, size_t *used_r) {
    size_t i = 0, n = 0;
    while (i + 4 <= len && n + 4 <= cap) {
        uint32_t w = utf_load4(s + i);
        if ((w & (uint32_t)UTF_HIGH_BITS) == 0) {
            digits_put4(out + 2 * n, w, 1);
            i += 4, n += 4;
        } else if ((w & 0x80) == 0) {
            put_unit(w & 0x7F, out + 2 * n);
            i++, n++;
        } else if ((w & 0xC0C0F0) == 0x8080E0) {
            uint32_t v = (w & 0x0F) << 12 | (w >> 2 & 0xFC0) | (w >> 16 & 0x3F);
            if (v < 0x800 || (v & 0xF800) == 0xD800) break;
            put_unit(v, out + 2 * n);
            i += 3, n++;
        } else if ((w & 0xC0E0) == 0x80C0 && (w & 0x1E)) {
            put_unit((w & 0x1F) << 6 | (w >> 8 & 0x3F), out + 2 * n);
            i += 2, n++;
        } else if ((w & 0xC0C0C0F8) == 0x808080F0) {
            uint32_t v = (w & 0x07) << 18 | (w << 4 & 0x3F000) | (w >> 10 & 0xFC0) | (w >> 24 & 0x3F);
            if (v < 0x10000 || v > 0x10FFFF) break;
            put_pair(v, out + 2 * n);
            i += 4, n += 2;
        } else {
            break;
        }
    }
    *used_r = i;
    return n;
}

/* Widens ASCII at the front of s, up to n bytes; returns how many. Eight at a time; the last eight may overlap those
 * before, which writes the same again. */
static inline size_t widen_ascii(const char *s, size_t n, char *out) {
    size_t i = 0;
#ifdef __SSE2__
    for (; i + 16 <= n; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + i)), zero = _mm_setzero_si128();
        if (_mm_movemask_epi8(v)) break;
        _mm_storeu_si128((__m128i *)(void *)(out + 2 * i), _mm_unpacklo_epi8(v, zero));
        _mm_storeu_si128((__m128i *)(void *)(out + 2 * i + 16), _mm_unpackhi_epi8(v, zero));
    }
#endif
    for (; i + 8 <= n; i += 8) {
        if (!utf_widen8(s + i, out + 2 * i)) break;
    }
    if (i < n && n >= 8 && i + 8 > n && utf_widen8(s + n - 8, out + 2 * (n - 8))) return n;
    for (; i < n && (unsigned char)s[i] < 0x80; i++) digits_put1(out + 2 * i, (unsigned char)s[i], 1);
    return i;
}

size_t utf8_to_16(const char *s, size_t len, uint16_t *out, size_t cap, size_t *used_r, bool *bad_r) {
    size_t i = 0, n = 0;
    char *at = (char *)out;
    while (i < len && n < cap) {
        size_t left = len - i, room = cap - n, took = 0, put;
        if ((unsigned char)s[i] < 0x80) {
            put = took = widen_ascii(s + i, left < room ? left : room, at + 2 * n);
        } else {
            put = convert_quick(s + i, left, at + 2 * n, room, &took);
        }
        if (took == 0) {
            uint32_t cp;
            bool bad = false;
            took = decode_beyond((const unsigned char *)s + i, left, &cp, &bad);
            put = encode16(cp, at + 2 * n, room);
            if (!put) break;
            if (bad && bad_r) *bad_r = true;
        }
        i += took;
        n += put;
    }
    *used_r = i;
    return n;
}

static bool is_high(uint16_t u) { return (u & 0xFC00) == 0xD800; }
static bool is_low(uint16_t u) { return (u & 0xFC00) == 0xDC00; }

static size_t decode16(const uint16_t *s, size_t len, uint32_t *cp, bool *bad) {
    if (is_high(s[0]) && len > 1 && is_low(s[1])) {
        *cp = 0x10000 + ((uint32_t)(s[0] & 0x3FF) << 10) + (s[1] & 0x3FFu);
        return 2;
    }
    *cp = s[0];
    if (is_high(s[0]) || is_low(s[0])) *cp = REPLACEMENT, *bad = true;
    return 1;
}

static size_t bytes_of(uint32_t cp) { return cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4; }

size_t utf16_to_8_bytes(const uint16_t *s, size_t len) {
    size_t n = 0;
    uint32_t cp;
    bool bad;
    for (size_t i = 0; i < len;) {
        i += decode16(s + i, len - i, &cp, &bad);
        n += bytes_of(cp);
    }
    return n;
}

static void encode8(uint32_t cp, size_t n, char *out) {
    static const unsigned char lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t k = n; k-- > 1; cp >>= 6) out[k] = (char)(0x80 | (cp & 0x3F));
    out[0] = (char)(lead[n] | cp);
}

size_t utf16_to_8(const uint16_t *s, size_t len, char *out, size_t cap, size_t *used_r, bool *bad_r) {
    size_t i = 0, n = 0;
    while (i < len) {
        uint32_t cp;
        bool bad = false;
        size_t took = decode16(s + i, len - i, &cp, &bad), need = bytes_of(cp);
        if (need > cap - n) break;
        if (bad && bad_r) *bad_r = true;
        encode8(cp, need, out + n);
        i += took;
        n += need;
    }
    *used_r = i;
    return n;
}

size_t utf16_floor(const uint16_t *s, size_t len, size_t at) {
    if (at >= len) return len;
    return at > 0 && is_low(s[at]) && is_high(s[at - 1]) ? at - 1 : at;
}
