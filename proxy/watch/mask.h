/* mask: a statement as it may be logged when the operator asks for texts: every literal is a question mark, comments
 * are gone, blanks are one space, and from the first place that the lexer cannot follow on there is nothing. Pure. */
#ifndef PROXY_MASK_H
#define PROXY_MASK_H

#include "core/buf.h"

/* Appends at most max_bytes; what is cut ends with an ellipsis. sql is valid UTF-8. */
enum rc mask_literals(struct sv sql, size_t max_bytes, struct buf *out, struct err *e) MUST_CHECK;

#endif
