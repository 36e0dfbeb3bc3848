/* range: which bytes of a body a Range header asks for (RFC 9110 §14). Pure. */
#ifndef PROXY_RANGE_H
#define PROXY_RANGE_H

#include <stddef.h>

enum range_kind {
    RANGE_ALL,   /* no header, one that cannot be read, or several ranges: the whole body is a right answer */
    RANGE_PART,
    RANGE_NONE   /* readable, but nothing of the body is in it: 416 */
};

struct range {
    enum range_kind kind;
    size_t from, len;  /* RANGE_NONE: 0 */
};

struct range range_parse(const char *header, size_t total);  /* header NULL = none */

#endif
