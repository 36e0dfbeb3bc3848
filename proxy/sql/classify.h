/* classify: what a statement does, and whether its result may be kept. Pure, linear, without allocation.
 *
 * The default is no: a function, character or form that is not known makes a statement uncacheable, and a verb that is
 * not known counts as a write of unknown tables. */
#ifndef PROXY_CLASSIFY_H
#define PROXY_CLASSIFY_H

#include <stdint.h>

#include "core/sv.h"
#include "proxy/watch/metrics.h"
#include "verb.h"

/* What else was seen. They are told whether or not the result may be kept, so that explain can show them. */
enum sqltrait {
    SQLTRAIT_ORDER_DEPENDENT = 1 << 0,   /* first(), collect_list(), LIMIT without ORDER BY, …: any of several answers */
    SQLTRAIT_PRINCIPAL = 1 << 1,         /* current_user() and the like: keep for this principal alone */
    SQLTRAIT_TODAY = 1 << 2,             /* the date is read */
    SQLTRAIT_CLOCK = 1 << 3,             /* the time is read, or the date in a way that no day can answer */
    SQLTRAIT_SESSION_VALUES = 1 << 4,    /* current_schema() and the like: no version tells when they change */
    SQLTRAIT_PATH = 1 << 5,              /* delta.`path`: nothing tells when it changes but age */
    SQLTRAIT_SYSTEM = 1 << 6,            /* system.*, information_schema: life is system_ttl */
    SQLTRAIT_EXPLAIN = 1 << 7,
    SQLTRAIT_LIMIT = 1 << 8,             /* the outermost query has LIMIT */
    SQLTRAIT_SELECT_STAR = 1 << 9,       /* SELECT *, t.* at any level; not count(*) */
    SQLTRAIT_TIME_TRAVEL = 1 << 10,      /* VERSION or TIMESTAMP AS OF a constant */
    SQLTRAIT_IDENTIFIER = 1 << 11,       /* IDENTIFIER(…): the tables are not known */
    SQLTRAIT_UDF = 1 << 12,              /* user functions that the operator calls deterministic */
    SQLTRAIT_OPAQUE = 1 << 13,           /* the lexer cannot follow for sure: strict validation refuses it */
    SQLTRAIT_TIME_ZONE = 1 << 14,        /* current_timezone() */
    SQLTRAIT_CTE = 1 << 15
};

/* Values of the session that are in the key of this request, so that functions may tell them. */
enum sqlkeyed { SQLKEYED_CATALOG = 1, SQLKEYED_SCHEMA = 2, SQLKEYED_TIME_ZONE = 4 };

/* What the operator allows beyond the default. All zero (or NULL to classify) is the strictest. */
struct sqlrules {
    bool principal_functions;   /* the caller keeps SQLTRAIT_PRINCIPAL for one principal only */
    bool strict_order;          /* SQLTRAIT_ORDER_DEPENDENT is not kept */
    bool path_relations;
    bool explain;
    bool system_relations;      /* the caller gives SQLTRAIT_SYSTEM the life system_ttl */
    bool day_bucket;            /* the caller keys the day and the time zone of SQLTRAIT_TODAY, and ends it at midnight */
    unsigned keyed;             /* enum sqlkeyed */
    char *const *udf_allow;     /* patterns catalog.schema.name, * allowed */
    int n_udf_allow;
};

struct sqlverdict {
    enum sqlclass class;
    enum bypass why;      /* BYPASS_NONE = may be kept */
    struct sv verb;       /* first word of what is done, as struct sqlverb; a view */
    uint32_t traits;      /* enum sqltrait */
};

struct sqlverdict classify(struct sv sql, const struct sqlrules *rules);  /* valid UTF-8 */

/* Could the text, as a value cast to a date or time, mean the present ("today", "now UTC", …)? */
bool classify_is_moment(struct sv text);

#endif
