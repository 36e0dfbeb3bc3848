/* normalise: a statement without what cannot matter: blanks and comments between tokens become one space, those at the ends
 * and trailing semicolons go. Letters, literals, quoted names and hints stay as they are. Pure, linear. */
#ifndef PROXY_NORMALISE_H
#define PROXY_NORMALISE_H

#include "core/buf.h"

/* Into an empty buffer; never longer than twice the text. ERR_LIMIT, ERR_NOMEM. */
enum rc sql_normalise(struct sv sql, struct buf *out, struct err *e) MUST_CHECK;

#endif
