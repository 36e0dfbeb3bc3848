/* verb: what a statement does, from its first words. Pure, linear, without allocation. A verb that is not known is
 * SQL_CODE: it may do anything. */
#ifndef PROXY_VERB_H
#define PROXY_VERB_H

#include "core/sqlscan.h"

enum sqlclass { SQL_READ, SQL_META, SQL_PROBE, SQL_WRITE, SQL_AUTHZ, SQL_SESSION, SQL_FILE, SQL_CODE, SQL_MULTI };

struct sqlverb {
    enum sqlclass class;   /* never SQL_MULTI: that takes a look at the whole text */
    struct sv word;        /* behind WITH: of the main statement; FROM t SELECT … is a SELECT. ptr NULL = none there */
    struct sqlscan rest;   /* behind the word */
};

struct sqlverb sqlverb_of(struct sv sql);

/* The class of a verb whatever follows it: a CREATE that touches rights is SQL_AUTHZ, and a SQL_WRITE none the less. */
enum sqlclass sqlverb_class_of_word(struct sv word);

const char *sqlclass_name(enum sqlclass c);                 /* "read" */
bool sqlclass_of_name(struct sv name, enum sqlclass *out);  /* case ignored */

/* What follows |> in a query that only reads? */
bool sqlverb_is_pipe(const struct sqltoken *t);

/* Is the token one of the words? Case ignored. */
bool sqltoken_is_one_of(const struct sqltoken *t, const char *const *words, size_t count);
#define IS_ONE_OF(t, words) sqltoken_is_one_of(t, words, sizeof(words) / sizeof *(words))

#endif
