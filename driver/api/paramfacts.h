/* paramfacts: what SQLDescribeParam says about the parameters of the prepared text. The server does not type parameters
 * before they come, so they are character strings of no known length (0), but for values of INSERT INTO t (…) VALUES (…), which have the
 * types of the table's columns: asked for once per prepared text, and only when an application wants to know. */
#ifndef DRIVER_API_PARAMFACTS_H
#define DRIVER_API_PARAMFACTS_H

#include <sql.h>

struct stmt;
struct paramfacts;

struct paramfact {
    SQLSMALLINT type;
    SQLULEN size;
    SQLSMALLINT digits;
};

/* number from 1. Trouble at the server leaves the default; only a cancel or a time-out is an error. */
SQLRETURN paramfacts_get(struct stmt *s, int number, struct paramfact *out);
void paramfacts_free(struct paramfacts **f);

#endif
