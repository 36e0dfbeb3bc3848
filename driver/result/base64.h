/* base64: RFC 4648, standard alphabet. Strict on reading: padding may be absent, nothing else may be odd. */
#ifndef DRIVER_RESULT_BASE64_H
#define DRIVER_RESULT_BASE64_H

#include "core/buf.h"

enum rc base64_put(struct buf *out, struct sv bytes, struct err *e) MUST_CHECK;

/* Decodes into out, which has room for text.len / 4 * 3 + 3 bytes. "\/" of JSON counts as "/" when is_json. False: not
 * base64; *at_r = where. */
bool base64_get(struct sv text, bool is_json, char *out, size_t *len_r, size_t *at_r);

#endif
