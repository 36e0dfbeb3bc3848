/* utf: UTF-8 and UTF-16 (host order), checked and converted.
 *
 * Lengths are code units: bytes for UTF-8, 2-byte units for UTF-16. Nothing here needs a NUL or writes one.
 * Malformed input is never passed on: the checking functions refuse it, the converting ones put U+FFFD for each
 * maximal ill-formed part (Unicode 15, section 3.9) and say so. No locale is ever asked. */
#ifndef CORE_UTF_H
#define CORE_UTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "digits.h"

bool utf8_is_valid(const char *s, size_t len);
size_t utf8_chars(const char *s, size_t len);                    /* code points in valid text */
size_t utf8_floor(const char *s, size_t len, size_t at);         /* the last character edge <= at (at <= len) */

/* UTF-16 units that len bytes of UTF-8 need. */
size_t utf8_to_16_units(const char *s, size_t len);
/* Converts as much as fits in cap units without splitting a character; *used_r = bytes consumed. Returns units
 * written; *bad_r (may be NULL) is set when something was replaced by U+FFFD, and left alone otherwise. */
size_t utf8_to_16(const char *s, size_t len, uint16_t *out, size_t cap, size_t *used_r, bool *bad_r);

/* The same for text that is all ASCII, stored without regard to alignment: room for len units. False when it is not,
 * and then a part of its beginning may have been written. */
static inline bool utf8_widen_ascii(const char *s, size_t len, char *out);

/* Bytes of UTF-8 that len units of UTF-16 need (lone surrogates count as U+FFFD: 3). */
size_t utf16_to_8_bytes(const uint16_t *s, size_t len);
size_t utf16_to_8(const uint16_t *s, size_t len, char *out, size_t cap, size_t *used_r, bool *bad_r);
size_t utf16_floor(const uint16_t *s, size_t len, size_t at);    /* never between the halves of a pair */

/* ---- inline ------------------------------------------------------------------------------------------------------ */

#define UTF_HIGH_BITS UINT64_C(0x8080808080808080)

DIGITS_INLINE uint64_t utf_load8(const char *s) {
    uint64_t w;
    memcpy(&w, s, sizeof w);
    return w;
}

DIGITS_INLINE uint32_t utf_load4(const char *s) {
    uint32_t w;
    memcpy(&w, s, sizeof w);
    return w;
}

/* 1 to 7 bytes, by stores that overlap. */
DIGITS_INLINE bool utf_widen_few(const char *s, size_t len, char *out) {
    if (len >= 4) {
        uint32_t first = utf_load4(s), last = utf_load4(s + len - 4);
        if ((first | last) & (uint32_t)UTF_HIGH_BITS) return false;
        digits_put4(out, first, 1);
        digits_put4(out + 2 * (len - 4), last, 1);
        return true;
    }
    unsigned char a = (unsigned char)s[0], b = (unsigned char)s[len / 2], c = (unsigned char)s[len - 1];
    if ((a | b | c) >= 0x80) return false;
    digits_put1(out, a, 1);
    digits_put1(out + 2 * (len / 2), b, 1);
    digits_put1(out + 2 * (len - 1), c, 1);
    return true;
}

DIGITS_INLINE bool utf_widen8(const char *s, char *out) {
    uint64_t w = utf_load8(s);
    if (w & UTF_HIGH_BITS) return false;
    digits_put8(out, w, 1);
    return true;
}

/* Sixteen bytes as units, whatever they are; the answer has a bit for each that is not ASCII, the lowest for the first. */
DIGITS_INLINE unsigned utf_widen16(const char *s, char *out) {
#ifdef __SSE2__
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)s), zero = _mm_setzero_si128();
    _mm_storeu_si128((__m128i *)(void *)out, _mm_unpacklo_epi8(v, zero));
    _mm_storeu_si128((__m128i *)(void *)(out + 16), _mm_unpackhi_epi8(v, zero));
    return (unsigned)_mm_movemask_epi8(v);
#else
    uint64_t low = utf_load8(s), high = utf_load8(s + 8), gather = UINT64_C(0x0002040810204081);
    digits_put8(out, low, 1);
    digits_put8(out + 16, high, 1);
    return (unsigned)((low & UTF_HIGH_BITS) * gather >> 56 | (high & UTF_HIGH_BITS) * gather >> 56 << 8);
#endif
}

static inline bool utf8_widen_ascii(const char *s, size_t len, char *out) {
    size_t i = 0;
    if (len < 8) return len == 0 || utf_widen_few(s, len, out);
#ifdef __SSE2__
    for (; i + 16 <= len; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(s + i)), zero = _mm_setzero_si128();
        if (_mm_movemask_epi8(v)) return false;
        _mm_storeu_si128((__m128i *)(void *)(out + 2 * i), _mm_unpacklo_epi8(v, zero));
        _mm_storeu_si128((__m128i *)(void *)(out + 2 * i + 16), _mm_unpackhi_epi8(v, zero));
    }
#endif
    for (; i + 8 <= len; i += 8)
        if (!utf_widen8(s + i, out + 2 * i)) return false;
    return i == len || utf_widen8(s + len - 8, out + 2 * (len - 8));
}

#endif
