/* reqbody: the bytes of a request's body as the client meant them: Content-Encoding taken off. Pure. */
#ifndef PROXY_REQBODY_H
#define PROXY_REQBODY_H

#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"

enum { REQBODY_MAX_RATIO = 100 };

/* NULL and "identity": not encoded. gzip and x-gzip are understood, deflate too; nothing else, and no lists. */
bool reqbody_is_plain(const char *content_encoding);
bool reqbody_is_known(const char *content_encoding);

/* Append the inflated body to out, whose ceiling is max_body. ERR_LIMIT: larger than that, or more than
 * REQBODY_MAX_RATIO times the packed size (answer 413). ERR_ARG: not such data, or cut short, or something follows it
 * (answer 400). What is forwarded is out, without Content-Encoding, so that nobody reads other bytes than we did. */
enum rc reqbody_inflate(struct sv packed, const char *content_encoding, struct buf *out, struct err *e) MUST_CHECK;

#endif
