/* digits: short text made in registers and stored to the byte, as UTF-8 or as UTF-16.
 *
 * Eight characters are one 64-bit word, the first in its lowest byte. `wide` is a constant at every call: 0 stores
 * bytes, 1 stores 2-byte units (shift a count by it to have bytes). Nothing is written behind the last character that is asked
 * for, nothing is aligned, and nothing here writes a NUL of its own; a word's zero bytes are characters like others.
 * Little-endian machines only, as the rest of the driver (core/dec.h). */
#ifndef CORE_DIGITS_H
#define CORE_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define DIGITS_INLINE static inline __attribute__((always_inline))

/* ---- storing ----------------------------------------------------------------------------------------------------- */

/* Four characters as four units. */
DIGITS_INLINE uint64_t digits_widen4(uint32_t w) {
    uint64_t v = w;
    v = (v | v << 16) & UINT64_C(0x0000FFFF0000FFFF);
    return (v | v << 8) & UINT64_C(0x00FF00FF00FF00FF);
}

DIGITS_INLINE void digits_put8(char *p, uint64_t w, int wide) {
    if (!wide) {
        memcpy(p, &w, 8);
        return;
    }
#ifdef __SSE2__
    _mm_storeu_si128((__m128i *)(void *)p, _mm_unpacklo_epi8(_mm_cvtsi64_si128((long long)w), _mm_setzero_si128()));
#else
    uint64_t low = digits_widen4((uint32_t)w), high = digits_widen4((uint32_t)(w >> 32));
    memcpy(p, &low, 8);
    memcpy(p + 8, &high, 8);
#endif
}

DIGITS_INLINE void digits_put4(char *p, uint32_t w, int wide) {
    if (!wide) {
        memcpy(p, &w, 4);
        return;
    }
#ifdef __SSE2__
    _mm_storel_epi64((__m128i *)(void *)p, _mm_unpacklo_epi8(_mm_cvtsi32_si128((int)w), _mm_setzero_si128()));
#else
    uint64_t units = digits_widen4(w);
    memcpy(p, &units, 8);
#endif
}

DIGITS_INLINE void digits_put2(char *p, uint32_t w, int wide) {
    uint32_t units = (w & 0xFF) | (w & 0xFF00) << 8;
    uint16_t bytes = (uint16_t)w;
    if (wide) memcpy(p, &units, 4);
    else memcpy(p, &bytes, 2);
}

DIGITS_INLINE void digits_put1(char *p, unsigned char c, int wide) {
    uint16_t unit = c;
    memcpy(p, &unit, (size_t)1 << wide);
}

/* The first n characters of w, 1 <= n <= 8: two stores that overlap. */
DIGITS_INLINE void digits_put_n(char *p, uint64_t w, size_t n, int wide) {
    if (n >= 4) {
        digits_put4(p, (uint32_t)w, wide);
        digits_put4(p + ((n - 4) << wide), (uint32_t)(w >> (n - 4) * 8), wide);
    } else if (n >= 2) {
        digits_put2(p, (uint32_t)w, wide);
        digits_put1(p + ((n - 1) << wide), (unsigned char)(w >> (n - 1) * 8), wide);
    } else {
        digits_put1(p, (unsigned char)w, wide);
    }
}

/* ---- digits ------------------------------------------------------------------------------------------------------ */

#define DIGITS_ZEROS UINT64_C(0x3030303030303030)

/* v < 10^8 as eight values 0 … 9: halves, quarters and eighths of the number side by side. */
DIGITS_INLINE uint64_t digits_values8(uint32_t v) {
    uint64_t high = v / 10000, low = v % 10000;
    uint64_t fours = high | low << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & UINT64_C(0x0000007F0000007F);
    uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    uint64_t tens = (twos * 103 >> 10) & UINT64_C(0x000F000F000F000F);
    return tens | (twos - tens * 10) << 8;
}

extern const uint16_t DIGITS_PAIRS[100];    /* "00" … "99", the first digit in the low byte */
extern const uint64_t DIGITS_POW10[20];     /* 10^0 … 10^19 */

/* Writes v in decimal, 1 to 20 characters; returns how many. The buffer must have room for what is written alone. */
DIGITS_INLINE size_t digits_put_u64(char *p, uint64_t v, int wide) {
    if (v < 100) {
        size_t two = v >= 10;
        digits_put1(p, (unsigned char)(DIGITS_PAIRS[v] >> (two ? 0 : 8)), wide);
        if (two) digits_put1(p + ((size_t)1 << wide), (unsigned char)(DIGITS_PAIRS[v] >> 8), wide);
        return 1 + two;
    }
    if (v < 10000) {
        uint32_t four = DIGITS_PAIRS[v / 100] | (uint32_t)DIGITS_PAIRS[v % 100] << 16;
        size_t three = v < 1000;
        digits_put2(p, four >> (three ? 8 : 0), wide);
        digits_put2(p + ((2 - three) << wide), four >> 16, wide);
        return 4 - three;
    }
    uint64_t top = v, middle = 0, low = 0;
    size_t rest = 0;                        /* digits behind the top part */
    if (v >= 100000000) {
        top = v / 100000000, low = v % 100000000, rest = 8;
        if (top >= 100000000) middle = top % 100000000, top /= 100000000, rest = 16;
    }
    uint64_t values = digits_values8((uint32_t)top);
    unsigned zeros = (unsigned)__builtin_ctzll(values) & ~7u;   /* bits of leading zeros; top is not 0 */
    size_t n = 8 - zeros / 8;
    digits_put_n(p, (values | DIGITS_ZEROS) >> zeros, n, wide);
    if (rest == 16) digits_put8(p + (n << wide), digits_values8((uint32_t)middle) | DIGITS_ZEROS, wide);
    if (rest) digits_put8(p + ((n + rest - 8) << wide), digits_values8((uint32_t)low) | DIGITS_ZEROS, wide);
    return n + rest;
}

extern const uint32_t DIGITS_FOURS[10000];  /* "0000" … "9999", the first digit in the lowest byte */

/* v < 10^8 as eight characters. */
DIGITS_INLINE uint64_t digits_text8(uint32_t v) {
    uint32_t high = v / 10000;
    return DIGITS_FOURS[high] | (uint64_t)DIGITS_FOURS[v - high * 10000] << 32;
}

/* Bits that the zeros in front take among eight digits, of which the last `keep` stay in any case; 1 <= keep <= 8. */
DIGITS_INLINE unsigned digits_leading_zeros(uint64_t text, size_t keep) {
    return (unsigned)__builtin_ctzll((text ^ DIGITS_ZEROS) | UINT64_C(1) << (64 - 8 * keep)) & ~7u;
}

/* As digits_put_u64() where there is room for more than the digits: up to eight characters are written from where the last eight or
 * fewer begin, so 8 in all when v < 10^8, and never more than 20. Fewer instructions, and no branch on the length. */
DIGITS_INLINE size_t digits_put_roomy(char *p, uint64_t v, int wide) {
    uint64_t top = v, middle = 0, low = 0;
    size_t rest = 0;
    if (__builtin_expect(v >= 100000000, 0)) {
        top = v / 100000000, low = v % 100000000, rest = 8;
        if (top >= 100000000) middle = top % 100000000, top /= 100000000, rest = 16;
    }
    uint64_t text = digits_text8((uint32_t)top);
    unsigned zeros = digits_leading_zeros(text, 1);
    size_t n = 8 - zeros / 8;
    digits_put8(p, text >> zeros, wide);
    if (__builtin_expect(rest == 0, 1)) return n;
    if (rest == 16) digits_put8(p + (n << wide), digits_text8((uint32_t)middle), wide);
    digits_put8(p + ((n + rest - 8) << wide), digits_text8((uint32_t)low), wide);
    return n + rest;
}

/* How many characters digits_put_u64() would write. */
DIGITS_INLINE size_t digits_of_u64(uint64_t v) {
    v |= 1;                                 /* as many digits as before */
    unsigned about = (64 - (unsigned)__builtin_clzll(v)) * 1233 >> 12;
    return about + (v >= DIGITS_POW10[about]);
}

/* v with exactly n digits, zeros in front; 1 <= n <= 19 and v < 10^n. */
DIGITS_INLINE void digits_put_fixed(char *p, uint64_t v, size_t n, int wide) {
    while (n > 8) {
        digits_put8(p + ((n - 8) << wide), digits_values8((uint32_t)(v % 100000000)) | DIGITS_ZEROS, wide);
        v /= 100000000;
        n -= 8;
    }
    if (n == 2) digits_put2(p, DIGITS_PAIRS[v], wide);
    else digits_put_n(p, (digits_values8((uint32_t)v) | DIGITS_ZEROS) >> (8 - n) * 8, n, wide);
}

/* v / 10^scale with exactly `scale` decimals where there is room for more, 1 <= scale <= 7: room for digits_room_pointed()
 * characters. Point and decimals go over the digits that are there already. */
DIGITS_INLINE size_t digits_put_pointed_roomy(char *p, uint64_t v, int scale, int wide) {
    size_t decimals = (size_t)scale, rest = 0, keep = decimals + 1;
    uint64_t low = v;
    if (__builtin_expect(v >= 100000000, 0)) {
        low = v % 100000000;
        rest = digits_put_roomy(p, v / 100000000, wide);
        keep = 8;
        p += rest << wide;
    }
    uint64_t text = digits_text8((uint32_t)low), fraction = text >> (64 - 8 * decimals) << 8 | '.';
    unsigned zeros = digits_leading_zeros(text, keep);
    size_t n = 8 - zeros / 8;
    digits_put8(p, text >> zeros, wide);
    if (decimals < 4) digits_put4(p + ((n - decimals) << wide), (uint32_t)fraction, wide);
    else digits_put8(p + ((n - decimals) << wide), fraction, wide);
    return rest + n + 1;
}

/* v < 10^8 and v < 10^16: the last characters written are those of the fraction. */
DIGITS_INLINE size_t digits_room_pointed(int scale, bool is_short) {
    return (scale < 4 ? 12u : 16u) - (size_t)scale + (is_short ? 0 : 8);
}

/* v / 10^scale with exactly `scale` decimals, 1 <= scale <= 18: at least one digit before the point. */
DIGITS_INLINE size_t digits_put_pointed(char *p, uint64_t v, int scale, int wide) {
    uint64_t unit = DIGITS_POW10[scale], whole = scale == 2 ? v / 100 : v / unit;   /* a constant is no division */
    size_t n = digits_put_u64(p, whole, wide);
    digits_put1(p + (n++ << wide), '.', wide);
    digits_put_fixed(p + (n << wide), v - whole * unit, (size_t)scale, wide);
    return n + (size_t)scale;
}

#endif
