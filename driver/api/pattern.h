/* pattern: arguments of catalog functions (ODBC reference, "Arguments in Catalog Functions"): pattern values with % _
 * and the escape \, ordinary arguments, identifiers. Names are compared without case, as the catalogue does. Pure. */
#ifndef DRIVER_API_PATTERN_H
#define DRIVER_API_PATTERN_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/sv.h"

enum match_kind {
    MATCH_ALL,      /* not restricted */
    MATCH_NONE,     /* "": objects without such a name; there are none */
    MATCH_EXACT,    /* text is the name */
    MATCH_PATTERN   /* text is a pattern with at least one % or _ */
};

struct match { enum match_kind kind; struct sv text; };

/* A pattern argument. Without wildcards it becomes MATCH_EXACT with the escapes taken out (kept in the arena). */
enum rc match_pattern(struct match *m, struct sv arg, struct arena *a, struct err *e) MUST_CHECK;
/* An ordinary argument: no wildcards. */
struct match match_ordinary(struct sv arg);
/* SQL_ATTR_METADATA_ID: an identifier: blanks at the ends ignored, one pair of backticks or quotes taken off. */
enum rc match_identifier(struct match *m, struct sv arg, struct arena *a, struct err *e) MUST_CHECK;

bool match_name(const struct match *m, struct sv name);

/* The pattern of SHOW … LIKE that lets everything through that m lets through, and perhaps more: characters that mean
 * something there become *. The rows must be matched again. */
enum rc match_to_show(const struct match *m, struct buf *out, struct err *e) MUST_CHECK;
/* `name`, backticks doubled. */
enum rc quote_name(struct sv name, struct buf *out, struct err *e) MUST_CHECK;

#endif
