/* classify: what a statement does, and whether its result may be kept. Pure and linear.
 *
 * The default is no: a function, character or form that is not known makes a statement uncacheable, and a verb that is
 * not known counts as a write of unknown tables. */
#ifndef PROXY_CLASSIFY_H
#define PROXY_CLASSIFY_H

#include "core/sv.h"
#include "proxy/watch/metrics.h"

enum sqlclass { SQL_READ, SQL_META, SQL_PROBE, SQL_WRITE, SQL_AUTHZ, SQL_SESSION, SQL_FILE, SQL_CODE, SQL_MULTI };

struct sqlverdict {
    enum sqlclass class;
    enum bypass why;      /* BYPASS_NONE = may be kept */
};

struct sqlverdict classify(struct sv sql);  /* valid UTF-8 */
const char *sqlclass_name(enum sqlclass c);

/* Could the text, as a value cast to a date or time, mean the present ("today", "now UTC", …)? */
bool classify_is_moment(struct sv text);

#endif
