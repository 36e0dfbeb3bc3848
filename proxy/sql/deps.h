/* deps: the names a statement reads and those it changes, as far as its text tells. Pure and linear.
 *
 * A name has one to three parts, lower-cased, resolved with the catalog and schema of the request, joined by dots; a part
 * that contains a dot or backquote is `quoted`. "c.s.t" is a table, view or other thing in a schema, "c.s" the list of what
 * is in a schema (SHOW TABLES reads it, CREATE TABLE changes it), "c" the list of schemas in a catalog. So each name is
 * one counter: a reader remembers the counters of all it reads, a writer raises those of all it changes.
 *
 * What is not promised: a view or a function hides the tables behind it, and only the view's own name is here. */
#ifndef PROXY_DEPS_H
#define PROXY_DEPS_H

#include "core/arena.h"
#include "core/err.h"
#include "core/sv.h"

enum { SQLDEPS_MAX = 64 };

struct sqldep {
    struct sv name;
    int parts;      /* 3 = in a schema, 2 = a schema, 1 = a catalog */
    int missing;    /* of these, parts in front that are not known and not in name; then the set is open */
};

struct sqldeps {
    int n_reads, n_writes;
    struct sqldep reads[SQLDEPS_MAX];   /* also those that a write reads; each once, in order of appearance */
    struct sqldep writes[SQLDEPS_MAX];
    bool open_reads;    /* there may be more: a name could not be resolved or understood, or there were too many */
    bool open_writes;   /* likewise; a writer whose set is open must be taken to change everything */
    bool hidden;        /* a relation is read or written that has no name here at all: IDENTIFIER(), paths, … */
    bool fixed;         /* there are reads, and each is VERSION AS OF a number: they can never change */
    bool defines;       /* what the names mean changes, not only what is in them: CREATE, ALTER, DROP, … */
};

/* Where one- and two-part names are looked up. ptr NULL = not known. */
struct sqldeps_at {
    struct sv catalog, schema;
};

/* ERR_NOMEM. Names live in the arena. */
enum rc sqldeps_find(struct sv sql, const struct sqldeps_at *at, struct arena *a, struct sqldeps *out,
                     struct err *e) MUST_CHECK;

/* Does a pattern (parts joined by dots, * for any text within or across parts, case ignored) cover the name? */
bool sqldeps_matches(struct sv pattern, struct sv name);

/* Likewise for one of the names; the second counts a doubt as a match: of a name with missing parts those that are known
 * decide, and a schema is what any of its tables is. */
bool sqldep_matches(struct sv pattern, const struct sqldep *d);
bool sqldep_may_match(struct sv pattern, const struct sqldep *d);

#endif
