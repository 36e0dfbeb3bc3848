/* dec: decimal numbers of up to 128 bits: an unscaled integer and a scale that lives elsewhere (the column).
 * Pure and exact; no locale. Arrow's 16-byte little-endian form is read with dec_load(). */
#ifndef CORE_DEC_H
#define CORE_DEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sv.h"

__extension__ typedef __int128 dec_int;
__extension__ typedef unsigned __int128 dec_uint;

enum { DEC_MAX_DIGITS = 38, DEC_TEXT_MAX = 96 };   /* text of any value with a scale of -38 … 38; no NUL */

static inline dec_int dec_load(const void *le16) {
    dec_int v;
    memcpy(&v, le16, sizeof v);     /* the driver runs on little-endian machines only; see arrow.c */
    return v;
}
static inline dec_uint dec_abs(dec_int v) { return v < 0 ? 0 - (dec_uint)v : (dec_uint)v; }

dec_uint dec_pow10(int n);          /* 0 <= n <= 38 */
int dec_digits(dec_uint v);         /* 1 for 0 … 9 */

/* Plain digits with exactly `scale` decimals ("-0.50"); a negative scale appends zeros. *whole_r (may be NULL) = bytes
 * up to the decimal point, sign included: what must not be cut off. Returns the bytes written. */
size_t dec_put(char *out, dec_int v, int scale, size_t *whole_r);

/* A number out of text: [+-]digits[.digits][{e|E}[+-]digits], exactly as written:
 * value = (negative ? -1 : 1) * digits * 10^exponent, plus something below the last digit when inexact. */
struct dec_number {
    bool negative;
    dec_uint digits;                /* at most 38 of them, without leading zeros */
    int exponent;
    bool inexact;                   /* non-zero digits beyond the 38th were dropped */
};
bool dec_scan(struct sv text, struct dec_number *out);   /* false: not a number; nothing is trimmed */

/* The number at a scale, cut towards zero. False when it has more than 38 digits. *cut_r is set when digits other than
 * zero were lost, and left alone otherwise. */
bool dec_at_scale(const struct dec_number *n, int scale, dec_uint *out, bool *cut_r);

/* Both in one, for a column's own text: false when it is not a number, has more than `precision` digits, or lost
 * any. */
bool dec_parse(struct sv text, int precision, int scale, dec_int *out);

#endif
