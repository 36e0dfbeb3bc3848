/* guard: what the flatbuffer verifier lets pass and the IPC reader cannot bear.
 *
 * A verified Arrow message is sound as a structure, but any table in it may be absent, even where the format wants one,
 * and any number may be absurd; the reader would follow the missing reference and take the host program down with
 * it. */
#ifndef DRIVER_RESULT_GUARD_H
#define DRIVER_RESULT_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* message: the flatbuffer behind a message's 8-byte prefix, verified; body: the bytes it announces. Also checks all
 * lengths of a batch, since the reader multiplies and adds them unchecked. ERR_RESULT_CORRUPT says what is missing or
 * absurd. */
enum rc guard_message(const char *message, int64_t body, struct err *e) MUST_CHECK;

/* message: a batch that guard_message has passed, with compressed buffers in its body: the reader allocates what they claim
 * to become. *total_r = bytes in all; ERR_LIMIT when that is more than max. */
enum rc guard_inflated(const char *message, const char *body, size_t max, size_t *total_r, struct err *e) MUST_CHECK;

/* message: a dictionary that guard_message has passed. Its counts must be those of the values' type, which the reader
 * does not compare; and it must not be compressed, which the reader would not notice. */
struct ArrowSchema;
enum rc guard_dictionary(const char *message, const struct ArrowSchema *values, struct err *e) MUST_CHECK;

#endif
