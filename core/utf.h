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

bool utf8_is_valid(const char *s, size_t len);
size_t utf8_chars(const char *s, size_t len);                    /* code points in valid text */
size_t utf8_floor(const char *s, size_t len, size_t at);         /* the last character edge <= at (at <= len) */

/* UTF-16 units that len bytes of UTF-8 need. */
size_t utf8_to_16_units(const char *s, size_t len);
/* Converts as much as fits in cap units without splitting a character; *used_r = bytes consumed. Returns units
 * written; *bad_r (may be NULL) is set when something was replaced by U+FFFD, and left alone otherwise. */
size_t utf8_to_16(const char *s, size_t len, uint16_t *out, size_t cap, size_t *used_r, bool *bad_r);

/* Bytes of UTF-8 that len units of UTF-16 need (lone surrogates count as U+FFFD: 3). */
size_t utf16_to_8_bytes(const uint16_t *s, size_t len);
size_t utf16_to_8(const uint16_t *s, size_t len, char *out, size_t cap, size_t *used_r, bool *bad_r);
size_t utf16_floor(const uint16_t *s, size_t len, size_t at);    /* never between the halves of a pair */

#endif
