/* num: integers and floating-point numbers to text and back. Pure; the host program's locale is never asked.
 *
 * Floating-point text is what Databricks SQL prints for CAST(x AS STRING): the shortest digits that read back as the
 * same number, "0.1", "1.0E10", "-0.0", "NaN", "Infinity". Nothing here writes a NUL. */
#ifndef CORE_NUM_H
#define CORE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sv.h"

enum { NUM_TEXT_MAX = 32 };  /* room for any text below */

size_t num_put_u64(char *out, uint64_t v);
size_t num_put_i64(char *out, int64_t v);
/* These two may write behind their text, within NUM_TEXT_MAX. */
size_t num_put_f64(char *out, double v);
size_t num_put_f32(char *out, float v);   /* shortest for float: 0.1f is "0.1" */

/* The shortest decimal that reads back as v, which must be finite: |v| = digits * 10^exponent. */
struct num_decimal { bool negative; uint64_t digits; int exponent; };
struct num_decimal num_shortest_f64(double v);
struct num_decimal num_shortest_f32(float v);

/* Correctly rounded. The text must be a plain number ([+-]digits[.digits][e[+-]digits]); false otherwise. Numbers too
 * large become infinite (*overflow_r, may be NULL, is set); too small ones become zero. */
bool num_parse_f64(struct sv text, double *out, bool *overflow_r);
bool num_parse_f32(struct sv text, float *out, bool *overflow_r);
/* As above, and also the server's words for what is not a number, in any case: NaN, [+-]Infinity, [+-]Inf. */
bool num_parse_f64_word(struct sv text, double *out);

/* digits * 10^exponent, correctly rounded. */
double num_f64_of_decimal(bool negative, uint64_t digits, int exponent);

#endif
