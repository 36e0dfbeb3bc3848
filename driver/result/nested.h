/* nested: one Arrow value as JSON text.
 *
 * Lists become arrays, structs objects, maps objects with their keys as strings; numbers and decimals stay numbers, and
 * what JSON has no number for ("NaN", "Infinity") is a string; dates, times and intervals are strings in the server's
 * spelling, TIMESTAMP as its zone's wall clock; binary is base64; NULL is null. */
#ifndef DRIVER_RESULT_NESTED_H
#define DRIVER_RESULT_NESTED_H

#include "core/buf.h"
#include "field.h"

/* Appends value i of a. The array must have passed full validation. ERR_RESULT_CORRUPT for a type that has no text and
 * for dictionary indices out of range, ERR_LIMIT when out is full. */
enum rc nested_put(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                   struct err *e) MUST_CHECK;

/* The same for a value that is a cell by itself: strings and dates without quotes. */
enum rc nested_put_plain(struct buf *out, const struct field *f, const struct ArrowArrayView *a, int64_t i,
                         struct err *e) MUST_CHECK;

#endif
